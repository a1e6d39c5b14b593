"""A folder of tables as a person keeps it: finding each table's file, and saying what is there instead."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stockrecon.core.sources import TableFile
from stockrecon.core.tables import Table
from stockrecon.errors import DataFault, Fault, ReadFault
from stockrecon.spool.workbook import unreadable
from stockrecon.spool.xlsx import spool_workbook


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a shop's or the ledger's tables are kept.

    `who`: the shop's name or "ledger". `shown`: the folder as faults name it. `book`: the workbook's name that may
    stand for the CSV files. `required`: the one table that has to be there. `described`: the YAML file's name.
    """

    path: Path
    who: str
    shown: str
    tables: Mapping[str, Table]
    required: str
    book: str
    described: str

    def names(self) -> list[str]:
        """The names of what is in the folder. Raises ReadFault where that cannot be told."""
        try:
            return sorted(entry.name for entry in self.path.iterdir())
        except OSError as error:
            raise ReadFault(self.who, f"{self.path}: {unreadable(error)}", way_on=self._way_on()) from None

    def find(self, spool: Path, zone: str | None) -> tuple[dict[str, TableFile], list[str]]:
        """Each table's file, and warnings about files that were probably meant as one.

        CSV files stay where they are; a workbook's sheets are spooled. Raises ReadFault or DataFault.
        """
        names = self.names()
        csvs = {name: f"{name}.csv" for name in self.tables if f"{name}.csv" in names}
        variants = [self._variant(name, wanted) for name in names if (wanted := self._wanted(name)) not in (None, name)]
        if variants:
            raise DataFault(self.who, variants, way_on="A file under another spelling would silently be left out.")
        if self.book in names:
            if csvs:
                text = f"{self.shown}: both {self.book} and {', '.join(sorted(csvs.values()))} are there"
                raise ReadFault(self.who, text, way_on="Keep either the workbook or the CSV files in the folder.")
            return spool_workbook(
                self.path / self.book, f"{self.shown}/{self.book}", self.tables, self.required, spool, zone, self.who
            ), []
        if self.required not in csvs:
            raise self._missing(names)
        files = {name: self._file(file, zone) for name, file in csvs.items()}
        return files, self._meant(names)

    def _file(self, name: str, zone: str | None) -> TableFile:
        path = self.path / name
        shown = f"{self.shown}/{name}"
        try:
            if path.is_dir():
                raise IsADirectoryError
            with path.open("rb"):
                pass
        except OSError as error:
            raise ReadFault(self.who, f"{shown}: {unreadable(error)}", way_on="Put the file there, readable.") from None
        return TableFile(str(path), shown, trusted=False, zone=zone)

    def _known(self) -> list[str]:
        return [*(f"{name}.csv" for name in self.tables), self.book, self.described]

    def _wanted(self, name: str) -> str | None:
        return next((known for known in self._known() if known.casefold() == name.casefold()), None)

    def _variant(self, name: str, wanted: str | None) -> Fault:
        return Fault(f"{self.shown}/{name}", 0, 0, f"is not read under this name: rename it (did you mean {wanted}?)")

    def _missing(self, names: list[str]) -> ReadFault:
        wanted = f"{self.required}.csv"
        near = difflib.get_close_matches(wanted, [name.casefold() for name in names], n=1, cutoff=0.75)
        hint = f" (did you mean {near[0]} to be it?)" if near else ""
        there = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "") or "nothing"
        return ReadFault(
            self.who,
            f"{self.path} has no {wanted}{hint}; what is there: {there}",
            way_on=f"Put {wanted} (or {self.book}) into the folder, correct its path in the configuration, or say with "
            "mapping which columns another program's export has.",
        )

    def _meant(self, names: list[str]) -> list[str]:
        """A file that is not read and whose name is nearly a table's which is missing."""
        missing = [known for known in self._known() if known not in names and known != self.book]
        near = {name: difflib.get_close_matches(name.casefold(), missing, 1, 0.8) for name in names}
        return [
            f"{self.shown}/{name} is not read (did you mean {guess[0]}?)"
            for name, guess in near.items()
            if guess and name not in self._known()
        ]

    def _way_on(self) -> str:
        if self.path.is_file():
            return f"Give the folder that holds {self.required}.csv, not a file in it."
        return "Correct the path in the configuration: a relative path is relative to the configuration file."
