"""Products and variations as listings: who manages the stock, fractions, policies, states."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockrecon.channels.woocommerce.listings import (
    NO_SKU,
    UNTRACKED,
    UNTRACKED_OUT,
    Assembly,
    Item,
    assembled,
    by_parent,
    product_of,
    split,
    variation_of,
)
from stockrecon.core.model import Fulfilment, Listing, ListingState
from stockrecon.rest.decode import decode

from .fakes import SHOP, Row, product, variation


def made(products: list[Row], variations: list[Row] = []) -> Assembly:  # noqa: B006 - never changed
    """Through JSON, as rows come."""

    def rows(some: list[Row]) -> Any:
        return decode(json.dumps(some).encode())

    items, faults = split(product_of(row, str(row["id"])) for row in rows(products))
    children, more = split(variation_of(row, str(row["id"])) for row in rows(variations))
    assert not faults + more
    return assembled(items, by_parent(children), SHOP)


def one(**more: object) -> Listing:
    (listing,) = made([{**product(10, "A", 7), **more}]).listings
    return listing


def variable(*children: Row, **more: object) -> Assembly:
    parent = product(12, "V", 30, type="variable", variations=[child["id"] for child in children])
    return made([{**parent, **more}], list(children))


# The number


@pytest.mark.parametrize(
    ("told", "units"),
    [(7, 7), (0, 0), ("7", 7), ("7.0", 7), (7.0, 7), ("12.000", 12), (2.5, 2), ("0.999", 0), (-3, 0), (-0.5, 0)],
)
def test_whole_units_are_counted(told: object, units: int) -> None:
    """Numbers, texts and fractions of plug-ins; a part of a unit cannot be sold, less than nothing neither."""
    assert (one(stock_quantity=told).sellable, one(stock_quantity=told).state) == (units, ListingState.OK)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (2.5, "woo 10: WooCommerce shows a stock of 2.5; counted as 2, and only whole units are set"),
        (-3, "woo 10: WooCommerce shows a stock of -3, so more was sold than there was; counted as 0"),
        (-0.5, "woo 10: WooCommerce shows a stock of -0.5, so more was sold than there was; counted as 0"),
    ],
)
def test_what_is_not_counted_of_a_number_is_told(told: object, words: str) -> None:
    assert made([product(10, "A", told)]).warnings == [words]
    assert made([product(10, "A", 7)]).warnings == []


@given(st.decimals(-(10**17), 10**17, places=3))
def test_never_more_than_there_is(told: Decimal) -> None:
    """And never more than one unit less, nor below nothing."""
    units = one(stock_quantity=str(told)).sellable
    assert units >= 0
    assert units <= max(told, Decimal(0)) < units + 1 or told < 0


@pytest.mark.parametrize("told", ["many", "1e3", "0x1", [], {}, True, 10**18, "9" * 40, "1,5", " "])
def test_what_is_no_number_is_unknown(told: object) -> None:
    """Unknown is not 0: the row is a sentence."""
    row = product(10, "A", told)
    assert isinstance(product_of(decode(json.dumps(row).encode()), "10"), str)  # type: ignore[arg-type]


def test_a_row_that_does_not_say_who_manages_it_is_unknown() -> None:
    row = product(10, "A", 7)
    del row["manage_stock"]
    assert product_of(row, "10") == "product 10: manage_stock is missing"


# The seller's policy


@pytest.mark.parametrize(("policy", "beyond"), [("no", False), ("notify", True), ("yes", True), ("", False)])
def test_backorders_are_the_sellers_policy(policy: str, beyond: bool) -> None:
    """Sold beyond its stock on purpose: no number is its target."""
    listing = one(backorders=policy)
    assert (listing.sells_beyond_stock, listing.sellable, listing.state) == (beyond, 7, ListingState.OK)


# Without a number


@pytest.mark.parametrize("told", [{"manage_stock": False, "stock_quantity": None}, {"manage_stock": False},
                                  {"manage_stock": "no", "stock_quantity": ""}])  # fmt: skip
def test_what_is_sold_without_a_number_is_in_error(told: dict[str, object]) -> None:
    """SKU tracking off: it takes no push and has no target, whatever number stands there."""
    listing = one(**told)
    assert (listing.state, listing.message) == (ListingState.ERROR, UNTRACKED)
    assert (listing.sellable, listing.sells_beyond_stock) == (0, True)
    assert not listing.state.takes_writes


@pytest.mark.parametrize("empty", [None, ""])
def test_a_managed_stock_without_a_number_is_none(empty: object) -> None:
    listing = one(stock_quantity=empty)
    assert listing.state is ListingState.ERROR
    assert "no number is set" in listing.message


def test_what_is_out_of_stock_by_hand_shows_nothing() -> None:
    """0 is a number then, though none that a write could change."""
    listing = one(manage_stock=False, stock_quantity=None, stock_status="outofstock")
    assert (listing.state, listing.message) == (ListingState.ERROR, UNTRACKED_OUT)
    assert (listing.sellable, listing.sells_beyond_stock) == (0, False)


@pytest.mark.parametrize(("status", "state"), [("draft", ListingState.UNLISTED), ("pending", ListingState.REVIEWING)])
def test_what_is_not_sold_anyway_is_no_error(status: str, state: ListingState) -> None:
    """It has no target, so it makes no noise and takes no write."""
    listing = one(manage_stock=False, stock_quantity=None, status=status)
    assert (listing.state, listing.sells_beyond_stock) == (state, True)


@pytest.mark.parametrize("kind", ["grouped", "external"])
def test_what_is_sold_through_others_is_no_listing(kind: str) -> None:
    assert made([product(10, "A", None, type=kind, manage_stock=False)]).listings == []


def test_a_bundles_number_is_that_of_its_parts() -> None:
    """Unless it manages one of its own."""
    listing = one(type="bundle", manage_stock=False, stock_quantity=None)
    assert (listing.fulfilment, listing.sells_beyond_stock) == (Fulfilment.COMPUTED, True)
    assert (one(type="bundle").fulfilment, one(type="bundle").sellable) == (Fulfilment.SELLER, 7)


# States


@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        ("publish", ListingState.OK, ""),
        ("draft", ListingState.UNLISTED, "draft"),
        ("private", ListingState.UNLISTED, "private"),
        ("future", ListingState.UNLISTED, "future"),
        ("pending", ListingState.REVIEWING, "pending"),
        ("trash", ListingState.DELETED, "trash"),
        ("wc-retired", ListingState.WARNING, "the status 'wc-retired' is not known"),
    ],
)
def test_states_are_told_in_the_shops_words(status: str, state: ListingState, message: str) -> None:
    listing = one(status=status)
    assert (listing.state, listing.message) == (state, message)


@pytest.mark.parametrize(
    ("parent", "own", "state", "message"),
    [
        ("publish", "publish", ListingState.OK, ""),
        ("publish", "private", ListingState.UNLISTED, "private"),
        ("draft", "publish", ListingState.UNLISTED, "draft"),
        ("pending", "private", ListingState.REVIEWING, "pending; private"),
        ("draft", "draft", ListingState.UNLISTED, "draft"),
    ],
)
def test_a_variation_is_as_bad_as_the_worst_of_both(parent: str, own: str, state: ListingState, message: str) -> None:
    (listing,) = variable(variation(13, 12, "S", 4, status=own), status=parent).listings
    assert (listing.state, listing.message) == (state, message)


# What variations share


def pooled(number: int, sku: str, **more: object) -> Row:
    return variation(number, 12, sku, 30, manage_stock="parent", **more)


def test_a_shared_stock_is_one_listing() -> None:
    """Counted once, under the product's id; lines of orders that name a variation of it belong to it."""
    made_of = variable(pooled(13, "V-S"), pooled(14, "V-M"), variation(15, 12, "V-L", 4))
    assert [(each.key.item_id, each.key.variation_id, each.sellable) for each in made_of.listings] == [
        ("12", "", 30),
        ("12", "15", 4),
    ]
    assert made_of.pooled == {"13": "12", "14": "12"}


