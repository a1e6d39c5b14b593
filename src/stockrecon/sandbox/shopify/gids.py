"""Global ids: `gid://shopify/TYPE/NUMBER`, and a level's, which carries its item beside its own number."""

from __future__ import annotations

import hashlib
import re

_GID = re.compile(
    r"gid://shopify/(?P<kind>[A-Za-z]+)/(?P<number>[0-9]{1,20})(?:\?inventory_item_id=(?P<item>[0-9]{1,20}))?"
)
LEVELS_FROM = 36_825_000_000
"""A level's own number is its location's and this (on the real one they are of different rows as well)."""


def gid(kind: str, number: int | str) -> str:
    return f"gid://shopify/{kind}/{number}"


def level_gid(location: int, item: int) -> str:
    """A level's id keeps its query string (reference: Shopify 1.4)."""
    return f"{gid('InventoryLevel', location + LEVELS_FROM)}?inventory_item_id={item}"


def parse(text: str) -> tuple[str, int, int] | None:
    """Type, number, and the item of a level's id (else 0); None for what is no global id."""
    found = _GID.fullmatch(text)
    return (found["kind"], int(found["number"]), int(found["item"] or 0)) if found else None


def number_of(text: str, kind: str) -> int | None:
    """The number of an id of this type; None for any other."""
    found = parse(text)
    return found[1] if found is not None and found[0] == kind else None


def order_number(order_id: str) -> int:
    """An order's number: its id where that is one, else one that stays the same."""
    if order_id.isascii() and order_id.isdigit() and order_id[0] != "0" and len(order_id) <= 18:
        return int(order_id)
    return int.from_bytes(hashlib.sha256(order_id.encode()).digest()[:6], "big")
