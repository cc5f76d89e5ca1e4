"""Swedish sentences that say what was found, for the caseworker who examines: facts and rules, never a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matcher.examine import DECISION
from matcher.explain_stay import BASIS, day_of, days_of, told_against_seen, told_is_longer, told_is_shorter
from matcher.naming import country_name, place_name
from matcher.status import is_stateless
from schemas.countries import same_state
from schemas.records import (
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
from schemas.swedish_time import in_sweden

_STATUS = {StatusKind.REFUGEE: "flyktingstatus", StatusKind.ALTERNATIVE: "alternativ skyddsstatus"}
# So long a stay is still told as short, in the person's favour; no rule rests on it.
_SHORT_DAYS = 30
_BY_HAND = ", enligt en handläggares bedömning"
_KEYS = {"document": "handling", "personal-number": "personnummer", "dossier-number": "dossiernummer"}


def explain(evidence: Sequence[Evidence], stays: Sequence[Stay] = ()) -> tuple[str, ...]:
    """A few sentences for each piece of evidence, by time.

    Args:
        evidence: by time.
        stays: what `stays` makes of it; a length that was told and does not fit what was observed is said to.
    """
    stay_of = {match_id: stay for stay in stays for match_id in stay.evidence}
    return tuple(
        _sentence(item.finding) + told_against_seen(item.finding, stay_of.get(item.match_id)) for item in evidence
    )


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
        longer = max((stay.days_at_least or 0 for stay in stays if told_is_shorter(stay)), default=0)
        beside = f", men en frånvaro om minst {days_of(longer)} är iakttagen" if longer > _SHORT_DAYS else ""
        known.append(
            f"Den längsta uppgivna vistelsen är {days_of(max(told))}{beside}; en kort vistelse är inte bosättning."
        )
    if any(stay.may_be_transit for stay in stays):
        known.append("En vistelse var högst ett dygn och kan ha varit genomresa.")
    longest = [stay.days_at_most for stay in stays if stay.certainty is not StayCertainty.INTENDED]
    bounds = [days for days in longest if days is not None]
    if bounds and len(bounds) == len(longest) and max(bounds) <= _SHORT_DAYS:
        # Whole days: one that is known to be at most 14 of them is shorter than 15.
        short = days_of(max(bounds) + 1)
        longer = max((stay.told_days or 0 for stay in stays if told_is_longer(stay)), default=0)
        beside = f" enligt iakttagelserna, men {days_of(longer)} har uppgetts" if longer else ""
        known.append(f"Varje vistelse som framgår var kortare än {short}{beside}; en kort vistelse är inte bosättning.")
    if all(item.finding.kinds == (EvidenceKind.INTENDED_DESTINATION,) for item in evidence):
        known.append("Endast en avsikt att resa är känd; inget visar att resan har genomförts.")
    if any(_disagree(item.finding) for item in evidence):
        known.append("Någon uppgift om resenären avviker från registret; se jämförelsen för varje händelse.")
    if all(item.finding.status.kind is StatusKind.ALTERNATIVE for item in evidence):
        known.append("Alternativ skyddsstatus upphör endast om förhållandena har ändrats väsentligt och varaktigt.")
    asked = (text for item in evidence for rule in item.finding.rules for text in rule.favourable)
    return tuple(dict.fromkeys([*known, *asked]))


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
    basis = f" ({BASIS[finding.country_basis]})" if finding.country_basis else ""
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
            length = f" i {days_of(finding.stay_days)}" if finding.stay_days is not None else ""
            # No stay is seen at a border or at a mission: all that is known of its length was told.
            return f"hade enligt uppgift vistats i {country}{length}"
        case EvidenceKind.MET_IN_COUNTRY:
            return f"möttes av utlandsmyndigheten i {country}"


def _issuer(finding: Finding, use: DocumentUse) -> str:
    states = {
        same_state(d.issuing_state) for d in finding.documents if d.kind is DocumentKind.PASSPORT and d.use is use
    }
    examined = {same_state(code) for code in finding.status.countries}
    return " och ".join(country_name(code) for code in sorted(states & examined))


def _when(moment: datetime, precision: TimePrecision) -> str:
    if precision is TimePrecision.DAY:
        return day_of(moment, precision)
    local, mark = in_sweden(moment)
    if precision is TimePrecision.HOUR:
        return f"{local:%Y-%m-%d}, timmen från kl. {local:%H}{mark}"
    return f"{local:%Y-%m-%d} kl. {local:%H.%M}{mark}"


def _disagree(finding: Finding) -> bool:
    return any(feature.result is FeatureResult.DISAGREE for feature in finding.features)
