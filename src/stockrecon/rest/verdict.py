"""What a channel makes of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from stockrecon.errors import ReadFault, StockreconError


class Unsettled(ReadFault):
    """A request that is not repeatable went out, and nothing tells whether it took effect: it is never sent again.

    Every other fault of such a request means that it did not take effect.
    """


class VerdictKind(Enum):
    OK = auto()
    RETRY = auto()
    THROTTLED = auto()
    AUTHORISE = auto()
    CLOCK = auto()
    FAIL = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judgement. `text` says in a few words what the answer was; `after`: seconds to wait, None for the usual.

    RETRY: a passing fault of the other side; what took effect is unknown. THROTTLED: refused before it was done.
    AUTHORISE: the token has expired; the client has it renewed and tries once more. CLOCK: our time stamp was refused;
    the client corrects its clock by the answer's `Date` and tries once more. FAIL: raises `error`.
    """

    kind: VerdictKind
    text: str = ""
    after: float | None = None
    error: StockreconError | None = None

    @staticmethod
    def ok() -> Verdict:
        return _OK

    @staticmethod
    def retry(text: str, after: float | None = None) -> Verdict:
        return Verdict(VerdictKind.RETRY, text, after)

    @staticmethod
    def throttled(text: str, after: float | None = None) -> Verdict:
        return Verdict(VerdictKind.THROTTLED, text, after)

    @staticmethod
    def authorise(text: str) -> Verdict:
        return Verdict(VerdictKind.AUTHORISE, text)

    @staticmethod
    def clock(text: str) -> Verdict:
        return Verdict(VerdictKind.CLOCK, text)

    @staticmethod
    def fail(error: StockreconError) -> Verdict:
        return Verdict(VerdictKind.FAIL, str(error), None, error)


_OK = Verdict(VerdictKind.OK)
