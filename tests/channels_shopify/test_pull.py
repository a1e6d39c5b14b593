"""Reading a shop: what counts as sellable, states, locations, orders, and lists that prove their end."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.shopify.listings import NOT_TRACKED, listing_of, variant_of
from stockrecon.channels.shopify.locations import Counted
from stockrecon.core.model import ListingState
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer
from stockrecon.rest import Request as Sent
from tests.channels_shopify.fakes import FakeShopify, Rows, channel, pull, request, rows_of
from tests.channels_shopify.nodes import (
    MAIN,
    SHOP,
    STORE,
    gid,
    key,
    location,
    problem,
    said,
    variant,
)


def listed(shopify: FakeShopify, folder: Path, **options: Any) -> Rows:
    return rows_of(pull(shopify, folder, **options), "listings")


# Numbers and states


def test_a_variant_is_a_listing_with_what_is_available(tmp_path: Path) -> None:
    """Keyed by product and variant; committed units are beside it, and nothing is withheld or locked."""
    shopify = FakeShopify(variant(1, "SKU A/1", 7, levels={MAIN: {"committed": 3}}))
    pulled = pull(shopify, tmp_path)
    (row,) = rows_of(pulled, "listings")
    assert (row["item_id"], row["variation_id"], row["seller_sku"]) == ("10", "1", "SKU A/1")
    assert [row[name] for name in ("sellable", "campaign", "withheld", "committed")] == ["7", "0", "0", "3"]
    assert (row["state"], row["message"], row["sells_beyond_stock"]) == ("ok", "", "false")
    assert pulled.complete
    assert (pulled.zone, pulled.identity) == ("America/New_York", "my-shop.myshopify.com")
    assert rows_of(pulled, "campaigns") == []


@pytest.mark.parametrize(
    ("made", "state", "said_of_it"),
    [
        ({"product": {"status": "DRAFT"}}, "unlisted", "DRAFT"),
        ({"product": {"status": "ARCHIVED"}}, "unlisted", "ARCHIVED"),
        ({"product": {"status": "UNLISTED"}}, "unlisted", "UNLISTED"),
        ({"product": {"publishedAt": None}}, "unlisted", "not in the online store"),
    ],
)
def test_what_is_not_simply_on_sale_is_a_state(
    tmp_path: Path, made: dict[str, Any], state: str, said_of_it: str
) -> None:
    """The product's status, and where it is published."""
    (row,) = listed(FakeShopify(variant(1, "A", 5, **made)), tmp_path)
    assert row["state"] == state
    assert said_of_it in row["message"]
    assert row["sellable"] == "5"


@pytest.mark.parametrize(
    ("made", "state", "message"),
    [
        ({}, "error", NOT_TRACKED),
        ({"inventoryPolicy": "CONTINUE"}, "error", NOT_TRACKED),
        ({"product": {"status": "DRAFT"}}, "unlisted", f"DRAFT; {NOT_TRACKED}"),
    ],
)
@pytest.mark.parametrize("units", [5, -2, {}])
def test_what_shopify_does_not_count_has_no_number(
    tmp_path: Path, made: dict[str, Any], state: str, message: str, units: Any
) -> None:
    """SKU tracking off: whatever number stands there, it is no target's measure; on sale it is an error, for people."""
    (row,) = listed(FakeShopify(variant(1, "A", units, tracked=False, **made)), tmp_path)
    assert (row["state"], row["message"]) == (state, message)
    assert (row["sellable"], row["sells_beyond_stock"]) == ("0", "true")


def test_a_status_that_is_not_known_is_a_warning() -> None:
    """Whether it is sold cannot be told."""
    node = variant(1, "A", 5, product={"status": "SUSPENDED"})
    node["inventoryItem"]["inventoryLevel"] = None
    listing = listing_of(variant_of(node), SHOP, Counted({}))
    assert not listing.state.takes_writes
    assert "'SUSPENDED' is not known" in listing.message


