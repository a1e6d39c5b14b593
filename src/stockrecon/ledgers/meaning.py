"""What `check` says of available in tables: the formula it comes from, and which places of a SKU count."""

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.core.mapping import Names, TableMap
from stockrecon.ledgers.base import LedgerCheck

_WHAT = "available"
ONE_ROW = "a SKU has one row, so places are not told apart"


def plain(column: str, where: str, places: str = ONE_ROW) -> LedgerCheck:
    """Available is one column; what it means is the seller's to know."""
    return LedgerCheck(None, _WHAT, f"available is as the column {column} of {where} says; {places}")


def summed(add: Sequence[Names], less: Sequence[Names], where: str, places: str = ONE_ROW) -> LedgerCheck:
    """Available is the sum of some columns less the sum of others, each by one of its names."""
    minus = "".join(f" - {_named(names)}" for names in less)
    formula = " + ".join(map(_named, add)) + minus
    return LedgerCheck(None, _WHAT, f"available = {formula}, columns of {where}; {places}")


def by_query(shown: str) -> LedgerCheck:
    return LedgerCheck(None, _WHAT, f"available is by your query ({shown}), and so is which places count")


def fixed(value: str) -> LedgerCheck:
    return LedgerCheck(None, _WHAT, f"available is {value} for every SKU, as mapping.fixed says")


def mapped(wanted: TableMap, where: str) -> LedgerCheck:
    """Of another program's export."""
    source = wanted.columns.get("available")
    if source is None:
        return fixed(wanted.fixed.get("available", "unknown"))
    if source.plain:
        return plain(_named(source.add[0]), where, _places(wanted))
    return summed(source.add, source.less, where, _places(wanted))


def _places(wanted: TableMap) -> str:
    if not wanted.location:
        return ONE_ROW
    column = _named(wanted.location)
    if wanted.locations:
        return f"of {column} only {', '.join(wanted.locations)} count, and are summed"
    known = "" if wanted.location_known else ", where there is such a column"
    return f"every {column} counts, and all of a SKU are summed{known}"


def _named(names: Names) -> str:
    return names[0] if len(names) == 1 else f"({' or '.join(names)})"
