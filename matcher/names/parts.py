"""Half a name, a surname or given names, taken apart into what is compared: particles away, compounds as one part."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from matcher.names.lexicon import names_of
from matcher.names.script import MAX_PART, MAX_PARTS_OF_HALF, MAX_TEXT, Written, written_parts
from matcher.names.sound import is_chinese, is_syllable, sound
from matcher.names.weights import LEAST, code_of, is_known, weight


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What visas and forms have where a name is missing.
_MISSING = _words("FNU LNU XXX UNKNOWN NOGIVENNAME NFN NLN")
# These show that the order of the parts is descent: AHMAD BIN HASAN is not HASAN BIN AHMAD.
DESCENT = _words(
    "BIN IBN BEN BINT BINTI BENT BNT BN OULD WALAD WALADI WLD OGLU OGLY OGLI OGHLU OGHLY UGLI UULU QIZI KIZI "
    "KYZY QYZY GIZI KIZY QIZY ULY ULI ABN"
)
# Between the parts of a name, telling nothing.
_PARTICLES = DESCENT | _words(
    "AL EL UL IL VAN VON DE DER DEN DA DI DU LA LE DEL DELLA DOS DAS AF AV ZU Y E S O D W MR MRS MS DR HAJ"
)
# Of these, none but articles and descent are written in an abjad: DA is what Arabic script has of Du'a, DR of Dara.
_ABJAD_PARTICLES = DESCENT | {"AL"}
# Al- takes the sound of the letter after it: Ash-Shami, An-Najjar, Ar-Rashid.
_ASSIMILATED = {"A" + letter: letter[0] for letter in ["SH", "TH", "DH", "S", "N", "R", "T", "D", "Z"]} | {
    vowel + letter: letter[0] for vowel in "EU" for letter in ["SH", "S", "N", "R", "T", "D", "Z"]
}
_ABD = _words("ABD ABDUL ABDEL ABDAL ABDOUL ABDOL ABDUR ABDER ABDUS ABDES ABDUN ABDUZ ABED EBDUL")
_DIN = _words("DIN DEEN DDIN EDDIN UDDIN ADDIN EDDINE UDIN ADIN DINE ALDIN ALDEEN EDIN DDINE UDDEEN ADDEEN DYN")
_ALLAH = _words("ALLAH ULLAH OLLAH ALAH ULLA ELLAH LLAH ALLA ULAH OLLA ALLH")
_BEHIND = _DIN | _ALLAH
# Written with the part before, or apart from it.
_ENDINGS = _words("ZADA ZADEH ZADE ZADAH ZAI ZAY ZOI ZOY ZOD POUR PUR NEJAD NEZHAD NIA XEL KHEL KHIL YAR FAR")
_COMPOUNDS = _words(
    "MOHAMMAD MUHAMMAD MOHAMMED ALI REZA GHOLAM GHULAM AMIR NUR NOOR GUL GOL JAN KHAN SHAH MIR AGHA BIBI "
    "HUSSEIN HOSSEIN HASSAN HASAN MEHDI NAZAR DAD QUL QULI BEK BEG GEBRE GHEBRE HAILE TESFA WOLDE WELDE WELDU "
    "TEKLE HABTE KIDANE MARIAM MARYAM SELASSIE SILASSIE MICHAEL MIKAEL GIORGIS MEDHIN BERHAN YESUS KRISTOS "
    "HIWET TSION ZGI ZGHI AMLAK GABRIEL EGZIABHER EYESUS"
)
# Before a name, as its bearer is spoken to: written by one office and left out by the next.
TITLES = _words(
    "SHAIKH SHEIKH SHEIK SHEKH SHEEKH SHAYKH SHEYKH SHIEKH SHEK CHEIKH SEYH SHYKH MULLAH MULLA MOLLA MOLLAH MUELLAH "
    "MAWLAWI MAULAWI MAULAVI MAWLAVI MOLAVI MWLWY QARI QARY HAJI HAJJI HADJI HACI XAAJI HADJY ALHAJ ALHAJI HAJJ "
    "USTAD PROF ENG SAYED SEYED SAYYID SYED SEYYED SAYYED SAYEED SEYIT SEYEDEH SAYEDA BIBI "
    "MST MOST MOSAMMAT MOSSAMMAT MOSAMMAD MUSAMMAT"
)
# What becomes of these in a name, neighbours or the number of parts decide; any other word of plain Latin letters is
# a part by itself. The native core relies on that.
SPECIAL = _PARTICLES | _MISSING | _ABD | _BEHIND | _ENDINGS | frozenset(_ASSIMILATED)


class Part(NamedTuple):
    """One part of a name.

    Attributes:
        text: in Latin capitals.
        sounds: how it sounds (`sound.sound`).
        abjad: whether it was read from a script without short vowels.
        code: what its spellings share.
        weight: how much sharing it tells, in bits.
        also: how it sounds if it is read in another way; empty for most.
    """

    text: str
    sounds: str
    abjad: bool
    code: str
    weight: int
    also: str = ""


class Half(NamedTuple):
    """A surname or given names: the parts in their order, and whether the order is shown to be descent."""

    parts: tuple[Part, ...]
    descent: bool


@lru_cache(maxsize=1 << 16)
def half(text: str) -> Half:
    """Take half a name apart."""
    # Nearly all are plain words, each a part by itself: the same in a fifth of the time.
    if len(text) <= MAX_TEXT and text.isascii() and text.replace(" ", "").isalnum():
        words = text.upper().split()[:MAX_PARTS_OF_HALF]
        if SPECIAL.isdisjoint(words):
            plain = [read_part(word[:MAX_PART], False) for word in words]
            return Half(tuple([part for part in plain if part.sounds]), False)
    written = written_parts(text)
    joined_parts = _join(written)
    parts = tuple(read_part(part.text, part.abjad) for part in joined_parts)
    return Half(tuple(p for p in parts if p.sounds), any(part.text in DESCENT for part in written[1:]))


def rejoined(surname: str, given_names: str) -> tuple[str, str]:
    """A name of which half the own name stands in the surname: QADIR, ABDUL; QADIR KARIMI, ABDUL; ULLAH, HABIB.

    All of it is in the given names then. A name is given back as it is where that is not so.
    """
    own, last = given_names.strip(" "), surname.strip(" ")
    if (own.isascii() and own.upper() in _ABD and last) or (own and last.isascii() and last.upper() in _BEHIND):
        return "", f"{own} {last}"
    return surname, given_names


@lru_cache(maxsize=1 << 16)
def read_part(text: str, abjad: bool) -> Part:
    """A part, as `half` has taken it off: in Latin capitals."""
    sounds = sound(_without_article(text, abjad))
    code = code_of(sounds, abjad) if sounds else ""
    # An initial tells next to nothing.
    return Part(text, sounds, abjad, code, weight(code) if len(text) > 1 else LEAST, _also(text, sounds, abjad))


def _join(written: tuple[Written, ...]) -> list[Written]:
    parts: list[Written] = []
    before = ""
    written = tuple(part for part in written if part.text not in _MISSING)
    for index, (text, abjad) in enumerate(written):
        after = written[index + 1].text if index + 1 < len(written) else ""
        previous = before
        before = text
        if parts and _goes_with_the_one_before(text, previous, parts[-1].text):
            last = parts[-1]
            link = _link(last.text, text, previous)
            parts[-1] = Written((last.text + link + text)[:MAX_PART], last.abjad or abjad)
        elif (text in (_ABJAD_PARTICLES if abjad else _PARTICLES) and len(written) > 1) or (
            after and _ASSIMILATED.get(text) == after[:1]
        ):
            continue
        else:
            parts.append(Written(text, abjad))
    return parts or [part for part in written if part.text not in ("AL", "EL")] or list(written)


def _link(last: str, text: str, previous: str) -> str:
    """What stands between two words written as one, the word before the second left out: Salah-u-ddin, Abd-ul-Jalil."""
    if text[0] in "AEUOI" or last[-1:] in "AEIOU":
        return ""
    if text in _BEHIND:
        return "U"
    return "UL" if last in ("ABD", "ABED", "EBD") and previous in ("AL", "EL", "UL") else ""


def _goes_with_the_one_before(text: str, previous: str, joined: str) -> bool:
    if joined in _ABD and (previous == joined or previous in ("AL", "EL", "UL", "AR", "ER", "UR")):
        return text not in ("AL", "EL", "UL", "IL") and text not in DESCENT and _ASSIMILATED.get(text) is None
    return text in _BEHIND or (text in _ENDINGS and len(joined) > 2)


def _without_article(text: str, abjad: bool) -> str:
    """ALHASAN and HASAN are one name, as are ALAHMAD and AHMAD; ALIZADA keeps its first letters, and so does ELIAS.

    So does a name of the lexicon that is another one without them: ALWAN, ELNAZ.
    """
    if len(text) < 5 or text[:2] not in ("AL", "EL") or abjad:
        return text
    sounds, rest = sound(text), text[2:]
    if text.startswith(("ALEX", "ELIZ")) or is_known(sounds):
        return text
    if rest[0] in "AEIOUY":
        return rest if is_known(sound(rest)) else text
    names = names_of(sounds, False)
    is_whole = rest[0] == "L" or (names and names.isdisjoint(names_of(sound(rest), False)))
    return text if is_whole else rest


# What many names have in common, as it sounds: abd al- before an own name, -ullah and -uddin behind one; and -zai,
# which makes of it the name of a clan. At least three sounds are left.
_ELEMENTS = (
    re.compile("^aBD[aeiou]?L?(?=...)"),
    re.compile("(?<=...)[uo]La$"),
    re.compile("(?<=...)[aeu]DiN$"),
    re.compile("(?<=...)Zai$"),
)
# The number of the last of these; and of what Bengali puts behind a name, which others end in too: Shafiqul, but Rasul.
CLAN = len(_ELEMENTS) - 1
BENGALI = len(_ELEMENTS)
_BENGALI = re.compile("u[LR]$")


@lru_cache(maxsize=1 << 16)
def own_name(sounds: str) -> tuple[int, str] | None:
    """Which element a name is made with, and how it sounds without it; None for most."""
    for number, element in enumerate(_ELEMENTS):
        own = element.sub("", sounds)
        if own != sounds:
            return number, own
    own = _BENGALI.sub("", sounds)
    return (BENGALI, own) if own != sounds and _is_listed(own) and not _is_listed(sounds) else None


def _is_listed(sounds: str) -> bool:
    """Whether a list or the lexicon has a name that sounds so, of three sounds at least."""
    return is_known(sounds) or (len(sounds) > 2 and bool(names_of(sounds, False)))


# Endings that make several surnames of one stem.
_ENDINGS_OF_STEMS = ("CeNKo", "eNKo", "CuK", "uK", "iK", "ViC")


@lru_cache(maxsize=1 << 16)
def ending(sounds: str) -> int | None:
    """Which ending makes a surname of its stem: Kovalenko, Kovalchuk, Kovalyk; None for most."""
    for number, one in enumerate(_ENDINGS_OF_STEMS):
        if sounds.endswith(one) and len(sounds) > len(one) + 1:
            return number
    return None


_C_ALONE = re.compile("C(?!H)")
# What no Somali name has.
_NOT_SOMALI = re.compile("[PVZ]|C[CKTRL]|SC|[^AEIOUY]{3}")


def _also(text: str, sounds: str, abjad: bool) -> str:
    """ALANI may be al-Ani, and ALUBAIDI al-Ubaidi, as offices in Iraq write them: nobody tells them from ALAVI. In
    Somali a c is a sound that others leave out: SACDI, MACALIN.
    """
    if abjad or len(text) < 4 or is_known(sounds):
        return ""
    if text.startswith("ALI") and names_of(sounds, False):
        # Alireza is no al-Ireza, and so no Reza.
        return ""
    if len(text) > 4 and text[:2] in ("AL", "EL") and sounds == sound(text):
        other = sound(text[2:])
    elif "C" in text and _NOT_SOMALI.search(text) is None:
        other = sound(_C_ALONE.sub("", text))
    else:
        return ""
    return other if len(other) > 1 and other != sounds else ""


# Between two names that are written together, and taken away where they stand apart: Nurulhaq, Habiburrahman.
_LINK = re.compile("UL|UR(?=R)")


@lru_cache(maxsize=1 << 14)
def compounds(part: Part) -> tuple[Part, ...]:
    """The two names that a part is written together from, such as Gholamreza, Nurulhaq or Xiaoming; else nothing."""
    text = part.text
    if is_chinese(text):
        cuts = [cut for cut in range(1, len(text)) if is_syllable(text[:cut]) and is_syllable(text[cut:])]
        return (read_part(text[: cuts[-1]], False), read_part(text[cuts[-1] :], False)) if cuts else ()
    if part.abjad or len(text) < 7:
        return ()
    for cut in range(3, len(text) - 2):
        first, second = text[:cut], text[cut:]
        if (first in _COMPOUNDS and second in _COMPOUNDS) or (is_known(sound(first)) and is_known(sound(second))):
            return read_part(first, False), read_part(second, False)
    if own_name(part.sounds) is not None:
        return ()
    for link in _LINK.finditer(text, 3):
        first, second = text[: link.start()], text[link.end() :]
        if _is_listed(sound(first)) and _is_listed(sound(second)):
            return read_part(first, False), read_part(second, False)
    return ()


# What may be left out before a given name, also where both are one word: Seyedali is Ali, and Mohammadreza often Reza.
_BEFORE = _words(
    "SAYED SEYED SAYYED SEYYED SAYYID SAYEDEH SEYEDEH SYED MOHAMMAD MUHAMMAD MOHAMMED MUHAMMED MOHAMAD MOHAMED MUHAMAD"
)


@lru_cache(maxsize=1 << 14)
def own_apart(part: Part) -> tuple[Part, ...]:
    """A part, or the two that it is written together from where the first may be left out."""
    text = part.text
    if not part.abjad:
        for cut in range(4, len(text) - 2):
            if text[:cut] in _BEFORE and _is_listed(sound(text[cut:])):
                return read_part(text[:cut], False), read_part(text[cut:], False)
    return (part,)


# What the native core takes names apart by.
TABLES: dict[str, object] = {
    "missing": _MISSING,
    "descent": DESCENT,
    "particles": _PARTICLES,
    "abjad_particles": _ABJAD_PARTICLES,
    "assimilated": _ASSIMILATED,
    "abd": _ABD,
    "behind": _BEHIND,
    "endings": _ENDINGS,
    "compounds": _COMPOUNDS,
    "titles": TITLES,
    "before": _BEFORE,
    "endings_of_stems": _ENDINGS_OF_STEMS,
}
