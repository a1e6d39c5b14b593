"""Locations of an imitated Shopify: deactivated ones with their levels, and those that orders are sent from."""

from __future__ import annotations

import json

import pytest

from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.shopify.catalogue import SERVICE_LOCATION
from stockrecon.sandbox.shopify.settings import ALL_SCOPES, FULFILLMENT_SCOPES
from tests.sandbox.shopify_world import HERE, MUG, NOON, TEE, THERE, Site, gid, item_gid

LEVELS = """query L($item: ID!, $place: ID!%s) { inventoryItem(id: $item) {
  inventoryLevels(first: 10%s) { nodes { id location { id } } }
  inventoryLevel(locationId: $place%s) { id } } location(id: $place) { isActive hasActiveInventory
  inventoryLevels(first: 10%s) { nodes { id } } } }"""
PLAIN = LEVELS % ("", "", "", "")
ASKING = LEVELS % (", $all: Boolean", ", includeInactive: $all", ", includeInactive: $all", ", includeInactive: $all")
FULFILLED = """{ orders(first: 10) { nodes { id fulfillmentOrders(first: 5) { nodes { id status requestStatus
  assignedLocation { name location { id } }
  lineItems(first: 5) { nodes { totalQuantity remainingQuantity sku inventoryItemId lineItem { id } } } } } } } }"""
SCOPES = frozenset(FULFILLMENT_SCOPES)


@pytest.fixture
def site() -> Site:
    return Site()


def levels(site: Site, text: str, version: str = "2026-10", **more: object) -> tuple[int, bool, int, bool]:
    """How many levels the tee has, whether there is one at the warehouse, how many that has, and what it says."""
    told = site.data(text, version, item=item_gid(TEE), place=gid("Location", THERE), **more)
    item, place = told["inventoryItem"], told["location"]
    own = item["inventoryLevel"] is not None
    return (
        len(item["inventoryLevels"]["nodes"]),
        own,
        len(place["inventoryLevels"]["nodes"]),
        place["hasActiveInventory"],
    )


def test_levels_of_a_deactivated_location_are_left_out(site: Site) -> None:
    """Unless they are asked for; no version before 2026-04 can. What lay there lies elsewhere."""
    assert levels(site, PLAIN) == (2, True, 1, True)
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    for version in ("2026-01", "2026-10"):
        assert levels(site, PLAIN, version) == (1, False, 0, False)
    assert levels(site, ASKING, all=False) == (1, False, 0, False)
    assert levels(site, ASKING, all=True) == (2, True, 1, False)
    assert (site.quantities(TEE)["available"], site.quantities(TEE, THERE)["available"]) == (14, 0)


def test_a_level_at_a_deactivated_location_is_found_by_its_id(site: Site) -> None:
    """Since 2026-04, as not active; before that it is none."""
    told = site.data(PLAIN, item=item_gid(TEE), place=gid("Location", THERE))
    level = told["inventoryItem"]["inventoryLevel"]["id"]
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    text = 'query Q($id: ID!) { inventoryLevel(id: $id) { isActive quantities(names: ["available"]) { quantity } } }'
    assert site.data(text, id=level)["inventoryLevel"] == {"isActive": False, "quantities": [{"quantity": 0}]}
    assert site.data("query Q($id: ID!) { inventoryLevel(id: $id) { id } }", "2026-01", id=level) == {
        "inventoryLevel": None
    }


def test_a_location_with_stock_is_not_deactivated_without_a_place_for_it(site: Site) -> None:
    """Refused, nothing moved; so is a place that is closed itself, or unknown. An empty one is closed at once."""
    for text in ("Warehouse", "Warehouse=Warehouse", "Warehouse=Nowhere", "Nowhere"):
        with pytest.raises(MarketRefusal):
            site.shop.set_option(site.now, "inactive", text)
    assert levels(site, PLAIN) == (2, True, 1, True)
    site.shop.stock_at(TEE, THERE, 0, site.now)
    site.shop.set_option(site.now, "inactive", "Warehouse")
    assert levels(site, PLAIN) == (1, False, 0, False)
    with pytest.raises(MarketRefusal):
        site.shop.set_option(site.now, "inactive", "Shop location=Warehouse")


def test_nothing_is_stocked_at_a_deactivated_location(site: Site) -> None:
    """`inventoryActivate` names the location."""
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    text = """mutation A($item: ID!, $to: ID!) { inventoryActivate(inventoryItemId: $item, locationId: $to)
              @idempotent(key: "act") { inventoryLevel { id } userErrors { field } } }"""
    done = site.data(text, item=item_gid(MUG), to=gid("Location", THERE))["inventoryActivate"]
    assert done == {"inventoryLevel": None, "userErrors": [{"field": ["locationId"]}]}


def fulfilled(site: Site) -> list[list[tuple[str, str, list[tuple[int, int, str]]]]]:
    """Orders, and of each: location, status and lines (total, remaining, SKU)."""
    return [
        [
            (
                one["assignedLocation"]["location"]["id"],
                one["status"],
                [(line["totalQuantity"], line["remainingQuantity"], line["sku"]) for line in one["lineItems"]["nodes"]],
            )
            for one in order["fulfillmentOrders"]["nodes"]
        ]
        for order in site.data(FULFILLED)["orders"]["nodes"]
    ]


