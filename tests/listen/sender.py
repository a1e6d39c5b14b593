"""Messages as the marketplaces send them, signed as their pages say, and the shops that they are for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from stockrecon.channels.push import Arrived
from stockrecon.core.model import ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings

URL = "https://stock.example.com/shopee"
KEY = "push-key-0123456789"
APP = "100001"


def settings(channel: str, name: str = "shop", region: str = "VN", **options: object) -> ShopSettings:
    """A shop with what its channel needs to verify messages; `options` come on top, a None takes one away."""
    known: dict[str, object] = {
        "shopee": {"partner_key": Secret("partner-key"), "push_key": Secret(KEY), "push_url": URL, "shop_id": "77"},
        "lazada": {"app_key": APP, "app_secret": Secret(KEY)},
        "tiktok-shop": {"app_key": APP, "app_secret": Secret(KEY)},
        "shopify": {"client_secret": Secret(KEY), "shop": "mugs"},
        "woocommerce": {"webhook_secret": Secret(KEY)},
    }[channel]  # type: ignore[assignment]
    whole = {key: value for key, value in {**known, **options}.items() if value is not None}
    shop = ShopName(name)
    base_url = "https://mugs.example.com/shop/" if channel == "woocommerce" else None
    return ShopSettings(shop, channel, ShopPolicy(shop, channel, region), whole, base_url, region=region)


def hexed(*parts: bytes, key: str = KEY) -> str:
    return hmac.new(key.encode(), b"".join(parts), hashlib.sha256).hexdigest()


def based(body: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def signed(channel: str, body: bytes | Mapping[str, Any], key: str = KEY, **headers: str) -> Arrived:
    """A message with the signature that the channel asks for. `headers`: with _ for -."""
    raw = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    match channel:
        case "shopee":
            proof = {"authorization": hexed(URL.encode(), b"|", raw, key=key)}
        case "lazada" | "tiktok-shop":
            proof = {"authorization": hexed(APP.encode(), raw, key=key)}
        case "shopify":
            proof = {"x-shopify-hmac-sha256": based(raw, key), "x-shopify-shop-domain": "mugs.myshopify.com"}
        case _:
            proof = {"x-wc-webhook-signature": based(raw, key), "x-wc-webhook-source": "https://mugs.example.com/shop/"}
    return Arrived(raw, {**proof, **own})
