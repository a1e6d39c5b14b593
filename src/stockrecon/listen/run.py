"""Runs the listener until it is told to end. The web server's packages are an extra, imported when it really runs."""

from __future__ import annotations

import importlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stockrecon.config import Settings
from stockrecon.core.model import ShopName
from stockrecon.errors import StockreconError, UsageFault
from stockrecon.listen.counts import Counts
from stockrecon.listen.keeping import BEAT, Keeper
from stockrecon.listen.receiving import Account, Judged, Receiver, accounts_of
from stockrecon.serving import bound, signals

if TYPE_CHECKING:
    from stockrecon.listen.server import Server

PACKAGES = ("starlette", "uvicorn")
_WITHIN = 10.0
"""Seconds for the web server to be up, and for what waits to be kept at the end."""

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What whoever runs the listener wants to hear of it.

    `ready` gets the ready file's document when it can be called; `log` each message; `tell` what is wrong; `measured`
    the counts, about every half minute and at the end.
    """

    ready: Callable[[Document], None]
    log: Callable[[str, str, Judged], None]
    tell: Callable[[str], None]
    measured: Callable[[Counts], None] = lambda counts: None


def need_extra() -> None:
    """Raises UsageFault where a package of the extra is missing."""
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except ImportError:
            text = f"the listener needs the package {package}, which is not installed"
            raise UsageFault(text, way_on="pip install 'stockrecon[listen]'") from None


def listen(
    settings: Settings,
    host: str,
    port: int,
    hooks: Hooks,
    *,
    clock: Callable[[], datetime],
    stop: threading.Event | None = None,
) -> None:
    """Listens until SIGTERM, Ctrl-C or `stop`; then keeps what it has and returns.

    Raises UsageFault (no shop that can be listened to, a missing extra, host or port), OutputFault (the state).
    """
    need_extra()
    from stockrecon.listen.server import Server, Web
    from stockrecon.state import State

    accounts, silent = accounts_of(settings.shops)
    if not accounts:
        raise UsageFault("no shop can be listened to:\n" + "\n".join(silent.values()))
    ended = stop or threading.Event()
    names = [account.settings.name for account in accounts]
    with ExitStack() as stack:
        listening = bound(host, port, 256)
        stack.callback(listening.close)
        state = stack.enter_context(State.open(settings.state, clock))
        once = [account.settings.name for account in accounts if not account.hears.again]
        keeper = Keeper(state, names, clock, hooks.tell, once)
        receiver, counts = Receiver(accounts, clock, keeper.identity), Counts()
        server = Server(Web(receiver, keeper, counts, clock, hooks.log).application())
        stack.enter_context(signals(ended))
        keeper.start()
        stack.callback(hooks.measured, counts)
        stack.callback(keeper.stop, _WITHIN)
        with _served(server, listening):
            hooks.ready(_document(_root(host, listening), accounts, silent))
            while server.alive and not ended.wait(BEAT.total_seconds()):
                with suppress(StockreconError):  # a full disk for figures is no reason to stop listening
                    hooks.measured(counts)


@contextmanager
def _served(server: Server, listening: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_on, args=(listening,), name="listener", daemon=True)
    thread.start()
    try:
        if not server.ready.wait(_WITHIN):
            raise UsageFault("the web server did not come up")
        yield
    except KeyboardInterrupt:
        pass
    finally:
        server.should_exit = True
        thread.join(_WITHIN)


def _document(root: str, accounts: list[Account], silent: Mapping[ShopName, str]) -> Document:
    """Where each shop's messages go, and why nothing of the others is heard."""
    return {
        "pid": os.getpid(),
        "url": root,
        "health": f"{root}/health",
        "shops": [
            {
                "name": account.settings.name,
                "channel": account.settings.channel,
                "push": f"{root}/push/{account.settings.channel}",
            }
            for account in accounts
        ],
        "silent": [{"name": name, "text": text} for name, text in silent.items()],
    }


def _root(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
