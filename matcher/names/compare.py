"""Two whole names: which part of one agrees with which of the other, and how much that tells.

Each part of one name is put against the part of the other that it is most alike; what agrees tells as many bits as it
is rare, what is left on both sides contradicts, what only one of them has is merely missing. `agreement` is the share
of what the two names could at most have told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from matcher.names.alike import LEAST, alike, may_sound_alike
from matcher.names.parts import TITLES, Part, half, own_apart, rejoined
from matcher.names.sound import skeleton, sound
from matcher.names.variants import canonical
from matcher.names.weights import code_of, weight

# At least this share has to agree for two names to be one person's.
AGREES = 0.6
_MAX_PARTS = 10
_SAME = 0.92
# Below `LEAST` two parts may still be one, badly spelt; below this they are two names.
_DOUBTFUL = 0.45
# Bits that speak against: a part of each that is another name; the own name (the first given one) found nowhere, or
# only where the other name has a patronymic, which is as much another person, at least this share of all that the names
# could tell, since a child has all other names of a parent, however many they are; a Mohammad before it, which some
# offices leave out, found in one of them only; a part that one of them lacks; surname and given names the other way
# round; parts in another order, and in another order of descent.
_CONTRADICTS = 5.0
_OWN_NAME_MISSING, _OWN_NAME_SHARE = 8.0, 0.42
_MOHAMMAD_LEFT_OUT = 3.0
_PART_MISSING, _MOST_MISSING = 0.7, 2.5
_HALVES_SWAPPED, _SURNAME_FIRST = 1.5, 0.5
_INVERTED, _DESCENT_INVERTED = 1.5, 12.0
# The name line of an MRZ has 39 places (TD3) or 30 (TD1): only a name that fills it may be cut.
_FULL_LINE = 28
# Beginnings of skeletons; the native core has them too.
_WRITTEN_IN_MANY_WAYS = "AHJKS"
_VOWEL_FIRST = ("A", "W")
# Between two neighbours a particle, and in what is written together a part of it: NOOR UL HAQ, NOORULHAQ.
_LINK = "UL"
_MOHAMMAD = canonical(sound("MOHAMMAD"), False)

# What the native core compares by.
NUMBERS: dict[str, float] = {
    "agrees": AGREES,
    "same": _SAME,
    "least": LEAST,
    "doubtful": _DOUBTFUL,
    "contradicts": _CONTRADICTS,
    "own_name_missing": _OWN_NAME_MISSING,
    "own_name_share": _OWN_NAME_SHARE,
    "mohammad_left_out": _MOHAMMAD_LEFT_OUT,
    "part_missing": _PART_MISSING,
    "most_missing": _MOST_MISSING,
    "halves_swapped": _HALVES_SWAPPED,
    "surname_first": _SURNAME_FIRST,
    "inverted": _INVERTED,
    "descent_inverted": _DESCENT_INVERTED,
    "full_line": _FULL_LINE,
}


class Place(NamedTuple):
    """Where a part stands: 0 surname, 1 given names; and its number there."""

    half: int
    number: int

    def __str__(self) -> str:
        return f"{'given' if self.half else 'surname'} {self.number + 1}"


class Agreement(NamedTuple):
    """A part of the name read and the part of the name known that it is taken for."""

    seen: Place
    known: Place
    likeness: float
    weight: float


class Comparison(NamedTuple):
    """Result of comparing two names.

    Attributes:
        agreement: from 0 to 1, the share of what could agree.
        bits: how much it tells that they agree as they do; below 0 where they contradict.
        pairs: parts that agree.
        contradicting: how many parts of each are another name.
        detail: the same as a code without personal data, such as `given 1 = given 1, surname 1 ~ given 2`.
    """

    agreement: float
    bits: float
    pairs: tuple[Agreement, ...]
    contradicting: int
    inverted: bool

    @property
    def agrees(self) -> bool:
        """Whether the names can be one person's."""
        return self.agreement >= AGREES

    @property
    def detail(self) -> str:
        """Which part agreed with which, without saying them."""
        told = [f"{pair.seen} {'=' if pair.likeness >= _SAME else '~'} {pair.known}" for pair in self.pairs]
        if self.contradicting:
            told.append(f"{self.contradicting} contradicting")
        if self.inverted:
            told.append("order of descent")
        return ", ".join(told) or "nothing agrees"


