"""What the core makes of the words of names, without asking Python, is what Python makes of them: sounds, codes, parts.

The rules of `matcher/names/{sound,pinyin,lexicon,weights,parts}.py` and `matcher/blocking.py` stand in the core once
more (`src/{sounds,lists,parts}.rs`); whoever changes one of them sees here that the other is to be changed too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from random import Random

import pytest

from matcher import blocking, native
from matcher.names import compare, lexicon, parts, script, sound, variants, weights
from matcher.names.han import SYLLABLES
from matcher.names.script import name_parts
from matcher.native import NativeIndex
from producers.simulator.names import ARABIC, HORN, NORTHERN, PERSIAN, RUSSIAN, TIGRINYA, TURKISH, draw_name
from tests.benchmarks.identity.names import CULTURES
from tests.benchmarks.identity.pairs import by_hand
from tests.benchmarks.identity.people import Pool, write
from tests.benchmarks.identity.systems import FAMILIES
from tests.builders import codec
from tests.unit.matcher.test_names import ONE_PERSON, TWO_PEOPLE
from tests.unit.natively import needs_native

pytestmark = needs_native

SEED = 20261128
# What the rules look for, and what stands beside it.
HEARD = """A E I O U Y W V H J C Q X Z S T D K G N M L R B F P KH SCH SHCH SJTJ TSCH DSCH DZH TSH TCH SH CH GH TH
DH ZH PH TS TZ DZ CK KS QU CZ DJ SJ TJ ZJ PF SC OU OUA OO UU UE OEU AA AE AH EH OE OH AU AW OW EE II IE IY YI IJ UY
YY EJ LAJ AY OI OFF EFF OW EW SS LL MM TT SHSH KHKH ABD ABDUL ABDEL ULLAH ULLA UDDIN ADDIN EDDIN AL EL ALEX ELIZ
ALI AHMAD HASAN MARIAM GEBRE GHOLAM REZA ENKO CHUK UK YK OV EV OVA IN INA SKI SKY YA ICH ALEXI MAXIM MAX ALIX XENI
XENO ROXANA OXANA BJO PJOTR MJE DEMJAN LJU BULJA DULJA BELJA SALJA JE IJA YJ ISAAC MAAC CABD CALI CUMAR CAWIL CASHA
CADAN CUSHA CAYDI CAGE CANAB CIS CIGA CILMI XI XU QI QUA QUE QIU ZHANG ZHONG CAI CAO CEN CUI CONG CENG CANG ZENG
XIAO MING WANG LIANG GUO JUN ZAY AZI AZY NZY YI KYI AR AS ASH AN AZ"""
PIECES = HEARD.split()
BETWEEN = """BIN IBN BINT OULD OGLU VAN DER DE AL EL UL IL AR ER UR AS ASH ETH AN EN DIN ALDIN UDDIN ALLAH ULLAH
ZADA ZAI KHEL PUR YAR ABD ABDUL ABED EBD ABDEL FNU XXX UNKNOWN Y E S D MR HAJ
عبد بن الدين الله زاده محمد"""
PARTICLES = BETWEEN.split()


@pytest.fixture(scope="module")
def index() -> NativeIndex:
    return NativeIndex(codec("protected-person", raw=True))


def _listed() -> Iterator[str]:
    """All that the lists and tables of names have, the words as they stand and put side by side."""
    for names in chain(weights._BITS.values(), variants._LINES.splitlines()):
        for name in names.split():
            yield from name_parts(name)
    for text, _, _ in lexicon.spellings():
        yield text
    for words in parts.TABLES.values():
        assert isinstance(words, Iterable)
        yield from words
    for table in (sound._WRITTEN, SYLLABLES, sound.NOT_CHINESE):
        yield from table
    rng, syllables = Random(SEED), sorted(SYLLABLES)
    for _ in range(2_000):
        yield "".join(rng.choices(syllables, k=rng.randint(2, 4)))


def _written() -> Iterator[str]:
    """Halves of names of all cultures, written by all systems that an office may have."""
    rng = Random(SEED)
    for culture in CULTURES:
        pool, systems = Pool(culture, None), FAMILIES[culture.family]
        for name in (*culture.male, *culture.female, *culture.surnames):
            yield from (writer(name, rng) for writer in systems.values())
        for _ in range(150):
            person = pool.person(rng)
            for system in systems:
                written = write(rng, person, system, descent=True)
                yield from (written.surname, written.given)
    for pair in by_hand():
        yield from (pair.seen.surname, pair.seen.given, pair.known.surname, pair.known.given)
    for one, other in (*ONE_PERSON, *TWO_PEOPLE):
        yield from (*one, *other)
    for people in (ARABIC, HORN, NORTHERN, PERSIAN, RUSSIAN, TIGRINYA, TURKISH):
        for number in range(100):
            drawn = draw_name(rng, people, "MF"[number % 2]).printed(number % 3)
            yield from (drawn["surname"], drawn["given_names"])


def _invented(count: int) -> Iterator[str]:
    """Words made by chance of what the rules look for; single letters, digits, and the longest that there may be."""
    rng = Random(SEED)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    yield from letters
    yield from (one + other for one in letters for other in letters)
    yield from ("0", "7", "A1", "1A", "123", "CALI7", "X2")
    for _ in range(count):
        word = "".join(rng.choice(PIECES) for _ in range(rng.choice((1, 2, 2, 3, 3, 3, 4, 5))))
        if rng.random() < 0.1:
            at = rng.randrange(len(word) + 1)
            word = word[:at] + rng.choice(letters + "0123456789") + word[at:]
        word = "".join(c for c in word if c.isalnum())
        yield (word * script.MAX_PART)[: script.MAX_PART] if rng.random() < 0.02 else word[: script.MAX_PART]


def _halves(words: list[str], count: int) -> Iterator[str]:
    """Half names of one to six words, half of them words that stand between the parts or go with one."""
    rng = Random(SEED)
    yield from (
        "",
        " ",
        "'",
        "AL",
        "AL EL",
        "FNU",
        "FNU LNU",
        "ABD AL",
        "BIN",
        "J " * 17 + "ZUNI",
        "AHMAD " * 60,
        "A'" * 140,
    )
    for _ in range(count):
        half = [rng.choice(PARTICLES if rng.random() < 0.5 else words) for _ in range(rng.randint(1, 6))]
        text = rng.choice((" ", " ", " ", "-", ".", "' ", "\t", "\x1c")).join(half)
        yield text if rng.random() < 0.7 else text.title()


@pytest.fixture(scope="module")
def words() -> list[str]:
    written = chain.from_iterable(name_parts(text) for text in _written())
    found = dict.fromkeys(chain(_listed(), written, _invented(25_000)))
    assert len(found) > 30_000
    return [word for word in found if word.isascii()]


def test_letters_with_marks(index: NativeIndex) -> None:
    """The core puts one behind the other what stands for each: capitals and neighbours change nothing."""
    rng, marked = Random(SEED), script.marked_letters()
    assert {letter: marked[letter] for letter in "åÄøßłığ"} == {
        "å": "AA",
        "Ä": "AE",
        "ø": "OE",
        "ß": "SS",
        "ł": "L",
        "ı": "I",
        "ğ": "G",
    }
    letters = [*marked] * 5 + [*"abcdehiklmnorstuyzAEIOU"] * 40
    for number in range(3_000):
        word = "".join(rng.choices(letters, k=rng.randint(1, 30)))
        read = "".join(marked.get(letter, letter.upper()) for letter in word)
        assert name_parts(word) == (read[: script.MAX_PART],), ascii(word)
        if number % 10 == 0:
            halves = (word, word[::-1]), (read[: script.MAX_PART], word)
            told = compare.compare_names(*halves[0], *halves[1])
            assert index.core.compare_names(*halves) == pytest.approx((told.agreement, told.bits), abs=1e-9)


def test_parts(index: NativeIndex, words: list[str]) -> None:
    for word in words:
        assert index.core.read_part(word, False) == native._part(word, False), word


def test_parts_of_scripts_without_short_vowels(index: NativeIndex, words: list[str]) -> None:
    abjads = {part.text for text in _written() for part in script.written_parts(text) if part.abjad}
    assert len(abjads) > 300
    for word in chain(sorted(abjads), words[::3]):
        if word.isascii():
            assert index.core.read_part(word, True) == native._part(word, True), word


def test_names_near_each_other(index: NativeIndex) -> None:
    """Neighbours in the lexicon, short forms, and pinyin that differs by a letter are two names or one for both."""
    rng = Random(SEED)
    lines = [line.split() for line in lexicon.FILE.read_text("utf-8").splitlines()]
    syllables = sorted(SYLLABLES)
    told = {"two": 0, "one": 0}
    for number in range(6_000):
        if number % 4 == 0:
            name = rng.choice(rng.choice(lines)) if rng.random() < 0.8 else "".join(rng.choices("BMNSAIU", k=6))
            given = name, rng.choice(("ABDUL{}", "{}ULLAH", "{}UDDIN", "MOHAMMAD {}")).format(name)
        elif number % 4 < 3:
            at = rng.randrange(len(lines) - 3)
            given = rng.choice(lines[at]), rng.choice(lines[at + rng.randrange(4)])
        else:
            name = "".join(rng.choices(syllables, k=rng.randint(1, 2)))
            cut = rng.choice((0, rng.randrange(len(name))))
            given = name, name[:cut] + rng.choice("AEIOUGHNZJCQDTBPK") + name[cut + rng.randrange(2) :]
        halves = ("LI", given[0]), ("LI", given[1])
        compared = compare.compare_names(*halves[0], *halves[1])
        assert index.core.compare_names(*halves) == pytest.approx((compared.agreement, compared.bits), abs=1e-9), given
        told["one" if compared.agrees else "two"] += 1
    assert min(told.values()) > 1_000, told


def test_two_parts_written_as_one(index: NativeIndex, words: list[str]) -> None:
    rng = Random(SEED)
    for _ in range(6_000):
        text, abjad = rng.choice(words) + rng.choice(words), rng.random() < 0.2
        assert index.core.joined(text, abjad) == native._joined(text, abjad), text


def test_codes_of_words(index: NativeIndex, words: list[str]) -> None:
    for word in words:
        assert index.core.codes(word) == list(blocking.codes(word)), word


def test_half_names(index: NativeIndex, words: list[str]) -> None:
    written = list(_written())
    assert len(written) > 5_000
    assert len([text for text in written if not text.isascii()]) > 2_000
    for text in chain(dict.fromkeys(written), _halves(words, 8_000)):
        assert index.core.half(text) == native._half(text), text
        assert index.core.codes(text) == list(blocking.codes(text)), text


def test_codes_of_more_names_than_may_have_some(index: NativeIndex) -> None:
    half = " ".join(sorted(weights._BITS[7].split())[:16])
    codes = index.core.codes(half)
    assert codes == list(blocking.codes(half))
    assert len(codes) == blocking.MAX_CODES


@pytest.mark.parametrize("text", ["กขค", "กขค ABC", "ABC ALกขค"])
def test_of_letters_of_no_table_it_tells_nothing(index: NativeIndex, text: str) -> None:
    told = (
        index.core.codes(text),
        index.core.half(text),
        index.core.read_part(text, False),
        index.core.joined(text, False),
    )
    assert told == (None, None, None, None)


def test_python_is_asked_nothing_of_latin_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    for name in ("_half", "_part", "_joined"):
        monkeypatch.setattr(native, name, lambda *args: asked.append(args))
    monkeypatch.setattr(blocking, "codes", asked.append)
    index = NativeIndex(codec("protected-person", raw=True))
    held = index.core.hold_names([("Gholamreza", "Abd al Rahman")], [("Gholam Reza", "Abdurrahman")])
    assert held is not None
    assert held[0][0]
    assert not asked
