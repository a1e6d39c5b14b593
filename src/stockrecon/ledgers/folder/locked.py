"""One writer at a time in a ledger's folder, and no reader between a writer's two renames."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".stockrecon.lock"
"""Never removed: whoever had it open would hold a lock that nobody else sees. It is empty."""
LOCK_SECONDS = 10.0
"""How long another process may keep us waiting."""
_PAUSE = 0.02


class Busy(Exception):
    """Another process has held the folder for too long."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keeps every other reader and writer of ours out. Raises Busy, OSError."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        _take(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def reading(folder: Path) -> Iterator[bool]:
    """Keeps writers out where that can be done without writing; whether it could. Raises nothing of the outside's."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        yield False
        return
    try:
        yield _taken(handle)
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        _take(handle, fcntl.LOCK_SH)
    except (Busy, OSError):
        return False
    return True


def _take(handle: int, kind: int) -> None:
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Busy from None
            time.sleep(_PAUSE)
        else:
            return
