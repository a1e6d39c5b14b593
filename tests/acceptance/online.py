"""A seller with one shop on loopback, whose marketplace is a process of its own and whose runs are processes too."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.conftest import Market

SHOPS = 24
ITEMS = 10
FULL = 20
"""Units of every item at first, in the ledger and in the shop."""


@dataclass
class Marketplace:
    """Shops that nobody has touched yet are taken one after the other."""

    control: str
    configs: list[Mapping[str, Any]]
    taken: int = field(default=0)

    def seller(self, folder: Path) -> Online:
        config = self.configs[self.taken]
        self.taken += 1
        return Online(folder, self.control, config)


class Online(Market):
    """The seller's folder: configuration, ledger and state. `name`: of the shop."""

    def __init__(self, folder: Path, control: str, config: Mapping[str, Any]) -> None:
        super().__init__(folder)
        self.name: str = config["name"]
        self._control = control
        self.entry: Mapping[str, object] = {**config, "mode": "apply", "requests_per_second": 500}
        """The shop in the configuration."""
        (folder / "ledger").mkdir(parents=True)
        self.configure()
        self.ledger()

    def configure(self, shops: tuple[Mapping[str, object], ...] = (), **apply: object) -> None:
        """Everything may be written, in the usual limits. `shops`: more of them; `apply`: more of that section."""
        whole = {
            "ledger": {"type": "file", "path": "ledger/"},
            "shops": [self.entry, *shops],
            "policy": {"unexplained": "correct"},
            "apply": {"scenarios": ["unexplained"], **apply},
            "state": "state/",
        }
        self.config.write_text(json.dumps(whole, indent=1), "utf-8")

    def ledger(self, **available: int) -> None:
        """What the ledger has, by SKU with `_` for `-`; the others are full."""
        known = {f"S-{item:02}": FULL for item in range(1, ITEMS + 1)}
        known |= {name.replace("_", "-"): units for name, units in available.items()}
        at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        rows = "".join(f"{sku},{units},{at}\n" for sku, units in known.items())
        (self.folder / "ledger" / "stock.csv").write_text(f"sku,available,updated_at\n{rows}", "utf-8")

    def shown(self) -> dict[str, int]:
        """What the shop shows otherwise than full, by SKU."""
        truth = httpx.get(f"{self._control}/shops/{self.name}", timeout=30).json()
        return {one["seller_sku"]: one["sellable"] for one in truth["listings"] if one["sellable"] != FULL}

    def told(self, what: str, **fields: object) -> None:
        """Makes something happen at the marketplace: `listings`, `faults`, ... with these fields."""
        httpx.post(f"{self._control}/{what}", json={"shop": self.name, **fields}, timeout=30).raise_for_status()


@contextmanager
def marketplace(folder: Path) -> Iterator[Marketplace]:
    """Runs `stockrecon sandbox` with all the shops."""
    _folders(folder / "shops")
    ready, log = folder / "ready.json", folder / "sandbox.txt"
    command = [sys.executable, "-m", "stockrecon", "sandbox", "--load", str(folder / "shops"), "--ready", str(ready)]
    with log.open("wb") as file, subprocess.Popen(command, stdout=file, stderr=file) as process:
        try:
            limit = time.monotonic() + 60
            while not ready.exists():
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < limit, log.read_text()
                time.sleep(0.05)
            told = json.loads(ready.read_text("utf-8"))
            yield Marketplace(told["control"], [one["config"] for one in told["shops"]])
        finally:
            process.terminate()


def _folders(root: Path) -> None:
    as_of = datetime.now(UTC).isoformat()
    rows = "".join(f"1{item:03},,S-{item:02},Thing {item},{FULL},ok\n" for item in range(1, ITEMS + 1))
    for number in range(SHOPS):
        folder = root / f"shop-{number:02}"
        folder.mkdir(parents=True)
        (folder / "shop.yaml").write_text(f"as_of: {as_of}\nimitates: shopee\nzone: Asia/Ho_Chi_Minh\n", "utf-8")
        (folder / "listings.csv").write_text(f"item_id,variation_id,seller_sku,title,sellable,state\n{rows}", "utf-8")
