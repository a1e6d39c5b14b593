"""Houses that keep the contract's tables: in a database, in CSV files, in a workbook."""

from __future__ import annotations

import csv
from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, make_url, text

from stockrecon.core.tables import LEDGER_TABLES
from stockrecon.ledgers.folder import locked
from stockrecon.ledgers.sql import connection as reading
from stockrecon.ledgers.sql import writing
from tests.ledger_contract.house import Config, House
from tests.ledger_contract.wire import Wire
from tests.ledgers.content import as_typed, book, fill
from tests.ledgers.databases import database, run, writer

_ID = count(1)
PASSWORD = "s3cret-w0rd-of-a-database"

TABLES = ("stock", "movements", "listings")
"""There are no pushes: no other ledger has them."""

Row = dict[str, str]


class Tables(House):
    """`available` of a table is what people make it: every deed is a movement and the same change of stock."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.ordered: dict[str, tuple[str, dict[str, int]]] = {}
        self.kits: dict[str, Mapping[str, int]] = {}

    @abstractmethod
    def put(self, table: str, row: Row) -> None:
        """Appends a row."""

    @abstractmethod
    def raise_by(self, sku: str, by: int) -> None:
        """Changes available of a SKU."""

    def books(self, sku: str, by: int, kind: str, shop: str = "", order: str = "") -> None:
        row = dict.fromkeys(LEDGER_TABLES["movements"].names, "")
        row |= {"id": f"{next(_ID):06}", "sku": sku, "at": self.now.isoformat().replace("+00:00", "Z")}
        self.put("movements", {**row, "quantity": str(by), "kind": kind, "shop": shop, "order_id": order})
        self.raise_by(sku, by)

    def puts_up(self, sku: str) -> None:
        self.put("stock", {"sku": sku, "available": "0", "updated_at": ""})

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        self.kits[sku] = parts
        for part, units in parts.items():
            row = {"shop": "*", "item_id": "", "variation_id": "", "seller_sku": sku, "sku": part, "units": str(units)}
            self.put("listings", row)

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.books(sku, units, "receipt")

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        parts = {part: units * each for part, each in self.kits.get(sku, {sku: 1}).items()}
        self.ordered[number] = (shop, parts)
        for part, taken in parts.items():
            self.books(part, -taken, "order", shop, number)

    def ships(self, number: str) -> None:
        """Its units were taken when it was ordered."""

    def cancels(self, number: str) -> None:
        self._back(number, "cancel")

    def gives_back(self, number: str) -> None:
        self._back(number, "return")

    def _back(self, number: str, kind: str) -> None:
        shop, parts = self.ordered[number]
        for part, taken in parts.items():
            self.books(part, taken, kind, shop, number)

    def sets_by_hand(self, sku: str, by: int) -> None:
        self.books(sku, by, "manual")

    def takes_stock(self, found: Mapping[str, int]) -> None:
        for sku, by in found.items():
            self.books(sku, by, "stocktake")

    def takes_out(self, sku: str, units: int) -> None:
        self.books(sku, -units, "transfer")

    def moves_inside(self, sku: str, units: int) -> None:
        """One number is kept for all places."""


class Foldered(Tables):
    """A book that is changed in its folder, `place`, by one program at a time."""

    place: Path

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """The folder belongs to somebody else."""
        patch.setattr("os.access", lambda path, mode, **more: not mode & 2)
        yield self.ledger()
        patch.undo()

    @contextmanager
    def held_up(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """Another program holds the book's lock."""
        patch.setattr(locked, "LOCK_SECONDS", 0.05)
        with locked.alone(self.place):
            yield self.ledger()


