"""ERPNext's documents: listed, saved, submitted, cancelled, with the rights of the user that asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.erp import erpnext_stock as stock
from tests.erp.erpnext_errors import Raised, forbidden, invalid, missing
from tests.erp.erpnext_fields import CHILDREN, PACKED, READ_ONLY, SINGLE, SUBMITTABLE
from tests.erp.erpnext_kept import Effect, Kept
from tests.erp.erpnext_listed import put_up
from tests.erp.erpnext_lists import Doc, Listing, field_names
from tests.erp.erpnext_selling import copied, linked, tell_orders

_STOCKED = ("Stock Entry", "Stock Reconciliation", "Delivery Note", "Purchase Receipt")


@dataclass
class Documents(Kept):
    """What may be done with documents; each call is one transaction."""

    def listing(self, doctype: str, parent: str = "") -> Listing:
        """`parent`: the doctype that a child table belongs to, whose rights decide."""
        docs: Iterable[Doc] = self.tables.get(doctype, {}).values()
        if doctype in CHILDREN.values() or doctype == "Packed Item":
            if not parent:
                raise Raised("PermissionError", "Parent DocType is required to read a child table")
            table = "packed_items" if doctype == "Packed Item" else "items"
            if not (parent in PACKED if table == "packed_items" else CHILDREN.get(parent) == doctype):
                raise Raised("PermissionError", f"{doctype} is no child table of {parent}")
            self.allow(parent, "read")
            docs = [row for one in self.tables[parent].values() for row in self._whole(one, one.get(table, []))]
        else:
            self.allow(doctype, "read")
        docs = self._custom_fields() if doctype == "Custom Field" else docs
        if empty := self.empty(doctype):
            docs = [{**empty, **doc} for doc in docs]
        child = CHILDREN.get(doctype)
        child_known = field_names(child, self.custom.get(child, {})) if child else frozenset()
        known = field_names(doctype, self.custom.get(doctype, {}))
        return Listing(doctype, docs, known, child_known, self._below)

    def get(self, doctype: str, name: str) -> Doc:
        self.allow(doctype, "read")
        if doctype in SINGLE:
            own = {"time_zone": self.zone} if doctype == "System Settings" else self.settings
            return {"doctype": doctype, "name": doctype, **own}
        found = self.find(doctype, name)
        if found is None:
            raise missing(doctype, name)
        return self.shown(doctype, found)

    def insert(self, doctype: str, values: Doc) -> Doc:
        """A draft, or a submitted document where `docstatus` is 1."""
        self.allow(doctype, "create")
        if doctype in READ_ONLY:
            raise forbidden(doctype, "create")
        submits = int(values.get("docstatus") or 0) == 1
        if submits:
            self.allow(doctype, "submit")
        return self._made(doctype, values, submits=submits, by_user=True)

    def update(self, doctype: str, name: str, values: Doc) -> Doc:
        """Saves a draft with other values; `docstatus` 1 submits it, 2 cancels."""
        self.allow(doctype, "write")
        if doctype in READ_ONLY:
            raise forbidden(doctype, "write")
        doc = self._stored(doctype, name)
        self._latest(doc, values)
        wanted = int(values.get("docstatus", doc["docstatus"]) or 0)
        if doc["docstatus"] == 2 or (doc["docstatus"] == 1 and wanted == 0):
            raise Raised("DocstatusTransitionError", f"Cannot change docstatus from {doc['docstatus']} to {wanted}")
        if wanted == 2:
            return self.cancel(doctype, name)
        if doc["docstatus"] == 0:
            changed = {**doc, **self._kept(doctype, values)}
            if doctype in _STOCKED:
                self._rows(doctype, changed)
                stock.validate(self, doctype, changed)
            doc.update(changed)
            doc["docstatus"] = 0
        self.stamp(doc)
        if wanted == 1 and doc["docstatus"] == 0:
            return self.submit(doctype, name)
        return self.shown(doctype, doc)

    def submit(self, doctype: str, name: str) -> Doc:
        """A document that is submitted already stays as it is: no second effect."""
        self.allow(doctype, "submit")
        doc = self._stored(doctype, name)
        if doc["docstatus"] == 2:
            raise Raised("DocstatusTransitionError", "Cannot edit cancelled document")
        if doc["docstatus"] == 0:
            self._submit(doctype, doc, by_user=True)
        return self.shown(doctype, doc)

    def cancel(self, doctype: str, name: str, *, by_user: bool = True) -> Doc:
        if by_user:
            self.allow(doctype, "cancel")
        doc = self._stored(doctype, name)
        if doc["docstatus"] != 1:
            raise Raised("DocstatusTransitionError", f"Cannot change docstatus from {doc['docstatus']} to 2")
        if doctype == "Sales Order" and doc.get("status") == "Closed":
            raise invalid("Closed order cannot be cancelled. Unclose to cancel.")
        linked(self.tables, doctype, str(doc["name"]))
        changed = stock.unbook(self, doctype, doc) if doctype in _STOCKED else {}
        doc["docstatus"] = 2
        if "status" in doc:
            doc["status"] = "Cancelled"
        if doctype == "Sales Order":
            self.reserve()
        elif doctype == "Delivery Note":
            tell_orders(self, doc)
        self.stamp(doc)
        self._happened(by_user, "cancel", doctype, doc, changed)
        return self.shown(doctype, doc)

    def amend(self, doctype: str, name: str, **changes: Any) -> str:
        """What the form's button does with a cancelled document, saved and submitted; its rows are new ones."""
        values = {**copied(self._stored(doctype, name)), **changes}
        if doctype in PACKED:
            values["packed_items"] = self.packed(values["items"])
        return str(self._made(doctype, values)["name"])

    def packed(self, rows: Iterable[Doc]) -> list[Doc]:
        """The parts of the rows that are product bundles."""
        found = []
        for row in rows:
            bundle = self.tables["Product Bundle"].get(row["item_code"], {})
            for part in [] if bundle.get("disabled") else bundle.get("items", []):
                units = {"qty": part["qty"] * row["stock_qty"], "uom": part.get("uom")}
                place = {"parent_item": row["item_code"], "warehouse": row["warehouse"]}
                found.append({"item_code": part["item_code"], **units, **place})
        return found

    def delete(self, doctype: str, name: str) -> None:
        self.allow(doctype, "delete")
        doc = self._stored(doctype, name)
        if doc["docstatus"] == 1:
            raise invalid(f"{doctype} {name} is submitted and cannot be deleted. Please cancel first.")
        del self.tables[doctype][doc["name"]]
        self._happened(True, "delete", doctype, doc, {})

    def _made(self, doctype: str, values: Doc, *, submits: bool | None = None, by_user: bool = False) -> Doc:
        kept = self._kept(doctype, values)
        self._rows(doctype, kept)
        if doctype in ("Stock Entry", "Stock Reconciliation"):
            stock.validate(self, doctype, kept)
        elif doctype in ("Product Bundle", "Ecommerce Item", "Sales Order"):
            put_up(self, doctype, kept)
        elif doctype in ("Delivery Note", "Purchase Receipt"):
            now = self.local_now()
            kept |= {"posting_date": now.date().isoformat(), "posting_time": now.time().isoformat()}
        self._unique(doctype, kept)
        kept["name"] = self._name(doctype, kept)
        doc = self.insert_row(doctype, **kept)
        for row in (*doc.get("items", []), *doc.get("packed_items", [])):
            row["parent"] = doc["name"]
        self._happened(by_user, "insert", doctype, doc, {})
        if doctype in SUBMITTABLE and (submits is None or submits):
            try:
                self._submit(doctype, doc, by_user)
            except Raised:
                # One request is one transaction: the draft goes with it.
                del self.tables[doctype][doc["name"]]
                if by_user:
                    self.effects.pop()
                raise
        return self.shown(doctype, doc)

    def _submit(self, doctype: str, doc: Doc, by_user: bool) -> None:
        changed: Mapping[str, float] = {}
        if doctype in ("Stock Entry", "Stock Reconciliation"):
            stock.validate(self, doctype, doc)
        if doctype in _STOCKED:
            changed = stock.book(self, doctype, doc)
        doc["docstatus"] = 1
        if doctype == "Sales Order":
            doc["status"] = doc.get("status") or "To Deliver and Bill"
            self.reserve()
        elif doctype == "Delivery Note":
            doc["status"] = doc.get("status") or "To Bill"
            tell_orders(self, doc)
        self.stamp(doc)
        self._happened(by_user, "submit", doctype, doc, changed)

    def _happened(self, by_user: bool, what: str, doctype: str, doc: Doc, changed: Mapping[str, float]) -> None:
        if by_user:
            self.effects.append(Effect(what, doctype, str(doc["name"]), dict(changed)))
