"""Writing to Shopify: compared before it is replaced, as a whole or not at all, and never twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.shopify import ShopifyChannel
from stockrecon.channels.shopify.documents import DOCUMENTS, SET
from stockrecon.channels.shopify.locations import placed
from stockrecon.channels.shopify.outcome import Fate, Row, result_of
from stockrecon.channels.shopify.writing import batches
from stockrecon.core.intent import Answered
from stockrecon.core.model import Fulfilment, Listing
from stockrecon.rest import Answer, WireFault
from tests.channels_shopify.fakes import FakeShopify, channel
from tests.channels_shopify.nodes import MAIN, STORE, errors, gid, key, location, problem, said, set_answer, variant

ACCEPTED, REJECTED, CONFLICT = Answered.ACCEPTED, Answered.REJECTED, Answered.CONFLICT
NOT_SENT, UNKNOWN = Answered.NOT_SENT, Answered.UNKNOWN


def three(**more: Any) -> FakeShopify:
    return FakeShopify(variant(1, "A", 10), variant(2, "B", 20), variant(3, "C", 30, **more))


def written(shopify: FakeShopify, made: ShopifyChannel | None = None, **to: int) -> dict[int, WriteAnswer]:
    """The answers by variant, after the reading that comes before every write. `to`: v1=5 sets variant 1 to 5."""
    made = made or channel(shopify)
    wanted = {int(name[1:]): units for name, units in to.items()}
    shown = made.reread([key(number) for number in wanted])
    writes = [StockWrite(key(number), units, shown[key(number)], f"run-1/{number}") for number, units in wanted.items()]
    answers = made.write(writes)
    assert list(answers) == [write.key for write in writes]
    return {number: answers[key(number)] for number in wanted}


def told(answers: dict[int, WriteAnswer]) -> list[Answered]:
    return [answer.answered for answer in answers.values()]


def sets(shopify: FakeShopify) -> list[dict[str, Any]]:
    """The variables of the writes that were sent."""
    bodies = [json.loads(each.body or b"") for each in shopify.requests]
    return [body["variables"] for body in bodies if "SetQty" in body.get("query", "")]


# One request


def test_a_write_names_what_it_replaces() -> None:
    """Available units, the number before them, and the run in Shopify's own history."""
    shopify = three()
    assert told(written(shopify, v1=7, v2=0)) == [ACCEPTED, ACCEPTED]
    (sent,) = sets(shopify)
    assert sent["input"] == {
        "name": "available",
        "reason": "correction",
        "referenceDocumentUri": "gid://stockrecon/Run/run-1",
        "quantities": [
            {"inventoryItemId": gid("InventoryItem", 100), "locationId": MAIN, "quantity": 7, "changeFromQuantity": 10},
            {"inventoryItemId": gid("InventoryItem", 200), "locationId": MAIN, "quantity": 0, "changeFromQuantity": 20},
        ],
    }
    assert not shopify.requests[-1].repeatable
    assert shopify.effects == [(gid("InventoryItem", 100), 7), (gid("InventoryItem", 200), 0)]


def test_what_is_below_zero_is_raised_from_there() -> None:
    """The shop shows 0 to us; what is compared is what Shopify keeps."""
    shopify = FakeShopify(variant(1, "A", -3))
    assert told(written(shopify, v1=5)) == [ACCEPTED]
    (sent,) = sets(shopify)
    assert [row["changeFromQuantity"] for row in sent["input"]["quantities"]] == [-3]
    assert shopify.stock(1)[MAIN]["available"] == 5


def test_a_number_that_is_there_already_is_no_change() -> None:
    """Shopify answers without a group, and that is a success."""
    assert told(written(three(), v1=10)) == [ACCEPTED]


def test_the_key_is_that_of_the_intents_and_of_no_others() -> None:
    """The same numbers written again within a day are another write; one intent has one key, whoever sends it."""
    keys = []
    for intent in ("run-1/1", "run-2/1", "run-1/1", "", ""):
        shopify = three()
        channel(shopify).write([shopify.write(1, 7, intent=intent)])
        keys.append(sets(shopify)[0]["key"])
    assert keys[0] == keys[2]
    assert len(set(keys)) == 4
    assert all(len(each) == 36 for each in keys)


