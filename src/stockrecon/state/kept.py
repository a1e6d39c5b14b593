"""Tables of the ledger as an earlier run read them: files that the database names, and the sums of their blocks."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from stockrecon.core.sources import BlockSum, KeptTable, ToKeep
from stockrecon.errors import OutputFault
from stockrecon.state.database import Database
from stockrecon.state.files import Files
from stockrecon.state.place import KEPT_SUFFIX
from stockrecon.state.times import to_number, to_time

_COLUMNS = ("name", "as_of", "full_at", "terms", "file", "checksum")
_BLOCKS = ("name", "block", "row_count", "units", "digest")


class Kept:
    """The files in `folder` and the rows that name them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._files = Files(database, folder, "kept", KEPT_SUFFIX, "kept table")

    def open(self, into: Path) -> dict[str, KeptTable]:
        """By name, each table whose file is on this machine and whole, with a file of this run's own in the folder
        `into`, for another run may replace what is kept at any time. Raises OutputFault where `into` takes nothing.
        """
        found: dict[str, KeptTable] = {}
        with self._database.reading() as connection:
            rows = connection.execute(text("SELECT name, as_of, full_at, terms, file, checksum FROM kept")).all()
            for row in rows:
                own = into / f"kept-{row.name}{KEPT_SUFFIX}"
                if not _own(self._files.path(row.file), own) or _checksum(own) != row.checksum:
                    continue
                statement = text("SELECT block, row_count, units, digest FROM kept_blocks WHERE name = :name")
                sums = connection.execute(statement, {"name": row.name})
                blocks = {int(one[0]): BlockSum(int(one[1]), int(one[2]), str(one[3])) for one in sums}
                times = (to_time(row.as_of), to_time(row.full_at))
                found[row.name] = KeptTable(str(own), *times, row.terms, blocks)
        return found

    def keep(self, run: str, name: str, as_of: datetime, told: ToKeep, file: Path) -> bool:
        """Makes it what the next reading of the table goes on from, and takes the file over. False: a newer reading has
        left one meanwhile."""
        with self._database.writing() as connection:
            statement = text("SELECT as_of, file FROM kept WHERE name = :name")
            old = connection.execute(statement, {"name": name}).one_or_none()
            if old is not None and to_number(as_of) <= old.as_of:
                return False
            taken = f"{name}.{as_of:%Y%m%dT%H%M%S.%fZ}.{run}{KEPT_SUFFIX}"
            checksum = _checksum(file)
            self._files.take(file, taken)
            for table in ("kept", "kept_blocks"):
                connection.execute(text(f"DELETE FROM {table} WHERE name = :name"), {"name": name})  # noqa: S608
            if old is not None and old.file != taken:
                self._files.remove(old.file)
            row = (name, to_number(as_of), to_number(told.full_at), told.terms, taken, checksum)
            self._database.bulk("kept", _COLUMNS, [row])
            blocks = ((name, block, one.rows, str(one.units), one.digest) for block, one in told.blocks.items())
            self._database.bulk("kept_blocks", _BLOCKS, blocks)
            return True


def _checksum(path: Path) -> str:
    """Of a file's content: a damaged one would be found out only in the middle of a run. Raises OutputFault."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").hexdigest()
    except OSError as error:
        raise OutputFault(f"{path}: cannot be read: {error.strerror or type(error).__name__}") from None


def _own(kept: Path, own: Path) -> bool:
    """Whether the file is there; then also under the other name, where it stays when another run takes it away."""
    with suppress(OSError):
        os.link(kept, own)
        return True
    try:
        shutil.copyfile(kept, own)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise OutputFault(f"{own}: cannot be written: {error.strerror or type(error).__name__}") from None
    return True