NOTHING = Comparison(0.0, 0.0, (), 0, False)


class _Name(NamedTuple):
    """A name to compare.

    Attributes:
        parts: given names before the surname.
        places: of the parts.
        descent: whether a word shows that they stand in the order of descent.
        goes_on: whether one does so in the given names alone, so that the surname may be the next in line.
        full: whether it fills the line of an MRZ.
        total: what it can tell at most, in bits.
        mohammad: which part is a Mohammad before the name that its bearer is called by, if one is.
    """

    parts: tuple[Part, ...]
    places: tuple[Place, ...]
    descent: bool
    goes_on: bool
    full: bool
    total: float
    mohammad: int | None = None


@lru_cache(maxsize=1 << 14)
def _name(surname: str, given_names: str) -> _Name:
    surname, given_names = rejoined(surname, given_names)
    last, first = half(surname), half(given_names)
    given = _own_apart(first.parts)
    parts = (given + last.parts)[:_MAX_PARTS]
    places = _places(len(given), len(last.parts))
    length = sum([len(part.text) for part in parts]) + len(parts)
    total = float(sum([part.weight for part in parts]))
    goes_on = first.descent and not last.descent
    name = _Name(parts, places, last.descent or first.descent, goes_on, length >= _FULL_LINE, total)
    return name._replace(mohammad=_mohammad_before(name)) if parts else name


def _own_apart(given: tuple[Part, ...]) -> tuple[Part, ...]:
    """Given names, the first of which that is no title is taken apart where it is two and may be borne without one."""
    own = next((n for n, part in enumerate(given) if not is_title(part)), None)
    return given if own is None else (*given[:own], *own_apart(given[own]), *given[own + 1 :])


@lru_cache(maxsize=1 << 9)
def _places(given: int, surname: int) -> tuple[Place, ...]:
    """Where the parts of a name stand that has so many given names and parts of a surname."""
    halves = ((1, given), (0, surname))
    return tuple(Place(number, index) for number, count in halves for index in range(count))[:_MAX_PARTS]


@lru_cache(maxsize=1 << 14)
def compare_names(seen_surname: str, seen_given: str, known_surname: str, known_given: str) -> Comparison:
    """Compare a name read with a name known; each as surname and given names, either of them may be empty.

    Any script, any order; looks at ten parts of each.
    """
    seen, known = _name(seen_surname, seen_given), _name(known_surname, known_given)
    if not seen.parts or not known.parts:
        return NOTHING
    if seen == known and not _joins(seen):
        return _same(seen)
    pairs, left_seen, left_known = _align(seen, known)
    # A misspelt part may be like a rarer one, and two written as one be rarer than each: no more than either name has.
    bits = min(sum(pair.weight for pair in pairs), seen.total, known.total)
    contradicting = min(len(left_seen), len(left_known))
    more = max(len(left_seen), len(left_known)) - contradicting
    bits -= _CONTRADICTS * contradicting + min(_PART_MISSING * more, _MOST_MISSING)
    against, inverted = _order(seen, known, pairs, (left_seen, left_known))
    # A single part in common, where both have more, is not the person.
    could = min(seen.total, known.total) + (4 if len(pairs) == 1 and min(len(seen.parts), len(known.parts)) > 1 else 0)
    bits -= against
    return Comparison(max(0.0, min(1.0, bits / (could + 0.5))), bits, tuple(pairs), contradicting, inverted)


def _joins(name: _Name) -> bool:
    """Whether a part could be two neighbours of the same name, written as one; itself and one hardly heard, too."""
    parts = name.parts
    return len(parts) > 1 and any(_may_be_both(whole, *two) for whole in parts for two in pairwise(parts))


