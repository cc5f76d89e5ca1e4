"""The registry's index and the filter of events, native where the extension was built, else in plain Python.

Both give the same matches. The native index holds more people in less memory, and the native filter passes over the
events that surely concern nobody; whatever it passes over, the Python path would have called NO_PERSON. Why and how:
docs/native.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from matcher import MATCHER_VERSION, birth_dates, blocking, identity
from matcher.calendars import ETHIOPIAN
from matcher.identity import HeldNames, HoldNames, Name, hold_names
from matcher.memory import Outcome, Remembered
from matcher.names import alike, compare, lexicon, parts, pinyin, sound, variants, weights
from matcher.names.parts import SPECIAL, Part, ending, half, own_apart, own_name, read_part, rejoined
from matcher.names.script import MAX_PART, MAX_PARTS_OF_HALF, MAX_TEXT, PERSIAN, marked_letters, written_parts
from matcher.names.sound import skeleton
from matcher.names.variants import canonical
from matcher.names.weights import code_of, is_known
from matcher.registry import RegistryIndex, document_key
from matcher.rule_book import RuleBook
from schemas.checks import LIMITS
from schemas.codec import Codec, RecordCodec, ResolveId, framing_size, schema
from schemas.countries import COUNTRY_CODES, SAME_STATES
from schemas.ids import NAMESPACE
from schemas.records import RECORDS, ProtectedPerson
from schemas.shape import MAKE, shape
from schemas.swedish_time import clock_changes
from schemas.topics import PROTECTION_STATUSES, Topic

try:
    from matcher.native import _core
except ImportError:
    _AVAILABLE = False
else:
    _AVAILABLE = True

# Few are met again soon, and each takes some kilobytes.
_CACHED_PEOPLE = 256
_NEVER = 2**63 - 1
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Half names, and their parts, that the core keeps for comparing.
_KEPT_NAMES = 1 << 18


# Slots of people whom a traveller may be, rising; with each, whether a document or number is theirs.
Near = Sequence[tuple[int, bool]]


class Index(Protocol):
    """All protected people; see `RegistryIndex`."""

    def __len__(self) -> int:
        """Number of people."""

    def upsert(self, person_id: str, row: bytes, values: Mapping[str, Any] | None = None) -> None:
        """Take in a person's newest row, which was checked."""

    def upsert_batch(self, keys: list[bytes | None], values: list[bytes | None], start: int) -> int:
        """Take in records of the topic from one on, until one needs judging; its index, or the number of records."""

    def remove(self, person_id: str) -> None:
        """Take a person out."""

    def row(self, person_id: str) -> bytes | None:
        """A person's row as held, framing included."""

    def person_id(self, slot: int) -> str:
        """Who is in a slot that `find` gave."""

    def values(self, slot: int) -> dict[str, Any]:
        """Raw values of the row in a slot that `find` gave."""

    def person(self, slot: int) -> ProtectedPerson:
        """The person in a slot that `find` gave."""

    def find(self, traveller: Mapping[str, Any]) -> tuple[int, ...]:
        """Slots of the people whom the traveller (raw values) may be, rising."""

    def near(self, traveller: Mapping[str, Any]) -> Near:
        """Of those, at least all of whom `identity.could_be` is true; with each, whether that is known already."""


class LookAt(Protocol):
    """Tells which of some records of a source must be looked at, and for whom."""

    def __call__(
        self,
        values: list[bytes | None],
        keys: list[bytes | None],
        memory: dict[str, bytes],
        not_after_ms: int = _NEVER,
        /,
    ) -> Sequence[tuple[int, Near | None]]:
        """Their indices, rising; with what `Index.near` gives for its traveller where one is in order.

        In order is what `consumers.source_events.check_event` takes: whole, as all checks ask for, under its own key,
        and not later than `not_after_ms`. All others are first reports in order, and concern nobody.

        Args:
            values: values of records of one partition, in their order.
            keys: their keys.
            memory: what is remembered, by event id.
            not_after_ms: an event that occurred later is looked at.
        """


def available() -> bool:
    """Whether the extension was built."""
    return _AVAILABLE


def make_index(rows: Codec, *, native: bool, resolve_id: ResolveId | None = None) -> Index:
    """An empty index; `rows` is the raw codec of its topic. Raises RuntimeError where the extension is missing."""
    if native:
        return NativeIndex(rows)
    return RegistryIndex(rows.decode, Codec(rows.record, resolve_id=resolve_id).decode)


def make_filter(index: Index, topic: Topic, events: Codec) -> LookAt:
    """The filter for a source; `events` is the topic's raw codec. With an index in Python all records are looked at."""
    if isinstance(index, NativeIndex):
        return _NativeFilter(index, topic, events)
    return _look_at_all


