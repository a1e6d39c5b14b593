"""What WooCommerce tells of what changed: lists by the last change, proven by how many posts there are; and products by
id with all their variations."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import Changed, ChangesRequest, ItemsRead, PullsChanges
from stockrecon.channels.woocommerce import WooCommerceChannel
from stockrecon.core.policy import Policy
from stockrecon.core.sources import Pulled, TableFile
from stockrecon.rest import Answer, Request

from .fakes import NOW, FakeWoo, Row, channel, error, line, order, product, request, stamp, variation

WC = "/wc/v3"
JUST_NOW = stamp(NOW - timedelta(minutes=10))
Rows = list[dict[str, str]]


def table(file: TableFile) -> Rows:
    with Path(file.path).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


class Shop:
    """A shop, its last full pull, and a client of it that is asked what changed since."""

    def __init__(self, woo: FakeWoo, folder: Path) -> None:
        self.woo, self.folder, self.numbers = woo, folder, iter(range(1000))
        self.base = self.full()
        self.client: WooCommerceChannel = channel(woo)
        woo.calls.clear()

    def spool(self) -> Path:
        made = self.folder / f"spool-{next(self.numbers)}"
        made.mkdir(parents=True)
        return made

    def full(self) -> Pulled:
        pulled = channel(self.woo).pull(request(self.spool()))
        assert pulled.complete, pulled.reason
        return pulled

    def asked(self, *named: tuple[str, str]) -> ChangesRequest:
        since = NOW - timedelta(hours=1)
        known = {
            (row["item_id"], row["variation_id"]): row["seller_sku"] for row in table(self.base.tables["listings"])
        }
        tables = {name: Path(file.path) for name, file in self.base.tables.items()}
        return ChangesRequest(self.spool(), since, since, known, Policy(), frozenset(named), tables)

    def changed(self, *named: tuple[str, str]) -> Changed:
        return self.client.changed(self.asked(*named))

    def read(self, *items: str) -> ItemsRead:
        return self.client.read_items(items, self.spool())

    def edit(self, number: int, **fields: object) -> Row:
        row = self.woo.products.get(number) or self.woo.variations[number]
        row |= {"date_modified_gmt": JUST_NOW, **fields}
        return row

    def add(self, row: Row) -> Row:
        """A product or a variation that has just come up."""
        row["date_modified_gmt"] = JUST_NOW
        if "parent_id" in row:
            self.woo.variations[row["id"]] = row
            self.woo.products[row["parent_id"]]["variations"].append(row["id"])
        else:
            self.woo.add(row)
        return row

    def remove(self, number: int) -> None:
        self.woo.products.pop(number, None)
        row = self.woo.variations.pop(number, None)
        if row is not None:
            self.woo.products[row["parent_id"]]["variations"].remove(number)


def sold(number: int, *lines: Row, **more: object) -> Row:
    """An order that has just come in."""
    return order(number, "processing", *lines, hours=0.1, **more)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Simple products, one with variations of their own, one whose variations share, and a group of products."""
    woo = FakeWoo()
    woo.add(*(product(number, f"S-{number}", 10) for number in range(101, 111)))
    woo.add_variable(
        product(200, "V", None, manage_stock=False),
        variation(201, 200, "V-1", 5),
        variation(202, 200, "V-2", 6),
    )
    pooled = (variation(number, 300, "", 20, manage_stock="parent") for number in (301, 302))
    woo.add_variable(product(300, "P", 20), *pooled, variation(303, 300, "P-3", 3))
    woo.add(product(400, "", None, type="grouped", manage_stock=False))
    woo.orders = [
        order(900, "processing", line(101, 1), line(102, 2), hours=5),
        order(901, "processing", line(300, 1, 301), hours=5),
        order(902, "processing", line(0, 1), hours=5),
        order(903, "completed", line(103, 1), hours=24 * 30),
    ]
    return Shop(woo, tmp_path)


def test_it_offers_little_pulls(shop: Shop) -> None:
    """And says what it tells late, or not at all."""
    assert isinstance(shop.client, PullsChanges)
    assert "plug-in" in shop.client.untold


