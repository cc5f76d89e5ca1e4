"""Avro records to bytes and back, in two framings told apart by the first byte.

* Confluent wire format: 0x00, a four-byte big-endian schema id, the Avro binary. Used where a Schema Registry is
  configured.
* Avro single-object encoding (Avro 1.12 specification): 0xC3 0x01, the eight-byte little-endian CRC-64-AVRO
  fingerprint of the writer's schema, the Avro binary. Used where there is none.

A record written with any committed version of its schema (`history/`) is read into the newest one. fastavro accepts
bytes that follow the last field, so the end is checked here; every fault is a `Refused` with its reason code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, TypeVar

from fastavro import parse_schema, schemaless_reader
from fastavro.schema import fingerprint, to_parsing_canonical_form

from schemas.compiled import Reader, compile_reader
from schemas.compiled_writer import Writer, compile_writer
from schemas.reasons import Reason, Refused
from schemas.records import RECORDS, Record

_Model = TypeVar("_Model", bound=Record)
Schema = dict[str, Any]
# Looks up the schema that a Schema Registry holds under an id; raises KeyError where it holds none.
ResolveId = Callable[[int], Schema]


class RecordCodec(Protocol):
    """Reads and writes typed records of one schema, faster than this room does; see `matcher.native`."""

    def read(self, data: bytes, start: int, /) -> Any:
        """The record that fills the data from `start` on; None where in doubt."""

    def write(self, record: Record, header: bytes, /) -> bytes | None:
        """A record as bytes behind a header; None where in doubt."""


_HERE = Path(__file__).parent
_SINGLE_OBJECT = b"\xc3\x01"
_CONFLUENT = struct.Struct(">bI")


@cache
def schema(record: str) -> Schema:
    """The newest schema of a record, as committed, such as `schema("border-crossing")`."""
    loaded: Schema = json.loads((_HERE / "avro" / f"{record}.avsc").read_text("utf-8"))
    return loaded


@cache
def history(record: str) -> tuple[Schema, ...]:
    """All committed versions of a record's schema, the oldest first."""
    files = sorted((_HERE / "history" / record).glob("*.avsc"), key=lambda file: int(file.stem))
    return tuple(json.loads(file.read_text("utf-8")) for file in files)


def without_logical_types(node: Any) -> Any:
    """The same schema with plain ints and strings where it has times and UUIDs: half the cost of decoding."""
    if isinstance(node, dict):
        return {key: without_logical_types(value) for key, value in node.items() if key != "logicalType"}
    if isinstance(node, list):
        return [without_logical_types(item) for item in node]
    return node


def schema_fingerprint(definition: Schema) -> bytes:
    """CRC-64-AVRO of the parsing canonical form, as it stands in the single-object header (little-endian)."""
    return bytes.fromhex(fingerprint(to_parsing_canonical_form(definition), "CRC-64-AVRO"))


def framing_size(data: bytes) -> int:
    """Bytes of the framing of a record, in either of the two."""
    return 10 if data[:1] == _SINGLE_OBJECT[:1] else 5


@cache
def _reader(record: str, *, typed: bool) -> Reader:
    return compile_reader(schema(record), typed=typed)


@cache
def _writer(record: str, *, models: bool = False) -> Writer:
    return compile_writer(schema(record), models=models)


def _read_compiled(reader: Reader, data: bytes, start: int) -> tuple[dict[str, Any], int]:
    try:
        return reader(data, start)
    except IndexError:
        raise Refused(Reason.PAYLOAD_TRUNCATED) from None
    except (ValueError, OverflowError):  # no UTF-8, no UUID, no time; their texts may quote the payload
        raise Refused(Reason.PAYLOAD_CORRUPT) from None


