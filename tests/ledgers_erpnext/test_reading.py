"""What a run reads of ERPNext: stock, its movements, whose orders they are, and that it is all of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Request
from tests.ledgers_erpnext.fakes import NOW, SHOPFLOOR, STORES, FakeErp, available, ledger, moves, rows, stamp

HOUR = timedelta(hours=1)


def at(hours: float) -> object:
    return NOW - HOUR * hours


def sales_order(
    erp: FakeErp, name: str, order: str, *lines: tuple[str, float], hours: float = 5, **more: object
) -> None:
    usual = {"po_no": order, "customer": "shopee-vn", "docstatus": 1, "status": "To Deliver"}
    erp.add("Sales Order", name, NOW - HOUR * hours, **{**usual, **more})
    for number, (code, quantity) in enumerate(lines):
        erp.add(
            "Sales Order Item",
            f"{name}-{number}",
            parent=name,
            item_code=code,
            warehouse=STORES,
            stock_qty=quantity,
            qty=quantity,
            delivered_qty=0,
            delivered_by_supplier=0,
        )


def delivery(
    erp: FakeErp, name: str, code: str, quantity: float, order: str = "", hours: float = 4, **more: object
) -> None:
    erp.add("Delivery Note", name, NOW - HOUR * hours, **{"docstatus": 1, "is_return": 0, **more})
    row = erp.add("Delivery Note Item", f"{name}-row", parent=name, item_code=code, stock_qty=quantity)
    row["against_sales_order"] = order
    erp.entry(code, -quantity, ("Delivery Note", name), NOW - HOUR * hours, voucher_detail_no=f"{name}-row")


def test_available_is_the_formula_over_the_warehouses(tmp_path: Path) -> None:
    """Actual less reserved, summed; other warehouses do not count; an item that never moved has 0; codes are exact."""
    erp = FakeErp()
    erp.item("00123", 10, 3)
    erp.bin("00123", SHOPFLOOR, actual_qty=4.0, reserved_qty=1.0)
    erp.item("áo đỏ", -2.0)
    erp.add("Item", "never", is_stock_item=1, has_variants=0)
    erp.add("Item", "service", is_stock_item=0, has_variants=0)
    erp.add("Item", "template", is_stock_item=1, has_variants=1)
    assert available(rows(erp, tmp_path / "a")) == {"00123": 7, "áo đỏ": -2, "never": 0}
    both = rows(erp, tmp_path / "b", warehouses=(STORES, SHOPFLOOR), available="actual_qty", correct_at=STORES)
    assert available(both) == {"00123": 14, "áo đỏ": -2, "never": 0}


def test_a_fraction_of_a_unit_is_left_out_and_told(tmp_path: Path) -> None:
    """Half a metre is no number of units, and 3.0000000001 is 3."""
    erp = FakeErp()
    erp.item("cloth", 2.5)
    erp.item("rounded", 3.0000000001)
    read = ledger(erp).read(tmp_path, NOW)
    assert any("cloth" in warning for warning in read.warnings)
    assert available(rows(erp, tmp_path / "b")) == {"rounded": 3}


def test_bundles_are_sold_as_their_components(tmp_path: Path) -> None:
    """In every shop by the bundle's code; its orders take the components; half a component leaves the bundle out."""
    erp = FakeErp()
    erp.item("A", 9, 2)
    erp.item("B", 5, 1)
    for name, part, each, off in (
        ("KIT", "A", 2.0, 0),
        ("KIT", "B", 1.0, 0),
        ("HALF", "A", 0.5, 0),
        ("OFF", "A", 1, 1),
    ):
        erp.docs["Product Bundle"].get(name) or erp.add("Product Bundle", name, new_item_code=name, disabled=off)
        erp.add("Product Bundle Item", parent=name, item_code=part, qty=each)
    sales_order(erp, "SO-1", "X1", ("KIT", 1))
    for part, quantity in (("A", 2), ("B", 1)):
        more = {"parent": "SO-1", "parent_item": "KIT", "parent_detail_docname": "SO-1-0"}
        erp.add("Packed Item", f"p-{part}", item_code=part, warehouse=STORES, qty=quantity, **more)
    found = rows(erp, tmp_path)
    assert available(found) == {"A": 7, "B": 4}
    told = [(row["shop"], row["item_id"], row["seller_sku"], row["sku"], row["units"]) for row in found["listings"]]
    assert told == [("*", "", "KIT", "A", "2"), ("*", "", "KIT", "B", "1")]
    assert sorted(moves(found)) == [("A", -2, "order", "X1", "shopee-vn"), ("B", -1, "order", "X1", "shopee-vn")]
    assert any("HALF" in warning for warning in ledger(erp).read(tmp_path / "b", NOW).warnings)


