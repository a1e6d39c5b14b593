"""Signing: the reference's vectors and a public SDK's recorded requests, byte by byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockrecon.channels.tiktok_shop.sign import TikTokSigner, signature
from stockrecon.rest import Request

SECRET = "9f2c1e7ab04d4f63b7c8d1a2e3f4a5b6c7d8e9f0"
COMMON = {"app_key": "6abcdef12345", "timestamp": "1767225600"}
SHOP = {"shop_cipher": "ROW_7dE2AAAAAHx9"}
RECORDED = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
KEYS = RECORDED["keys"]
FROZEN = datetime.fromtimestamp(1700000000, UTC)
ADDED = {"app_key", "timestamp", "shop_cipher", "sign"}
UPDATE = b'{"skus":[{"id":"1729592969712207008","inventory":[{"warehouse_id":"7068517275539719942","quantity":17}]}]}'


@pytest.mark.parametrize(
    ("secret", "path", "parameters", "body", "expected"),
    [
        (SECRET, "/product/202502/products/search", COMMON | SHOP | {"page_size": "100"}, b'{"status":"ACTIVATE"}',
         "9bd7698409a2a2d576d731fcbdab41ebd85b2b6cf66a4e521f4669529ab6216e"),
        (SECRET, "/product/202309/products/1729592969712207000/inventory/update", COMMON | SHOP, UPDATE,
         "04f97b69229b7ad401e46f8275c9e85e17285f0021d38c4299bb95b489ecbeeb"),
        (SECRET, "/authorization/202309/shops", COMMON, b"",
         "5520acabac55eb7a01e29cceb3f3938104ef8e96a921e8e73da9dc7848fbea06"),
        (SECRET, "/order/202309/orders", COMMON | SHOP | {"ids": "576461413038785752,576461413038785753"}, b"",
         "1913095d5ce34ba546c24b5e81a49ed932a8bdb6dfa0472b025bfb984eb3bd19"),
        ("e59af819cc", "/authorization/202309/shops", {"app_key": "29a39d", "timestamp": "1623812664"}, b"",
         "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"),
        ("app_secret", "/test-api", {"foo": "bar"}, b"",
         "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f"),
    ],
)  # fmt: skip
def test_the_references_vectors_hold(
    secret: str, path: str, parameters: dict[str, str], body: bytes, expected: str
) -> None:
    """Two public clients, run with these inputs, and the vendor's own example."""
    assert signature(secret, path, parameters.items(), body) == expected


def recorded(label: str) -> dict[str, Any]:
    return next(vector for vector in RECORDED["vectors"] if vector["label"] == label)


def made_again(vector: dict[str, Any]) -> Request:
    own = tuple((name, value) for name, value in vector["query"] if name not in ADDED)
    body = json.loads(vector["body"]) if vector["body"] else None
    signer = TikTokSigner(
        KEYS["app_key"], lambda: KEYS["app_secret"], lambda: KEYS["access_token"], lambda: KEYS["shop_cipher"]
    )
    return signer.sign(Request(vector["method"], vector["path"], own, json=body), FROZEN)


SIGNED = [vector for vector in RECORDED["vectors"] if not vector["path"].startswith("/api/v2/token/")]
HALF = "list-products-empty-body"


@pytest.mark.parametrize(
    "vector", [each for each in SIGNED if each["label"] != HALF], ids=lambda vector: vector["label"]
)
def test_a_recorded_request_is_made_again_byte_by_byte(vector: dict[str, Any]) -> None:
    """Target with signature, body, and the headers that count, of every call that the SDK was asked for."""
    signed = made_again(vector)
    assert signed.target == vector["target"]
    assert (signed.body or b"").decode() == vector["body"]
    assert {name.lower(): value for name, value in vector["headers"]} == dict(signed.headers)


def test_the_body_that_is_sent_is_the_body_that_is_signed() -> None:
    """That SDK signs an empty body and posts `{}`: here what goes out is signed, whatever it is."""
    vector = recorded(HALF)
    theirs = next(value for name, value in vector["query"] if name == "sign")
    pairs = [(name, value) for name, value in vector["query"] if name != "sign"]
    assert theirs == signature(KEYS["app_secret"], vector["path"], pairs)
    assert made_again(vector).first("sign") == signature(KEYS["app_secret"], vector["path"], pairs, b"{}") != theirs


def test_all_the_recorded_calls_are_tried() -> None:
    """Two of tokens, which are not signed, and thirteen others."""
    assert (len(RECORDED["vectors"]), len(SIGNED)) == (15, 13)


def test_the_call_for_the_shops_carries_no_shop() -> None:
    """With a shop_cipher it is refused (36009004)."""
    assert made_again(recorded("authorized-shops")).first("shop_cipher") is None


def test_a_request_keeps_the_token_that_it_carries() -> None:
    """A pair that is not the shop's yet is tried before it is kept."""
    signer = TikTokSigner("1", lambda: "secret", lambda: "newest", lambda: "c")
    signed = signer.sign(Request("GET", "/a", headers=(("x-tts-access-token", "another"),)), FROZEN)
    assert [value for name, value in signed.headers if name == "x-tts-access-token"] == ["another"]


def test_what_is_empty_is_neither_sent_nor_signed() -> None:
    """A first page has no token, and a shop no cipher before it is known."""
    signer = TikTokSigner("1", lambda: "secret", lambda: "", lambda: "")
    signed = signer.sign(Request("GET", "/a", (("page_token", ""), ("b", "2"))), FROZEN)
    assert [name for name, _ in signed.query] == ["b", "app_key", "timestamp", "sign"]


@pytest.mark.parametrize("extra", [{"page_token": ""}, {"sign": "x"}, {"access_token": "x"}])
def test_what_takes_no_part_changes_no_signature(extra: dict[str, str]) -> None:
    """An empty value, the signature itself, and a token in the query as older clients send it."""
    assert signature("s", "/a", ({"b": "2"} | extra).items()) == signature("s", "/a", [("b", "2")])


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=6), st.binary(max_size=9))
def test_order_of_parameters_does_not_matter(parameters: dict[str, str], body: bytes) -> None:
    """Any names and values, in any order."""
    pairs = [(k.encode("utf-8", "replace").decode(), v.encode("utf-8", "replace").decode())
             for k, v in parameters.items()]  # fmt: skip
    assert signature("s", "/a", pairs, body) == signature("s", "/a", reversed(pairs), body)


def test_a_signer_shows_no_secret() -> None:
    """Not even by its repr."""
    assert "secret-0" not in repr(TikTokSigner("1", lambda: "secret-0", lambda: "secret-0", lambda: ""))
