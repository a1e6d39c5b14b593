"""TikTok Shop's signatures: the reference's vectors, and requests that a public client really sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from stockrecon.sandbox.tiktok_shop.face import TiktokFace
from stockrecon.sandbox.tiktok_shop.gate import TiktokKeys, push_signature, signature
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.tokens import TIKTOK_LIFE, Tokens
from stockrecon.sandbox.wire import Answer, Call

FROZEN = datetime.fromtimestamp(1_700_000_000, UTC)
RECORDED = json.loads((Path(__file__).parent / "data" / "recorded_tiktok.json").read_text("utf-8"))
KEYS = RECORDED["keys"]
CALLS = [pytest.param(entry, id=entry["label"]) for entry in RECORDED["requests"]]
SIGNED = [param for param in CALLS if "sign=" in param.values[0]["target"]]
SECRET = "9f2c1e7ab04d4f63b7c8d1a2e3f4a5b6c7d8e9f0"
SYSTEM = {"app_key": "6abcdef12345", "timestamp": "1767225600"}
CIPHER = {"shop_cipher": "ROW_7dE2AAAAAHx9"}
UPDATE = b'{"skus":[{"id":"1729592969712207008","inventory":[{"warehouse_id":"7068517275539719942","quantity":17}]}]}'
VECTORS = [
    (
        SECRET,
        "/product/202502/products/search",
        {**SYSTEM, **CIPHER, "page_size": "100"},
        b'{"status":"ACTIVATE"}',
        "9bd7698409a2a2d576d731fcbdab41ebd85b2b6cf66a4e521f4669529ab6216e",
    ),
    (
        SECRET,
        "/product/202309/products/1729592969712207000/inventory/update",
        {**SYSTEM, **CIPHER},
        UPDATE,
        "04f97b69229b7ad401e46f8275c9e85e17285f0021d38c4299bb95b489ecbeeb",
    ),
    (
        SECRET,
        "/authorization/202309/shops",
        SYSTEM,
        b"",
        "5520acabac55eb7a01e29cceb3f3938104ef8e96a921e8e73da9dc7848fbea06",
    ),
    (
        SECRET,
        "/order/202309/orders",
        {**SYSTEM, **CIPHER, "ids": "576461413038785752,576461413038785753"},
        b"",
        "1913095d5ce34ba546c24b5e81a49ed932a8bdb6dfa0472b025bfb984eb3bd19",
    ),
    (
        "e59af819cc",
        "/authorization/202309/shops",
        {"app_key": "29a39d", "timestamp": "1623812664"},
        b"",
        "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
    ),
    (
        "app_secret",
        "/test-api",
        {"foo": "bar"},
        b"",
        "d3cb7fe11ecae942802ceeca67e7cf10120cc12f1517d45fbc1c8cfe5413c80f",
    ),
]


@pytest.mark.parametrize(("secret", "path", "params", "body", "sign"), VECTORS)
def test_it_signs_like_the_reference(secret: str, path: str, params: dict, body: bytes, sign: str) -> None:
    """The vectors of reference: TikTok 2.3; the signature itself and a token in the query are not signed."""
    assert signature(secret, path, {**params, "sign": "x", "access_token": "y"}, body) == sign


def test_a_webhook_is_signed_like_the_reference() -> None:
    """The header of reference: TikTok 2.3."""
    body = (
        b'{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,'
        b'"data":{"order_id":"576486316948490001","order_status":"UNPAID","update_time":1644412885}}'
    )
    keys = TiktokKeys("6abcdef12345", SECRET, "", "", "")
    assert push_signature(keys, body) == "a5b145b54e4c0bff6c8a7c92537523d728df62a59ccf19842a7d0d27e35926c1"


def ask(entry: dict, now: datetime = FROZEN, secret: str = "", **changed: object) -> Answer:
    parts = urlsplit(entry["target"])
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    headers = {"x-tts-access-token": entry["token"], "content-type": entry["content_type"]}
    body = str(changed.get("body", entry["body"])).encode()
    call = Call(entry["method"], parts.path, query, (), body, entry["content_type"].lower(), headers)
    shop = TiktokShop("t")
    shop.add("1729000000000000001", "1729000000000000011", "SKU-1", 5, FROZEN)
    tokens = Tokens(TIKTOK_LIFE, FROZEN, access=KEYS["access_token"], refresh=KEYS["refresh_token"])
    tokens.issue_code(FROZEN, KEYS["code"])
    keys = TiktokKeys(KEYS["app_key"], secret or KEYS["app_secret"], KEYS["shop_cipher"], "1", "o")
    return TiktokFace(shop, tokens, keys).answer(call, now, shop)


def code(answer: Answer) -> int:
    return int(answer.body["code"])  # type: ignore[index]


@pytest.mark.parametrize("entry", CALLS)
def test_a_public_client_is_let_in(entry: dict) -> None:
    """All that it sent passes the gate, but for one: it sends `{}` where it signed no body, and the bytes are signed.

    One page token is not of the sandbox's making, which is told after the gate.
    """
    wanted = {"list-products-empty-body": (401, 106001), "list-products-page2": (200, 12019108)}
    answer = ask(entry)
    assert (answer.status, code(answer)) == wanted.get(entry["label"], (200, 0))


@pytest.mark.parametrize("entry", CALLS)
def test_a_client_with_a_wrong_secret_is_not(entry: dict) -> None:
    """Neither a call nor a token."""
    assert code(ask(entry, secret="another")) == (106001 if "sign=" in entry["target"] else 36009004)


@pytest.mark.parametrize("entry", SIGNED)
def test_a_timestamp_is_good_from_five_minutes_back_to_thirty_seconds_ahead(entry: dict) -> None:
    """One second more is refused either way, with 400, before the signature is looked at."""
    for seconds, good in ((300, True), (301, False), (-30, True), (-31, False)):
        answer = ask(entry, FROZEN + timedelta(seconds=seconds), secret="another")
        assert (answer.status, code(answer)) == ((401, 106001) if good else (400, 36009004))


@pytest.mark.parametrize("entry", [param for param in SIGNED if param.values[0]["body"]])
def test_every_byte_of_a_body_is_signed(entry: dict) -> None:
    """A blank more is another body."""
    assert code(ask(entry, body=entry["body"] + " ")) == 106001
