"""Whose a SKU's stock is, and where it lies (reference: Lazada 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stockrecon.channels.lazada.fields import first, objects, text, whole
from stockrecon.core.model import Fulfilment

Row = Mapping[str, object]
Count = Callable[[int], int]
"""Takes a number as Lazada shows it and gives what it counts for: a negative one is told and counts as none."""

_CHOICE_CODE = "achoice"
_CHOICE_TYPES = frozenset({"1", "2", "3", "4"})
"""`bizSupplement.item_type` of Lazada Choice: VMI and JIT, from China or local. Only calls of its own set them
(reference: Lazada 3.1, 4.1; Lazada's page on Choice, which names the types)."""
CHOICE = "Lazada Choice: its number is set with Choice's own tools"


@dataclass(frozen=True, slots=True)
class Stock:
    """Sellable units (locked ones included), withheld and committed ones, and who holds them.

    `elsewhere`: sellable units of the seller's that do not count; `platform`: units in Lazada's warehouses beside the
    seller's own. `note`: what else is worth a word.
    """

    sellable: int
    withheld: int
    committed: int
    fulfilment: Fulfilment = Fulfilment.SELLER
    elsewhere: tuple[tuple[str, int], ...] = ()
    platform: int = 0
    note: str = ""


NOTHING = Stock(0, 0, 0)


def stock_of(product: Row, sku: Row, warehouse: str, count: Count) -> Stock | None:
    """None where it is not told. `warehouse`: the one that counts, "" for all of them.

    The SKU's own `quantity` is the sum over the seller's warehouses, so it serves where these are not listed and no
    single one is asked for. What lies at Lazada alone is Lazada's, also where the seller's warehouse is listed with
    nothing in it (inferred: no page shows such a SKU outside Choice), and all of a Choice item.
    """
    listed = _own(sku)
    own, theirs = objects(listed), objects(first(sku, "fblWarehouseInventories", "FblWarehouseInventories"))
    choice = _is_choice(product)
    held, kept = _sum(theirs, count), _sum(own, count)
    if held is None or kept is None:
        return None
    if theirs and (choice or not own or (not any(kept) and any(held))):
        return Stock(*held, Fulfilment.PLATFORM, note=CHOICE if choice or _choice_warehouse(theirs) else "")
    if own:
        counting = [place for place in own if warehouse.casefold() in ("", _code(place).casefold())]
        sums = _sum(counting, count)
        others = [
            (code, units) for code, units in places_of(sku) if warehouse and code.casefold() != warehouse.casefold()
        ]
        return (
            None
            if sums is None
            else Stock(*sums, elsewhere=tuple(one for one in others if one[1] > 0), platform=held[0])
        )
    quantity = whole(first(sku, "quantity", "Available", "available", "Quantity"))
    if quantity is None:
        return None
    if choice:
        return Stock(count(quantity), 0, 0, Fulfilment.PLATFORM, note=CHOICE)
    if not warehouse:
        return Stock(count(quantity), 0, 0)
    # An empty list says that nothing lies anywhere; without a list a sum above 0 may lie in any of them.
    return NOTHING if isinstance(listed, list) or quantity <= 0 else None


def places_of(sku: Row) -> tuple[tuple[str, int], ...]:
    """The seller's warehouses that the answer lists, each with its sellable units, locked ones included."""
    return tuple(
        (_code(place), whole(first(place, "sellableQuantity", "sellable_quantity", "quantity")) or 0)
        for place in objects(_own(sku))
    )


def _own(sku: Row) -> object:
    return first(sku, "multiWarehouseInventories", "MultiWarehouseInventories", "multi_warehouse_inventories")


def _is_choice(product: Row) -> bool:
    more = first(product, "bizSupplement", "biz_supplement")
    return isinstance(more, Mapping) and text(first(more, "item_type", "itemType")).strip() in _CHOICE_TYPES


def _choice_warehouse(theirs: Iterable[Row]) -> bool:
    return any(_code(place).casefold().startswith(_CHOICE_CODE) for place in theirs)


def _sum(places: Iterable[Row], count: Count) -> tuple[int, int, int] | None:
    """Sellable, withheld, committed; None where one place tells neither what is sellable nor the total."""
    sums = [0, 0, 0]
    for place in places:
        withheld = whole(first(place, "withholdQuantity", "withhold_quantity")) or 0
        committed = whole(first(place, "occupyQuantity", "occupy_quantity")) or 0
        sellable = whole(first(place, "sellableQuantity", "sellable_quantity", "quantity"))
        if sellable is None:
            total = whole(first(place, "totalQuantity", "totalQantity"))
            if total is None:
                return None
            sellable = total - withheld - committed
        for index, number in enumerate((sellable, withheld, committed)):
            sums[index] += count(number)
    return sums[0], sums[1], sums[2]


def _code(place: Row) -> str:
    return text(first(place, "warehouseCode", "warehouse_code", "WarehouseCode"))
