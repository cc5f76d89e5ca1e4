"""Cases of more than one record: corrections, withdrawals, resends, and all of these in the wrong order.

The highest revision wins whatever the order of arrival; a resend changes nothing. All revisions of an event share its
key, so a topic keeps them in the order published.
"""

from __future__ import annotations

from typing import Any

from producers.simulator.cases import event_about, relevant_event
from producers.simulator.desk import Desk, Event
from producers.simulator.missions import mission_for
from producers.simulator.people import Person

_HOUR = 3_600_000
_NOBODY: dict[str, Any] = {
    "documents": [],
    "personal_number": None,
    "dossier_number": None,
    "names": [],
    "birth_date": None,
    "citizenships": [],
    "sex": None,
}


def _corrected(desk: Desk, event: Event, **changes: Any) -> Event:
    """The next revision, recorded within the following two days; of another country, its own mission tells."""
    later = event["recorded_at"] + _HOUR + int(desk.rng.random() * 46 * _HOUR)
    if "mission" in event and "country" in changes:
        changes["mission"] = mission_for(changes["country"])
    return event | {"revision": event["revision"] + 1, "kind": "CORRECTED", "recorded_at": later} | changes


def _withdrawn(desk: Desk, event: Event) -> Event:
    changes: dict[str, Any] = {"kind": "WITHDRAWN", "traveller": _NOBODY}
    if "direction" in event:
        changes |= {"country": None, "country_basis": None, "stay_days": None}
    return _corrected(desk, event, **changes)


def _send_in_order(desk: Desk, topic: str, category: str, person: Person, *events: Event) -> None:
    at = 0
    for event in events:
        at = desk.send(topic, event, category, person, at=max(at + 1000, event["recorded_at"] + 1000))


def _send_reversed(desk: Desk, topic: str, category: str, person: Person, first: Event, second: Event) -> None:
    """The later revision comes through at once, the earlier one only afterwards: it had waited in a spool."""
    desk.send(topic, second, category, person, at=second["recorded_at"] + 1000)
    desk.send(topic, first, category, person, at=second["recorded_at"] + 1000 + int(desk.rng.random() * 5 * _HOUR))


def corrected_away(desk: Desk, topic: str, category: str) -> bool:
    """A relevant report, then the country is corrected to another: nothing remains."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    correction = _corrected(desk, event, country=desk.elsewhere())
    _send_in_order(desk, topic, category, person, event, correction)
    return True


def corrected_into(desk: Desk, topic: str, category: str) -> bool:
    """An irrelevant report, then the country is corrected to an examined one."""
    person = desk.take()
    if person is None:
        return False
    correction, event = _report_and_relevant_correction(desk, topic, person)
    _send_in_order(desk, topic, category, person, event, correction)
    desk.expect_evidence(person, event)
    return True


def corrected_to_another_person(desk: Desk, topic: str, category: str) -> bool:
    """A relevant report named the wrong person: the correction takes it from one and gives it to the other."""
    wrong, right = desk.take(), desk.take()
    if wrong is None or right is None:
        return False
    event = relevant_event(desk, topic, wrong)
    about_right = relevant_event(desk, topic, right)
    correction = _corrected(desk, event, traveller=about_right["traveller"], country=about_right["country"])
    _send_in_order(desk, topic, category, wrong, event, correction)
    desk.expect_evidence(right, event)
    return True


def withdrawn(desk: Desk, topic: str, category: str) -> bool:
    """A relevant report that should never have been told."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    _send_in_order(desk, topic, category, person, event, _withdrawn(desk, event))
    return True


def reinstated(desk: Desk, topic: str, category: str) -> bool:
    """Withdrawn by mistake, and corrected back."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    withdrawal = _withdrawn(desk, event)
    back = _corrected(desk, event, revision=3, recorded_at=withdrawal["recorded_at"] + _HOUR)
    _send_in_order(desk, topic, category, person, event, withdrawal, back)
    desk.expect_evidence(person, event)
    return True


def duplicated(desk: Desk, topic: str, category: str) -> bool:
    """A relevant report sent two or three times, byte for byte."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    at = desk.send(topic, event, category, person)
    for _ in range(1 if desk.chance(0.7) else 2):
        at = desk.send(topic, event, category, person, at=at + 1 + int(desk.rng.random() * 20 * _HOUR))
    desk.expect_evidence(person, event)
    return True


def duplicated_after_withdrawal(desk: Desk, topic: str, category: str) -> bool:
    """The report is sent again after it was withdrawn: it stays withdrawn."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    withdrawal = _withdrawn(desk, event)
    _send_in_order(desk, topic, category, person, event, withdrawal)
    desk.send(topic, event, category, person, at=withdrawal["recorded_at"] + _HOUR)
    return True


def correction_first_away(desk: Desk, topic: str, category: str) -> bool:
    """The correction to another country comes before the relevant report."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    _send_reversed(desk, topic, category, person, event, _corrected(desk, event, country=desk.elsewhere()))
    return True


def correction_first_into(desk: Desk, topic: str, category: str) -> bool:
    """The correction to an examined country comes before the irrelevant report."""
    person = desk.take()
    if person is None:
        return False
    correction, event = _report_and_relevant_correction(desk, topic, person)
    _send_reversed(desk, topic, category, person, event, correction)
    desk.expect_evidence(person, event)
    return True


def withdrawal_first(desk: Desk, topic: str, category: str) -> bool:
    """The withdrawal comes before the relevant report."""
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    _send_reversed(desk, topic, category, person, event, _withdrawn(desk, event))
    return True


def _report_and_relevant_correction(desk: Desk, topic: str, person: Person) -> tuple[Event, Event]:
    event = event_about(desk, topic, person, desk.moment(), desk.elsewhere())
    country = relevant_event(desk, topic, person)["country"]
    return _corrected(desk, event, country=country), event
