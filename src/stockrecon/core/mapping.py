"""How tables stand in files that other programs export: which column is which, and what to do with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

Names: TypeAlias = tuple[str, ...]
"""What a column may be called there; one of them has to be there, and no more than one."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


def header_text(text: str) -> str:
    """A column's name without what nobody sees: blanks of any kind at its ends, several or a line break for one."""
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class From:
    """Where a column's cells come from: one column there, or for quantities the sum of some less the sum of others."""

    add: tuple[Names, ...]
    less: tuple[Names, ...] = ()

    @property
    def plain(self) -> bool:
        return len(self.add) == 1 and not self.less


@dataclass(frozen=True, slots=True)
class TableMap:
    """One table of the contract in another program's file.

    `file`: its name or pattern in the folder, empty where the path names it. `sheet`: empty where there is one only.
    `header`: the row with the columns' names, from 1. `fixed`: what every row has. `values`: by our column, what its
    cells say there and what that is here. `times`: how times are written there, as for `strptime`.

    `location`: the column that tells several places of stock apart, whose units are summed; `locations`: those that
    count, empty for all; `location_known` False: there may be no such column. `totals`: the first words of rows that
    sum up others and are left out; None: such a row is a fault.
    """

    name: str
    columns: Mapping[str, From]
    file: str = ""
    sheet: str = ""
    header: int = 1
    fixed: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    times: str = ""
    location: Names = ()
    locations: tuple[str, ...] = ()
    location_known: bool = True
    totals: tuple[str, ...] | None = None


def _preset(name: str, sku: Names, add: tuple[Names, ...], less: tuple[Names, ...], location: Names) -> TableMap:
    columns = {"sku": From((sku,)), "available": From(add, less)}
    return TableMap(name, MappingProxyType(columns), location=location, location_known=False)


PRESETS: Mapping[str, TableMap] = MappingProxyType(
    {
        # What its inventory export calls its columns is told nowhere that was read (reference: peers 3.1).
        "omisell-stock": TableMap("omisell-stock", MappingProxyType({})),
        # Available = warehouse - spare - locked - promotion, and promotion units are promised to nobody yet (reference:
        # peers 1.1, GN-SPARE). The names are those of its stock list.
        "ginee-stock": _preset(
            "ginee-stock",
            ("MSKU", "Master SKU"),
            (("Warehouse Stock",),),
            (("Locked Stock", "Locked"), ("Spare Stock",)),
            ("Warehouse Code", "Warehouse Name", "Warehouse"),
        ),
        # On Hand = Allocated + Available + Promotion Reserved (reference: peers 1.1, BS-PROMO). The names are those of
        # its inventory list (BS-LIST).
        "bigseller-stock": _preset(
            "bigseller-stock",
            ("Merchant SKU", "SKU"),
            (("On Hand",),),
            (("Allocated",),),
            ("Warehouse", "Warehouse Name"),
        ),
    }
)
"""Exports of the stock of known programs. Names are from the programs' own pages, not from a file that was seen: the
configuration says one that differs."""
