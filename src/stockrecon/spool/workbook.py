"""Opening a workbook with care: it is a zip archive of XML that anybody may have made."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from stockrecon.errors import ReadFault

if TYPE_CHECKING:
    from openpyxl import Workbook as OpenWorkbook

MOST_BYTES = 200 * 1024 * 1024
"""A workbook that unpacks to more is refused: it is a bomb, or belongs into CSV."""

_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # what XML's parser raises is one
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RuntimeError,  # an encrypted part
)

Cells: TypeAlias = tuple[Any, ...]
Row: TypeAlias = tuple[Cells, Cells]
"""A row's cells with their values, and with their formulas."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook whose sheets are read row by row. `shown`: its name in faults; `who`: the shop or the ledger.

    `values` holds formulas' results, `formulas` the formulas themselves; None where there are none.
    """

    shown: str
    who: str
    values: OpenWorkbook
    formulas: OpenWorkbook | None
    held: ExitStack

    @property
    def names(self) -> list[str]:
        return list(self.values.sheetnames)

    def rows(self, name: str) -> Generator[Row, None, None]:
        """Each row's cells, and the same with formulas; empty where no sheet has any. Raises ReadFault."""
        with closing(self._cells(self.values, name)) as rows, closing(self._cells(self.formulas, name)) as others:
            for cells in rows:
                yield cells, next(others, ())

    def _cells(self, book: OpenWorkbook | None, name: str) -> Generator[Cells, None, None]:
        if book is None:
            return
        try:
            sheet: Any = book[name]
            sheet.reset_dimensions()  # programs write wrong ones
            yield from sheet.iter_rows()
        except _DAMAGED as error:
            raise _damaged(self.shown, error, self.who) from None

    def close(self) -> None:
        self.values.close()
        if self.formulas is not None:
            self.formulas.close()
        self.held.close()


def open_workbook(path: Path, shown_as: str, who: str) -> Workbook:
    """Opens it. Raises ReadFault for what cannot be read, is no workbook, or unpacks to too much."""
    try:
        import defusedxml  # noqa: F401
        from openpyxl import load_workbook
    except ImportError:
        text = f"{shown_as}: reading a workbook needs openpyxl and defusedxml"
        raise ReadFault(who, text, way_on="pip install 'stockrecon[xlsx]', or save the sheets as CSV.") from None
    # What openpyxl does not keep (drawings, validations) is nothing that is read here.
    warnings.filterwarnings("ignore", module="openpyxl")
    with ExitStack() as held:
        try:
            # Files of our own: openpyxl leaves its own open where it fails.
            archive = held.enter_context(path.open("rb"))
            has_formulas = _check_archive(archive, shown_as, who)
            book = load_workbook(archive, read_only=True, data_only=True)
            again = held.enter_context(path.open("rb")) if has_formulas else None
            formulas = load_workbook(again, read_only=True) if again is not None else None
        except OSError as error:
            way_on = "Correct the path in the configuration, or make the file readable."
            raise ReadFault(who, f"{shown_as}: {unreadable(error)}", way_on=way_on) from None
        except _DAMAGED as error:
            raise _damaged(shown_as, error, who) from None
        return Workbook(shown_as, who, book, formulas, held.pop_all())


def _check_archive(file: BinaryIO, shown_as: str, who: str) -> bool:
    """Whether some sheet has formulas. Raises ReadFault for what is no workbook, or unpacks to too much."""
    if not zipfile.is_zipfile(file):
        text = f"{shown_as}: is no XLSX workbook (an older .xls, a CSV file, or protected by a password)"
        raise ReadFault(who, text, way_on="Save it as an Excel workbook (.xlsx) without a password, or as CSV.")
    with zipfile.ZipFile(file) as archive:
        whole = sum(info.file_size for info in archive.infolist())
        if whole > MOST_BYTES:
            text = f"{shown_as}: unpacks to {whole:,} bytes; the limit is {MOST_BYTES:,}"
            raise ReadFault(who, text, way_on="Save the sheets as CSV files, which have no such limit.")
        sheets = [info for info in archive.infolist() if info.filename.startswith("xl/worksheets/")]
        return any(_has_formulas(archive, info) for info in sheets if info.filename.endswith(".xml"))


def _has_formulas(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    tail = b""
    with archive.open(info) as part:
        while block := part.read(1 << 20):
            if re.search(rb"<(\w+:)?f[ />]", tail + block):
                return True
            tail = block[-32:]
    return False


def _damaged(shown_as: str, error: BaseException, who: str) -> ReadFault:
    text = f"{shown_as}: the workbook is damaged or not what it says ({type(error).__name__})"
    return ReadFault(who, text, way_on="Open it in the spreadsheet program and save it anew as .xlsx, or as CSV.")


def unreadable(error: OSError) -> str:
    """Why a file or folder cannot be read, in words."""
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    if isinstance(error, NotADirectoryError):
        return "is a file, not a folder"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not a file"
    return f"cannot be read: {error.strerror or type(error).__name__}"
