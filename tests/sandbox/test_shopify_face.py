"""What Shopify's GraphQL answers: shapes, pages, searches, errors, points, versions, rights (reference: Shopify 1)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from stockrecon.core.model import ListingState
from stockrecon.sandbox.control import Control
from tests.sandbox.shopify_world import DOCUMENTS, GRAPHQL, HERE, KEYS, MUG, NOON, TEE, THERE, Site, gid, item_gid

COSTS = yaml.safe_load((Path(__file__).parent / "data" / "shopify_costs.yaml").read_text("utf-8"))
LEVEL = gid("InventoryLevel", f"143143430001?inventory_item_id={item_gid(MUG).rpartition('/')[2]}")


@pytest.fixture
def site() -> Site:
    return Site()


def codes(body: dict) -> list[str]:
    return [error["extensions"]["code"] for error in body["errors"]]


# Shapes


def test_a_snapshot_shows_variants_with_their_levels(site: Site) -> None:
    """Units by name at each location; a name nobody touched has no time, and on_hand never has one."""
    site.shop.place(site.now, [(*MUG, 2)], paid=True)
    page = site.data("snapshot_variants", first=250, levels=5)["productVariants"]
    assert [(node["id"], node["sku"], node["sellableOnlineQuantity"]) for node in page["nodes"]] == [
        (gid("ProductVariant", 7001), "TEE", 14),
        (gid("ProductVariant", 8001), "MUG", 4),
    ]
    mug = page["nodes"][1]
    assert mug["product"] == {"id": gid("Product", 800), "status": "ACTIVE"}
    assert (mug["inventoryPolicy"], mug["availableForSale"], mug["inventoryQuantity"]) == ("DENY", True, 4)
    level = mug["inventoryItem"]["inventoryLevels"]["nodes"][0]
    assert (level["id"], level["location"]) == (LEVEL, {"id": gid("Location", HERE)})
    shown = {one["name"]: (one["quantity"], one["updatedAt"]) for one in level["quantities"]}
    now = "2026-11-11T12:00:00Z"
    assert shown["available"] == (4, now)
    assert shown["committed"] == (2, now)
    assert shown["on_hand"] == (6, None)
    assert shown["reserved"] == (0, None)


def test_an_item_that_is_not_stocked_at_a_location_has_no_level_there(site: Site) -> None:
    """`inventoryLevel` is null; `nodes` keep their order and are null for ids that nothing has."""
    asked = [item_gid(MUG), gid("InventoryItem", 5), item_gid(TEE), item_gid(MUG)]
    nodes = site.data("refetch", ids=asked, loc=gid("Location", THERE))["nodes"]
    assert [node and node["id"] for node in nodes] == [asked[0], None, asked[2], asked[3]]
    assert nodes[0]["inventoryLevel"] is None
    assert nodes[2]["inventoryLevel"]["quantities"][0] == {"name": "available", "quantity": 4}


def test_things_are_found_by_their_ids(site: Site) -> None:
    """A level's id carries its item; an id of another type is refused, one of nothing is null."""
    site.data("locations")
    text = "query Q($id: ID!) { inventoryLevel(id: $id) { id isActive item { sku } } }"
    assert site.data(text, id=LEVEL)["inventoryLevel"] == {"id": LEVEL, "isActive": True, "item": {"sku": "MUG"}}
    assert site.data(text, id=gid("InventoryLevel", 1))["inventoryLevel"] is None
    node = "query Q($id: ID!) { node(id: $id) { __typename id } }"
    for one, kind in ((LEVEL, "InventoryLevel"), (gid("Product", 800), "Product"), (item_gid(TEE), "InventoryItem")):
        assert site.data(node, id=one)["node"] == {"__typename": kind, "id": one}
    wrong = site.ask("query Q($id: ID!) { productVariant(id: $id) { sku } }", id=gid("Product", 800))
    assert codes(wrong) == ["RESOURCE_NOT_FOUND"]
    assert wrong["errors"][0]["message"] == "Invalid id: gid://shopify/Product/800"
    assert wrong["data"] == {"productVariant": None}


def test_the_other_documents_of_the_reference_are_answered(site: Site) -> None:
    """Locations, quantity names, levels of a location, items at a location, products."""
    names = site.data("quantity_names")["inventoryProperties"]["quantityNames"]
    assert {one["name"] for one in names if one["belongsTo"] == ["on_hand"]} == {
        "available", "committed", "damaged", "quality_control", "reserved", "safety_stock"
    }  # fmt: skip
    assert [one["name"] for one in site.data("locations")["locations"]["nodes"]] == ["Shop location", "Warehouse"]
    levels = site.data("location_levels", loc=gid("Location", THERE), first=10, q=None)["location"]["inventoryLevels"]
    assert [one["item"]["sku"] for one in levels["nodes"]] == ["TEE"]
    items = site.data("snapshot_level", loc=gid("Location", THERE), first=10)["inventoryItems"]["nodes"]
    assert [(one["sku"], one["inventoryLevel"] is None) for one in items] == [("TEE", False), ("MUG", True)]
    text = "{ products(first: 5, sortKey: TITLE) { nodes { title status variants(first: 3) { nodes { title } } } } }"
    assert [one["title"] for one in site.data(text)["products"]["nodes"]] == ["Mug", "Tee"]


