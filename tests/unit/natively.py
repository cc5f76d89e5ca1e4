"""Where there is a cargo the native core was built, and its tests must not be skipped."""

from __future__ import annotations

import shutil

import pytest

from matcher.native import available

needs_native = pytest.mark.skipif(
    not available() and shutil.which("cargo") is None, reason="no cargo to build the native core with"
)
