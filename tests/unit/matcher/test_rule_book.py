"""Several versions of the rules: which applies to an event, what fits together, and one digest for one meaning."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from matcher.rule_book import DEFAULT_RULES, Days, RuleBook, days_of, load_rule_book, never_applied, uncovered
from matcher.rules import Rule, RuleSet
from matcher.rules_faults import RuleSetError
from schemas.records import EventKind
from tests.builders import NOON, crossing, found, person, rules

SHIPPED = (DEFAULT_RULES / "2026-1.toml").read_text("utf-8")
FIRST, SECOND = date(2026, 1, 1), date(2026, 7, 1)
RULE: Rule = rules().sets[0].rule[2]


def rule_set(version: str, start: date = FIRST, end: date | None = None, rule: Rule = RULE) -> RuleSet:
    return RuleSet(
        format=1, version=version, applies_from=start, applies_to=end, agreed_by=("Migrationsverket",), rule=(rule,)
    )


def book(*sets: RuleSet) -> RuleBook:
    return RuleBook(sets)


def at(book: RuleBook, day: date) -> str | None:
    rules = book.at(day)
    return rules.version if rules else None


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2025, 12, 31), None),
        (FIRST, "2026-1"),
        (date(2026, 6, 30), "2026-1"),
        (SECOND, "2026-2"),
        (date(2026, 7, 31), "2026-2"),
        # The last day is included; after it the older one, which has no end, applies again.
        (date(2026, 8, 1), "2026-1"),
        (date(2027, 1, 1), "2026-10"),
        (date(9999, 12, 31), "2026-10"),
    ],
)
def test_to_a_day_applies_the_newest_version_that_holds_it(day: date, version: str | None) -> None:
    three = book(
        rule_set("2026-1"), rule_set("2026-2", SECOND, date(2026, 7, 31)), rule_set("2026-10", date(2027, 1, 1))
    )
    assert at(three, day) == version
    assert three.version == "2026-10"


def test_versions_are_compared_as_numbers() -> None:
    assert at(book(rule_set("2026-9"), rule_set("2026-10")), FIRST) == "2026-10"
    with pytest.raises(ValueError, match="rise by version"):
        book(rule_set("2026-10"), rule_set("2026-9"))
    with pytest.raises(ValueError, match="rise by version"):
        book()


@pytest.mark.parametrize(
    ("sets", "gaps"),
    [
        ([rule_set("2026-1")], ()),
        ([rule_set("2026-1", FIRST, date(2026, 6, 30)), rule_set("2026-2", SECOND)], ()),
        (
            [rule_set("2026-1", FIRST, date(2026, 6, 29)), rule_set("2026-2", SECOND)],
            (Days(date(2026, 6, 30), date(2026, 6, 30)),),
        ),
        ([rule_set("2026-1", FIRST, date(2026, 12, 31))], (Days(date(2027, 1, 1), None),)),
        (
            [rule_set("2026-1", FIRST, date(2026, 12, 31)), rule_set("2026-2", SECOND, date(2026, 7, 31))],
            (Days(date(2027, 1, 1), None),),
        ),
        ([rule_set("2026-1", FIRST, date.max)], ()),
    ],
)
def test_days_that_no_set_covers_are_told(sets: list[RuleSet], gaps: tuple[Days, ...]) -> None:
    assert uncovered(book(*sets)) == gaps
    for gap in gaps:
        assert book(*sets).at(gap.first) is None
        assert book(*sets).at(gap.first - timedelta(days=1)) is not None


def test_the_days_of_a_set_are_those_that_newer_ones_leave() -> None:
    old, new = rule_set("2026-1"), rule_set("2026-2", SECOND, date(2026, 7, 31))
    both = book(old, new)
    assert days_of(both, old) == (Days(FIRST, date(2026, 6, 30)), Days(date(2026, 8, 1), None))
    assert days_of(both, new) == (Days(SECOND, date(2026, 7, 31)),)
    assert never_applied(both) == ()
    replaced = book(old, rule_set("2026-2"))
    assert never_applied(replaced) == (old,)
    short = rule_set("2026-1", FIRST, date(2026, 1, 31))
    assert days_of(book(short, rule_set("2026-2", SECOND)), short) == (Days(FIRST, date(2026, 1, 31)),)
    assert str(Days(FIRST, None)) == "from 2026-01-01 on"
    assert str(Days(FIRST, SECOND)) == "2026-01-01 to 2026-07-01"


def test_the_rules_of_the_day_of_the_event_are_applied_and_named() -> None:
    other = RULE.model_copy(update={"id": "another-rule"})
    two = book(rule_set("2026-1"), rule_set("2026-2", NOON.date() + timedelta(days=1), rule=other))
    (before,) = found(crossing(at=datetime.fromisoformat("2026-03-02T23:59:59+01:00")), person(), book=two)
    (after,) = found(crossing(at=datetime.fromisoformat("2026-03-03T00:00:00+01:00")), person(), book=two)
    assert (before.finding.rule_set, before.finding.rules[0].rule_id) == ("2026-1", RULE.id)
    assert (after.finding.rule_set, after.finding.rules[0].rule_id) == ("2026-2", "another-rule")


def test_on_a_day_that_no_set_covers_nothing_is_relevant() -> None:
    later = book(rule_set("2026-2", NOON.date() + timedelta(days=1)))
    assert found(crossing(), person(), book=later) == ()
    assert found(crossing(kind=EventKind.CORRECTED, revision=2), person(), book=later) == ()


def test_a_set_that_is_tried_applies_to_every_day_and_alone() -> None:
    tried = book(rule_set("2026-1"), rule_set("2026-2", SECOND, SECOND)).as_if_always()
    assert (at(tried, date.min), at(tried, date.max)) == ("2026-2", "2026-2")


# --- reading


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


def text(version: str, start: str) -> str:
    return SHIPPED.replace('"2026-1"', f'"{version}"').replace("applies_from = 2010-01-01", f"applies_from = {start}")


def test_a_folder_is_read_in_the_order_of_versions_whatever_its_files_are_called(tmp_path: Path) -> None:
    place = folder(tmp_path, a=text("2026-10", "2027-01-01"), b=text("2026-9", "2026-01-01"))
    (tmp_path / "README.md").write_text("not rules", "utf-8")
    read = load_rule_book(place)
    assert [rules.version for rules in read.sets] == ["2026-9", "2026-10"]
    assert load_rule_book(place / "a.toml").sets == (read.sets[1],)


def test_the_shipped_rules_are_one_book() -> None:
    shipped = load_rule_book(DEFAULT_RULES)
    assert (shipped.sets[0].version, uncovered(shipped)) == ("2026-1", ())
    assert shipped.titles["left-for-examined-country"] == "Utresa mot ett land som skyddsskälen har prövats mot"


def test_a_title_is_that_of_the_newest_version_that_has_the_rule() -> None:
    renamed = RULE.model_copy(update={"title": "Ny rubrik"})
    gone = RULE.model_copy(update={"id": "gone", "title": "Borttagen"})
    first = rule_set("2026-1").model_copy(update={"rule": (RULE, gone)})
    assert book(first, rule_set("2026-2", rule=renamed)).titles == {RULE.id: "Ny rubrik", "gone": "Borttagen"}


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        a=text("2026-1", "2026-01-01").replace('direction = "EXIT"', 'directon = "EXIT"'),
        b="format = 1 =",
        c=text("2026-3", "2026-09-01"),
        d=text("2026-4", "2026-08-01"),
        e=text("2026-4", "2026-10-01"),
    )
    with pytest.raises(RuleSetError) as error:
        load_rule_book(place)
    told = str(error.value).splitlines()
    assert [fault.file for fault in error.value.faults] == ["a.toml", "b.toml", "d.toml", "e.toml"]
    assert "rule.1.when.directon: is not a field of the vocabulary; did you mean direction?" in told[0]
    assert told[1].startswith("b.toml, line 1: not valid TOML: ")
    start, version = (
        next(n for n, line in enumerate(SHIPPED.splitlines(), 1) if part in line)
        for part in ("applies_from =", "version =")
    )
    assert told[2] == (
        f"d.toml, line {start}: version 2026-4 begins on 2026-08-01, before the older version 2026-3 (2026-09-01); "
        "versions rise with their first day"
    )
    assert told[3] == (
        f"e.toml, line {version}: version 2026-4 is there twice; a match names its version, so give it another"
    )


def test_a_folder_without_rules_and_a_place_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="holds no rule set; put files that end in"):
        load_rule_book(tmp_path)
    with pytest.raises(RuleSetError, match=r"^nowhere: cannot be read"):
        load_rule_book(tmp_path / "nowhere")


# --- digest


def test_the_same_rules_have_the_same_digest_however_they_are_written(tmp_path: Path) -> None:
    written = text("2026-2", "2026-07-01")
    again = "\n".join(line for line in written.splitlines() if not line.startswith("#"))
    again = again.replace('format = 1\nversion = "2026-2"', 'version = "2026-2"\nformat = 1')
    again = again.replace(
        '["TRAVELLED_TO", "STAYED_IN"], direction = "ENTRY"', '["STAYED_IN", "TRAVELLED_TO"], direction = "ENTRY"'
    )
    again = again.replace(
        '{ evidence = ["TRAVELLED_TO", "INTENDED_DESTINATION"], direction = "EXIT" }',
        '{ direction = "EXIT", evidence = ["TRAVELLED_TO", "INTENDED_DESTINATION"] }',
    )
    assert again.count('{ direction = "EXIT"') == again.count('["STAYED_IN", "TRAVELLED_TO"]') == 1
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = load_rule_book(folder(tmp_path / "one", a=SHIPPED, b=written))
    two = load_rule_book(folder(tmp_path / "two", z=SHIPPED, y=again))
    assert one.digest == two.digest
    assert len(one.digest) == 64


def test_another_meaning_has_another_digest() -> None:
    first, other = rule_set("2026-1"), rule_set("2026-1", FIRST, SECOND)
    retitled = RULE.model_copy(update={"title": "Ny rubrik"})
    books = [
        book(first),
        book(other),
        book(rule_set("2026-2")),
        book(first, rule_set("2026-2")),
        book(rule_set("2026-1", rule=retitled)),
        book(rule_set("2026-1", rule=RULE.model_copy(update={"look_for": ()}))),
    ]
    assert len({one.digest for one in books}) == len(books)


def test_the_digest_is_the_same_in_every_process_and_release() -> None:
    """Fails where a new default of the vocabulary would have every event examined again."""
    assert book(rule_set("2026-1")).digest == "4c5b10937baaddce6d04d5eabc443321d116ef66a14bd68958567ade416c1127"


def test_a_finding_is_the_same_whichever_other_versions_the_book_has() -> None:
    (alone,) = found(crossing(), person(), book=book(rule_set("2026-1")))
    (beside,) = found(crossing(), person(), book=book(rule_set("2026-1"), rule_set("2026-2", SECOND)))
    assert alone.finding.model_dump() == beside.finding.model_dump()


def test_a_name_that_is_too_long_is_refused_with_a_sentence() -> None:
    with pytest.raises(RuleSetError, match=r"cannot be read \(File name too long\); check the path"):
        load_rule_book(Path("x" * 300))
