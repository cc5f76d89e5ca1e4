"""Names in pinyin, which has one spelling for each syllable: two spellings are two names, but for other systems.

What follows for two parts of names is told in `alike`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from matcher.names.han import SYLLABLES
from matcher.names.sound import LONGEST_PINYIN, NOT_CHINESE, is_chinese

# What hardly another language has that could be read as pinyin; a Z at the start, as of Zaynab, is not enough.
_PINYIN_ALONE = re.compile("X[IU]|^Q(?:I|U[AE])|ZH|NG[B-DF-HJ-NP-TV-Z]|[IU]ANG|IAO")
# Initials that Wade-Giles has not; n, ng and r end syllables too.
_PINYIN_INITIAL = re.compile("[BDJQXZ]|(?<!N)G|(?<!E)R")
# Initials that Wade-Giles, other systems and those who leave out its apostrophes write for one another.
_INITIALS = {"ZH": "C", "CH": "C", "J": "C", "Q": "C", "D": "T", "G": "K", "B": "P", "Z": "5", "C": "5", "SH": "$"}
_IN_WADE_GILES = ((re.compile("ZH|[JQ](?=[IU])"), "CH"), (re.compile("X(?=[IU])"), "HS"), (re.compile("^R"), "J"))
# What the native core reads it by; its rules are those here.
TABLES: dict[str, object] = {"initials": _INITIALS}


@lru_cache(maxsize=1 << 14)
def in_wade_giles(text: str) -> frozenset[str]:
    """What a part in pinyin might be written as by other systems, apart from its finals; nothing where it is no pinyin.

    Cheng and Zheng may be one name, Zhou and Zhu may not. There may be several where its syllables can be parted in
    several ways, as in Xian.
    """
    if len(text) >= LONGEST_PINYIN:
        return frozenset()
    if not text:
        return frozenset([""])
    found = set()
    for cut in range(1, min(6, len(text)) + 1):
        if text[:cut] in SYLLABLES:
            found |= {f"{_retold(text[:cut])} {rest}" for rest in in_wade_giles(text[cut:])}
    return frozenset(found)


def wade_giles(text: str) -> str:
    """How Wade-Giles writes a part in pinyin, without its marks, as far as the initials go; nothing for other parts.

    Zhang and Jing are Chang and Ching there, Xia is Hsia and Ran is Jan. Finals differ in vowels mostly.
    """
    if text not in SYLLABLES and not is_chinese(text):
        return ""
    for initial, written in _IN_WADE_GILES:
        text = initial.sub(written, text)
    return text


@lru_cache(maxsize=1 << 14)
def is_sure_pinyin(text: str) -> bool:
    """Whether a part that could be read as pinyin hardly is of another language."""
    return text not in NOT_CHINESE and _PINYIN_ALONE.search(text) is not None


def may_be_wade_giles(text: str) -> bool:
    """Whether a part has no initial that only pinyin has."""
    return _PINYIN_INITIAL.search(text) is None


def _retold(syllable: str) -> str:
    initial = next((initial for initial in (syllable[:2], syllable[:1]) if initial in _INITIALS), "")
    return _INITIALS.get(initial, "") + syllable.removeprefix(initial)