@pytest.mark.parametrize(
    ("own", "skus", "sku"),
    [
        ("V", ("V-S", "V-M"), "V"),
        ("V", ("V", "V"), "V"),
        ("", ("X", "X"), "X"),
        ("", ("X", "Y"), ""),
        ("", ("X", ""), ""),
        ("", ("", ""), ""),
    ],
)
def test_its_sku_is_the_products_or_the_one_of_all(own: str, skus: tuple[str, str], sku: str) -> None:
    """Several SKUs for one stock name nothing: the ledger's listings have to."""
    (listing,) = variable(*(pooled(13 + n, each) for n, each in enumerate(skus)), sku=own).listings
    assert listing.seller_sku == sku
    assert (NO_SKU in listing.message) is (sku == "" and any(skus))


def test_a_products_number_that_no_variation_sells_is_no_listing() -> None:
    """Each has its own: the product's is for nobody."""
    assert [each.key.variation_id for each in variable(variation(13, 12, "S", 4)).listings] == ["13"]
    assert variable().listings == []


def test_a_shared_stock_is_on_sale_while_a_variation_is() -> None:
    assert variable(pooled(13, "S", status="private"), pooled(14, "M")).listings[0].state is ListingState.OK
    assert variable(pooled(13, "S", status="private")).listings[0].state is ListingState.UNLISTED


