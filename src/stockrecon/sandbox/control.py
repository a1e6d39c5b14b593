"""The control API: see and steer the sandbox (contract, section 7). JSON in, JSON out; docs/sandbox.md has examples."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from stockrecon.core.model import ListingState
from stockrecon.sandbox.clock import FIRST_YEAR, LAST_YEAR
from stockrecon.sandbox.faults import KINDS, Planned
from stockrecon.sandbox.house import Sandbox, Served
from stockrecon.sandbox.lazada_market import LazadaShop
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Effect, Key, MarketRefusal
from stockrecon.sandbox.shopee_market import ShopeeShop

T = TypeVar("T")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Bad(Exception):
    """A control request that cannot be carried out, and its HTTP status."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text, self.status = text, status


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of a request body, each asked for by name and type."""

    fields: dict[str, object]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.fields.get(name)
        if value is None or value == "":
            if default is None:
                raise Bad(f"{name} is missing")
            return default
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Bad(f"{name} must be text")
        return str(value)

    def whole(self, name: str, default: int | None = None) -> int:
        value = self.fields.get(name, default)
        if value is None:
            raise Bad(f"{name} is missing")
        if isinstance(value, bool) or not isinstance(value, int):
            raise Bad(f"{name} must be a whole number")
        return value

    def number(self, name: str, default: float) -> float:
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise Bad(f"{name} must be a number of at least 0")
        return float(value)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise Bad(f"{name} must be true or false")
        return value

    def time(self, name: str, default: datetime) -> datetime:
        return moment(self.text(name), name) if self.fields.get(name) is not None else default

    def key(self) -> Key:
        return self.text("item_id"), self.text("variation_id", "")


def moment(text: str, name: str = "time") -> datetime:
    """ISO 8601 with an offset."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise Bad(f"{name}: {text!r} is not an ISO 8601 time") from None
    if when.tzinfo is None:
        raise Bad(f"{name}: {text!r} has no offset")
    if not FIRST_YEAR < when.year < LAST_YEAR:
        raise Bad(f"{name}: {text!r} is not between {FIRST_YEAR + 1} and {LAST_YEAR - 1}")
    return when


def duration(text: str) -> timedelta:
    """`90s`, `31m`, `2h`, `3d`, or several of them together (`1h30m`)."""
    if not re.fullmatch(r"(\d{1,9}[smhd])+", text):
        raise Bad(f"advance: {text!r} is not a duration such as 90s, 31m, 2h or 3d")
    parts = re.findall(r"(\d+)([smhd])", text)
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in parts))


