"""Whether a traveller is a person of the registry: a list of named features, each compared by a plain function.

A strong key (document, personal number, dossier number) identifies, unless name, birth date and sex contradict it: two
of them, or one where neither name nor birth date agrees. Name and birth date alone never identify: together they make a
`POSSIBLE` that a human reviews (rule 10), if the name agrees and the bits of name, birth date, citizenship and sex add
up to `POSSIBLE_FROM`.

Bits say how much a feature tells: n bits for the person mean that the result is seen 2 to the power of n times oftener
where the two are one person than where they are not; they are estimates, fixed here and in `names.weights` and
`birth_dates`, never learnt from people. `could_be` is the same decision on raw values, for the many near misses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from matcher.birth_dates import UNRELATED, DateResult, compare_dates
from matcher.names.compare import NOTHING, Comparison, at_most, compare_names, reading
from matcher.registry import document_key
from schemas.countries import same_state
from schemas.records import Feature, FeatureResult, IdentityLevel, ProtectedPerson, Traveller

# In documents where a citizenship would stand, and telling of none: refugees (1951 and other) and unspecified (Doc 9303
# part 3 section 5); a Swedish resedokument carries XXB.
NO_CITIZENSHIP = frozenset({"XXB", "XXC", "XXX"})
_AGREE, _DISAGREE, _MISSING = FeatureResult.AGREE, FeatureResult.DISAGREE, FeatureResult.MISSING

STRONG = ("document", "personal-number", "dossier-number")
# Bits, in all, from which somebody may be the person: one in 300,000 has 18.
POSSIBLE_FROM = 17
_BITS_STRONG = {_AGREE: 20, _DISAGREE: -5, _MISSING: 0}
_BITS_CITIZENSHIP = {_AGREE: 2, _DISAGREE: -2, _MISSING: 0}
_BITS_SEX = {_AGREE: 1, _DISAGREE: -5, _MISSING: 0}
# Where names and birth dates alone point at more people than this, they point at nobody: no human could tell who of so
# many it is, and hundreds for each crossing would bury those of whom one can.
MOST_POSSIBLE = 20
# What the native core compares by.
NUMBERS: dict[str, int] = {
    "possible_from": POSSIBLE_FROM,
    "most_possible": MOST_POSSIBLE,
    "unrelated": UNRELATED,
    "strong_agrees": _BITS_STRONG[_AGREE],
    "strong_disagrees": _BITS_STRONG[_DISAGREE],
    "citizenship_agrees": _BITS_CITIZENSHIP[_AGREE],
    "citizenship_disagrees": _BITS_CITIZENSHIP[_DISAGREE],
    "sex_agrees": _BITS_SEX[_AGREE],
    "sex_disagrees": _BITS_SEX[_DISAGREE],
}
# More names than this, of either, are not compared; no person has them.
_MAX_NAMES = 50

Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Result of comparing a traveller with one person."""

    level: IdentityLevel
    features: tuple[Feature, ...]

    @property
    def has_strong_key(self) -> bool:
        """Whether a document or number of the traveller is the person's."""
        return any(f.name in STRONG and f.result is _AGREE for f in self.features)


class HeldNames(NamedTuple):
    """What somebody's names tell, held against another's: whether they agree, which parts do, and bits, rounded."""

    agrees: bool
    detail: str
    bits: int


def hold_names(seen: Sequence[Name], known: Sequence[Name]) -> HeldNames | None:
    """The two names that agree best; None where there is none, of either, with a letter in it."""
    best = _best_name(_distinct(seen), _distinct(known))
    return None if best is None else HeldNames(best.agrees, best.detail, round(best.bits))


# `hold_names`, or what gives the same faster (`matcher.native`).
HoldNames = Callable[[Sequence[Name], Sequence[Name]], HeldNames | None]


