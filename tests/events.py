"""Invented events and registry rows for the tests of the publishing side: the examples of schemas/, varied."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

EXAMPLES = Path(__file__).parent.parent / "schemas" / "examples"
_NAMESPACE = UUID("f3d3c3c8-2b30-4f3c-8d44-0a8d9b3d6a11")


def example(record: str, name: str) -> dict[str, Any]:
    """A valid example as the values of its JSON."""
    loaded: dict[str, Any] = json.loads((EXAMPLES / record / f"{name}.json").read_text("utf-8"))
    return copy.deepcopy(loaded.get("record", loaded))


def identity(number: int) -> str:
    """The same UUID for the same number."""
    return str(uuid5(_NAMESPACE, str(number)))


def crossing(number: int) -> dict[str, Any]:
    """A valid border crossing with an event id of its own."""
    return {**example("border-crossing", "valid-return-with-home-passport"), "event_id": identity(number)}


def crossing_lines(numbers: range) -> bytes:
    """Border crossings as JSON Lines."""
    template = crossing(0)
    return b"".join(
        json.dumps({**template, "event_id": identity(number)}, ensure_ascii=False).encode() + b"\n"
        for number in numbers
    )


def person(number: int) -> dict[str, Any]:
    """A valid registry row of a person of their own."""
    return {**example("protected-person", "valid-refugee"), "person_id": identity(number)}
