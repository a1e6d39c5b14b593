"""Units of measure, converted exactly: a dozen is twelve, whatever rounded part of it Odoo keeps of one piece.

Until Odoo 18 a unit has a category and a factor to its reference; since Odoo 19 it holds so many of another unit
(`relative_factor`, `relative_uom_id`), and what has one unit at its beginning is of one kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, link, name_of
from stockrecon.ledgers.odoo.paging import whole

_MODEL = "uom.uom"
_FLAT = ("category_id", "uom_type", "factor", "factor_inv")
_TREE = ("relative_factor", "relative_uom_id")
_PARTS = 10**9
_NOISE = Fraction(1, 10**12)
# Odoo leaves out what is archived unless it is asked for by name; a bill may well be in such a unit.
_EVERY = (["active", "in", [True, False]],)


@dataclass(frozen=True, slots=True)
class Measure:
    """`kind`: what only units of one kind share. `size`: of how many of the kind's first unit it consists."""

    kind: int
    size: Fraction


@dataclass(slots=True)
class Units:
    """Odoo's units, read when two different ones meet for the first time."""

    odoo: Odoo
    _known: Mapping[int, Measure] | None = field(default=None)

    def ratio(self, of: int | None, into: int | None) -> Fraction | None:
        """How many of `into` one of `of` is; None where that cannot be told. Raises ReadFault."""
        if of is None or into is None:
            return None
        if of == into:
            return Fraction(1)
        if self._known is None:
            self._known = self._read()
        first, second = self._known.get(of), self._known.get(into)
        if first is None or second is None or first.kind != second.kind:
            return None
        return first.size / second.size

    def _read(self) -> Mapping[int, Measure]:
        if not self.odoo.has(_MODEL):
            return {}
        there = self.odoo.fields(_MODEL)
        for names, measured in ((_TREE, _tree), (_FLAT, _flat)):
            if there.issuperset(names):
                return measured(whole(self.odoo, _MODEL, _EVERY, names))
        return {}


def _tree(rows: Iterable[Row]) -> Mapping[int, Measure]:
    own = {_id(row): row for row in rows}
    found = ((number, _climbed(own, number)) for number in own)
    return {number: measure for number, measure in found if measure is not None}


def _climbed(own: Mapping[int, Row], number: int) -> Measure | None:
    """A unit by way of the units that it holds so many of; None where the way has no end."""
    size = Fraction(1)
    at = number
    for _ in range(len(own)):
        row = own.get(at)
        factor = exact(row.get("relative_factor")) if row is not None else None
        if row is None or factor is None:
            return None
        size *= factor
        above = link(row.get("relative_uom_id"), f"{_MODEL}: relative_uom_id")
        if above is None:
            return Measure(at, size)
        at = above
    return None


def _flat(rows: Iterable[Row]) -> Mapping[int, Measure]:
    """A unit that is bigger than its reference has its size in `factor_inv`, a smaller one turned over in `factor`."""
    found: dict[int, Measure] = {}
    for row in rows:
        bigger = name_of(row.get("uom_type")) == "bigger"
        told = exact(row.get("factor_inv" if bigger else "factor"))
        category = link(row.get("category_id"), f"{_MODEL}: category_id")
        if told is not None and category is not None:
            found[_id(row)] = Measure(category, told if bigger else 1 / told)
    return found


def exact(value: object) -> Fraction | None:
    """The number that was meant by a floating point one: 11.999999999999998 is 12. None where none is near."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        return None
    told = Fraction(value)
    meant = told.limit_denominator(_PARTS)
    return meant if told > 0 and abs(meant - told) <= told * _NOISE else None


def _id(row: Row) -> int:
    return identity(row.get("id"), f"{_MODEL}: id")
