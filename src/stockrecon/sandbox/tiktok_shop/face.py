"""TikTok Shop's face: what may be asked for, within which limits, in which envelope (reference: TikTok 2).

The truth is in `code`: 0, or why not. Business faults are HTTP 200; those of the gate have statuses of their own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from stockrecon.sandbox.asking import Bad
from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.push import Hook, Notice
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.tiktok_shop import telling
from stockrecon.sandbox.tiktok_shop.events import EventCalls
from stockrecon.sandbox.tiktok_shop.gate import PARAMETER, Gate, Refused, TiktokKeys
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tiktok_shop.order_calls import OrderCalls
from stockrecon.sandbox.tiktok_shop.product_calls import ProductCalls
from stockrecon.sandbox.tokens import TIKTOK_LIFE, Tokens
from stockrecon.sandbox.wire import Answer, Body, Call

Handler = Callable[[Call, str, datetime, TiktokShop], Body]
BAD_FIELD = {"product": 12052910, "return_refund": 25001001, "promotion": 17029001}
"""The code for a field that is wrong, by the first part of the path; elsewhere the gate's."""
TOKENS = "/api/v2/token/"


@dataclass(frozen=True, slots=True)
class Api:
    """One of the vendor's calls. `pattern` has the version and at most one id; `shop`: it is about one shop."""

    pattern: re.Pattern[str]
    versions: frozenset[str]
    methods: dict[str, Handler]
    shop: bool = True


def _api(path: str, versions: str, shop: bool = True, **methods: Handler) -> Api:
    pattern = path.replace("{v}", r"(?P<version>\d{6})").replace("{id}", "(?P<id>[^/]+)")
    return Api(re.compile(pattern), frozenset(versions.split()), methods, shop)


