"""`stockrecon auth`: the whole circle against marketplaces on loopback, and everything that can go wrong in it."""

from __future__ import annotations

import http.client
import json
import os
import pty
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.cli import app
from stockrecon.cli.auth import answer
from stockrecon.cli.auth.callback import Callback
from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault
from stockrecon.sandbox.run import Handle, start_in_thread
from stockrecon.state import FileTokenStore

SHOPS = ("shopee-vn", "lazada-vn")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Handle]:
    with start_in_thread(tmp_path_factory.mktemp("market"), per_second=10_000, burst=10_000) as made:
        yield made


class Owner:
    """A seller with a configuration that holds no tokens, unless `with_tokens` puts some there."""

    def __init__(self, folder: Path, market: Handle, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder, self.market, self._capfd = folder, market, capfd
        self.shops: list[dict[str, Any]] = []
        for entry in market.configs:
            kept = {name: value for name, value in entry.items() if name not in ("access_token", "refresh_token")}
            self.shops.append({**kept, "requests_per_second": 1000})
        self.shops.append({"name": "by-hand", "channel": "file", "path": "by-hand/"})
        self.write()

    def write(self) -> None:
        whole = {"ledger": {"type": "file", "path": "ledger/"}, "shops": self.shops, "state": "state/"}
        (self.folder / "stockrecon.yaml").write_text(json.dumps(whole), "utf-8")

    def change(self, shop: str, **options: object) -> None:
        entry = next(entry for entry in self.shops if entry["name"] == shop)
        entry.update(options)
        self.write()

    def with_tokens(self, shop: str, **tokens: str) -> None:
        for name, value in tokens.items():
            path = self.folder / name
            path.write_text(value)
            path.chmod(0o600)
        self.change(shop, **{name: {"file": name} for name in tokens})

    @property
    def store(self) -> FileTokenStore:
        return FileTokenStore(self.folder / "state" / "tokens")

    def stored(self, shop: str) -> Tokens | None:
        return self.store.load(ShopName(shop))

    def there(self, shop: str) -> Any:
        """The marketplace's side of a shop's tokens."""
        return self.market.sandbox.shops[shop].face.tokens

    def called(self, *arguments: str) -> tuple[int, str, str]:
        self._capfd.readouterr()
        code = app.run([arguments[0], "-c", str(self.folder / "stockrecon.yaml"), *arguments[1:]])
        out, err = self._capfd.readouterr()
        for shop in SHOPS:
            for secret in (self.there(shop).access, self.there(shop).refresh):
                assert secret not in out + err
        return code, out, err

    def process(self, *arguments: str, **streams: Any) -> subprocess.Popen[Any]:
        command = [sys.executable, "-m", "stockrecon", "auth", "-c", str(self.folder / "stockrecon.yaml"), *arguments]
        return subprocess.Popen(command, **streams)


@pytest.fixture
def owner(tmp_path: Path, market: Handle, capfd: pytest.CaptureFixture[str]) -> Owner:
    return Owner(tmp_path, market, capfd)


def led_to(link: str) -> str:
    """Where the page of consent sends the browser; the sandbox's seller agrees at once."""
    parts = urlsplit(link)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.request("GET", f"{parts.path}?{parts.query}")
    location = connection.getresponse().getheader("location")
    connection.close()
    assert location is not None
    return location


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[str], object]], None]]:
    """Gives every page that is shown to a function, in a thread of its own, as a browser would be."""
    threads: list[threading.Thread] = []

    def use(visit: Callable[[str], object]) -> None:
        def show(shop: str, link: str, way: object) -> None:
            threads.append(threading.Thread(target=visit, args=(link,)))
            threads[-1].start()

        monkeypatch.setattr(answer, "_show", show)

    yield use
    for thread in threads:
        thread.join()