def test_the_same_write_comes_a_second_time_and_takes_effect() -> None:
    """Set, undone by somebody, set again: Shopify must not answer the second one from memory."""
    shopify = three()
    made = channel(shopify)
    for number in (1, 2):
        shopify.stock(1)[MAIN]["available"] = 10
        shown = made.reread([key(1)])
        (answer,) = made.write([StockWrite(key(1), 7, shown[key(1)], f"run-{number}/1")]).values()
        assert answer.answered is ACCEPTED
        assert shopify.stock(1)[MAIN]["available"] == 7


# Conflicts


def test_a_sale_in_between_is_a_conflict_and_nothing_is_overwritten() -> None:
    """The other rows are sent again at once, under another key, and take effect once."""
    shopify = three()
    shopify.before_set = [lambda: shopify.stock(2)[MAIN].update(available=19)]
    answers = written(shopify, v1=7, v2=15, v3=9)
    assert told(answers) == [ACCEPTED, CONFLICT, ACCEPTED]
    assert "CHANGE_FROM_QUANTITY_STALE" in answers[2].text
    assert "it shows 19 now, the write was decided at 20" in answers[2].text
    assert shopify.stock(2)[MAIN]["available"] == 19
    assert [item for item, _ in shopify.effects] == [gid("InventoryItem", 100), gid("InventoryItem", 300)]
    first, second = sets(shopify)
    assert first["key"] != second["key"]
    assert len(second["input"]["quantities"]) == 2


def test_a_conflict_never_takes_over_the_new_number() -> None:
    """What is compared is what the write was decided on, also when it is sent again."""
    shopify = three()
    shopify.before_set = [lambda: shopify.stock(2)[MAIN].update(available=19)]
    written(shopify, v1=7, v2=15)
    compared = [row["changeFromQuantity"] for sent in sets(shopify) for row in sent["input"]["quantities"]]
    assert 19 not in compared


def test_sales_that_go_on_end_in_conflicts() -> None:
    """One after the other falls out; no more requests than a few."""
    shopify = FakeShopify(*(variant(number, "S", 10) for number in range(1, 8)))
    moves = iter(range(1, 8))
    shopify.before_set = [lambda: shopify.stock(next(moves))[MAIN].update(available=9) for _ in range(7)]
    answers = written(shopify, **{f"v{number}": 5 for number in range(1, 8)})
    assert told(answers) == [CONFLICT] * 4 + [NOT_SENT] * 3
    assert len(sets(shopify)) == 4
    assert shopify.effects == []


def test_what_moved_since_it_was_read_is_not_even_sent() -> None:
    """The last reading shows another number than the write was decided on."""
    shopify = three()
    made = channel(shopify)
    shown = Listing(key(1), "A", 8, 0, 0, 0)
    made.reread([key(1)])
    (answer,) = made.write([StockWrite(key(1), 5, shown)]).values()
    assert answer == WriteAnswer(CONFLICT, "not sent: it shows 10 now, the write was decided at 8")
    assert sets(shopify) == []


def test_stale_where_nothing_is_seen_to_have_moved_is_a_conflict_of_all() -> None:
    """Which row it was nobody knows, so none is sent again."""
    shopify = three()
    stale = errors("CHANGE_FROM_QUANTITY_STALE", None, "no longer matches")
    shopify.overrides["SetQty"] = [set_answer(stale)]
    assert told(written(shopify, v1=7, v2=15)) == [CONFLICT, CONFLICT]
    assert len(sets(shopify)) == 1


def test_stale_where_the_shop_cannot_be_read_is_a_conflict_of_all() -> None:
    """Nothing took effect, that much is known."""
    shopify = three()
    made = channel(shopify)
    shown = made.reread([key(1), key(2)])
    shopify.overrides["SetQty"] = [set_answer(errors("CHANGE_FROM_QUANTITY_STALE", None))]
    shopify.overrides["Reread"] = [Answer(502, {}, b"") for _ in range(9)]
    writes = [StockWrite(each, 5, listing) for each, listing in shown.items()]
    assert {answer.answered for answer in made.write(writes).values()} == {CONFLICT}


# Rows that are refused


