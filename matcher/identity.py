"""Whether a traveller is a person of the registry: a list of named features, each compared by a plain function.

A strong key (document, personal number, dossier number) identifies, unless name and birth date both contradict it. Name
and birth date alone never identify; they make a `POSSIBLE` that a human reviews (rule 10).
"""

from __future__ import annotations

from dataclasses import dataclass

from matcher.names import name_key
from matcher.registry import document_key
from schemas.countries import same_state
from schemas.records import Feature, FeatureResult, IdentityLevel, ProtectedPerson, Traveller

# In documents where a citizenship would stand, and telling of none: refugees (1951 and other) and unspecified (Doc 9303
# part 3 section 5); a Swedish resedokument carries XXB.
_NO_CITIZENSHIP = frozenset({"XXB", "XXC", "XXX"})

STRONG = ("document", "personal-number", "dossier-number")


@dataclass(frozen=True, slots=True)
class Identity:
    """Result of comparing a traveller with one person."""

    level: IdentityLevel
    features: tuple[Feature, ...]

    @property
    def has_strong_key(self) -> bool:
        """Whether a document or number of the traveller is the person's."""
        return any(f.name in STRONG and f.result is FeatureResult.AGREE for f in self.features)


def compare(traveller: Traveller, person: ProtectedPerson) -> Identity | None:
    """Compare; None where nothing speaks for this person."""
    features = tuple(
        Feature(name=name, result=result)
        for name, result in (
            ("document", document(traveller, person)),
            ("personal-number", personal_number(traveller, person)),
            ("dossier-number", dossier_number(traveller, person)),
            ("name", name_equal(traveller, person)),
            ("birth-date", birth_date(traveller, person)),
            ("citizenship", citizenship(traveller, person)),
            ("sex", sex(traveller, person)),
        )
    )
    result = {feature.name: feature.result for feature in features}
    agree, disagree = FeatureResult.AGREE, FeatureResult.DISAGREE
    if any(result[name] is agree for name in STRONG):
        contradicted = result["name"] is disagree and result["birth-date"] is disagree
        level = IdentityLevel.POSSIBLE if contradicted else IdentityLevel.IDENTIFIED
        return Identity(level, features)
    if result["name"] is agree and result["birth-date"] is agree:
        return Identity(IdentityLevel.POSSIBLE, features)
    return None


def _compare_sets(seen: set[str], known: set[str]) -> FeatureResult:
    if not seen or not known:
        return FeatureResult.MISSING
    return FeatureResult.DISAGREE if seen.isdisjoint(known) else FeatureResult.AGREE


def document(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """State and number of any document read are those of any document known.

    Documents that differ are no contradiction: a person may hold several, so that is MISSING, not DISAGREE.
    """
    seen = {document_key(d.issuing_state, d.number) for d in traveller.documents}
    known = {document_key(d.issuing_state, d.number) for d in person.documents}
    return FeatureResult.MISSING if seen.isdisjoint(known) else FeatureResult.AGREE


def personal_number(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """The personal number read is one of the person's, earlier ones included."""
    return _compare_sets({traveller.personal_number} - {None}, set(person.personal_numbers))  # type: ignore[arg-type]


def dossier_number(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """The dossier number read is one of the person's."""
    return _compare_sets({traveller.dossier_number} - {None}, set(person.dossier_numbers))  # type: ignore[arg-type]


def name_equal(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """Any name read has the same parts as any name known (`names.name_key`)."""
    seen = {name_key(n.surname, n.given_names) for n in traveller.names} - {None}
    known = {name_key(n.surname, n.given_names) for n in person.names} - {None}
    return _compare_sets(seen, known)  # type: ignore[arg-type]


def birth_date(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """The birth date read is one of those recorded, as far as the less precise of the two tells."""
    seen = traveller.birth_date
    if seen is None or not person.birth_dates:
        return FeatureResult.MISSING
    agrees = any(seen.startswith(known) or known.startswith(seen) for known in person.birth_dates)
    return FeatureResult.AGREE if agrees else FeatureResult.DISAGREE


def citizenship(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """Any citizenship read is one of those recorded; codes that tell of no citizenship compare with nothing."""
    seen, known = ({same_state(code) for code in of.citizenships} - _NO_CITIZENSHIP for of in (traveller, person))
    return _compare_sets(seen, known)


def sex(traveller: Traveller, person: ProtectedPerson) -> FeatureResult:
    """The sex read is the one recorded; X compares with nothing (Doc 9303: unspecified)."""
    if traveller.sex in (None, "X") or person.sex in (None, "X"):
        return FeatureResult.MISSING
    return FeatureResult.AGREE if traveller.sex is person.sex else FeatureResult.DISAGREE
