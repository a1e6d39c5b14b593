"""Writing to TikTok Shop: the request as a public SDK sends it, the warehouses, and every answer that is known."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import ShopSettings, StockWrite, Surroundings, WriteAnswer
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.tiktok_shop import TikTokShopChannel, places
from stockrecon.channels.tiktok_shop.outcome import row_answers
from stockrecon.channels.tiktok_shop.places import placed
from stockrecon.channels.tiktok_shop.stock import Place
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, Push, ShopFacts
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.windows import Window, open_window
from stockrecon.rest import Answer, Request, WireFault

from .fakes import HOME, NOW, SHOP, STAMP, FakeTikTok, Store, channel, place, product, refused, said, sku, write
from .test_codes import is_lock
from .test_sign import KEYS, recorded

ACCEPTED, REJECTED, NOT_SENT, UNKNOWN = Answered.ACCEPTED, Answered.REJECTED, Answered.NOT_SENT, Answered.UNKNOWN
OTHER, THIRD = "7000000000000000002", "7000000000000000003"
TWO = (write(1, 11, 3), write(1, 12, 4))


def shop(*skus: dict[str, Any], **more: object) -> FakeTikTok:
    tiktok = FakeTikTok()
    tiktok.warehouses = [place(HOME), place(OTHER), place(THIRD)]
    tiktok.add(product(1, *(skus or (sku(11, "A", 10), sku(12, "B", 10))), **more))
    return tiktok


def answered(answer: Answer, batch: Sequence[StockWrite] = TWO) -> list[WriteAnswer]:
    """What the writes of a batch are told where TikTok Shop answers so."""
    tiktok = shop()
    tiktok.always["inventory/update"] = lambda sent: Answer(answer.status, dict(answer.headers), answer.body)
    return list(channel(tiktok).write(batch).values())


def held(tiktok: FakeTikTok) -> list[dict[str, int]]:
    return [one["places"] for one in tiktok.products["1"]["skus"]]


# The request


class Recorder:
    """Answers a warehouse and nothing else, and keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        if request.path.endswith("/shops"):
            return said({"shops": [{"id": "1", "region": "VN", "cipher": KEYS["shop_cipher"]}]})
        stock = [
            {"id": "1729000000000000011", "warehouse_inventory": [{"warehouse_id": HOME, "available_quantity": 9}]}
        ]
        if request.path.endswith("/inventory/search"):
            return said({"inventory": [{"product_id": "1729000000000000001", "skus": stock}]})
        if request.path.startswith("/product/202309/products/") and request.method == "GET":
            return said({"id": "1729000000000000001", "status": "ACTIVATE", "skus": [{"id": "1729000000000000011"}]})
        return said({})

    def close(self) -> None:
        pass


def test_the_request_is_that_of_a_public_client() -> None:
    """Byte by byte: target with signature, and body."""
    recorder, vector = Recorder(), recorded("inventory-update")
    secrets = {name: Secret(KEYS[name]) for name in ("app_secret", "access_token", "refresh_token")}
    options = {"app_key": KEYS["app_key"], **secrets}
    made = ShopSettings(SHOP, "tiktok-shop", ShopPolicy(SHOP, "tiktok-shop", ""), options, "http://127.0.0.1:9")
    clock = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    surroundings = Surroundings(clock=lambda: clock, sleep=lambda seconds: None, tokens=Store())
    ticking = iter(range(900)).__next__
    batch = [write("1729000000000000001", "1729000000000000011", 7)]
    TikTokShopChannel(made, surroundings, transport=recorder, monotonic=ticking).write(batch)
    sent = recorder.sent[-1]
    assert (sent.method, sent.target) == ("POST", vector["target"])
    assert sent.body == vector["body"].encode()
    assert not sent.repeatable


