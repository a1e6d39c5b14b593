"""Laws: buckets add up, and no answer whatever ends in anything but rows or a fault of ours."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.tiktok_shop.listings import Notes, ShopRules, listings_of
from stockrecon.channels.tiktok_shop.products import read_product
from stockrecon.channels.tiktok_shop.stock import read_stocks
from stockrecon.channels.tiktok_shop.warehouses import Warehouses
from stockrecon.core.model import Fulfilment
from stockrecon.errors import StockreconError
from stockrecon.rest import Answer, Request

from .fakes import SHOP, STAMP, FakeTikTok, channel, key, line, order, product, request, shown, sku, stock

NAMES = ("W1", "W2", "T1")
PLACES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 99), min_size=1)


@settings(max_examples=150, deadline=None)
@given(PLACES, st.dictionaries(st.sampled_from(["11.11", "12.12"]), st.integers(0, 150)), st.integers(0, 150),
       st.sampled_from(["", "W1", "W2"]))  # fmt: skip
def test_sellable_and_campaign_add_up_to_what_lies_where_it_counts(
    places: dict[str, int], campaigns: dict[str, int], creator: int, chosen: str
) -> None:
    """The seller's warehouses, or the one that is chosen; TikTok's own only where the seller has none."""
    one = sku(11, "A", places, campaign=campaigns, creator={"c": creator})
    stocks = {each.sku_id: each for each in read_stocks([{"product_id": "1", "skus": [stock(one)]}])}
    rules = ShopRules(SHOP, chosen, Warehouses(platform=frozenset({"T1"})))
    ((listing, _),) = listings_of(read_product(shown(product(1, one))), stocks, rules, Notes())
    own = {name: units for name, units in places.items() if name != "T1"}
    counted = {name: units for name, units in own.items() if chosen in ("", name)} if own else places
    assert listing.exposed == sum(counted.values())
    held, elsewhere = sum(campaigns.values()) + creator, sum(places.values()) - listing.exposed
    assert listing.campaign == min(listing.exposed, max(0, held - elsewhere))
    assert (listing.fulfilment is Fulfilment.PLATFORM) is (not own)


def populated() -> FakeTikTok:
    tiktok = FakeTikTok()
    tiktok.platform = [{"fbt_warehouse_id": "9", "warehouse_ids": ["8"]}]
    mirror = [{"platform": "TOKOPEDIA", "status": "ACTIVATE"}]
    tiktok.add(
        product(1, sku(11, "A", 9, campaign={"Flash": 3}, creator={"c": 1}), integrated_platform_statuses=mirror),
        product(2, sku(21, "B", 4), audit={"status": "AUDITING", "pre_approved_reasons": ["X"]}),
    )
    times = {"begin_time": STAMP, "end_time": STAMP + 9}
    tiktok.activities = [{"id": "5", "title": "Flash", "status": "ONGOING", **times}]
    part = {"product_id": "2", "sku_id": "21", "sku_count": 2}
    tiktok.orders = [order(1, "UNPAID", line(1, 11), line(9, 91, combined_listing_skus=[part]))]
    return tiktok


JUNK = st.sampled_from(
    [None, True, -1, 0, 2**70, 1.5, "", "x", "-7", "\x1b[31m", "../../..", [], {}, [None], [[]], {"a": 1}]
)


@settings(max_examples=250, deadline=None)
@given(which=st.integers(0, 12), place=st.integers(0, 10_000), junk=JUNK)
def test_a_field_that_is_anything_at_all_gives_rows_or_a_fault_of_ours(which: int, place: int, junk: object) -> None:
    """In any answer of a pull and of a reading again; what is told is free of control characters."""
    tiktok = populated()
    honest = tiktok.send
    numbers = itertools.count()

    def send(sent: Request) -> Answer:
        answer = honest(sent)
        if next(numbers) != which:
            return answer
        document = json.loads(answer.body)
        places = list(paths(document))
        *way, last = places[place % len(places)]
        node = document
        for step in way:
            node = node[step]
        node[last] = junk
        return Answer(answer.status, answer.headers, json.dumps(document).encode())

    tiktok.send = send  # type: ignore[method-assign]
    made = channel(tiktok)
    text = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            pulled = made.pull(request(Path(folder)))
            text = pulled.reason + "".join(pulled.warnings)
            made.reread([key(1, 11), key(2, 21)])
        except StockreconError as fault:
            text += str(fault)
    made.close()
    assert "\x1b" not in text


def paths(node: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in pairs:
        yield (*way, step)
        yield from paths(value, (*way, step))
