"""`--load` with `imitates: shopify`: what stands in the files comes out over GraphQL, and what cannot is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stockrecon.core.model import OrderStatus
from stockrecon.errors import ConfigFault
from stockrecon.sandbox.load import load_folder
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.shopify.settings import OPTIONS, TRAITS
from stockrecon.sandbox.truth import truth
from tests.sandbox.shopify_world import HERE, Site, gid
from tests.sandbox.test_sandbox_load import CAMPAIGNS, LISTINGS, ORDERS, folder

AS_OF = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
LISTED = (
    LISTINGS + "500,5001,A-1,Tee,7,0,2,3,ok,,seller\n500,5002,A-2,Tee L,9,0,0,0,ok,,seller\n"
    "600,6001,B,Mug,4,0,0,0,unlisted,,seller\n700,7001,F,Fan,6,0,0,1,ok,,platform\n800,8001,G,Gone,1,0,0,0,deleted,,\n"
)
ORDERED = (
    ORDERS + "1001,500,5001,2,unpaid,2026-11-11T11:50:00Z,,,,,,\n1002,500,5001,3,paid,2026-11-11T09:00:00Z,"
    "2026-11-11T09:01:00Z,,,,,\n1003,500,5001,1,cancelled,2026-11-10T09:00:00Z,,,2026-11-10T10:00:00Z,,seller,"
    "Out of stock\n"
)


def loaded(root: Path) -> Site:
    (one,) = load_folder(root)
    assert isinstance(one.shop, ShopifyShop)
    return Site(one.shop)


def test_a_folder_comes_out_in_every_bucket(tmp_path: Path) -> None:
    """Available, and committed with what unpaid orders hold; states; platform stock at a service's location."""
    folder(tmp_path, "shopify", "shopify", listings=LISTED, orders=ORDERED)
    site = loaded(tmp_path)
    rows = truth(site.shop, site.now)["listings"]
    told = [(row["seller_sku"], row["sellable"], row["withheld"], row["committed"]) for row in rows]  # type: ignore[attr-defined]
    assert told == [("A-1", 7, 2, 3), ("A-2", 9, 0, 0), ("B", 4, 0, 0), ("F", 6, 0, 1), ("G", 1, 0, 0)]
    shown = {
        node["sku"]: node for node in site.data("snapshot_variants", first=250, levels=5)["productVariants"]["nodes"]
    }
    assert list(shown) == ["A-1", "A-2", "B", "F"]
    assert shown["A-1"]["id"] == gid("ProductVariant", 5001)
    assert shown["A-1"]["product"] == {"id": gid("Product", 500), "status": "ACTIVE"}
    assert shown["B"]["product"]["status"] == "DRAFT"

    def units(sku: str) -> dict[str, int]:
        (level,) = shown[sku]["inventoryItem"]["inventoryLevels"]["nodes"]
        return {one["name"]: one["quantity"] for one in level["quantities"] if one["quantity"]}

    assert units("A-1") == {"available": 7, "committed": 5, "on_hand": 12}
    assert units("F") == {"available": 6, "committed": 1, "on_hand": 7}
    places = {place["id"]: place for place in site.data("locations")["locations"]["nodes"]}
    (level,) = shown["F"]["inventoryItem"]["inventoryLevels"]["nodes"]
    assert places[level["location"]["id"]]["isFulfillmentService"] is True
    assert places[gid("Location", HERE)]["isFulfillmentService"] is False
    orders = {one["id"]: one for one in site.data("orders", first=50, q="")["orders"]["nodes"]}
    assert list(orders) == [gid("Order", number) for number in (1003, 1002, 1001)]
    assert [(one["unpaid"], one["cancelReason"]) for one in orders.values()] == [
        (True, "INVENTORY"),
        (False, None),
        (True, None),
    ]


def test_a_loaded_shop_lives_on(tmp_path: Path) -> None:
    """What the files told is moved by what happens: paid, fulfilled, cancelled."""
    folder(tmp_path, "shopify", "shopify", listings=LISTED, orders=ORDERED)
    site = loaded(tmp_path)
    shop, key = site.shop, ("500", "5001")
    shop.pay(site.now, "1001")
    assert shop.buckets(key) == (7, 0, 0, 5)
    shop.ship(site.now, "1002")
    assert shop.buckets(key) == (7, 0, 0, 2)
    shop.cancel(site.now, "1001")
    assert shop.buckets(key) == (9, 0, 0, 0)
    assert shop.orders["1003"].status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"listings": LISTINGS + "500,,A,Tee,1,0,0,0,ok,,\n"}, "on shopify every listing has one"),
        ({"listings": LISTINGS + "500,x1,A,Tee,1,0,0,0,ok,,\n"}, "'x1' cannot be served"),
        ({"listings": LISTINGS + "5,51,A,T,1,0,0,0,ok,,\n6,51,B,T,1,0,0,0,ok,,\n"}, "belongs to item 5 already"),
        ({"listings": LISTINGS + "500,5001,A,Tee,1,4,0,0,ok,,\n"}, "shopify locks no units for campaigns"),
        (
            {
                "listings": LISTINGS + "500,5001,A,Tee,1,0,0,0,ok,,\n",
                "campaigns": CAMPAIGNS + "c,500,5001,2026-11-10T00:00Z,2026-11-13T00:00Z,1,0,running\n",
            },
            "shopify has no campaigns",
        ),
        (
            {
                "listings": LISTINGS + "500,5001,A,Tee,1,0,0,0,ok,,\n",
                "orders": ORDERS + "#1001,500,5001,2,unpaid,2026-11-11T11:50:00Z,,,,,,\n",
            },
            "shopify's order ids are whole numbers",
        ),
    ],
)
def test_what_shopify_cannot_have_is_refused(tmp_path: Path, files: dict, says: str) -> None:
    """By file, line and column."""
    folder(tmp_path, "shopify", "shopify", **files)
    with pytest.raises(ConfigFault) as caught:
        load_folder(tmp_path)
    assert any(says in fault.text for fault in caught.value.faults)


def test_the_page_names_every_option() -> None:
    """docs/sandbox.md: what can be set of a shop and of its listings."""
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
    section = page[page.index("## Shopify") : page.index("## TikTok Shop")]
    assert [name for name in (*OPTIONS, *TRAITS) if f"`{name}`" not in section] == []
