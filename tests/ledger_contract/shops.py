"""Two shops of files that show the canonical book, and some of it wrong."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.ledger_contract.story import LAZADA, SHOPEE, STRANGE

LISTED: Mapping[str, Mapping[str, int]] = {
    # In flight: PLAIN was ordered 2 minutes ago elsewhere, of SPREAD the ledger has not heard yet. Too much: KIT, MOVED
    SHOPEE: {"PLAIN": 40, "ZERO": 0, "NEG": 0, "SPREAD": 8, "KIT": 5, "GHOST": 1, "MOVED": 9, "COUNTED": 7, STRANGE: 6},
    LAZADA: {"PLAIN": 38, "NEG": 1, "KIT": 4, "BOX": 8},
}
"""What is sellable, by shop and seller SKU."""
ORDERED: Mapping[str, Sequence[tuple[str, str, int, float, str]]] = {
    SHOPEE: (
        ("M1", "MOVED", 2, 14400, "returned"),
        ("G1", "GHOST", 1, 300, "cancelled"),
        ("N1", "NEG", 1, 180, "paid"),
        ("K1", "KIT", 1, 100, "paid"),
        ("X1", "SPREAD", 1, 20, "paid"),
        ("Y1", "COUNTED", 1, 200, "paid"),
    ),
    LAZADA: (("N2", "NEG", 1, 179, "paid"), ("P1", "PLAIN", 2, 2, "paid")),
}
"""Orders by shop: number, seller SKU, units, minutes ago, status."""


def put_up(folder: Path, noon: datetime) -> list[dict[str, object]]:
    """The shops' folders; the configuration's `shops`."""
    for shop, listed in LISTED.items():
        place = folder / shop
        place.mkdir()
        (place / "shop.yaml").write_text(
            f"as_of: {noon.isoformat()}\nimitates: {shop.partition('-')[0]}\ncomplete: true\n", "utf-8"
        )
        numbers = {sku: str(number) for number, sku in enumerate(listed, start=1)}
        listings = [[numbers[sku], "", sku, units] for sku, units in listed.items()]
        _write(place / "listings.csv", ["item_id", "variation_id", "seller_sku", "sellable"], listings)
        orders = [
            [number, numbers[sku], "", units, status, *_times(noon - timedelta(minutes=ago), noon, status)]
            for number, sku, units, ago, status in ORDERED[shop]
        ]
        names = ["order_id", "item_id", "variation_id", "quantity", "status", "created_at", "paid_at", "cancelled_at"]
        _write(place / "orders.csv", names, orders)
    return [{"name": shop, "channel": "file", "path": str(folder / shop), "mode": "apply"} for shop in LISTED]


def _times(made: datetime, noon: datetime, status: str) -> list[str]:
    cancelled = (noon - timedelta(minutes=120)).isoformat() if status == "cancelled" else ""
    return [made.isoformat(), made.isoformat(), cancelled]


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])
