"""Whatever bytes come by a topic: a record or a typed refusal, never another exception, never much memory."""

from __future__ import annotations

import struct
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec, schema, schema_fingerprint
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS
from tests.contract.examples import Accepted, accepted

# Longest first example of each record: the most places to damage.
LONGEST = {
    record: max((e for e in accepted() if e.record == record), key=lambda e: len(e.encoded)) for record in RECORDS
}
each_example = pytest.mark.parametrize("example", LONGEST.values(), ids=LONGEST)
both_readers = pytest.mark.parametrize("raw", [False, True], ids=["typed", "raw"])


def outcome(codec: Codec, data: bytes | None) -> dict[str, Any] | Reason:
    """What the bytes give; any exception but a refusal is the test's failure."""
    try:
        return codec.decode(data)
    except Refused as refusal:
        return refusal.reason


def huge(number: int) -> bytes:
    """Avro's variable-length encoding of a long."""
    zigzag = (number << 1) ^ (number >> 63)
    out = bytearray()
    while zigzag > 127:
        out.append(zigzag & 127 | 128)
        zigzag >>= 7
    return bytes([*out, zigzag])


@each_example
@both_readers
def test_every_truncation_is_refused(example: Accepted, raw: bool) -> None:
    codec = Codec(example.record, raw=raw)
    found = [outcome(codec, example.encoded[:length]) for length in range(1, len(example.encoded))]
    # A cut within a character or a number may look corrupt before it looks short.
    assert set(found) <= {Reason.PAYLOAD_TRUNCATED, Reason.PAYLOAD_CORRUPT}
    assert found.count(Reason.PAYLOAD_TRUNCATED) > 0.8 * len(found)


@each_example
@both_readers
def test_every_appended_byte_is_refused(example: Accepted, raw: bool) -> None:
    codec = Codec(example.record, raw=raw)
    found = {outcome(codec, example.encoded + bytes([byte])) for byte in range(256)}
    assert found == {Reason.PAYLOAD_TRAILING}


@each_example
@both_readers
def test_every_flipped_bit_gives_a_record_or_a_refusal(example: Accepted, raw: bool) -> None:
    codec = Codec(example.record, raw=raw)
    data = bytearray(example.encoded)
    refused: set[Reason] = set()
    for index in range(len(data)):
        for bit in range(8):
            data[index] ^= 1 << bit
            result = outcome(codec, bytes(data))
            data[index] ^= 1 << bit
            if isinstance(result, Reason):
                refused.add(result)
    # The flips reach each kind of fault, so that the test sees what it is for.
    assert {Reason.FRAMING_UNKNOWN, Reason.SCHEMA_UNKNOWN, Reason.PAYLOAD_CORRUPT} <= refused
    assert refused <= {
        Reason.FRAMING_UNKNOWN,
        Reason.SCHEMA_UNKNOWN,
        Reason.PAYLOAD_CORRUPT,
        Reason.PAYLOAD_TRAILING,
        Reason.PAYLOAD_TRUNCATED,
    }


@pytest.mark.parametrize("record", RECORDS)
@both_readers
@given(body=st.binary(max_size=200), framed=st.booleans())
@settings(deadline=None, max_examples=50)
def test_random_bytes_give_a_record_or_a_refusal(record: str, raw: bool, body: bytes, framed: bool) -> None:
    codec = Codec(record, raw=raw)
    header = b"\xc3\x01" + schema_fingerprint(schema(record)) if framed else b""
    assert isinstance(outcome(codec, header + body), dict | Reason)


@both_readers
@given(data=st.data())
@settings(deadline=None, max_examples=200)
def test_the_compiled_reader_takes_no_bytes_that_fastavro_refuses_and_reads_the_same(
    raw: bool, data: st.DataObject
) -> None:
    example = LONGEST[data.draw(st.sampled_from(sorted(LONGEST)))]
    index = data.draw(st.integers(10, len(example.encoded) - 1))
    damaged = bytearray(example.encoded)
    damaged[index] = data.draw(st.integers(0, 255))
    compiled = outcome(COMPILED[example.record, raw], bytes(damaged))
    reference = outcome(REFERENCE[example.record, raw], bytes(damaged))
    if isinstance(compiled, dict):
        assert compiled == reference


