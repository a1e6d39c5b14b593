"""Seeded catalogues: a ledger and two shops in files, listings to SKUs as 3 : 2, so many of them differing.

The same seed and numbers give the same bytes. Written row by row, so that thirty million listings need no memory.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

AS_OF = datetime(2026, 11, 11, 12, tzinfo=UTC)
SHOPS = ("north", "south")
LISTING_COLUMNS = (
    "item_id", "variation_id", "seller_sku", "title", "sellable", "campaign", "withheld", "committed",
    "state", "message", "fulfilment",
)  # fmt: skip
STOCK_COLUMNS = ("sku", "available", "updated_at")
MOVEMENT_COLUMNS = ("id", "sku", "at", "quantity", "kind", "shop", "order_id", "balance", "ref", "note")
ORDER_COLUMNS = (
    "order_id", "item_id", "variation_id", "quantity", "status", "created_at", "paid_at", "shipped_at",
    "cancelled_at", "updated_at", "cancelled_by", "cancel_reason",
)  # fmt: skip
_CONFIG = """ledger: {type: file, path: ledger/}
shops:
  - {name: north, channel: file, region: VN, path: north/}
  - {name: south, channel: file, region: VN, path: south/}
policy:
  max_age: {file: 3650d}
state: .stockrecon/
"""


@dataclass(frozen=True, slots=True)
class Market:
    """How large a catalogue is and how much of it differs. `evidence`: each differing SKU also has orders,
    movements, so that its explanation has something to weigh; `in_line`: the same, but every number is right and the
    last order is in the ledger too."""

    listings: int
    differing: int
    seed: int = 1
    evidence: bool = False
    in_line: bool = False

    @property
    def skus(self) -> int:
        return self.listings * 2 // 3

    def folder(self, under: Path) -> Path:
        kind = ("-evidence" if self.evidence else "") + ("-in-line" if self.in_line else "")
        return under / f"market-{self.listings}-{self.differing}-{self.seed}{kind}"


@dataclass(frozen=True, slots=True)
class _Row:
    """One listing: its shop, its number there, its SKU's number, what the ledger has and what the shop shows."""

    shop: int
    item: int
    sku: int
    available: int
    shown: int


def write(market: Market, folder: Path, as_of: datetime = AS_OF) -> Path:
    """The whole catalogue with its configuration and the peers' two files; the path of the configuration."""
    for name in ("ledger", *SHOPS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(_CONFIG)
    stamp(folder, as_of)
    with ExitStack() as stack:
        listings = [
            stack.enter_context((folder / shop / "listings.csv").open("w", encoding="utf-8", newline=""))
            for shop in SHOPS
        ]
        stock = stack.enter_context((folder / "ledger" / "stock.csv").open("w", encoding="utf-8", newline=""))
        wanted = stack.enter_context((folder / "peer-ledger.csv").open("w", encoding="utf-8", newline=""))
        shown = stack.enter_context((folder / "peer-shops.csv").open("w", encoding="utf-8", newline=""))
        writers = [csv.writer(file, lineterminator="\n") for file in listings]
        for writer in writers:
            writer.writerow(LISTING_COLUMNS)
        stock.write(",".join(STOCK_COLUMNS) + "\n")
        for file in (wanted, shown):
            file.write("key,quantity\n")
        for row in rows(market):
            exposed = row.available if market.in_line else row.shown
            if row.shop == 0:
                stock.write(f"{sku_of(row.sku)},{row.available},2026-11-11T09:{row.sku % 60:02}:00+00:00\n")
            writers[row.shop].writerow(_listing(row, exposed))
            key = f"{SHOPS[row.shop]}/{item_of(row.shop, row.item)}/{variation_of(row.item)}"
            wanted.write(f"{key},{row.available}\n")
            shown.write(f"{key},{exposed}\n")
    if market.evidence:
        _write_evidence(market, folder)
    return folder / "config.yaml"


def stamp(folder: Path, as_of: datetime) -> None:
    """Dates the shops' files: a second run with a later time is a new reading, which the state keeps."""
    told = as_of.isoformat()
    for shop in SHOPS:
        (folder / shop / "shop.yaml").write_text(f"as_of: {told}\nzone: Asia/Ho_Chi_Minh\ncomplete: true\n")
    (folder / "ledger" / "ledger.yaml").write_text(f"as_of: {told}\n")


def rows(market: Market) -> Iterator[_Row]:
    """Every SKU is listed in the first shop and every second one in the second, which is 3 listings to 2 SKUs.

    The differing listings are spread over the whole catalogue, one for each of so many SKUs at most.
    """
    chance = random.Random(market.seed)
    differing = frozenset(chance.sample(range(market.skus), min(market.differing, market.skus)))
    second = 0
    for number in range(market.skus):
        available = chance.randrange(0, 400)
        off = chance.randrange(1, 30) * chance.choice((-1, 1))
        wrong = max(0, available + off)
        if wrong == available:
            wrong = available + 1
        both = number % 2 == 1
        in_second = number in differing and both and chance.random() < 0.5
        here = wrong if number in differing and not in_second else available
        yield _Row(0, number, number, available, here)
        if both:
            yield _Row(1, second, number, available, wrong if in_second else available)
            second += 1


def sku_of(number: int) -> str:
    return f"TEE-{number:07}-BLK-{'SML'[number % 3]}"


def item_of(shop: int, number: int) -> str:
    """Ids of the length that marketplaces have; five variations to an item."""
    return str(2_000_000_000 + shop * 500_000_000 + number // 5)


def variation_of(number: int) -> str:
    return str(9_000_000_000 + number)


def _listing(row: _Row, exposed: int) -> tuple[object, ...]:
    title = f"T-shirt no. {row.sku}, cotton, black, áo thun nam"
    return (
        item_of(row.shop, row.item), variation_of(row.item), sku_of(row.sku), title, exposed, 0, 0, 0,
        "ok", "", "seller",
    )  # fmt: skip


def _write_evidence(market: Market, folder: Path) -> None:
    """For each differing SKU twenty sales in the ledger and in the shop, and one that the ledger does not have yet."""
    chance = random.Random(market.seed + 1)
    with ExitStack() as stack:
        files = [
            stack.enter_context(path.open("w", encoding="utf-8", newline=""))
            for path in (folder / "ledger" / "movements.csv", *(folder / shop / "orders.csv" for shop in SHOPS))
        ]
        movements, *orders = [csv.writer(file, lineterminator="\n") for file in files]
        movements.writerow(MOVEMENT_COLUMNS)
        for writer in orders:
            writer.writerow(ORDER_COLUMNS)
        number = 0
        for row in rows(market):
            if row.shown == row.available:
                continue
            for sale in range(20):
                number += 1
                at = AS_OF - timedelta(minutes=chance.randrange(60, 9000))
                told = at.isoformat()
                quantity = chance.randrange(1, 3)
                booked = at + timedelta(minutes=2)
                if sale or market.in_line:
                    cells = (sku_of(row.sku), booked.isoformat(), -quantity, "order", SHOPS[row.shop], f"O{number}")
                    movements.writerow((number, *cells, "", "", ""))
                place = (item_of(row.shop, row.item), variation_of(row.item))
                orders[row.shop].writerow((f"O{number}", *place, quantity, "paid", told, told, "", "", told, "", ""))
