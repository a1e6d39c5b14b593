"""Tokens: three ways to have one, renewed once, saved before use, and a page of consent that belongs to the shop."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from stockrecon.channels.base import Authorising, Surroundings, Tokens
from stockrecon.channels.shopify import AuthorisedShopifyChannel, ShopifyChannel, channel_of
from stockrecon.channels.shopify.tokens import credentials_of
from stockrecon.core.model import ShopName
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import Answer, WireFault
from tests.channels_shopify.fakes import (
    ACCESS,
    DOMAIN,
    NOW,
    REFRESH,
    SECRET,
    FakeShopify,
    Store,
    channel,
    request,
    settings_of,
)
from tests.channels_shopify.nodes import key, said, variant

APP = {"client_id": "client-1", "client_secret": SECRET}
ROTATING = {**APP, "refresh_token": REFRESH}


def expired() -> FakeShopify:
    """The shop no longer takes the access token that the configuration holds."""
    shopify = FakeShopify(variant(1, "A", 5))
    shopify.access = "shpat-newer-7"
    return shopify


def near(moment: datetime | None, wanted: datetime) -> bool:
    return moment is not None and abs(moment - wanted) < timedelta(minutes=1)


# A token of a custom app


def test_a_fixed_token_is_the_configured_one(tmp_path: Path) -> None:
    """What an earlier way of authorising left in the state is none of it, and nothing is ever saved."""
    store = Store(Tokens("of-an-earlier-app", "r"))
    assert channel(FakeShopify(), store).pull(request(tmp_path)).complete
    assert store.log == []


def test_a_fixed_token_that_is_refused_needs_a_person(tmp_path: Path) -> None:
    """No renewal is tried, and the way on says where a new one comes from."""
    shopify = expired()
    with pytest.raises(AuthFault, match="Invalid API key or access token") as caught:
        channel(shopify).pull(request(tmp_path))
    assert "admin" in caught.value.way_on
    assert shopify.calls["token"] == 0


def test_a_fixed_token_needs_no_authorisation() -> None:
    """Nor do client credentials: there is no page where somebody agrees."""
    surroundings = Surroundings(lambda: NOW, lambda seconds: None, Store())
    assert not isinstance(channel_of(settings_of(), surroundings), Authorising)
    assert not isinstance(channel_of(settings_of(access_token="", **APP), surroundings), Authorising)
    rotating = channel_of(settings_of(**ROTATING), surroundings)
    assert isinstance(rotating, Authorising)
    assert not rotating.authorisation.life().stored
    named = channel_of(settings_of(access_token="", grant="authorization_code", **APP), surroundings)
    assert isinstance(named, AuthorisedShopifyChannel)


# Client credentials


def test_client_credentials_get_a_token_and_keep_it(tmp_path: Path) -> None:
    """Before the first call, saved with its end; the next run uses what was saved."""
    shopify, store = FakeShopify(variant(1, "A", 5)), Store()
    assert channel(shopify, store, access_token="", **APP).pull(request(tmp_path)).complete
    assert json.loads(shopify.requests[0].body or b"") == {
        "client_id": "client-1",
        "client_secret": SECRET,
        "grant_type": "client_credentials",
    }
    assert store.tokens is not None
    assert near(store.tokens.access_ends, NOW + timedelta(hours=24))
    assert channel(shopify, store, access_token="", **APP).pull(request(tmp_path / "next")).complete
    assert shopify.calls["token"] == 1


def test_a_credentials_token_that_is_refused_is_renewed_once(tmp_path: Path) -> None:
    """A surprising 401: one forced renewal, and a second refusal is the end."""
    shopify, store = expired(), Store(Tokens("old", "stockrecon:client-credentials"))
    assert channel(shopify, store, access_token="", **APP).pull(request(tmp_path)).complete
    assert shopify.calls["token"] == 1
    shopify.overrides["Shop"] = [said({"errors": "Invalid"}, 401) for _ in range(3)]
    with pytest.raises(AuthFault, match="also after the token was renewed"):
        channel(shopify, store, access_token="", **APP).pull(request(tmp_path))
    assert shopify.calls["token"] == 2


@pytest.mark.parametrize(
    ("answer", "words", "way_on"),
    [
        (said({"error": "invalid_client"}, 401), "invalid_client", "client_secret"),
        (said({"error": "application_cannot_be_found"}, 400), "application_cannot_be_found", "client_id"),
        (said({"error": "shop_not_permitted", "error_description": "no"}, 400), "shop_not_permitted", "organization"),
        (said({"errors": "Not Found"}, 404), "Not Found", "`shop`"),
        (
            said({"error": "invalid_request", "error_description": "odd"}, 400),
            "invalid_request: odd",
            "stockrecon auth",
        ),
        (said({"scope": "x"}), "no access token", "stockrecon auth"),
    ],
)
def test_a_refusal_at_the_token_endpoint_is_told_with_a_way_on(
    tmp_path: Path, answer: Answer, words: str, way_on: str
) -> None:
    """What is wrong with the app, with the shop, or with the request."""
    shopify = FakeShopify()
    shopify.overrides["token"] = [answer]
    with pytest.raises(ReadFault, match=words) as caught:
        channel(shopify, access_token="", **APP).pull(request(tmp_path))
    assert way_on in caught.value.way_on
    assert SECRET not in str(caught.value)


# Expiring offline tokens


def test_an_expired_token_is_renewed_once_and_saved_before_use(tmp_path: Path) -> None:
    """With both ends; the refresh token that was used is replaced."""
    shopify, store = expired(), Store()
    shopify.overrides["Shop"] = [lambda sent: _noted(store, shopify, sent) for _ in range(2)]
    assert channel(shopify, store, **ROTATING).pull(request(tmp_path)).complete
    assert shopify.calls["token"] == 1
    assert store.log == ["call", "locked", "save shpat-newer-8", "unlocked", "call"]
    assert store.tokens is not None
    assert store.tokens.refresh == "shprt-refresh-token-2"
    assert near(store.tokens.access_ends, NOW + timedelta(hours=1))
    assert near(store.tokens.refresh_ends, NOW + timedelta(days=90))


def _noted(store: Store, shopify: FakeShopify, sent: Any) -> Answer:
    store.log.append("call")
    return shopify.honest(sent)


def test_what_another_run_renewed_meanwhile_is_taken_over(tmp_path: Path) -> None:
    """One refresh at a time, whoever asks."""
    shopify, store = expired(), Store()
    made = channel(shopify, store, **ROTATING)
    made._keeper.current  # noqa: B018  read before the other run saves
    store.tokens = Tokens(shopify.access, "of-the-other-run")
    assert made.pull(request(tmp_path)).complete
    assert shopify.calls["token"] == 0


def test_a_renewal_whose_answer_is_lost_is_asked_for_once_more(tmp_path: Path) -> None:
    """Shopify keeps the old refresh token until the new one is used."""
    shopify, lost = expired(), iter((True, False))

    def lose(sent: Any) -> Answer:
        if next(lost):
            raise WireFault("broke off", sent=True)
        return shopify._token(json.loads(sent.body))

    shopify.overrides["token"] = [lose, lose]
    assert channel(shopify, **ROTATING).pull(request(tmp_path)).complete
    assert shopify.calls["token"] == 2


def test_a_refused_refresh_token_asks_for_a_person(tmp_path: Path) -> None:
    """After 90 days, or where the app was removed."""
    shopify = expired()
    with pytest.raises(AuthFault, match="invalid_grant") as caught:
        channel(shopify, **{**ROTATING, "refresh_token": "ended"}).pull(request(tmp_path))
    assert caught.value.way_on == "authorise the shop again: stockrecon auth shopify-us"


def test_a_token_that_ends_soon_is_renewed_before_a_write() -> None:
    """Between two writes none is renewed that could be renewed before."""
    shopify, store = FakeShopify(variant(1, "A", 5)), Store(Tokens(ACCESS, REFRESH, NOW + timedelta(minutes=5)))
    made = channel(shopify, store, **ROTATING)
    made.reread([key(1)])
    assert shopify.calls["token"] == 0
    made.write([shopify.write(1, 3)])
    assert shopify.calls["token"] == 1
    assert shopify.effects


def test_a_refresh_token_that_ends_soon_is_told_with_every_run(tmp_path: Path) -> None:
    """Each use lengthens its life, so only late."""
    for days, expected in ((20, 0), (3, 1)):
        store = Store(Tokens(ACCESS, REFRESH, None, NOW + timedelta(days=days, minutes=5)))
        warnings = channel(FakeShopify(), store, **ROTATING).pull(request(tmp_path / str(days))).warnings
        assert len(warnings) == expected
        assert all("stockrecon auth shopify-us" in text for text in warnings)


# The page of consent


def grants(shopify: FakeShopify, **options: object) -> Any:
    made = channel(shopify, **{**ROTATING, **options})
    assert isinstance(made, AuthorisedShopifyChannel)
    return made.authorisation


def test_the_page_of_consent_asks_for_the_scopes_that_are_needed() -> None:
    """At the shop's own admin, with the state that has to come back."""
    authorisation = grants(FakeShopify())
    assert authorisation.grants.echoes
    link = urlsplit(authorisation.grants.consent("http://127.0.0.1:8400/back", "state-1"))
    assert link.path == "/shopify-us/admin/oauth/authorize"
    assert parse_qs(link.query) == {
        "client_id": ["client-1"],
        "scope": [
            "read_products,read_inventory,read_locations,read_orders,read_merchant_managed_fulfillment_orders,"
            "read_third_party_fulfillment_orders,write_inventory"
        ],
        "redirect_uri": ["http://127.0.0.1:8400/back"],
        "state": ["state-1"],
    }


