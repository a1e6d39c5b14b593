"""A small Shopify shop and calls to it: the reference's documents, and a client written from the pages alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.shopify.catalogue import FIRST_LOCATION, ITEM_NUMBERS_FROM
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.wire import Answer, Call
from tests.sandbox.world import Ticks

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
HOST = "127.0.0.1:8111"
TEE, MUG = ("700", "7001"), ("800", "8001")
HERE, THERE = FIRST_LOCATION, FIRST_LOCATION + 1
KEYS = {"access_token": "shpat_a", "client_id": "app", "client_secret": "shpss_b"}
DOCUMENTS = {path.stem: path.read_text("utf-8") for path in (Path(__file__).parent / "data" / "shopify").iterdir()}
GRAPHQL = "/admin/api/{}/graphql.json"


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def item_gid(key: tuple[str, str]) -> str:
    return gid("InventoryItem", int(key[1]) + ITEM_NUMBERS_FROM)


def row(key: tuple[str, str], quantity: int, expected: int | None, location: int = HERE) -> dict:
    where = {"inventoryItemId": item_gid(key), "locationId": gid("Location", location)}
    return {**where, "quantity": quantity, "changeFromQuantity": expected}


def set_input(*rows: dict, name: str = "available", **other: object) -> dict:
    return {"name": name, "reason": "correction", "quantities": list(rows), **other}


@dataclass
class Site:
    """A sandbox with one shop "shopify" that has two locations: a tee at both, a mug at the first."""

    shop: ShopifyShop = field(default_factory=lambda: ShopifyShop("shopify", locations=("Shop location", "Warehouse")))
    ticks: Ticks = field(default_factory=Ticks)
    credentials: Mapping[str, str] = field(default_factory=lambda: KEYS)

    def __post_init__(self) -> None:
        self.clock = SandboxClock(NOON, self.ticks)
        if not self.shop.variants:
            created = NOON - timedelta(days=30)
            self.shop.add(*TEE, "TEE", 10, created, title="Tee")
            self.shop.stock_at(TEE, THERE, 4, created)
            self.shop.add(*MUG, "MUG", 6, created, title="Mug")
        given = {"shopify": dict(self.credentials)}
        self.sandbox = Sandbox([self.shop], self.clock, ticks=self.ticks, credentials=given)
        self.served = self.sandbox.shops["shopify"]

    @property
    def now(self) -> datetime:
        return self.sandbox.settled()

    def advance(self, **by: float) -> datetime:
        self.clock.advance(timedelta(**by))
        return self.now

    def call(self, method: str, target: str, body: bytes = b"", kind: str = "", **headers: str) -> Answer:
        """A call to the path (with its query), as it stands."""
        parts = urlsplit(target)
        told = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        form = tuple(parse_qsl(body.decode())) if kind.startswith("application/x-www-form-urlencoded") else ()
        outcome = self.sandbox.handle(self.served, Call(method, parts.path, query, form, body, kind, told))
        assert outcome.answer is not None
        json.dumps(outcome.answer.body)
        return outcome.answer

    def post(self, body: object, version: str = "2026-10", token: str | None = None) -> Answer:
        """A GraphQL request with this body."""
        access = str(self.served.credentials()["access_token"]) if token is None else token
        data, kind = json.dumps(body).encode(), "application/json"
        return self.call("POST", GRAPHQL.format(version), data, kind, x_shopify_access_token=access)

    def ask(self, document: str, /, version: str = "2026-10", token: str | None = None, **variables: object) -> dict:
        """The answer to a document of the reference, by its name, or to a text."""
        text = DOCUMENTS.get(document, document)
        answer = self.post({"query": text, "variables": variables}, version, token)
        assert answer.status == 200, answer.body
        return dict(answer.body)  # type: ignore[call-overload]

    def data(self, document: str, /, version: str = "2026-10", **variables: object) -> dict:
        """What came, where nothing went wrong."""
        body = self.ask(document, version, None, **variables)
        assert "errors" not in body, body
        return body["data"]

    def set(self, key: str, *rows: dict, version: str = "2026-10", **other: object) -> dict:
        """The payload of a set under an idempotency key."""
        body = self.data("set", version, key=key, input=set_input(*rows, **other))  # type: ignore[arg-type]
        return body["inventorySetQuantities"]

    def token(self, **parameters: str) -> Answer:
        """A call for a token, as a form."""
        given = {"client_id": KEYS["client_id"], "client_secret": KEYS["client_secret"], **parameters}
        kind = "application/x-www-form-urlencoded"
        return self.call("POST", "/admin/oauth/access_token", urlencode(given).encode(), kind)

    def quantities(self, key: tuple[str, str], location: int = HERE) -> dict[str, int]:
        """The units of a level by name, as they are in truth."""
        level = self.shop.variants[key[1]].levels[location]
        return {name: level.quantity(name) for name in ("available", "committed", "reserved", "on_hand")}
