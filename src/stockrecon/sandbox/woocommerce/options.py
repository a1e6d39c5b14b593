"""What control sets of a WooCommerce site, and of a listing on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stockrecon.sandbox.records import MarketRefusal
from stockrecon.sandbox.wire import integer
from stockrecon.sandbox.woocommerce.records import WooListing

if TYPE_CHECKING:
    from stockrecon.sandbox.woocommerce.catalogue import WooCatalogue

TRAITS = ("manage_stock", "backorders", "stock_quantity", "stock_status")
OPTIONS = (
    "version",
    "rights",
    "manager",
    "manage_stock",
    "hold_minutes",
    "no_stock_amount",
    "restores_twice",
    "decimals",
    "tls",
    "pretty",
    "cached",
    "notice",
)
_SWITCHES = frozenset({"manager", "manage_stock", "restores_twice", "decimals", "tls", "pretty", "notice"})
_NUMBERS = frozenset({"no_stock_amount", "cached"})
_CHOICES = {
    "rights": ("read", "write", "read_write"),
    "backorders": ("no", "notify", "yes"),
    "stock_status": ("instock", "outofstock", "onbackorder"),
    "manage_stock": ("yes", "no", "parent"),
}


def _one_of(shop: WooCatalogue, name: str, text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise MarketRefusal(f"{shop.name}: {name} is one of {', '.join(choices)}, not {text!r}")
    return text


def _number(shop: WooCatalogue, name: str, text: str) -> int:
    number = integer(text)
    if number is None or number < 0:
        raise MarketRefusal(f"{shop.name}: {name} is a whole number of at least 0, not {text!r}")
    return number


def minutes(shop: WooCatalogue, text: str) -> int | None:
    """How long a checkout holds stock; empty, or 0: not at all."""
    return _number(shop, "hold_minutes", text or "0") or None


def set_option(shop: WooCatalogue, name: str, text: str) -> None:
    value: object = text
    if name in _SWITCHES:
        value = _one_of(shop, name, text, ("yes", "no")) == "yes"
    elif name in _NUMBERS:
        value = _number(shop, name, text)
    elif name in _CHOICES:
        value = _one_of(shop, name, text, _CHOICES[name])
    elif not re.fullmatch(r"\d+(\.\d+){1,3}", text):
        raise MarketRefusal(f"{shop.name}: version is one such as 11.0.1, not {text!r}")
    setattr(shop.site, name, value)


def set_trait(shop: WooCatalogue, listing: WooListing, name: str, text: str) -> None:
    """How a listing's stock is counted, or its count, as the owner sets it by hand."""
    if name == "stock_quantity":
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,4})?", text) or ("." in text and not shop.site.decimals):
            raise MarketRefusal(
                f"{shop.name}: stock_quantity is a number, with a fraction only with decimals: {text!r}"
            )
        listing.stock = float(text) if "." in text else int(text)
        return
    _one_of(shop, name, text, _CHOICES[name])
    if name == "backorders":
        listing.backorders = text
    elif name == "stock_status":
        listing.in_stock = text
    elif text == "parent":
        _share(shop, listing)
    else:
        listing.managed = text == "yes"
        listing.stock = (listing.stock or 0) if listing.managed else None


def _share(shop: WooCatalogue, listing: WooListing) -> None:
    """The variation's stock is its product's from now on; the product begins to count, with what the variation had."""
    if not listing.variation_id:
        raise MarketRefusal(f"{shop.name}: only a variation can have its product's stock")
    parent = shop.products[listing.item_id]
    if not parent.managed:
        parent.managed, parent.stock = True, listing.stock
    listing.managed, listing.stock = False, None
