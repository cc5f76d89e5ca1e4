"""Which registry rows may be used."""

from __future__ import annotations

import pytest

from consumers.kafka import Inbound
from consumers.registry_tail import check_registry_row
from schemas.reasons import Reason, Refused
from tests.builders import codec, encode, person, status, uuid

ROW = encode("protected-person", person())
KEY = str(uuid(1)).encode()


def check(value: bytes | None, key: bytes | None = KEY) -> dict[str, object]:
    record = Inbound("protection-statuses", 0, 0, 0, key, value)
    return check_registry_row(codec("protected-person", raw=True).decode, record)


def test_a_good_row_gives_its_values() -> None:
    assert check(ROW)["person_id"] == str(uuid(1))


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (ROW, str(uuid(2)).encode(), Reason.KEY_MISMATCH),
        (ROW, None, Reason.KEY_MISMATCH),
        (ROW, KEY.upper() + b" ", Reason.KEY_MISMATCH),
        (None, KEY, Reason.PAYLOAD_MISSING),
        (ROW[:-1], KEY, Reason.PAYLOAD_TRUNCATED),
        (encode("protected-person", person(statuses=(status(countries=()),))), KEY, Reason.COUNTRY_UNKNOWN),
    ],
)
def test_a_row_that_may_not_be_used_is_refused(value: bytes | None, key: bytes | None, reason: Reason) -> None:
    with pytest.raises(Refused) as refusal:
        check(value, key)
    assert refusal.value.reason is reason
