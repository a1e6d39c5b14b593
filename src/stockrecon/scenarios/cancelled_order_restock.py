"""3 `cancelled-order-restock`: an oversold order, a balance set by hand, then the cancellation adds the unit again.

The ledger holds units that do not exist. Ledger and shops agree with one another, so no comparison shows it; the audit
of the SKU's movements does (`core/audit.py` has the rule).
Claims: the excess, on the ledger side; what was sold on before the correction, as a deficit; and on each listing the
variance that comes from the corrected target. Remedy: one adjust-ledger per cancelling movement, then the shops follow.
An excess that follows from an adjustment above zero (it may have been a receipt typed as manual) is ambiguous and only
shown. While an order that was written off is still open: 0 units and wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stockrecon.core.audit import Audit, correction_ref
from stockrecon.core.case import Case, Left
from stockrecon.core.findings import Correction, Finding, Remedy, RemedyKind
from stockrecon.core.model import Order
from stockrecon.core.position import units_by_listing
from stockrecon.scenarios.base import (
    clip,
    manual,
    name_of,
    of_movement,
    of_order,
    on_ledger,
    on_listing,
    set_stock,
    shown,
    units_of,
    wait,
)

SLUG = "cancelled-order-restock"


def detect(case: Case, left: Left) -> Sequence[Finding]:
    if case.position is None:
        return list(_followers(case, left))
    audit = case.position.audit
    return [*_excess(case, audit), *_sold_on(case, audit, left), *_pending(case, audit), *_followers(case, left)]


def _excess(case: Case, audit: Audit) -> Iterator[Finding]:
    if not audit.excess:
        return
    corrections = tuple(Correction(-claim.units, correction_ref(claim.movement)) for claim in audit.claims)
    units = units_of(audit.excess)
    text = f"{case.sku}: the ledger holds {units} too many: written up by hand, then added again by a cancellation"
    if audit.ambiguous:
        remedy = manual(
            f"count {case.sku}: an adjustment above zero may have been a receipt, so {units} may be there or not"
        )
    else:
        remedy = Remedy(RemedyKind.ADJUST_LEDGER, f"take {units} out of the ledger", corrections=corrections)
    evidence = [of_movement(movement) for movement in audit.adjustments]
    evidence += [of_movement(claim.movement) for claim in audit.claims]
    evidence += [of_movement(m) for m in case.movements if m.order_id and m.order_id in _orders(audit)]
    yield on_ledger(
        SLUG,
        case,
        audit.excess,
        text,
        evidence=evidence,
        remedies=[remedy],
        ambiguous=audit.ambiguous,
    )


def _orders(audit: Audit) -> set[str | None]:
    return {claim.movement.order_id for claim in audit.claims}


def _sold_on(case: Case, audit: Audit, left: Left) -> Iterator[Finding]:
    """The part of the deficit that a correction lays bare: those units had been sold again already."""
    if case.position is None:
        return
    proposed = max(0, case.deficit - max(0, -case.position.available_in_flight))
    units = clip(left.deficit, audit.sold_on + proposed)
    if not units:
        return
    latest = _latest_open(case, units)
    names = ", ".join(f"{order.key.shop} order {order.order_id}" for order in latest) or "no open order is known"
    text = f"{case.sku}: {units_of(units)} that never existed are sold already; latest open orders: {names}"
    yield on_ledger(
        SLUG,
        case,
        units,
        text,
        evidence=[of_order(order) for order in latest],
        remedies=[manual(f"cancel or back-order {units_of(units)} of {case.sku}, the latest first: {names}")],
        part="sold-on",
    )


def _latest_open(case: Case, units: int) -> list[Order]:
    """The newest open orders that together took `units` of the ledger."""
    per_unit, found = units_by_listing(case.facts), []
    for order in sorted(case.facts.orders, key=lambda o: (o.created_at, o.order_id), reverse=True):
        taken = order.quantity * per_unit.get(order.key, 0)
        if units > 0 and taken and order.status.is_open:
            found.append(order)
            units -= taken
    return found


def _pending(case: Case, audit: Audit) -> Iterator[Finding]:
    """Orders still open whose cancellation would bring back what was written off."""
    waiting = [(off, order) for off in audit.pending if (order := _open_order(case, off.order)) is not None]
    if not waiting:
        return
    told = "; ".join(
        f"when {order.key.shop} order {order.order_id} is cancelled, {units_of(off.units)} will come back "
        "that were already written off"
        for off, order in waiting
    )
    evidence = [of_movement(movement) for movement in audit.adjustments] + [of_order(order) for _, order in waiting]
    yield on_ledger(
        SLUG, case, 0, f"{case.sku}: {told}", evidence=evidence, remedies=[wait(None, told)], part="pending"
    )


def _open_order(case: Case, ref: tuple[str | None, str]) -> Order | None:
    """The shop's row of an order that is still open or asked to be cancelled; None where the shop does not say so."""
    return next(
        (order for order in case.facts.orders if (order.key.shop, order.order_id) == ref and order.status.is_open),
        None,
    )


def _followers(case: Case, left: Left) -> Iterator[Finding]:
    """Listings whose target falls with the corrected ledger."""
    for account in case.accounts:
        corrected = {sku: case.positions[sku].correction for sku in account.supplies if case.positions[sku].correction}
        if account.target is None or not corrected:
            continue
        units = clip(left.of(account), account.target_moved({}) - account.target)
        if units:
            text = f"{name_of(account.listing)}: exposes {units_of(units)} that the ledger holds wrongly"
            remedy = set_stock(f"set to {account.target} after the ledger is corrected")
            yield on_listing(SLUG, account, case, units, text, evidence=[shown(account)], remedies=[remedy])
