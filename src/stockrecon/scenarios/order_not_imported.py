"""`order-not-imported`: a paid order that the ledger still lacks after `policy.import_grace`.

Holds: the ledger names orders of that shop at all, and the order is not older than the oldest movement that was read.
Claims: what the buyer took from the order's own listing; where a push succeeded after the order, the part of the
variance between 0 and what the target would move by. Remedy: manual: the order has to be brought into the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.case import Account, Case, Left, Pending
from stockrecon.core.findings import Evidence, Finding
from stockrecon.scenarios.base import (
    clip,
    local,
    manual,
    moved,
    name_of,
    of_order,
    on_listing,
    own,
    shown,
    units_of,
)

SLUG = "order-not-imported"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    found = []
    for account in case.accounts:
        missing = own((p for sku in account.supplies for p in case.positions[sku].not_imported), account)
        if missing:
            found.append(_finding(account, case, left, missing))
    return found


def _finding(account: Account, case: Case, left: Left, missing: Sequence[Pending]) -> Finding:
    # An order of which a part is sent already has a row for each part.
    orders = ", ".join(dict.fromkeys(pending.order.order_id for pending in missing))
    taken = sum(pending.quantity for pending in missing)
    since = local(min(pending.at for pending in missing), account.shop)
    text = f"{name_of(account.listing)}: the ledger lacks {units_of(taken)} of order {orders}, placed since {since}"
    remedy = manual(
        f"bring {account.key.shop} order {orders} into the ledger ({units_of(taken)} of the listing), "
        "and look why the import missed it"
    )
    evidence = [shown(account), *(of_order(pending.order) for pending in missing)]
    evidence.append(Evidence(case.ledger.as_of, "ledger", f"has no movement for order {orders}"))
    return on_listing(
        SLUG, account, case, _units(account, case, left, missing), text, evidence=evidence, remedies=[remedy]
    )


def _units(account: Account, case: Case, left: Left, missing: Sequence[Pending]) -> int:
    """Exactly what buyers took, where no push has overwritten it; else what the target would move by."""
    if not account.variance:
        return 0
    exact = [pending for pending in missing if account.pushed_after(pending.at) is None]
    taken = -sum(pending.quantity for pending in exact)
    overwritten = {pending.order for pending in missing} - {pending.order for pending in exact}
    d = account.target_moved(
        moved(
            (sku, pending.effect)
            for sku in account.supplies
            for pending in case.positions[sku].not_imported
            if pending.order in overwritten
        )
    ) - account.target_moved({})
    return taken + clip(left.of(account) - taken, d)