class Control:
    """Answers control requests: (HTTP status, value to be written as JSON)."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._gets: dict[str, Callable[[], object]] = {
            "effects": self._effects,
            "requests": self._requests,
            "clock": self._clock,
            "faults": lambda: [planned.shown() for planned in sandbox.faults.planned],
            "shops": lambda: list(sandbox.shops),
        }
        self._posts: dict[str, Callable[[Asked], object]] = {
            "clock": self._set_clock,
            "orders": self._orders,
            "campaigns": self._campaigns,
            "listings": self._listings,
            "faults": self._fault,
            "limits": self._limits,
            "codes": self._codes,
        }

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        try:
            with self.sandbox.lock:
                return 200, self._handle(method, path.strip("/"), body)
        except Bad as bad:
            return bad.status, {"error": bad.text}
        except MarketRefusal as refusal:
            return 409, {"error": str(refusal)}

    def _handle(self, method: str, path: str, body: bytes) -> object:
        if method == "GET" and path.startswith("shops/"):
            return self._served(path.removeprefix("shops/")).shop.truth(self.sandbox.settled())
        if method == "GET" and path in self._gets:
            return self._gets[path]()
        if method == "DELETE" and path == "faults":
            return {"cleared": self.sandbox.faults.clear()}
        if method == "POST" and path in self._posts:
            return self._posts[path](_asked(body))
        if path in self._gets or path in self._posts or path.startswith("shops/"):
            raise Bad(f"{method} is not possible here", 405)
        raise Bad(f"there is no control {path!r}", 404)

    def _served(self, name: str) -> Served:
        served = self.sandbox.shops.get(name)
        if served is None:
            raise Bad(f"there is no shop {name!r}; there are {', '.join(self.sandbox.shops)}", 404)
        return served

    def _shop(self, asked: Asked) -> Shop:
        return self._served(asked.text("shop")).shop

    # Seeing

    def _effects(self) -> object:
        self.sandbox.settled()
        effects = [effect for served in self.sandbox.shops.values() for effect in served.shop.effects]
        return [_effect(effect) for effect in sorted(effects, key=lambda effect: effect.at)]

    def _requests(self) -> object:
        return {name: dict(served.counts) for name, served in self.sandbox.shops.items()}

    def _clock(self) -> object:
        return {"now": self.sandbox.settled()}

    # Steering

    def _set_clock(self, asked: Asked) -> object:
        clock = self.sandbox.clock
        if ("now" in asked.fields) == ("advance" in asked.fields):
            raise Bad('give either "now" or "advance"')
        if "now" in asked.fields:
            clock.set(moment(asked.text("now"), "now"))
        else:
            try:
                clock.advance(duration(asked.text("advance")))
            except (ValueError, OverflowError) as error:
                raise Bad(f"advance: {error}") from error
        return self._clock()

    def _orders(self, asked: Asked) -> object:
        shop, now, action = self._shop(asked), self.sandbox.settled(), asked.text("action")
        by, reason = asked.text("by", "buyer"), asked.text("reason", "")
        if action == "place":
            order_id = shop.place(
                now,
                _lines(asked),
                order_id=asked.text("order_id", ""),
                paid=asked.flag("paid"),
                campaign_id=asked.text("campaign_id", ""),
            ).order_id
        else:
            order_id = asked.text("order_id")
            doings: dict[str, Callable[[], None]] = {
                "pay": lambda: shop.pay(now, order_id),
                "ship": lambda: shop.ship(now, order_id),
                "cancel": lambda: shop.cancel(now, order_id, by, reason),
                "request-cancel": lambda: shop.request_cancel(now, order_id, by, reason),
                "return": lambda: shop.send_back(now, order_id),
            }
            if isinstance(shop, LazadaShop):
                doings["resume-payment"] = lambda: shop.resume_payment(now, order_id)
            _pick("action", action, {"place": None, **doings})
            doings[action]()
        order = shop.orders[order_id]
        return {"shop": shop.name, "order_id": order_id, "status": str(order.status), "at": now}

    def _campaigns(self, asked: Asked) -> object:
        shop, now, action = self._shop(asked), self.sandbox.settled(), asked.text("action")
        if action == "start":
            campaign = shop.start_campaign(
                now,
                asked.key(),
                asked.whole("locked"),
                asked.time("starts_at", now),
                asked.time("ends_at", now + timedelta(hours=1)),
                campaign_id=asked.text("campaign_id", ""),
                locks_write=asked.flag("locks_write", True),
                no_decrease=asked.flag("no_decrease"),
            )
        else:
            _pick("action", action, {"start": None, "end": None, "cancel": None})
            shop.end_campaign(now, asked.text("campaign_id"), how="ended" if action == "end" else "cancelled")
            campaign = shop.campaigns[asked.text("campaign_id")]
        return {"shop": shop.name, "campaign_id": campaign.campaign_id, "state": campaign.stage(now), "at": now}

    def _listings(self, asked: Asked) -> object:
        """What happens to a listing in the seller center: its state, or its ordinary stock, is set by hand."""
        shop, now, key = self._shop(asked), self.sandbox.settled(), asked.key()
        listing = shop.listing(key)
        if listing is None:
            raise Bad(f"{shop.name} has no listing {key[0]}/{key[1]}", 404)
        if "state" in asked.fields:
            state = _pick("state", asked.text("state"), {str(state): state for state in ListingState})
            shop.set_state(now, key, state, asked.text("message", ""))
        if "sellable" in asked.fields:
            edit_by_hand(shop, key, asked.whole("sellable"), now)
        return {"shop": shop.name, "item_id": key[0], "variation_id": key[1] or None, "at": now}

    def _fault(self, asked: Asked) -> object:
        given = asked.fields.get("kind")
        kinds = tuple(given) if isinstance(given, list) and given else (asked.text("kind"),)
        for kind in kinds:
            _pick("kind", str(kind), dict.fromkeys(KINDS))
        rate = asked.number("rate", 1.0)
        endless = rate < 1 and "times" not in asked.fields
        times = (
            None if endless or ("times" in asked.fields and asked.fields["times"] is None) else asked.whole("times", 1)
        )
        if times is not None and times < 1:
            raise Bad("times must be at least 1, or null for without end")
        name = asked.text("shop", "*")
        if not set(name) & set("*?["):
            self._served(name)
        status = asked.whole("status", 500)
        if not 200 <= status <= 599:
            raise Bad("status must be an HTTP status from 200 to 599")
        planned = Planned(
            number=self.sandbox.faults.next_number(),
            shop=name,
            path=_vendor_path(asked.text("path", "*")),
            kinds=kinds,
            times=times,
            rate=rate,
            seed=asked.whole("seed", 0),
            seconds=asked.number("seconds", 1.0),
            status=status,
            by=asked.whole("by", 1),
            refresh=asked.flag("refresh"),
        )
        if "stale" in kinds:
            planned.old = self.sandbox.photograph()
        self.sandbox.faults.add(planned)
        return planned.shown()

    def _limits(self, asked: Asked) -> object:
        per_second, burst = asked.number("per_second", 20.0), asked.whole("burst", 20)
        if burst < 1:
            raise Bad("burst must be at least 1")
        names = [asked.text("shop")] if "shop" in asked.fields else list(self.sandbox.shops)
        for name in names:
            self._served(name).bucket.configure(per_second, burst)
        return {"shops": names, "per_second": per_second, "burst": burst}

    def _codes(self, asked: Asked) -> object:
        """An authorisation code, as the consent page would hand out."""
        served = self._served(asked.text("shop"))
        return {"shop": served.name, "code": served.face.tokens.issue_code(self.sandbox.settled())}


def edit_by_hand(shop: Shop, key: Key, sellable: int, now: datetime) -> None:
    """Set a listing's ordinary stock as a person would in the seller center."""
    if sellable < 0:
        raise MarketRefusal("sellable cannot be negative")
    total = sellable + shop.buckets(key)[1]
    with shop.changing(key, now, "edited in the seller center"):
        if isinstance(shop, ShopeeShop):
            listing = shop.items[key[0]][key[1]]
            places = listing.shopee if listing.platform else listing.seller
            others = listing.total - sum(places.values())
            for place in places:
                places[place] = 0
            places[next(iter(places))] = max(0, total - others)
        elif isinstance(shop, LazadaShop):
            buckets = list(shop.skus[key[1]].places.values())
            for bucket in buckets:
                bucket.sellable = 0
            buckets[0].sellable = total


def _asked(body: bytes) -> Asked:
    try:
        fields = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Bad("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Bad("the body must be a JSON object")
    return Asked(fields)


def _vendor_path(path: str) -> str:
    """The path as `GET /_control/requests` counts it: Lazada's `/rest` is no part of it."""
    return path.removeprefix("/rest") if path.startswith("/rest/") else path


def _lines(asked: Asked) -> list[tuple[str, str, int]]:
    """`lines`, or one line written out in the request itself."""
    rows = asked.fields.get("lines", [asked.fields])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Bad("lines must be a list of objects")
    found = [Asked(row) for row in rows]
    return [(*line.key(), line.whole("quantity", 1)) for line in found]


def _pick(name: str, text: str, choices: dict[str, T]) -> T:
    if text not in choices:
        raise Bad(f"{name} must be one of {', '.join(choices)}, not {text!r}")
    return choices[text]


def _effect(effect: Effect) -> dict[str, object]:
    variation = effect.variation_id or None
    return {
        "shop": effect.shop,
        "item": effect.item_id,
        "variation": variation,
        "item_id": effect.item_id,
        "variation_id": variation,
        "before": effect.before,
        "after": effect.after,
        "at": effect.at,
        "call": effect.call,
    }