def test_states_are_the_products(site: Site) -> None:
    """Draft and archived by its variants' common state; a deleted one is gone; one that fails looks as any other."""
    shop = site.shop
    shop.add("700", "7002", "TEE-L", 1, NOON)

    def shown() -> list[tuple[str, str]]:
        page = site.data("snapshot_variants", first=10, levels=1)["productVariants"]
        return [(one["sku"], one["product"]["status"]) for one in page["nodes"]]

    shop.set_state(site.now, TEE, ListingState.UNLISTED)
    assert shown() == [("TEE", "ACTIVE"), ("TEE-L", "ACTIVE"), ("MUG", "ACTIVE")]
    shop.set_state(site.now, ("700", "7002"), ListingState.UNLISTED)
    shop.set_state(site.now, MUG, ListingState.BANNED)
    assert shown() == [("TEE", "DRAFT"), ("TEE-L", "DRAFT"), ("MUG", "ARCHIVED")]
    shop.set_state(site.now, MUG, ListingState.DELETED)
    assert shown() == [("TEE", "DRAFT"), ("TEE-L", "DRAFT")]
    assert site.data("refetch", ids=[item_gid(MUG)], loc=gid("Location", HERE))["nodes"] == [None]


def test_skus_are_not_unique_and_may_be_none(site: Site) -> None:
    """`duplicateSkuCount` counts the others; an empty SKU is null and has none."""
    site.shop.add("900", "9001", "MUG", 1, NOON)
    site.shop.add("900", "9002", "", 1, NOON)
    page = site.data("snapshot_variants", first=10, levels=1)["productVariants"]
    shown = [(one["sku"], one["inventoryItem"]["duplicateSkuCount"]) for one in page["nodes"]]
    assert shown == [("TEE", 0), ("MUG", 1), ("MUG", 1), (None, 0)]


def test_negative_oversold_and_untracked_variants(site: Site) -> None:
    """A number below zero is shown as it is; CONTINUE and untracked are said beside it."""
    site.shop.set_trait(site.now, MUG, "inventory_policy", "CONTINUE")
    site.shop.set_trait(site.now, TEE, "tracked", "no")
    site.shop.place(site.now, [(*MUG, 9)])
    tee, mug = site.data("snapshot_variants", first=10, levels=1)["productVariants"]["nodes"]
    assert (mug["inventoryPolicy"], mug["sellableOnlineQuantity"], mug["availableForSale"]) == ("CONTINUE", -3, True)
    assert (tee["inventoryItem"]["tracked"], tee["availableForSale"]) == (False, True)


def test_legacy_locations_are_left_out_unless_asked_for(site: Site) -> None:
    """What a fulfilment service holds stands at a location of its own, which is legacy."""
    site.shop.add("900", "9001", "FBA", 3, NOON, platform=True)
    plain = "{ locations(first: 10) { nodes { name } } }"
    assert len(site.data(plain)["locations"]["nodes"]) == 2
    nodes = site.data("locations")["locations"]["nodes"]
    assert [one["isFulfillmentService"] for one in nodes] == [True, False, False]
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    assert len(site.data(plain)["locations"]["nodes"]) == 1


# Orders


def orders(site: Site, query: str = "") -> list[dict]:
    return site.data("orders", first=50, q=query)["orders"]["nodes"]


def test_an_order_from_its_placing_to_its_end(site: Site) -> None:
    """Statuses, quantities and times, step by step."""
    placed = site.shop.place(site.now, [(*MUG, 2)])
    (order,) = orders(site)
    assert order["id"] == gid("Order", placed.order_id)
    assert (order["name"], order["unpaid"], order["displayFinancialStatus"]) == ("#1001", True, "PENDING")
    assert (order["displayFulfillmentStatus"], order["confirmed"], order["fulfillable"]) == ("UNFULFILLED", True, True)
    (line,) = order["lineItems"]["nodes"]
    assert (line["quantity"], line["currentQuantity"], line["unfulfilledQuantity"]) == (2, 2, 2)
    assert line["variant"] == {"id": gid("ProductVariant", 8001), "inventoryItem": {"id": item_gid(MUG)}}
    site.advance(minutes=5)
    site.shop.pay(site.now, placed.order_id)
    (order,) = orders(site)
    assert (order["unpaid"], order["displayFinancialStatus"]) == (False, "PAID")
    assert order["updatedAt"] == "2026-11-11T12:05:00Z"
    site.shop.ship(site.now, placed.order_id)
    (order,) = orders(site)
    assert (order["displayFulfillmentStatus"], order["closedAt"]) == ("FULFILLED", "2026-11-11T12:05:00Z")
    assert order["lineItems"]["nodes"][0]["unfulfilledQuantity"] == 0


