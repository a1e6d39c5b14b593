"""The audit of one SKU's movements for units that do not exist (scenario 3, `cancelled-order-restock`).

An oversold order took the balance below zero, somebody wrote the balance up by hand, then the order was cancelled and
its units were added back. The audit replays the movements and keeps three numbers besides the balance:

- compensation: units written up by hand below zero, which a cancellation would add a second time;
- excess: units that a cancellation did add a second time, not yet taken out again;
- in hand: the units that can really be shipped, balance - compensation - excess + units of open orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from stockrecon.core.model import Movement, MovementKind, Order, OrderStatus, ShopName

OrderRef = tuple[ShopName | None, str]


@dataclass(frozen=True, slots=True)
class Shipment:
    """Units of one order that left the house."""

    order: OrderRef
    at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """Units that one cancelling movement added although they had been written up before."""

    movement: Movement
    units: int
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """An order still open whose cancellation would bring back units that were already written up."""

    order: OrderRef
    units: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What the movements tell. `sold_on`: units by which posted corrections took the balance below zero, still so.

    `break_at`: the last time at which balances and quantities contradicted one another; the audit begins after it.
    `adjustments`: the manual movements that wrote the balance up, as evidence.
    """

    claims: tuple[Claim, ...] = ()
    pending: tuple[WrittenOff, ...] = ()
    sold_on: int = 0
    break_at: datetime | None = None
    adjustments: tuple[Movement, ...] = ()

    @property
    def excess(self) -> int:
        return sum(claim.units for claim in self.claims)

    @property
    def ambiguous(self) -> bool:
        return any(claim.ambiguous for claim in self.claims)


def correction_ref(movement: Movement) -> str:
    """The unique reference of the correction of what this cancelling movement added."""
    return f"stockrecon:{movement.sku}:{movement.id}"


def shipments(orders: Sequence[Order]) -> tuple[Shipment, ...]:
    """When orders left the house, as far as the shops tell: the shipping time, else the last update, else creation."""
    gone = {OrderStatus.SHIPPED, OrderStatus.RETURNED}
    return tuple(
        Shipment((order.key.shop, order.order_id), order.shipped_at or order.updated_at or order.created_at)
        for order in orders
        if order.status in gone or order.shipped_at is not None
    )


def audit(movements: Sequence[Movement], available: int, gone: Sequence[Shipment] = ()) -> Audit:
    """Replays `movements` (in time order, ties by id) and the shipments; `available` is the balance of today."""
    if not movements:
        return Audit()
    replay = _Replay(balance=_start(movements, available))
    waiting = sorted(gone, key=lambda shipment: shipment.at)
    position = 0
    for movement in movements:
        while position < len(waiting) and waiting[position].at < movement.at:
            replay.ship(waiting[position])
            position += 1
        replay.move(movement)
    for shipment in waiting[position:]:
        replay.ship(shipment)
    if any(movement.balance is not None for movement in movements) and replay.balance != available:
        replay.begin_anew(available, movements[-1].at)
    return replay.result()


def _start(movements: Sequence[Movement], available: int) -> int:
    """The balance before the first movement: from the first stated balance, else back from today's."""
    total = 0
    for movement in movements:
        total += movement.quantity
        if movement.balance is not None:
            return movement.balance - total
    return available - total


