"""Marketplaces that answer what they should not: exit 13, the shop and the way on, the other shops reported.

The server answers at once and waiting is skipped, so that what bounds it is tried without spending it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from stockrecon.rest import Limits, client
from stockrecon.rest.wire import HttpTransport
from tests.acceptance.conftest import Called, Market, copied
from tests.acceptance.misbehaving import Reply, Server, document, serving

SECRETS = {"SR_KEY": "keykeykey1", "SR_ACCESS": "accesstoken1", "SR_REFRESH": "refreshtoken1"}
IDS = {
    "shopee": "    partner_id: '{key}'\n    shop_id: '2'\n    partner_key: {{env: SR_KEY}}\n",
    "lazada": "    app_key: '{key}'\n    app_secret: {{env: SR_KEY}}\n",
}
ENTRY = (
    "  - name: {name}-{kind}\n    channel: {kind}\n    region: VN\n    base_url: {url}/{kind}\n{ids}"
    "    access_token: {{env: SR_ACCESS}}\n    refresh_token: {{env: SR_REFRESH}}\n    requests_per_second: 1000\n"
)
OLD = "Mon, 01 Jan 2024 00:00:00 GMT"
HTML = Reply(b"<html>Welcome</html>", 200, {"Content-Type": "text/html"})


@pytest.fixture(autouse=True, scope="module")
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, secret in SECRETS.items():
            patch.setenv(name, secret)
        patch.setattr(client, "nap", lambda seconds, sleep: None)
        yield


def with_shops(market: Market, url: str, *kinds: str, name: str = "on", key: int = 1) -> Market:
    """Adds a shop of each of these channels (of both, without any), with `key` as its id at the vendor."""
    for kind in kinds or IDS:
        ids = IDS[kind].format(key=key)
        market.with_shop(ENTRY.format(name=name, kind=kind, url=url, ids=ids))
    return market


def asked(market: Market, answer: Callable[[str], Reply], at_most: int, *kinds: str) -> Called:
    """One diff against shops of both channels (or of these) that answer so; each may be asked so often."""
    with serving(answer) as server:
        called = with_shops(market, server.base_url, *kinds).diff()
    for kind in kinds or IDS:
        assert 1 <= server.count(f"/{kind}/") <= at_most, server.paths
    return called


def the_shops_are_told_and_the_others_reported(called: Called, *words: str, names: str = "on-") -> None:
    assert called.code == 13
    shops = {shop["name"]: shop["error"] for shop in called.document["shops"]}
    assert (shops.pop("shopee-vn"), shops.pop("lazada-vn")) == (None, None)
    told = {name: error for name, error in shops.items() if name.startswith(names)}
    assert told
    for name, error in told.items():
        for word in words:
            assert word in error
        assert f"not read: {name}: " in called.err
    assert {f["number"] for s in called.document["statements"] for f in s["findings"]} >= {1, 2, 3, 4, 5, 6}
    for secret in SECRETS.values():
        assert secret not in called.told


def refused(shopee: str, lazada: str, message: str, status: int = 403, **headers: str) -> Reply:
    """An error in the shape of both vendors."""
    return document({"error": shopee, "code": lazada, "message": message}, status, **headers)


EVERYWHERE: dict[str, tuple[Reply, int, tuple[str, ...]]] = {
    "html": (HTML, 5, ("HTML", "tried 5 times", "run again later")),
    "html 403": (Reply(b"<html>", 403), 1, ("HTTP 403", "HTML", "firewall")),
    "half a body": (Reply(b'{"error": "", "resp', length=500), 5, ("broke off", "tried 5 times", "run again later")),
    "half a document": (Reply(b'{"error": "", "resp'), 5, ("cut", "tried 5 times")),
    "a body without end": (Reply(b"x" * 65536, endless=True), 5, ("larger than the limit of 33554432 bytes",)),
    "429 for ever": (Reply(b"slow", 429, {"Retry-After": "0"}), 5, ("HTTP 429", "tried 5 times", "run again later")),
    "429 for an hour": (Reply(b"slow", 429, {"Retry-After": "3600"}), 1, ("HTTP 429", "3600 s, longer than a run")),
    "throttled": (refused("error_rate_limit", "ApiCallLimit", "slow", 429, Retry_After="0"), 5, ("slow",)),
    "500": (refused("error_server", "6", "sorry", 500), 5, ("sorry", "tried 5 times", "run again later")),
    "503": (Reply(b"<html>", 503), 5, ("HTTP 503", "tried 5 times")),
    "a list": (document([]), 5, ("no object",)),
    "a redirect": (Reply(b"", 302, {"Location": "http://127.0.0.1:1/"}), 1, ("redirect", "never followed", "base_url")),
    "a wrong clock": (
        refused("error_param", "IllegalTimestamp", "Invalid timestamp", Date=OLD),
        2,
        ("this machine's clock is", "ahead of the shop's", "NTP"),
    ),
    "an expired token": (
        refused("invalid_acceess_token", "IllegalAccessToken", "Invalid access_token"),
        2,
        ("authorise the shop again: stockrecon auth case-",),
    ),
    "a wrong key": (refused("error_sign", "IncompleteSignature", "Wrong sign."), 1, ("Wrong sign.", "check ")),
    "an echo": (refused("error_x", "77", " ".join(SECRETS.values()), 400), 2, ("«secret»",)),
    "an escape": (refused("error_x", "77", "\x1b[2Jcome\x1b]0;x\x07 in", 400), 2, ("come",)),
}


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory: pytest.TempPathFactory) -> tuple[Called, Server]:
    """One run over two shops for each case: they hinder one another as little as they hinder the good ones."""
    market = copied(tmp_path_factory.mktemp("everywhere") / "market")
    cases = list(EVERYWHERE.values())
    with serving(lambda path: cases[int(path.split("/")[1])][0]) as server:
        for index in range(len(cases)):
            with_shops(market, f"{server.base_url}/{index}", name=f"case-{index}", key=index + 1)
        return market.diff(), server


@pytest.mark.parametrize("case", EVERYWHERE)
def test_shops_that_answer_so_whatever_they_are_asked(everywhere: tuple[Called, Server], case: str) -> None:
    called, server = everywhere
    index, (_, at_most, words) = list(EVERYWHERE).index(case), EVERYWHERE[case]
    the_shops_are_told_and_the_others_reported(called, *words, names=f"case-{index}-")
    assert "\x1b" not in called.told
    for kind in IDS:
        assert 1 <= server.count(f"/{index}/{kind}/") <= at_most


def test_a_revoked_token_is_renewed_once_and_then_told(market: Market) -> None:
    spent = refused("error_param", "IllegalRefreshToken", "Invalid refresh_token")
    expired = refused("invalid_acceess_token", "IllegalAccessToken", "Invalid access_token")
    called = asked(market, lambda path: spent if "/auth/" in path else expired, 2)
    the_shops_are_told_and_the_others_reported(called, "efresh", "authorise the shop again")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"shop_id": 3, "shop_name": "Not Ours", "region": "VN"}, ("shop 3, configured is 2", "check shop_id")),
        ({"shop_name": "Not Ours", "region": "SG"}, ("(Not Ours) is in region SG, configured is VN", "check region")),
    ],
)
def test_another_shops_data(market: Market, told: dict[str, object], words: tuple[str, ...]) -> None:
    called = asked(market, lambda path: document({"error": "", "message": ""} | told), 1, "shopee")
    the_shops_are_told_and_the_others_reported(called, *words)


def test_shops_that_never_answer(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    short = partial(HttpTransport, limits=Limits(connect=0.2, read=0.05, total=0.1))
    monkeypatch.setattr(client, "HttpTransport", lambda base_url, limits: short(base_url))
    called = asked(market, lambda path: Reply(b"", hang=True), 5)
    the_shops_are_told_and_the_others_reported(called, "took longer than 0.05 s", "tried 5 times", "run again later")


def test_shops_that_are_not_there(market: Market) -> None:
    called = with_shops(market, "http://127.0.0.1:1").diff()
    the_shops_are_told_and_the_others_reported(called, "refused the connection", "run again later")


def test_plain_http_is_for_loopback_only(market: Market) -> None:
    called = with_shops(market, "http://shop.example", "shopee").diff()
    assert (called.code, called.out) == (2, "")
    assert "base_url: plain http is accepted for loopback hosts only" in called.err


def test_check_says_it_line_by_line(market: Market) -> None:
    with serving(lambda path: HTML) as server:
        called = with_shops(market, server.base_url).call("check", "-c", "config.yaml")
    assert called.code == 13
    assert "FAIL  on-shopee, credentials: /api/" in called.out
    assert "FAIL  on-lazada, connection: /seller/get " in called.out
    assert "ok    shopee-vn, listings: " in called.out


@pytest.mark.parametrize("command", [("sync",), ("explain", "MUG-BLACK")])
def test_the_other_reading_commands(market: Market, command: tuple[str, ...]) -> None:
    with serving(lambda path: HTML) as server:
        called = with_shops(market, server.base_url, "shopee").call(*command, "-c", "config.yaml")
    assert called.code == 13
    assert "not read: on-shopee: " in called.err
    assert "MUG-BLACK" in called.out
    assert "Could not be read" in called.out