@pytest.mark.parametrize(
    ("paid", "by", "reason", "financial", "told"),
    [
        (True, "buyer", "", "REFUNDED", "CUSTOMER"),
        (False, "buyer", "", "VOIDED", "CUSTOMER"),
        (True, "seller", "out of stock", "REFUNDED", "INVENTORY"),
        (True, "seller", "", "REFUNDED", "STAFF"),
        (True, "seller", "fraud", "REFUNDED", "FRAUD"),
        (True, "channel", "", "REFUNDED", "OTHER"),
    ],
)
def test_a_cancelled_order(site: Site, paid: bool, by: str, reason: str, financial: str, told: str) -> None:
    """Closed at the same moment; its refund tells that the units were put back, and where."""
    placed = site.shop.place(site.now, [(*MUG, 2)], paid=paid)
    site.shop.cancel(site.now, placed.order_id, by, reason)
    (order,) = orders(site, "status:cancelled")
    assert (order["displayFinancialStatus"], order["cancelReason"]) == (financial, told)
    assert order["cancelledAt"] == order["closedAt"] == "2026-11-11T12:00:00Z"
    assert order["lineItems"]["nodes"][0]["currentQuantity"] == 0
    refund = site.data("order_refunds", id=order["id"])["order"]["refunds"][0]
    (line,) = refund["refundLineItems"]["nodes"]
    assert (line["quantity"], line["restockType"], line["restocked"]) == (2, "CANCEL", True)
    assert line["location"] == {"id": gid("Location", HERE)}


def test_units_that_are_not_put_back_are_told_as_such(site: Site) -> None:
    """NO_RESTOCK for a cancellation and a return without it, RETURN for one with it."""
    kinds = []
    for action in ("cancel-without-restock", "return", "return-with-restock"):
        order = site.shop.place(site.now, [(*TEE, 1)], paid=True)
        if action.startswith("return"):
            site.shop.ship(site.now, order.order_id)
        doings = site.shop.doings(site.now, order.order_id)
        doings[action]() if action in doings else site.shop.send_back(site.now, order.order_id)
        refund = site.data("order_refunds", id=gid("Order", order.order_id))["order"]["refunds"][0]
        line = refund["refundLineItems"]["nodes"][0]
        kinds.append((line["restockType"], line["restocked"], line["location"] is not None))
    assert kinds == [("NO_RESTOCK", False, False), ("NO_RESTOCK", False, False), ("RETURN", True, True)]


def test_orders_are_searched_by_what_the_reference_names(site: Site) -> None:
    """Times, status, payment, fulfilment, SKU; together, either, not."""
    ids = []
    for step, (key, paid) in enumerate(((MUG, False), (TEE, True), (TEE, True), (MUG, True))):
        site.advance(minutes=10)
        ids.append(site.shop.place(site.now, [(*key, 1)], paid=paid).order_id)
        assert step + 1 == len(orders(site))
    site.shop.ship(site.now, ids[1])
    site.shop.cancel(site.now, ids[2])
    site.shop.doings(site.now, ids[0])["authorize"]()

    def found(query: str) -> list[int]:
        return sorted(ids.index(one["id"].rpartition("/")[2]) for one in orders(site, query))

    assert found("created_at:>='2026-11-11T12:20:00Z' created_at:<'2026-11-11T12:40:00Z'") == [1, 2]
    assert found("updated_at:>'2026-11-11T12:39:59Z'") == [0, 1, 2, 3]
    assert found("created_at:2026-11-11") == [0, 1, 2, 3]
    assert found("created_at:>2026-11-11") == [0, 1, 2, 3]
    assert found("created_at:2026-11-10") == []
    assert (found("status:open"), found("status:closed"), found("status:cancelled")) == ([0, 3], [1], [2])
    assert found("status:not_closed") == [0, 3]
    assert found("financial_status:authorized OR financial_status:refunded") == [0, 2]
    assert found("fulfillment_status:unfulfilled -financial_status:paid") == [0, 2]
    assert found("(sku:TEE OR sku:MUG) AND NOT status:cancelled") == [0, 1, 3]
    assert found("name:#1002") == [1]
    assert found("sku:T*") == [1, 2]


def test_old_orders_are_for_apps_that_may_see_all(site: Site) -> None:
    """Without read_all_orders, only those of the last 60 days."""
    order = site.shop.place(site.now, [(*MUG, 1)])
    site.advance(days=61)
    assert len(orders(site)) == 1
    site.shop.set_option(site.now, "scopes", "read_orders")
    assert orders(site) == []
    assert site.data("order_refunds", id=gid("Order", order.order_id))["order"] is None


# Pages


