"""Everything in one picture: Odoo gives each call a transaction of its own, so what moved meanwhile is read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from stockrecon.core.model import Sku
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, STOCK
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.catalogue import Catalogue, catalogue_of
from stockrecon.ledgers.odoo.fields import Row, down, link, moment, name_of, written
from stockrecon.ledgers.odoo.movements import Teller
from stockrecon.ledgers.odoo.moves import Move, chained, crossing, fields, move_of, moves
from stockrecon.ledgers.odoo.paging import whole
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.products import by_sku
from stockrecon.ledgers.odoo.quantities import FIELDS, Quantities, fingerprint, inside, promised, quants
from stockrecon.ledgers.odoo.sales import sales_of
from stockrecon.ledgers.odoo.setup import Available, Setup
from stockrecon.spool.writer import SpoolWriter

ROUNDS = 5
"""How often what changed while it was read is read again before that is told instead."""
LONGEST = timedelta(minutes=15)
"""How long a transaction of Odoo's may last: what it changes bears the time at which it began, and shows at its end.
Odoo stops its own after two minutes (`limit_time_real`), unless that was set otherwise."""
EVERY_SHOP = "*"
"""As the shop of a row of `listings`: a seller SKU that means the same wherever it stands."""
_NONE = Decimal(0)
_NEVER = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Picture:
    """What was read; `as_of` is Odoo's time before the last look that found nothing changed."""

    catalogue: Catalogue
    quantities: Quantities
    moves: dict[int, Move]
    as_of: datetime
    moving: int = 0


@dataclass(slots=True)
class Reading:
    """One reading of the whole ledger."""

    odoo: Odoo
    setup: Setup
    scope: Scope
    now: Callable[[], datetime]
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def picture(self, since: datetime) -> Picture:
        """Stock and moves that belong together. Raises ReadFault, DataFault for what the rows hold."""
        marks = {model: self._mark(model) for model in ("stock.quant", "stock.move")}
        catalogue = catalogue_of(self.odoo, self.scope)
        made = Picture(catalogue, Quantities(), {}, self.now())
        self._take_quants(made, quants(self.odoo, self.scope), (), marks["stock.quant"])
        self._take_moves(made, moves(self.odoo, self.scope, since), ())
        for _ in range(ROUNDS):
            looked = self.now()
            changed = self._changed(marks, made)
            made.moving = len(changed)
            made.as_of = looked
            if not changed:
                break
            self._take_quants(made, quants(self.odoo, self.scope, changed), changed, marks["stock.quant"])
            self._take_moves(made, moves(self.odoo, self.scope, since, changed), changed)
        return made

    def _mark(self, model: str) -> str:
        """The time from which on a change may not have shown when the reading began, as Odoo writes it; empty where
        there was none at all."""
        rows = self.odoo.search_read(model, [], ["write_date"], order="write_date desc, id desc", limit=1)
        last = moment(rows[0].get("write_date"), f"{model}: write_date") if rows else None
        return written(last - LONGEST) if last is not None else ""

    def _changed(self, marks: dict[str, str], made: Picture) -> list[int]:
        """The products of quants and moves that say something else than what was read."""
        found: set[int] = set()
        for row in whole(self.odoo, "stock.quant", [*inside(self.scope), *_since(marks["stock.quant"])], FIELDS):
            if fingerprint(row) not in self._seen:
                found.add(link(row.get("product_id"), "stock.quant: product_id") or 0)
                self._seen.add(fingerprint(row))
        domain = [*crossing(self.scope), *_since(marks["stock.move"])]
        for row in whole(self.odoo, "stock.move", domain, fields(self.odoo)):
            move = move_of(row, self.scope)
            # A draft holds nothing yet and is not among what is read.
            if move is None or (move.id not in made.moves and name_of(row.get("state")) == "draft"):
                continue
            if made.moves.get(move.id) != move:
                found.add(move.product)
        return sorted(found)

    def _take_quants(self, made: Picture, rows: Sequence[Row], again: Sequence[int], mark: str) -> None:
        made.quantities.take(rows, self.scope, again)
        self._seen.update(fingerprint(row) for row in rows if name_of(row.get("write_date")) >= mark)

    def _take_moves(self, made: Picture, found: Iterable[Move], again: Sequence[int]) -> None:
        dropped = frozenset(again)
        made.moves = {number: move for number, move in made.moves.items() if move.product not in dropped}
        made.moves.update({move.id: move for move in found})


