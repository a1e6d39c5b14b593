"""A marketplace on loopback that hands out tokens as Shopee does: each refresh token is for one use."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stockrecon.channels.base import Surroundings
from stockrecon.channels.rotation import HelperProcess
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.core.model import ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.state import FileTokenStore

SHOP = ShopName("shopee-vn")
PARTNER, KEY, SHOP_ID = "2001887", "partner-key-of-the-test", "14701711"


class Vendor:
    """`refresh` is the one refresh token that is good.

    `arrived` is called when a request came in, `spent` when a token was spent and before that is answered.
    """

    def __init__(self) -> None:
        self.url = ""
        self.number = 1
        self.asked: list[str] = []
        self.ahead = timedelta(0)
        self.more: dict[str, object] = {}
        self.refusal = "Invalid refresh_token."
        self.arrived: Callable[[], None] = lambda: None
        self.spent: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    @property
    def access(self) -> str:
        return f"access-token-{self.number:06}"

    @property
    def refresh(self) -> str:
        return f"refresh-token-{self.number:06}"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def answer(self, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> dict[str, object]:
        self.arrived()
        with self._lock:
            self.asked.append(str(body.get("refresh_token")))
            stamp = query["timestamp"][0]
            base = f"{PARTNER}{path}{stamp}".encode()
            if hmac.new(KEY.encode(), base, hashlib.sha256).hexdigest() != query["sign"][0]:
                return {"error": "error_sign", "message": "Wrong sign."}
            if abs(self.now().timestamp() - int(stamp)) > 300:
                return {"error": "error_param", "message": "Timestamp is expired."}
            if body.get("refresh_token") != self.refresh:
                return {"error": "error_auth", "message": self.refusal}
            self.number += 1
            pair: dict[str, object] = {"access_token": self.access, "refresh_token": self.refresh, "expire_in": 14400}
        self.spent()
        return {"error": "", "message": "", **pair, **self.more}


@contextmanager
def serving() -> Iterator[Vendor]:
    """A vendor that answers until the end of the block."""
    vendor = Vendor()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            said = json.dumps(vendor.answer(parts.path, parse_qs(parts.query), body)).encode()
            self.send_response_only(200 if b'"error": ""' in said else 403)
            self.send_header("date", format_datetime(vendor.now(), usegmt=True))
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            """A client that was killed has nobody to tell."""

    with Server(("127.0.0.1", 0), Handler) as server:
        vendor.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield vendor
        finally:
            server.shutdown()
            thread.join()


def settings(url: str, refresh: str) -> ShopSettings:
    """The shop as a configuration would have it, with a pair whose access token is over."""
    options = {
        "partner_id": PARTNER,
        "partner_key": Secret(KEY),
        "shop_id": SHOP_ID,
        "access_token": Secret("access-token-that-is-over"),
        "refresh_token": Secret(refresh),
        "requests_per_second": 1000.0,
    }
    return ShopSettings(SHOP, "shopee", ShopPolicy(SHOP, "shopee", "VN"), options, url, None, "VN")


def channel(url: str, refresh: str, folder: Path, *, python: str | None = None) -> ShopeeChannel:
    """A channel that renews with a helper process, as in a run."""
    store = FileTokenStore(folder, patience=60)
    helper = HelperProcess(store) if python is None else HelperProcess(store, python=python)
    nap: Callable[[float], None] = lambda seconds: None  # noqa: E731
    surroundings = Surroundings(lambda: datetime.now(UTC), nap, store, rotate=helper)
    return ShopeeChannel(settings(url, refresh), surroundings)
