"""Clients from npm, installed once for all tests into a folder that is thrown away."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

HERE = Path(__file__).parent / "node"
Node = Callable[..., list[dict]]
INSTALL = ("ci", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Run calls of a client, one after the other: `node(client, base_url, keys, [name, value...]...)`."""
    programs = {name: shutil.which(name) for name in ("node", "npm")}
    missing = [name for name, place in programs.items() if place is None]
    if missing:
        assert os.environ.get("CI") != "true", f"{' and '.join(missing)}: not installed, and CI passes no client over"
        pytest.skip(f"{' and '.join(missing)}: not installed here")
    # Processes of one run of the tests share the folder above their own.
    shared = tmp_path_factory.getbasetemp()
    folder = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "node"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            for name in ("package.json", "package-lock.json", "calls.mjs"):
                shutil.copy(HERE / name, folder)
            done = _run([str(programs["npm"]), *INSTALL], folder)
            assert done.returncode == 0, done.stderr
            (folder / "ready").touch()

    def run(client: str, base_url: str, keys: dict, *calls: list) -> list[dict]:
        asked = {"client": client, "base_url": base_url, "keys": keys, "calls": calls}
        done = _run([str(programs["node"]), "calls.mjs"], folder, json.dumps(asked))
        assert (done.returncode, done.stderr) == (0, "")
        return list(json.loads(done.stdout))

    return run


def _run(command: list[str], folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, input=text, capture_output=True, text=True, timeout=100, check=False)
