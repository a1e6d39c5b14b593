"""What Frappe's answers mean: the status, and the exception that stands in `exc_type` (reference: ERPNext 3.6).

Messages are in the user's language: what is decided is decided by the exception's name.
"""

from __future__ import annotations

import json

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.erpnext.fields import Object, plain, text
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict

WHO = "ledger"
VENDOR = "ERPNext"
KEYS = "in ERPNext: the user > Settings > API Access > Generate Keys"
_KEY_WAY = f"check ledger.api_key and ledger.api_secret; new ones are made {KEYS}; and that the user is enabled"
_SITE_WAY = "check ledger.base_url: it is the site's address, without /app and /api"
_PASSING = frozenset({"QueryDeadlockError", "QueryTimeoutError", "TooManyWritesError", "SessionStopped"})
"""Refusals that another try may not meet."""
_WAYS = {
    "PermissionError": "give the user's role this right: Role Permissions Manager (docs/ledgers/erpnext.md, Rights)",
    "StockFreezeError": "the period is frozen: Stock Settings > Stock Frozen Up To; or give the user the role that may "
    "post there",
    "ClosedAccountingPeriod": "the accounting period is closed: Accounting Period",
    "PeriodClosedError": "the accounting period is closed: Period Closing Voucher",
    "FiscalYearError": "there is no open Fiscal Year for today",
    "NegativeStockError": "the warehouse holds less than that; post it in the warehouse that holds the units "
    "(ledger.correct_at), or allow negative stock in Stock Settings",
    "MandatoryError": "this site asks for a field that ERPNext itself does not: give it a default, or post it by hand",
    "WorkflowPermissionError": "a workflow stands on Stock Entry: let the user's role pass it",
}


class Refused(ReadFault):
    """ERPNext refused this one call, and it did nothing; `kind` is the exception's name, "" where none is told."""

    def __init__(self, call: str, kind: str, message: str, *, way_on: str = "") -> None:
        said = ": ".join(part for part in (kind, message) if part) or "refused without a reason"
        super().__init__(WHO, f"ERPNext, {call}: {said}", way_on=way_on)
        self.kind = kind
        self.message = message


def judge_for(call: str, *, writes: bool = False) -> Judge:
    """The judge of one call; `call` names it in texts. `writes`: a fault of the server says nothing of the effect."""

    def judge(answer: Answer) -> Verdict:
        try:
            document = answer.json()
        except BadAnswer:
            # A site that is not there, or a proxy: what stands before Frappe answers in HTML.
            if answer.status == 401:
                return Verdict.fail(AuthFault(WHO, f"{call}: HTTP 401", way_on=_KEY_WAY))
            raise
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but not an object")
        kind, message = exception_of(document)
        if answer.status < 300 and not kind:
            return Verdict.ok()
        return _by_status(call, answer.status, kind, message, writes)

    return judge


def exception_of(document: Object) -> tuple[str, str]:
    """The exception's name and its message; both "" where the answer holds none."""
    kind = plain(document.get("exc_type"), 80)
    if not kind and document.get("exception"):
        kind = plain(document.get("exception"), 300).partition(":")[0].rpartition(".")[2][:80]
    if not kind and not document.get("exc"):
        return "", _messages(document)
    message = _messages(document) or plain(document.get("_error_message"))
    if not message:
        message = plain(text(document.get("exception")).partition(":")[2])
    return kind or "an error", message


def _messages(document: Object) -> str:
    """`_server_messages` is a JSON list of JSON objects, as text in both layers."""
    told = []
    try:
        for each in json.loads(text(document.get("_server_messages")) or "[]"):
            one = json.loads(each) if isinstance(each, str) else each
            told.append(plain(one.get("message") if isinstance(one, dict) else one))
    except (ValueError, TypeError, RecursionError):
        return ""
    return "; ".join(dict.fromkeys(part for part in told[-3:] if part))


def _by_status(call: str, status: int, kind: str, message: str, writes: bool) -> Verdict:
    words = f"{call}: HTTP {status}, " + (": ".join(part for part in (kind, message) if part) or "no reason told")
    if status == 401:
        return Verdict.fail(AuthFault(WHO, words, way_on=_KEY_WAY))
    if status == 429:
        return Verdict.throttled(words)
    if status in (408, 425) or status >= 500 or (kind in _PASSING and not writes):
        return Verdict.retry(words)
    if status < 300:
        # An exception that comes as a success: what of it was kept is not known.
        return Verdict.retry(words)
    if status == 403 and not kind:
        kind = "PermissionError"
    return Verdict.fail(Refused(call, kind, message, way_on=way_on_of(kind)))


def way_on_of(kind: str) -> str:
    return _SITE_WAY if kind == "DoesNotExistError" else _WAYS.get(kind, "")
