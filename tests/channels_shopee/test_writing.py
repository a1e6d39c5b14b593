"""Writing to Shopee: the request as a public SDK sends it, and every answer that Shopee is known to give."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import ShopSettings, StockWrite, Surroundings, WriteAnswer
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.channels.shopee.outcome import row_answers
from stockrecon.core.intent import Answered
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.rest import Answer, Request

from .fakes import SHOP, FakeShopee, Store, channel, item, model, said, stock, wrapped

RECORDED = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
ACCEPTED, REJECTED, NOT_SENT, UNKNOWN = Answered.ACCEPTED, Answered.REJECTED, Answered.NOT_SENT, Answered.UNKNOWN
FLOOR = "Can not update item with stock less than reserved stock"


def write(item_id: int, model_id: int, to: int, shown: int = 10) -> StockWrite:
    key = ListingKey(SHOP, str(item_id), str(model_id or ""))
    return StockWrite(key, to, Listing(key, "SKU", shown, 0, 0, 0))


TWO = (write(1, 11, 3), write(1, 12, 4))


def answered(
    answer: Answer | dict[str, object], batch: Sequence[StockWrite] = TWO, times: int = 1
) -> list[WriteAnswer]:
    """What the writes of a batch are told where Shopee answers so."""
    shopee = FakeShopee()
    made = answer if isinstance(answer, Answer) else said(answer)
    shopee.overrides["update_stock"] = [Answer(made.status, dict(made.headers), made.body) for _ in range(times)]
    return list(channel(shopee).write(batch).values())


class Recorder:
    """A Shopee that keeps what it is sent; its shop keeps stock at one place, or at those of `shown`."""

    def __init__(self, shown: dict[str, object] | None = None) -> None:
        self.sent: list[Request] = []
        self.shown = shown

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        tail = request.path.rsplit("/", 1)[-1]
        if tail == "get_warehouse_detail" and self.shown is None:
            return said({"error": "warehouse.error_not_in_whitelist"})
        if tail == "get_warehouse_detail":
            return wrapped([{"location_id": "SGZ"}])
        if tail == "get_item_base_info":
            return wrapped({"item_list": [{**item(1002, "X"), "has_model": True}]})
        if tail == "get_model_list":
            return wrapped({"model": [{**model(each, "X", 9), "stock_info_v2": self.shown} for each in (2001, 2002)]})
        return said({"response": {}})

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("label", "batch", "shown"),
    [
        ("update-stock", [write(1001, 0, 7)], None),
        (
            "update-stock-models-locations",
            [write(1002, 2001, 3), write(1002, 2002, 0)],
            stock(9, places={"SGZ": 9}),
        ),
    ],
)
def test_the_request_is_that_of_a_public_client(
    label: str, batch: list[StockWrite], shown: dict[str, object] | None
) -> None:
    """Byte by byte: target with signature, and body, with and without locations."""
    vector = next(each for each in RECORDED["vectors"] if each["label"] == label)
    keys, recorder = RECORDED["keys"], Recorder(shown)
    secrets = {name: Secret(keys[name]) for name in ("partner_key", "access_token", "refresh_token")}
    options = {"partner_id": str(keys["partner_id"]), "shop_id": str(keys["shop_id"]), **secrets}
    settings = ShopSettings(SHOP, "shopee", ShopPolicy(SHOP, "shopee", ""), options, "http://127.0.0.1:9")
    clock = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    surroundings = Surroundings(clock=lambda: clock, sleep=lambda seconds: None, tokens=Store())
    ShopeeChannel(settings, surroundings, transport=recorder, monotonic=iter(range(900)).__next__).write(batch)
    sent = recorder.sent[-1]
    assert (sent.method, sent.target) == ("POST", vector["target"])
    assert sent.body == vector["body"].encode()
    assert not sent.repeatable


# Row by row


def rows(*done: dict[str, object], failed: Sequence[dict[str, object]] = (), **more: object) -> dict[str, object]:
    return {"response": {"success_list": list(done), "failure_list": list(failed)}, **more}


@pytest.mark.parametrize(
    ("document", "first", "second"),
    [
        (rows({"model_id": 11, "stock": 3}, {"model_id": 12, "stock": 4}), ACCEPTED, ACCEPTED),
        (rows({"model_id": "11", "stock": "3"}, {"model_id": 12}), ACCEPTED, ACCEPTED),
        (rows({"model_id": 11}, failed=[{"model_id": 12, "failed_reason": FLOOR}]), ACCEPTED, REJECTED),
        (rows({"model_id": 11}), ACCEPTED, UNKNOWN),
        (rows(), UNKNOWN, UNKNOWN),
        ({"response": {}}, UNKNOWN, UNKNOWN),
        ({"response": None}, UNKNOWN, UNKNOWN),
        ({"response": {"success_list": {"model_id": 11}, "failure_list": "none"}}, UNKNOWN, UNKNOWN),
        (rows({"model_id": 11, "stock": 5}, {"model_id": 12}), UNKNOWN, ACCEPTED),
        (rows({"model_id": 11}, failed=[{"model_id": 11, "failed_reason": "x"}]), UNKNOWN, UNKNOWN),
        (rows({"model_id": 11}, {"model_id": 99}, {"stock": 4}), ACCEPTED, UNKNOWN),
        (rows({"model_id": 11}, failed=[{"failed_reason": "status is abnormal"}]), ACCEPTED, REJECTED),
        (rows(failed=[{"failed_reason": "status is abnormal"}]), REJECTED, REJECTED),
        (rows(failed=[{"model_id": 11, "failed_reason": "x"}, {"failed_reason": "y"}]), REJECTED, REJECTED),
        (rows(failed=[{"model_id": 11, "failed_reason": "x"}], error="product.error_busi"), REJECTED, UNKNOWN),
        (rows(failed=[{"model_id": 99, "failed_reason": "x"}]), UNKNOWN, UNKNOWN),
        (rows({"model_id": 11}, error="product.error_busi", message="some failed"), ACCEPTED, UNKNOWN),
        (rows(error="product.error_busi", message="Invalid product setting."), REJECTED, REJECTED),
    ],
)
def test_both_lists_count_and_what_is_in_neither_is_unknown(
    document: dict[str, object], first: Answered, second: Answered
) -> None:
    """Success with an empty error proves nothing, and failure with one does not say which rows."""
    assert [answer.answered for answer in answered(document)] == [first, second]


def test_the_failure_is_told_in_shopees_words() -> None:
    """Code and reason, each once, though Shopee repeats its message."""
    captured = rows(
        failed=[{"model_id": 11, "failed_reason": "Invalid product setting. Please verify."}],
        error="product.error_busi",
        message="Invalid product setting. Please verify.",
    )
    (answer,) = answered(captured, TWO[:1])
    assert answer == WriteAnswer(REJECTED, "error_busi: Invalid product setting. Please verify.")


@pytest.mark.parametrize("row", [{}, {"model_id": 0}, {"model_id": 12984093}, {"stock": 7}])
def test_the_echo_of_an_item_without_models_may_name_anything(row: dict[str, object]) -> None:
    """It may leave the id out, and there is a hidden real one."""
    assert answered(rows(row), [write(1, 0, 7)]) == [WriteAnswer(ACCEPTED)]


SENT = {"11": {"A": 3, "B": 5}}


@pytest.mark.parametrize(
    ("done", "expected"),
    [
        (
            [{"model_id": 11, "location_id": "A", "stock": 3}, {"model_id": 11, "location_id": "B", "stock": 5}],
            ACCEPTED,
        ),
        ([{"model_id": 11}], ACCEPTED),
        ([{"model_id": 11, "location_id": "A", "stock": 3}], UNKNOWN),
        ([{"model_id": 11, "location_id": "A", "stock": 5}, {"model_id": 11, "location_id": "B"}], UNKNOWN),
    ],
)
def test_each_location_has_to_be_done(done: list[dict[str, object]], expected: Answered) -> None:
    """A row per location, with the number that was sent for it."""
    assert row_answers({"response": {"success_list": done}}, SENT)["11"].answered is expected


NAMES = [str(number) for number in range(1, 9)]
PLAN = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["done", "failed", "absent", "both", "twice", "odd"]), min_size=1
)


@settings(deadline=None)
@given(PLAN, st.randoms(use_true_random=False), st.booleans())
def test_any_split_of_the_rows_is_judged_row_by_row(plan: dict[str, str], random: object, alien: bool) -> None:
    """Done, failed, in neither, in both, repeated, or another number: whatever the order and strangers among them."""
    done: list[dict[str, object]] = [{"model_id": 77, "stock": 1}] * alien
    failed: list[dict[str, object]] = [{"model_id": 78, "failed_reason": "not yours"}] * alien
    for name, how in plan.items():
        row: dict[str, object] = {"model_id": int(name), "stock": 5}
        done += {"done": [row], "both": [row], "twice": [row, row], "odd": [row | {"stock": 6}]}.get(how, [])
        failed += [{"model_id": int(name), "failed_reason": f"no {name}"}] * (how in ("failed", "both"))
    random.shuffle(done)  # type: ignore[attr-defined]
    random.shuffle(failed)  # type: ignore[attr-defined]
    answers = row_answers(rows(*done, failed=failed), {name: {"": 5} for name in plan})
    meant = {"done": ACCEPTED, "twice": ACCEPTED, "failed": REJECTED}
    assert {name: answer.answered for name, answer in answers.items()} == {
        name: meant.get(how, UNKNOWN) for name, how in plan.items()
    }
    assert all(answers[name].text == f"no {name}" for name, how in plan.items() if how == "failed")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["model_id", "stock"]), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_no_shape_of_the_lists_is_taken_for_success(done: object, failed: object) -> None:
    """Whatever stands there: an answer for each row, and a listing is done only where a row of success names it."""
    answers = row_answers({"response": {"success_list": done, "failure_list": failed}}, {"11": {"": 5}, "12": {"": 6}})
    assert set(answers) == {"11", "12"}
    named = json.dumps(done)
    assert all(name in named for name, answer in answers.items() if answer.answered is ACCEPTED)


# The call as a whole


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("error_auth", "Total stock must be more than reserved stock."),
        ("error_auth", "Stock should be larger than reserved stock."),
        ("error.param", FLOOR),
        ("error_inner", FLOOR),
        ("product.error_promotion_cantnot_update_stock", "Cannot change stock when item is under promotion."),
        ("product.error_cannt_edit_stock_in_promotion", ""),
        ("error_model_update_stock_model_in_promotion", ""),
    ],
)
def test_every_wording_of_the_lock_is_refused_and_recognised(error: str, message: str) -> None:
    """The same sentence comes under several codes; scenario 2 knows each by the channel's patterns."""
    for answer in answered({"error": error, "message": message}):
        assert answer.answered is REJECTED
        patterns = channel(FakeShopee()).capabilities.lock_errors
        assert any(re.search(pattern, answer.text, re.IGNORECASE) for pattern in patterns)


