"""A small TikTok Shop in memory, in the vendor's own shapes (reference: TikTok Shop 2), and the surroundings of a run.

Signatures, the time stamp's window, tokens, the shop's cipher, pages and limits are checked here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from stockrecon.channels.base import PullRequest, ShopSettings, StockWrite, Surroundings
from stockrecon.channels.tiktok_shop import TikTokShopChannel
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.rest import Answer, Request
from tests.surroundings import NOW as NOW
from tests.surroundings import FakeTime as FakeTime
from tests.surroundings import Store as Store

STAMP = int(NOW.timestamp())
SHOP = ShopName("tiktok-vn")
ACCESS, REFRESH = "TTP-access-1", "TTP-refresh-1"
SECRET = "app-secret-0123456789abcdef"
CIPHER = "ROW_cipher-of-shop-1"
HOME = "7000000000000000001"
"""The shop's first warehouse."""

Row = dict[str, Any]


def sku(sku_id: object, seller_sku: str = "", units: int | dict[str, int] = 0, **more: object) -> Row:
    """One SKU: `units` in the first warehouse, or by warehouse; `campaign`, `creator`: {name: units} held of them."""
    places = units if isinstance(units, dict) else {HOME: units}
    return {
        "id": str(sku_id),
        "seller_sku": seller_sku,
        "places": places,
        "campaign": {},
        "creator": {},
        "committed": 0,
        "status_info": {"status": "NORMAL"},
        **more,
    }


def product(product_id: object, *skus: Row, status: str = "ACTIVATE", **more: object) -> Row:
    return {
        "id": str(product_id),
        "title": f"Product {product_id}",
        "status": status,
        "create_time": STAMP - 1_000_000 - int(str(product_id)),
        "update_time": STAMP - 1000,
        "audit": {"status": "APPROVED" if status == "ACTIVATE" else "NONE"},
        "skus": list(skus),
        **more,
    }


def line(product_id: object, sku_id: object, status: str = "AWAITING_SHIPMENT", **more: object) -> Row:
    return {"id": "1", "product_id": str(product_id), "sku_id": str(sku_id), "display_status": status, **more}


def order(number: object, status: str, *lines: Row, **more: object) -> Row:
    return {
        "id": str(number),
        "status": status,
        "create_time": STAMP - 7200,
        "update_time": STAMP - 3600,
        "paid_time": 0 if status == "UNPAID" else STAMP - 7000,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "line_items": list(lines),
        **more,
    }


def said(data: object = None, code: object = 0, message: str = "Success", status: int = 200, **headers: str) -> Answer:
    document = {"code": code, "message": message, "request_id": "r"} | ({} if data is None else {"data": data})
    return Answer(status, dict(headers), json.dumps(document).encode())


def refused(code: object, message: str = "no", status: int = 200) -> Answer:
    return said(None, code, message, status)