def test_an_order_that_came_and_went_into_the_bin(shop: Shop) -> None:
    """No list has it and no product was edited, but what it took is gone: the bin has one more."""
    shop.woo.orders.append(sold(910, line(104, 1)) | {"status": "trash"})
    assert shop.changed().doubt == "orders went to the bin or left it: 0 before, 1 now"


def test_changes_cost_a_few_calls(shop: Shop) -> None:
    """The site and its settings, four numbers, three lists: no product is read. An order that took units has edited
    no product: it is told itself."""
    shop.woo.orders.append(sold(910, line(104, 1)))
    shop.edit(105, stock_quantity=3)
    shop.edit(202, stock_quantity=3)
    found = shop.changed()
    assert (set(found.items), found.count, found.doubt) == ({"105", "200"}, 12, "")
    assert [(row["order_id"], row["item_id"]) for row in table(found.orders)] == [("910", "104")]
    assert shop.woo.calls == {
        "/": 1,
        f"{WC}/settings/products": 1,
        f"{WC}/products": 2,
        f"{WC}/variations": 2,
        f"{WC}/orders": 3,
    }
    assert found.requests == shop.woo.calls.total()


def test_nothing_changed_and_nothing_is_read(shop: Shop) -> None:
    """What a full pull says of the shop is what a little one says: what a base is compared by."""
    found = shop.changed()
    assert (set(found.items), found.doubt, table(found.orders)) == (set(), "", [])
    assert (shop.base.items, shop.base.identity, shop.base.terms, shop.base.zone) == (
        found.count,
        found.identity,
        found.terms,
        found.zone,
    )


def test_products_are_read_whole(shop: Shop) -> None:
    """All variations, also one that is new; the rows are those of a full pull. A hundred products a call."""
    shop.add(variation(203, 200, "V-3", 7))
    found = shop.changed()
    assert (set(found.items), found.doubt) == ({"200"}, "")
    shop.woo.calls.clear()
    read = shop.read("101", "200", "300")
    assert (set(read.items), read.doubt, read.requests) == ({"101", "200", "300"}, "", 2)
    assert shop.woo.calls == {f"{WC}/products": 1, f"{WC}/variations": 1}
    whole = table(shop.full().tables["listings"])
    assert table(read.listings) == [row for row in whole if row["item_id"] in read.items]
    assert {row["variation_id"] for row in whole if row["item_id"] == "200"} == {"201", "202", "203"}
    assert table(read.campaigns) == []


def test_many_products_are_read_by_hundreds(tmp_path: Path) -> None:
    """Products, and variations of a hundred products a call, page by page."""
    woo = FakeWoo()
    for number in range(1, 151):
        woo.add_variable(product(number, "P", None), *(variation(number * 1000 + n, number, "V", 1) for n in range(3)))
    shop = Shop(woo, tmp_path)
    shop.changed()
    woo.calls.clear()
    read = shop.read(*(str(number) for number in range(1, 151)))
    assert (len(read.items), len(table(read.listings)), read.doubt) == (150, 450, "")
    assert woo.calls == {f"{WC}/products": 2, f"{WC}/variations": 3 + 2}


NEW: list[Callable[[Shop], object]] = [
    lambda shop: shop.add(product(500, "N", 4)),
    lambda shop: (
        shop.add(product(500, "N", 4, type="variable", manage_stock=False)),
        shop.add(variation(501, 500, "N-1", 3)),
        shop.add(variation(502, 500, "N-2", 3)),
    ),
    lambda shop: (
        shop.add(product(500, "N", 4, type="variable")),
        shop.add(variation(501, 500, "", 4, manage_stock="parent")),
    ),
]


@pytest.mark.parametrize("happen", NEW)
def test_a_new_product_is_one_more(shop: Shop, happen: Callable[[Shop], object]) -> None:
    """Simple, with variations, with variations that share; the little pull after this one knows it."""
    happen(shop)
    found = shop.changed()
    assert (set(found.items), found.count, found.doubt) == ({"500"}, 13, "")
    read = shop.read("500")
    assert (set(read.items), read.doubt) == ({"500"}, "")
    assert found.noted is not None
    merged = {**shop.base.tables, "listings": shop.full().tables["listings"], "noted": found.noted}
    shop.base = replace(shop.base, tables=merged)
    again = shop.changed()
    assert (set(again.items), again.count, again.doubt) == ({"500"}, 13, "")
    assert shop.read("500").doubt == ""
    later = shop.client.changed(replace(shop.asked(), since=NOW, orders_since=NOW))
    assert (set(later.items), later.count, later.doubt) == (set(), 13, "")


