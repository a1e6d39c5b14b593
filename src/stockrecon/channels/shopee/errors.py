"""What Shopee's answers mean (reference: Shopee 7): the body first, then the status; the message before the code."""

from __future__ import annotations

from functools import partial

from stockrecon.channels.keeper import TokenRefused, authorise_way
from stockrecon.channels.shopee.codes import AGAIN, Kind, Rule, rule_of
from stockrecon.channels.shopee.fields import plain, text
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict, VerdictKind

NOT_FOUND = "error_item_not_found"
_CODE_REFUSED = frozenset({"invalid_code", "invalid_shop_id", "invalid_main_acount_id"})


class Refused(ReadFault):
    """Shopee refused this one call; `code` is without its module's prefix, `message` as Shopee wrote it."""

    def __init__(self, who: str, call: str, code: str, message: str, way_on: str = "") -> None:
        super().__init__(who, f"{call}: {code}: {message}" if message else f"{call}: {code}", way_on=way_on)
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
        if not text(document.get("error")) and 300 <= answer.status != 429:
            return Verdict.retry(f"{call}: HTTP {answer.status} without an error code")
        return _judge(who, call, answer)

    return judge


def _has_rows(response: object) -> bool:
    return isinstance(response, dict) and any(response.get(name) for name in ("success_list", "failure_list"))


def judge_refresh(who: str) -> Judge:
    """The judge of a token refresh: what refuses the token itself is TokenRefused."""

    def judge(answer: Answer) -> Verdict:
        code, message = _told(answer.json())
        rule = rule_of(code, message)
        if rule is not None and rule.way_on == AGAIN:
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
        refused = isinstance(verdict.error, Refused) or _told(answer.json())[0] in _CODE_REFUSED
        if verdict.kind is VerdictKind.AUTHORISE or refused:
            words = f"the code of the authorisation was not taken ({verdict.text.partition(': ')[2]})"
            way_on = f"a code is good once and for ten minutes: stockrecon auth {who} asks for a new one"
            return Verdict.fail(AuthFault(who, words, way_on=way_on))
        return verdict

    return judge


def _told(document: object) -> tuple[str, str]:
    """Code and message, fit for one line; empty where the answer tells of no fault."""
    if not isinstance(document, dict):
        return "", ""
    return code_of(plain(document.get("error"), 80)).strip(), plain(document.get("message"))


def _judge(who: str, call: str, answer: Answer) -> Verdict:
    document = answer.json()
    if not isinstance(document, dict):
        raise BadAnswer("the body is JSON but no object")
    code, message = _told(document)
    if not text(document.get("error")):
        return Verdict.ok() if answer.status < 300 else _by_status(who, call, answer, message)
    if code == "error_not_found" and answer.status == 404:
        words = f"{call}: there is no such path (HTTP 404)"
        return Verdict.fail(ReadFault(who, words, way_on="check base_url and host"))
    rule = rule_of(code, message)
    words = f"{call}: {code}: {message}" if message else f"{call}: {code}"
    if rule is None or rule.kind in _REFUSALS:
        return _refused(who, call, code, message, rule, answer.status)
    if rule.kind is Kind.RETRY and answer.status != 429:
        return Verdict.retry(words)
    return _known(who, call, code, message, rule)


_REFUSALS = frozenset({Kind.LOCK, Kind.SYNC, Kind.FAIL})


def _known(who: str, call: str, code: str, message: str, rule: Rule) -> Verdict:
    """What is none of the call's own business: limits, tokens and rights, the clock."""
    words = f"{call}: {rule.said} ({code}: {message})" if rule.said else f"{call}: {code}: {message}"
    way_on = rule.way_on.replace("{shop}", who)
    match rule.kind:
        case Kind.AUTHORISE:
            return Verdict.authorise(words) if rule.itself else Verdict.fail(AuthFault(who, words, way_on=way_on))
        case Kind.CLOCK:
            return Verdict.clock(words)
        case Kind.THROTTLED if not rule.itself:
            return Verdict.fail(ReadFault(who, words, way_on=way_on))
        case _:
            return Verdict.throttled(words)


def _refused(who: str, call: str, code: str, message: str, rule: Rule | None, status: int) -> Verdict:
    """This one call is refused; the status counts where it tells of something that passes."""
    words = f"{call}: {code}: {message}" if message else f"{call}: {code}"
    if status == 429:
        return Verdict.throttled(words)
    if status >= 500:
        return Verdict.retry(words)
    way_on = rule.way_on.replace("{shop}", who) if rule is not None else ""
    if rule is not None and rule.gate:
        return Verdict.fail(ReadFault(who, words, way_on=way_on))
    return Verdict.fail(Refused(who, call, code, message, way_on))


def _by_status(who: str, call: str, answer: Answer, message: str) -> Verdict:
    words = f"{call}: HTTP {answer.status}" + (f": {message}" if message else "")
    if answer.status == 429:
        return Verdict.throttled(words)
    if answer.status >= 500 or answer.status in (408, 425):
        return Verdict.retry(words)
    return Verdict.fail(ReadFault(who, words))
