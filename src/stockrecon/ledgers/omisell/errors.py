"""What Omisell's answers mean: the status, and the envelope `{data, error, error_code, messages}`.

Source: reference, Omisell 3.1; developers.omisell.com/doc-400887.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.omisell.fields import Object, plain, word
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict, VerdictKind

WHO = "ledger"
KEY_WAY = (
    "check ledger.api_key and ledger.api_secret (or account_key, partner_key); the pair is made in app.omisell.com > "
    "API Integrated > API Tool"
)
FIELDS_WAY = "compare ledger.fields and ledger.movement_fields with the answer's fields at developers.omisell.com"
HEADER = "x-omisell-api-call-limit"
_LEAK = 60
"""Seconds in which a full bucket is empty again: size 100, 100 a minute (reference: Omisell 3.1, second-hand)."""


class Refused(ReadFault):
    """Omisell refused this one call. `absent`: it has nothing there."""

    def __init__(self, call: str, code: str, message: str, *, way_on: str = "", absent: bool = False) -> None:
        said = ", ".join(part for part in (code, message) if part) or "refused without a reason"
        super().__init__(WHO, f"Omisell, {call}: {said}", way_on=way_on)
        self.absent = absent


def judge_for(call: str, key: str, pause: Callable[[float], None]) -> Judge:
    """The judge of one call. `key`: the configuration's name of its path. `pause`: holds all calls up."""

    def judge(answer: Answer) -> Verdict:
        wait = full_for(answer.headers.get(HEADER, ""))
        if wait:
            pause(wait)
        try:
            document = answer.json()
        except BadAnswer:
            if answer.status == 401:
                return Verdict.authorise(f"{call}: HTTP 401")
            if answer.status == 404:
                return Verdict.fail(_absent(call, key))
            raise
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but not an object")
        return _judged(call, key, answer.status, document)

    return judge


def judge_token(pause: Callable[[float], None]) -> Judge:
    """The judge of the call that gets a token: what is refused there is the key."""
    judge = judge_for("paths.token", "token", pause)

    def judged(answer: Answer) -> Verdict:
        verdict = judge(answer)
        if verdict.kind is VerdictKind.AUTHORISE or (isinstance(verdict.error, Refused) and not verdict.error.absent):
            return Verdict.fail(AuthFault(WHO, f"Omisell does not take the key: {verdict.text}", way_on=KEY_WAY))
        return verdict

    return judged


def full_for(header: str) -> float:
    """Seconds until a bucket of which `n/size` is used is half empty; 0 below four fifths, or without a number."""
    used, _, size = (part.strip() for part in header.partition("/"))
    if not used.isdigit() or not size.isdigit() or int(size) == 0 or int(used) * 5 < int(size) * 4:
        return 0.0
    return float(ceil((2 * min(int(used), int(size)) - int(size)) * _LEAK / (2 * int(size))))


def _judged(call: str, key: str, status: int, document: Object) -> Verdict:
    message, code = said(document.get("messages")), word(document.get("error_code"))
    words = f"{call}: HTTP {status}" + (f", {message}" if message else "")
    # Whether a refusal also comes with HTTP 200 and tells its status in `error_code` is not published.
    inner = code if document.get("error") is True and status < 300 else ""
    if status == 401 or inner == "401":
        return Verdict.authorise(words)
    if status == 429 or inner == "429":
        return Verdict.throttled(words)
    if status in (408, 425) or status >= 500 or inner[:1] == "5":
        return Verdict.retry(words)
    if status == 404:
        return Verdict.fail(_absent(call, key))
    if status < 300 and document.get("error") is not True:
        return Verdict.ok()
    way_on = "the key lacks a right: ask Omisell which of its APIs it may call" if 403 in (status, _int(inner)) else ""
    return Verdict.fail(Refused(call, code if status < 300 else f"HTTP {status}", message, way_on=way_on))


def _absent(call: str, key: str) -> Refused:
    """Also what Omisell answers for one order or SKU that it does not have."""
    way_on = f"compare ledger.paths.{key} with developers.omisell.com"
    return Refused(call, "HTTP 404", "it is not there", way_on=way_on, absent=True)


def _int(text: str) -> int:
    return int(text) if text.isdigit() else 0


def said(messages: object) -> str:
    """`messages` is a text; lists of them, and texts by field, are told as well."""
    if isinstance(messages, str):
        return plain(messages)
    if isinstance(messages, list):
        return "; ".join(filter(None, (said(each) for each in messages[:3])))
    if isinstance(messages, dict):
        return "; ".join(f"{plain(str(name), 40)}: {said(each)}" for name, each in list(messages.items())[:3])
    return ""