def test_pages_follow_opaque_cursors_to_the_end(site: Site) -> None:
    """Nothing twice, nothing left out, though things come and go; an empty page has no cursor."""
    for number in range(9002, 9007):
        site.shop.add("900", str(number), f"S{number}", 1, NOON)
    text = """query Q($n: Int, $a: String) { productVariants(first: $n, after: $a) {
              nodes { sku } pageInfo { hasNextPage endCursor } } }"""
    seen: list[str] = []
    after: str | None = None
    while True:
        page = site.data(text, n=3, a=after)["productVariants"]
        seen += [one["sku"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        site.shop.add("900", str(9000 - len(seen)), "LATE", 1, NOON)
    assert seen == ["TEE", "MUG", "S9002", "S9003", "S9004", "S9005", "S9006"]
    end = site.data(text, n=3, a=page["pageInfo"]["endCursor"])["productVariants"]
    assert end == {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


def test_pages_go_backwards_and_reversed(site: Site) -> None:
    """`last` with `before`, `reverse`, edges with cursors."""
    for number in range(9001, 9004):
        site.shop.add("900", str(number), f"S{number}", 1, NOON)
    text = """query Q($b: String, $r: Boolean) { productVariants(last: 2, before: $b, reverse: $r) {
              edges { cursor node { sku } } pageInfo { hasPreviousPage hasNextPage } } }"""
    page = site.data(text)["productVariants"]
    assert [edge["node"]["sku"] for edge in page["edges"]] == ["S9002", "S9003"]
    assert page["pageInfo"] == {"hasPreviousPage": True, "hasNextPage": False}
    page = site.data(text, b=page["edges"][0]["cursor"])["productVariants"]
    assert [edge["node"]["sku"] for edge in page["edges"]] == ["MUG", "S9001"]
    page = site.data(text, r=True)["productVariants"]
    assert [edge["node"]["sku"] for edge in page["edges"]] == ["MUG", "TEE"]


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 1, last: 1)", "providing both first and last is not supported"),
        ("(first: 251)", "first cannot exceed 250"),
        ("(last: 251)", "last cannot exceed 250"),
        ("(first: -1)", "first cannot be negative"),
        ('(first: 1, after: "cursor")', "Malformed cursor"),
        ('(first: 1, after: "eyJsYXN0X2lkIjoxfQ==")', "Malformed cursor"),
    ],
)
def test_windows_that_are_none_are_refused(site: Site, window: str, says: str) -> None:
    """BAD_REQUEST at the field, and no data at all, because a connection cannot be null."""
    body = site.ask(f"{{ productVariants{window} {{ nodes {{ id }} }} }}")
    assert codes(body) == ["BAD_REQUEST"]
    assert body["errors"][0]["message"] == says
    assert body["errors"][0]["path"] == ["productVariants"]
    assert body["data"] is None


# Searching


def test_an_unknown_search_field_finds_everything_and_warns(site: Site) -> None:
    """Fail open: all rows, and what was not understood in `extensions.search`."""
    text = "query Q($q: String) { productVariants(first: 5, query: $q) { nodes { sku } } }"
    body = site.ask(text, q="made_up:x")
    assert [one["sku"] for one in body["data"]["productVariants"]["nodes"]] == ["TEE", "MUG"]
    assert body["extensions"]["search"] == [
        {
            "path": ["productVariants"],
            "query": "made_up:x",
            "parsed": {"field": "made_up", "match_all": "x"},
            "warnings": [
                {"field": "made_up", "message": "Invalid search field for this query.", "code": "invalid_field"}
            ],
        }
    ]
    body = site.ask(text, q="sku:'MUG'")
    assert [one["sku"] for one in body["data"]["productVariants"]["nodes"]] == ["MUG"]
    assert "search" not in body["extensions"]


def test_levels_are_not_searched_by_location(site: Site) -> None:
    """`location_id` is no field of an item's levels: everything comes, with a warning (recorded)."""
    text = """query Q($id: ID!, $q: String) { inventoryItem(id: $id) {
              inventoryLevels(first: 5, query: $q) { nodes { id } } } }"""
    body = site.ask(text, id=item_gid(TEE), q=f"location_id:{THERE}")
    assert len(body["data"]["inventoryItem"]["inventoryLevels"]["nodes"]) == 2
    assert body["extensions"]["search"][0]["path"] == ["inventoryItem", "inventoryLevels"]


def test_a_time_without_quotes_is_read_to_its_second_colon(site: Site) -> None:
    """The rest is taken for a field of its own, with a warning (recorded); in quotes it is a time."""
    bare = site.ask("orders", first=1, q="updated_at:>=2026-01-01T00:00:00Z")
    assert bare["extensions"]["search"][0]["warnings"][0]["field"] == "00"
    assert "search" not in site.ask("orders", first=1, q="updated_at:>='2026-01-01T00:00:00Z'")["extensions"]