def test_continue_selling_is_policy_and_no_fault(tmp_path: Path) -> None:
    """The listing is marked as sold beyond its stock, below zero too, and its state is fine."""
    (row,) = listed(FakeShopify(variant(1, "A", -3, inventoryPolicy="CONTINUE")), tmp_path)
    assert row["sells_beyond_stock"] == "true"
    assert (row["sellable"], row["state"]) == ("0", "ok")
    assert "Shopify shows -3" in row["message"]


def test_a_bundle_is_computed_by_shopify(tmp_path: Path) -> None:
    """It has no stock of its own, so it is never the seller's to set; what can be sold of it is told."""
    made = variant(1, "SET", {}, requiresComponents=True, sellableOnlineQuantity=4, tracked=False)
    (row,) = listed(FakeShopify(made), tmp_path)
    assert (row["fulfilment"], row["state"], row["sellable"]) == ("computed", "ok", "4")


def test_what_is_stocked_nowhere_takes_no_write(tmp_path: Path) -> None:
    """Tracked, and without a level at a location that counts: nobody can buy it, and nothing can be set."""
    shopify = FakeShopify(variant(1, "A", {}), variant(2, "B", {STORE: 5}))
    shopify.places.append(location(2, "Store"))
    nowhere, there = listed(shopify, tmp_path)
    assert (nowhere["state"], nowhere["sellable"]) == ("warning", "0")
    assert "not stocked at any location that fulfils online orders" in nowhere["message"]
    assert there["state"] == "ok"
    _, elsewhere = listed(shopify, tmp_path / "one", location_id="1")
    assert elsewhere["state"] == "warning"
    assert "not stocked at Main" in elsewhere["message"]


def test_what_is_set_aside_is_told_and_not_counted(tmp_path: Path) -> None:
    """Reserved units and safety stock are not for sale."""
    levels = {MAIN: {"reserved": 2, "safety_stock": 4}}
    (row,) = listed(FakeShopify(variant(1, "A", 5, levels=levels)), tmp_path)
    assert row["sellable"] == "5"
    assert "2 more set aside as reserved" in row["message"]
    assert "4 more set aside as safety stock" in row["message"]


def test_two_variants_with_one_sku_are_two_listings(tmp_path: Path) -> None:
    """A SKU is not unique at Shopify: both come, and the comparison names them."""
    assert [row["seller_sku"] for row in listed(FakeShopify(variant(1, "A", 5), variant(2, "A", 6)), tmp_path)] == [
        "A",
        "A",
    ]


# Locations


def two_places(**more: Any) -> FakeShopify:
    shopify = FakeShopify(variant(1, "A", {MAIN: 5, STORE: 3}, **more))
    shopify.places.append(location(2, "Store"))
    return shopify


def test_all_locations_that_sell_online_count_together_and_each_is_named(tmp_path: Path) -> None:
    """A total alone would hide what moves from one to the other, and the report says that it is one."""
    pulled = pull(two_places(sellableOnlineQuantity=6), tmp_path)
    (row,) = rows_of(pulled, "listings")
    (warning,) = pulled.warnings
    assert warning.startswith("the stock of 2 locations is counted as one (Main (1), Store (2))")
    assert row["sellable"] == "8"
    assert "Main 5, Store 3" in row["message"]
    assert "Shopify sells 6 of it online" in row["message"]


def offline(units: int = 20) -> FakeShopify:
    """Eight at a location that sells online, more at a store that does not, and two at one that was closed."""
    shopify = FakeShopify(variant(1, "A", {MAIN: 8, STORE: units, CLOSED: 2}, sellableOnlineQuantity=8))
    shopify.places += [location(2, "Store", fulfillsOnlineOrders=False), location(3, "Attic", isActive=False)]
    return shopify


CLOSED = gid("Location", 3)


