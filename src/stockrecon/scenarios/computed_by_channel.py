"""`computed-by-channel`: a number that the channel makes from other listings.

Holds: the listing is a kit or a bundle whose number the channel computes from its parts, and it is not what the ledger
would allow. Claims: nothing that could be summed, since such a listing has no target: its units are those of its parts
and would be counted twice. Remedy: none; it is never written, and follows once its parts are right.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Case, Left
from stockrecon.core.findings import Finding
from stockrecon.core.model import Fulfilment
from stockrecon.scenarios.base import name_of, on_listing, shown

SLUG = "computed-by-channel"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        listing = account.listing
        if listing.fulfilment is not Fulfilment.COMPUTED or account.by_policy in (None, listing.exposed):
            continue
        text = (
            f"{name_of(listing)}: the channel computes {listing.exposed} from its parts, the ledger allows "
            f"{account.by_policy}: it follows once the parts are right; where it does not, what the ledger's listings "
            "say of its parts is not what the channel makes it from"
        )
        found.append(on_listing(SLUG, account, case, 0, text, evidence=[shown(account)]))
    return found
