"""The sandbox over real HTTP: ready file, control, faults on the wire, a public client, a process that ends with 0."""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import ModuleType

import httpx
import pytest

from stockrecon.errors import OutputFault, UsageFault
from stockrecon.sandbox import run
from stockrecon.sandbox.run import Handle, serve, start_in_thread
from stockrecon.sandbox.shopee.gate import signature
from tests.sandbox.world import lazada_pairs, payload

TEE, BOTTLE = "20100000001", ("2800000002", "13400000002")


@pytest.fixture
def handle(tmp_path: Path) -> Iterator[Handle]:
    with start_in_thread(tmp_path) as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=10, trust_env=False) as client:
        yield client


def control(http: httpx.Client, handle: Handle, path: str, /, **body: object) -> dict:
    answer = http.post(f"{handle.control}/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def shop_info(http: httpx.Client, handle: Handle) -> httpx.Response:
    """A signed GET to Shopee, over the wire."""
    given = handle.credentials["shopee-vn"]
    path, stamp = "/api/v2/shop/get_shop_info", str(int(handle.clock.now().timestamp()))
    token, shop_id, partner = (str(given[name]) for name in ("access_token", "shop_id", "partner_id"))
    sign = signature(str(given["partner_key"]), partner, path, stamp, token, shop_id)
    query = {"partner_id": partner, "timestamp": stamp, "sign": sign, "access_token": token, "shop_id": shop_id}
    return http.get(handle.base_urls["shopee-vn"] + path, params=query)


# A public client


@pytest.fixture(scope="module")
def lazop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The official Lazada SDK; it makes a log file in the home directory when it is imported."""
    pytest.importorskip("lazop_sdk", reason="lazop-sdk is not installed")
    home = os.environ.get("HOME")
    sys.modules.pop("lazop_sdk.base", None)
    os.environ["HOME"] = str(tmp_path_factory.mktemp("home"))
    try:
        module = importlib.import_module("lazop_sdk.base")
    finally:
        if home is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = home
    module.logApiError = lambda *told: None
    yield module
    module.handler.close()


def test_the_official_lazada_sdk_drives_it(lazop: ModuleType, handle: Handle) -> None:
    """Products, orders, a stock update, a refresh, with and without /rest; a wrong secret is refused."""
    keys = handle.credentials["lazada-vn"]

    def ask(
        path: str, method: str = "GET", *, token: str = "", secret: str = "", base: str = "/rest", **params: str
    ) -> dict:
        client = lazop.LazopClient(
            handle.base_urls["lazada-vn"] + base, keys["app_key"], secret or keys["app_secret"], 10
        )
        request = lazop.LazopRequest(path, method)
        for name, value in params.items():
            request.add_api_param(name, value)
        return dict(client.execute(request, token or None).body)

    token = str(keys["access_token"])
    for base in ("/rest", ""):
        products = ask("/products/get", token=token, base=base, filter="all", limit="50")
        assert products["data"]["total_products"] == 8
    orders = ask("/orders/get", token=token, created_after="2020-01-01T00:00:00+08:00", status="unpaid")
    assert orders["data"]["countTotal"] == 1
    items = ask("/order/items/get", token=token, order_id=str(orders["data"]["orders"][0]["order_id"]))
    assert items["data"][0]["sku"] == "UNPAID-WATCH"
    text = payload("SellableQuantity", 60, ItemId=BOTTLE[0], SkuId=BOTTLE[1], SellerSku="LOCKED-BOTTLE")
    assert ask("/product/stock/sellable/update", "POST", token=token, payload=text)["code"] == "0"
    assert handle.sandbox.shops["lazada-vn"].shop.exposed(BOTTLE) == 60
    assert ask("/seller/get", token=token, secret="wrong")["code"] == "IncompleteSignature"
    pair = ask("/auth/token/refresh", "POST", refresh_token=str(keys["refresh_token"]))
    assert ask("/seller/get", token=pair["access_token"])["code"] == "0"


# The ready file and the process


def test_a_real_process_writes_the_ready_file_and_ends_with_0(tmp_path: Path, http: httpx.Client) -> None:
    """Mode 0600, secrets beside it as 0600 files, the ledger's tables, --now as Date; SIGTERM ends it with 0."""
    ready = tmp_path / "ready.json"
    program = (
        "import sys; from pathlib import Path; from datetime import datetime; "
        "from stockrecon.sandbox.run import serve; "
        "serve(ready=Path(sys.argv[1]), now=datetime.fromisoformat('2026-11-11T12:00:00+07:00'))"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(ready)], stderr=subprocess.PIPE) as process:
        try:
            until = time.monotonic() + 30
            while not ready.exists():
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.02)
            told = json.loads(ready.read_text("utf-8"))
            answer = http.get(told["control"] + "/clock")
        finally:
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")
    assert stat.S_IMODE(ready.stat().st_mode) == 0o600
    assert told["pid"] == process.pid
    assert set(told) == {"pid", "control", "ledger", "shops"}
    date = parsedate_to_datetime(answer.headers["date"])
    assert timedelta() <= date - datetime(2026, 11, 11, 5, tzinfo=UTC) < timedelta(minutes=1)
    assert {path.name for path in Path(told["ledger"]).iterdir()} >= {"stock.csv", "movements.csv", "pushes.csv"}
    wanted = {
        "shopee": {"partner_id", "partner_key", "shop_id", "access_token", "refresh_token"},
        "lazada": {"app_key", "app_secret", "access_token", "refresh_token"},
    }
    for shop in told["shops"]:
        assert set(shop) == {"name", "channel", "base_url", "credentials", "config"}
        assert set(shop["credentials"]) == wanted[shop["channel"]]
        assert shop["config"].keys() == wanted[shop["channel"]] | {"name", "channel", "region", "base_url", "mode"}
        for name in wanted[shop["channel"]] - {"partner_id", "shop_id", "app_key"}:
            secret = Path(shop["config"][name]["file"])
            assert secret.parent == tmp_path
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
            assert secret.read_text("utf-8") == shop["credentials"][name]