def test_what_no_online_order_is_filled_from_does_not_count(tmp_path: Path) -> None:
    """The storefront sells the rest: a store's units and a closed location's stand beside it, with why."""
    shopify = offline()
    pulled = pull(shopify, tmp_path)
    (row,) = rows_of(pulled, "listings")
    assert (row["sellable"], row["state"], pulled.complete, pulled.warnings) == ("8", "ok", True, ())
    assert row["message"] == (
        "not counted: Attic 2 (deactivated: activate it, or move them), Store 20 (fulfils no online orders)"
    )
    assert channel(shopify).reread([key(1)])[key(1)].exposed == 8
    assert shopify.calls["Locations"] == 2
    assert shopify.calls["Reread"] == 1


def test_a_closed_location_s_level_stops_nothing(tmp_path: Path) -> None:
    """With 0 units at one that no list names, or any number at one that was closed; what nobody knows is told."""
    shopify = FakeShopify(variant(1, "A", {MAIN: 8, gid("Location", 9): 0, CLOSED: 3}))
    shopify.places.append(location(3, "Attic", isActive=False))
    pulled = pull(shopify, tmp_path)
    assert (pulled.complete, rows_of(pulled, "listings")[0]["sellable"]) == (True, "8")
    shopify.stock(1)[gid("Location", 9)]["available"] = 1
    pulled = pull(shopify, tmp_path)
    assert not pulled.complete
    assert "Location/9, which is not among the shop's locations" in pulled.reason
    assert "next run" in pulled.reason


def test_one_that_sells_nothing_online_is_counted_where_it_is_named(tmp_path: Path) -> None:
    """As configured, with a remark in every run."""
    shopify = offline()
    pulled = pull(shopify, tmp_path, location_id="2")
    (row,) = rows_of(pulled, "listings")
    assert (row["sellable"], row["message"]) == ("20", "")
    assert pulled.warnings == (
        "location_id names Store (2), which fulfils no online orders: what counts there nobody buys online",
    )


def test_a_shop_without_a_location_for_online_orders_says_so(tmp_path: Path) -> None:
    """Nothing counts, nothing takes a write, and the run tells why."""
    shopify = offline()
    shopify.places[0]["fulfillsOnlineOrders"] = False
    pulled = pull(shopify, tmp_path)
    (row,) = rows_of(pulled, "listings")
    assert (row["sellable"], row["state"]) == ("0", "warning")
    assert any(warning.startswith("no active location fulfils online orders") for warning in pulled.warnings)


def test_one_location_can_be_chosen(tmp_path: Path) -> None:
    """Then it alone counts, and it alone is asked for."""
    shopify = two_places()
    (row,) = listed(shopify, tmp_path, location_id="2")
    assert (row["sellable"], row["message"]) == ("3", "")
    assert shopify.calls["SnapshotVariantsAt"] == 1
    assert shopify.calls["SnapshotVariants"] == 0


def test_a_location_that_is_not_active_is_refused(tmp_path: Path) -> None:
    """Every listing would look as if it were sold out."""
    shopify = two_places()
    shopify.places[1]["isActive"] = False
    with pytest.raises(ReadFault, match=r"location_id 2 is not among .*Main \(1\)"):
        listed(shopify, tmp_path, location_id="2")


def test_stock_at_a_location_that_is_not_listed_makes_the_snapshot_incomplete(tmp_path: Path) -> None:
    """Whether it counts is not known."""
    shopify = FakeShopify(variant(1, "A", {MAIN: 5, STORE: 3}))
    shopify.places.append(location(3, "Third"))
    pulled = pull(shopify, tmp_path)
    assert not pulled.complete
    assert "Location/2" in pulled.reason


def test_levels_beyond_those_that_were_asked_for_are_read(tmp_path: Path) -> None:
    """A location that was opened since the list of locations was read."""
    shopify = two_places()
    shopify.places.pop()
    pulled = pull(shopify, tmp_path)
    assert shopify.calls["Reread"] == 1
    assert not pulled.complete


