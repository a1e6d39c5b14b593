"""Requests that public clients really sent are let in; whatever else a caller says is answered in Shopify's shape."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stockrecon.sandbox.shopify import search
from stockrecon.sandbox.shopify.search import Fields
from tests.sandbox.shopify_world import DOCUMENTS, GRAPHQL, KEYS, MUG, Site, gid

RECORDED = json.loads((Path(__file__).parent / "data" / "recorded_shopify.json").read_text("utf-8"))


def recorded(entry: dict, token: str = KEYS["access_token"]) -> tuple[int, dict]:
    """A recorded request of @shopify/admin-api-client, with another token in its header."""
    site = Site()
    headers = {name.lower().replace("-", "_"): value for name, value in entry["headers"]}
    headers["x_shopify_access_token"] = token
    kind = headers.pop("content_type")
    answer = site.call(entry["method"], entry["target"], entry["body"].encode(), kind, **headers)
    return answer.status, dict(answer.body)  # type: ignore[call-overload]


@pytest.mark.parametrize("entry", RECORDED, ids=lambda entry: entry["label"])
def test_the_official_client_is_let_in_with_its_token_alone(entry: dict) -> None:
    """GraphQL is answered without errors but for the ids it made up; the REST API is not there; a wrong key is 401."""
    status, body = recorded(entry)
    if entry["label"].startswith("rest"):
        assert (status, body) == (404, {"errors": "Not Found"})
    else:
        assert status == 200
        assert "errors" not in body
        for payload in body["data"].values():
            refused = [error["code"] for error in payload.get("userErrors", ())]
            assert refused in ([], ["INVALID_INVENTORY_ITEM", "INVALID_LOCATION"])
    assert recorded(entry, "shpat_wrong")[0] == 401


WORDS = st.sampled_from(
    ["sku", "status", ":", "'", '"', "(", ")", "-", "AND", "OR", "NOT", ">=", "<", "*", " ", "open", "2026-11-11",
     "12:00:00Z", "updated_at:", "\\", "\x00", "é", "MUG"]
)  # fmt: skip
QUERIES = st.one_of(st.lists(WORDS, max_size=12).map("".join), st.text(max_size=20))
WORD = st.sampled_from([gid("InventoryItem", 1), gid("Location", 1), "available", "correction"])
NUMBER = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
NAME = st.sampled_from(["name", "reason", "quantities", "quantity", "locationId", "x"])
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, st.text(max_size=8), WORD),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAME, inner, max_size=4)),
    max_leaves=10,
)
VARIABLE = st.sampled_from(["first", "after", "levels", "loc", "q", "ids", "id", "input", "key"])
BODIES = st.one_of(st.binary(max_size=40), st.one_of(st.text(max_size=40), JSON.map(json.dumps)).map(str.encode))


@given(QUERIES)
@settings(max_examples=150, deadline=None)
def test_any_query_of_a_search_is_read(text: str) -> None:
    """Into something that matches or not, and that JSON can tell."""
    fields = Fields(
        frozenset({"sku", "status", "updated_at"}), frozenset({"updated_at"}), {"status": frozenset({"open"})}, ("sku",)
    )
    read = search.read(text, fields)
    assert read.matches({"sku": "MUG", "status": frozenset({"open"}), "updated_at": None}) in (True, False)
    json.dumps([read.parsed, read.warnings])


@given(st.sampled_from(sorted(DOCUMENTS)), st.dictionaries(VARIABLE, JSON, max_size=4))
@settings(max_examples=120, deadline=None)
def test_any_variables_are_answered(name: str, variables: dict) -> None:
    """HTTP 200 with data or with errors that have codes; nothing is set by what has errors."""
    site = Site()
    body = site.ask(name, **variables)
    assert "data" in body or body["errors"]
    assert all(error["extensions"]["code"] != "INTERNAL_SERVER_ERROR" for error in body.get("errors", ()))
    assert site.quantities(MUG)["available"] == 6


@given(BODIES)
@example(b'{"query": "-"}')
@example(b'{"query": "1."}')
@example(b'{"query": "{ shop(x: 1e"}')
@settings(max_examples=100, deadline=None)
def test_any_body_is_answered(body: bytes) -> None:
    """200 or 400, and `errors`, whatever the bytes."""
    site = Site()
    for kind in ("application/json", "application/graphql", "", "text/plain"):
        answer = site.call("POST", GRAPHQL.format("2026-10"), body, kind, x_shopify_access_token=KEYS["access_token"])
        assert answer.status in (200, 400)
        assert "errors" in answer.body  # type: ignore[operator]


@pytest.mark.parametrize(
    "text",
    ["{" + "node(id: \"gid://shopify/Product/1\") {" * 400, "{ shop " * 3000, "{ shop { id }" + " # x" * 9000 + "}",
     "query ($" + "a" * 40_000 + ": Int) { shop { id } }", "fragment F on Shop { ...F } { shop { ...F } }"],
)  # fmt: skip
def test_monsters_are_answered(text: str) -> None:
    """Nested without end, endless, in circles: an error, or an answer, and no traceback."""
    body = Site().ask(text)
    assert body.get("errors") or body["data"]
