"""What stands in Odoo becomes the ledger's tables, over both protocols and through every generation's field names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.errors import DataFault, ReadFault
from tests.ledgers_odoo.conftest import Make, rows, stock
from tests.ledgers_odoo.fake import (
    CUSTOMERS,
    LOSS,
    OTHER,
    OUTPUT,
    PRODUCTION,
    SHELF,
    START,
    STOCK,
    SUPPLIERS,
    FakeOdoo,
    later,
)


@pytest.mark.parametrize(("available", "units"), [("free", 7), ("promised", -3), ("on_hand", 10)])
def test_available_is_what_the_configuration_says(
    odoo: FakeOdoo, ledger: Make, tmp_path: Path, available: str, units: int
) -> None:
    """Free takes off what is reserved, promised every open transfer out, reserved or not; on hand nothing."""
    shirt = odoo.product("00123")
    odoo.quant(shirt, 6, reserved=3)
    odoo.quant(shirt, 4, place=SHELF)
    odoo.quant(shirt, 50, place=OTHER)
    odoo.move(shirt, 3, STOCK, CUSTOMERS, "assigned")
    odoo.move(shirt, 10, STOCK, CUSTOMERS, "confirmed")
    odoo.move(shirt, 99, STOCK, CUSTOMERS, "draft")
    odoo.move(shirt, 99, SUPPLIERS, STOCK, "assigned")
    opened = ledger(odoo, available=available)
    assert stock(opened, odoo, tmp_path) == {"00123": units}
    assert opened.reread(["00123", "nothing"]) == {"00123": units}


def test_the_places_that_are_chosen_count(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Warehouses by their codes, locations by their full names, without either everything of the company."""
    shirt = odoo.product("a")
    for place, units in ((STOCK, 1), (SHELF, 2), (OUTPUT, 4), (OTHER, 8), (CUSTOMERS, 100)):
        odoo.quant(shirt, units, place=place)
    assert stock(ledger(odoo), odoo, tmp_path) == {"a": 7}
    assert stock(ledger(odoo, warehouses=()), odoo, tmp_path) == {"a": 15}
    assert stock(ledger(odoo, locations=("WH/Stock",)), odoo, tmp_path) == {"a": 3}
    with pytest.raises(ReadFault, match="warehouses: Odoo has no NOWHERE that we may see; it has OTHER, WH"):
        ledger(odoo, warehouses=("NOWHERE",)).read(tmp_path, odoo.now)