@dataclass(slots=True)
class _Replay:
    balance: int
    compensation: int = 0
    claims: list[Claim] = field(default_factory=list)
    open: dict[OrderRef, int] = field(default_factory=dict)
    remembered: dict[OrderRef, int] = field(default_factory=dict)
    shipped: set[OrderRef] = field(default_factory=set)
    doubtful: bool = False
    sold_on: int = 0
    break_at: datetime | None = None
    adjustments: list[Movement] = field(default_factory=list)

    @property
    def excess(self) -> int:
        return sum(claim.units for claim in self.claims)

    @property
    def in_hand(self) -> int:
        return self.balance - self.compensation - self.excess + sum(self.open.values())

    def move(self, movement: Movement) -> None:
        if movement.balance is not None and movement.balance != self.balance + movement.quantity:
            self.begin_anew(movement.balance, movement.at)
            return
        before = self.balance
        self.balance += movement.quantity
        match movement.kind:
            case MovementKind.ORDER:
                self._deduct(movement)
            case MovementKind.CANCEL:
                self._give_back(movement)
            case MovementKind.MANUAL | MovementKind.CORRECTION if movement.quantity < 0:
                self._decrease(movement, before)
            case MovementKind.MANUAL if before < 0:
                self._write_up(movement, before)
            case MovementKind.STOCKTAKE:
                self._clear()
            case _:
                pass
        self.sold_on = min(self.sold_on, max(0, -self.balance))
        if not self.compensation and not self.claims:
            self.doubtful = False

    def ship(self, shipment: Shipment) -> None:
        """What ships beyond the units in hand was there after all, so that much was not written up wrongly."""
        self.shipped.add(shipment.order)
        units = self.open.pop(shipment.order, 0)
        self.remembered.pop(shipment.order, None)
        beyond = min(units, max(0, -self.in_hand))
        compensated = min(beyond, self.compensation)
        self.compensation -= compensated
        self._lower_excess(beyond - compensated, self.claims)

    def begin_anew(self, balance: int, at: datetime) -> None:
        self._clear()
        self.open.clear()
        self.balance = balance
        self.break_at = at

    def _clear(self) -> None:
        self.compensation = 0
        self.claims.clear()
        self.remembered.clear()
        self.adjustments.clear()
        self.doubtful = False
        self.sold_on = 0

    def _deduct(self, movement: Movement) -> None:
        order = _order_of(movement)
        if order is None or order in self.shipped or movement.quantity > 0:
            return
        self.open[order] = self.open.get(order, 0) - movement.quantity
        self._take_back(order, -movement.quantity)

    def _take_back(self, order: OrderRef, units: int) -> None:
        """An order that is deducted again (amended, confirmed anew) takes away what its cancellation had added, as far
        as nothing else covers it: from now on the next cancellation of an order that is counted would add it again."""
        own = [claim for claim in self.claims if _order_of(claim.movement) == order]
        taken = self._lower_excess(min(units, max(0, self.excess - self.balance)), own)
        if taken:
            self.compensation += taken
            self.remembered = dict(self.open)
            self.doubtful = self.doubtful or any(claim.ambiguous for claim in own)

    def _give_back(self, movement: Movement) -> None:
        order = _order_of(movement)
        if order is None or movement.quantity <= 0:
            return
        _take(self.open, order, movement.quantity)
        units = min(_take(self.remembered, order, movement.quantity), self.compensation)
        if units:
            self.compensation -= units
            self.claims.append(Claim(movement, units, self.doubtful))

    def _write_up(self, movement: Movement, before: int) -> None:
        self.compensation += min(movement.quantity, -before)
        self.remembered = dict(self.open)
        self.doubtful = self.doubtful or movement.quantity > -before
        self.adjustments.append(movement)

    def _decrease(self, movement: Movement, before: int) -> None:
        left = -movement.quantity
        ordered = sorted(self.claims, key=lambda claim: correction_ref(claim.movement) != movement.ref)
        left -= self._lower_excess(left, ordered)
        self.compensation -= min(left, self.compensation)
        if movement.kind is MovementKind.CORRECTION:
            self.sold_on += max(0, -self.balance) - max(0, -before)

    def _lower_excess(self, units: int, claims: Sequence[Claim]) -> int:
        """Takes `units` from these claims, one after the other; returns how many it took."""
        taken = 0
        kept = {claim.movement.id: claim for claim in self.claims}
        for claim in claims:
            part = min(claim.units, units - taken)
            taken += part
            kept[claim.movement.id] = replace(claim, units=claim.units - part)
        self.claims = [claim for claim in kept.values() if claim.units]
        return taken

    def result(self) -> Audit:
        pending = [
            WrittenOff(order, min(units, self.compensation))
            for order, units in sorted(self.remembered.items(), key=lambda item: (item[0][0] or "", item[0][1]))
            if self.compensation and units
        ]
        return Audit(tuple(self.claims), tuple(pending), self.sold_on, self.break_at, tuple(self.adjustments))


def _order_of(movement: Movement) -> OrderRef | None:
    return None if movement.order_id is None else (movement.shop, movement.order_id)


def _take(units: dict[OrderRef, int], order: OrderRef, wanted: int) -> int:
    """Takes up to `wanted` of an order's units; how many there were."""
    there = units.get(order, 0)
    taken = min(there, wanted)
    if taken == there:
        units.pop(order, None)
    else:
        units[order] = there - taken
    return taken
