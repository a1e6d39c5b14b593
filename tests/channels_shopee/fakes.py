"""A small Shopee in memory, in the vendor's own shapes (reference: Shopee 1 to 7), and the surroundings of a run."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

from stockrecon.channels.base import PullRequest, ShopSettings, Surroundings
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.rest import Answer, Request
from tests.surroundings import NOW as NOW
from tests.surroundings import FakeTime as FakeTime
from tests.surroundings import Store as Store

STAMP = int(NOW.timestamp())
SHOP = ShopName("shopee-vn")
ACCESS, REFRESH = "access-token-1", "refresh-token-1"


def stock(seller: int, reserved: int = 0, shopee: int = 0, places: dict[str, int] | None = None) -> dict[str, object]:
    shown = places or {"VNZ": seller}
    return {
        "summary_info": {"total_reserved_stock": reserved, "total_available_stock": seller + shopee - reserved},
        "seller_stock": [{"location_id": name, "stock": n, "if_saleable": True} for name, n in shown.items()],
        "shopee_stock": [{"location_id": "", "stock": shopee}],
    }


def item(item_id: int, sku: str = "", units: int = 0, *, reserved: int = 0, status: str = "NORMAL", **more: object):
    return {
        "item_id": item_id,
        "item_name": f"Item {item_id}",
        "item_sku": sku,
        "item_status": status,
        "has_model": False,
        "has_promotion": False,
        "tag": {"kit": False},
        "update_time": STAMP - 1000 - item_id,
        "stock_info_v2": stock(units, reserved),
        **more,
    }


def model(model_id: int, sku: str, units: int, *, reserved: int = 0, **more: object) -> dict[str, object]:
    return {
        "model_id": model_id,
        "model_name": f"Model {model_id}",
        "model_sku": sku,
        "model_status": "MODEL_NORMAL",
        "has_promotion": False,
        "stock_info_v2": stock(units, reserved),
        "is_fulfillment_by_shopee": False,
        **more,
    }


def line(item_id: int, quantity: int, model_id: int = 0, **more: object) -> dict[str, object]:
    return {"item_id": item_id, "model_id": model_id, "model_quantity_purchased": quantity, **more}


def order(number: str, status: str, *lines: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "order_sn": number,
        "order_status": status,
        "create_time": STAMP - 7200,
        "update_time": STAMP - 3600,
        "pay_time": STAMP - 7000,
        "cancel_by": "",
        "cancel_reason": "",
        "item_list": list(lines),
        **more,
    }


class FakeShopee:
    """Answers like Shopee. `overrides` maps the path's last part to answers that come first, one after the other."""

    def __init__(self) -> None:
        self.items: dict[int, dict[str, object]] = {}
        self.models: dict[int, list[dict[str, object]]] = {}
        self.promotions: dict[int, list[dict[str, object]]] = {}
        self.orders: list[dict[str, object]] = []
        self.info: dict[str, object] = {"shop_name": "Tiệm", "region": "VN", "status": "NORMAL"}
        self.holiday: dict[str, object] = {"holiday_mode_on": False}
        self.access, self.refresh = ACCESS, REFRESH
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.overrides: dict[str, list[Answer | Callable[[Request], Answer]]] = {}
        self.skew = timedelta(0)
        self.time = FakeTime()
        self.ceiling: int | None = None
        self.closed = False
        self._lock = threading.Lock()

    def add(self, *items: dict[str, object]) -> None:
        for each in items:
            self.items[int(str(each["item_id"]))] = each

    def add_models(self, base: dict[str, object], *models: dict[str, object]) -> None:
        base = {**base, "has_model": True}
        base.pop("stock_info_v2", None)
        self.add(base)
        self.models[int(str(base["item_id"]))] = list(models)

    def close(self) -> None:
        self.closed = True

    def send(self, request: Request) -> Answer:
        with self._lock:
            tail = request.path.rsplit("/", 1)[-1]
            if request.path == "/api/v2/auth/access_token/get":
                tail = "refresh"
            self.calls[tail] += 1
            self.requests.append(request)
            if self.overrides.get(tail):
                made = self.overrides[tail].pop(0)
                answer = made(request) if callable(made) else made
            else:
                answer = self._gate(tail, request)
            answer.headers = {"date": format_datetime(self.time.clock() + self.skew, usegmt=True), **answer.headers}
            return answer

    def _gate(self, tail: str, request: Request) -> Answer:
        stamp = int(request.first("timestamp") or 0)
        if abs(stamp - (self.time.clock() + self.skew).timestamp()) > 300:
            return said({"error": "error_param", "message": "Timestamp is expired."}, 403)
        if tail == "refresh":
            return self._refresh(request)
        if request.first("access_token") != self.access:
            return said({"error": "invalid_acceess_token", "message": "Invalid access_token."}, 403)
        return getattr(self, f"_{tail}")(request)

    def _refresh(self, request: Request) -> Answer:
        body = json.loads(request.body or b"{}")
        if body["refresh_token"] != self.refresh:
            return said({"error": "error_auth", "message": "Invalid refresh_token."}, 403)
        number = int(self.access.rsplit("-", 1)[1]) + 1
        self.access, self.refresh = f"access-token-{number}", f"refresh-token-{number}"
        return said(
            {"access_token": self.access, "refresh_token": self.refresh, "expire_in": 14400, "shop_id": body["shop_id"]}
        )

    def _get_shop_info(self, request: Request) -> Answer:
        return said(dict(self.info))

    def _get_shop_holiday_mode(self, request: Request) -> Answer:
        return wrapped(self.holiday)

    def _get_warehouse_detail(self, request: Request) -> Answer:
        return said({"error": "warehouse.error_not_in_whitelist", "message": "Your shop is not in whitelist."})

    def _get_item_list(self, request: Request) -> Answer:
        offset, size = int(request.first("offset") or 0), int(request.first("page_size") or 0)
        begin, end = int(request.first("update_time_from") or 0), int(request.first("update_time_to") or 2**40)
        statuses = [value for name, value in request.query if name == "item_status"]
        if self.ceiling is not None and offset >= self.ceiling:
            return said({"error": "error_param", "message": "get items offset over limit, please use the next field"})
        chosen = [
            each
            for each in self.items.values()
            if each["item_status"] in statuses and begin <= int(str(each["update_time"])) <= end
        ]
        page = chosen[offset : offset + size]
        more = offset + size < len(chosen)
        head = [{"item_id": each["item_id"], "item_status": each["item_status"]} for each in page]
        tail = {"next_offset": offset + size} if more else {"next": ""}
        return wrapped({"item": head, "total_count": len(chosen), "has_next_page": more, **tail})

    def _get_item_base_info(self, request: Request) -> Answer:
        ids = [int(each) for each in (request.first("item_id_list") or "").split(",")]
        assert len(ids) <= 50
        return wrapped({"item_list": [self.items[each] for each in ids if each in self.items]})

    def _get_model_list(self, request: Request) -> Answer:
        return wrapped({"tier_variation": [], "model": self.models.get(int(request.first("item_id") or 0), [])})

    def _get_item_promotion(self, request: Request) -> Answer:
        ids = [int(each) for each in (request.first("item_id_list") or "").split(",")]
        assert len(ids) <= 50
        return wrapped(
            {"success_list": [{"item_id": each, "promotion": self.promotions.get(each, [])} for each in ids]}
        )

    def _get_order_list(self, request: Request) -> Answer:
        begin, end = int(request.first("time_from") or 0), int(request.first("time_to") or 0)
        if not begin < end <= begin + 15 * 86400:
            return said({"error": "order.order_list_invalid_time", "message": "diff in 15days."})
        chosen = [each for each in self.orders if begin <= int(str(each["update_time"])) <= end]
        start = int(request.first("cursor") or 0)
        page = chosen[start : start + 100]
        more = start + 100 < len(chosen)
        heads = [{"order_sn": each["order_sn"]} for each in page]
        return wrapped({"more": more, "next_cursor": str(start + 100) if more else "", "order_list": heads})

    def _get_order_detail(self, request: Request) -> Answer:
        ids = (request.first("order_sn_list") or "").split(",")
        assert len(ids) <= 50
        return wrapped({"order_list": [each for each in self.orders if each["order_sn"] in ids]})


