"""The committed versions of each schema, and what to do when one was changed.

`avro/<record>.avsc` is the newest; `history/<record>/<n>.avsc` are all that were ever in use, counted from 1, the last
one equal to the newest. A committed version stays for good: records written with it may still lie in a topic.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from schemas.codec import history, schema
from schemas.compatibility import breaks
from schemas.records import RECORDS


class Step(StrEnum):
    """What has to be done before a changed schema can be committed."""

    COPY = "copy"
    NEW_VERSION = "new-version"
    REPAIR = "repair"


class SchemaChangedError(Exception):
    """A schema differs from its newest committed version.

    Attributes:
        record: name of the record.
        step: what to do.
    """

    def __init__(self, record: str, step: Step, sentence: str) -> None:
        super().__init__(sentence)
        self.record = record
        self.step = step


def unrecorded_change(record: str, newest: Any, committed: tuple[Any, ...]) -> SchemaChangedError | None:
    """What to do about a schema that was changed; None where it equals the last of its committed versions.

    Args:
        record: name of the record, such as `border-crossing`.
        newest: the schema as it stands in `avro/`.
        committed: the versions in `history/`, the oldest first.
    """
    file, folder = f"schemas/avro/{record}.avsc", f"schemas/history/{record}"
    if committed and newest == committed[-1]:
        return None
    if committed and _without_docs(newest) == _without_docs(committed[-1]):
        return SchemaChangedError(
            record,
            Step.COPY,
            f"Only documentation changed in {file}, and the bytes stay the same: "
            f"copy it over {folder}/{len(committed)}.avsc.",
        )
    found = [
        f"version {number}: {broken}"
        for number, version in enumerate(committed, start=1)
        for broken in breaks(newest, version)
    ]
    if found:
        return SchemaChangedError(
            record,
            Step.REPAIR,
            f"{file} cannot read what was written with earlier versions, which BACKWARD_TRANSITIVE asks for: "
            f"{'; '.join(found)}. Give a new field a default, keep a removed symbol or give its enum a default, "
            "and take a new topic for what cannot be made compatible.",
        )
    return SchemaChangedError(
        record,
        Step.NEW_VERSION,
        f"{file} was changed and reads all earlier versions: copy it to {folder}/{len(committed) + 1}.avsc, "
        f"never over an earlier one, and change the model in schemas/records.py and the examples with it.",
    )


def unrecorded_changes() -> list[SchemaChangedError]:
    """What to do about each schema that was changed; empty where all are recorded in `history/`."""
    found = (unrecorded_change(record, schema(record), history(record)) for record in RECORDS)
    return [change for change in found if change is not None]


def _without_docs(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_docs(value) for key, value in node.items() if key != "doc"}
    if isinstance(node, list):
        return [_without_docs(item) for item in node]
    return node
