"""A process that has everything imported and forks one `stockrecon` a line: a real process without its start-up.

Reads JSON arrays of arguments from standard input, answers the child's process id at once, and `PID CODE` when it has
ended. Standard output of the children goes nowhere, their standard error to the file that is named first.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
from contextlib import suppress

_PRELOADED = (
    "stockrecon.cli.app",
    "stockrecon.cli.writing",
    "stockrecon.cli.commands.sync",
    "stockrecon.reconcile",
    "stockrecon.apply",
    "stockrecon.state.state",
    "stockrecon.channels.shopee",
    "stockrecon.channels.lazada",
    "stockrecon.channels.files",
    "stockrecon.ledgers.sql",
    "stockrecon.ledgers.files",
    "stockrecon.reports",
    "stockrecon.reports.table",
    "stockrecon.notify",
    "stockrecon.catalogue.engine",
    "stockrecon.rest.wire",
    "duckdb",
    "sqlalchemy.dialects.sqlite",
    "encodings.idna",
    "encodings.utf_8_sig",
    "rich.console",
)


def main() -> None:
    errors, requests = sys.argv[1], ""
    load()
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as ready:
        ready.register(0, selectors.EVENT_READ)
        ready.register(read, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd == read:
                    os.read(read, 4096)
                    _reap()
                    continue
                got = os.read(0, 65536)
                if not got:
                    return
                *lines, requests = (requests + got.decode()).split("\n")
                for line in lines:
                    _say(str(_fork(json.loads(line), errors, (read, write))))


def load() -> None:
    """Everything that a run needs."""
    for name in _PRELOADED:
        __import__(name)
    from stockrecon.rest.wire import trusted

    trusted()
    _hurry()


def _hurry() -> None:
    """The marketplaces of these tests take effect at once: a write is read back as often as ever, but sooner."""
    from dataclasses import replace
    from datetime import timedelta

    from stockrecon.apply import earlier
    from stockrecon.channels import capabilities

    known = capabilities._KNOWN
    known.update({name: replace(can, settles=(0.02, 0.05, 0.1, 0.2)) for name, can in known.items()})
    earlier.LATE, earlier.LATE_IN_LEDGER, earlier._AGAIN = timedelta(seconds=0.3), timedelta(seconds=0.1), 0.02


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(f"{pid} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _fork(arguments: list[str], errors: str, wakeup: tuple[int, int]) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for handle in wakeup:
        os.close(handle)
    os._exit(program(arguments, errors))


def program(arguments: list[str], errors: str) -> int:
    """What a process does that was forked for it; its exit code."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    from stockrecon.cli.app import main as stockrecon

    sys.argv = ["stockrecon", *arguments]
    with suppress(Exception):
        try:
            stockrecon()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 1
    return 70


if __name__ == "__main__":
    main()