def test_more_locations_than_a_page_holds_are_read(tmp_path: Path) -> None:
    """Page by page."""
    shopify = FakeShopify(variant(1, "A", {gid("Location", 300): 4}))
    shopify.places = [location(number, f"L{number}") for number in range(1, 301)]
    assert [row["sellable"] for row in listed(shopify, tmp_path)] == ["4"]
    assert shopify.calls["Locations"] == 2


# Pages and points


def test_a_catalogue_is_read_page_by_page(tmp_path: Path) -> None:
    """250 at a time, to the end that Shopify marks."""
    shopify = FakeShopify(*(variant(number, f"S{number}", number) for number in range(1, 602)))
    pulled = pull(shopify, tmp_path)
    assert len(rows_of(pulled, "listings")) == 601
    assert shopify.calls["SnapshotVariants"] == 3
    assert pulled.complete


def test_points_that_are_used_up_are_waited_for(tmp_path: Path) -> None:
    """Never over the rate: nothing is throttled, and the time is the points' over the rate."""
    shopify = FakeShopify(*(variant(number, "S", 1) for number in range(1, 1501)))
    shopify.bucket, shopify.maximum, shopify.rate = 200.0, 200, 50
    assert pull(shopify, tmp_path).complete
    assert shopify.calls["SnapshotVariants"] == 6
    assert 4 <= shopify.time.seconds < 15


def throttled(asked: int = 100, available: int = 40) -> Answer:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
    cost = {"requestedQueryCost": asked, "actualQueryCost": None, "throttleStatus": status}
    return said({"errors": [problem("THROTTLED", "Throttled")], "extensions": {"cost": cost}})


def test_throttled_inside_of_http_200_is_waited_for_as_shopify_says(tmp_path: Path) -> None:
    """(requested - available) / restoreRate, and asked again."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.overrides["SnapshotVariants"] = [throttled(), throttled()]
    assert pull(shopify, tmp_path).complete
    assert shopify.calls["SnapshotVariants"] == 3
    assert 1.0 <= shopify.time.seconds < 2.0


@pytest.mark.parametrize("status", [429, 503])
def test_throttled_by_status_is_waited_for_too(tmp_path: Path, status: int) -> None:
    """As long as its header says."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.overrides["Locations"] = [Answer(status, {"retry-after": "2"}, b"")]
    assert pull(shopify, tmp_path).complete
    assert 2.0 <= shopify.time.seconds < 3.0


def test_a_query_that_is_too_dear_is_asked_in_smaller_pages(tmp_path: Path) -> None:
    """Shopify may price a shape otherwise than its formula: half the page, from the same place."""
    shopify = FakeShopify(*(variant(number, "S", 1) for number in range(1, 301)))
    dear = problem("MAX_COST_EXCEEDED", "Query cost is 1200, which exceeds the limit", cost=1200, maxCost=1000)
    shopify.overrides["SnapshotVariants"] = [said({"errors": [dear]})]
    assert len(listed(shopify, tmp_path)) == 300
    sizes = [
        json.loads(each.body or b"")["variables"]["first"]
        for each in shopify.requests
        if b"query SnapshotVariants" in (each.body or b"")
    ]
    assert sizes == [250, 125, 125, 125]


def test_one_row_that_is_too_dear_is_a_fault(tmp_path: Path) -> None:
    """There is no smaller page."""
    shopify = FakeShopify(variant(1, "A", 5))
    dear = said({"errors": [problem("MAX_COST_EXCEEDED")]})
    shopify.overrides["SnapshotVariants"] = [lambda sent: dear for _ in range(20)]
    with pytest.raises(ReadFault, match="MAX_COST_EXCEEDED"):
        listed(shopify, tmp_path)
    assert shopify.calls["SnapshotVariants"] == 8