def make_hold_names(index: Index) -> HoldNames:
    """What goes with the index to hold names against each other."""
    return index.hold_names if isinstance(index, NativeIndex) else hold_names


def make_codec(index: Index, record: str) -> RecordCodec | None:
    """What goes with the index to read and write typed records of this kind fast; None with an index in Python."""
    return record_codec(record) if isinstance(index, NativeIndex) else None


def record_codec(record: str) -> RecordCodec:
    """What reads and writes typed records of this kind fast. Only where the core is `available`."""
    return _core.RecordCodec(shape(schema(record), RECORDS[record]), dict(MAKE))


class Conclusion(NamedTuple):
    """What follows from a record, as `matcher.memory.Said` has it.

    Attributes:
        outcome: what became of it.
        matches: matches and retractions as they are to be published, with the id of the person of each, by person.
        memory: what is to be remembered of the event, or that it is forgotten.
        changed: whether the memory differs from before; where it does not, `memory` is not told.
    """

    outcome: Outcome
    matches: list[tuple[str, bytes]]
    memory: Remembered | None
    changed: bool


class Decide(Protocol):
    """Decides on events that may concern somebody."""

    def __call__(self, value: bytes, near: Near, before: bytes | None, offset: int, /) -> Conclusion | None:
        """What `examine` and `say` make of an event, as bytes; None where they must be asked.

        Args:
            value: an event in order, as `LookAt` has told, of which nobody has decided anything.
            near: what `LookAt` has told of it.
            before: what is remembered of it.
            offset: where the record lies in its partition.
        """


def make_decide(index: Index, topic: Topic, rules: RuleBook, matches: Codec, memories: Codec) -> Decide:
    """What decides on events of a source that may concern somebody; `matches` and `memories` write what follows.

    With an index in Python it leaves all to `examine` and `say`.
    """
    if isinstance(index, NativeIndex):
        return _NativeDecide(index, topic, rules, matches, memories)
    return _decide_nothing


def snapshot_header(file: Path) -> bytes | None:
    """The header of a file that `NativeIndex.write_snapshot` wrote, not yet verified; None where it is none."""
    return _core.People.snapshot_header(file)


def _look_at_all(
    values: list[bytes | None], _keys: list[bytes | None], _memory: dict[str, bytes], _not_after_ms: int = _NEVER
) -> Sequence[tuple[int, Near | None]]:
    return [(index, None) for index in range(len(values))]


class _NativeFilter:
    def __init__(self, index: NativeIndex, topic: Topic, events: Codec) -> None:
        self._people = index.core
        self._headers = events.newest_headers
        self._core = _core.EventFilter(_definition(topic.record), LIMITS, sorted(COUNTRY_CODES), topic.authorities)

    def __call__(
        self,
        values: list[bytes | None],
        keys: list[bytes | None],
        memory: dict[str, bytes],
        not_after_ms: int = _NEVER,
        /,
    ) -> Sequence[tuple[int, Near | None]]:
        return self._core.look_at(self._people, self._headers, values, keys, memory, not_after_ms)


def _decide_nothing(_value: bytes, _near: Near, _before: bytes | None, _offset: int) -> Conclusion | None:
    return None


class _NativeDecide:
    def __init__(self, index: NativeIndex, topic: Topic, rules: RuleBook, matches: Codec, memories: Codec) -> None:
        self._people = index.core
        records = (topic.record, PROTECTION_STATUSES.record, matches.record, memories.record)
        self._core = _core.Decider(
            topic.name,
            [_definition(record) for record in records],
            (matches.header, memories.header),
            rules=_told_rules(rules),
            matcher=MATCHER_VERSION,
            namespace=NAMESPACE.bytes,
            identity_numbers=identity.NUMBERS,
            no_citizenship=sorted(identity.NO_CITIZENSHIP),
            clock_changes=clock_changes(),
        )

    def __call__(self, value: bytes, near: Near, before: bytes | None, offset: int, /) -> Conclusion | None:
        concluded = self._core.decide(self._people, value, framing_size(value), near, before, offset)
        if concluded is None:
            return None
        outcome, matches, memory, changed = concluded
        return Conclusion(Outcome(outcome), matches, None if memory is None else Remembered(*memory), changed)


