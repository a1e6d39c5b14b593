"""A small Shopify in memory: documents run against the schema, points, tokens and rules of writes as the reference has
them; and the surroundings of a run."""

from __future__ import annotations

import csv
import json
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync

from stockrecon.channels.base import PullRequest, ShopSettings, StockWrite, Surroundings
from stockrecon.channels.shopify import AuthorisedShopifyChannel, ShopifyChannel
from stockrecon.core.model import Listing
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.sources import Pulled
from stockrecon.rest import Answer, Request
from tests.channels_shopify.nodes import SHOP, Node, errors, gid, key, location, page, problem, said
from tests.channels_shopify.points import points
from tests.channels_shopify.searched import Searched
from tests.surroundings import NOW as NOW
from tests.surroundings import FakeTime as FakeTime
from tests.surroundings import Store as Store

_CUT, _MORE = ((Path(__file__).parent / name).read_text("utf-8") for name in ("schema.graphql", "schema_more.graphql"))
CUT, SCHEMA = build_schema(_CUT), build_schema(_CUT + _MORE)
"""What was first drawn of the vendor's schema, and all that the documents use."""
DOMAIN = "my-shop.myshopify.com"
Rows = list[dict[str, str]]
ACCESS, REFRESH = "shpat-access-token-1", "shprt-refresh-token-1"
SECRET = "shpss-client-secret-0123"


