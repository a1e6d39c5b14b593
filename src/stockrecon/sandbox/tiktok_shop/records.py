"""What TikTok Shop keeps beside what every loopback market does: stock by warehouse, warehouses, why a write failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.sandbox.records import Listing

CREATOR, PROMOTION = "creator", "promotion"
"""A campaign may be units that are lent to a creator, or a promotion of the seller's that limits and keeps nothing."""
TOKOPEDIA = "TOKOPEDIA"
FBT_WAREHOUSE = "7232382932030232001"
FBT_NUMBER = "121219993203023"
"""The platform's warehouse as TikTok Shop numbers it, and as Fulfilled by TikTok does."""


@dataclass(slots=True)
class Stock:
    """Units of one SKU in one warehouse. `available` includes those kept for campaigns and creators (reference: TikTok
    2.6); `withheld` are of unpaid orders, `committed` of paid ones that have not left.
    """

    available: int = 0
    withheld: int = 0
    committed: int = 0


@dataclass(slots=True)
class TiktokListing(Listing):
    """One SKU. `seller`: the seller's warehouses, `fbt`: the platform's own (Fulfilled by TikTok, not writable).

    `status` stands in place of the product status that its state would have; `mirror` is its status on Tokopedia, ""
    the same as here, "none" not there at all; `only_mirror`: it is on Tokopedia alone.
    """

    seller: dict[str, Stock] = field(default_factory=dict)
    fbt: dict[str, Stock] = field(default_factory=dict)
    updated_at: datetime | None = None
    status: str = ""
    mirror: str = ""
    only_mirror: bool = False
    sync_fault: str = ""

    @property
    def places(self) -> dict[str, Stock]:
        return self.fbt if self.platform else self.seller


@dataclass(slots=True)
class Warehouse:
    """`status` ENABLED, DISABLED or RESTRICTED: in the last two its stock is shown and cannot be bought."""

    warehouse_id: str
    name: str
    status: str = "ENABLED"
    default: bool = False
