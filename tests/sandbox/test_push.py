"""Pushes: what is noted, sent, taken for a receipt, tried again by the sandbox clock, and spoiled by a fault."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from stockrecon.sandbox import push
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.lazada.face import LazadaFace
from stockrecon.sandbox.push import Hook, Notice, Pusher, PushRules, post
from stockrecon.sandbox.records import Event
from stockrecon.sandbox.run import start_in_thread
from stockrecon.sandbox.shopee.face import ShopeeFace
from tests.sandbox.world import NOON, SHOPEE_ITEM, World

URL = "http://127.0.0.1:9/told"
RULES = PushRules(retries=(timedelta(minutes=2), timedelta(hours=3)), statuses=frozenset({200}), empty=True)


class Listener:
    """Takes what is sent and answers as it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict]] = []
        self.answers: list[tuple[int, bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> tuple[int, bytes]:
        self.heard.append((url, {**json.loads(body), **headers}))
        return self.answers.pop(0) if self.answers else (200, b"")


class Telling:
    """A world whose Shopee shop tells of everything, with control and a listener."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, rules: PushRules = RULES) -> None:
        def notices(self: ShopeeFace, event: Event, hook: Hook, now: datetime) -> Iterable[Notice]:
            said = {"kind": event.kind, "what": event.what, "before": event.before, "after": event.after}
            yield Notice(event.kind, json.dumps(said).encode(), {"x-url": hook.url})

        monkeypatch.setattr(ShopeeFace, "push_rules", rules)
        monkeypatch.setattr(LazadaFace, "push_rules", None)
        monkeypatch.setattr(ShopeeFace, "notices", notices)
        self.world, self.listener = world, Listener()
        world.sandbox.pusher = Pusher(world.clock, world.sandbox.lock, self.listener)
        self.control = Control(world.sandbox)

    def do(self, method: str, path: str, /, **body: object) -> dict:
        status, answer = self.control.handle(method, path, json.dumps(body).encode())
        assert status == 200, answer
        return dict(answer)  # type: ignore[call-overload]

    def heard(self) -> list[tuple[str, str]]:
        """What came in since the last look."""
        self.world.sandbox.settled()
        self.world.sandbox.pusher.deliver()
        found = [(said["kind"], said["what"]) for _, said in self.listener.heard]
        self.listener.heard.clear()
        return found

    def states(self) -> list[tuple[str, list[int]]]:
        pushes = self.do("GET", "webhooks")["pushes"]
        return [(push["state"], [tried["status"] for tried in push["tries"]]) for push in pushes]

    def order(self) -> None:
        self.do("POST", "orders", shop="shopee-vn", action="place", item_id=SHOPEE_ITEM[0])


@pytest.fixture
def telling(world: World, monkeypatch: pytest.MonkeyPatch) -> Telling:
    return Telling(world, monkeypatch)


def test_every_change_is_told_once_in_its_order(telling: Telling) -> None:
    """Stock, orders, campaigns by the clock, listings; nothing of what was before the hook."""
    telling.order()
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL)
    assert telling.heard() == []
    where = {"shop": "shopee-vn", "item_id": SHOPEE_ITEM[0]}
    placed = telling.do("POST", "orders", **where, action="place")
    assert telling.heard() == [("stock", ""), ("order", "unpaid")]
    for action in ("pay", "request-cancel", "cancel"):
        telling.do("POST", "orders", shop="shopee-vn", action=action, order_id=placed["order_id"])
    assert telling.heard() == [("order", "paid"), ("order", "cancel_requested"), ("stock", ""), ("order", "cancelled")]
    starts = (NOON + timedelta(minutes=5)).isoformat()
    telling.do("POST", "campaigns", **where, action="start", locked=5, starts_at=starts)
    assert telling.heard() == [("campaign", "upcoming")]
    telling.world.advance(hours=2)
    assert telling.heard() == [("campaign", "running"), ("campaign", "ended")]
    telling.do("POST", "listings", **where, state="banned", sellable=3)
    assert telling.heard() == [("listing", "banned"), ("stock", "")]
    telling.world.advance(hours=72)
    assert telling.heard() == [("stock", ""), ("order", "cancelled")]


def test_a_stock_event_tells_before_and_after(telling: Telling) -> None:
    """Everything that buyers can take."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["stock"])
    telling.do("POST", "listings", shop="shopee-vn", item_id=SHOPEE_ITEM[0], sellable=60)
    telling.world.sandbox.pusher.deliver()
    wanted = {"kind": "stock", "what": "", "before": 100, "after": 60, "x-url": URL}
    assert telling.listener.heard == [(URL, wanted)]


def test_a_hook_hears_the_kinds_that_it_asked_for(telling: Telling) -> None:
    """By shell pattern; another hook of the shop hears all."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["ord*"])
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL + "/all")
    telling.order()
    telling.world.sandbox.pusher.deliver()
    assert [(url, said["kind"]) for url, said in telling.listener.heard] == [
        (URL + "/all", "stock"),
        (URL, "order"),
        (URL + "/all", "order"),
    ]


@pytest.mark.parametrize("answer", [(500, b""), (0, b""), (301, b""), (200, b"ok"), (204, b"")])
def test_what_is_no_receipt_is_tried_again_by_the_clock(telling: Telling, answer: tuple[int, bytes]) -> None:
    """After the vendor's waits, each counted from the failure before it; then it is given up."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["order"])
    telling.listener.answers = [answer] * 3
    telling.order()
    assert len(telling.heard()) == 1
    telling.world.advance(seconds=119)
    assert telling.heard() == []
    telling.world.advance(seconds=1)
    assert len(telling.heard()) == 1
    telling.world.advance(hours=2, minutes=59)
    assert telling.heard() == []
    assert telling.states() == [("waiting", [answer[0]] * 2)]
    telling.world.advance(minutes=1)
    assert len(telling.heard()) == 1
    assert telling.states() == [("given up", [answer[0]] * 3)]
    telling.world.advance(days=1)
    assert telling.heard() == []


def test_a_retry_that_is_received_ends_it(telling: Telling) -> None:
    """Delivered, with both answers on record."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["order"])
    telling.listener.answers = [(500, b"")]
    telling.order()
    telling.heard()
    telling.world.advance(minutes=2)
    assert telling.heard() == [("order", "unpaid")]
    assert telling.states() == [("delivered", [500, 200])]


def test_failures_in_a_row_end_a_hook(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the vendor does so; a receipt between them starts the count anew."""
    telling = Telling(world, monkeypatch, PushRules(disabled_after=2))
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["order"])
    telling.listener.answers = [(500, b""), (202, b"{}"), (500, b""), (404, b"")]
    for alive in (True, True, True, False, False):
        telling.order()
        telling.heard()
        assert telling.do("GET", "webhooks")["webhooks"][0]["alive"] is alive
    assert [state for state, _ in telling.states()] == ["given up", "delivered", "given up", "given up"]


@pytest.mark.parametrize(
    ("fault", "at_once", "later"),
    [({"kind": "lost"}, 0, 0), ({"kind": "doubled"}, 2, 0), ({"kind": "late", "seconds": 600}, 0, 1)],
)
def test_pushes_are_lost_doubled_and_late_as_asked(telling: Telling, fault: dict, at_once: int, later: int) -> None:
    """By topic and as many times as said; requests are not touched by it, and the next push is as ever."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL, kinds=["order"])
    told = telling.do("POST", "faults", shop="shopee-vn", path="ord*", **fault)
    assert telling.do("POST", "faults", kind="delay")["number"] > 0
    assert [row["kind"] for row in telling.control.handle("GET", "faults", b"")[1]] == ["delay", told["kind"]]  # type: ignore[attr-defined]
    telling.order()
    assert len(telling.heard()) == at_once
    telling.world.advance(minutes=10)
    assert len(telling.heard()) == later
    telling.order()
    assert len(telling.heard()) == 1
    assert telling.do("DELETE", "faults") == {"cleared": 1}


def test_hooks_and_what_waits_are_dropped(telling: Telling) -> None:
    """DELETE ends both; a message that was under way is not tried again."""
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL)
    telling.order()
    assert telling.do("DELETE", "webhooks") == {"cleared": 1}
    telling.order()
    assert telling.heard() == []
    assert telling.do("GET", "webhooks") == {"webhooks": [], "pushes": []}


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"shop": "lazada-vn", "url": URL}, 409, "lazada-vn: the sandbox sends no pushes of lazada"),
        ({"shop": "shopee-vn", "url": "http://203.0.113.1/x"}, 409, "'http://203.0.113.1/x' takes no pushes: give an"),
        ({"shop": "shopee-vn", "url": "ftp://127.0.0.1/x"}, 409, "'ftp://127.0.0.1/x' takes no pushes"),
        ({"shop": "shopee-vn", "url": "http://127.0.0.1:99999/"}, 409, "'http://127.0.0.1:99999/' takes no pushes"),
        ({"shop": "shopee-vn"}, 400, "url is missing"),
        ({"shop": "shopee-vn", "url": URL, "kinds": "order"}, 400, "kinds must be a list of the vendor's topics"),
        ({"shop": "nobody", "url": URL}, 404, "there is no shop 'nobody'"),
    ],
)
def test_control_says_what_it_does_not_push(telling: Telling, body: dict, status: int, text: str) -> None:
    """Nobody but this machine is told of anything."""
    answer = telling.control.handle("POST", "webhooks", json.dumps(body).encode())
    assert answer[0] == status
    assert str(answer[1]["error"]).startswith(text)  # type: ignore[index]


def test_a_fault_is_of_requests_or_of_pushes(telling: Telling) -> None:
    """Not of both at once."""
    status, answer = telling.control.handle("POST", "faults", json.dumps({"kind": ["lost", "status"]}).encode())
    assert status == 400
    assert "give its kinds apart" in str(answer)


@pytest.fixture
def receiver() -> Iterator[tuple[str, queue.Queue]]:
    heard: queue.Queue[tuple[str, str | None, bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.put((self.path, self.headers["authorization"], body))
            self.send_response(302 if self.path == "/moved" else 200)
            self.send_header("location", "/told")
            told = b"" if self.path == "/empty" else b"ok"
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()


def test_who_has_nothing_to_tell_rests(telling: Telling, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hook and nothing new the market is asked once, and then not before the next round is due."""
    monkeypatch.setattr(push, "IDLE", 30)
    telling.do("POST", "webhooks", shop="shopee-vn", url=URL)
    telling.heard()
    sandbox, ended = telling.world.sandbox, threading.Event()
    asked: queue.Queue[datetime] = queue.Queue()
    sandbox.pusher._wake.clear()
    thread = threading.Thread(
        target=sandbox.pusher.run, args=(lambda: asked.put(sandbox.settled()), sandbox.hooked, ended)
    )
    thread.start()
    try:
        assert asked.get(timeout=20) == NOON
        with pytest.raises(queue.Empty):
            asked.get(timeout=0.2)
    finally:
        ended.set()
        sandbox.pusher.wake()
        thread.join(20)


def test_a_message_is_posted_as_it_stands(receiver: tuple[str, queue.Queue]) -> None:
    """Headers and bytes; a redirect is an answer and not followed; nobody there is status 0."""
    root, heard = receiver
    assert post(f"{root}/told?a=1", {"Authorization": "abc"}, b'{"a": 1}', 5) == (200, b"ok")
    assert post(f"{root}/moved", {}, b"", 5)[0] == 302
    assert [heard.get(timeout=5) for _ in range(2)] == [("/told?a=1", "abc", b'{"a": 1}'), ("/moved", None, b"")]
    assert post("http://127.0.0.1:1/", {}, b"", 5) == (0, b"")


def test_a_running_sandbox_sends_in_the_background(tmp_path: Path, receiver: tuple[str, queue.Queue]) -> None:
    """At once, and again by its clock what was answered with a body; what its own time does is told as well."""
    root, heard = receiver
    with start_in_thread(tmp_path) as running, httpx.Client(trust_env=False) as http:

        def do(path: str, **body: object) -> None:
            answer = http.post(f"{running.control}/{path}", json={"shop": "shopee-vn", **body})
            assert answer.status_code == 200, answer.text

        do("webhooks", url=f"{root}/told", kinds=["3"])
        do("orders", action="place", order_id="261128A", item_id="20100000001")
        first = heard.get(timeout=20)
        assert (first[0], json.loads(first[2])["data"]["status"]) == ("/told", "UNPAID")
        do("clock", advance="300s")
        assert heard.get(timeout=20) == first
        assert http.request("DELETE", f"{running.control}/webhooks").json() == {"cleared": 1}
        do("webhooks", url=f"{root}/empty", kinds=["3"])
        do("clock", advance="73h")
        last = json.loads(heard.get(timeout=20)[2])["data"]
        assert (last["ordersn"], last["status"]) == ("261128A", "CANCELLED")
    assert heard.empty()
