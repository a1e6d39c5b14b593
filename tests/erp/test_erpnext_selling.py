"""The imitated ERPNext amends, links and lists as the vendor's public source does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.erp.erpnext import Erpnext
from tests.erp.erpnext_errors import Raised

Doc = dict[str, Any]
Rows = Callable[..., list[Any]]
STORES = "Stores - D"
FIELDS = ["actual_qty", "reserved_qty", "projected_qty"]


@pytest.fixture
def rows(site: Erpnext, client: httpx.Client) -> Rows:
    def read(doctype: str, **asked: Any) -> list[Any]:
        answer = client.post("/api/method/frappe.client.get_list", json={"doctype": doctype, **asked})
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["message"]
        return found

    return read


def raised(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["exc_type"]


def refused(kind: str, what: Callable[[], object]) -> str:
    with pytest.raises(Raised) as caught:
        what()
    assert caught.value.kind == kind
    return caught.value.message


def test_an_amended_order_stands_beside_the_cancelled_one(site: Erpnext, rows: Rows) -> None:
    """Numbered behind its name, with the same customer's number, and rows of its own; units are held once."""
    first = site.order("00123", STORES, 3, po_no="A", customer="Shopee")
    site.advance(minutes=5)
    site.cancel_order(first)
    assert rows("Bin", fields=FIELDS) == [{"actual_qty": 40, "reserved_qty": 0, "projected_qty": 40}]
    site.advance(minutes=5)
    second = site.amend("Sales Order", first)
    assert second == f"{first}-1"
    assert rows("Bin", fields=FIELDS) == [{"actual_qty": 40, "reserved_qty": 3, "projected_qty": 37}]
    asked = ["name", "docstatus", "status", "po_no", "customer", "amended_from", "creation", "modified"]
    told = rows("Sales Order", fields=asked, order_by="name asc")
    named = {"po_no": "A", "customer": "Shopee"}
    assert told == [
        {
            "name": first,
            "docstatus": 2,
            "status": "Cancelled",
            **named,
            "amended_from": None,
            "creation": "2026-11-11 13:00:00.000000",
            "modified": "2026-11-11 13:05:00.000000",
        },
        {
            "name": second,
            "docstatus": 1,
            "status": "To Deliver and Bill",
            **named,
            "amended_from": first,
            "creation": "2026-11-11 13:10:00.000000",
            "modified": "2026-11-11 13:10:00.000000",
        },
    ]
    details = rows("Sales Order Item", fields=["name", "parent", "qty"], parent="Sales Order", order_by="parent asc")
    assert [(row["parent"], row["qty"]) for row in details] == [(first, 3), (second, 3)]
    assert details[0]["name"] != details[1]["name"]


def test_an_amended_order_may_hold_other_units(site: Erpnext, rows: Rows) -> None:
    """Of a bundle those of its parts anew; amended again, the number behind the name goes on."""
    site.item("lid", 9, STORES)
    site.item("KIT", is_stock_item=0)
    site.bundle("KIT", {"00123": 2, "lid": 1})
    first = site.order("KIT", STORES, 3, po_no="A")
    site.cancel_order(first)
    changed = [{"item_code": "KIT", "qty": 2, "stock_qty": 2, "warehouse": STORES}]
    second = site.amend("Sales Order", first, items=changed)
    assert [site.bin(code, STORES)["reserved_qty"] for code in ("00123", "lid")] == [4, 2]
    site.cancel_order(second)
    assert site.amend("Sales Order", second) == f"{first}-2"
    told = rows("Sales Order", fields=["name", "amended_from"], filters={"docstatus": 1})
    assert told == [{"name": f"{first}-2", "amended_from": second}]


def test_what_cannot_be_amended(site: Erpnext, client: httpx.Client) -> None:
    """What is not cancelled, and what was amended before."""
    first = site.order("00123", STORES, 3, po_no="A")
    row = {"item_code": "00123", "qty": 1, "warehouse": STORES}
    again = {"items": [row], "po_no": "A", "amended_from": first}
    assert raised(client.post("/api/resource/Sales Order", json=again)) == (417, "ValidationError")
    site.cancel_order(first)
    assert client.post("/api/resource/Sales Order", json=again).json()["data"]["name"] == f"{first}-1"
    assert raised(client.post("/api/resource/Sales Order", json=again)) == (409, "DuplicateEntryError")


