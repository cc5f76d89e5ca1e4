"""How alike two parts of names sound, from 0 to 1: an edit distance in which near sounds are near.

The costs are our own, after which letters the systems of transliteration for the languages in `script` confuse.
"""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA, Levenshtein

from matcher.names.lexicon import are_two_names, names_of
from matcher.names.parts import BENGALI, CLAN, Part, ending, own_name
from matcher.names.pinyin import in_wade_giles, is_sure_pinyin, may_be_wade_giles
from matcher.names.sound import skeleton
from matcher.names.variants import canonical
from matcher.names.weights import code_of, is_known

# Below this, two parts are different names.
LEAST = 0.62
_VOWELS = frozenset("aeiou")
_CONSONANT, _VOWEL, _VOWEL_ABJAD = 1.0, 0.5, 0.15
_SHORTEST = 1.5
# An initial and a part that begins with it; two forms of one name of the list.
_INITIAL, _ONE_HEAD = 0.7, 0.97
# One letter wrong, missing, too many, or in its neighbour's place; in a shorter part it makes another name.
_MISSPELT, _MISSPELT_FROM = 0.76, 4
# What two names of the list lack, and what is left where vowels were not written.
_BOTH_LISTED, _OF_ABJAD = 0.4, 0.97
# A name, and what it is often shortened to.
_SHORT_FORM = 0.8
# Two spellings of one name of the lexicon, where vowels were not written that could tell more.
_ONE_NAME = 0.9
# What two names of the lexicon lack. It cannot have all spellings: less where they sound so much alike, and nothing
# where they sound the same.
_BOTH_IN_LEXICON, _NEARLY_THE_SAME, _NEARLY, _THE_SAME = 0.4, 0.2, 0.92, 0.98
# Least likeness of skeletons, and the cost of two neighbours that changed places.
_SKELETONS, _SWAPPED = 0.34, 0.6
# Sounds that are confused, and how far apart they are: a group of letters, any two of them.
_NEAR = (
    (0.12, "QK K9 9Q XH $C VF cK"),
    (0.2, "GK GQ G9 TD 06 0T 6D 6Z 0S SZ $S C$ %Z %J ZD Y% JC 5S 5C 5Z CZ YJ J9 JG BP 9H %$ KC XK cJ cC"),
    (0.35, "SC GH VB FP MN KH FB JZ JS DS TS CK 9X YC XG X9 5T QH XC cS cG"),
)
_SUBSTITUTION: dict[str, float] = {}
for _cost, _pairs in _NEAR:
    for _pair in _pairs.split():
        for _both in (_pair, _pair[::-1]):
            _SUBSTITUTION.setdefault(_both, _cost)
for _one in "aeiou":
    for _other in "aeiou":
        _SUBSTITUTION[_one + _other] = (
            0.0 if _one == _other else 0.12 if {_one, _other} in ({"a", "e"}, {"o", "u"}, {"e", "i"}) else 0.5
        )
for _pair, _cost in {"iY": 0.1, "uV": 0.1, "oV": 0.15, "eY": 0.2, "iJ": 0.25, "aH": 0.3}.items():
    _SUBSTITUTION[_pair] = _SUBSTITUTION[_pair[::-1]] = _cost
# Sounds that some spellings leave out.
_LEFT_OUT = {"a": 0.22, "e": 0.2, "i": 0.25, "o": 0.25, "u": 0.25, "H": 0.45, "Y": 0.3, "V": 0.5}
_LEFT_OUT_LAST = {"a": 0.4, "e": 0.3, "i": 0.6, "o": 0.5, "u": 0.5, "H": 0.2, "X": 0.35}
_LEFT_OUT_ABJAD = {"a": 0.05, "e": 0.05, "i": 0.08, "o": 0.08, "u": 0.08, "Y": 0.12, "V": 0.15, "H": 0.35}
_LEFT_OUT_ABJAD_LAST = _LEFT_OUT_ABJAD | {"i": 0.4, "Y": 0.45, "a": 0.15}
# What the native core compares by.
TABLES: dict[str, float | dict[str, float]] = {
    "substitution": _SUBSTITUTION,
    "left_out": _LEFT_OUT,
    "left_out_last": _LEFT_OUT_LAST,
    "left_out_abjad": _LEFT_OUT_ABJAD,
    "left_out_abjad_last": _LEFT_OUT_ABJAD_LAST,
    "consonant": _CONSONANT,
    "vowel": _VOWEL,
    "vowel_abjad": _VOWEL_ABJAD,
    "shortest": _SHORTEST,
    "least": LEAST,
    "initial": _INITIAL,
    "one_head": _ONE_HEAD,
    "skeletons": _SKELETONS,
    "both_listed": _BOTH_LISTED,
    "both_in_lexicon": _BOTH_IN_LEXICON,
    "nearly_the_same": _NEARLY_THE_SAME,
    "nearly": _NEARLY,
    "the_same": _THE_SAME,
    "short_form": _SHORT_FORM,
    "one_name": _ONE_NAME,
    "of_abjad": _OF_ABJAD,
    "swapped": _SWAPPED,
    "misspelt": _MISSPELT,
    "misspelt_from": _MISSPELT_FROM,
}


