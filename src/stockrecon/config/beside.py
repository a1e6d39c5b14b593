"""The small YAML file that stands beside tables and describes them: `shop.yaml`, `ledger.yaml`.

It belongs to what is read, not to the configuration: its faults are DataFaults of the shop or ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import cast

from stockrecon.config import yamltree
from stockrecon.config.forms import text
from stockrecon.config.schema import Faults, Form, Section, Wrong
from stockrecon.core.tables import Kind
from stockrecon.errors import ConfigFault, DataFault, ReadFault
from stockrecon.spool.cells import CellFault, parse_cell
from stockrecon.spool.workbook import unreadable


def open_described(path: Path, shown: str, who: str, keys: Sequence[str]) -> tuple[Faults, Section]:
    """The file's one section, with the faults found so far. Raises ReadFault, or DataFault for what is not YAML."""
    try:
        tree = yamltree.parse(path.read_bytes(), shown)
    except OSError as error:
        raise ReadFault(who, f"{shown}: {unreadable(error)}", way_on="Make it readable.") from None
    except ConfigFault as fault:
        raise DataFault(who, fault.faults) from None
    faults = Faults(shown)
    faults.extend(tree.faults)
    return faults, Section(faults, tree.root, "", keys)


def moment_in(zone_name: str | None) -> Form[datetime]:
    """A time as cells of tables have it; without an offset it is in the zone, or a fault where there is none."""

    def form(node: yamltree.Node) -> datetime:
        try:
            return cast(datetime, parse_cell(Kind.TIME, text(node), zone_name))
        except CellFault as fault:
            raise Wrong(str(fault)) from None

    return form
