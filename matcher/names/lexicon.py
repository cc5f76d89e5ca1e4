"""Names that are known to be two: where both of two parts stand in `lexicon.txt` and on no line together.

Siblings have names that sound near each other more often than clerks misspell them: Basim and Basil, Rafi and Rafiq,
Tesfalem and Tesfalidet. A line of the file has the spellings of one name, the commonest first, in Latin letters and the
original script; a spelling that may be either of two names stands on both lines. Lines are in the order of their first
words. The file is our own, of what is generally known of these names. Of a name that it lacks, nothing is told.

How the spellings sound stands in `lexicon_heard.txt`, since to hear 26,000 of them takes half a second. Whoever changes
the lexicon, the variants, or how names are read and sound, writes that file anew: `make generated`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from matcher.names import variants
from matcher.names.script import written_parts
from matcher.names.sound import sound

FILE = Path(__file__).with_name("lexicon.txt")
HEARD = Path(__file__).with_name("lexicon_heard.txt")
# Before sounds that were read from a script without short vowels.
_ABJAD = "~"


def are_two_names(one: str, one_abjad: bool, other: str, other_abjad: bool) -> bool:
    """Whether these are the sounds of two names that are known, and nobody writes one for the other."""
    first, second = names_of(one, one_abjad), names_of(other, other_abjad)
    return bool(first and second) and first.isdisjoint(second)


def names_of(sounds: str, abjad: bool) -> frozenset[int]:
    """Numbers of the names that these sounds may be; of most there are none."""
    return frozenset(map(int, _names().get(_ABJAD + sounds if abjad else sounds, "").split()))


def tables() -> dict[str, object]:
    """What the native core knows them by."""
    return {"lexicon": HEARD.read_text("utf-8")}


@cache
def _names() -> dict[str, str]:
    """By sounds, the numbers of names as the file has them: of these few are ever asked for."""
    told = (line.partition(" ") for line in HEARD.read_text("utf-8").splitlines())
    return {sounds: numbers for sounds, _, numbers in told}


def hear() -> str:
    """What `lexicon_heard.txt` must hold: of each line the sounds, and numbers of the names that they may be."""
    names: dict[str, set[int]] = {}
    for text, abjad, number in spellings():
        names.setdefault((_ABJAD if abjad else "") + sound(text), set()).add(number)
    return "".join(f"{sounds} {' '.join(map(str, sorted(names[sounds])))}\n" for sounds in sorted(names))


def spellings() -> Iterator[tuple[str, bool, int]]:
    """Spellings in Latin capitals, whether each was read from an abjad, and the number of its name.

    Of one name are also all that `variants` has of its commonest spelling.
    """
    lines = [line.split() for line in FILE.read_text("utf-8").splitlines()]
    numbers: dict[str, int] = {}
    for words in (*variants.lines(), *lines):
        number = numbers.setdefault(words[0].upper(), len(numbers))
        yield from ((text, abjad, number) for word in words for text, abjad in _read(word))


def _read(word: str) -> Iterator[tuple[str, bool]]:
    written = written_parts(word)
    if len(written) == 1 and len(written[0].text) > 1:
        yield written[0].text, written[0].abjad


if __name__ == "__main__":
    HEARD.write_text(hear(), "utf-8")
