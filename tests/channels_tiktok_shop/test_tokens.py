"""Tokens: renewed once, saved before use, and how a person gives new ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from stockrecon.channels.base import Authorising, Surroundings, Tokens
from stockrecon.channels.tiktok_shop import TikTokShopChannel
from stockrecon.channels.tiktok_shop.tokens import ends_at
from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import Answer, Request, WireFault

from .fakes import ACCESS, NOW, SECRET, STAMP, FakeTikTok, Store, channel, product, refused, request, said, sku
from .test_sign import KEYS, recorded


def expired(items: int = 3) -> FakeTikTok:
    """The shop no longer takes the access token that the configuration holds."""
    tiktok = FakeTikTok()
    tiktok.add(*(product(n, sku(n * 10, f"S{n}", 1)) for n in range(1, items + 1)))
    tiktok.access = "TTP-newer-1"
    return tiktok


def test_an_expired_token_is_renewed_once_and_saved_with_both_ends_before_use(tmp_path: Path) -> None:
    """The ends are points in time."""
    tiktok, store = expired(), Store()
    assert channel(tiktok, store).pull(request(tmp_path)).complete
    assert tiktok.calls["token/refresh"] == 1
    assert store.log == ["locked", "save TTP-access-2", "unlocked"]
    assert store.tokens is not None
    assert (store.tokens.access, store.tokens.refresh) == ("TTP-access-2", "TTP-refresh-2")
    assert store.tokens.access_ends == datetime.fromtimestamp(STAMP + 7 * 86400, UTC)
    assert store.tokens.refresh_ends == datetime.fromtimestamp(STAMP + 300 * 86400, UTC)


@pytest.mark.parametrize("label", ["token-refresh", "token-create"])
def test_the_token_calls_are_those_of_a_public_client(label: str) -> None:
    """Byte by byte, without a signature."""
    tiktok, vector = FakeTikTok(), recorded(label)
    pair = {"access_token": "a", "refresh_token": "r"}
    tiktok.always = {"token/refresh": lambda sent: said(pair), "token/get": lambda sent: said(pair)}
    made = channel(tiktok, app_key=KEYS["app_key"], app_secret=Secret(KEYS["app_secret"]))
    if label == "token-refresh":
        made.refresh(KEYS["refresh_token"])
    else:
        made.authorisation.grants.redeem({"code": KEYS["code"]})
    sent = next(each for each in tiktok.requests if each.path.startswith("/api/v2/token/"))
    assert (sent.method, sent.target) == ("GET", vector["target"])
    assert dict(sent.headers) == {name.lower(): value for name, value in vector["headers"]}
    assert not sent.repeatable


def test_a_token_that_ends_in_the_middle_of_a_scan_is_renewed_once_for_all_threads(tmp_path: Path) -> None:
    """Many searches of the stock are under way when it is refused."""
    tiktok = FakeTikTok()
    tiktok.add(*(product(n, *(sku(n * 1000 + m, "", 1) for m in range(99))) for n in range(1, 61)))

    def revoke(sent: Request) -> Answer:
        if tiktok.calls["inventory/search"] == 3:
            tiktok.access = "TTP-newer-1"
        return tiktok._gate("inventory/search", sent)

    tiktok.always["inventory/search"] = revoke
    assert channel(tiktok).pull(request(tmp_path)).complete
    assert tiktok.calls["token/refresh"] == 1


def test_stored_tokens_count_before_configured_ones(tmp_path: Path) -> None:
    """They are newer."""
    tiktok = FakeTikTok()
    tiktok.access = "from-the-store"
    assert channel(tiktok, Store(Tokens("from-the-store", "r"))).pull(request(tmp_path)).complete
    assert tiktok.calls["token/refresh"] == 0


def test_without_an_access_token_the_refresh_token_gets_one(tmp_path: Path) -> None:
    """Before the first call."""
    tiktok = expired()
    assert channel(tiktok, access_token="").pull(request(tmp_path)).complete
    assert tiktok.requests[0].path == "/api/v2/token/refresh"


@pytest.mark.parametrize(
    ("options", "said_words"),
    [
        ({"refresh_token": ""}, "the access token has ended and there is no refresh token"),
        ({"refresh_token": "", "access_token": ""}, "the shop is not authorised and there is no refresh token"),
        ({"refresh_token": "ended"}, "the refresh token was refused .36004001: rt has expired"),
    ],
)
def test_where_nothing_can_be_renewed_a_person_is_asked(
    tmp_path: Path, options: dict[str, object], said_words: str
) -> None:
    """With the way on."""
    with pytest.raises(AuthFault, match=said_words) as caught:
        channel(expired(), **options).pull(request(tmp_path))
    assert caught.value.way_on == "authorise the shop again: stockrecon auth tiktok-vn"


def test_a_new_authorisation_in_the_configuration_helps_where_the_stored_one_has_ended(tmp_path: Path) -> None:
    """The stored refresh token is tried first."""
    tiktok, store = expired(), Store(Tokens("old", "ended"))
    assert channel(tiktok, store).pull(request(tmp_path)).complete
    assert store.tokens is not None
    assert store.tokens.refresh == "TTP-refresh-2"


@pytest.mark.parametrize(
    "answer",
    [refused(105002, "Expired credentials."), refused(105001, "invalid"),
     refused(36009004, "Invalid credentials. The `x-tts-access-token` header is invalid.")],
)  # fmt: skip
def test_a_renewed_token_that_is_refused_is_not_renewed_again(tmp_path: Path, answer: Answer) -> None:
    """Once is enough to know."""
    tiktok = expired()
    tiktok.always["shops"] = lambda sent: Answer(answer.status, {}, answer.body)
    with pytest.raises(AuthFault, match="also after the token was renewed"):
        channel(tiktok).pull(request(tmp_path))
    assert tiktok.calls["token/refresh"] == 1


def test_a_renewal_whose_answer_is_lost_is_sent_once_more(tmp_path: Path) -> None:
    """Whether the old refresh token survives its use is not documented: it may be tried once again, and no more."""
    tiktok, times = expired(), iter((True, False))

    def lose(sent: Request) -> Answer:
        if next(times, True):
            raise WireFault("broke off", sent=True)
        return tiktok._gate("token/refresh", sent)

    tiktok.always["token/refresh"] = lose
    assert channel(tiktok).pull(request(tmp_path)).complete
    assert tiktok.calls["token/refresh"] == 2
    tiktok.access = "TTP-newest-9"
    with pytest.raises(ReadFault, match="not sent again"):
        channel(tiktok).pull(request(tmp_path))
    assert tiktok.calls["token/refresh"] == 4


@pytest.mark.parametrize(
    ("answer", "fault", "words"),
    [
        (refused(99999999, "what nobody knows"), AuthFault, "refresh token was refused .99999999"),
        (refused(36009004, "Invalid `app_key`"), AuthFault, "token/refresh answered 36009004"),
        (said({"access_token": "a"}), AuthFault, "holds no token pair"),
        (said(None), AuthFault, "holds no token pair"),
        (Answer(200, {}, b'{"nope":1}'), ReadFault, "none of TikTok Shop's fields"),
        (Answer(503, {}, b"<html>"), ReadFault, "not sent again"),
    ],
)
def test_a_renewal_that_fails_changes_nothing(
    tmp_path: Path, answer: Answer, fault: type[ReadFault], words: str
) -> None:
    """What is said against the token is told apart from what is said of anything else."""
    tiktok, store = expired(), Store()
    tiktok.always["token/refresh"] = lambda sent: Answer(answer.status, {}, answer.body)
    with pytest.raises(fault, match=words) as caught:
        channel(tiktok, store).pull(request(tmp_path))
    assert store.tokens is None
    assert SECRET not in str(caught.value)
    assert "TTP-refresh-1" not in str(caught.value)


@pytest.mark.parametrize("told", [None, "soon", -5, {}])
def test_an_end_that_cannot_be_read_does_not_cost_the_pair(tmp_path: Path, told: object) -> None:
    """It is not known then."""
    tiktok, store = expired(), Store()
    tiktok.access = "a"
    pair = {"access_token": "a", "refresh_token": "r", "access_token_expire_in": told, "refresh_token_expire_in": told}
    tiktok.always["token/refresh"] = lambda sent: said(pair)
    channel(tiktok, store).pull(request(tmp_path))
    assert store.tokens is not None
    assert store.tokens.access_ends in (None, NOW) or abs(store.tokens.access_ends - NOW) < timedelta(seconds=9)


def test_an_end_is_a_point_in_time_or_a_number_of_seconds() -> None:
    """The vendor's pages say the former."""
    assert ends_at(STAMP, NOW) == NOW
    assert ends_at(3600, NOW) == NOW + timedelta(hours=1)
    assert ends_at(10**18, NOW) == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_refresh_token_that_ends_soon_is_told_with_every_run(tmp_path: Path) -> None:
    """No renewal lengthens its life, so it is told of 30 days ahead."""
    for days, told in ((31, 0), (29, 1), (1, 1)):
        store = Store(Tokens(ACCESS, "TTP-refresh-1", None, NOW + timedelta(days=days, minutes=5)))
        warnings = channel(FakeTikTok(), store).pull(request(tmp_path)).warnings
        assert len(warnings) == told
        assert all("stockrecon auth tiktok-vn" in text for text in warnings)


