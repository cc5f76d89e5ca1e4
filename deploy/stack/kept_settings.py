"""The settings that a process was started with, kept so that others are told from them later; never in clear."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping


def kept(settings: Mapping[str, str]) -> dict[str, str]:
    """A digest of each setting, with a salt of their own: whoever reads them learns no password."""
    salt = secrets.token_hex(16)
    return {"": salt, **{name: _digest(salt, value) for name, value in settings.items()}}


def differing(before: Mapping[str, object], settings: Mapping[str, str]) -> list[str]:
    """Names of the settings that are not as they were kept. None where none were kept."""
    salt = before.get("")
    if not isinstance(salt, str):
        return []
    now = {name: _digest(salt, value) for name, value in settings.items()}
    return sorted(name for name in (before.keys() | now.keys()) - {""} if before.get(name) != now.get(name))


def _digest(salt: str, value: str) -> str:
    return hashlib.blake2b(
        value.encode("utf-8", "surrogateescape"), key=bytes.fromhex(salt), digest_size=16
    ).hexdigest()