class Csv(Foldered):
    enforces = False

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.place = folder / "ledger"
        self.place.mkdir()
        for table in TABLES:
            with self._file(table).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(LEDGER_TABLES[table].names)
        self.dates()

    def dates(self) -> None:
        """Says when the files are of."""
        (self.place / "ledger.yaml").write_text(f"as_of: {self.noon.isoformat()}\nzone: UTC\n", "utf-8")

    def ledger(self) -> Config:
        return {"type": "file", "path": str(self.place)}

    def put(self, table: str, row: Row) -> None:
        with self._file(table).open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, LEDGER_TABLES[table].names, lineterminator="\n").writerow(row)

    def raise_by(self, sku: str, by: int) -> None:
        rows = self.rows("stock")
        for row in rows:
            if row["sku"] == sku:
                row["available"] = str(int(row["available"]) + by)
        self._write("stock", rows)

    def leave_out(self, words: Collection[str]) -> None:
        """Tells nothing of these kinds of movement, nor of what kits are made of where `kits` is among the words."""
        self._write("movements", [row for row in self.rows("movements") if row["kind"] not in words])
        if "kits" in words:
            self._file("listings").unlink()

    def _write(self, table: str, rows: Sequence[Row]) -> None:
        with self._file(table).open("w", encoding="utf-8", newline="") as file:
            made = csv.DictWriter(file, LEDGER_TABLES[table].names, lineterminator="\n")
            made.writeheader()
            made.writerows(rows)

    def rows(self, table: str) -> list[Row]:
        with self._file(table).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def documents(self, ref: str) -> list[int]:
        return [int(row["quantity"]) for row in self.rows("movements") if row["ref"] == ref]

    def _file(self, table: str) -> Path:
        return self.place / f"{table}.csv"