def test_an_order_has_a_fulfillment_order_for_each_location_that_it_is_sent_from(site: Site) -> None:
    """With the units that each sends: what one location has not enough of comes from two."""
    site.shop.place(site.now, [(*TEE, 12), (*MUG, 1)])
    here, there = gid("Location", HERE), gid("Location", THERE)
    assert fulfilled(site) == [[(here, "OPEN", [(10, 10, "TEE"), (1, 1, "MUG")]), (there, "OPEN", [(2, 2, "TEE")])]]
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    assert fulfilled(site) == [[(here, "OPEN", [(12, 12, "TEE"), (1, 1, "MUG")])]]


def test_fulfillment_orders_follow_their_order(site: Site) -> None:
    """Sent: CLOSED, nothing remains. Cancelled: CLOSED, and counts nothing; its location stays."""
    sent = site.shop.place(site.now, [(*MUG, 2)], paid=True)
    gone = site.shop.place(site.now, [(*MUG, 1)])
    site.shop.ship(site.now, sent.order_id)
    site.shop.cancel(site.now, gone.order_id, "buyer", "")
    here = gid("Location", HERE)
    assert fulfilled(site) == [[(here, "CLOSED", [(2, 0, "MUG")])], [(here, "CLOSED", [(0, 0, "MUG")])]]


def test_what_is_not_counted_is_sent_from_somewhere_too(site: Site) -> None:
    """The first location that stocks it."""
    site.shop.set_trait(site.now, MUG, "tracked", "no")
    site.shop.place(site.now, [(*MUG, 3)])
    assert fulfilled(site) == [[(gid("Location", HERE), "OPEN", [(3, 3, "MUG")])]]


def test_without_a_scope_fulfillment_orders_are_denied(site: Site) -> None:
    """ACCESS_DENIED at the field; as it may not be null, neither may what holds it: nothing comes at all."""
    order = site.shop.place(site.now, [(*MUG, 1)])
    site.shop.set_option(site.now, "scopes", ",".join(ALL_SCOPES - SCOPES))
    body = site.ask(FULFILLED)
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"] == "Access denied for fulfillmentOrders field."
    assert error["extensions"]["code"] == "ACCESS_DENIED"
    assert error["path"] == ["orders", "nodes", 0, "fulfillmentOrders"]
    text = "query O($id: ID!) { order(id: $id) { fulfillmentOrders(first: 1) { nodes { id } } } }"
    assert site.ask(text, id=gid("Order", order.order_id))["data"] == {"order": None}


def test_a_scope_shows_the_fulfillment_orders_of_its_kind_of_location(site: Site) -> None:
    """The merchant's or a service's; the scope for the app's own service shows none of either, without an error."""
    site.shop.add("900", "9001", "SVC", 3, NOON, platform=True)
    site.shop.place(site.now, [(*MUG, 1), ("900", "9001", 1)])
    here, service = gid("Location", HERE), gid("Location", SERVICE_LOCATION)
    for kind, wanted in (("merchant_managed", [here]), ("third_party", [service]), ("assigned", [])):
        granted = (ALL_SCOPES - SCOPES) | {f"read_{kind}_fulfillment_orders"}
        site.shop.set_option(site.now, "scopes", ",".join(granted))
        (order,) = fulfilled(site)
        assert [place for place, _, _ in order] == wanted


def test_fulfillment_orders_are_searched_by_location(site: Site) -> None:
    """By its number; pages as everywhere."""
    site.shop.place(site.now, [(*TEE, 12)])
    text = """query F($q: String) { orders(first: 1) { nodes { fulfillmentOrders(first: 1, query: $q) {
              nodes { assignedLocation { location { id } } } pageInfo { hasNextPage } } } } }"""
    (order,) = site.data(text, q=f"assigned_location_id:{THERE}")["orders"]["nodes"]
    found = order["fulfillmentOrders"]
    assert found["nodes"] == [{"assignedLocation": {"location": {"id": gid("Location", THERE)}}}]
    assert found["pageInfo"] == {"hasNextPage": False}
    (order,) = site.data(text)["orders"]["nodes"]
    assert order["fulfillmentOrders"]["pageInfo"] == {"hasNextPage": True}


def test_a_bulk_query_reads_fulfillment_orders(site: Site) -> None:
    """Each in a line of its own that names its order."""
    order = site.shop.place(site.now, [(*TEE, 12)])
    inner = """{ orders { edges { node { id fulfillmentOrders { edges { node { id
               assignedLocation { location { id } } } } } } } } }"""
    text = (
        "mutation B($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } userErrors { message } } }"
    )
    begun = site.data(text, q=inner)["bulkOperationRunQuery"]
    assert begun["userErrors"] == []
    site.advance(minutes=30)
    (job,) = site.shop.jobs.values()
    assert job.file is not None
    rows = [json.loads(line) for line in job.file.decode().splitlines()]
    assert [row.get("__parentId") for row in rows] == [None, *[gid("Order", order.order_id)] * 2]
