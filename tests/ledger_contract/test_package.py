"""A ledger of another package, found by its entry point, is tried by this suite as the page on writing one says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.channel_contract.test_example import installed

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).parent / "daybook"


def test_a_ledger_of_another_package_passes_the_suite(tmp_path: Path) -> None:
    """Every promise that applies to it is kept, and what it declares to lack is skipped."""
    installed(tmp_path, PACKAGE)
    path = os.pathsep.join([str(tmp_path), str(PACKAGE / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"]
    command += ["tests/ledger_contract", "--ledger-profile", "stockrecon_daybook.contract:PROFILE"]
    surroundings = {**os.environ, "PYTHONPATH": path, "STOCKRECON_KILLS": "2"}
    ended = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    dots = [line for line in ended.stdout.splitlines() if line.endswith("%]")]
    assert sum(line.count(".") for line in dots) > 15
    assert sum(line.count("s") for line in dots) < 10
