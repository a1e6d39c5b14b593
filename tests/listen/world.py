"""A small marketplace in memory that tells of most of what happens in it, a ledger in files, and runs over both."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from stockrecon import reconcile, registry
from stockrecon.channels.base import (
    Changed,
    ChangesRequest,
    CheckLine,
    ItemsRead,
    PullRequest,
    StockWrite,
    Surroundings,
    WriteAnswer,
)
from stockrecon.channels.capabilities import capabilities
from stockrecon.config import Settings
from stockrecon.core.findings import RunResult
from stockrecon.core.model import Capabilities, Listing, ListingKey, ListingState, ShopName
from stockrecon.core.notice import Notice
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.settings import LedgerSettings, ShopSettings
from stockrecon.core.sources import NOTED, Pulled, TableFile
from stockrecon.core.tables import SHOP_TABLES
from stockrecon.errors import ReadFault
from stockrecon.reconcile.merging import rows_of
from stockrecon.reports import render
from stockrecon.reports.view import View
from stockrecon.spool.writer import SpoolWriter
from stockrecon.state import FileTokenStore, State
from tests.integration.markets import write_ledger
from tests.listen.conftest import NOW

SHOP = ShopName("told-vn")
Row = dict[str, Any]


@dataclass
class Item:
    """One item: variation id -> its row. `updated`: what the marketplace's own filter goes by."""

    id: str
    rows: dict[str, Row]
    updated: datetime


@dataclass
class Market:
    """`silent`: items whose numbers were set without a sign. `told`: messages that the marketplace has made so far."""

    now: datetime = NOW
    items: dict[str, Item] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    campaigns: dict[str, Row] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    identity: str = "VN 1"
    terms: str = ""
    counts: int = 0
    """What the marketplace's own count is wrong by."""
    doubt: str = ""
    lost: set[str] = field(default_factory=set)
    """Items that the marketplace lists and does not show."""
    requests: int = 0
    unreadable: bool = False
    refuses: bool = False
    """The marketplace does not answer what a little pull asks for."""
    noted: str = ""
    """What the client notes of it, for the next little pull."""

    def row(self, item: str, variation: str = "") -> Row:
        return self.items[item].rows[variation]

    def add(self, item: str, sku: str, units: int, variation: str = "", **more: Any) -> None:
        row = {
            "item_id": item, "variation_id": variation, "seller_sku": sku, "title": f"Thing {sku}", "sellable": units,
            "campaign": 0, "withheld": 0, "committed": 0, "state": "ok", "message": "", "fulfilment": "seller",
            "sells_beyond_stock": False, **more,
        }  # fmt: skip
        self.items.setdefault(item, Item(item, {}, self.now)).rows[variation] = row
        self.items[item].updated = self.now

    def tell(self, **more: Any) -> None:
        self.told.append(Notice(f"k{len(self.told)}", "topic", self.now, **more))

    def order(self, number: str, item: str, units: int = 1, variation: str = "", status: str = "paid") -> None:
        """Placed: its units are gone; told of as an order."""
        row = self.row(item, variation)
        units = min(units, row["sellable"])
        row["sellable"] -= units
        self.orders[number] = {
            "order_id": number, "item_id": item, "variation_id": variation, "quantity": units, "status": status,
            "created_at": self.now, "paid_at": self.now, "shipped_at": None, "cancelled_at": None,
            "updated_at": self.now, "cancelled_by": "", "cancel_reason": "",
        }  # fmt: skip
        self.tell(orders=(number,))

    def cancel(self, number: str) -> None:
        order = self.orders[number]
        if order["status"] != "cancelled":
            self.row(order["item_id"], order["variation_id"])["sellable"] += order["quantity"]
            order |= {"status": "cancelled", "cancelled_at": self.now, "updated_at": self.now, "cancelled_by": "buyer"}
            self.tell(orders=(number,))

    def edit(self, item: str, units: int, variation: str = "") -> None:
        """In the seller center: the marketplace's list of updates shows it, no message does."""
        self.row(item, variation)["sellable"] = units
        self.items[item].updated = self.now

    def push(self, item: str, units: int, variation: str = "") -> None:
        """Through the API, by another program: nothing shows it."""
        if self.row(item, variation)["sellable"] != units:
            self.row(item, variation)["sellable"] = units
            self.silent.add(item)

    def enrol(self, name: str, item: str, units: int, ends: timedelta) -> None:
        """A campaign locks units at once; a message tells of it."""
        row = self.row(item)
        units = min(units, row["sellable"])
        row["sellable"] -= units
        row["campaign"] += units
        self.campaigns[name] = {
            "campaign_id": name, "item_id": item, "variation_id": "", "starts_at": self.now,
            "ends_at": self.now + ends, "locked": units, "sold": None, "state": "running",
        }  # fmt: skip
        self.tell(places=((item, ""),))

    def pass_time(self, span: timedelta) -> None:
        """Campaigns that end give their units back, at their end; no message tells of it."""
        self.now += span
        for name, campaign in list(self.campaigns.items()):
            if campaign["ends_at"] <= self.now:
                row = self.row(campaign["item_id"])
                row["campaign"] -= campaign["locked"]
                row["sellable"] += campaign["locked"]
                del self.campaigns[name]


