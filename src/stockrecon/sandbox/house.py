"""The sandbox without its web server: shops behind their faces, one clock, faults, counts."""

from __future__ import annotations

import copy
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.faults import FaultPlan, Hit
from stockrecon.sandbox.lazada import LazadaFace
from stockrecon.sandbox.lazada_gate import LazadaKeys
from stockrecon.sandbox.lazada_market import LazadaShop
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.shopee import ShopeeFace
from stockrecon.sandbox.shopee_gate import ShopeeKeys
from stockrecon.sandbox.shopee_market import ShopeeShop
from stockrecon.sandbox.tokens import LAZADA_LIFE, SHOPEE_LIFE, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call, TokenBucket

PER_SECOND, BURST = 20.0, 20
"""Requests that a shop takes; the vendors publish no numbers, so it is generous and can be set."""
SECRETS = frozenset({"partner_key", "app_secret", "access_token", "refresh_token"})
Credentials = dict[str, str | int]


@dataclass(slots=True)
class Served:
    """One shop with its face. `counts`: requests by vendor path, refused and failed ones included."""

    shop: Shop
    face: ShopeeFace | LazadaFace
    bucket: TokenBucket
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return self.shop.name

    def credentials(self) -> Credentials:
        """What a client needs now, by the vendor's names; the tokens change with every refresh."""
        tokens: Credentials = {"access_token": self.face.tokens.access, "refresh_token": self.face.tokens.refresh}
        keys = self.face.keys
        if isinstance(keys, ShopeeKeys):
            return {
                "partner_id": keys.partner_id,
                "partner_key": keys.partner_key,
                "shop_id": keys.shop_id,
                **tokens,
            }
        return {"app_key": keys.app_key, "app_secret": keys.app_secret, **tokens}

    def vendor_path(self, rest: str) -> str:
        """The vendor's own path of what follows the shop's prefix."""
        for prefix in self.face.prefixes:
            if prefix and rest.startswith(f"{prefix}/"):
                return rest[len(prefix) :]
        return rest


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer, and what befalls it on its way."""

    answer: Answer | None
    hit: Hit | None = None


class Sandbox:
    """Every public method may be called from any thread; what a caller does inside `lock` happens at once."""

    def __init__(
        self,
        shops: list[Shop],
        clock: SandboxClock,
        *,
        per_second: float = PER_SECOND,
        burst: int = BURST,
        ticks: Callable[[], float] = time.monotonic,
        credentials: Mapping[str, Credentials] | None = None,
    ) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.faults = FaultPlan()
        self.shops: dict[str, Served] = {}
        given = credentials or {}
        for number, shop in enumerate(shops, 1):
            bucket = TokenBucket(per_second, burst, ticks)
            self.shops[shop.name] = Served(shop, _face(shop, number, clock.now(), given.get(shop.name, {})), bucket)

    def settled(self) -> datetime:
        """The sandbox's time, after everything due by then has happened in every shop."""
        now = self.clock.now()
        for served in self.shops.values():
            served.shop.settle(now)
        return now

    def handle(self, served: Served, call: Call) -> Outcome:
        """One request to a shop: counted, delayed or spoiled by a fault, throttled, answered."""
        with self.lock:
            served.counts[call.path] += 1
            now = self.settled()
            hit = self.faults.take(served.name, call.path)
            kind = hit.kind if hit else ""
            if hit is not None and kind == "status":
                return Outcome(served.face.failing(hit.plan.status), hit)
            if kind == "drop-before":
                return Outcome(None, hit)
            if kind == "throttle" or not served.bucket.take():
                return Outcome(served.face.throttled(), hit)
            if hit is not None and kind == "revoke-token":
                served.face.tokens.revoke(refresh=hit.plan.refresh)
            answer = self._answer(served, call, now, hit)
            if hit is not None and kind == "wrong-total":
                answer = Answer(answer.status, _miscounted(answer.body, hit.plan.by), answer.location)
            return Outcome(answer, hit)

    def _answer(self, served: Served, call: Call, now: datetime, hit: Hit | None) -> Answer:
        face = served.face
        reads = hit.plan.old.get(served.name, served.shop) if hit and hit.kind == "stale" else served.shop
        if isinstance(face, ShopeeFace) and isinstance(reads, ShopeeShop):
            return face.answer(call, now, reads)
        if isinstance(face, LazadaFace) and isinstance(reads, LazadaShop):
            return face.answer(call, now, reads)
        raise TypeError(f"{served.name} has a face that does not fit it")

    def photograph(self) -> dict[str, Shop]:
        """Copies of all shops as they are now, for stale answers."""
        self.settled()
        return {name: copy.deepcopy(served.shop) for name, served in self.shops.items()}


def _face(shop: Shop, number: int, now: datetime, given: Credentials) -> ShopeeFace | LazadaFace:
    access, refresh = str(given.get("access_token", "")), str(given.get("refresh_token", ""))
    if isinstance(shop, ShopeeShop):
        keys = ShopeeKeys(
            int(given.get("partner_id", 1_000_000 + number)),
            str(given.get("partner_key") or secrets.token_hex(32)),
            int(given.get("shop_id", 2_000_000 + number)),
        )
        return ShopeeFace(shop, Tokens(SHOPEE_LIFE, now, access=access, refresh=refresh), keys)
    if isinstance(shop, LazadaShop):
        app = LazadaKeys(
            str(given.get("app_key") or 100_000 + number),
            str(given.get("app_secret") or secrets.token_hex(16)),
            str(3_000_000 + number),
        )
        return LazadaFace(shop, Tokens(LAZADA_LIFE, now, access=access, refresh=refresh), app)
    raise TypeError(f"the sandbox serves no {shop.channel}")


def _miscounted(body: Body, by: int) -> Body:
    """The same answer with its totals off by `by` (Shopee total_count, Lazada total_products and countTotal)."""
    spoiled: Body = {}
    for name, value in body.items():
        if name in ("total_count", "total_products", "countTotal") and isinstance(value, int):
            spoiled[name] = value + by
        elif name in ("response", "data") and isinstance(value, dict):
            spoiled[name] = _miscounted(value, by)
        else:
            spoiled[name] = value
    return spoiled
