"""What a web server of this program is held by: the address it listens at, and the signals that end it."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from stockrecon.errors import UsageFault


def bound(host: str, port: int, waiting: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. `waiting`: how many callers may queue. Raises UsageFault."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio would leave Nagle's delay on (40 ms for each answer).
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(waiting)
    except (OSError, OverflowError) as error:
        made.close()
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise UsageFault(f"cannot listen on {host}:{port}: {reason}", way_on="--port 0 takes a free port") from error
    return made


@contextmanager
def signals(ended: threading.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `ended`, so that the server ends in order; outside the main thread nothing is touched."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
