"""Whatever a caller says, the site answers in WordPress's shape; nothing from outside breaks it or makes units."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.sandbox.control import Control
from stockrecon.sandbox.wire import Answer, Call
from stockrecon.sandbox.woocommerce.options import OPTIONS, TRAITS
from tests.sandbox.test_sandbox_robust import JSON, TEXT
from tests.sandbox.woo_world import KEYS, NOON, PREFIX, Site, basic

NAMES = (
    *(
        "page",
        "per_page",
        "offset",
        "order",
        "orderby",
        "include",
        "exclude",
        "include[]",
        "search",
        "status",
        "status[]",
    ),
    *("after", "before", "modified_after", "modified_before", "dates_are_gmt", "sku", "type", "stock_status", "parent"),
    *("_fields", "_method", "context", "product", "rest_route", "consumer_key", "oauth_timestamp", "oauth_signature"),
)
PATHS = (
    *("/products", "/products/101", "/products/102/variations", "/products/102/variations/103", "/variations"),
    *("/orders", "/orders/105", "/orders/105/notes", "/orders/105/refunds", "/settings/products", "/system_status"),
    *("/webhooks", "/products/batch", "/products/102/variations/batch", "/orders/batch", "/", "/colours"),
)
VALUES = st.one_of(TEXT, st.sampled_from(["2026-11-11T12:00:00+07:00", "asc", "id", "true", "101", "103,104", "trash"]))
QUERY = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4)
FIELDS = (
    *("id", "stock_quantity", "manage_stock", "backorders", "status", "sku", "name", "type", "inventory_delta", "note"),
    *("line_items", "set_paid", "amount", "api_refund", "quantity", "product_id", "sku", "value", "topic", "force"),
    *("delivery_url", "attributes", "regular_price", "stock_status", "secret"),
)
ROW = st.one_of(
    JSON, st.dictionaries(st.sampled_from(FIELDS), st.one_of(JSON, st.sampled_from([101, 103, "yes", 1.5])))
)
BODY = st.one_of(ROW, st.dictionaries(st.sampled_from(["create", "update", "delete", "line_items"]), st.lists(ROW)))


def ask(site: Site, method: str, path: str, query: list[tuple[str, str]], body: object = None) -> Answer:
    data = b"" if body is None else json.dumps(body).encode()
    headers = {"authorization": basic(*KEYS.values()), "host": "127.0.0.1:1"}
    call = Call(method, PREFIX + path.rstrip("/"), tuple(query), (), data, "application/json" if data else "", headers)
    answer = site.sandbox.handle(site.served, call).answer
    assert answer is not None
    return answer


def check(answer: Answer) -> None:
    """JSON, or a page; an error has code, message and its own status inside."""
    if answer.raw is not None:
        return
    json.dumps(answer.body)
    if answer.status >= 400:
        assert isinstance(answer.body, dict)
        assert set(answer.body) == {"code", "message", "data"}
        assert answer.body["data"]["status"] == answer.status


@pytest.mark.parametrize("path", PATHS)
def test_any_query_is_answered(path: str) -> None:
    """Read or refused, and nothing is changed by reading."""

    @given(QUERY)
    @settings(max_examples=30, deadline=None)
    def law(query: list[tuple[str, str]]) -> None:
        site = Site()
        site.shop.place(NOON, [("101", "", 1)], paid=True)
        before = len(site.shop.effects)
        check(ask(site, "GET", path, query))
        assert len(site.shop.effects) == before

    law()


@pytest.mark.parametrize("path", [path for path in PATHS if path not in ("/system_status", "/variations", "/colours")])
def test_any_body_is_answered(path: str) -> None:
    """Taken or refused; whatever was taken, every list can be read afterwards."""

    @given(st.sampled_from(["POST", "PUT", "DELETE"]), BODY)
    @settings(max_examples=50, deadline=None)
    def law(method: str, body: object) -> None:
        site = Site()
        site.shop.place(NOON, [("101", "", 1)], paid=True)
        check(ask(site, method, path, [], body))
        site.advance(days=1)
        for listed in ("/products", "/variations", "/orders", "/webhooks", "/settings/products"):
            answer = ask(site, "GET", listed, [])
            assert answer.status == 200, answer.body
            json.dumps(answer.body)

    law()


@given(st.dictionaries(st.sampled_from([*OPTIONS, *TRAITS, "shop", "item_id", "state"]), st.one_of(JSON, VALUES)))
@settings(max_examples=100, deadline=None)
def test_control_answers_any_option(body: dict[str, object]) -> None:
    """With a status it promises; a site that took it can be read."""
    site = Site()
    for path in ("shops", "listings"):
        told = json.dumps({"item_id": "101", **body, "shop": "woo"}).encode()
        status, answer = Control(site.sandbox).handle("POST", path, told)
        assert status in (200, 400, 404, 409)
        assert isinstance(answer, dict)
    site.shop.site.rights, site.shop.site.tls, site.shop.site.pretty = "read_write", True, True
    check(ask(site, "GET", "/products", []))


@given(st.binary(max_size=30), st.sampled_from(["Basic", "basic", "OAuth", "Bearer", ""]))
@settings(max_examples=100, deadline=None)
def test_any_authorization_is_nobodys(secret: bytes, kind: str) -> None:
    """Raw or in base64."""
    site = Site()
    for text in (base64.b64encode(secret).decode(), secret.decode("latin-1")):
        assert site.answer("GET", f"{PREFIX}/products", authorization=f"{kind} {text}").status == 401
