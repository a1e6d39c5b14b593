"""Posting one correction: a Stock Entry with one row, made and submitted in one transaction of ERPNext's.

A Material Issue or Receipt says by how much, so what is sold while it is posted is not lost; a Stock Reconciliation
says how many there are and would overwrite it. Its reference stands in a field that ERPNext's database keeps unique.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.ledgers.answers import moved, one_line, posted_before, understood
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.errors import VENDOR, WHO, Refused
from stockrecon.ledgers.erpnext.fields import Object, amount, flag, named, objects, text
from stockrecon.ledgers.erpnext.found import DOCTYPE, Found, field_fault, find, longest, quantity
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some
from stockrecon.ledgers.erpnext.stock import Stock
from stockrecon.rest import Unsettled


@dataclass(frozen=True, slots=True)
class Poster:
    """Corrections of one site."""

    api: Api
    options: Options
    zone: str

    def why_not(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one."""
        if not self.options.correct_at:
            return (
                "several warehouses are read and none is named that corrections are posted in; set ledger.correct_at "
                f"to one of {', '.join(self.options.warehouses)}"
            )
        why_not = field_fault(self.api, self.options)
        if why_not:
            return why_not
        for right in ("create", "submit"):
            if self.api.may(DOCTYPE, right) is False:
                return f"the API user may not {right} a {DOCTYPE}; give its role that right: Role Permissions Manager"
        return None

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that were posted, with what they moved. A draft is deleted: it moved nothing, and somebody
        might submit it when it is true no more. Raises ReadFault.
        """
        told: dict[str, int] = {}
        for entry in find(self.api, self.options, refs):
            if entry.is_draft:
                self._take_back(entry)
            else:
                told[entry.ref] = told.get(entry.ref, 0) + quantity(self.api, self.options, entry)
        return told

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises ReadFault where nothing was sent."""
        refusal = self.why_not() or self._unfit(request)
        if refusal:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {refusal}")
        drafts = []
        for entry in find(self.api, self.options, [request.ref]):
            if not entry.is_draft:
                moved_by = quantity(self.api, self.options, entry)
                return posted_before(request, moved_by, self.available(request.sku))
            drafts.append(entry)
        before = self.available(request.sku)
        if before is None:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: ERPNext has no stock item {request.sku!r}")
        if before != request.available:
            for entry in drafts:
                self._take_back(entry)
            return moved(request, before)
        return self._settled(request, self._sent(request, drafts))

    def available(self, sku: Sku) -> int | None:
        stock = Stock(self.api, self.options, self.zone)
        stock.read_some([sku])
        found = stock.rows()[0].get(sku)
        return found.available if found else None

    def _unfit(self, request: CorrectionRequest) -> str:
        """Why ERPNext cannot take a Stock Entry of this SKU from a program."""
        most = longest(self.api, self.options)
        if len(request.ref) > most:
            return (
                f"the reference {request.ref} has {len(request.ref)} characters, the field {self.options.ref_field} "
                f"keeps {most}; give it a greater Length: Customize Form > Stock Entry"
            )
        if some(self.api, "Product Bundle", (), "new_item_code", [request.sku]):
            return f"{request.sku} is a Product Bundle, which has no stock of its own; correct its components"
        fields = ("has_serial_no", "has_batch_no", "disabled")
        for row in some(self.api, "Item", fields, "name", [request.sku]):
            for name, words in (("has_serial_no", "serial numbers"), ("has_batch_no", "batches")):
                if flag(row.get(name)):
                    return (
                        f"{request.sku} is kept by {words}, and which of them are meant only people know; post a "
                        + (f"{DOCTYPE} by hand, with {request.ref} in its field {self.options.ref_field}")
                    )
            if flag(row.get("disabled")):
                return f"{request.sku} is disabled in ERPNext; enable it"
        return ""

    def _sent(self, request: CorrectionRequest, drafts: Sequence[Found]) -> CorrectionAnswer:
        try:
            for entry in drafts:
                if self._is_as_asked(entry, request):
                    return self._judged(self.api.submit(DOCTYPE, entry.name), request)
                self._take_back(entry)
            return self._judged(self.api.insert(DOCTYPE, self._document(request)), request)
        except Unsettled as fault:
            return CorrectionAnswer(Answered.UNKNOWN, fault.what)
        except Refused as fault:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {one_line(fault)}")
        except StockreconError as fault:
            words = one_line(fault) if isinstance(fault, ReadFault) else fault.text
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {words}")

    def _judged(self, document: Object, request: CorrectionRequest) -> CorrectionAnswer:
        """Success is a submitted document; a workflow or a script of the site's can keep it as a draft."""
        name = text(document.get("name"))
        if text(document.get("docstatus")) == "1":
            return CorrectionAnswer(Answered.ACCEPTED, f"{DOCTYPE} {name}")
        words = f"ERPNext kept {DOCTYPE} {name} as a draft: a workflow or a script of this site stands before it"
        try:
            self._take_back(Found(request.ref, name, 0))
        except ReadFault as fault:
            return CorrectionAnswer(Answered.UNKNOWN, f"{words}; {one_line(fault)}")
        return CorrectionAnswer(Answered.REJECTED, f"not posted: {words}; it was deleted again")

    def _settled(self, request: CorrectionRequest, answer: CorrectionAnswer) -> CorrectionAnswer:
        """What was answered, or not answered, against what is found by the reference."""
        if answer.answered is Answered.NOT_SENT:
            return answer
        try:
            # Something was sent: an answer that nobody understands leaves it open, and is no "not posted".
            with understood(VENDOR):
                told = self.posted([request.ref]).get(request.ref)
                now = self.available(request.sku)
        except ReadFault as fault:
            if answer.answered is Answered.REJECTED:
                return answer
            words = f"{answer.text}; whether it was posted cannot be told: {one_line(fault)}".lstrip("; ")
            return CorrectionAnswer(Answered.UNKNOWN, words)
        if told is None:
            return answer if answer.answered is not Answered.ACCEPTED else replace(answer, answered=Answered.UNKNOWN)
        if told != request.by:
            return posted_before(request, told, now)
        if answer.answered is Answered.ACCEPTED:
            return CorrectionAnswer(Answered.ACCEPTED, answer.text, now)
        if answer.answered is Answered.REJECTED:
            return posted_before(request, told, now)
        return CorrectionAnswer(Answered.ACCEPTED, f"{request.ref} was posted all the same: {answer.text}", now)

    def _document(self, request: CorrectionRequest) -> Object:
        """Posted at the server's own time: nothing is ever back-dated (reference: ERPNext 3.6)."""
        purpose, side = ("Material Receipt", "t_warehouse") if request.by > 0 else ("Material Issue", "s_warehouse")
        row: Object = {
            "item_code": request.sku,
            "qty": abs(request.by),
            "conversion_factor": 1,
            side: self.options.correct_at,
        }
        for name, value in (
            ("expense_account", self.options.expense_account),
            ("cost_center", self.options.cost_center),
        ):
            if value:
                row[name] = value
        return {
            "docstatus": 1,
            "stock_entry_type": purpose,
            "purpose": purpose,
            "company": self._company(),
            self.options.ref_field: request.ref,
            "remarks": f"{request.note} ({request.ref})",
            "items": [row],
        }

    def _company(self) -> str:
        for row in some(self.api, "Warehouse", ("company",), "name", [self.options.correct_at]):
            return named(row, "company", "Warehouse")
        raise ReadFault(WHO, f"ERPNext has no warehouse {self.options.correct_at}", way_on="Correct ledger.correct_at.")

    def _is_as_asked(self, entry: Found, request: CorrectionRequest) -> bool:
        """Whether a draft is what would be posted now, to the unit."""
        document = self.api.document(DOCTYPE, entry.name)
        rows = objects(document.get("items"), f"{DOCTYPE}.items")
        side = "t_warehouse" if request.by > 0 else "s_warehouse"
        other = "s_warehouse" if request.by > 0 else "t_warehouse"
        if len(rows) != 1 or flag(document.get("set_posting_time")):
            return False
        factor = amount(rows[0].get("conversion_factor") or 1, "conversion_factor")
        return (
            rows[0].get("item_code") == request.sku
            and amount(rows[0].get("qty"), "qty") * factor == abs(request.by)
            and text(rows[0].get(side)) == self.options.correct_at
            and not text(rows[0].get(other))
        )

    def _take_back(self, entry: Found) -> None:
        """Deletes a draft. Raises ReadFault where it is still there."""
        try:
            self.api.delete(DOCTYPE, entry.name)
        except Refused as fault:
            if fault.kind == "DoesNotExistError":
                return
            words = f"{DOCTYPE} {entry.name} ({entry.ref}) was left as a draft and cannot be deleted: {fault.message}"
            raise ReadFault(WHO, words, way_on="Delete it by hand, or give the API user's role that right.") from None
        except Unsettled as fault:
            raise ReadFault(WHO, fault.what, way_on=f"Look at {DOCTYPE} {entry.name}.") from None