def test_without_a_base_url_the_page_is_at_the_shop() -> None:
    """Its own myshopify.com address."""
    settings = settings_of(**ROTATING)
    object.__setattr__(settings, "base_url", None)
    made = channel_of(settings, Surroundings(lambda: NOW, lambda seconds: None, Store()))
    assert isinstance(made, AuthorisedShopifyChannel)
    link = made.authorisation.grants.consent("https://x/back", "s")
    assert link.startswith(f"https://{DOMAIN}/admin/oauth/authorize?")


def signed(form: Callable[[list[tuple[str, str]]], str] = urlencode, **more: str) -> dict[str, str]:
    answer = {"code": "good", "shop": DOMAIN, "state": "s", "timestamp": "1", "host": "YWRtaW4=", **more}
    base = form(sorted(answer.items()))
    return {**answer, "hmac": hmac.new(SECRET.encode(), base.encode(), hashlib.sha256).hexdigest()}


@pytest.mark.parametrize("form", [urlencode, lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)])
def test_a_code_is_traded_for_an_expiring_pair(form: Callable[[list[tuple[str, str]]], str]) -> None:
    """Signed by Shopify, in either way of escaping that its libraries have."""
    shopify = FakeShopify()
    tokens = grants(shopify).redeem(signed(form))
    body = json.loads(shopify.requests[-1].body or b"")
    assert body == {"client_id": "client-1", "client_secret": SECRET, "code": "good", "expiring": 1}
    assert tokens.refresh == "shprt-refresh-token-2"


