"""What Frappe raises, and the document that tells it over HTTP (reference: ERPNext 3.6; Frappe's table of statuses)."""

from __future__ import annotations

import json

STATUSES = {
    "AuthenticationError": 401,
    "PermissionError": 403,
    "DoesNotExistError": 404,
    "DuplicateEntryError": 409,
    "RateLimitExceededError": 429,
}
"""Every other exception of a validation is 417; what nobody caught is 500."""
_MODULES = {
    "NegativeStockError": "erpnext.stock.stock_ledger",
    "StockFreezeError": "erpnext.stock.doctype.stock_ledger_entry.stock_ledger_entry",
    "EmptyStockReconciliationItemsError": "erpnext.stock.doctype.stock_reconciliation.stock_reconciliation",
}


class Raised(Exception):
    """An exception of Frappe's, by its name, with the message that a person would see."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message

    @property
    def status(self) -> int:
        return STATUSES.get(self.kind, 417)

    def document(self) -> dict[str, object]:
        """`exc` is a traceback as a list in a text; `_server_messages` is a list of documents, each in a text."""
        full = f"{_MODULES.get(self.kind, 'frappe.exceptions')}.{self.kind}"
        shown = json.dumps([json.dumps({"message": self.message, "title": "Message", "indicator": "red"})])
        return {
            "exception": f"{full}: {self.message}",
            "exc_type": self.kind,
            "exc": json.dumps([f'Traceback (most recent call last):\n  File "apps/frappe", line 1\n{full}\n']),
            "_server_messages": shown,
        }


def invalid(message: str) -> Raised:
    return Raised("ValidationError", message)


def missing(doctype: str, name: str) -> Raised:
    return Raised("DoesNotExistError", f"{doctype} {name} not found")


def forbidden(doctype: str, what: str) -> Raised:
    return Raised("PermissionError", f"User does not have {what} access to {doctype}")
