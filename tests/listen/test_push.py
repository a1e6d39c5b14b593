"""Push messages: what is genuine, what each says to look at again, and that nothing of a buyer is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from stockrecon import registry
from stockrecon.channels.push import Arrived, Forged, Hears, Unreadable
from stockrecon.core.secret import Secret
from stockrecon.errors import UsageFault
from tests.listen.sender import KEY, hexed, settings, signed

CASES = [
    case
    for case in yaml.safe_load(Path(__file__).with_name("messages.yaml").read_text("utf-8"))
    if case["channel"] in registry.PUSHES
]
CHANNELS = tuple(registry.PUSHES)
HEADERS = {
    "shopify": {"x_shopify_topic": "products/update"},
    "woocommerce": {"x_wc_webhook_topic": "product.updated"},
}
PROOFS = {"shopify": "x-shopify-hmac-sha256", "woocommerce": "x-wc-webhook-signature"}
BODY = {"id": 5, "shop_id": 77, "code": 3, "data": {"ordersn": "A"}, "seller_id": 1, "message_type": 0, "type": 1}


def hears(channel: str) -> Hears:
    made = registry.make_push(channel)
    assert made is not None
    return made


def message(channel: str, body: bytes | dict[str, Any] = BODY, key: str = KEY) -> Arrived:
    return signed(channel, body, key, **HEADERS.get(channel, {}))


def heard(channel: str, arrived: Arrived) -> Any:
    push = hears(channel)
    return push.heard(arrived, push.secrets(settings(channel)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['channel']}: {case['name']}")
def test_what_a_message_says_to_look_at(case: dict[str, Any]) -> None:
    """Items, variations, orders, or the whole shop; and whose message it is."""
    found = heard(case["channel"], signed(case["channel"], case["body"], **case.get("headers", {})))
    notice = found.notice
    assert found.shop == case["shop"]
    assert notice.kind == case["kind"]
    assert notice.told_at == (datetime.fromtimestamp(case["at"], UTC) if "at" in case else None)
    assert notice.places == tuple(map(tuple, case.get("places", ())))
    assert notice.orders == tuple(case.get("orders", ()))
    assert notice.whole is case.get("whole", False)
    assert notice.empty is not any(name in case for name in ("places", "orders", "whole"))
    assert "buyer@example.com" not in repr(notice)


@pytest.mark.parametrize(
    ("channel", "secrets", "body", "proof"),
    [
        (
            "shopee",
            {"key": "test-partner-key", "url": "https://example.com/shopee/webhook"},
            b'{"data":{"items":[],"ordersn":"220810QSK8S7BX","status":"PROCESSED","completed_scenario":"",'
            b'"update_time":1660123127},"shop_id":727720655,"code":3,"timestamp":1660123127}',
            "07774084c9057710b28349f71fd7a4f904d8dcf6b19b9cd27a457c53f9cf4ea9",
        ),
        (
            "lazada",
            {"app_key": "123456", "app_secret": "helloworld"},
            b'{"seller_id":"1234567","message_type":0,"data":{"order_status":"unpaid","trade_order_id":"260422900198363",'
            b'"trade_order_line_id":"260422900298363","status_update_time":1603698638},"timestamp":1603766859530,'
            b'"site":"lazada_vn"}',
            "b0cfd0349e915667babf3c35e2335fb09653527421c46a94bd9e70e874c16322",
        ),
        (
            "tiktok-shop",
            {"app_key": "6abcdef12345", "app_secret": "9f2c1e7ab04d4f63b7c8d1a2e3f4a5b6c7d8e9f0"},
            b'{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":'
            b'1644412885,"data":{"order_id":"576486316948490001","order_status":"UNPAID","update_time":1644412885}}',
            "a5b145b54e4c0bff6c8a7c92537523d728df62a59ccf19842a7d0d27e35926c1",
        ),
    ],
)
def test_signatures_are_those_of_the_reference(channel: str, secrets: dict[str, str], body: bytes, proof: str) -> None:
    """Vectors that other programs computed."""
    if channel in registry.PUSHES:
        assert hears(channel).heard(Arrived(body, {"authorization": proof}), secrets).notice.orders


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_forged_message_is_refused(channel: str) -> None:
    """Another key, another body, no signature, a signature of other bytes: all are forged, whatever they hold."""
    name = PROOFS.get(channel, "authorization")
    good = message(channel)
    assert heard(channel, good).notice.key
    bad = [
        message(channel, key="another-key"),
        Arrived(good.body + b" ", good.headers),
        Arrived(good.body, {**good.headers, name: ""}),
        Arrived(good.body, {key: value for key, value in good.headers.items() if key != name}),
        Arrived(good.body, {**good.headers, name: good.headers[name][:-1]}),
        Arrived(good.body, {**good.headers, name: "ü\udcff" + good.headers[name]}),
        Arrived(b"", good.headers),
    ]
    for arrived in bad:
        with pytest.raises(Forged):
            heard(channel, arrived)


@pytest.mark.parametrize("channel", [name for name in CHANNELS if name not in PROOFS])
def test_a_signature_in_hexadecimal_may_be_of_either_case(channel: str) -> None:
    """The vendors' own examples differ."""
    good = message(channel)
    upper = Arrived(good.body, {"authorization": good.headers["authorization"].upper()})
    assert heard(channel, upper).notice == heard(channel, good).notice


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("body", [b"no json", b"[]", b"7", b"\xff\xfe{}", b"[" * 100_000])
def test_a_genuine_message_that_is_none_is_told(channel: str, body: bytes) -> None:
    """What is signed and no JSON object is unreadable, without a word of its body."""
    with pytest.raises(Unreadable) as caught:
        heard(channel, message(channel, body))
    assert "json" not in str(caught.value).replace("JSON", "")


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_same_message_has_the_same_key_and_another_one_another(channel: str) -> None:
    """Delivered twice it is one; with other content it is two, so that no change is taken for one that was seen."""
    once, again = heard(channel, message(channel)).notice, heard(channel, message(channel)).notice
    assert once.key == again.key
    assert heard(channel, message(channel, {**BODY, "id": 6})).notice.key != once.key