def compare(traveller: Traveller, person: ProtectedPerson, hold: HoldNames = hold_names) -> Identity | None:
    """Compare; None where nothing speaks for this person."""
    features = tuple(
        [feature(traveller, person) if feature is not name else name(traveller, person, hold) for feature in FEATURES]
    )
    document, personal, dossier, names, birth, citizenship, sex = features
    if document.result is _AGREE or personal.result is _AGREE or dossier.result is _AGREE:
        level = IdentityLevel.POSSIBLE if _speaks_against(names, birth, sex) else IdentityLevel.IDENTIFIED
        return Identity(level, features)
    others = (citizenship.weight or 0) + (sex.weight or 0)
    if names.result is _AGREE and _is_possible(names.weight or 0, birth.result, birth.weight or 0, others):
        return Identity(IdentityLevel.POSSIBLE, features)
    return None


def _speaks_against(name: Feature, birth: Feature, sex: Feature) -> bool:
    """Whether what is known of a person contradicts a strong key: two of three do, or one where nothing speaks for it.

    A name that differs alone is a name that was changed, a date that does a date that was corrected: the other of the
    two agrees then. Where it is missing, the key alone would identify somebody else's document.
    """
    contradicting = sum(feature.result is _DISAGREE for feature in (name, birth, sex))
    return contradicting > 1 or (contradicting == 1 and _AGREE not in (name.result, birth.result))


def could_be(traveller: Mapping[str, Any], person: Mapping[str, Any], hold: HoldNames = hold_names) -> bool:
    """Whether `compare` would give anything, told from raw values (`Codec(..., raw=True)`) in a few microseconds.

    False exactly where `compare` gives None. Call it for each slot that `RegistryIndex.find` gave, with the traveller's
    raw values and the row's, and build the typed records only where it is True. Dates are compared before names.
    """
    if _shares_a_strong_key(traveller, person):
        return True
    date = compare_dates(traveller["birth_date"], person["birth_dates"])
    if date.bits == UNRELATED or date.result is _MISSING:
        return False
    other = _BITS_CITIZENSHIP[_citizenships(traveller["citizenships"], person["citizenships"])]
    other += _BITS_SEX[_sexes(traveller["sex"], person["sex"])]
    seen = [(n["surname"], n["given_names"]) for n in traveller["names"][:_MAX_NAMES]]
    known = [(n["surname"], n["given_names"]) for n in person["names"][:_MAX_NAMES]]
    if hold is hold_names:
        # Names that could not tell enough are left out, which is quicker than to hold them against each other.
        needed = POSSIBLE_FROM - date.bits - other - 1
        known = [one for one in known if any(at_most(*read, *one) >= needed for read in seen)]
    held = hold(seen, known)
    return held is not None and held.agrees and _is_possible(held.bits, date.result, date.bits, other)


def _is_possible(name_bits: int, date: FeatureResult, date_bits: int, other_bits: int) -> bool:
    if date is _MISSING or date_bits == UNRELATED:
        return False
    return name_bits + date_bits + other_bits >= POSSIBLE_FROM


def _shares_a_strong_key(traveller: Mapping[str, Any], person: Mapping[str, Any]) -> bool:
    return (
        (traveller["personal_number"] is not None and traveller["personal_number"] in person["personal_numbers"])
        or (traveller["dossier_number"] is not None and traveller["dossier_number"] in person["dossier_numbers"])
        or not {document_key(d["issuing_state"], d["number"]) for d in traveller["documents"]}.isdisjoint(
            document_key(d["issuing_state"], d["number"]) for d in person["documents"]
        )
    )


# --- the features


