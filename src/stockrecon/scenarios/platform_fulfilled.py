"""`platform-fulfilled`: stock that the channel holds in its own warehouse.

Holds: the listing's stock is the platform's to count, and it differs from what policy would say of the seller's own.
Claims: nothing that could be summed, since such a listing has no target. Remedy: none; it is never written.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Case, Left
from stockrecon.core.findings import Finding
from stockrecon.core.model import Fulfilment
from stockrecon.scenarios.base import name_of, on_listing, shown

SLUG = "platform-fulfilled"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        listing = account.listing
        if listing.fulfilment is not Fulfilment.PLATFORM or account.by_policy in (None, listing.exposed):
            continue
        text = (
            f"{name_of(listing)}: the platform holds {listing.exposed} in its own warehouse; "
            f"the seller's stock would allow {account.by_policy}"
        )
        found.append(on_listing(SLUG, account, case, 0, text, evidence=[shown(account)]))
    return found
