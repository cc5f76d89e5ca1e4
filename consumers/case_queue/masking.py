"""Protected identities (sekretessmarkering): the one place where what may identify or locate a person is taken away.

Everything that leaves the reader has passed here (rule 12). Masked are names, birth dates, numbers of documents and
dossiers, citizenships, states that issued documents (but the countries the case is about), and the place of an event
down to its country, with the unit and weighing of the disclosure, which tell the place. Sentences keep their wording
but for those values.

Fails closed: a person of whom it is not known whether they are protected is masked as well.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from matcher.naming import country_name, place_name
from schemas.records import Evidence, Finding, FiredRule, PersonName, RevocationCandidate, SeenDocument, Subject

MASK = "[skyddad uppgift]"
_RUN = re.compile(rf"{re.escape(MASK)}(?:[\s,]+{re.escape(MASK)})+")
# A single letter is no secret, and taking it away would make sentences unreadable.
_SHORTEST = 2
_MONTHS = (
    "januari februari mars april maj juni juli augusti september oktober november december".split()  # noqa: SIM905
)


def must_mask(protected_identity: bool | None) -> bool:
    """Whether to mask: unless it is known that the person is not protected."""
    return protected_identity is not False


def mask_candidate(candidate: RevocationCandidate) -> RevocationCandidate:
    """The candidate without what identifies or locates the person."""
    findings = [piece.finding for piece in candidate.evidence]
    hide = _Hider(_secrets(candidate.person, findings, (stay.country for stay in candidate.stays)))
    person = candidate.person
    return candidate.model_copy(
        update={
            "person": None
            if person is None
            else person.model_copy(update={"names": (), "birth_dates": (), "citizenships": (), "dossier_numbers": ()}),
            "favourable": hide.all(candidate.favourable),
            "explanation": hide.all(candidate.explanation),
            "evidence": tuple(_mask_piece(piece, hide) for piece in candidate.evidence),
        }
    )


def mask_evidence(piece: Evidence, person: Subject | None = None) -> Evidence:
    """A piece of evidence of an identity review, likewise; `person` as in the registry, where that is known."""
    return _mask_piece(piece, _Hider(_secrets(person, [piece.finding])))


class _Hider:
    """Takes values out of sentences."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {_plain(secret) for secret in secrets}
        # The longest first, so that a whole name goes before one of its parts.
        ordered = sorted((secret for secret in known if len(secret) >= _SHORTEST), key=lambda s: (-len(s), s))
        # With a Swedish genitive; not inside another word.
        self._pattern = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?::?s)?(?!\w)", re.IGNORECASE)
            if ordered
            else None
        )

    def text(self, text: str) -> str:
        """The text with MASK once for each run of secrets."""
        return text if self._pattern is None else _RUN.sub(MASK, self._pattern.sub(MASK, _plain(text)))

    def all(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.text(text) for text in texts)


def _plain(text: str) -> str:
    """One form for what can be written in several (composed or not), so that the comparison sees it."""
    return unicodedata.normalize("NFKC", text).strip()


def _mask_piece(piece: Evidence, hide: _Hider) -> Evidence:
    finding = piece.finding
    masked = finding.model_copy(
        update={
            "place": finding.place[:2],
            "documents": tuple(_mask_document(document, finding) for document in finding.documents),
            "names": (),
            "birth_date": None,
            "citizenships": (),
            "disclosure": finding.disclosure.model_copy(
                update={"unit": MASK, "weighing": MASK, "purpose": hide.text(finding.disclosure.purpose)}
            ),
            "features": tuple(
                feature.model_copy(update={"detail": None if feature.detail is None else hide.text(feature.detail)})
                for feature in finding.features
            ),
            "rules": tuple(_mask_rule(rule, hide) for rule in finding.rules),
        }
    )
    return piece.model_copy(update={"finding": masked})


def _mask_document(document: SeenDocument, finding: Finding) -> SeenDocument:
    shown = document.issuing_state in finding.status.countries
    return document.model_copy(
        update={"number": MASK, "issuing_state": document.issuing_state if shown else MASK},
    )


def _mask_rule(rule: FiredRule, hide: _Hider) -> FiredRule:
    return rule.model_copy(update={"title": hide.text(rule.title), "favourable": hide.all(rule.favourable)})


def _secrets(person: Subject | None, findings: list[Finding], stayed_in: Iterable[str] = ()) -> Iterator[str]:
    """Every value to take out of sentences, in the forms in which a sentence may hold it."""
    # The countries that the case is about are shown, and with them that the person may be a citizen of one.
    shown = {code for finding in findings for code in (*finding.status.countries, finding.country) if code}
    shown |= set(stayed_in)
    if person is not None:
        yield from _names(person.names)
        for birth_date in person.birth_dates:
            yield from _dates(birth_date)
        yield from _countries(person.citizenships, shown)
        for number in person.dossier_numbers:
            yield from _numbers(number)
    for finding in findings:
        yield from _names(finding.names)
        yield from _dates(finding.birth_date or "")
        states = [document.issuing_state for document in finding.documents]
        yield from _countries((*finding.citizenships, *states), shown)
        for document in finding.documents:
            yield from _numbers(document.number)
        yield finding.place
        yield place_name(finding.place)
        yield from re.findall(r"\w{4,}", place_name(finding.place).split(" (")[0])
        yield finding.disclosure.unit
        yield finding.disclosure.weighing


def _names(names: Iterable[PersonName]) -> Iterator[str]:
    for name in names:
        for part in (name.surname, name.given_names):
            yield part
            yield from re.split(r"[\s<,-]+", part)


def _dates(text: str) -> Iterator[str]:
    """A birth date as in the record, in figures without hyphens, without its century, and in words."""
    yield text
    yield text.replace("-", "")
    yield text.replace("-", "")[2:]
    parts = text.split("-")
    if len(parts) == 3:
        year, month, day = (int(part) for part in parts)
        yield f"{day} {_MONTHS[month - 1]} {year}"
        yield f"{day}/{month} {year}"
    if parts[0]:
        yield parts[0]


def _numbers(number: str) -> Iterator[str]:
    yield number
    bare = re.sub(r"[\s-]", "", number)
    yield bare
    if len(bare) == 8 and bare.isdigit():
        yield f"{bare[:2]}-{bare[2:]}"


def _countries(codes: Iterable[str], shown: set[str]) -> Iterator[str]:
    for code in codes:
        if code not in shown:
            yield code
            yield country_name(code)
