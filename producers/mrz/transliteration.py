"""Names of other letters in the letters A to Z, by the tables of ICAO Doc 9303 part 3 section 6.

Where a table leaves the choice to the issuing state, the form used by most is taken: AE for Ä, AA for Å, OE for Ö,
UE for Ü (not UXX), N for Ñ (not NXX). Exceptions that depend on the language (Serbian, Ukrainian, ...) are not
applied, since the language of a name is not known here.
"""

from __future__ import annotations

import unicodedata

# Table A, where the result is not the letter without its marks.
# fmt: off
_LATIN = {
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Ð": "D", "Đ": "D", "Ħ": "H", "Ł": "L", "Ŋ": "N", "Ö": "OE", "Ø": "OE",
    "Œ": "OE", "Þ": "TH", "Ŧ": "T", "Ü": "UE", "ẞ": "SS",
}
# Table B.
_CYRILLIC = {
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Ґ": "G", "Д": "D", "Ђ": "D", "Ѓ": "G", "Е": "E", "Ё": "E", "Є": "IE",
    "Ж": "ZH", "З": "Z", "Ѕ": "DZ", "И": "I", "І": "I", "Ї": "I", "Й": "I", "Ј": "J", "К": "K", "Ќ": "K", "Л": "L",
    "Љ": "LJ", "М": "M", "Н": "N", "Њ": "NJ", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "Ћ": "C", "У": "U",
    "Ў": "U", "Ф": "F", "Х": "KH", "Ц": "TS", "Ч": "CH", "Џ": "DZ", "Ш": "SH", "Щ": "SHCH", "Ъ": "IE", "Ы": "Y",
    "Ь": "", "Э": "E", "Ю": "IU", "Я": "IA", "Ѫ": "U", "Ѳ": "F", "Ѵ": "Y",
}
# Table C, by code point: Arabic, and the letters of Persian, Pashto and Urdu. Vowel signs and tatweel are not encoded.
_ARABIC = {
    0x0621: "XE", 0x0622: "XAA", 0x0623: "XAE", 0x0624: "U", 0x0625: "I", 0x0626: "XI", 0x0627: "A", 0x0628: "B",
    0x062A: "T", 0x062B: "XTH", 0x062C: "J", 0x062D: "XH", 0x062E: "XKH", 0x062F: "D", 0x0630: "XDH", 0x0631: "R",
    0x0632: "Z", 0x0633: "S", 0x0634: "XSH", 0x0635: "XSS", 0x0636: "XDZ", 0x0637: "XTT", 0x0638: "XZZ",
    0x0639: "E", 0x063A: "G", 0x0641: "F", 0x0642: "Q", 0x0643: "K", 0x0644: "L", 0x0645: "M", 0x0646: "N",
    0x0647: "H", 0x0648: "W", 0x0649: "XAY", 0x064A: "Y", 0x0671: "XXA", 0x0679: "XXT", 0x067C: "XRT",
    0x067E: "P", 0x0681: "XKE", 0x0685: "XXH", 0x0686: "XC", 0x0688: "XXD", 0x0689: "XDR", 0x0691: "XXR",
    0x0693: "XRR", 0x0696: "XRX", 0x0698: "XJ", 0x069A: "XXS", 0x06A9: "XKK", 0x06AB: "XXK", 0x06AD: "XNG",
    0x06AF: "XGG", 0x06BA: "XNN", 0x06BC: "XXN", 0x06BE: "XDO", 0x06C0: "XYH", 0x06C1: "XXG", 0x06C2: "XGE",
    0x06C3: "XTG", 0x06CC: "XYA", 0x06CD: "XXY", 0x06D0: "Y", 0x06D2: "XYB", 0x06D3: "XBE",
}
# fmt: on
_TABLE = _LATIN | _CYRILLIC | {chr(point): latin for point, latin in _ARABIC.items()}
_TEH_MARBUTA = "\u0629"
_SHADDA = "\u0651"
_PARTS_WORDS = frozenset(" -‐‑‒–—,./_<")


def transliterate(text: str) -> str:
    """A name as it stands in a machine readable zone, with a space for each filler.

    Gives upper-case words of A to Z parted by single spaces: spaces, hyphens and commas part words, apostrophes
    and other signs are left out (part 3, 4.6). A letter of a script without a table is left out too, so the result may
    be empty. Twice applied it gives the same.
    """
    letters = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).upper())
    written: list[str] = []
    for position, letter in enumerate(letters):
        if "A" <= letter <= "Z":
            written.append(letter)
        elif letter == _SHADDA:
            # Part 3, section 6 C: the sign doubles the letter before it.
            if written and written[-1] != " ":
                written.append(written[-1])
        elif letter == _TEH_MARBUTA:
            written.append("XAH" if _ends_word(letters, position + 1) else "XTA")
        elif letter in _PARTS_WORDS or letter.isspace():
            written.append(" ")
        elif latin := _TABLE[letter] if letter in _TABLE else _base_letter(letter):
            written.append(latin)
    return " ".join("".join(written).split())


def _ends_word(letters: str, position: int) -> bool:
    """Whether no letter follows in the same word; vowel signs are passed over."""
    for letter in letters[position:]:
        if not unicodedata.combining(letter):
            return not letter.isalpha()
    return True


def _base_letter(letter: str) -> str:
    """The Latin letter without its marks, or nothing."""
    base = unicodedata.normalize("NFD", letter)[0]
    return base if "A" <= base <= "Z" else ""
