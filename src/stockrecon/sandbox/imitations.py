"""Which marketplaces the sandbox imitates: the one table that names them, and what other packages bring.

Those come by entry point, group `stockrecon.imitations`: an `Imitation` under the channel's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any, cast

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.lazada.face import lazada_face
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.shopee.face import shopee_face
from stockrecon.sandbox.shopee.market import ShopeeShop
from stockrecon.sandbox.shopify.face import shopify_face
from stockrecon.sandbox.shopify.market import ShopifyShop
from stockrecon.sandbox.tiktok_shop.face import tiktok_face
from stockrecon.sandbox.tiktok_shop.market import TiktokShop
from stockrecon.sandbox.woocommerce.face import woocommerce_face
from stockrecon.sandbox.woocommerce.market import WooShop


@dataclass(frozen=True, slots=True)
class Imitation:
    """`shop` makes an empty shop of a name and a region. `face` serves it: the shop, its number among all that are
    served, the time, and credentials that are to be the ones that callers need (those left out are made up).
    """

    shop: Callable[[str, str], Shop]
    face: Callable[[Any, int, datetime, Credentials], Face[Any]]


IMITATIONS: Mapping[str, Imitation] = MappingProxyType(
    {
        "shopee": Imitation(ShopeeShop, shopee_face),
        "lazada": Imitation(LazadaShop, lazada_face),
        "shopify": Imitation(ShopifyShop, shopify_face),
        "tiktok-shop": Imitation(TiktokShop, tiktok_face),
        "woocommerce": Imitation(WooShop, woocommerce_face),
    }
)
_GROUP = "stockrecon.imitations"


def imitation(channel: str) -> Imitation:
    """Raises KeyError for a marketplace that is not imitated here (see `imitated`)."""
    if channel in IMITATIONS:
        return IMITATIONS[channel]
    (point,) = entry_points(group=_GROUP, name=channel) or (None,)
    if point is None:
        raise KeyError(channel)
    return cast(Imitation, point.load())


def imitated() -> list[str]:
    """The channels that are imitated, by name."""
    return sorted({*IMITATIONS, *entry_points(group=_GROUP).names})
