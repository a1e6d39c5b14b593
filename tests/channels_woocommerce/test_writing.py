"""Writing: what is sent, what is never sent, and what each answer is worth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.woocommerce.outcome import row_answers
from stockrecon.channels.woocommerce.writing import ROWS, batches
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState
from stockrecon.rest import Answer, WireFault

from .fakes import SECRET, SHOP, FakeWoo, channel, error, page_of_html, product, said, variation

ACCEPTED, REJECTED, NOT_SENT, UNKNOWN = Answered.ACCEPTED, Answered.REJECTED, Answered.NOT_SENT, Answered.UNKNOWN
BATCH = "/wc/v3/products/batch"


def write(item: object, to: int, variation_id: object = "", shown: int = 10, **more: object) -> StockWrite:
    key = ListingKey(SHOP, str(item), str(variation_id))
    return StockWrite(key, to, replace(Listing(key, "SKU", shown, 0, 0, 0), **more))  # type: ignore[arg-type]


def shop() -> FakeWoo:
    woo = FakeWoo()
    woo.add(product(10, "A", 10), product(11, "B", 10), product(16, "U", None, manage_stock=False))
    woo.add_variable(
        product(12, "V", 30),
        variation(13, 12, "V-S", 10),
        variation(14, 12, "V-M", 10),
        variation(15, 12, "V-L", 30, manage_stock="parent"),
    )
    return woo


def told(woo: FakeWoo, batch: Sequence[StockWrite]) -> list[WriteAnswer]:
    return list(channel(woo).write(batch).values())


def answered(woo: FakeWoo, batch: Sequence[StockWrite]) -> list[Answered]:
    return [answer.answered for answer in told(woo, batch)]


def writes(woo: FakeWoo) -> list[object]:
    return [json.loads(each.body or b"null") for each in woo.requests if each.method == "POST"]


# What is sent


def test_a_write_sets_an_absolute_number_and_nothing_else() -> None:
    """No difference, and nothing of how the seller manages it."""
    woo = shop()
    assert answered(woo, [write(10, 3), write(11, 0)]) == [ACCEPTED, ACCEPTED]
    assert writes(woo) == [{"update": [{"id": 10, "stock_quantity": 3}, {"id": 11, "stock_quantity": 0}]}]
    assert (woo.products[10]["stock_quantity"], woo.products[11]["stock_quantity"]) == (3, 0)


def test_variations_are_set_under_their_product() -> None:
    woo = shop()
    assert answered(woo, [write(12, 3, 13), write(12, 4, 14)]) == [ACCEPTED, ACCEPTED]
    assert woo.requests[-1].path == "/wp-json/wc/v3/products/12/variations/batch"
    assert [woo.variations[n]["stock_quantity"] for n in (13, 14)] == [3, 4]


def test_what_variations_share_is_set_once_at_their_product() -> None:
    woo = shop()
    assert answered(woo, [write(12, 25, shown=30)]) == [ACCEPTED]
    assert writes(woo) == [{"update": [{"id": 12, "stock_quantity": 25}]}]
    assert woo.products[12]["stock_quantity"] == 25


def test_with_plain_permalinks_too() -> None:
    woo = shop()
    woo.pretty = False
    assert answered(woo, [write(10, 3)]) == [ACCEPTED]
    assert woo.requests[-1].first("rest_route") == BATCH


def test_a_write_is_sent_once_and_not_later_than_it_may_be() -> None:
    woo = shop()
    answered(woo, [write(10, 3)])
    assert not woo.requests[-1].repeatable
    assert woo.requests[-1].within == 10


# What is never sent


@pytest.mark.parametrize(
    "refused",
    [
        write(10, -1),
        write(10, 3, fulfilment=Fulfilment.PLATFORM),
        write(10, 3, fulfilment=Fulfilment.COMPUTED),
        write(10, 3, campaign=5, sellable=5),
        write(16, 3, state=ListingState.ERROR, message="SKU tracking off"),
        write(10, 3, state=ListingState.REVIEWING),
        write("ten", 3),
        write(12, 3, "x13"),
        write("9" * 30, 3),
    ],
)
def test_what_must_not_be_written_is_not_sent(refused: StockWrite) -> None:
    """Whoever asks for it."""
    woo = shop()
    (answer,) = told(woo, [refused])
    assert answer.answered is REJECTED
    assert answer.text.startswith("not sent: ")
    assert woo.requests == []


def test_what_is_never_sent_does_not_hold_up_the_rest() -> None:
    woo = shop()
    assert answered(woo, [write(16, 3, state=ListingState.ERROR), write(11, 4)]) == [REJECTED, ACCEPTED]
    assert writes(woo) == [{"update": [{"id": 11, "stock_quantity": 4}]}]


def test_products_and_variations_do_not_share_a_request() -> None:
    """Whoever does not use its batches learns it at once."""
    for batch in ([write(10, 1), write(12, 1, 13)], [write(12, 1, 13), write(17, 1, 18)]):
        with pytest.raises(ValueError, match="variations of one product"):
            channel(shop()).write(batch)


# Row by row


def test_one_bad_row_does_not_hide_the_good_one() -> None:
    """WooCommerce answers 200 to both."""
    answers = told(shop(), [write(10, 3), write(99, 3)])
    assert [each.answered for each in answers] == [ACCEPTED, REJECTED]
    assert answers[1].text == "woocommerce_rest_product_invalid_id: Invalid ID."


def test_a_number_that_woocommerce_ignored_was_not_taken() -> None:
    """It answers success, and shows that it manages no stock: the seller switched it off since the reading."""
    woo = shop()
    assert answered(woo, [write(16, 3)]) == [REJECTED]
    assert answered(woo, [write(12, 3, 15)]) == [REJECTED]
    assert woo.variations[15]["stock_quantity"] == 30


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"id": 10, "manage_stock": True, "stock_quantity": 3}, ACCEPTED),
        ({"id": 10, "stock_quantity": "3"}, ACCEPTED),
        ({"id": 10, "manage_stock": True, "stock_quantity": 3.0}, ACCEPTED),
        ({"id": "10", "manage_stock": True, "stock_quantity": 3}, ACCEPTED),
        ({"id": 10, "manage_stock": True, "stock_quantity": 4}, UNKNOWN),
        ({"id": 10, "manage_stock": True, "stock_quantity": 3.5}, UNKNOWN),
        ({"id": 10, "manage_stock": True, "stock_quantity": None}, UNKNOWN),
        ({"id": 10, "manage_stock": True, "stock_quantity": "?"}, UNKNOWN),
        ({"id": 10, "manage_stock": True}, UNKNOWN),
        ({"id": 10, "manage_stock": "parent", "stock_quantity": 3}, REJECTED),
        ({"id": 10, "manage_stock": False, "stock_quantity": None}, REJECTED),
        ({"id": 10, "error": {"code": "c", "message": "m"}}, REJECTED),
        ({"id": 10, "error": {}}, REJECTED),
        ({"id": 11, "manage_stock": True, "stock_quantity": 3}, UNKNOWN),
        ({"manage_stock": True, "stock_quantity": 3}, UNKNOWN),
    ],
)
def test_a_row_is_worth_what_it_says(row: dict[str, object], expected: Answered) -> None:
    """A success with another number, or with none, proves nothing."""
    woo = shop()
    woo.overrides[BATCH] = [said({"update": [row]})]
    assert answered(woo, [write(10, 3)]) == [expected]


@pytest.mark.parametrize("document", [{}, {"update": None}, {"update": [7]}, {"update": {"id": 10}}, {"create": []}])
def test_what_no_row_speaks_of_is_unknown(document: dict[str, object]) -> None:
    woo = shop()
    woo.overrides[BATCH] = [said(document)]
    assert answered(woo, [write(10, 3)]) == [UNKNOWN]


def test_a_row_that_comes_twice_is_unknown() -> None:
    row = {"id": 10, "manage_stock": True, "stock_quantity": 3}
    woo = shop()
    woo.overrides[BATCH] = [said({"update": [row, row]})]
    assert answered(woo, [write(10, 3)]) == [UNKNOWN]


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("28-batch", [write(10, 10), write(999999, 1), write(11, 3)], [ACCEPTED, REJECTED, ACCEPTED]),
        ("29-batch-variation-id-in-products", [write(13, 5)], [REJECTED]),
        ("30-batch-variations", [write(12, 8, 13), write(12, 8, 14)], [ACCEPTED, ACCEPTED]),
    ],
)
def test_the_recorded_batches_are_these_answers(name: str, sent: list[StockWrite], expected: list[Answered]) -> None:
    """What a real WooCommerce 11.0.1 answered."""
    body = json.loads((Path(__file__).parent / "recorded" / f"{name}.json").read_text("utf-8"))["response"]["body"]
    assert [row_answers(body, sent)[each.key].answered for each in sent] == expected


@pytest.mark.parametrize(
    ("name", "sent"),
    [("25-set-stock-unmanaged", write(11, 9)), ("27-set-variation-parent-managed", write(12, 2, 15))],
)
def test_the_recorded_success_that_changed_nothing_is_none(name: str, sent: StockWrite) -> None:
    """A real WooCommerce answered 200 and kept its number."""
    body = json.loads((Path(__file__).parent / "recorded" / f"{name}.json").read_text("utf-8"))["response"]["body"]
    assert row_answers({"update": [body]}, [sent])[sent.key].answered is REJECTED


# The call as a whole


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error("woocommerce_rest_request_entity_too_large", "Unable to accept", 413), REJECTED),
        (error("rest_invalid_param", "Invalid parameter(s): update", 400), REJECTED),
        (error("woocommerce_rest_authentication_error", "no write permissions", 401), NOT_SENT),
        (error("woocommerce_rest_cannot_batch", "Sorry", 403), NOT_SENT),
        (error("internal_server_error", "critical error", 500), UNKNOWN),
        (page_of_html(200), UNKNOWN),
        (page_of_html(403), UNKNOWN),
        (page_of_html(504), UNKNOWN),
        (Answer(302, {"location": "/"}), UNKNOWN),
        (Answer(200, {}, b'{"update":[{"id":10,'), UNKNOWN),
        (said([]), UNKNOWN),
    ],
)
def test_an_answer_to_all_is_one_for_each(answer: Answer, expected: Answered) -> None:
    """What may have taken effect is never sent again."""
    woo = shop()
    woo.overrides[BATCH] = [answer]
    assert answered(woo, [write(10, 3), write(11, 4)]) == [expected, expected]
    assert woo.calls[BATCH] == 1


def test_a_throttled_write_is_made_once() -> None:
    """It was not let in: waited for, and one effect."""
    woo = shop()
    woo.overrides[BATCH] = [error("slow", "down", 429), error("slow", "down", 429)]
    assert answered(woo, [write(10, 3)]) == [ACCEPTED]
    assert woo.calls[BATCH] == 3


def test_a_write_that_is_throttled_for_ever_was_not_sent() -> None:
    """It gives up before what it was decided on is too old."""
    woo = shop()
    woo.overrides[BATCH] = [error("slow", "down", 429) for _ in range(50)]
    assert answered(woo, [write(10, 3)]) == [NOT_SENT]
    assert woo.time.seconds <= 12


def test_an_answer_behind_phps_notices_is_one() -> None:
    woo = shop()
    body = json.dumps({"update": [{"id": 10, "manage_stock": True, "stock_quantity": 3}]}).encode()
    woo.overrides[BATCH] = [Answer(200, {}, b"<b>Warning</b>: x in <b>/a.php</b> on line <b>3</b><br />\n" + body)]
    assert answered(woo, [write(10, 3)]) == [ACCEPTED]


@pytest.mark.parametrize(("sent", "expected"), [(True, UNKNOWN), (False, NOT_SENT)])
def test_a_connection_that_breaks(sent: bool, expected: Answered) -> None:
    """After sending nobody knows; before it nothing happened."""
    woo = shop()

    def broken(request: object) -> Answer:
        raise WireFault("it broke", sent=sent)

    woo.overrides[BATCH] = [broken] * 9
    assert answered(woo, [write(10, 3)]) == [expected]


def test_no_answer_holds_a_secret() -> None:
    """A shop may repeat what it was sent."""
    woo = shop()
    echo = {"code": "x", "message": f"bad secret {SECRET}"}
    woo.overrides[BATCH] = [said({"update": [{"id": 10, "error": echo}]}), error("x", f"bad {SECRET}", 400)]
    for _ in range(2):
        (answer,) = told(woo, [write(10, 3)])
        assert SECRET not in answer.text
        assert "«secret»" in answer.text


# Requests


WRITES = st.lists(
    st.builds(
        lambda item, variation_id, to: write(item, to, variation_id or "", shown=5),
        st.integers(1, 3),
        st.integers(0, 30),
        st.integers(0, 9),
    ),
    max_size=120,
)


def lowers(one: StockWrite) -> bool:
    return one.to < one.shown.exposed


def flat(made: Iterable[list[StockWrite]]) -> list[StockWrite]:
    return [one for batch in made for one in batch]


@settings(deadline=None)
@given(WRITES)
def test_every_write_is_in_one_request(some: list[StockWrite]) -> None:
    """None lost, none twice; products, or variations of one; no request too large, none that lowers and raises."""
    made = list(batches(some))
    assert sorted(map(id, flat(made))) == sorted(map(id, some))
    for batch in made:
        assert 1 <= len(batch) <= ROWS <= 100
        assert len({one.key for one in batch}) == len(batch)
        assert len({lowers(one) for one in batch}) == 1
        assert len({one.key.item_id if one.key.variation_id else "" for one in batch}) == 1


@settings(deadline=None)
@given(WRITES)
def test_what_lowers_stays_before_what_raises(some: list[StockWrite]) -> None:
    """As the plan orders them; two writes of one listing keep their order too."""
    ordered = sorted(some, key=lambda one: not lowers(one))
    made = flat(batches(ordered))
    assert [lowers(one) for one in made] == sorted((lowers(one) for one in made), reverse=True)
    for key in {one.key for one in some}:
        assert [one for one in made if one.key == key] == [one for one in ordered if one.key == key]


def test_requests_are_as_few_as_the_limits_allow() -> None:
    """Forty products: two; ten variations each of two products: two."""
    assert [len(batch) for batch in batches([write(n, 1) for n in range(1, 41)])] == [20, 20]
    mixed = [write(1 + n % 2, 1, 100 + n) for n in range(20)]
    assert [len(batch) for batch in batches(mixed)] == [10, 10]
