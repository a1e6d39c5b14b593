"""The marketplaces as a process of their own, and a process that forks the runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from tests.kills.shop import Shop, Zygote, folders


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Two shops that show what the ledger has."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "stockrecon", "sandbox", "--load", str(folders(tmp_path)), "--ready", str(ready)]
    log = (tmp_path / "sandbox.txt").open("wb")
    market = subprocess.Popen(command, stdout=log, stderr=log)
    zygote = Zygote(tmp_path / "errors.txt")
    try:
        for _ in range(200):
            if ready.exists():
                break
            assert market.poll() is None, (tmp_path / "sandbox.txt").read_text()
            time.sleep(0.05)
        told = json.loads(ready.read_text("utf-8"))
        configs = [one["config"] for one in told["shops"]]
        made = Shop(tmp_path, configs[0]["base_url"], told["control"], zygote, configs)
        made.write()
        yield made
    finally:
        zygote.close()
        market.terminate()
        market.wait(10)
        log.close()