def test_a_cursor_that_does_not_go_on_is_a_fault(tmp_path: Path) -> None:
    """A list without an end is none."""
    shopify = FakeShopify(variant(1, "A", 5))
    page = {"hasNextPage": True, "endCursor": "0"}

    def stuck(sent: Sent) -> Answer:
        answer = json.loads(shopify.honest(sent).body)
        answer["data"]["productVariants"]["pageInfo"] = page
        return said(answer)

    shopify.overrides["SnapshotVariants"] = [stuck for _ in range(3)]
    with pytest.raises(ReadFault, match="cursor does not go on"):
        listed(shopify, tmp_path)
    shopify.overrides["Locations"] = [said({"data": {"locations": {"nodes": [], "pageInfo": page}}}) for _ in range(3)]
    with pytest.raises(ReadFault, match="cursor does not go on"):
        listed(shopify, tmp_path)


def test_an_empty_page_after_which_more_is_to_come_is_a_fault(tmp_path: Path) -> None:
    """Whether it is the first or a later one, once it came twice: whatever was on it would be taken for gone."""
    empty = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": "next"}}
    for name, root in (("SnapshotVariants", "productVariants"), ("Orders", "orders")):
        shopify = FakeShopify(variant(1, "A", 5))
        shopify.overrides[name] = [said({"data": {root: empty}}) for _ in range(2)]
        with pytest.raises(ReadFault, match=f"{root} says that a page follows one that is empty"):
            listed(shopify, tmp_path)
        shopify.overrides[name] = [said({"data": {root: empty}})]
        assert pull(shopify, tmp_path).complete


def test_a_page_that_says_nothing_of_its_end_is_a_fault(tmp_path: Path) -> None:
    """The end of a list is Shopify's own mark, not an empty page."""
    shopify = FakeShopify()
    shopify.overrides["SnapshotVariants"] = [said({"data": {"productVariants": {"nodes": []}}})]
    with pytest.raises(ReadFault, match="pageInfo is not an object"):
        listed(shopify, tmp_path)


def test_a_variant_that_comes_twice_makes_the_snapshot_incomplete(tmp_path: Path) -> None:
    """It is written once, and the reason names it."""
    many = [variant(number, "S", 1) for number in range(1, 251)]
    pulled = pull(FakeShopify(*many, variant(3, "S", 1)), tmp_path)
    assert not pulled.complete
    assert pulled.reason.startswith("productVariants names variant 3 twice")
    assert len(rows_of(pulled, "listings")) == 250


def counted(number: int) -> Answer:
    return said({"data": {"productVariantsCount": {"count": number, "precision": "EXACT"}}})


