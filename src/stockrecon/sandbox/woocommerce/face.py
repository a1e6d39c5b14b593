"""WooCommerce's face: a WordPress site with the REST API of version 3 (reference: WooCommerce 3).

What a call meets, in this order: a site without pretty addresses, a page cache, the key, the key's rights, the route,
the rights of the key's owner, and the parameters.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.push import Hook, Notice
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.wire import Answer, Call
from stockrecon.sandbox.woocommerce import webhooks
from stockrecon.sandbox.woocommerce.asks import Ask, read
from stockrecon.sandbox.woocommerce.gate import ApiKey, Gate, Refused
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.orders import Orders
from stockrecon.sandbox.woocommerce.pages import Reply, narrowed
from stockrecon.sandbox.woocommerce.products import Products
from stockrecon.sandbox.woocommerce.site import Site
from stockrecon.sandbox.woocommerce.visit import NAMESPACE, Route, Visit, check_allowed, no_route, route_of

TOTAL = "X-WP-Total"
NOTICE = (
    b"<br />\n<b>Notice</b>:  Undefined index: currency in <b>/var/www/html/wp-content/plugins/switcher/run.php</b> "
    b"on line <b>42</b><br />\n"
)
_PAGE = "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
_REASONS = {
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
_OVERRIDE = "x-http-method-override"


class WooFace(Face[WooShop]):
    secrets = frozenset({"consumer_secret"})
    push_rules = webhooks.PUSH_RULES

    def __init__(self, shop: WooShop, key: ApiKey) -> None:
        self.shop, self.key = shop, key
        self._gate = Gate(key, shop.site, f"/{quote(shop.name)}")
        self._routes = [
            *Products().routes(),
            *Orders().routes(),
            *Site().routes(),
            *webhooks.Webhooks(self.hooks).routes(),
        ]
        self._root = f"http://sandbox.invalid{self._gate.prefix}"
        """The site's address as it was last asked for by."""
        self._cache: dict[str, tuple[datetime, Answer]] = {}

    # Entry

    def asked(self, call: Call) -> str:
        """One path, whether the route stands in it or in `rest_route`."""
        found = route_of(call)
        return call.path if found is None else f"/wp-json{found}".rstrip("/") or "/"

    def answer(self, call: Call, now: datetime, reads: WooShop) -> Answer:
        """What the site would answer; the caller has settled the shop to `now`."""
        self._root = self._gate.root(call)
        found = route_of(call)
        if found is None or not (self.shop.site.pretty or call.first("rest_route") is not None):
            return _page(404)
        kept = self._kept(call, now)
        if kept is not None:
            return kept
        method, allow = _method(call), ""
        known: ApiKey | None = None
        try:
            known = self._gate.caller(call, now)
            if known is not None:
                self._gate.check_rights(method)
            route, ids = self._resolved(found, method)
            allow = route.allow if known is not None else ""
            check_allowed(route, method, known, manager=self.shop.site.manager)
            visit = Visit(replace(call, method=method), read(call), ids, now, self.shop, reads, self._root)
            reply = self._called(route, visit)
        except Refused as refused:
            reply = Reply(refused.error(), refused.status)
        answer = self._dressed(reply, {"Allow": allow} if allow else {}, logged_in=known is not None)
        if self.shop.site.cached and method == "GET" and reply.status == 200:
            self._cache[_cached_as(call)] = (now, answer)
        return answer

    def _resolved(self, found: str, method: str) -> tuple[Route, tuple[str, ...]]:
        for route in self._routes:
            match = route.pattern.fullmatch(found)
            if match is not None and (method in route.methods or method in ("HEAD", "OPTIONS")):
                return route, match.groups()
        raise no_route()

    def _called(self, route: Route, visit: Visit) -> Reply:
        if visit.call.method == "OPTIONS":
            return Reply({"namespace": NAMESPACE.strip("/"), "methods": list(route.methods)})
        handler = route.methods.get("GET" if visit.call.method == "HEAD" else visit.call.method)
        if handler is None:
            raise no_route()
        return self._narrowed(visit.ask, handler(visit))

    def _narrowed(self, ask: Ask, reply: Reply) -> Reply:
        fields = ask.words("_fields")
        return replace(reply, body=narrowed(reply.body, fields)) if fields else reply

    def _dressed(self, reply: Reply, allow: Mapping[str, str], *, logged_in: bool) -> Answer:
        """The headers of WordPress. Who is logged in gets nothing that a cache may keep."""
        index = "/wp-json/" if self.shop.site.pretty else "/?rest_route=/"
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Robots-Tag": "noindex",
            "X-Content-Type-Options": "nosniff",
            "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
            "Access-Control-Allow-Headers": "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
            "Link": f'<{self._root}{index}>; rel="https://api.w.org/"',
            **allow,
            **(_UNCACHED if logged_in else {}),
            **reply.headers,
        }
        if not self.shop.site.notice:
            return Answer(reply.status, reply.body, headers=headers)
        return Answer(reply.status, headers=headers, raw=NOTICE + json.dumps(reply.body).encode())

    def _kept(self, call: Call, now: datetime) -> Answer | None:
        """What a page cache still has of the very same address; a parameter of its own gets past it."""
        found = self._cache.get(_cached_as(call)) if self.shop.site.cached and call.method == "GET" else None
        if found is None:
            return None
        age = int((now - found[0]).total_seconds())
        if not 0 <= age < self.shop.site.cached:
            return None
        headers = {**found[1].headers, "Cache-Control": f"max-age={self.shop.site.cached}"}
        return replace(found[1], headers={**headers, "Age": str(age), "X-Cache": "HIT"})

    # What the sandbox asks of every face

    def throttled(self) -> Answer:
        """WooCommerce itself knows no limit; its host does."""
        return replace(_page(429), headers={"Retry-After": "1"})

    def failing(self, status: int) -> Answer:
        """A page of the server before the site, but 500 is PHP's own end and 401 the site's."""
        if status == 401:
            refused = Refused("woocommerce_rest_authentication_error", "Consumer secret is invalid.", 401)
            return Answer(401, refused.error())
        if status == 500:
            text = "<p>There has been a critical error on this website.</p>"
            return Answer(500, {"code": "internal_server_error", "message": text, "data": {"status": 500}})
        return _page(status)

    def credentials(self) -> Credentials:
        return {"consumer_key": self.key.consumer_key, "consumer_secret": self.key.consumer_secret}

    def revoke(self, *, refresh: bool = False) -> None:
        """The owner deletes the key."""
        self.key.alive = False

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        return webhooks.notices(self.shop, event, hook, self._root, self.key.consumer_secret)

    def miscounted(self, answer: Answer, by: int) -> Answer:
        """The total stands in a header."""
        if TOTAL not in answer.headers:
            return answer
        return replace(answer, headers={**answer.headers, TOTAL: str(int(answer.headers[TOTAL]) + by)})


_UNCACHED: Mapping[str, str] = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}


def _method(call: Call) -> str:
    """A POST may say that it means another method, for hosts that let no other through."""
    said = call.first("_method") or call.headers.get(_OVERRIDE, "")
    return said.upper() if call.method == "POST" and said else call.method


def _cached_as(call: Call) -> str:
    """A page cache that knows nothing of keys: it goes by the address alone."""
    return f"{call.path}?{sorted(call.query)}"


def _page(status: int) -> Answer:
    title = f"{status} {_REASONS.get(status, 'Error')}"
    return Answer(status, raw=_PAGE.format(title).encode(), content_type="text/html")


def woocommerce_face(shop: WooShop, number: int, now: datetime, given: Credentials) -> WooFace:
    """Serves `shop`; what `given` leaves out of its credentials is made up."""
    key = ApiKey(
        str(given.get("consumer_key") or f"ck_{secrets.token_hex(20)}"),
        str(given.get("consumer_secret") or f"cs_{secrets.token_hex(20)}"),
    )
    return WooFace(shop, key)
