"""Writing to Lazada: the payload, the warehouses, and every answer that Lazada is known to give."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.lazada.outcome import row_answers
from stockrecon.channels.lazada.payload import payload
from stockrecon.channels.lazada.writing import placed
from stockrecon.core.intent import Answered
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.rest import Answer

from .fake import FakeLazada, answer, channel, failure, product, sku
from .test_sign import P2

SHOP = ShopName("lazada-vn")
PATH = "/product/stock/sellable/update"
ACCEPTED, REJECTED, NOT_SENT, UNKNOWN = Answered.ACCEPTED, Answered.REJECTED, Answered.NOT_SENT, Answered.UNKNOWN
CHANNEL = "negative sellable on channel inventory,entityId=12,id=1"


def write(item_id: int, sku_id: int, to: int, seller_sku: str | None = None) -> StockWrite:
    key = ListingKey(SHOP, str(item_id), str(sku_id))
    return StockWrite(key, to, Listing(key, f"S-{sku_id}" if seller_sku is None else seller_sku, 10, 0, 0, 0))


TWO = (write(1, 11, 3), write(1, 12, 4))
OK: dict[str, object] = {"code": "0", "data": {}, "request_id": "1"}


def answered(said: Answer | Mapping[str, object], batch: Sequence[StockWrite] = TWO) -> list[WriteAnswer]:
    """What the writes of a batch are told where Lazada answers so."""
    lazada = FakeLazada()
    lazada.hooks.append(
        lambda sent, _: (said if isinstance(said, Answer) else answer(said)) if sent.path == PATH else None
    )
    return list(channel(lazada).write(batch).values())


def overview(*detail: object, code: object = "501", message: str = "E501: Update product failed") -> dict[str, object]:
    return {"code": code, "type": "ISP", "message": message, "request_id": "1"} | (
        {"detail": [*detail]} if detail else {}
    )


# The payload


def test_the_payload_is_the_references() -> None:
    """The one whose signature the reference holds, escaped as it stands there."""
    assert payload([(write(234234234, 234, 20, "Áo & quần"), {"": 20})]) == P2


def test_the_payload_is_that_of_the_vendors_client() -> None:
    """Recorded from it, but for the XML declaration."""
    vector = json.loads((Path(__file__).parent / "vectors" / "10-sellable-quantity-update.json").read_text("utf-8"))
    recorded = dict(vector["request"]["body_form"])["payload"]
    assert payload([(write(1001, 2001, 7, "SKU-1"), {"": 7})]) == recorded.partition("?>")[2]


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_seller_sku_survives_or_is_left_out(seller_sku: str) -> None:
    """Escaped by a writer of XML; what XML cannot carry is not sent, the ids identify."""
    told = fromstring(payload([(write(1, 11, 5, seller_sku), {"": 5})]).encode("utf-8", "surrogatepass"))
    found = told.findtext("Product/Skus/Sku/SellerSku")
    assert found in (None, seller_sku)
    if seller_sku.isprintable() and seller_sku:
        assert found == seller_sku
    assert told.findtext("Product/Skus/Sku/SkuId") == "11"
    assert told.findtext("Product/Skus/Sku/SellableQuantity") == "5"


def test_a_named_warehouse_says_its_number_in_both_elements() -> None:
    """Lazada's page and a live shop differ on which of them counts; the other one is ignored."""
    told = fromstring(payload([(write(1, 11, 5), {"wh<1": 5})]))
    place = told.find("Product/Skus/Sku/MultiWarehouseInventories/MultiWarehouseInventory")
    assert {child.tag: child.text for child in place} == {
        "WarehouseCode": "wh<1",
        "SellableQuantity": "5",
        "Quantity": "5",
    }
    assert told.find("Product/Skus/Sku/SellableQuantity") is None


D, B, C = "dropshipping", "wh-b", "wh-c"


