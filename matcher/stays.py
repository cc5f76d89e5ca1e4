"""Presence in a country, from exits and returns: what was seen, what was told, and where nothing is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from schemas.records import Evidence, EvidenceKind, Finding, Stay


def stays(evidence: Sequence[Evidence]) -> tuple[Stay, ...]:
    """Stays that the evidence shows, by the time of their first sign. An end not seen is None: a gap, not a guess.

    An exit towards a country is joined with the next return from the same country; an exit that no return follows,
    or a return without an exit, stands alone. A length that was told is used only where it was not observed.

    Args:
        evidence: by time of event.
    """
    result: list[tuple[datetime, Stay]] = []
    left: dict[str, Finding] = {}
    for item in evidence:
        finding = item.finding
        country = finding.country
        if country is None:
            continue
        if finding.direction == "EXIT" and _is_travel(finding):
            if country in left:
                result.append((left[country].occurred_at, _stay(country, left[country], None)))
            left[country] = finding
        elif finding.direction == "ENTRY" and _is_travel(finding):
            began = left.pop(country, None)
            result.append(((began or finding).occurred_at, _stay(country, began, finding)))
        elif EvidenceKind.STAYED_IN in finding.kinds:
            result.append((finding.occurred_at, Stay(country=country, days=finding.stay_days, told=True)))
    result.extend((finding.occurred_at, _stay(country, finding, None)) for country, finding in sorted(left.items()))
    return tuple(stay for _, stay in sorted(result, key=itemgetter(0)))


def _is_travel(finding: Finding) -> bool:
    return not {EvidenceKind.TRAVELLED_TO, EvidenceKind.INTENDED_DESTINATION}.isdisjoint(finding.kinds)


def _stay(country: str, left: Finding | None, returned: Finding | None) -> Stay:
    observed = (returned.occurred_at - left.occurred_at).days if left and returned else None
    told = returned.stay_days if returned else None
    return Stay(
        country=country,
        left_sweden_at=left.occurred_at if left else None,
        returned_at=returned.occurred_at if returned else None,
        days=observed if observed is not None else told,
        told=observed is None and told is not None,
    )
