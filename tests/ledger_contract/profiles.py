"""What the contract suite has to know of each ledger: how its house is built, and what it cannot have.

A ledger of another package brings a `Profile` of its own: `pytest tests/ledger_contract --ledger-profile
my_package.contract:PROFILE` runs every promise against it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from tests.ledger_contract.erpnext import ErpnextHouse
from tests.ledger_contract.ginee import GineeHouse
from tests.ledger_contract.house import House
from tests.ledger_contract.odoo import OdooHouse, OldOdooHouse
from tests.ledger_contract.omisell import OmisellHouse
from tests.ledger_contract.tables import Csv, Mariadb, Postgresql, Sqlite, Xlsx


@dataclass(frozen=True, slots=True)
class Profile:
    """One ledger's. `told_type`: what the report calls it. `formula`: a pattern of what `check` says of available.

    `lacks`: a promise's word and why the ledger cannot have it; a test that asks for it is skipped with that reason.
    `refused`: a pattern of what is said where the books are closed. `fixture`: of what a house needs besides a folder.

    | word | what a ledger that has it does |
    |---|---|
    | `corrections` | takes corrections |
    | `credentials` | asks for a key or a password |
    | `rights` | tells before anything is posted that its user may read and not post |
    | `periods` | can be closed, so that nothing may be booked for a time |
    | `server` | is a server, which can die |
    | `deadline` | can be kept waiting by others |
    | `rereading` | can be read a second time within a run |
    | `kits` | tells what a kit is made of |
    | `receipt`, `transfer`, `manual`, `stocktake`, `order`, `cancel`, `return` | tells movements of this kind |
    """

    kind: str
    build: Callable[..., House]
    told_type: str
    formula: str
    refused: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)
    undated: timedelta = timedelta()
    """How far the time of a correction may be off, where the ledger itself tells of none."""
    transit: bool = False
    """Between two of its warehouses units are in neither for a while: a movement out and one in."""
    once: bool = False
    """A house is dear: one for all tests of a process."""
    fixture: str = ""

    def says_formula(self, printed: str) -> bool:
        """Whether `check` has told what available is; it prints in lines, which are one here."""
        return re.search(self.formula, printed) is not None

    def house(self, folder: Path, stack: ExitStack, *needed: object) -> House:
        return self.build(folder, stack, *needed)


_NO_SERVER = "there is no server that could die"
_FILES = {"credentials": "files have no password", "periods": "files have no periods", "server": _NO_SERVER}
_STOCK = r"(table stock|\S*/stock\.csv|\S*/ledger\.xlsx, sheet stock)"
_TABLE = rf"available is as the column available of {_STOCK} says; a SKU has one row"
CSV = Profile("csv", Csv, "file", _TABLE, lacks={**_FILES, "rereading": "files are read once"})
XLSX = Profile(
    "xlsx",
    Xlsx,
    "file",
    _TABLE,
    lacks={
        **_FILES,
        "rereading": "files are read once",
        "corrections": "a workbook takes no corrections",
        "rights": "a workbook takes no corrections",
        "deadline": "nobody has to be waited for",
    },
)
SQLITE = Profile(
    "sqlite",
    Sqlite,
    "sql",
    _TABLE,
    refused="the period is closed",
    lacks={"credentials": "a file has no password", "server": _NO_SERVER},
)
POSTGRESQL = Profile("postgresql", Postgresql, "sql", _TABLE, refused="the period is closed")
MARIADB = Profile("mariadb", Mariadb, "sql", _TABLE, refused="the period is closed")
_ODOO = "available is on hand less what all confirmed transfers out still have to send"
ODOO = Profile("odoo-json2", OdooHouse, "odoo", _ODOO, refused="Lock Date")
OLD_ODOO = Profile("odoo-jsonrpc", OldOdooHouse, "odoo", _ODOO, refused="Lock Date")
ERPNEXT = Profile("erpnext", ErpnextHouse, "erpnext", "is actual_qty - reserved_qty", refused="are frozen")
_ORDERS_ALONE = "Ginee's API tells of orders, and of no other movement"
GINEE = Profile(
    "ginee",
    GineeHouse,
    "ginee",
    "is warehouse - locked - spare, summed over the warehouses",
    lacks={
        **dict.fromkeys(("receipt", "transfer", "manual", "stocktake", "return"), _ORDERS_ALONE),
        "kits": "Ginee's API does not tell what a bundle is made of",
        "rights": "that a key may not adjust stock shows when it is used",
        "periods": "Ginee closes no books",
    },
    undated=timedelta(seconds=3),
)
OMISELL = Profile(
    "omisell",
    OmisellHouse,
    "omisell",
    "Omisell has taken buffer stock off already",
    lacks={
        "kits": "what a kit is made of is told by orders alone",
        "rights": "whether a key can have less than all rights is not published",
        "periods": "whether books can be closed is not published",
    },
)


def _tryton(folder: Path, stack: ExitStack, world: object) -> House:
    # Tryton's own packages are needed only where it is there.
    from tests.ledger_contract.tryton import TrytonHouse
    from tests.ledgers_tryton.world import World

    assert isinstance(world, World)
    return TrytonHouse(folder, stack, world)


TRYTON = Profile(
    "tryton",
    _tryton,
    "tryton",
    "quantity less what every draft or assigned move out of the warehouses still has to take",
    refused="period",
    transit=True,
    once=True,
    fixture="tryton_of_ledgers",
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {one.kind: one for one in (SQLITE, POSTGRESQL, MARIADB, CSV, XLSX, ODOO, OLD_ODOO, ERPNEXT, TRYTON, GINEE, OMISELL)}
)