def test_a_new_variation_that_shares_belongs_to_its_products_listing(shop: Shop) -> None:
    """Also the order that names it."""
    shop.add(variation(304, 300, "", 20, manage_stock="parent"))
    shop.woo.orders.append(sold(910, line(300, 1, 304), line(300, 1, 302)))
    found = shop.changed()
    assert (set(found.items), found.doubt) == ({"300"}, "")
    assert [(row["item_id"], row["variation_id"], row["quantity"]) for row in table(found.orders)] == [("300", "", "2")]
    assert shop.read("300").doubt == ""


GONE: list[tuple[Callable[[Shop], object], str, int]] = [
    (lambda shop: shop.remove(104), "products", 13),
    (lambda shop: shop.edit(104, status="trash"), "products", 13),
    (lambda shop: shop.remove(400), "products", 13),
    (lambda shop: shop.remove(201), "variations", 5),
    (lambda shop: shop.remove(301), "variations", 5),
    (lambda shop: shop.woo.orders.pop(0), "orders", 4),
    (lambda shop: shop.woo.orders.pop(2), "orders", 4),
    (lambda shop: shop.woo.orders.pop(3), "orders", 4),
]


@pytest.mark.parametrize(("happen", "what", "before"), GONE)
@pytest.mark.parametrize("more", [0, 1])
def test_what_is_gone_is_noticed_by_the_numbers(
    shop: Shop, happen: Callable[[Shop], object], what: str, before: int, more: int
) -> None:
    """Products, also those that are no listing, variations, orders; another one in its place does not hide it."""
    happen(shop)
    if more:
        shop.add(product(500, "", None, type="external"))
        shop.add(variation(203, 200, "V-3", 7))
        shop.woo.orders.append(sold(910, line(0, 1)))
    doubt = shop.changed().doubt
    assert doubt == f"WooCommerce counts {before + more - 1} {what}, {before + more} are known"


def test_a_group_of_products_is_known_and_no_listing(shop: Shop) -> None:
    """Edited, it is neither new nor read; made a product with a stock, it is a listing more."""
    shop.edit(400)
    found = shop.changed()
    assert (set(found.items), found.count, found.doubt) == (set(), 12, "")
    shop.edit(400, type="simple", manage_stock=True, stock_quantity=3)
    found = shop.changed()
    assert (set(found.items), found.count, found.doubt) == ({"400"}, 13, "")
    assert shop.read("400").items == {"400"}


def test_a_product_that_is_none_any_more_is_not_among_those_read(shop: Shop) -> None:
    """Then the shop is read in full."""
    shop.edit(104, type="grouped")
    assert shop.changed().items == {"104"}
    assert shop.read("104").items == set()


def test_the_first_variation_of_a_product_is_seen(tmp_path: Path) -> None:
    """Where nothing was for sale before, and its product was not edited with it."""
    woo = FakeWoo()
    woo.add(product(101, "A", 1))
    woo.add_variable(product(200, "V", None))
    shop = Shop(woo, tmp_path)
    shop.add(variation(201, 200, "V-1", 5))
    found = shop.changed()
    assert (set(found.items), found.count, found.doubt) == ({"200"}, 2, "")
    read = shop.read("200")
    assert (set(read.items), read.doubt) == ({"200"}, "")


def test_a_line_that_was_taken_out_of_its_order_has_its_product_read(shop: Shop) -> None:
    """Its units went back, and nothing else tells of it."""
    shop.woo.orders[0] = sold(900, line(101, 1))
    found = shop.changed()
    assert (set(found.items), found.doubt) == ({"102"}, "")
    shop.woo.orders[0] = sold(900, line(0, 3))
    assert shop.changed().doubt == "order 900 names no listing any more"


def test_an_order_that_is_older_than_what_is_kept_is_no_new_one(shop: Shop) -> None:
    """What it named before is not known: the shop is read in full."""
    shop.woo.orders[3] |= {"date_modified_gmt": JUST_NOW}
    assert shop.changed().doubt == "WooCommerce counts 4 orders, 5 are known"


