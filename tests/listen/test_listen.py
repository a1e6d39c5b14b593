"""The listener over HTTP: genuine messages are kept once and answered as vendors want it, all else leaves no trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.push import Arrived
from stockrecon.channels.woocommerce.push import WooCommercePush
from stockrecon.core.model import ShopName
from stockrecon.core.notice import Told
from stockrecon.errors import UsageFault
from stockrecon.listen import keeping
from stockrecon.listen.run import Hooks, listen
from stockrecon.listen.server import MAX_BODY
from stockrecon.state import State
from tests.listen.conftest import NOW, Listener, Start, whole
from tests.listen.sender import KEY, settings, signed

STAMP = int(NOW.timestamp())


def shopee(item: int = 1, stamp: int = STAMP, key: str = KEY, shop: int = 77) -> Arrived:
    return signed("shopee", {"code": 7, "shop_id": shop, "timestamp": stamp, "data": {"item_id": item}}, key)


def lazada(order: str = "500", seller: str = "1234567", site: str = "lazada_vn") -> Arrived:
    data = {"trade_order_id": order, "order_status": "unpaid"}
    return signed("lazada", {"seller_id": seller, "message_type": 0, "data": data, "site": site, "timestamp": STAMP})


def test_a_genuine_message_is_on_disk_before_it_is_answered(start: Start) -> None:
    """200 without a word, for the shop that it names; the address of each channel stands in the ready file."""
    one = start()
    shops = one.document["shops"]
    assert [(shop["name"], shop["push"].rpartition("/")[2]) for shop in shops] == [  # type: ignore[attr-defined]
        ("shopee-vn", "shopee"),
        ("lazada-vn", "lazada"),
    ]
    assert one.send("shopee", shopee(5)) == 200
    assert one.kept() == Told(frozenset({("5", "")}))
    assert one.send("lazada", lazada()) == 200
    assert one.kept("lazada-vn") == Told(orders=frozenset({"500"}))
    assert one.log == [("shopee", "heard"), ("lazada", "heard")]


def test_doubled_and_out_of_order_messages_are_one_sum(start: Start) -> None:
    """Each once, whenever it comes."""
    one = start()
    for item in (3, 1, 2, 1, 3):
        assert one.send("shopee", shopee(item)) == 200
    assert one.kept().places == {("1", ""), ("2", ""), ("3", "")}


def test_what_is_not_genuine_leaves_no_trace(start: Start) -> None:
    """A forged message is refused, a replay from beyond the vendor's own retries is answered and not kept."""
    one = start()
    assert one.send("shopee", shopee(key="another")) == 401
    assert one.send("shopee", Arrived(b"{}", {})) == 401
    assert one.send("shopee", shopee(stamp=STAMP - 4 * 86400)) == 200
    assert one.send("shopee", signed("shopee", b"no json")) == 200
    assert one.send("shopee", shopee(shop=78)) == 200
    assert one.send("shopee", Arrived(b"", {})) == 200
    assert one.kept() == Told()
    fates = [fate for _, fate in one.log]
    assert fates == ["forged", "forged", "stale", "unreadable", "nobody", "probe"]


def test_a_late_message_counts(start: Start) -> None:
    """Within what the vendor still delivers: hours or days after it was made."""
    one = start()
    assert one.send("shopee", shopee(4, STAMP - 2 * 86400)) == 200
    assert one.kept().places == {("4", "")}


def test_two_shops_of_one_app_share_an_address(start: Start) -> None:
    """Which of them a message is for stands in it; of Lazada's, the seller's id once the shop was read."""
    one = start(
        settings("shopee", "shopee-vn"),
        settings("shopee", "shopee-th", "TH", shop_id="78"),
        settings("lazada", "lazada-vn"),
        settings("lazada", "lazada-sg", "SG"),
    )
    assert one.send("shopee", shopee(9, shop=78)) == 200
    assert (one.kept(), one.kept("shopee-th").places) == (Told(), {("9", "")})
    assert one.send("lazada", lazada(site="LAZADA_SG")) == 200
    assert (one.kept("lazada-vn"), one.kept("lazada-sg").orders) == (Told(), {"500"})


