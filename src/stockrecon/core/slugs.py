"""The scenarios' slugs with their numbers, in the order in which detectors run (semantics, section 4).

A number is 1 to 6, or None for a cause beyond the six.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SCENARIOS: Mapping[str, int | None] = MappingProxyType(
    {
        "platform-fulfilled": None,
        "computed-by-channel": None,
        "duplicate-sku": None,
        "in-flight": None,
        "order-not-imported": None,
        "cancelled-order-not-restocked": None,
        "cancelled-order-restock": 3,
        "campaign-lock": 2,
        "campaign-returned": 1,
        "unpaid-release": 5,
        "listing-sync-error": 4,
        "push-not-applied": None,
        "zeroed-by-channel": None,
        "edited-in-seller-center": None,
        "shop-silent": None,
        "orders-too-near": 6,
        "unexplained": None,
        "unlisted": None,
        "unknown-sku": None,
        "policy": None,
    }
)


def number_of(slug: str) -> int | None:
    """The scenario's number, None beyond the six and for slugs of other packages."""
    return SCENARIOS.get(slug)
