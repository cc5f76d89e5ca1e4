"""What people have decided about who a traveller is, the newest of each match; for `matching` and the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from consumers.kafka import Inbound
from matcher.examine import Decided, Verdict
from schemas.checks import check_identity_decision
from schemas.codec import Codec, ResolveId
from schemas.reasons import Reason, Refused
from schemas.records import IdentityVerdict
from schemas.topics import IDENTITY_DECISIONS

_NONE: Decided = MappingProxyType({})


def check_decision(decode: Callable[[bytes | None], dict[str, Any]], record: Inbound) -> Mapping[str, Any]:
    """Raw values of a decision that may be honoured. Raises Refused."""
    values = decode(record.value)
    check_identity_decision(values)
    if record.key != values["match_id"].encode():
        raise Refused(Reason.KEY_MISMATCH, "match_id")
    return values


class Decisions:
    """Gathered from the records of `identity-decisions`, taken in their order within each partition."""

    def __init__(self, resolve_id: ResolveId | None = None) -> None:
        self.decode = Codec(IDENTITY_DECISIONS.record, raw=True, resolve_id=resolve_id).decode
        self._held: dict[str, dict[UUID, Verdict]] = {}

    def of(self, event_id: str) -> Decided:
        """What was decided about an event."""
        return self._held.get(event_id, _NONE)

    def take(self, record: Inbound) -> str:
        """Take in a decision; gives the event that it is about. Raises Refused, and changes nothing then."""
        values = check_decision(self.decode, record)
        verdict = Verdict(IdentityVerdict(values["verdict"]), values["revision"])
        event_id, person_id = values["event_id"], values["person_id"]
        # What was handed out stays as it is: an event is examined with what held when it was asked for.
        held = dict(self.of(event_id))
        held.pop(UUID(person_id), None)
        if verdict.says is not IdentityVerdict.UNDECIDED:
            held[UUID(person_id)] = verdict
        if held:
            self._held[event_id] = held
        else:
            self._held.pop(event_id, None)
        return str(event_id)