def _same(name: _Name) -> Comparison:
    """What comes of a name held against itself, as most are whose document is known: each part stands for itself."""
    pairs = tuple(
        Agreement(place, place, 1.0, float(part.weight)) for part, place in zip(name.parts, name.places, strict=True)
    )
    return Comparison(name.total / (name.total + 0.5), name.total, pairs, 0, False)


class _Option(NamedTuple):
    """Parts of one name (one, or two neighbours that the other name writes as one) against parts of the other."""

    order: float
    likeness: float
    seen: tuple[int, ...]
    known: tuple[int, ...]
    weight: float


def reading(surname: str, given_names: str) -> object:
    """What `compare_names` sees of a name: the same for names that it cannot tell apart, as printed and in the MRZ."""
    return _name(surname, given_names)


def at_most(seen_surname: str, seen_given: str, known_surname: str, known_given: str) -> float:
    """Bits that the two names could tell at most: quick, to leave out those that cannot matter."""
    return min(_name(seen_surname, seen_given).total, _name(known_surname, known_given).total)


def _align(seen: _Name, known: _Name) -> tuple[list[Agreement], list[int], list[int]]:
    """Pairs of parts, the most alike first taken; and what is left over of each."""
    options = _options(seen, known)
    options.sort(key=lambda option: (-option.order, option.seen, option.known))
    left_seen, left_known = set(range(len(seen.parts))), set(range(len(known.parts)))
    pairs: list[Agreement] = []
    for option in options:
        if left_seen.issuperset(option.seen) and left_known.issuperset(option.known):
            left_seen.difference_update(option.seen)
            left_known.difference_update(option.known)
            places = seen.places[option.seen[0]], known.places[option.known[0]]
            pairs.append(Agreement(*places, option.likeness, option.weight))
    pairs.sort(key=lambda pair: (-pair.seen.half, pair.seen.number))
    return pairs, sorted(left_seen), sorted(left_known)


def _options(seen: _Name, known: _Name) -> list[_Option]:
    options = []
    for i, one in enumerate(seen.parts):
        for j, other in enumerate(known.parts):
            likeness = alike(one, other)
            if likeness < LEAST:
                likeness = _cut(seen, i, known, j)
            if likeness >= _DOUBTFUL:
                near = _near(seen.places[i], known.places[j])
                tells = _tells(likeness) * (one.weight + other.weight) / 2 if likeness >= LEAST else _doubt(likeness)
                options.append(_Option(likeness + near, likeness, (i,), (j,), tells))
    return options + _joining(seen, known, turned=False) + _joining(known, seen, turned=True)


def _near(one: Place, other: Place) -> float:
    """What places tell where likeness leaves a choice: the same half, and the same number there."""
    return (0.06 if one.half == other.half else 0.0) - 0.01 * abs(one.number - other.number)


def _joining(name: _Name, apart: _Name, *, turned: bool) -> list[_Option]:
    """Two neighbours of a name as one part of the other, which may have as many parts all the same, having another."""
    options = []
    for i, whole in enumerate(name.parts):
        for j in range(len(apart.parts) - 1):
            first, second = apart.parts[j], apart.parts[j + 1]
            if apart.places[j].half != apart.places[j + 1].half:
                continue
            if not _may_be_both(whole, first, second):
                continue
            abjad = first.abjad or second.abjad
            likeness = alike(whole, joined(first.text + second.text, abjad))
            if likeness < _SAME and _LINK in whole.text:
                likeness = max(likeness, alike(whole, joined(first.text + _LINK + second.text, abjad)))
            if likeness >= 0.8:
                tells = _tells(likeness) * max(whole.weight, min(first.weight + second.weight, 12))
                one, two = ((j, j + 1), (i,)) if turned else ((i,), (j, j + 1))
                options.append(_Option(likeness + 0.08, likeness, one, two, tells))
    return options


def _may_be_both(whole: Part, first: Part, second: Part) -> bool:
    """Whether a part has about as many consonants as two, about the same ones, and begins as the first of them.

    Told before joining them, which has to hear anew how they sound.
    """
    if (
        len(whole.text) < 4
        or min(len(first.text), len(second.text)) < 2
        or abs(bones(whole) - bones(first) - bones(second)) > 1
    ):
        return False
    if beginning(whole) != beginning(first):
        return False
    return may_sound_alike(skeleton(whole.sounds), skeleton(first.sounds) + _behind(skeleton(second.sounds)))


