"""When a run begins, how long it may take, and how it is stopped: `--splay`, `--deadline`, SIGTERM and Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from types import FrameType

import click

from stockrecon.cli.outcome import Halted

_CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}
_UNREAD = 13
_HELD = "Stopping: the write in hand is finished, read back and kept; no other one begins. Once more stops at once.\n"
_STEADY = 0.75
"""The share of the splay that is the same for one configuration in every run, so that its runs stay evenly apart."""


class _Phase(Enum):
    READING = auto()
    WRITING = auto()
    OVER = auto()


class Stop:
    """Why a run is to end. Made by `stopping`.

    While it reads, a signal or the deadline ends it at once. While it writes (`writing()`), the first signal and the
    deadline only give a `reason`, for no new write to begin; a second signal ends it at once: what was sent stands in
    the journal.
    """

    def __init__(self, deadline: timedelta | None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._deadline = deadline
        self._monotonic = monotonic
        self._began = monotonic()
        self._phase = _Phase.READING
        self._wrote = False
        self._signal: signal.Signals | None = None

    def reason(self) -> str | None:
        """`SIGTERM`, `SIGINT`, `the deadline of 10 min is past`, or None while new work may begin."""
        if self._signal is not None:
            return self._signal.name
        return self._past if self._is_past else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The part of a run that is not interrupted in the middle."""
        self._phase, self._wrote = _Phase.WRITING, True
        try:
            yield
        finally:
            self._phase = _Phase.OVER

    def over(self) -> None:
        """The run has its result: the deadline does not end it any more, a signal does."""
        self._phase = _Phase.OVER

    def signalled(self, number: int, frame: FrameType | None = None) -> None:
        """The handler of SIGTERM and SIGINT. Raises Halted where the run is to end at once."""
        first, self._signal = self._signal is None, signal.Signals(number)
        if self._phase is _Phase.WRITING and first:
            # Not through the usual stream: the signal may have come while it was being written to.
            with suppress(OSError):
                os.write(2, _HELD.encode("ascii"))
            return
        raise Halted(self._said, _CODES.get(self._signal, 128 + number))

    def alarmed(self, number: int, frame: FrameType | None = None) -> None:
        """The handler of the deadline's alarm. Raises Halted while the run still reads."""
        if self._phase is _Phase.READING and self._is_past:
            raise Halted(
                f"stockrecon: {self._past} and not everything was read. No stock was changed.\n"
                "  give it more time with --deadline, or look which shop is slow: stockrecon check",
                _UNREAD,
            )

    @property
    def _is_past(self) -> bool:
        return self._deadline is not None and self._monotonic() - self._began >= self._deadline.total_seconds()

    @property
    def _past(self) -> str:
        return f"the deadline of {spoken(self._deadline)} is past" if self._deadline else ""

    @property
    def _said(self) -> str:
        if not self._wrote:
            return "Interrupted. No stock was changed."
        return (
            "Interrupted after writing began. The journal has what was sent; the next run finds out what became of it."
        )


@contextmanager
def stopping(deadline: timedelta | None = None) -> Iterator[Stop]:
    """Watches over a run: signals, and the deadline counted from here; signals in the main thread only.

    Handlers and an alarm that were there before are put back at the end.
    """
    stop = Stop(deadline)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    with _alarm(stop, deadline):
        before = {number: signal.signal(number, stop.signalled) for number in _CODES}
        try:
            yield stop
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextmanager
def _alarm(stop: Stop, deadline: timedelta | None) -> Iterator[None]:
    if deadline is None:
        yield
        return
    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop.alarmed)
    # A little late rather than a little early: the alarm finds the deadline past.
    left, every = signal.setitimer(signal.ITIMER_REAL, deadline.total_seconds() + 0.01)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - began)), every)


def splay(
    longest: timedelta,
    config: Path,
    *,
    host: Callable[[], str] = lambda: os.uname().nodename,
    chance: Callable[[], float] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> float:
    """Sleeps a part of `longest` and returns its seconds.

    Most of it is fixed by the machine and the configuration's path, so that runs stay evenly apart and many
    configurations spread; the rest is chance.
    """
    import hashlib
    import random

    name = f"{host()}\0{config.absolute()}".encode("utf-8", "surrogateescape")
    steady = int.from_bytes(hashlib.sha256(name).digest()[:6]) / 2**48
    seconds = longest.total_seconds() * (_STEADY * steady + (1 - _STEADY) * (chance or random.random)())
    sleep(seconds)
    return seconds


def duration_value(ctx: click.Context, param: click.Parameter, value: str | None) -> timedelta | None:
    """A duration as the configuration has it: `90s`, `5m`, `2h`, `3d`."""
    if value is None:
        return None
    from stockrecon.config.forms import duration
    from stockrecon.config.schema import Wrong
    from stockrecon.config.yamltree import Scalar

    try:
        return duration(Scalar(0, 0, value, True))
    except Wrong as wrong:
        raise click.BadParameter(f"{wrong.text[0].upper()}{wrong.text[1:]}.", ctx, param) from None


def spoken(span: timedelta) -> str:
    """`90 s` is `1 min 30 s`; the two largest units that there are."""
    seconds = round(span.total_seconds())
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
