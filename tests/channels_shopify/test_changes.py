"""What Shopify tells of what changed: three lists by update, messages' inventory items, the number of variants; and
products by id."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from stockrecon.channels.base import ChangesRequest, PullsChanges
from stockrecon.channels.shopify import ShopifyChannel
from stockrecon.channels.shopify.updates import MOST_LOCATIONS
from stockrecon.core.policy import Policy
from stockrecon.core.sources import TableFile
from stockrecon.errors import ReadFault
from tests.channels_shopify.fakes import NOW, FakeShopify, Rows, channel, pull, rows_of
from tests.channels_shopify.nodes import MAIN, STORE, gid, line, location, order, problem, said, variant

JUST_NOW = "2026-11-24T11:50:00Z"
LISTS = ("UpdatedProducts", "UpdatedItems", "UpdatedLevels", "Owners")


def asked(folder: Path, known: Rows, *named: str) -> ChangesRequest:
    folder.mkdir(exist_ok=True)
    since = NOW - timedelta(hours=1)
    keys = {(row["item_id"], row["variation_id"]): row["seller_sku"] for row in known}
    places = frozenset(("", f"inventory-item:{number}") for number in named)
    return ChangesRequest(folder, since, since - timedelta(hours=1), keys, Policy(), places)


def table(file: TableFile) -> Rows:

    with Path(file.path).open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def level_of(number: int, place: str = MAIN) -> str:
    return f"{gid('InventoryItem', number * 100)}@{place}"


def sold(shopify: FakeShopify, number: int, units: int, place: str = MAIN) -> None:
    """What an order does to a variant's level."""
    shopify.stock(number)[place]["available"] -= units
    shopify.updated[level_of(number, place)] = JUST_NOW


@pytest.fixture
def shopify() -> FakeShopify:
    """Sixty products of one variant each."""
    return FakeShopify(*(variant(number, f"S-{number}", 10) for number in range(1, 61)))


def full(shopify: FakeShopify, folder: Path, **options: Any) -> Rows:
    folder.mkdir()
    return rows_of(pull(shopify, folder, **options), "listings")


def test_it_offers_little_pulls(shopify: FakeShopify) -> None:
    """And says what it tells late, or not at all."""
    made = channel(shopify)
    assert isinstance(made, PullsChanges)
    assert "lag behind by seconds" in made.untold


def test_updates_and_orders_cost_a_few_calls(shopify: FakeShopify, tmp_path: Path) -> None:
    """Shop, locations, the number of variants, three lists, the orders: no variant is read."""
    known = full(shopify, tmp_path / "full")
    sold(shopify, 3, 1)
    shopify.updated[gid("Product", 70)] = shopify.updated[gid("InventoryItem", 800)] = JUST_NOW
    shopify.orders = [order(5, line(3, 1), updatedAt=JUST_NOW), order(4, line(9, 1), updatedAt="2026-11-24T09:00:00Z")]
    shopify.calls.clear()
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert (found.items, found.count, found.doubt) == (frozenset({"30", "70", "80"}), 60, "")
    assert [row["order_id"] for row in table(found.orders)] == ["5"]
    assert found.requests == shopify.calls.total() == 7
    assert not shopify.calls.keys() & {"SnapshotVariants", "Reread", "Products", "Account", "Owners"}


def test_orders_alone_are_one_call(shopify: FakeShopify, tmp_path: Path) -> None:
    """What is asked once more for orders asks for nothing else; an order that came meanwhile is there."""
    first = asked(tmp_path / "a", full(shopify, tmp_path / "full"))
    client = channel(shopify)
    client.changed(first)
    shopify.orders = [order(5, line(3, 1), updatedAt=JUST_NOW)]
    shopify.calls.clear()
    (tmp_path / "b").mkdir()
    found = client.changed(replace(first, spool=tmp_path / "b", orders_only=True))
    assert ([row["order_id"] for row in table(found.orders)], found.doubt) == (["5"], "")
    assert found.requests == shopify.calls.total() == 1