# Authorising


def test_the_channel_can_be_authorised() -> None:
    """By a person, on a page of TikTok Shop's."""
    made = channel(FakeTikTok(), service_id="7172")
    assert isinstance(made, Authorising)
    assert made.authorisation.grants.echoes
    assert not made.authorisation.lengthens


@pytest.mark.parametrize(
    ("region", "base", "host"),
    [("VN", "http://127.0.0.1:9/tiktok-vn", "http://127.0.0.1:9/tiktok-vn"), ("VN", None, "https://services.tiktokshop.com"),
     ("US", None, "https://services.tiktokshops.us")],
)  # fmt: skip
def test_the_page_of_consent(region: str, base: str | None, host: str) -> None:
    """Another one for the United States; the address that it leads back to is the app's own."""
    tiktok = FakeTikTok()
    settings = replace(channel(tiktok, region=region, service_id="7172").settings, base_url=base)
    made = TikTokShopChannel(settings, Surroundings(tiktok.time.clock, tiktok.time.sleep, Store()), transport=tiktok)
    link = made.authorisation.grants.consent("http://127.0.0.1:1/callback", "a&b")
    assert link.startswith(f"{host}/open/authorize?")
    assert dict(parse_qsl(urlsplit(link).query)) == {"service_id": "7172", "state": "a&b"}
    assert tiktok.requests == []


