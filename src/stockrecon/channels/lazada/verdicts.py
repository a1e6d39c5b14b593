"""What the client does about an answer of Lazada's (reference: Lazada 8.1): the body first, then the status."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.channels.lazada.codes import plain_code
from stockrecon.channels.lazada.errors import REFUSALS, Remedy, Trouble, trouble, write_trouble
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, Verdict


class Refused(ReadFault):
    """Lazada answered with an error that no repetition mends. `code` is Lazada's."""

    def __init__(self, who: str, problem: Trouble, path: str) -> None:
        super().__init__(who, f"{path} answered {problem.said}", way_on=problem.way_on.replace("{shop}", who))
        self.code = problem.code


class TimedOut(ReadFault):
    """Lazada did not manage what was asked for at once; less of it may be answered."""


_TOO_MUCH = "servicetimeout"


def judge(who: str, path: str, answer: Answer) -> Verdict:
    """Errors come inside HTTP 200; the status counts where the body tells nothing."""
    document = answer.json()
    if not isinstance(document, Mapping):
        return Verdict.retry(f"{path} answered HTTP {answer.status} with JSON that is no object")
    problem = trouble(document)
    if problem is None:
        return Verdict.ok() if answer.status < 400 else Verdict.retry(f"{path} answered HTTP {answer.status}")
    if answer.status == 429:
        return Verdict.throttled(f"{path} answered {problem.said}", problem.wait)
    if answer.status >= 500 and problem.remedy in REFUSALS:
        return Verdict.retry(f"{path} answered HTTP {answer.status}, {problem.said}")
    return _verdict(who, path, problem)


def judge_much(who: str, path: str, answer: Answer) -> Verdict:
    """As `judge`, for what can be asked for in parts: a time-out is not repeated as it is but fails with TimedOut."""
    document = answer.json()
    problem = trouble(document) if isinstance(document, Mapping) else None
    if problem is not None and plain_code(problem.code) == _TOO_MUCH:
        return Verdict.fail(TimedOut(who, f"{path} answered {problem.said}"))
    return judge(who, path, answer)


def judge_write(who: str, path: str, answer: Answer) -> Verdict:
    """A refusal is a good answer here: its rows tell what it means. RETRY: nothing tells whether it took effect."""
    document = answer.json()
    if not isinstance(document, Mapping):
        return Verdict.retry(f"{path} answered HTTP {answer.status} with JSON that is no object")
    problem = write_trouble(document)
    if problem is not None and problem.remedy not in REFUSALS | {Remedy.RETRY}:
        return _verdict(who, path, problem)
    if answer.status == 429:
        return Verdict.throttled(f"{path} answered HTTP 429")
    if answer.status >= 300:
        said = f", {problem.said}" if problem else ""
        return Verdict.retry(f"{path} answered HTTP {answer.status}{said}")
    if problem is None or problem.remedy in REFUSALS:
        return Verdict.ok()
    return _verdict(who, path, problem)


def _verdict(who: str, path: str, problem: Trouble) -> Verdict:
    said = f"{path} answered {problem.said}"
    match problem.remedy:
        case Remedy.RETRY:
            return Verdict.retry(said)
        case Remedy.THROTTLE:
            return Verdict.throttled(said, problem.wait)
        case Remedy.REFRESH:
            return Verdict.authorise(said)
        case Remedy.CLOCK:
            return Verdict.clock(said)
        case Remedy.AUTHORISE:
            return Verdict.fail(AuthFault(who, said, way_on=problem.way_on.replace("{shop}", who)))
        case _:
            return Verdict.fail(Refused(who, problem, path))
