"""A Lazada in this process, written from the reference: signatures, tokens, pages and limits are checked here."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from stockrecon.channels.base import PullRequest, Surroundings, Tokens
from stockrecon.channels.lazada import LazadaChannel
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.rest import Answer, Request

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
APP_SECRET = "app-secret-0123456789"
Hook = Callable[[Request, dict[str, str]], Answer | None]


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


class Store:
    """Tokens in memory; `log` tells the order of what was done with them."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens
        self.log: list[str] = []

    def load(self, shop: ShopName) -> Tokens | None:
        self.log.append("load")
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        self.log.append("save")
        self.tokens = tokens

    def locked(self, shop: ShopName) -> Any:
        self.log.append("locked")
        return nullcontext()


def answer(document: object, status: int = 200, date: datetime = NOW) -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer(status, {"date": format_datetime(date, usegmt=True)}, body)


def failure(code: object, message: str = "") -> Answer:
    return answer({"code": code, "type": "ISV", "message": message, "request_id": "1"})


class FakeLazada:
    """`products` and `orders` are the shop; `hooks` may answer a call instead, in order, until one does."""

    def __init__(
        self, products: list[dict[str, Any]] | None = None, orders: list[dict[str, Any]] | None = None
    ) -> None:
        self.products = products or []
        self.orders_ = orders or []
        self.access = "access-token-1"
        self.refresh = "refresh-token-1"
        self.renewed = 0
        self.skew = timedelta(0)
        self.time = FakeTime()
        self.hooks: list[Hook] = []
        self.windows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.seller: dict[str, Any] = {"seller_id": 1000123, "name": "Tiệm", "short_code": "VN123", "status": "ACTIVE"}
        self.warehouses: object = {"module": [{"code": "dropshipping", "name": "main"}], "success": True}

    def send(self, request: Request) -> Answer:
        parameters = dict(request.query if request.form is None else request.form)
        self.calls.append((request.path, parameters))
        refused = self._refused(request, parameters)
        for hook in self.hooks:
            if refused is None:
                refused = hook(request, parameters)
        if refused is not None:
            return refused
        name = request.path.strip("/").replace("/", "_")
        return answer(getattr(self, name)(parameters), date=self.time.clock() + self.skew)

    def close(self) -> None:
        pass

    @property
    def counts(self) -> Counter[str]:
        return Counter(path for path, _ in self.calls)

    def _refused(self, request: Request, parameters: dict[str, str]) -> Answer | None:
        assert all(parameters.values()), "an empty parameter was sent"
        assert (request.form is None) == (request.method == "GET")
        told = parameters.get("sign", "")
        base = request.path + "".join(k + parameters[k] for k in sorted(parameters) if k != "sign")
        if told != hmac.new(APP_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest().upper():
            return failure("IncompleteSignature", "The request signature does not conform to lazop standards")
        sent = datetime.fromtimestamp(int(parameters["timestamp"]) / 1000, UTC)
        if abs(sent - (self.time.clock() + self.skew)) > timedelta(seconds=7200):
            return answer(
                {"code": "IllegalTimestamp", "message": "timestamp expired"}, date=self.time.clock() + self.skew
            )
        if request.path == "/auth/token/refresh":
            assert "access_token" not in parameters
            assert request.method == "POST"
        elif parameters.get("access_token") != self.access:
            return failure("IllegalAccessToken", "The specified access token is invalid or expired")
        return None

    def auth_token_refresh(self, parameters: dict[str, str]) -> object:
        if parameters["refresh_token"] != self.refresh:
            return {"code": "IllegalRefreshToken", "message": "The specified refresh token is invalid or expired"}
        self.renewed += 1
        self.access, self.refresh = f"access-token-{self.renewed + 1}", f"refresh-token-{self.renewed + 1}"
        return {
            "code": "0", "access_token": self.access, "refresh_token": self.refresh, "country": "vn",
            "expires_in": "864000", "refresh_expires_in": 4320000,
            "country_user_info_list": [{"country": "vn", "seller_id": "1000123"}],
        }  # fmt: skip

    def products_get(self, parameters: dict[str, str]) -> object:
        assert parameters["filter"] == "all"
        limit, offset = int(parameters["limit"]), int(parameters["offset"])
        if limit > 50:
            return {"code": "19", "message": "E019: Invalid Limit"}
        if offset > 10_000:
            return {"code": "14", "message": "E014: Invalid Offset"}
        rows = self.products
        if "sku_seller_list" in parameters:
            names = set(json.loads(parameters["sku_seller_list"]))
            rows = [row for row in rows if names & {sku["SellerSku"] for sku in row["skus"]}]
        if "update_after" in parameters:
            after = datetime.fromisoformat(parameters["update_after"]).timestamp() * 1000
            rows = [row for row in rows if int(row["updated_time"]) > after]
        if "create_after" in parameters:
            window = parameters["create_after"], parameters["create_before"]
            if window not in self.windows:
                low, high = (datetime.fromisoformat(edge).timestamp() * 1000 for edge in window)
                self.windows[window] = [row for row in rows if low <= int(row["created_time"]) <= high]
            rows = self.windows[window]
        if not rows:
            return {"code": "0", "request_id": "1"}
        total = len(rows) if "create_after" in parameters else len({row["item_id"] for row in rows})
        return {"code": "0", "data": {"total_products": total, "products": rows[offset : offset + limit]}}

    def product_item_get(self, parameters: dict[str, str]) -> object:
        found = [row for row in self.products if str(row["item_id"]) == parameters["item_id"]]
        if not found:
            return {"code": "208", "message": "E208: Item not exist"}
        return {"code": "0", "data": found[0] | {"skus": [sku for row in found for sku in row["skus"]]}}

    def orders_get(self, parameters: dict[str, str]) -> object:
        limit, offset = int(parameters["limit"]), int(parameters["offset"])
        assert limit <= 100
        assert parameters["sort_by"] == "updated_at"
        assert parameters["sort_direction"] == "ASC"
        if offset > 5000:
            return {"code": "14", "message": "E014: Invalid Offset"}
        after = datetime.fromisoformat(parameters["update_after"])
        rows = sorted(
            (row for row in self.orders_ if _at(row["updated_at"]) > after), key=lambda row: _at(row["updated_at"])
        )
        if "status" in parameters:
            rows = [row for row in rows if parameters["status"] in row["statuses"]]
        page = [{k: v for k, v in row.items() if k != "items"} for row in rows[offset : offset + limit]]
        return {"code": "0", "data": {"count": len(page), "countTotal": len(rows), "orders": page}}

    def orders_items_get(self, parameters: dict[str, str]) -> object:
        ids = json.loads(parameters["order_ids"])
        if len(ids) > 50:
            return {"code": "38", "message": "E038: Too many orders were requested"}
        by_id = {row["order_id"]: row for row in self.orders_}
        if any(order_id not in by_id for order_id in ids):
            return {"code": "37", "message": "E037: One or more order id in the list are incorrect"}
        return {
            "code": "0",
            "data": [{"order_id": one, "order_number": one, "order_items": by_id[one]["items"]} for one in ids],
        }

    def seller_get(self, parameters: dict[str, str]) -> object:
        return {"code": "0", "data": self.seller}

    def seller_warehouse_get(self, parameters: dict[str, str]) -> object:
        assert json.loads(parameters["addressTypes"]) == ["warehouse"]
        return {"code": "0", "result": self.warehouses}

    def rc_warehouse_get(self, parameters: dict[str, str]) -> object:
        return {"code": "0", "result": self.warehouses}


def _at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")


def printed(moment: datetime) -> str:
    """As Lazada prints times of orders: with the site's offset."""
    return (moment + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S +0800")


def sku(sku_id: int, sellable: int = 10, withheld: int = 0, occupied: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "SkuId": sku_id, "SellerSku": f"S-{sku_id}", "Status": "active", "quantity": sellable, "Available": sellable,
        "multiWarehouseInventories": [
            {"warehouseCode": "dropshipping", "sellableQuantity": sellable, "quantity": sellable,
             "withholdQuantity": withheld, "occupyQuantity": occupied, "totalQuantity": sellable + withheld + occupied}
        ],
        "fblWarehouseInventories": [], "channelInventories": [],
    } | more  # fmt: skip


def product(item_id: int, *skus: dict[str, Any], created: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {
        "item_id": item_id, "status": "Active", "subStatus": None, "hiddenStatus": None, "suspendedSkus": None,
        "rejectReason": None, "created_time": str(int(created.timestamp() * 1000)),
        "attributes": {"name": f"Áo {item_id}"}, "skus": list(skus) or [sku(item_id * 10)],
    } | more  # fmt: skip


def order(order_id: int, *units: dict[str, Any], at: datetime = NOW, updated: datetime | None = None) -> dict[str, Any]:
    return {
        "order_id": order_id, "statuses": sorted({str(one["status"]) for one in units}), "items_count": len(units),
        "created_at": printed(at), "updated_at": printed(updated or at), "items": list(units),
    }  # fmt: skip


def unit(sku_id: int = 10, status: str = "pending", **more: Any) -> dict[str, Any]:
    return {
        "order_id": 1, "sku_id": str(sku_id), "sku": f"S-{sku_id}", "shop_sku": f"{sku_id // 10}_VN-{sku_id}",
        "status": status, "created_at": printed(NOW), "updated_at": printed(NOW), "is_fbl": "0",
        "need_cancel_confirm": "false", "is_cancel_pending": "false", "cancel_return_initiator": "", "reason": "",
        "reason_detail": "", "payment_time": "1697193374592",
    } | more  # fmt: skip


def channel(lazada: FakeLazada, store: Store | None = None, region: str = "VN", **options: object) -> LazadaChannel:
    name = ShopName("lazada-vn")
    settings = ShopSettings(
        name=name,
        channel="lazada",
        policy=ShopPolicy(name, "lazada", region),
        options={
            "app_key": "100001",
            "app_secret": Secret(APP_SECRET),
            "access_token": Secret("access-token-1"),
            "refresh_token": Secret("refresh-token-1"),
            "requests_per_second": 1.0,
        }
        | options,
        region=region,
    )
    surroundings = Surroundings(lazada.time.clock, lazada.time.sleep, store or Store())
    return LazadaChannel(settings, surroundings, transport=lazada, monotonic=lazada.time.monotonic)


def request(folder: Path, days: float = 7) -> PullRequest:
    return PullRequest(folder, NOW - timedelta(days=days), Policy())