def _since(mark: str) -> list[object]:
    return [["write_date", ">=", mark]] if mark else []


def _open_out(found: Iterable[Move]) -> frozenset[int]:
    return frozenset(move.id for move in found if move.is_open and move.leaves)


def spool_all(reading: Reading, spool: Path, now: datetime) -> LedgerRead:
    """Reads everything into `spool`."""
    since = now - reading.setup.history
    picture = reading.picture(since)
    tables = {"stock": TableFile(str(spool / "stock.csv"), "stock.quant", trusted=True)}
    broken = _stock(reading.setup, picture, spool / "stock.csv")
    _movements(reading, picture, since, spool / "movements.csv")
    tables["movements"] = TableFile(str(spool / "movements.csv"), "stock.move", trusted=True)
    if picture.catalogue.kits:
        _listings(picture.catalogue, spool / "listings.csv")
        tables["listings"] = TableFile(str(spool / "listings.csv"), "mrp.bom", trusted=True)
    warnings = tuple(_warnings(picture, broken))
    return LedgerRead("odoo", min(picture.as_of, now), tables, warnings=warnings)


def available_of(odoo: Odoo, setup: Setup, scope: Scope, skus: Sequence[Sku]) -> dict[Sku, int]:
    """Available of some SKUs now; those that are gone, that Odoo does not count, or that are several are left out."""
    found = {
        sku: products[0]
        for sku, products in by_sku(odoo, scope, skus).items()
        if len(products) == 1 and products[0].stored
    }
    wanted = [product.id for product in found.values()]
    held: dict[int, Decimal] = {}
    if setup.available is Available.PROMISED:
        # Nothing that was done or cancelled by now was changed in the future.
        waiting = moves(odoo, scope, _NEVER, wanted)
        held = promised(waiting, _open_out(waiting))
    quantities = Quantities()
    quantities.take(quants(odoo, scope, wanted), scope)
    return {
        sku: down(quantities.available(product.id, setup.available, held.get(product.id, _NONE)))
        for sku, product in found.items()
    }


def _stock(setup: Setup, picture: Picture, path: Path) -> int:
    """Writes the stock; how many products have parts of a unit."""
    held = promised(picture.moves.values(), _open_out(picture.moves.values()))
    broken = 0
    with SpoolWriter(STOCK, path) as writer:
        for product in picture.catalogue.stock():
            units = picture.quantities.available(product.id, setup.available, held.get(product.id, _NONE))
            broken += units != units.to_integral_value()
            writer.write({"sku": product.sku, "available": down(units)})
    return broken


def _movements(reading: Reading, picture: Picture, since: datetime, path: Path) -> None:
    found = sorted(picture.moves.values(), key=lambda move: move.id)
    teller = Teller(
        reading.setup,
        reading.scope,
        {product.id: product.sku for product in picture.catalogue.stock()},
        sales_of(reading.odoo, reading.setup, found),
        chained(reading.odoo, reading.scope, found),
        since,
    )
    with SpoolWriter(MOVEMENTS, path) as writer:
        writer.write_all(teller.rows(found))


def _listings(catalogue: Catalogue, path: Path) -> None:
    """A kit is its components wherever it is sold: a listing is known by its seller SKU, in every shop."""
    with SpoolWriter(LEDGER_LISTINGS, path) as writer:
        for kit, components in sorted(catalogue.kits.items()):
            for part in components:
                writer.write(
                    {
                        "shop": EVERY_SHOP,
                        "item_id": "",
                        "seller_sku": catalogue.products[kit].sku,
                        "sku": catalogue.products[part.product].sku,
                        "units": part.units,
                    }
                )


def _warnings(picture: Picture, broken: int) -> Iterable[str]:
    catalogue = picture.catalogue
    for kit, reason in sorted(catalogue.strange.items()):
        yield f"kit {catalogue.products[kit].sku} is left out: {reason}"
    if broken:
        yield f"parts of a unit do not count: available of {broken} SKUs was rounded down"
    if picture.moving:
        words = f"Odoo was changed again and again while it was read: {picture.moving} products are as they were last"
        yield f"{words} seen"
