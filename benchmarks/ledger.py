"""A ledger in PostgreSQL: read in full, and on from what a run has kept; the reading alone, and whole runs.

Run as a program, `python -m benchmarks.ledger CONFIG`, it reads the ledger and does nothing else, for the rows of
reading alone.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Cost, median, run
from benchmarks.table import Row, times

SERVER = "postgresql+psycopg://postgres@127.0.0.1/"
DATABASE = "stockrecon_benchmark"
SOLD = 500
"""SKUs that sell one unit between two readings."""
LISTED = 1_000
_TARGET = 20
_NAME = "'SKU-' || lpad(({})::text, 7, '0')"
_FILL = (
    f"INSERT INTO stock SELECT {_NAME.format('i')}, mod(i, 50), now() FROM generate_series(1, {{skus}}) i",
    f"INSERT INTO movements SELECT lpad(i::text, 10, '0'), {_NAME.format('1 + mod(i * 7919, {skus})')}, "
    "now() - interval '40 days' * (1 - i::float8 / {movements}), -1, 'order', 'shopee-vn', 'O' || i, mod(i, 50), "
    "NULL, NULL FROM generate_series(1, {movements}::bigint) i",
    "DROP TABLE listings, pushes",
    "VACUUM ANALYZE",
)
_SOLD = _NAME.format("1 + mod(i * 1999, {skus})")
_EACH = "FROM generate_series({first}::bigint, {last}) i"
_SELL = (
    f"UPDATE stock SET available = available - 1 WHERE sku IN (SELECT {_SOLD} {_EACH})",
    f"INSERT INTO movements SELECT 'n' || i, {_SOLD}, clock_timestamp(), -1, 'order', 'shopee-vn', 'N' || i, "
    f"NULL, NULL, NULL {_EACH}",
)


def rows(skus: int, movements: int, rounds: int, folder: Path) -> Iterator[Row]:
    """Full and on in turn, so that whatever else the machine does meets both alike."""
    with _database(skus, movements) as url, tempfile.TemporaryDirectory(dir=folder) as scratch:
        on, full = Path(scratch) / "on", Path(scratch) / "full"
        _seller(on, url, "")
        _seller(full, url, "  full_read: always\n")
        first = _diff(on)
        costs: dict[str, list[Cost]] = {}
        for number in range(rounds):
            _sell(url, skus, number)
            costs.setdefault("read on", []).append(_alone(on))
            costs.setdefault("on", []).append(_diff(on))
            costs.setdefault("read full", []).append(_alone(full))
            costs.setdefault("full", []).append(_diff(full))
        told = {name: median(some) for name, some in costs.items()}
    what = f"{skus:,} SKUs, {movements:,} movements"
    yield Row.of(f"ledger of {what}, read in full", told["read full"])
    ratio = told["read full"].wall / told["read on"].wall
    yield Row.of(f"read on, {SOLD} SKUs sold", told["read on"], f"1/{ratio:.1f} of in full", f"at most 1/{_TARGET}")
    yield Row.of("diff -q, the ledger in full", told["full"])
    yield Row.of("diff -q, in full and kept for the next", first, f"{times(first.wall / told['full'].wall)} of in full")
    yield Row.of("diff -q, the ledger read on", told["on"], f"1/{told['full'].wall / told['on'].wall:.1f} of in full")


@contextmanager
def _database(skus: int, movements: int) -> Iterator[str]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from stockrecon.config.ddl import ledger_statements

    home = create_engine(f"{SERVER}postgres", isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with home.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
        try:
            engine = create_engine(SERVER + DATABASE, isolation_level="AUTOCOMMIT", poolclass=NullPool)
            with engine.connect() as own:
                for statement in (*ledger_statements("postgresql"), *_FILL):
                    own.exec_driver_sql(statement.format(skus=skus, movements=movements))
            yield SERVER + DATABASE
        finally:
            connection.exec_driver_sql(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _seller(folder: Path, url: str, more: str) -> None:
    shop = folder / "shopee-vn"
    shop.mkdir(parents=True)
    (shop / "shop.yaml").write_text(f"as_of: {datetime.now(UTC).isoformat()}\nimitates: shopee\ncomplete: true\n")
    with (shop / "listings.csv").open("w", newline="") as file:
        made = csv.writer(file)
        made.writerow(("item_id", "seller_sku", "sellable"))
        made.writerows((number, f"SKU-{number:07}", number % 50) for number in range(1, LISTED + 1))
    (folder / "stockrecon.yaml").write_text(
        f"ledger:\n  type: sql\n  url: {url}\n{more}"
        "shops: [{name: shopee-vn, channel: file, path: shopee-vn/}]\nstate: state/\n"
    )


def _sell(url: str, skus: int, number: int) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with create_engine(url, poolclass=NullPool).begin() as connection:
        for statement in _SELL:
            first = 1 + number * SOLD
            connection.exec_driver_sql(statement.format(skus=skus, first=first, last=first + SOLD - 1))


def _diff(folder: Path) -> Cost:
    return run([sys.executable, "-m", "stockrecon", "diff", "-q", "-c", str(folder / "stockrecon.yaml")])


def _alone(folder: Path) -> Cost:
    return run([sys.executable, "-m", "benchmarks.ledger", str(folder / "stockrecon.yaml")])


def _read(config: Path) -> None:
    """Reads the ledger on from what is kept, where anything is, as a run does before it compares."""
    from stockrecon.config import load
    from stockrecon.ledgers.sql import SqlLedger
    from stockrecon.state import State

    settings = load(config, {})
    spool = Path(tempfile.mkdtemp(dir=config.parent))
    with (
        State.open(settings.state, lambda: datetime.now(UTC)) as state,
        closing(SqlLedger(settings.ledger)) as ledger,
    ):
        ledger.read_on(spool, datetime.now(UTC), state.kept.open(spool))
    shutil.rmtree(spool)


if __name__ == "__main__":
    _read(Path(sys.argv[1]))