class FakeTikTok:
    """Answers like TikTok Shop. `overrides` maps a call's name to answers that come first, one after the other;
    `always` to one that always comes."""

    def __init__(self) -> None:
        self.products: dict[str, Row] = {}
        self.orders: list[Row] = []
        self.activities: list[Row] = []
        self.shops: list[Row] = [
            {"id": "7494049642642441621", "name": "Tiệm", "region": "VN", "cipher": CIPHER, "code": "VNLCTXQHN6"}
        ]
        self.warehouses: list[Row] = [place(HOME)]
        self.platform: list[Row] | None = []
        """TikTok's own warehouses; None: the app lacks the scope to ask for them."""
        self.access, self.refresh = ACCESS, REFRESH
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.overrides: dict[str, list[Answer | Callable[[Request], Answer]]] = {}
        self.always: dict[str, Callable[[Request], Answer]] = {}
        self.unseen: set[str] = set()
        """SKUs that the inventory search does not know yet."""
        self.reach = 10_000
        self.skew = timedelta(0)
        self.time = FakeTime()
        self.closed = False
        self._lock = threading.Lock()

    def add(self, *products: Row) -> None:
        for each in products:
            self.products[each["id"]] = each

    def close(self) -> None:
        self.closed = True

    def bodies(self, name: str) -> list[Any]:
        """What was sent to a call, in order."""
        return [json.loads(each.body or b"null") for each in self.requests if named(each.path) == name]

    def send(self, request: Request) -> Answer:
        with self._lock:
            name = named(request.path)
            self.calls[name] += 1
            self.requests.append(request)
            if self.overrides.get(name):
                made = self.overrides[name].pop(0)
                answer = made(request) if callable(made) else made
            elif name in self.always:
                answer = self.always[name](request)
            else:
                answer = self._gate(name, request)
            answer.headers = {"date": format_datetime(self._now(), usegmt=True), **answer.headers}
            return answer

    def _now(self) -> datetime:
        return self.time.clock() + self.skew

    def _gate(self, name: str, request: Request) -> Answer:
        query = dict(request.query)
        if name in ("token/get", "token/refresh"):
            return getattr(self, f"_{name.replace('/', '_')}")(query)
        headers = dict(request.headers)
        age = self._now().timestamp() - int(query["timestamp"])
        if not -30 <= age <= 300:
            words = "earlier than 5 minutes before" if age > 0 else "later than 30 seconds beyond"
            return refused(36009004, f"Invalid timestamp. The value of the `timestamp` query parameter is {words}")
        if query.get("sign") != self._sign(request):
            return refused(106001, "Invalid credentials. The `sign` query parameter is invalid.")
        if headers.get("x-tts-access-token") != self.access:
            return refused(105002, "Expired credentials. The `x-tts-access-token` header has expired.", 401)
        if (name == "shops") != (query.get("shop_cipher") is None):
            return refused(36009004 if name == "shops" else 106013, "shop_cipher")
        if name != "shops" and query["shop_cipher"] not in [shop["cipher"] for shop in self.shops]:
            return refused(101000, "The token does not match the shop_cipher")
        return getattr(self, f"_{name.replace('/', '_')}")(request)

    def _sign(self, request: Request) -> str:
        pairs = "".join(name + value for name, value in sorted(request.query) if name != "sign")
        base = SECRET + request.path + pairs + (request.body or b"").decode() + SECRET
        return hmac.new(SECRET.encode(), base.encode(), hashlib.sha256).hexdigest()

    def _token_refresh(self, query: dict[str, str]) -> Answer:
        if query["refresh_token"] != self.refresh:
            return refused(36004001, "rt has expired")
        return self._pair()

    def _token_get(self, query: dict[str, str]) -> Answer:
        return self._pair() if query["auth_code"] == "the-code" else refused(36004003, "code is invalid")

    def _pair(self) -> Answer:
        number = int(self.access.rsplit("-", 1)[1]) + 1
        self.access, self.refresh = f"TTP-access-{number}", f"TTP-refresh-{number}"
        return said(
            {
                "access_token": self.access,
                "access_token_expire_in": STAMP + 7 * 86400,
                "refresh_token": self.refresh,
                "refresh_token_expire_in": STAMP + 300 * 86400,
                "seller_base_region": "VN",
                "user_type": 0,
                "granted_scopes": ["seller.product.basic"],
            }
        )

    def _shops(self, request: Request) -> Answer:
        return said({"shops": self.shops})

    def _warehouses(self, request: Request) -> Answer:
        return said({"warehouses": self.warehouses})

    def _fbt_warehouses(self, request: Request) -> Answer:
        return refused(105005, "no scope") if self.platform is None else said({"warehouses": self.platform})

    def _products_search(self, request: Request) -> Answer:
        body = json.loads(request.body or b"")
        begin, end = body.get("create_time_ge", 0), body.get("create_time_le", 2**40)
        wanted = set(body.get("sku_ids", ()))
        assert len(wanted) <= 10
        hits = [
            shown(each)
            for each in self.products.values()
            if begin <= each["create_time"] <= end
            and body.get("update_time_ge", 0) <= each["update_time"]
            and body["status"] in ("ALL", each.get("status"))
            and (not wanted or wanted & {sku["id"] for sku in each["skus"]})
        ]
        if len(hits) > self.reach:
            return refused(12052180, "The total number of search results can not exceed 10000.")
        return page(request, hits, "products")

    def _product(self, request: Request) -> Answer:
        each = self.products.get(request.path.rsplit("/", 1)[-1])
        if each is None or each.get("status") in ("FREEZE", "DELETED"):
            return refused(12052032, "The product does not exist")
        return said(shown(each) | {key: each[key] for key in ("product_types", "audit_failed_reasons") if key in each})

    def _inventory_search(self, request: Request) -> Answer:
        wanted = json.loads(request.body or b"")["sku_ids"]
        assert 0 < len(wanted) <= 600
        found = []
        for each in self.products.values():
            skus = [stock(one) for one in each["skus"] if one["id"] in wanted and one["id"] not in self.unseen]
            if skus:
                found.append({"product_id": each["id"], "skus": skus})
        return said({"inventory": found} if found else {})

    def _orders_search(self, request: Request) -> Answer:
        since = json.loads(request.body or b"")["update_time_ge"]
        assert request.first("sort_order") == "ASC"
        hits = [each for each in self.orders if each["update_time"] >= since]
        return page(request, sorted(hits, key=lambda each: each["update_time"]), "orders")

    def _activities_search(self, request: Request) -> Answer:
        body = json.loads(request.body or b"")
        hits = [each for each in self.activities if body.get("status") in (None, each["status"])]
        start = start_of(body["page_token"])
        if start is None:
            return refused(17029001, "Invalid parameters")
        more = start + 100 < len(hits)
        token = str(start + 100) if more else ""
        return said({"total_count": len(hits), "activities": hits[start : start + 100], "next_page_token": token})

    def _inventory_update(self, request: Request) -> Answer:
        each = self.products[request.path.split("/")[4]]
        if each["status"] != "ACTIVATE":
            return refused(12052901, "The product in its current status is not available for this operation.")
        errors = []
        for row in json.loads(request.body or b"")["skus"]:
            one = next(one for one in each["skus"] if one["id"] == row["id"])
            meant = {place["warehouse_id"]: place["quantity"] for place in row["inventory"]}
            held = sum(one["campaign"].values()) + sum(one["creator"].values())
            code = 12052533 if set(meant) != set(one["places"]) else 12052393 if sum(meant.values()) < held else 0
            if code:
                detail = {"sku_id": row["id"], "extra_errors": [{"code": code, "message": "see the page"}]}
                errors.append({"code": 12052990, "message": "Check failed", "detail": detail})
            else:
                one["places"] = meant
        return said({"errors": errors} if errors else {})


