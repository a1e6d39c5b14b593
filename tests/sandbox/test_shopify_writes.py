"""Setting and adjusting quantities: all or nothing, told errors, expectations and keys (reference: Shopify 1.7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.model import ListingState
from tests.sandbox.shopify_world import HERE, MUG, TEE, THERE, Site, gid, item_gid, row, set_input

STALE = "The changeFromQuantity argument no longer matches the persisted quantity."


@pytest.fixture
def site() -> Site:
    return Site()


def errors(payload: dict) -> list[tuple[str, list[str] | None]]:
    """Codes and fields of a refused call, which has no group."""
    assert payload["inventoryAdjustmentGroup"] is None
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def adjust(site: Site, key: str, *changes: dict, name: str = "available", **other: Any) -> dict:
    given_input = {"name": name, "reason": "correction", "changes": list(changes), **other}
    return site.data("adjust", key=key, input=given_input)["inventoryAdjustQuantities"]


def change(key: tuple[str, str], delta: int, expected: int | None, **other: Any) -> dict:
    where = {"inventoryItemId": item_gid(key), "locationId": gid("Location", HERE)}
    return {**where, "delta": delta, "changeFromQuantity": expected, **other}


# Setting


def test_a_set_changes_available_and_what_is_on_hand(site: Site) -> None:
    """Two rows for each pair, the quantity after the change null; committed stays; the effect is logged."""
    site.shop.place(site.now, [(*MUG, 1)])
    payload = site.set("k", row(MUG, 17, 5), referenceDocumentUri="stockrecon://run/1")
    group = payload["inventoryAdjustmentGroup"]
    assert payload["userErrors"] == []
    assert (group["reason"], group["referenceDocumentUri"]) == ("correction", "stockrecon://run/1")
    assert group["createdAt"] == "2026-11-11T12:00:00Z"
    place = {"item": {"id": item_gid(MUG)}, "location": {"id": gid("Location", HERE)}}
    assert group["changes"] == [
        {"name": "available", "delta": 12, "quantityAfterChange": None, **place},
        {"name": "on_hand", "delta": 12, "quantityAfterChange": None, **place},
    ]
    assert site.quantities(MUG) == {"available": 17, "committed": 1, "reserved": 0, "on_hand": 18}
    effect = site.shop.effects[-1]
    assert (effect.before, effect.after) == (5, 17)
    assert effect.call == "/admin/api/2026-10/graphql.json#inventorySetQuantities"


def test_on_hand_can_be_set_as_well(site: Site) -> None:
    """Available takes the difference."""
    site.shop.place(site.now, [(*MUG, 2)])
    payload = site.set("k", row(MUG, 9, 6), name="on_hand")
    assert [one["name"] for one in payload["inventoryAdjustmentGroup"]["changes"]] == ["available", "on_hand"]
    assert site.quantities(MUG) == {"available": 7, "committed": 2, "reserved": 0, "on_hand": 9}


def test_a_negative_number_is_taken_and_null_means_whatever_it_was(site: Site) -> None:
    """Available may be -5 and the check may be waived by saying null."""
    assert site.set("k", row(MUG, -5, None))["userErrors"] == []
    assert site.quantities(MUG)["available"] == -5


def test_a_set_that_changes_nothing_has_no_group_and_no_error(site: Site) -> None:
    """Success without changes; it stands in the log of effects all the same."""
    payload = site.set("k", row(MUG, 6, 6))
    assert payload == {"inventoryAdjustmentGroup": None, "userErrors": []}
    assert [(effect.before, effect.after) for effect in site.shop.effects] == [(6, 6)]


def test_one_stale_row_fails_the_whole_call_without_saying_which(site: Site) -> None:
    """`field` is null; nothing of the batch is applied."""
    payload = site.set("k", row(TEE, 1, 10), row(MUG, 1, 5))
    assert errors(payload) == [("CHANGE_FROM_QUANTITY_STALE", None)]
    assert payload["userErrors"][0]["message"] == STALE
    assert (site.quantities(TEE)["available"], site.quantities(MUG)["available"]) == (10, 6)
    assert site.shop.effects == []


PATH = ["input", "quantities"]


@pytest.mark.parametrize(
    ("rows", "other", "wanted"),
    [
        ([], {"name": "committed"}, [("INVALID_NAME", ["input", "name"])]),
        ([row(MUG, 1, 6)], {"reason": "because"}, [("INVALID_REASON", ["input", "reason"])]),
        (
            [row(MUG, 1, 6)],
            {"referenceDocumentUri": "run 1"},
            [("INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"])],
        ),
        (
            [row(("9", "9"), 1, 6, 42), row(MUG, 1, 6)],
            {},
            [
                ("INVALID_INVENTORY_ITEM", [*PATH, "0", "inventoryItemId"]),
                ("INVALID_LOCATION", [*PATH, "0", "locationId"]),
            ],
        ),
        (
            [row(MUG, 1, 6), row(TEE, 1, 10), row(MUG, 2, 6)],
            {},
            [
                ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", [*PATH, "0", "locationId"]),
                ("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", [*PATH, "2", "locationId"]),
            ],
        ),
        ([row(MUG, -1, 6)], {"name": "on_hand"}, [("INVALID_QUANTITY_NEGATIVE", [*PATH, "0", "quantity"])]),
        ([row(MUG, -1_000_000_001, 6)], {}, [("INVALID_QUANTITY_TOO_LOW", [*PATH, "0", "quantity"])]),
        ([row(MUG, 1_000_000_001, 6)], {}, [("INVALID_QUANTITY_TOO_HIGH", [*PATH, "0", "quantity"])]),
    ],
)
def test_faults_of_a_set_are_told_by_field_and_change_nothing(
    site: Site, rows: list[dict], other: dict, wanted: list
) -> None:
    """Each with its code and its path of texts."""
    assert errors(site.set("k", *rows, **other)) == wanted
    assert site.quantities(MUG)["available"] == 6
    assert site.shop.effects == []


def test_the_words_of_a_fault_are_the_recorded_ones(site: Site) -> None:
    """Limits with thousands separated, reasons in full."""
    high = site.set("a", row(MUG, 1_000_000_001, 6))["userErrors"][0]["message"]
    assert high == "The quantity can't be higher than 1,000,000,000."
    reason = site.set("b", row(MUG, 1, 6), reason="x")["userErrors"][0]["message"]
    assert reason.startswith("The specified reason is invalid. Valid values are: correction, cycle_count_available, ")


def test_a_listing_that_fails_takes_no_number(site: Site) -> None:
    """NON_MUTABLE_INVENTORY_ITEM, as for the parent of a bundle; a draft takes numbers like any other."""
    site.shop.set_state(site.now, TEE, ListingState.UNLISTED)
    site.shop.set_state(site.now, MUG, ListingState.ERROR)
    wanted = [("NON_MUTABLE_INVENTORY_ITEM", [*PATH, "1", "inventoryItemId"])]
    assert errors(site.set("a", row(TEE, 1, 10), row(MUG, 1, 6))) == wanted
    assert site.set("b", row(TEE, 1, 10))["userErrors"] == []


def test_any_location_can_be_set_since_2026_10(site: Site) -> None:
    """Before that an item has to be stocked there: by `inventoryActivate`, which wants a key as well."""
    wanted = [("ITEM_NOT_STOCKED_AT_LOCATION", [*PATH, "0", "locationId"])]
    assert errors(site.set("a", row(MUG, 3, 0, THERE), version="2026-07")) == wanted
    assert site.set("b", row(MUG, 3, 0, THERE))["userErrors"] == []
    assert site.quantities(MUG, THERE)["available"] == 3
    site.shop.add("900", "9001", "NEW", 1, site.now)
    new = ("900", "9001")
    text = """mutation A($item: ID!, $to: ID!) {
              inventoryActivate(inventoryItemId: $item, locationId: $to, available: 2) @idempotent(key: "act")
              { inventoryLevel { location { name } } userErrors { field message } } }"""
    activated = site.data(text, "2026-07", item=item_gid(new), to=gid("Location", THERE))["inventoryActivate"]
    assert activated == {"inventoryLevel": {"location": {"name": "Warehouse"}}, "userErrors": []}
    assert site.set("c", row(new, 5, 2, THERE), version="2026-07")["userErrors"] == []
    gone = site.data(text, item=item_gid(new), to=gid("Location", 5))["inventoryActivate"]
    assert gone["userErrors"][0]["field"] == ["locationId"]


def test_a_closed_location_is_none(site: Site) -> None:
    """INVALID_LOCATION once it is deactivated."""
    site.shop.set_option(site.now, "inactive", "Warehouse=Shop location")
    assert errors(site.set("a", row(TEE, 3, 4, THERE))) == [("INVALID_LOCATION", [*PATH, "0", "locationId"])]


def test_251_rows_are_refused_before_anything(site: Site) -> None:
    """A top-level error; 250 rows are taken."""
    for number in range(20_000, 20_251):
        site.shop.add("900", str(number), f"S{number}", 1, site.now)
    rows = [row(("900", str(number)), 2, 1) for number in range(20_000, 20_251)]
    body = site.ask("set", key="a", input=set_input(*rows))
    assert body["errors"][0]["path"] == ["inventorySetQuantities", "input", "quantities"]
    assert "data" not in body
    assert site.set("b", *rows[:250])["userErrors"] == []
    assert sum(listing.levels[HERE].quantity("available") for listing in site.shop.products["900"]) == 501


def test_ids_of_other_things_are_no_ids_of_these(site: Site) -> None:
    """RESOURCE_NOT_FOUND at the field, nothing applied."""
    wrong = {**row(MUG, 1, 6), "inventoryItemId": gid("ProductVariant", 8001)}
    body = site.ask("set", key="a", input=set_input(wrong))
    assert body["errors"][0]["message"] == "Invalid id: gid://shopify/ProductVariant/8001"
    assert body["data"] == {"inventorySetQuantities": None}


# What a version wants to be told


def test_what_is_changed_from_has_to_be_said_since_2026_04(site: Site) -> None:
    """INVALID_FIELD_ARGUMENTS, data null, before the key is asked for; null is said, leaving out is not."""
    bare = {name: value for name, value in row(MUG, 1, 6).items() if name != "changeFromQuantity"}
    for version in ("2026-04", "2026-07", "2026-10"):
        body = site.ask("set", version, key="a", input=set_input(bare))
        (error,) = body["errors"]
        assert error["message"] == "InventoryQuantityInput must include the following argument: changeFromQuantity."
        assert error["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
        assert (error["path"], body["data"]) == (["inventorySetQuantities"], {"inventorySetQuantities": None})
        assert body["extensions"]["cost"]["requestedQueryCost"] == 13
        assert body["extensions"]["cost"]["actualQueryCost"] == 10
    delta = {name: value for name, value in change(MUG, 1, 6).items() if name != "changeFromQuantity"}
    given_input = {"name": "available", "reason": "correction", "changes": [delta]}
    body = site.ask("adjust", key="b", input=given_input)
    assert body["errors"][0]["message"].startswith("InventoryChangeInput must include")


KEYLESS = """mutation S($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) {
    inventoryAdjustmentGroup { id } userErrors { code field message } } }"""


def test_a_key_has_to_be_given_since_2026_04(site: Site) -> None:
    """BAD_REQUEST without the directive on the field; before that it may be left out."""
    for version in ("2026-04", "2026-07", "2026-10"):
        body = site.ask(KEYLESS, version, input=set_input(row(MUG, 1, 6)))
        (error,) = body["errors"]
        assert error["message"] == "The @idempotent directive is required for this mutation but was not provided."
        assert (error["extensions"], body["data"]) == ({"code": "BAD_REQUEST"}, {"inventorySetQuantities": None})
    assert "errors" in site.ask("set", key=" ", input=set_input(row(MUG, 1, 6)))
    assert site.data(KEYLESS, "2026-01", input=set_input(row(MUG, 1, 6)))["inventorySetQuantities"]["userErrors"] == []
    assert site.quantities(MUG)["available"] == 1


def test_the_old_way_of_comparing_is_known_to_2026_01_alone(site: Site) -> None:
    """compareQuantity in every row, or ignoreCompareQuantity; later versions do not know the fields."""

    def old(compare: object = ..., **other: object) -> dict:
        one = {name: value for name, value in row(MUG, 1, None).items() if name != "changeFromQuantity"}
        if compare is not ...:
            one["compareQuantity"] = compare
        return set_input(one, **other)

    def ask(given_input: dict) -> list[tuple[str, list[str] | None]]:
        return errors(site.data(KEYLESS, "2026-01", input=given_input)["inventorySetQuantities"])

    assert ask(old()) == [("COMPARE_QUANTITY_REQUIRED", ["input", "ignoreCompareQuantity"])]
    assert ask(old(5)) == [("COMPARE_QUANTITY_STALE", None)]
    assert site.quantities(MUG)["available"] == 6
    site.data(KEYLESS, "2026-01", input=old(6))
    assert site.quantities(MUG)["available"] == 1
    site.data(KEYLESS, "2026-01", input={**old(ignoreCompareQuantity=True)})
    assert ask(set_input(row(MUG, 2, 9))) == [("CHANGE_FROM_QUANTITY_STALE", None)]
    body = site.ask("set", key="a", input=old(1, ignoreCompareQuantity=True))
    told = [problem["path"] for problem in body["errors"][0]["extensions"]["problems"]]
    assert told == [["ignoreCompareQuantity"], ["quantities", 0, "compareQuantity"]]


# Keys


def test_a_repeated_key_answers_again_and_does_nothing_again(site: Site) -> None:
    """The same group, though the world went on; after a day the key is new."""
    first = site.set("k", row(MUG, 9, 6))
    site.shop.place(site.now, [(*MUG, 1)])
    assert site.set("k", row(MUG, 9, 6)) == first
    assert site.quantities(MUG)["available"] == 8
    site.advance(hours=24)
    assert errors(site.set("k", row(MUG, 9, 6))) == [("CHANGE_FROM_QUANTITY_STALE", None)]


def test_a_key_is_for_one_set_of_parameters(site: Site) -> None:
    """Other parameters, and another mutation, are a mismatch and do nothing."""
    site.set("k", row(MUG, 9, 6))
    assert errors(site.set("k", row(MUG, 8, 9))) == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]
    assert errors(adjust(site, "k", change(MUG, 1, 9))) == [("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None)]
    assert site.quantities(MUG)["available"] == 9


def test_the_key_of_a_failed_call_is_used_up(site: Site) -> None:
    """Even if it would go well now; a new key works."""
    assert errors(site.set("k", row(MUG, 9, 5))) == [("CHANGE_FROM_QUANTITY_STALE", None)]
    site.shop.edit(site.now, MUG, 5)
    assert errors(site.set("k", row(MUG, 9, 5))) == [("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None)]
    assert site.set("new", row(MUG, 9, 5))["userErrors"] == []


def test_a_throttled_call_does_not_use_its_key(site: Site) -> None:
    """It did not happen: the same key works once there are points again."""
    site.shop.set_option(site.now, "plan", "standard")
    site.sandbox.shops["shopify"].face.desk.points().configure(1.0, 12.0)  # type: ignore[attr-defined]
    assert site.ask("set", key="k", input=set_input(row(MUG, 9, 6)))["errors"][0]["message"] == "Throttled"
    site.sandbox.shops["shopify"].face.desk.points().configure(1.0, 20.0)  # type: ignore[attr-defined]
    assert site.set("k", row(MUG, 9, 6))["userErrors"] == []


# Adjusting


def test_an_adjustment_moves_one_name_and_its_mirror(site: Site) -> None:
    """Parts of on_hand are mirrored there; incoming stands alone; a document accounts for what is not available."""
    on_hand = [("available", -2, None), ("on_hand", -2, None)]
    payload = adjust(site, "a", change(MUG, -2, 6))
    assert payload["userErrors"] == []
    changes = payload["inventoryAdjustmentGroup"]["changes"]
    assert [(one["name"], one["delta"], one["quantityAfterChange"]) for one in changes] == on_hand
    ledger = {"ledgerDocumentUri": "ledger://1"}
    reserved = adjust(site, "b", change(MUG, 3, 0, **ledger), name="reserved")["inventoryAdjustmentGroup"]["changes"]
    assert [one["name"] for one in reserved] == ["reserved", "on_hand"]
    incoming = adjust(site, "c", change(MUG, 5, 0, **ledger), name="incoming")["inventoryAdjustmentGroup"]["changes"]
    assert [one["name"] for one in incoming] == ["incoming"]
    assert site.quantities(MUG) == {"available": 4, "committed": 0, "reserved": 3, "on_hand": 7}


CHANGES = ["input", "changes"]


@pytest.mark.parametrize(
    ("name", "changes", "wanted"),
    [
        ("on_hand", [change(MUG, 1, 6)], [("INVALID_QUANTITY_NAME", ["input", "name"])]),
        ("committed", [change(MUG, 1, 6)], [("INVALID_QUANTITY_NAME", ["input", "name"])]),
        ("available", [change(MUG, 1, 5)], [("CHANGE_FROM_QUANTITY_STALE", None)]),
        (
            "damaged",
            [change(MUG, 1, 0)],
            [("INVALID_QUANTITY_DOCUMENT", [*CHANGES, "0", "ledgerDocumentUri"])],
        ),
        (
            "available",
            [change(MUG, 1, 6, ledgerDocumentUri="ledger://1")],
            [("INVALID_AVAILABLE_DOCUMENT", [*CHANGES, "0", "ledgerDocumentUri"])],
        ),
        (
            "damaged",
            [change(MUG, 1, 0, ledgerDocumentUri="gid://shopify/Order/1")],
            [("INTERNAL_LEDGER_DOCUMENT", [*CHANGES, "0", "ledgerDocumentUri"])],
        ),
        (
            "damaged",
            [change(MUG, 1, 0, ledgerDocumentUri="ledger://1"), change(TEE, 1, 0, ledgerDocumentUri="ledger://2")],
            [("MAX_ONE_LEDGER_DOCUMENT", CHANGES)],
        ),
        (
            "available",
            [change(("9", "9"), 1, 6)],
            [("INVALID_INVENTORY_ITEM", [*CHANGES, "0", "inventoryItemId"])],
        ),
        (
            "available",
            [change(TEE, 1, 10), change(MUG, 2_000_000_000, 6)],
            [("INVALID_QUANTITY_TOO_HIGH", [*CHANGES, "1", "delta"])],
        ),
    ],
)
def test_faults_of_an_adjustment(site: Site, name: str, changes: list[dict], wanted: list) -> None:
    """By code and field; nothing is moved."""
    assert errors(adjust(site, "k", *changes, name=name)) == wanted
    assert (site.quantities(MUG)["on_hand"], site.quantities(TEE)["on_hand"]) == (6, 10)


def test_changes_of_nothing_are_left_out(site: Site) -> None:
    """All zero: no group and no error; mixed: only what moved."""
    assert adjust(site, "a", change(MUG, 0, 6)) == {"inventoryAdjustmentGroup": None, "userErrors": []}
    mixed = adjust(site, "b", change(MUG, 0, 6), change(TEE, 2, 10))["inventoryAdjustmentGroup"]["changes"]
    assert {one["item"]["id"] for one in mixed} == {item_gid(TEE)}


def test_changes_can_be_asked_for_by_what_they_touch(site: Site) -> None:
    """By name, item and location."""
    text = """mutation S($input: InventorySetQuantitiesInput!, $items: [ID!]) { inventorySetQuantities(input: $input)
      @idempotent(key: "k") { inventoryAdjustmentGroup {
        a: changes(quantityNames: ["available"]) { name } b: changes(inventoryItemIds: $items) { name }
        c: changes(locationIds: ["gid://shopify/Location/5"]) { name } } } }"""
    given_input = set_input(row(MUG, 1, 6), row(TEE, 1, 10))
    group = site.data(text, input=given_input, items=[item_gid(TEE)])["inventorySetQuantities"]
    shown = {name: [one["name"] for one in part] for name, part in group["inventoryAdjustmentGroup"].items()}
    assert shown == {"a": ["available", "available"], "b": ["available", "on_hand"], "c": []}


def test_what_an_app_may_not_write_is_denied(site: Site) -> None:
    """write_inventory; nothing happens and the key is not used."""
    site.shop.set_option(site.now, "scopes", "read_inventory")
    body = site.ask("set", key="k", input=set_input(row(MUG, 1, 6)))
    assert body["errors"][0]["extensions"]["requiredAccess"] == "`write_inventory` access scope."
    assert body["data"] == {"inventorySetQuantities": None}
    site.shop.set_option(site.now, "scopes", "write_inventory")
    assert site.set("k", row(MUG, 1, 6))["userErrors"] == []


ROWS = st.lists(
    st.tuples(st.sampled_from([TEE, MUG]), st.sampled_from([HERE, THERE]), st.integers(-3, 20), st.booleans()),
    min_size=1,
    max_size=3,
)


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_a_call_is_carried_out_whole_or_not_at_all(rows: list) -> None:
    """Whatever the rows: without an error every number is as asked, with one every number is as it was."""
    site = Site()

    def shown(key: tuple[str, str], location: int) -> int:
        level = site.shop.variants[key[1]].levels.get(location)
        return level.quantity("available") if level is not None else 0

    before = {(key, location): shown(key, location) for key in (TEE, MUG) for location in (HERE, THERE)}
    asked = [row(key, number, before[key, location] + (not right), location) for key, location, number, right in rows]
    payload = site.set("k", *asked)
    after = {spot: shown(*spot) for spot in before}
    if payload["userErrors"]:
        assert after == before
        assert site.shop.effects == []
    else:
        assert after == {**before, **{(key, location): number for key, location, number, _ in rows}}
