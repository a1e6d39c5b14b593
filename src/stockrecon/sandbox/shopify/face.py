"""Shopify's face: GraphQL at one path, the token pages beside it (reference: Shopify 1.1 to 1.3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.push import Hook, Notice
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.shopify import requests
from stockrecon.sandbox.shopify.desk import FILES, Desk
from stockrecon.sandbox.shopify.gate import WRONG_TOKEN, Gate, ShopifyKeys
from stockrecon.sandbox.shopify.grants import HOUR, REFRESHABLE, Grant, Grants
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.shopify.schema import VERSIONS, served
from stockrecon.sandbox.shopify.webhooks import PUSH_RULES, notices
from stockrecon.sandbox.shopify.world import World
from stockrecon.sandbox.wire import Answer, Body, Call, integer

API = "/admin/api/"
GRAPHQL = "/graphql.json"
THROTTLED_COST = 10
"""What a request that is throttled on control's word would have cost: a tenth of a second's points."""


class ShopifyFace(Face[ShopifyShop]):
    secrets = frozenset({"access_token", "refresh_token", "client_secret"})
    per_second, burst = 2000.0, 40_000
    """Shopify counts points and not requests; each request costs at least one."""
    push_rules = PUSH_RULES

    def __init__(self, shop: ShopifyShop, number: int, keys: ShopifyKeys, grants: Grants, now: datetime) -> None:
        self.shop, self.keys = shop, keys
        self.desk = Desk(shop, 60_000_000_000 + number, keys.domain, keys.client_secret, now)
        self._gate = Gate(shop, grants, keys)
        self._now = now
        self._count = 0

    # Entry

    def asked(self, call: Call) -> str:
        """GraphQL has one path for all: the first root field tells what a request is about."""
        if not _is_graphql(call):
            return call.path
        asked = requests.read_body(call)
        field = requests.first_field(self.desk.documents, asked) if asked is not None else ""
        return f"{call.path}#{field}" if field else call.path

    def answer(self, call: Call, now: datetime, reads: ShopifyShop) -> Answer:
        """What Shopify would answer; the caller has settled the shop to `now`."""
        self._now = now
        route = (call.method, call.path)
        if route == ("GET", "/admin/oauth/authorize"):
            return self._gate.consent(call, now)
        if route == ("POST", "/admin/oauth/access_token"):
            return self._gate.token(call, now)
        if call.method == "GET" and call.path.startswith(FILES):
            file = self.desk.file(call, now)
            return _not_found() if file is None else _piece(file, call.headers.get("range", ""))
        if not call.path.startswith("/admin/"):
            return _not_found()
        grant = self._gate.caller(call, now)
        if grant is None:
            return self._dressed(Answer(401, {"errors": WRONG_TOKEN}))
        if route == ("GET", "/admin/oauth/access_scopes.json"):
            return self._dressed(self._gate.granted(grant))
        return self._dressed(self._graphql(call, now, reads, grant))

    def _graphql(self, call: Call, now: datetime, reads: ShopifyShop, grant: Grant) -> Answer:
        version = _version(call)
        if version is None or call.method != "POST":
            return _not_found()
        asked = requests.read_body(call)
        headers = {"X-Shopify-API-Version": version}
        if asked is None:
            return Answer(400, {"errors": {"query": "Required parameter missing or invalid"}}, headers=headers)
        scopes = self._gate.scopes(grant)
        world = World(reads, now, version, scopes, self.desk, self.asked(call), self._root(call))
        return Answer(200, requests.answer(world, asked), headers=headers)

    def _root(self, call: Call) -> str:
        host = call.headers.get("host") or "sandbox.invalid"
        return f"http://{host}/{quote(self.shop.name)}"

    def _dressed(self, answer: Answer) -> Answer:
        headers = {**answer.headers, "X-Request-ID": self._request_id()}
        return Answer(answer.status, answer.body, headers=headers)

    def _request_id(self) -> str:
        self._count += 1
        return f"{self._count:08x}-0000-4000-8000-{int(self._now.timestamp()):012d}"

    def throttled(self) -> Answer:
        cost = self.desk.points().shown(THROTTLED_COST, None, self._now)
        status = {**dict(cost["throttleStatus"]), "currentlyAvailable": 0}  # type: ignore[call-overload]
        return self._dressed(Answer(200, requests.throttled({**cost, "throttleStatus": status})))

    def failing(self, status: int) -> Answer:
        request = self._request_id()
        text = (
            "Internal error. Looks like something went wrong on our end.\n"
            f"Request ID: {request} (include this in support requests)."
        )
        error: Body = {"message": text, "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request}}
        return Answer(status, {"errors": [error]}, headers={"X-Request-ID": request})

    def miscounted(self, answer: Answer, by: int) -> Answer:
        """The totals are fields that count, and a bulk job's counts, which are texts."""
        return Answer(answer.status, _off(answer.body, by), headers=answer.headers, raw=answer.raw)

    # Tokens

    def credentials(self) -> Credentials:
        grant = self._gate.grants.current
        tokens = {"access_token": grant.access, **({"refresh_token": grant.refresh} if grant.refresh else {})}
        return {**tokens, "client_id": self.keys.client_id, "client_secret": self.keys.client_secret}

    def revoke(self, *, refresh: bool = False) -> None:
        self._gate.grants.revoke(refresh=refresh)

    def issue_code(self, now: datetime) -> str:
        return self._gate.grants.issue_code(now, self.shop.scopes)

    # Pushes

    def notices(self, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
        return notices(self.desk, self.keys, event, now)


def _not_found() -> Answer:
    return Answer(404, {"errors": "Not Found"})


def _piece(file: bytes, asked: str) -> Answer:
    """A file, or the bytes of it that a header `Range: bytes=FIRST-LAST` asks for, as its storage gives them."""
    first, _, last = asked.removeprefix("bytes=").partition("-")
    begin, end = integer(first), integer(last)
    if not asked.startswith("bytes=") or begin is None or (end is not None and end < begin):
        return Answer(200, raw=file, content_type="application/jsonl")
    if begin >= len(file):
        headers = {"content-range": f"bytes */{len(file)}"}
        return Answer(416, raw=b"", content_type="application/jsonl", headers=headers)
    until = len(file) if end is None else min(len(file), end + 1)
    headers = {"content-range": f"bytes {begin}-{until - 1}/{len(file)}"}
    return Answer(206, raw=file[begin:until], content_type="application/jsonl", headers=headers)


def _is_graphql(call: Call) -> bool:
    return call.path.startswith(API) and call.path.endswith(GRAPHQL)


def _version(call: Call) -> str | None:
    """The version that answers; a path without one means the oldest."""
    if not _is_graphql(call):
        return None
    named = call.path.removeprefix(API).removesuffix(GRAPHQL.lstrip("/")).strip("/")
    return served(named) if named else VERSIONS[0]


def _off(value: object, by: int) -> object:
    if isinstance(value, list):
        return [_off(part, by) for part in value]
    if not isinstance(value, dict):
        return value
    if isinstance(count := value.get("count"), int) and value.keys() <= {"count", "precision"}:
        return {**value, "count": count + by}
    return {
        name: str(int(part) + by) if name in ("objectCount", "rootObjectCount") and isinstance(part, str)
        else _off(part, by)
        for name, part in value.items()
    }  # fmt: skip


def shopify_face(shop: ShopifyShop, number: int, now: datetime, given: Credentials) -> ShopifyFace:
    """Serves `shop`; what `given` leaves out of its credentials is made up. With a refresh token, the access token is
    an expiring one; else it does not end.
    """
    access = str(given.get("access_token") or f"shpat_{secrets.token_hex(16)}")
    refresh = str(given.get("refresh_token", ""))
    first = Grant(access, shop.scopes)
    if refresh:
        first = Grant(access, shop.scopes, now + HOUR, refresh, now + REFRESHABLE)
    keys = ShopifyKeys(
        str(given.get("client_id") or secrets.token_hex(16)),
        str(given.get("client_secret") or f"shpss_{secrets.token_hex(16)}"),
        f"{quote(shop.name, safe='')}.myshopify.com",
    )
    return ShopifyFace(shop, number, keys, Grants(first), now)