@pytest.mark.parametrize(
    ("to", "shown", "seller", "warehouse", "expected"),
    [
        (5, [(D, 9)], [D], "", {"": 5}),
        (5, [], [D], "", {"": 5}),
        (5, [("own-code", 9)], ["own-code"], "", {"": 5}),
        (5, [(D, 9)], [D], "DropShipping", {"": 5}),
        (5, [(D, 9)], [], "", {"": 5}),
        (5, [], [], "", {"": 5}),
        (5, [(B, 9)], [], "", {B: 5}),
        (99, [(B, 9)], [], "", {B: 99}),
        (5, [(D, 9)], [D, B], "WH-B", {B: 5}),
        (5, [(D, 9)], [D, B], "", {D: 5}),
        (10, [(D, 9)], [D, B], "", None),
        (5, [(D, 9), (B, 1)], [D, B, C], "", None),
        (0, [(D, 9), (B, 1)], [D, B, C], "", {D: 0, B: 0, C: 0}),
        (0, [(D, 9), (B, 1)], [], "", {D: 0, B: 0}),
        (5, [(D, 9), (B, 1)], [], B, {B: 5}),
        (5, [(D, 9)], [], B, {B: 5}),
        (5, [(D, 9)], [], D, {"": 5}),
        (5, [(D, 9)], [D], B, None),
        (5, [(D, 9)], [D, C], B, None),
    ],
)
def test_which_warehouse_is_written(
    to: int, shown: Any, seller: list[str], warehouse: str, expected: dict[str, int] | None
) -> None:
    """A seller with one must not name it; of several the named one is meant, or none where that is open."""
    assert placed(to, tuple(shown), seller, warehouse) == expected


# Row by row


@pytest.mark.parametrize(
    ("document", "first", "second"),
    [
        (OK, ACCEPTED, ACCEPTED),
        (OK | {"code": 0}, ACCEPTED, ACCEPTED),
        (OK | {"detail": []}, ACCEPTED, ACCEPTED),
        (OK | {"detail": [{"message": "ITEM_NOT_FOUND", "sku_id": 12}]}, ACCEPTED, REJECTED),
        (OK | {"detail": [{"field": "ItemId", "code": "E0501", "message": "ITEM_NOT_FOUND"}]}, UNKNOWN, UNKNOWN),
        (OK | {"detail": {"message": "x", "seller_sku": "S-11"}}, REJECTED, ACCEPTED),
        (OK | {"detail": "something"}, UNKNOWN, UNKNOWN),
        (overview({"message": CHANNEL}), UNKNOWN, REJECTED),
        (overview({"message": CHANNEL, "item_id": 1}), UNKNOWN, REJECTED),
        (overview({"message": "x", "item_id": 1}), UNKNOWN, UNKNOWN),
        (overview({"message": "x", "sku": "S-11"}, {"message": "y", "sku": "12"}), REJECTED, REJECTED),
        (overview({"message": "x", "skuId": "11"}, {"message": "who?"}), REJECTED, UNKNOWN),
        (overview({"message": "x", "sku_id": 11, "seller_sku": "S-12"}), UNKNOWN, UNKNOWN),
        (overview({"message": "x", "sku_id": 11, "seller_sku": "S-99"}), REJECTED, UNKNOWN),
        (overview(), UNKNOWN, UNKNOWN),
        (overview(code="204", message="E204: Too many SKU in one request"), REJECTED, REJECTED),
        (overview(code="E005", message="E005: Invalid Request Format"), REJECTED, REJECTED),
        (overview(code=998, message="To ensure stability of service"), REJECTED, REJECTED),
        (overview({"message": "x", "sku_id": 11}, code="998", message="disabled"), REJECTED, UNKNOWN),
        (overview(code="SELLER_NOT_PERMITTED", message=""), REJECTED, REJECTED),
        ({"code": "0", "result": {"success": False, "error_code": "NO", "error_msg": "no"}}, UNKNOWN, UNKNOWN),
    ],
)
def test_the_detail_names_the_rows(document: dict[str, object], first: Answered, second: Answered) -> None:
    """A code of 0 may hide failures, 501 is but an overview, and what a failed call does not name is unknown."""
    assert [one.answered for one in answered(document)] == [first, second]