def test_all_skus_of_a_product_go_in_one_request() -> None:
    """With the number that is to be exposed: what campaigns hold is part of it."""
    tiktok = shop(sku(11, "A", 50, campaign={"11.11": 30}), sku(12, "B", 10), sku(13, "C", 7))
    made = channel(tiktok)
    answers = made.write([write(1, 11, 40), write(1, 12, 0)])
    assert {answer.answered for answer in answers.values()} == {ACCEPTED}
    assert tiktok.bodies("inventory/update") == [
        {
            "skus": [
                {"id": "11", "inventory": [{"warehouse_id": HOME, "quantity": 40}]},
                {"id": "12", "inventory": [{"warehouse_id": HOME, "quantity": 0}]},
            ]
        }
    ]
    shown = made.reread([TWO[0].key])[TWO[0].key]
    assert (shown.sellable, shown.campaign) == (10, 30)


def test_batches_hold_skus_of_one_product_and_at_most_a_hundred() -> None:
    """Decreases of all products come before the raises that follow them, and never share a request with one."""
    down = [write(1, 100 + n, 1) for n in range(150)] + [write(2, 21, 1)]
    up = [write(1, 999, 50), write(2, 22, 50)]
    groups = channel(shop()).batches([*down, *up])
    assert [len(group) for group in groups] == [100, 50, 1, 1, 1]
    assert [write for group in groups for write in group] == [*down, *up]


def test_a_batch_of_two_products_is_a_mistake_of_ours() -> None:
    """One request names one product."""
    with pytest.raises(ValueError, match="one product"):
        channel(shop()).write([write(1, 11, 3), write(2, 21, 3)])


# Warehouses


def test_every_warehouse_of_a_sku_is_named_with_what_it_holds() -> None:
    """The one that counts with its new number, the others as they were last read."""
    tiktok = shop(sku(11, "A", {HOME: 10, OTHER: 7, THIRD: 0}))
    (answer,) = channel(tiktok, warehouse_id=OTHER).write([write(1, 11, 3)]).values()
    assert answer == WriteAnswer(ACCEPTED)
    assert held(tiktok) == [{HOME: 10, OTHER: 3, THIRD: 0}]


PLACES = st.dictionaries(st.sampled_from([HOME, OTHER, THIRD]), st.integers(0, 50), max_size=3)


@settings(deadline=None)
@given(PLACES, st.integers(0, 60), st.sampled_from(["", HOME, OTHER]))
def test_the_places_that_count_hold_what_was_meant_and_the_others_what_they_held(
    shown: dict[str, int], to: int, warehouse: str
) -> None:
    """Every place is named, or none: what is left out would be refused, or be somebody's stock."""
    units = placed(to, tuple(Place(name, held) for name, held in shown.items()), warehouse)
    counting = {name for name in shown if warehouse in ("", name)}
    if units is None:
        return
    assert set(units) == set(shown)
    assert all(units[name] == shown[name] for name in set(shown) - counting)
    assert sum(units[name] for name in counting) == to


def test_without_a_configured_warehouse_only_what_has_one_meaning_is_written() -> None:
    """To 0, and down where one holds all."""
    for shown, to, expected in (
        ({HOME: 10, OTHER: 7}, 0, {HOME: 0, OTHER: 0}),
        ({HOME: 0, OTHER: 7}, 3, {HOME: 0, OTHER: 3}),
        ({HOME: 0, OTHER: 7}, 8, None),
        ({HOME: 10, OTHER: 7}, 3, None),
    ):
        tiktok = shop(sku(11, "A", dict(shown)))
        (answer,) = channel(tiktok).write([write(1, 11, to)]).values()
        assert answer.answered is (ACCEPTED if expected else REJECTED)
        assert held(tiktok) == [expected or shown]
        if expected is None:
            assert "name the one that counts with warehouse_id" in answer.text
            assert tiktok.calls["inventory/update"] == 0


def test_a_sku_that_is_not_kept_in_the_warehouse_is_not_written() -> None:
    """A write cannot add one (12052533)."""
    tiktok = shop(sku(11, "A", {HOME: 10}), sku(12, "B", {}))
    first, second = channel(tiktok, warehouse_id=OTHER).write(TWO).values()
    assert (first.answered, second.answered) == (REJECTED, REJECTED)
    assert f"not kept in warehouse {OTHER}" in first.text
    assert "no warehouse of the seller's" in second.text
    assert tiktok.calls["inventory/update"] == 0