def opened(address: str) -> int:
    """The status of an address, redirects followed."""
    try:
        with urllib.request.urlopen(address) as answered:
            return int(answered.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("shop", SHOPS)
def test_the_whole_circle_in_a_process_of_its_own(shop: str, owner: Owner) -> None:
    """The page is printed, the browser comes back, the code is traded, and the tokens work and count from then on."""
    assert owner.called("auth")[0] == 13
    with owner.process(shop, "--timeout", "60", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert opened(process.stdout.readline().strip()) == 200
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert f"{shop} is authorised" in err
    assert "access token ends in" in out
    held = owner.stored(shop)
    assert held is not None
    assert (held.access, held.refresh) == (owner.there(shop).access, owner.there(shop).refresh)
    assert held.access not in out + err
    assert held.refresh not in out + err
    assert held.access_ends is not None
    assert held.refresh_ends is not None
    assert owner.store.path(ShopName(shop)).stat().st_mode & 0o777 == 0o600
    assert owner.called("check", "--quick", "--shop", shop)[1].count("FAIL") == 1  # the ledger, which is not there


@pytest.mark.parametrize("shop", SHOPS)
def test_the_address_is_pasted_through_a_pipe(shop: str, owner: Owner) -> None:
    """Where the browser is on another machine."""
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with owner.process(shop, "--paste", text=True, **streams) as process:
        assert process.stdout is not None
        out, _ = process.communicate(led_to(process.stdout.readline().strip()) + "\n", timeout=60)
    assert process.returncode == 0
    assert "kept in" in out
    assert owner.stored(shop) is not None


@pytest.mark.parametrize("shop", SHOPS)
def test_what_is_pasted_on_a_terminal_is_not_shown(shop: str, owner: Owner) -> None:
    """The code is good for tokens: it does not stay on the screen."""
    screen, terminal = pty.openpty()
    try:
        process = owner.process(
            shop, "--paste", stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True
        )
        shown = ""
        while "not shown" not in shown:
            shown += os.read(screen, 4096).decode()
        link = next(line for line in shown.splitlines() if line.startswith("http")).strip()
        address = led_to(link)
        os.write(screen, address.encode() + b"\n")
        while "kept in" not in " ".join(shown.split()):
            shown += os.read(screen, 4096).decode()
        assert process.wait(60) == 0
    finally:
        os.close(terminal)
        os.close(screen)
    code = parse_qs(urlsplit(address).query)["code"][0]
    assert code not in shown
    assert owner.stored(shop) is not None


@pytest.mark.parametrize("shop", SHOPS)
def test_a_bare_code_is_enough(shop: str, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of Lazada's too, whose state was seen by the one who pasted."""
    codes: list[str] = []

    def show(shop: str, link: str, way: object) -> None:
        codes.append(parse_qs(urlsplit(led_to(link)).query)["code"][0])

    monkeypatch.setattr(answer, "_show", show)
    monkeypatch.setattr(sys, "stdin", Pasted(codes))
    assert owner.called("auth", shop, "--paste")[0] == 0
    assert owner.stored(shop) is not None


class Pasted:
    """Standard input that gives what was noted meanwhile."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def isatty(self) -> bool:
        return False

    def readline(self, size: int = -1) -> str:
        return self.lines.pop(0) + "\n" if self.lines else ""


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "no code has come back"),
        ("http://127.0.0.1/", "no code has come back"),
        ("two words", "no code has come back"),
        ("http://127.0.0.1/?error=access_denied", "did not agree"),
        ("http://127.0.0.1/?code=never-given", "was not taken"),
        ("never-given", "was not taken"),
        ("?code=x&shop_id=999", "the tokens are for shop 999, configured is shop"),
        ("x=1&code=never-given", "was not taken"),
    ],
)
def test_what_is_pasted_wrong(pasted: str, words: str, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told with the way on, exit code 13, and nothing is kept."""
    monkeypatch.setattr(sys, "stdin", Pasted([pasted]))
    code, _, err = owner.called("auth", "shopee-vn", "--paste")
    assert code == 13
    assert words in err
    assert "\n  " in err
    assert owner.stored("shopee-vn") is None


def test_the_answer_to_an_earlier_page_is_not_taken(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lazada sends the state back: another one is another authorisation's. What was authorised before stays."""
    links: list[str] = []
    monkeypatch.setattr(answer, "_show", lambda shop, link, way: links.append(link))
    monkeypatch.setattr(sys, "stdin", Later(links, ""))
    assert owner.called("auth", "lazada-vn", "--paste")[0] == 0
    monkeypatch.setattr(sys, "stdin", Later(links, led_to(links[0])))
    code, _, err = owner.called("auth", "lazada-vn", "--paste")
    assert code == 13
    assert "belongs to another authorisation" in err
    assert owner.stored("lazada-vn") is not None


def test_lazada_says_how_long_a_code_is_good(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spent code: its refusal, and the command that gets a new one."""
    monkeypatch.setattr(sys, "stdin", Pasted(["spent-code"]))
    code, _, err = owner.called("auth", "lazada-vn", "--paste")
    assert code == 13
    assert "InvalidCode" in err
    assert "good once and for 30 minutes: stockrecon auth lazada-vn asks for a new one" in err


class Later(Pasted):
    """The address that the page which was shown last led to, or another one."""

    def __init__(self, links: list[str], address: str) -> None:
        super().__init__([])
        self.links, self.address = links, address

    def readline(self, size: int = -1) -> str:
        return self.address or led_to(self.links[-1])


@pytest.mark.parametrize("shop", SHOPS)
def test_only_the_answer_to_this_page_is_taken(
    shop: str, owner: Owner, browser: Callable[[Callable[[str], object]], None]
) -> None:
    """Other paths, other states, and requests without a code are refused, and the waiting goes on."""
    statuses: list[int] = []

    def visit(link: str) -> None:
        parts = urlsplit(led_to(link))
        home = f"http://{parts.netloc}"
        forged = parts.query.replace("state=", "state=not-") if "state=" in parts.query else ""
        tries = [f"{home}/favicon.ico", f"{home}/?code=forged&shop_id=1", f"{home}{parts.path}?{forged}"]
        statuses.extend(opened(address) for address in tries)
        statuses.append(opened(parts.geturl()))

    browser(visit)
    assert owner.called("auth", shop, "--timeout", "60")[0] == 0
    assert statuses == [404, 404, 400, 200]


def test_an_address_of_the_owners_own(owner: Owner, browser: Callable[[Callable[[str], object]], None]) -> None:
    """A redirect to this machine is listened to where it says; the marketplace is asked with exactly that."""
    free = Callback(0, "/", "")
    port = free.port
    free.close()
    asked: list[str] = []

    def visit(link: str) -> None:
        asked.append(parse_qs(urlsplit(link).query)["redirect_uri"][0])
        opened(link)

    browser(visit)
    redirect = f"http://localhost:{port}/back"
    assert owner.called("auth", "lazada-vn", "--redirect", redirect)[0] == 0
    assert asked == [redirect]


def test_an_address_elsewhere_is_pasted(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens here for what another machine is sent."""
    links: list[str] = []
    monkeypatch.setattr(answer, "_show", lambda shop, link, way: links.append(link))
    monkeypatch.setattr(sys, "stdin", Later(links, ""))
    assert owner.called("auth", "lazada-vn", "--redirect", "https://www.example.com/callback?x=1")[0] == 0
    assert led_to(links[0]).startswith("https://www.example.com/callback?x=1&code=")


def test_waiting_for_the_browser_ends() -> None:
    """In bounded time, with the way that needs no listening; a connection that says nothing does not hold it up."""
    page = Callback(0, "/callback", "s")
    try:
        with pytest.raises(AuthFault, match="nobody came back") as caught:
            page.receive("shopee-vn", 0.01)
        assert "stockrecon auth shopee-vn --paste" in caught.value.way_on
    finally:
        page.close()


def test_a_port_that_is_taken(owner: Owner) -> None:
    """A wrong call, exit code 2."""
    page = Callback(0, "/", "")
    try:
        code, _, err = owner.called("auth", "shopee-vn", "--port", str(page.port))
    finally:
        page.close()
    assert code == 2
    assert "cannot listen on 127.0.0.1" in err
    assert "--port 0" in err


def test_another_sites_token_is_not_kept(owner: Owner, browser: Callable[[Callable[[str], object]], None]) -> None:
    """The configuration says Malaysia, the seller who agreed is Vietnam's."""
    owner.change("lazada-vn", region="MY")
    browser(opened)
    code, _, err = owner.called("auth", "lazada-vn")
    assert code == 13
    assert "the token is for VN, the shop's region is MY" in err
    assert owner.stored("lazada-vn") is None


@pytest.mark.parametrize("shop", SHOPS)
def test_authorised_anew_the_new_pair_wins(
    shop: str, owner: Owner, browser: Callable[[Callable[[str], object]], None]
) -> None:
    """Over a configured pair and a stored one, both dead; damaged files are no hindrance."""
    owner.with_tokens(shop, access_token="dead-access", refresh_token="dead-refresh")
    owner.store.save(ShopName(shop), Tokens("old-access", "old-refresh"))
    browser(opened)
    assert owner.called("auth", shop)[0] == 0
    for path in owner.store.folder.glob(f"{shop}.json*"):
        path.write_bytes(b"damaged")
    code, out, _ = owner.called("auth")
    assert code == 13
    assert "damaged" in " ".join(out.split())
    assert owner.called("auth", shop)[0] == 0
    held = owner.stored(shop)
    assert held is not None
    assert held.access == owner.there(shop).access


@pytest.mark.parametrize("shop", SHOPS)
def test_refresh_renews_now(shop: str, owner: Owner) -> None:
    """With the pair that there is; refused, a person is asked for, exit code 13."""
    side = owner.there(shop)
    owner.with_tokens(shop, access_token=side.access, refresh_token=side.refresh)
    before = side.refresh
    code, out, _ = owner.called("auth", shop, "--refresh")
    assert (code, side.refresh != before) == (0, True)
    assert "kept in" in " ".join(out.split())
    held = owner.stored(shop)
    assert held is not None
    assert held.refresh == side.refresh
    owner.store.save(ShopName(shop), Tokens("dead", "dead"))
    owner.with_tokens(shop, access_token="dead", refresh_token="dead")
    code, _, err = owner.called("auth", shop, "--refresh")
    assert code == 13
    assert f"authorise the shop again: stockrecon auth {shop}" in err


@pytest.mark.parametrize("shop", SHOPS)
def test_what_the_tokens_are_good_for_is_told(shop: str, owner: Owner) -> None:
    """With the shop's name: region, clock, rights and rate beside the token's life. Without it nobody is asked."""
    side = owner.there(shop)
    owner.with_tokens(shop, access_token=side.access, refresh_token=side.refresh)
    code, out, _ = owner.called("auth", shop, "--refresh")
    told = " ".join(out.split())
    assert code == 0
    for words in ("ends in", "clock", "VN", "rights: products and orders can be read", "rate:"):
        assert words in told
    assert "rights" not in owner.called("auth")[1]


def test_a_file_shop_needs_none(owner: Owner) -> None:
    """Asked for it alone or among the others."""
    assert owner.called("auth", "by-hand") == (0, "ok    by-hand: channel file: needs no authorisation\n", "")
    code, out, _ = owner.called("auth")
    assert code == 13
    assert "ok    by-hand" in out
    assert "FAIL  shopee-vn: not authorised" in out
    assert "> stockrecon auth shopee-vn" in out


@pytest.mark.parametrize(
    ("left", "code", "words"),
    [
        (timedelta(days=31, minutes=5), 0, "ok    lazada-vn: access token ends in 5 hours"),
        (timedelta(days=13, minutes=5), 0, "      lazada-vn: access token ends in 5 hours"),
        (timedelta(days=13, minutes=5), 0, "refresh token ends in 13 days"),
        (timedelta(hours=23, minutes=5), 0, "> authorise the shop again: stockrecon auth lazada-vn"),
        (timedelta(minutes=-1), 0, "refresh token ended at"),
    ],
)
def test_how_long_tokens_live(left: timedelta, code: int, words: str, owner: Owner) -> None:
    """What ends soon is marked, and says what to do; asked at any time with --now."""
    now = datetime(2026, 11, 11, 12, tzinfo=UTC)
    owner.shops = [entry for entry in owner.shops if entry["name"] == "lazada-vn"]
    owner.write()
    pair = Tokens("access-kept", "refresh-kept", now + timedelta(hours=5, minutes=5), now + left)
    owner.store.save(ShopName("lazada-vn"), pair)
    found, out, err = owner.called("auth", "--now", "2026-11-11T19:00+07:00")
    assert found == code
    assert words in out or words in " ".join(out.split())
    assert "kept" not in out.replace("kept in", "")
    assert err == ""
    late = owner.called("auth", "--now", "2026-11-12T19:00+07:00")
    assert late[0] == (13 if left < timedelta(days=1) else 0)


def test_a_shops_renewals_that_lengthen_are_warned_of_late(owner: Owner) -> None:
    """Shopee's refresh token has 30 days from each renewal: three weeks left are none to worry about."""
    now = datetime(2026, 11, 11, 12, tzinfo=UTC)
    owner.shops = [entry for entry in owner.shops if entry["name"] == "shopee-vn"]
    owner.write()
    for days, mark in ((20, "ok    shopee-vn"), (6, "      shopee-vn")):
        owner.store.save(ShopName("shopee-vn"), Tokens("a", "r", now, now + timedelta(days=days)))
        code, out, _ = owner.called("auth", "--now", "2026-11-11T19:00+07:00")
        assert code == 0
        assert out.startswith(mark)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "no shop 'nobody'"),
        (("--refresh",), "Name the SHOP"),
        (("--paste",), "Name the SHOP"),
        (("--port", "0"), "Name the SHOP"),
        (("shopee-vn", "--refresh", "--paste"), "--refresh asks nobody"),
        (("shopee-vn", "--port", "1", "--paste"), "--port is for listening"),
        (("shopee-vn", "--redirect", "example.com"), "an address such as"),
        (("shopee-vn", "--redirect", "https://example.com/#x"), "an address such as"),
        (("shopee-vn", "--redirect", "http://[::1"), "an address such as"),
        (("shopee-vn", "--redirect", "http://x:99999/"), "an address such as"),
        (("shopee-vn", "--timeout", "0"), "0"),
        (("shopee-vn", "--port", "70000"), "70000"),
    ],
)
def test_a_wrong_call(arguments: tuple[str, ...], words: str, owner: Owner) -> None:
    """Exit code 2, and nothing is asked of anybody."""
    code, out, err = owner.called("auth", *arguments)
    assert (code, out) == (2, "")
    assert words in err