def test_values_that_a_field_does_not_know_find_nothing(site: Site) -> None:
    """An unknown status, and a time that is none, match no order and warn."""
    site.shop.place(site.now, [(*MUG, 1)])
    for query in ("status:lost", "created_at:>'yesterday'"):
        body = site.ask("orders", first=5, q=query)
        assert body["data"]["orders"]["nodes"] == []
        assert body["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_value"


def test_the_index_lags_and_reading_by_id_does_not(site: Site) -> None:
    """With `index_lag`, a search knows neither of what is new nor of what changed, until its time has passed."""
    old = site.shop.place(site.now, [(*MUG, 1)])
    site.advance(minutes=1)
    site.shop.set_option(site.now, "index_lag", "3")
    assert len(orders(site, "financial_status:pending")) == 1
    site.shop.pay(site.now, old.order_id)
    new = site.shop.place(site.now, [(*MUG, 1)])
    assert len(orders(site, "financial_status:pending")) == 1
    assert orders(site, "financial_status:paid") == []
    assert orders(site, "financial_status:pending")[0]["displayFinancialStatus"] == "PAID"
    assert len(orders(site)) == 2
    assert site.data("order_refunds", id=gid("Order", new.order_id))["order"] is not None
    site.advance(seconds=3)
    assert len(orders(site, "financial_status:paid")) == 1
    assert orders(site, "financial_status:pending")[0]["id"] == gid("Order", new.order_id)
    text = "query Q($q: String) { inventoryItems(first: 5, query: $q) { nodes { sku } } }"
    changed = "updated_at:>='2026-11-11T12:02:00Z'"
    assert site.data(text, q=changed)["inventoryItems"]["nodes"] == []
    site.advance(minutes=2)
    site.shop.edit(site.now, MUG, 3)
    assert site.data(text, q=changed)["inventoryItems"]["nodes"] == []
    site.advance(seconds=4)
    assert site.data(text, q=changed)["inventoryItems"]["nodes"] == [{"sku": "MUG"}]


# Documents and variables


@pytest.mark.parametrize(
    ("text", "code", "says", "path"),
    [
        ("query A {\n  shop {\n    id\n", "PARSE_ERROR", "syntax error, unexpected end of file at [3, 5]", None),
        ("{ a b(", "PARSE_ERROR", "syntax error, unexpected end of file at [1, 6]", None),
        ("query A { nope { id } }", "undefinedField", "Field 'nope' doesn't exist on type 'QueryRoot'",
         ["query A", "nope"]),
        ("mutation M { nope }", "undefinedField", "Field 'nope' doesn't exist on type 'Mutation'",
         ["mutation M", "nope"]),
        ("query A { shop }", "selectionMismatch", "Field must have selections (field 'shop' returns Shop but has no "
         "selections. Did you mean 'shop { ... }'?)", ["query A", "shop"]),
        ("query A { bulkOperation { id } }", "missingRequiredArguments",
         "Field 'bulkOperation' is missing required arguments: id", ["query A", "bulkOperation"]),
        ('{ bulkOperation(id: "x") { id } }', "argumentLiteralsIncompatible", "Invalid global id 'x'",
         ["query", "bulkOperation", "id"]),
        ("{ shop(a: 1) { id } }", "argumentNotAccepted", "Field 'shop' doesn't accept argument 'a'",
         ["query", "shop", "a"]),
        ("{ products(first: 1, sortKey: X) { nodes { id } } }", "argumentLiteralsIncompatible",
         "Argument 'sortKey' on Field 'products' has an invalid value (X). Expected type 'ProductSortKeys'.",
         ["query", "products", "sortKey"]),
        ("query A($x: Int) { shop { id } }", "variableNotUsed", "Variable $x is declared by A but not used",
         ["query A"]),
        ("query A { products(first: $x) { nodes { id } } }", "variableNotDefined",
         "Variable $x is used by A but not declared", ["query A", "products", "first"]),
        ("query A($x: String) { products(first: $x) { nodes { id } } }", "variableMismatch",
         "Type mismatch on variable $x and argument first (String / Int)", ["query A"]),
        ("{ shop { ... on Foo { id } } }", "undefinedType",
         "No such type Foo, so it can't be a fragment condition", None),
        ('mutation M @idempotent(key: "a") { bulkOperationCancel(id: "gid://shopify/BulkOperation/1") '
         "{ bulkOperation { id } } }", "directiveCannotBeApplied",
         "'@idempotent' can't be applied to mutations (allowed: fields)", ["mutation M"]),
        ("{ shop { id @foo } }", "undefinedDirective", "Directive @foo is not defined", ["query", "shop", "id"]),
    ],
)  # fmt: skip
def test_a_document_that_is_none_is_refused_whole(
    site: Site, text: str, code: str, says: str, path: list[str] | None
) -> None:
    """HTTP 200, `errors` alone, nothing charged."""
    body = site.ask(text)
    assert set(body) == {"errors"}
    error = body["errors"][0]
    assert (error["extensions"]["code"], error["message"]) == (code, says)
    if path is not None:
        assert error["path"] == path
    assert site.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 1999


@pytest.mark.parametrize(
    ("variables", "problems", "tail"),
    [
        ({}, [{"path": [], "explanation": "Expected value to not be null"}], ""),
        (
            {"input": {"name": "available", "quantities": [], "reason": "correction", "foo": 1}},
            [{"path": ["foo"], "explanation": "Field is not defined on InventorySetQuantitiesInput"}],
            " for foo (Field is not defined on InventorySetQuantitiesInput)",
        ),
        (
            {"input": {"name": "available", "quantities": []}},
            [{"path": ["reason"], "explanation": "Expected value to not be null"}],
            " for reason (Expected value to not be null)",
        ),
        (
            {"input": {"name": 1, "quantities": [{"inventoryItemId": "7", "locationId": gid("Location", 1),
                                                  "quantity": 2**40}], "reason": "correction"}},
            [
                {"path": ["name"], "explanation": "Could not coerce value 1 to String"},
                {"path": ["quantities", 0, "inventoryItemId"], "explanation": "Invalid global id '7'"},
                {"path": ["quantities", 0, "quantity"], "explanation": "Could not coerce value 1099511627776 to Int"},
            ],
            None,
        ),
        ({"input": "all"}, [{"path": [], "explanation": 'Expected "all" to be a key-value object.'}], ""),
    ],
)  # fmt: skip
def test_variables_of_the_wrong_type_are_named_by_their_path(
    site: Site, variables: dict, problems: list[dict], tail: str | None
) -> None:
    """INVALID_VARIABLE: no data, no cost, every problem."""
    body = site.ask("set", key="k", **variables)
    assert set(body) == {"errors"}
    (error,) = body["errors"]
    assert error["extensions"] == {
        "code": "INVALID_VARIABLE",
        "value": variables.get("input"),
        "problems": problems,
    }
    start = "Variable $input of type InventorySetQuantitiesInput! was provided invalid value"
    assert error["message"] == start + (tail if tail is not None else error["message"].removeprefix(start))
    assert error["locations"] == [{"line": 1, "column": 17}]


def test_a_body_that_asks_for_nothing_is_a_bad_request(site: Site) -> None:
    """400 with a map of errors; a list elsewhere, a text for a wrong token."""
    for body in (None, [], {"variables": {}}, {"query": 5}, {"query": "{ shop { id } }", "variables": "{"}):
        answer = site.post(body)
        assert answer.status == 400
        assert answer.body == {"errors": {"query": "Required parameter missing or invalid"}}
    answer = site.call("POST", GRAPHQL.format("2026-10"), b"{ shop { name } }", "application/graphql",
                       x_shopify_access_token=KEYS["access_token"])  # fmt: skip
    assert answer.body["data"] == {"shop": {"name": "shopify"}}  # type: ignore[index]


def test_operations_are_chosen_by_their_name(site: Site) -> None:
    """Of several, the one that is named; none where none is."""
    text = "query A { shop { id } } query B { shop { name } }"
    named = dict(site.post({"query": text, "operationName": "B"}).body)  # type: ignore[call-overload]
    assert named["data"] == {"shop": {"name": "shopify"}}
    for name in (None, "C"):
        body = dict(site.post({"query": text, "operationName": name}).body)  # type: ignore[call-overload]
        assert (codes(body), "data" in body) == (["BAD_REQUEST"], False)


def test_aliases_and_fragments(site: Site) -> None:
    """The same field under several names, fragments on an interface."""
    text = """query Q($id: ID!) { a: node(id: $id) { ...F } b: node(id: $id) { id ... on Location { name } } }
              fragment F on InventoryItem { sku variants(first: 1) { nodes { id } } }"""
    data = site.data(text, id=item_gid(MUG))
    assert data["a"] == {"sku": "MUG", "variants": {"nodes": [{"id": gid("ProductVariant", 8001)}]}}
    assert data["b"] == {"id": item_gid(MUG)}


def test_names_of_units_that_do_not_exist_are_refused(site: Site) -> None:
    """At the field, the rest of the answer being null."""
    text = 'query Q($id: ID!) { inventoryLevel(id: $id) { quantities(names: ["units"]) { name } } }'
    assert codes(site.ask(text, id=LEVEL)) == ["INVALID_FIELD_ARGUMENTS"]


# Points


@pytest.mark.parametrize("case", COSTS, ids=lambda case: f"{case['document']}-{case['cost']}")
def test_documents_cost_what_the_reference_says(site: Site, case: dict) -> None:
    """Requested is reckoned beforehand and charged; actual is never more."""
    body = site.ask(case["document"], **case["variables"])
    cost = body["extensions"]["cost"]
    assert cost["requestedQueryCost"] == case["cost"]
    assert cost["actualQueryCost"] <= case["cost"]
    left = cost["throttleStatus"]["currentlyAvailable"]
    assert left == 2000 - cost["actualQueryCost"]


def test_what_was_not_used_is_given_back(site: Site) -> None:
    """Two variants where 250 were asked for cost their share."""
    cost = site.ask("snapshot_variants", first=250, levels=3)["extensions"]["cost"]
    assert cost == {
        "requestedQueryCost": 123,
        "actualQueryCost": 3,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1997, "restoreRate": 100.0},
    }


