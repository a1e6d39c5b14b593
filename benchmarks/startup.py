"""`--help` and `--version` beside a Python that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.measure import Cost, median, run
from benchmarks.table import Row, times

_WAYS = {"python -c pass": ["-c", "pass"], "--version": ["-m", "stockrecon", "--version"]}
_WAYS |= {"--help": ["-m", "stockrecon", "--help"], "diff --help": ["-m", "stockrecon", "diff", "--help"]}


def rows(rounds: int) -> Iterator[Row]:
    costs: dict[str, list[Cost]] = {name: [] for name in _WAYS}
    for _ in range(rounds * 5):
        for name, way in _WAYS.items():
            costs[name].append(run([sys.executable, *way]))
    bare, *others = ((name, median(some)) for name, some in costs.items())
    yield Row.of(bare[0], bare[1])
    for name, cost in others:
        beside = f"{times(cost.wall / bare[1].wall)} bare Python, {times(cost.cpu / bare[1].cpu)} in CPU"
        yield Row.of(f"stockrecon {name}", cost, beside, "<= 3.5 x")