class ToldChannel:
    """The client of a `Market`: reads it in full or by its changes. It counts one request an item, and one a list."""

    untold = "what another program sets"
    latest: ClassVar[list[ToldChannel]] = []

    def __init__(self, market: Market, settings: ShopSettings, surroundings: Surroundings) -> None:
        self.market, self.settings = market, settings
        self.capabilities: Capabilities = replace(capabilities("lazada"), channel="told")
        self.pulls = 0
        self.read: set[str] = set()
        self.given_back = ""
        self.written: list[StockWrite] = []
        self.latest.append(self)

    def pull(self, request: PullRequest) -> Pulled:
        self._answer()
        self.pulls += 1
        before = self.market.requests
        self.market.requests += len(self.market.items) + 2
        return Pulled(
            shop=self.settings.name,
            channel=self.settings.channel,
            as_of=self.market.now,
            complete=not self.market.doubt,
            capabilities=self.capabilities,
            tables={
                "listings": self._listings(request.spool, self.market.items),
                "campaigns": self._campaigns(request.spool, self.market.items),
                "orders": self._orders(request.spool, request.orders_since),
                **self._noted(request.spool),
            },
            reason=self.market.doubt,
            identity=self.market.identity,
            requests=self.market.requests - before,
            items=len(self.market.items),
            terms=self.market.terms,
        )

    def changed(self, request: ChangesRequest) -> Changed:
        self._answer()
        if self.market.refuses:
            raise ReadFault(self.settings.name, "update_after is not supported")
        self.market.requests += 2
        if NOTED in request.tables:
            self.given_back = request.tables[NOTED].read_text("utf-8")
        updated = {item.id for item in self.market.items.values() if item.updated >= request.since}
        return Changed(
            as_of=self.market.now,
            orders=self._orders(request.spool, request.orders_since),
            items=frozenset(updated),
            count=len(self.market.items) + self.market.counts,
            doubt=self.market.doubt,
            identity=self.market.identity,
            terms=self.market.terms,
            requests=2,
            noted=self._noted(request.spool).get(NOTED),
        )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        self._answer()
        self.market.requests += len(items)
        found = {name: self.market.items[name] for name in items if name in self.market.items}
        found = {name: item for name, item in found.items() if name not in self.market.lost}
        self.read |= found.keys()
        return ItemsRead(
            listings=self._listings(spool, found),
            campaigns=self._campaigns(spool, found),
            items=frozenset(found),
            requests=len(items),
        )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        found = {}
        for key in keys:
            item = self.market.items.get(key.item_id)
            row = item.rows.get(key.variation_id) if item else None
            if row is not None:
                found[key] = Listing(
                    key, row["seller_sku"], row["sellable"], row["campaign"], row["withheld"], 0,
                    ListingState(row["state"]),
                )  # fmt: skip
        return found

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        return [[write] for write in writes]

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        raise AssertionError("a run that only reads writes nothing")

    def check(self) -> Sequence[CheckLine]:
        return []

    def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.market.unreadable:
            raise ReadFault(self.settings.name, "it does not answer")

    def _table(self, name: str, spool: Path, rows: Sequence[Row]) -> TableFile:
        with SpoolWriter(SHOP_TABLES[name], spool / f"{name}.csv") as writer:
            writer.write_all(rows)
        return TableFile(str(writer.path), name, trusted=True)

    def _noted(self, spool: Path) -> dict[str, TableFile]:
        if not self.market.noted:
            return {}
        path = spool / "own.csv"
        path.write_text(self.market.noted, "utf-8")
        return {NOTED: TableFile(str(path), NOTED, trusted=True)}

    def _listings(self, spool: Path, items: Mapping[str, Item]) -> TableFile:
        return self._table("listings", spool, [row for item in items.values() for row in item.rows.values()])

    def _campaigns(self, spool: Path, items: Collection[str]) -> TableFile:
        rows = [one for one in self.market.campaigns.values() if one["item_id"] in items]
        return self._table("campaigns", spool, rows)

    def _orders(self, spool: Path, since: datetime) -> TableFile:
        rows = [order for order in self.market.orders.values() if order["updated_at"] >= since]
        return self._table("orders", spool, rows)