def _behind(bones: str) -> str:
    """The skeleton of a part that stands behind another one: a first vowel is told at the very beginning only."""
    return bones[1:] if bones.startswith(_VOWEL_FIRST) else bones


def is_title(part: Part) -> bool:
    """Whether a part is how its bearer is spoken to, which may as well be left out."""
    return part.text in TITLES


@lru_cache(maxsize=1 << 14)
def beginning(part: Part) -> str:
    """What a part begins with, roughly: vowels, h, k and all that hisses are written for one another."""
    first = skeleton(part.sounds)[:1]
    return "" if first in _WRITTEN_IN_MANY_WAYS else first


@lru_cache(maxsize=1 << 14)
def bones(part: Part) -> int:
    """How many consonants a part has."""
    return sum(c not in "aeiouYV" for c in part.sounds)


def _tells(likeness: float) -> float:
    """Share of a part's weight that a likeness tells: all from 0.92, little at the least that counts."""
    return 1.0 if likeness >= _SAME else 0.15 + 0.85 * (likeness - LEAST) / (_SAME - LEAST)


def _doubt(likeness: float) -> float:
    """Bits that a likeness too small to count still speaks against: nothing to all that another name does."""
    return -_CONTRADICTS * (LEAST - likeness) / (LEAST - _DOUBTFUL)


@lru_cache(maxsize=1 << 12)
def joined(text: str, abjad: bool) -> Part:
    """Two parts written as one."""
    sounds = sound(text)
    code = code_of(sounds, abjad) or skeleton(sounds)
    return Part(text, sounds, abjad, code, weight(code))


def _cut(seen: _Name, i: int, known: _Name, j: int) -> float:
    """A part cut at the end of a full MRZ line is like one that it begins."""
    if not seen.full or not known.full:
        return 0.0
    one, other = seen.parts[i].text, known.parts[j].text
    for cut, whole, name, index in ((one, other, seen, i), (other, one, known, j)):
        if _is_last(name, index) and len(cut) < len(whole) and whole.startswith(cut):
            return 0.9 if len(cut) > 3 else 0.75
    return 0.0


def _is_last(name: _Name, index: int) -> bool:
    place = name.places[index]
    return index + 1 == len(name.places) or name.places[index + 1].half != place.half


def _order(
    seen: _Name, known: _Name, pairs: list[Agreement], left: tuple[Sequence[int], Sequence[int]]
) -> tuple[float, bool]:
    """Bits against them for where the parts stand, and whether an order of descent is turned round."""
    places = [(seen.places.index(pair.seen), known.places.index(pair.known)) for pair in pairs]
    against = _own_name(_Side(seen, left[0]), _Side(known, left[1]), places)
    given = sorted((i, j) for i, j in places if seen.places[i].half and known.places[j].half)
    if seen.descent and known.descent and any(one[1] > two[1] for one, two in pairwise(given)):
        return against + _DESCENT_INVERTED, True
    if seen.goes_on and known.goes_on and (0, 0) in places:
        # The father of one is the grandfather of the other, and the other way round; a family name that only stands in
        # another field is not.
        crossing = {(seen.places[i].half, known.places[j].half) for i, j in places}
        if crossing.issuperset({(0, 1), (1, 0)}):
            return against + _DESCENT_INVERTED, True
    return against, False


def _turned(places: Sequence[tuple[int, int]], own: tuple[int, int]) -> float:
    """Bits against them for parts in another order, the own name left out."""
    rest = sorted(pair for pair in places if pair != own)
    inversions = sum(1 for n, (_, other) in enumerate(rest) for _, later in rest[n + 1 :] if other > later)
    return _INVERTED * min(inversions, 2)


