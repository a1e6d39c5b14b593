"""A small ERPNext in memory, in Frappe's own shapes (reference: ERPNext 3.6), and ledgers that read it."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.erpnext import ErpnextLedger
from stockrecon.rest import Answer, Request, WireFault

NOW = datetime(2026, 11, 11, 6, 0, 0, tzinfo=UTC)
KEY, SECRET = "0a1b2c3d4e5f", "f5e4d3c2b1a0"
SITE_ZONE = "+07:00"
STORES, SHOPFLOOR = "Stores - TC", "Shopfloor - TC"
REF = "custom_stockrecon_ref"
Row = dict[str, Any]
Hook = Callable[[Request], Answer | None]
TABLES = {
    "Sales Order Item": "Sales Order",
    "Packed Item": "Sales Order",
    "Delivery Note Item": "Delivery Note",
    "Sales Invoice Item": "Sales Invoice",
    "Stock Reconciliation Item": "Stock Reconciliation",
    "Product Bundle Item": "Product Bundle",
}


def stamp(at: datetime) -> str:
    """A time as a site in +07:00 writes it."""
    return (at + timedelta(hours=7)).strftime("%Y-%m-%d %H:%M:%S.%f")


class FakeTime:
    """Stands still until somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def clock(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class FakeErp:
    """Answers like Frappe. `hooks` come before an answer, `after` when what was asked has been done.

    `denied`: kinds of documents, or `KIND:RIGHT`, that the user has no right to. `hidden`: names that User Permissions
    hide from lists but not from counts.
    """

    def __init__(self) -> None:
        self.time = FakeTime()
        self.docs: dict[str, dict[str, Row]] = {}
        self.fields: dict[str, list[Row]] = {}
        self.denied: set[str] = set()
        self.hidden: set[str] = set()
        self.hooks: list[Hook] = []
        self.after: list[Hook] = []
        self.calls: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.guest = False
        self.refuse_entry: tuple[int, str, str] | None = None
        self.keeps_drafts = False
        self.longest_page = 10_000
        self.number = 0
        self.closed = False
        for kind in ("Item", "Bin", "Stock Ledger Entry", "Stock Entry", "Stock Reconciliation", "Product Bundle"):
            self.docs[kind] = {}
        for kind in (*TABLES, "Sales Order", "Delivery Note", "Sales Invoice", "Warehouse", "Ecommerce Item"):
            self.docs[kind] = {}
        for kind in ("Sales Order", "Delivery Note", "Sales Invoice"):
            self.fields[kind] = [field("po_no"), field("customer")]
        self.fields["Stock Entry"] = [field("purpose"), field(REF, unique=1)]
        self.fields["Product Bundle"] = [field("new_item_code"), field("disabled", fieldtype="Check")]
        for name in (STORES, SHOPFLOOR):
            self.add("Warehouse", name, company="Test Company", is_group=0, disabled=0)

    def add(self, kind: str, name: str = "", at: datetime | None = None, **more: Any) -> Row:
        self.number += 1
        name = name or f"{kind.lower().replace(' ', '-')}-{self.number:05}"
        made = stamp(at or self.time.clock())
        row = {"name": name, "creation": made, "modified": made, "docstatus": 0, **more}
        self.docs[kind][name] = row
        return row

    def item(self, code: str, actual: float = 0, reserved: float = 0, warehouse: str = STORES, **more: Any) -> Row:
        usual: Row = {"is_stock_item": 1, "has_variants": 0, "disabled": 0, "has_serial_no": 0, "has_batch_no": 0}
        made = self.docs["Item"].get(code) or self.add("Item", code, NOW - timedelta(days=90), **{**usual, **more})
        self.bin(code, warehouse, actual_qty=actual, reserved_qty=reserved)
        return made

    def bin(self, code: str, warehouse: str = STORES, **more: float) -> Row:
        name = f"{code}@{warehouse}"
        known = self.docs["Bin"].get(name) or self.add(
            "Bin", name, item_code=code, warehouse=warehouse, actual_qty=0.0, reserved_qty=0.0
        )
        known.update(more, modified=stamp(self.time.clock()))
        return known

    def entry(self, code: str, quantity: float, voucher: tuple[str, str], at: datetime, **more: Any) -> Row:
        usual: Row = {
            "item_code": code,
            "warehouse": STORES,
            "actual_qty": quantity,
            "voucher_type": voucher[0],
            "voucher_no": voucher[1],
            "voucher_detail_no": "",
            "is_cancelled": 0,
        }
        return self.add("Stock Ledger Entry", at=at, **{**usual, **more})

    def cancel_entries(self, voucher_no: str, at: datetime) -> None:
        """As cancelling a document does: its entries are marked, and mirrored."""
        for row in [one for one in self.docs["Stock Ledger Entry"].values() if one["voucher_no"] == voucher_no]:
            row.update(is_cancelled=1, modified=stamp(at))
            own = {key: value for key, value in row.items() if key not in ("name", "creation", "modified")}
            self.add("Stock Ledger Entry", at=at, **{**own, "actual_qty": -row["actual_qty"] or 0.0})

    def close(self) -> None:
        self.closed = True

    def send(self, request: Request) -> Answer:
        self.requests.append(request)
        path = unquote(request.path)
        self.calls[f"{request.method} {path}"] += 1
        for hook in list(self.hooks):
            said_first = hook(request)
            if said_first is not None:
                return self._dated(said_first)
        answer = self._answer(request, path)
        for hook in list(self.after):
            said_after = hook(request)
            if said_after is not None:
                return self._dated(said_after)
        return self._dated(answer)

    def _dated(self, answer: Answer) -> Answer:
        answer.headers = {"date": format_datetime(self.time.clock(), usegmt=True), **answer.headers}
        return answer

    def _answer(self, request: Request, path: str) -> Answer:
        known = ("authorization", f"token {KEY}:{SECRET}") in request.headers
        if path == "/api/method/frappe.client.get_time_zone":
            return said({"message": {"time_zone": SITE_ZONE}})
        if not known:
            return error(401, "AuthenticationError", "")
        if path.startswith("/api/method/"):
            return self._method(request, path.removeprefix("/api/method/"))
        kind, _, name = path.removeprefix("/api/resource/").partition("/")
        if kind in self.denied or TABLES.get(kind) in self.denied:
            return error(403, "PermissionError", f"User does not have doctype access for <strong>{kind}</strong>")
        match request.method, bool(name):
            case "GET", False:
                return self._list(request, kind)
            case "GET", True:
                row = self.docs[kind].get(name)
                return said({"data": row}) if row else error(404, "DoesNotExistError", f"{kind} {name} not found")
            case "POST", False:
                return self._insert(kind, request.json)
            case "PUT", True:
                return self._submit(self.docs[kind][name])
            case _:
                return self._delete(kind, name)

    def _method(self, request: Request, name: str) -> Answer:
        kind = request.first("doctype") or ""
        match name:
            case "frappe.auth.get_logged_user":
                return said({"message": "Guest" if self.guest else "stockrecon@example.com"})
            case "frappe.utils.change_log.get_versions":
                return said({"message": {"frappe": {"version": "15.40.0"}, "erpnext": {"version": "15.38.2"}}})
            case "frappe.client.get_count":
                if kind in self.denied:
                    return error(403, "PermissionError", "")
                return said({"message": len(self._matching(kind, request))})
            case "frappe.client.has_permission":
                denied = f"{kind}:{request.first('perm_type')}" in self.denied
                return said({"message": {"has_permission": not denied}})
            case "frappe.client.get_single_value":
                return said({"message": 0})
            case "frappe.desk.form.load.getdoctype":
                return said({"docs": [{"name": kind, "fields": self.fields.get(kind, [])}]})
        return error(403, "PermissionError", f"{name} is not whitelisted")

    def _matching(self, kind: str, request: Request) -> list[Row]:
        filters = json.loads(request.first("filters") or "[]")
        rows = [row for row in self.docs[kind].values() if all(_fits(row, one) for one in filters)]
        return sorted(rows, key=lambda row: row["name"].lower())

    def _list(self, request: Request, kind: str) -> Answer:
        if kind in TABLES and not request.first("parent"):
            return error(403, "PermissionError", "Parent DocType is needed")
        assert request.first("order_by") == "name asc"
        names = json.loads(request.first("fields") or "[]")
        length = min(self.longest_page, int(request.first("limit_page_length") or 20))
        rows = [row for row in self._matching(kind, request) if row["name"] not in self.hidden][:length]
        return said({"data": [{name: row.get(name) for name in names} for row in rows]})

    def _insert(self, kind: str, document: Any) -> Answer:
        assert kind == "Stock Entry"
        if f"{kind}:create" in self.denied:
            return error(403, "PermissionError", "No permission to create Stock Entry")
        if any(row.get(REF) == document[REF] for row in self.docs[kind].values()):
            return error(417, "UniqueValidationError", f"{REF} must be unique")
        if self.refuse_entry:
            return error(*self.refuse_entry)
        row = self.add(kind, **{**document, "docstatus": 0})
        return said({"data": row}) if self.keeps_drafts else self._submit(row)

    def _submit(self, row: Row) -> Answer:
        row.update(docstatus=1)
        for line in row["items"]:
            warehouse = line.get("t_warehouse") or line["s_warehouse"]
            quantity = line["qty"] if line.get("t_warehouse") else -line["qty"]
            known = self.bin(line["item_code"], warehouse)
            known["actual_qty"] += quantity
            voucher = ("Stock Entry", row["name"])
            self.entry(line["item_code"], quantity, voucher, self.time.clock(), warehouse=warehouse)
        return said({"data": row})

    def _delete(self, kind: str, name: str) -> Answer:
        if f"{kind}:delete" in self.denied:
            return error(403, "PermissionError", "No permission to delete Stock Entry")
        assert self.docs[kind].pop(name)["docstatus"] == 0
        return said({"message": "ok"})


def _fits(row: Row, one: list[Any]) -> bool:
    name, operator, value = one
    own = row.get(name)
    match operator:
        case "=":
            return bool(own == value) or name == "parenttype"
        case "in":
            # The database's collation does not tell case apart.
            return str(own).lower() in {str(each).lower() for each in value}
        case ">":
            return str(own).lower() > str(value).lower()
        case ">=":
            return str(own) >= str(value)
    raise AssertionError(f"no such operator here: {operator}")


def field(name: str, fieldtype: str = "Data", unique: int = 0, **more: Any) -> Row:
    return {"fieldname": name, "fieldtype": fieldtype, "unique": unique, **more}


def said(document: Any, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(document).encode())


def error(status: int, kind: str, message: str) -> Answer:
    """Frappe's shape: the messages are JSON in JSON in JSON."""
    told = json.dumps([json.dumps({"message": message, "indicator": "red"})])
    return said({"exc_type": kind, "exception": f"frappe.exceptions.{kind}", "_server_messages": told}, status)


def broken(sent: bool = True) -> Hook:
    """A server that dies while it is asked."""

    def hook(request: Request) -> Answer | None:
        raise WireFault("127.0.0.1 broke off its answer", sent=sent)

    return hook


def for_writes(hook: Hook) -> Hook:
    return lambda request: hook(request) if request.method != "GET" else None


def settings(**more: object) -> LedgerSettings:
    usual: dict[str, object] = {
        "base_url": "http://127.0.0.1:9",
        "api_key": KEY,
        "api_secret": Secret(SECRET),
        "warehouses": (STORES,),
        "shop_field": "customer",
    }
    options = {name: value for name, value in {**usual, **more}.items() if value is not None}
    return LedgerSettings("erpnext", Path("/nowhere"), options=options)


def ledger(erp: FakeErp, **more: object) -> ErpnextLedger:
    time = erp.time
    return ErpnextLedger(
        settings(**more),
        transport=erp,
        clock=time.clock,
        sleep=time.sleep,
        jitter=lambda: 0.5,
        monotonic=time.monotonic,
    )


def rows(erp: FakeErp, spool: Path, **more: object) -> dict[str, list[dict[str, str]]]:
    """The tables as a run reads them."""
    read = ledger(erp, **more).read(spool, erp.time.clock())
    found = {}
    for name, table in read.tables.items():
        with Path(table.path).open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def available(found: dict[str, list[dict[str, str]]]) -> dict[str, int]:
    return {row["sku"]: int(row["available"]) for row in found["stock"]}


def moves(found: dict[str, list[dict[str, str]]]) -> list[tuple[str, int, str, str, str]]:
    """SKU, quantity, kind, order and shop of every movement, in time order."""
    ordered = sorted(found["movements"], key=lambda row: (row["at"], row["id"]))
    return [(row["sku"], int(row["quantity"]), row["kind"], row["order_id"], row["shop"]) for row in ordered]


def request(by: int = -1, ref: str = "stockrecon:A:1", available: int = 5, sku: str = "A") -> CorrectionRequest:
    return CorrectionRequest(Sku(sku), by, ref, "stockrecon: cancelled-order-restock", NOW, available)
