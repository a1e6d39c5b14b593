"""One table for all benchmarks: what was done, what it cost, how that compares, and what is aimed at."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from tabulate import tabulate

from benchmarks.measure import Cost


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `beside`: the ratio to a peer or to another row, in words; `target`: of performance, section 6."""

    work: str
    wall: float | None = None
    cpu: float | None = None
    memory: int | None = None
    beside: str = ""
    target: str = ""

    @classmethod
    def of(cls, work: str, cost: Cost, beside: str = "", target: str = "") -> Row:
        return cls(work, cost.wall, cost.cpu, cost.memory, beside, target)


def heading() -> str:
    """Date and class of the machine, without which no figure means anything."""
    load = os.getloadavg()[0]
    cores = os.cpu_count()
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, {cores} cores, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )


def text(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    cells = [
        (
            row.work,
            "" if row.wall is None else seconds(row.wall),
            "" if row.cpu is None else seconds(row.cpu),
            "" if row.memory is None else f"{row.memory / 1e6:.0f} MB",
            row.beside,
            row.target,
        )
        for row in rows
    ]
    headers = ("work", "wall", "CPU", "peak RSS", "beside", "target")
    return tabulate(cells, headers, tablefmt="github", disable_numparse=True)


def seconds(value: float) -> str:
    return f"{value * 1e3:.0f} ms" if value < 0.2 else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"


def times(value: float) -> str:
    return f"{value:.2f} x"
