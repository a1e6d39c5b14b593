"""Every document is valid, asks for the points that are reckoned with, and goes out as recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from graphql import parse, validate
from hypothesis import given
from hypothesis import strategies as st

from stockrecon.channels.shopify.cost import CEILING, Purse
from stockrecon.channels.shopify.documents import (
    DOCUMENTS,
    LOCATIONS,
    OPTIONAL,
    ORDERS,
    SET,
    SNAPSHOT,
    Document,
    bulk_query,
)
from stockrecon.channels.shopify.sending import SENDINGS
from stockrecon.channels.shopify.updates import UPDATES
from tests.channels_shopify.fakes import CUT, SCHEMA, FakeShopify, channel
from tests.channels_shopify.nodes import key, variant
from tests.channels_shopify.points import points

VECTORS = {
    each["label"]: each for each in json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))["vectors"]
}
SIZES = {"first": 250, "levels": 10}
DOCUMENTS_BY_NAME = {document.name: document for document in DOCUMENTS}


ALL = (*DOCUMENTS, *UPDATES, *SENDINGS)


@pytest.mark.parametrize("document", ALL, ids=lambda document: document.name)
def test_a_document_is_valid(document: Document) -> None:
    """By the schema of 2026-10, as far as the documents use it: the cut that was first drawn, and what is beside it."""
    assert validate(SCHEMA, parse(document.text)) == []
    assert f" {document.name}" in document.text


def test_the_first_cut_of_the_schema_is_as_it_was_drawn() -> None:
    """Byte by byte; what the documents use beyond it stands in a file of its own, with where it is from."""
    cut = (Path(__file__).parent / "schema.graphql").read_bytes()
    assert hashlib.sha256(cut).hexdigest() == "f5138316657fed07a59fcb6b166eed271f745c48a2fef3c5b98fec83f8b43400"


def test_which_documents_go_beyond_the_first_cut() -> None:
    """All others are valid by it alone."""
    beyond = {document.name for document in ALL if validate(CUT, parse(document.text))}
    variants = {"SnapshotVariants", "SnapshotVariantsAt", "Reread", "RereadAt"}
    assert beyond == {
        *variants,
        *("Products", "ProductsAt", "Product", "ProductAt", "VariantsCount", "Shop", "Account", "Scopes"),
        *("UpdatedProducts", "Sending", "SendingOn"),
    }
    of_variants = {name: DOCUMENTS_BY_NAME[name].without(OPTIONAL) for name in variants}
    assert {name for name, text in of_variants.items() if validate(CUT, parse(text))} == set(), "can be done without"


@pytest.mark.parametrize("location", ["", "gid://shopify/Location/7"])
def test_what_a_bulk_operation_runs_is_valid_and_within_its_rules(location: str) -> None:
    """Edges and no nodes, every node names its id, no variables, at most two levels deep."""
    query = bulk_query(location)
    assert validate(SCHEMA, parse(query)) == []
    assert "nodes" not in query
    assert "$" not in query
    assert query.count("edges { node { id") + query.count("node {\n        id") == query.count("edges")


@given(st.integers(1, 250), st.integers(1, 250))
def test_the_points_are_those_of_the_formula(first: int, levels: int) -> None:
    """For every document and size of page: what is waited for is what Shopify takes."""
    for document in ALL:
        sizes = {"first": first, "levels": levels}
        assert document.cost(sizes) == points(SCHEMA, document.text, sizes)


@pytest.mark.parametrize(
    ("document", "sizes", "expected"),
    [
        (SNAPSHOT, {"first": 250, "levels": 1}, 90),
        (SNAPSHOT, {"first": 250, "levels": 10}, 189),
        (SNAPSHOT, {"first": 250, "levels": 50}, 288),
        (ORDERS, {"first": 100}, 164),
        (ORDERS, {"first": 250}, 200),
        (LOCATIONS, {}, 13),
        (SET, {}, 13),
    ],
)
def test_the_points_are_those_that_were_published(document: Document, sizes: Mapping[str, int], expected: int) -> None:
    """The reference's own numbers for the same shapes."""
    assert document.cost(sizes) == expected


def test_no_page_asks_for_more_than_one_query_may() -> None:
    """Even with as many locations as a page of levels holds."""
    for document in ALL:
        assert document.cost({"first": 250, "levels": 250}) < CEILING


