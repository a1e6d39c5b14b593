"""What Shopify's answers mean (reference: Shopify 1.1 to 1.3): HTTP 200 says nothing, `errors` is a text or a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from stockrecon.channels.keeper import TokenRefused, authorise_way
from stockrecon.channels.shopify.fields import Object, plain, text
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Judge, Verdict

Told = Callable[[object], float | None]
"""Takes an answer's `extensions.cost`, and gives the seconds until the bucket holds what was asked for."""

_PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}
_NOT_RUN = {
    "INVALID_VARIABLE",
    "INVALID_FIELD_ARGUMENTS",
    "BAD_REQUEST",
    "MAX_INPUT_SIZE_EXCEEDED",
    "MAX_COST_EXCEEDED",
    "undefinedField",
    "undefinedType",
    "missingRequiredArguments",
    "argumentNotAccepted",
    "argumentLiteralsIncompatible",
    "undefinedDirective",
    "variableMismatch",
}
"""Refused before anything was carried out: the document, its variables, or its size."""
_SHOP_WAY = "check `shop` and base_url"
_APP_WAY = "look at the app in the shop's admin (Settings, Apps) or in the Dev Dashboard"
_STATUSES = {
    402: ("the shop is frozen: its plan is not paid", "the owner has to settle the plan in the shop's admin"),
    404: ("there is no such shop or path", _SHOP_WAY),
    423: ("the shop is locked", "the owner has to ask Shopify's support"),
}


class Refused(ReadFault):
    """Shopify refused this one call; `code` and `message` in its words. `lacks`: fields that it does not have."""

    def __init__(self, who: str, call: str, code: str, message: str, lacks: frozenset[str] = frozenset()) -> None:
        super().__init__(who, f"{call}: {': '.join(part for part in (code, message) if part)}")
        self.code = code
        self.message = message
        self.lacks = lacks


class Denied(AuthFault):
    """The app lacks a scope: this one call is refused, others may be answered."""


