"""The base of each shop's next little pull: its tables as one compressed file, named by the database."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text

from stockrecon.core.model import ShopName
from stockrecon.errors import OutputFault
from stockrecon.state.database import Database
from stockrecon.state.files import Files
from stockrecon.state.folder import cannot, safe_name
from stockrecon.state.place import BASE_SUFFIX, BASES
from stockrecon.state.times import to_number, to_time
from stockrecon.state.values import Base

_COLUMNS = ("shop", "as_of", "began_at", "full_at", "items", "identity", "terms", "file")


class Bases:
    """The files in `folder` and the rows that name them."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._files = Files(database, folder, BASES, BASE_SUFFIX, "base")

    def open(self, shop: ShopName, into: Path) -> tuple[Base, Mapping[str, Path]] | None:
        """A shop's base, its tables unpacked into a folder; None where there is none, or its file is not on this
        machine, or damaged. Raises OutputFault where `into` takes nothing."""
        with self._database.reading() as connection:
            row = connection.execute(
                text("SELECT as_of, began_at, full_at, items, identity, terms, file FROM bases WHERE shop = :shop"),
                {"shop": shop},
            ).one_or_none()
        if row is None:
            return None
        try:
            with zipfile.ZipFile(self._files.path(row.file)) as packed:
                if packed.testzip() is not None:
                    return None
                tables = {Path(name).stem: Path(packed.extract(name, into)) for name in packed.namelist()}
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, FileNotFoundError):
            return None
        except OSError as error:
            raise cannot(f"the base of {shop} cannot be unpacked", error) from None
        base = Base(
            as_of=to_time(row.as_of),
            began_at=to_time(row.began_at),
            full_at=to_time(row.full_at),
            items=int(row.items),
            identity=row.identity,
            terms=row.terms,
        )
        return base, tables

    def keep(self, run: str, shop: ShopName, base: Base, packed: Path) -> bool:
        """Makes it the shop's base and takes the file over. False: a newer reading has made one meanwhile."""
        with self._database.writing() as connection:
            old = connection.execute(
                text("SELECT as_of, file FROM bases WHERE shop = :shop"), {"shop": shop}
            ).one_or_none()
            if old is not None and to_number(base.as_of) <= old.as_of:
                return False
            name = f"{safe_name(shop)}.{base.as_of:%Y%m%dT%H%M%S.%fZ}.{run}{BASE_SUFFIX}"
            self._files.take(packed, name)
            self._forget(shop, None if old is None or old.file == name else old.file)
            times = (to_number(base.as_of), to_number(base.began_at), to_number(base.full_at))
            row = (shop, *times, base.items, base.identity, base.terms, name)
            self._database.bulk("bases", _COLUMNS, [row])
            return True

    def drop(self, shop: ShopName) -> None:
        """Forgets a shop's base: nobody listens to it any more."""
        with self._database.writing() as connection:
            old = connection.execute(text("SELECT file FROM bases WHERE shop = :shop"), {"shop": shop}).scalar()
            if old is not None:
                self._forget(shop, str(old))

    def _forget(self, shop: ShopName, file: str | None) -> None:
        with self._database.writing() as connection:
            connection.execute(text("DELETE FROM bases WHERE shop = :shop"), {"shop": shop})
        if file is not None:
            self._files.remove(file)


def pack(tables: Mapping[str, Path], target: Path) -> Path:
    """The tables as one compressed file. Raises OutputFault."""
    try:
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for name, path in sorted(tables.items()):
                packed.write(path, f"{name}.csv")
    except OSError as error:
        raise OutputFault(f"{target}: cannot be written: {error.strerror or type(error).__name__}") from None
    return target