def test_a_row_that_is_refused_does_not_hold_up_the_others() -> None:
    """It is told in Shopify's words; the rest goes out anew, since nothing of the first request took effect."""
    shopify = three()
    made = channel(shopify)
    shown = made.reread([key(1), key(2), key(3)])
    gone = shopify.variants.pop(1)
    answers = made.write([StockWrite(each, 5, listing) for each, listing in shown.items()])
    assert [answer.answered for answer in answers.values()] == [ACCEPTED, REJECTED, ACCEPTED]
    assert answers[key(2)].text.startswith("INVALID_INVENTORY_ITEM")
    assert gone["inventoryItem"]["stock"][MAIN]["available"] == 20
    assert len(shopify.effects) == 2


@pytest.mark.parametrize(
    ("code", "field", "expected"),
    [
        ("NON_MUTABLE_INVENTORY_ITEM", ["input", "quantities", "0", "inventoryItemId"], [REJECTED, ACCEPTED]),
        ("INVALID_QUANTITY_TOO_HIGH", ["input", "quantities", "1", "quantity"], [ACCEPTED, REJECTED]),
        ("INVALID_REASON", ["input", "reason"], [REJECTED, REJECTED]),
        ("INVALID_NAME", ["input", "name"], [REJECTED, REJECTED]),
        ("NON_MUTABLE_INVENTORY_ITEM", None, [REJECTED, REJECTED]),
        ("INVALID_LOCATION", ["input", "quantities", "7", "locationId"], [REJECTED, REJECTED]),
        ("INVALID_LOCATION", ["input", "quantities", "x", "locationId"], [REJECTED, REJECTED]),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None, [REJECTED, REJECTED]),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", None, [UNKNOWN, UNKNOWN]),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None, [ACCEPTED, ACCEPTED]),
        ("SOMETHING_NEW", None, [REJECTED, REJECTED]),
        (None, None, [REJECTED, REJECTED]),
    ],
)
def test_each_error_is_told_as_what_it_is(code: Any, field: list[str] | None, expected: list[Answered]) -> None:
    """A row by its place, the whole where none is named; a key that is spent is replaced."""
    shopify = three()
    shopify.overrides["SetQty"] = [set_answer(errors(code, field, "words of Shopify"))]
    answers = written(shopify, v1=7, v2=15)
    assert told(answers) == expected
    for answer in answers.values():
        assert answer.answered is ACCEPTED or "words of Shopify" in answer.text


# The call as a whole


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (said({"errors": [problem("INVALID_VARIABLE", "no such field")]}), REJECTED),
        (said({"errors": [problem("MAX_INPUT_SIZE_EXCEEDED", "251 > 250")]}), REJECTED),
        (set_answer(None, errors=[problem("BAD_REQUEST", "idempotent is required")]), REJECTED),
        (set_answer(None, errors=[problem("ACCESS_DENIED", "Access denied")]), NOT_SENT),
        (set_answer(None, errors=[problem("INTERNAL_SERVER_ERROR", "Something went wrong")]), UNKNOWN),
        (set_answer(None, errors=[problem("SOMETHING_NEW")]), UNKNOWN),
        (set_answer(None, errors=[problem("BAD_REQUEST"), problem("SOMETHING_NEW")]), UNKNOWN),
        (set_answer(errors("INVALID_REASON", None), errors=[problem("BAD_REQUEST")]), UNKNOWN),
        (set_answer(None), UNKNOWN),
        (set_answer({}), UNKNOWN),
        (set_answer({"userErrors": None}), UNKNOWN),
        (set_answer({"userErrors": [], "inventoryAdjustmentGroup": None}), UNKNOWN),
        (set_answer({"userErrors": [], "inventoryAdjustmentGroup": {"changes": []}}), UNKNOWN),
        (said({"data": None}), UNKNOWN),
        (said({}), UNKNOWN),
        (said([]), UNKNOWN),
        (Answer(200, {}, b""), UNKNOWN),
        (Answer(200, {}, b'{"data":{"inventorySetQ'), UNKNOWN),
        (Answer(500, {}, b""), UNKNOWN),
        (Answer(502, {}, b"<html>"), UNKNOWN),
        (Answer(408, {}, b""), UNKNOWN),
        (Answer(302, {"location": "https://evil.example"}, b""), UNKNOWN),
        (said({"errors": "Forbidden"}, 403), NOT_SENT),
        (said({"errors": "Locked"}, 423), NOT_SENT),
        (said({"errors": "invalid token"}, 401), NOT_SENT),
    ],
)
def test_what_the_whole_call_is_told_holds_for_all_rows(answer: Answer, expected: Answered) -> None:
    """Refused before it was carried out, not let in, or nobody knows: then it is never sent again."""
    shopify = three()
    shopify.overrides["SetQty"] = [Answer(answer.status, dict(answer.headers), answer.body)]
    answers = written(shopify, v1=7, v2=15)
    assert told(answers) == [expected, expected]
    assert shopify.calls["SetQty"] == 1
    assert all(each.text for each in answers.values())


