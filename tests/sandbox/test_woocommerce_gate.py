"""Who may call a WooCommerce site: keys, signatures, rights; with requests that the official client really sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from stockrecon.sandbox.clock import SandboxClock
from stockrecon.sandbox.faults import Planned
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.wire import Answer, Call
from stockrecon.sandbox.woocommerce.gate import signature
from stockrecon.sandbox.woocommerce.market import WooShop
from tests.sandbox.woo_world import NOON, PREFIX, Site, basic, signed
from tests.sandbox.world import Ticks

DATA = Path(__file__).parent / "data"
CLIENT = json.loads((DATA / "recorded_woocommerce_client.json").read_text("utf-8"))
FROZEN = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.fixture
def site() -> Site:
    return Site()


def as_recorded(entry: dict) -> Call:
    parts = urlsplit(entry["target"])
    headers = {"host": entry["host"], "authorization": entry["authorization"]}
    if entry["label"].startswith("https"):
        headers["x-forwarded-proto"] = "https"
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Call(entry["method"], parts.path, query, (), entry["body"].encode(), entry["content_type"], headers)


def recorded_site(now: datetime = FROZEN, **keys: str) -> Sandbox:
    shop = WooShop("woo")
    shop.add("10", "", "SKU-1", 5, FROZEN)
    for number in ("13", "14"):
        shop.add("12", number, f"SKU-{number}", 5, FROZEN)
    sandbox = Sandbox([shop], SandboxClock(now, Ticks()), credentials={"woo": {**CLIENT["keys"], **keys}})
    # The client was recorded at a site that had a host of its own.
    sandbox.shops["woo"].face._gate.prefix = ""
    return sandbox


def played(sandbox: Sandbox, entry: dict) -> Answer:
    answer = sandbox.handle(sandbox.shops["woo"], as_recorded(entry)).answer
    assert answer is not None
    return answer


WRONG = "http-oauth1-by-sku"
"""The client leaves a slash in a value as it is when it signs; the vendor's page wants every reserved sign encoded, so
a real site refuses this one too. Over HTTPS nothing is signed.
"""
GOOD = [entry for entry in CLIENT["requests"] if entry["label"] != WRONG]


@pytest.mark.parametrize("entry", GOOD, ids=lambda entry: entry["label"])
def test_the_official_client_is_let_in_and_with_a_wrong_secret_it_is_not(entry: dict) -> None:
    """Signed, with Basic authentication and with keys in the query."""
    assert played(recorded_site(), entry).status == 200
    assert played(recorded_site(consumer_secret="another"), entry).status == 401


def test_a_slash_that_was_not_encoded_makes_another_signature() -> None:
    """The client is wrong in this; were its slash encoded, the same call would be let in."""
    entry = next(entry for entry in CLIENT["requests"] if entry["label"] == WRONG)
    assert played(recorded_site(), entry).body["message"] == "Invalid signature - provided signature does not match."
    parts = urlsplit(entry["target"])
    params = dict(parse_qsl(parts.query))
    del params["oauth_signature"]
    address = f"http://{entry['host']}{parts.path}"
    params["oauth_signature"] = signature(CLIENT["keys"]["consumer_secret"], "GET", address, params, "HMAC-SHA256")
    mended = {**entry, "target": f"{parts.path}?{urlencode(params)}"}
    assert played(recorded_site(), mended).status == 200


@pytest.mark.parametrize("entry", [entry for entry in GOOD if "oauth" in entry["label"]], ids=lambda e: e["label"])
def test_a_signed_call_is_good_for_a_quarter_of_an_hour_and_once(entry: dict) -> None:
    """The clock 900 s off either way is the limit; a nonce is used up."""
    for off, status in ((900, 200), (-900, 200), (901, 401), (-901, 401)):
        assert played(recorded_site(FROZEN + timedelta(seconds=off)), entry).status == status
    sandbox = recorded_site()
    played(sandbox, entry)
    assert played(sandbox, entry).body["message"] == "Invalid nonce - nonce has already been used."


@pytest.mark.parametrize("algorithm", ["HMAC-SHA1", "HMAC-SHA256"])
def test_a_signature_is_over_the_address_of_the_site_in_its_sub_path(site: Site, algorithm: str) -> None:
    """The shop's prefix is part of the site's address; both hashes are good."""
    target = f"{PREFIX}/products?sku=A%2FB&include[0]=101"
    assert signed(site, target, algorithm=algorithm, x_forwarded="").status == 200


def test_what_is_wrong_with_a_signature_is_told(site: Site) -> None:
    """A missing parameter has a code of its own."""
    missing = signed(site, f"{PREFIX}/products", spoil="oauth_nonce")
    assert missing.body["code"] == "woocommerce_rest_authentication_missing_parameter"
    assert missing.body["message"] == "Missing OAuth parameter oauth_nonce"
    other = signed(site, f"{PREFIX}/products", algorithm="PLAINTEXT")
    assert other.body["message"] == "Invalid signature - signature method is invalid."


def test_numbered_and_unnumbered_lists_are_one(site: Site) -> None:
    """PHP numbers what came as `include[]`."""
    assert {row["id"] for row in site.answer("GET", f"{PREFIX}/products?include[]=101&include[]=102").body} == {
        101,
        102,
    }
    assert site.ids("/products", include="101") == [101]


def test_over_plain_http_key_and_secret_are_not_looked_at(site: Site) -> None:
    """A site without TLS knows signatures only (recorded: basic-without-tls)."""
    site.shop.set_option(NOON, "tls", "no")
    assert site.refused("GET", "/products")[:2] == (401, "woocommerce_rest_cannot_view")
    in_query = site.answer("GET", f"{PREFIX}/products?consumer_key=ck_a&consumer_secret=cs_b", authorization="")
    assert in_query.status == 401
    assert signed(site, f"{PREFIX}/products").status == 200


def test_keys_may_stand_in_the_query(site: Site) -> None:
    """For hosts that take the header away; these go before a header."""
    target = f"{PREFIX}/products?consumer_key=ck_a&consumer_secret=cs_b"
    assert site.answer("GET", target, authorization=basic("ck_other", "cs_other")).status == 200


@pytest.mark.parametrize(
    ("rights", "status"), [("read", (200, 401)), ("write", (401, 200)), ("read_write", (200, 200))]
)
def test_a_key_reads_or_writes_or_both(site: Site, rights: str, status: tuple[int, int]) -> None:
    """A call that it may not make changes nothing."""
    site.shop.set_option(NOON, "rights", rights)
    answers = (site.ask("GET", "/products/101"), site.ask("PUT", "/products/101", {"stock_quantity": 3}))
    assert tuple(answer.status for answer in answers) == status
    assert site.shop.products["101"].stock == (3 if status[1] == 200 else 10)


def test_a_revoked_key_is_nobodys(site: Site) -> None:
    """The site does not say that it once knew it."""
    site.sandbox.faults.add(Planned(1, "woo", "*", ("revoke-token",)))
    assert site.refused("GET", "/products") == (
        401,
        "woocommerce_rest_cannot_view",
        "Sorry, you cannot list resources.",
    )
    assert signed(site, f"{PREFIX}/products").body["message"] == "Consumer key is invalid."


def test_settings_are_for_a_managers_key(site: Site) -> None:
    """Known, and yet not allowed: 403."""
    site.shop.set_option(NOON, "manager", "no")
    for path in ("/settings/products", "/system_status", "/webhooks"):
        assert site.refused("GET", path)[:2] == (403, "woocommerce_rest_cannot_view")


def test_a_secret_in_an_unreadable_header_is_none(site: Site) -> None:
    """What is no base64 is nobody's, and no failure of the site."""
    for text in ("Basic %%%", "Basic /w==", "Bearer x", "Basic"):
        assert site.answer("GET", f"{PREFIX}/products", authorization=text).status == 401
