"""A small WooCommerce in memory, in the vendor's own shapes (reference: WooCommerce 3), and what else a run needs."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from stockrecon.channels.base import PullRequest, ShopSettings, Surroundings, Tokens
from stockrecon.channels.woocommerce import WooCommerceChannel
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.rest import Answer, Request

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
SHOP = ShopName("woo")
KEY, SECRET = "ck_0123456789abcdef", "cs_fedcba9876543210"
BASE = "https://127.0.0.1:9/store"
Row = dict[str, Any]
Hook = Callable[[Request], Answer]


class FakeTime:
    """Stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class NoTokens:
    """A shop of WooCommerce has none."""

    def load(self, shop: ShopName) -> Tokens | None:
        return None

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        raise AssertionError("there are no tokens to save")

    def locked(self, shop: ShopName) -> Any:
        return nullcontext()


def product(number: int, sku: str = "", units: object = 0, **more: object) -> Row:
    row: Row = {
        "id": number,
        "name": f"Product {number}",
        "type": "simple",
        "status": "publish",
        "sku": sku,
        "manage_stock": True,
        "stock_quantity": units,
        "stock_status": "instock",
        "backorders": "no",
        "variations": [],
    }
    return {**row, **more}


def variation(number: int, parent: int, sku: str = "", units: object = 0, **more: object) -> Row:
    row: Row = {
        "id": number,
        "parent_id": parent,
        "name": f"Size {number}",
        "status": "publish",
        "sku": sku,
        "manage_stock": True,
        "stock_quantity": units,
        "stock_status": "instock",
        "backorders": "no",
    }
    return {**row, **more}


def line(product_id: int, quantity: object, variation_id: int = 0, **notes: object) -> Row:
    meta = [{"id": 1, "key": f"_{key}", "value": str(value)} for key, value in notes.items()]
    return {"product_id": product_id, "variation_id": variation_id, "quantity": quantity, "meta_data": meta}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def order(number: int, status: str, *lines: Row, hours: float = 1, **more: object) -> Row:
    at = stamp(NOW - timedelta(hours=hours))
    row: Row = {
        "id": number,
        "status": status,
        "date_created_gmt": at,
        "date_modified_gmt": at,
        "date_paid_gmt": None,
        "date_completed_gmt": None,
        "line_items": list(lines),
    }
    return {**row, **more}


