"""The tables in the pages are those of the code; `python -m deploy.page_tables` writes them."""

from __future__ import annotations

import pytest

from deploy.page_tables import PAGES, ROOT, with_tables
from deploy.settings import settings_table
from schemas.reasons import Reason
from schemas.topics import TOPICS


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_of_a_page_are_those_of_the_code(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")

    assert with_tables(text, PAGES[page]) == text, "run: python -m deploy.page_tables"


def test_the_readme_has_every_setting_and_topic() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()

    for name, default, meaning in settings_table():
        assert f"| `{name}` | {default} | {meaning} |" in lines
    for topic in TOPICS.values():
        row = next(line for line in lines if line.startswith(f"| `{topic.name}` |"))
        assert f"| {topic.title} |" in row
        assert f"| {topic.partitions} |" in row
        assert f"| {', '.join(topic.writers)} |" in row


def test_an_agency_finds_every_reason_with_its_advice() -> None:
    lines = (ROOT / "docs/agency.md").read_text("utf-8").splitlines()

    for reason in Reason:
        assert f"| `{reason.value}` | {reason.advice} |" in lines


@pytest.mark.parametrize("text", ["", "<!-- reasons -->\n<!-- /reasons -->\n" * 2], ids=["missing", "twice"])
def test_a_page_without_one_place_for_its_table_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="one place for the table reasons"):
        with_tables(text, ["reasons"])


def test_a_table_that_was_changed_by_hand_is_put_right() -> None:
    right = with_tables("<!-- reasons -->\n<!-- /reasons -->\n", ["reasons"])

    assert with_tables(right.replace("payload-missing", "payload-mising"), ["reasons"]) == right