def alike(one: Part, other: Part) -> float:
    """Likeness of two parts."""
    likeness = _sound_alike(one.sounds, one.abjad, other.sounds, other.abjad)
    if one.also:
        likeness = max(likeness, _sound_alike(one.also, one.abjad, other.sounds, other.abjad))
    if other.also:
        likeness = max(likeness, _sound_alike(one.sounds, one.abjad, other.also, other.abjad))
    if _are_two_in_pinyin(one, other):
        return max(0.0, likeness - _BOTH_IN_LEXICON)
    return _MISSPELT if likeness < _MISSPELT and _is_misspelt(one, other) else likeness


def _are_two_in_pinyin(one: Part, other: Part) -> bool:
    """Whether two parts are pinyin, and different: Zhou is not Zhu, nor Jin Jing. But others write Cheng for Zheng."""
    sure = is_sure_pinyin(one.text), is_sure_pinyin(other.text)
    if one.text == other.text or not any(sure):
        return False
    first, second = in_wade_giles(one.text), in_wade_giles(other.text)
    if not first or not second:
        return False
    if not all(sure) and _are_one_name(one.sounds, one.abjad, other.sounds, other.abjad):
        return False
    return first.isdisjoint(second) or not (may_be_wade_giles(one.text) or may_be_wade_giles(other.text))


def _sound_alike(one: str, one_abjad: bool, other: str, other_abjad: bool) -> float:
    return 1.0 if one == other and one_abjad == other_abjad else _alike(one, one_abjad, other, other_abjad)


def _is_misspelt(one: Part, other: Part) -> bool:
    """Whether one part may be the other, mistyped: a letter off makes another sound of it, or takes a consonant away.

    Not where both are names that the list knows: Jamal is no misspelt Kamal.
    """
    lengths = len(one.text), len(other.text)
    if one.abjad != other.abjad or min(lengths) < _MISSPELT_FROM or abs(lengths[0] - lengths[1]) > 1:
        return False
    if OSA.distance(one.text, other.text, score_cutoff=1) != 1:
        return False
    sounds = one.sounds, other.sounds
    return not any(
        (is_known(left) and is_known(right)) or are_two_names(left, one.abjad, right, other.abjad)
        for left, right in (sounds, _own_names(*sounds))
    )


def _own_names(one: str, other: str) -> tuple[str, str]:
    """What is left of two names that have an element in common, without it; nothing of others."""
    first, second = own_name(one), own_name(other)
    return (first[1], second[1]) if first and second and first[0] == second[0] else ("", "")


@lru_cache(maxsize=1 << 17)
def _alike(one: str, one_abjad: bool, other: str, other_abjad: bool) -> float:
    likeness = _heard_alike(one, one_abjad, other, other_abjad)
    first, second = _own_names(one, other)
    if not first or likeness < LEAST or _are_one_name(one, one_abjad, other, other_abjad):
        return likeness
    # Abdulhadi and Abdulhai are no more alike than Hadi and Hai, nor Habibullah and Najibullah than Habib and Najib.
    return min(likeness, _heard_alike(first, one_abjad, second, other_abjad))