def test_an_order_without_listings_stays_known(shop: Shop) -> None:
    """Changed once more, it is no new one; nor is one that came since, in the little pull after this one."""
    shop.woo.orders[2] |= {"date_modified_gmt": JUST_NOW}
    shop.woo.orders.append(sold(910, line(0, 1)))
    found = shop.changed()
    assert found.doubt == ""
    assert found.noted is not None
    shop.base = replace(shop.base, tables={**shop.base.tables, "noted": found.noted})
    assert shop.changed().doubt == ""


def test_asked_twice_of_one_base_what_was_new_stays_known(shop: Shop) -> None:
    """The second time from later on: what the first list had is counted all the same."""
    shop.add(product(500, "N", 4))
    shop.add(variation(203, 200, "V-3", 7))
    shop.woo.orders.append(sold(910, line(104, 1)))
    first = shop.asked()
    assert shop.client.changed(first).doubt == ""
    later = replace(first, spool=shop.spool(), since=NOW, orders_since=NOW, named=frozenset())
    found = shop.client.changed(later)
    assert (set(found.items), found.doubt, table(found.orders)) == (set(), "", [])
    assert shop.read("200", "500").doubt == ""


def test_orders_alone_cost_one_call(shop: Shop) -> None:
    """Asked for once more, and for nothing else; by what is known since, also of variations that are new."""
    shop.add(variation(304, 300, "", 20, manage_stock="parent"))
    first = shop.asked()
    assert shop.client.changed(first).doubt == ""
    shop.woo.calls.clear()
    shop.woo.orders.append(sold(910, line(300, 1, 304)))
    found = shop.client.changed(replace(first, spool=shop.spool(), since=NOW, orders_only=True))
    assert [(row["order_id"], row["item_id"], row["variation_id"]) for row in table(found.orders)] == [
        ("910", "300", "")
    ]
    assert (found.doubt, found.requests, shop.woo.calls) == ("", 1, {f"{WC}/orders": 1})
    assert shop.read("300").doubt == ""


def test_what_comes_on_sale_at_its_hour_is_read_every_time(tmp_path: Path) -> None:
    """Nobody edits a product then, so no list has it."""
    woo = FakeWoo()
    woo.add(product(101, "A", 1), product(102, "B", 1, status="future"))
    shop = Shop(woo, tmp_path)
    woo.products[102]["status"] = "publish"
    assert shop.changed().items == {"102"}


OTHERS: list[Callable[[Shop], object]] = [
    lambda shop: shop.edit(301, manage_stock=True, stock_quantity=4),
    lambda shop: shop.edit(303, manage_stock="parent"),
    lambda shop: (shop.edit(200, manage_stock=True), shop.woo.variations[201].update(manage_stock="parent")),
    lambda shop: (shop.edit(300, manage_stock=False), shop.woo.variations[301].update(manage_stock=False)),
    lambda shop: shop.edit(201, parent_id=300),
    lambda shop: shop.edit(200, type="simple", variations=[]),
]


@pytest.mark.parametrize("happen", OTHERS)
def test_other_variations_under_one_stock_are_doubt(shop: Shop, happen: Callable[[Shop], object]) -> None:
    """To which listing the orders belong that are not read again hangs on it."""
    happen(shop)
    found = shop.changed()
    assert found.doubt == ""
    read = shop.read(*found.items)
    assert read.doubt.startswith("the variations of product ")


def test_a_variation_that_comes_after_its_orders_is_doubt(shop: Shop) -> None:
    """Taken out of the bin, it shares a stock: orders that named it while it was gone would belong to that."""
    shop.woo.orders.append(order(904, "processing", line(300, 1, 309), hours=5))
    shop.base = shop.full()
    shop.add(variation(309, 300, "", 20, manage_stock="parent"))
    assert shop.changed().doubt == "variation 309 was ordered before it came up"


def test_a_message_about_a_variation_that_is_gone_has_its_product_read(shop: Shop) -> None:
    """It names the variation alone."""
    assert shop.changed(("202", "")).items == {"200"}
    assert shop.changed(("302", "")).items == {"300"}
    assert shop.changed(("999", ""), ("101", "")).items == set()