def test_orders_take_and_deliveries_carry_out(tmp_path: Path) -> None:
    """With reserved units subtracted an order counts when it is made and not again when it is delivered."""
    erp = FakeErp()
    erp.item("A", 5, 1)
    sales_order(erp, "SO-1", "X1", ("A", 2), hours=9)
    delivery(erp, "DN-1", "A", 2, "SO-1", hours=8)
    delivery(erp, "DN-2", "A", 1, hours=7, po_no="W1", customer="walk-in")
    sales_order(erp, "SO-2", "X2", ("A", 3), hours=6, docstatus=2)
    erp.docs["Sales Order"]["SO-2"]["modified"] = "2026-11-11 11:00:00.000000"
    sales_order(erp, "SO-3", "X3", ("A", 4), hours=5, status="Closed")
    erp.docs["Sales Order Item"]["SO-3-0"]["delivered_qty"] = 1
    erp.docs["Sales Order"]["SO-3"]["modified"] = "2026-11-11 12:00:00.000000"
    sales_order(erp, "SO-4", "X4", ("A", 1), hours=0.5, customer="other")
    shops = {"shopee": "shopee-vn", "pos": "walk-in"}
    assert moves(rows(erp, tmp_path, shops=shops)) == [
        ("A", -2, "order", "X1", "shopee"),
        ("A", -1, "order", "W1", "pos"),
        ("A", -3, "order", "X2", "shopee"),
        ("A", -4, "order", "X3", "shopee"),
        ("A", 3, "cancel", "X2", "shopee"),
        ("A", 3, "cancel", "X3", "shopee"),
        ("A", -1, "order", "X4", ""),
    ]


def test_without_reserved_units_deliveries_are_the_orders(tmp_path: Path) -> None:
    """The order's id and shop come from its Sales Order where the delivery names none; cancelled and returned show."""
    erp = FakeErp()
    erp.item("A", 5)
    sales_order(erp, "SO-1", "X1", ("A", 2), hours=900)
    delivery(erp, "DN-1", "A", 2, "SO-1", hours=8)
    delivery(erp, "DN-2", "A", 1, hours=7, po_no="X2", customer="shopee-vn")
    erp.cancel_entries("DN-2", NOW - HOUR)
    delivery(erp, "DN-3", "A", -1, hours=6, po_no="X1", is_return=1, customer="shopee-vn")
    assert moves(rows(erp, tmp_path, available="actual_qty")) == [
        ("A", -2, "order", "X1", "shopee-vn"),
        ("A", -1, "order", "X2", "shopee-vn"),
        ("A", 1, "return", "X1", "shopee-vn"),
        ("A", 1, "cancel", "X2", "shopee-vn"),
    ]


def test_kinds_follow_the_documents(tmp_path: Path) -> None:
    """Receipts, transfers, issues, counts and corrections; a count that carries a level is told by its document."""
    erp = FakeErp()
    erp.item("A", 5)
    for number, (kind, purpose) in enumerate(
        (
            ("Purchase Receipt", ""),
            ("Stock Entry", "Material Transfer"),
            ("Stock Entry", "Material Issue"),
            ("Stock Entry", "Manufacture"),
            ("Asset Repair", ""),
        )
    ):
        name = f"V-{number}"
        if kind == "Stock Entry":
            erp.add(kind, name, purpose=purpose, docstatus=1)
        erp.entry("A", 1, (kind, name), NOW - HOUR * (20 - number))
    erp.add("Stock Reconciliation", "SR-1", purpose="Stock Reconciliation", docstatus=1)
    erp.add("Stock Reconciliation Item", "SR-1-row", parent="SR-1", qty=4.0, current_qty=6.0)
    erp.entry("A", 0, ("Stock Reconciliation", "SR-1"), NOW - HOUR * 10, voucher_detail_no="SR-1-row")
    erp.cancel_entries("SR-1", NOW - HOUR * 9)
    found = [(quantity, kind) for _, quantity, kind, _, _ in moves(rows(erp, tmp_path / "a"))]
    assert found == [
        (1, "receipt"),
        (1, "transfer"),
        (1, "manual"),
        (1, "transfer"),
        (1, "manual"),
        (-2, "stocktake"),
        (2, "stocktake"),
    ]
    own = {"Stock Reconciliation": "manual", "Material Issue": "transfer"}
    kinds = [kind for _, _, kind, _, _ in moves(rows(erp, tmp_path / "b", kinds=own))]
    assert kinds == ["receipt", "transfer", "transfer", "transfer", "manual", "manual", "manual"]


