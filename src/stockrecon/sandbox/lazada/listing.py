"""What Lazada has listed, and what one write of its stock comes to (reference: Lazada 3.3, 4.1, 4.3 to 4.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from stockrecon.core.model import ListingState
from stockrecon.sandbox.lazada.buckets import Buckets
from stockrecon.sandbox.records import Listing


@dataclass(slots=True)
class LazadaListing(Listing):
    """`warehouses` are the seller's, `fbl` the platform's own (not writable). `choice`: the item's type in Lazada
    Choice, "" where it is not of it.
    """

    warehouses: dict[str, Buckets] = field(default_factory=dict)
    fbl: dict[str, Buckets] = field(default_factory=dict)
    choice: str = ""

    @property
    def places(self) -> dict[str, Buckets]:
        return self.fbl if self.platform else self.warehouses


class How(StrEnum):
    """What a write's number means (reference: Lazada 4.1): sellable, a change of sellable, or the total."""

    SELLABLE = "A"
    ADJUST = "B"
    TOTAL = "C"


@dataclass(frozen=True, slots=True)
class SkuRefusal:
    """Why one SKU of a write was refused. `code` is the envelope's; `quiet`: the envelope says "0" all the same."""

    code: str
    message: str
    field: str = "bizCheck"
    quiet: bool = False


OFFSETS = {"VN": 7, "TH": 7, "ID": 7, "PH": 8, "MY": 8, "SG": 8}
"""Hours east of UTC of each site; campaign windows are site-local text without an offset."""


def local_text(when: datetime, region: str) -> str:
    """A time as the site's campaign windows show it."""
    return (when + timedelta(hours=OFFSETS.get(region, 8))).strftime("%Y-%m-%d %H:%M:%S")


def shut(listing: LazadaListing) -> SkuRefusal | None:
    """States that take no write, in the words of the reference's message catalogue (4.3, 4.4)."""
    if listing.platform:
        return SkuRefusal("501", "SELLER_NOT_PERMITTED")
    if listing.state is ListingState.BANNED:
        return SkuRefusal("4155", listing.message or "item is locked by penalty")
    if listing.state in (ListingState.ERROR, ListingState.REVIEWING):
        return SkuRefusal("501", listing.message or "Category is inactive", "Product")
    return None


def after_write(bucket: Buckets, how: How, number: int) -> int | SkuRefusal:
    """What would be sellable then."""
    illegal = SkuRefusal("4152", "THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity")
    if how is How.ADJUST:
        if bucket.sellable + number < 0:
            return SkuRefusal("212", "Sellable inventory cannot be negative")
        return bucket.sellable + number
    if number < 0:
        return illegal
    if how is How.SELLABLE:
        return number
    if number < bucket.withheld + bucket.occupied:
        return SkuRefusal("501", "negative sellable on inventory")
    return number - bucket.withheld - bucket.occupied
