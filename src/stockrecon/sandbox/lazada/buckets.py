"""Units of one SKU by warehouse, and where those of an order lie: inventories of warehouses are independent of each
other (Lazada's page on inventories). Which warehouse an order is taken from first is not told: here the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stockrecon.sandbox.records import Line


@dataclass(slots=True)
class Buckets:
    """Units of one SKU in one warehouse."""

    sellable: int = 0
    withheld: int = 0
    occupied: int = 0


def draw(places: Sequence[Buckets], quantity: int) -> dict[int, int]:
    """Takes units from sale, the first warehouse first; how many of each, by its number."""
    drawn: dict[int, int] = {}
    for number, place in enumerate(places):
        step = min(quantity, place.sellable)
        place.sellable -= step
        quantity -= step
        if step:
            drawn[number] = step
    return drawn if not quantity else drawn | {0: drawn.get(0, 0) + quantity}


def spots(places: Sequence[Buckets], line: Line, units: int) -> list[tuple[Buckets, int]]:
    """Where so many units of a line lie: where they were taken; what nobody noted, at the first.

    A folder may have told of fewer units than its orders hold, so that a bucket may hold less.
    """
    found: list[tuple[Buckets, int]] = []
    for number, some in (line.drawn or {}).items():
        step = min(some, units)
        found.append((places[min(number, len(places) - 1)], step))
        units -= step
    return [*found, (places[0], units)] if units else found


def codes_of(every: Sequence[str], line: Line) -> list[str]:
    """The warehouse of each of a line's units; what nobody noted is the first one's."""
    drawn = (line.drawn or {}).items()
    codes = [every[min(number, len(every) - 1)] for number, units in drawn for _ in range(units)]
    return [*codes, *([every[0]] * line.quantity)][: line.quantity]
