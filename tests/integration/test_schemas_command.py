"""`resesignal schemas` as its user meets it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import consumers.schema_registry
from deploy.commands.schemas import app
from schemas.topics import TOPICS
from schemas.versions import SchemaChangedError, Step
from tests.fake_registry import fake_registry


def test_register_registers_every_topic_and_says_under_which_id() -> None:
    with fake_registry() as url:
        first = CliRunner().invoke(app, ["register", "--registry", url, "--json"])
        assert first.exit_code == 0
        assert set(json.loads(first.stdout)) == set(TOPICS)
        again = CliRunner(env={"RESESIGNAL_SCHEMA_REGISTRY_URL": url}).invoke(app, ["register", "--json"])
        assert again.stdout == first.stdout
        table = CliRunner().invoke(app, ["register", "--registry", url])
        assert all(topic in table.stdout for topic in TOPICS)


def test_register_tells_a_registry_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers.schema_registry, "_PAUSES_S", (0.0,))
    result = CliRunner().invoke(app, ["register", "--registry", "http://user:secret@127.0.0.1:9/"])
    assert result.exit_code == 3
    assert "did not answer" in result.stderr
    assert "secret" not in result.output


def test_register_tells_a_wrong_address() -> None:
    with fake_registry() as url:
        result = CliRunner().invoke(app, ["register", "--registry", url.replace("ccompat", "other")])
    assert result.exit_code == 1
    assert "registry-address" in result.stderr


def test_check_is_quiet_where_all_is_recorded_and_says_what_to_do_where_not(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = CliRunner().invoke(app, ["check"])
    assert (fine.exit_code, fine.stdout) == (0, "Every schema is recorded in schemas/history.\n")
    change = SchemaChangedError("redrive", Step.COPY, "copy it over schemas/history/redrive/1.avsc")
    monkeypatch.setattr("deploy.commands.schemas.unrecorded_changes", lambda: [change])
    told = CliRunner().invoke(app, ["check"])
    assert (told.exit_code, told.stdout) == (1, "copy: copy it over schemas/history/redrive/1.avsc\n")
