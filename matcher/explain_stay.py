"""Swedish sentences about a stay: what was seen of it, what was told, and where the two do not agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from matcher.naming import country_name
from schemas.records import (
    CountryBasis,
    Direction,
    Evidence,
    EvidenceKind,
    Finding,
    Stay,
    StayCertainty,
    TimePrecision,
)
from schemas.swedish_time import swedish_day

BASIS = {
    CountryBasis.STATED: "enligt egen uppgift",
    CountryBasis.TICKET: "enligt biljett eller bokning",
    CountryBasis.DIRECT_ROUTE: "med direkt förbindelse",
    CountryBasis.STAMP: "enligt stämpel eller visering",
    CountryBasis.OBSERVED: "enligt myndighetens iakttagelse",
}
# A stay of a few hours over midnight is told as two days, and one less than three whole days as four: so much longer
# than the whole days observed, or shorter by as much for the way there and back, is no disagreement.
_COUNTED_OTHERWISE = 2


def explain_stay(stay: Stay, evidence: Sequence[Evidence] = ()) -> str:
    """A stay in a sentence or a few: which ends were seen, what bounds it, what was told, and what is not known.

    Args:
        stay: the stay.
        evidence: of the candidate; tells how the country is known at each end, which the stay alone does not.
    """
    country = country_name(stay.country)
    own = [item for item in evidence if item.match_id in stay.evidence]
    left = _end(stay.left_sweden_at, Direction.EXIT, own)
    returned = _end(stay.returned_at, Direction.ENTRY, own)
    out = f"Utresa {left.day} {_towards(left, country)}"
    match stay.certainty or _certainty_from_its_ends(stay):
        case StayCertainty.BOTH_ENDS:
            back = f"inresa från {country} {returned.day}{returned.basis}"
            told = [f"{out} och {back}; båda gränspassagerna är iakttagna: {_length(stay)}."]
        case StayCertainty.ONE_END if stay.left_sweden_at:
            told = [f"{out}; återkomsten är inte känd."]
        case StayCertainty.ONE_END:
            told = [f"Inresa från {country} {returned.day}{returned.basis}; utresan är inte känd."]
        case StayCertainty.INTENDED:
            out = f"Utresa {left.day} med {country} som uppgett resmål{left.basis}"
            told = [f"{out}; inget visar att resan dit har genomförts."]
        case StayCertainty.SEEN_THERE:
            told = [f"Personen möttes av en utlandsmyndighet i {country}; varken utresa eller återkomst är känd."]
        case StayCertainty.TOLD:
            told = [f"Vistelse i {country} enligt uppgift; varken utresa eller återkomst är känd."]
    if stay.days_at_most is not None and (stay.seen_after_at or stay.seen_before_at):
        when = "sågs åter" if stay.seen_after_at else "sågs dessförinnan"
        bound = _end(stay.seen_after_at or stay.seen_before_at, None, evidence)
        told.append(f"Personen {when} vid Sveriges gräns {bound.day}: kortare än {days_of(stay.days_at_most + 1)}.")
    told_days = stay.days if stay.told and stay.told_days is None else stay.told_days
    if told_days is not None:
        told.append(f"Uppgiven längd: {days_of(told_days)}{_disagreement(stay)}.")
    if stay.may_be_transit:
        told.append("Kan ha varit genomresa: högst ett dygn.")
    return " ".join(told)


@dataclass(frozen=True, slots=True)
class _End:
    """A crossing at an end of a stay: its day, how the country is known, and whether that was only an intention."""

    day: str
    basis: str = ""
    only_intended: bool = False


def _end(moment: datetime | None, direction: Direction | None, evidence: Sequence[Evidence]) -> _End:
    """The crossing at a moment, as the evidence tells of it; the day alone where it does not."""
    if moment is None:
        return _End("")
    for item in evidence:
        finding = item.finding
        crossed = finding.direction == direction if direction is not None else finding.direction is not None
        if crossed and finding.occurred_at == moment:
            return _End(
                day_of(moment, finding.occurred_precision),
                f" ({BASIS[finding.country_basis]})" if finding.country_basis else "",
                EvidenceKind.TRAVELLED_TO not in finding.kinds,
            )
    return _End(day_of(moment))


def _towards(left: _End, country: str) -> str:
    """That somebody left for a country. That they came there nobody has seen at Sweden's border."""
    if left.only_intended:
        return f"med {country} som uppgett resmål{left.basis}"
    return f"mot {country}{left.basis}"


def told_is_longer(stay: Stay) -> bool:
    """Whether a longer stay was told of than what was observed leaves room for."""
    return (
        stay.told_days is not None
        and stay.days_at_most is not None
        and stay.told_days > stay.days_at_most + _COUNTED_OTHERWISE
    )


def told_is_shorter(stay: Stay) -> bool:
    """Whether the person was away for longer than was told."""
    return (
        stay.told_days is not None
        and stay.days_at_least is not None
        and stay.told_days < stay.days_at_least - _COUNTED_OTHERWISE
    )


def _disagreement(stay: Stay) -> str:
    """What is to be said of a length that was told, beside what was observed."""
    if told_is_longer(stay):
        return ", vilket inte stämmer med iakttagelserna: personen var borta i kortare tid"
    if told_is_shorter(stay):
        return ", vilket är kortare än personen var borta enligt iakttagelserna"
    return ""


def told_against_seen(finding: Finding, stay: Stay | None) -> str:
    """A sentence more, where the length that the finding tells of does not fit what was observed of its stay."""
    told = finding.stay_days
    if stay is None or told is None:
        return ""
    stay = stay.model_copy(update={"told_days": told})
    if told_is_longer(stay):
        shorter = days_of((stay.days_at_most or 0) + 1)
        return f" Uppgiften om {days_of(told)} stämmer inte med gränspassagerna: vistelsen var kortare än {shorter}."
    if told_is_shorter(stay):
        away = days_of(stay.days_at_least or 0)
        return f" Enligt gränspassagerna var personen borta i minst {away}, längre än de uppgivna {days_of(told)}."
    return ""


def _certainty_from_its_ends(stay: Stay) -> StayCertainty:
    """Of a stay from before its certainty was told."""
    ends = [end for end in (stay.left_sweden_at, stay.returned_at) if end is not None]
    return (StayCertainty.TOLD, StayCertainty.ONE_END, StayCertainty.BOTH_ENDS)[len(ends)]


def _length(stay: Stay) -> str:
    """Days between two ends that were seen, as exactly as their precision allows."""
    least, most = stay.days_at_least, stay.days_at_most
    if least is None or most is None or most - least <= 1:
        return days_of(stay.days or 0)
    return f"{least} till {days_of(most)}"


def day_of(moment: datetime, precision: TimePrecision | None = None) -> str:
    """The day of a moment, as it is decided by, such as `2026-03-02`."""
    return swedish_day(moment, precision).isoformat()


def days_of(count: int) -> str:
    """Such as `1 dag` and `14 dagar`."""
    return f"{count} {'dag' if count == 1 else 'dagar'}"
