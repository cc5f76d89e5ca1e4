"""A model of what must hold when all has come, and what to hold it against: few people, few events, many versions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from consumers.kafka import Inbound
from matcher.examine import Verdict, examine
from schemas.records import (
    BorderCrossing,
    Event,
    EventKind,
    ProtectedPerson,
    StatusMatch,
    Traveller,
)
from tests.builders import (
    DOSSIER,
    NOON,
    codec,
    crossing,
    known,
    observation,
    person,
    rules,
    seen,
    status,
    traveller,
)
from tests.unit.consumers.matchers import BERTA, NOBODY, OF_BERTA

ANNA = person()
DAY_MS = 86_400_000
OTHER_HOLDER = person(3, personal_numbers=(), dossier_numbers=("00000003",), documents=(known("P0451298", "UTO"),))
ROWS = [
    ANNA,
    ANNA.model_copy(update={"documents": (known(),)}),
    ANNA.model_copy(update={"documents": (), "personal_numbers": ()}),
    ANNA.model_copy(update={"statuses": ()}),
    ANNA.model_copy(update={"statuses": (status(valid_from=date(2026, 2, 25)),)}),
    ANNA.model_copy(update={"statuses": (status(valid_to=date(2026, 2, 25)),)}),
    ANNA.model_copy(update={"statuses": (status(countries=("NOR",)),)}),
    ANNA.model_copy(update={"naturalised_on": date(2026, 3, 1)}),
    BERTA,
    BERTA.model_copy(update={"documents": (known("P0451298", "UTO"),)}),
    BERTA.model_copy(update={"names": ANNA.names, "birth_dates": ANNA.birth_dates}),
    OTHER_HOLDER,
    # Written anew, with nothing that matching looks at.
    ANNA.model_copy(update={"recorded_at": ANNA.recorded_at + timedelta(days=1), "protected_identity": True}),
]
# Without a status on the day they are nobody's match, and may be the traveller all the same.
UNPROTECTED = [
    OTHER_HOLDER.model_copy(update={"statuses": ()}),
    OTHER_HOLDER.model_copy(update={"statuses": (status(valid_from=date(2026, 3, 20)),)}),
]
TRAVELLERS: list[Traveller] = [
    traveller(),
    traveller(documents=()),
    traveller(documents=(seen("RD1234567", "SWE"),)),
    traveller(dossier_number=DOSSIER),
    traveller(dossier_number="00000003"),
    OF_BERTA,
    NOBODY["traveller"],
]
DAYS = [NOON - timedelta(days=days) for days in (400, 9, 5, 1, 0)]


@st.composite
def some_event(draw: st.DrawFn) -> Event:
    """One of few events, so that revisions and duplicates meet."""
    make: Any = draw(st.sampled_from([crossing, crossing, observation]))
    revision = draw(st.sampled_from([1, 1, 1, 2, 3]))
    withdrawn = revision > 1 and draw(st.booleans())
    event: Event = make(
        draw(st.integers(1, 5)) + (100 if make is observation else 0),
        revision=revision,
        kind=EventKind.WITHDRAWN if withdrawn else None,
        at=draw(st.sampled_from(DAYS)),
        traveller=draw(st.sampled_from(TRAVELLERS)),
        country=draw(st.sampled_from(["UTO", "UTO", "NOR"])),
    )
    return event


class Model:
    """What must hold when all has been taken in: highest revisions, newest rows, decisions, rules."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.rows: dict[UUID, ProtectedPerson] = {}
        self.decided: dict[UUID, dict[UUID, Verdict]] = {}
        self.rules = rules()

    def matches(self) -> dict[tuple[UUID, UUID], set[Any]]:
        """Possible findings by event and person: of one revision with several contents any of them may hold."""
        found: dict[tuple[UUID, UUID], set[Any]] = {}
        for event in self._standing():
            source = "border-crossings" if isinstance(event, BorderCrossing) else "mission-observations"
            decided = self.decided.get(event.event_id, {})
            for one in examine(source, event, list(self.rows.values()), self.rules, decided).found:
                found.setdefault((event.event_id, one.person_id), set()).add(repr(one.finding))
        return found

    def _standing(self) -> Iterable[Event]:
        top: dict[UUID, tuple[int, bool]] = {}
        for event in self.events:
            rank = (event.revision, event.kind is EventKind.WITHDRAWN)
            top[event.event_id] = max(rank, top.get(event.event_id, rank))
        return [e for e in self.events if (e.revision, e.kind is EventKind.WITHDRAWN) == top[e.event_id]]


def holding_in(records: Iterable[Inbound]) -> dict[tuple[UUID, UUID], StatusMatch]:
    """The matches that hold, by event and person, as a consumer of the topic has them after these records."""
    held: dict[tuple[UUID, UUID], StatusMatch] = {}
    for record in records:
        match = StatusMatch.from_avro(codec("status-match").decode(record.value))
        key = (match.event_id, match.person_id)
        if match.finding is None:
            del held[key]  # nothing may be taken back that was never said
        else:
            held[key] = match
    return held


def is_as(held: dict[tuple[UUID, UUID], StatusMatch], model: Model) -> bool:
    """Whether the matches that hold are those of the model."""
    return not differing(held, model)


def differing(held: dict[tuple[UUID, UUID], StatusMatch], model: Model) -> list[str]:
    """How the matches that hold differ from those of the model, a line for each; of invented people, so in full."""
    expected = model.matches()
    missing = [f"missing: {_named(key)}, {sorted(expected[key])}" for key in expected.keys() - held.keys()]
    beside = [f"held and should not be: {_named(key)}, {held[key]!r}" for key in held.keys() - expected.keys()]
    other = [
        f"held otherwise: {_named(key)}, {held[key].finding!r} instead of {sorted(expected[key])}"
        for key in held.keys() & expected.keys()
        if repr(held[key].finding) not in expected[key]
    ]
    return sorted(missing + beside + other)


def _named(key: tuple[UUID, UUID]) -> str:
    return f"event {key[0]} and person {key[1]}"
