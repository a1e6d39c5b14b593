"""Whatever a signed client says, the faces answer in the vendor's shape; nothing from outside breaks them."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.sandbox.control import Control
from stockrecon.sandbox.lazada.payload import PayloadFault, parse
from tests.sandbox.world import make_world

TEXT = st.one_of(
    st.sampled_from(["", "0", "-1", "1001", "5001", "[1]", "[", "1e3", "9" * 30, "null", "NORMAL", "all", "A,B"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=8,
)
SHOPEE = {
    "/api/v2/product/get_item_list": ("offset", "page_size", "item_status", "update_time_from", "update_time_to"),
    "/api/v2/product/get_item_base_info": ("item_id_list",),
    "/api/v2/product/get_model_list": ("item_id",),
    "/api/v2/product/get_item_promotion": ("item_id_list",),
    "/api/v2/product/search_item": ("offset", "page_size", "item_sku", "item_name"),
    "/api/v2/order/get_order_list": ("time_range_field", "time_from", "time_to", "page_size", "cursor", "order_status"),
    "/api/v2/order/get_order_detail": ("order_sn_list", "response_optional_fields"),
}
LAZADA = {
    "/products/get": ("filter", "limit", "offset", "sku_seller_list", "create_after", "update_before"),
    "/product/item/get": ("item_id",),
    "/orders/get": ("created_after", "update_before", "status", "limit", "offset", "sort_by", "sort_direction"),
    "/order/items/get": ("order_id",),
    "/orders/items/get": ("order_ids",),
    "/auth/token/refresh": ("refresh_token",),
    "/auth/token/create": ("code",),
}


@pytest.mark.parametrize("path", SHOPEE)
def test_shopee_answers_any_query(path: str) -> None:
    """HTTP 200 with an `error`, a string, whatever the parameters."""

    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(SHOPEE[path], TEXT)))
    @settings(max_examples=60, deadline=None)
    def law(query: dict[str, str]) -> None:
        answer = make_world().ask_shopee("GET", path, **query)
        assert answer.status == 200
        assert isinstance(answer.body["error"], str)
        json.dumps(answer.body)

    law()


@pytest.mark.parametrize("path", LAZADA)
def test_lazada_answers_any_query(path: str) -> None:
    """HTTP 200 with a `code`, a string, whatever the parameters."""

    @given(st.fixed_dictionaries({}, optional=dict.fromkeys(LAZADA[path], TEXT)))
    @settings(max_examples=60, deadline=None)
    def law(query: dict[str, str]) -> None:
        answer = make_world().ask_lazada("GET", path, **query)
        assert isinstance(answer["code"], str)
        json.dumps(answer)

    law()


STOCK_BODY = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"item_id": st.one_of(st.sampled_from([1001, 1002]), JSON)},
        optional={
            "stock_list": st.one_of(
                JSON, st.lists(st.fixed_dictionaries({}, optional={"model_id": JSON, "seller_stock": JSON}), max_size=3)
            )
        },
    ),
)


@given(STOCK_BODY)
@settings(max_examples=200, deadline=None)
def test_shopee_answers_any_stock_body(body: object) -> None:
    """And sets nothing unless it says so in the success list."""
    world = make_world()
    answer = world.ask_shopee("POST", "/api/v2/product/update_stock", body)
    assert answer.status == 200
    response = answer.body.get("response")
    told = len(response["success_list"]) if isinstance(response, dict) else 0
    assert told == len(world.shopee.effects)


@given(st.one_of(st.text(max_size=40), JSON.map(json.dumps), JSON.map(lambda body: json.dumps({"Request": body}))))
@settings(max_examples=200, deadline=None)
def test_any_payload_is_read_or_refused(text: str) -> None:
    """A PayloadFault is the only way out."""
    with contextlib.suppress(PayloadFault):
        parse(text, "SellableQuantity")


@pytest.mark.parametrize("path", ["clock", "orders", "campaigns", "listings", "faults", "limits", "codes"])
def test_control_answers_any_body(path: str) -> None:
    """With a status it promises and a JSON object."""
    world = make_world()
    control = Control(world.sandbox)
    names = (
        "shop",
        "action",
        "item_id",
        "variation_id",
        "quantity",
        "lines",
        "kind",
        "times",
        "advance",
        "now",
        "locked",
    )
    value = st.one_of(
        JSON, st.sampled_from(["shopee-vn", "place", "start", "1001", "stale", "31m", "2026-11-12T00:00Z", 3])
    )

    @given(st.dictionaries(st.sampled_from(names), value))
    @settings(max_examples=100, deadline=None)
    def law(body: dict[str, object]) -> None:
        status, answer = control.handle("POST", path, json.dumps(body).encode())
        assert status in (200, 400, 404, 409)
        assert isinstance(answer, dict)

    law()
