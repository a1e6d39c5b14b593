"""The last good snapshot of each shop: one Parquet file, named by the database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from stockrecon.core.model import ShopName
from stockrecon.state import history
from stockrecon.state.database import Database
from stockrecon.state.files import Files
from stockrecon.state.folder import safe_name
from stockrecon.state.times import to_number, to_time
from stockrecon.state.values import ChangeRow


class Snapshots:
    """The files in `folder` and the pointers to them. It knows what it handed out, so that changes fit their base."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._files = Files(database, folder, "shops", ".parquet", "snapshot")
        self._handed: dict[ShopName, str | None] = {}

    def pointer(self, shop: ShopName) -> Path | None:
        """The shop's last good snapshot; None where there is none, or its file is not on this machine."""
        with self._database.reading() as connection:
            name = _file(connection, shop)
        path = None if name is None else self._files.path(name)
        there = path is not None and path.is_file()
        self._handed[shop] = name if there else None
        return path if there else None

    def commit(
        self,
        run: str,
        shop: ShopName,
        as_of: datetime,
        parquet: Path,
        changes: Iterable[ChangeRow],
        counts: Mapping[str, int],
    ) -> bool:
        """Takes over the new file and its changes; see `State.commit_snapshot`."""
        with self._database.writing() as connection:
            stored = connection.execute(
                text("SELECT as_of, file FROM shops WHERE shop = :shop"), {"shop": shop}
            ).one_or_none()
            old_time, old = (stored.as_of, stored.file) if stored is not None else (None, None)
            if old_time is not None and to_number(as_of) <= old_time:
                return False
            base = self._handed.get(shop)
            if base is not None and base != old:
                return False
            name = _name(shop, as_of, run)
            self._files.take(parquet, name)
            if old is not None and base is None:
                changes = history.against(self._database, shop, as_of, changes)
            history.add(self._database, shop, changes)
            self._point(connection, run, shop, as_of, name, counts)
            if old is not None and old != name:
                self._files.remove(old)
            return True

    def _point(
        self, connection: Connection, run: str, shop: ShopName, as_of: datetime, name: str, counts: Mapping[str, int]
    ) -> None:
        values = {"shop": shop, "as_of": to_number(as_of), "file": name, "run": run}
        connection.execute(
            text(
                "INSERT INTO shops (shop, as_of, file, counts) VALUES (:shop, :as_of, :file, :counts)"
                " ON CONFLICT (shop) DO UPDATE SET as_of = excluded.as_of, file = excluded.file,"
                " counts = excluded.counts"
            ),
            {**values, "counts": json.dumps(dict(counts), sort_keys=True)},
        )
        connection.execute(text("INSERT INTO reads (shop, as_of, run) VALUES (:shop, :as_of, :run)"), values)
        self._database.after(kept=lambda: self._handed.__setitem__(shop, name))


def counts_of(connection: Connection, shop: ShopName) -> Mapping[str, int] | None:
    """What the shop's last good snapshot counted; None where there is none."""
    found = connection.execute(text("SELECT counts FROM shops WHERE shop = :shop"), {"shop": shop}).scalar()
    return None if found is None else dict(json.loads(found))


def time_of(connection: Connection, shop: ShopName) -> datetime | None:
    """When the shop's last good snapshot was read; None where there is none."""
    found = connection.execute(text("SELECT as_of FROM shops WHERE shop = :shop"), {"shop": shop}).scalar()
    return None if found is None else to_time(int(found))


def _file(connection: Connection, shop: ShopName) -> str | None:
    found = connection.execute(text("SELECT file FROM shops WHERE shop = :shop"), {"shop": shop}).scalar()
    return None if found is None else str(found)


def _name(shop: ShopName, as_of: datetime, run: str) -> str:
    return f"{safe_name(shop)}.{as_of:%Y%m%dT%H%M%S.%fZ}.{run}.parquet"