def test_a_delivered_order_is_amended_after_its_delivery_was_cancelled(
    site: Erpnext, client: httpx.Client, rows: Rows
) -> None:
    """The delivery holds it; cancelled, its entries are marked and reversed at its own time, the order opens again."""
    first = site.order("00123", STORES, 3, po_no="A")
    note = site.deliver(first)
    site.advance(hours=2)
    cancel = {"doctype": "Sales Order", "name": first}
    assert raised(client.post("/api/method/frappe.client.cancel", json=cancel)) == (417, "LinkExistsError")
    site.cancel_delivery(note)
    assert rows("Bin", fields=FIELDS) == [{"actual_qty": 40, "reserved_qty": 3, "projected_qty": 37}]
    (order,) = rows("Sales Order", fields=["status", "per_delivered", "items.delivered_qty", "modified"])
    assert order == {
        "status": "To Deliver and Bill",
        "per_delivered": 0,
        "delivered_qty": 0,
        "modified": "2026-11-11 15:00:00.000000",
    }
    asked = ["actual_qty", "is_cancelled", "posting_time", "qty_after_transaction", "creation", "modified"]
    entries = rows("Stock Ledger Entry", fields=asked, filters={"voucher_no": note}, order_by="name asc")
    sent, undone = "2026-11-11 13:00:00.000000", "2026-11-11 15:00:00.000000"
    marked = {"is_cancelled": 1, "posting_time": "13:00:00"}
    assert entries == [
        {"actual_qty": -3, **marked, "qty_after_transaction": 37, "creation": sent, "modified": undone},
        {"actual_qty": 3, **marked, "qty_after_transaction": 0, "creation": undone, "modified": undone},
    ]
    site.cancel_order(first)
    second = site.amend("Sales Order", first)
    again = site.deliver(second)
    assert rows("Bin", fields=FIELDS) == [{"actual_qty": 37, "reserved_qty": 0, "projected_qty": 37}]
    asked = ["name", "docstatus", "status", "po_no", "items.against_sales_order"]
    assert rows("Delivery Note", fields=asked, order_by="name asc") == [
        {"name": note, "docstatus": 2, "status": "Cancelled", "po_no": "A", "against_sales_order": first},
        {"name": again, "docstatus": 1, "status": "To Bill", "po_no": "A", "against_sales_order": second},
    ]


def test_a_delivery_note_is_amended(site: Erpnext, rows: Rows) -> None:
    """It delivers the same order; the entries that count are its own."""
    order = site.order("00123", STORES, 3, po_no="A")
    first = site.deliver(order)
    site.cancel_delivery(first)
    second = site.amend("Delivery Note", first)
    assert second == f"{first}-1"
    assert rows("Sales Order", fields=["status", "items.delivered_qty"]) == [{"status": "To Bill", "delivered_qty": 3}]
    counted = {"is_cancelled": 0, "voucher_type": "Delivery Note"}
    assert rows("Stock Ledger Entry", fields=["voucher_no", "actual_qty"], filters=counted) == [
        {"voucher_no": second, "actual_qty": -3}
    ]


@pytest.mark.parametrize(("without", "held"), [(0, 3), (1, 0)])
def test_a_return_takes_back_what_its_order_was_sent(site: Erpnext, rows: Rows, without: int, held: int) -> None:
    """The order holds the units again unless the settings say otherwise; the delivery cannot be cancelled before it."""
    site.settings["dont_reserve_sales_order_qty_on_sales_return"] = without
    note = site.deliver(site.order("00123", STORES, 3))
    back = site.give_back(note)
    assert rows("Sales Order", fields=["items.delivered_qty", "items.returned_qty"]) == [
        {"delivered_qty": 0, "returned_qty": 3}
    ]
    assert rows("Bin", fields=["actual_qty", "reserved_qty"]) == [{"actual_qty": 40, "reserved_qty": held}]
    assert back in refused("LinkExistsError", lambda: site.cancel_delivery(note))
    site.cancel_delivery(back)
    site.cancel_delivery(note)
    assert rows("Bin", fields=["actual_qty", "reserved_qty"]) == [{"actual_qty": 40, "reserved_qty": 3}]


def test_a_closed_order_is_not_cancelled(site: Erpnext) -> None:
    """It has to be opened again before."""
    order = site.order("00123", STORES, 3)
    site.tables["Sales Order"][order]["status"] = "Closed"
    assert refused("ValidationError", lambda: site.cancel_order(order)).startswith("Closed order cannot be cancelled")


def test_counts_have_parts_where_the_unit_has(site: Erpnext, rows: Rows) -> None:
    """A bundle of 2.5 metres, and none of 2.5 pieces; ordered and delivered, stock follows the parts."""
    site.item("rope", 40, STORES, stock_uom=site.uom("Meter", whole=False))
    for code in ("KIT", "WRONG", "NEST"):
        site.item(code, is_stock_item=0)
    site.bundle("KIT", {"rope": 2.5, "00123": 1})
    refused("UOMMustBeIntegerError", lambda: site.bundle("WRONG", {"00123": 2.5}))
    refused("ValidationError", lambda: site.bundle("NEST", {"KIT": 1}))
    refused("ValidationError", lambda: site.bundle("00123", {"rope": 1}))
    asked = ["new_item_code", "items.item_code", "items.qty", "items.uom"]
    assert rows("Product Bundle", fields=asked) == [
        {"new_item_code": "KIT", "item_code": "rope", "qty": 2.5, "uom": "Meter"},
        {"new_item_code": "KIT", "item_code": "00123", "qty": 1, "uom": "Nos"},
    ]
    order = site.order("KIT", STORES, 3)
    assert [site.bin(code, STORES)["reserved_qty"] for code in ("rope", "00123")] == [7.5, 3]
    site.deliver(order)
    assert [site.bin(code, STORES)["actual_qty"] for code in ("rope", "00123")] == [32.5, 37]


