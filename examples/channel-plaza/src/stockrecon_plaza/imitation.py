"""Plaza on loopback, for `stockrecon sandbox` and for the tests. Written from its interface, not from the channel."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.imitations import Imitation
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key, Line, Listing, MarketOrder, Told
from stockrecon.sandbox.wire import Answer, Body, Call, integer

PAGE = 50
STATES = {ListingState.OK: "live", ListingState.UNLISTED: "hidden", ListingState.BANNED: "blocked"}
STATUSES = {OrderStatus.UNPAID: "new", OrderStatus.PAID: "paid", OrderStatus.SHIPPED: "sent"}


class PlazaShop(Shop):
    """Units leave when an order is placed and come back when it is cancelled; a campaign's are part of them."""

    channel: ClassVar[str] = "plaza"

    def __init__(self, name: str, region: str = "VN") -> None:
        super().__init__(name, region)
        self.items: dict[str, Listing] = {}
        self.stock: dict[str, int] = {}

    def put_up(self, told: Told) -> Listing:
        listing = Listing(told.item_id, "", told.seller_sku, told.title, told.created_at, told.state, told.message)
        listing.unnamed = told.unnamed
        self.items[told.item_id], self.stock[told.item_id] = listing, told.exposed
        return listing

    def listing(self, key: Key) -> Listing | None:
        return self.items.get(key[0])

    def all_listings(self) -> Iterable[Listing]:
        return self.items.values()

    def exposed(self, key: Key) -> int:
        return self.stock.get(key[0], 0)

    def buckets(self, key: Key) -> tuple[int, int, int, int]:
        locked = min(self.locked(key), self.exposed(key))
        return self.exposed(key) - locked, locked, 0, 0

    def new_order_id(self, now: datetime) -> str:
        return f"P{len(self.orders) + 1}"

    def _take(self, order: MarketOrder, line: Line, now: datetime) -> None:
        self.stock[line.item_id] -= line.quantity
        line.taken = line.quantity

    def _paid(self, order: MarketOrder, line: Line, now: datetime) -> None:
        pass

    def _leave(self, line: Line) -> None:
        pass

    def _give_back(self, line: Line, now: datetime) -> None:
        self.stock[line.item_id] += line.taken

    def _out_of_stock(self, line: Line) -> None:
        pass

    def _set_total(self, key: Key, total: int) -> None:
        self.stock[key[0]] = total


class PlazaFace(Face[PlazaShop]):
    totals = frozenset({"total"})
    secrets = frozenset({"api_key"})

    def __init__(self, shop: PlazaShop, key: str) -> None:
        self.shop = shop
        self._key: str | None = key

    def credentials(self) -> Credentials:
        return {"api_key": self._key or ""}

    def revoke(self, *, refresh: bool = False) -> None:
        self._key = None

    def answer(self, call: Call, now: datetime, reads: PlazaShop) -> Answer:
        if self._key is None or not secrets.compare_digest(call.headers.get("x-plaza-key", ""), self._key):
            return Answer(401, {"error": "bad_key", "message": "this key is not known"})
        if (call.method, call.path) == ("GET", "/items"):
            ids = call.first("ids")
            rows = [_item(reads, one) for one in reads.items.values() if one.state is not ListingState.DELETED]
            if ids is not None:
                return Answer(200, {"items": [row for row in rows if row["id"] in ids.split(",")]})
            return _page(call, "items", rows)
        if (call.method, call.path) == ("GET", "/orders"):
            since = datetime.fromisoformat(call.first("since") or "1970-01-01T00:00:00+00:00")
            return _page(call, "orders", [_order(one) for one in reads.orders.values() if one.updated_at >= since])
        if (call.method, call.path) == ("PUT", "/stock"):
            asked = json.loads(call.body)["rows"]
            return Answer(200, {"rows": [self._set(str(row["id"]), int(row["stock"]), now) for row in asked]})
        return Answer(404, {"error": "no_such_path", "message": call.path})

    def throttled(self) -> Answer:
        return Answer(429, {"error": "too_fast", "message": "10 requests a second"})

    def failing(self, status: int) -> Answer:
        return Answer(status, {"error": "down", "message": "try later"})

    def _set(self, item: str, stock: int, now: datetime) -> Body:
        key = (item, "")
        listing = self.shop.listing(key)
        if listing is None:
            return {"id": item, "ok": False, "why": "no_such_item"}
        if listing.state is ListingState.BANNED:
            return {"id": item, "ok": False, "why": f"blocked: {listing.message}"}
        campaigns = self.shop.live_campaigns(key)
        held = any(one.no_decrease and one.running(now) for one in campaigns) and stock < self.shop.exposed(key)
        if stock < self.shop.locked(key) or held:
            return {"id": item, "ok": False, "why": f"below_promised: {self.shop.locked(key)}"}
        with self.shop.changing(key, now, "/stock", always=True):
            self.shop.stock[item] = stock
        return {"id": item, "ok": True}


def _page(call: Call, name: str, rows: list[Body]) -> Answer:
    number = integer(call.first("page")) or 1
    return Answer(200, {"total": len(rows), name: rows[(number - 1) * PAGE : number * PAGE]})


def _item(shop: PlazaShop, listing: Listing) -> Body:
    sellable, campaign, _, _ = shop.buckets(listing.key)
    return {
        "id": listing.item_id,
        "sku": listing.seller_sku,
        "title": listing.title,
        "stock": sellable + campaign,
        "promised": campaign,
        "state": STATES.get(listing.state, str(listing.state)),
    }


def _order(order: MarketOrder) -> Body:
    return {
        "id": order.order_id,
        "status": STATUSES.get(order.status, "cancelled"),
        "placed": order.created_at.isoformat(),
        "changed": order.updated_at.isoformat(),
        "lines": [{"item": line.item_id, "units": line.quantity} for line in order.lines],
    }


def plaza_face(shop: PlazaShop, number: int, now: datetime, given: Credentials) -> PlazaFace:
    return PlazaFace(shop, str(given.get("api_key") or secrets.token_hex(16)))


IMITATION = Imitation(PlazaShop, plaza_face)
