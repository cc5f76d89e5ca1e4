"""Records that must be refused: each is relevant but for one fault, so whoever lets it pass gets a wrong candidate.

Faults of a value go into the event before it is encoded, faults of the bytes into its encoding. Each record keeps a key
of its own, so that refused records spread over the partitions.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

from producers.simulator.cases import relevant_event
from producers.simulator.desk import DISCLOSURES, SOURCES, Desk, Event
from producers.simulator.numbers import uuid_text
from schemas.reasons import Reason

Case = Callable[[Desk, str, str], bool]

# The event id (one byte of length, 36 of text) and the revision (one byte below 64) come before the kind.
_KIND_AT = 1 + 36 + 1


def _refused(
    reason: Reason,
    desk: Desk,
    topic: str,
    category: str,
    *,
    spoil: Callable[[Random, Event], Event] | None = None,
    spoil_bytes: Callable[[Random, bytes], bytes] | None = None,
    other_key: bool = False,
) -> bool:
    person = desk.take()
    if person is None:
        return False
    event = relevant_event(desk, topic, person)
    if spoil is not None:
        event = spoil(desk.rng, event)
    value = desk.encode(topic, event)
    if spoil_bytes is not None:
        value = spoil_bytes(desk.rng, value)
    key = uuid_text(desk.rng) if other_key else event["event_id"]
    at = event["recorded_at"] + 1000
    desk.send_bytes(topic, key.encode(), value, category, person, at)
    desk.expect_refusal(topic, reason)
    return True


# --- faults of the bytes


def _header(value: bytes) -> int:
    """Length of the framing: Confluent's or Avro's single object."""
    return 5 if value[0] == 0 else 10


def _truncate(rng: Random, value: bytes) -> bytes:
    # Behind the framing and before the end, so that the last field is always missed; never inside a letter of several
    # bytes, which would be corrupt and not cut short.
    start = _header(value)
    end = start + int(rng.random() * (len(value) - start))
    while end > start and value[end - 1] >= 0x80:
        end -= 1
    return value[:end]


def _trail(rng: Random, value: bytes) -> bytes:
    return value + bytes(1 + int(rng.random() * 8))


def _randomise(rng: Random, value: bytes) -> bytes:
    # Neither of the two framings begins with these.
    return bytes((0x20 + int(rng.random() * 64),)) + rng.randbytes(len(value) - 1)


def _disown(rng: Random, value: bytes) -> bytes:
    if value[0] == 0:
        return b"\x00\x7f" + rng.randbytes(3) + value[5:]
    return value[:2] + rng.randbytes(8) + value[10:]


def _corrupt(_rng: Random, value: bytes) -> bytes:
    place = _header(value) + _KIND_AT
    return value[:place] + b"\x7e" + value[place + 1 :]


def _empty(_rng: Random, _value: bytes) -> bytes:
    return b""


# --- faults of a value


def _blank_disclosure(rng: Random, event: Event) -> Event:
    part = rng.choice(("authority", "unit", "legal_ground", "weighing", "purpose"))
    return event | {"disclosure": event["disclosure"] | {part: rng.choice(("", "   "))}}


def _wrong_authority(_rng: Random, event: Event) -> Event:
    other = SOURCES[1] if "direction" in event else SOURCES[0]
    return event | {"disclosure": DISCLOSURES[other][0]}


def _impossible_birth_date(rng: Random, event: Event) -> Event:
    return _traveller(event, birth_date=rng.choice(("1990-02-30", "1987-13-01", "19850101", "0000-00-00")))


def _later_than_recorded(_rng: Random, event: Event) -> Event:
    return event | {"occurred_at": event["recorded_at"] + 24 * 3_600_000}


def _wrong_personal_number(rng: Random, event: Event) -> Event:
    # The Luhn digit of 19900101001 is 7.
    return _traveller(event, personal_number=f"19900101001{rng.choice('012345689')}")


def _nobody(_rng: Random, event: Event) -> Event:
    return _traveller(event, documents=[], personal_number=None, dossier_number=None, names=[])


def _unknown_country(_rng: Random, event: Event) -> Event:
    return _traveller(event, citizenships=["QQQ"])


def _revision_of_nothing(_rng: Random, event: Event) -> Event:
    return event | {"revision": 2}


def _traveller(event: Event, **changes: Any) -> Event:
    return event | {"traveller": event["traveller"] | changes}


REFUSALS: dict[str, Case] = {
    "refused-truncated": partial(_refused, Reason.PAYLOAD_TRUNCATED, spoil_bytes=_truncate),
    "refused-trailing-bytes": partial(_refused, Reason.PAYLOAD_TRAILING, spoil_bytes=_trail),
    "refused-random-bytes": partial(_refused, Reason.FRAMING_UNKNOWN, spoil_bytes=_randomise),
    "refused-unknown-schema": partial(_refused, Reason.SCHEMA_UNKNOWN, spoil_bytes=_disown),
    "refused-corrupt": partial(_refused, Reason.PAYLOAD_CORRUPT, spoil_bytes=_corrupt),
    "refused-empty-value": partial(_refused, Reason.PAYLOAD_MISSING, spoil_bytes=_empty),
    "refused-key-mismatch": partial(_refused, Reason.KEY_MISMATCH, other_key=True),
    "refused-no-disclosure": partial(_refused, Reason.DISCLOSURE_MISSING, spoil=_blank_disclosure),
    "refused-authority": partial(_refused, Reason.AUTHORITY_NOT_PERMITTED, spoil=_wrong_authority),
    "refused-birth-date": partial(_refused, Reason.BIRTH_DATE_IMPOSSIBLE, spoil=_impossible_birth_date),
    "refused-time": partial(_refused, Reason.TIME_IMPOSSIBLE, spoil=_later_than_recorded),
    "refused-personal-number": partial(_refused, Reason.PERSONAL_NUMBER_INVALID, spoil=_wrong_personal_number),
    "refused-nobody": partial(_refused, Reason.TRAVELLER_EMPTY, spoil=_nobody),
    "refused-country": partial(_refused, Reason.COUNTRY_UNKNOWN, spoil=_unknown_country),
    "refused-revision": partial(_refused, Reason.REVISION_INVALID, spoil=_revision_of_nothing),
}