class FakeShopify:
    """Answers like Shopify. `overrides` maps an operation's name (or `token`) to answers that come first, in order."""

    def __init__(self, *variants: Node) -> None:
        self.variants = list(variants)
        self.places = [location(1, "Main")]
        self.orders: list[Node] = []
        self.updated: dict[str, str] = {}
        self.scopes = ["read_products", "write_inventory", "read_locations", "read_orders"]
        self.shop: Node = {
            "id": gid("Shop", 1),
            "name": "Tiệm",
            "myshopifyDomain": DOMAIN,
            "ianaTimezone": "America/New_York",
            "plan": {"publicDisplayName": "Grow"},
            "shopAddress": {"countryCodeV2": "US"},
        }
        self.access, self.refresh = ACCESS, REFRESH
        self.version = "2026-10"
        self.bucket, self.maximum, self.rate = 2000.0, 2000, 100
        self.filled_at = 0.0
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.overrides: dict[str, list[Answer | Callable[[Request], Answer]]] = {}
        self.before_set: list[Callable[[], None]] = []
        self.remembered: dict[str, tuple[object, Node]] = {}
        self.effects: list[tuple[str, int]] = []
        self.bulk: Node = {}
        self.skew = timedelta(0)
        self.time = FakeTime()
        self._lock = threading.RLock()

    def stock(self, number: int) -> dict[str, dict[str, int]]:
        item = next(each["inventoryItem"] for each in self.variants if each["id"] == gid("ProductVariant", number))
        found: dict[str, dict[str, int]] = item["stock"]
        return found

    def write(self, number: int, to: int, shown: Listing | None = None, intent: str = "") -> StockWrite:
        exposed = max(0, sum(level["available"] for level in self.stock(number).values()))
        return StockWrite(key(number), to, shown or Listing(key(number), "S", exposed, 0, 0, 0), intent)

    def close(self) -> None:
        pass

    def send(self, request: Request) -> Answer:
        with self._lock:
            return self._send(request)

    def _send(self, request: Request) -> Answer:
        body = json.loads(request.body or b"{}")
        name = "token" if request.path == "/admin/oauth/access_token" else body["query"].split("(")[0].split()[1]
        self.calls[name] += 1
        self.requests.append(request)
        if self.overrides.get(name):
            made = self.overrides[name].pop(0)
            answer = made(request) if callable(made) else made
        else:
            answer = self._token(body) if name == "token" else self._graphql(request, body)
        date = format_datetime(self.time.clock() + self.skew, usegmt=True)
        answer.headers = {"date": date, "x-shopify-api-version": self.version, **answer.headers}
        return answer

    def honest(self, request: Request) -> Answer:
        """For an override that is none."""
        return self._graphql(request, json.loads(request.body or b"{}"))

    def _token(self, body: Node) -> Answer:
        if body["client_secret"] != SECRET:
            return said({"error": "invalid_client"}, 401)
        pair: Node = {"access_token": self._next("access"), "scope": "read_products", "expires_in": 86399}
        if body.get("grant_type") != "client_credentials":
            if body.get("refresh_token", self.refresh) != self.refresh or body.get("code", "good") != "good":
                return said({"error": "invalid_grant", "error_description": "it is invalid or expired"}, 400)
            pair |= {"expires_in": 3600, "refresh_token_expires_in": 7776000, "refresh_token": self._next("refresh")}
        return said(pair)

    def _next(self, which: str) -> str:
        head, _, number = str(getattr(self, which)).rpartition("-")
        setattr(self, which, f"{head}-{int(number) + 1}")
        return str(getattr(self, which))

    def _graphql(self, request: Request, body: Node) -> Answer:
        if dict(request.headers).get("x-shopify-access-token") != self.access:
            return said({"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401)
        asked = points(SCHEMA, body["query"], body["variables"])
        now = self.time.seconds
        self.bucket = min(self.maximum, self.bucket + self.rate * (now - self.filled_at))
        self.filled_at = now
        if asked > self.bucket:
            return said({"errors": [problem("THROTTLED", "Throttled")], "extensions": self._cost(asked)})
        self.bucket -= asked
        result = graphql_sync(SCHEMA, body["query"], _Root(self, body["variables"]), variable_values=body["variables"])
        document: Node = {"data": result.data, "extensions": self._cost(asked)}
        if result.errors:
            document["errors"] = [
                problem(str((each.extensions or {}).get("code", "undefinedField")), each.message)
                for each in result.errors
            ]
        return said(document)

    def _cost(self, asked: int) -> Node:
        status = {"maximumAvailable": self.maximum, "currentlyAvailable": self.bucket, "restoreRate": self.rate}
        return {"cost": {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}}


class _Root(Searched):
    """The resolvers of the schema's roots: graphql-core calls them with the field's arguments."""

    def __init__(self, shop: FakeShopify, variables: Node) -> None:
        self.fake = shop
        self.shop = shop.shop
        self.variables = variables

    def currentAppInstallation(self, info: object) -> Node:
        return {"id": gid("AppInstallation", 1), "accessScopes": [{"handle": each} for each in self.fake.scopes]}

    def productVariantsCount(self, info: object, limit: int | None) -> Node:
        return {"count": min(limit or 10**9, len(self.fake.variants)), "precision": "EXACT"}

    def locations(self, info: object, first: int, after: str | None = None, **more: object) -> Node:
        return page(self.fake.places, first, after)

    def productVariants(self, info: object, first: int, after: str | None = None, **more: object) -> Node:
        return page([self._variant(each) for each in self.fake.variants], first, after)

    def nodes(self, info: object, ids: list[str]) -> list[Node | None]:
        assert len(ids) <= 250
        known = {each["id"]: self._variant(each) for each in self.fake.variants}
        known |= {each["id"]: self._order(each) for each in self.fake.orders}
        return [known.get(each) or self.found(each) for each in ids]

    def orders(self, info: object, first: int, query: str, after: str | None = None, **more: object) -> Node:
        since = datetime.fromisoformat(query.removeprefix("updated_at:>='").removesuffix("'"))
        chosen = [each for each in self.fake.orders if datetime.fromisoformat(each["updatedAt"]) >= since]
        chosen.sort(key=lambda each: str(each["updatedAt"]))
        return page([self._order(each) for each in chosen], first, after)

    def order(self, info: object, id: str) -> Node | None:
        return next((self._order(each) for each in self.fake.orders if each["id"] == id), None)

    def bulkOperationRunQuery(self, info: object, query: str, **more: object) -> Node:
        return {"bulkOperation": {"id": gid("BulkOperation", 9), "status": "CREATED"}, "userErrors": []}

    def bulkOperation(self, info: object, id: str) -> Node:
        usual = {"errorCode": None, "objectCount": "0", "rootObjectCount": "0", "fileSize": None, "url": None}
        return {"id": id, **usual, **self.fake.bulk}

    def bulkOperationCancel(self, info: object, id: str) -> Node:
        return {"bulkOperation": {"id": id, "status": "CANCELING"}, "userErrors": []}

    def inventorySetQuantities(self, info: Any, input: Node) -> Node:
        directive = info.field_nodes[0].directives[0]
        assert directive.name.value == "idempotent"
        known = self.variables[directive.arguments[0].value.name.value]
        if known in self.fake.remembered:
            before, answer = self.fake.remembered[known]
            return answer if before == input else errors("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)
        if self.fake.before_set:
            self.fake.before_set.pop(0)()
        answer = self._set(input["quantities"])
        self.fake.remembered[known] = (input, answer)
        return answer

    def _set(self, rows: list[Node]) -> Node:
        items = {each["inventoryItem"]["id"]: each["inventoryItem"]["stock"] for each in self.fake.variants}
        assert len(rows) <= 250
        assert all(row["changeFromQuantity"] is not None for row in rows)
        for number, row in enumerate(rows):
            if row["inventoryItemId"] not in items:
                return errors("INVALID_INVENTORY_ITEM", ["input", "quantities", str(number), "inventoryItemId"])
        levels = [items[row["inventoryItemId"]][row["locationId"]] for row in rows]
        if any(level["available"] != row["changeFromQuantity"] for level, row in zip(levels, rows, strict=True)):
            return errors("CHANGE_FROM_QUANTITY_STALE", None)
        changes = []
        for level, row in zip(levels, rows, strict=True):
            delta = row["quantity"] - level["available"]
            level["available"] = row["quantity"]
            if delta:
                self.fake.effects.append((row["inventoryItemId"], row["quantity"]))
                pair = {"item": {"id": row["inventoryItemId"]}, "location": {"id": row["locationId"]}, "delta": delta}
                changes += [{"name": name, **pair} for name in ("available", "on_hand")]
        group = {"id": gid("InventoryAdjustmentGroup", 1), "changes": changes} if changes else None
        return {"inventoryAdjustmentGroup": group, "userErrors": []}

    def _variant(self, node: Node) -> Node:
        item = node["inventoryItem"]
        number = item["id"].rsplit("/", 1)[1]
        rows = {
            place: {
                "id": f"gid://shopify/InventoryLevel/5?inventory_item_id={number}",
                "location": {"id": place},
                "quantities": lambda info, names, of=held: [{"name": each, "quantity": of[each]} for each in names],
            }
            for place, held in item["stock"].items()
        }
        shown = {
            **item,
            "inventoryLevels": lambda info, first, **more: page(list(rows.values()), first, None),
            "inventoryLevel": lambda info, locationId, **more: rows.get(locationId),
        }
        return {**node, "inventoryItem": shown}

    def _order(self, node: Node) -> Node:
        given = [
            {**each, "refundLineItems": lambda info, first, of=each, **more: page(of["rows"], first, None)}
            for each in node["given_back"]
        ]
        rows = lambda info, first, after=None, **more: page(node["lines"], first, after)  # noqa: E731
        sends = lambda info, first, after=None, **more: page(self._sends(node), first, after)  # noqa: E731
        return {**node, "lineItems": rows, "refunds": lambda info, first: given[:first], "fulfillmentOrders": sends}

    def _sends(self, node: Node) -> list[Node]:
        """Refused without any of the scopes; with one alone only what it is for."""
        scopes = {name.removeprefix("read_").removesuffix("_fulfillment_orders") for name in self.fake.scopes}
        if scopes.isdisjoint({"merchant_managed", "third_party", "assigned"}):
            raise GraphQLError("Access denied for fulfillmentOrders field.", extensions={"code": "ACCESS_DENIED"})
        services = {place["id"] for place in self.fake.places if place["isFulfillmentService"]}
        seen = [
            each
            for each in node["sends"]
            if ("third_party" if each["place"] in services else "merchant_managed") in scopes
        ]
        return [
            {**each, "lineItems": lambda info, first, of=each, **more: page(of["rows"], first, None)} for each in seen
        ]


def settings_of(region: str = "", mode: Mode = Mode.OBSERVE, **options: object) -> ShopSettings:
    plain = {"access_token": ACCESS, **options}
    secret = ("access_token", "refresh_token", "client_secret")
    plain = {"shop": DOMAIN, **plain}
    typed = {name: Secret(str(value)) if name in secret else value for name, value in plain.items() if value}
    return ShopSettings(
        name=SHOP,
        channel="shopify",
        policy=ShopPolicy(SHOP, "shopify", region, mode),
        options=typed,
        base_url="http://127.0.0.1:9/shopify-us",
        region=region,
    )


def channel(
    shopify: FakeShopify,
    store: Store | None = None,
    storage: Any = None,
    *,
    region: str = "",
    mode: Mode = Mode.OBSERVE,
    **options: object,
) -> ShopifyChannel:
    settings = settings_of(region, mode, **options)
    made = AuthorisedShopifyChannel if options.get("refresh_token") or options.get("grant") else ShopifyChannel
    surroundings = Surroundings(clock=shopify.time.clock, sleep=shopify.time.sleep, tokens=store or Store())
    time = shopify.time.monotonic
    return made(settings, surroundings, transport=shopify, storage=storage, jitter=lambda: 0.5, monotonic=time)


def request(folder: Path, days: float = 7) -> PullRequest:
    return PullRequest(folder, NOW - timedelta(days=days), Policy())


def pull(shopify: FakeShopify, folder: Path, **options: Any) -> Pulled:
    return channel(shopify, **options).pull(request(folder))


def rows_of(pulled: Pulled, table: str) -> Rows:
    with open(pulled.tables[table].path, encoding="utf-8") as file:
        return list(csv.DictReader(file))
