"""JSON Lines: the same lines however they arrive, whatever ends them, in bounded memory; and the rejects file."""

from __future__ import annotations

import base64
import itertools
import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.jsonl import Line, LineReader, LineSplitter, Rejects, RejectsUnusable
from schemas.reasons import Reason, Refused

NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
LIMIT = 20


def split(*pieces: bytes) -> list[Line]:
    splitter = LineSplitter(LIMIT)
    return [line for piece in pieces for line in splitter.feed(piece)] + list(splitter.finish())


@given(
    text=st.lists(st.sampled_from([b"\n", b"\r\n", b"\r", b"a", b"{}", b" ", b"\xff", b"\xef\xbb\xbf", b"x" * 30])),
    cuts=st.lists(st.integers(0, 200)),
)
def test_lines_do_not_depend_on_how_the_input_is_cut_into_pieces(text: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(text)
    places = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})
    pieces = [whole[start:end] for start, end in itertools.pairwise(places)]
    assert split(*pieces) == split(whole)


@given(st.lists(st.binary(max_size=LIMIT).filter(lambda part: b"\n" not in part and part.strip())))
def test_every_line_comes_once_with_its_number(parts: list[bytes]) -> None:
    parts = [part.removesuffix(b"\r") or b"x" for part in parts]
    parts[:1] = [part.removeprefix(b"\xef\xbb\xbf") or b"x" for part in parts[:1]]
    expected = [Line(number, part.removesuffix(b"\r")) for number, part in enumerate(parts, start=1)]
    expected = [line for line in expected if line.content and line.content.strip()]
    assert split(b"\n".join(parts)) == expected


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b'{"a":1}\n{"b":2}', [(1, b'{"a":1}'), (2, b'{"b":2}')]),
        (b"{}\r\n{}\r\n", [(1, b"{}"), (2, b"{}")]),
        (b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n", [(1, b"{}"), (2, b"\xef\xbb\xbf{}")]),
        (b"{}\n\n  \n{}\n", [(1, b"{}"), (4, b"{}")]),
        (b"", []),
        (b"\n", []),
        ("{\u2028}\n".encode(), [(1, "{\u2028}".encode())]),
        (b"x" * LIMIT + b"\r\n", [(1, b"x" * LIMIT)]),
        (b"x" * (LIMIT + 1) + b"\n{}\n", [(1, None), (2, b"{}")]),
        (b"x" * 1000, [(1, None)]),
    ],
    ids=[
        "last line without its end",
        "CRLF",
        "byte order mark only at the beginning",
        "blank lines are counted",
        "empty",
        "one empty line",
        "a line separator of Unicode does not end a line",
        "longest line",
        "too long",
        "too long without its end",
    ],
)
def test_lines(text: bytes, lines: list[tuple[int, bytes | None]]) -> None:
    assert split(text) == [Line(number, content) for number, content in lines]


def test_a_line_without_end_takes_no_memory() -> None:
    splitter = LineSplitter(LIMIT)
    for _ in range(1000):
        assert list(splitter.feed(b"x" * 10_000)) == []
    assert len(splitter._rest) <= LIMIT
    assert list(splitter.feed(b"\n{}\n")) == [Line(1, None), Line(2, b"{}")]


def test_a_pipe_gives_each_line_when_it_comes_and_nothing_meanwhile() -> None:
    out, into = os.pipe()
    try:
        reader = LineReader(out, LIMIT)
        assert reader.read(0) == []
        os.write(into, b"{}\n{")
        assert reader.read(1) == [Line(1, b"{}")]
        assert reader.read(0) == []
        os.write(into, b"}")
        os.close(into)
        assert reader.read(1) == []
        assert reader.read(1) == [Line(2, b"{}")]
        assert reader.ended
        assert reader.bytes_read == 5
    finally:
        os.close(out)


def test_the_rejects_file_keeps_lines_with_number_code_and_advice_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "rejects.jsonl"
    with Rejects(file, NOW) as rejects:
        rejects.write([])
        assert not file.exists()
        rejects.write([(Line(3, "{å".encode()), Refused(Reason.JSON_INVALID))])
        rejects.write(
            [
                (Line(5, b"\xff"), Refused(Reason.FIELD_INVALID, "revision")),
                (Line(6, None), Refused(Reason.PAYLOAD_TOO_LARGE)),
            ]
        )
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(entry["line"], entry["reason"], entry["field"]) for entry in entries] == [
        (3, "json-invalid", None),
        (5, "field-invalid", "revision"),
        (6, "payload-too-large", None),
    ]
    assert entries[0]["content"] == "{å"
    assert base64.b64decode(entries[1]["content_base64"]) == b"\xff"
    assert not entries[2].keys() & {"content", "content_base64"}
    assert entries[0]["read_at"] == "2026-03-14T09:26:00+00:00"
    assert entries[0]["advice"] == Reason.JSON_INVALID.advice
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_run_adds_to_the_rejects_and_closes_a_file_that_was_open_to_others(tmp_path: Path) -> None:
    file = tmp_path / "rejects.jsonl"
    file.write_text("{}\n")
    file.chmod(0o644)
    with Rejects(file, NOW) as rejects:
        rejects.write([(Line(1, b"x"), Refused(Reason.JSON_INVALID))])
    assert len(file.read_text().splitlines()) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_rejects_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "rejects").symlink_to(tmp_path / "elsewhere")
    with Rejects(tmp_path / "rejects", NOW) as rejects, pytest.raises(RejectsUnusable) as caught:
        rejects.write([(Line(1, b"x"), Refused(Reason.JSON_INVALID))])
    assert "rejects'" not in str(caught.value)
    assert (tmp_path / "elsewhere").read_text() == ""
