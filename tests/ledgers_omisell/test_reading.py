"""What of Omisell becomes stock and movements, by the names that the configuration gives."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault, UsageFault
from stockrecon.ledgers.omisell.formula import SIGNS, Formula
from tests.erp.wire import Asked, Fault, Told
from tests.ledgers_erpnext.fakes import available, moves
from tests.ledgers_omisell.house import (
    ALL_PATHS,
    CORRECTING,
    FIELDS,
    MOVEMENT_FIELDS,
    NOW,
    PATHS,
    STOCK,
    House,
    Row,
    ledger,
    rows,
)


def test_stock_is_read_by_the_configured_names(house: House, address: str, tmp_path: Path) -> None:
    """SKUs are exact, available may be negative, and every page is read."""
    house.served = 2
    for code, free in (("00123", 40), ("b ", 0), ("é", -2)):
        house.item(code, free)
    read = ledger(house, address).read(tmp_path, NOW)
    assert (read.type, read.as_of) == ("omisell", NOW)
    assert available(rows(house, address, tmp_path / "x")) == {"00123": 40, "A": 5, "b ": 0, "é": -2}


def test_the_two_knobs_are_part_of_available(house: House, address: str, tmp_path: Path) -> None:
    """Buffer stock comes off and supplementary stock on, where the formula says so."""
    house.item("B", 0, stock={"total": 30, "booked": 4, "safe": 5, "bonus": 10})
    house.stock.pop("A")
    fields = {"sku": "code", "on_hand": "stock.total", "held": "stock.booked"}
    fields |= {"buffer": "stock.safe", "supplementary": "stock.bonus"}

    def found(formula: str) -> int:
        return available(rows(house, address, tmp_path / "x", fields=fields, available=formula))["B"]

    assert found("on_hand - held") == 26
    assert found("on_hand - held - buffer") == 21
    assert found("on_hand - held - buffer + supplementary") == 31


@pytest.mark.parametrize(
    "text",
    [
        "",
        "on_hand - nothing",
        "held",
        "available - held",
        "available + available",
        "on_hand + held",
        "available +",
        "-on_hand",
    ],
)
def test_formulas_that_cannot_be_meant(text: str) -> None:
    """Unknown names, signs against their meaning, something twice, neither or both of the two numbers to begin with."""
    with pytest.raises(UsageFault, match=r"ledger\.available"):
        Formula.read(text)


@given(
    st.permutations(["held", "buffer", "supplementary"]), st.integers(0, 3), st.lists(st.integers(0, 999), min_size=4)
)
def test_a_formula_is_the_sum_of_its_signed_names(names: list[str], count: int, numbers: list[int]) -> None:
    """In whatever order they are written; and it is written as it was read."""
    chosen = ["on_hand", *names[:count]]
    row: dict[str, object] = {name: numbers[place] for place, name in enumerate(chosen)}
    text = "on_hand" + "".join(f" {'-' if SIGNS[name] < 0 else '+'} {name}" for name in chosen[1:])
    formula = Formula.read(text)
    wanted = sum(SIGNS[name] * numbers[place] for place, name in enumerate(chosen))
    assert (formula.of(row, {name: name for name in chosen}, "x"), str(formula)) == (wanted, text)


def test_a_missing_number_is_never_0(house: House, address: str, tmp_path: Path) -> None:
    """The fault names the SKU, the field, and where it is looked up; nothing is read in part."""
    house.stock["A"]["qty"]["free"] = None
    with pytest.raises(ReadFault, match=r"stock of A: available \(qty\.free\) is not there") as told:
        ledger(house, address).read(tmp_path, NOW)
    assert "developers.omisell.com" in told.value.way_on
    for odd in ("many", 1.5, True):
        house.stock["A"]["qty"]["free"] = odd
        with pytest.raises(ReadFault, match="not a whole number"):
            ledger(house, address).read(tmp_path, NOW)


def test_variants_inside_of_rows(house: House, address: str, tmp_path: Path) -> None:
    """Each is a SKU; what stands around it counts for it too."""
    house.stock.clear()
    house.stock["x"] = {"place": "HN", "variants": [{"code": "B", "free": 1}, {"code": "C", "free": 2}]}
    fields = {"rows": "variants", "sku": "code", "available": "free", "warehouse": "place"}
    found = rows(house, address, tmp_path / "x", fields=fields, warehouses=["HN"])
    assert available(found) == {"B": 1, "C": 2}


def test_warehouses_are_summed_or_left_out(house: House, address: str, tmp_path: Path) -> None:
    """Of those that are named; a SKU that stands twice without a warehouse is a fault, not a sum."""
    house.stock = {str(place): {"code": "A", "free": place, "place": f"W{place}"} for place in (1, 2, 4)}
    fields = {"sku": "code", "available": "free"}
    with pytest.raises(ReadFault, match="A stands twice") as told:
        ledger(house, address, fields=fields).read(tmp_path, NOW)
    assert "ledger.fields.warehouse" in told.value.way_on
    named = {**fields, "warehouse": "place"}
    assert available(rows(house, address, tmp_path / "a", fields=named, warehouses=["W1", "W4"])) == {"A": 5}
    assert available(rows(house, address, tmp_path / "b", fields=named)) == {"A": 7}


@pytest.mark.parametrize("missing", ["results", "count", "next"])
def test_a_list_without_its_end_is_a_fault(house: House, address: str, tmp_path: Path, missing: str) -> None:
    """Rows, their number and the mark of the end have to be there, or nobody knows that it is all."""
    page = house._page

    def without(*args: Any) -> Any:
        told = page(*args)
        told.document["data"].pop(missing)
        return told

    house._page = without  # type: ignore[method-assign, assignment]
    with pytest.raises(ReadFault, match=missing):
        ledger(house, address).read(tmp_path, NOW)


def test_fewer_rows_than_are_counted_are_a_fault(house: House, address: str, tmp_path: Path) -> None:
    """After three tries; a list that only moved while it was read is read again."""
    page, wrong = house._page, 99

    def lying(*args: Any) -> Any:
        nonlocal wrong
        told = page(*args)
        told.document["data"]["count"] += 1 if wrong > 0 else 0
        wrong -= 1
        return told

    house._page = lying  # type: ignore[method-assign, assignment]
    with pytest.raises(ReadFault, match="counts 2 rows and gave 1, 3 times"):
        ledger(house, address, orders="none").read(tmp_path, NOW)
    wrong = 2
    assert available(rows(house, address, tmp_path / "x", orders="none")) == {"A": 5}


def test_a_row_that_leaves_while_pages_are_read_hides_no_other(house: House, address: str, tmp_path: Path) -> None:
    """An order that changes is not in the asked span any more, and the next one steps onto the page that was read."""
    house.served = 2
    house.advance(hours=-2)
    names = [house.order(f"S{number}", {"A": 1}) for number in range(4)]
    house.advance(hours=2)
    page = house._page

    def changing(asked: Asked, found: list[Row]) -> Told:
        told = page(asked, found)
        if "updated_from" in asked.query and names:
            house.advance(seconds=5)
            house.orders[names.pop(0)]["updated_time"] = int(house.now.timestamp())
            names.clear()
        return told

    house._page = changing  # type: ignore[method-assign]
    found = rows(house, address, tmp_path / "x")
    assert sorted(row["order_id"] for row in found["movements"]) == ["S0", "S1", "S2", "S3"]


def test_an_order_that_changes_twice_in_a_second_is_read_twice(house: House, address: str, tmp_path: Path) -> None:
    """Omisell tells whole seconds: a cancellation within the second of the last look is none the less one."""
    name = house.order("S1", {"A": 1})
    came: list[str] = []

    def cancelled(served: House) -> None:
        if not came:
            came.append(name)
            served.cancel(name)

    house.on_stock = cancelled
    assert [row[2] for row in moves(rows(house, address, tmp_path / "x"))] == ["order", "cancel"]


def test_a_balance_is_a_number_or_nothing(house: House, address: str, tmp_path: Path) -> None:
    """`3.0` is one, an empty one is unknown, and another thing is a fault that names the movement."""
    house.move("A", -2)
    house.moves[0]["after"] = 3.0
    house.move("A", 1)
    house.moves[1]["after"] = None
    found = rows(house, address, tmp_path / "x", **CORRECTING)
    assert [row["balance"] for row in found["movements"]] == ["3", ""]
    house.moves[1]["after"] = "3,5"
    with pytest.raises(ReadFault, match=r"movement M2: balance \(after\) is not a whole number"):
        ledger(house, address, **CORRECTING).read(tmp_path, house.now)


def test_orders_become_movements(house: House, address: str, tmp_path: Path) -> None:
    """At the time Omisell made them, of the shop that its id stands for, kits as what they are made of; what was
    cancelled came back."""
    house.item("B", 9)
    house.order("S1", {"A": 1, "B": 2})
    house.advance(minutes=5)
    gone = house.order("S2", {"A": 1}, shop_id=8)
    house.advance(minutes=5)
    house.cancel(gone)
    found = rows(house, address, tmp_path / "x")
    assert moves(found) == [
        ("A", -1, "order", "S1", "shopee-vn"),
        ("B", -2, "order", "S1", "shopee-vn"),
        ("A", -1, "order", "S2", ""),
        ("A", 1, "cancel", "S2", ""),
    ]
    assert available(found) == {"A": 4, "B": 7}


def test_orders_that_are_no_evidence(house: House, address: str, tmp_path: Path) -> None:
    """Older than what is read, of an unknown SKU, in a state that takes nothing; or none is read at all."""
    house.advance(days=-5)
    old = house.order("OLD", {"A": 1})
    house.advance(days=5)
    house.orders[old]["updated_time"] = int(house.now.timestamp())
    house.order("DRAFT", {"A": 1}, status=100)
    house.orders["OMI-X"] = {**house.orders[old], "omisell_order_number": "OMI-X", "parcels": []}
    found = rows(house, address, tmp_path / "x", statuses={"100": "none"})
    assert found["movements"] == []
    assert "movements" not in rows(house, address, tmp_path / "y", orders="none")
    assert not any("order" in call for call in house.calls[-2:])


def test_a_state_that_nobody_explained_is_a_fault(house: House, address: str, tmp_path: Path) -> None:
    """All of them at once, with the line to write; explained, it is read."""
    house.order("S1", {"A": 1}, status=210)
    house.order("S2", {"A": 1}, status=220)
    with pytest.raises(ReadFault, match=r"210 \(state 210\), 220 \(state 220\)") as told:
        ledger(house, address).read(tmp_path, NOW)
    assert 'ledger.statuses: {"210": taken}' in told.value.way_on
    found = rows(house, address, tmp_path / "x", statuses={"210": "taken", "220": "cancelled"})
    assert [row[2] for row in moves(found)] == ["order", "order", "cancel"]


def test_an_order_that_comes_while_stock_is_read(house: House, address: str, tmp_path: Path) -> None:
    """Stock is read again until no order came in between; where they never stop, it is said."""
    came: list[str] = []

    def sold(served: House) -> None:
        if len(came) < most:
            came.append(served.order(f"S{len(came)}", {"A": 1}))

    house.on_stock, most = sold, 1
    found = rows(house, address, tmp_path / "x")
    assert (available(found), len(moves(found))) == ({"A": 4}, 1)
    came.clear()
    house.orders.clear()
    most = 99
    read = ledger(house, address).read(tmp_path, NOW)
    assert len(came) == 3
    assert "kept coming" in read.warnings[0]


def test_movements_are_read_where_they_are_configured(house: House, address: str, tmp_path: Path) -> None:
    """In place of orders, between the times that the path asks for, with our own corrections told apart."""
    house.move("A", -1, "order", order_no="S1", shop=7)
    house.move("A", 2, "adjust")
    house.move("A", -1, memo="stockrecon:A:9")
    found = rows(house, address, tmp_path / "x", **CORRECTING)
    assert [(row["kind"], row["quantity"], row["balance"], row["ref"]) for row in found["movements"]] == [
        ("order", "-1", "4", ""),
        ("manual", "2", "6", ""),
        ("correction", "-1", "5", "stockrecon:A:9"),
    ]
    assert moves(found)[0] == ("A", -1, "order", "S1", "shopee-vn")
    assert not any("order/list" in call for call in house.calls)


def test_movements_of_other_warehouses_are_none(house: House, address: str, tmp_path: Path) -> None:
    """Where some warehouses count, a movement says which it was in, or it is a fault."""
    house.stock["A"]["place"] = "W1"
    house.move("A", -2, where="W1")
    house.move("A", 3, where="W2")
    more: dict[str, Any] = {**CORRECTING, "fields": {**FIELDS, "warehouse": "place"}, "warehouses": ["W1"]}
    with pytest.raises(UsageFault, match=r"ledger\.movement_fields\.warehouse: missing"):
        ledger(house, address, **more)
    more["movement_fields"] = {**MOVEMENT_FIELDS, "warehouse": "where"}
    assert [row["quantity"] for row in rows(house, address, tmp_path / "x", **more)["movements"]] == ["-2"]
    house.moves[1]["where"] = None
    with pytest.raises(ReadFault, match=r"movement M2: warehouse \(where\) is empty"):
        ledger(house, address, **more).read(tmp_path, house.now)


def test_kinds_that_nobody_explained_are_a_fault(house: House, address: str, tmp_path: Path) -> None:
    """All at once, with what may be written."""
    house.move("A", 1, "stocktaking")
    house.move("A", 1, "")
    with pytest.raises(ReadFault, match=r"\(empty\), stocktaking") as told:
        ledger(house, address, **CORRECTING).read(tmp_path, NOW)
    assert "ledger.kinds" in told.value.way_on


def test_times_as_text_need_a_zone(house: House, address: str, tmp_path: Path) -> None:
    """Unix seconds or milliseconds need none; a time without an offset is of the configured zone."""
    house.move("A", 1)
    house.moves[0]["time"] = "2026-11-11 12:00:00"
    low = {**ALL_PATHS, "movements": "/open/moves?from=0&to=0"}
    house._read = lambda asked: house._page(asked, house.moves if "moves" in asked.path else list(house.stock.values()))  # type: ignore[method-assign]
    more = {**CORRECTING, "paths": low}
    with pytest.raises(ReadFault, match="movement M1: at"):
        ledger(house, address, **more).read(tmp_path, NOW)
    found = rows(house, address, tmp_path / "x", **more, zone="Asia/Ho_Chi_Minh")
    assert found["movements"][0]["at"].startswith("2026-11-11T05:00:00")
    house.moves[0]["time"] = int(NOW.timestamp() * 1000)
    assert rows(house, address, tmp_path / "y", **more)["movements"][0]["at"].startswith("2026-11-11T06:00:00")


def test_reading_again(house: House, address: str) -> None:
    """One by one where a path is named, else by the whole list; what is gone is left out."""
    house.item("a/b", 3)
    wanted = [Sku("A"), Sku("a/b"), Sku("gone")]
    assert ledger(house, address).reread(wanted) == {"A": 5, "a/b": 3}
    assert ledger(house, address, paths={"stock": STOCK}).reread(wanted) == {"A": 5, "a/b": 3}
    assert ledger(house, address).reread([]) == {}
    house.calls.clear()
    assert ledger(house, address).reread(wanted[:2]) == {"A": 5, "a/b": 3}
    assert f"GET {STOCK}" not in house.calls


def test_a_path_for_one_sku_that_gives_none_is_a_fault(house: House, address: str) -> None:
    """A SKU that the list has is not taken for one that is gone."""
    with pytest.raises(ReadFault, match=r"paths\.sku does not give A, which paths\.stock lists") as told:
        ledger(house, address, paths={**PATHS, "sku": "/open/other/{sku}"}).reread([Sku("A")])
    assert "ledger.paths.sku" in told.value.way_on


def test_passing_faults_do_not_end_a_reading(house: House, address: str, tmp_path: Path) -> None:
    """A lost connection, half an answer, a proxy's page, too many requests."""
    for kind in ("drop-before", "drop-after", "truncate", "garbage", "status", "throttle"):
        house.faults.append(Fault(kind, STOCK, headers={"Retry-After": "7"}))
        assert available(rows(house, address, tmp_path / "x")) == {"A": 5}
        assert all(fault.times == 0 for fault in house.faults)
    assert any(7 <= seconds < 8 for seconds in house.slept)


def test_history_is_as_long_as_configured(house: House, address: str, tmp_path: Path) -> None:
    """Orders before it are not asked for."""
    house.order("S1", {"A": 1})
    house.advance(days=2)
    assert len(rows(house, address, tmp_path / "x")["movements"]) == 1
    assert rows(house, address, tmp_path / "y", history=timedelta(days=1))["movements"] == []


def test_movement_fields_need_no_optional_one(house: House, address: str, tmp_path: Path) -> None:
    """Without fields for shop, order, balance and reference, these are not told."""
    house.move("A", -1, "order", memo="stockrecon:A:1")
    fields = {name: path for name, path in MOVEMENT_FIELDS.items() if name in ("id", "sku", "at", "quantity", "kind")}
    found = rows(house, address, tmp_path / "x", **{**CORRECTING, "movement_fields": fields, "fields": FIELDS})
    assert moves(found) == [("A", -1, "order", "", "")]
    assert PATHS["stock"] == STOCK
