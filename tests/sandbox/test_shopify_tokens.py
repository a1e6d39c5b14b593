"""How a client of Shopify comes by its tokens, and what becomes of them (reference: Shopify 1.1)."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from stockrecon.sandbox.control import Control
from stockrecon.sandbox.shopify.gate import EXCHANGE, OFFLINE, query_signature
from tests.sandbox.shopify_world import KEYS, NOON, Site

SCOPES = (
    "read_all_orders,read_assigned_fulfillment_orders,read_inventory,read_locations,"
    "read_merchant_managed_fulfillment_orders,read_orders,read_products,read_third_party_fulfillment_orders,"
    "write_inventory"
)
EXPIRING = {**KEYS, "refresh_token": "shprt_r"}


@pytest.fixture
def site() -> Site:
    return Site()


def good(site: Site, token: str) -> bool:
    """Whether a token is let in."""
    return site.post({"query": "{ shop { id } }"}, token=token).status == 200


def refused(site: Site, **parameters: str) -> tuple[int, str]:
    answer = site.token(**parameters)
    return answer.status, answer.body["error"]  # type: ignore[index]


def given(site: Site, **parameters: str) -> dict:
    answer = site.token(**parameters)
    assert answer.status == 200, answer.body
    return dict(answer.body)  # type: ignore[call-overload]


def code(site: Site) -> str:
    """An authorisation code of control's."""
    status, answer = Control(site.sandbox).handle("POST", "codes", b'{"shop": "shopify"}')
    assert status == 200
    return str(answer["code"])  # type: ignore[index]


def test_a_custom_apps_token_does_not_end(site: Site) -> None:
    """The ready file's credentials: a token, the app's id and secret, no refresh token."""
    assert site.served.credentials() == KEYS
    site.advance(days=1000)
    assert good(site, "shpat_a")


def test_client_credentials_give_a_token_for_a_day(site: Site) -> None:
    """As a form or as JSON; 86,399 seconds, no refresh token; the app's own goes on."""
    first = given(site, grant_type="client_credentials")
    body = {"client_id": "app", "client_secret": "shpss_b", "grant_type": "client_credentials"}
    answer = site.call("POST", "/admin/oauth/access_token", json.dumps(body).encode(), "application/json")
    second = dict(answer.body)  # type: ignore[call-overload]
    for token in (first, second):
        assert (token["expires_in"], token["scope"], "refresh_token" in token) == (86_399, SCOPES, False)
        assert token["access_token"].startswith("shpat_")
    assert first["access_token"] != second["access_token"]
    site.advance(seconds=86_398)
    assert good(site, first["access_token"])
    site.advance(seconds=1)
    assert not good(site, first["access_token"])
    assert good(site, "shpat_a")


