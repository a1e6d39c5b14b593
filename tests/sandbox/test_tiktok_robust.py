"""Whatever a signed client says, TikTok Shop's face answers in the vendor's envelope, and control in its own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.sandbox.control import Control
from tests.sandbox.test_sandbox_robust import JSON, TEXT
from tests.sandbox.tiktok import ACTIVITIES, CANCELLATIONS, ORDERS, SEARCH, STOCK, make_tiktok, update_path

QUERIES = {
    "/product/202309/products/500": ("return_under_review_version",),
    "/order/202507/orders": ("ids",),
    "/logistics/202309/warehouses": ("shop_cipher",),
    "/promotion/202309/activities/x": (),
}
BODIES = {
    SEARCH: (
        "status",
        "seller_skus",
        "sku_ids",
        "create_time_ge",
        "update_time_le",
        "listing_platforms",
        "audit_status",
    ),
    STOCK: ("product_ids", "sku_ids"),
    ORDERS: ("order_status", "create_time_lt", "update_time_ge", "is_buyer_request_cancel", "warehouse_ids"),
    CANCELLATIONS: ("cancel_ids", "order_ids", "cancel_types", "cancel_status", "create_time_ge"),
    "/return_refund/202309/returns/search": ("return_ids", "return_status"),
    ACTIVITIES: ("status", "activity_type", "page_size", "page_token"),
    "/fbt/202408/inventory/search": ("sku_ids",),
}
PAGES = st.fixed_dictionaries({}, optional=dict.fromkeys(("page_size", "page_token", "sort_field", "sort_order"), TEXT))


def enveloped(answer: object) -> int:
    """The code of an answer of the right form."""
    body = answer.body  # type: ignore[attr-defined]
    assert set(body) == {"code", "message", "request_id", "data"}
    assert isinstance(body["code"], int)
    assert (body["data"] is None) == (body["code"] != 0)
    json.dumps(body)
    return int(body["code"])


@pytest.mark.parametrize("path", QUERIES)
def test_any_query_is_answered(path: str) -> None:
    """With a status below 500."""

    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(QUERIES[path], TEXT)))
    @settings(max_examples=40, deadline=None)
    def law(query: dict[str, str]) -> None:
        answer = make_tiktok().send("GET", path, **query)
        assert answer.status < 500
        enveloped(answer)

    law()


@pytest.mark.parametrize("path", BODIES)
def test_any_body_is_answered(path: str) -> None:
    """With a status below 500, and nothing is changed by it."""

    @given(st.one_of(JSON, st.fixed_dictionaries({}, optional=dict.fromkeys(BODIES[path], JSON))), PAGES)
    @settings(max_examples=60, deadline=None)
    def law(body: object, query: dict[str, str]) -> None:
        world = make_tiktok()
        answer = world.send("POST", path, body, **query)
        assert answer.status < 500
        enveloped(answer)
        assert not world.shop.effects

    law()


ENTRY = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"id": st.one_of(st.sampled_from(["5001", "5002", "6001"]), JSON)},
        optional={
            "inventory": st.one_of(
                JSON,
                st.lists(
                    st.fixed_dictionaries(
                        {}, optional={"warehouse_id": JSON, "quantity": st.one_of(st.integers(-2, 100_001), JSON)}
                    ),
                    max_size=2,
                ),
            )
        },
    ),
)


@given(st.one_of(JSON, st.fixed_dictionaries({"skus": st.one_of(JSON, st.lists(ENTRY, max_size=3))})))
@settings(max_examples=150, deadline=None)
def test_any_update_is_answered_and_tells_what_it_did_not_set(body: object) -> None:
    """Every SKU of a good answer stands in its faults or in the log of effects."""
    world = make_tiktok()
    answer = world.send("POST", update_path("500"), body)
    if enveloped(answer) != 0:
        assert not world.shop.effects
        return
    faults = answer.body["data"].get("errors", [])  # type: ignore[index]
    assert len(faults) + len(world.shop.effects) == len(body["skus"])  # type: ignore[call-overload, index]


@pytest.mark.parametrize("path", ["campaigns", "listings", "orders", "webhooks", "faults"])
def test_control_answers_any_body_about_the_shop(path: str) -> None:
    """With a status that it promises."""
    world = make_tiktok("ID")
    control = Control(world.sandbox)
    names = ("action", "item_id", "variation_id", "locked", "sort", "name", "status", "mirror", "mirror_only")
    names += ("sync_fault", "warehouse", "places", "state", "url", "kinds", "kind", "source", "order_id", "quantity")
    good = (
        "start",
        "place",
        "arrange",
        "500",
        "5001",
        "creator",
        "promotion",
        "FREEZE",
        "yes",
        "late",
        "tokopedia",
        "77=5",
    )
    value = st.one_of(JSON, st.sampled_from([*good, 3, ["lost", "doubled"], "http://127.0.0.1:9/x"]))

    @given(st.dictionaries(st.sampled_from(names), value))
    @settings(max_examples=80, deadline=None)
    def law(body: dict[str, object]) -> None:
        status, answer = control.handle("POST", path, json.dumps({"shop": world.shop.name, **body}).encode())
        assert status in (200, 400, 404, 409)
        assert isinstance(answer, dict)
        world.sandbox.pusher.waiting.clear()

    law()
    assert world.ask("POST", SEARCH, {}, page_size=100)["total_count"] == 2
