"""Every YAML case under `cases/`: the findings with their units and remedies, the writes, and exact sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stockrecon.core.explain import counts_in_deficit
from stockrecon.core.findings import Side
from tests.worlds import Outcome, run

CASES = Path(__file__).parent / "cases"


def _load() -> list[Any]:
    found = []
    for file in sorted(CASES.glob("*.yaml")):
        for name, given in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            found.append(pytest.param(given, id=f"{file.stem}: {name}"))
    return found


@pytest.mark.parametrize("given", _load())
def test_case(given: dict[str, Any]) -> None:
    """Finds what the case expects, and every sum is exact."""
    outcome = run(given)
    expected = given["expect"]
    assert sorted(outcome.findings) == sorted(expected.get("findings", []))
    assert sorted(outcome.writes) == sorted(expected.get("writes", []))
    assert sorted(outcome.withheld) == sorted(expected.get("withheld", []))
    sums_hold(outcome)


def sums_hold(outcome: Outcome) -> None:
    """Section 4: per listing variance = sum of units; per SKU deficit = sum of the ledger-side units that count."""
    for statement in outcome.statements:
        for line in statement.lines:
            units = [f.units for f in statement.findings if f.side is Side.LISTING and f.listing == line.listing.key]
            assert line.variance is None or line.variance == sum(units)
        counted = [f.units for f in statement.findings if f.side is Side.LEDGER and counts_in_deficit(f)]
        assert statement.deficit == sum(counted)