@dataclass
class Seller:
    """A ledger, one shop that is listened to, and a state; `stock` is available by SKU."""

    folder: Path
    market: Market
    patch: pytest.MonkeyPatch
    stock: dict[str, int] = field(default_factory=dict)
    movements: list[Row] = field(default_factory=list)
    pushes: list[Row] = field(default_factory=list)
    mode: Mode = Mode.OBSERVE
    policy: Policy = Policy()
    options: Mapping[str, object] = field(default_factory=dict)
    received: set[int] = field(default_factory=set)
    channel: ToldChannel | None = None

    @property
    def state_folder(self) -> Path:
        return self.folder / "state"

    def settings(self, state: Path) -> Settings:
        shop = ShopSettings(SHOP, "told", ShopPolicy(SHOP, "lazada", mode=self.mode), self.options)
        return Settings(
            ledger=LedgerSettings("file", self.folder, self.folder / "ledger"),
            shops=(shop,),
            policy=self.policy,
            state=str(state),
            file=self.folder / "stockrecon.yaml",
            folder=self.folder,
            digest="",
        )

    def book(self, sku: str, units: int, kind: str, order: str = "") -> None:
        """A movement of the ledger."""
        self.stock[sku] += units
        self.movements.append(
            {
                "id": f"{len(self.movements):05d}",
                "sku": sku,
                "at": self.market.now,
                "quantity": units,
                "kind": kind,
                "shop": str(SHOP) if order else "",
                "order_id": order,
                "balance": self.stock[sku],
            }
        )

    def pushed(self, item: str, units: int) -> None:
        """The OMS sets a listing, and its ledger says so."""
        self.market.push(item, units)
        self.market.silent.discard(item)
        self.pushes.append(
            {"shop": SHOP, "item_id": item, "variation_id": "", "quantity": units, "at": self.market.now, "ok": "true",
             "error": ""}
        )  # fmt: skip

    def receive(self, number: int) -> None:
        """The listener gets one of the messages that were made, perhaps not for the first time."""
        self.received.add(number)
        with State.open(self.state_folder, self.clock) as state:
            state.keep_notices(self.market.now, [(SHOP, self.market.told[number])])

    def receive_all(self) -> None:
        with State.open(self.state_folder, self.clock) as state:
            state.keep_notices(self.market.now, [(SHOP, notice) for notice in self.market.told])
        self.received |= set(range(len(self.market.told)))

    def beat(self, span: timedelta = timedelta(0)) -> None:
        """The listener is there, all through `span`, at the end of which it is now."""
        steps = max(1, int(span / timedelta(minutes=4)) + 1)
        with State.open(self.state_folder, self.clock) as state:
            for step in range(steps):
                state.beat([SHOP], self.market.now - span + span * (step + 1) / steps)

    def wait(self, span: timedelta) -> None:
        """Time passes, and the listener listens."""
        self.market.pass_time(span)
        self.beat(span)

    def clock(self) -> datetime:
        return self.market.now

    def run(
        self,
        *,
        little: bool = True,
        writes: bool = False,
        market: Market | None = None,
        state: Path | None = None,
        **options: Any,
    ) -> RunResult:
        """One run over the market as it is now (or another one), with the seller's state (or another one)."""
        shown = market or self.market
        tables = {
            "stock": [{"sku": sku, "available": units} for sku, units in sorted(self.stock.items())],
            "movements": self.movements,
            "pushes": self.pushes,
        }
        write_ledger(self.folder / "ledger", tables, shown.now)
        ToldChannel.latest.clear()

        def made(settings: ShopSettings, surroundings: Surroundings) -> ToldChannel:
            return ToldChannel(shown, settings, surroundings)

        self.patch.setattr(registry, "make_channel", made)
        asked = reconcile.RunOptions("diff", shown.now, little=little, writes=writes, **options)
        found = reconcile.run(self.settings(state or self.state_folder), asked, clock=lambda: shown.now)
        self.channel = ToldChannel.latest[-1]
        return found

    def beside(self, name: str) -> Path:
        """A copy of the state as it is now."""
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.state_folder, target)
        return target

    def kept(self) -> dict[str, set[tuple[str, ...]]]:
        """What the newest reading left for the next one: the rows of each table."""
        with State.open(self.state_folder, self.clock) as state, tempfile.TemporaryDirectory() as into:
            found = state.bases.open(SHOP, Path(into))
            assert found is not None
            return {name: {tuple(cells) for cells in rows_of(path)} for name, path in found[1].items()}

    def whole(self, market: Market) -> dict[str, set[tuple[str, ...]]]:
        """The same, as a full pull of this market would leave it."""
        with tempfile.TemporaryDirectory() as into:
            around = Surroundings(self.clock, lambda seconds: None, FileTokenStore(Path(into) / "tokens"))
            channel = ToldChannel(market, self.settings(self.state_folder).shops[0], around)
            since = market.now - self.policy.lookback - timedelta(days=1)
            pulled = channel.pull(PullRequest(Path(into), since, self.policy))
            return {
                name: {tuple(cells) for cells in rows_of(Path(table.path))} for name, table in pulled.tables.items()
            }


Make = Callable[..., Seller]


def document(result: RunResult) -> dict[str, Any]:
    """The report for programs, without how the shops were read, and with raises as what they would be if they were
    allowed: a raise that needs a full pull is withheld by its own rule."""
    read: dict[str, Any] = json.loads("".join(render("json", result, View())))
    for shop in read["shops"]:
        for key in ("read", "changes", "read_because", "requests"):
            shop.pop(key, None)
    plan = read["plan"]
    raises = [one for one in plan["withheld"] if one["rule"] == "full-pull"]
    plan["withheld"] = [one for one in plan["withheld"] if one["rule"] != "full-pull"]
    going = [*plan["actions"], *raises]
    plan["actions"] = sorted(([one.get(key) for key in ("id", "from", "to", "text")] for one in going), key=str)
    del plan["digest"]
    return read