def _heard_alike(one: str, one_abjad: bool, other: str, other_abjad: bool) -> float:
    if not one or not other:
        return 0.0
    if len(one) == 1 or len(other) == 1:
        return _INITIAL if one[0].upper() == other[0].upper() else 0.0
    if _are_one_name(one, one_abjad, other, other_abjad):
        return _ONE_HEAD
    abjad = one_abjad or other_abjad
    if not may_sound_alike(skeleton(one), skeleton(other)):
        return 0.0
    likeness = max(0.0, 1.0 - _distance(one, other, abjad) / _length(one, other, abjad))
    if _is_short_for(one, one_abjad, other, other_abjad) or _is_short_for(other, other_abjad, one, one_abjad):
        likeness = max(likeness, _SHORT_FORM)
    elif abjad and not names_of(one, one_abjad).isdisjoint(names_of(other, other_abjad)):
        likeness = max(likeness, _ONE_NAME)
    elif _are_two_names(one, one_abjad, other, other_abjad):
        likeness -= _BOTH_LISTED
    elif likeness < _THE_SAME and are_two_names(one, one_abjad, other, other_abjad):
        likeness -= _BOTH_IN_LEXICON if likeness < _NEARLY else _NEARLY_THE_SAME
    return likeness * _OF_ABJAD if abjad else likeness


def _are_one_name(one: str, one_abjad: bool, other: str, other_abjad: bool) -> bool:
    """Whether both are forms of one name of the list."""
    head = canonical(one, one_abjad)
    return head is not None and head == canonical(other, other_abjad)


def _are_two_names(one: str, one_abjad: bool, other: str, other_abjad: bool) -> bool:
    """Whether both are names that the lists know, and not one name, or two surnames made from one stem.

    Hasan is no misspelt Hussein, nor Samira a Samir, nor Kovalchuk a Kovalenko.
    """
    endings = ending(one), ending(other)
    if None not in endings and endings[0] != endings[1]:
        return True
    head, other_head = canonical(one, one_abjad), canonical(other, other_abjad)
    if head is not None and other_head is not None:
        return head != other_head
    if not (is_known(one) and is_known(other)):
        return False
    if code_of(one, one_abjad) != code_of(other, other_abjad):
        return True
    return not one_abjad and not other_abjad and (one + "a" == other or other + "a" == one)


def _is_short_for(short: str, short_abjad: bool, name: str, name_abjad: bool) -> bool:
    """Whether a name is what another one is made with: Habib is short for Habibullah, and Hadi for Abdulhadi.

    Of names of the lexicon: a Mohammad is no Abdulmohammad. What Bengali makes is not in it: Nur is short for Nurul.
    """
    own = own_name(name)
    if own is None or own[0] == CLAN or own[1] != short:
        return False
    if own[0] == BENGALI:
        return not (short_abjad or name_abjad)
    return bool(names_of(short, short_abjad) and names_of(name, name_abjad))


def may_sound_alike(one: str, other: str) -> bool:
    """Whether two skeletons have enough in common; most pairs have not, and to tell so is cheap."""
    return Levenshtein.normalized_similarity(one, other) >= _SKELETONS


def _length(one: str, other: str, abjad: bool) -> float:
    vowel = _VOWEL_ABJAD if abjad else _VOWEL
    lengths = []
    for text in (one, other):
        vowels = sum(c in _VOWELS for c in text)
        lengths.append(vowels * vowel + (len(text) - vowels) * _CONSONANT)
    return max(_SHORTEST, (lengths[0] + lengths[1]) / 2)


def _distance(one: str, other: str, abjad: bool) -> float:
    """Weighted edit distance, with two neighbours that changed places as one error."""
    left_out = _LEFT_OUT_ABJAD if abjad else _LEFT_OUT
    last = _LEFT_OUT_ABJAD_LAST if abjad else _LEFT_OUT_LAST
    columns = len(other)
    costs_other = [left_out.get(c, 1.0) for c in other]
    costs_other[-1] = last.get(other[-1], 1.0)
    previous: list[float] = [0.0]
    for cost in costs_other:
        previous.append(previous[-1] + cost)
    before: list[float] = previous
    end = len(one) - 1
    for row, sound in enumerate(one):
        gone = last.get(sound, 1.0) if row == end else left_out.get(sound, 1.0)
        current = [previous[0] + gone]
        for column in range(columns):
            opposite = other[column]
            change = 0.0 if sound == opposite else _SUBSTITUTION.get(sound + opposite, 1.0)
            best = previous[column] + change
            taken = previous[column + 1] + gone
            if taken < best:
                best = taken
            put = current[column] + costs_other[column]
            if put < best:
                best = put
            if row and column and sound == other[column - 1] and one[row - 1] == opposite and sound != opposite:
                swapped = before[column - 1] + _SWAPPED
                if swapped < best:
                    best = swapped
            current.append(best)
        before, previous = previous, current
    return previous[-1]
