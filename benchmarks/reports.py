"""Ten thousand findings in each format of the report; rendering by itself, and the whole process around it."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.diffs import made
from benchmarks.market import AS_OF, Market
from benchmarks.measure import Cost, median, run
from benchmarks.table import Row

FINDINGS = 10_000
_LIMITS = {"table": "< 1 s", "json": "< 1 s", "csv": "< 1 s", "html": "< 2 s", "markdown": ""}


def rows(rounds: int, folder: Path) -> Iterator[Row]:
    from stockrecon.reports import FORMATS

    place = made(Market(3 * FINDINGS, FINDINGS), folder)
    root = Path(__file__).resolve().parent.parent
    for name in FORMATS:
        costs: list[Cost] = []
        told: list[dict[str, float]] = []
        with tempfile.TemporaryDirectory() as scratch:
            for _ in range(rounds):
                output = Path(scratch) / "told.json"
                command = [sys.executable, "-m", "benchmarks.reports", name, str(place / "config.yaml")]
                costs.append(run(command, folder=root, output=output))
                told.append(json.loads(output.read_bytes()))
        cost = median(costs)
        wall, cpu = (statistics.median(one[kind] for one in told) for kind in ("wall", "cpu"))
        beside = f"{told[0]['bytes'] / 1e6:.2f} MB, {told[0]['findings']:.0f} findings; whole process {cost.wall:.2f} s"
        yield Row(f"report of {FINDINGS:,} findings, {name}", wall, cpu, cost.memory, beside, _LIMITS.get(name, ""))


def render_once(name: str, config: Path) -> dict[str, float]:
    """Runs the comparison, then renders its result and tells what that alone took."""
    from stockrecon import reconcile
    from stockrecon.config import load
    from stockrecon.reports import render
    from stockrecon.reports.view import View

    options = reconcile.RunOptions(command="diff", now=AS_OF + timedelta(hours=1))
    result = reconcile.run(load(config, os.environ, ()), options, clock=lambda: datetime.now(UTC))
    wall, cpu = time.perf_counter(), time.process_time()
    size = sum(len(chunk.encode()) for chunk in render(name, result, View(width=120, colour=False)))
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "bytes": size,
        "findings": sum(len(statement.findings) for statement in result.statements),
    }


if __name__ == "__main__":
    print(json.dumps(render_once(sys.argv[1], Path(sys.argv[2]))))