@pytest.mark.parametrize(
    ("error", "message", "status", "expected"),
    [
        ("product.error_item_not_found", "Product not found", 200, REJECTED),
        ("product.error_holiday_mode_change_stock", "", 200, REJECTED),
        ("error_server", "normal stock must be equal to 0", 200, REJECTED),
        ("error_inner", "Invalid stock location ID", 200, REJECTED),
        ("product.error_busi", "The merchant/shop has multi warehouse, please input location id", 200, REJECTED),
        ("product.error_busi", "Invalid product setting", 200, REJECTED),
        ("product.error_busi", "Too many connections", 200, UNKNOWN),
        ("error_server", "Something wrong. Please try later.", 200, UNKNOWN),
        ("error_inner", "", 200, UNKNOWN),
        ("error_network", "", 200, UNKNOWN),
        ("error_system_busy", "", 200, UNKNOWN),
        ("error_whatever", "", 502, UNKNOWN),
        ("error_rate_limit", "Too many requests.", 429, NOT_SENT),
        ("error_whatever", "", 429, NOT_SENT),
        ("error_limit", "try again after 00:00 (UTC+08:00)", 200, NOT_SENT),
        ("error_sign", "Wrong sign.", 403, NOT_SENT),
        ("shop_banned", "", 403, NOT_SENT),
        ("error_api_permission", "", 200, NOT_SENT),
        ("error_not_found", "", 404, NOT_SENT),
        ("", "", 500, UNKNOWN),
        ("", "", 400, UNKNOWN),
        ("", "", 429, NOT_SENT),
    ],
)
def test_what_the_whole_call_is_told_holds_for_all_rows(
    error: str, message: str, status: int, expected: Answered
) -> None:
    """Refused by a business rule, not let in, or nobody knows."""
    found = answered(said({"error": error, "message": message}, status), times=9)
    assert [answer.answered for answer in found] == [expected, expected]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'{"error":"","response":{"success_list":[{"model_id":11', b"\xff"]
)
def test_what_is_no_answer_is_unknown(body: bytes) -> None:
    """Cut, empty, or another kind of JSON."""
    assert {answer.answered for answer in answered(Answer(200, {}, body))} == {UNKNOWN}