@pytest.mark.parametrize(
    "document",
    [
        overview(),
        overview({"message": "Category is inactive", "field": "Product"}),
        overview(
            {"message": "negative sellable on inventory,entityId=9279668598,id=6639414202", "seller_sku": "QN41_PK"}
        ),
        overview(code="4170", message="During the Bday Mega campaign ... may not decrease stocks."),
        overview(code="4152", message="THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity"),
        {"code": "0", "result": {"success": "false", "error_code": "NO", "error_msg": "no"}},
    ],
)
def test_a_request_with_one_row_has_one_to_refuse(document: dict[str, object]) -> None:
    """No detail is needed to know which it was, and the words of the whole answer are kept."""
    (one,) = answered(document, TWO[:1])
    assert one.answered is REJECTED
    said = document.get("message", "no")
    assert str(said) in one.text


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("501", "negative sellable on channel inventory,entityId=11,id=5"),
        ("501", "Negative sellable on inventory stock"),
        ("501", "Negative sellable stock over sale. Negative. Reserved stock 3 and allocate stock 0"),
        ("212", "Sellable inventory cannot be negative"),
        ("501", "INV_NEGATIVE_SELLABLE"),
        ("4170", "Sellers can increase stocks, but may not decrease stocks."),
        ("501", "Sku edit was blocked by tag"),
    ],
)
def test_every_wording_of_the_lock_is_recognised(code: str, message: str) -> None:
    """Scenario 2 knows the refusal by the channel's patterns, in the detail or in the message itself."""
    patterns = channel(FakeLazada()).capabilities.lock_errors
    for document in (overview({"message": message, "sku_id": 11}), overview(code=code, message=message)):
        (one,) = answered(document, TWO[:1])
        assert one.answered is REJECTED
        assert any(re.search(pattern, one.text, re.IGNORECASE) for pattern in patterns)


ROWS = [write(number % 3, number, 5) for number in range(10, 18)]


@settings(deadline=None)
@given(
    st.sets(st.sampled_from(range(len(ROWS)))),
    st.sampled_from(["sku_id", "seller_sku", "entity", "all"]),
    st.booleans(),
)
def test_any_split_of_the_rows_is_judged_row_by_row(failed: set[int], names: str, loud: bool) -> None:
    """Whatever a detail calls its row by: it is refused; the others are done, or unknown where the call failed."""
    detail = []
    for number in sorted(failed):
        key = ROWS[number].key
        ids = {"sku_id": int(key.variation_id), "seller_sku": f"S-{key.variation_id}", "item_id": int(key.item_id)}
        entry = {"message": f"no,entityId={key.variation_id},id=77", "sku": key.variation_id}
        detail.append(
            ids | entry if names == "all" else entry if names == "entity" else {names: ids[names], "message": "no"}
        )
    document = (overview(*detail) if loud else OK | {"detail": detail}) if failed else OK
    rest = UNKNOWN if loud and failed else ACCEPTED
    expected = [REJECTED if number in failed else rest for number in range(len(ROWS))]
    assert [one.answered for one in row_answers(document, ROWS).values()] == expected


# The call as a whole


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("6", "E006: Unexpected internal error", UNKNOWN),
        ("1000", "Internal Application Error", UNKNOWN),
        ("513", "Internal call exception", UNKNOWN),
        ("ServiceTimeout", "", UNKNOWN),
        ("1002", "E1002: sentinel", UNKNOWN),
        ("4154", "Slow down", UNKNOWN),
        ("4147", "concurrent edit", UNKNOWN),
        ("HOT_KEY_BLOCK_EXCEPTION", "", UNKNOWN),
        ("ApiCallLimit", "this ban will last 1 seconds", NOT_SENT),
        ("AppApiCallLimit", "This ban will last 14229 seconds", NOT_SENT),
        ("SellerCallLimit", "", NOT_SENT),
        ("901", "Limit service request speed in server side temporarily.", NOT_SENT),
        ("IncompleteSignature", "", NOT_SENT),
        ("InsufficientPermission", "", NOT_SENT),
        ("IllegalTimestamp", "", NOT_SENT),
    ],
)
def test_what_the_whole_call_is_told_holds_for_all_rows(code: str, message: str, expected: Answered) -> None:
    """Not let in at the gateway, or failed somewhere behind it, where rows may have been written."""
    assert [one.answered for one in answered(failure(code, message))] == [expected, expected]


@pytest.mark.parametrize(
    "said",
    [
        answer(b""),
        answer(b"<html>busy</html>"),
        answer(b'{"code":"0","da'),
        answer([]),
        answer({"request_id": "1"}),
        answer({"data": {}}),
        answer(OK, 500),
        answer(OK, 302),
        answer(overview({"message": "x", "sku_id": 11}), 502),
        answer(b"<html>forbidden</html>", 403),
    ],
)
def test_what_is_no_answer_is_unknown(said: Answer) -> None:
    """Cut, empty, foreign, or with a status that speaks against it."""
    assert [one.answered for one in answered(said)] == [UNKNOWN, UNKNOWN]