def test_tiktoks_own_warehouse_is_never_named() -> None:
    """It cannot be written; of what the seller keeps as well that part is."""
    tiktok = shop(sku(11, "A", {HOME: 10, OTHER: 7}))
    tiktok.platform = [{"warehouse_ids": [OTHER]}]
    channel(tiktok).write([write(1, 11, 3)])
    assert tiktok.bodies("inventory/update") == [
        {"skus": [{"id": "11", "inventory": [{"warehouse_id": HOME, "quantity": 3}]}]}
    ]


# What is never sent


def test_what_may_not_be_written_does_not_hold_up_the_rest() -> None:
    """The platform's, a bundle's, less than a campaign holds, less than nothing."""
    tiktok = shop()
    good = TWO[1]
    for bad in (
        replace(TWO[0], shown=replace(TWO[0].shown, fulfilment=Fulfilment.PLATFORM)),
        replace(TWO[0], shown=replace(TWO[0].shown, fulfilment=Fulfilment.COMPUTED)),
        replace(TWO[0], shown=replace(TWO[0].shown, campaign=4)),
        replace(TWO[0], to=-1),
    ):
        answers = channel(tiktok).write([bad, good])
        assert answers[bad.key].answered is REJECTED
        assert answers[good.key].answered is ACCEPTED
    assert [[row["id"] for row in body["skus"]] for body in tiktok.bodies("inventory/update")] == [["12"]] * 4


@pytest.mark.parametrize(("to", "sent"), [(99_999, True), (100_000, False)])
def test_more_than_a_warehouse_takes_is_not_sent(to: int, sent: bool) -> None:
    """The range ends at 99,999."""
    tiktok = shop()
    (answer,) = channel(tiktok).write([write(1, 11, to)]).values()
    assert answer.answered is (ACCEPTED if sent else REJECTED)
    assert tiktok.calls["inventory/update"] == int(sent)
    assert sent or "99999" in answer.text


def test_where_0_is_not_taken_one_number_keeps_it_from_being_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's pages disagree: it is sent until that number says otherwise."""
    tiktok = shop()
    assert channel(tiktok).write([write(1, 11, 0)])[TWO[0].key].answered is ACCEPTED
    monkeypatch.setattr(places, "LEAST", 1)
    (answer,) = channel(tiktok).write([write(1, 11, 0)]).values()
    assert answer.answered is REJECTED
    assert "switch the listing off" in answer.text
    assert tiktok.calls["inventory/update"] == 1


@pytest.mark.parametrize("code", [12052055, 12019024])
@pytest.mark.parametrize("inside", [True, False])
def test_a_refused_0_is_told_what_to_do_instead(code: int, inside: bool) -> None:
    """In a row or of the whole call; another number that is refused is not told so."""
    row = {"code": 12052990, "message": "Check failed", "detail": {"sku_id": "11", "extra_errors": [{"code": code}]}}
    answer = said({"errors": [row]}) if inside else refused(code, "out of range")
    (told,) = answered(answer, [write(1, 11, 0)])
    assert (told.answered, "switch the listing off" in told.text) == (REJECTED, True)
    (told,) = answered(answer, [write(1, 11, 5)])
    assert (told.answered, "switch the listing off" in told.text) == (REJECTED, False)


# Row by row


def fault(sku_id: object, code: int = 12052990, *extra: int, message: str = "Check failed") -> dict[str, Any]:
    inner = [{"warehouse_id": HOME, "code": each, "message": "see the page"} for each in extra]
    return {"code": code, "message": message, "detail": {"sku_id": sku_id, "extra_errors": inner}}


