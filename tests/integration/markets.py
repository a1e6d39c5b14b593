"""Generated markets as files: shops and a ledger with most of what a wire can carry.

Only what both a file and a marketplace's answers can say is generated (`tells`), so that reading either gives the same.
Besides: no figure of what a campaign sold (no channel tells), the ledger books no order that a platform ships from its
own stock (clients leave these out, since they take nothing from the seller's), and states and campaigns of an item hold
for all its variations.
"""

from __future__ import annotations

import csv
import json
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.core.tables import LEDGER_TABLES, SHOP_TABLES, Table
from tests.integration.seller import NOON, Document
from tests.integration.tells import TELLS, Row, Rows, Tells

ZONE = "Asia/Ho_Chi_Minh"
ERRORS = ("E501: negative sellable on channel inventory", "stock less than reserved stock", "timed out")


def campaign_names(shop: Path) -> dict[str, str]:
    """Lazada names a campaign's window by a UUID: that of the sandbox -> the campaign's id in the shop's files."""
    path = shop / "campaigns.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        ids = [row["campaign_id"] for row in csv.DictReader(file)]
    return {str(uuid.uuid5(uuid.NAMESPACE_URL, f"{shop.name}/{one}")): one for one in ids}


def by_own_names(document: Document, shops: Path, names: Iterable[str]) -> Document:
    """A report of what was read over HTTP, with the names that campaigns have in the shops' files."""
    text = json.dumps(document)
    for wire, own in [pair for name in names for pair in campaign_names(shops / name).items()]:
        text = text.replace(wire, own)
    made: Document = json.loads(text)
    return made


