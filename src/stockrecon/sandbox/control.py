"""The control API: see and steer the sandbox (contract, section 7). JSON in, JSON out; docs/sandbox.md has examples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from stockrecon.core.model import ListingState
from stockrecon.sandbox.asking import Asked, Bad, duration, moment, pick, read_body
from stockrecon.sandbox.faults import KINDS, PUSH_KINDS, Planned
from stockrecon.sandbox.house import Sandbox, Served
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Effect, MarketRefusal
from stockrecon.sandbox.truth import truth
from stockrecon.sandbox.wire import BURST, PER_SECOND


class Control:
    """Answers control requests: (HTTP status, value to be written as JSON)."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._plans = (sandbox.faults, sandbox.pusher.faults)
        self._gets: dict[str, Callable[[], object]] = {
            "effects": self._effects,
            "requests": self._requests,
            "clock": self._clock,
            "faults": lambda: [planned.shown() for plan in self._plans for planned in plan.planned],
            "webhooks": self._webhooks,
            "shops": lambda: list(sandbox.shops),
        }
        self._posts: dict[str, Callable[[Asked], object]] = {
            "clock": self._set_clock,
            "orders": self._orders,
            "campaigns": self._campaigns,
            "listings": self._listings,
            "shops": self._set_shop,
            "faults": self._fault,
            "limits": self._limits,
            "codes": self._codes,
            "webhooks": self._add_webhook,
        }
        self._deletes: dict[str, Callable[[], int]] = {
            "faults": lambda: sum(plan.clear() for plan in self._plans),
            "webhooks": lambda: sandbox.pusher.drop_hooks(served.face for served in sandbox.shops.values()),
        }

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        try:
            with self.sandbox.lock:
                value = self._handle(method, path.strip("/"), body)
                self.sandbox.hear(self.sandbox.clock.now())
                self.sandbox.pusher.wake()
                return 200, value
        except Bad as bad:
            return bad.status, {"error": bad.text}
        except MarketRefusal as refusal:
            return 409, {"error": str(refusal)}

    def _handle(self, method: str, path: str, body: bytes) -> object:
        if method == "GET" and path.startswith("shops/"):
            return truth(self._served(path.removeprefix("shops/")).shop, self.sandbox.settled())
        if method == "GET" and path in self._gets:
            return self._gets[path]()
        if method == "DELETE" and path in self._deletes:
            return {"cleared": self._deletes[path]()}
        if method == "POST" and path in self._posts:
            return self._posts[path](read_body(body))
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
                source=asked.text("source", ""),
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
            doings.update(shop.doings(now, order_id))
            pick("action", action, {"place": None, **doings})
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
                name=asked.text("name", ""),
                sort=pick("sort", asked.text("sort", ""), {"": "", **{sort: sort for sort in shop.campaign_sorts}}),
            )
        else:
            pick("action", action, {"start": None, "end": None, "cancel": None})
            shop.end_campaign(now, asked.text("campaign_id"), how="ended" if action == "end" else "cancelled")
            campaign = shop.campaigns[asked.text("campaign_id")]
        return {"shop": shop.name, "campaign_id": campaign.campaign_id, "state": campaign.stage(now), "at": now}

    def _set_shop(self, asked: Asked) -> object:
        """What the owner of a shop has set, or what is wrong with it, by the words of its channel."""
        shop, now = self._shop(asked), self.sandbox.settled()
        names = [name for name in asked.fields if name != "shop"]
        if names and not shop.options:
            raise Bad(f"{shop.name}: nothing of a {shop.channel} shop can be set")
        for name in names:
            pick("the option", name, dict.fromkeys(shop.options))
            shop.set_option(now, name, asked.text(name, ""))
        return {"shop": shop.name, "at": now}

    def _listings(self, asked: Asked) -> object:
        """What happens to a listing in the seller center: its state, a trait of its channel, or its ordinary stock."""
        shop, now, key = self._shop(asked), self.sandbox.settled(), asked.key()
        listing = shop.listing(key)
        if listing is None:
            raise Bad(f"{shop.name} has no listing {key[0]}/{key[1]}", 404)
        if "state" in asked.fields:
            state = pick("state", asked.text("state"), {str(state): state for state in ListingState})
            shop.set_state(now, key, state, asked.text("message", ""))
        for trait in shop.traits:
            if trait in asked.fields:
                shop.set_trait(now, key, trait, asked.text(trait, ""))
        if "sellable" in asked.fields:
            shop.edit(now, key, asked.whole("sellable"))
        return {"shop": shop.name, "item_id": key[0], "variation_id": key[1] or None, "at": now}

    def _fault(self, asked: Asked) -> object:
        given = asked.fields.get("kind")
        kinds = tuple(given) if isinstance(given, list) and given else (asked.text("kind"),)
        for kind in kinds:
            pick("kind", str(kind), dict.fromkeys((*KINDS, *PUSH_KINDS)))
        of_pushes = kinds[0] in PUSH_KINDS
        if any((kind in PUSH_KINDS) is not of_pushes for kind in kinds):
            raise Bad("a fault is one of requests or one of pushes: give its kinds apart")
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
            seconds=asked.number("seconds", 60.0 if of_pushes else 1.0),
            status=status,
            by=asked.whole("by", 1),
            refresh=asked.flag("refresh"),
        )
        if "stale" in kinds:
            planned.old = self.sandbox.photograph()
        self._plans[of_pushes].add(planned)
        return planned.shown()

    def _webhooks(self) -> object:
        self.sandbox.settled()
        hooks = [
            {
                "shop": served.name,
                "number": hook.number,
                "url": hook.url,
                "kinds": list(hook.kinds),
                "alive": hook.alive,
            }
            for served in self.sandbox.shops.values()
            for hook in served.face.hooks
        ]
        return {"webhooks": hooks, "pushes": self.sandbox.pusher.shown()}

    def _add_webhook(self, asked: Asked) -> object:
        served = self._served(asked.text("shop"))
        kinds = asked.fields.get("kinds") or []
        if not isinstance(kinds, list) or not all(isinstance(kind, str | int) for kind in kinds):
            raise Bad("kinds must be a list of the vendor's topics")
        self.sandbox.settled()
        hook = self.sandbox.pusher.add_hook(served.face, asked.text("url"), tuple(str(kind) for kind in kinds))
        return {"shop": served.name, **hook.shown()}

    def _limits(self, asked: Asked) -> object:
        per_second, burst = asked.number("per_second", PER_SECOND), asked.whole("burst", BURST)
        if burst < 1:
            raise Bad("burst must be at least 1")
        names = [asked.text("shop")] if "shop" in asked.fields else list(self.sandbox.shops)
        for name in names:
            self._served(name).limit.configure(per_second, burst)
        return {"shops": names, "per_second": per_second, "burst": burst}

    def _codes(self, asked: Asked) -> object:
        """An authorisation code, as the consent page would hand out."""
        served = self._served(asked.text("shop"))
        return {"shop": served.name, "code": served.face.issue_code(self.sandbox.settled())}


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