def test_the_past_ends_where_it_was_asked_to(tmp_path: Path) -> None:
    """What was cancelled lately shows its cancellation, and not its making of long ago."""
    erp = FakeErp()
    erp.item("A", 5)
    delivery(erp, "DN-1", "A", 1, hours=24 * 50, po_no="X1", customer="shopee-vn")
    delivery(erp, "DN-2", "A", 1, hours=24 * 50)
    erp.cancel_entries("DN-1", NOW - HOUR)
    assert moves(rows(erp, tmp_path)) == [("A", 1, "cancel", "X1", "shopee-vn")]


def test_lists_are_read_to_their_end_whatever_a_page_holds(tmp_path: Path) -> None:
    """A site that cuts pages shorter than asked loses nothing."""
    erp = FakeErp()
    for number in range(23):
        erp.item(f"S{number:02}", number)
    erp.longest_page = 4
    assert len(available(rows(erp, tmp_path))) == 23


def test_rows_that_are_counted_and_not_given_are_a_fault(tmp_path: Path) -> None:
    """User Permissions that hide rows are told, and nothing is taken for all there is."""
    erp = FakeErp()
    erp.item("A", 1)
    erp.item("B", 1)
    erp.hidden.add(f"B@{STORES}")
    with pytest.raises(ReadFault, match="Bin: ERPNext counts 2 rows and gave 1") as told:
        ledger(erp).read(tmp_path, NOW)
    assert "User Permissions" in told.value.way_on


def test_what_moves_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    """An order that comes in between movements and stock is in both, and the ledger's time is after it."""
    erp = FakeErp()
    erp.item("A", 5)
    began = erp.time.clock()

    def sell(request: Request) -> Answer | None:
        if request.path == "/api/resource/Bin" and not erp.docs["Sales Order"]:
            erp.time.seconds += 30
            sales_order(erp, "SO-1", "X1", ("A", 1), hours=-30 / 3600)
            erp.bin("A", reserved_qty=1.0)
        return None

    erp.hooks.append(sell)
    found = rows(erp, tmp_path)
    assert available(found) == {"A": 4}
    assert [move[1] for move in moves(found)] == [-1]
    assert ledger(erp).read(tmp_path / "b", erp.time.clock()).as_of > began  # type: ignore[operator]


def test_a_long_transaction_is_noticed_at_its_end(tmp_path: Path) -> None:
    """What it moved bears the time of its saving, minutes ago; units that went from one warehouse to another between
    two pages are not counted in both."""
    erp = FakeErp()
    erp.longest_page = 1
    erp.item("A", 10, warehouse=SHOPFLOOR)
    erp.bin("A", STORES, actual_qty=0.0)
    moved = sorted((f"A@{SHOPFLOOR}", f"A@{STORES}"))
    erp.docs["Bin"][moved[0]]["actual_qty"], erp.docs["Bin"][moved[1]]["actual_qty"] = 10.0, 0.0
    saved = stamp(erp.time.clock())
    erp.time.seconds += 300

    def ends(request: Request) -> Answer | None:
        if request.path == "/api/resource/Bin" and moved[0] in (request.first("filters") or ""):
            erp.docs["Bin"][moved[0]].update(actual_qty=4.0, modified=saved)
            erp.docs["Bin"][moved[1]].update(actual_qty=6.0, modified=saved)
        return None

    erp.hooks.append(ends)
    assert available(rows(erp, tmp_path, warehouses=(STORES, SHOPFLOOR))) == {"A": 10}


def test_stock_that_never_rests_is_told(tmp_path: Path) -> None:
    """After four rounds it is read as it is, with a warning."""
    erp = FakeErp()
    erp.item("A", 5)

    def sell(request: Request) -> Answer | None:
        if request.path == "/api/resource/Bin":
            erp.docs["Bin"][f"A@{STORES}"]["actual_qty"] -= 1
        return None

    erp.hooks.append(sell)
    assert any("kept moving" in each for each in ledger(erp).read(tmp_path, NOW).warnings)


def listing(erp: FakeErp, item: str, code: str, shop: str = "Shopify", **more: object) -> None:
    row = {"integration": shop, "integration_item_code": item, "variant_id": f"v{item}", "erpnext_item_code": code}
    erp.add("Ecommerce Item", f"ei-{len(erp.docs['Ecommerce Item'])}", **{**row, **more})


SHOPIFY: dict[str, object] = {"listings": {}, "shops": {"shopify-vn": "Shopify"}}


