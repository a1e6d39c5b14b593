"""Runs a program as a whole process and weighs it from outside: wall, CPU, memory at its peak, by os.wait4."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A process's peak begins with what its parent held when it was made: so a bare one of 10 MB stands between.
_SCALE = """
import json, os, sys, time
started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - started
unit = 1 if sys.platform == "darwin" else 1024
told = [wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, os.waitstatus_to_exitcode(status)]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""

# An installed program has its byte code beside it, as the peers have theirs: whoever measures may keep none for his own
# sources, and would weigh the compiler with every run.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: seconds on the clock, seconds of CPU (its children's too), bytes resident at the most."""

    wall: float
    cpu: float
    memory: int
    code: int


def run(command: Sequence[str], *, folder: Path | None = None, output: Path | None = None) -> Cost:
    """Runs the command to its end. Raises RuntimeError, with what it said, for a code that is no answer.

    0 (in line) and 10 (differences) are answers. Standard output goes to `output`, else nowhere.
    """
    told, telling = os.pipe()
    try:
        with open(output or os.devnull, "wb") as out:
            weighed = [sys.executable, "-I", "-S", "-c", _SCALE, str(telling), *command]
            done = subprocess.run(
                weighed,
                cwd=folder,
                env=_ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                pass_fds=[telling],
            )
        os.close(telling)
        telling = -1
        with open(told, "rb", closefd=False) as pipe:
            cost = Cost(*json.loads(pipe.read() or b"[0, 0, 0, -1]"))
    finally:
        os.close(told)
        if telling >= 0:
            os.close(telling)
    if cost.code not in (0, 10):
        said = done.stderr.decode(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)}: exit {cost.code}\n{said}")
    return cost


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each number by itself; of the memory the largest."""
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        max(cost.memory for cost in costs),
        costs[-1].code,
    )
