"""A listener in a thread of this process, on loopback, with a state of its own."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stockrecon.channels.push import Arrived
from stockrecon.config import Settings
from stockrecon.core.model import ShopName
from stockrecon.core.notice import Told
from stockrecon.core.policy import Policy
from stockrecon.core.settings import LedgerSettings
from stockrecon.listen.counts import Counts
from stockrecon.listen.run import Document, Hooks, listen
from stockrecon.state import State
from tests.listen.sender import settings as shop_settings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def whole(folder: Path, *shops: object) -> Settings:
    """A configuration as a value, with its state in `folder`."""
    return Settings(
        ledger=LedgerSettings("file", folder, folder / "ledger"),
        shops=shops,  # type: ignore[arg-type]
        policy=Policy(),
        state=str(folder / "state"),
        file=folder / "stockrecon.yaml",
        folder=folder,
        digest="",
    )


@dataclass
class Listener:
    """`told`: lines of what is wrong. `log`: channel and fate of each message."""

    folder: Path
    document: Document = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    log: list[tuple[str, str]] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    now: datetime = NOW

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(str(self.document["url"]))
        return parts.hostname or "", parts.port or 0

    def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def send(self, channel: str, arrived: Arrived) -> int:
        """The status; the answer's body has to be empty for every vendor."""
        status, body = self.request("POST", f"/push/{channel}", arrived.body, arrived.headers)
        assert body == b""
        return status

    def kept(self, shop: str = "shopee-vn") -> Told:
        with State.open(self.folder / "state", lambda: NOW) as state:
            return state.told(ShopName(shop), datetime(2000, 1, 1, tzinfo=UTC))


Start = Callable[..., Listener]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a listener for a Shopee and a Lazada shop, or for those given; all end with the test."""
    with ExitStack() as stack:

        def begin(*shops: object, port: int = 0, clock: Callable[[], datetime] | None = None) -> Listener:
            ended, ready = threading.Event(), threading.Event()
            one = Listener(tmp_path)

            def called(document: Document) -> None:
                one.document = document
                ready.set()

            def measured(counts: Counts) -> None:
                one.counts = counts

            hooks = Hooks(
                called, lambda channel, fate, judged: one.log.append((channel, fate)), one.told.append, measured
            )
            chosen = shops or (shop_settings("shopee", "shopee-vn"), shop_settings("lazada", "lazada-vn"))
            thread = threading.Thread(
                target=listen,
                args=(whole(tmp_path, *chosen), "127.0.0.1", port, hooks),
                kwargs={"clock": clock or (lambda: one.now), "stop": ended},
            )
            thread.start()

            def end() -> None:
                ended.set()
                thread.join(20)
                assert not thread.is_alive()

            stack.callback(end)
            assert ready.wait(20)
            one.stop = end  # type: ignore[attr-defined]
            return one

        yield begin


def body_of(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