def test_a_secret_that_shopee_echoes_is_not_kept() -> None:
    """Neither in a row's reason nor in the call's message."""
    echoed = "token access-token-1 of key partner-key-0123456789"
    found = answered(rows(failed=[{"model_id": 11, "failed_reason": echoed}, {"model_id": 12, "failed_reason": "x"}]))
    found += answered({"error": "error_param", "message": echoed})
    assert all(answer.answered is REJECTED for answer in found)
    assert not any("token-1" in answer.text or "partner-key" in answer.text for answer in found)


def test_the_shops_warehouses_are_asked_for_once() -> None:
    """Two writes, one question; where the app may not ask, the shop is an ordinary one."""
    shopee = FakeShopee()
    shopee.add(item(1, "A", 10))
    shopee.overrides["update_stock"] = [said(rows({})), said(rows({}))]
    shopee.overrides["get_warehouse_detail"] = [said({"error": "error_api_permission"})]
    made = channel(shopee)
    for _ in range(2):
        (answer,) = made.write([write(1, 0, 7)]).values()
        assert answer.answered is ACCEPTED
    assert shopee.calls["get_warehouse_detail"] == 1
    assert json.loads(shopee.requests[-1].body or b"")["stock_list"] == [
        {"model_id": 0, "seller_stock": [{"stock": 7}]}
    ]


