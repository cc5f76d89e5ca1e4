"""Swedish sentences that say what was found, for the caseworker who examines: facts and rules, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matcher.examine import DECISION
from matcher.naming import country_name, place_name
from matcher.status import is_stateless
from matcher.swedish_time import in_sweden
from schemas.countries import same_state
from schemas.records import (
    CountryBasis,
    DocumentKind,
    DocumentUse,
    Evidence,
    EvidenceKind,
    FeatureResult,
    Finding,
    ProtectedPerson,
    StatusKind,
    Stay,
    StayCertainty,
    TimePrecision,
)

_BASIS = {
    CountryBasis.STATED: "enligt egen uppgift",
    CountryBasis.TICKET: "enligt biljett eller bokning",
    CountryBasis.DIRECT_ROUTE: "med direkt förbindelse",
    CountryBasis.STAMP: "enligt stämpel eller visering",
    CountryBasis.OBSERVED: "enligt myndighetens iakttagelse",
}
_STATUS = {StatusKind.REFUGEE: "flyktingstatus", StatusKind.ALTERNATIVE: "alternativ skyddsstatus"}
# So long a stay is still told as short, in the person's favour; no rule rests on it.
_SHORT_DAYS = 30
_BY_HAND = ", enligt en handläggares bedömning"
_KEYS = {"document": "handling", "personal-number": "personnummer", "dossier-number": "dossiernummer"}


def explain(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """One sentence or two for each piece of evidence, by time."""
    return tuple(_sentence(item.finding) for item in evidence)


def favourable(
    evidence: Sequence[Evidence], row: ProtectedPerson | None, stays: Sequence[Stay] = ()
) -> tuple[str, ...]:
    """Circumstances in the person's favour: first those known from the data, then those the rules ask to look for.

    Args:
        evidence: by time.
        row: the person's newest registry row, None if not seen yet.
        stays: what `stays` makes of the evidence.
    """
    known: list[str] = []
    if row is not None and is_stateless(row):
        known.append("Personen är statslös och kan inte på nytt ställa sig under ett medborgarskapslands skydd.")
    told = [item.finding.stay_days for item in evidence if item.finding.stay_days is not None]
    if told and max(told) <= _SHORT_DAYS:
        known.append(f"Den längsta uppgivna vistelsen är {_days(max(told))}; en kort vistelse är inte bosättning.")
    if any(stay.may_be_transit for stay in stays):
        known.append("En vistelse var högst ett dygn och kan ha varit genomresa.")
    longest = [stay.days_at_most for stay in stays if stay.certainty is not StayCertainty.INTENDED]
    bounds = [days for days in longest if days is not None]
    if bounds and len(bounds) == len(longest) and max(bounds) <= _SHORT_DAYS:
        # Whole days: one that is known to be at most 14 of them is shorter than 15.
        short = _days(max(bounds) + 1)
        known.append(f"Varje vistelse som framgår var kortare än {short}; en kort vistelse är inte bosättning.")
    if all(item.finding.kinds == (EvidenceKind.INTENDED_DESTINATION,) for item in evidence):
        known.append("Endast en avsikt att resa är känd; inget visar att resan har genomförts.")
    if any(_disagree(item.finding) for item in evidence):
        known.append("Någon uppgift om resenären avviker från registret; se jämförelsen för varje händelse.")
    if all(item.finding.status.kind is StatusKind.ALTERNATIVE for item in evidence):
        known.append("Alternativ skyddsstatus upphör endast om förhållandena har ändrats väsentligt och varaktigt.")
    asked = (text for item in evidence for rule in item.finding.rules for text in rule.favourable)
    return tuple(dict.fromkeys([*known, *asked]))


def explain_stay(stay: Stay) -> str:
    """A stay in a sentence or a few: which ends were seen, what bounds it, what was told, and what is not known."""
    country = country_name(stay.country)
    left, returned = _day(stay.left_sweden_at), _day(stay.returned_at)
    match stay.certainty or _certainty_from_its_ends(stay):
        case StayCertainty.BOTH_ENDS:
            told = [f"Utresa till {country} {left} och inresa därifrån {returned}, båda iakttagna: {_length(stay)}."]
        case StayCertainty.ONE_END if stay.left_sweden_at:
            told = [f"Utresa till {country} {left}; återkomsten är inte känd."]
        case StayCertainty.ONE_END:
            told = [f"Inresa från {country} {returned}; utresan är inte känd."]
        case StayCertainty.INTENDED:
            told = [f"Utresa {left} med {country} som uppgivet resmål; inget visar att resan dit har genomförts."]
        case StayCertainty.SEEN_THERE:
            told = [f"Personen möttes av en utlandsmyndighet i {country}; varken utresa eller återkomst är känd."]
        case StayCertainty.TOLD:
            told = [f"Vistelse i {country} enligt uppgift; varken utresa eller återkomst är känd."]
    bound = _day(stay.seen_after_at or stay.seen_before_at)
    if bound and stay.days_at_most is not None:
        when = "sågs åter" if stay.seen_after_at else "sågs dessförinnan"
        told.append(f"Personen {when} vid Sveriges gräns {bound}: kortare än {_days(stay.days_at_most + 1)}.")
    told_days = stay.days if stay.told and stay.told_days is None else stay.told_days
    if told_days is not None:
        told.append(f"Uppgiven längd: {_days(told_days)}.")
    if stay.may_be_transit:
        told.append("Kan ha varit genomresa: högst ett dygn.")
    return " ".join(told)


def _certainty_from_its_ends(stay: Stay) -> StayCertainty:
    """Of a stay from before its certainty was told."""
    ends = [end for end in (stay.left_sweden_at, stay.returned_at) if end is not None]
    return (StayCertainty.TOLD, StayCertainty.ONE_END, StayCertainty.BOTH_ENDS)[len(ends)]


def _length(stay: Stay) -> str:
    """Days between two ends that were seen, as exactly as their precision allows."""
    least, most = stay.days_at_least, stay.days_at_most
    if least is None or most is None or most - least <= 1:
        return _days(stay.days or 0)
    return f"{least} till {_days(most)}"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else ""


def _sentence(finding: Finding) -> str:
    status = _STATUS[finding.status.kind]
    against = " och ".join(country_name(code) for code in finding.status.countries)
    identified = ", ".join(
        _KEYS[feature.name]
        for feature in finding.features
        if feature.name in _KEYS and feature.result is FeatureResult.AGREE
    )
    decided = any(f.name == DECISION and f.result is FeatureResult.AGREE for f in finding.features)
    what = "; ".join(_what(kind, finding) for kind in finding.kinds)
    return (
        f"{_when(finding.occurred_at, finding.occurred_precision)}, {place_name(finding.place)}: {what}. "
        f"Personen hade då {status} (skyddsskäl prövade mot {against}, gäller från {finding.status.valid_from}). "
        f"Identifierad genom {identified or 'namn och födelsedatum'}{_BY_HAND if decided else ''}."
    )


def _what(kind: EvidenceKind, finding: Finding) -> str:
    country = country_name(finding.country or "")
    basis = f" ({_BASIS[finding.country_basis]})" if finding.country_basis else ""
    match kind:
        case EvidenceKind.HOME_PASSPORT_PRESENTED:
            return f"visade pass utfärdat av {_issuer(finding, DocumentUse.PRESENTED)}"
        case EvidenceKind.HOME_PASSPORT_APPLIED_FOR:
            return f"ansökte om eller hämtade pass utfärdat av {_issuer(finding, DocumentUse.APPLIED_FOR)}"
        case EvidenceKind.INTENDED_DESTINATION:
            return f"uppgav {country} som resmål{basis}"
        case EvidenceKind.TRAVELLED_TO:
            return f"reste {'in från' if finding.direction == 'ENTRY' else 'ut till'} {country}{basis}"
        case EvidenceKind.STAYED_IN:
            length = f" i {_days(finding.stay_days)}" if finding.stay_days is not None else ""
            return f"hade vistats i {country}{length}"
        case EvidenceKind.MET_IN_COUNTRY:
            return f"möttes av utlandsmyndigheten i {country}"


def _days(count: int) -> str:
    return f"{count} {'dag' if count == 1 else 'dagar'}"


def _issuer(finding: Finding, use: DocumentUse) -> str:
    states = {
        same_state(d.issuing_state) for d in finding.documents if d.kind is DocumentKind.PASSPORT and d.use is use
    }
    examined = {same_state(code) for code in finding.status.countries}
    return " och ".join(country_name(code) for code in sorted(states & examined))


def _when(moment: datetime, precision: TimePrecision) -> str:
    if precision is TimePrecision.DAY:
        # The day as it was told, in UTC by the contract: a time zone must not move it.
        return f"{moment:%Y-%m-%d}"
    local, mark = in_sweden(moment)
    if precision is TimePrecision.HOUR:
        return f"{local:%Y-%m-%d}, timmen från kl. {local:%H}{mark}"
    return f"{local:%Y-%m-%d} kl. {local:%H.%M}{mark}"


def _disagree(finding: Finding) -> bool:
    return any(feature.result is FeatureResult.DISAGREE for feature in finding.features)
