"""Requests of a little pull beside those of a full one: the listener and both runs as processes of their own.

A sandbox in this process serves the generated shop and pushes to `stockrecon listen`; between the two runs some items
are ordered.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Cost, run
from benchmarks.pulling import FAST, NAME, PLENTY
from benchmarks.shapes import Shape, usual, write_shop
from benchmarks.table import Row

ORDERED = 20
"""Items that are ordered between the two runs."""
_WITHIN = 60.0
_TARGET = 20


@dataclass(frozen=True, slots=True)
class Both:
    """Requests of the two runs, and the cost of the second. `how`: how the report says that it was read."""

    full: int
    little: int
    cost: Cost
    how: str


def rows(sizes: list[int], channels: Collection[str]) -> Iterator[Row]:
    """Shops of so many listings, each as in the benchmark of full pulls. Told as they come, too."""
    for size in sizes:
        for shape in usual(size):
            if shape.channel in channels:
                row = _row(shape)
                print(row, file=sys.stderr, flush=True)
                yield row


def _row(shape: Shape) -> Row:
    done = both(shape)
    ratio = done.full / done.little
    beside = f"{done.little:,} requests, a full pull {done.full:,}: 1/{ratio:.0f}"
    if done.how != "changes":
        beside += f"; NOT read by its changes ({done.how})"
    return Row.of(
        f"little pull of {shape.listings:,} listings, {shape}, {ORDERED} ordered",
        done.cost,
        beside,
        f"at most 1/{_TARGET}",
    )


def both(shape: Shape) -> Both:
    """A full pull, some orders, a little pull."""
    from stockrecon.sandbox.run import start_in_thread

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_shop(shape, folder / "shops" / NAME, folder / "ledger", datetime.now(UTC).replace(microsecond=0))
        (folder / "secret").mkdir()
        with start_in_thread(folder / "secret", load=folder / "shops", **PLENTY) as sandbox:
            port = _free_port()
            _configure(folder, sandbox.configs[0], port)
            with _listening(folder, port):
                url = f"http://127.0.0.1:{port}/push/{shape.channel}"
                _ask(sandbox, "webhooks", shop=NAME, url=url)
                _order(sandbox, 0, 1)
                _, full = _diff(folder)
                _order(sandbox, 1, ORDERED)
                time.sleep(1.1)  # a shop's time is told in whole seconds, and has to go on
                cost, little = _diff(folder)
    return Both(full["requests"], little["requests"], cost, little.get("read_because") or little["read"])


def _configure(folder: Path, config: Any, port: int) -> None:
    channel = str(config["channel"])
    more: dict[str, object] = {"push_url": f"http://127.0.0.1:{port}/push/shopee"} if channel == "shopee" else {}
    if channel != "shopify":  # there points are counted, and the sandbox gives plenty
        more["requests_per_second"] = FAST
    shop = {**config, **more}
    whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": [shop], "state": "state/"}
    (folder / "config.yaml").write_text(yaml.safe_dump(whole))


@contextmanager
def _listening(folder: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "stockrecon", "listen", "-c", "config.yaml", "--port", str(port), "-q"]
    ready = folder / "ready.json"
    with subprocess.Popen([*command, "--ready", str(ready)], cwd=folder) as process:
        try:
            until = time.monotonic() + _WITHIN
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the listener did not come up")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _order(sandbox: Any, first: int, number: int) -> None:
    """Orders one unit of so many items, and waits until the messages have arrived."""
    for listing in islice(sandbox.sandbox.shops[NAME].shop.all_listings(), first, first + number):
        place = {"item_id": listing.item_id, "variation_id": listing.variation_id}
        _ask(sandbox, "orders", shop=NAME, action="place", paid=True, **place)
    until = time.monotonic() + _WITHIN
    while any(one["state"] != "delivered" for one in _ask(sandbox, "webhooks", "GET")["pushes"]):
        if time.monotonic() > until:
            raise RuntimeError("messages did not arrive")
        time.sleep(0.05)


def _ask(sandbox: Any, path: str, method: str = "POST", **body: object) -> Any:
    from stockrecon.sandbox.control import Control

    status, answer = Control(sandbox.sandbox).handle(method, path, json.dumps(body).encode() if body else b"")
    if status != 200:
        raise RuntimeError(f"{path}: {answer}")
    return answer


def _diff(folder: Path) -> tuple[Cost, dict[str, Any]]:
    output = folder / "report.json"
    command = [sys.executable, "-m", "stockrecon", "diff", "--format", "json", "-c", str(folder / "config.yaml")]
    cost = run(command, output=output)
    (shop,) = json.loads(output.read_bytes())["shops"]
    return cost, dict(shop)


def _free_port() -> int:
    with closing(socket.socket()) as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])
