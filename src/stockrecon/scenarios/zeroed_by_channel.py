"""`zeroed-by-channel`: the channel set the listing to 0 because the seller cancelled an order of it for want of stock.

Holds: a channel that does so (Lazada; reference: Lazada 6.3), sellable 0, such a cancellation within
`policy.lookback`, and no push is known to have succeeded since.
Claims: the rest of the negative variance. Remedy: set, a raise.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from stockrecon.core.case import Account, Case, Left
from stockrecon.core.findings import Finding
from stockrecon.core.model import Order
from stockrecon.scenarios.base import local, name_of, of_cancellation, on_listing, set_stock, shown, unrecorded

SLUG = "zeroed-by-channel"

# The reasons that Lazada's sellers can choose for want of stock, in the words met in its texts and in exports.
_WANT_OF_STOCK = re.compile(r"out[\s_-]*of[\s_-]*stock|no[\s_-]*stock|sold[\s_-]*out|reserve your stock", re.IGNORECASE)


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        order = zeroing_order(account, case)
        if order is not None and left.of(account) < 0:
            at = order.cancelled_when
            since = local(at, account.shop) if at else ""
            text = (
                f"{name_of(account.listing)}: the channel set it to 0 when order {order.order_id} was cancelled for "
                f"want of stock {since}"
            )
            evidence = [shown(account), *unrecorded(account), of_cancellation(order)]
            remedies = [set_stock(f"raise to {account.write_target}")]
            found.append(on_listing(SLUG, account, case, left.of(account), text, evidence=evidence, remedies=remedies))
    return found


def zeroing_order(account: Account, case: Case) -> Order | None:
    """The cancellation that made the channel set the listing to 0; None where nothing says so."""
    if not account.shop.capabilities.zeroes_on_stock_cancel or account.listing.sellable:
        return None
    since = account.shop.as_of - case.policy.lookback
    for order in reversed(account.orders):
        at = order.cancelled_when
        if at is None or at < since or order.cancelled_by != "seller" or not _WANT_OF_STOCK.search(order.cancel_reason):
            continue
        if account.pushed_after(at) is None:
            return order
    return None