def test_the_bucket_runs_dry_and_fills_again(site: Site) -> None:
    """THROTTLED with no data and no effect, HTTP 200; points come back by the clock, up to the most there can be."""
    many = "{ " + " ".join(f"s{number}: shop {{ id }}" for number in range(900)) + " }"
    for _ in range(2):
        assert "data" in site.ask(many)
    body = site.ask(many)
    assert body == {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": 900,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 200, "restoreRate": 100.0},
            }
        },
    }
    site.advance(seconds=7)
    assert "data" in site.ask(many)
    site.advance(hours=1)
    assert site.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 1999


def test_a_plan_has_its_own_bucket(site: Site) -> None:
    """Twenty seconds of what comes back in one."""
    site.shop.set_option(site.now, "plan", "plus")
    status = site.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]
    assert status == {"maximumAvailable": 20_000.0, "currentlyAvailable": 19_999, "restoreRate": 1000.0}
    shop = site.data("{ shop { plan { publicDisplayName } shopAddress { countryCodeV2 } } }")["shop"]
    assert shop == {"plan": {"publicDisplayName": "Plus"}, "shopAddress": {"countryCodeV2": "VN"}}


def test_variants_are_counted_up_to_a_limit(site: Site) -> None:
    """Ten points, whatever the number."""
    body = site.ask("{ all: productVariantsCount { count precision } some: productVariantsCount(limit: 1) "
                    "{ count precision } every: productVariantsCount(limit: null) { count } }")  # fmt: skip
    counts = {name: one["count"] for name, one in body["data"].items()}
    assert counts == {"all": 2, "some": 1, "every": 2}
    assert [body["data"][name]["precision"] for name in ("all", "some")] == ["EXACT", "AT_LEAST"]
    assert body["extensions"]["cost"]["requestedQueryCost"] == 30