def test_without_a_service_id_there_is_no_page() -> None:
    """The fault says where it is found."""
    with pytest.raises(UsageFault, match="service_id") as caught:
        channel(FakeTikTok()).authorisation.grants.consent("http://127.0.0.1:1/callback", "s")
    assert "Partner Center" in caught.value.way_on


def test_a_code_is_traded_for_a_pair_of_the_configured_shop() -> None:
    """The new token is tried on the list of shops before it is kept."""
    tiktok, store = FakeTikTok(), Store()
    made = channel(tiktok, store)
    tokens = made.authorisation.redeem({"code": "the-code", "state": "s"})
    assert (tokens.access, store.tokens) == ("TTP-access-2", tokens)
    assert [dict(each.headers)["x-tts-access-token"] for each in tiktok.requests if "shops" in each.path] == [
        "TTP-access-2"
    ]


def test_a_pair_of_another_shop_is_thrown_away() -> None:
    """It is named, and the old one still counts."""
    tiktok, store = FakeTikTok(), Store()
    tiktok.shops[0]["region"] = "TH"
    with pytest.raises(AuthFault, match=r"the token stands for Tiệm .TH.*configured is VN"):
        channel(tiktok, store).authorisation.redeem({"code": "the-code"})
    assert store.tokens is None


def test_a_pair_whose_shops_cannot_be_asked_for_is_kept() -> None:
    """A code is good once, and every run looks at the shop before it reads."""
    tiktok, store = FakeTikTok(), Store()
    tiktok.always["shops"] = lambda sent: refused(105005, "no scope")
    channel(tiktok, store).authorisation.redeem({"code": "the-code"})
    assert store.tokens is not None


@pytest.mark.parametrize(
    "answer", [{"code": "null", "error": "auth_denied"}, {"code": "x", "error": "auth_denied"}, {"code": ""}, {}]
)
def test_a_seller_who_does_not_agree_is_understood(answer: dict[str, str]) -> None:
    """TikTok Shop sends the word null for a code."""
    tiktok = FakeTikTok()
    with pytest.raises(AuthFault, match="did not agree"):
        channel(tiktok).authorisation.redeem(answer)
    assert tiktok.requests == []


def test_a_code_that_is_not_taken_needs_a_person() -> None:
    """It is good once, and for half an hour."""
    tiktok = FakeTikTok()
    with pytest.raises(AuthFault, match=r"was not taken .36004003: code is invalid") as caught:
        channel(tiktok).authorisation.redeem({"code": "old"})
    assert "30 minutes" in caught.value.way_on


@pytest.mark.parametrize("options", [{"app_key": ""}, {"app_secret": ""}, {"app_secret": None}])
def test_a_channel_without_its_keys_is_a_usage_fault(options: dict[str, Any]) -> None:
    """Nothing is called."""
    with pytest.raises(UsageFault, match="app_key and app_secret are needed"):
        channel(FakeTikTok(), **options)


def test_what_a_channel_says_holds_no_secret(tmp_path: Path) -> None:
    """Texts of faults, whatever TikTok Shop echoes."""
    tiktok = FakeTikTok()
    tiktok.always["warehouses"] = lambda sent: refused(106001, f"sign with {SECRET} and {ACCESS} is wrong")
    with pytest.raises(AuthFault) as caught:
        channel(tiktok).pull(request(tmp_path))
    assert SECRET not in str(caught.value)
    assert ACCESS not in str(caught.value)


def test_closing_closes_every_connection() -> None:
    """Also that of the token calls."""
    tiktok = FakeTikTok()
    made = channel(tiktok)
    made.refresh("TTP-refresh-1")
    made.close()
    assert tiktok.closed