def test_serve_ends_when_it_is_told_to_and_leaves_nothing(tmp_path: Path) -> None:
    """From another thread by an event; without --ready its files are gone with it."""
    stop, told = threading.Event(), []

    def heard(document: dict) -> None:
        told.append(document)
        stop.set()

    worker = threading.Thread(target=serve, kwargs={"stop": stop, "on_ready": heard})
    worker.start()
    worker.join(20)
    assert not worker.is_alive()
    assert not Path(str(told[0]["ledger"])).exists()


def test_a_missing_extra_names_the_way_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback of an import."""
    monkeypatch.setattr(run, "PACKAGES", ("stockrecon_no_such_package",))
    with pytest.raises(UsageFault) as caught:
        serve()
    assert caught.value.way_on == "pip install 'stockrecon[sandbox]'"


def test_a_ready_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """OutputFault with the path, and nothing is made there."""
    with pytest.raises(OutputFault, match=r"ready\.json: cannot be written: there is no folder"):
        serve(ready=tmp_path / "nowhere" / "ready.json")
    assert not (tmp_path / "nowhere").exists()


def test_a_listener_that_fails_ends_the_sandbox(tmp_path: Path) -> None:
    """What `on_ready` raises comes out, and the port is free again."""
    ports = []

    def fail(document: dict) -> None:
        ports.append(int(str(document["control"]).split(":")[2].split("/")[0]))
        raise OSError("the pipe is closed")

    with pytest.raises(OSError, match="the pipe is closed"):
        serve(on_ready=fail)
    with start_in_thread(tmp_path, port=ports[0]):
        pass


def test_a_time_without_offset_is_told() -> None:
    """--now needs an offset."""
    with pytest.raises(UsageFault, match="--now: the clock needs a time with an offset"):
        serve(now=datetime(2026, 11, 11, 12))  # noqa: DTZ001


def test_a_taken_port_is_a_usage_fault(tmp_path: Path) -> None:
    """It names host and port."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageFault, match=f"cannot listen on 127.0.0.1:{port}"):
            start_in_thread(tmp_path, port=port)