@pytest.mark.parametrize(
    ("data", "first", "second"),
    [
        (None, ACCEPTED, ACCEPTED),
        ({}, ACCEPTED, ACCEPTED),
        ({"errors": []}, ACCEPTED, ACCEPTED),
        ({"errors": None}, ACCEPTED, ACCEPTED),
        ({"errors": [fault("11")]}, REJECTED, ACCEPTED),
        ({"errors": [fault(11)]}, REJECTED, ACCEPTED),
        ({"errors": [fault("11"), fault("12")]}, REJECTED, REJECTED),
        ({"errors": [fault("99")]}, UNKNOWN, UNKNOWN),
        ({"errors": [fault("11"), fault("99")]}, REJECTED, UNKNOWN),
        ({"errors": [{"code": 12052901, "message": "not active"}]}, UNKNOWN, UNKNOWN),
        ({"errors": [None]}, UNKNOWN, UNKNOWN),
        ({"errors": "none"}, UNKNOWN, UNKNOWN),
        ({"errors": {"11": "bad"}}, UNKNOWN, UNKNOWN),
    ],
)
def test_code_0_proves_nothing(data: object, first: Answered, second: Answered) -> None:
    """What failed stands among the errors; one that names no SKU that was sent may mean any."""
    assert [answer.answered for answer in answered(said(data))] == [first, second]


def test_of_one_row_an_error_without_a_name_means_that_one() -> None:
    """There is nothing else that it could mean."""
    (told,) = answered(said({"errors": [{"code": 12052901, "message": "not active"}]}), TWO[:1])
    assert told == WriteAnswer(REJECTED, "12052901: not active")


def test_the_failure_is_told_in_tiktok_shops_words() -> None:
    """The wrapper says little: what it wraps is named, with the warehouse."""
    first, _ = answered(said({"errors": [fault("11", 12052990, 12052393, 12052393)]}))
    assert first.text == f"12052990: Check failed; warehouse {HOME}: 12052393: see the page"
    assert is_lock(first.text)


@pytest.mark.parametrize(("extra", "lock"), [(12052393, True), (12052371, True), (12052097, False)])
def test_a_lock_inside_a_wrapper_is_a_lock(extra: int, lock: bool) -> None:
    """Scenario 2 knows it by the code within."""
    first, _ = answered(said({"errors": [fault("11", 12052990, extra)]}))
    assert is_lock(first.text) is lock


# A lock that refuses every decrease


def locked(tiktok: FakeTikTok, **more: object) -> list[WriteAnswer]:
    """Two decreases, both refused with 12052393, of SKUs that campaigns hold."""
    for one in tiktok.products["1"]["skus"]:
        one["campaign"] = {"Flash": 2, **more}
    tiktok.always["inventory/update"] = lambda sent: said({"errors": [fault("11", 12052393), fault("12", 12052393)]})
    return list(channel(tiktok).write(TWO).values())


def promotion(title: str = "Flash", hours: int = 5, status: str = "ONGOING") -> dict[str, Any]:
    return {"id": title + status, "title": title, "status": status, "begin_time": STAMP - 60,
            "end_time": STAMP + 3600 * hours}  # fmt: skip


def until(answer: WriteAnswer) -> Window | None:
    """Until when a run takes it that nothing can be lowered."""
    facts = ShopFacts(SHOP, "tiktok-shop", NOW, True, capabilities("tiktok-shop"), tz=ZoneInfo("Asia/Ho_Chi_Minh"))
    return open_window(Push(write(1, 11, 3).key, 3, NOW, False, answer.text), facts)


def test_a_promotion_that_runs_tells_until_when_nothing_can_be_lowered() -> None:
    """Its name is that of what holds the stock: until its end no run tries again, then the next one does."""
    tiktok = shop()
    tiktok.activities = [promotion(), promotion("Later", status="NOT_START")]
    first, second = locked(tiktok)
    ends = (NOW + timedelta(hours=5 + 7)).strftime("%Y-%m-%d %H:%M:%S")  # in Vietnam's time
    assert first.text == f"12052393: Check failed; the promotion Flash is taken to hold it until {ends}"
    assert is_lock(first.text)
    assert until(first) == until(second) == Window(NOW.replace(microsecond=0) + timedelta(hours=5), "Flash")
    assert tiktok.calls["activities/search"] == 2


def test_of_several_the_one_that_ends_first_is_told() -> None:
    """What then is left may let it be lowered; if not, it is refused once more."""
    tiktok = shop()
    tiktok.activities = [promotion(hours=6), promotion("Mega", hours=5)]
    first, _ = locked(tiktok, Mega=1)
    assert until(first) == Window(NOW.replace(microsecond=0) + timedelta(hours=5), "Mega")