class _Side(NamedTuple):
    """A name, and which of its parts agree with nothing."""

    name: _Name
    left: Sequence[int]

    def is_reached(self, index: int) -> bool:
        """Whether all that stands before this part in its half, but titles and a Mohammad, agrees with something."""
        name, half = self.name, self.name.places[index].half
        before = [n for n in self.left if n < index and name.places[n].half == half]
        return all(is_title(name.parts[n]) or n == name.mohammad for n in before)

    def is_surname(self, index: int) -> bool:
        """Whether this part stands in the surname of a name that has given names too."""
        return self.name.places[index].half != self.name.places[0].half


def _own_name(seen: _Side, known: _Side, places: list[tuple[int, int]]) -> float:
    """Bits against them for where the own names and the other parts stand; the least that it can be.

    An own name that is not the first given one is believed only where what stands in its place was found elsewhere: a
    child is called NEW AHMAD HASAN SAID where the father is AHMAD HASAN SAID, and has all of his names besides.
    """
    own_seen, own_known = _own_names(seen, known, places), _own_names(known, seen, [(j, i) for i, j in places])
    against = max(_OWN_NAME_MISSING, _OWN_NAME_SHARE * min(seen.name.total, known.name.total))
    for i, j in places:
        if i in own_seen and j in own_known:
            costs = own_seen[i] + own_known[j]
            # Both the other way round would be both as they should be.
            both_swapped = own_seen[i] == own_known[j] == _HALVES_SWAPPED
            if costs < against and not both_swapped and _is_believed(seen, known, i, j, places):
                against = min(against, costs + _turned(places, (i, j)))
    return against


def _is_believed(seen: _Side, known: _Side, i: int, j: int, places: list[tuple[int, int]]) -> bool:
    """Whether these two parts may be the own name: nothing before them is left over.

    Where one stands in the surname, the halves have changed places, and so the first given name must be found in the
    other name, again with nothing left over before it.
    """
    if not (seen.is_reached(i) and known.is_reached(j)):
        return False
    match seen.is_surname(i), known.is_surname(j):
        case True, True:
            return False
        case True, False:
            return any(n == 0 and known.is_reached(m) for n, m in places)
        case False, True:
            return any(m == 0 and seen.is_reached(n) for n, m in places)
    return True


def _own_names(side: _Side, other: _Side, places: list[tuple[int, int]]) -> dict[int, float]:
    """Which parts may be the person's own name, and how many bits it costs to think so.

    `places` are those of parts of this name and of the other that agree.
    """
    name = side.name
    first_given = next((n for n, place in enumerate(name.places) if place.half), None)
    first_surname = next((n for n, place in enumerate(name.places) if not place.half), None)
    if first_given is not None and first_surname is not None:
        own = {first_given: 0.0, first_surname: _HALVES_SWAPPED}
    else:
        last = len(name.places) - 1
        own = {last: _HALVES_SWAPPED, 0: 0.0} if last else {0: 0.0}
        if last == 1 or (last and _is_surname_first(name, other, places)):
            own[1] = _SURNAME_FIRST
    own |= {_behind_titles(name): 0.0}
    if name.mohammad is not None and name.mohammad in side.left:
        own[name.mohammad + 1] = _MOHAMMAD_LEFT_OUT
    return own


def _is_surname_first(name: _Name, other: _Side, places: list[tuple[int, int]]) -> bool:
    """Whether the first part is a surname: it comes twice, or is found in the other name's surname, or behind all else.

    If not, two that changed places are father and child: MOHAMED ALI FARAH and ALI MOHAMED FARAH.
    """
    if name.parts[0] in name.parts[2:]:
        return True
    at = next((theirs for mine, theirs in places if mine == 0), None)
    if at is None:
        return False
    return other.is_surname(at) or at == max((*other.left, *(theirs for _, theirs in places)))


def _mohammad_before(name: _Name) -> int | None:
    """Which part is a Mohammad before another given name: Mohammad Nasim is often Nasim alone."""
    first = _behind_titles(name)
    part = name.parts[first]
    is_before = not _is_last(name, first) and canonical(part.sounds, part.abjad) == _MOHAMMAD
    return first if is_before else None


def _behind_titles(name: _Name) -> int:
    """The first part that is no title, or the last one of its half."""
    return next(n for n, part in enumerate(name.parts) if not is_title(part) or _is_last(name, n))