def said(document: object, status: int = 200, **headers: str) -> Answer:
    if isinstance(document, dict):
        document = {"error": "", "message": "", "request_id": "r", **document}
    return Answer(status, dict(headers), json.dumps(document).encode())


def wrapped(response: object) -> Answer:
    return said({"response": response})


def channel(shopee: FakeShopee, store: Store | None = None, region: str = "VN", **options: object) -> ShopeeChannel:
    settings = ShopSettings(
        name=SHOP,
        channel="shopee",
        policy=ShopPolicy(SHOP, "shopee", region),
        options={
            "partner_id": "1000001",
            "partner_key": Secret("partner-key-0123456789"),
            "shop_id": "2000002",
            "access_token": Secret(ACCESS),
            "refresh_token": Secret(REFRESH),
            "requests_per_second": 5.0,
            **options,
        },
        base_url="http://127.0.0.1:9/shopee-vn",
        region=region,
    )
    surroundings = Surroundings(clock=shopee.time.clock, sleep=shopee.time.sleep, tokens=store or Store())
    return ShopeeChannel(settings, surroundings, transport=shopee, jitter=lambda: 0.5, monotonic=shopee.time.monotonic)


def request(folder: Path, days: int = 7) -> PullRequest:
    return PullRequest(folder, NOW - timedelta(days=days), Policy())
