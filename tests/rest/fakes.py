"""A clock that stands still until somebody sleeps, and a transport that says what it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from stockrecon.rest import Answer, Request, WireFault

START = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class FakeTime:
    def __init__(self, overslept: float = 0.0) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []
        self._overslept = overslept

    def monotonic(self) -> float:
        return self.seconds

    def clock(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds + self._overslept

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


class FakeTransport:
    """Answers come from a list (the last one again and again) or a function of the request."""

    def __init__(self, *answers: Answer | WireFault | Callable[[Request], Answer]) -> None:
        self.answers = list(answers)
        self.sent: list[Request] = []
        self.closed = False

    def send(self, request: Request) -> Answer:
        self.sent.append(request)
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, WireFault):
            raise answer
        return answer(request) if callable(answer) else answer

    def close(self) -> None:
        self.closed = True


def dated(moment: datetime) -> dict[str, str]:
    return {"date": format_datetime(moment, usegmt=True)}
