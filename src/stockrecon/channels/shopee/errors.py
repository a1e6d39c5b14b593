"""What Shopee's answers mean (reference: Shopee 7): the body first, then the status; the message before the code."""

from __future__ import annotations

import re
from functools import partial

from stockrecon.channels.keeper import TokenRefused, authorise_way
from stockrecon.channels.shopee.fields import plain, text
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict, VerdictKind

_KEY_WAY = "check partner_id, partner_key and host: test and live keys are not interchangeable"
_CONSOLE_WAY = "look at the app in the Open Platform Console"

NOT_FOUND = "error_item_not_found"
_EXPIRED_TOKEN = {"invalid_acceess_token", "invalid_access_token"}
_PASSING = {"error_server", "error_network", "error_inner", "error_system_busy"}
_SHOP_GONE = {
    "shop_no_linked",
    "partner_shop_no_link",
    "shop_access_expired",
    "shop_banned",
    "refresh_token_expired",
    "error_shop_refresh_token",
}
_APP = {
    "error_api_permission",
    "source_ip_undeclared",
    "error_api_call_restricted",
    "error_partner_key_expired",
    "api_suspended",
}

_TOKEN_TEXT = re.compile(r"invalid acc?e?ess[_ ]token", re.IGNORECASE)
_SIGN_TEXT = re.compile(r"(wrong|invalid) sign\b", re.IGNORECASE)
_CLOCK_TEXT = re.compile(r"timestamp is expired|invalid timestamp", re.IGNORECASE)
_PARTNER_TEXT = re.compile(r"partner_?id|no permission to current api|app is deleted|app developer", re.IGNORECASE)
_REFRESH_TEXT = re.compile(r"refresh_?\s?token", re.IGNORECASE)
_REFUSAL_TEXT = re.compile(
    r"reserved? stock|normal stock must be equal to 0|location_?id|stock location", re.IGNORECASE
)
"""Refusals of a write that come under codes which else mean a passing fault (reference: Shopee 3.5)."""
_CROWDED_TEXT = re.compile(r"too many (connections|requests)", re.IGNORECASE)
_CONNECTIONS_TEXT = re.compile(r"too many connections", re.IGNORECASE)
"""Said by something behind the entrance, so a write may have been begun."""


class Refused(ReadFault):
    """Shopee refused this one call; `code` is without its module's prefix, `message` as Shopee wrote it."""

    def __init__(self, who: str, call: str, code: str, message: str) -> None:
        super().__init__(who, f"{call}: {code}: {message}" if message else f"{call}: {code}")
        self.code = code
        self.message = message


def code_of(error: str) -> str:
    """The code without its module's prefix (`product.error_busi`: `error_busi`); `error.param` is `error_param`."""
    head, dot, tail = error.partition(".")
    if not dot:
        return error
    return f"error_{tail}" if head == "error" else tail


def judge_for(who: str, call: str) -> Judge:
    """The judge of one call; `call` is the path's last part, for texts."""
    return partial(_judge, who, call)


def judge_write(who: str, call: str) -> Judge:
    """The judge of a write: an answer with rows is good, also beside an error, since they tell what became of each.

    Throttled is only what Shopee says it did not let in. Refused is what it names as such; RETRY, which says nothing of
    what was done, is everything else.
    """

    def judge(answer: Answer) -> Verdict:
        document = answer.json()
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but no object")
        if answer.status < 300 and _has_rows(document.get("response")):
            return Verdict.ok()
        error, message = text(document.get("error")), plain(document.get("message"))
        code = code_of(plain(error, 80))
        if error and _REFUSAL_TEXT.search(message):
            return Verdict.fail(Refused(who, call, code, message))
        if not error and 300 <= answer.status != 429:
            return Verdict.retry(f"{call}: HTTP {answer.status} without an error code")
        if code != "error_rate_limit" and answer.status != 429 and _CONNECTIONS_TEXT.search(message):
            return Verdict.retry(f"{call}: {code}: {message}")
        return _judge(who, call, answer)

    return judge


def _has_rows(response: object) -> bool:
    return isinstance(response, dict) and any(response.get(name) for name in ("success_list", "failure_list"))