def test_a_connection_that_breaks_after_sending_is_unknown_and_before_it_not_sent() -> None:
    """Nothing left this machine, or something may have."""
    for sent, expected in ((True, UNKNOWN), (False, NOT_SENT)):
        shopify = three()

        def broken(request: object, sent: bool = sent) -> Answer:
            raise WireFault("broke off", sent=sent)

        shopify.overrides["SetQty"] = [broken] * 9
        assert told(written(shopify, v1=7)) == [expected]


def throttled(available: int) -> Answer:
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 10}
    cost = {"requestedQueryCost": 13, "actualQueryCost": None, "throttleStatus": status}
    return said({"errors": [problem("THROTTLED", "Throttled")], "extensions": {"cost": cost}})


def test_a_throttled_write_is_made_once_and_under_the_same_key() -> None:
    """Refused before it was done: waited for as Shopify says, and one effect."""
    shopify = three()
    shopify.overrides["SetQty"] = [throttled(0), throttled(0)]
    assert told(written(shopify, v1=7)) == [ACCEPTED]
    first, second, third = sets(shopify)
    assert first == second == third
    assert len(shopify.effects) == 1


def test_a_write_that_is_throttled_for_too_long_was_not_sent() -> None:
    """What it was decided on grows too old after ten seconds."""
    shopify = three()
    shopify.overrides["SetQty"] = [throttled(-150) for _ in range(9)]
    assert told(written(shopify, v1=7)) == [NOT_SENT]
    assert shopify.effects == []
    assert shopify.time.seconds <= 10


def test_a_write_that_would_wait_too_long_for_its_points_is_not_sent() -> None:
    """Other programs of the same app have used them up."""
    shopify = three()
    made = channel(shopify)
    shown = made.reread([key(1)])
    shopify.bucket = shopify.maximum = 0
    made._purse.told(*_empty())
    (answer,) = made.write([StockWrite(key(1), 7, shown[key(1)])]).values()
    assert answer.answered is NOT_SENT
    assert "points are used up" in answer.text
    assert sets(shopify) == []


def _empty() -> tuple[Any, Any, Any]:
    status = {"maximumAvailable": 2000, "currentlyAvailable": -500, "restoreRate": 10}
    return SET, {}, {"requestedQueryCost": 13, "throttleStatus": status}


def test_nothing_is_written_in_a_version_that_was_not_asked_for() -> None:
    """What a write means has changed between versions before."""
    shopify = three()
    shopify.version = "2027-04"
    answers = written(shopify, v1=7)
    assert told(answers) == [NOT_SENT]
    assert "2027-04" in answers[1].text
    assert sets(shopify) == []


def test_a_secret_that_shopify_echoes_is_not_kept() -> None:
    """Neither in a row's reason nor in the call's message."""
    shopify = three()
    shopify.overrides["SetQty"] = [set_answer(errors("INVALID_REASON", None, f"token {shopify.access}"))]
    assert shopify.access not in written(shopify, v1=7)[1].text
    shopify.overrides["SetQty"] = [said({"errors": [problem("BAD_REQUEST", f"token {shopify.access}")]})]
    assert shopify.access not in written(shopify, v1=6)[1].text


# What is never sent


def test_what_is_never_sent_makes_no_request() -> None:
    """A negative number, and a bundle's."""
    shopify = three()
    made = channel(shopify)
    shown = made.reread([key(1)])[key(1)]
    computed = Listing(key(1), "A", 10, 0, 0, 0, fulfilment=Fulfilment.COMPUTED)
    for write in (StockWrite(key(1), -1, shown), StockWrite(key(1), 3, computed)):
        (answer,) = made.write([write]).values()
        assert answer.answered is REJECTED
    assert sets(shopify) == []


