"""The commands as processes of their own: a listener, and runs that write beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.sandbox.control import Control
from stockrecon.sandbox.run import Handle, start_in_thread
from tests.integration.markets import write_ledger, write_shop
from tests.listen.test_circle import free_port

COMMAND = [sys.executable, "-m", "stockrecon"]


@contextmanager
def listening(folder: Path, port: int) -> Iterator[None]:
    command = [*COMMAND, "listen", "-c", "c.yaml", "--port", str(port), "--ready", "ready.json", "-q"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not (folder / "ready.json").exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        try:
            yield
        finally:
            process.terminate()
            _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")


def run(folder: Path, *arguments: str) -> tuple[int, Mapping[str, Any]]:
    """Exit code and report. What stands on standard error has to be no traceback."""
    command = [*COMMAND, *arguments, "-c", "c.yaml", "--format", "json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in done.stderr
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def ask(market: Handle, path: str, **body: object) -> Any:
    status, answer = Control(market.sandbox).handle("POST", path, json.dumps(body).encode())
    assert status == 200, answer
    return answer


def test_a_correction_is_planned_from_a_full_pull_and_proven_beside_the_listener(tmp_path: Path) -> None:
    """A little pull finds what an order left behind; the same run reads all, writes, reads back; the next is little."""
    rows = [
        {"item_id": str(1000 + n), "variation_id": "", "seller_sku": f"S-{n:02d}", "sellable": 10, "campaign": 0,
         "withheld": 0, "committed": 0, "state": "ok"}
        for n in range(30)
    ]  # fmt: skip
    write_shop(tmp_path / "shops" / "shopee-1", "shopee", {"listings": rows, "orders": []})
    with ExitStack() as stack:
        more = {"load": tmp_path / "shops", "per_second": 10_000, "burst": 10_000}
        market = stack.enter_context(start_in_thread(tmp_path, **more))
        stock = {f"S-{n:02d}": 10 for n in range(30)}

        def ledger() -> None:
            rows = [{"sku": sku, "available": units} for sku, units in stock.items()]
            tables = {"stock": rows, "movements": [], "pushes": []}
            write_ledger(tmp_path / "ledger", tables, market.clock.now())

        port = free_port()
        (shop,) = market.configs
        shop = {**shop, "mode": "apply", "requests_per_second": 200, "push_url": f"http://127.0.0.1:{port}/push/shopee"}
        policy = {"unexplained": "correct"}
        whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": [shop], "policy": policy,
                 "apply": {"scenarios": ["unexplained"]}, "state": "state/"}  # fmt: skip
        (tmp_path / "c.yaml").write_text(json.dumps(whole), "utf-8")
        ledger()
        stack.enter_context(listening(tmp_path, port))
        ask(market, "webhooks", shop="shopee-1", url=f"http://127.0.0.1:{port}/push/shopee")
        ask(market, "orders", shop="shopee-1", action="place", paid=True, item_id="1001")
        stock["S-01"] -= 1
        market.sandbox.settled()
        market.sandbox.pusher.deliver()

        def later() -> None:
            market.clock.advance(timedelta(seconds=2))
            ledger()

        code, report = run(tmp_path, "sync", "--apply")
        assert (code, report["shops"][0]["read"], report["outcomes"]) == (0, "full", [])
        later()
        code, report = run(tmp_path, "sync", "--apply")
        assert (code, report["shops"][0]["read"], report["shops"][0]["changes"]["kept"]) == (0, "changes", 29)
        stock["S-07"] = 4
        later()
        code, report = run(tmp_path, "diff")
        assert (code, report["shops"][0]["read"], report["summary"]["oversell_units"]) == (10, "changes", 6)
        later()
        code, report = run(tmp_path, "sync", "--apply")
        (told,) = report["shops"]
        assert (code, told["read"]) == (0, "full")
        assert told["read_because"] == "something may be written, and that rests on a full pull"
        assert [(one["result"], one["seen"]) for one in report["outcomes"]] == [("confirmed", 4)]
        later()
        code, report = run(tmp_path, "sync", "--apply")
        assert (code, report["shops"][0]["read"]) == (0, "changes")
        later()
        code, report = run(tmp_path, "sync", "--apply", "--full")
        assert (code, report["shops"][0]["read"]) == (0, "full")


def test_a_saved_plan_is_not_read_in_full_as_well(tmp_path: Path) -> None:
    """--plan reads only what it writes: --full beside it is a contradiction."""
    (tmp_path / "c.yaml").write_text("ledger: {type: file, path: l/}\nshops: [{name: s, channel: file, path: s/}]\n")
    command = [*COMMAND, "sync", "--plan", "p.json", "--full", "-c", "c.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert done.returncode == 2
    assert "leave --full out" in done.stderr
