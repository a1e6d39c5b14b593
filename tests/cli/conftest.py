"""A run that answers from a sample instead of reading, in this process and in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import stockrecon
from stockrecon.cli import app
from stockrecon.config import write_starter
from stockrecon.core.findings import RunResult
from stockrecon.reconcile import RunOptions, summary_of, surroundings
from tests.reports import samples

ROOT = Path(__file__).parents[2]


@dataclass
class FakeRun:
    """`answer` gives the result or raises; `options` are those of the last call."""

    answer: Callable[[], RunResult] = samples.everything
    options: Any = None
    settings: Any = None
    calls: list[str] = field(default_factory=list)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    """Puts a fake run in the place of the real one."""
    state = FakeRun()
    module = ModuleType("stockrecon.reconcile")

    def run(settings: Any, options: RunOptions, *, progress: Any, clock: Any) -> RunResult:
        state.settings, state.options = settings, options
        progress("reading", 1, 2)
        return state.answer()

    module.RunOptions = RunOptions  # type: ignore[attr-defined]
    module.run = run  # type: ignore[attr-defined]
    module.surroundings = surroundings  # type: ignore[attr-defined]
    module.summary_of = summary_of  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stockrecon.reconcile", module)
    monkeypatch.setattr(stockrecon, "reconcile", module, raising=False)
    return state


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a valid configuration of file shops."""
    write_starter(tmp_path, "file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STOCKRECON_CONFIG", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


@dataclass
class Called:
    code: int
    out: str
    err: str


@pytest.fixture
def call(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Called]:
    """Calls the program in this process."""

    def called(*arguments: str) -> Called:
        capfdbinary.readouterr()
        code = app.run(arguments)
        out, err = capfdbinary.readouterr()
        return Called(code, out.decode(), err.decode())

    return called


DRIVER = textwrap.dedent(
    """
    import sys, types
    import stockrecon
    from tests.reports import samples

    def run(settings, options, *, progress, clock):
        return {answer}

    fake = types.ModuleType("stockrecon.reconcile")
    fake.RunOptions = lambda **given: types.SimpleNamespace(**given)
    fake.run = run
    sys.modules["stockrecon.reconcile"] = stockrecon.reconcile = fake
    from stockrecon.cli import main
    main()
    """
)


@pytest.fixture
def shell(folder: Path) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Runs a shell command in which `$SR` is the program with a fake run that gives `answer`."""

    def run(command: str, answer: str = "samples.everything()", **environ: str) -> subprocess.CompletedProcess[bytes]:
        script = folder / "driver.py"
        script.write_text(DRIVER.format(answer=answer))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SR": f"{sys.executable} {script}"}
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            capture_output=True,
            env=environment | environ,
            cwd=folder,
            timeout=60,
            check=False,
        )

    return run