def test_a_message_id_counts_where_there_is_one() -> None:
    """A delivery that is signed anew with another time is the same message."""
    body = {"code": 3, "shop_id": 77, "msg_id": "m1", "timestamp": 1, "data": {"ordersn": "A"}}
    later = {**body, "timestamp": 301}
    assert heard("shopee", message("shopee", body)).notice.key == heard("shopee", message("shopee", later)).notice.key


@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_needed_to_verify_is_named(channel: str) -> None:
    """A configuration without it cannot take messages, and says which option is missing."""
    shop = settings(channel)
    for name, value in shop.options.items():
        if isinstance(value, Secret) and name not in ("push_key", "webhook_secret"):
            with pytest.raises(UsageFault, match=f"shop: {name} is missing"):
                hears(channel).secrets(settings(channel, **{name: None}))


def test_a_webhook_without_a_secret_of_its_own_has_the_consumers() -> None:
    """As the shop system makes them; without either nothing can be verified."""
    push = hears("woocommerce")
    assert push.secrets(settings("woocommerce", webhook_secret=None, consumer_secret=Secret("cs")))["secret"] == "cs"
    with pytest.raises(UsageFault, match="consumer_secret is missing"):
        push.secrets(settings("woocommerce", webhook_secret=None))


def test_shopees_own_push_key_counts_before_the_apis() -> None:
    """The console makes one of its own; without it the API's key signs."""
    push = hears("shopee")
    assert push.secrets(settings("shopee"))["key"] == KEY
    assert push.secrets(settings("shopee", push_key=None))["key"] == "partner-key"
    with pytest.raises(UsageFault, match="push_url is missing"):
        push.secrets(settings("shopee", push_url=None))


def test_an_address_is_tried_without_a_message() -> None:
    """Shopee's console sends an empty body when an address is entered, WooCommerce a form with the webhook's number."""
    assert hears("shopee").is_probe(Arrived(b"", {}))
    assert hears("lazada").is_probe(Arrived(b"\n", {}))
    assert not hears("shopee").is_probe(message("shopee"))
    if "woocommerce" in registry.PUSHES:
        assert hears("woocommerce").is_probe(Arrived(b"webhook_id=12", {}))
        assert not hears("woocommerce").is_probe(Arrived(b"webhook_id=12&x=1", {}))
        assert not hears("shopify").is_probe(Arrived(b"", {}))