def test_what_a_full_pull_says_of_itself_is_the_same(tmp_path: Path) -> None:
    """Identity, terms, zone, the number of products: what a base is compared by. Which locations count, how they are
    called and what they are for changes what every row means."""
    shopify = FakeShopify(
        variant(1, "A", 5), variant(2, "B", 5, product={"id": gid("Product", 10)}), variant(3, "C", 5)
    )
    whole = pull(shopify, tmp_path)
    known = rows_of(whole, "listings")
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert (whole.items, whole.identity, whole.terms, whole.zone) == (
        found.count,
        found.identity,
        found.terms,
        found.zone,
    )
    assert found.count == 2
    for number, changed in enumerate(
        (
            [location(1, "Main"), location(2, "Store")],
            [location(1, "Attic")],
            [location(1, "Main", fulfillsOnlineOrders=False)],
        )
    ):
        shopify.places = changed
        assert channel(shopify).changed(asked(tmp_path / f"b{number}", known)).terms != found.terms


def test_products_are_read_whole(tmp_path: Path) -> None:
    """All variants, also those that are new; the rows are those of a full pull, and no search is asked for them."""
    shopify = FakeShopify(
        variant(1, "A", 5), variant(2, "B", 6, product={"id": gid("Product", 10)}), variant(3, "C", 7)
    )
    known = full(shopify, tmp_path / "full")
    shopify.variants.append(variant(4, "D", 8, product={"id": gid("Product", 10)}))
    shopify.updated[gid("Product", 10)] = JUST_NOW
    made = channel(shopify)
    assert made.changed(asked(tmp_path / "a", known)).doubt == ""
    shopify.calls.clear()
    (tmp_path / "items").mkdir()
    found = made.read_items({"10"}, tmp_path / "items")
    assert (found.items, found.doubt, found.requests) == (frozenset({"10"}), "", 1)
    assert shopify.calls == {"Products": 1}
    assert table(found.listings) == [row for row in full(shopify, tmp_path / "b") if row["item_id"] == "10"]
    assert table(found.campaigns) == []


@pytest.mark.parametrize("location_id", ["", "1"])
def test_a_product_with_more_variants_than_a_page_is_read_to_its_end(tmp_path: Path, location_id: str) -> None:
    """Its first page comes with the others; where there is more, it is read by itself."""
    own = {"product": {"id": gid("Product", 10)}}
    shopify = FakeShopify(*(variant(number, f"S-{number}", 1, **own) for number in range(1, 601)), variant(601, "Z", 1))
    known = full(shopify, tmp_path / "full", location_id=location_id)
    shopify.updated[gid("Product", 10)] = JUST_NOW
    made = channel(shopify, location_id=location_id)
    made.changed(asked(tmp_path / "a", known))
    shopify.calls.clear()
    (tmp_path / "items").mkdir()
    found = made.read_items({"10", "6010"}, tmp_path / "items")
    assert found.doubt == ""
    assert sorted(table(found.listings), key=str) == sorted(known, key=str)
    at = "At" if location_id else ""
    assert shopify.calls == {f"Products{at}": 2, f"Product{at}": 3}


def test_each_location_that_counts_is_asked_for_its_levels(tmp_path: Path) -> None:
    """A number that moved at any of them; at one alone, where one is configured."""
    shopify = FakeShopify(variant(1, "A", {MAIN: 5, STORE: 3}), variant(2, "B", {MAIN: 5, STORE: 3}))
    shopify.places.append(location(2, "Store"))
    known = full(shopify, tmp_path / "full")
    sold(shopify, 1, 1, STORE)
    shopify.calls.clear()
    assert channel(shopify).changed(asked(tmp_path / "a", known)).items == {"10"}
    assert shopify.calls["UpdatedLevels"] == 2
    assert channel(shopify, location_id="1").changed(asked(tmp_path / "b", known)).items == set()
    assert shopify.calls["UpdatedLevels"] == 3


