"""The whole ledger into the spool: stock, movements, and kits by their components."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from stockrecon.core.model import Sku
from stockrecon.core.sources import TableFile
from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, STOCK
from stockrecon.errors import ReadFault
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.balances import available_of
from stockrecon.ledgers.tryton.fields import whole
from stockrecon.ledgers.tryton.inventories import Inventories
from stockrecon.ledgers.tryton.movements import Movement, Teller, one_after_another
from stockrecon.ledgers.tryton.moves import Group, crossing, groups
from stockrecon.ledgers.tryton.places import Scope
from stockrecon.ledgers.tryton.products import Catalogue, Product, catalogue_of
from stockrecon.ledgers.tryton.setup import Setup
from stockrecon.spool.writer import SpoolWriter

EVERY_SHOP = "*"
"""As the shop of a row of `listings`: a seller SKU that means the same wherever it stands."""
_TOGETHER = 200
"""Products whose inventories are looked up together."""
_AHEAD_SECONDS = 300
_MOST_NAMED = 5


@dataclass(slots=True)
class Reading:
    """`since`: no movement before it is told."""

    tryton: Tryton
    scope: Scope
    setup: Setup
    spool: Path
    since: datetime
    numbers: dict[Sku, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    _fractions: set[Sku] = field(default_factory=set)

    def tables(self) -> dict[str, TableFile]:
        """Products first: what moves while they are read is told by the moves, together with its quantity."""
        catalogue = catalogue_of(self.tryton, self.scope)
        for product in catalogue.goods.values():
            self._balance(product, None)
        movements = self._movements(catalogue)
        stock = self._write_stock()
        self._warn(catalogue)
        kits = {"listings": self._write_kits(catalogue)} if catalogue.kits else {}
        return {"stock": stock, "movements": movements, **kits}

    def _movements(self, catalogue: Catalogue) -> TableFile:
        domain = crossing(self.scope, self.since, self.setup)
        path = self.spool / "movements.csv"
        for _ in range(2):
            before = self.tryton.count("stock.move", domain)
            seen = 0
            with SpoolWriter(MOVEMENTS, path) as writer:
                for told, moves in self._told(catalogue, groups(self.tryton, self.scope, self.setup, domain)):
                    seen += moves
                    writer.write_all(told)
            after = before if seen == before else self.tryton.count("stock.move", domain)
            if min(before, after) <= seen <= max(before, after):
                return TableFile(str(path), "Tryton's stock moves", trusted=True)
        words = f"stock.move: Tryton counts {after} moves, its pages held {seen}"
        raise ReadFault("ledger", words, way_on="Run again when less is going on in Tryton.")

    def _told(self, catalogue: Catalogue, found: Iterator[Group]) -> Iterator[tuple[Iterable[dict[str, object]], int]]:
        """What each portion of products tells, and of how many moves it tells."""
        inventories = Inventories(self.tryton)
        while portion := list(islice(found, _TOGETHER)):
            moves = [move for group in portion for move in group.moves]
            self._see_clock(max(max(move.made, move.changed) for move in moves))
            teller = Teller(self.scope, self.setup, inventories.of(moves))
            rows: list[dict[str, object]] = []
            for group in portion:
                product = catalogue.goods.get(group.product)
                if product is not None and self._balance(product, group):
                    rows += self._rows(teller, product, group)
            yield rows, len(moves)

    def _rows(self, teller: Teller, product: Product, group: Group) -> Iterator[dict[str, object]]:
        told: list[Movement] = [
            movement
            for move in group.moves
            for movement in teller.movements(product.sku, move)
            if movement.at >= self.since and movement.units
        ]
        if any(whole(movement.units) is None for movement in told):
            self._leave_out(product.sku)
            return
        yield from (movement.row() for movement in one_after_another(told))

    def _balance(self, product: Product, group: Group | None) -> bool:
        """Notes a product's available; False where it is kept in fractions of a unit."""
        number = whole(available_of(self.setup.available, product.on_hand, group))
        if number is None or product.sku in self._fractions:
            self._leave_out(product.sku)
            return False
        self.numbers[product.sku] = number
        return True

    def _leave_out(self, sku: Sku) -> None:
        self._fractions.add(sku)
        self.numbers.pop(sku, None)

    def _write_stock(self) -> TableFile:
        path = self.spool / "stock.csv"
        with SpoolWriter(STOCK, path) as writer:
            writer.write_all({"sku": sku, "available": number} for sku, number in sorted(self.numbers.items()))
        return TableFile(str(path), "Tryton's products", trusted=True)

    def _write_kits(self, catalogue: Catalogue) -> TableFile:
        """A kit is its components wherever it is sold: a listing is known by its seller SKU, in every shop."""
        path = self.spool / "listings.csv"
        with SpoolWriter(LEDGER_LISTINGS, path) as writer:
            writer.write_all(
                {"shop": EVERY_SHOP, "item_id": "", "seller_sku": kit, "sku": part.sku, "units": part.units}
                for kit, parts in sorted(catalogue.kits.items())
                for part in parts
            )
        return TableFile(str(path), "Tryton's kits", trusted=True)

    def _see_clock(self, newest: datetime) -> None:
        ahead = (newest - self.tryton.now()).total_seconds()
        if ahead > _AHEAD_SECONDS:
            words = f"Tryton's times are {ahead / 3600:.1f} h ahead of its own clock: they are not in ledger.zone"
            raise ReadFault("ledger", words, way_on="Set ledger.zone to the time zone of Tryton's database server.")

    def _warn(self, catalogue: Catalogue) -> None:
        if self._fractions:
            self.warnings.append(
                f"{_named(self._fractions)}: kept in fractions of a unit, so not known here (whole units count)"
            )
        if catalogue.uncoded:
            self.warnings.append(f"{catalogue.uncoded} products of Tryton have no code and are not known here")
        if catalogue.strange:
            told = [f"{sku} ({reason})" for sku, reason in sorted(catalogue.strange.items())]
            more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
            self.warnings.append(f"kits that are not known here: {'; '.join(told[:_MOST_NAMED])}{more}")


def _named(skus: Iterable[Sku]) -> str:
    names = sorted(skus)
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