def test_no_query_may_ask_for_more_than_a_thousand_points(site: Site) -> None:
    """MAX_COST_EXCEEDED, without cost, whatever the bucket holds."""
    many = "{ " + " ".join(f"s{number}: shop {{ id }}" for number in range(1001)) + " }"
    body = site.ask(many)
    assert set(body) == {"errors"}
    more = body["errors"][0]["extensions"]
    assert (more["code"], more["cost"], more["maxCost"]) == ("MAX_COST_EXCEEDED", 1001, 1000)


def test_arrays_of_more_than_250_are_refused(site: Site) -> None:
    """No data key, and the path of the array."""
    body = site.ask("refetch", ids=[gid("InventoryItem", number) for number in range(251)], loc=gid("Location", 1))
    assert "data" not in body
    (error,) = body["errors"]
    assert error["message"] == "The input array size of 251 is greater than the maximum allowed of 250."
    assert (error["path"], error["extensions"]) == (["nodes", "ids"], {"code": "MAX_INPUT_SIZE_EXCEEDED"})
    assert body["extensions"]["cost"]["actualQueryCost"] is None
    assert len(site.data("refetch", ids=[item_gid(MUG)] * 250, loc=gid("Location", 1))["nodes"]) == 250


# Versions, rights, faults


@pytest.mark.parametrize(
    ("asked", "serves"),
    [("2026-10", "2026-10"), ("2026-01", "2026-01"), ("2025-10", "2026-01"), ("2019-04", "2026-01"),
     ("unstable", "unstable")],
)  # fmt: skip
def test_an_old_version_falls_forward_and_says_so(site: Site, asked: str, serves: str) -> None:
    """X-Shopify-API-Version names the one that answered."""
    answer = site.post({"query": "{ shop { id } }"}, asked)
    assert (answer.status, answer.headers["X-Shopify-API-Version"]) == (200, serves)
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "path", ["2027-01/graphql.json", "2026-02/graphql.json", "x/graphql.json", "2026-10/shop.json"]
)
def test_other_paths_are_not_there(site: Site, path: str) -> None:
    """404 with a text for errors; versions to come are not there yet."""
    answer = site.call("POST", f"/admin/api/{path}.json", b'{"query": "{ shop { id } }"}', "application/json",
                       x_shopify_access_token=KEYS["access_token"])  # fmt: skip
    assert (answer.status, answer.body) == (404, {"errors": "Not Found"})