def judge_refresh(who: str) -> Judge:
    """The judge of a token refresh: what refuses the token itself is TokenRefused."""

    def judge(answer: Answer) -> Verdict:
        document = answer.json()
        if isinstance(document, dict) and text(document.get("error")):
            code, message = code_of(plain(document["error"], 80)), plain(document.get("message"))
            spent = code in _SHOP_GONE or (code in ("error_auth", "error_param") and _REFRESH_TEXT.search(message))
            if spent:
                words = f"the refresh token was refused ({code}: {message}); it can be used only once"
                return Verdict.fail(TokenRefused(who, words, way_on=authorise_way(who)))
        verdict = _judge(who, "access_token/get", answer)
        if verdict.kind is VerdictKind.AUTHORISE:
            # This call carries no access token; renewing for its sake would wait for itself for ever.
            return Verdict.fail(TokenRefused(who, verdict.text, way_on=authorise_way(who)))
        return verdict

    return judge


def judge_code(who: str) -> Judge:
    """The judge of an authorisation code's trade: whatever Shopee says against the code needs a person."""

    def judge(answer: Answer) -> Verdict:
        verdict = _judge(who, "token/get", answer)
        if verdict.kind is VerdictKind.AUTHORISE or isinstance(verdict.error, Refused):
            words = f"the code of the authorisation was not taken ({verdict.text.partition(': ')[2]})"
            way_on = f"a code is good once and for ten minutes: stockrecon auth {who} asks for a new one"
            return Verdict.fail(AuthFault(who, words, way_on=way_on))
        return verdict

    return judge


def _judge(who: str, call: str, answer: Answer) -> Verdict:
    document = answer.json()
    if not isinstance(document, dict):
        raise BadAnswer("the body is JSON but no object")
    error = text(document.get("error"))
    message = plain(document.get("message"))
    if not error:
        return Verdict.ok() if answer.status < 300 else _by_status(who, call, answer, message)
    code = code_of(plain(error, 80))
    return _known(who, call, code, message) or _otherwise(who, call, code, message, answer.status)


def _known(who: str, call: str, code: str, message: str) -> Verdict | None:
    """`error_auth`, `error_param` and `error_busi` are overloaded: their messages decide."""
    if code in _EXPIRED_TOKEN or (code == "error_auth" and _TOKEN_TEXT.search(message)):
        return Verdict.authorise(f"{call}: the access token was refused ({code})")
    if _CLOCK_TEXT.search(message):
        return Verdict.clock(f"{call}: Shopee refused the time stamp ({code}: {message})")
    if code == "error_sign" or (code == "error_auth" and _SIGN_TEXT.search(message)):
        return Verdict.fail(AuthFault(who, f"{call}: the signature was refused ({code}: {message})", way_on=_KEY_WAY))
    if code == "error_rate_limit" or _CROWDED_TEXT.search(message):
        return Verdict.throttled(f"{call}: {code}: {message}")
    if code == "error_limit":
        words = f"{call}: the app's calls for today are used up ({code}: {message})"
        return Verdict.fail(ReadFault(who, words, way_on="run again after 00:00 (UTC+8)"))
    if code in _SHOP_GONE:
        words = f"{call}: the shop is not open to this app any more ({code}: {message})"
        return Verdict.fail(AuthFault(who, words, way_on=authorise_way(who)))
    if code in _APP:
        return Verdict.fail(AuthFault(who, f"{call}: {code}: {message}", way_on=_CONSOLE_WAY))
    if code == "error_auth" and _PARTNER_TEXT.search(message):
        return Verdict.fail(AuthFault(who, f"{call}: {code}: {message}", way_on="check partner_id and shop_id"))
    return None


def _otherwise(who: str, call: str, code: str, message: str, status: int) -> Verdict:
    words = f"{call}: {code}: {message}" if message else f"{call}: {code}"
    if status == 429:
        return Verdict.throttled(words)
    if code in _PASSING or status >= 500:
        return Verdict.retry(words)
    if code == "error_not_found" and status == 404:
        return Verdict.fail(
            ReadFault(who, f"{call}: there is no such path (HTTP 404)", way_on="check base_url and host")
        )
    return Verdict.fail(Refused(who, call, code, message))


def _by_status(who: str, call: str, answer: Answer, message: str) -> Verdict:
    words = f"{call}: HTTP {answer.status}" + (f": {message}" if message else "")
    if answer.status == 429:
        return Verdict.throttled(words)
    if answer.status >= 500 or answer.status in (408, 425):
        return Verdict.retry(words)
    return Verdict.fail(ReadFault(who, words))