def test_a_request_is_that_of_the_vendors_own_client() -> None:
    """Path but for the version, the token's header, and the body with its keys in the same order."""
    shopify = FakeShopify(variant(1, "A", 5))
    with_token = channel(shopify, access_token="shpat-fixed")
    shopify.access = "shpat-fixed"
    with_token.reread([key(1)])
    recorded = VECTORS["gql-variants"]["request"]
    for sent in shopify.requests:
        assert sent.method == recorded["method"]
        assert sent.path == recorded["path"].replace("2026-07", "2026-10")
        assert dict(sent.headers) == {"x-shopify-access-token": "shpat-fixed"}
        assert sent.content_type == "application/json"
        assert list(json.loads(sent.body or b"")) == list(recorded["body_json"])
    assert ["X-Shopify-Access-Token", "shpat-fixed"] in recorded["headers"]


def test_the_variables_of_a_write_are_those_of_the_vendors_own_client() -> None:
    """Names and types of `inventorySetQuantities`, with the number that is replaced in every row."""
    shopify = FakeShopify(variant(1, "A", 5))
    made = channel(shopify)
    shown = made.reread([key(1)])[key(1)]
    made.write([shopify.write(1, 7, shown, intent="run-1/3")])
    ours = json.loads(shopify.requests[-1].body or b"")["variables"]
    theirs = VECTORS["gql-set"]["request"]["body_json"]["variables"]
    assert set(ours) == set(theirs)
    assert set(ours["input"]) == set(theirs["input"])
    (row,), (recorded,) = ours["input"]["quantities"], theirs["input"]["quantities"]
    assert row.keys() == recorded.keys()
    assert (row["quantity"], row["changeFromQuantity"]) == (7, 5) == (recorded["quantity"], 5)
    assert ours["input"]["name"] == "available"
    assert ours["input"]["referenceDocumentUri"] == "gid://stockrecon/Run/run-1"


# The bucket


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def filled(clock: Clock, available: float, maximum: int = 2000, rate: int = 100) -> Purse:
    purse = Purse(monotonic=clock.monotonic, sleep=clock.sleep)
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}
    purse.told(SET, {}, {"requestedQueryCost": 13, "throttleStatus": status})
    return purse


def test_what_the_bucket_lacks_is_waited_for() -> None:
    """(requested - available) / rate, and nothing where it holds enough."""
    clock = Clock()
    purse = filled(clock, 23)
    assert purse.take(123) == pytest.approx(1.0, abs=0.01)
    assert filled(clock, 400).take(123) == 0.0


def test_what_was_taken_is_gone_until_it_fills_again() -> None:
    """Also before the next answer tells: two queries do not spend the same points."""
    clock = Clock()
    purse = filled(clock, 150)
    assert purse.take(100) == 0.0
    assert purse.take(100) == pytest.approx(0.5, abs=0.01)
    clock.seconds += 1000
    assert purse.wait(2000) == 0.0
    assert purse.wait(99_999) == 0.0


def test_before_the_first_answer_nothing_waits() -> None:
    """Nobody knows the bucket yet."""
    clock = Clock()
    purse = Purse(monotonic=clock.monotonic, sleep=clock.sleep)
    assert purse.take(900) == 0.0
    assert clock.seconds == 0.0


def test_the_page_is_as_large_as_query_and_bucket_allow() -> None:
    """A smaller bucket, or points beyond the formula, make it smaller; it never vanishes."""
    clock = Clock()
    assert filled(clock, 2000).size(SNAPSHOT, SIZES, 250) == 250
    assert 1 <= filled(clock, 100, maximum=100).size(SNAPSHOT, SIZES, 250) < 50
    dear = filled(clock, 2000)
    dear.told(SNAPSHOT, SIZES, {"requestedQueryCost": 1890})
    assert dear.size(SNAPSHOT, SIZES, 250) < 250
    assert filled(clock, 1, maximum=1).size(SNAPSHOT, SIZES, 250) == 1


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {"throttleStatus": {"maximumAvailable": "x"}},
        {"throttleStatus": {"maximumAvailable": 0, "currentlyAvailable": 0, "restoreRate": 0}},
        {"requestedQueryCost": None, "throttleStatus": None},
    ],
)
def test_costs_that_are_not_as_documented_decide_nothing(odd: object) -> None:
    """No division by nothing, and no wait for ever."""
    clock = Clock()
    purse = Purse(monotonic=clock.monotonic, sleep=clock.sleep)
    purse.told(SET, {}, odd)
    assert purse.take(500) == 0.0