def _told_rules(book: RuleBook) -> str:
    """The rules as the core reads them: days as Avro counts them, and the sentences that a match shows."""

    def day(one: date | None) -> int | None:
        return None if one is None else one.toordinal() - _EPOCH_DAY

    return json.dumps(
        [
            {
                "version": rules.version,
                "applies_from": day(rules.applies_from),
                "applies_to": day(rules.applies_to),
                "rules": [
                    {
                        "id": rule.id,
                        "title": rule.title,
                        "bases": [
                            {"outcome": outcome, "legal_basis": provisions}
                            for outcome, provisions in rule.legal_basis.by_outcome.items()
                        ],
                        "favourable": rule.in_favour,
                        "when": rule.when.model_dump(mode="json"),
                    }
                    for rule in rules.rule
                ],
            }
            for rules in book.sets
        ]
    )


class NativeIndex:
    """`RegistryIndex` in the extension: rows as bytes of the newest schema, keys as hashes.

    `find` may give somebody who has none of the keys, where two hashes are equal; the comparison drops them.
    """

    def __init__(self, rows: Codec) -> None:
        if not _AVAILABLE:
            raise RuntimeError("the native core was not built; `make setup` builds it where there is a cargo")
        needed = blocking.NEEDED
        self.core = _core.People(
            _definition(rows.record),
            LIMITS,
            sorted(COUNTRY_CODES),
            same_state=sorted(SAME_STATES.items()),
            document_key=document_key,
            codes=blocking.codes,
            date_variants=blocking.date_variants,
            also_born=blocking.also_born,
            ethiopian=sorted(ETHIOPIAN),
            needed=[needed[scope] for scope in sorted(needed)],
            max_codes=blocking.MAX_CODES,
            together=blocking.TOGETHER,
            max_parts=blocking.MAX_PARTS,
            special_words=sorted(SPECIAL),
            word_limits={"max_text": MAX_TEXT, "max_part": MAX_PART, "max_parts": MAX_PARTS_OF_HALF},
            name_lists=(
                sound.TABLES | pinyin.TABLES | variants.TABLES | weights.TABLES | parts.TABLES | lexicon.tables()
            ),
            written=written_parts,
            marked_letters=marked_letters(),
            latin=_latin,
            rejoined=rejoined,
            half=_half,
            part=_part,
            joined=_joined,
            name_numbers=compare.NUMBERS,
            alike_tables=alike.TABLES,
            kept_names=_KEPT_NAMES,
            date_results=birth_dates.RESULTS,
            compare_dates=birth_dates.compare_dates,
            identity_numbers=identity.NUMBERS,
            no_citizenship=sorted(identity.NO_CITIZENSHIP),
        )
        self._rows = rows
        self._typed = Codec(rows.record, fast=record_codec(rows.record))
        self._header = self._typed.newest_headers[0]
        # By slot, with the row that it was read from.
        self._people: dict[int, tuple[bytes, ProtectedPerson]] = {}

    def __len__(self) -> int:
        return len(self.core)

    def upsert(self, person_id: str, row: bytes, values: Mapping[str, Any] | None = None) -> None:
        """Take in a person's newest row, which was checked. Raises Refused or ValueError, and changes nothing then."""
        if values is None:
            values = self._rows.decode(row)
        # Encoded anew, whatever it came as: the core holds rows in one form.
        self.core.upsert(person_id, self._typed.encode_body(values))

    def upsert_batch(self, keys: list[bytes | None], values: list[bytes | None], start: int) -> int:
        """Take in records of the topic from one on, until one needs judging; its index, or the number of records."""
        return self.core.upsert_batch(self._rows.newest_headers, keys, values, start)

    def remove(self, person_id: str) -> None:
        """Take a person out (a tombstone on the topic)."""
        self.core.remove(person_id)

    def row(self, person_id: str) -> bytes | None:
        """A person's row as held: in the single-object framing, of the newest schema."""
        body = self.core.row(person_id)
        return None if body is None else self._header + body

    def person_id(self, slot: int) -> str:
        """Who is in a slot that `find` gave."""
        return str(self.values(slot)["person_id"])

    def values(self, slot: int) -> dict[str, Any]:
        """Raw values of the row in a slot that `find` gave."""
        row = self.core.row_in(slot)
        if row is None:
            raise KeyError(slot)
        return self._rows.decode(self._header + row)

    def person(self, slot: int) -> ProtectedPerson:
        """The person in a slot that `find` gave."""
        row = self.core.row_in(slot)
        if row is None:
            raise KeyError(slot)
        kept = self._people.get(slot)
        if kept is not None and kept[0] == row:
            return kept[1]
        person = self._typed.decode_body(row, ProtectedPerson)
        if len(self._people) >= _CACHED_PEOPLE:
            self._people.clear()
        self._people[slot] = row, person
        return person

    def write_snapshot(self, file: Path, header: bytes) -> None:
        """Write everybody into a new file that only its owner can read. Raises OSError."""
        self.core.write_snapshot(file, header)

    def restore_snapshot(self, file: Path, header: bytes) -> bool:
        """Take everybody over from such a file with this header into an empty index.

        False where anything about it is in doubt; nothing has changed then.
        """
        return self.core.restore_snapshot(file, header)

    def hold_names(self, seen: Sequence[Name], known: Sequence[Name]) -> HeldNames | None:
        """As `identity.hold_names`, with what is known already of the words of names."""
        held = self.core.hold_names(seen, known)
        if held is None:
            return hold_names(seen, known)
        return next((HeldNames(*one) for one in held), None)

    def find(self, traveller: Mapping[str, Any]) -> tuple[int, ...]:
        """Slots of the people whom the traveller (raw values) may be, rising; empty for almost everybody."""
        return tuple(slot for slot, _ in self._find(traveller, near=False))

    def near(self, traveller: Mapping[str, Any]) -> Near:
        """Of those whom `find` gives, at least all of whom `identity.could_be` is true, and few others.

        With each, whether a document or number is theirs.
        """
        return self._find(traveller, near=True)

    def _find(self, traveller: Mapping[str, Any], *, near: bool) -> list[tuple[int, bool]]:
        return self.core.find(
            [(document["issuing_state"], document["number"]) for document in traveller["documents"]],
            traveller["personal_number"],
            traveller["dossier_number"],
            [(name["surname"], name["given_names"]) for name in traveller["names"]],
            traveller["birth_date"],
            traveller["citizenships"],
            traveller["sex"],
            near,
        )


