"""The instants at which a process that corrects can die: before and after each call that changes something outside."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from stockrecon.core.findings import ActionKind

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CALL|COMMIT)\b", re.IGNORECASE)
_ANEW = os.O_EXCL | os.O_TRUNC


class Steps:
    """Counts those calls from `begin` to `end`, and kills the process at one of them, counted from 1. Looking where
    things are changes nothing, and is not counted. `told` is called when it begins."""

    def __init__(self, die_at: int | None, told: Callable[[], None] = lambda: None) -> None:
        self.die_at, self._told = die_at, told
        self.names: list[str] = []
        self.seconds = 0.0
        self._began: float | None = None

    def begin(self) -> None:
        self._told()
        self._began = time.monotonic()
        self.step("it begins")

    def end(self) -> None:
        if self._began is not None:
            self.step("it ends")
            self.seconds, self._began = time.monotonic() - self._began, None

    def step(self, name: str) -> None:
        if self._began is None:
            return
        self.names.append(name)
        if len(self.names) == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Files, databases, and requests that are sent once."""
        from sqlalchemy import Connection, Engine, event

        from stockrecon.rest.wire import HttpTransport

        self._wrap(os, "open", lambda path, flags, *more, **others: flags & _ANEW)
        for name in ("fsync", "replace", "unlink", "write", "fchmod"):
            self._wrap(os, name)
        event.listen(Engine, "before_cursor_execute", lambda *given: self._stated("before", given[2]))
        event.listen(Engine, "after_cursor_execute", lambda *given: self._stated("after", given[2]))
        self._wrap(Connection, "commit")
        self._wrap(HttpTransport, "send", lambda _, request: not request.repeatable)

    def watch_the_journal(self) -> None:
        """From when a correction is on disk as meant, to when it is known what became of it."""
        from stockrecon.state.journal import Journal

        open_one, answer, settle = Journal.open, Journal.answered, Journal.settle

        def opened(journal: Journal, run: str, intents: Sequence[Any]) -> Any:
            kept = open_one(journal, run, intents)
            if any(intent.kind is ActionKind.ADJUST_LEDGER for intent in intents):
                self.begin()
            return kept

        def answered(*given: Any, **more: Any) -> None:
            self.step("before the answer is kept")
            with self._resting():
                answer(*given, **more)
            self.step("after the answer is kept")

        def settled(*given: Any, **more: Any) -> None:
            with self._resting():
                settle(*given, **more)
            self.end()

        for name, stepped in (("open", opened), ("answered", answered), ("settle", settled)):
            setattr(Journal, name, stepped)

    @contextmanager
    def _resting(self) -> Iterator[None]:
        """The journal's own calls are tried elsewhere."""
        began, self._began = self._began, None
        yield
        self._began = began

    def _stated(self, when: str, statement: str) -> None:
        if found := _WRITES.match(statement):
            self.step(f"{when} {found[1].upper()}")

    def _wrap(self, where: Any, name: str, counts: Callable[..., object] = lambda *given, **more: True) -> None:
        original: Callable[..., Any] = getattr(where, name)

        def stepped(*given: Any, **more: Any) -> Any:
            if not counts(*given, **more):
                return original(*given, **more)
            self.step(f"before {name}")
            done = original(*given, **more)
            self.step(f"after {name}")
            return done

        setattr(where, name, stepped)
