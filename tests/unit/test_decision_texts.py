"""What may not stand in a decision, which is kept for good."""

from __future__ import annotations

import pytest

from consumers.decision_texts import TextUnfit, check_name, check_text

# Invented numbers; the last digit of none is checked.
PERSONAL = (
    "900101-1234",
    "9001011234",
    "19900101-1234",
    "199001011234",
    "19900101 1234",
    "900101+1234",
    "900101\u20131234",
    "900161-1234",  # a samordningsnummer
    "000229-1234",
    "\uff19\uff10\uff10\uff11\uff10\uff11\uff0d\uff11\uff12\uff13\uff14",
)
FIT = (
    "Another date of birth",
    "Same passport photo; compared with dossier 12345678.",
    "Annan födelsedag än i akten, se sidan 4",
    "901301-1234",  # no such month
    "900132-1234",  # no such day
    "12900101-1234",  # no such century
    "Case 2026-12345",
    "1f0c9a3e-9001-4466-8466-900101123456",
    "90010112345",
)


@pytest.mark.parametrize("number", PERSONAL)
@pytest.mark.parametrize("around", ["{}", "It is {}, compared today", "pnr:{}."])
def test_what_looks_like_a_personal_number_is_refused_and_not_repeated(number: str, around: str) -> None:
    with pytest.raises(TextUnfit, match="kept for good") as caught:
        check_text(around.format(number))
    assert number not in str(caught.value)


@pytest.mark.parametrize("text", FIT)
def test_other_texts_pass(text: str) -> None:
    check_text(text)


@pytest.mark.parametrize("sign", ["\x1b", "\n", "\t", "\x00", "\u202e", "\u2028", "\udc80"])
def test_signs_that_nobody_sees_are_refused(sign: str) -> None:
    with pytest.raises(TextUnfit, match="control characters"):
        check_text(f"Another{sign}date of birth")


@pytest.mark.parametrize("number", PERSONAL)
def test_who_orders_something_is_not_named_by_a_personal_number(number: str) -> None:
    with pytest.raises(TextUnfit, match="give a user name") as caught:
        check_name(f"Operator {number}")
    assert number not in str(caught.value)


def test_a_name_has_no_signs_that_nobody_sees_and_is_no_book() -> None:
    check_name("drift.ett")
    for name in ("drift\n", "drift\udc80", "d" * 501):
        with pytest.raises(TextUnfit):
            check_name(name)