@pytest.mark.parametrize(
    ("channel", "shop", "options", "identity", "meant"),
    [
        ("shopee", "77", {}, "", True),
        ("shopee", "78", {}, "", False),
        ("lazada", "VN/1234567", {}, "1234567", True),
        ("lazada", "VN/1234567", {}, "7654321", False),
        ("lazada", "VN/1234567", {}, "", True),
        ("lazada", "SG/1234567", {}, "", False),
        ("tiktok-shop", "749", {}, "VN 749", True),
        ("tiktok-shop", "749", {}, "VN 750", False),
        ("tiktok-shop", "749", {}, "", True),
        ("tiktok-shop", "749", {"shop_id": "750"}, "", False),
        ("tiktok-shop", "749", {"shop_id": "VNLCODE"}, "", True),
        ("shopify", "mugs.myshopify.com", {}, "", True),
        ("shopify", "mugs.myshopify.com", {"shop": "mugs.myshopify.com"}, "", True),
        ("shopify", "cups.myshopify.com", {}, "", False),
        ("shopify", "cups.myshopify.com", {"shop": None}, "", True),
        ("shopify", "cups.myshopify.com", {"shop": None}, "mugs.myshopify.com", False),
        ("woocommerce", "mugs.example.com/shop", {}, "https://www.mugs.example.com", True),
        ("woocommerce", "www.mugs.example.com", {}, "https://www.mugs.example.com/", True),
        ("woocommerce", "cups.example.com", {}, "https://www.mugs.example.com", False),
        ("woocommerce", "cups.example.com", {}, "", True),
    ],
)
def test_whose_message_it_is(channel: str, shop: str, options: dict[str, str], identity: str, meant: bool) -> None:
    """By the id that the shop has at the vendor; where nobody has read it yet, every shop that it could be."""
    if channel in registry.PUSHES:
        assert hears(channel).means(shop, settings(channel, **options), identity) is meant


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("data", "code", "shop_id", "seller_id", "message_type", "timestamp", "site", "msg_id", "type", "id", "name",
          "tts_notification_id", "line_items", "inventory_item_id", "product_id", "parent_id")  # fmt: skip
INNER = ("ordersn", "item_id", "itemId", "variation_id", "sku_list", "sku_id", "trade_order_id", "order_id", "skus")


@pytest.mark.parametrize("channel", CHANNELS)
@budget(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_signed_is_read_or_refused(channel: str, data: st.DataObject) -> None:
    """No field of a genuine message, of whatever type, ends in another error."""
    body = data.draw(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
    if data.draw(st.booleans()):
        body["data"] = data.draw(st.dictionaries(st.sampled_from(INNER), JSON, max_size=5))
    try:
        notice = heard(channel, message(channel, json.dumps(body).encode())).notice
    except Unreadable:
        return
    assert all(isinstance(part, str) for place in notice.places for part in place)
    assert notice.told_at is None or notice.told_at.tzinfo is UTC


UNPROVEN = {
    "shopify": ("x-shopify-triggered-at", "x-shopify-topic", "x-shopify-shop-domain", "x-shopify-event-id"),
    "woocommerce": ("x-wc-webhook-source", "x-wc-webhook-topic", "x-wc-webhook-delivery-id"),
}
ODD = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "http://[x", "http://a]b/", "//", "", "\x85", "é" * 90]


@pytest.mark.parametrize(("channel", "header"), [(channel, name) for channel in UNPROVEN for name in UNPROVEN[channel]])
@budget(max_examples=40, deadline=None)
@given(value=st.sampled_from(ODD) | st.text(st.characters(max_codepoint=255), max_size=40))
def test_a_header_that_nothing_proves_is_read_or_refused(channel: str, header: str, value: str) -> None:
    """Signed is the body alone: whoever replays a genuine one may write into the headers what he likes."""
    good = message(channel)
    push = hears(channel)
    try:
        found = heard(channel, Arrived(good.body, {**good.headers, header: value}))
    except Unreadable:
        return
    assert push.means(found.shop, settings(channel), "https://www.mugs.example.com") in (True, False)
    assert found.notice.told_at is None or found.notice.told_at.tzinfo is UTC


def test_shopee_signs_the_address_as_it_was_entered() -> None:
    """The address, `|` and the body (reference: Shopee 6.2): the same body for another address is forged."""
    body = b'{"code":3,"shop_id":77,"data":{"ordersn":"A"}}'
    proof = hexed(b"https://stock.example.com/shopee|" + body)
    assert heard("shopee", Arrived(body, {"authorization": proof})).notice.orders == ("A",)
    with pytest.raises(Forged):
        heard("shopee", Arrived(body, {"authorization": hexed(b"https://stock.example.com/shopee/|" + body)}))
