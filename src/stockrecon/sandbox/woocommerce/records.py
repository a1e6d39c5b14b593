"""What a WooCommerce site keeps of a product, a variation, and an order, beyond what every market keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.sandbox.records import Listing

Amount = int | float
"""Units; a fraction only where a plugin for decimal quantities is installed (reference: WooCommerce 3.2)."""

PRODUCT_STATUS: Mapping[ListingState, str] = MappingProxyType(
    {
        ListingState.UNLISTED: "draft",
        ListingState.BANNED: "private",
        ListingState.REVIEWING: "pending",
        ListingState.DELETED: "trash",
    }
)
"""Other states are published: WooCommerce has no word for a failing listing (reference: WooCommerce 0)."""
VARIATION_STATUS: Mapping[ListingState, str] = MappingProxyType({**PRODUCT_STATUS, ListingState.UNLISTED: "private"})
"""A variation that is switched off is private."""
STATES: Mapping[str, ListingState] = MappingProxyType(
    {
        "publish": ListingState.OK,
        "future": ListingState.UNLISTED,
        "draft": ListingState.UNLISTED,
        "auto-draft": ListingState.UNLISTED,
        "private": ListingState.UNLISTED,
        "pending": ListingState.REVIEWING,
        "trash": ListingState.DELETED,
    }
)
ORDER_STATUS: Mapping[OrderStatus, str] = MappingProxyType(
    {
        OrderStatus.UNPAID: "pending",
        OrderStatus.PAID: "processing",
        OrderStatus.SHIPPED: "completed",
        OrderStatus.CANCEL_REQUESTED: "processing",
        OrderStatus.CANCELLED: "cancelled",
        OrderStatus.RETURNED: "refunded",
    }
)
"""The status that an order starts with here; a request to cancel is nothing that WooCommerce knows."""
MEANINGS: Mapping[str, OrderStatus] = MappingProxyType(
    {
        "pending": OrderStatus.UNPAID,
        "on-hold": OrderStatus.UNPAID,
        "processing": OrderStatus.PAID,
        "completed": OrderStatus.SHIPPED,
        "cancelled": OrderStatus.CANCELLED,
        "refunded": OrderStatus.RETURNED,
        "failed": OrderStatus.CANCELLED,
        "trash": OrderStatus.CANCELLED,
        "deleted": OrderStatus.CANCELLED,
    }
)
"""`deleted` is no status of WooCommerce's: the order is gone, and the market remembers it."""
STATUS_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "pending": "Pending payment",
        "processing": "Processing",
        "on-hold": "On hold",
        "completed": "Completed",
        "cancelled": "Cancelled",
        "refunded": "Refunded",
        "failed": "Failed",
    }
)
"""As the site's order notes name them."""
REDUCING = frozenset({"processing", "completed", "on-hold"})
"""Entering one of these takes the units out of stock, once (reference: WooCommerce 3.4)."""
RESTORING = frozenset({"cancelled", "pending"})
"""Entering one of these puts back what was taken, and no more."""


@dataclass(slots=True)
class WooListing(Listing):
    """A product, or a variation of one. `stock` means something only while `managed`.

    `stock` may also be None (never set). `status` is the post's own (publish, draft, ...), `in_stock` the stock status
    that holds while nothing is managed.
    """

    stock: Amount | None = 0
    managed: bool = True
    backorders: str = "no"
    in_stock: str = "instock"
    status: str = "publish"
    catalog_visibility: str = "visible"
    modified_at: datetime = field(kw_only=True)
    price: str = "5"
    variable: bool = False
    option: str = ""
    """A variation's value of the product's attribute."""
    attribute: str = ""
    """A variable product's attribute, by which its variations differ."""
    options: tuple[str, ...] = ()
    """The values of that attribute that were given with the product; variations may have others."""

    @property
    def number(self) -> int:
        """The post id."""
        return int(self.variation_id or self.item_id)

    @property
    def backorders_allowed(self) -> bool:
        """More may be sold than there is (reference: WooCommerce 3.2)."""
        return self.backorders != "no"


@dataclass(slots=True)
class Note:
    number: int
    at: datetime
    text: str
    customer: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    """`lines`: place of the order's line, units given back, amount."""

    number: int
    at: datetime
    amount: str
    reason: str
    lines: tuple[tuple[int, int, str], ...]


@dataclass(slots=True)
class About:
    """What the site keeps of one order beside the market's record.

    `restocked`: by a line's place, units given back with a refund (`_restock_refunded_items`); what is in
    `_reduced_stock` is the line's `taken`.
    """

    status: str
    previous: str = ""
    untold: bool = False
    """Nobody has heard of it yet."""
    created_via: str = "checkout"
    restocked: dict[int, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)


@dataclass(slots=True)
class SiteOptions:
    """What the shop's owner has set, and what is wrong with the site; control sets all of it.

    `hold_minutes`: how long a checkout holds stock, None for not at all. `restores_twice`: a payment plugin puts the
    units of a cancelled order back as well, after WooCommerce did (reference: WooCommerce 3.5). `decimals`: a plugin
    lets quantities be fractions. `tls`: the site is reached over HTTPS, for which loopback stands. `pretty`:
    `/wp-json/` works, not only `?rest_route=`. `cached`: for so many seconds a page cache answers what it has seen.
    `notice`: PHP prints a notice before the JSON. `rights`: what the key may do (read, write, read_write), `manager`:
    its owner may see settings and the system's status.
    """

    version: str = "11.0.1"
    rights: str = "read_write"
    manager: bool = True
    manage_stock: bool = True
    hold_minutes: int | None = 60
    no_stock_amount: int = 0
    restores_twice: bool = False
    decimals: bool = False
    tls: bool = True
    pretty: bool = True
    cached: int = 0
    notice: bool = False


VARIATION_LISTS_SINCE = (10, 3)
"""`GET variations` is there from this version on (reference: WooCommerce 3.2)."""


def lists_variations(version: str) -> bool:
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return parts >= VARIATION_LISTS_SINCE


def whole(amount: Amount | None) -> int:
    """Whole units in an amount; the market counts in these."""
    return int((amount or 0) // 1)