class TiktokFace(Face[TiktokShop]):
    totals = frozenset({"total_count"})
    wrappers = frozenset({"data"})
    secrets = frozenset({"app_secret", "access_token", "refresh_token"})
    per_second, burst = 50.0, 50
    push_rules = telling.RULES
    tokens: Tokens

    def __init__(self, shop: TiktokShop, tokens: Tokens, keys: TiktokKeys) -> None:
        self.shop, self.tokens, self.keys = shop, tokens, keys
        self._gate = Gate(tokens, keys, shop.region, shop.name)
        self._count = 0
        products, orders, events = ProductCalls(shop), OrderCalls(), EventCalls(self.hooks)
        self._apis = (
            _api("/authorization/{v}/shops", "202309", shop=False, GET=self._shops),
            _api("/product/{v}/products/search", "202309 202312 202502", POST=products.search),
            _api("/product/{v}/inventory/search", "202309", POST=products.inventory),
            _api("/product/{v}/products/{id}", "202309", GET=products.detail),
            _api("/product/{v}/products/{id}/inventory/update", "202309", POST=products.update),
            _api("/fbt/{v}/inventory/search", "202408", POST=products.fbt_inventory),
            _api("/fbt/{v}/warehouses", "202408", GET=products.fbt_warehouses),
            _api("/logistics/{v}/warehouses", "202309", GET=products.warehouses),
            _api("/promotion/{v}/activities/search", "202309", POST=products.activities),
            _api("/promotion/{v}/activities/{id}", "202309", GET=products.activity),
            _api("/order/{v}/orders/search", "202309", POST=orders.search),
            _api("/order/{v}/orders", "202309 202507", GET=orders.detail),
            _api("/return_refund/{v}/cancellations/search", "202309", POST=orders.cancellations),
            _api("/return_refund/{v}/returns/search", "202309", POST=orders.returns),
            _api("/event/{v}/webhooks", "202309", GET=events.listed, PUT=events.update, DELETE=events.delete),
        )

    # Entry

    def answer(self, call: Call, now: datetime, reads: TiktokShop) -> Answer:
        """What TikTok Shop would answer; the caller has settled the shop to `now`."""
        try:
            if call.path in ("/open/authorize", "/oauth/authorize"):
                return self._gate.consent(call, now)
            data, said = self._data(call, now, reads)
        except Refused as refused:
            return self._answer(now, refused.code, refused.message, None, refused.status)
        except Bad as bad:
            code = BAD_FIELD.get(call.path.split("/")[1], PARAMETER)
            return self._answer(now, code, f"Invalid input parameters. {bad.text}", None)
        return self._answer(now, 0, said, data)

    def _data(self, call: Call, now: datetime, reads: TiktokShop) -> tuple[Body, str]:
        if call.path.startswith(TOKENS):
            return self._token(call, now), "success"
        api, name = self._found(call)
        self._gate.signed(call, now)
        self._gate.authorised(call, now)
        if api.shop:
            self._gate.for_shop(call)
        else:
            self._gate.for_nobody(call)
        if api.shop and self.shop.inactive:
            raise Refused(12052700, "The seller is inactive.")
        return api.methods[call.method](call, name, now, reads), "Success"

    def _token(self, call: Call, now: datetime) -> Body:
        ways = {"get": self._gate.token_get, "refresh": self._gate.token_refresh}
        way = ways.get(call.path.removeprefix(TOKENS))
        if way is None:
            raise _no_path()
        if call.method != "GET":
            raise _no_method()
        return way(call, now)

    def _found(self, call: Call) -> tuple[Api, str]:
        """The call that a path names, and the id in it. Raises Refused for an unknown path, method or version."""
        for api in self._apis:
            match = api.pattern.fullmatch(call.path)
            if match is None:
                continue
            if call.method not in api.methods:
                raise _no_method()
            if match["version"] not in api.versions:
                raise Refused(36009014, "Invalid API version. Refer to the API documentation for the valid ones.", 400)
            return api, match.groupdict().get("id") or ""
        raise _no_path()

    def metered(self, call: Call) -> str:
        """50 a second for each call of the vendor's, whatever id stands in its path (reference: TikTok 2.4)."""
        matching = (api.pattern.pattern for api in self._apis if api.pattern.fullmatch(call.path))
        return next(matching, call.path)

    def _answer(self, now: datetime, code: int, message: str, data: Body | None, status: int = 200) -> Answer:
        self._count += 1
        request_id = f"{now:%Y%m%d%H%M%S}{self._count:018X}"
        return Answer(status, {"code": code, "message": message, "request_id": request_id, "data": data})

    def throttled(self) -> Answer:
        text = "Too many requests. You've made too many requests in a short period of time."
        return self._fault(36009002, text, 429)

    def failing(self, status: int) -> Answer:
        text = "Internal error. Please try again. If the issue persists after multiple attempts, please contact us."
        return self._fault(36009003, text, status)

    def _fault(self, code: int, text: str, status: int) -> Answer:
        self._count += 1
        return Answer(status, {"code": code, "message": text, "request_id": f"{self._count:032X}", "data": None})

    # The shop

    def credentials(self) -> Credentials:
        return {
            "app_key": self.keys.app_key,
            "app_secret": self.keys.app_secret,
            "access_token": self.tokens.access,
            "refresh_token": self.tokens.refresh,
            "shop_cipher": self.keys.shop_cipher,
            "shop_id": self.keys.shop_id,
        }

    def config(self) -> Credentials:
        """Without the cipher, which the list of shops tells; with what names the page of consent."""
        told = {name: value for name, value in self.credentials().items() if name != "shop_cipher"}
        return {**told, "service_id": self.keys.service_id}

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        return telling.notices(self.shop, self.keys, event)

    def _shops(self, call: Call, name: str, now: datetime, reads: TiktokShop) -> Body:
        shop: Body = {
            "id": self.keys.shop_id,
            "name": reads.name,
            "region": reads.region,
            "seller_type": "LOCAL",
            "cipher": self.keys.shop_cipher,
            "code": f"{reads.region}LCSANDBOX",
        }
        return {"shops": [shop]}


def _no_path() -> Refused:
    return Refused(36009009, "Invalid path. The specified path does not match any available endpoint.", 404)


def _no_method() -> Refused:
    return Refused(36009010, "Invalid method. The HTTP method used is not supported by this endpoint.", 405)


def tiktok_face(shop: TiktokShop, number: int, now: datetime, given: Credentials) -> TiktokFace:
    """Serves `shop`; what `given` leaves out of its credentials is made up."""
    access, refresh = str(given.get("access_token", "")), str(given.get("refresh_token", ""))
    keys = TiktokKeys(
        str(given.get("app_key") or f"6sandbox{number:05d}"),
        str(given.get("app_secret") or secrets.token_hex(20)),
        str(given.get("shop_cipher") or f"ROW_{secrets.token_urlsafe(12)}"),
        str(given.get("shop_id") or 7_494_049_642_642_441_000 + number),
        f"sandbox-open-id-{number:05d}",
    )
    tokens = Tokens(TIKTOK_LIFE, now, access=access, refresh=refresh, fresh=lambda: f"ROW_{secrets.token_urlsafe(24)}")
    return TiktokFace(shop, tokens, keys)