def write_tables(folder: Path, known: Mapping[str, Table], tables: Mapping[str, Sequence[Row]]) -> None:
    """CSV files with the contract's columns; what a row has beyond them is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, known[name].names, "", "ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows([{key: _cell(value) for key, value in row.items()} for row in rows])


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else value


def write_shop(folder: Path, imitates: str, tables: Mapping[str, Sequence[Row]], as_of: datetime = NOON) -> None:
    write_tables(folder, SHOP_TABLES, tables)
    text = f"as_of: {as_of.isoformat()}\nimitates: {imitates}\nzone: {ZONE}\ncomplete: true\n"
    (folder / "shop.yaml").write_text(text, "utf-8")


def write_ledger(folder: Path, tables: Mapping[str, Sequence[Row]], as_of: datetime = NOON) -> None:
    write_tables(folder, LEDGER_TABLES, tables)
    (folder / "ledger.yaml").write_text(f"as_of: {as_of.isoformat()}\nzone: {ZONE}\n", "utf-8")


TWO = ("shopee", "lazada")
FIVE = 6
"""The seed of a seller who sells everywhere."""
MARKETS: Mapping[int, tuple[str, ...]] = {
    **dict.fromkeys(range(4), TWO),
    4: ("tiktok-shop", "woocommerce"),
    5: ("shopify", "tiktok-shop"),
    FIVE: ("shopee", "lazada", "tiktok-shop", "shopify", "woocommerce"),
}
"""Which channels the seller of each seed sells on; those of any other seed on two."""


def shops_of(seed: int) -> dict[str, str]:
    """The shops of a generated market: channel -> name."""
    return {channel: f"{channel}-{seed}" for channel in MARKETS.get(seed, TWO)}


class Maker:
    """Makes one market: `shops/CHANNEL-SEED` for each of its channels, `ledger-SEED`."""

    def __init__(self, seed: int, root: Path) -> None:
        self.random = random.Random(seed)
        self.seed, self.root = seed, root
        self.names = shops_of(seed)
        self.stock = {f"SKU-{number:02d}": self.random.choice((-2, -1, 0, 0, 1, 5, 12, 40)) for number in range(30)}
        self.movements: Rows = []
        self.components: Rows = []
        self.pushes: Rows = []
        self.numbers = 0

    def write(self) -> None:
        for channel, name in self.names.items():
            write_shop(self.root / "shops" / name, channel, self.shop(channel))
        stock: Rows = [{"sku": sku, "available": units} for sku, units in self.stock.items()]
        tables = {"stock": stock, "movements": self.booked(), "listings": self.components, "pushes": self.pushes}
        write_ledger(self.root / f"ledger-{self.seed}", tables)

    def shop(self, channel: str) -> dict[str, Rows]:
        listings: Rows = []
        campaigns: Rows = []
        orders: Rows = []
        for sku in self.stock:
            if self.random.random() < 0.15:
                continue
            item = self.item(channel, sku)
            listings += item
            for row in item:
                campaigns += self.campaign(channel, row)
                orders += self.orders(channel, row, sku)
                self.push(channel, row)
        for row in self.kit(channel):
            listings.append(row)
            campaigns += self.campaign(channel, row)
        listings += self.siblings(channel)
        return {"listings": listings, "campaigns": campaigns, "orders": orders}

    def item(self, channel: str, sku: str) -> Rows:
        self.numbers += 1
        number = 10_000 * (self.seed + 1) + self.numbers
        tells = TELLS[channel]
        state = self.random.choice(list(tells.states)) if self.random.random() < 0.25 else "ok"
        variations = [str(900_000 + number)] if tells.varied or self.random.random() < 0.5 else [""]
        platform = self.random.random() < 0.05 and tells.platform
        available = max(0, self.stock[sku])
        shown = available if self.random.random() < 0.5 else self.random.choice((0, 1, available + 3, available // 2))
        lockable = tells.campaigns and not platform and state == "ok"
        locked = self.random.choice((0, 0, 0, shown // 2, shown)) if lockable else 0
        return [
            {
                "item_id": str(number),
                "variation_id": variation,
                "seller_sku": sku,
                "title": f"Thing {sku}",
                "sellable": shown - locked,
                "campaign": locked,
                "withheld": 0,
                "committed": 0,
                "state": state,
                "message": tells.states.get(state, ""),
                "fulfilment": "platform" if platform else "seller",
            }
            for variation in variations
        ]

    def kit(self, channel: str) -> Rows:
        """A pack of three, and a kit of two SKUs; the ledger names their components."""
        rows = self.item(channel, "SKU-00") + self.item(channel, "SKU-01")
        for row, parts in zip(rows, ({"SKU-02": 3}, {"SKU-03": 1, "SKU-04": 2}), strict=True):
            row["seller_sku"] = f"PACK-{row['item_id']}"
            self.map(channel, row, parts)
        return rows

    def siblings(self, channel: str) -> Rows:
        """Two variations of one item, the second switched off where a channel tells that of one alone."""
        self.numbers += 1
        number = 10_000 * (self.seed + 1) + self.numbers
        off = "unlisted" if TELLS[channel].switched_off else "ok"
        rows: Rows = []
        for place, (sku, state) in enumerate((("SKU-05", "ok"), ("SKU-06", off)), 1):
            row: dict[str, object] = {
                "item_id": str(number),
                "variation_id": str(900_000 + 10 * number + place),
                "seller_sku": f"PAIR-{number}-{place}",
                "title": "Thing in two colours",
                "sellable": place,
                "state": state,
                "fulfilment": "seller",
            }
            rows.append({**dict.fromkeys(("campaign", "withheld", "committed"), 0), **row})
            self.map(channel, row, {sku: 1})
        return rows

    def map(self, channel: str, row: Row, parts: Mapping[str, int]) -> None:
        self.components += [
            {
                "shop": self.names[channel],
                "item_id": row["item_id"],
                "variation_id": row["variation_id"],
                "seller_sku": row["seller_sku"],
                "sku": sku,
                "units": units,
            }
            for sku, units in parts.items()
        ]

    def campaign(self, channel: str, row: Row) -> Rows:
        place = {"item_id": row["item_id"], "variation_id": row["variation_id"]}
        name = str(7_000_000 + int(str(row["item_id"])))
        if TELLS[channel].campaigns in ("", "units"):
            return []
        if row["campaign"]:
            begins = NOON + timedelta(hours=self.random.choice((-5, 5)))
            state = "upcoming" if begins > NOON else "running"
            ends = NOON + timedelta(days=1)
            times = {"starts_at": begins, "ends_at": ends, "locked": row["campaign"], "state": state}
        elif TELLS[channel].campaigns == "ended" and row["state"] == "ok" and self.random.random() < 0.2:
            ends = NOON - timedelta(hours=self.random.choice((1, 30)))
            times = {"starts_at": ends - timedelta(days=1), "ends_at": ends, "locked": 4, "state": "ended"}
        else:
            return []
        return [{"campaign_id": name, **place, **times}]

    def orders(self, channel: str, row: dict[str, object], sku: str) -> Rows:
        """All statuses; most are booked, some are in flight, some were never imported."""
        tells = TELLS[channel]
        made: Rows = []
        for _ in range(self.random.choice((0, 0, 1, 2))):
            self.numbers += 1
            created = NOON - timedelta(minutes=self.random.choice((1, 4, 12, 45, 300, 2000, 7000)), seconds=7)
            status = self.random.choice(tells.statuses)
            units = self.random.choice((1, 1, 2))
            order: dict[str, object] = {
                "order_id": str(500_000 + 10_000 * self.seed + self.numbers),
                "item_id": row["item_id"],
                "variation_id": row["variation_id"],
                "quantity": units,
                "status": status,
                "created_at": created,
                "updated_at": created,
            }
            if status != "unpaid":
                order["paid_at"] = order["updated_at"] = created + timedelta(seconds=20)
            ends = None
            if status == "cancelled":
                by, why = self.random.choice(tells.cancellers)
                ends = min(NOON - timedelta(seconds=3), created + timedelta(minutes=self.random.choice((2, 200))))
                order |= {"cancelled_at": ends, "updated_at": ends, "cancelled_by": by, "cancel_reason": why}
            order |= {time: None for time in ("paid_at", "cancelled_at") if time not in tells.times}
            _hold(tells, row, order)
            if row["fulfilment"] == "seller":
                self._book(channel, sku, order, ends)
            made.append(order)
        return made

    def _book(self, channel: str, sku: str, order: Row, cancelled: datetime | None) -> None:
        if self.random.random() < 0.25:
            return
        shop, units = self.names[channel], int(str(order["quantity"]))
        created = datetime.fromisoformat(str(order["created_at"]))
        line = {"sku": sku, "shop": shop, "order_id": order["order_id"]}
        self.movements.append({**line, "at": created + timedelta(seconds=30), "quantity": -units, "kind": "order"})
        if self.random.random() < 0.2:
            at = created + timedelta(seconds=50)
            self.movements.append({"sku": sku, "at": at, "quantity": units, "kind": "manual", "note": "by hand"})
        if cancelled is not None and self.random.random() < 0.7:
            at = max(cancelled, created + timedelta(seconds=40)) + timedelta(seconds=1)
            self.movements.append({**line, "at": at, "quantity": units, "kind": "cancel"})

    def push(self, channel: str, row: Row) -> None:
        if self.random.random() < 0.5:
            return
        good = self.random.random() < 0.7
        self.pushes.append(
            {
                "shop": self.names[channel],
                "item_id": row["item_id"],
                "variation_id": row["variation_id"],
                "quantity": int(str(row["sellable"])),
                "at": NOON - timedelta(minutes=self.random.choice((2, 20, 400)), seconds=11),
                "ok": "true" if good else "false",
                "error": "" if good else self.random.choice(ERRORS),
            }
        )

    def booked(self) -> Rows:
        """The movements in their order, with the balances that lead to the stock."""
        rows = sorted(self.movements, key=lambda row: str(row["at"]))
        left = dict(self.stock)
        for number in range(len(rows), 0, -1):
            row = rows[number - 1]
            row |= {"id": f"{number:04d}", "balance": left[str(row["sku"])]}
            left[str(row["sku"])] -= int(str(row["quantity"]))
        return rows


def _hold(tells: Tells, row: dict[str, object], order: Row) -> None:
    """The units of an open order, where the channel shows them: those that it withholds only for half an hour."""
    units, age = int(str(order["quantity"])), NOON - datetime.fromisoformat(str(order["created_at"]))
    column = tells.paid if order["status"] in ("paid", "cancel_requested") else ""
    if order["status"] == "unpaid" and (tells.unpaid != "withheld" or age < timedelta(minutes=30)):
        column = tells.unpaid
    if column:
        row[column] = int(str(row[column])) + units
