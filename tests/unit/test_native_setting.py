"""The setting that chooses the native core."""

from __future__ import annotations

import pytest

from deploy.settings import SettingsError, read_settings


@pytest.mark.parametrize(
    ("setting", "built", "used"),
    [("auto", True, True), ("auto", False, False), ("off", True, False), ("on", True, True)],
)
def test_the_native_core_is_used_where_it_was_built_and_wanted(
    monkeypatch: pytest.MonkeyPatch, setting: str, built: bool, used: bool
) -> None:
    monkeypatch.setattr("deploy.settings.available", lambda: built)
    assert read_settings(native=setting).use_native() is used


def test_a_native_core_that_is_asked_for_and_was_not_built_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.settings.available", lambda: False)
    with pytest.raises(SettingsError, match="RESESIGNAL_NATIVE is on"):
        read_settings(native="on").use_native()