def test_fewer_rows_than_shopify_counts_are_read_once_more(tmp_path: Path) -> None:
    """A shop changes meanwhile; where it stays so, a page is missing, and the snapshot says so."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.overrides["VariantsCount"] = [counted(3)]
    assert pull(shopify, tmp_path / "changed").complete
    shopify.overrides["VariantsCount"] = [counted(3), counted(3)]
    pulled = pull(shopify, tmp_path / "missing")
    assert (pulled.complete, pulled.reason) == (False, "Shopify counts 3 variants, its pages held 1")
    assert shopify.calls["SnapshotVariants"] == 4
    shopify.overrides["VariantsCount"] = [counted(0)]
    assert pull(shopify, tmp_path / "behind").complete, "a count that is behind its list"


def test_a_page_that_was_announced_and_comes_empty_is_asked_for_again(tmp_path: Path) -> None:
    """It is no end: what was on it would be taken for gone."""
    shopify = FakeShopify(*(variant(number, "S", 1) for number in range(1, 302)))
    empty = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    lost = said({"data": {"productVariants": empty}})
    shopify.overrides["SnapshotVariants"] = [lambda sent: shopify.honest(sent), lost]
    assert len(listed(shopify, tmp_path)) == 301
    shopify.overrides["SnapshotVariants"] = [lambda sent: shopify.honest(sent), lost, lost] * 2
    pulled = pull(shopify, tmp_path / "again")
    assert not pulled.complete


# What is no answer


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"errors": "Not Found"}, "Not Found"),
        ({"errors": [problem("INVALID_VARIABLE", "no")]}, "INVALID_VARIABLE: no"),
        ({"errors": [{"message": "odd"}]}, "odd"),
        ({"errors": ["odd"]}, "odd"),
        ({"errors": {"base": ["odd"]}}, "an error without words"),
        ({"data": {"locations": None}, "errors": [problem("NOT_FOUND", "half")]}, "half"),
    ],
)
def test_errors_are_a_text_a_list_or_anything(tmp_path: Path, document: dict[str, Any], words: str) -> None:
    """Whatever stands there is told; a part of an answer beside it is never taken for the whole."""
    shopify = FakeShopify()
    shopify.overrides["Locations"] = [said(document)]
    with pytest.raises(ReadFault, match=words):
        pull(shopify, tmp_path)


def test_half_an_answer_with_rows_in_it_is_none(tmp_path: Path) -> None:
    """Data and errors together: the rows that came are not read."""
    shopify = FakeShopify(variant(1, "A", 5))
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    half = {"data": {"productVariants": page}, "errors": [problem("NOT_FOUND", "some are missing")]}
    shopify.overrides["SnapshotVariants"] = [said(half)]
    with pytest.raises(ReadFault, match="some are missing"):
        listed(shopify, tmp_path)


def test_a_passing_fault_is_asked_again(tmp_path: Path) -> None:
    """Shopify's own word for it, in HTTP 200."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.overrides["SnapshotVariants"] = [
        said({"errors": [problem("INTERNAL_SERVER_ERROR", "Something went wrong")]})
    ]
    assert pull(shopify, tmp_path).complete
    assert shopify.calls["SnapshotVariants"] == 2


def test_neither_data_nor_errors_is_asked_again_and_then_a_fault(tmp_path: Path) -> None:
    """An empty object proves nothing."""
    shopify = FakeShopify()
    shopify.overrides["Locations"] = [said({}) for _ in range(5)]
    with pytest.raises(ReadFault, match="neither data nor errors"):
        pull(shopify, tmp_path)


def test_a_missing_scope_is_named(tmp_path: Path) -> None:
    """With the access that Shopify says is needed."""
    shopify = FakeShopify()
    denied = problem("ACCESS_DENIED", "Access denied for orders field.", requiredAccess="`read_orders` access scope.")
    shopify.overrides["Orders"] = [said({"data": {"orders": None}, "errors": [denied]})]
    with pytest.raises(AuthFault, match=r"ACCESS_DENIED.*read_orders") as caught:
        pull(shopify, tmp_path)
    assert "scope" in caught.value.way_on


def test_a_search_that_shopify_passed_over_is_a_fault(tmp_path: Path) -> None:
    """Unknown fields fail open: all orders would come, and be taken for those that were asked for."""
    shopify = FakeShopify()
    warning = {"field": "updated_at", "message": "Invalid search field for this query.", "code": "invalid_field"}
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    answer = {"data": {"orders": page}, "extensions": {"search": [{"path": ["orders"], "warnings": [warning]}]}}
    shopify.overrides["Orders"] = [said(answer)]
    with pytest.raises(ReadFault, match="updated_at: Invalid search field"):
        pull(shopify, tmp_path)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (402, {"errors": "Unavailable Shop"}, "frozen"),
        (403, {"errors": "Forbidden"}, "Forbidden"),
        (404, {"errors": "Not Found"}, "no such shop"),
        (423, {"errors": "Locked"}, "locked"),
        (400, {"errors": {"query": "missing"}}, "HTTP 400"),
    ],
)
def test_a_status_is_told_with_a_way_on(tmp_path: Path, status: int, body: dict[str, Any], words: str) -> None:
    """What people can do about it stands beside it."""
    shopify = FakeShopify()
    shopify.overrides["Shop"] = [said(body, status)]
    shopify.overrides["Locations"] = [said(body, status)]
    with pytest.raises(ReadFault, match=words):
        pull(shopify, tmp_path)