def named(path: str) -> str:
    """A short name of a call, by its path."""
    known = {
        "/api/v2/token/get": "token/get",
        "/api/v2/token/refresh": "token/refresh",
        "/authorization/202309/shops": "shops",
        "/logistics/202309/warehouses": "warehouses",
        "/fbt/202408/warehouses": "fbt/warehouses",
        "/product/202502/products/search": "products/search",
        "/product/202309/inventory/search": "inventory/search",
        "/order/202309/orders/search": "orders/search",
        "/promotion/202309/activities/search": "activities/search",
    }
    return known.get(path) or ("inventory/update" if path.endswith("/inventory/update") else "product")


def place(warehouse: str, name: str = "Kho", status: str = "ENABLED", sort: str = "SALES_WAREHOUSE") -> Row:
    return {"id": warehouse, "name": name, "effect_status": status, "type": sort, "is_default": True}


def shown(each: Row) -> Row:
    """A product as searches show it: its stock by warehouse, without what is held or committed."""
    return {
        **{key: value for key, value in each.items() if key not in ("product_types", "audit_failed_reasons")},
        "skus": [
            {key: value for key, value in one.items() if key not in ("places", "campaign", "creator", "committed")}
            | {"inventory": [{"warehouse_id": name, "quantity": n} for name, n in one["places"].items()]}
            for one in each["skus"]
        ],
    }


def stock(one: Row) -> Row:
    """A SKU as the inventory search shows it."""
    total = sum(one["places"].values())
    held = sum(one["campaign"].values()) + sum(one["creator"].values())
    split: Row = {"in_shop_inventory": {"quantity": total - held}}
    if one["campaign"]:
        split["campaign_inventory"] = [{"campaign_name": name, "quantity": n} for name, n in one["campaign"].items()]
    if one["creator"]:
        split["creator_inventory"] = [{"creator_name": name, "quantity": n} for name, n in one["creator"].items()]
    return {
        "id": one["id"],
        "seller_sku": one["seller_sku"],
        "total_available_quantity": total,
        "total_committed_quantity": one["committed"],
        "warehouse_inventory": [
            {"warehouse_id": name, "available_quantity": n, "committed_quantity": one["committed"]}
            for name, n in one["places"].items()
        ],
        "total_available_inventory_distribution": split,
    }


def page(request: Request, hits: list[Row], name: str) -> Answer:
    """One page, whose list is left out where it is empty."""
    start, size = start_of(request.first("page_token")), int(request.first("page_size") or 0)
    assert 1 <= size <= 100
    if start is None:
        return refused(12019108, "page number is invalid")
    more = start + size < len(hits)
    rows = hits[start : start + size]
    token = {"next_page_token": str(start + size) if more else ""}
    return said({"total_count": len(hits), **({name: rows} if rows else {}), **token})


def start_of(token: str | None) -> int | None:
    """Where a page begins; None for a token that was never given out."""
    return 0 if not token else int(token) if token.isascii() and token.isdigit() else None


def channel(tiktok: FakeTikTok, store: Store | None = None, region: str = "VN", **options: object) -> TikTokShopChannel:
    settings = ShopSettings(
        name=SHOP,
        channel="tiktok-shop",
        policy=ShopPolicy(SHOP, "tiktok-shop", region),
        options={
            "app_key": "6abcdef12345",
            "app_secret": Secret(SECRET),
            "access_token": Secret(ACCESS),
            "refresh_token": Secret(REFRESH),
            "requests_per_second": 20.0,
            **options,
        },
        base_url="http://127.0.0.1:9/tiktok-vn",
        region=region,
    )
    surroundings = Surroundings(clock=tiktok.time.clock, sleep=tiktok.time.sleep, tokens=store or Store())
    return TikTokShopChannel(
        settings, surroundings, transport=tiktok, jitter=lambda: 0.5, monotonic=tiktok.time.monotonic
    )


def request(folder: Path, days: int = 7) -> PullRequest:
    return PullRequest(folder, NOW - timedelta(days=days), Policy())


def key(product_id: object, sku_id: object) -> ListingKey:
    return ListingKey(SHOP, str(product_id), str(sku_id))


def write(product_id: object, sku_id: object, to: int, shown: int = 10) -> StockWrite:
    place = key(product_id, sku_id)
    return StockWrite(place, to, Listing(place, "SKU", shown, 0, 0, 0))