def test_a_code_that_was_pasted_alone_is_traded_too() -> None:
    """There is no signature to look at."""
    assert grants(FakeShopify()).redeem({"code": "good"}).access == "shpat-access-token-2"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({**signed(), "hmac": "0" * 64}, "not signed with this client_secret"),
        ({**signed(), "code": "other"}, "not signed with this client_secret"),
        (signed(shop="other.myshopify.com"), "for the shop other.myshopify.com"),
    ],
)
def test_what_is_not_from_this_shop_is_thrown_away(answer: dict[str, str], words: str) -> None:
    """Before the code is used."""
    shopify, store = FakeShopify(), Store()
    made = channel(shopify, store, **ROTATING)
    assert isinstance(made, AuthorisedShopifyChannel)
    with pytest.raises(AuthFault, match=words):
        made.authorisation.redeem(answer)
    assert shopify.calls["token"] == 0
    assert store.tokens is None


def test_a_code_that_is_refused_is_told() -> None:
    """It is good once, and for a short time."""
    with pytest.raises(AuthFault, match="invalid_grant"):
        grants(FakeShopify()).redeem({"code": "used"})


def test_a_pair_without_an_end_is_kept() -> None:
    """An app that is still on tokens that do not end gets no refresh token."""
    shopify = FakeShopify()
    shopify.overrides["token"] = [said({"access_token": "shpat-for-ever", "scope": "read_products"})]
    tokens = grants(shopify).redeem({"code": "good"})
    assert (tokens.access, tokens.refresh, tokens.access_ends) == ("shpat-for-ever", "", None)


