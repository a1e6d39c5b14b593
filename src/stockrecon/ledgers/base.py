"""What every ledger offers to a run, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings as LedgerSettings
from stockrecon.core.sources import LedgerRead


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """One line of `stockrecon check`. `ok` None: a remark."""

    ok: bool | None
    what: str
    text: str
    way_on: str = ""


class Ledger(Protocol):
    settings: LedgerSettings

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Everything, in one consistent snapshot, read-only. Raises ReadFault or DataFault with who = "ledger"."""
        ...

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int] | None:
        """The settle pass: available of these SKUs again. None: this ledger cannot be read twice (files)."""
        ...

    def check(self) -> Sequence[LedgerCheck]:
        """Connection, tables, columns, rights. Touches no stock, raises nothing of the outside's."""
        ...

    def close(self) -> None: ...
