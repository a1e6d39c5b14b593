"""Processes that correct and die: a small program, forked from one that has imported everything already.

Run as a program it takes a task per line on standard input, as JSON, and answers each with one line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from stockrecon import registry
from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from tests.kills import zygote
from tests.ledgers.dying import Steps

ROOT = Path(__file__).parents[2]
DRIVERS = ("psycopg", "pymysql")

Told = dict[str, Any]


class Processes:
    """Starts processes that correct, each of which may be killed: at a step (`die_at`, see `Steps`), or so many seconds
    after it began to (`kill_after`)."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def post(
        self,
        settings: LedgerSettings,
        request: CorrectionRequest,
        *,
        die_at: int | None = None,
        kill_after: float | None = None,
        at_once: int = 1,
    ) -> list[Told | None]:
        """Each posts this one correction: `answered`, `text` and `seconds`, or None where it was killed."""
        whole = {**asdict(request), "at": request.at.isoformat()}
        task = {"settings": _written(settings), "request": whole, "die_at": die_at, "kill_after": kill_after}
        return self._ask({**task, "at_once": at_once})

    def run(
        self, arguments: Sequence[str], errors: Path, *, die_at: int | None = None, kill_after: float | None = None
    ) -> Told | None:
        """One `stockrecon` with these arguments, that writes its errors there: its `code`, and of its last correction
        the `steps` by name and the `seconds`; None where it was killed."""
        task = {"run": list(arguments), "errors": str(errors), "die_at": die_at, "kill_after": kill_after, "at_once": 1}
        return self._ask(task)[0]

    def _ask(self, task: Mapping[str, object]) -> list[Told | None]:
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


def _written(settings: LedgerSettings) -> Told:
    """With its secrets: the one process starts the other."""
    secrets = {name: each.reveal() for name, each in settings.options.items() if isinstance(each, Secret)}
    return {
        "type": settings.type,
        "folder": str(settings.folder),
        "path": None if settings.path is None else str(settings.path),
        "url": settings.url,
        "zone": settings.zone,
        "correct": settings.correct,
        "options": {name: each for name, each in settings.options.items() if name not in secrets},
        "secrets": secrets,
    }


def main() -> None:
    for name in (*DRIVERS, *(target.partition(":")[0] for target in registry.LEDGERS.values())):
        import_module(name)
    loaded = False
    for line in sys.stdin:
        task = json.loads(line)
        if "run" in task and not loaded:
            zygote.load()
            loaded = True
        go, start = os.pipe()
        children = [_child(task, go, start) for _ in range(task["at_once"])]
        os.close(go)
        os.close(start)
        sys.stdout.write(json.dumps([_end(*child, task["kill_after"]) for child in children]) + "\n")
        sys.stdout.flush()


def _child(task: Told, go: int, start: int) -> tuple[int, int]:
    back, answer = os.pipe()
    number = os.fork()
    if number:
        os.close(answer)
        return number, back
    os.close(start)
    os.read(go, 1)  # all begin when the last of them is there
    write = os.write
    steps = Steps(task["die_at"], lambda: _say(write, answer, "\n"))
    steps.watch()
    said = _ran(task, steps) if "run" in task else _posted(task, steps)
    _say(write, answer, json.dumps(said))
    os._exit(0)


def _say(write: Callable[[int, bytes], int], where: int, text: str) -> None:
    write(where, text.encode())


def _posted(task: Told, steps: Steps) -> Told:
    told, asked = task["settings"], task["request"]
    path = None if told["path"] is None else Path(told["path"])
    options = {**told["options"], **{name: Secret(each) for name, each in told["secrets"].items()}}
    settings = LedgerSettings(
        told["type"], Path(told["folder"]), path, told["url"], told["zone"], correct=told["correct"], options=options
    )
    request = CorrectionRequest(**{**asked, "sku": Sku(asked["sku"]), "at": datetime.fromisoformat(asked["at"])})
    ledger = registry.make_ledger(settings)
    steps.begin()
    answer = ledger.correct(request)
    steps.end()
    return {"answered": answer.answered.value, "text": answer.text, "seconds": steps.seconds}


def _ran(task: Told, steps: Steps) -> Told:
    steps.watch_the_journal()
    code = zygote.program(task["run"], task["errors"])
    return {"code": code, "steps": steps.names, "seconds": steps.seconds}


def _end(number: int, back: int, kill_after: float | None) -> Told | None:
    said = b""
    if kill_after is not None:
        said = os.read(back, 1)  # it begins
        time.sleep(kill_after)
        os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    said = (said + os.read(back, 65536)).strip()
    os.close(back)
    if not os.WIFSIGNALED(status) and status != 0:
        return {"answered": f"exit {status}", "text": "", "seconds": 0.0, "code": status}
    return json.loads(said) if said else None


if __name__ == "__main__":
    main()
