"""What was read of a traveller beside what the registry has, feature by feature, and in words which parts agree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from consumers.case_queue.words import DOCUMENTS, FEATURES, RESULTS, country, dossier
from schemas.records import Feature, Finding, PersonName, Subject

# Results of features that are no comparison of one value with another.
_RESULTS = {("other-key", "DISAGREE"): "Pekar på någon annan"}
_NO_VALUES: dict[str, tuple[str, ...]] = {"other-key": ("–",), "decision": ("–",)}
_DETAILS = {
    "decided-for-several-people": "flera personer har bekräftats",
    "decided-for-an-earlier-revision": "avsåg en tidigare revision av händelsen",
}
_DATES = {
    "first-of-january": "båda är den 1 januari, som ofta skrivs när dagen är okänd",
    "first-of-july": "båda är den 1 juli, som ofta skrivs när dagen är okänd",
    "month": "år och månad, den ena saknar dag",
    "year": "året, den ena saknar dag eller månad",
    "first-of-january-for-a-day": "samma år; den ena är den 1 januari, som ofta skrivs när dagen är okänd",
    "first-of-july-for-a-day": "samma år; den ena är den 1 juli, som ofta skrivs när dagen är okänd",
    "day-and-month-swapped": "dag och månad är omkastade",
    "other-calendar": "samma dag enligt en annan kalender",
    "one-year-apart": "ett år skiljer",
    "one-digit": "en siffra skiljer",
    "other-day-of-the-year": "samma år, en annan dag",
}
# `names.compare.Comparison.detail`: parts by their place, never the names themselves.
_PAIR = re.compile(r"(given|surname) (\d+) ([=~]) (given|surname) (\d+)")
_AGAINST = re.compile(r"(\d+) contradicting")
_HALVES = {"given": "förnamn", "surname": "efternamn"}
_SIGNS = {"=": "stämmer med", "~": "liknar"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One feature for the page.

    Attributes:
        name: the feature in words.
        read: what was read; None where the data do not hold it, empty where nothing was read.
        known: what the registry has, likewise.
        result: a `FeatureResult`, and `verdict` the same in words.
        detail: what agrees or differs, in words; may be empty.
    """

    name: str
    read: tuple[str, ...] | None
    known: tuple[str, ...] | None
    result: str
    verdict: str
    detail: str


def compared(finding: Finding, person: Subject | None, *, masked: bool) -> list[Compared]:
    """Each feature of a finding with both sides.

    Args:
        finding: what was found; masked already where it must be.
        person: as the registry has them; None where that is not known or must not be shown.
        masked: whether nothing that tells of the person may be shown.
    """
    read = _NO_VALUES | ({} if masked else _read(finding))
    known = _NO_VALUES | ({} if masked or person is None else _known(person))
    return [
        Compared(
            name=FEATURES.get(feature.name, feature.name),
            read=read.get(feature.name),
            known=known.get(feature.name),
            result=feature.result.value,
            verdict=verdict(feature),
            detail=detail(feature, masked=masked),
        )
        for feature in finding.features
    ]


def verdict(feature: Feature) -> str:
    """The result of a feature in words."""
    return _RESULTS.get((feature.name, feature.result.value), RESULTS[feature.result.value])


def detail(feature: Feature, *, masked: bool) -> str:
    """What agrees or differs, in words; empty where there is nothing to add."""
    code = feature.detail or ""
    if feature.name == "name":
        return _of_names(code)
    if feature.name == "birth-date":
        # That a date is the first of January tells of the date.
        return "" if masked else _DATES.get(code, "")
    return _DETAILS.get(code, "")


def _of_names(code: str) -> str:
    told = []
    for part in code.split(", "):
        if pair := _PAIR.fullmatch(part):
            half, number, sign, other, place = pair.groups()
            told.append(f"{_HALVES[half]} {number} {_SIGNS[sign]} registrets {_HALVES[other]} {place}")
        elif against := _AGAINST.fullmatch(part):
            told.append("1 del är ett annat namn" if against[1] == "1" else f"{against[1]} delar är andra namn")
        elif part == "order of descent":
            told.append("härstamningen står i omvänd ordning")
        elif part == "nothing agrees":
            told.append("ingen del stämmer")
    return "; ".join(told)


def _read(finding: Finding) -> dict[str, tuple[str, ...]]:
    return {
        "document": tuple(f"{DOCUMENTS[d.kind]} {d.number}, {country(d.issuing_state)}" for d in finding.documents),
        "name": _names(finding.names),
        "birth-date": (finding.birth_date,) if finding.birth_date else (),
        "citizenship": tuple(country(code) for code in finding.citizenships),
    }


def _known(person: Subject) -> dict[str, tuple[str, ...]]:
    return {
        "dossier-number": tuple(map(dossier, person.dossier_numbers)),
        "name": _names(person.names),
        "birth-date": person.birth_dates,
        "citizenship": tuple(country(code) for code in person.citizenships),
    }


def _names(names: tuple[PersonName, ...]) -> tuple[str, ...]:
    return tuple(", ".join(part for part in (name.surname, name.given_names) if part) for name in names)