def test_an_order_in_another_unit(site: Erpnext, rows: Rows) -> None:
    """The row's own count is in its unit, stock in the item's; what was delivered is told in the row's unit."""
    site.uom("Box", whole=True)
    order = site.order("00123", STORES, 2, uom="Box", factor=12)
    assert site.bin("00123", STORES)["reserved_qty"] == 24
    refused("UOMMustBeIntegerError", lambda: site.order("00123", STORES, 1.5, uom="Box", factor=12))
    site.deliver(order)
    asked = ["items.qty", "items.stock_qty", "items.uom", "items.stock_uom", "items.delivered_qty"]
    assert rows("Sales Order", fields=asked) == [
        {"qty": 2, "stock_qty": 24, "uom": "Box", "stock_uom": "Nos", "delivered_qty": 2}
    ]
    assert rows("Bin", fields=["actual_qty", "reserved_qty"]) == [{"actual_qty": 16, "reserved_qty": 0}]


def test_listings_are_there_with_the_app(site: Erpnext, client: httpx.Client, rows: Rows) -> None:
    """Each maps to an item, a bundle's as well; without the app there is no such doctype."""
    asked = ["integration", "integration_item_code", "variant_id", "sku", "erpnext_item_code", "inventory_synced_on"]
    assert raised(client.get("/api/resource/Ecommerce Item")) == (404, "DoesNotExistError")
    call = "/api/method/frappe.desk.form.load.getdoctype"
    assert raised(client.get(call, params={"doctype": "Ecommerce Item"})) == (404, "DoesNotExistError")
    site.item("KIT", is_stock_item=0)
    site.bundle("KIT", {"00123": 2})
    site.lists("shopify", "77", "KIT", variant_id="771", sku="kit")
    site.lists("shopify", "77", "00123", variant_id="772", sku="00123")
    site.lists("unicommerce", "77", "00123")
    assert client.get(call, params={"doctype": "Ecommerce Item"}).json()["docs"][0]["name"] == "Ecommerce Item"
    never = {"inventory_synced_on": "1970-01-01 00:00:00"}
    assert [tuple(row.values()) for row in rows("Ecommerce Item", fields=asked, order_by="creation asc")] == [
        ("shopify", "77", "771", "kit", "KIT", *never.values()),
        ("shopify", "77", "772", "00123", "00123", *never.values()),
        ("unicommerce", "77", None, None, "00123", *never.values()),
    ]
    versions = client.get("/api/method/frappe.utils.change_log.get_versions").json()["message"]
    assert sorted(versions) == ["ecommerce_integrations", "erpnext", "frappe"]


def test_what_is_no_listing(site: Erpnext) -> None:
    """One without an item, one of an item that is not there, the same one twice, a SKU twice in one shop."""
    site.item("lid")
    site.lists("shopify", "77", "00123", variant_id="771", sku="a")
    refused("MandatoryError", lambda: site.lists("shopify", "78", ""))
    refused("LinkValidationError", lambda: site.lists("shopify", "78", "nothing"))
    refused("DuplicateEntryError", lambda: site.lists("shopify", "77", "00123", variant_id="771", sku="b"))
    refused("DuplicateEntryError", lambda: site.lists("shopify", "78", "lid", sku="a"))
    assert site.lists("unicommerce", "78", "lid", sku="a")


@pytest.mark.parametrize(("kind", "told", "unset"), [("Float", 2.5, 0.0), ("Int", 2, 0), ("Data", "2.5", None)])
def test_a_custom_field_keeps_what_its_column_can(
    site: Erpnext, rows: Rows, kind: str, told: object, unset: object
) -> None:
    """A count beside a listing: with its part, without it, or as a text; where nobody set it, a number is 0."""
    site.lists("shopify", "76", "00123")
    site.custom["Ecommerce Item"] = {"custom_units": False}
    site.kinds["Ecommerce Item", "custom_units"] = kind
    site.lists("shopify", "77", "00123", custom_units=2.5)
    site.lists("shopify", "78", "00123")
    found = rows("Ecommerce Item", fields=["custom_units"], order_by="integration_item_code asc")
    assert [row["custom_units"] for row in found] == [unset, told, unset]
    asked = {"fields": ["fieldname", "fieldtype"], "filters": {"dt": "Ecommerce Item"}}
    assert rows("Custom Field", **asked) == [{"fieldname": "custom_units", "fieldtype": kind}]