def test_inventory_items_of_messages_become_products(shopify: FakeShopify, tmp_path: Path) -> None:
    """Those that no list shows yet are asked for by id, which reads fresh; one that is gone is nobody's."""
    known = full(shopify, tmp_path / "full")
    sold(shopify, 3, 1)
    shopify.calls.clear()
    found = channel(shopify).changed(asked(tmp_path / "a", known, "300"))
    assert (found.items, shopify.calls["Owners"]) == ({"30"}, 0)
    found = channel(shopify).changed(asked(tmp_path / "b", known, "300", "400", "99999"))
    assert (found.items, shopify.calls["Owners"]) == ({"30", "40"}, 1)


def test_a_new_product_is_one_more(shopify: FakeShopify, tmp_path: Path) -> None:
    """With its variants the number of all is right again."""
    known = full(shopify, tmp_path / "full")
    shopify.variants += [variant(90, "N-1", 4), variant(91, "N-2", 4, product={"id": gid("Product", 900)})]
    shopify.updated[gid("Product", 900)] = JUST_NOW
    made = channel(shopify)
    found = made.changed(asked(tmp_path / "a", known))
    assert (found.items, found.count, found.doubt) == ({"900"}, 61, "")
    (tmp_path / "items").mkdir()
    read = made.read_items({"900"}, tmp_path / "items")
    assert (read.items, read.doubt, len(table(read.listings))) == ({"900"}, "", 2)


def test_what_was_deleted_is_noticed_by_the_number_of_variants(shopify: FakeShopify, tmp_path: Path) -> None:
    """With nothing updated at once, else when the updated ones were read; what is gone is not among those read."""
    known = full(shopify, tmp_path / "full")
    shopify.variants.pop(4)
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert found.doubt == "Shopify counts 59 variants, 60 are known"
    sold(shopify, 3, 1)
    made = channel(shopify)
    assert made.changed(asked(tmp_path / "b", known)).doubt == ""
    (tmp_path / "items").mkdir()
    read = made.read_items({"30", "77"}, tmp_path / "items")
    assert (read.items, read.doubt) == ({"30"}, "Shopify counts 59 variants, 60 are known")


def test_a_number_that_is_not_told_proves_nothing(shopify: FakeShopify, tmp_path: Path) -> None:
    """A shop whose API refuses to count is read in full."""
    known = full(shopify, tmp_path / "full")
    shopify.overrides["VariantsCount"] = [said({"errors": [problem("undefinedField", "no such field")]})]
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert found.doubt == "Shopify does not tell how many variants there are"


