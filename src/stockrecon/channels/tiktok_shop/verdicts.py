"""What the client does about an answer: the code in the body first, then the status (reference: TikTok Shop 2.4)."""

from __future__ import annotations

from functools import partial

from stockrecon.channels.keeper import TokenRefused, authorise_way
from stockrecon.channels.tiktok_shop.codes import NO_SCOPE, Kind
from stockrecon.channels.tiktok_shop.errors import NO_CODE, Trouble, trouble
from stockrecon.channels.tiktok_shop.fields import plain
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict, VerdictKind


class Refused(ReadFault):
    """TikTok Shop refused this one call, and repeating it mends nothing. `code` is TikTok Shop's."""

    def __init__(self, who: str, call: str, problem: Trouble) -> None:
        super().__init__(who, f"{call} answered {problem.said}", way_on=problem.way_on.replace("{shop}", who))
        self.code = problem.code


class Unscoped(AuthFault):
    """The app, or the token, lacks the scope of this one call: what it would have told stays unknown."""


def judge_for(who: str, call: str) -> Judge:
    """The judge of one call; `call` names it in texts."""
    return partial(_judge, who, call)


def judge_write(who: str, call: str) -> Judge:
    """The judge of a write: a refusal by a rule is a good answer, whose rows tell what became of each.

    What no page explains may have taken effect, like a fault inside TikTok Shop: RETRY, which is never sent again.
    """

    def judge(answer: Answer) -> Verdict:
        problem = _trouble(answer)
        if answer.status == 429 and (problem is None or not problem.known):
            return Verdict.throttled(f"{call} answered HTTP 429")
        if problem is None:
            return Verdict.ok() if answer.status < 300 else Verdict.retry(f"{call} answered HTTP {answer.status}")
        if problem.known and problem.kind in (Kind.LOCK, Kind.SYNC, Kind.FAIL):
            return Verdict.ok()
        if not problem.known:
            return Verdict.retry(f"{call} answered HTTP {answer.status}, {problem.said}")
        return _judge(who, call, answer)

    return judge


def judge_refresh(who: str) -> Judge:
    """The judge of a renewal: whatever is said against the token itself is TokenRefused."""

    def judge(answer: Answer) -> Verdict:
        verdict = _judge(who, "token/refresh", answer)
        if said := _said_against(answer, verdict):
            return Verdict.fail(TokenRefused(who, f"the refresh token was refused ({said})", way_on=authorise_way(who)))
        return verdict

    return judge


def judge_code(who: str) -> Judge:
    """The judge of an authorisation code's trade: whatever is said against the code needs a person."""

    def judge(answer: Answer) -> Verdict:
        verdict = _judge(who, "token/get", answer)
        if said := _said_against(answer, verdict):
            words = f"the code of the authorisation was not taken ({said})"
            way_on = f"a code is good once and for 30 minutes: stockrecon auth {who} asks for a new one"
            return Verdict.fail(AuthFault(who, words, way_on=way_on))
        return verdict

    return judge


def _said_against(answer: Answer, verdict: Verdict) -> str:
    """What a token call's refusal says against the token or code that was sent; "" where it is about anything else.

    Its codes are not documented, so one that no page knows is such a refusal.
    """
    problem = _trouble(answer)
    if problem is None or problem.code == NO_CODE:
        return ""
    of_token = problem.code.startswith(("105", "101", "36004")) or isinstance(verdict.error, Refused)
    return problem.said if verdict.kind is VerdictKind.AUTHORISE or of_token else ""


def _trouble(answer: Answer) -> Trouble | None:
    document = answer.json()
    if not isinstance(document, dict):
        raise BadAnswer("the body is JSON but no object")
    return trouble(document)


def _judge(who: str, call: str, answer: Answer) -> Verdict:
    problem = _trouble(answer)
    if problem is None:
        return Verdict.ok() if answer.status < 300 else _by_status(who, call, answer.status, "code 0")
    said = f"{call} answered {problem.said}"
    match problem.kind:
        case Kind.RETRY:
            return Verdict.retry(said)
        case Kind.THROTTLED:
            return Verdict.throttled(said)
        case Kind.CLOCK:
            return Verdict.clock(said)
        case Kind.AUTHORISE if problem.itself:
            return Verdict.authorise(said)
        case Kind.AUTHORISE:
            fault = Unscoped if problem.code == NO_SCOPE else AuthFault
            return Verdict.fail(fault(who, said, way_on=problem.way_on.replace("{shop}", who)))
    if not problem.known and (answer.status == 429 or answer.status >= 500 or answer.status in (408, 425)):
        return _by_status(who, call, answer.status, problem.said)
    return Verdict.fail(Refused(who, call, problem))


def _by_status(who: str, call: str, status: int, said: str) -> Verdict:
    words = f"{call} answered HTTP {status}, {plain(said)}"
    if status == 429:
        return Verdict.throttled(words)
    if status >= 500 or status in (408, 425):
        return Verdict.retry(words)
    return Verdict.fail(ReadFault(who, words))
