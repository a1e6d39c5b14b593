"""The imitated ERPNext keeps to what the reference says, so that what is tried against it means something."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.erp.erpnext import KEY, SECRET, USER, Effect, Erpnext, Fault

Doc = dict[str, Any]
STORES = "Stores - D"
GROUP = "All Warehouses - D"


@pytest.fixture
def rows(site: Erpnext, client: httpx.Client) -> Callable[..., list[Any]]:
    def read(doctype: str, **asked: Any) -> list[Any]:
        texts = {key: value if isinstance(value, str | int) else json.dumps(value) for key, value in asked.items()}
        answer = client.get(f"/api/resource/{doctype}", params=texts)
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["data"]
        return found

    return read


def issue(units: float = 1, **more: Any) -> Doc:
    row = {"item_code": "00123", "qty": units, "s_warehouse": STORES}
    return {"stock_entry_type": "Material Issue", "company": "Demo", "items": [row], **more}


def post(client: httpx.Client, doctype: str, doc: Doc) -> httpx.Response:
    return client.post(f"/api/resource/{doctype}", json=doc)


def raised(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["exc_type"]


def test_only_a_token_opens(site: Erpnext, client: httpx.Client) -> None:
    """Without one nobody is in; a wrong one is told apart from a missing right."""
    method = "/api/method/frappe.auth.get_logged_user"
    assert client.get(method).json() == {"message": USER}
    assert raised(client.get(method, headers={"Authorization": f"token {KEY}:wrong"})) == (401, "AuthenticationError")
    assert raised(client.get(method, headers={"Authorization": f"bearer {KEY}:{SECRET}"})) == (
        401,
        "AuthenticationError",
    )
    assert raised(client.get(method, headers={"Authorization": ""})) == (403, "PermissionError")
    site.rights["Bin"] = set()
    assert raised(client.get("/api/resource/Bin")) == (403, "PermissionError")


def test_a_list_gives_twenty_names_unless_told_otherwise(site: Erpnext, rows: Callable[..., list[Any]]) -> None:
    """Pages by start and length, 0 for all, the fields that are asked for, the last changed first."""
    for number in range(25):
        site.advance(seconds=1)
        site.item(f"i{number:02}")
    assert len(rows("Item")) == 20
    assert rows("Item")[0] == {"name": "i24"}
    assert len(rows("Item", limit_page_length=0)) == 26
    page = rows("Item", fields=["name", "disabled"], order_by="name asc", limit_start=24, limit_page_length=5)
    assert page == [{"name": "i23", "disabled": 0}, {"name": "i24", "disabled": 0}]
    assert rows("Item", fields=["count(name) as n"]) == [{"n": 26}]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([["item_code", "=", "a"]], ["A"]),
        ([["Item", "item_code", "in", ["a", "b "]]], ["A", "b"]),
        ({"item_code": ["like", "_"]}, ["A", "b"]),
        ([["item_code", "not in", ["A", "b"]], ["disabled", "=", "0"]], ["00123"]),
        ([["variant_of", "is", "set"]], ["b"]),
        ([["valuation_rate", ">=", 10], ["item_code", "!=", "a"]], ["00123", "b"]),
        ([["valuation_rate", "between", [1, 5]]], ["A"]),
        ([["item_code", "=", "123"]], []),
    ],
)
def test_filters(site: Erpnext, rows: Callable[..., list[Any]], filters: Any, names: list[str]) -> None:
    """As MariaDB compares: case and trailing blanks do not count."""
    site.item("A", valuation_rate=5)
    site.item("b", variant_of="A")
    assert [row["name"] for row in rows("Item", filters=filters, order_by="name asc")] == names


def test_what_a_list_cannot_give(site: Erpnext, client: httpx.Client) -> None:
    """Unknown doctypes and fields, child tables by themselves."""
    assert raised(client.get("/api/resource/Bins")) == (404, "DoesNotExistError")
    assert raised(client.get("/api/resource/Bin", params={"fields": '["qty"]'})) == (417, "DataError")
    assert raised(client.get("/api/resource/Stock Entry Detail")) == (403, "PermissionError")
    assert raised(client.get("/api/resource/Item/nothing")) == (404, "DoesNotExistError")
    answer = client.get("/api/resource/Item/nothing").json()
    assert json.loads(json.loads(answer["_server_messages"])[0])["message"] == "Item nothing not found"
    assert answer["exception"].startswith("frappe.exceptions.DoesNotExistError: ")


def test_child_rows_are_told_beside_their_parent(site: Erpnext, rows: Callable[..., list[Any]]) -> None:
    """A row for each, and filters on them find the parent."""
    site.item("lid")
    site.bundle("KIT", {"00123": 2, "lid": 1})
    found = rows("Product Bundle", fields=["new_item_code", "items.item_code", "`tabProduct Bundle Item`.qty as units"])
    assert found == [
        {"new_item_code": "KIT", "item_code": "00123", "units": 2},
        {"new_item_code": "KIT", "item_code": "lid", "units": 1},
    ]
    assert rows("Product Bundle", filters=[["Product Bundle Item", "item_code", "=", "lid"]]) == [{"name": "KIT"}]


def test_an_issue_is_a_draft_until_it_is_submitted(site: Erpnext, client: httpx.Client) -> None:
    """A draft changes nothing; submitted, an entry and the bin tell it; submitted again, nothing more happens."""
    name = post(client, "Stock Entry", issue(3)).json()["data"]["name"]
    assert site.bin("00123", STORES)["actual_qty"] == 40
    for _ in range(2):
        answer = client.post(f"/api/resource/Stock Entry/{name}", params={"run_method": "submit"})
        assert answer.json()["data"]["docstatus"] == 1
    assert (site.bin("00123", STORES)["actual_qty"], site.bin("00123", STORES)["projected_qty"]) == (37, 37)
    entry = list(site.tables["Stock Ledger Entry"].values())[-1]
    assert (entry["actual_qty"], entry["qty_after_transaction"], entry["voucher_no"]) == (-3, 37, name)
    assert (entry["posting_date"], entry["posting_time"]) == ("2026-11-11", "13:00:00")
    assert site.effects == [
        Effect("insert", "Stock Entry", name, {}),
        Effect("submit", "Stock Entry", name, {"00123 @ Stores - D": -3}),
    ]


@pytest.mark.parametrize("way", ["resource", "insert", "submit", "draft then submit"])
def test_every_way_to_submit(site: Erpnext, client: httpx.Client, way: str) -> None:
    """In one call with docstatus 1, or as a draft whose whole document is sent back."""
    if way == "resource":
        post(client, "Stock Entry", issue(docstatus=1))
    elif way == "draft then submit":
        draft = post(client, "Stock Entry", issue()).json()["data"]
        answer = client.post("/api/method/frappe.client.submit", json={"doc": draft})
        assert answer.json()["message"]["docstatus"] == 1
        stale = client.post("/api/method/frappe.client.submit", json={"doc": {**draft, "modified": "2020-01-01"}})
        assert raised(stale) == (417, "TimestampMismatchError")
    else:
        doc = {**issue(docstatus=1), "doctype": "Stock Entry"}
        client.post(f"/api/method/frappe.client.{way}", data={"doc": json.dumps(doc)})
    assert site.bin("00123", STORES)["actual_qty"] == 39
    assert [effect.what for effect in site.effects] == ["insert", "submit"]


def test_a_cancelled_document_is_taken_back(site: Erpnext, client: httpx.Client) -> None:
    """Its entries stay and are marked; it cannot be cancelled twice, nor submitted again."""
    name = post(client, "Stock Entry", issue(3, docstatus=1)).json()["data"]["name"]
    cancel = {"doctype": "Stock Entry", "name": name}
    assert client.post("/api/method/frappe.client.cancel", json=cancel).json()["message"]["docstatus"] == 2
    assert site.bin("00123", STORES)["actual_qty"] == 40
    entries = [one for one in site.tables["Stock Ledger Entry"].values() if one["voucher_no"] == name]
    assert [(one["actual_qty"], one["is_cancelled"]) for one in entries] == [(-3, 1), (3, 1)]
    assert raised(client.post("/api/method/frappe.client.cancel", json=cancel)) == (417, "DocstatusTransitionError")
    again = client.post(f"/api/resource/Stock Entry/{name}", params={"run_method": "submit"})
    assert raised(again) == (417, "DocstatusTransitionError")


def test_a_reconciliation_sets_the_level(site: Erpnext, client: httpx.Client) -> None:
    """Whatever was there; its entry tells the level and, unless it is a newer version, 0 for the change."""
    row = {"item_code": "00123", "warehouse": STORES, "qty": 38, "valuation_rate": 10}
    doc = {"company": "Demo", "items": [row], "docstatus": 1}
    assert post(client, "Stock Reconciliation", doc).status_code == 200
    entry = list(site.tables["Stock Ledger Entry"].values())[-1]
    assert (entry["actual_qty"], entry["qty_after_transaction"]) == (0, 38)
    assert site.effects[-1].changes == {"00123 @ Stores - D": -2}
    same = {"company": "Demo", "items": [{"item_code": "00123", "warehouse": STORES, "qty": 38}]}
    assert raised(post(client, "Stock Reconciliation", same)) == (417, "EmptyStockReconciliationItemsError")


@pytest.mark.parametrize(
    ("doc", "kind"),
    [
        (issue(41), "NegativeStockError"),
        (issue(0), "ValidationError"),
        (issue(1.5), "UOMMustBeIntegerError"),
        (issue(company="Other"), "InvalidWarehouseCompany"),
        ({**issue(), "items": []}, "MandatoryError"),
        ({**issue(), "items": [{"item_code": "no", "qty": 1, "s_warehouse": STORES}]}, "LinkValidationError"),
        ({**issue(), "items": [{"item_code": "off", "qty": 1, "s_warehouse": STORES}]}, "ValidationError"),
        (
            {**issue(), "items": [{"item_code": "00123", "qty": 1, "s_warehouse": "All Warehouses - D"}]},
            "ValidationError",
        ),
        (issue(set_posting_time=1, posting_date="2026-11-12"), "ValidationError"),
        (issue(set_posting_time=1, posting_date="2026-10-31"), "StockFreezeError"),
    ],
)
def test_what_is_refused_leaves_nothing(site: Erpnext, client: httpx.Client, doc: Doc, kind: str) -> None:
    """Not even a draft: a request is one transaction."""
    site.item("off", disabled=1)
    site.settings["stock_frozen_upto"] = "2026-10-31"
    before = len(site.tables["Stock Entry"])
    assert raised(post(client, "Stock Entry", {**doc, "docstatus": 1})) == (417, kind)
    assert (len(site.tables["Stock Entry"]), site.effects) == (before, [])
    assert site.bin("00123", STORES)["actual_qty"] == 40


@pytest.mark.parametrize("right", ["create", "submit"])
def test_missing_rights(site: Erpnext, client: httpx.Client, right: str) -> None:
    """They are asked for by doctype and by what is done."""
    site.rights["Stock Entry"] = {"read", "create", "write", "submit"} - {right}
    assert raised(post(client, "Stock Entry", issue(docstatus=1))) == (403, "PermissionError")
    asked = {"doctype": "Stock Entry", "docname": "", "perm_type": right}
    answer = client.get("/api/method/frappe.client.has_permission", params=asked)
    assert answer.json() == {"message": {"has_permission": False}}
    assert site.effects == []
    assert raised(post(client, "Bin", {"item_code": "00123", "actual_qty": 1})) == (403, "PermissionError")


def test_names_and_unique_fields(site: Erpnext, client: httpx.Client) -> None:
    """A series names its documents whatever was sent; items are named by their code; unknown fields are passed over."""
    assert raised(post(client, "Item", {"item_code": "00123"})) == (409, "DuplicateEntryError")
    made = post(client, "Stock Entry", issue(name="mine", custom_ref="r-1")).json()["data"]
    assert made["name"] != "mine"
    assert "custom_ref" not in made
    site.custom["Stock Entry"] = {"custom_ref": True}
    assert post(client, "Stock Entry", issue(custom_ref="r-1")).json()["data"]["custom_ref"] == "r-1"
    assert raised(post(client, "Stock Entry", issue(custom_ref="r-1"))) == (417, "UniqueValidationError")
    found = client.get("/api/resource/Custom Field", params={"fields": '["dt","fieldname","unique"]'}).json()["data"]
    assert found == [{"dt": "Stock Entry", "fieldname": "custom_ref", "unique": 1}]


def test_orders_reserve_and_deliveries_take(site: Erpnext, rows: Callable[..., list[Any]]) -> None:
    """What a sales order holds stands in the bin until it is delivered or cancelled."""
    first, second = site.order("00123", STORES, 3, po_no="A"), site.order("00123", STORES, 2, po_no="B")
    fields = ["actual_qty", "reserved_qty", "projected_qty"]
    assert rows("Bin", fields=fields) == [{"actual_qty": 40, "reserved_qty": 5, "projected_qty": 35}]
    site.cancel_order(second)
    note = site.deliver(first)
    assert rows("Bin", fields=fields) == [{"actual_qty": 37, "reserved_qty": 0, "projected_qty": 37}]
    told = ["po_no", "docstatus", "items.delivered_qty"]
    assert rows("Sales Order", fields=told, order_by="name asc") == [
        {"po_no": "A", "docstatus": 1, "delivered_qty": 3},
        {"po_no": "B", "docstatus": 2, "delivered_qty": 0},
    ]
    entries = rows("Stock Ledger Entry", fields=["actual_qty"], filters={"voucher_no": note})
    assert entries == [{"actual_qty": -3}]
    assert site.effects == []


def test_a_child_table_is_read_by_its_parent(
    site: Erpnext, client: httpx.Client, rows: Callable[..., list[Any]]
) -> None:
    """With the doctype that it belongs to, whose rights decide."""
    site.order("00123", STORES, 3)
    asked = {"fields": ["parent", "item_code", "docstatus"], "parent": "Sales Order"}
    (row,) = rows("Sales Order Item", **asked)
    assert (row["item_code"], row["docstatus"]) == ("00123", 1)
    wrong = client.get("/api/resource/Sales Order Item", params={"parent": "Stock Entry"})
    assert raised(wrong) == (403, "PermissionError")
    site.rights["Sales Order"] = set()
    assert raised(client.get("/api/resource/Sales Order Item", params={"parent": "Sales Order"}))[0] == 403


def test_a_bundle_is_ordered_and_delivered_as_its_parts(site: Erpnext, client: httpx.Client) -> None:
    """The document names the bundle; stock follows the parts, which it names as packed."""
    site.item("lid", 9, STORES)
    site.item("KIT", is_stock_item=0)
    site.bundle("KIT", {"00123": 2, "lid": 1})
    order = site.order("KIT", STORES, 3)
    assert [site.bin(code, STORES)["reserved_qty"] for code in ("00123", "lid")] == [6, 3]
    told = client.get(f"/api/resource/Sales Order/{order}").json()["data"]
    assert [(row["parent_item"], row["item_code"], row["qty"]) for row in told["packed_items"]] == [
        ("KIT", "00123", 6),
        ("KIT", "lid", 3),
    ]
    site.deliver(order)
    bins = [site.bin(code, STORES) for code in ("00123", "lid")]
    assert [(one["actual_qty"], one["reserved_qty"]) for one in bins] == [(34, 0), (6, 0)]


def test_a_doctype_tells_its_fields(site: Erpnext, client: httpx.Client) -> None:
    """Custom ones among them, and those of its child table; beside `message`, as calls that load a form answer."""
    site.custom["Sales Order"] = {"marketplace": False}
    call = "/api/method/frappe.desk.form.load.getdoctype"
    parent, child = client.get(call, params={"doctype": "Sales Order"}).json()["docs"]
    assert {"po_no", "marketplace", "items"} <= {one["fieldname"] for one in parent["fields"]}
    assert (child["name"], child["istable"]) == ("Sales Order Item", 1)
    assert raised(client.get(call, params={"doctype": "Nothing"})) == (404, "DoesNotExistError")


def test_the_tree_of_warehouses(site: Erpnext, rows: Callable[..., list[Any]]) -> None:
    """Groups hold others, which can be asked for."""
    site.warehouse("Shelf", parent="Stores")
    below = rows("Warehouse", filters=[["name", "descendants of", "All Warehouses - D"]], order_by="name asc")
    assert [row["name"] for row in below] == ["Shelf - D", "Stores - D"]


def test_methods(site: Erpnext, client: httpx.Client) -> None:
    """Lists, counts, values and the site's own zone, over GET and POST."""
    call = "/api/method/frappe.client."
    asked = {"doctype": "Bin", "fields": ["actual_qty"], "filters": {"item_code": "00123"}}
    assert client.post(call + "get_list", json=asked).json() == {"message": [{"actual_qty": 40}]}
    assert client.get(call + "get_count", params={"doctype": "Item"}).json() == {"message": 1}
    value = {"doctype": "Bin", "filters": '{"item_code": "00123"}', "fieldname": "actual_qty"}
    assert client.get(call + "get_value", params=value).json() == {"message": {"actual_qty": 40}}
    assert client.get(call + "get_time_zone").json() == {"message": {"time_zone": "Asia/Ho_Chi_Minh"}}
    single = {"doctype": "Stock Settings", "field": "stock_frozen_upto"}
    assert client.get(call + "get_single_value", params=single).json() == {"message": None}
    versions = client.get("/api/method/frappe.utils.change_log.get_versions").json()["message"]
    assert versions["erpnext"]["version"] == "15.40.0"
    assert raised(client.get("/api/method/nobody.knows")) == (417, "ValidationError")


@pytest.mark.parametrize(
    ("kind", "happened"),
    [("drop-before", 0), ("drop-after", 1), ("status", 0), ("status-after", 1), ("truncate", 1), ("delay", 1)],
)
def test_faults_on_the_wire(site: Erpnext, client: httpx.Client, kind: str, happened: int) -> None:
    """What took effect is known, whatever the client was told; a fault is over after its times."""
    site.faults.append(Fault(kind, "POST /api/resource/Stock Entry"))
    if kind in ("status", "status-after", "delay"):
        assert post(client, "Stock Entry", issue(docstatus=1)).status_code == (200 if kind == "delay" else 502)
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            post(client, "Stock Entry", issue(docstatus=1))
    assert len([one for one in site.effects if one.what == "submit"]) == happened
    assert post(client, "Stock Entry", issue()).status_code == 200
