"""From any script to capital Latin letters, as an MRZ would hold them; the tables are our own, after published usage.

Latin follows ICAO Doc 9303 part 3 section 6. Cyrillic follows BGN/PCGN without its marks. Arabic script (Arabic,
Persian, Dari, Pashto, Kurdish, Uyghur, Urdu letters) gives its consonants and long vowels, for it writes no others.
Ethiopic syllables are read from their Unicode names. Han characters are read as pinyin.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

from matcher.names.han import SURNAMES_OF_TWO, pinyin

# Longer texts and names of more parts are none that a person has; what stands beyond is not looked at.
MAX_TEXT = 256
MAX_PARTS_OF_HALF = 16
MAX_PART = 32

# ICAO Doc 9303 part 3 section 6.A, for the letters whose transliteration is not the letter without its marks.
_DOC_9303 = {
    "Å": "AA",
    "Ä": "AE",
    "Æ": "AE",
    "Ö": "OE",
    "Ø": "OE",
    "Œ": "OE",
    "Ü": "UE",
    "ß": "SS",
    "ẞ": "SS",
    "Ð": "D",
    "Đ": "D",
    "Þ": "TH",
    "Ł": "L",
    "Ħ": "H",
    "İ": "I",
    "ı": "I",
    "Ŋ": "N",
    "Ŧ": "T",
    "Ə": "A",
}


def _pairs(text: str) -> dict[str, str]:
    """`БB ЖZH` to a table: each word is one letter and what is written for it."""
    return {word[0]: word[1:] for word in text.split()}


_CYRILLIC = _pairs(
    "АA БB ВV ГG ДD ЕE ЁE ЖZH ЗZ ИI ЙY КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХKH ЦTS ЧCH ШSH ЩSHCH Ъ ЫY Ь ЭE ЮYU ЯYA "
    "ІI ЇYI ЄYE ҐG ЎO ҚQ ҒGH ҲH ӢI ӮU ҶJ ҖJ ӘA ӨO ҮU ҰU ҢNG ҺH ЂDJ ЈY ЉL ЊN ЋC ЏDZH ЅZ ЃG ЌK Ӏ"
)
_UKRAINIAN = frozenset("ІЇЄҐ")
_ARABIC = _pairs(
    "اA ٱA آA أA إA بB پP تT ٹT ټT ةH ثTH جDJ چCH ځZ څS حH خKH دD ډD ڈD ذDH رR ړR ڑR ڕR زZ ژZH ږZH سS شSH ښSH صS ضD "
    "طT ظZ ع غGH فF ڤV قQ كK کK ګG گG ڭNG لL ڵL مM نN ڼN ںN ھH هH ہH ۀH وW ؤW ۆO ۇU ۈU ۋV يY یY ئY ىA ېE ۍY ێE ےE ەE ء"
)
_GREEK = _pairs("ΑA ΒV ΓG ΔD ΕE ΖZ ΗI ΘTH ΙI ΚK ΛL ΜM ΝN ΞKS ΟO ΠP ΡR ΣS ΤT ΥY ΦF ΧCH ΨPS ΩO")
_GEORGIAN = _pairs(
    "აA ბB გG დD ეE ვV ზZ თT იI კK ლL მM ნN ოO პP ჟZH რR სS ტT უU ფP ქK ღGH ყQ შSH ჩCH ცTS ძDZ წTS ჭCH ხKH ჯJ ჰH"
)
_ARMENIAN = _pairs(
    "ԱA ԲB ԳG ԴD ԵE ԶZ ԷE ԸY ԹT ԺZH ԻI ԼL ԽKH ԾTS ԿK ՀH ՁDZ ՂGH ՃCH ՄM ՅY ՆN ՇSH ՈO ՉCH ՊP ՋJ ՌR ՍS ՎV ՏT ՐR ՑTS "
    "ՒV ՓP ՔK ՕO ՖF ևEV"
)
# In Persian and its neighbours, told by letters that Arabic has not, these are all heard as s and z.
PERSIAN = frozenset("یکپچگژټډړښځڅ")
_PERSIAN_LETTERS = {"ض": "Z", "ذ": "Z", "ث": "S"}
# Texts are turned to capitals first, and Georgian has had some since Unicode 11.
_GEORGIAN |= {letter.upper(): latin for letter, latin in _GEORGIAN.items()}
_HEBREW = _pairs("אA בB גG דD הH וW זZ חH טT יY כK ךK לL מM םM נN ןN סS ע פP ףP צTS ץTS קK רR שSH תT")
_LETTERS = _DOC_9303 | _CYRILLIC | _ARABIC | _GREEK | _GEORGIAN | _ARMENIAN | _HEBREW
# Abjads write long vowels only: what is read from them is compared by its consonants.
_ABJAD = frozenset(_ARABIC) | frozenset(_HEBREW)
# Unicode's names of Ethiopic consonants, where the usual Latin spelling is another.
_ETHIOPIC_CONSONANTS = {
    "HH": "H",
    "X": "H",
    "SZ": "S",
    "QH": "Q",
    "C": "CH",
    "KX": "KH",
    "TH": "T",
    "PH": "P",
    "TZ": "TS",
    "GLOTTAL ": "",
    "PHARYNGEAL ": "",
    "DD": "D",
}
_ETHIOPIC_VOWELS = {"A": "E", "U": "U", "I": "I", "AA": "A", "EE": "E", "E": "", "O": "O", "WA": "WE", "WAA": "WA"}
_ETHIOPIC = re.compile(r"(GLOTTAL |PHARYNGEAL |[BCDFGHJKLMNPQRSTVXYZ]+|W(?!A$|AA$)|)(WAA|WA|AA|EE|[AUIEO])")
# What is written for an apostrophe, also in transliterations; left out like it (Doc 9303 part 3, 4.6).
_APOSTROPHES = "’‘ʻʼʽʾʿ'`´ʹʺ"


# Unicode's Latin-1 Supplement, Latin Extended-A and -B.
_MARKED = range(0xC0, 0x250)


class Written(NamedTuple):
    """One part of a name in Latin capitals, and whether it was read from a script without short vowels."""

    text: str
    abjad: bool


def name_parts(text: str) -> tuple[str, ...]:
    """Parts of a name in their order: capitals, transliterated as in an MRZ, without marks and apostrophes."""
    return tuple(part.text for part in written_parts(text))


def written_parts(text: str) -> tuple[Written, ...]:
    """As `name_parts`, with what each was read from. Looks at the first `MAX_TEXT` characters and 16 parts."""
    text = text[:MAX_TEXT]
    if text.isascii():
        text = text.upper().replace("'", "").replace("`", "")
        if not text.replace(" ", "").isalnum():
            text = "".join(c if c.isalnum() else " " for c in text)
        return tuple(Written(part[:MAX_PART], False) for part in text.split()[:MAX_PARTS_OF_HALF])
    text = unicodedata.normalize("NFC", text).upper()
    # Compatibility forms (presentation forms, full width) first; marks stay until each letter has been looked up.
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text)).upper()
    text = "".join(c if c.isalnum() and c not in _APOSTROPHES else _other(c) for c in text)
    parts: list[Written] = []
    persian = not PERSIAN.isdisjoint(text)
    for word in text.split()[:MAX_PARTS_OF_HALF]:
        parts += _read(word[: 2 * MAX_PART], persian)
    return tuple(parts[:MAX_PARTS_OF_HALF])


@cache
def marked_letters() -> dict[str, str]:
    """Latin letters that ASCII has not, with what stands for each in any word of Latin letters: Å AA, ł L.

    Without those that nothing in ASCII stands for.
    """
    read = {letter: name_parts(f"A{letter}B") for letter in map(chr, _MARKED) if letter.isalpha()}
    return {letter: parts[0][1:-1] for letter, parts in read.items() if len(parts) == 1 and parts[0].isascii()}


def _other(char: str) -> str:
    """Marks, apostrophes, control and bidirectional signs are nothing; any other sign parts words."""
    return "" if char in _APOSTROPHES or (unicodedata.category(char)[0] in "MC" and char not in "\t\n\r") else " "


@lru_cache(maxsize=1 << 14)
def _read(word: str, persian: bool) -> tuple[Written, ...]:
    """One word in Latin; a Chinese name in one word is parted into surname and given name, an Arabic article off."""
    abjad = any(c in _ABJAD for c in word)
    if any(map(pinyin, word)):
        return _read_han(word)
    before: tuple[Written, ...] = ()
    if abjad and word.startswith("ال") and len(word) > 4 and word not in _NO_ARTICLE:
        before, word = (Written("AL", True),), word[2:]
    if abjad and word[:1] == "ع":
        word = "ا" + word[1:]  # a first ʿayn is heard as the vowel after it
    letters = _LETTERS
    if persian:
        letters = letters | _PERSIAN_LETTERS
    elif not _UKRAINIAN.isdisjoint(word):
        letters = letters | {"Г": "H", "И": "Y"}
    read = [letters[c] if c in letters else _letter(c) for c in word]
    latin = "".join(_with_vowels(word, read) if abjad else read)[:MAX_PART]
    return (*before, Written(latin, abjad)) if latin else before


def _with_vowels(word: str, read: list[str]) -> list[str]:
    """The letters of a word of an abjad, with the vowels that no word is without.

    Between two consonants that Latin writes for another sound, or that are one: Sohail, Fatih, Ibtisam and Mamduh are
    not Shail, Fath, Abtsam and Mmduh, unless a letter of Kurdish or Uyghur tells that vowels are written. Before a last
    h, which behind a long a is a t: Samia, Hayat.
    """
    found = list(read)
    if _WRITTEN_VOWELS.isdisjoint(word):
        for at, (before, letter) in enumerate(pairwise(read), 1):
            if _has_vowel_between(read[at - 2] if at > 1 else "", before, letter):
                found[at] = "A" + letter
    if len(read) > 2 and word[-1] in _LAST_H:
        before = read[-2][-1:]
        if word[-1] == _TA_MARBUTA and before == "A":
            found[-1] = "T"
        elif before not in (_VOWELS_AND_H - _HALF_VOWELS if word[-1] == _TA_MARBUTA else _VOWELS_AND_H):
            found[-1] = "AH"
    return found


def _has_vowel_between(behind: str, before: str, letter: str) -> bool:
    """Whether two letters of an abjad in Latin, `behind` another one or nothing, have a short vowel between them.

    A doubled consonant is written once, but for the l of Allah. An h makes one sound with the consonant before it in
    Latin also where nothing is heard between them (Fathi, Midhat): not at the start, nor behind a long vowel. There ts
    is a Slavic name's (Zaytsev); elsewhere it never is one sound.
    """
    if not before or not letter:
        return False
    if before == letter or before[-1] == letter[0]:
        return letter not in _WRITTEN_TWICE
    both = before[-1] + letter[0]
    opens = not behind or behind in _LONG_VOWELS
    return both in _APART or (opens and both in _APART_IF_OPEN) or (both == "TS" and letter == "S" and not opens)


# What Latin letters that stand side by side are taken for one sound by, in `sound`.
_APART = frozenset({"TZ", "DZ", "SC"})
_APART_IF_OPEN = frozenset({"TH", "SH", "DH", "ZH", "KH", "GH", "CH", "PH"})
_LONG_VOWELS = frozenset("AWY")
_WRITTEN_TWICE = frozenset("ALWYOUEI")
_WRITTEN_VOWELS = frozenset("ەێۆۇۈې")
# Letters that are heard as -a or -e at the end; what may stand before them without a vowel.
_LAST_H = frozenset("هةھہۀ")
_TA_MARBUTA = "ة"
_HALF_VOWELS = frozenset("YW")
_VOWELS_AND_H = frozenset("AEIOUYWH") | {""}
# Names that begin with these letters and have no article.
_NO_ARTICLE = frozenset({"الیاس", "الياس", "الهام", "الناز", "الهه", "الیزابت", "المیرا"})


def _read_han(word: str) -> tuple[Written, ...]:
    cut = 2 if word[:2] in SURNAMES_OF_TWO else 1
    read = ["".join(pinyin(c) or _letter(c) for c in half) for half in (word[:cut], word[cut:])]
    # Two characters may be a given name alone, so only longer names are parted.
    if len(word) < 3:
        read = ["".join(read)]
    return tuple(Written(text[:MAX_PART], False) for text in read if text)


@lru_cache(maxsize=1 << 12)
def _letter(char: str) -> str:
    """A letter of no table: without its marks, and Ethiopic by its name."""
    if char.isascii():
        return char if char.isalnum() else ""
    found = _ETHIOPIC.fullmatch(unicodedata.name(char, "").removeprefix("ETHIOPIC SYLLABLE "))
    if "ሀ" <= char <= "፼" and found:
        consonant, vowel = found.groups()
        read = _ETHIOPIC_CONSONANTS.get(consonant, consonant)
        plain = _ETHIOPIC_VOWELS[vowel]
        return read + ("A" if vowel == "A" and read in ("", "H") else plain if read or vowel != "E" else "E")
    plain = "".join(c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c)[0] not in "MC").upper()
    return "".join(_LETTERS.get(c, c) for c in plain if c.isalnum())
