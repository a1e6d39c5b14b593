"""What an ERPNext site keeps: its tables, its clock, its bins, and what its doctypes look like."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.erp.erpnext_errors import Raised, forbidden, missing
from tests.erp.erpnext_fields import APPS, CHILDREN, FIELDS, NAMED_BY, PACKED, SERIES, SINGLE, SUBMITTABLE
from tests.erp.erpnext_lists import Doc
from tests.erp.erpnext_selling import amended_name, reserved

START = datetime(2026, 11, 11, 6, tzinfo=UTC)
KEY, SECRET = "0123456789abcde", "fedcba987654321"
USER = "stockrecon@example.com"
_COLUMNS: Mapping[str, Callable[[str], Any]] = {"Int": lambda text: int(float(text)), "Float": float}
"""What a custom field's column keeps of a value: whole numbers cut off what is behind the point."""


@dataclass(frozen=True)
class Effect:
    """Something that took effect. `changes`: units by `item @ warehouse`."""

    what: str
    doctype: str
    name: str
    changes: Mapping[str, float]


@dataclass
class Fault:
    """Spoils the next `times` calls whose address and body hold `path`.

    Kinds: `delay` (by `seconds`), `drop-before` and `drop-after` (the connection breaks, before or after the effect),
    `status` (with `status`, and no effect), `status-after` (the same after it), `truncate` (half the answer).
    """

    kind: str
    path: str = ""
    times: int = 1
    status: int = 502
    seconds: float = 0.0