def test_off_loopback_control_asks_for_the_key(tmp_path: Path, http: httpx.Client) -> None:
    """401 without it; the shops themselves are guarded by their signatures."""
    with start_in_thread(tmp_path, host="0.0.0.0") as running:
        assert http.get(running.control + "/effects").status_code == 401
        key = {"Authorization": f"Bearer {running.document['control_key']}"}
        assert http.get(running.control + "/effects", headers=key).status_code == 200
        assert shop_info(http, running).status_code == 200


# Control


def test_control_steers_orders_and_the_clock(http: httpx.Client, handle: Handle) -> None:
    """Place, let the hold end, pay, ship; each change that took effect is in the log."""
    body = {"shop": "lazada-vn", "item_id": BOTTLE[0], "variation_id": BOTTLE[1]}
    placed = control(http, handle, "orders", **body, action="place", quantity=3)
    assert placed["status"] == "unpaid"
    control(http, handle, "clock", advance="31m")
    paid = control(http, handle, "orders", shop="lazada-vn", action="pay", order_id=placed["order_id"])
    assert paid["status"] == "paid"
    control(http, handle, "orders", shop="lazada-vn", action="ship", order_id=placed["order_id"])
    effects = [row for row in http.get(handle.control + "/effects").json() if placed["order_id"] in row["call"]]
    assert [(row["before"], row["after"]) for row in effects] == [(100, 97), (97, 100), (100, 97)]
    assert effects[0] | {"at": "", "call": ""} == {
        "shop": "lazada-vn",
        "item": BOTTLE[0],
        "variation": BOTTLE[1],
        "item_id": BOTTLE[0],
        "variation_id": BOTTLE[1],
        "before": 100,
        "after": 97,
        "at": "",
        "call": "",
    }
    refused = http.post(handle.control + "/orders", json={"shop": "lazada-vn", "action": "pay", "order_id": "1"})
    assert (refused.status_code, refused.json()) == (409, {"error": "lazada-vn: there is no order 1"})


def test_control_sets_the_clock_of_every_answer(http: httpx.Client, handle: Handle) -> None:
    """The Date header follows, on errors too."""
    control(http, handle, "clock", now="2027-01-02T03:04:05+07:00")
    for url in (handle.control + "/clock", handle.base_urls["shopee-vn"] + "/nowhere", handle.control + "/nowhere"):
        assert http.get(url).headers["date"].startswith("Fri, 01 Jan 2027 20:04:")