def test_client_credentials_have_no_page() -> None:
    """Whoever asks for one is told what to do instead."""
    made = channel(FakeShopify(), access_token="", **APP)
    with pytest.raises(AuthFault, match="no page of consent"):
        made._grants.consent("http://127.0.0.1/", "s")


# Settings


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"access_token": ""}, "access_token is missing"),
        ({"access_token": "", "client_id": "x"}, "access_token is missing"),
        ({"grant": "client_credentials"}, "needs client_id and client_secret"),
        ({"grant": "authorization_code", "client_id": "x"}, "needs client_id and client_secret"),
        ({"shop": " "}, "shop has to be"),
        ({"shop": "https://my-shop.myshopify.com/"}, "shop has to be"),
        ({"shop": "evil.example/.myshopify.com"}, "shop has to be"),
        ({"shop": "-x"}, "shop has to be"),
    ],
)
def test_settings_that_do_not_suffice_are_a_usage_fault(options: dict[str, object], words: str) -> None:
    """Before anything is called; a shop is a name at Shopify and no address of anybody else's."""
    with pytest.raises(UsageFault, match=words):
        channel(FakeShopify(), **options)


def test_an_address_can_stand_for_the_shop(tmp_path: Path) -> None:
    """Its own host names it; another one says who it is, and the page of consent takes whom it names."""
    shopify = FakeShopify()
    assert channel(shopify, shop=None).pull(request(tmp_path)).identity == DOMAIN
    made = channel(shopify, **{**ROTATING, "shop": None})
    assert isinstance(made, AuthorisedShopifyChannel)
    assert made.authorisation.redeem(signed()).access
    settings = settings_of(shop=None)
    object.__setattr__(settings, "base_url", "https://other.myshopify.com")
    assert credentials_of(settings).shop == "other.myshopify.com"
    object.__setattr__(settings, "base_url", None)
    with pytest.raises(UsageFault, match="shop has to be"):
        credentials_of(settings)


def test_a_shop_may_be_named_by_its_first_part(tmp_path: Path) -> None:
    """In any case of letters."""
    assert channel(FakeShopify(), shop="My-Shop").pull(request(tmp_path)).identity == DOMAIN


def test_a_channel_that_renews_in_a_process_of_its_own_can_be_made_there() -> None:
    """From the settings alone, whatever the grant."""
    made = ShopifyChannel(settings_of(**ROTATING), Surroundings(lambda: NOW, lambda seconds: None, Store()))
    assert callable(made.refresh)
    made.close()
    assert ShopName("shopify-us") == made.settings.name