def test_what_is_sold_is_known_by_its_internal_reference(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Exactly as it is written; products without one, services and archived products have no row."""
    for sku in ("00123", "a", "A", 'đ,"q"'):
        odoo.quant(odoo.product(sku), 1)
    odoo.quant(odoo.product(False), 5)
    odoo.product("service", **({"is_storable": False} if odoo.major >= 18 else {"type": "service"}))
    odoo.product("old", active=False)
    odoo.product("none yet")
    opened = ledger(odoo)
    assert stock(opened, odoo, tmp_path) == {"00123": 1, "a": 1, "A": 1, 'đ,"q"': 1, "none yet": 0}
    (line,) = [line for line in opened.check() if "no internal reference" in line.text]
    assert line.text == "1 products have no internal reference and take no part"


def test_two_products_of_one_reference_are_bad_input(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Both are named, so that the seller finds them."""
    first, second = odoo.product("a", display_name="Red"), odoo.product("a", display_name="Blue")
    with pytest.raises(DataFault) as caught:
        ledger(odoo).read(tmp_path, odoo.now)
    assert f"'a' stands for 2 products: Red (id {first}), Blue (id {second})" in caught.value.what


def sale(odoo: FakeOdoo, number: str, team: str = "Shopee Vietnam") -> int:
    order = odoo.add(
        "sale.order", name="S1", client_order_ref=number, date_order="2026-11-11 05:59:00", team_id=[3, team]
    )
    return odoo.add("sale.order.line", order_id=[order, "S1"])


def movements(odoo: FakeOdoo, ledger: Make, spool: Path, **options: object) -> list[tuple[str, ...]]:
    shops = {"shop_field": "team_id", "shops": {"shopee-vn": "Shopee Vietnam"}}
    found = rows(ledger(odoo, **{**shops, **options}), odoo, spool)["movements"]
    return [(row["quantity"], row["kind"], row["shop"], row["order_id"], row["ref"]) for row in found]


def test_an_order_takes_its_units_when_it_is_confirmed(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Sent or not; one that is cancelled gives them back. The shop and the marketplace's number are told."""
    shirt = odoo.product("a")
    odoo.move(shirt, 2, STOCK, CUSTOMERS, "assigned", sale_line_id=[sale(odoo, "A"), "L"])
    odoo.move(shirt, 1, STOCK, CUSTOMERS, "done", sale_line_id=[sale(odoo, "B"), "L"])
    gone = odoo.move(shirt, 3, STOCK, CUSTOMERS, "cancel", sale_line_id=[sale(odoo, "C", "Door"), "L"])
    odoo.tables["stock.move"][gone]["write_date"] = later(odoo, minutes=5)
    assert movements(odoo, ledger, tmp_path) == [
        ("-2", "order", "shopee-vn", "A", ""),
        ("-1", "order", "shopee-vn", "B", ""),
        ("-3", "order", "", "C", ""),
        ("3", "cancel", "", "C", ""),
    ]
    found = rows(ledger(odoo), odoo, tmp_path)["movements"]
    assert [(row["id"], row["at"]) for row in found[2:]] == [
        (str(gone), "2026-11-11T05:59:00Z"),
        (f"{gone}-cancel", "2026-11-11T06:05:00Z"),
    ]


def test_on_hand_changes_when_an_order_is_sent(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """So its movement is the sending, and a cancellation before it is none."""
    shirt = odoo.product("a")
    for state in ("assigned", "cancel", "done"):
        odoo.move(shirt, 2, STOCK, CUSTOMERS, state, sale_line_id=[sale(odoo, state), "L"])
    assert movements(odoo, ledger, tmp_path, available="on_hand") == [("-2", "order", "shopee-vn", "done", "")]


def test_every_other_move_has_its_kind(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Receipts, returns, adjustments, our own corrections, stocktakes, transfers; what stays inside is none."""
    shirt = odoo.product("a")
    ours = "stockrecon:a (b):77-cancel"
    for units, source, goal, more in (
        (9, SUPPLIERS, STOCK, {}),
        (2, STOCK, SUPPLIERS, {}),
        (1, CUSTOMERS, STOCK, {}),
        (3, LOSS, STOCK, {"is_inventory": True, "reference": "Product Quantity Updated"}),
        (4, STOCK, LOSS, {"is_inventory": True, "reference": "Count 11"}),
        (1, STOCK, LOSS, {"is_inventory": True, "reference": f"{ours} (Bot)"}),
        (5, OTHER, STOCK, {}),
        (6, STOCK, OTHER, {}),
        (7, STOCK, SHELF, {}),
        (2, PRODUCTION, STOCK, {}),
        (1, LOSS, STOCK, {"is_inventory": True, "reference": f"{ours} (Bot):undo (Ann)"}),
        (2, LOSS, STOCK, {"is_inventory": True, "reference": "Stockrecon: counted again"}),
        (0, LOSS, STOCK, {"is_inventory": True}),
    ):
        odoo.move(shirt, units, source, goal, **more)
    odoo.move(shirt, 50, SUPPLIERS, STOCK, "assigned")
    found = movements(odoo, ledger, tmp_path, stocktakes=("Count *",))
    assert [(row[0], row[1], row[4]) for row in found] == [
        ("9", "receipt", ""),
        ("-2", "receipt", ""),
        ("1", "return", ""),
        ("3", "manual", ""),
        ("-4", "stocktake", ""),
        ("-1", "correction", ours),
        ("5", "transfer", ""),
        ("-6", "transfer", ""),
        ("2", "receipt", ""),
        ("1", "correction", f"{ours}:undo"),
        ("2", "correction", ""),
    ]


@pytest.mark.parametrize("available", ["free", "promised"])
def test_an_order_in_several_steps_counts_once(odoo: FakeOdoo, ledger: Make, tmp_path: Path, available: str) -> None:
    """Since Odoo 18 the first step knows the goal and makes the next one when it is done; before, both are there."""
    shirt = odoo.product("a")
    odoo.quant(shirt, 10)
    line = [sale(odoo, "A"), "L"]
    if odoo.major >= 18:
        pick = odoo.move(shirt, 2, STOCK, OUTPUT, "done", location_final_id=[CUSTOMERS, "C"], sale_line_id=line)
        odoo.move(
            shirt,
            2,
            OUTPUT,
            CUSTOMERS,
            "assigned",
            location_final_id=[CUSTOMERS, "C"],
            move_orig_ids=[pick],
            sale_line_id=line,
        )
    else:
        pick = odoo.move(shirt, 2, STOCK, OUTPUT, "assigned", sale_line_id=line)
        odoo.move(shirt, 2, OUTPUT, CUSTOMERS, "waiting", move_orig_ids=[pick], sale_line_id=line)
    assert movements(odoo, ledger, tmp_path) == [("-2", "order", "shopee-vn", "A", "")]
    assert stock(ledger(odoo, available=available), odoo, tmp_path) == {"a": 8 if available == "promised" else 10}


def test_on_hand_takes_an_order_at_its_last_step(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Units in the packing zone are on hand: a movement for them would say that they are not."""
    shirt = odoo.product("a")
    odoo.quant(shirt, 8)
    odoo.quant(shirt, 2, place=OUTPUT)
    line = [sale(odoo, "A"), "L"]
    final = {"location_final_id": [CUSTOMERS, "C"]} if odoo.major >= 18 else {}
    pick = odoo.move(shirt, 2, STOCK, OUTPUT, "done", sale_line_id=line, **final)
    ship = odoo.move(shirt, 2, OUTPUT, CUSTOMERS, "assigned", move_orig_ids=[pick], sale_line_id=line, **final)
    assert stock(ledger(odoo, available="on_hand"), odoo, tmp_path) == {"a": 10}
    assert movements(odoo, ledger, tmp_path, available="on_hand") == []
    odoo.touch("stock.move", ship, state="done", quantity=2)
    assert movements(odoo, ledger, tmp_path, available="on_hand") == [("-2", "order", "shopee-vn", "A", "")]


def test_units_are_the_products_own(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """A dozen of which half was sent is six; parts of a unit do not count and are told."""
    shirt, rope = odoo.product("a"), odoo.product("rope")
    odoo.quant(shirt, 2.9999999999)
    odoo.quant(rope, 2.5)
    done = "quantity" if odoo.major >= 17 else "quantity_done"
    odoo.move(shirt, 12, STOCK, CUSTOMERS, "done", product_uom_qty=1, **{done: 0.5})
    opened = ledger(odoo)
    assert stock(opened, odoo, tmp_path) == {"a": 3, "rope": 2}
    assert movements(odoo, ledger, tmp_path) == [("-6", "order", "", "", "")]
    assert opened.read(tmp_path, odoo.now).warnings == (
        "parts of a unit do not count: available of 1 SKUs was rounded down",
    )


def test_movements_reach_back_as_far_as_configured(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """What is older is not among them, although an old order that is still open takes its units."""
    shirt = odoo.product("a")
    odoo.move(shirt, 5, SUPPLIERS, STOCK)
    odoo.move(shirt, 1, STOCK, CUSTOMERS, "assigned")
    later(odoo, days=3)
    odoo.move(shirt, 2, STOCK, CUSTOMERS)
    assert movements(odoo, ledger, tmp_path, history=timedelta(days=2)) == [("-2", "order", "", "", "")]
    assert stock(ledger(odoo, available="promised", history=timedelta(days=2)), odoo, tmp_path) == {"a": -1}


def test_every_page_is_read(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Also where Odoo gives fewer records at once than it was asked for."""
    latest.cap = 7
    for number in range(40):
        latest.quant(latest.product(f"s{number:02}"), number)
    assert stock(ledger(latest), latest, tmp_path) == {f"s{number:02}": number for number in range(40)}


def test_a_list_that_lacks_records_is_a_fault(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """What Odoo counts and what its pages hold must agree, or nothing is said of the rest."""
    latest.quant(latest.product("a"), 1)
    latest.before["stock.quant.search_count"] = [lambda fake: fake.answer(5)] * 10
    with pytest.raises(ReadFault, match=r"stock.quant: Odoo counts 5 records, its pages held 1"):
        ledger(latest).read(tmp_path, latest.now)


def test_what_moves_while_it_is_read_is_read_again(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """A delivery between the quants and the moves: stock and movements belong together all the same."""
    shirt = odoo.product("a")
    held = odoo.quant(shirt, 10)
    odoo.quant(odoo.product("b"), 4)

    def sent(fake: FakeOdoo) -> None:
        fake.now += timedelta(seconds=1)
        fake.touch("stock.quant", held, quantity=8)
        fake.move(shirt, 2, STOCK, CUSTOMERS)

    odoo.after["stock.move.search_count"] = [sent]
    found = rows(ledger(odoo), odoo, tmp_path)
    assert {row["sku"]: row["available"] for row in found["stock"]} == {"a": "8", "b": "4"}
    assert [row["quantity"] for row in found["movements"]] == ["-2"]


def test_a_long_transaction_is_noticed_at_its_end(odoo: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """Odoo stamps what it changes with the time at which the transaction began, which may be before others' last
    change; it shows when it ends."""
    shirt, other = odoo.product("a"), odoo.product("b")
    held = odoo.quant(shirt, 10)
    waiting = odoo.move(shirt, 2, STOCK, CUSTOMERS, "assigned")
    began = odoo.now
    odoo.now += timedelta(minutes=3)
    odoo.quant(other, 4)

    def ends(fake: FakeOdoo) -> None:
        now, fake.now = fake.now, began
        fake.touch("stock.quant", held, quantity=8)
        fake.touch("stock.move", waiting, state="done")
        fake.now = now

    odoo.after["stock.move.search_count"] = [ends]
    assert stock(ledger(odoo, available="promised"), odoo, tmp_path) == {"a": 8, "b": 4}


def test_a_book_that_never_rests_is_told(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """It is read as it was last seen, and the report says how many products kept moving."""
    held = latest.quant(latest.product("a"), 10)

    def moved(fake: FakeOdoo) -> None:
        fake.touch("stock.quant", held, quantity=fake.tables["stock.quant"][held]["quantity"] + 1)

    latest.after["stock.quant.search_count"] = [moved] * 50
    read = ledger(latest).read(tmp_path, latest.now)
    assert read.warnings == (
        "Odoo was changed again and again while it was read: 1 products are as they were last seen",
    )


def test_the_ledgers_time_is_odoos(latest: FakeOdoo, ledger: Make, tmp_path: Path) -> None:
    """But never after the run's own."""
    latest.product("a")
    assert ledger(latest).read(tmp_path, START + timedelta(hours=1)).as_of == START
    assert ledger(latest).read(tmp_path, START - timedelta(hours=1)).as_of == START - timedelta(hours=1)
