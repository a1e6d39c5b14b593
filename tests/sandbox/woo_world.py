"""A small WooCommerce site and calls to it; written from the vendor's pages, not from our client."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.wire import Answer, Call
from stockrecon.sandbox.woocommerce.gate import signature
from stockrecon.sandbox.woocommerce.market import WooShop
from tests.sandbox.world import Ticks

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
HOST = "127.0.0.1:8111"
PREFIX = "/wp-json/wc/v3"
KEYS = {"consumer_key": "ck_a", "consumer_secret": "cs_b"}
MUG = ("101", "")
SMALL, LARGE = ("102", "103"), ("102", "104")


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class Site:
    """A sandbox with one shop "woo": a mug, and a shirt in two sizes that count for themselves."""

    shop: WooShop = field(default_factory=lambda: WooShop("woo"))
    ticks: Ticks = field(default_factory=Ticks)

    def __post_init__(self) -> None:
        self.clock = SandboxClock(NOON, self.ticks)
        created = NOON - timedelta(days=30)
        self.shop.add(*MUG, "MUG", 10, created, title="Mug")
        self.shop.add(*SMALL, "SHIRT-S", 4, created, title="Small")
        self.shop.add(*LARGE, "SHIRT-L", 6, created, title="Large")
        self.sandbox = Sandbox([self.shop], self.clock, ticks=self.ticks, credentials={"woo": KEYS})
        self.served = self.sandbox.shops["woo"]

    @property
    def now(self) -> datetime:
        return self.sandbox.settled()

    def advance(self, **by: float) -> datetime:
        self.clock.advance(timedelta(**by))
        return self.now

    def answer(self, method: str, target: str, body: object = None, **headers: str) -> Answer:
        """A call to the path (with its query), key and secret in Basic authentication unless headers say else."""
        parts = urlsplit(target)
        data = b"" if body is None else json.dumps(body).encode()
        told = {"host": HOST, "authorization": basic(*KEYS.values())}
        told.update({name.replace("_", "-"): value for name, value in headers.items()})
        kind = "application/json" if data else ""
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        outcome = self.sandbox.handle(self.served, Call(method, parts.path, query, (), data, kind, told))
        assert outcome.answer is not None
        return outcome.answer

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        """A call below `/wp-json/wc/v3`."""
        told = urlencode({name: str(value) for name, value in query.items()})
        return self.answer(method, f"/wp-json/wc/v3{path}{'?' if told else ''}{told}", body)

    def good(self, method: str, path: str, body: object = None, **query: object) -> object:
        """The body of a call that must succeed."""
        answer = self.ask(method, path, body, **query)
        assert answer.status in (200, 201), (path, answer.status, answer.body)
        return answer.body

    def refused(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, str, str]:
        """Status, code and message of a call that must fail."""
        answer = self.ask(method, path, body, **query)
        assert answer.status >= 400, (path, answer.body)
        assert isinstance(answer.body, dict)
        assert answer.body["data"]["status"] == answer.status
        return answer.status, answer.body["code"], answer.body["message"]

    def ids(self, path: str, **query: object) -> list[int]:
        rows = self.good("GET", path, **query)
        assert isinstance(rows, list)
        return [row["id"] for row in rows]

    def notes(self, order_id: str) -> list[str]:
        """The order's notes, oldest first."""
        rows = self.good("GET", f"/orders/{order_id}/notes")
        assert isinstance(rows, list)
        return [row["note"] for row in reversed(rows)]


def signed(site: Site, target: str, spoil: str = "", algorithm: str = "HMAC-SHA256", **headers: str) -> Answer:
    """A call by OAuth, signed as the vendor's page says, by the site's own address."""
    parts = urlsplit(target)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    params |= {"oauth_consumer_key": KEYS["consumer_key"], "oauth_nonce": "n", "oauth_signature_method": algorithm}
    params["oauth_timestamp"] = str(int(site.now.timestamp()))
    address = f"http://{HOST}/woo{parts.path}"
    known = algorithm if algorithm.startswith("HMAC-SHA") else "HMAC-SHA1"
    params["oauth_signature"] = signature(KEYS["consumer_secret"], "GET", address, params, known)
    if spoil:
        params.pop(spoil)
    call = Call("GET", parts.path, tuple(params.items()), headers={"host": HOST, **headers})
    answer = site.sandbox.handle(site.served, call).answer
    assert answer is not None
    return answer
