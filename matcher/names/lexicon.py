"""Names that are known to be two: where both of two parts stand in `lexicon.txt` and on no line together.

Siblings have names that sound near each other more often than clerks misspell them: Basim and Basil, Rafi and Rafiq,
Tesfalem and Tesfalidet. A line of the file has the spellings of one name, the commonest first, in Latin letters and the
original script; a spelling that may be either of two names stands on both lines. Lines are in the order of their first
words. The file is our own, of what is generally known of these names. Of a name that it lacks, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from matcher.names import variants
from matcher.names.script import written_parts
from matcher.names.sound import sound

FILE = Path(__file__).with_name("lexicon.txt")
_NONE: frozenset[int] = frozenset()


def are_two_names(one: str, one_abjad: bool, other: str, other_abjad: bool) -> bool:
    """Whether these are the sounds of two names that are known, and nobody writes one for the other."""
    first, second = names_of(one, one_abjad), names_of(other, other_abjad)
    return bool(first and second) and first.isdisjoint(second)


def names_of(sounds: str, abjad: bool) -> frozenset[int]:
    """Numbers of the names that these sounds may be; of most there are none."""
    return _names().get((sounds, abjad), _NONE)


def tables() -> dict[str, object]:
    """What the native core knows them by: it hears the spellings by itself."""
    return {"lexicon": list(_spellings())}


@cache
def _spellings() -> tuple[tuple[str, bool, int], ...]:
    """Spellings in Latin capitals, whether each was read from an abjad, and the number of its name.

    Of one name are also all that `variants` has of its commonest spelling.
    """
    lines = [line.split() for line in FILE.read_text("utf-8").splitlines()]
    numbers: dict[str, int] = {}
    found: dict[tuple[str, bool, int], None] = {}
    for words in (*variants.lines(), *lines):
        number = numbers.setdefault(words[0].upper(), len(numbers))
        found |= dict.fromkeys((text, abjad, number) for word in words for text, abjad in _read(word))
    return tuple(found)


def _read(word: str) -> Iterator[tuple[str, bool]]:
    written = written_parts(word)
    if len(written) == 1 and len(written[0].text) > 1:
        yield written[0].text, written[0].abjad


@cache
def _names() -> dict[tuple[str, bool], frozenset[int]]:
    names: dict[tuple[str, bool], set[int]] = {}
    for text, abjad, number in _spellings():
        names.setdefault((sound(text), abjad), set()).add(number)
    return {sounds: frozenset(numbers) for sounds, numbers in names.items()}
