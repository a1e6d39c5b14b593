"""Files beside the database that it names: a new one is there before the database points to it, the old one goes
afterwards, and what a killed run left over is swept up when the state is opened next."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from sqlalchemy import text

from stockrecon.state.database import Database
from stockrecon.state.folder import adopt, cannot, private_folder

_HALF = ".half"


class Files:
    """The files in `folder` that the column `file` of `table` names. `what` they are, for people."""

    def __init__(self, database: Database, folder: Path, table: str, suffix: str, what: str) -> None:
        self._database = database
        self._folder = folder
        self._suffixes = (suffix, _HALF)
        self._what = what
        self._names = text(f"SELECT file FROM {table} WHERE file IS NOT NULL")  # noqa: S608 - our own names
        private_folder(folder, f"the folder of {what}s")
        self._sweep()

    def path(self, name: str) -> Path:
        return self._folder / name

    def take(self, source: Path, name: str) -> None:
        """Moves a file in under its name; it goes again where the open transaction is undone. Raises OutputFault."""
        try:
            adopt(source, self._folder / name)
        except OSError as error:
            raise cannot(f"the {self._what} {self._folder / name} cannot be kept", error) from None
        self._database.after(undone=lambda: self._remove(name))

    def remove(self, name: str) -> None:
        """Once the open transaction is kept."""
        self._database.after(kept=lambda: self._remove(name))

    def _remove(self, name: str) -> None:
        # What cannot be removed now is swept up when the state is opened next.
        with suppress(OSError):
            (self._folder / name).unlink()

    def _sweep(self) -> None:
        there = self._there()
        if not there or there <= self._pointed():
            return
        # Under the write lock no other process is between its new file and its pointer.
        with self._database.writing():
            for name in sorted(self._there() - self._pointed()):
                self._remove(name)

    def _pointed(self) -> set[str]:
        with self._database.reading() as connection:
            return set(connection.execute(self._names).scalars())

    def _there(self) -> set[str]:
        try:
            return {path.name for path in self._folder.iterdir() if path.suffix in self._suffixes}
        except OSError as error:
            raise cannot(f"{self._folder} cannot be read", error) from None
