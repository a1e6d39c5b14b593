"""`python -m benchmarks [diff|report|startup|calls|pulls|listening|ledger|races|all]`: measures, prints one table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks import calls, diffs, ledger, listening, pulls, races, reports, startup, table
from benchmarks.shapes import CHANNELS

WHAT = ("diff", "report", "startup", "calls", "pulls", "listening", "ledger", "races")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[*WHAT, "all"], default="all", help="default: all")
    parser.add_argument(
        "--size", type=int, action="append", help="listings (diff, pulls, listening) or items (calls); repeatable"
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of which the median is told; default: 5")
    parser.add_argument("--channel", choices=CHANNELS, action="append", help="of calls, pulls, listening and races")
    parser.add_argument("--skus", type=int, default=1_000_000, help="of ledger; default: 1000000")
    parser.add_argument("--movements", type=int, default=5_000_000, help="of ledger; default: 5000000")
    parser.add_argument("--runs", type=int, default=10, help="runs of `sync --apply` of races; default: 10")
    parser.add_argument("--sales", type=float, default=1.0, help="orders a second in each shop (races); default: 1")
    parser.add_argument(
        "--late",
        type=float,
        action="append",
        help="seconds by which answers are late (default: pulls 0, 0.3, 1; races 0, 0.1); repeatable",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "stockrecon-benchmarks",
        help="where the generated catalogues are kept; default: %(default)s",
    )
    asked = parser.parse_args()
    what = WHAT if "all" in asked.what else asked.what
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(table.heading(), end="\n\n", flush=True)
    print(table.text(chain.from_iterable(_rows(name, asked) for name in what)))


def _rows(what: str, asked: argparse.Namespace) -> Iterator[table.Row]:
    channels = asked.channel or CHANNELS
    if what == "diff":
        return diffs.rows(asked.size or [300_000, 3_000_000], asked.rounds, asked.folder)
    if what == "report":
        return reports.rows(asked.rounds, asked.folder)
    if what == "startup":
        return startup.rows(asked.rounds)
    if what == "races":
        return chain.from_iterable(
            races.rows(asked.runs, late, asked.folder, channels, asked.sales) for late in (0.0, 0.1)
        )
    if what == "listening":
        return listening.rows(asked.size or [50_000], channels)
    if what == "ledger":
        return ledger.rows(asked.skus, asked.movements, min(asked.rounds, 3), asked.folder)
    if what == "pulls":
        return chain.from_iterable(
            pulls.rows(size, asked.late or [0.0, 0.3, 1.0], channels) for size in asked.size or [50_000]
        )
    return calls.rows(asked.size or [1_000, 10_000], channels)


if __name__ == "__main__":
    main()