def test_lazadas_messages_go_by_the_seller_that_was_read(start: Start, tmp_path: Path) -> None:
    """Of two shops of one site: the one that said it is this seller."""
    with State.open(tmp_path / "state", lambda: NOW) as state:
        state.remember_source("lazada-a", NOW, {}, "111")
        state.remember_source("lazada-b", NOW, {}, "222")
    one = start(settings("lazada", "lazada-a"), settings("lazada", "lazada-b"))
    assert one.send("lazada", lazada(seller="222")) == 200
    assert (one.kept("lazada-a"), one.kept("lazada-b").orders) == (Told(), {"500"})
    assert one.send("lazada", lazada(seller="333")) == 200
    assert one.log[-1] == ("lazada", "nobody")


def test_only_what_it_is_for_is_answered(start: Start) -> None:
    """No other path, no other method, no channel that nobody has."""
    one = start()
    assert one.request("GET", "/push/shopee")[0] == 405
    assert one.request("POST", "/push/shopify", b"{}")[0] == 404
    assert one.request("POST", "/", b"{}")[0] == 404
    assert one.request("POST", "/push/shopee/", b"{}")[0] == 404
    assert one.request("GET", "/health") == (200, b"")


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_is_bounded(start: Start, announced: bool) -> None:
    """Refused as soon as it is known to be too large, announced or not."""
    one = start()
    with socket.create_connection(one.address, timeout=10) as wire:
        length = f"content-length: {MAX_BODY + 1}" if announced else "transfer-encoding: chunked"
        wire.sendall(f"POST /push/shopee HTTP/1.1\r\nhost: x\r\n{length}\r\n\r\n".encode())
        if not announced:
            for _ in range(MAX_BODY // 65536 + 1):
                wire.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        assert wire.recv(100).startswith(b"HTTP/1.1 413")
    assert one.log == [("shopee", "refused")]
    assert one.send("shopee", shopee()) == 200


def test_a_state_that_is_slow_makes_the_vendor_deliver_again(start: Start, tmp_path: Path) -> None:
    """While a run keeps the database for itself nothing is acknowledged that is not on disk; it is kept afterwards, and
    the second delivery is the same message."""
    one = start()
    with closing(sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert one.send("lazada", lazada()) == 503
        other.execute("ROLLBACK")
    assert one.send("lazada", lazada()) == 200
    assert one.kept("lazada-vn").orders == {"500"}
    assert one.log == [("lazada", "slow"), ("lazada", "heard")]


def test_what_waits_is_kept_at_the_end(start: Start, tmp_path: Path) -> None:
    """A listener that is stopped while messages wait for the state keeps them first."""
    one = start()
    with closing(sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert one.send("lazada", lazada()) == 503
        ending = threading.Thread(target=one.stop)  # type: ignore[attr-defined]
        ending.start()
        other.execute("ROLLBACK")
    ending.join(20)
    assert one.kept("lazada-vn").orders == {"500"}


def test_too_many_that_wait_are_not_taken(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: what comes on top is refused, and the vendor delivers it again."""
    monkeypatch.setattr(keeping, "MOST_WAITING", 1)
    one = start()
    with closing(sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        statuses = {one.send("lazada", lazada(str(number))) for number in range(4)}
        other.execute("ROLLBACK")
    assert statuses == {503}
    assert ("lazada", "refused") in one.log


def test_what_is_delivered_once_is_lost_while_nobody_listens(start: Start, tmp_path: Path) -> None:
    """WooCommerce never tries again: after the shortest absence its shops are listened to from then on only."""
    shops = (settings("shopee", "shopee-vn"), settings("woocommerce", "woo"))
    start(*shops).stop()  # type: ignore[attr-defined]
    start(*shops, clock=lambda: NOW + timedelta(seconds=20)).stop()  # type: ignore[attr-defined]
    with State.open(tmp_path / "state", lambda: NOW) as state:
        shopee, woo = (state.listening(ShopName(name)) for name in ("shopee-vn", "woo"))
    assert shopee is not None
    assert woo is not None
    assert (shopee.since, woo.since) == (NOW, NOW + timedelta(seconds=20))


def test_what_is_delivered_once_and_not_taken_is_no_secret(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is answered well, for a refusal brings nothing back; its shop is listened to from then on only."""
    monkeypatch.setattr(keeping, "MOST_WAITING", 1)
    monkeypatch.setattr(WooCommercePush, "within", 0.3)
    one = start(settings("woocommerce", "woo"))
    told = signed("woocommerce", {"id": 5}, x_wc_webhook_topic="product.updated")
    with closing(sqlite3.connect(tmp_path / "state" / "state.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert {one.send("woocommerce", told) for _ in range(4)} == {200}
        other.execute("ROLLBACK")
    one.now = NOW + timedelta(seconds=40)
    one.stop()  # type: ignore[attr-defined]
    assert ("woocommerce", "refused") in one.log
    with State.open(tmp_path / "state", lambda: NOW) as state:
        woo = state.listening(ShopName("woo"))
    assert woo is not None
    assert woo.since == one.now


def test_it_says_that_it_is_there(start: Start) -> None:
    """At its start and at its end, for the shops that it listens to; what was heard is known."""
    one = start()
    one.send("shopee", shopee())
    one.now = NOW + timedelta(minutes=4)
    one.stop()  # type: ignore[attr-defined]
    with State.open(one.folder / "state", lambda: NOW) as state:
        found = state.listening(ShopName("shopee-vn"))
        assert found is not None
        assert (found.since, found.seen, found.heard) == (NOW, NOW + timedelta(minutes=4), NOW)
        assert state.listening(ShopName("other")) is None


def test_figures_for_prometheus(start: Start) -> None:
    """By channel and fate, and when each shop was heard of; no id, no secret."""
    one = start()
    one.send("shopee", shopee())
    one.send("shopee", shopee(key="x"))
    one.stop()  # type: ignore[attr-defined]
    text = "".join(one.counts.prometheus("listen", NOW))
    assert 'stockrecon_push_messages_total{file="listen",channel="shopee",fate="heard"} 1' in text
    assert 'stockrecon_push_messages_total{file="listen",channel="shopee",fate="forged"} 1' in text
    assert f'stockrecon_push_last_heard_timestamp_seconds{{file="listen",shop="shopee-vn"}} {STAMP}.000' in text
    from prometheus_client.parser import text_string_to_metric_families

    assert len(list(text_string_to_metric_families(text))) == 3


def test_shops_that_cannot_be_listened_to_are_named(start: Start, tmp_path: Path) -> None:
    """The others are; where there is none, that is an error with every reason."""
    one = start(settings("shopee", "a"), settings("shopee", "b", push_url=None))
    (silent,) = one.document["silent"]  # type: ignore[misc]
    assert (silent["name"], "push_url is missing" in silent["text"]) == ("b", True)
    nothing = Hooks(lambda document: None, lambda channel, fate, judged: None, lambda text: None)
    with pytest.raises(UsageFault, match="b: push_url is missing"):
        listen(whole(tmp_path, settings("shopee", "b", push_url=None)), "127.0.0.1", 0, nothing, clock=lambda: NOW)
    with pytest.raises(UsageFault, match=r"cannot listen on 127\.0\.0\.1:"):
        listen(whole(tmp_path, settings("shopee", "a")), *one.address, nothing, clock=lambda: NOW)


CONFIG = """
ledger: {type: file, path: ledger/}
shops:
  - {name: shopee-vn, channel: shopee, region: VN, partner_id: 1, partner_key: {env: KEY}, shop_id: 77, push_url: "https://stock.example.com/shopee"}
  - {name: seller, channel: file, path: seller/}
state: state/
"""


def test_the_command_ends_in_order(tmp_path: Path) -> None:
    """Ready file, a message, SIGTERM: exit 0, the message kept, no secret in what it says."""
    (tmp_path / "c.yaml").write_text(CONFIG, "utf-8")
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "stockrecon", "listen", "-c", "c.yaml", "--port", "0", "--ready", "ready.json"]
    command += ["--metrics", "listen.prom", "-v"]
    environment = {**os.environ, "KEY": KEY}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until = time.monotonic() + 60
        while not ready.exists() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        document: dict[str, Any] = json.loads(ready.read_text("utf-8"))
        one = Listener(tmp_path, document)
        stamp = int(time.time())
        assert one.send("shopee", shopee(6, stamp)) == 200
        assert one.send("shopee", shopee(7, stamp, key="forger's key")) == 401
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert one.kept().places == {("6", "")}
    assert "seller: file sends no push messages" in err
    assert "shopee item_promotion: heard for shopee-vn" in err
    assert "shopee: forged: its signature is another one" in err
    assert KEY not in err
    assert "stockrecon_push_messages_total" in (tmp_path / "listen.prom").read_text("utf-8")
