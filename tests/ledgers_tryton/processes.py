"""Processes that post a correction to Tryton and die: forked from one that has imported everything already.

Run as a program it takes a task per line on standard input, as JSON, and answers each with one line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.tryton import TrytonLedger
from stockrecon.rest import Answer, HttpTransport, Request
from tests.ledgers_tryton.world import QUICK, World

ROOT = Path(__file__).parents[2]
WRITES = ("create", "confirm", "cancel")


class Processes:
    """Starts processes that post one correction each."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def post(
        self,
        world: World,
        request: CorrectionRequest,
        *,
        die_at: int | None = None,
        kill_after: float | None = None,
        at_once: int = 1,
    ) -> list[dict[str, Any] | None]:
        """What became of each: `answered`, `text` and `seconds`, or None where it was killed.

        `die_at`: it kills itself before (odd) or after (even) a call that writes, counted from 1; `kill_after`: it is
        killed after this time, in seconds.
        """
        options = world.settings().options
        told = {name: each.reveal() if isinstance(each, Secret) else each for name, each in options.items()}
        asked = {key: value for key, value in asdict(request).items() if key != "at"}
        task = {"options": told, "request": asked, "die_at": die_at, "kill_after": kill_after, "at_once": at_once}
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        self._program.stdin.write(json.dumps(task) + "\n")
        self._program.stdin.flush()
        return list(json.loads(self._program.stdout.readline()))


@contextmanager
def processes() -> Iterator[Processes]:
    command = [sys.executable, "-m", "tests.ledgers_tryton.processes"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        yield Processes(program)


def main() -> None:
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
    options = {**task["options"], "password": Secret(task["options"]["password"])}
    asked = task["request"]
    request = CorrectionRequest(
        Sku(asked["sku"]), asked["by"], asked["ref"], asked["note"], datetime.now(UTC), asked["available"]
    )
    transport = _Mortal(options["base_url"], task["die_at"])
    ledger = TrytonLedger(LedgerSettings("tryton", Path(), options=options), retry=QUICK, transport=transport)
    began = time.monotonic()
    said = ledger.correct(request)
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


class _Mortal(HttpTransport):
    """Kills its process before or after one of the calls that write."""

    def __init__(self, base_url: str, die_at: int | None) -> None:
        super().__init__(base_url)
        self._left = die_at

    def send(self, request: Request) -> Answer:
        method = request.json["method"] if isinstance(request.json, dict) else ""
        if str(method).rpartition(".")[2] not in WRITES:
            return super().send(request)
        self._step()
        answer = super().send(request)
        self._step()
        return answer

    def _step(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
