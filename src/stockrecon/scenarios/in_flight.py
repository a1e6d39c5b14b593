"""`in-flight`: shop and ledger were not read at the same instant (semantics, section 3).

Holds: the shop has an order or a cancellation that the ledger has not yet (or the other way round), younger than
`policy.import_grace`; or the ledger moved within `policy.sync_latency` before the shop was read, or after, and no push
is known to have told the listing.
Claims: on the order's own listing exactly what the buyer took or gave back, unless a push overwrote it; elsewhere the
part of the variance between 0 and what the target is about to move by. Remedy: wait. A listing without variance makes
no finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.ahead import AHEAD
from stockrecon.core.case import Account, Case, Left, Pending, PendingKind
from stockrecon.core.findings import Evidence, Finding
from stockrecon.core.model import Movement, MovementKind, Order, OrderStatus, Sku
from stockrecon.scenarios.base import (
    clip,
    moved,
    name_of,
    of_cancellation,
    of_movement,
    of_order,
    of_push,
    on_listing,
    own,
    shown,
    units_of,
    unrecorded,
    wait,
    when,
)

SLUG = "in-flight"


@dataclass(slots=True)
class _Claim:
    """What a listing has in flight: claimed units, units that the evidence carries, until when, and the facts."""

    units: int = 0
    supports: int = 0
    until: list[datetime] = field(default_factory=list)
    open_end: bool = False
    evidence: list[Evidence] = field(default_factory=list)


def detect(case: Case, left: Left) -> Sequence[Finding]:
    if "movements" not in case.ledger.tables:
        return []
    return [finding for account in case.accounts if (finding := _of_account(account, case, left)) is not None]


def _of_account(account: Account, case: Case, left: Left) -> Finding | None:
    variance = account.variance
    if not variance:
        return None
    claim = _Claim()
    exact = _exact(account, case, claim)
    _ledger_late(account, case, exact, left, claim)
    _shop_late(account, case, left, claim)
    if not claim.units and not claim.supports:
        return None
    until = None if claim.open_end else max(claim.until, default=None)
    end = f" by {when(until, account.shop.tz)}" if until else ""
    text = f"{name_of(account.listing)}: {_words(claim.units)} still on the way between shop and ledger"
    return on_listing(
        SLUG,
        account,
        case,
        claim.units,
        text,
        evidence=[shown(account), *claim.evidence],
        remedies=[wait(until, f"should be gone{end}" if end else "should be gone when the order is paid or cancelled")],
        supports=claim.supports,
    )


def _words(units: int) -> str:
    return f"{units_of(units)} {'too many' if units > 0 else 'too few'}" if units else "a movement is"


def _exact(account: Account, case: Case, claim: _Claim) -> list[Pending]:
    """What a buyer took from this very listing, or gave back, before it was read and with no push since."""
    exact = []
    for pending in own(_pendings(account, case), account):
        if pending.kind is PendingKind.LEDGER_CANCELLATION or account.pushed_after(pending.at):
            continue
        if pending.at > account.shop.as_of:
            continue
        units = pending.quantity if pending.kind is PendingKind.CANCELLATION else -pending.quantity
        claim.units += units
        claim.supports += units
        _tell(pending, account, case, claim)
        exact.append(pending)
    return exact


def _ledger_late(account: Account, case: Case, exact: Sequence[Pending], left: Left, claim: _Claim) -> None:
    """The rest of what the ledger does not know yet: the target is about to move by d."""
    known = {(pending.order, pending.kind) for pending in exact}
    rest = [(sku, p) for sku, p in _by_sku(account, case) if (p.order, p.kind) not in known]
    if not rest:
        return
    d = account.target_moved(moved((sku, p.effect) for sku, p in rest)) - account.target_moved({})
    claim.supports += d
    part = clip(left.of(account) - claim.units, d)
    if part:
        claim.units += part
        for _, pending in rest:
            _tell(pending, account, case, claim)


def _shop_late(account: Account, case: Case, left: Left, claim: _Claim) -> None:
    """Movements that the shop cannot know yet: the target has moved by L, the listing has not."""
    since = account.shop.as_of - case.policy.sync_latency
    late = [
        (sku, movement)
        for sku in account.supplies
        for movement in case.positions[sku].facts.movements
        if movement.at > since and _is_true(movement, account, case) and account.pushed_after(movement.at) is None
    ]
    if not late:
        return
    before = moved((sku, -movement.quantity) for sku, movement in late)
    lagging = account.target_moved(before) - account.target_moved({})
    lagging -= sum(_already_there({m.id: m for _, m in late}.values(), account))
    claim.supports += lagging
    part = clip(left.of(account) - claim.units, lagging)
    if part:
        claim.units += part
        claim.until += [movement.at + case.policy.sync_latency for _, movement in late]
        claim.evidence += [*(of_movement(movement) for _, movement in late), *unrecorded(account)]


def _is_true(movement: Movement, account: Account, case: Case) -> bool:
    """Whether its time can be: what is later than the ledger itself has a wrong one, and came nobody knows when.

    A correction of ours has the run's time, which files are older than.
    """
    until = case.ledger.as_of
    if movement.kind is MovementKind.CORRECTION:
        until = max(until, case.now, account.shop.as_of)
    return movement.at <= until + AHEAD


def _already_there(late: Iterable[Movement], account: Account) -> Iterator[int]:
    """Listing units by which the listing already moved itself: its own orders and cancellations, pushes aside."""
    seen: set[tuple[str, MovementKind]] = set()
    for movement in late:
        order = _own_order(movement, account)
        if order is None or (order.order_id, movement.kind) in seen:
            continue
        seen.add((order.order_id, movement.kind))
        if movement.kind is MovementKind.ORDER:
            happened, units = order.created_at, order.quantity
        elif movement.kind is MovementKind.CANCEL and order.cancelled_when is not None:
            happened, units = order.cancelled_when, -order.quantity
        else:
            continue
        if happened <= account.shop.as_of and account.pushed_between(happened, movement.at) is None:
            yield units


def _own_order(movement: Movement, account: Account) -> Order | None:
    if movement.shop != account.key.shop or movement.order_id is None:
        return None
    return next((order for order in account.orders if order.order_id == movement.order_id), None)


def _pendings(account: Account, case: Case) -> Iterator[Pending]:
    for _, pending in _by_sku(account, case):
        yield pending


def _by_sku(account: Account, case: Case) -> Iterator[tuple[Sku, Pending]]:
    for sku in account.supplies:
        for pending in case.positions[sku].in_flight:
            yield sku, pending


def _tell(pending: Pending, account: Account, case: Case, claim: _Claim) -> None:
    order = pending.order
    claim.evidence.append(of_cancellation(order) if pending.kind is PendingKind.CANCELLATION else of_order(order))
    claim.evidence.append(Evidence(case.ledger.as_of, "ledger", _missing(pending)))
    push = account.pushed_after(pending.at)
    if push is not None:
        claim.evidence.append(of_push(push))
    if order.status is OrderStatus.UNPAID:
        hold = account.shop.capabilities.releases_unpaid_after
        claim.open_end = claim.open_end or hold is None
        claim.until.append(pending.at + (hold or case.policy.import_grace))
    else:
        claim.until.append(pending.at + case.policy.import_grace)


def _missing(pending: Pending) -> str:
    order = f"{pending.order.key.shop} order {pending.order.order_id}"
    match pending.kind:
        case PendingKind.ORDER:
            return f"has {units_of(pending.units)} of {order} not booked yet"
        case PendingKind.CANCELLATION:
            return f"has {units_of(pending.units)} of {order} not put back yet"
        case PendingKind.LEDGER_CANCELLATION:
            return f"has put back {units_of(pending.units)} of {order}, which the shop still shows"
