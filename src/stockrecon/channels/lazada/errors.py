"""Lazada's errors, which come inside HTTP 200 (reference: Lazada 8.1, 8.2, 4.4): what each asks of us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from stockrecon.channels.keeper import authorise_way
from stockrecon.channels.lazada.fields import first, flag, text


class Remedy(StrEnum):
    """What to do about an error; AUTHORISE means by a person, REFRESH by ourselves."""

    RETRY = "retry"
    THROTTLE = "throttle"
    REFRESH = "refresh"
    AUTHORISE = "authorise"
    CLOCK = "clock"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error of Lazada's. `wait`: seconds that its message asks for; None where it names none.

    In `way_on`, `{shop}` stands for the shop's configured name.
    """

    remedy: Remedy
    code: str
    message: str
    way_on: str = ""
    wait: float | None = None

    @property
    def said(self) -> str:
        """Code and message, in Lazada's words."""
        return f"{self.code}: {self.message}" if self.message else self.code


_NO_CODE = "no code"
_SECONDS = re.compile(r"(\d{1,9})\s*seconds?", re.IGNORECASE | re.ASCII)

AUTHORISE_AGAIN = authorise_way("{shop}")
_SECRET = "check app_key and app_secret in the configuration, and this machine's clock"  # noqa: S105 (a sentence)
_CONSOLE = "see the app's permissions and IP whitelist in Lazada's open platform console"
_SELLER = "see the shop's state in Lazada's seller center"

_THROTTLES = frozenset(
    {"apicalllimit", "appapicalllimit", "appcalllimit", "sellercalllimit", "901", "e901", "e0901", "4154",
     "1002", "e1002", "hot_key_block_exception", "4147"}
)  # fmt: skip
_AT_THE_GATE = frozenset({"apicalllimit", "appapicalllimit", "appcalllimit", "sellercalllimit", "901", "e901", "e0901"})
"""Throttled before anything is done. The others come from behind the gateway, where a write may have been begun."""
WHOLE_CALL = frozenset(
    {"5", "14", "17", "19", "30", "36", "37", "38", "39", "56", "70", "74", "75", "204", "998", "1001", "4132", "4171",
     "4225", "seller_not_permitted", "unsupportedhttpmethod", "invalidapipath", "invalidapi", "missingparameter",
     "missingpartner", "sellernotactive", "sellernotverified"}
)  # fmt: skip
"""Refusals of a whole write, whatever its rows: its form, the endpoint or the seller (reference: Lazada 4.4, 8.2)."""
_RETRIES = frozenset({"506", "e506", "6", "e006", "e6", "1000", "513", "servicetimeout", "system"})
_TABLE: Mapping[str, tuple[Remedy, str]] = {
    "illegalaccesstoken": (Remedy.REFRESH, AUTHORISE_AGAIN),
    "illegalrefreshtoken": (Remedy.AUTHORISE, AUTHORISE_AGAIN),
    "invalidcode": (
        Remedy.AUTHORISE,
        "a code is good once and for 30 minutes: stockrecon auth {shop} asks for a new one",
    ),
    "auth_type_unsupported": (
        Remedy.AUTHORISE,
        "the app is authorised through Lazada's service market: renew the order there",
    ),
    "incompletesignature": (Remedy.AUTHORISE, _SECRET),
    "invalidappkey": (Remedy.AUTHORISE, _SECRET),
    "insufficientpermission": (Remedy.AUTHORISE, _CONSOLE),
    "appwhiteiplimit": (Remedy.AUTHORISE, _CONSOLE),
    "missingpartner": (Remedy.FAIL, _CONSOLE),
    "sellernotactive": (Remedy.FAIL, _SELLER),
    "sellernotverified": (Remedy.FAIL, _SELLER),
    "998": (Remedy.FAIL, "Lazada has switched this call off for a mega campaign: try again when it is over"),
}


def trouble(answer: Mapping[str, object]) -> Trouble | None:
    """What an answer complains of; None for success.

    The code is text or a number; some calls say "0" and put their failure into `result` or `success` (8.1).
    """
    code = text(first(answer, "code")).strip()
    if code not in ("", "0"):
        return _judge(code, text(first(answer, "message", "msg")).strip())
    result = answer.get("result")
    for part in (result, answer):
        if not isinstance(part, Mapping):
            continue
        failed = part.get("success") is not None and not flag(part.get("success"))
        if failed or flag(part.get("not_success")):
            inner = text(first(part, "error_code", "errorCode", "msg_code", "mapping_code")).strip()
            said = text(first(part, "error_msg", "errorMsg", "message", "msg_info", "error_message")).strip()
            return _judge(inner or "no success", said)
    if not code:
        return Trouble(Remedy.FAIL, _NO_CODE, "the answer has none of Lazada's fields", "check base_url and region")
    return None


def write_trouble(answer: Mapping[str, object]) -> Trouble | None:
    """What an answer to a write complains of. RETRY: nothing tells whether it took effect.

    FAIL is a refusal; which of its rows it means is another matter (`outcome`).
    """
    problem = trouble(answer)
    if problem is None:
        return None
    behind_the_gate = problem.remedy is Remedy.THROTTLE and problem.code.lower() not in _AT_THE_GATE
    if behind_the_gate or problem.code == _NO_CODE:
        return replace(problem, remedy=Remedy.RETRY)
    return problem


def _judge(code: str, message: str) -> Trouble:
    key = code.lower()
    if "timestamp" in key or "timestamp" in message.lower():
        # The exact code is not documented (reference: Lazada 8.2); requests are taken within 7200 s of UTC (1.2).
        return Trouble(Remedy.CLOCK, code, message)
    if key in _TABLE:
        remedy, way_on = _TABLE[key]
        return Trouble(remedy, code, message, way_on)
    if key in _THROTTLES:
        match = _SECONDS.search(message)
        return Trouble(Remedy.THROTTLE, code, message, wait=float(match.group(1)) if match else None)
    if key in _RETRIES and "invalid status" not in message.lower():
        return Trouble(Remedy.RETRY, code, message)
    return Trouble(Remedy.FAIL, code, message)
