"""Random histories of one SKU beside a model that knows the true stock, for the audit of scenario 3."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stockrecon.core.audit import Audit, OrderRef, Shipment, audit, correction_ref
from stockrecon.core.model import Movement, MovementKind, ShopName, Sku

START = datetime(2026, 11, 1, tzinfo=UTC)
SHOPS = (ShopName("shopee-vn"), ShopName("lazada-vn"), ShopName("tiktok-vn"))


@dataclass
class History:
    """The truth (`shelf`, units really there; `open`, units promised) beside the ledger's book (`balance`).

    `written_up`: units that people wrote up below zero and that no cancellation has doubled yet.
    """

    chance: random.Random
    with_balance: bool
    shelf: int = 0
    balance: int = 0
    open: dict[OrderRef, int] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    shipped: list[Shipment] = field(default_factory=list)
    cancelled: dict[OrderRef, int] = field(default_factory=dict)
    clock: int = 0
    orders: int = 0

    @property
    def truth(self) -> int:
        """Available if the ledger were right: what is on the shelf less what is promised."""
        return self.shelf - sum(self.open.values())

    def book(self, quantity: int, kind: MovementKind, order: OrderRef | None = None, ref: str | None = None) -> None:
        self.balance += quantity
        shop, number = order if order else (None, None)
        at = START + timedelta(minutes=self.tick())
        name = str(len(self.movements) + 1)
        balance = self.balance if self.with_balance else None
        self.movements.append(Movement(name, Sku("S"), at, quantity, kind, shop, number, balance, ref))

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def order(self) -> None:
        self.orders += 1
        ref = (self.chance.choice(SHOPS), f"O{self.orders}")
        units = self.chance.choice((1, 1, 1, 2, 3))
        self.open[ref] = units
        self.book(-units, MovementKind.ORDER, ref)

    def cancel(self) -> None:
        """Whole or a part of an order."""
        if self.open:
            ref = self.chance.choice(sorted(self.open))
            self.give_back(ref, self.chance.randint(1, self.open[ref]))

    def give_back(self, ref: OrderRef, units: int) -> None:
        self.open[ref] -= units
        if not self.open[ref]:
            del self.open[ref]
            self.cancelled[ref] = units
        self.book(units, MovementKind.CANCEL, ref)

    def again(self) -> None:
        """An order that was cancelled is deducted anew: amended, or confirmed once more."""
        if self.cancelled:
            ref = self.chance.choice(sorted(self.cancelled))
            self.open[ref] = self.cancelled.pop(ref)
            self.book(-self.open[ref], MovementKind.ORDER, ref)

    def ship(self) -> None:
        """An order whose units are really there."""
        ready = sorted(ref for ref, units in self.open.items() if units <= self.shelf)
        if ready:
            ref = self.chance.choice(ready)
            self.shelf -= self.open.pop(ref)
            self.shipped.append(Shipment(ref, START + timedelta(minutes=self.tick())))

    def write_off(self) -> None:
        """Somebody sets a negative balance to zero by hand."""
        if self.balance < 0:
            self.book(-self.balance, MovementKind.MANUAL)

    def undo(self) -> None:
        """Somebody takes a write-off back, or a part of it."""
        wrong = self.balance - self.truth
        if wrong > 0:
            self.book(-self.chance.randint(1, wrong), MovementKind.MANUAL)

    def correct(self) -> None:
        """What the audit claims by now is posted."""
        for claim in self.audit().claims:
            self.book(-claim.units, MovementKind.CORRECTION, ref=correction_ref(claim.movement))

    def receive(self) -> None:
        units = self.chance.randint(1, 3)
        self.shelf += units
        self.book(units, MovementKind.RECEIPT)

    def audit(self) -> Audit:
        return audit(self.movements, self.balance, self.shipped)

    def close(self) -> None:
        """Everything open is shipped while goods last, the rest is cancelled."""
        for ref in sorted(self.open):
            if self.open[ref] <= self.shelf and self.chance.random() < 0.7:
                self.shelf -= self.open.pop(ref)
                self.shipped.append(Shipment(ref, START + timedelta(minutes=self.tick())))
            else:
                self.give_back(ref, self.open[ref])


def history(seed: int, *, receipts: bool = False) -> History:
    """One random life of a SKU."""
    chance = random.Random(seed)
    one = History(chance, with_balance=chance.random() < 0.5)
    stock = chance.randint(0, 4)
    one.shelf = stock
    one.book(stock, MovementKind.STOCKTAKE)
    steps = [one.order] * 5 + [one.cancel] * 3 + [one.ship] * 2 + [one.write_off] * 3
    steps += [one.undo, one.correct, one.again]
    if receipts:
        steps += [one.receive]
    for _ in range(chance.randint(3, 25)):
        chance.choice(steps)()
    return one


def wrong(seed: int, *, receipts: bool = False) -> tuple[int, int]:
    """Phantom units that a full audit leaves in the ledger, and real units that it hides, for one seed.

    Looked at twice: in the middle, where no real unit may be hidden, and when everything open has been closed.
    """
    one = history(seed, receipts=receipts)
    hidden = max(0, one.truth - (one.balance - one.audit().excess))
    one.close()
    left = one.balance - one.audit().excess - one.truth
    return max(0, left), max(hidden, -left)
