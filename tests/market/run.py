"""Runs the command line on a market and by hand on many: `python -m tests.market.run FIRST COUNT [CALM]`."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from stockrecon.cli.app import run
from tests.market.build import Built, build
from tests.market.check import judge
from tests.market.folders import write
from tests.market.stories import LATER
from tests.market.things import MINUTE, NOON

FIRST, SECOND = NOON + 2 * MINUTE, NOON + LATER + 2 * MINUTE


def report_of(command: str, config: Path, now: datetime, *more: str) -> dict[str, Any]:
    """The JSON of one command, run in this process; its own `exit` must be the program's."""
    answer = config.parent / "answer.json"
    answer.unlink(missing_ok=True)
    code = run(
        [command, "--format", "json", "--now", now.isoformat(), "-c", str(config), "-o", str(answer), "-q", *more]
    )
    assert answer.exists(), f"{command} ended with {code} and no report"
    report: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    assert report["exit"] == code, (report["exit"], code)
    return report


def diff(config: Path, now: datetime) -> dict[str, Any]:
    """`diff --format json --all`."""
    return report_of("diff", config, now, "--all")


def both_runs(built: Built, root: Path) -> tuple[list[str], dict[str, Any], dict[str, Any]]:
    """Read, judged, read again 40 minutes later, judged again."""
    config = write(built.market, root)
    first = diff(config, FIRST)
    faults = judge(built, first, 1)
    built.again()
    write(built.market, root)
    second = diff(config, SECOND)
    return faults + judge(built, second, 2), first, second


def by_hand(first: int, count: int, calm: int) -> int:
    """Many seeds; prints the disagreements, returns how many seeds had one."""
    bad = injected = 0
    for seed in range(first, first + count):
        built = build(seed, calm, protect=seed % 10 == 0, mapping=seed % 7 != 0)
        injected += len(built.played)
        with tempfile.TemporaryDirectory() as folder:
            faults, _, _ = both_runs(built, Path(folder))
        bad += bool(faults)
        for fault in faults:
            sys.stdout.write(fault + "\n")
    sys.stdout.write(f"{count} seeds, {injected} causes injected, {bad} seeds with disagreements\n")
    return bad


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(by_hand(numbers[0], numbers[1], numbers[2] if len(numbers) > 2 else 60)))
