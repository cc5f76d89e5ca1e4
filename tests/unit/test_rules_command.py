"""`resesignal rules check`, `explain` and `diff`: what they say, to people and to scripts, and their exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.commands.rules import app
from matcher.rule_book import DEFAULT_RULES

SHIPPED = DEFAULT_RULES / "2026-1.toml"
TEXT = SHIPPED.read_text("utf-8")


def run(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb", **environment})


def written(folder: Path, version: str, start: str, *changes: tuple[str, str]) -> Path:
    text = TEXT.replace('"2026-1"', f'"{version}"').replace("applies_from = 2010-01-01", f"applies_from = {start}")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / f"{version}.toml"
    file.write_text(text, "utf-8")
    return file


@pytest.mark.parametrize("command", ["check", "explain", "diff", "try"])
def test_the_help_of_a_command_tells_an_example(command: str) -> None:
    told = run(command, "--help")
    assert told.exit_code == 0
    assert f"Example: resesignal rules {command} " in told.stdout


def test_the_shipped_rules_are_checked_without_a_path() -> None:
    told = run("check")
    assert told.exit_code == 0, told.output
    assert "2026-1" in told.stdout
    assert "2010-01-01" in told.stdout
    assert "No set applies" not in told.stdout


def test_the_rules_checked_are_those_of_the_setting(tmp_path: Path) -> None:
    written(tmp_path, "2026-7", "2026-01-01")
    document = json.loads(run("check", "--json", RESESIGNAL_RULES_FILE=str(tmp_path)).stdout)
    assert (document["version"], document["faults"]) == ("2026-7", [])


def test_days_without_rules_and_sets_that_never_apply_are_told_and_are_no_error(tmp_path: Path) -> None:
    written(tmp_path, "2026-1", "2026-01-01")
    end = ("agreed_by = [", "applies_to = 2026-06-30\nagreed_by = [")
    written(tmp_path, "2026-2", "2026-01-01")
    written(tmp_path, "2026-3", "2026-09-01")
    told = run("check", tmp_path)
    assert told.exit_code == 0
    assert "Version 2026-1 never applies." in told.stdout
    assert "2026-01-01 to 2026-08-31" in told.stdout
    for file in tmp_path.iterdir():
        file.unlink()
    written(tmp_path, "2026-1", "2026-01-01", end)
    written(tmp_path, "2026-2", "2026-09-01", (end[0], "applies_to = 2026-12-31\nagreed_by = ["))
    told = run("check", tmp_path)
    assert told.exit_code == 0
    assert "No set applies to events from 2026-07-01 to 2026-08-31: none of them is relevant." in told.stdout
    assert "No set applies to events from 2027-01-01 on: none of them is relevant." in told.stdout
    assert json.loads(run("check", tmp_path, "--json").stdout)["uncovered"] == [
        {"first": "2026-07-01", "last": "2026-08-31"},
        {"first": "2027-01-01", "last": None},
    ]


def test_alternatives_that_are_never_met_with_the_rest_are_told_and_are_no_error(tmp_path: Path) -> None:
    dead = ('["TRAVELLED_TO", "INTENDED_DESTINATION"]', '["TRAVELLED_TO", "STAYED_IN"]')
    file = written(tmp_path, "2026-2", "2026-07-01", dead)
    told = run("check", file)
    assert told.exit_code == 0
    assert "left-for-examined-country of version 2026-2: evidence STAYED_IN is never met with the rest; " in told.stdout
    rule = {"version": "2026-2", "rule": "left-for-examined-country", "field": "evidence", "value": "STAYED_IN"}
    assert json.loads(run("check", file, "--json").stdout)["never_met"] == [rule]
    assert json.loads(run("check", SHIPPED, "--json").stdout)["never_met"] == []
    refugees = ('direction = "EXIT" }', 'direction = "EXIT", status = ["REFUGEE"] }')
    told = run("check", written(tmp_path, "2026-3", "2026-07-01", refugees))
    assert "version 2026-3: legal_basis ALTERNATIVE_PROTECTION is never met with the rest; leave it out." in told.stdout


def test_conditions_that_exclude_each_other_end_the_check_with_1(tmp_path: Path) -> None:
    file = written(
        tmp_path, "2026-2", "2026-07-01", ('direction = "EXIT"', 'direction = "EXIT", stay_days_at_least = 2')
    )
    told = run("check", file)
    assert told.exit_code == 1
    says = 'rule.1.when: direction = "EXIT" and stay_days_at_least = 2 exclude each other: no event meets both'
    assert told.stderr == f"2026-2.toml, line 27: {says}\n"


def test_every_error_is_told_with_file_and_line_and_ends_with_1(tmp_path: Path) -> None:
    written(tmp_path, "2026-1", "2026-01-01", ('direction = "EXIT"', 'directon = "EXIT"'))
    written(tmp_path, "2026-2", "2026-01-01", ('source = "mission-observations"', 'source = "missions"'))
    told = run("check", tmp_path)
    assert told.exit_code == 1
    lines = told.stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == ["2026-1.toml, line 27", "2026-2.toml, line 54"]
    assert TEXT.splitlines()[26].startswith("when = ")
    document = json.loads(run("check", tmp_path, "--json").stdout)
    assert [(fault["file"], fault["line"]) for fault in document["faults"]] == [
        ("2026-1.toml", 27),
        ("2026-2.toml", 54),
    ]
    for refused in (run("explain", tmp_path), run("diff", SHIPPED, tmp_path), run("try", tmp_path, "--days", "3")):
        assert (refused.exit_code, refused.stderr) == (1, told.stderr)


def test_rules_are_explained_in_swedish() -> None:
    told = run("explain", SHIPPED).stdout
    for text in (
        "Regeluppsättning 2026-1",
        "Gäller händelser från och med 2010-01-01 och tills vidare. Myndigheter som ska vara överens: ",
        "- Det gäller en utresa från Sverige.",
        "Kan beröra, med rättslig grund:",
        "- alternativ skyddsstatus: UtlL 4 kap. 5 a §; Förordning (EU) 2024/1347 art. 19.1\n",
        "- uppehållstillstånd: UtlL 7 kap.\n",
        "- En nära anhörig kan ha avlidit eller begravts.",
    ):
        assert text in told
    document = json.loads(run("explain", SHIPPED, "--json").stdout)
    assert len(document["rules"]) == 4
    assert document["rules"][1]["requires"][1] == "Det gäller en utresa från Sverige."
    assert document["rules"][1]["may_concern"][2:] == [
        {"outcome": "uppehållstillstånd", "legal_basis": ["UtlL 7 kap."]},
        {"outcome": "resedokument eller främlingspass", "legal_basis": ["UtlF 2 kap. 1 c §"]},
    ]


def test_the_set_of_a_day_is_explained(tmp_path: Path) -> None:
    written(tmp_path, "2026-1", "2026-01-01")
    written(tmp_path, "2026-2", "2026-07-01")
    assert "Regeluppsättning 2026-2" in run("explain", tmp_path).stdout
    assert "Regeluppsättning 2026-1" in run("explain", tmp_path, "--day", "2026-06-30").stdout
    assert "Ingen regeluppsättning gäller" in run("explain", tmp_path, "--day", "2025-12-31").stdout
    assert json.loads(run("explain", tmp_path, "--day", "2025-12-31", "--json").stdout) is None


def test_what_changes_between_two_sets_is_told_in_swedish(tmp_path: Path) -> None:
    new = written(
        tmp_path,
        "2026-2",
        "2026-07-01",
        ('"TRAVELLED_TO", "INTENDED_DESTINATION"]', '"TRAVELLED_TO"]'),
        ('id = "observed-by-mission', 'id = "seen-by-mission'),
        ('legal_basis.TRAVEL_DOCUMENT = ["UtlF 2 kap. 1 c §"]\nlook_for = ["ILLNESS"', 'look_for = ["ILLNESS"'),
    )
    told = run("diff", SHIPPED, new).stdout
    for text in (
        "Från 2026-1 till 2026-2",
        "+ Gäller händelser från och med 2026-07-01 och tills vidare.",
        "Ny regel:",
        "(seen-by-mission-in-examined-country)",
        "Borttagen regel:",
        "(observed-by-mission-in-examined-country)",
        "Ändrad regel (snävare):",
        "Krav (snävare):",
        "Kan beröra (snävare):\n    − resedokument eller främlingspass",
        "Rättslig grund för resedokument eller främlingspass:\n    − UtlF 2 kap. 1 c §",
    ):
        assert text in told
    document = json.loads(run("diff", SHIPPED, new, "--json").stdout)
    assert [rule["id"] for rule in document["added"]] == ["seen-by-mission-in-examined-country"]
    (changed,) = document["changed"]
    assert (changed["id"], changed["reach"]) == ("left-for-examined-country", "snävare")
    assert "Inget ändras." in run("diff", SHIPPED, SHIPPED).stdout


def test_brackets_in_a_rule_stay_text(tmp_path: Path) -> None:
    new = written(tmp_path, "2026-2", "2026-07-01", ('title = "Utresa mot', 'title = "Utresa [red]mot[/red]'))
    assert "Utresa [red]mot[/red] ett land" in run("explain", new).stdout
    assert "+ Utresa [red]mot[/red] ett land" in run("diff", SHIPPED, new).stdout


UNREADABLE = {"deep": "a=" + "[" * 5000, "bigint": "a=" + "9" * 100_000}


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_for_its_size_ends_every_command_with_1_and_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "new.toml"
    file.write_text(text)
    commands: list[tuple[str | Path, ...]] = [
        ("check", file),
        ("explain", file),
        ("diff", SHIPPED, file),
        ("diff", file, SHIPPED),
        ("try", file, "--days", "3"),
    ]
    for command in commands:
        told = run(*command)
        assert (told.exit_code, told.stdout) == (1, "")
        assert told.stderr.startswith("new.toml")
        assert len(told.stderr.splitlines()) == 1
    assert run("check", RESESIGNAL_RULES_FILE=str(file)).exit_code == 1
