"""What reading promises of every shop: held to the fake one, and to a real one that the environment names.

STOCKRECON_WOO_URL, STOCKRECON_WOO_KEY and STOCKRECON_WOO_SECRET name a shop of your own; see
docs/channels/woocommerce.md. It is read and checked, and nothing in it is changed.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import PullRequest, ShopSettings, Surroundings
from stockrecon.channels.woocommerce import WooCommerceChannel
from stockrecon.core.model import Listing, ListingKey, ListingState
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.sources import Pulled

from .fakes import SHOP, FakeWoo, NoTokens, channel, line, order, product, variation

NAMES = ("STOCKRECON_WOO_URL", "STOCKRECON_WOO_KEY", "STOCKRECON_WOO_SECRET")


@dataclass
class Shop:
    """A channel, and its time."""

    channel: WooCommerceChannel
    now: datetime

    def pull(self, folder: Path) -> Pulled:
        return self.channel.pull(PullRequest(folder, self.now - timedelta(days=30), Policy()))


def fake() -> Shop:
    woo = FakeWoo()
    woo.add(product(10, "SKU-A", 10), product(11, "SKU-U", None, manage_stock=False), product(16, "N", -2))
    woo.add(product(17, "HALF", 2.5), product(18, "PRE", 0, backorders="yes"), product(19, "D", 3, status="draft"))
    woo.add_variable(
        product(12, "SKU-V", 30),
        variation(13, 12, "SKU-V-S", 4),
        variation(14, 12, "SKU-V-M", 4),
        variation(15, 12, "SKU-V-L", 30, manage_stock="parent"),
    )
    woo.orders = [
        order(16, "processing", line(10, 3, reduced_stock=2, restock_refunded_items=1), line(12, 1, 15)),
        order(18, "cancelled", line(10, 2)),
        order(20, "pending", line(10, 1)),
    ]
    return Shop(channel(woo), woo.time.clock())


def real() -> Shop:
    """The shop of the environment; the test is skipped without one."""
    missing = [name for name in NAMES if not os.environ.get(name)]
    if missing:
        pytest.skip(f"a real shop is read where the environment names one: {', '.join(missing)} not set")
    url, key, secret = (os.environ[name] for name in NAMES)
    settings = ShopSettings(
        name=SHOP,
        channel="woocommerce",
        policy=ShopPolicy(SHOP, "woocommerce", ""),
        options={"consumer_key": key, "consumer_secret": Secret(secret)},
        base_url=url,
    )
    surroundings = Surroundings(clock=lambda: datetime.now(UTC), sleep=time.sleep, tokens=NoTokens())
    return Shop(WooCommerceChannel(settings, surroundings), datetime.now(UTC))


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    made: Shop = request.param()
    with closing(made.channel):
        yield made


def rows(pulled: Pulled, table: str) -> list[dict[str, str]]:
    with open(pulled.tables[table].path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def key_of(row: dict[str, str]) -> ListingKey:
    return ListingKey(SHOP, row["item_id"], row["variation_id"])


def test_the_shop_is_read_to_its_end(shop: Shop, tmp_path: Path) -> None:
    """Both totals agree, and the snapshot is of now."""
    pulled = shop.pull(tmp_path)
    assert pulled.complete, pulled.reason
    assert abs(pulled.as_of - shop.now) < timedelta(minutes=5)
    assert pulled.requests >= 4


def test_every_listing_stands_once_and_with_a_number(shop: Shop, tmp_path: Path) -> None:
    """What variations share too: no variation that sells from its product's stock has a row of its own."""
    pulled = shop.pull(tmp_path)
    listed = rows(pulled, "listings")
    assert listed
    assert len({key_of(row) for row in listed}) == len(listed)
    for row in listed:
        assert row["item_id"].isdigit()
        assert int(row["sellable"]) >= 0
        assert (row["campaign"], row["withheld"], row["committed"]) == ("0", "0", "0")
        assert row["state"] in {state.value for state in ListingState}


def test_what_is_sold_without_a_number_has_no_target(shop: Shop, tmp_path: Path) -> None:
    """And says why, whatever else its state is."""
    for row in rows(shop.pull(tmp_path), "listings"):
        if "SKU tracking off" in row["message"] and row["state"] != "error":
            assert row["sells_beyond_stock"] == "true"
        if row["state"] == "error":
            assert "SKU tracking off" in row["message"]
            assert row["sellable"] == "0"


def test_a_reading_again_shows_the_same(shop: Shop, tmp_path: Path) -> None:
    """In the form of the pull, and without what is not there; somebody may buy meanwhile, so numbers are left out."""
    listed = rows(shop.pull(tmp_path), "listings")[:40]
    keys = [key_of(row) for row in listed]
    shown = shop.channel.reread([*keys, ListingKey(SHOP, "999999999")])
    assert set(shown) == set(keys)

    def brief(listing: Listing) -> tuple[str, str, str]:
        return listing.seller_sku, listing.state.value, listing.title

    assert [brief(shown[key]) for key in keys] == [(row["seller_sku"], row["state"], row["title"]) for row in listed]


def test_orders_have_units_and_times(shop: Shop, tmp_path: Path) -> None:
    """None is of the future, and each line names a product."""
    for row in rows(shop.pull(tmp_path), "orders"):
        assert row["item_id"].isdigit()
        assert int(row["quantity"]) >= 1
        assert datetime.fromisoformat(row["created_at"]) <= shop.now + timedelta(minutes=5)


def test_the_check_finds_a_key_that_reads(shop: Shop) -> None:
    """With the version, the settings and the right to write, as far as the key may see them."""
    found = {line.what: line for line in shop.channel.check()}
    assert found["key"].ok is True
    assert {"clock", "permalinks", "version", "stock management", "right to write"} <= found.keys()
