"""Which marketplaces the sandbox imitates: the one table that names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stockrecon.sandbox.face import Credentials, Face
from stockrecon.sandbox.lazada.face import lazada_face
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.shopee.face import shopee_face
from stockrecon.sandbox.shopee.market import ShopeeShop


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
    }
)
