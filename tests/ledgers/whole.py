"""A seller with a ledger in a database and a shop in files: whole runs of the program, in processes of their own."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.ledgers.sql import going
from tests.ledgers.content import Rows, fill
from tests.ledgers.databases import writer

SHOP = "shopee-vn"
PHANTOM = "00123"
_LISTINGS = ("item_id", "seller_sku", "sellable")


@dataclass(frozen=True)
class Machine:
    """One machine of the seller's: its own folder with configuration, shop and state."""

    folder: Path
    url: str

    def write(self, now: datetime, sellable: dict[str, int], more: str = "") -> None:
        """`sellable`: what the shop shows, by SKU. `more`: keys of the ledger."""
        shop = self.folder / SHOP
        shop.mkdir(parents=True)
        (shop / "shop.yaml").write_text(f"as_of: {now.isoformat()}\nimitates: shopee\ncomplete: true\n")
        with (shop / "listings.csv").open("w", encoding="utf-8", newline="") as file:
            made = csv.writer(file, lineterminator="\n")
            made.writerow(_LISTINGS)
            made.writerows((str(100 + number), sku, units) for number, (sku, units) in enumerate(sellable.items()))
        (self.folder / "stockrecon.yaml").write_text(
            f"ledger:\n  type: sql\n  url: {{env: LEDGER_URL}}\n  zone: UTC\n{more}"
            f"shops:\n  - {{name: {SHOP}, channel: file, path: {SHOP}/, mode: apply}}\nstate: state/\n"
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-W", "error", "-m", "tests.ledgers.whole", *arguments]
        return subprocess.Popen(
            [*command, "-c", str(self.folder / "stockrecon.yaml")],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "LEDGER_URL": self.url, "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, standard error."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=100)
        return process.returncode, out, err


def phantom(url: str, now: datetime, others: int = 0) -> None:
    """A book that holds a unit too much of one SKU: an oversold order was written off, then it was cancelled. `others`:
    SKUs in line, each with an order a day and a cancellation at the beginning of the month before."""
    begin = now - timedelta(hours=8)

    def at(hours: float) -> str:
        return (begin + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")

    told = [
        ("-1", "order", SHOP, "A", "-1"),
        ("1", "manual", "", "", "0"),
        ("1", "cancel", SHOP, "A", "1"),
    ]
    movements: Rows = [_movement(f"{number:05}", PHANTOM, at(number), *one) for number, one in enumerate(told)] + [
        _movement(
            f"{10_000 + 100 * sku + day}", f"S-{sku}", at(-24.5 * day), quantity, kind, SHOP, f"O-{sku}-{day}", ""
        )
        for sku in range(others)
        for day, (quantity, kind) in enumerate([("-1", "order")] * 8 + [("1", "cancel")])
    ]
    stock: Rows = [
        {"sku": PHANTOM, "available": "1", "updated_at": ""},
        *({"sku": f"S-{sku}", "available": str(5 + sku), "updated_at": ""} for sku in range(others)),
    ]
    fill(writer(url), {"stock": stock, "movements": movements})


def _movement(
    number: str, sku: str, at: str, quantity: str, kind: str, shop: str, order: str, balance: str
) -> dict[str, str]:
    told = {"id": number, "sku": sku, "at": at, "quantity": quantity, "kind": kind, "shop": shop, "order_id": order}
    return {**told, "balance": balance, "ref": "", "note": ""}


def main() -> None:
    """The program itself, but for the size from which on a table is worth keeping."""
    from stockrecon.cli import main as program

    going.KEPT_FROM = int(os.environ.get("KEPT_FROM", going.KEPT_FROM))
    program()


if __name__ == "__main__":
    main()
