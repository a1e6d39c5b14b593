"""What Ginee's answers mean: every one is `{code, message, data, ...}`, also under HTTP 200 where it refuses.

Source: doc.ginee.com, Get Started and the failures that each call's page shows ("You need to check the code").
"""

from __future__ import annotations

from enum import Enum

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict
from stockrecon.rest.fields import plain

WHO = "ledger"
VENDOR = "Ginee"
OK = "SUCCESS"
KEY_WAY = "check ledger.access_key, ledger.secret_key and ledger.country; Ginee hands the keys out and takes them back"
RIGHT_WAY = "ask Ginee to open this call for your access key (docs/ledgers/ginee.md, Keys and rights)"
_ADDRESS_WAY = "check ledger.base_url: it is the host alone, https://api.ginee.com"


class Why(Enum):
    """RIGHT: the key may not. MISSING: no such call, warehouse or record. RULE: any other reason."""

    RIGHT = "right"
    MISSING = "missing"
    RULE = "rule"


_UNKNOWN_KEY = frozenset({"IAM_FAILED", "UNAUTHORIZED", "INVALID_SIGNATURE", "ACCESS_KEY_INVALID"})
"""IAM_FAILED is Ginee's; the others are inferred."""
_NO_RIGHT = frozenset({"PERMISSION_DENIED", "ACCESS_DENIED", "NO_PERMISSION", "FORBIDDEN"})
"""Inferred: no page names the code of a call that the key may not make."""
_MISSING = frozenset({"DATA_NOT_EXISTED", "NOT_FOUND"})
"""DATA_NOT_EXISTED is Ginee's (GetShopInfo); the other is inferred."""
_TOO_MANY = ("TOO_MANY", "RATE_LIMIT", "OVER_LIMIT", "FREQUEN", "QPS")
"""Parts of a code that says "too often"; inferred, as is the limit: no page names either."""
_PASSING = frozenset({"SERVICE_BUSY", "SYSTEM_ERROR", "INTERNAL_ERROR", "TIMEOUT"})
"""SERVICE_BUSY is Ginee's; the others are inferred. Whether a write took effect is not known after one of them."""


class Refused(ReadFault):
    """Ginee refused this one call, and it did nothing; `code` as Ginee says it."""

    def __init__(self, call: str, code: str, message: str, why: Why, *, way_on: str = "") -> None:
        said = ": ".join(part for part in (code, message) if part) or "refused without a reason"
        super().__init__(WHO, f"Ginee, {call}: {said}", way_on=way_on)
        self.code = code
        self.message = message
        self.why = why


def judge_for(call: str) -> Judge:
    """The judge of one call; `call` names it in texts."""

    def judge(answer: Answer) -> Verdict:
        if answer.status == 429:
            return Verdict.throttled(f"{call}: HTTP 429 (too many requests)")
        try:
            document = answer.json()
        except BadAnswer:
            return _without_body(call, answer)
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but not an object")
        return _by_code(call, answer.status, plain(document.get("code"), 80), plain(document.get("message")))

    return judge


def _without_body(call: str, answer: Answer) -> Verdict:
    """What stands before Ginee, or is not Ginee at all, answers in HTML or not at all."""
    words = f"{call}: HTTP {answer.status}"
    if answer.status == 401:
        return Verdict.fail(AuthFault(WHO, words, way_on=KEY_WAY))
    if answer.status == 403:
        return Verdict.fail(Refused(call, "HTTP 403", "", Why.RIGHT, way_on=RIGHT_WAY))
    if answer.status == 404:
        return Verdict.fail(Refused(call, "HTTP 404", "", Why.MISSING, way_on=_ADDRESS_WAY))
    raise BadAnswer("the body is not Ginee's JSON")


def _by_code(call: str, status: int, code: str, message: str) -> Verdict:
    words = f"{call}: " + (": ".join(part for part in (code, message) if part) or f"HTTP {status}, no code")
    if status < 300 and code == OK:
        return Verdict.ok()
    if code in _UNKNOWN_KEY or status == 401:
        return Verdict.fail(AuthFault(WHO, f"Ginee does not know us, {words}", way_on=KEY_WAY))
    if any(part in code for part in _TOO_MANY):
        return Verdict.throttled(words)
    if code in _PASSING or status >= 500 or status in (408, 425) or not code or code == OK:
        return Verdict.retry(words)
    if code in _NO_RIGHT or status == 403:
        return Verdict.fail(Refused(call, code, message, Why.RIGHT, way_on=RIGHT_WAY))
    if code in _MISSING or status == 404:
        return Verdict.fail(Refused(call, code, message, Why.MISSING))
    return Verdict.fail(Refused(call, code, message, Why.RULE))