def test_more_updates_than_are_worth_a_list_are_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a full pull costs less."""
    monkeypatch.setattr("stockrecon.channels.shopify.updates.MOST_PAGES", 1)
    shopify = FakeShopify(*(variant(number, "S", 1) for number in range(1, 252)))
    known = full(shopify, tmp_path / "full")
    for number in range(1, 252):
        sold(shopify, number, 1)
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert found.doubt == "more than 250 inventory levels were updated"


def test_more_locations_than_are_asked_one_by_one_are_doubt(shopify: FakeShopify, tmp_path: Path) -> None:
    """Nothing is asked of them, and nothing is known."""
    known = full(shopify, tmp_path / "full")
    shopify.places += [location(number, f"L{number}") for number in range(2, MOST_LOCATIONS + 2)]
    shopify.calls.clear()
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert found.doubt.startswith(f"there are {MOST_LOCATIONS + 1} locations")
    assert not shopify.calls.keys() & set(LISTS)


def test_a_page_of_updates_that_is_lost_is_doubt(shopify: FakeShopify, tmp_path: Path) -> None:
    """Announced, and empty twice: what was updated may be more than is told."""
    known = full(shopify, tmp_path / "full")
    shopify.updated |= {gid("Product", number * 10): JUST_NOW for number in range(1, 61)}
    more = said(
        {
            "data": {
                "products": {"nodes": [{"id": gid("Product", 10)}], "pageInfo": {"hasNextPage": True, "endCursor": "1"}}
            }
        }
    )
    empty = said({"data": {"products": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}})
    shopify.overrides["UpdatedProducts"] = [more, empty, empty]
    found = channel(shopify).changed(asked(tmp_path / "a", known))
    assert found.doubt == "products: a page that was announced came empty twice"


def test_a_search_that_is_not_understood_is_a_fault(shopify: FakeShopify, tmp_path: Path) -> None:
    """Shopify passes over a filter that it does not know: what it answers then is not what was asked for."""
    known = full(shopify, tmp_path / "full")
    ignored = [{"field": "updated_at", "message": "Invalid search field for this query.", "code": "invalid_field"}]
    nothing = {"products": {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
    shopify.overrides["UpdatedProducts"] = [
        said({"data": nothing, "extensions": {"search": [{"path": ["products"], "query": "x", "warnings": ignored}]}})
    ]
    with pytest.raises(ReadFault, match="updated_at"):
        channel(shopify).changed(asked(tmp_path / "a", known))


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["sold", "tracked", "sku", "status", "new", "another", "deleted", "silent"]),
        st.integers(1, 6),
        st.integers(-3, 9),
    ),
    max_size=6,
)


def happen(shopify: FakeShopify, kind: str, number: int, units: int) -> bool:
    """Whether Shopify tells of it, by a list or by the number of variants."""
    there = {each["id"]: each for each in shopify.variants}
    node = there.get(gid("ProductVariant", number))
    fresh = max([100, *(int(name.rsplit("/", 1)[1]) + 1 for name in there)])
    if kind in ("new", "another"):
        product = gid("Product", fresh * 10 if kind == "new" or node is None else number * 10)
        shopify.variants.append(variant(fresh, f"N-{fresh}", max(0, units), product={"id": product}))
        shopify.updated[product] = JUST_NOW
    elif node is None:
        return True
    elif kind == "deleted":
        shopify.variants.remove(node)
    elif kind in ("sold", "silent"):
        if kind == "sold":
            sold(shopify, number, units)
        else:
            shopify.stock(number)[MAIN]["available"] += 1
            return False
    elif kind == "tracked":
        node["inventoryItem"]["tracked"] = units > 0
        shopify.updated[gid("InventoryItem", number * 100)] = JUST_NOW
    elif kind == "sku":
        node["sku"] = f"X-{units}"
        shopify.updated[gid("InventoryItem", number * 100)] = JUST_NOW
    else:
        for each in shopify.variants:
            if each["product"]["id"] == node["product"]["id"]:
                each["product"]["status"] = "DRAFT"
        shopify.updated[node["product"]["id"]] = JUST_NOW
    return True


@budget(max_examples=12, deadline=None)
@given(EVENTS)
def test_what_is_kept_and_what_is_read_are_a_full_pull(events: list[tuple[str, int, int]]) -> None:
    """Whatever happened of which Shopify tells: the listings that were known, with the products that are read in their
    place, are those of a full pull, or the channel doubts it."""
    shopify = FakeShopify(*(variant(number, f"S-{number}", 5) for number in range(1, 7)))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        known = full(shopify, folder / "before")
        told = [happen(shopify, *event) for event in events]
        made: ShopifyChannel = channel(shopify)
        found = made.changed(asked(folder / "a", known))
        doubt, rows = found.doubt, known
        if found.items and not doubt:
            (folder / "items").mkdir()
            read = made.read_items(found.items, folder / "items")
            doubt = read.doubt
            rows = [row for row in known if row["item_id"] not in found.items] + table(read.listings)
        deleted = any(kind == "deleted" for kind, _, _ in events)
        assert bool(doubt) <= deleted
        if not doubt and all(told):
            assert sorted(rows, key=str) == sorted(full(shopify, folder / "after"), key=str)
