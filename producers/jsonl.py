"""JSON Lines as they come: from a file, or from a pipe whose writer takes its time. Memory holds one piece of input.

A line ends with LF or CRLF, the last one also with the end of the input. A UTF-8 byte order mark at the beginning is
taken away; blank lines are counted and passed over.
"""

from __future__ import annotations

import base64
import os
import select
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from schemas.reasons import Refused

_PIECE = 256 * 1024
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank.

    Attributes:
        number: from 1, blank lines counted.
        content: its bytes without the line end; None where it is longer than the limit.
    """

    number: int
    content: bytes | None


class LineSplitter:
    """Cuts pieces of input into lines.

    Args:
        max_line_bytes: a longer line is not kept, only counted.
    """

    def __init__(self, max_line_bytes: int) -> None:
        self._max = max_line_bytes
        self._number = 0
        self._rest = bytearray()
        self._too_long = False

    def feed(self, piece: bytes) -> Iterator[Line]:
        """The lines that end in this piece."""
        *ends, rest = piece.split(b"\n")
        for end in ends:
            self._keep(end)
            yield from self._end_line()
        self._keep(rest)

    def finish(self) -> Iterator[Line]:
        """The last line, where no line end follows it."""
        if self._rest or self._too_long:
            yield from self._end_line()

    def _keep(self, part: bytes) -> None:
        # Two more than the limit: a CR and, in the first line, most of a byte order mark are no part of the content.
        if self._too_long or len(self._rest) + len(part) > self._max + len(_BOM) + 1:
            self._too_long = True
            self._rest.clear()
        else:
            self._rest += part

    def _end_line(self) -> Iterator[Line]:
        self._number += 1
        content = bytes(self._rest)
        too_long = self._too_long
        self._rest.clear()
        self._too_long = False
        if self._number == 1:
            content = content.removeprefix(_BOM)
        content = content.removesuffix(b"\r")
        if too_long or len(content) > self._max:
            yield Line(self._number, None)
        elif content and not content.isspace():
            yield Line(self._number, content)


class LineReader:
    """Lines of an open file or pipe, taken as they arrive."""

    def __init__(self, handle: int, max_line_bytes: int) -> None:
        self._handle = handle
        self._splitter = LineSplitter(max_line_bytes)
        self.bytes_read = 0
        self.ended = False

    def read(self, wait: float) -> list[Line]:
        """The lines of the next piece; none where nothing comes within `wait` seconds. Raises OSError."""
        if self.ended or not select.select([self._handle], [], [], wait)[0]:
            return []
        piece = os.read(self._handle, _PIECE)
        self.bytes_read += len(piece)
        if piece:
            return list(self._splitter.feed(piece))
        self.ended = True
        return list(self._splitter.finish())


class RejectsUnusable(Exception):  # noqa: N818 - it reads as what happened
    """The rejects file cannot be written; the lines refused last are not in it. `why` is the system's word for it."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"the rejects file cannot be written: {error.strerror}")
        self.why = error.strerror


class Rejects:
    """The file in which an agency keeps the lines that were refused: 0600, appended to, never sent anywhere.

    Each of its lines is a JSON object with `read_at`, `line`, `reason`, `field`, `advice` and what was refused:
    `content`, or `content_base64` where it is not UTF-8, or neither where the line was too long to keep. Made when the
    first line is refused.
    """

    def __init__(self, path: Path, read_at: datetime) -> None:
        self._path = path
        self._read_at = read_at.isoformat()
        self._handle: int | None = None

    def write(self, refused: list[tuple[Line, Refused]]) -> None:
        """Add lines; they are on disk when it returns. Raises RejectsUnusable."""
        if not refused:
            return
        entries = b"".join(orjson.dumps(self._entry(line, refusal)) + b"\n" for line, refusal in refused)
        try:
            self._append(entries)
        except OSError as error:
            raise RejectsUnusable(error) from None  # its text would hold the file's name

    def _append(self, entries: bytes) -> None:
        if self._handle is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._handle = os.open(self._path, flags, 0o600)
            os.fchmod(self._handle, 0o600)
        while entries:
            entries = entries[os.write(self._handle, entries) :]
        os.fsync(self._handle)

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _entry(self, line: Line, refusal: Refused) -> dict[str, object]:
        return {
            "read_at": self._read_at,
            "line": line.number,
            "reason": refusal.reason.value,
            "field": refusal.field,
            "advice": refusal.reason.advice,
            **_content(line.content),
        }


def _content(content: bytes | None) -> dict[str, str]:
    if content is None:
        return {}
    try:
        return {"content": content.decode("utf-8")}
    except UnicodeDecodeError:
        return {"content_base64": base64.b64encode(content).decode("ascii")}