def test_a_channel_that_read_nothing_itself_can_write() -> None:
    """It reads what it has to compare with, and a listing that is gone is refused."""
    shopify = three()
    gone = StockWrite(key(9), 3, Listing(key(9), "X", 5, 0, 0, 0))
    answers = channel(shopify).write([shopify.write(1, 7), gone])
    assert [answer.answered for answer in answers.values()] == [ACCEPTED, REJECTED]


def test_where_the_shop_cannot_be_read_nothing_is_sent() -> None:
    """A failure on the way to the write is not the write's."""
    shopify = three()
    shopify.overrides["Locations"] = [Answer(502, {}, b"") for _ in range(5)]
    (answer,) = channel(shopify).write([shopify.write(1, 7)]).values()
    assert answer.answered is NOT_SENT
    shopify.overrides["Reread"] = [said({"data": {"nodes": [{"id": "odd"}]}})]
    (answer,) = channel(shopify).write([shopify.write(1, 7)]).values()
    assert answer.answered is NOT_SENT


# Locations


def places(units: dict[str, int], **options: Any) -> tuple[FakeShopify, ShopifyChannel]:
    shopify = FakeShopify(variant(1, "A", units), variant(2, "B", 4))
    shopify.places = [location(1, "Main"), location(2, "Store"), location(3, "Third")]
    return shopify, channel(shopify, **options)


def test_every_location_that_counts_is_compared() -> None:
    """Also one that keeps its number: what moved between locations would otherwise be hidden by the total."""
    shopify, made = places({MAIN: 8, STORE: 0})
    assert told(written(shopify, made, v1=3)) == [ACCEPTED]
    (sent,) = sets(shopify)
    rows = [(each["locationId"], each["changeFromQuantity"], each["quantity"]) for each in sent["input"]["quantities"]]
    assert rows == [(MAIN, 8, 3), (STORE, 0, 0)]
    shopify, made = places({MAIN: 8, STORE: 0})
    shopify.before_set = [lambda: shopify.stock(1)[STORE].update(available=2)]
    assert told(written(shopify, made, v1=3)) == [CONFLICT]
    assert shopify.effects == []


def test_with_a_location_chosen_the_others_are_left_alone() -> None:
    """It alone is compared and written."""
    shopify, made = places({MAIN: 8, STORE: 5}, location_id="2")
    assert told(written(shopify, made, v1=3)) == [ACCEPTED]
    assert [each["locationId"] for each in sets(shopify)[0]["input"]["quantities"]] == [STORE]
    assert shopify.stock(1)[MAIN]["available"] == 8


def test_what_can_be_meant_in_two_ways_is_refused_and_says_how_to_decide() -> None:
    """The seller's to divide; the other row of the request goes out."""
    shopify, made = places({MAIN: 8, STORE: 5})
    answers = written(shopify, made, v1=9, v2=1)
    assert told(answers) == [REJECTED, ACCEPTED]
    assert "location_id" in answers[1].text


@pytest.mark.parametrize(
    ("to", "levels", "expected"),
    [
        (5, {"a": 9}, {"a": 5}),
        (5, {"a": -9}, {"a": 5}),
        (0, {"a": 4, "b": 3}, {"a": 0, "b": 0}),
        (3, {"a": 8, "b": 0}, {"a": 3, "b": 0}),
        (9, {"a": 8, "b": 0}, None),
        (3, {"a": 8, "b": 2}, None),
        (1, {"a": -2, "b": 5}, {"a": -2, "b": 3}),
        (0, {"a": -2, "b": 5}, {"a": -2, "b": 2}),
        (0, {"a": -2, "b": 5, "c": 0}, {"a": -2, "b": 2, "c": 0}),
        (0, {"a": -2, "b": 5, "c": 4}, None),
        (5, {"a": -2, "b": -1}, None),
        (5, {}, None),
    ],
)
def test_units_are_placed_where_only_one_place_can_be_meant(
    to: int, levels: dict[str, int], expected: dict[str, int] | None
) -> None:
    """What is below zero at one of several stays there, and the others make up for it."""
    assert placed(to, levels) == expected


