"""Laws: buckets add up, and no answer whatever ends in anything but rows or a fault of ours."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.shopee.errors import code_of
from stockrecon.channels.shopee.listings import Item, ShopRules, listings_of
from stockrecon.core.model import CampaignState, ShopName
from stockrecon.errors import StockreconError
from stockrecon.rest import Answer

from .fakes import STAMP, FakeShopee, channel, item, line, model, order, request, stock

UNITS = st.integers(0, 10_000)


@given(seller=UNITS, held=UNITS, shopee=UNITS, platform=st.booleans())
@settings(max_examples=150)
def test_sellable_and_campaign_add_up_to_the_stock_that_counts(seller, held, shopee, platform):
    base = item(1, "A", stock_info_v2=stock(seller, held, shopee), is_fulfillment_by_shopee=platform)
    (listing,) = listings_of(Item("1", base), ShopRules(ShopName("s")), [])
    assert listing.exposed == (seller + shopee if platform else seller)
    assert 0 <= listing.campaign <= held
    if not platform:
        # The floor of a write: the seller's stock may not go below the reserve less Shopee's own stock.
        assert listing.campaign == min(seller, max(0, held - shopee))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("product.error_busi", "error_busi"),
        ("order.order_list_invalid_time", "order_list_invalid_time"),
        ("error.param", "error_param"),
        ("error_auth", "error_auth"),
        ("invalid_acceess_token", "invalid_acceess_token"),
    ],
)
def test_a_modules_prefix_is_taken_off_a_code(error, code):
    assert code_of(error) == code


def populated() -> FakeShopee:
    shopee = FakeShopee()
    shopee.add(item(1, "A", 9, reserved=3))
    shopee.add_models(item(2), model(21, "B", 4))
    held = {"summary_info": {"total_reserved_stock": 3}}
    shopee.promotions = {
        1: [
            {
                "promotion_id": 5,
                "model_id": 0,
                "start_time": STAMP,
                "end_time": STAMP + 9,
                "promotion_staging": "ongoing",
                "promotion_stock_info_v2": held,
            }
        ]
    }
    shopee.orders = [order("X1", "UNPAID", line(1, 2), line(2, 1, 21))]
    return shopee


JUNK = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        2**70,
        1.5,
        "",
        "x",
        "-7",
        "\x1b[31m",
        [],
        {},
        [None],
        [[]],
        {"a": 1},
        CampaignState.ENDED.value,
    ]
)


@given(which=st.integers(0, 8), place=st.integers(0, 10_000), junk=JUNK)
@settings(max_examples=200, deadline=None)
def test_a_field_that_is_anything_at_all_gives_rows_or_a_fault_of_ours(which, place, junk):
    shopee = populated()
    honest = shopee.send
    numbers = itertools.count()

    def send(request):
        answer = honest(request)
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

    shopee.send = send
    made = channel(shopee)
    text = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            pulled = made.pull(request(Path(folder)))
            text = pulled.reason + "".join(pulled.warnings)
        except StockreconError as fault:
            text = str(fault)
    made.close()
    assert "\x1b" not in text


def paths(node, way=()):
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in pairs:
        yield (*way, step)
        yield from paths(value, (*way, step))
