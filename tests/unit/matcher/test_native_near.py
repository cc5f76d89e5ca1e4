"""What the core makes of names, dates and whole travellers is what Python makes of them: nobody near is left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.birth_dates import UNRELATED, DateResult, compare_dates
from matcher.identity import could_be, hold_names
from matcher.names.compare import AGREES, at_most, compare_names
from matcher.native import NativeIndex, make_index
from producers.simulator import Scenario, build
from schemas.records import FeatureResult, Sex, Traveller
from schemas.topics import BORDER_CROSSINGS
from tests.benchmarks.identity.pairs import HELD_OUT, TUNING, Pair, by_hand, make
from tests.builders import LAWS, codec, crossing, encode, known, name, person, raw, seen
from tests.unit.matcher.test_names import ONE_PERSON, TWO_PEOPLE
from tests.unit.natively import needs_native

pytestmark = needs_native

WORDS = """AHMAD MUHAMMED Mohammad BIN IBN AL-HASAN Hussein HOSSEINI ALI ABDUL RAHMAN Abdurrahman GHOLAM REZA Gholamreza
GEBRE MARIAM Gebremariam TESFAY Haile Selassie WANG XIAOMING Xiao Ming 王小明 محمد حسين أحمد رضا კაცი Ольга
Александр IVANOVA O'BRIEN Åberg ßen İlhan YILMAZ J A K. KHAN JAN ZADA Alizada
ALEXANDROSPAPADOPOULOSKONSTANTINOS ተስፋይ 1 - H AAA ANNA HAJI Sheikh Qari حاجی Qwer\x01zuni Гнатів"""
PARTS = WORDS.split()
HALF = st.lists(st.sampled_from(PARTS), max_size=5).map(" ".join) | st.text(max_size=12)
DATES = st.dates(date(1895, 1, 1), date(2030, 12, 31)).map(date.isoformat)
NEAR_DATES = st.sampled_from(
    [
        "1974-08-12",
        "1974-12-08",
        "1974-01-01",
        "1974-07-01",
        "1974-01-07",
        "1975-08-12",
        "1974-08-13",
        "1984-08-12",
        "1353-05-21",
        "1353-01-01",
    ]
)
DATE = (DATES | NEAR_DATES).flatmap(lambda day: st.sampled_from([day, day[:7], day[:4]]))


@pytest.fixture(scope="module")
def index() -> NativeIndex:
    return NativeIndex(codec("protected-person", raw=True))


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    """Writings of invented names of many cultures, disturbed in all the ways that the benchmark knows."""
    return [*by_hand(), *(pair for half in (TUNING, HELD_OUT) for pair in make(3, half, 4))]


def _same(index: NativeIndex, one: tuple[str, str], other: tuple[str, str]) -> None:
    compared = compare_names(*one, *other)
    assert index.core.compare_names(one, other) == pytest.approx((compared.agreement, compared.bits), abs=1e-9)
    for bits in (-100.0, 2.0, 8.0, compared.bits, compared.bits + 0.1):
        agrees = compared.agreement >= AGREES and compared.bits >= bits
        assert index.core.may_agree(one, other, bits) is agrees
    held = index.core.hold_names([one], [other])
    assert held is None or held == ([] if (told := hold_names([one], [other])) is None else [told])


def test_names_as_they_are_written_and_miswritten(index: NativeIndex, pairs: list[Pair]) -> None:
    assert len(pairs) > 500
    for pair in pairs:
        one, other = (pair.seen.surname, pair.seen.given), (pair.known.surname, pair.known.given)
        _same(index, one, other)
        _same(index, other, one)


@LAWS
@given(st.tuples(HALF, HALF), st.tuples(HALF, HALF))
def test_any_two_names(index: NativeIndex, one: tuple[str, str], other: tuple[str, str]) -> None:
    _same(index, one, other)


@LAWS
@given(st.lists(st.tuples(HALF, HALF), max_size=3), st.lists(st.tuples(HALF, HALF), max_size=3))
def test_any_names_of_two_people(index: NativeIndex, seen: list[tuple[str, str]], known: list[tuple[str, str]]) -> None:
    assert index.hold_names(seen, known) == hold_names(seen, known)


def test_the_core_holds_nearly_all_names_against_each_other_by_itself(index: NativeIndex, pairs: list[Pair]) -> None:
    left = sum(
        index.core.hold_names([(pair.seen.surname, pair.seen.given)], [(pair.known.surname, pair.known.given)]) is None
        for pair in pairs
    )
    assert left < len(pairs) / 10


@pytest.mark.parametrize(("one", "other"), [*ONE_PERSON, *TWO_PEOPLE])
def test_names_of_which_python_has_cases(index: NativeIndex, one: tuple[str, str], other: tuple[str, str]) -> None:
    _same(index, one, other)
    _same(index, other, one)


ONCE_OTHERWISE = ["H HASSAN", "AAA ANNA", "H HUSSEINI", "Qwer\x01zuni Å", "Qwer\x0bzuni Å", "J " * 17 + "ZUNI"]


@pytest.mark.parametrize("text", ONCE_OTHERWISE)
def test_names_that_were_once_compared_otherwise(index: NativeIndex, text: str) -> None:
    for other in (text, text.replace("\x01", ""), text.replace("\x01", " "), text.replace("H ", "")):
        for rest in ("", "X"):
            _same(index, (text, rest), (other, rest))
            _same(index, (rest, text), (rest, other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("กขคงจ", "กขคงฉ"), ("กขคงจ", "กคขงจ"), ("กขคงจ", "กขค งจ"), ("กขKARIM", "กขKARYM"), ("กขKARIM", "กKARIM")],
)
def test_letters_of_no_table(index: NativeIndex, one: str, other: str) -> None:
    for rest in ("", "Hasan"):
        _same(index, (one, rest), (other, rest))
        _same(index, (rest, other), (rest, one))
    assert 0 < index.core.compare_names((one, "Hasan"), (other, "Hasan"))[0] < 1


def test_the_same_words_in_other_halves_have_the_blocks_of_both() -> None:
    """Of a half name sixteen parts count, so it matters where the halves end."""
    words = ["J"] * 16 + ["QWERZUNIAK"]
    cut, whole = name(" ".join(words), "X"), name(" ".join(words[:10]), " ".join(words[10:]) + " X")
    for names in ((cut, whole), (whole, cut)):
        ours, twin = (make_index(codec("protected-person", raw=True), native=native) for native in (True, False))
        row = person(1, documents=(), personal_numbers=(), dossier_numbers=(), names=names, birth_dates=("1980-02-03",))
        for one in (ours, twin):
            one.upsert(str(row.person_id), encode("protected-person", row))
        read = Traveller(names=(name("QWERZUNIAK", ""),), birth_date="1980-02-03")
        values = raw("border-crossing", crossing(traveller=read))["traveller"]
        assert ours.find(values) == twin.find(values) == (0,)


def test_more_names_than_are_kept(monkeypatch: pytest.MonkeyPatch, pairs: list[Pair]) -> None:
    """Everything is forgotten again and again; the numbers of parts are others then."""
    monkeypatch.setattr("matcher.native._KEPT_NAMES", 20)
    index = NativeIndex(codec("protected-person", raw=True))
    for pair in pairs[::3]:
        _same(index, (pair.seen.surname, pair.seen.given), (pair.known.surname, pair.known.given))


def two_calendars(one: str, other: str) -> bool:
    return (one < "1500") is not (other < "1500") or abs(int(one[:4]) - int(other[:4])) in (7, 8)


@LAWS
@given(st.none() | DATE, st.lists(DATE, max_size=3))
@example("1974-08-12", ["1974-01-01", "1984-08-12"])  # two that tell as much: the first
@example("1974-08-12", ["1984-08-12", "1974-01-01"])
@example("1974-07-01", ["1974-07-01"])
@example("1974-07-01", ["1974-03-22"])
@example("1974-03-22", ["1974-07-01"])
def test_any_dates(index: NativeIndex, read: str | None, recorded: list[str]) -> None:
    """The same; and bits that are at least as many where two calendars come into it."""
    expected = compare_dates(read, recorded)
    most = index.core.most_date_bits(read, recorded)
    told = index.core.compare_dates(read, recorded)
    if read is not None and any(two_calendars(read, one) for one in recorded if len(read) == len(one) == 10):
        assert told == _as_core(expected)
        assert (UNRELATED if most is None else most) >= expected.bits
        return
    assert told == _as_core(expected)
    if expected.result is FeatureResult.MISSING:
        assert most is None
    else:
        assert (UNRELATED if most is None else most) == expected.bits


def _as_core(told: DateResult) -> tuple[bool | None, str | None, int]:
    agrees = {FeatureResult.AGREE: True, FeatureResult.DISAGREE: False}.get(told.result)
    return agrees, told.detail, told.bits


@pytest.mark.parametrize(
    ("read", "recorded"),
    [
        (("Tesfay", "Gebre Medhin"), ("Tesfay", "Gebremedhin")),
        (("Ahmad", "Tesfay"), ("Ahmhd", "Tesfay")),
    ],
)
def test_no_name_tells_more_than_it_has(index: NativeIndex, read: tuple[str, str], recorded: tuple[str, str]) -> None:
    for one, other in ((read, recorded), (recorded, read)):
        compared = compare_names(*one, *other)
        assert compared.bits <= at_most(*one, *other)
        _same(index, one, other)


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        (("GE", "WOLDEGEBRIEL HOSSEINPOUR"), ("GEBREHIWOT", "WOLDEGEBRIEL HOSSEINPOUR")),
        (("MOHAMMADZADEH", "HABTEMARIAM SUL"), ("MOHAMMADZADEH", "HABTEMARIAM SULAIMANKHEL")),
    ],
)
def test_a_part_cut_at_the_end_of_a_full_line(index: NativeIndex, cut: tuple[str, str], whole: tuple[str, str]) -> None:
    """Though what is left of it has little in common with the whole."""
    assert compare_names(*cut, *whole).agreement > 0.9
    _same(index, cut, whole)
    _same(index, whole, cut)


def test_names_written_in_every_way_find_the_same_people_with_both(pairs: list[Pair]) -> None:
    ours, twin = (make_index(codec("protected-person", raw=True), native=native) for native in (True, False))
    for number, pair in enumerate(pairs):
        row = person(
            number + 1,
            documents=(),
            personal_numbers=(),
            dossier_numbers=(),
            names=(name(pair.known.surname or "X", pair.known.given),),
            birth_dates=(pair.known.born,),
        )
        for index in (ours, twin):
            index.upsert(str(row.person_id), encode("protected-person", row))
    met = 0
    for pair in pairs:
        one = Traveller(names=(name(pair.seen.surname or "X", pair.seen.given),), birth_date=pair.seen.born)
        values = raw("border-crossing", crossing(traveller=one))["traveller"]
        assert ours.find(values) == twin.find(values)
        met += len(ours.find(values))
    assert met > len(pairs) / 3


def test_of_too_many_codes_the_rarest_count_whether_anybody_has_them_or_not() -> None:
    """A popular name behind eight rare ones makes no block, though it is the only one that is in use."""
    rare = ["Qwerzuniak", "Blixtvedal", "Fjarkstun", "Grovlepin", "Hjaltmork", "Klimpzerd", "Drakvolen", "Strumpelod"]
    held = person(1, documents=(), personal_numbers=(), dossier_numbers=(), names=(name("Ali", "Ali"),))
    (born,) = held.birth_dates
    for words, finds in ((rare[:6], True), (rare, False)):
        one = Traveller(names=(name(" ".join(words[:4]), " ".join([*words[4:], "Ali"])),), birth_date=born)
        values = raw("border-crossing", crossing(traveller=one))["traveller"]
        for native in (True, False):
            index = make_index(codec("protected-person", raw=True), native=native)
            index.upsert(str(held.person_id), encode("protected-person", held))
            assert bool(index.find(values)) is finds


def _near(index: NativeIndex, traveller: dict[str, Any]) -> tuple[list[int], list[int], int]:
    found = index.find(traveller)
    return (
        [slot for slot, _ in index.near(traveller)],
        [s for s in found if could_be(traveller, index.values(s))],
        len(found),
    )


def test_in_a_simulated_world_just_those_are_near_who_could_be(index: NativeIndex) -> None:
    world = build(Scenario(seed=6, people=3_000, crossings=6_000, observations=0))
    index = NativeIndex(codec("protected-person", raw=True))
    for row in world.registry():
        index.upsert(str(row["person_id"]), codec("protected-person").encode(dict(row)))
    rows, _ = codec("border-crossing", raw=True).decode_batch(
        [event.value for event in world.events() if event.topic == BORDER_CROSSINGS.name]
    )
    together = 0
    for row in filter(None, rows):
        near, could, found = _near(index, row["traveller"])
        assert near == could
        together += found - len(could)
    assert together > 20, "nobody had to be told apart"


def test_who_could_be_only_because_bits_are_rounded_is_near(index: NativeIndex) -> None:
    """7.5 bits of a name and 9 of a date with day and month swapped: 17, as Python rounds, and no less will do."""
    index = NativeIndex(codec("protected-person", raw=True))
    known_as = (name("Mohammad", "Ali Ahmad"),)
    row = person(1, names=known_as, birth_dates=("1974-08-12",), citizenships=(), sex=None)
    index.upsert(str(row.person_id), encode("protected-person", row))
    one = Traveller(names=(name("Ahmad", "Ali Mohammad"),), birth_date="1974-12-08")
    assert _near(index, raw("border-crossing", crossing(traveller=one))["traveller"]) == ([0], [0], 1)


def test_who_was_met_before_is_compared_by_the_newest_row(index: NativeIndex) -> None:
    """What is compared of a person is kept when they are met, until their row changes or they are taken out."""
    index = NativeIndex(codec("protected-person", raw=True))
    held = person(1, documents=(), personal_numbers=(), dossier_numbers=(), names=(name("Qwerzuniak", "Blixtved"),))
    one = Traveller(names=(name("Qwerzuniak", "Blixtved"),), birth_date=held.birth_dates[0])
    values = raw("border-crossing", crossing(traveller=one))["traveller"]
    other_names = held.model_copy(update={"names": (name("Qwerzuniak", "Hjaltmork"), name("Qwerzuniak", "Klimpzerd"))})
    other_date = held.model_copy(update={"birth_dates": (f"{int(held.birth_dates[0][:4]) - 30}-11-30",)})
    other_sex = held.model_copy(update={"sex": Sex.F, "citizenships": ("AFG",)})
    for row in (held, other_names, held, other_date, other_sex, held):
        index.upsert(str(row.person_id), encode("protected-person", row))
        near, could, _ = _near(index, values)
        assert near == could
        assert bool(near) is (row not in (other_names, other_date))
    index.remove(str(held.person_id))
    assert _near(index, values) == ([], [], 0)


def test_who_has_no_birth_date_is_found_by_no_name(tmp_path: Path) -> None:
    """However rare: neither a traveller nor a person of the registry would be a possible match."""
    rare = (name("Qwerzuniak", "Blixtved Hjaltmork"),)
    keyless: dict[str, Any] = {"documents": (), "personal_numbers": (), "dossier_numbers": (), "names": rare}
    people = [person(1, birth_dates=("1974-08-12",), **keyless), person(2, birth_dates=(), **keyless)]
    for native in (True, False):
        index = make_index(codec("protected-person", raw=True), native=native)
        for row in people:
            index.upsert(str(row.person_id), encode("protected-person", row))
        for birth_date, expected in (("1974-08-12", (0,)), ("1950-11-30", ()), (None, ())):
            one = raw("border-crossing", crossing(traveller=Traveller(names=rare, birth_date=birth_date)))["traveller"]
            assert index.find(one) == expected
            if isinstance(index, NativeIndex):
                file = tmp_path / "snapshot"
                index.write_snapshot(file, b"")
                restored = NativeIndex(codec("protected-person", raw=True))
                assert restored.restore_snapshot(file, b"")
                file.unlink()
                assert restored.find(one) == expected


def test_all_that_is_kept_of_a_name_counts(index: NativeIndex) -> None:
    """Who is compared anew must be compared as before: with titles, a Mohammad left out, descent, a name cut short."""
    index = NativeIndex(codec("protected-person", raw=True))
    names = [
        ("Qwerzuniak", "Haji Blixtved"),
        ("Qwerzuniak", "Mohammad Blixtved"),
        ("Qwerzuniak", "Blixtved bin Hjaltmork bin Klimpzerd"),
        ("Qwerzuniakowskinski", "Blixtvedhjaltmorkk Klimp"),
    ]
    for number, names_of_one in enumerate(names):
        row = person(number + 1, names=(name(*names_of_one),), birth_dates=("1974-08-12",))
        index.upsert(str(row.person_id), encode("protected-person", row))
    travellers = [*names, ("Qwerzuniak", "Blixtved"), ("Qwerzuniak", "Hjaltmork bin Blixtved bin Klimpzerd")]
    met = []
    for read in (*travellers, ("Qwerzuniakowskinski", "Blixtvedhjaltmorkk Klimpzerd"), *travellers):
        one = Traveller(names=(name(*read),), birth_date="1974-08-12")
        near, could, _ = _near(index, raw("border-crossing", crossing(traveller=one))["traveller"])
        assert near == could, read
        met.append(len(near))
    assert met[: len(travellers)] == met[-len(travellers) :]
    assert max(met) > 1


def test_who_was_met_before_is_known_when_all_names_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, pairs: list[Pair]
) -> None:
    """Parts of names are numbered anew then, and people met before are not to be compared by the old numbers."""
    monkeypatch.setattr("matcher.native._KEPT_NAMES", 40)
    index = NativeIndex(codec("protected-person", raw=True))
    few = [pair for pair in pairs if pair.same][::20]
    for number, pair in enumerate(few):
        names = (name(pair.known.surname or "X", pair.known.given),)
        row = person(number + 1, names=names, birth_dates=(pair.known.born,))
        index.upsert(str(row.person_id), encode("protected-person", row))
    met = 0
    for pair in [*few, *few]:
        one = Traveller(names=(name(pair.seen.surname or "X", pair.seen.given),), birth_date=pair.seen.born)
        near, could, _ = _near(index, raw("border-crossing", crossing(traveller=one))["traveller"])
        assert near == could
        met += len(near)
    assert met > len(few) / 2


CITIZENSHIPS = st.lists(
    st.sampled_from(["AFG", "SYR", "XKX", "RKS", "XXB", "XXX", "D", "DEU"]), max_size=2, unique=True
)
SEX = st.none() | st.sampled_from(list(Sex))
WHOLE = st.sampled_from(["1974-08-12", "1974-12-08", "1974-01-01", "1974", "1974-08", "1984-08-12"])
COMMON = st.builds(
    name, st.sampled_from(["Karim", "Kareem", "al-Hasan", "Wang"]), st.sampled_from(["Omid", "Umed", "Li"])
)


@LAWS
@given(
    st.lists(
        st.builds(
            person,
            st.integers(1, 6),
            documents=st.lists(st.builds(known, st.sampled_from(["P1", "P2"])), max_size=1),
            personal_numbers=st.just(()),
            dossier_numbers=st.just(()),
            names=st.lists(COMMON, min_size=1, max_size=2) | st.just([name("Karim", "Omid")] * 17),
            birth_dates=st.lists(WHOLE, max_size=9),
            citizenships=CITIZENSHIPS,
            sex=SEX,
        ),
        max_size=6,
    ),
    st.builds(
        Traveller,
        documents=st.lists(st.builds(seen, st.sampled_from(["P1", "P3"])), max_size=1),
        names=st.lists(COMMON, min_size=1, max_size=2),
        birth_date=st.none() | WHOLE,
        citizenships=CITIZENSHIPS,
        sex=SEX,
    ),
)
def test_whoever_they_are_nobody_who_could_be_is_left_out(people: list[Any], one: Traveller) -> None:
    index = NativeIndex(codec("protected-person", raw=True))
    for row in people:
        index.upsert(str(row.person_id), encode("protected-person", row))
    near, could, _ = _near(index, raw("border-crossing", crossing(traveller=one))["traveller"])
    assert set(could) <= set(near)