# Sounds, their skeleton, the head and the code of a name that the lists know, and which names of the lexicon they
# may be.
_HeardName = tuple[str, str, str | None, str | None, list[int]]
# The same; of a name made with an element which one, and what is left without it; and which ending it has.
_Heard = tuple[_HeardName, tuple[int, _HeardName] | None, int | None]
# Whether pinyin hardly is of another language, whether it may be Wade-Giles itself, and what it is there.
_Pinyin = tuple[bool, bool, list[str]]
# A part as the core keeps it: text, whether it is of an abjad, bits, consonants, whether it is a title, how many of its
# letters may be left out before a given name, how it sounds, and how else, and what it is where it is pinyin.
_Told = tuple[str, bool, int, int, bool, int, _Heard, _Heard | None, _Pinyin | None]


def _latin(word: str) -> str | None:
    """A word of other letters in Latin capitals; None where it is no word by itself, or its neighbours may matter.

    A script without short vowels is read by all words of the half name together.
    """
    written = written_parts(word)
    if len(written) != 1 or written[0].abjad or not PERSIAN.isdisjoint(word):
        return None
    text = written[0].text
    return text if text.isascii() and text.isalnum() and text not in SPECIAL else None


def _half(text: str) -> tuple[bool, list[tuple[str, bool]]]:
    """Half a name as the core keeps it: whether its order is descent, and which parts it has."""
    told = half(text)
    return told.descent, [(part.text, part.abjad) for part in told.parts]


def _part(text: str, abjad: bool) -> _Told:
    """A part of half a name."""
    return _told(read_part(text, abjad))


def _joined(text: str, abjad: bool) -> _Told:
    """Two parts written as one."""
    return _told(compare.joined(text, abjad))


def _told(part: Part) -> _Told:
    heard = _heard(part.sounds, part.abjad)
    also = _heard(part.also, part.abjad) if part.also else None
    consonants, is_title = compare.bones(part), compare.is_title(part)
    first, *rest = own_apart(part)
    before = len(first.text) if rest else 0
    return part.text, part.abjad, part.weight, consonants, is_title, before, heard, also, _pinyin(part.text)


def _pinyin(text: str) -> _Pinyin | None:
    readings = pinyin.in_wade_giles(text)
    return (pinyin.is_sure_pinyin(text), pinyin.may_be_wade_giles(text), sorted(readings)) if readings else None


def _heard(sounds: str, abjad: bool) -> _Heard:
    own = own_name(sounds)
    return _heard_name(sounds, abjad), own and (own[0], _heard_name(own[1], abjad)), ending(sounds)


def _heard_name(sounds: str, abjad: bool) -> _HeardName:
    code = code_of(sounds, abjad) if is_known(sounds) else None
    return sounds, skeleton(sounds), canonical(sounds, abjad), code, sorted(lexicon.names_of(sounds, abjad))


def _definition(record: str) -> str:
    return json.dumps(schema(record))
