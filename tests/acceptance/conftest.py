"""The examples, copied where they can be spoilt, and the real program, called as a stranger would."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stockrecon.cli import app

ROOT = Path(__file__).parents[2]
NOW = "2026-11-11T19:00:00+07:00"


@dataclass(frozen=True)
class Called:
    """What a call gave. `told` is both streams: where a message stands is asserted only where it matters."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        return self.out + self.err

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    def shop(self, name: str) -> Any:
        return next(shop for shop in self.document["shops"] if shop["name"] == name)

    def orderly(self) -> Called:
        """Itself, after the promise for every outcome: no traceback, no bug."""
        assert "Traceback" not in self.told
        assert self.code in (0, 2, 10, 11, 12, 13, 14), self.told
        return self


class Market:
    """A folder with a file ledger and two file shops."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.yaml"

    def sub(self, path: str, old: str | bytes, new: str | bytes) -> Market:
        """Replaces the first `old`, which has to be there."""
        file = self.folder / path
        before, after = (text.encode() if isinstance(text, str) else text for text in (old, new))
        content = file.read_bytes()
        assert before in content, (path, old)
        file.write_bytes(content.replace(before, after, 1))
        return self

    def write(self, path: str, content: str | bytes) -> Market:
        (self.folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def sql(self, url: str, more: str = "") -> Market:
        """Puts a database in the place of the file ledger."""
        return self.sub("config.yaml", "  type: file\n  path: ledger/\n", f"  type: sql\n  url: {url}\n{more}")

    def with_shop(self, text: str) -> Market:
        """Adds a shop's entry behind the two that there are."""
        return self.sub("config.yaml", "policy:\n", f"{text}policy:\n")

    def call(self, *arguments: str) -> Called:
        """Calls the program in this process, in the market's folder."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = app.run(arguments)
        return Called(code, _text(out), _text(err)).orderly()

    def diff(self, *more: str, style: str = "json") -> Called:
        return self.call("diff", "-c", "config.yaml", "--now", NOW, "--format", style, *more)

    def shell(self, command: str, limit: Callable[[], None] | None = None, **environ: str) -> Called:
        """Runs a shell command in which `$SR` is the program, in processes of its own."""
        environment = {
            "PATH": os.environ["PATH"],
            "SR": f"{sys.executable} -m stockrecon",
            "TMPDIR": str(self.tmp),
            # Under a limit of file sizes the interpreter would leave cut bytecode behind.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env=environment | environ,
            capture_output=True,
            preexec_fn=limit,
            timeout=60,
            check=False,
        )
        return Called(done.returncode, done.stdout.decode(), done.stderr.decode())

    @property
    def tmp(self) -> Path:
        """Where the program's processes keep what is passing."""
        path = self.folder.parent / "tmp"
        path.mkdir(exist_ok=True)
        return path


def _text(stream: io.TextIOWrapper) -> str:
    binary = stream.buffer
    assert isinstance(binary, io.BytesIO)
    return binary.getvalue().decode()


def copied(folder: Path) -> Market:
    """The examples in a folder that is new, without the state of earlier runs."""
    shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns(".stockrecon"))
    return Market(folder)


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return copied(tmp_path / "market")


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STOCKRECON_CONFIG", "COLUMNS", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """One copy for all tests of a module that change nothing in it but the state."""
    return copied(tmp_path_factory.mktemp("shared") / "market")
