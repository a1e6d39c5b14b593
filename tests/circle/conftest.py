"""The program under a clock that stands still, in front of marketplaces that keep the same time."""

from __future__ import annotations

import pytest

from tests.circle.program import Time, keep_time


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """Noon, for the program too."""
    made = Time()
    keep_time(monkeypatch, made)
    return made