def test_a_promotion_of_days_keeps_a_decrease_back_for_hours() -> None:
    """It may be ended by hand before its time: then the number must come down."""
    tiktok = shop()
    tiktok.activities = [promotion(hours=90)]
    window = until(locked(tiktok)[0])
    assert window is not None
    assert timedelta(hours=6) <= window.until - NOW <= timedelta(hours=6, minutes=1)


@pytest.mark.parametrize(
    "activities",
    [
        [],
        [promotion("11.11")],
        [promotion(status="NOT_START")],
        [promotion(), promotion(status="NOT_START")],
        None,
    ],
)
def test_what_holds_it_without_a_known_end_is_no_window(activities: list[dict[str, Any]] | None) -> None:
    """A campaign of TikTok Shop's own, a title that several have, promotions that may not be asked for."""
    tiktok = shop()
    if activities is None:
        tiktok.always["activities/search"] = lambda sent: refused(105005, "no scope")
    tiktok.activities = activities or []
    first, second = locked(tiktok)
    assert first.text == second.text == "12052393: Check failed"
    assert until(first) is None


def test_a_campaign_beside_a_promotion_is_no_window() -> None:
    """Of one of the two nobody knows the end."""
    tiktok = shop()
    tiktok.activities = [promotion()]
    assert until(locked(tiktok, Platform=1)[0]) is None


@pytest.mark.parametrize(("code", "to"), [(12052393, 12), (12052901, 3)])
def test_only_a_decrease_that_the_lock_refused_is_explained(code: int, to: int) -> None:
    """Other refusals ask for no promotions."""
    tiktok = shop()
    tiktok.products["1"]["skus"][0]["campaign"] = {"Flash": 2}
    tiktok.activities = [promotion()]
    tiktok.always["inventory/update"] = lambda sent: said({"errors": [fault("11", code)]})
    (told,) = channel(tiktok).write([write(1, 11, to)]).values()
    assert told.text == f"{code}: Check failed"
    assert tiktok.calls["activities/search"] == 0


NAMES = [str(number) for number in range(1, 9)]
PLAN = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["fine", "failed", "twice"]), min_size=1)


@settings(deadline=None)
@given(PLAN, st.randoms(use_true_random=False))
def test_any_split_of_the_rows_is_judged_row_by_row(plan: dict[str, str], random: Any) -> None:
    """Whatever the order, and however often a row is named."""
    errors = [
        fault(name, 12052393) for name, how in plan.items() for _ in range(("fine", "failed", "twice").index(how))
    ]
    random.shuffle(errors)
    document = {"code": 0, "data": {"errors": errors}}
    answers = row_answers(document, {name: {HOME: 5} for name in plan})
    assert {name: answer.answered for name, answer in answers.items()} == {
        name: ACCEPTED if how == "fine" else REJECTED for name, how in plan.items()
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "detail", "sku_id", "extra_errors", "message"]), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(JSON)
def test_no_shape_of_the_errors_is_taken_for_success(errors: object) -> None:
    """Whatever stands there: an answer for each row, and all is well only where there is no error at all."""
    answers = row_answers({"code": 0, "data": {"errors": errors}}, {"11": {HOME: 5}, "12": {HOME: 6}})
    assert set(answers) == {"11", "12"}
    fine = all(answer.answered is ACCEPTED for answer in answers.values())
    assert fine is (errors is None or errors == [])
    assert all("\n" not in answer.text for answer in answers.values())


