"""What each cause is called and what it means, in one line, for people who have not read the manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Cause:
    title: str
    meaning: str


CAUSES: Mapping[str, Cause] = MappingProxyType(
    {
        "campaign-returned": Cause(
            "Campaign stock came back",
            "A campaign's unsold units are in normal stock again (or beside it), which the ledger does not know.",
        ),
        "campaign-lock": Cause(
            "Locked for a campaign",
            "The channel keeps units locked for a campaign and refuses any quantity below them.",
        ),
        "cancelled-order-restock": Cause(
            "Cancelled order restocked twice",
            "A cancellation put back units that had been written up by hand: the ledger holds units that do not exist.",
        ),
        "listing-sync-error": Cause(
            "Listing takes no stock updates",
            "The listing is in a state that refuses updates, or its last update failed: what it shows is old.",
        ),
        "unpaid-release": Cause(
            "Unpaid order, hold given back",
            "The shop put an unpaid order's units on sale again while the ledger still counts the order. "
            "Not an oversell.",
        ),
        "orders-too-near": Cause(
            "Orders too near to one another",
            "Two shops sold the last units before they heard of one another: really oversold, an order has to give.",
        ),
        "in-flight": Cause(
            "On its way",
            "Ledger and shop have not heard of one another's latest orders yet. It settles by itself.",
        ),
        "order-not-imported": Cause(
            "Order missing from the ledger",
            "A paid order of the shop is not in the ledger although there was time enough to import it.",
        ),
        "cancelled-order-not-restocked": Cause(
            "Cancelled order not put back",
            "An order was cancelled in the shop, but the ledger never got its units back.",
        ),
        "platform-fulfilled": Cause(
            "Stock held by the channel",
            "The channel keeps this stock in its own warehouse; the ledger does not set it.",
        ),
        "computed-by-channel": Cause(
            "Number computed by the channel",
            "A kit or bundle whose number the channel makes from its parts: it follows them and is never set.",
        ),
        "duplicate-sku": Cause(
            "One seller SKU on several listings",
            "Two listings of a shop carry the same seller SKU and the ledger does not say that they should.",
        ),
        "push-not-applied": Cause(
            "Update accepted, not applied",
            "The shop answered success to the last stock update and still shows the value from before it.",
        ),
        "zeroed-by-channel": Cause(
            "Set to zero by the channel",
            "The channel emptied the listing after the seller cancelled an order for want of stock.",
        ),
        "edited-in-seller-center": Cause(
            "Edited outside the ledger",
            "The quantity differs from the last update less orders: somebody changed it in the shop.",
        ),
        "shop-silent": Cause(
            "Shop hears nothing",
            "No update and no order for far longer than usual while the ledger moved: the connection may be down.",
        ),
        "unlisted": Cause("Not listed", "The ledger has the SKU, or names the listing, and the shop does not."),
        "unknown-sku": Cause(
            "SKU unknown to the ledger",
            "The shop sells a seller SKU that the ledger does not have: nobody can say how many it should show.",
        ),
        "policy": Cause("Explained by policy", "Buffers, percents and caps make the target differ from available."),
        "unexplained": Cause(
            "Unexplained",
            "Nothing that was read accounts for the difference.",
        ),
    }
)

SETTLED = frozenset({"in-flight", "platform-fulfilled", "unlisted", "policy"})
"""Causes that do not count as differences (contract, section 2): shown after all others."""


def cause_of(slug: str) -> Cause:
    """The cause's words; a scenario of another package goes by its slug."""
    return CAUSES.get(slug) or Cause(slug.replace("-", " ").capitalize(), "")
