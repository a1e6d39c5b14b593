"""A fresh small market for each test."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from tests.sandbox.world import World, make_world


@pytest.fixture
def world() -> World:
    return make_world()