class FakeWoo:
    """Answers like WooCommerce. `overrides` maps a route to answers that come first, one after the other.

    `pretty` False: a WordPress without rewriting. `lists_all`: the list of all variations, of 10.3 and later.
    """

    def __init__(self) -> None:
        self.products: dict[int, Row] = {}
        self.variations: dict[int, Row] = {}
        self.orders: list[Row] = []
        self.settings = {"woocommerce_manage_stock": "yes", "woocommerce_hold_stock_minutes": "60"}
        self.settings["woocommerce_notify_no_stock_amount"] = "0"
        self.site: Row = {
            "name": "Tiệm",
            "home": "https://shop.example.com/store",
            "timezone_string": "Asia/Ho_Chi_Minh",
            "gmt_offset": 7,
            "namespaces": ["wp/v2", "wc/v3"],
        }
        self.version = "10.3.4"
        self.pretty, self.lists_all, self.may_write, self.manager, self.indexed = True, True, True, True, True
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.overrides: dict[str, list[Answer | Hook]] = {}
        self.headers: dict[str, str] = {}
        self.skew = timedelta(0)
        self.time = FakeTime()
        self.closed = False
        self._lock = threading.Lock()

    def add(self, *rows: Row) -> None:
        for row in rows:
            self.products[row["id"]] = row

    def add_variable(self, parent: Row, *children: Row) -> None:
        self.add({**parent, "type": "variable", "variations": [child["id"] for child in children]})
        for child in children:
            self.variations[child["id"]] = child

    def close(self) -> None:
        self.closed = True

    def send(self, request: Request) -> Answer:
        with self._lock:
            self.requests.append(request)
            route = self._route(request)
            self.calls[route or request.path] += 1
            if route is None:
                answer = page_of_html(404)
            elif self.overrides.get(route):
                made = self.overrides[route].pop(0)
                answer = made(request) if callable(made) else made
            else:
                answer = self._answer(route, request)
            date = format_datetime(self.time.clock() + self.skew, usegmt=True)
            answer.headers = {"date": date, **self.headers, **answer.headers}
            return answer

    def _route(self, request: Request) -> str | None:
        if request.path == "/" and request.first("rest_route"):
            return request.first("rest_route")
        if self.pretty and request.path.startswith("/wp-json/"):
            return request.path.removeprefix("/wp-json")
        return None

    def _answer(self, route: str, request: Request) -> Answer:
        if route == "/":
            return said(self.site) if self.indexed else error("rest_login_required", "Log in first.", 401)
        if not self._known(request):
            return error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)
        parts = route.removeprefix("/wc/v3/").split("/")
        match request.method, parts:
            case "GET", ["products"]:
                return self._list(request, list(self.products.values()))
            case "GET", ["variations"] if self.lists_all:
                return self._list(request, list(self.variations.values()))
            case "GET", ["products", parent, "variations"]:
                own = [row for row in self.variations.values() if row["parent_id"] == int(parent)]
                return self._list(request, [{k: v for k, v in row.items() if k != "parent_id"} for row in own])
            case "GET", ["orders"]:
                return self._list(request, self.orders)
            case "GET", ["settings", "products"] if self.manager:
                return said([{"id": name, "value": value} for name, value in self.settings.items()])
            case "GET", ["system_status"] if self.manager:
                return said({"environment": {"version": self.version}})
            case "POST", ["products", "batch"]:
                return self._batch(request, self.products)
            case "POST", ["products", parent, "variations", "batch"]:
                own_rows = {n: row for n, row in self.variations.items() if row["parent_id"] == int(parent)}
                return self._batch(request, own_rows)
            case "GET", ["settings" | "system_status", *_]:
                return error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 403)
        return error("rest_no_route", "No route was found matching the URL and request method.", 404)

    def _known(self, request: Request) -> bool:
        """Basic and keys in the query; a signature's own check is that of tests/channels_woocommerce/test_sign.py."""
        pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if ("authorization", f"Basic {pair}") in request.headers:
            return True
        if request.first("consumer_key") == KEY and request.first("consumer_secret") == SECRET:
            return True
        return request.first("oauth_consumer_key") == KEY and bool(request.first("oauth_signature"))

    def _list(self, request: Request, rows: list[Row]) -> Answer:
        size, page = int(request.first("per_page") or 10), int(request.first("page") or 1)
        assert size <= 100
        include = request.first("include")
        if include is not None:
            wanted = {int(each) for each in include.split(",")}
            assert len(wanted) <= 100
            rows = [row for row in rows if row["id"] in wanted]
        parents = request.first("parent")
        if parents is not None:
            assert len(parents.split(",")) <= 100
            rows = [row for row in rows if str(row["parent_id"]) in parents.split(",")]
        since = request.first("modified_after")
        if since is not None:
            assert request.first("dates_are_gmt") == "true"
            rows = [row for row in rows if row.get("date_modified_gmt", "") > since]
        rows = [row for row in rows if (row.get("status") == "trash") is (request.first("status") == "trash")]
        rows = sorted(rows, key=lambda row: row["id"], reverse=request.first("order") != "asc")
        fields = (request.first("_fields") or "").split(",")
        shown = [{k: v for k, v in row.items() if k in fields} for row in rows[(page - 1) * size : page * size]]
        return said(shown, **{"x-wp-total": str(len(rows)), "x-wp-totalpages": str(-(-len(rows) // size))})

    def _batch(self, request: Request, rows: dict[int, Row]) -> Answer:
        if not self.may_write:
            words = "The API key provided does not have write permissions."
            return error("woocommerce_rest_authentication_error", words, 401)
        updates = json.loads(request.body or b"{}").get("update", [])
        if len(updates) > 100:
            return error("woocommerce_rest_request_entity_too_large", "Unable to accept more than 100 items.", 413)
        return said({"update": [self._update(row, rows) for row in updates]} if updates else [])

    def _update(self, sent: Row, rows: dict[int, Row]) -> Row:
        assert set(sent) == {"id", "stock_quantity"}
        row = rows.get(sent["id"])
        if row is None:
            words = {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 400}}
            return {"id": sent["id"], "error": words}
        if row["manage_stock"] is True:
            row["stock_quantity"] = sent["stock_quantity"]
        return dict(row)


def said(document: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, dict(headers), json.dumps(document).encode())


def error(code: str, message: str, status: int) -> Answer:
    return said({"code": code, "message": message, "data": {"status": status}}, status)


def page_of_html(status: int) -> Answer:
    return Answer(status, {"content-type": "text/html"}, b"<!DOCTYPE html><html><body>Hello</body></html>")


def channel(woo: FakeWoo, base_url: str = BASE, mode: Mode = Mode.OBSERVE, **options: object) -> WooCommerceChannel:
    settings = ShopSettings(
        name=SHOP,
        channel="woocommerce",
        policy=ShopPolicy(SHOP, "woocommerce", "", mode=mode),
        options={"consumer_key": KEY, "consumer_secret": Secret(SECRET), "requests_per_second": 5.0, **options},
        base_url=base_url,
    )
    surroundings = Surroundings(clock=woo.time.clock, sleep=woo.time.sleep, tokens=NoTokens())
    numbers = iter(range(1, 100_000))
    return WooCommerceChannel(
        settings,
        surroundings,
        transport=woo,
        jitter=lambda: 0.5,
        monotonic=woo.time.monotonic,
        nonce=lambda: f"nonce-{next(numbers)}",
    )


def request(folder: Path, days: int = 7) -> PullRequest:
    return PullRequest(folder, NOW - timedelta(days=days), Policy())
