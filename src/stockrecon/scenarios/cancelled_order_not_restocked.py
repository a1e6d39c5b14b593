"""`cancelled-order-not-restocked`: an order was cancelled in the shop and its units never came back to the ledger.

Some systems do that by policy. Holds: the ledger booked the order, the shop cancelled it longer than
`policy.import_grace` and not longer than `policy.lookback` ago, and the ledger did not book the cancellation.
Claims: ledger side -q; on the order's listing up to q of positive variance, if no push followed the cancellation.
Remedy: manual: only people know whether the goods are on the shelf again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockrecon.core.case import Account, Case, Left, Pending
from stockrecon.core.findings import Evidence, Finding, Remedy
from stockrecon.scenarios.base import (
    clip,
    manual,
    name_of,
    of_cancellation,
    on_ledger,
    on_listing,
    own,
    shown,
    units_of,
    unrecorded,
)

SLUG = "cancelled-order-not-restocked"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    return [*_ledger_side(case), *_listing_side(case, left)]


def _remedy(pendings: Sequence[Pending]) -> Remedy:
    orders = ", ".join(dict.fromkeys(f"{p.order.key.shop} order {p.order.order_id}" for p in pendings))
    units = sum(pending.units for pending in pendings)
    return manual(f"put {units_of(units)} of the cancelled {orders} back into the ledger, if they are on the shelf")


def _ledger_side(case: Case) -> Iterator[Finding]:
    lacking = case.position.not_restocked if case.position else ()
    if not lacking:
        return
    units = sum(pending.units for pending in lacking)
    text = f"{case.sku}: {units_of(units)} of cancelled orders never came back to the ledger"
    evidence = [of_cancellation(pending.order) for pending in lacking]
    evidence.append(Evidence(case.ledger.as_of, "ledger", f"has no cancellation for {units_of(units)}"))
    yield on_ledger(SLUG, case, -units, text, evidence=evidence, remedies=[_remedy(lacking)])


def _listing_side(case: Case, left: Left) -> Iterator[Finding]:
    for account in case.accounts:
        lacking = [
            pending
            for pending in own((p for sku in account.supplies for p in case.positions[sku].not_restocked), account)
            if account.pushed_after(pending.at) is None
        ]
        if lacking and _positive(account):
            quantity = sum(pending.quantity for pending in lacking)
            units = clip(left.of(account), quantity)
            text = f"{name_of(account.listing)}: shows {units_of(units)} of cancelled orders that the ledger lacks"
            yield on_listing(
                SLUG,
                account,
                case,
                units,
                text,
                evidence=[
                    shown(account),
                    *unrecorded(account),
                    *(of_cancellation(pending.order) for pending in lacking),
                ],
                remedies=[_remedy(lacking)],
                supports=quantity,
            )


def _positive(account: Account) -> bool:
    return account.variance is not None and account.variance > 0