class Codec:
    """Encodes and decodes one kind of record.

    Args:
        record: name of the record, such as `border-crossing`.
        raw: decode times to integers (milliseconds, days) and UUIDs to text, for the hot path.
        confluent_id: write the Confluent framing with this schema id; None writes the single-object encoding.
        resolve_id: where to look up the schema ids of records read in the Confluent framing.
        fast: does what it can of reading and writing typed records; what it leaves is done here.
    """

    def __init__(
        self,
        record: str,
        *,
        raw: bool = False,
        confluent_id: int | None = None,
        resolve_id: ResolveId | None = None,
        fast: RecordCodec | None = None,
    ) -> None:
        self.record = record
        self._fast = fast
        newest = schema(record)
        prepare: Callable[[Schema], Any] = (
            (lambda definition: parse_schema(without_logical_types(definition))) if raw else parse_schema
        )
        self._prepare = prepare
        self._reader = prepare(newest)
        # The readers of the newest schema; older versions are resolved by fastavro.
        self._compiled = _reader(record, typed=not raw)
        self._write = _writer(record)
        self._write_model = _writer(record, models=True)
        self._full_name = f"{newest['namespace']}.{newest['name']}"
        # Writer's schema by framing header; None means the newest, which fastavro reads without resolution.
        own = _SINGLE_OBJECT + schema_fingerprint(newest)
        self._writers: dict[bytes, Any] = {
            _SINGLE_OBJECT + schema_fingerprint(version): prepare(version) for version in history(record)
        }
        self._writers[own] = None
        self._own = own
        self._newest = [own]
        self._resolve_id = resolve_id
        self._header = own if confluent_id is None else _CONFLUENT.pack(0, confluent_id)

    def encode(self, values: dict[str, Any]) -> bytes:
        """The record as bytes. Raises ValueError where the values do not fit the schema."""
        try:
            return self._header + self._write(values)
        except (TypeError, KeyError, AttributeError, OverflowError) as error:
            raise ValueError(f"the values do not fit the schema of {self.record}") from error

    def encode_record(self, record: Record) -> bytes:
        """A typed record of this kind as bytes: those of `encode(record.to_avro())`, at a third of the cost."""
        if self._fast is not None and (written := self._fast.write(record, self._header)) is not None:
            return written
        return self._header + self._write_model(record)

    def encode_body(self, values: Mapping[str, Any]) -> bytes:
        """Values, as any codec of the record decodes them, as bytes of the newest schema without framing."""
        return self._write(values)

    @property
    def header(self) -> bytes:
        """The framing that it writes."""
        return self._header

    @property
    def newest_headers(self) -> list[bytes]:
        """The framings of the newest schema that are known; grows as ids of a Schema Registry are met."""
        return self._newest

    def decode(self, data: bytes | None) -> dict[str, Any]:
        """The values of one record. Raises Refused."""
        if not data:
            raise Refused(Reason.PAYLOAD_MISSING)
        first = data[0]
        if first == 0xC3:
            header, start = data[:10], 10
        elif first == 0x00:
            header, start = data[:5], 5
        else:
            raise Refused(Reason.FRAMING_UNKNOWN)
        try:
            writer = self._writers[header]
        except KeyError:
            writer = self._learn(header, start)
        if writer is None:
            values, end = _read_compiled(self._compiled, data, start)
        else:
            values, end = self._read_with_fastavro(data, start, writer)
        if end != len(data):
            raise Refused(Reason.PAYLOAD_TRAILING if end < len(data) else Reason.PAYLOAD_TRUNCATED)
        return values

    def decode_record(self, data: bytes | None, model: type[_Model]) -> _Model:
        """One typed record: that of `from_avro(decode(data))`. Not for a raw codec.

        Args:
            data: its bytes.
            model: the model of this codec's records, or one that it is made of (`Event` for both kinds of events).

        Raises:
            Refused: the bytes are no such record.
            TypeError: the codec is one of other records.
        """
        record = self._typed(data)
        if not isinstance(record, model):
            raise TypeError(f"a codec of {self.record} gives no {model.__name__}")
        return record

    def decode_body(self, body: bytes, model: type[_Model]) -> _Model:
        """A typed record from bytes of the newest schema without framing, as `encode_body` gives them."""
        return self.decode_record(self._own + body, model)

    def _typed(self, data: bytes | None) -> Record:
        if self._fast is not None and data:
            start = framing_size(data)
            if data[:start] in self._newest and (record := self._fast.read(data, start)) is not None:
                made: Record = record
                return made
        return RECORDS[self.record].from_avro(self.decode(data))

    def decode_batch(self, batch: Sequence[bytes | None]) -> tuple[list[dict[str, Any] | None], dict[int, Refused]]:
        """All records of a batch: their values in order, None where refused, and the refusals by index.

        The one place to exchange for a faster decoder: a fault of one record never touches the others.
        """
        rows: list[dict[str, Any] | None] = []
        refused: dict[int, Refused] = {}
        decode = self.decode
        for index, data in enumerate(batch):
            try:
                rows.append(decode(data))
            except Refused as refusal:
                rows.append(None)
                refused[index] = refusal.alone()
        return rows, refused

    def _read_with_fastavro(self, data: bytes, start: int, writer: Any) -> tuple[dict[str, Any], int]:
        stream = BytesIO(data)
        stream.seek(start)
        try:
            values: Any = schemaless_reader(stream, writer or self._reader, self._reader if writer else None)
        except EOFError:
            raise Refused(Reason.PAYLOAD_TRUNCATED) from None
        except Exception:
            # fastavro lets IndexError, UnicodeDecodeError, OverflowError and others through, by what the bytes hold;
            # their texts may quote the payload, so none is passed on.
            raise Refused(Reason.PAYLOAD_CORRUPT) from None
        return values, stream.tell()

    def _learn(self, header: bytes, start: int) -> Any:
        """The writer's schema for a header seen for the first time."""
        if len(header) < start:
            raise Refused(Reason.PAYLOAD_TRUNCATED)
        if start == 10 or self._resolve_id is None:
            raise Refused(Reason.SCHEMA_UNKNOWN)
        try:
            definition = self._resolve_id(_CONFLUENT.unpack(header)[1])
        except KeyError:
            raise Refused(Reason.SCHEMA_UNKNOWN) from None
        named = f"{definition.get('namespace', '')}.{definition.get('name', '')}"
        if named != self._full_name:
            raise Refused(Reason.SCHEMA_INCOMPATIBLE)
        own = schema_fingerprint(definition) == schema_fingerprint(schema(self.record))
        writer = None if own else self._prepare(definition)
        self._writers[header] = writer
        if own:
            self._newest.append(header)
        return writer
