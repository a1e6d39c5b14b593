"""The ledger in a daybook: read, read again, and corrected by one more line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, STOCK, Table
from stockrecon.errors import ReadFault, UsageFault
from stockrecon.ledgers.answers import corrections_line, moved, one_line, pointless, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.folder.locked import Busy, alone
from stockrecon.spool.writer import SpoolWriter
from stockrecon_daybook.book import Book, append, read

NAME = "daybook.jsonl"


class DaybookLedger:
    """`path`: the folder that the daybook lies in. Raises UsageFault where none is given."""

    def __init__(self, settings: LedgerSettings) -> None:
        if settings.path is None:
            raise UsageFault("ledger.path: missing: the folder of the daybook")
        self.settings = settings
        self._path = settings.path / NAME

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """The file as it is at one moment. Raises ReadFault."""
        book = self._book()
        stock = ({"sku": sku, "available": available} for sku, available in book.available.items())
        kits = (
            {"shop": "*", "item_id": "", "variation_id": "", "seller_sku": kit, "sku": sku, "units": units}
            for kit, parts in book.kits.items()
            for sku, units in parts.items()
        )
        tables = {"stock": _written(spool, STOCK, stock), "movements": _written(spool, MOVEMENTS, _movements(book))}
        return LedgerRead("daybook", now, {**tables, "listings": _written(spool, LEDGER_LISTINGS, kits)}, zone="UTC")

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs now. Raises ReadFault."""
        available = self._book().available
        return {sku: available[sku] for sku in skus if sku in available}

    def corrects(self) -> str | None:
        """None where a line can be appended."""
        for path in (self._path, self._path.parent):
            if not os.access(path, os.W_OK):
                return f"{path} may not be written by this user; give the right to, or correct by hand"
        return None

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """One line with the reference, while nobody else writes."""
        if refused := pointless(request):
            return refused
        try:
            with self._alone():
                return self._posted(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def _posted(self, request: CorrectionRequest) -> CorrectionAnswer:
        book = self._book()
        available = book.available.get(request.sku)
        if found := book.of(request.ref):
            return posted_before(request, sum(line["by"] for line in found), available)
        if available is None:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: the daybook has no SKU {request.sku!r}")
        if available != request.available:
            return moved(request, available)
        line = {"sku": request.sku, "by": request.by, "kind": "correction", "at": request.at.isoformat()}
        try:
            append(self._path, {**line, "ref": request.ref, "note": request.note})
        except OSError as error:
            # Some of it may be on disk, and all of it: who looks later knows.
            return CorrectionAnswer(Answered.UNKNOWN, f"{self._path}: {error.strerror}")
        return CorrectionAnswer(Answered.ACCEPTED, "", available + request.by)

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """By their lines. Raises ReadFault."""
        book = self._book()
        return {ref: sum(line["by"] for line in found) for ref in refs if (found := book.of(ref))}

    def check(self) -> Sequence[LedgerCheck]:
        """Whether it can be read, what available is, and whether it can be written."""
        try:
            book = self._book()
        except ReadFault as fault:
            return [LedgerCheck(False, "ledger", fault.what, fault.way_on)]
        return [
            LedgerCheck(True, "ledger", f"{len(book.lines)} lines of {len(book.available)} SKUs in {self._path}"),
            LedgerCheck(None, "available", "is the sum of all lines of a SKU; it may be negative"),
            corrections_line(self.corrects()),
        ]

    def close(self) -> None:
        """Nothing is kept open."""

    def _book(self) -> Book:
        try:
            return read(self._path)
        except (OSError, ValueError) as error:
            told = error.strerror if isinstance(error, OSError) else str(error)
            raise ReadFault("ledger", f"{self._path}: {told}", way_on="look at the file") from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with alone(self._path.parent):
                yield
        except (Busy, OSError):
            words = f"another program keeps {self._path.parent} locked, or it may not be locked"
            raise ReadFault("ledger", words, way_on="run again") from None


def _movements(book: Book) -> Iterator[dict[str, object]]:
    for number, line in book.lines.items():
        if line["by"]:
            yield {
                "id": f"{number:09}",
                "sku": line["sku"],
                "at": datetime.fromisoformat(line["at"]),
                "quantity": line["by"],
                "kind": line["kind"],
                "shop": line.get("shop"),
                "order_id": line.get("order"),
                "ref": line.get("ref"),
                "note": line.get("note"),
            }


def _written(spool: Path, table: Table, rows: Iterator[Mapping[str, object]]) -> TableFile:
    path = spool / f"{table.name}.csv"
    with SpoolWriter(table, path) as writer:
        writer.write_all(rows)
    return TableFile(str(path), f"daybook {table.name}", trusted=True)