def document(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """State and number of any document read are those of any document known.

    Documents that differ are no contradiction: a person may hold several, so that is MISSING, not DISAGREE.
    """
    seen = {document_key(d.issuing_state, d.number) for d in traveller.documents}
    known = {document_key(d.issuing_state, d.number) for d in person.documents}
    return _strong("document", _MISSING if seen.isdisjoint(known) else _AGREE)


def personal_number(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """The personal number read is one of the person's, earlier ones included."""
    return _strong("personal-number", _compare_sets(_one(traveller.personal_number), set(person.personal_numbers)))


def dossier_number(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """The dossier number read is one of the person's."""
    return _strong("dossier-number", _compare_sets(_one(traveller.dossier_number), set(person.dossier_numbers)))


def name(traveller: Traveller, person: ProtectedPerson, hold: HoldNames = hold_names) -> Feature:
    """Any name read can be one of the names known (`names.compare`); the detail tells which part agrees with which."""
    held = hold(
        [(n.surname, n.given_names) for n in traveller.names], [(n.surname, n.given_names) for n in person.names]
    )
    if held is None:
        return _feature("name", _MISSING, None, 0)
    return _feature("name", _AGREE if held.agrees else _DISAGREE, held.detail, held.bits)


def birth_date(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """The birth date read is one of those recorded, as far as the less precise of the two tells (`birth_dates`)."""
    compared: DateResult = compare_dates(traveller.birth_date, person.birth_dates)
    return _feature("birth-date", compared.result, compared.detail, compared.bits)


def citizenship(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """Any citizenship read is one of those recorded; codes that tell of no citizenship compare with nothing."""
    result = _citizenships(traveller.citizenships, person.citizenships)
    return _feature("citizenship", result, None, _BITS_CITIZENSHIP[result])


def sex(traveller: Traveller, person: ProtectedPerson) -> Feature:
    """The sex read is the one recorded; X compares with nothing (Doc 9303: unspecified)."""
    result = _sexes(traveller.sex, person.sex)
    return _feature("sex", result, None, _BITS_SEX[result])


FEATURES: tuple[Callable[[Traveller, ProtectedPerson], Feature], ...] = (
    document,
    personal_number,
    dossier_number,
    name,
    birth_date,
    citizenship,
    sex,
)


@lru_cache(maxsize=1 << 12)
def _feature(name: str, result: FeatureResult, detail: str | None, weight: int) -> Feature:
    """There are few, and they cannot be changed: making one costs more than all that leads to it."""
    return Feature(name=name, result=result, detail=detail, weight=weight)


def _strong(feature: str, result: FeatureResult) -> Feature:
    return _feature(feature, result, None, _BITS_STRONG[result])


def _one(value: str | None) -> set[str]:
    return set() if value is None else {value}


def _compare_sets(seen: set[str], known: set[str]) -> FeatureResult:
    if not seen or not known:
        return _MISSING
    return _DISAGREE if seen.isdisjoint(known) else _AGREE


def _citizenships(seen: Iterable[str], known: Iterable[str]) -> FeatureResult:
    one, other = ({same_state(code) for code in codes} - NO_CITIZENSHIP for codes in (seen, known))
    return _compare_sets(one, other)


def _sexes(seen: str | None, known: str | None) -> FeatureResult:
    if seen in (None, "X") or known in (None, "X"):
        return _MISSING
    return _AGREE if seen == known else _DISAGREE


def _best_name(seen: Sequence[Name], known: Sequence[Name]) -> Comparison | None:
    """The two names that agree best; None where one of them has no name with a letter in it."""
    best: Comparison | None = None
    for one in seen:
        for other in known:
            compared = compare_names(*one, *other)
            if compared is not NOTHING and (
                best is None or (compared.agrees, compared.bits) > (best.agrees, best.bits)
            ):
                best = compared
    return best


def _distinct(names: Iterable[Name]) -> list[Name]:
    """The names that differ for the comparison, the first of each; mostly one, printed and in the MRZ."""
    found: list[Name] = []
    readings: list[object] = []
    for name in islice(names, _MAX_NAMES):
        # Looked for by equality: hashing a reading walks through all that it holds.
        read = reading(*name)
        if read not in readings:
            readings.append(read)
            found.append(name)
    return found
