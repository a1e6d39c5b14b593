"""Small worlds and small clients of the sandbox; the clients are written from the vendors' pages, not from ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.shopee.market import ShopeeShop
from stockrecon.sandbox.wire import Answer, Call

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
SHOPEE_ITEM = ("1001", "")
SHOPEE_MODELS = (("1002", "2001"), ("1002", "2002"))
LAZADA_SKU = ("500", "5001")


class Ticks:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class World:
    """A sandbox with one shop of each channel, and signed calls to it."""

    ticks: Ticks
    clock: SandboxClock
    sandbox: Sandbox
    shopee: ShopeeShop
    lazada: LazadaShop

    def advance(self, **by: float) -> datetime:
        """Let the sandbox clock run, and what is due happen."""
        self.clock.advance(timedelta(**by))
        return self.now

    @property
    def now(self) -> datetime:
        return self.sandbox.settled()

    def ask_shopee(self, method: str, path: str, body: object = None, spoil: Callable[[dict], None] | None = None,
                   **query: object) -> Answer:  # fmt: skip
        served = self.sandbox.shops["shopee-vn"]
        given = served.credentials()
        common = {"partner_id": str(given["partner_id"]), "timestamp": str(int(self.clock.now().timestamp()))}
        text = common["partner_id"] + path + common["timestamp"]
        if not path.startswith("/api/v2/auth/"):
            common |= {"access_token": str(given["access_token"]), "shop_id": str(given["shop_id"])}
            text += common["access_token"] + common["shop_id"]
        key = str(given["partner_key"]).encode()
        common["sign"] = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if spoil:
            spoil(common)
        pairs = [(name, str(one)) for name, value in query.items() for one in _many(value)]
        data = json.dumps(body).encode() if body is not None else b""
        call = Call(method, path, (*pairs, *common.items()), (), data, "application/json")
        outcome = self.sandbox.handle(served, call)
        assert outcome.answer is not None
        return outcome.answer

    def ask_lazada(self, method: str, path: str, spoil: Callable[[dict], None] | None = None, **params: object) -> dict:
        served = self.sandbox.shops["lazada-vn"]
        pool = lazada_pairs(served.credentials(), self.clock, path, **params)
        if spoil:
            spoil(pool)
        pairs = tuple(pool.items())
        if method == "GET":
            call = Call(method, path, pairs)
        else:
            kind = "application/x-www-form-urlencoded"
            call = Call(method, path, (), pairs, urlencode(pairs).encode(), kind)
        outcome = self.sandbox.handle(served, call)
        assert outcome.answer is not None
        assert outcome.answer.status == 200
        return dict(outcome.answer.body)


def _many(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def payload(field: str, units: int, **other: object) -> str:
    """An XML payload for one SKU; an empty value leaves its element out."""
    ids = {"ItemId": "500", "SkuId": "5001", "SellerSku": "A &amp; B", **other}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in ids.items() if value)
    sku = f"<Sku>{inner}<{field}>{units}</{field}></Sku>"
    return f"<Request><Product><Skus>{sku}</Skus></Product></Request>"


def lazada_pairs(given: Mapping[str, object], clock: SandboxClock, path: str, **params: object) -> dict[str, str]:
    """All parameters of a signed Lazada call (reference: Lazada 1.3)."""
    pool = {name: str(value) for name, value in params.items()}
    pool |= {"app_key": str(given["app_key"]), "sign_method": "sha256"}
    pool["timestamp"] = str(int(clock.now().timestamp() * 1000))
    if not path.startswith("/auth/"):
        pool["access_token"] = str(given["access_token"])
    text = path + "".join(name + pool[name] for name in sorted(pool))
    key = str(given["app_secret"]).encode()
    pool["sign"] = hmac.new(key, text.encode(), hashlib.sha256).hexdigest().upper()
    return pool


def make_world(**options: object) -> World:
    ticks = Ticks()
    clock = SandboxClock(NOON, ticks)
    created = NOON - timedelta(days=30)
    shopee = ShopeeShop("shopee-vn")
    shopee.add(*SHOPEE_ITEM, "SKU-1", 100, created, title="Plain")
    for number, key in enumerate(SHOPEE_MODELS, 1):
        shopee.add(*key, f"SKU-2-{number}", 10 * number, created, title=f"Option {number}")
    lazada = LazadaShop("lazada-vn")
    lazada.add(*LAZADA_SKU, "SKU-1", 10, created, title="Plain")
    sandbox = Sandbox([shopee, lazada], clock, ticks=ticks, **options)  # type: ignore[arg-type]
    return World(ticks, clock, sandbox, shopee, lazada)