def test_control_steers_campaigns_and_listings(http: httpx.Client, handle: Handle) -> None:
    """Start and end a campaign, set a state, edit stock by hand; the true state shows it."""
    where = {"shop": "lazada-vn", "item_id": "2800000007", "variation_id": "13400000007"}
    started = control(http, handle, "campaigns", **where, action="start", locked=5, ends_at="2099-01-01T00:00:00+00:00")

    def row() -> dict:
        rows = http.get(handle.control + "/shops/lazada-vn").json()["listings"]
        return dict(next(row for row in rows if row["item_id"] == where["item_id"]))

    assert (row()["sellable"], row()["campaign"], row()["exposed"]) == (17, 5, 22)
    control(http, handle, "campaigns", shop="lazada-vn", action="end", campaign_id=started["campaign_id"])
    control(http, handle, "listings", **where, state="banned", message="counterfeit", sellable=3)
    assert (row()["sellable"], row()["campaign"], row()["state"], row()["message"]) == (3, 0, "banned", "counterfeit")


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("clock", {}, 400, 'give either "now" or "advance"'),
        ("clock", {"advance": "soon"}, 400, "advance: 'soon' is not a duration such as 90s, 31m, 2h or 3d"),
        ("clock", {"advance": "999999999d"}, 400, "advance: "),
        ("clock", {"now": "2026-11-11"}, 400, "now: '2026-11-11' has no offset"),
        ("orders", {"shop": "x", "action": "place"}, 404, "there is no shop 'x'; there are shopee-vn, lazada-vn"),
        ("orders", {"shop": "lazada-vn"}, 400, "action is missing"),
        ("orders", {"shop": "lazada-vn", "action": "eat", "order_id": "1"}, 400, "action must be one of place, pay"),
        ("orders", {"shop": "lazada-vn", "action": "place", "lines": 5}, 400, "lines must be a list of objects"),
        ("orders", {"shop": "shopee-vn", "action": "place", "item_id": TEE, "quantity": "2"}, 400, "quantity must be"),
        ("campaigns", {"shop": "shopee-vn", "action": "start", "item_id": TEE}, 400, "locked is missing"),
        ("faults", {"kind": "flood"}, 400, "kind must be one of delay, drop-before"),
        ("faults", {"kind": "status", "status": 42}, 400, "status must be an HTTP status"),
        ("faults", {"kind": "delay", "shop": "x"}, 404, "there is no shop 'x'"),
        ("faults", {"kind": "delay", "times": 0}, 400, "times must be at least 1"),
        ("nothing", {}, 404, "there is no control 'nothing'"),
        ("effects", {}, 405, "POST is not possible here"),
    ],
)
def test_control_explains_what_it_does_not_do(
    http: httpx.Client, shared: Handle, path: str, body: dict, status: int, text: str
) -> None:
    """JSON, with the reason."""
    answer = http.post(f"{shared.control}/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(text)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    """One sandbox for requests that change nothing."""
    with start_in_thread(tmp_path_factory.mktemp("shared")) as running:
        yield running


def test_control_refuses_what_is_not_json(http: httpx.Client, shared: Handle) -> None:
    """Half a document, and a list."""
    for text in ("{", "[]"):
        assert http.post(shared.control + "/clock", content=text).status_code == 400


# Faults


def fault(http: httpx.Client, handle: Handle, kind: object, **more: object) -> None:
    control(http, handle, "faults", shop="shopee-vn", kind=kind, **more)


def test_faults_befall_as_many_requests_as_they_say(http: httpx.Client, handle: Handle) -> None:
    """Dropped before and after, cut, garbage, a status, throttled; then all is well again, and all were counted."""
    for kind in ("drop-before", "drop-after", "truncate"):
        fault(http, handle, kind, path="/api/v2/shop/*")
        with pytest.raises(httpx.RemoteProtocolError):
            shop_info(http, handle)
    fault(http, handle, "garbage")
    assert shop_info(http, handle).text.startswith("<html>")
    fault(http, handle, "status", status=503, times=2)
    assert [shop_info(http, handle).status_code for _ in range(3)] == [503, 503, 200]
    fault(http, handle, "throttle")
    assert shop_info(http, handle).status_code == 429
    fault(http, handle, "delay", seconds=0.05)
    assert shop_info(http, handle).status_code == 200
    assert http.get(handle.control + "/requests").json()["shopee-vn"] == {"/api/v2/shop/get_shop_info": 9}
    assert http.get(handle.control + "/faults").json() == []


def test_a_revoked_token_is_refused_until_it_is_refreshed(http: httpx.Client, handle: Handle) -> None:
    """403 invalid_acceess_token, from that request on."""
    fault(http, handle, "revoke-token")
    assert [shop_info(http, handle).json()["error"] for _ in range(2)] == ["invalid_acceess_token"] * 2


def test_random_faults_are_reproducible_and_can_be_cleared(http: httpx.Client, handle: Handle) -> None:
    """The same seed and rate spoil the same requests; DELETE ends them."""
    seen = []
    for _ in range(2):
        fault(http, handle, ["status", "throttle"], seed=7, rate=0.5)
        seen.append([shop_info(http, handle).status_code for _ in range(8)])
        assert http.delete(handle.control + "/faults").json() == {"cleared": 1}
    assert seen[0] == seen[1]
    assert {200} < set(seen[0])
    assert shop_info(http, handle).status_code == 200


def test_a_dropped_answer_has_taken_effect_and_a_dropped_request_has_not(http: httpx.Client, handle: Handle) -> None:
    """What the unknown outcome of a write looks like from both sides."""
    shop = handle.sandbox.shops["lazada-vn"].shop
    url = handle.base_urls["lazada-vn"] + "/rest/product/stock/sellable/update"
    for kind, units, left in (("drop-before", 90, 100), ("drop-after", 80, 80)):
        control(http, handle, "faults", shop="lazada-vn", kind=kind, path="/rest/product/stock/sellable/update")
        text = payload("SellableQuantity", units, ItemId=BOTTLE[0], SkuId=BOTTLE[1])
        pairs = lazada_pairs(
            handle.credentials["lazada-vn"], handle.clock, "/product/stock/sellable/update", payload=text
        )
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(url, data=pairs)
        assert shop.exposed(BOTTLE) == left


def test_stale_answers_and_wrong_totals(http: httpx.Client, handle: Handle) -> None:
    """A stale read shows the world of when the fault was set; a wrong total is off by one."""

    def products() -> dict:
        pairs = lazada_pairs(handle.credentials["lazada-vn"], handle.clock, "/products/get", limit="50")
        return dict(http.get(handle.base_urls["lazada-vn"] + "/products/get", params=pairs).json()["data"])

    def shown(data: dict) -> int:
        return int(next(row for row in data["products"] if str(row["item_id"]) == BOTTLE[0])["skus"][0]["quantity"])

    where = {"shop": "lazada-vn", "item_id": BOTTLE[0], "variation_id": BOTTLE[1]}
    control(http, handle, "faults", shop="lazada-vn", kind="stale")
    control(http, handle, "orders", **where, action="place", quantity=10, paid=True)
    assert [shown(products()) for _ in range(2)] == [100, 90]
    control(http, handle, "faults", shop="lazada-vn", kind="wrong-total")
    assert [products()["total_products"] for _ in range(2)] == [9, 8]


def test_a_write_without_effect_is_answered_like_one(http: httpx.Client, handle: Handle) -> None:
    """Nothing of the shop is changed by it, its log of effects included; the next one is carried out."""
    shop = handle.sandbox.shops["lazada-vn"].shop
    call, before = "/product/stock/sellable/update", (shop.exposed(BOTTLE), list(shop.effects))
    control(http, handle, "faults", shop="lazada-vn", path=call, kind="no-effect")
    rows = f"<Sku><ItemId>{BOTTLE[0]}</ItemId><SkuId>{BOTTLE[1]}</SkuId><SellableQuantity>77</SellableQuantity></Sku>"
    payload = f"<Request><Product><Skus>{rows}</Skus></Product></Request>"

    def answered() -> object:
        pairs = lazada_pairs(handle.credentials["lazada-vn"], handle.clock, call, payload=payload)
        return http.post(handle.base_urls["lazada-vn"] + call, data=dict(pairs)).json()["code"]

    assert (answered(), shop.exposed(BOTTLE), shop.effects) == ("0", *before)
    assert answered() == "0"
    assert len(shop.effects) == len(before[1]) + 1
    assert shop.effects[-1].before == before[0] != shop.exposed(BOTTLE)


def test_json_is_the_answer_to_anything(http: httpx.Client, shared: Handle) -> None:
    """Unknown shops and paths, wrong methods, too large a body: JSON, no traceback."""
    root = shared.control.removesuffix("/_control")
    for url in (root + "/", root + "/nobody/x", root + "/shopee-vn", root + "/shopee-vn/"):
        answer = http.get(url)
        assert (answer.status_code, answer.json()) == (404, {"error": "error_not_found"})
    large = http.post(shared.control + "/clock", content=b" " * (10 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()) == (413, {"error": "the body is too large"})


def test_multipart_and_json_bodies_carry_lazada_parameters(http: httpx.Client, shared: Handle) -> None:
    """Some clients send them so (reference: Lazada 1.4)."""
    given = shared.credentials["lazada-vn"]
    url = shared.base_urls["lazada-vn"] + "/rest/seller/get"
    pairs = lazada_pairs(given, shared.clock, "/seller/get")
    parts = {name: (None, value) for name, value in pairs.items()}
    assert http.post(url, files=parts).json()["code"] == "0"
    assert http.post(url, json=pairs).json()["code"] == "0"


def test_consent_pages_hand_out_a_code(http: httpx.Client, shared: Handle) -> None:
    """Lazada's by redirect; control gives one as well."""
    app_key = shared.credentials["lazada-vn"]["app_key"]
    url = shared.base_urls["lazada-vn"] + "/oauth/authorize"
    query = {"response_type": "code", "redirect_uri": "http://127.0.0.1:1/back", "client_id": app_key, "state": "s"}
    answer = http.get(url, params=query)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://127.0.0.1:1/back?code=")
    assert control(http, shared, "codes", shop="shopee-vn")["code"]
