"""A small TikTok Shop and signed calls to it, written from the vendor's page on signing."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.wire import Answer, Call
from tests.sandbox.world import NOON, Ticks

RED, BLUE, MUG = ("500", "5001"), ("500", "5002"), ("600", "6001")
SEARCH, STOCK = "/product/202502/products/search", "/product/202309/inventory/search"
ORDERS, CANCELLATIONS = "/order/202309/orders/search", "/return_refund/202309/cancellations/search"
SHOPS, WAREHOUSES = "/authorization/202309/shops", "/logistics/202309/warehouses"
ACTIVITIES = "/promotion/202309/activities/search"


@dataclass
class TiktokWorld:
    """A sandbox with one shop of three SKUs, and signed calls to it."""

    ticks: Ticks
    clock: SandboxClock
    sandbox: Sandbox
    shop: TiktokShop

    def advance(self, **by: float) -> datetime:
        self.clock.advance(timedelta(**by))
        return self.now

    @property
    def now(self) -> datetime:
        return self.sandbox.settled()

    @property
    def given(self) -> dict[str, str]:
        """The credentials as they are now."""
        return {name: str(value) for name, value in self.sandbox.shops[self.shop.name].credentials().items()}

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        spoil: Callable[[dict, dict], None] | None = None,
        **query: object,
    ) -> Answer:
        """`spoil` changes the signed query and the headers before they are sent."""
        given = self.given
        pool = {name: str(value) for name, value in query.items()}
        pool |= {"app_key": given["app_key"], "timestamp": str(int(self.clock.now().timestamp()))}
        if path != SHOPS:
            pool.setdefault("shop_cipher", given["shop_cipher"])
        data = json.dumps(body).encode() if body is not None else b""
        secret = given["app_secret"].encode()
        base = path + "".join(name + pool[name] for name in sorted(pool))
        pool["sign"] = hmac.new(secret, secret + base.encode() + data + secret, hashlib.sha256).hexdigest()
        headers = {"x-tts-access-token": given["access_token"], "content-type": "application/json"}
        if spoil:
            spoil(pool, headers)
        call = Call(method, path, tuple(pool.items()), (), data, headers["content-type"], headers)
        outcome = self.sandbox.handle(self.sandbox.shops[self.shop.name], call)
        assert outcome.answer is not None
        return outcome.answer

    def ask(self, method: str, path: str, body: object = None, **query: object) -> dict:
        """The data of an answer that must be good."""
        answer = self.send(method, path, body, **query)
        said = dict(answer.body)  # type: ignore[call-overload]
        assert (answer.status, said["code"], said["message"]) == (200, 0, "Success"), said
        return dict(said["data"])

    def refused(self, method: str, path: str, body: object = None, **query: object) -> int:
        """The code of an answer that must be a business fault: HTTP 200, no data."""
        answer = self.send(method, path, body, **query)
        said = dict(answer.body)  # type: ignore[call-overload]
        assert (answer.status, said["data"]) == (200, None), said
        assert said["code"] != 0
        return int(said["code"])

    def do(self, path: str, **body: object) -> dict:
        """A control request that must work."""
        status, value = Control(self.sandbox).handle(
            "POST", path, json.dumps({"shop": self.shop.name, **body}).encode()
        )
        assert status == 200, value
        return dict(value)  # type: ignore[call-overload]

    def stock(self, key: tuple[str, str]) -> dict:
        """A SKU as the inventory search tells it."""
        rows = self.ask("POST", STOCK, {"sku_ids": [key[1]]})["inventory"]
        return dict(rows[0]["skus"][0])

    def update(self, key: tuple[str, str], units: object, warehouse: str | None = None) -> list[dict]:
        """Set a SKU's stock in one warehouse; the faults inside the answer."""
        place = {} if warehouse is None else {"warehouse_id": warehouse}
        body = {"skus": [{"id": key[1], "inventory": [{**place, "quantity": units}]}]}
        return list(self.ask("POST", update_path(key[0]), body).get("errors", []))


def update_path(item: str) -> str:
    return f"/product/202309/products/{item}/inventory/update"


def make_tiktok(region: str = "VN", warehouses: int = 1, **options: object) -> TiktokWorld:
    ticks = Ticks()
    clock = SandboxClock(NOON, ticks)
    shop = TiktokShop("tiktok-shop-vn", region, warehouses)
    created = NOON - timedelta(days=30)
    shop.add(*RED, "TEE-RED", 10, created, title="Tee, red")
    shop.add(*BLUE, "TEE-BLUE", 20, created, title="Tee, blue")
    shop.add(*MUG, "MUG", 100, created + timedelta(days=1), title="Mug")
    return TiktokWorld(ticks, clock, Sandbox([shop], clock, ticks=ticks, **options), shop)  # type: ignore[arg-type]