# The call as a whole


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(12052901, "The product in its current status"), REJECTED),
        (refused(12052901, "The product in its current status", 500), REJECTED),
        (refused(36009003, "Internal error"), UNKNOWN),
        (refused(36009007, "Request timeout", 504), UNKNOWN),
        (refused(36009002, "Too many requests", 429), NOT_SENT),
        (Answer(429, {}, b""), NOT_SENT),
        (Answer(503, {}, b"<html>"), UNKNOWN),
        (Answer(502, {}, b""), UNKNOWN),
        (Answer(200, {}, b""), UNKNOWN),
        (Answer(200, {}, b"[]"), UNKNOWN),
        (Answer(200, {}, b"{}"), UNKNOWN),
        (Answer(200, {}, b'{"code":0,"data":{"err'), UNKNOWN),
        (Answer(302, {"location": "/"}, b""), UNKNOWN),
        (Answer(404, {}, b"not here"), UNKNOWN),
    ],
)
def test_what_the_whole_call_is_told_holds_for_all_rows(answer: Answer, expected: Answered) -> None:
    """Refused, not let in, or nobody knows."""
    assert [each.answered for each in answered(answer)] == [expected, expected]


@pytest.mark.parametrize(("sent", "expected"), [(True, UNKNOWN), (False, NOT_SENT)])
def test_a_connection_that_breaks(sent: bool, expected: Answered) -> None:
    """After sending it may have taken effect; before, it was tried again and given up."""
    tiktok = shop()

    def broken(request: Request) -> Answer:
        raise WireFault("broke off", sent=sent)

    tiktok.always["inventory/update"] = broken
    assert {answer.answered for answer in channel(tiktok).write(TWO).values()} == {expected}
    assert (tiktok.calls["inventory/update"] == 1) is sent


def test_a_throttled_write_is_made_once() -> None:
    """Waited for, signed anew, and one effect."""
    tiktok = shop()
    tiktok.overrides["inventory/update"] = [refused(36009002, "Too many requests", 429)] * 2
    assert {answer.answered for answer in channel(tiktok).write(TWO).values()} == {ACCEPTED}
    assert tiktok.calls["inventory/update"] == 3
    assert held(tiktok) == [{HOME: 3}, {HOME: 4}]


def test_a_token_that_ends_before_the_write_is_renewed() -> None:
    """The refused attempt did nothing."""
    tiktok = shop()
    made = channel(tiktok)
    made.reread([each.key for each in TWO])
    tiktok.access = "TTP-access-7"
    assert {answer.answered for answer in made.write(TWO).values()} == {ACCEPTED}
    assert tiktok.calls["inventory/update"] == 2


def test_a_write_to_a_product_that_is_not_active_is_refused_in_its_words() -> None:
    """So that scenario 4 can tell them; it is no lock."""
    tiktok = shop(status="SELLER_DEACTIVATED")
    first, _ = channel(tiktok).write(TWO).values()
    assert first.answered is REJECTED
    assert re.match("12052901: The product in its current status", first.text)
    assert not is_lock(first.text)


def test_where_the_shop_cannot_be_asked_nothing_is_sent() -> None:
    """A failure on the way to the write is not the write's."""
    tiktok = shop()
    tiktok.always["inventory/search"] = lambda sent: Answer(502, {}, b"")
    assert {answer.answered for answer in channel(tiktok).write(TWO).values()} == {NOT_SENT}
    tiktok = shop()
    tiktok.access = tiktok.refresh = "TTP-others-7"
    assert {answer.answered for answer in channel(tiktok).write(TWO).values()} == {NOT_SENT}
    assert tiktok.calls["inventory/update"] == 0


def test_a_secret_that_tiktok_shop_echoes_is_not_kept() -> None:
    """Neither in a row's words nor in the call's."""
    echoed = "token TTP-access-1 of app-secret-0123456789abcdef"
    found = answered(said({"errors": [fault("11", message=echoed)]})) + answered(refused(12052901, echoed))
    found += answered(refused(36009003, echoed))
    assert not any("TTP-access" in answer.text or "app-secret" in answer.text for answer in found)


def test_what_was_read_just_before_is_not_read_again() -> None:
    """The last look at a listing tells where its stock lies."""
    tiktok = shop()
    made = channel(tiktok)
    made.reread([each.key for each in TWO])
    before = dict(tiktok.calls)
    made.write(TWO)
    assert {name: count - before.get(name, 0) for name, count in tiktok.calls.items() if count != before.get(name)} == {
        "inventory/update": 1
    }
    assert json.loads(tiktok.requests[-1].body or b"")["skus"][0]["id"] == "11"