def test_an_answer_in_another_version_is_told(tmp_path: Path) -> None:
    """A version that is not served any more is passed over in silence: the header tells."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.version = "2027-01"
    assert "Shopify answers in API version 2027-01" in pull(shopify, tmp_path).warnings[0]


# The shop itself


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"myshopifyDomain": "other.myshopify.com"}, "other.myshopify.com"),
        ({"shopAddress": {"countryCodeV2": "VN"}}, "VN"),
    ],
)
def test_another_shop_is_refused(tmp_path: Path, told: dict[str, Any], words: str) -> None:
    """By its domain, and by its country where one is configured."""
    shopify = FakeShopify()
    shopify.shop |= told
    with pytest.raises(ReadFault, match=words):
        pull(shopify, tmp_path, region="US")


def test_a_shop_that_does_not_tell_of_itself_is_read(tmp_path: Path) -> None:
    """Its name, its zone and its country are for display and comparison only."""
    shopify = FakeShopify(variant(1, "A", 5))
    for name in ("Shop", "Account"):
        shopify.overrides[name] = [said({"errors": [problem("undefinedField", "Field 'x' doesn't exist")]})]
    pulled = pull(shopify, tmp_path, region="VN")
    assert (pulled.complete, pulled.zone, pulled.identity) == (True, "UTC", "my-shop.myshopify.com")


def test_a_field_that_only_tells_more_can_be_done_without(tmp_path: Path) -> None:
    """A later version that answers in place of ours may lack it: what is missed is told, once for the whole run."""
    shopify = FakeShopify(*(variant(number, "S", 5) for number in range(1, 302)))
    missing = [
        problem("undefinedField", f"Field '{name}' doesn't exist", fieldName=name)
        for name in ("requiresComponents", "publishedAt")
    ]
    shopify.overrides["SnapshotVariants"] = [said({"errors": missing})]
    made = channel(shopify)
    pulled = made.pull(request(tmp_path))
    assert pulled.complete
    assert [warning.split(":")[0] for warning in pulled.warnings] == [
        "Shopify does not tell publishedAt",
        "Shopify does not tell requiresComponents",
    ]
    assert made.reread([key(1)])[key(1)].state is ListingState.OK
    asked = [each for each in shopify.requests if b"publishedAt" in (each.body or b"")]
    assert len(asked) == 1
    assert shopify.calls["SnapshotVariants"] == 3


def test_any_other_field_is_needed(tmp_path: Path) -> None:
    """Without it there is nothing to compare."""
    shopify = FakeShopify()
    missing = [problem("undefinedField", f"no {name}", fieldName=name) for name in ("publishedAt", "tracked")]
    shopify.overrides["SnapshotVariants"] = [said({"errors": missing})]
    with pytest.raises(ReadFault, match="no publishedAt"):
        listed(shopify, tmp_path)
    assert shopify.calls["SnapshotVariants"] == 1


def test_the_snapshot_is_of_when_reading_began_by_shopifys_clock(tmp_path: Path) -> None:
    """And a clock that is wrong is told."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.skew = timedelta(minutes=10)
    pulled = pull(shopify, tmp_path)
    assert abs(pulled.as_of - shopify.time.clock() - timedelta(minutes=10)) <= timedelta(seconds=2)
    assert any("this machine's clock is" in warning for warning in pulled.warnings)


# Again


def test_listings_are_read_again_by_their_ids(tmp_path: Path) -> None:
    """250 a call and fresh; what is gone, or is another product's, is left out."""
    shopify = FakeShopify(*(variant(number, "S", number) for number in range(1, 301)))
    made = channel(shopify)
    stranger = key(1).__class__(key(1).shop, "999", "2")
    found = made.reread([key(number) for number in range(1, 302) if number != 2] + [stranger])
    assert len(found) == 299
    assert found[key(300)].sellable == 300
    assert shopify.calls["Reread"] == 2
    assert made.reread([]) == {}
