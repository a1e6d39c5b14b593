"""What Odoo's refusals mean. They are told by the name of a Python exception: its text is in the user's language."""

from __future__ import annotations

from enum import Enum

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.odoo.fields import plain
from stockrecon.rest import Answer, BadAnswer, Verdict

KEY_WAY = (
    "check api_key (in Odoo: Preferences > Account Security > New API Key; keys expire after three months at most), "
    "and for JSON-RPC user and database"
)
RIGHTS_WAY = "Give the user of the key the rights that docs/ledgers/odoo.md names"
_NOT_ODOO = "check base_url, and `protocol`: JSON-2 needs Odoo 19, JSON-RPC is for versions before"
# Two transactions at once: Odoo took this one back and tried it again five times by itself.
_HELD_UP = ("SerializationFailure", "LockNotAvailable", "DeadlockDetected", "TransactionRollbackError", "LockError")


class Why(Enum):
    """RIGHT: the user may not. MISSING: no such model, method or record. HELD_UP: others had it. RULE: any other."""

    RIGHT = "right"
    MISSING = "missing"
    RULE = "rule"


class Refused(ReadFault):
    """Odoo refused this call and took back whatever it had begun: a call is one transaction (reference: JSON-2)."""

    def __init__(self, call: str, why: Why, message: str, *, way_on: str = "") -> None:
        super().__init__("ledger", f"Odoo refused {call}: {message}", way_on=way_on)
        self.why = why
        self.message = message


def judge_json2(call: str, answer: Answer) -> Verdict:
    """JSON-2 uses real status codes (reference: Odoo 3.5)."""
    if answer.status < 300:
        answer.json()
        return Verdict.ok()
    if answer.status == 429:
        return Verdict.throttled(f"{call}: HTTP 429 (too many requests)")
    try:
        document = answer.json()
    except BadAnswer:
        if answer.status != 404:
            raise
        return Verdict.fail(ReadFault("ledger", f"{call}: nothing of Odoo's is there (HTTP 404)", way_on=_NOT_ODOO))
    name, message = _named(document)
    if not name and answer.status >= 500:
        return Verdict.retry(f"{call}: HTTP {answer.status}")
    return _verdict(call, name, message or f"HTTP {answer.status}", answer.status)


def judge_jsonrpc(call: str, answer: Answer) -> Verdict:
    """JSON-RPC answers HTTP 200 also where it refuses: the refusal is `error`."""
    if answer.status == 429:
        return Verdict.throttled(f"{call}: HTTP 429 (too many requests)")
    if answer.status == 404:
        return Verdict.fail(ReadFault("ledger", f"{call}: nothing of Odoo's is there (HTTP 404)", way_on=_NOT_ODOO))
    document = answer.json()
    if not isinstance(document, dict):
        raise BadAnswer("the body is JSON but no object")
    error = document.get("error")
    if error is None:
        return Verdict.ok() if answer.status < 300 else Verdict.retry(f"{call}: HTTP {answer.status}")
    name, message = _named(error.get("data") if isinstance(error, dict) else None)
    return _verdict(call, name, message or "an error without words", 0)


def _named(document: object) -> tuple[str, str]:
    """The exception's name and message."""
    if not isinstance(document, dict):
        return "", plain(document)
    message = document.get("message")
    arguments = document.get("arguments")
    if not message and isinstance(arguments, list) and arguments:
        message = arguments[0]
    return plain(document.get("name"), 80), plain(message)


def _verdict(call: str, name: str, message: str, status: int) -> Verdict:
    kind = name.rpartition(".")[2]
    if status == 401 or kind in ("AccessDenied", "Unauthorized", "SessionExpiredException"):
        return Verdict.fail(AuthFault("ledger", f"Odoo does not know us ({call}): {message}", way_on=KEY_WAY))
    if kind in _HELD_UP:
        return Verdict.throttled(f"{call}: others were changing it ({kind})")
    if kind in ("AccessError", "Forbidden") or status == 403:
        return Verdict.fail(Refused(call, Why.RIGHT, message, way_on=RIGHTS_WAY))
    if kind in ("MissingError", "NotFound", "KeyError") or status == 404 or "doesn't exist" in message:
        return Verdict.fail(Refused(call, Why.MISSING, message))
    if not name and status >= 500:
        return Verdict.retry(f"{call}: HTTP {status}")
    return Verdict.fail(Refused(call, Why.RULE, f"{message} ({kind})" if kind else message))
