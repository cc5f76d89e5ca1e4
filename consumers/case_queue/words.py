"""The words of the field, in Swedish, for the pages. None of them decides: what was found *may concern* an outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from matcher.explain_stay import BASIS
from matcher.fold import WHY_TAKEN_BACK
from matcher.naming import country_name, place_name
from schemas.records import TimePrecision
from schemas.swedish_time import in_sweden, swedish_day

OUTCOMES = {
    "REFUGEE_STATUS": "Flyktingstatus",
    "ALTERNATIVE_PROTECTION": "Alternativ skyddsstatus",
    "PERMIT": "Uppehållstillstånd",
    "TRAVEL_DOCUMENT": "Resedokument eller främlingspass",
}
KINDS = {
    "HOME_PASSPORT_PRESENTED": "Hemlandspass visat",
    "HOME_PASSPORT_APPLIED_FOR": "Hemlandspass sökt eller hämtat",
    "INTENDED_DESTINATION": "Uppgett resmål",
    "TRAVELLED_TO": "Resa till eller från landet",
    "STAYED_IN": "Vistelse i landet",
    "MET_IN_COUNTRY": "Mött av utlandsmyndighet i landet",
}
STATES = {"OPEN": "Öppen", "RETRACTED": "Återtagen"}
# Of a candidate: any other reason is told in Swedish by the candidate itself.
RETRACT_REASONS = {"ERASED": "uppgifterna har gallrats"}
TAKEN_BACK = {reason.value: words for reason, words in WHY_TAKEN_BACK.items()}
SOURCES = {"border-crossings": "Gränskontroll", "mission-observations": "Utlandsmyndighet"}
AUTHORITIES = {
    "POLISMYNDIGHETEN": "Polismyndigheten",
    "TULLVERKET": "Tullverket",
    "KUSTBEVAKNINGEN": "Kustbevakningen",
    "UTLANDSMYNDIGHETERNA": "Utlandsmyndigheterna",
}
RESULTS = {"AGREE": "Stämmer", "DISAGREE": "Stämmer inte", "MISSING": "Saknas"}
FEATURES = {
    "document": "Handling",
    "personal-number": "Personnummer",
    "dossier-number": "Dossiernummer",
    "name": "Namn",
    "birth-date": "Födelsedatum",
    "citizenship": "Medborgarskap",
    "sex": "Kön",
    "other-key": "Annan läst handling eller annat läst nummer",
    "decision": "Handläggares bedömning av identiteten",
}
STATUSES = {"REFUGEE": "Flyktingstatus", "ALTERNATIVE": "Alternativ skyddsstatus"}
DOCUMENTS = {
    "PASSPORT": "Pass",
    "IDENTITY_CARD": "Identitetskort",
    "REFUGEE_TRAVEL_DOCUMENT": "Resedokument (flykting)",
    "STATELESS_TRAVEL_DOCUMENT": "Resedokument (statslös)",
    "ALIENS_PASSPORT": "Främlingspass",
    "RESIDENCE_PERMIT_CARD": "Uppehållstillståndskort",
    "VISA": "Visering",
    "OTHER": "Annan handling",
}
USES = {"PRESENTED": "visades", "APPLIED_FOR": "söktes eller hämtades", "HELD": "innehades"}
BASES = {basis.value: words for basis, words in BASIS.items()}
DIRECTIONS = {"ENTRY": "inresa till Sverige", "EXIT": "utresa från Sverige"}
IDENTITIES = {"IDENTIFIED": "Identifierad", "POSSIBLE": "Möjlig träff"}
SORTS = {
    "occurred-newest": "Senaste händelse först",
    "occurred-oldest": "Äldsta händelse först",
    "received-newest": "Senast inkommen först",
    "received-oldest": "Först inkommen först",
}
_MONTHS = ("jan.", "feb.", "mars", "apr.", "maj", "juni", "juli", "aug.", "sep.", "okt.", "nov.", "dec.")


def moment(value: datetime | None, precision: str = "MINUTE") -> str:
    """Such as `2 mars 2026 kl. 07.40`, in Swedish time as in the explanation, and no more exact than it is known.

    `precision` is a `TimePrecision`, or DATE for the Swedish day of an exact time.
    """
    if value is None:
        return "Saknas"
    if precision == TimePrecision.DAY:
        return day(swedish_day(value, TimePrecision.DAY))
    local, mark = in_sweden(value)
    if precision == "DATE":
        return f"{day(local.date())}{mark}"
    if precision == "HOUR":
        return f"{day(local.date())} omkring kl. {local:%H}{mark}"
    return f"{day(local.date())} kl. {local:%H.%M}{mark}"


def day(value: date | None) -> str:
    """Such as `2 mars 2026`."""
    return "Saknas" if value is None else f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def machine_time(value: datetime) -> str:
    """For `<time datetime>`."""
    return value.astimezone(UTC).isoformat(timespec="seconds")


# ICAO Doc 9303 part 3 section 5: what stands in a document in place of a citizenship, and is no country.
PERSONS = {
    "XXA": "statslös",
    "XXB": "flykting enligt flyktingkonventionen",
    "XXC": "flykting, annan än enligt flyktingkonventionen",
    "XXX": "okänt medborgarskap",
}


def country(code: str) -> str:
    """Name of a country, or what the code says where it stands for none."""
    return PERSONS.get(code) or country_name(code)


def countries(codes: Iterable[str]) -> str:
    """Names of countries, in their order."""
    return ", ".join(country(code) for code in codes) or "Saknas"


def dossier(number: str) -> str:
    """A dossier number as it is written on paper."""
    return f"{number[:2]}-{number[2:]}"


def reference(identity: object) -> str:
    """A short reference to read aloud: the first eight signs of an id."""
    return str(identity)[:8]


FILTERS = {
    "dossier": dossier,
    "moment": moment,
    "day": day,
    "machine_time": machine_time,
    "countries": countries,
    "country": country,
    "place": place_name,
    "reference": reference,
}
WORDS = {
    "OUTCOMES": OUTCOMES,
    "KINDS": KINDS,
    "STATES": STATES,
    "RETRACT_REASONS": RETRACT_REASONS,
    "SOURCES": SOURCES,
    "AUTHORITIES": AUTHORITIES,
    "RESULTS": RESULTS,
    "FEATURES": FEATURES,
    "STATUSES": STATUSES,
    "DOCUMENTS": DOCUMENTS,
    "USES": USES,
    "BASES": BASES,
    "DIRECTIONS": DIRECTIONS,
    "IDENTITIES": IDENTITIES,
    "SORTS": SORTS,
}
