"""The seller's policy and the target that follows from it (semantics section 2), written down once more."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.market.things import Listing
    from tests.market.world import Market


@dataclass(frozen=True)
class ShopPolicy:
    """What the configuration says of one shop's stock."""

    buffer: int = 0
    percent: int = 100
    cap: int | None = None
    divide: bool = False
    overrides: tuple[dict[str, Any], ...] = ()

    def of(self, sku: str) -> Mapping[str, Any]:
        """The policy for one SKU: the first override that matches, over the shop's own."""
        own = {"buffer": self.buffer, "percent": self.percent, "cap": self.cap}
        for override in self.overrides:
            if fnmatch.fnmatchcase(sku, override["sku"]):
                return {**own, **override}
        return own


@dataclass(frozen=True)
class Policy:
    """What the configuration says of the whole."""

    protect_campaign_stock: bool = False
    unexplained: str = "report"
    apply: tuple[str, ...] = (
        "campaign-returned",
        "campaign-lock",
        "cancelled-order-restock",
        "orders-too-near",
    )
    more: Mapping[str, Any] = field(default_factory=dict)


def target(market: Market, listing: Listing, stock: Mapping[str, int]) -> int:
    """What the listing should expose if the ledger held `stock`."""
    plain = _target(market, listing, stock, protect=False)
    if not market.policy.protect_campaign_stock:
        return plain
    return max(_target(market, listing, stock, protect=True), min(listing.campaign, plain))


def _target(market: Market, listing: Listing, stock: Mapping[str, int], *, protect: bool) -> int:
    found = []
    for sku, units in listing.components.items():
        policy = listing.shop.policy.of(sku)
        free = stock[sku] - policy["buffer"]
        if protect:
            free -= sum(
                other.campaign * other.components[sku]
                for other in market.of_sku[sku]
                if other.shop is not listing.shop and other.in_snapshot
            )
        share = free * policy["percent"] // 100
        if listing.shop.policy.divide:
            same = [one for one in market.of_sku[sku] if one.shop is listing.shop]
            share = share // len(same) + (same.index(listing) < share % len(same))
        count = max(0, share // units)
        found.append(count if policy["cap"] is None else min(count, policy["cap"]))
    return min(found)


def limiting(listing: Listing, stock: Mapping[str, int]) -> str:
    """The component that limits a kit, the first in SKU order where several do; a cap limits no component."""

    def allows(sku: str) -> int:
        policy = listing.shop.policy.of(sku)
        share: int = (stock[sku] - policy["buffer"]) * policy["percent"] // 100
        return share // listing.components[sku]

    return min(sorted(listing.components), key=allows)
