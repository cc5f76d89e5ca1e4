"""The machine readable zone: specimens of ICAO Doc 9303, what check digits prove, round trips, hostile input."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from producers.mrz import Mrz, MrzFormat, check_digit, document_kind, read, write
from schemas.reasons import Reason, Refused
from schemas.records import DocumentKind, Sex

NOW = date(2026, 6, 12)

# Parts 4, 6 and 5 of Doc 9303, appendix A and B of each.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
TD2_LONG = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8"
TD1_LONG = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def shown(mrz: Mrz) -> dict[str, object]:
    return {field.name: getattr(mrz, field.name) for field in fields(mrz)}


def td3(**changes: object) -> Mrz:
    return replace(read(TD3, NOW), **changes)  # type: ignore[arg-type]


# --- specimens


def test_the_passport_specimen_of_doc_9303_is_read() -> None:
    assert shown(read(TD3, NOW)) == {
        "format": MrzFormat.TD3,
        "document_code": "P",
        "issuing_state": "UTO",
        "document_number": "L898902C3",
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "nationality": "UTO",
        "birth_date": "1974-08-12",
        "sex": Sex.F,
        "expiry_date": date(2012, 4, 15),
        "optional_data": "ZE184226B",
        "optional_data_2": "",
        "names_may_be_truncated": False,
    }


@pytest.mark.parametrize(("text", "format_"), [(TD2, MrzFormat.TD2), (TD1, MrzFormat.TD1)])
def test_the_card_specimens_of_doc_9303_are_read(text: str, format_: MrzFormat) -> None:
    mrz = read(text, NOW)
    assert (mrz.format, mrz.document_code, mrz.document_number) == (format_, "I", "D23145890")
    assert (mrz.surname, mrz.given_names, mrz.birth_date) == ("ERIKSSON", "ANNA MARIA", "1974-08-12")
    assert (mrz.sex, mrz.expiry_date, mrz.optional_data) == (Sex.F, date(2012, 4, 15), "")


@pytest.mark.parametrize("text", [TD2_LONG, TD1_LONG])
def test_a_number_longer_than_nine_overflows_into_the_optional_data(text: str) -> None:
    mrz = read(text, NOW)
    assert (mrz.document_number, mrz.optional_data, mrz.birth_date) == ("D23145890734", "", "1934-07-12")


@pytest.mark.parametrize("text", [TD3, TD2, TD1, TD2_LONG, TD1_LONG])
def test_the_writer_prints_the_specimens(text: str) -> None:
    assert write(read(text, NOW)) == text


@pytest.mark.parametrize("text", [TD3, TD2, TD1])
def test_lines_may_run_together_or_end_as_on_windows(text: str) -> None:
    assert read(text.replace("\n", ""), NOW) == read(text.replace("\n", "\r\n") + "\r\n", NOW) == read(text, NOW)


def test_an_overflown_number_with_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        read(TD2_LONG.replace("7349", "7348"), NOW)
    assert (caught.value.reason, caught.value.field) == (Reason.DOCUMENT_CHECK_DIGIT, "document_number")


def test_germany_is_d_in_the_zone_and_stays_so() -> None:
    german = read(write(td3(issuing_state="D", nationality="D", document_number="C01X00T47")), NOW)
    assert (german.issuing_state, german.nationality) == ("D", "D")
    assert document_kind(replace(german, nationality="DEU")) == (DocumentKind.PASSPORT, True)


# --- names


def test_full_name_fields_are_noted_as_perhaps_truncated() -> None:
    cut = read(write(td3(surname="NILAVADHANANANDA", given_names="CHAYAPA DEJTHAMRONG KRASUANG")), NOW)
    assert (cut.surname, cut.given_names) == ("NILAVADHANANANDA", "CHAYAPA DEJTHAMRONG K")
    assert cut.names_may_be_truncated


def test_a_long_surname_leaves_room_for_a_given_name() -> None:
    cut = read(write(td3(surname="A" * 60, given_names="ANNA")), NOW)
    assert (cut.surname, cut.given_names, cut.names_may_be_truncated) == ("A" * 36, "A", True)


def test_names_that_end_before_the_field_are_whole() -> None:
    assert not read(TD3, NOW).names_may_be_truncated


def test_a_single_name_is_read_from_either_side() -> None:
    assert shown(read(write(td3(surname="ARKFREITH", given_names="")), NOW))["given_names"] == ""
    only_given = read(write(td3(surname="", given_names="ARKFREITH")), NOW)
    assert (only_given.surname, only_given.given_names) == ("", "ARKFREITH")


# --- dates


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("7408<<", "1974-08"),
        ("74<<<<", "1974"),
        ("<<<<<<", None),
        ("74<<12", "1974"),  # a day without a month says nothing
        ("740800", "1974-08"),
        ("740000", "1974"),
        ("260612", "2026-06-12"),  # today
        ("260613", "1926-06-13"),  # tomorrow is a hundred years ago
        ("26<<<<", "2026"),
        ("27<<<<", "1927"),
        ("2606<<", "2026-06"),
        ("2607<<", "1926-07"),
        ("000229", "2000-02-29"),
    ],
)
def test_birth_dates_keep_the_precision_known_and_never_lie_ahead(digits: str, expected: str | None) -> None:
    assert read(with_birth_date(digits), NOW).birth_date == expected


@pytest.mark.parametrize("digits", ["741301", "740231", "7<0812", "7A0812", "74081<"])
def test_an_impossible_birth_date_is_refused(digits: str) -> None:
    with pytest.raises(Refused) as caught:
        read(with_birth_date(digits), NOW)
    assert (caught.value.reason, caught.value.field) == (Reason.MRZ_FORMAT, "birth_date")


def with_birth_date(digits: str) -> str:
    """The passport specimen with other birth digits, and check digits that are right for them."""
    first, second = TD3.split("\n")
    body = second[:13] + digits + check_digit(digits) + second[20:43]
    return f"{first}\n{body}{check_digit(body[:10] + body[13:20] + body[21:43])}"


@pytest.mark.parametrize(
    ("now", "expiry"), [(date(2026, 1, 1), date(2075, 12, 31)), (date(2025, 1, 1), date(1975, 12, 31))]
)
def test_an_expiry_year_is_the_one_nearest(now: date, expiry: date) -> None:
    # 75 is 49 years ahead of 2026, and 50 years ahead of 2025 as well as 50 behind.
    assert read(write(td3(expiry_date=date(2075, 12, 31))), now).expiry_date == expiry


# --- what the check digits prove

CHECKED = {MrzFormat.TD3: [*range(44, 54), *range(57, 64), *range(65, 88)]}
CHECKED[MrzFormat.TD2] = [*range(36, 46), *range(49, 56), *range(57, 72)]
CHECKED[MrzFormat.TD1] = [*range(5, 30), *range(30, 37), *range(38, 45), *range(48, 60)]
ALPHABET = "<" + string.digits + string.ascii_uppercase
VALUE = {"<": 0} | {character: value for value, character in enumerate(string.digits + string.ascii_uppercase)}


@given(st.sampled_from([TD3, TD2, TD1]), st.data())
def test_a_changed_character_in_a_checked_field_is_refused_unless_its_value_is_the_same_modulo_ten(
    text: str, data: st.DataObject
) -> None:
    flat = text.replace("\n", "")
    place = data.draw(st.sampled_from(CHECKED[read(text, NOW).format]))
    other = data.draw(st.sampled_from([c for c in ALPHABET if (VALUE[c] - VALUE[flat[place]]) % 10]))
    with pytest.raises(Refused) as caught:
        read(flat[:place] + other + flat[place + 1 :], NOW)
    assert caught.value.reason in (Reason.DOCUMENT_CHECK_DIGIT, Reason.MRZ_FORMAT)


def test_letters_ten_apart_pass_unseen_for_the_weights_cannot_tell_them() -> None:
    # B and L are 11 and 21: the known weakness of 7-3-1, which no reader can repair.
    assert read(TD3.replace("L898902C3", "B898902C3"), NOW).document_number == "B898902C3"


def test_names_and_nationality_have_no_check_digit() -> None:
    assert read(TD3.replace("ERIKSSON", "ERIKSSEN"), NOW).surname == "ERIKSSEN"
    assert read(TD3.replace("6UTO", "6SWE"), NOW).nationality == "SWE"


@pytest.mark.parametrize(
    ("place", "field"),
    [(53, "document_number"), (63, "birth_date"), (71, "expiry_date"), (86, "optional_data"), (87, "composite")],
)
def test_a_wrong_check_digit_names_its_field(place: int, field: str) -> None:
    flat = TD3.replace("\n", "")
    wrong = str((int(flat[place]) + 1) % 10)
    with pytest.raises(Refused) as caught:
        read(flat[:place] + wrong + flat[place + 1 :], NOW)
    assert (caught.value.reason, caught.value.field) == (Reason.DOCUMENT_CHECK_DIGIT, field)


# --- round trip

words = st.lists(st.text(string.ascii_uppercase, min_size=1, max_size=8), min_size=1, max_size=2).map(" ".join)
birth_dates = st.dates(date(1927, 1, 1), NOW).map(date.isoformat)
numbers = st.text(string.digits + string.ascii_uppercase, min_size=1, max_size=9)
optional = st.text(string.digits + string.ascii_uppercase, max_size=7)
zones = st.builds(
    Mrz,
    format=st.sampled_from(MrzFormat),
    document_code=st.sampled_from(["P", "PR", "I", "AR", "C"]),
    issuing_state=st.sampled_from(["SWE", "D", "UTO"]),
    document_number=numbers,
    surname=st.one_of(st.just(""), st.text(string.ascii_uppercase, min_size=1, max_size=9)),
    given_names=words,
    nationality=st.sampled_from(["SWE", "D", "XXA", "XXB", "XXC", "XXX", "SYR"]),
    birth_date=st.one_of(
        st.none(), birth_dates, birth_dates.map(lambda text: text[:7]), birth_dates.map(lambda text: text[:4])
    ),
    sex=st.sampled_from(Sex),
    expiry_date=st.one_of(st.none(), st.dates(date(1977, 1, 1), date(2075, 12, 31))),
    optional_data=optional,
)


@given(zones)
def test_what_is_written_is_read_again(mrz: Mrz) -> None:
    text = write(mrz)
    assert shown(read(text, NOW)) | {"names_may_be_truncated": False} == shown(mrz)
    assert write(read(text, NOW)) == text


@given(zones, st.text(string.digits + string.ascii_uppercase, min_size=10, max_size=14))
def test_long_numbers_of_cards_are_read_again(mrz: Mrz, number: str) -> None:
    card = replace(mrz, format=MrzFormat.TD1, document_number=number, optional_data="", optional_data_2="7X")
    again = read(write(card), NOW)
    assert (again.document_number, again.optional_data, again.optional_data_2) == (number, "", "7X")


@given(words, words, words)
@example("A A", "A A", "A AAAAAAA")
def test_cut_names_begin_as_the_whole_ones_and_end_with_a_letter(one: str, two: str, three: str) -> None:
    surname, given_names = f"{one} {two}", f"{three} {one} {two} {three} {one}"
    last = write(td3(surname=surname, given_names=given_names)).split("\n")[0]
    assert len(last) == 44
    if len(f"{surname}<<{given_names}") >= 39:
        assert last[-1].isalpha()
        assert read(write(td3(surname=surname, given_names=given_names)), NOW).given_names


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"document_number": "1234567890"}, "document_number"),
        ({"document_number": "AB 12"}, "document_number"),
        ({"optional_data": "X" * 15}, "optional_data"),
        ({"optional_data_2": "X"}, "optional_data_2"),
        ({"surname": "Öberg"}, "names"),
    ],
)
def test_the_writer_refuses_what_does_not_fit_and_names_the_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field} do(es)? not fit"):
        write(td3(**changes))


# --- hostile input


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read(text, NOW)
    assert caught.value.reason is Reason.MRZ_FORMAT


@given(st.sampled_from([88, 72, 90]).flatmap(lambda size: st.text(ALPHABET, min_size=size, max_size=size)))
def test_any_zone_is_read_or_refused_without_its_content_in_the_error(text: str) -> None:
    refusal: Refused | None = None
    try:
        read(text, NOW)
    except Refused as raised:
        refusal = raised
    if refusal is not None:
        assert refusal.reason in (Reason.MRZ_FORMAT, Reason.DOCUMENT_CHECK_DIGIT)
        assert refusal.field in {*(field.name for field in fields(Mrz)), "characters", "composite", "length", "names"}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "length"),
        ("P<UTO" * 100_000, "length"),
        (TD3 + "\n" + TD3, "length"),
        (TD3[:-1], "length"),
        (TD3.replace("\n", "<\n")[:-1], "length"),  # right length, wrong lines
        (TD3.lower(), "characters"),
        (TD3.replace("ERIKSSON", "ERIKSS\u00d6N"), "characters"),
        (TD3.replace("ERIKSSON", "ERIKSS\u0660N"), "characters"),
        (TD3.replace("ERIKSSON", "ER1KSSON"), "names"),
        ("V" + TD3[1:], "document_code"),
        ("P<123" + TD3[5:], "issuing_state"),
        (TD3.replace("6UTO", "6U<O"), "nationality"),
        (TD3.replace("2F1", "2Q1"), "sex"),
        ("P<UTO" + "<" * 39 + TD3[44:], "names"),
    ],
)
def test_malformed_zones_are_refused_naming_the_field(text: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        read(text, NOW)
    assert (caught.value.reason, caught.value.field) == (Reason.MRZ_FORMAT, field)


def test_a_zone_shows_nothing_of_the_holder_when_printed_by_accident() -> None:
    assert "ERIKSSON" not in repr(read(TD3, NOW))