class _Fastavro(Codec):
    """The codec without its compiled reader: fastavro resolves the newest schema into itself."""

    def __init__(self, record: str, *, raw: bool) -> None:
        super().__init__(record, raw=raw)
        self._writers[self.newest_headers[0]] = self._reader


COMPILED = {(record, raw): Codec(record, raw=raw) for record in RECORDS for raw in (False, True)}
REFERENCE = {(record, raw): _Fastavro(record, raw=raw) for record, raw in COMPILED}
HOSTILE_NUMBERS = [2**31, 2**40, 2**62, 2**63 - 1, -1, -(2**31), -(2**63)]


@both_readers
@pytest.mark.parametrize("number", HOSTILE_NUMBERS)
@pytest.mark.parametrize("place", ["length of a text", "count of an array", "negative count of an array"])
def test_a_huge_length_or_count_costs_neither_memory_nor_time(place: str, number: int, raw: bool) -> None:
    header = b"\xc3\x01" + schema_fingerprint(schema("event-memory"))
    if place == "length of a text":
        body = b"\x02\x00\x02" + huge(number) + b"x" * 40
    elif place == "count of an array":
        body = b"\x02\x00" + huge(number) + b"x" * 40
    else:
        body = b"\x02\x00" + huge(-abs(number)) + huge(number) + b"x" * 40
    codec = Codec("event-memory", raw=raw)
    outcome(codec, header + body)
    tracemalloc.start()
    started = time.perf_counter()
    try:
        result = outcome(codec, header + body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result in (Reason.PAYLOAD_TRUNCATED, Reason.PAYLOAD_CORRUPT)
    assert peak < 100_000
    assert time.perf_counter() - started < 0.5


@both_readers
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (None, Reason.PAYLOAD_MISSING),
        (b"", Reason.PAYLOAD_MISSING),
        (b"\x00", Reason.PAYLOAD_TRUNCATED),
        (b"\x00\x00\x00\x00", Reason.PAYLOAD_TRUNCATED),
        (b"\x00\x00\x00\x00\x07", Reason.SCHEMA_UNKNOWN),
        (b"\xc3", Reason.PAYLOAD_TRUNCATED),
        (b"\xc3\x01" + bytes(7), Reason.PAYLOAD_TRUNCATED),
        (b"\xc3\x01" + bytes(8), Reason.SCHEMA_UNKNOWN),
        (b"\xc3\x02" + bytes(8), Reason.SCHEMA_UNKNOWN),
        (b"{}", Reason.FRAMING_UNKNOWN),
        (b"Obj\x01", Reason.FRAMING_UNKNOWN),
    ],
    ids=str,
)
def test_a_damaged_header_has_its_reason(raw: bool, data: bytes | None, reason: Reason) -> None:
    assert outcome(Codec("redrive", raw=raw), data) is reason


def test_a_registry_is_asked_once_for_an_id_and_another_records_schema_is_refused() -> None:
    asked: list[int] = []
    held = {7: schema("redrive"), 8: schema("dead-letter")}

    def resolve(number: int) -> dict[str, Any]:
        asked.append(number)
        return held[number]

    codec = Codec("redrive", raw=True, resolve_id=resolve)
    body = next(example for example in accepted() if example.record == "redrive").encoded[10:]
    for _ in range(3):
        assert isinstance(outcome(codec, struct.pack(">bI", 0, 7) + body), dict)
    assert asked == [7]
    assert outcome(codec, struct.pack(">bI", 0, 8) + body) is Reason.SCHEMA_INCOMPATIBLE
    assert outcome(codec, struct.pack(">bI", 0, 9) + body) is Reason.SCHEMA_UNKNOWN


def test_a_refusal_holds_nothing_of_the_payload() -> None:
    example = LONGEST["border-crossing"]
    at = example.encoded.index("Åbergsson".encode())
    damaged = example.encoded[:at] + b"\xff" + example.encoded[at + 1 :]
    for raw in (False, True):
        with pytest.raises(Refused) as refusal:
            Codec("border-crossing", raw=raw).decode(damaged)
        assert str(refusal.value) == "payload-corrupt"
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__
