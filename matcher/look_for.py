"""Circumstances in the person's favour that a rule asks to look for: a small vocabulary, each with its sentence.

A rule names them in `look_for`, so that the agencies ask for the same thing in the same words; what the vocabulary
lacks stands in `favourable` as a sentence of its own. The caseworker sees them as things to ask about, never as known.
"""

from __future__ import annotations

from enum import StrEnum


class LookFor(StrEnum):
    """What to ask about; `sentence` is what the caseworker reads."""

    ILLNESS = "ILLNESS"
    FUNERAL = "FUNERAL"
    FAMILY = "FAMILY"
    SHORT_STAY = "SHORT_STAY"
    TRANSIT = "TRANSIT"
    JOURNEY_NOT_MADE = "JOURNEY_NOT_MADE"
    AGAINST_OWN_WILL = "AGAINST_OWN_WILL"
    PASSPORT_FOR_AUTHORITY = "PASSPORT_FOR_AUTHORITY"
    PASSPORT_FROM_BEFORE = "PASSPORT_FROM_BEFORE"
    ERRAND_OF_RELATIVE = "ERRAND_OF_RELATIVE"

    @property
    def sentence(self) -> str:
        """In Swedish."""
        return _SENTENCES[self]


_SENTENCES = {
    LookFor.ILLNESS: "Personen själv eller en nära anhörig kan ha varit sjuk.",
    LookFor.FUNERAL: "En nära anhörig kan ha avlidit eller begravts.",
    LookFor.FAMILY: "Resan kan ha gällt nära familj, till exempel barn eller en anhörig som behövde hjälp.",
    LookFor.SHORT_STAY: "En kort vistelse är inte att bosätta sig i landet.",
    LookFor.TRANSIT: "Landet kan endast ha passerats på väg till ett annat land.",
    LookFor.JOURNEY_NOT_MADE: "En uppgiven destination visar inte att resan har genomförts.",
    LookFor.AGAINST_OWN_WILL: "Det kan ha skett under tvång eller utan personens egen vilja.",
    LookFor.PASSPORT_FOR_AUTHORITY: (
        "Passet kan ha behövts för en åtgärd hos en annan myndighet, till exempel för att styrka identitet."
    ),
    LookFor.PASSPORT_FROM_BEFORE: "Passet kan ha utfärdats före skyddsstatusen.",
    LookFor.ERRAND_OF_RELATIVE: "Besöket hos utlandsmyndigheten kan gälla en anhörigs ärende.",
}
