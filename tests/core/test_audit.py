"""The audit of scenario 3 against a model that knows the true stock."""

from __future__ import annotations

import os

from tests.core.histories import wrong

SEEDS = int(os.environ.get("STOCKRECON_HISTORIES", "5000"))


def test_no_phantom_left_and_no_real_unit_hidden() -> None:
    """In every random history the audit leaves no phantom unit and hides no real one."""
    bad = [(seed, result) for seed in range(SEEDS) if (result := wrong(seed)) != (0, 0)]
    assert bad == []