def test_where_the_shop_cannot_be_asked_nothing_is_sent() -> None:
    """A failure on the way to the write is not the write's."""
    shopee = FakeShopee()
    shopee.overrides["get_warehouse_detail"] = [Answer(502, {}, b"") for _ in range(5)]
    (answer,) = channel(shopee).write([write(1, 0, 7)]).values()
    assert answer.answered is NOT_SENT
    assert shopee.calls["update_stock"] == 0


def test_locations_that_are_not_for_sale_keep_what_they_hold() -> None:
    """All of them stand in the request, as Shopee demands; those that do not count with what they were read to hold."""
    shopee = FakeShopee()
    shown = stock(0, places={"A": 8, "B": 2})
    shown["seller_stock"][1]["if_saleable"] = False  # type: ignore[index]
    shopee.add(item(1, "A", stock_info_v2=shown))
    shopee.overrides["update_stock"] = [said(rows({}))]
    made = channel(shopee)
    key = ListingKey(ShopName(SHOP), "1")
    listing = made.reread([key])[key]
    assert listing.exposed == 8
    (answer,) = made.write([StockWrite(key, 3, listing)]).values()
    assert answer.answered is ACCEPTED
    (entry,) = json.loads(shopee.requests[-1].body or b"")["stock_list"]
    assert entry["seller_stock"] == [{"location_id": "A", "stock": 3}, {"location_id": "B", "stock": 2}]