def test_a_shared_stock_goes_by_its_products_policy_and_number() -> None:
    (beyond,) = variable(pooled(13, "S"), backorders="notify").listings
    assert beyond.sells_beyond_stock
    (untracked,) = variable(pooled(13, "S"), manage_stock=False, stock_quantity=None).listings
    assert (untracked.state, untracked.message) == (ListingState.ERROR, UNTRACKED)


def test_variations_of_a_product_that_nobody_knows_are_left_out() -> None:
    """Orphans of a deleted product: nobody can buy them."""
    assert made([product(10, "A", 7)], [variation(13, 99, "S", 4)]).listings[1:] == []


# SKUs of variations


def test_a_variation_without_a_sku_does_not_take_its_products_for_its_own() -> None:
    """WooCommerce shows the product's in its place: of several, none is named by it."""
    several = variable(variation(13, 12, "V", 4), variation(14, 12, "V-M", 4)).listings
    assert [each.seller_sku for each in several] == ["", "V-M"]
    (only,) = variable(variation(13, 12, "V", 4)).listings
    assert only.seller_sku == "V"


@pytest.mark.parametrize("sku", ["00123", "A/1&x=ü,B", " A ", "ＡＢ", "a"])
def test_a_sku_is_text_to_the_letter(sku: str) -> None:
    assert one(sku=sku).seller_sku == sku


def test_titles_name_product_and_variation() -> None:
    assert variable(variation(13, 12, "S", 4)).listings[0].title == "Product 12 (Size 13)"
    assert variable(variation(13, 12, "S", 4, name="")).listings[0].title == "Product 12"
    assert variable(variation(13, 12, "S", 4, name="Product 12 - S")).listings[0].title == "Product 12 - S"


def test_an_item_knows_whether_it_varies() -> None:
    """By its type, also of a plug-in, or by what it has."""
    for row, varies in (
        (product(1, type="variable-subscription", variations=[]), True),
        (product(1, type="strange", variations=[2]), True),
        (product(1, variations=[]), False),
        ({**product(1), "variations": None}, False),
    ):
        item = product_of(row, "1")
        assert isinstance(item, Item)
        assert item.varies is varies


def test_the_recorded_rows_are_these_listings() -> None:
    """What a real WooCommerce 11.0.1 answered: a simple, an unmanaged and a variable product."""
    folder = Path(__file__).parent / "recorded"
    products = json.loads((folder / "14-list-fields.json").read_text("utf-8"))["response"]["body"]
    variations = json.loads((folder / "16-all-variations.json").read_text("utf-8"))["response"]["body"]
    shown = {(each.key.item_id, each.key.variation_id): each for each in made(products, variations).listings}
    assert {key: (each.seller_sku, each.sellable, each.state.value) for key, each in shown.items()} == {
        ("10", ""): ("SKU-A", 10, "ok"),
        ("11", ""): ("SKU-U", 0, "error"),
        ("12", ""): ("SKU-V", 30, "ok"),
        ("12", "13"): ("SKU-V-S", 4, "ok"),
        ("12", "14"): ("SKU-V-M", 4, "ok"),
    }
