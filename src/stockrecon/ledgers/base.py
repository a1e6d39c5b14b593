"""What every ledger offers to a run, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from stockrecon.core.intent import Answered as Answered
from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings as LedgerSettings
from stockrecon.core.sources import KeptTable, LedgerRead


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """One line of `stockrecon check`. `ok` None: a remark."""

    ok: bool | None
    what: str
    text: str
    way_on: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionRequest:
    """One movement of kind `correction` to be posted once. `available`: of the SKU, as the plan was computed from."""

    sku: Sku
    by: int
    ref: str
    note: str
    at: datetime
    available: int


@dataclass(frozen=True, slots=True)
class CorrectionAnswer:
    """What became of a correction. `available`: of the SKU, now.

    ACCEPTED: posted, or it had been posted before. CONFLICT: the ledger holds another number than the plan was computed
    from. REJECTED, NOT_SENT: it was not posted. UNKNOWN: it may have been (the connection was lost while committing).
    """

    answered: Answered
    text: str = ""
    available: int | None = None


@runtime_checkable
class ReadsOn(Protocol):
    """A ledger that can go on from what an earlier run has kept of it."""

    def read_on(self, spool: Path, now: datetime, kept: Mapping[str, KeptTable]) -> LedgerRead:
        """Like `Ledger.read`, but what is proven to be as it was kept is not read again. Both give the same rows."""
        ...


class Ledger(Protocol):
    settings: LedgerSettings

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Everything, in one consistent snapshot, read-only. Raises ReadFault or DataFault with who = "ledger"."""
        ...

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int] | None:
        """The settle pass: available of these SKUs again. None: this ledger cannot be read twice (files)."""
        ...

    def corrects(self) -> str | None:
        """None where corrections can be posted, else why not, in one sentence with the way on."""
        ...

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts one correction, in one transaction with its ref, so that posting twice is impossible.

        Nothing of the outside's is raised: what may have been posted is UNKNOWN, and `posted` tells later.
        """
        ...

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that the ledger has a movement of, with its quantity; first finishes or takes back what a
        process that died has left half done. Raises ReadFault where nobody can tell.
        """
        ...

    def check(self) -> Sequence[LedgerCheck]:
        """Connection, tables, columns, rights. Touches no stock, raises nothing of the outside's."""
        ...

    def close(self) -> None: ...