def test_listings_come_from_the_sites_own_map(tmp_path: Path) -> None:
    """A shop's items by their ids, a bundle as its components; rows of unknown shops are left out."""
    erp = FakeErp()
    erp.item("A", 9)
    erp.add("Product Bundle", "KIT", new_item_code="KIT", disabled=0)
    erp.add("Product Bundle Item", parent="KIT", item_code="A", qty=2)
    listing(erp, "1", "A")
    listing(erp, "2", "KIT")
    listing(erp, "3", "A", shop="Else")
    read = ledger(erp, **SHOPIFY).read(tmp_path / "a", NOW)
    found = rows(erp, tmp_path / "b", **SHOPIFY)["listings"]
    told = sorted((row["shop"], row["item_id"], row["variation_id"], row["sku"], row["units"]) for row in found)
    own = [("shopify-vn", "1", "v1", "A", "1"), ("shopify-vn", "2", "v2", "A", "2")]
    assert told == [("*", "", "", "A", "2"), *own]
    assert read.warnings == ()


def test_a_row_that_cannot_be_told_makes_its_listing_unknown(tmp_path: Path) -> None:
    """An uneven bundle, metres, units that are none, an Item that is not there, none at all: the listing has a SKU that
    the ledger does not know, whatever its seller SKU says; a warning names it and says why."""
    erp = FakeErp()
    erp.item("A", 9)
    erp.item("CABLE", 2.5)
    erp.add("Product Bundle", "HALF", new_item_code="HALF", disabled=0)
    erp.add("Product Bundle Item", parent="HALF", item_code="A", qty=2.5)
    listing(erp, "1", "HALF", sku="A")
    listing(erp, "2", "CABLE", sku="A")
    for number, count in enumerate(("2.5", "0", "-1", "two"), start=3):
        listing(erp, str(number), "A", sku="A", count=count)
    listing(erp, "7", "gone", sku="A", count="")
    listing(erp, "8", "", sku="A")
    listing(erp, "8", "", sku="A")
    options = {**SHOPIFY, "listings": {"seller_sku": "sku", "units": "count"}}
    found = rows(erp, tmp_path / "a", **options)
    stock = available(found)
    told = {row["item_id"]: row["sku"] for row in found["listings"]}
    assert told == {
        "1": "HALF",
        "2": "CABLE",
        "3": "2.5 x A",
        "4": "0 x A",
        "5": "-1 x A",
        "6": "two x A",
        "7": "gone",
        "8": "Ecommerce Item ei-8",
    }
    assert not stock.keys() & set(told.values())
    assert {(row["seller_sku"], row["units"]) for row in found["listings"]} == {("A", "1")}
    (warning,) = [one for one in ledger(erp, **options).read(tmp_path / "b", NOW).warnings if "Ecommerce" in one]
    assert "shopify-vn 1 v1 (Product Bundle HALF takes a fraction of a component)" in warning
    assert "shopify-vn 2 v2 (CABLE holds a fraction of a unit)" in warning
    assert "shopify-vn 3 v3 (units: 2.5)" in warning
    assert warning.endswith(" and 3 more")


def test_the_row_of_an_item_with_variations_is_no_listing(tmp_path: Path) -> None:
    """Its template is no stock Item, and nobody is told so: its variations have rows of their own."""
    erp = FakeErp()
    erp.item("A", 9)
    erp.add("Item", "SHIRT", is_stock_item=1, has_variants=1)
    listing(erp, "1", "SHIRT", variant_id="")
    listing(erp, "1", "A", variant_id="v1")
    listing(erp, "2", "SHIRT", variant_id="")
    read = ledger(erp, **SHOPIFY).read(tmp_path, NOW)
    (warning,) = read.warnings
    assert warning.endswith(": shopify-vn 2 (no stock Item SHIRT)")


def test_a_name_that_is_known_is_not_taken_for_an_unknown_one(tmp_path: Path) -> None:
    """An Item that is called as such a row would be named does not lend it its stock."""
    erp = FakeErp()
    erp.item("A", 9)
    erp.item("2.5 x A", 7)
    listing(erp, "1", "A", count="2.5")
    found = rows(erp, tmp_path, **{**SHOPIFY, "listings": {"units": "count"}})
    assert [row["sku"] for row in found["listings"]] == ["2.5 x A?"]


def test_reading_writes_nothing_and_shows_no_secret(tmp_path: Path) -> None:
    """Reading and checking send GET alone; the key's secret is in no text."""
    erp = FakeErp()
    erp.item("A", 1)
    book = ledger(erp)
    book.read(tmp_path, NOW)
    book.reread(["A"])  # type: ignore[list-item]
    told = " ".join(f"{line.text} {line.way_on}" for line in book.check())
    assert {one.method for one in erp.requests} == {"GET"}
    assert "f5e4d3c2b1a0" not in told
    book.close()
    assert erp.closed