def test_a_key_that_does_not_see_the_settings_proves_nothing(shop: Shop) -> None:
    """With stock management switched off, every product's number means something else, and none is edited."""
    shop.woo.manager = False
    assert "the key's user may not see" in shop.changed().doubt
    shop.woo.manager = True
    shop.woo.settings["woocommerce_manage_stock"] = "no"
    assert shop.changed().terms != shop.base.terms


def test_before_10_3_products_with_variations_are_read_in_full(shop: Shop) -> None:
    """No list tells which of them changed: after the numbers nothing more is asked."""
    shop.woo.lists_all = False
    shop.base = shop.full()
    shop.woo.calls.clear()
    assert shop.changed().doubt == "before WooCommerce 10.3 nothing tells which variations changed"
    assert shop.woo.calls[f"{WC}/orders"] + shop.woo.calls[f"{WC}/products"] == 3


def test_before_10_3_simple_products_are_read_by_their_changes(tmp_path: Path) -> None:
    """As long as there are no others."""
    woo = FakeWoo()
    woo.lists_all = False
    woo.add(*(product(number, f"S-{number}", 10) for number in range(101, 111)))
    shop = Shop(woo, tmp_path)
    shop.edit(103)
    assert (set(shop.changed().items), shop.changed().doubt) == ({"103"}, "")
    assert shop.read("103").doubt == ""
    shop.edit(103, type="variable", variations=[7])
    assert shop.changed().doubt == "before WooCommerce 10.3 nothing tells which variations changed"


def test_variations_without_products_are_known(tmp_path: Path) -> None:
    """A product that has become a simple one leaves its variations behind; nothing of them is a listing."""
    woo = FakeWoo()
    woo.add(product(101, "A", 1))
    woo.variations[7] = variation(7, 101, "V", 3, stock_quantity="??")
    shop = Shop(woo, tmp_path)
    assert shop.changed().doubt == ""
    woo.variations.clear()
    assert shop.changed().doubt == "WooCommerce counts 0 variations, 1 are known"


def test_more_edits_than_are_worth_a_list_are_doubt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a full pull costs less."""
    monkeypatch.setattr("stockrecon.channels.woocommerce.changes.MOST", 2)
    for number in (101, 102, 103):
        shop.edit(number)
    assert shop.changed().doubt == "3 products were edited"


def test_a_row_that_is_not_understood_is_doubt(shop: Shop) -> None:
    """Of a product that was edited, or of an order."""
    shop.edit(104, stock_quantity="??")
    assert shop.changed().doubt == "product 104: stock_quantity is not a number"
    shop.edit(104, stock_quantity=1)
    shop.woo.orders.append(sold(910, line(101, "??")))
    assert "order 910" in shop.changed().doubt


def test_a_list_that_does_not_prove_its_end_is_doubt(shop: Shop) -> None:
    """Nothing is made of what it held."""
    for number in (104, 105):
        shop.edit(number)
    honest = shop.woo.send

    def cut(asked: Request) -> Answer:
        answer = honest(asked)
        if asked.first("modified_after") and asked.path.endswith("/products"):
            answer.headers = {**answer.headers, "x-wp-total": "3"}
        return answer

    shop.woo.send = cut  # type: ignore[method-assign, assignment]
    assert "products: WooCommerce counts 3 rows, its pages held 2" in shop.changed().doubt


def test_without_what_was_noted_nothing_is_proven(shop: Shop) -> None:
    """A base of another state of this program; a number of orders that a full pull was refused."""
    shop.base = replace(shop.base, tables={k: v for k, v in shop.base.tables.items() if k != "noted"})
    assert "what is kept of it does not tell all" in shop.changed().doubt
    honest = shop.woo.send

    def refused(asked: Request) -> Answer:
        if asked.path.endswith("/orders") and asked.first("per_page") == "1":
            return error("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 403)
        return honest(asked)

    shop.woo.send = refused  # type: ignore[method-assign, assignment]
    shop.base = shop.full()
    assert "noted" not in shop.base.tables
    assert "what is kept of it does not tell all" in shop.changed().doubt
