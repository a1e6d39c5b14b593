"""Runs the sandbox: as a command until it is told to end, or in a thread for the demo and for tests.

The web server's packages are an extra; they are imported only when the sandbox really runs.
"""

from __future__ import annotations

import contextlib
import importlib
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.errors import OutputFault, UsageFault
from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.wire import is_loopback
from stockrecon.serving import bound, signals

if TYPE_CHECKING:
    from stockrecon.sandbox.face import Credentials
    from stockrecon.sandbox.house import Sandbox
    from stockrecon.sandbox.ready import Entry
    from stockrecon.sandbox.roles import Part
    from stockrecon.sandbox.server import WebServer
    from stockrecon.sandbox.stories import Story

PACKAGES = ("starlette", "uvicorn", "python_multipart", "defusedxml", "graphql")
START_WITHIN = 10.0
"""Seconds within which the web server must be up."""


def need_extra() -> None:
    """Raise UsageFault where a package of the extra is missing."""
    for package in PACKAGES:
        try:
            importlib.import_module(package)
        except ImportError as error:
            text = f"the sandbox needs the package {package}, which is not installed"
            raise UsageFault(text, way_on="pip install 'stockrecon[sandbox]'") from error


@dataclass
class _Prepared:
    sandbox: Sandbox
    server: WebServer
    listening: socket.socket
    document: Entry = field(repr=False)
    stories: tuple[Story, ...] = ()


def serve(
    load: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Path | None = None,
    now: datetime | None = None,
    stop: threading.Event | None = None,
    on_ready: Callable[[Entry], None] | None = None,
) -> None:
    """Serve until SIGTERM, Ctrl-C or `stop`; then return, so that the command ends with 0.

    `load`: folders of shops (contract, section 7), else the six stories, whose ledger is written beside `ready`.
    `now`: the sandbox clock, which then runs on. `on_ready` gets the ready file's document when it can be called.
    Raises UsageFault (missing extra, folder, host or port), ConfigFault (bad folders), OutputFault (ready file).
    """
    need_extra()
    from stockrecon.sandbox.ready import write_ready

    if ready is not None and not ready.absolute().parent.is_dir():
        raise OutputFault(f"{ready}: cannot be written: there is no folder {ready.absolute().parent}")
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stockrecon-sandbox-")))
        beside = ready.absolute() if ready is not None else scratch / "sandbox"
        ledger = None if load is not None else beside.with_name(f"{beside.name}.ledger")
        made = _prepare(load, host, port, now, beside, ledger)
        ended = stop or threading.Event()
        stack.enter_context(signals(ended))
        thread = threading.Thread(target=made.server.serve_on, args=(made.listening,), name="sandbox", daemon=True)
        thread.start()
        try:
            _wait_ready(made.server, thread)
            if ready is not None:
                write_ready(beside, made.document)
            if on_ready is not None:
                on_ready(made.document)
            while thread.is_alive() and not ended.wait(0.2):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            made.server.should_exit = True
            thread.join(START_WITHIN)


@dataclass
class Handle:
    """A sandbox that runs in a thread of this process. Use it in a `with` statement, or call `stop`."""

    sandbox: Sandbox
    document: Entry = field(repr=False)
    stories: tuple[Story, ...]
    ledger: Path | None
    _server: WebServer
    _thread: threading.Thread

    @property
    def clock(self) -> SandboxClock:
        return self.sandbox.clock

    @property
    def control(self) -> str:
        return str(self.document["control"])

    @property
    def base_urls(self) -> dict[str, str]:
        root = self.control.removesuffix("/_control")
        return {name: f"{root}/{name}" for name in self.sandbox.shops}

    @property
    def credentials(self) -> dict[str, Credentials]:
        """Each shop's credentials as they are now."""
        with self.sandbox.lock:
            return {name: served.credentials() for name, served in self.sandbox.shops.items()}

    @property
    def configs(self) -> list[Entry]:
        """The entries of the configuration's `shops`, with secrets as `{file: ...}`."""
        shops = self.document["shops"]
        return [shop["config"] for shop in shops] if isinstance(shops, list) else []

    def before_second_read(self) -> None:
        """Let happen what the stories have between a first and a second read (the campaign of story 1 ends)."""
        with self.sandbox.lock:
            for story in self.stories:
                story.before_second_read()
            self.sandbox.settled()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(START_WITHIN)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def start_in_thread(
    directory: Path,
    *,
    load: Path | None = None,
    now: datetime | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    per_second: float | None = None,
    burst: int | None = None,
    parts: Sequence[Part] = (),
) -> Handle:
    """Start a sandbox in a thread and return when it can be called.

    `directory` (which must exist) gets the secrets' files and, without `load`, the stories' ledger in `ledger/`.
    `per_second` and `burst`: what each shop's rate limit allows, else the vendor's own. `parts`: which stories are told
    on which channels, those of the demo where none are named. Raises as `serve` does.
    """
    need_extra()
    ledger = None if load is not None else directory / "ledger"
    made = _prepare(load, host, port, now, directory / "secret", ledger, per_second, burst, parts)
    thread = threading.Thread(target=made.server.serve_on, args=(made.listening,), name="sandbox", daemon=True)
    thread.start()
    _wait_ready(made.server, thread)
    return Handle(made.sandbox, made.document, made.stories, ledger, made.server, thread)


def _prepare(
    load: Path | None,
    host: str,
    port: int,
    now: datetime | None,
    beside: Path,
    ledger: Path | None,
    per_second: float | None = None,
    burst: int | None = None,
    parts: Sequence[Part] = (),
) -> _Prepared:
    from stockrecon.sandbox.house import Sandbox
    from stockrecon.sandbox.load import load_folder
    from stockrecon.sandbox.ready import describe
    from stockrecon.sandbox.roles import DEFAULT
    from stockrecon.sandbox.server import WebServer
    from stockrecon.sandbox.stories import build_market, build_stories

    try:
        clock = SandboxClock(now)
    except ValueError as error:
        raise UsageFault(f"--now: {error}") from error
    stories: tuple[Story, ...] = ()
    if load is not None:
        shops = [loaded.shop for loaded in load_folder(load)]
    else:
        cast = parts or DEFAULT
        market = build_market(cast)
        stories = tuple(build_stories(market, clock, ledger or beside.with_name("ledger"), cast))
        shops = list(market.shops.values())
    sandbox = Sandbox(shops, clock, per_second=per_second, burst=burst)
    key = "" if is_loopback(host) else secrets.token_urlsafe(24)
    listening = bound(host, port, 128)
    try:
        document = describe(sandbox, _root(host, listening), beside, ledger, key)
    except BaseException:
        listening.close()
        raise
    return _Prepared(sandbox, WebServer(sandbox, key), listening, document, stories)


def _root(host: str, listening: socket.socket) -> str:
    """Where a client on this machine reaches it: a wildcard host is reached by loopback."""
    port = listening.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _wait_ready(server: WebServer, thread: threading.Thread) -> None:
    until = time.monotonic() + START_WITHIN
    while not server.ready.wait(0.05):
        if not thread.is_alive() or time.monotonic() > until:
            server.should_exit = True
            raise UsageFault("the sandbox's web server did not start")
