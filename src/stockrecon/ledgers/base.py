"""What every ledger offers to a run, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stockrecon.core.model import Sku
from stockrecon.core.sources import LedgerRead


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The configuration's `ledger`. `options` are the ledger's own keys, secrets already resolved.

    `folder` is the directory of the configuration file; `zone` (IANA name or offset) is for times without an offset.
    """

    type: str
    folder: Path
    path: Path | None = None
    url: str | None = None
    zone: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    correct: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"LedgerSettings(type={self.type!r})"


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