def test_a_code_is_redeemed_once(site: Site) -> None:
    """For the token that the app has already, or for an expiring one; not twice, and not after ten minutes."""
    first = code(site)
    assert given(site, code=first) == {"access_token": "shpat_a", "scope": SCOPES}
    assert refused(site, code=first) == (400, "invalid_request")
    answer = site.token(code=first).body
    assert answer["error_description"] == "The authorization code was not found or was already used"  # type: ignore[index]
    late = code(site)
    site.advance(minutes=10)
    assert refused(site, code=late) == (400, "invalid_request")
    expiring = given(site, code=code(site), expiring="1")
    assert (expiring["expires_in"], expiring["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert site.served.credentials()["refresh_token"] == expiring["refresh_token"]
    assert good(site, expiring["access_token"])


@pytest.mark.parametrize(
    ("parameters", "status", "error"),
    [
        ({"client_id": "other", "grant_type": "client_credentials"}, 400, "invalid_request"),
        ({"client_secret": "wrong", "grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"client_secret": "", "code": "x"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_grant"),
        ({"grant_type": EXCHANGE, "subject_token": "shpat_a"}, 400, "invalid_request"),
        ({}, 400, "invalid_request"),
    ],
)
def test_grants_that_are_none_are_refused(site: Site, parameters: dict, status: int, error: str) -> None:
    """With OAuth's words."""
    assert refused(site, **parameters) == (status, error)


def test_a_body_that_is_none_is_refused(site: Site) -> None:
    """Anything but a form or a JSON object says nothing."""
    for body in (b"", b"[]", b"{", b'{"client_id": ["app"]}'):
        answer = site.call("POST", "/admin/oauth/access_token", body, "application/json")
        assert (answer.status, answer.body["error"]) == (400, "invalid_request")  # type: ignore[index]


def test_an_expiring_token_ends_after_an_hour_and_is_renewed() -> None:
    """A new pair for the refresh token; the old access token lives out its hour."""
    site = Site(credentials=EXPIRING)
    assert site.served.credentials() == EXPIRING
    site.advance(minutes=59)
    pair = given(site, grant_type="refresh_token", refresh_token="shprt_r")
    assert (pair["expires_in"], pair["refresh_token_expires_in"]) == (3600, 7_776_000)
    assert pair["refresh_token"] != "shprt_r"
    assert good(site, "shpat_a")
    site.advance(minutes=1)
    assert not good(site, "shpat_a")
    assert good(site, pair["access_token"])
    site.advance(minutes=59)
    assert not good(site, pair["access_token"])


def test_a_lost_answer_to_a_refresh_loses_nothing() -> None:
    """The used refresh token gives the same pair again, with a full hour if it needs one, until the new one is used."""
    site = Site(credentials=EXPIRING)
    first = given(site, grant_type="refresh_token", refresh_token="shprt_r")
    site.advance(hours=2)
    again = given(site, grant_type="refresh_token", refresh_token="shprt_r")
    assert (again["access_token"], again["refresh_token"]) == (first["access_token"], first["refresh_token"])
    assert (again["expires_in"], again["refresh_token_expires_in"]) == (3600, 7_776_000 - 7200)
    assert good(site, again["access_token"])
    second = given(site, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert refused(site, grant_type="refresh_token", refresh_token="shprt_r") == (400, "invalid_grant")
    assert given(site, grant_type="refresh_token", refresh_token=first["refresh_token"]) == second


def test_a_refresh_can_be_repeated_for_thirty_days_and_a_token_refreshed_for_ninety() -> None:
    """Then the seller has to be asked again."""
    site = Site(credentials=EXPIRING)
    pair = given(site, grant_type="refresh_token", refresh_token="shprt_r")
    site.advance(days=30)
    assert refused(site, grant_type="refresh_token", refresh_token="shprt_r") == (400, "invalid_grant")
    site.advance(days=59, hours=23)
    next_one = given(site, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    site.advance(days=90)
    assert refused(site, grant_type="refresh_token", refresh_token=next_one["refresh_token"]) == (400, "invalid_grant")


def test_a_token_that_does_not_end_can_be_exchanged_for_one_that_does(site: Site) -> None:
    """It is dead from then on."""
    kinds = {"subject_token_type": OFFLINE, "requested_token_type": OFFLINE, "expiring": "1"}
    pair = given(site, grant_type=EXCHANGE, subject_token="shpat_a", **kinds)
    assert not good(site, "shpat_a")
    assert good(site, pair["access_token"])
    assert refused(site, grant_type=EXCHANGE, subject_token="shpat_a", **kinds) == (400, "invalid_subject_token")


def test_the_consent_page_sends_back_with_a_code_and_a_signature(site: Site) -> None:
    """Code, shop, state and time, signed with the app's secret; the code gives what was asked for and no more."""
    asked = {"client_id": "app", "redirect_uri": "http://127.0.0.1:9/back?x=1", "scope": "write_inventory,read_themes",
             "state": "a&b=c"}  # fmt: skip
    answer = site.call("GET", f"/admin/oauth/authorize?{urlencode(asked)}")
    assert answer.status == 302
    told = dict(parse_qsl(urlsplit(answer.location).query))
    assert (told.pop("x"), told["shop"], told["state"]) == ("1", "shopify.myshopify.com", "a&b=c")
    assert int(told["timestamp"]) == int(NOON.timestamp())
    assert told["hmac"] == query_signature("shpss_b", told)
    assert told["hmac"] != query_signature("other", told)
    token = given(site, code=told["code"])
    assert token["scope"] == "read_inventory,write_inventory"
    assert token["access_token"] != "shpat_a"
    body = site.ask("{ products(first: 1) { nodes { id } } }", token=token["access_token"])
    assert body["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@pytest.mark.parametrize("spoiled", [{"client_id": "other"}, {"redirect_uri": ""}])
def test_the_consent_page_knows_its_app(site: Site, spoiled: dict) -> None:
    """Any other is told so, and sent nowhere."""
    asked = {"client_id": "app", "redirect_uri": "http://127.0.0.1:9/", **spoiled}
    answer = site.call("GET", f"/admin/oauth/authorize?{urlencode(asked)}")
    assert (answer.status, answer.location) == (400, "")


def test_control_revokes_tokens() -> None:
    """Every access token; with refresh the refresh tokens too."""
    site = Site(credentials=EXPIRING)
    site.served.face.revoke()
    assert not good(site, "shpat_a")
    pair = given(site, grant_type="refresh_token", refresh_token="shprt_r")
    assert good(site, pair["access_token"])
    site.served.face.revoke(refresh=True)
    assert refused(site, grant_type="refresh_token", refresh_token=pair["refresh_token"]) == (400, "invalid_grant")