@dataclass
class Kept:
    """`rights`: what the user may do, by doctype; with one that is not there everything.

    `custom`: custom fields by doctype, with whether each is unique. `kinds`: the types of those that are no Data, by
    doctype and name. `apps`: those that the site has beside ERPNext.
    """

    version: str = "15.40.0"
    zone: str = "Asia/Ho_Chi_Minh"
    company: str = "Demo"
    now: datetime = START
    reconciliations_tell_the_change: bool = False
    rights: dict[str, set[str]] = field(default_factory=dict)
    custom: dict[str, dict[str, bool]] = field(default_factory=dict)
    kinds: dict[tuple[str, str], str] = field(default_factory=dict)
    apps: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.tables: dict[str, dict[str, Doc]] = {doctype: {} for doctype in FIELDS}
        self.settings: Doc = {"stock_frozen_upto": None, "stock_frozen_upto_days": 0, "allow_negative_stock": 0}
        self.settings["dont_reserve_sales_order_qty_on_sales_return"] = 0
        self.keys = {KEY: SECRET}
        self._counter = 0

    def local_now(self) -> datetime:
        return self.now.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)

    def bin(self, item: str, warehouse: str, *, make: bool = False) -> Doc:
        """The bin of an item in a warehouse; one that is not there yet is empty."""
        for held in self.tables["Bin"].values():
            if (held["item_code"], held["warehouse"]) == (item, warehouse):
                return held
        empty: Doc = dict.fromkeys(FIELDS["Bin"], 0.0)
        empty |= {"item_code": item, "warehouse": warehouse, "stock_uom": self.tables["Item"][item]["stock_uom"]}
        return self.insert_row("Bin", **empty) if make else empty

    def project(self, held: Doc) -> None:
        """Projected = actual + planned + requested + ordered - the reserves (reference: ERP-35144)."""
        plus = ("actual_qty", "planned_qty", "indented_qty", "ordered_qty")
        held["projected_qty"] = sum(held[name] for name in plus) - sum(
            held[name] for name in FIELDS["Bin"] if name.startswith("reserved_qty")
        )
        self.stamp(held)

    def reserve(self) -> None:
        """Counts anew what open orders hold."""
        held = reserved(self)
        for item, warehouse in {*held, *((one["item_code"], one["warehouse"]) for one in self.tables["Bin"].values())}:
            kept = self.bin(item, warehouse, make=True)
            if kept["reserved_qty"] != held.get((item, warehouse), 0):
                kept["reserved_qty"] = held.get((item, warehouse), 0)
                self.project(kept)

    def meta(self, doctype: str) -> list[Doc]:
        """A doctype and its child tables, each with its fields, custom ones among them."""
        if not self.knows(doctype):
            raise missing("DocType", doctype)
        found = []
        for name in (doctype, *([CHILDREN[doctype]] if doctype in CHILDREN else [])):
            fields = [{"fieldname": one, "fieldtype": "Data", "parent": name} for one in FIELDS[name]]
            fields += [
                {
                    "fieldname": one,
                    "fieldtype": self.kind(name, one),
                    "parent": name,
                    "is_custom_field": 1,
                    "unique": int(unique),
                }
                for one, unique in self.custom.get(name, {}).items()
            ]
            if name in CHILDREN:
                table = {"fieldname": "items", "fieldtype": "Table", "options": CHILDREN[name], "parent": name}
                fields.append(table)
            kind = {"istable": int(name != doctype), "issingle": int(name in SINGLE)}
            found.append(
                {
                    "doctype": "DocType",
                    "name": name,
                    "is_submittable": int(name in SUBMITTABLE),
                    **kind,
                    "fields": fields,
                }
            )
        return found

    def _whole(self, doc: Doc, rows: Iterable[Doc]) -> Iterator[Doc]:
        """Rows of a child table with what they share with their document."""
        for row in rows:
            yield {**row, **{name: doc[name] for name in ("creation", "modified", "docstatus", "owner", "modified_by")}}

    def find(self, doctype: str, name: str) -> Doc | None:
        """By its name, as the collation compares it."""
        table = self.tables.get(doctype, {})
        return table.get(name) or next((doc for key, doc in table.items() if key.casefold() == name.casefold()), None)

    def shown(self, doctype: str, doc: Doc) -> Doc:
        """A whole document, as it is told."""
        return {
            "doctype": doctype,
            **self.empty(doctype),
            **{key: value for key, value in doc.items() if not key.startswith("_")},
        }

    def knows(self, doctype: str) -> bool:
        return doctype in FIELDS and (doctype not in APPS or APPS[doctype] in self.apps)

    def kind(self, doctype: str, name: str) -> str:
        return self.kinds.get((doctype, name), "Data")

    def empty(self, doctype: str) -> Doc:
        """What custom fields hold in rows that were there before them: numbers are never null, texts are."""
        names = self.custom.get(doctype, {})
        return {name: _COLUMNS[kind]("0") for name in names if (kind := self.kind(doctype, name)) in _COLUMNS}

    def allow(self, doctype: str, what: str) -> None:
        if not self.knows(doctype):
            raise missing("DocType", doctype)
        if what not in self.rights.get(doctype, {what}):
            raise forbidden(doctype, what)

    def insert_row(self, doctype: str, **values: Any) -> Doc:
        """Stores a row as it is."""
        self._counter += 1
        name = values.pop("name", None) or values.get(NAMED_BY.get(doctype, "")) or f"row{self._counter:07}"
        stamp = self._text_now()
        usual = {"owner": USER, "modified_by": USER, "creation": stamp, "modified": stamp, "docstatus": 0, "idx": 0}
        doc: Doc = {"name": name, **usual, **values}
        self.tables[doctype][str(name)] = doc
        return doc

    def stamp(self, doc: Doc) -> None:
        doc["modified"] = self._text_now()

    def _kept(self, doctype: str, values: Doc) -> Doc:
        """The values that have a field; Frappe passes over others without a word."""
        names = {*FIELDS[doctype], *self.custom.get(doctype, {})}
        if doctype in CHILDREN:
            names.add("items")
        if doctype in PACKED:
            names.add("packed_items")
        kept = {key: value for key, value in values.items() if key in names}
        for name in self.custom.get(doctype, {}).keys() & kept.keys():
            kept[name] = _cast(self.kind(doctype, name), kept[name])
        return kept

    def _rows(self, doctype: str, doc: Doc) -> None:
        child = CHILDREN.get(doctype)
        if child is None:
            return
        names = {*FIELDS[child], *self.custom.get(child, {})}
        rows = []
        for number, row in enumerate(doc.get("items") or [], start=1):
            self._counter += 1
            own = {key: value for key, value in row.items() if key in names}
            for name in self.custom.get(child, {}).keys() & own.keys():
                own[name] = _cast(self.kind(child, name), own[name])
            place = {"parent": doc.get("name"), "parenttype": doctype, "parentfield": "items", "idx": number}
            rows.append({**own, "name": row.get("name") or f"row{self._counter:07}", "doctype": child, **place})
        doc["items"] = rows
        if doc.get("packed_items"):
            place = {"parenttype": doctype, "parentfield": "packed_items", "doctype": "Packed Item"}
            # Each names the row of the bundle that it is a part of.
            of = {row["item_code"]: row["name"] for row in rows}
            doc["packed_items"] = [
                {
                    **row,
                    **place,
                    "idx": number,
                    "name": f"{rows[0]['name']}p{number}",
                    "parent_detail_docname": of.get(row["parent_item"]),
                }
                for number, row in enumerate(doc["packed_items"], start=1)
            ]

    def _name(self, doctype: str, doc: Doc) -> str:
        if doctype in SUBMITTABLE and doc.get("amended_from"):
            return amended_name(self.tables, doctype, str(doc["amended_from"]))
        if doctype in SERIES:
            # A series names the document whatever name was sent.
            self._counter += 1
            return f"{SERIES[doctype]}-{self.local_now().year}-{self._counter:05}"
        name = str(doc.get(NAMED_BY.get(doctype, "")) or "")
        if name and self.find(doctype, name) is not None:
            raise Raised("DuplicateEntryError", f"{doctype} {name} already exists")
        return name

    def _unique(self, doctype: str, doc: Doc) -> None:
        for name, unique in self.custom.get(doctype, {}).items():
            value = doc.get(name)
            if unique and value and any(one.get(name) == value for one in self.tables[doctype].values()):
                raise Raised("UniqueValidationError", f"{doctype} {name} {value} must be unique")

    def _stored(self, doctype: str, name: str) -> Doc:
        if doctype not in self.tables:
            raise missing("DocType", doctype)
        found = self.find(doctype, name)
        if found is None:
            raise missing(doctype, name)
        return found

    def _latest(self, doc: Doc, values: Doc) -> None:
        if values.get("modified") not in (None, doc["modified"]):
            words = f"Error: Document has been modified after you have opened it ({doc['modified']}). Please refresh."
            raise Raised("TimestampMismatchError", words)

    def _below(self, top: str) -> frozenset[str]:
        found: set[str] = set()
        while True:
            more = {
                name
                for name, one in self.tables["Warehouse"].items()
                if one["parent_warehouse"] in {top, *found} and name not in found
            }
            if not more:
                return frozenset(found)
            found |= more

    def _custom_fields(self) -> Iterator[Doc]:
        for doctype, fields in self.custom.items():
            for name, unique in fields.items():
                kept = {"name": f"{doctype}-{name}", "dt": doctype, "fieldname": name}
                kept["fieldtype"] = self.kind(doctype, name)
                yield {**kept, "label": name, "unique": int(unique), "modified": "", "docstatus": 0}

    def _text_now(self) -> str:
        return self.local_now().isoformat(sep=" ", timespec="microseconds")


def _cast(kind: str, value: Any) -> Any:
    """As the column takes it: a number in a text column becomes a text; what is no number becomes 0."""
    if value is None or kind not in _COLUMNS:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    try:
        return _COLUMNS[kind](str(value))
    except ValueError:
        return _COLUMNS[kind]("0")