@given(st.integers(0, 50), st.dictionaries(st.sampled_from("abcd"), st.integers(-9, 50), max_size=4))
def test_what_is_placed_adds_up(to: int, levels: dict[str, int]) -> None:
    """And what was sold beyond the stock of one of several is never raised."""
    meant = placed(to, levels)
    if meant is not None:
        assert sum(meant.values()) == to
        assert meant.keys() == levels.keys()
        assert len(levels) == 1 or all(meant[place] == units for place, units in levels.items() if units < 0)


# Groups


def test_two_listings_of_one_item_are_one_row() -> None:
    """Shopify allows each pair once; another number for the same stock is refused."""
    shopify = three()
    shopify.variants[1]["inventoryItem"] = shopify.variants[0]["inventoryItem"]
    assert told(written(shopify, v1=7, v2=7)) == [ACCEPTED, ACCEPTED]
    assert len(sets(shopify)[0]["input"]["quantities"]) == 1
    answers = written(shopify, v1=6, v2=5)
    assert told(answers) == [ACCEPTED, REJECTED]
    assert "another listing has the same stock" in answers[2].text


def test_a_group_with_more_rows_than_a_request_holds_is_sent_in_several() -> None:
    """Locations multiply rows."""
    shopify = FakeShopify(*(variant(number, "S", {MAIN: 5, STORE: 0}) for number in range(1, 201)))
    shopify.places.append(location(2, "Store"))
    assert set(told(written(shopify, **{f"v{number}": 2 for number in range(1, 201)}))) == {ACCEPTED}
    assert [len(each["input"]["quantities"]) for each in sets(shopify)] == [250, 150]


def write(number: int, to: int, shown: int = 5) -> StockWrite:
    return StockWrite(key(number), to, Listing(key(number), "S", shown, 0, 0, 0))


@settings(deadline=None)
@given(st.lists(st.builds(write, st.integers(1, 300), st.integers(0, 9)), max_size=600))
def test_every_write_is_in_one_request_and_lowering_comes_first(writes: list[StockWrite]) -> None:
    """None lost, none twice, none too large; what lowers and what raises apart, in the plan's order."""
    made = list(batches(writes))
    assert [one for batch in made for one in batch] == writes
    for batch in made:
        assert 1 <= len(batch) <= 250
        assert len({one.key for one in batch}) == len(batch)
        assert len({one.to < one.shown.exposed for one in batch}) == 1


# Answers of any shape

ROWS = (Row("i1", "l1", 5, 3), Row("i2", "l1", 5, 4))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "field", "message", "changes", "item", "id", "delta"]), inner)
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_no_shape_of_an_answer_is_taken_for_success(errors_told: object, group: object) -> None:
    """Done is only what names every change that was asked for."""
    payload = {"userErrors": errors_told, "inventoryAdjustmentGroup": group}
    assert result_of(payload, ROWS).fate is not Fate.DONE


def changes(*deltas: tuple[str, int]) -> dict[str, Any]:
    rows: Sequence[dict[str, Any]] = [
        {"name": name, "delta": delta, "item": {"id": item}, "location": {"id": "l1"}}
        for item, delta in deltas
        for name in ("available", "on_hand")
    ]
    return {"userErrors": [], "inventoryAdjustmentGroup": {"changes": rows}}


@pytest.mark.parametrize(
    ("payload", "fate"),
    [
        (changes(("i1", -2), ("i2", -1)), Fate.DONE),
        (changes(("i2", -1), ("i1", -2), ("i9", 4)), Fate.DONE),
        (changes(("i1", -2)), Fate.UNKNOWN),
        (changes(("i1", -2), ("i2", -9)), Fate.UNKNOWN),
        ({**changes(("i1", -2), ("i2", -1)), "userErrors": [{"code": "X", "message": "y"}]}, Fate.UNKNOWN),
    ],
)
def test_a_success_names_every_change(payload: dict[str, Any], fate: Fate) -> None:
    """With the difference that was asked for; the mirrored rows of on_hand count for nothing."""
    assert result_of(payload, ROWS).fate is fate


def test_no_row_can_be_sent_without_the_number_that_it_replaces() -> None:
    """Null would switch the comparison off: the type has no room for it, and no document names another way."""
    assert all(row.entry()["changeFromQuantity"] == row.before for row in ROWS)
    assert not any("AdjustQuantities" in document.text for document in DOCUMENTS)
