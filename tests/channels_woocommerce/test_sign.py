"""Proving whose a request is: the recorded requests of a public client, and what each way sends."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from stockrecon.channels.woocommerce.sign import Way, WooSigner, signature, usual_way
from stockrecon.core.secret import Secret
from stockrecon.rest import Request, redact

RECORDED = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
KEY, SECRET = RECORDED["keys"]["consumer_key"], Secret(RECORDED["keys"]["consumer_secret"])
FROZEN = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
SIGNED = [each for each in RECORDED["vectors"] if "oauth" in each["label"]]
SLASHED = "http-oauth1-by-sku"
"""The one with a slash in a value, which that client leaves as it is."""


def labels(vectors: list[dict[str, object]]) -> list[str]:
    return [str(each["label"]) for each in vectors]


def name_of(vector: dict[str, object]) -> str:
    return str(vector["label"])


def recorded(label: str) -> tuple[dict[str, object], dict[str, str]]:
    vector = next(each for each in RECORDED["vectors"] if each["label"] == label)
    return vector, dict(vector["query"])


@pytest.mark.parametrize("label", [each for each in labels(SIGNED) if each != SLASHED])
def test_the_signature_is_that_of_a_public_client(label: str) -> None:
    """Byte for byte, with its nonce and its time."""
    vector, query = recorded(label)
    expected = query.pop("oauth_signature")
    url = f"{vector['origin']}{vector['path']}"
    assert signature(str(vector["method"]), url, query.items(), SECRET, "HMAC-SHA256") == expected


def checked(method: str, url: str, query: dict[str, str], digest: str, safe: str = "~") -> str:
    """The signature as the shop puts it together, from what arrived."""
    pairs = "%26".join(
        f"{quote(name, safe=safe)}%3D{quote(value, safe=safe).replace('%', '%25')}"
        for name, value in sorted(query.items())
        if name != "oauth_signature"
    )
    base = f"{method}&{quote(url, safe='')}&{pairs}"
    made = hmac.new(f"{SECRET.reveal()}&".encode(), base.encode(), digest).digest()
    return base64.b64encode(made).decode()


@pytest.mark.parametrize("label", [each for each in labels(SIGNED) if "batch" in each or "set-stock" in each])
def test_a_signed_write_has_what_a_public_clients_has(label: str) -> None:
    """All parameters, signature included."""
    vector, query = recorded(label)
    signer = WooSigner(str(vector["origin"]), KEY, SECRET, Way.OAUTH, lambda: query["oauth_nonce"])
    sent = signer.sign(Request(str(vector["method"]), str(vector["path"]), json={}), FROZEN)
    assert dict(sent.query) == query


def test_a_slash_in_a_value_is_encoded_as_woocommerce_itself_does_it() -> None:
    """The public client leaves it as it is, which WooCommerce's own check does not: nothing else tells them apart."""
    vector, query = recorded(SLASHED)
    url, theirs = f"{vector['origin']}{vector['path']}", query.pop("oauth_signature")
    assert checked("GET", url, query, "sha256", safe="/") == theirs
    assert signature("GET", url, query.items(), SECRET, "HMAC-SHA256") == checked("GET", url, query, "sha256")


@pytest.mark.parametrize(("way", "digest"), [(Way.OAUTH, "sha256"), (Way.OAUTH_SHA1, "sha1")])
@pytest.mark.parametrize(
    ("base", "path", "query", "url"),
    [
        ("http://127.0.0.1:80", "/wp-json/wc/v3/products", (("include", "1,2"),), "http://127.0.0.1:80{path}"),
        ("http://localhost/store", "/wp-json/wc/v3/orders", (), "http://localhost/store{path}"),
        # WordPress writes its home without a slash at the end, and adds the path that is left: none.
        ("http://localhost/store/", "/", (("rest_route", "/wc/v3/products"),), "http://localhost/store"),
    ],
)
def test_everything_that_is_sent_is_signed(
    way: Way, digest: str, base: str, path: str, query: tuple[tuple[str, str], ...], url: str
) -> None:
    """Also in a sub-path, with plain permalinks, and with what is added for the caches on the way."""
    nonces = iter("abc")
    signer = WooSigner(base, KEY, SECRET, way, lambda: next(nonces))
    sent = dict(signer.sign(Request("GET", path, query), FROZEN).query)
    assert sent["oauth_signature"] == checked("GET", url.format(path=path), sent, digest)
    assert sent["oauth_timestamp"] == "1700000000"
    assert {name: sent[name] for name, _ in query} == dict(query)
    assert SECRET.reveal() not in str(sent)


@pytest.mark.parametrize("vector", [each for each in RECORDED["vectors"] if "basic" in each["label"]], ids=name_of)
def test_basic_authentication_is_that_of_a_public_client(vector: dict[str, object]) -> None:
    """The same header, and no key in the query."""
    signer = WooSigner(str(vector["origin"]), KEY, SECRET, Way.BASIC, lambda: "n")
    sent = signer.sign(Request(str(vector["method"]), str(vector["path"]), json={}), FROZEN)
    assert dict(sent.headers)["authorization"] == vector["authorization"]
    assert KEY not in sent.target


@pytest.mark.parametrize("vector", [each for each in RECORDED["vectors"] if "-query-" in each["label"]], ids=name_of)
def test_keys_in_the_query_are_those_of_a_public_client(vector: dict[str, object]) -> None:
    """The same parameters, and no header."""
    query = dict(vector["query"])  # type: ignore[call-overload]
    own = tuple((name, value) for name, value in query.items() if not name.startswith("consumer_"))
    signer = WooSigner(str(vector["origin"]), KEY, SECRET, Way.QUERY, lambda: "n")
    sent = signer.sign(Request(str(vector["method"]), str(vector["path"]), own, json={}), FROZEN)
    assert query.items() <= dict(sent.query).items()
    assert "authorization" not in dict(sent.headers)


@pytest.mark.parametrize("way", list(Way))
def test_every_read_is_another_one_for_a_cache(way: Way) -> None:
    """A cache that goes by the address never has the answer, and WooCommerce's own is told to keep out."""
    numbers = iter("123456")
    signer = WooSigner("https://shop", KEY, SECRET, way, lambda: next(numbers))
    first, second = (signer.sign(Request("GET", "/wp-json/wc/v3/products"), FROZEN) for _ in range(2))
    assert first.first("_") != second.first("_")
    assert first.first("_skip_cache") == "true"
    assert ("cache-control", "no-cache") in first.headers
    assert signer.sign(Request("POST", "/wp-json/wc/v3/products/batch", json={}), FROZEN).first("_") is None


def test_what_basic_authentication_sends_is_hidden_in_texts() -> None:
    """Its base64 is of key and secret together, so that both together are a secret."""
    signer = WooSigner("https://shop", KEY, SECRET, Way.BASIC, lambda: "n")
    header = dict(signer.sign(Request("GET", "/"), FROZEN).headers)["authorization"]
    assert redact(f"sent {header}", [f"{KEY}:{SECRET.reveal()}"]) == "sent Basic «secret»"


def test_without_tls_a_request_is_signed_unless_it_is_said_otherwise() -> None:
    """WooCommerce takes the secret itself over TLS alone."""
    assert usual_way("https://shop.example.com") is Way.BASIC
    assert usual_way("http://127.0.0.1:8080/store") is Way.OAUTH