def test_each_version_has_its_own_schema(site: Site) -> None:
    """What came later is unknown to the versions before it."""
    text = (
        "{ inventoryItems(first: 1) { nodes { inventoryLevels(first: 1, includeInactive: true) { nodes { id } } } } }"
    )
    assert codes(site.ask(text, "2026-01")) == ["argumentNotAccepted"]
    for version in ("2026-04", "2026-07", "2026-10", "unstable"):
        assert "errors" not in site.ask(text, version)


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("{ productVariants(first: 1) { nodes { id } } }", "read_products"),
        ("{ inventoryItems(first: 1) { nodes { id } } }", "read_inventory"),
        ("{ locations(first: 1) { nodes { id } } }", "read_locations"),
        ("{ orders(first: 1) { nodes { id } } }", "read_orders"),
    ],
)
def test_what_an_app_may_not_read_is_denied(site: Site, text: str, scope: str) -> None:
    """ACCESS_DENIED at the field, with the scope that is missing; with it, it is answered."""
    everything = {"read_products", "read_inventory", "read_locations", "read_orders"}
    site.shop.set_option(site.now, "scopes", ",".join(everything - {scope}))
    body = site.ask(text)
    (error,) = body["errors"]
    field = error["path"][0]
    assert error["message"] == f"Access denied for {field} field. Required access: `{scope}` access scope."
    assert error["extensions"]["requiredAccess"] == f"`{scope}` access scope."
    assert (codes(body), body["data"]) == (["ACCESS_DENIED"], None)
    site.shop.set_option(site.now, "scopes", scope)
    assert "errors" not in site.ask(text)


def test_half_an_answer_comes_with_its_error(site: Site) -> None:
    """Data and errors together: what may be null is, the rest is there."""
    site.shop.set_option(site.now, "scopes", "read_products")
    body = site.ask(
        "query Q($id: ID!) { order(id: $id) { id } products(first: 1) { nodes { id } } }", id=gid("Order", 1)
    )
    assert codes(body) == ["ACCESS_DENIED"]
    assert body["data"] == {"order": None, "products": {"nodes": [{"id": gid("Product", 700)}]}}


def test_a_wrong_token_is_refused_with_a_text(site: Site) -> None:
    """401, and `errors` is a text here; no token is a wrong one too."""
    says = "[API] Invalid API key or access token (unrecognized login or wrong password)"
    for token in ("shpat_wrong", ""):
        answer = site.post({"query": "{ shop { id } }"}, token=token)
        assert (answer.status, answer.body) == (401, {"errors": says})


def test_faults_find_a_request_by_what_it_asks_for(site: Site) -> None:
    """The first root field stands behind the path; a pattern may leave it out."""
    control = Control(site.sandbox)

    def fault(**fields: object) -> None:
        status, _ = control.handle("POST", "faults", json.dumps({"shop": "shopify", **fields}).encode())
        assert status == 200

    fault(path="*#inventorySetQuantities", kind="status", status=503)
    assert "data" in site.ask("{ shop { id } }")
    answer = site.post({"query": DOCUMENTS["set"], "variables": {}})
    assert answer.status == 503
    assert answer.body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"  # type: ignore[index]
    fault(path="/admin/api/2026-10/graphql.json", kind="throttle")
    body = site.ask("{ shop { id } }")
    assert codes(body) == ["THROTTLED"]
    assert body["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 0
    fault(path="*graphql.json", kind="revoke-token")
    assert site.post({"query": "{ shop { id } }"}).status == 401
    counts = json.loads(json.dumps(control.handle("GET", "requests", b"")[1]))["shopify"]
    assert counts == {
        "/admin/api/2026-10/graphql.json#shop": 3,
        "/admin/api/2026-10/graphql.json#inventorySetQuantities": 1,
    }


def test_a_stale_answer_is_of_the_world_as_it_was(site: Site) -> None:
    """The fault `stale` reads an older copy, and writes nothing into it."""
    control = Control(site.sandbox)
    control.handle("POST", "faults", b'{"shop": "shopify", "kind": "stale"}')
    site.shop.place(site.now, [(*MUG, 2)])
    read = {"ids": [item_gid(MUG)], "loc": gid("Location", HERE)}
    shown = [site.data("refetch", **read)["nodes"][0]["inventoryLevel"]["quantities"][0]["quantity"] for _ in range(2)]
    assert shown == [6, 4]


def test_the_shop_and_the_app_tell_who_they_are(site: Site) -> None:
    """Name, domain, zone, and the app's scopes, in GraphQL as beside it."""
    data = site.data(
        "{ shop { id name myshopifyDomain ianaTimezone } currentAppInstallation { accessScopes { handle } } }"
    )
    assert data["shop"]["myshopifyDomain"] == "shopify.myshopify.com"
    assert data["shop"]["ianaTimezone"] == "Asia/Ho_Chi_Minh"
    handles = [one["handle"] for one in data["currentAppInstallation"]["accessScopes"]]
    answer = site.call("GET", "/admin/oauth/access_scopes.json", x_shopify_access_token=KEYS["access_token"])
    assert [one["handle"] for one in answer.body["access_scopes"]] == handles  # type: ignore[index]
    assert "write_inventory" in handles


def test_an_hour_of_a_clock_set_back_takes_no_points(site: Site) -> None:
    """Time that goes backwards restores nothing and takes nothing away."""
    site.ask("{ shop { id } }")
    site.clock.set(NOON - timedelta(hours=1))
    assert site.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 1998