class TooDear(Refused):
    """The query asks for more points than one query may: a smaller page can help."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One of `errors`. `needs`: the access that it says is missing; `lacks`: a field that there is none of."""

    code: str
    message: str
    needs: str = ""
    lacks: str = ""

    @property
    def throttled(self) -> bool:
        return self.code == "THROTTLED" or (not self.code and self.message.lower() == "throttled")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer taken apart. `data` None: it has none."""

    data: Object | None
    problems: Sequence[Problem]
    ignored: Sequence[str] = ()
    """Search terms that Shopify did not know and passed over: what came back is not what was asked for."""
    cost: object = field(default=None, repr=False)


def said(answer: Answer) -> Said:
    """Raises BadAnswer for a body that is no JSON object."""
    document = answer.json()
    if not isinstance(document, dict):
        raise BadAnswer("the body is JSON but no object")
    data = document.get("data")
    extensions = document.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    return Said(
        data if isinstance(data, dict) else None,
        _problems(document.get("errors")),
        _ignored(extensions.get("search")),
        extensions.get("cost"),
    )


def judge_for(who: str, call: str, told: Told, *, renewable: bool) -> Judge:
    """The judge of one query. `renewable` False: a token that is refused can only be replaced by a person."""
    return partial(_judge_query, who, call, told, renewable)


def judge_write(who: str, call: str, told: Told, *, renewable: bool) -> Judge:
    """The judge of one mutation: refused is only what is known to be refused before it was carried out.

    A payload that is null beside an error may have taken effect (reference: reliability 3), as may all that is not in
    any table: RETRY, which says nothing of what was done.
    """

    def judge(answer: Answer) -> Verdict:
        early = _by_status(who, call, answer, renewable)
        if early is not None:
            return early
        found = said(answer)
        after = told(found.cost)
        payload = next(iter((found.data or {}).values()), None)
        if not found.problems:
            if isinstance(payload, dict):
                return Verdict.ok()
            return Verdict.retry(f"{call}: the answer holds no payload")
        first = _foremost(found.problems)
        if payload is None and first.throttled:
            return Verdict.throttled(f"{call}: throttled", after)
        if payload is None and first.code == "ACCESS_DENIED":
            return Verdict.fail(_denied(who, call, first))
        if payload is None and all(problem.code in _NOT_RUN for problem in found.problems):
            return Verdict.fail(Refused(who, call, first.code, first.message))
        return Verdict.retry(f"{call}: {first.code or 'error'}: {first.message}")

    return judge


def judge_token(who: str, *, refresh: bool) -> Judge:
    """The judge of the token endpoint. `refresh`: what refuses the token itself is TokenRefused."""

    def judge(answer: Answer) -> Verdict:
        if answer.status == 429:
            return Verdict.throttled("access_token: HTTP 429 (too many requests)")
        if answer.status >= 500 or answer.status in (408, 425):
            return Verdict.retry(f"access_token: HTTP {answer.status}")
        document = answer.json()
        if not isinstance(document, dict):
            raise BadAnswer("the body is JSON but no object")
        code = plain(document.get("error"), 80)
        if answer.status < 300 and not code:
            return Verdict.ok()
        words = plain(document.get("error_description")) or plain(document.get("errors")) or f"HTTP {answer.status}"
        shown = ": ".join(dict.fromkeys(part for part in (code, words) if part))
        if code in ("invalid_client", "application_cannot_be_found", "unauthorized_client"):
            way_on = "check client_id and client_secret, and that the app is installed in this shop"
            return Verdict.fail(AuthFault(who, f"access_token: {shown}", way_on=way_on))
        if code == "shop_not_permitted":
            way_on = "client credentials are for shops of the app's own organization: use grant: authorization_code"
            return Verdict.fail(AuthFault(who, f"access_token: {shown}", way_on=way_on))
        if answer.status == 404:
            return Verdict.fail(ReadFault(who, f"access_token: {shown}", way_on=_SHOP_WAY))
        if refresh:
            return Verdict.fail(
                TokenRefused(who, f"the refresh token was refused ({shown})", way_on=authorise_way(who))
            )
        return Verdict.fail(AuthFault(who, f"access_token: {shown}", way_on=authorise_way(who)))

    return judge


def _judge_query(who: str, call: str, told: Told, renewable: bool, answer: Answer) -> Verdict:
    early = _by_status(who, call, answer, renewable)
    if early is not None:
        return early
    found = said(answer)
    after = told(found.cost)
    if found.problems:
        return _refused(who, call, found.problems, after)
    if found.data is None:
        raise BadAnswer("it holds neither data nor errors")
    if found.ignored:
        words = f"{call}: Shopify passed over a part of the search ({'; '.join(found.ignored[:3])})"
        return Verdict.fail(ReadFault(who, words, way_on="this is a bug: report it with this text"))
    return Verdict.ok()


def _refused(who: str, call: str, problems: Sequence[Problem], after: float | None) -> Verdict:
    """Also where there is data beside it: a part of an answer is never taken for the whole."""
    first = _foremost(problems)
    if first.throttled:
        return Verdict.throttled(f"{call}: throttled", after)
    if first.code == "ACCESS_DENIED":
        return Verdict.fail(_denied(who, call, first))
    if first.code == "MAX_COST_EXCEEDED":
        return Verdict.fail(TooDear(who, call, first.code, first.message))
    if first.code in _PASSING:
        return Verdict.retry(f"{call}: {first.code}: {first.message}")
    lacks = frozenset(problem.lacks for problem in problems)
    return Verdict.fail(Refused(who, call, first.code, first.message, lacks))


def _foremost(problems: Sequence[Problem]) -> Problem:
    """The one that decides: throttled and denied before anything else, and what passes by itself last."""
    ranks = (lambda p: p.throttled, lambda p: p.code == "ACCESS_DENIED", lambda p: p.code not in _PASSING)
    for rank in ranks:
        found = next((problem for problem in problems if rank(problem)), None)
        if found is not None:
            return found
    return problems[0]


def _denied(who: str, call: str, problem: Problem) -> AuthFault:
    needs = f"; needed: {problem.needs}" if problem.needs and problem.needs not in problem.message else ""
    way_on = f"give the app the scope and install it anew: {_APP_WAY}"
    return Denied(who, f"{call}: ACCESS_DENIED: {problem.message}{needs}", way_on=way_on)


def _by_status(who: str, call: str, answer: Answer, renewable: bool) -> Verdict | None:
    """None where the body decides."""
    status = answer.status
    if status == 429:
        return Verdict.throttled(f"{call}: HTTP 429 (too many requests)")
    if status >= 500 or status in (408, 425):
        return Verdict.retry(f"{call}: HTTP {status}")
    if status < 400:
        return None
    problems = said(answer).problems
    message = problems[0].message if problems else ""
    words = f"{call}: HTTP {status}" + (f": {message}" if message else "")
    if status == 401:
        if renewable:
            return Verdict.authorise(f"{call}: the access token was refused ({message or 'HTTP 401'})")
        way_on = "put a new access_token into the configuration: the app's page in the shop's admin shows it once"
        return Verdict.fail(AuthFault(who, f"the access token was refused ({message or 'HTTP 401'})", way_on=way_on))
    if status == 403:
        return Verdict.fail(AuthFault(who, words, way_on=_APP_WAY))
    told, way_on = _STATUSES.get(status, ("", ""))
    if told:
        return Verdict.fail(ReadFault(who, f"{words} ({told})", way_on=way_on))
    return Verdict.fail(Refused(who, call, f"HTTP {status}", message))


def _problems(errors: object) -> tuple[Problem, ...]:
    """A text with HTTP 401 and its like, else a list of objects."""
    if errors is None or errors == []:
        return ()
    if isinstance(errors, list):
        return tuple(_problem(each) if isinstance(each, dict) else Problem("", plain(each)) for each in errors)
    return (Problem("", plain(errors) or "an error without words"),)


def _problem(entry: Mapping[str, object]) -> Problem:
    extensions = entry.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    return Problem(
        plain(extensions.get("code"), 80),
        plain(entry.get("message")) or "an error without words",
        plain(extensions.get("requiredAccess")),
        plain(extensions.get("fieldName"), 80),
    )


def _ignored(search: object) -> tuple[str, ...]:
    """Unknown search fields fail open: all rows come back, with a warning beside them (reference: Shopify 1.3)."""
    found = []
    for entry in search if isinstance(search, list) else ():
        warnings = entry.get("warnings") if isinstance(entry, dict) else None
        for warning in warnings if isinstance(warnings, list) else ():
            told = warning if isinstance(warning, dict) else {}
            found.append(f"{plain(told.get('field'), 40)}: {plain(told.get('message'), 120)}")
    return tuple(found)


def words_of(error: Mapping[str, object]) -> tuple[str, str]:
    """Code and text of one of a payload's userErrors; those of some mutations have no code."""
    return plain(error.get("code"), 80), plain(error.get("message")) or text(error.get("code")) or "no reason given"
