"""What the compiled extension offers; see src/people.rs, src/events.rs, src/decide.rs and
src/records.rs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

# As in matcher/native/__init__.py.
_HeardName = tuple[str, str, str | None, str | None, list[int]]
_Heard = tuple[_HeardName, tuple[int, _HeardName] | None, int | None]
_Pinyin = tuple[bool, bool, list[str]]
_Told = tuple[str, bool, int, int, bool, int, _Heard, _Heard | None, _Pinyin | None]

class People:
    def __new__(
        cls,
        schema: str,
        limits: Mapping[str, int],
        countries: Sequence[str],
        *,
        same_state: Sequence[tuple[str, str]],
        document_key: Callable[[str, str], str],
        codes: Callable[[str], Iterable[tuple[str, int]]],
        date_variants: Callable[[str], Sequence[str]],
        also_born: Callable[[Sequence[str], Sequence[str]], Sequence[str]],
        ethiopian: Sequence[str],
        needed: Sequence[int],
        max_codes: int,
        together: int,
        max_parts: int,
        special_words: Sequence[str],
        word_limits: dict[str, int],
        name_lists: dict[str, object],
        written: Callable[[str], Sequence[tuple[str, bool]]],
        marked_letters: Mapping[str, str],
        latin: Callable[[str], str | None],
        rejoined: Callable[[str, str], tuple[str, str]],
        half: Callable[[str], tuple[bool, Sequence[tuple[str, bool]]]],
        part: Callable[[str, bool], _Told],
        joined: Callable[[str, bool], _Told],
        name_numbers: dict[str, float],
        alike_tables: dict[str, float | dict[str, float]],
        kept_names: int,
        date_results: Mapping[str, tuple[str, str | None, int]],
        compare_dates: Callable[[str | None, list[str]], tuple[str, str | None, int]],
        identity_numbers: dict[str, int],
        no_citizenship: Sequence[str],
    ) -> People: ...
    def __len__(self) -> int: ...
    def upsert_batch(
        self, headers: Sequence[bytes], keys: list[bytes | None], values: list[bytes | None], start: int
    ) -> int: ...
    def upsert(self, person_id: str, body: bytes) -> None: ...
    def remove(self, person_id: str) -> None: ...
    def row(self, person_id: str) -> bytes | None: ...
    def row_in(self, slot: int) -> bytes | None: ...
    def write_snapshot(self, path: Path, header: bytes) -> None: ...
    @staticmethod
    def snapshot_header(path: Path) -> bytes | None: ...
    def restore_snapshot(self, path: Path, header: bytes) -> bool: ...
    def codes(self, text: str) -> list[tuple[str, int]] | None: ...
    def half(self, text: str) -> tuple[bool, list[tuple[str, bool]]] | None: ...
    def read_part(self, text: str, abjad: bool) -> _Told | None: ...
    def joined(self, text: str, abjad: bool) -> _Told | None: ...
    def compare_names(self, seen: tuple[str, str], known: tuple[str, str]) -> tuple[float, float]: ...
    def may_agree(self, seen: tuple[str, str], known: tuple[str, str], bits: float) -> bool: ...
    def hold_names(
        self, seen: Sequence[tuple[str, str]], known: Sequence[tuple[str, str]]
    ) -> list[tuple[bool, str, int]] | None: ...
    def most_date_bits(self, seen: str | None, known: Sequence[str]) -> int | None: ...
    def compare_dates(self, seen: str | None, known: Sequence[str]) -> tuple[bool | None, str | None, int]: ...
    def find(
        self,
        documents: Sequence[tuple[str, str]],
        personal_number: str | None,
        dossier_number: str | None,
        names: Sequence[tuple[str, str]],
        birth_date: str | None,
        citizenships: Sequence[str],
        sex: str | None,
        near: bool,
    ) -> list[tuple[int, bool]]: ...

class EventFilter:
    def __new__(
        cls, schema: str, limits: Mapping[str, int], countries: Sequence[str], authorities: Iterable[str]
    ) -> EventFilter: ...
    def look_at(
        self,
        people: People,
        headers: Sequence[bytes],
        values: list[bytes | None],
        keys: list[bytes | None],
        memory: Mapping[str, object],
        not_after_ms: int,
    ) -> list[tuple[int, list[tuple[int, bool]] | None]]: ...

class RecordCodec:
    def __new__(cls, shape: tuple[Any, ...], make: dict[str, Any]) -> RecordCodec: ...
    def read(self, data: bytes, start: int, /) -> Any: ...
    def write(self, record: object, header: bytes, /) -> bytes | None: ...

class Decider:
    def __new__(
        cls,
        source: str,
        schemas: Sequence[str],
        headers: tuple[bytes, bytes],
        *,
        rules: str,
        matcher: str,
        namespace: bytes,
        identity_numbers: dict[str, int],
        no_citizenship: Sequence[str],
        clock_changes: Sequence[tuple[int, int]],
    ) -> Decider: ...
    def decide(
        self,
        people: People,
        value: bytes,
        start: int,
        near: Sequence[tuple[int, bool]],
        before: bytes | None,
        offset: int,
    ) -> tuple[str, list[tuple[str, bytes]], tuple[bytes, list[str], int] | None, bool] | None: ...