class Xlsx(Tables):
    """A workbook is written anew after every deed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.place = folder / "ledger"
        self.place.mkdir()
        self.content: dict[str, list[Row]] = {"stock": [], "movements": [], "listings": []}
        (self.place / "ledger.yaml").write_text(f"as_of: {self.noon.isoformat()}\nzone: UTC\n", "utf-8")

    def ledger(self) -> Config:
        book(self.content).save(self.place / "ledger.xlsx")
        return {"type": "file", "path": str(self.place)}

    def put(self, table: str, row: Row) -> None:
        self.content[table].append(row)

    def raise_by(self, sku: str, by: int) -> None:
        for row in self.content["stock"]:
            if row["sku"] == sku:
                row["available"] = str(int(row["available"]) + by)

    def corrects(self, sku: str, by: int, available: int, ref: str) -> None:
        """Entered by a person, as the page about workbooks says."""
        self.books(sku, by, "correction")
        self.content["movements"][-1]["ref"] = ref

    def documents(self, ref: str) -> list[int]:
        return [int(row["quantity"]) for row in self.content["movements"] if row["ref"] == ref]


class Sql(Tables):
    """`kind` of database, as the tests of SQL ledgers know it."""

    kind = ""
    correcting = (b"INSERT INTO movements", b"COMMIT")
    reads = (b"movements",)

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.url = stack.enter_context(database(self.kind, folder))
        self.engine = writer(self.url)
        fill(self.engine, {})
        run(self.url, "DROP TABLE pushes")
        with self.engine.connect() as connection:
            self.there = {name: Table(name, MetaData(), autoload_with=connection) for name in TABLES}

    def ledger(self) -> Config:
        return {"type": "sql", "url": self.url, "zone": "UTC"}

    def put(self, table: str, row: Row) -> None:
        with self.engine.begin() as connection:
            connection.execute(self.there[table].insert(), as_typed(self.there[table], table, row))

    def raise_by(self, sku: str, by: int) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("UPDATE stock SET available = available + :by WHERE sku = :sku"), {"by": by, "sku": sku}
            )

    def documents(self, ref: str) -> list[int]:
        with self.engine.connect() as connection:
            found = connection.execute(text("SELECT quantity FROM movements WHERE ref = :ref"), {"ref": ref})
            return [int(row[0]) for row in found]

    @contextmanager
    def held_up(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """Another program has locked the tables."""
        for module, name in ((reading, "CONNECT_SECONDS"), (writing, "LOCK_SECONDS"), (writing, "WRITE_SECONDS")):
            patch.setattr(module, name, 1)
        with self.engine.connect() as other:
            self.locks(other)
            yield {**self.ledger(), "statement_timeout": "1s"}
            other.rollback()

    def locks(self, other: Connection) -> None:
        raise NotImplementedError


class Sqlite(Sql):
    kind = "sqlite"
    enforces = False

    def locks(self, other: Connection) -> None:
        other.exec_driver_sql("BEGIN EXCLUSIVE")

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        patch.setattr("os.access", lambda path, mode, **more: not mode & 2)
        yield self.ledger()
        patch.undo()

    @contextmanager
    def closed(self) -> Iterator[Config]:
        words = "SELECT RAISE(ABORT, 'the period is closed')"
        run(self.url, f"CREATE TRIGGER closed BEFORE INSERT ON movements BEGIN {words}; END")
        yield self.ledger()
        run(self.url, "DROP TRIGGER closed")


class Server(Sql):
    """A database behind a port, where there are roles."""

    def behind(self, wire: Wire) -> Config:
        return self._through(self.url, host="127.0.0.1", port=wire.port)

    def wrong(self) -> Config:
        return self._through(self.url, username="nobody", password=PASSWORD)

    def _through(self, url: str, **other: Any) -> Config:
        return {
            "type": "sql",
            "url": self.secret(make_url(url).set(**other).render_as_string(hide_password=False)),
            "zone": "UTC",
        }

    def look_through(self, text: str) -> None:
        super().look_through(text)
        assert PASSWORD not in text


class Postgresql(Server):
    kind, port = "postgresql", 5432

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.role = f"{make_url(self.url).database}_reader"

    def locks(self, other: Connection) -> None:
        other.exec_driver_sql("LOCK TABLE stock, movements IN ACCESS EXCLUSIVE MODE")

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        run(
            self.url,
            f"CREATE ROLE {self.role} LOGIN PASSWORD '{PASSWORD}'",
            f"GRANT SELECT ON stock, movements, listings TO {self.role}",
        )
        try:
            yield self._through(self.url, username=self.role, password=PASSWORD)
        finally:
            run(self.url, f"DROP OWNED BY {self.role}", f"DROP ROLE {self.role}")

    @contextmanager
    def closed(self) -> Iterator[Config]:
        run(
            self.url,
            "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the period is closed'; END $$",
            "CREATE TRIGGER closed BEFORE INSERT ON movements FOR EACH ROW EXECUTE FUNCTION closed()",
        )
        yield self.ledger()
        run(self.url, "DROP TRIGGER closed ON movements")


class Mariadb(Server):
    kind, port = "mariadb", 3306

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.user = f"'r_{(make_url(self.url).database or '')[-12:]}'"

    def locks(self, other: Connection) -> None:
        other.exec_driver_sql("LOCK TABLES stock WRITE, movements WRITE, listings WRITE")

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        # An anonymous user of localhost would come before one of any host.
        for host in ("%", "localhost"):
            who = f"{self.user}@'{host}'"
            run(self.url, f"CREATE USER {who} IDENTIFIED BY '{PASSWORD}'")
            run(self.url, *(f"GRANT SELECT ON {name} TO {who}" for name in ("stock", "movements", "listings")))
        try:
            yield self._through(self.url, username=self.user.strip("'"), password=PASSWORD)
        finally:
            run(self.url, *(f"DROP USER {self.user}@'{host}'" for host in ("%", "localhost")))

    @contextmanager
    def closed(self) -> Iterator[Config]:
        words = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the period is closed'"
        run(self.url, f"CREATE TRIGGER closed BEFORE INSERT ON movements FOR EACH ROW {words}")
        yield self.ledger()
        run(self.url, "DROP TRIGGER closed")
