"""Corrections of a ledger in a folder: whether they can be posted, posting one, finding those that were, reading."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from stockrecon.core.sources import TableFile
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, one_line, posted_before
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.folder.edit import Unfit, appended, available_cell, refs_of
from stockrecon.ledgers.folder.locked import LOCK, Busy, alone, reading
from stockrecon.ledgers.folder.redo import (
    RECORD,
    Correction,
    Half,
    State,
    Step,
    commit,
    prepared,
    recorded,
    remove,
    settle,
    spliced,
)
from stockrecon.spool.cells import DIGITS, zone_of

_UNDECIDED = (
    f"{RECORD}: a correction of {{sku}} by {{by}} ({{ref}}) was interrupted, and stock.csv was changed by another "
    "program since, so nobody can tell whether it is in it"
)
_DECIDE = f"See to it that both files hold the correction or neither does, then delete {RECORD}."


@dataclass(frozen=True, slots=True)
class CsvBook:
    """stock.csv and movements.csv of a folder. `shown`: the folder as messages name it; `zone`: for times."""

    folder: Path
    shown: str
    zone: str | None

    def why_not(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one."""
        try:
            correction = recorded(self.folder)
            if correction is not None and correction.step() is Step.OPEN:
                return one_line(self._undecided(correction))
            stock, movements = self._files()
            refs_of(movements, self._name("movements"), [])
            available_cell(stock, self._name("stock"), "")
        except ReadFault as fault:
            return one_line(fault)
        except Unfit as unfit:
            return str(unfit)
        except OSError as error:
            return self._refused(error)
        for path in (stock, movements):
            if not os.access(path, os.W_OK):
                return f"{path} may not be written; give the right to write it"
        for folder in {self.folder, stock.parent, movements.parent}:
            if not os.access(folder, os.W_OK | os.X_OK):
                return f"{folder} may not be written, and files are replaced there; give the right to write there"
        return None

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises nothing of the outside's."""
        try:
            with alone(self.folder):
                self._settled()
                return self._post(request)
        except Busy:
            words = f"not posted: another process has held {self.shown}/{LOCK} for too long; run it again"
            return CorrectionAnswer(Answered.NOT_SENT, words)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {one_line(fault)}")
        except Unfit as unfit:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {unfit!s}")
        except OSError as error:
            return CorrectionAnswer(Answered.REJECTED, f"not posted: {self._refused(error)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that movements.csv has; what was begun is finished first. Raises ReadFault."""
        try:
            if (self.folder / RECORD).exists():
                with alone(self.folder):
                    self._settled()
            return refs_of(self.folder / "movements.csv", self._name("movements"), refs)
        except Busy:
            what = f"another process has held {self.shown}/{LOCK} for too long"
            raise ReadFault("ledger", what, way_on="Run it again.") from None
        except Unfit as unfit:
            raise ReadFault("ledger", str(unfit), way_on="Nobody can tell what has been posted.") from None
        except OSError as error:
            raise ReadFault("ledger", self._refused(error)) from None

    def pinned(self, tables: Mapping[str, TableFile], spool: Path) -> tuple[dict[str, TableFile], list[str]]:
        """The tables as one moment has them, and what is to be said of it.

        Where corrections are posted (the lock file tells), both files are kept in `spool` so that a correction that is
        posted meanwhile does not come between; one that was begun is seen as finished. Raises ReadFault.
        """
        corrected = any((self.folder / name).exists() for name in (LOCK, RECORD))
        if not corrected or not {"stock", "movements"} <= tables.keys():
            return dict(tables), []
        with reading(self.folder):
            try:
                correction = recorded(self.folder)
                step = Step.DONE if correction is None else correction.step()
                splices = {}
                if correction is not None and step is Step.FINISH:
                    splices = {name: half for name, half in _named(correction) if half.state() is State.BEFORE}
                elif correction is not None and step is Step.TAKE_BACK:
                    stock = correction.stock
                    splices = {"stock": Half(stock.path, stock.splice.reversed(), stock.after, stock.before)}
                made = {name: self._pin(tables[name], spool, splices.get(name)) for name in ("stock", "movements")}
            except Unfit as unfit:
                raise ReadFault("ledger", f"{self.shown}/{RECORD}: {unfit}", way_on=_DECIDE) from None
            except OSError as error:
                raise ReadFault("ledger", self._refused(error)) from None
        warnings = [one_line(self._undecided(correction))] if correction is not None and step is Step.OPEN else []
        return {**tables, **made}, warnings

    def _post(self, request: CorrectionRequest) -> CorrectionAnswer:
        stock, movements = self._files()
        marks = _marks(stock, movements)
        posted = refs_of(movements, self._name("movements"), [request.ref])
        cell = available_cell(stock, self._name("stock"), request.sku)
        if request.ref in posted:
            return posted_before(request, posted[request.ref], None if cell is None else cell.number)
        if cell is None:
            raise Unfit(f"{self._name('stock')} has no row for SKU {request.sku!r}")
        if cell.number != request.available:
            return moved(request, cell.number)
        after = cell.number + request.by
        if len(str(abs(after))) > DIGITS:
            raise Unfit(f"{after} units of {request.sku} are more than {DIGITS} digits")
        made: list[Half] = []
        try:
            made.append(prepared(stock, cell.becoming(after)))
            row = appended(movements, self._name("movements"), self._row(request, after))
            made.append(prepared(movements, row))
            if _marks(stock, movements) != marks:
                return CorrectionAnswer(
                    Answered.CONFLICT, f"{self.shown}: the files were replaced while it was being posted: not posted"
                )
            correction = Correction(request.sku, request.ref, request.by, request.available, *made)
            return self._carried_out(correction, after)
        finally:
            if not (self.folder / RECORD).exists():
                for half in made:
                    remove(half.temporary)
                remove(self.folder / f"{RECORD}.new")

    def _carried_out(self, correction: Correction, after: int) -> CorrectionAnswer:
        """From the record on it counts as posted, so that an error after it does not mean that it was not."""
        begun = False
        try:
            commit(self.folder, correction)
            begun = True
            step = settle(self.folder, correction)
        except (OSError, Unfit) as error:
            if not begun and not (self.folder / RECORD).exists():
                raise
            words = self._refused(error) if isinstance(error, OSError) else str(error)
            return CorrectionAnswer(Answered.UNKNOWN, f"begun, and finished by the next run: {words}")
        if step in (Step.FINISH, Step.DONE):
            return CorrectionAnswer(Answered.ACCEPTED, "", after)
        if step is Step.OPEN:
            return CorrectionAnswer(Answered.UNKNOWN, one_line(self._undecided(correction)))
        words = f"{self.shown}: the files were replaced while it was being posted: taken back"
        return CorrectionAnswer(Answered.CONFLICT, words)

    def _settled(self) -> None:
        """Finishes or takes back what a process that died has begun, and clears away what it left. Raises ReadFault."""
        correction = recorded(self.folder)
        if correction is not None and settle(self.folder, correction) is Step.OPEN:
            raise self._undecided(correction)
        remove(self.folder / f"{RECORD}.new")

    def _undecided(self, correction: Correction) -> ReadFault:
        words = _UNDECIDED.format(sku=correction.sku, by=correction.by, ref=correction.ref)
        return ReadFault("ledger", f"{self.shown}/{words}", way_on=_DECIDE)

    def _files(self) -> tuple[Path, Path]:
        """The two files themselves: a link to one stays a link. Raises ReadFault, OSError."""
        found = []
        for name in ("stock", "movements"):
            path = self.folder / f"{name}.csv"
            if not path.exists():
                what = f"{self._name(name)} is not there, so nobody could tell what has been posted"
                raise ReadFault("ledger", what, way_on="Export it with the ledger.")
            found.append(path.resolve(strict=True))
        return found[0], found[1]

    def _pin(self, file: TableFile, spool: Path, half: Half | None) -> TableFile:
        kept = spool / "pinned" / Path(file.path).name
        kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove(kept)
        if half is not None:
            spliced(half.path, kept, half.splice)
            return replace(file, path=str(kept))
        source = Path(file.path).resolve(strict=True)
        try:
            os.link(source, kept)
        except OSError:
            shutil.copyfile(source, kept)
        return replace(file, path=str(kept))

    def _row(self, request: CorrectionRequest, balance: int) -> dict[str, str]:
        return {
            "id": request.ref,
            "sku": request.sku,
            "at": request.at.astimezone(zone_of(self.zone or "UTC")).isoformat(),
            "quantity": str(request.by),
            "kind": "correction",
            "balance": str(balance),
            "ref": request.ref,
            "note": request.note,
        }

    def _name(self, table: str) -> str:
        return f"{self.shown}/{table}.csv"

    def _refused(self, error: OSError) -> str:
        name = f"{error.filename}: " if isinstance(error.filename, str) else f"{self.shown}: "
        return f"{name}{error.strerror or type(error).__name__}"


def _named(correction: Correction) -> list[tuple[str, Half]]:
    return [("stock", correction.stock), ("movements", correction.movements)]


def _marks(*paths: Path) -> list[tuple[int, int, int, int]]:
    """What changes when another program writes or replaces a file."""
    found = [path.stat() for path in paths]
    return [(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) for one in found]