def test_unknown_is_asked_for_once() -> None:
    """What may have taken effect is not sent again; what was throttled is, signed anew."""
    for code, calls in (("513", 1), ("ApiCallLimit", 5)):
        lazada = FakeLazada()
        lazada.hooks.append(lambda sent, _, code=code: failure(code) if sent.path == PATH else None)  # type: ignore[misc]
        channel(lazada).write(TWO)
        assert lazada.counts[PATH] <= calls
        stamps = [told["timestamp"] for path, told in lazada.calls if path == PATH]
        # Two tries may fall into one millisecond, five do not.
        assert len(stamps) == 1 or len(set(stamps)) > 1


def test_a_refused_token_is_renewed_for_a_write_as_well() -> None:
    """A POST carries its token in the form."""
    lazada = FakeLazada()
    lazada.hooks.append(lambda sent, _: answer(OK) if sent.path == PATH else None)
    made = channel(lazada)
    made.write(TWO)
    lazada.access = "access-token-9"
    assert {one.answered for one in made.write(TWO).values()} == {ACCEPTED}
    assert lazada.renewed == 1
    assert lazada.counts[PATH] == 1 + 2


def test_a_secret_that_lazada_echoes_is_not_kept() -> None:
    """Neither in a detail nor in the message."""
    echoed = "token access-token-1 app-secret-0123456789"
    for one in answered(overview({"message": echoed, "sku_id": 11}, message=echoed)):
        assert "token-1" not in one.text
        assert "app-secret" not in one.text


def test_where_the_warehouses_are_not_told_the_sku_has_to_do() -> None:
    """The app may not ask: the default warehouse is the only one, another code is named."""
    for code, named in (("dropshipping", False), ("wh-b", True)):
        one = sku(10)
        one["multiWarehouseInventories"][0]["warehouseCode"] = code
        lazada = FakeLazada([product(1, one)])
        lazada.hooks.append(lambda sent, _: answer(OK) if sent.path == PATH else None)
        lazada.hooks.append(
            lambda sent, _: failure("InsufficientPermission") if sent.path.endswith("warehouse/get") else None
        )
        made = channel(lazada)
        key = ListingKey(SHOP, "1", "10")
        (told,) = made.write([StockWrite(key, 5, made.reread([key])[key])]).values()
        assert told.answered is ACCEPTED
        assert ("MultiWarehouse" in lazada.calls[-1][1]["payload"]) is named


def test_where_the_shop_cannot_be_asked_nothing_is_sent() -> None:
    """A failure on the way to the write is not the write's."""
    lazada = FakeLazada()
    lazada.hooks.append(lambda sent, _: failure("SYSTEM") if sent.path == "/seller/warehouse/get" else None)
    assert {one.answered for one in channel(lazada).write(TWO).values()} == {NOT_SENT}
    assert lazada.counts[PATH] == 0


def test_names_save_calls_where_nothing_was_pulled() -> None:
    """Sixty SKUs of sixty items: two calls by name instead of sixty."""
    products = [product(number, sku(number * 10)) for number in range(1, 61)]
    lazada = FakeLazada(products)
    made = channel(lazada)
    keys = [ListingKey(SHOP, str(number), str(number * 10)) for number in range(1, 61)]
    shown = made.reread(keys, {key: f"S-{key.variation_id}" for key in keys})
    assert set(shown) == set(keys)
    assert lazada.counts == {"/products/get": 2}


def test_names_that_find_nothing_are_read_by_item() -> None:
    """A seller SKU may have been changed since it was read."""
    lazada = FakeLazada([product(1, sku(10)), product(2, sku(20)), product(3, sku(30))])
    keys = [ListingKey(SHOP, str(number), str(number * 10)) for number in (1, 2, 3)]
    shown = channel(lazada).reread(keys, {key: f"OLD-{key.item_id}" for key in keys})
    assert set(shown) == set(keys)
    assert lazada.counts == {"/products/get": 1, "/product/item/get": 3}
