"""Processes that post corrections and die: a small program, forked from one that has imported everything already.

Run as a program it takes a task per line on standard input, as JSON, and answers each with one line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from tests.ledgers.books import AT, Book

ROOT = Path(__file__).parents[2]


class Processes:
    """Starts processes that post one correction each."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def post(
        self,
        book: Book,
        request: CorrectionRequest,
        *,
        die_at: int | None = None,
        kill_after: float | None = None,
        at_once: int = 1,
    ) -> list[dict[str, Any]]:
        """What became of each: `answered`, `text` and `seconds`, or None where it was killed.

        `die_at`: it kills itself at this step, counted from 1; `kill_after`: it is killed after this time, in seconds.
        """
        settings = book.settings
        told = {
            "type": settings.type,
            "folder": str(settings.folder),
            "path": None if settings.path is None else str(settings.path),
            "url": settings.url,
            "correct": settings.correct,
        }
        asked = {key: value for key, value in asdict(request).items() if key != "at"}
        task = {"settings": told, "request": asked, "die_at": die_at, "kill_after": kill_after, "at_once": at_once}
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(task) + "\n")
        self._program.stdin.flush()
        return list(json.loads(self._program.stdout.readline()))


@contextmanager
def processes() -> Iterator[Processes]:
    command = [sys.executable, "-m", "tests.ledgers.processes"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        yield Processes(program)


def main() -> None:
    import psycopg  # noqa: F401
    import pymysql  # noqa: F401
    import sqlalchemy  # noqa: F401

    for line in sys.stdin:
        task = json.loads(line)
        go, start = os.pipe()
        children = [_child(task, go, start) for _ in range(task["at_once"])]
        os.close(go)
        os.close(start)
        sys.stdout.write(json.dumps([_end(*child, task["kill_after"]) for child in children]) + "\n")
        sys.stdout.flush()


def _child(task: dict[str, Any], go: int, start: int) -> tuple[int, int]:
    back, answer = os.pipe()
    number = os.fork()
    if number:
        os.close(answer)
        return number, back
    os.close(start)
    os.read(go, 1)  # all begin when the last of them is there
    told = task["settings"]
    path = None if told["path"] is None else Path(told["path"])
    book = Book(LedgerSettings(told["type"], Path(told["folder"]), path, told["url"], "UTC", correct=told["correct"]))
    asked = task["request"]
    request = CorrectionRequest(Sku(asked["sku"]), asked["by"], asked["ref"], asked["note"], AT, asked["available"])
    if task["die_at"] is not None:
        _Steps(task["die_at"]).watch()
    began = time.monotonic()
    said = book.open().correct(request)
    told = {"answered": said.answered.value, "text": said.text, "seconds": time.monotonic() - began}
    os.write(answer, json.dumps(told).encode())
    os._exit(0)


def _end(number: int, back: int, kill_after: float | None) -> dict[str, Any] | None:
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    said = os.read(back, 65536)
    os.close(back)
    if not os.WIFSIGNALED(status) and status != 0:
        return {"answered": f"exit {status}", "text": "", "seconds": 0.0}
    return json.loads(said) if said else None


class _Steps:
    """Kills the process before or after one of the calls that change something outside it."""

    def __init__(self, die_at: int) -> None:
        self.left = die_at
        self.counting = False

    def watch(self) -> None:
        for name in ("open", "fsync", "replace", "unlink", "write", "fchmod"):
            self._wrap(os, name)
        from sqlalchemy import Connection, Engine, event

        from stockrecon.ledgers.folder import posting as folder
        from stockrecon.ledgers.sql import posting

        event.listen(Engine, "before_cursor_execute", lambda *_: self._step())
        event.listen(Engine, "after_cursor_execute", lambda *_: self._step())
        self._wrap(Connection, "commit")
        self._wrap(Connection, "rollback")
        # Looking where things are changes nothing, and takes many steps.
        self._begin_with(posting, "writing_engine")
        self._begin_with(folder, "alone")

    def _begin_with(self, where: Any, name: str) -> None:
        original = getattr(where, name)

        def begin(*args: Any) -> Any:
            self.counting = True
            return original(*args)

        setattr(where, name, begin)

    def _wrap(self, where: Any, name: str) -> None:
        original: Callable[..., Any] = getattr(where, name)

        def stepped(*args: Any, **more: Any) -> Any:
            self._step()
            done = original(*args, **more)
            self._step()
            return done

        setattr(where, name, stepped)

    def _step(self) -> None:
        if not self.counting:
            return
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
