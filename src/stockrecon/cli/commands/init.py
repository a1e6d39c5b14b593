"""`stockrecon init`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from stockrecon.cli.options import DEFAULT_CONFIG, config_option
from stockrecon.cli.output import put, say
from stockrecon.errors import UsageFault

DATABASES = ("sqlite", "postgresql", "mysql", "mariadb")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
@click.option(
    "--kind",
    type=click.Choice(["file", "sql"]),
    default="file",
    show_default=True,
    help="file: a ledger and a shop of CSV files. sql: a database, Shopee and Lazada.",
)
@click.option(
    "--ledger-url",
    metavar="env:NAME",
    help="Look at the tables of this database, and propose the ledger: env:NAME or file:PATH, or a URL without a "
    "password.",
)
@click.option("--force", is_flag=True, help="Where some files are there already, write the others; overwrites none.")
@click.option(
    "--create-tables",
    is_flag=True,
    help="Write no files: create the ledger's tables, those that are missing, in the configured database.",
)
@click.option(
    "--tables",
    type=click.Choice(DATABASES),
    help="Write no files: print the SQL that creates the ledger's tables in such a database.",
)
@config_option
def init(
    folder: Path,
    kind: str,
    ledger_url: str | None,
    force: bool,
    create_tables: bool,
    tables: str | None,
    config: Path,
) -> None:
    """Write a starter configuration.

    Writes a commented stockrecon.yaml into FOLDER (default: here), for files also empty tables with the right
    columns. A file that is there is never overwritten. The ledger's tables can be created in a database as well.

    \b
    Examples:
        stockrecon init my-shops
        stockrecon init --kind sql
        stockrecon init --ledger-url env:LEDGER_URL
        stockrecon init --create-tables -c stockrecon.yaml
        stockrecon init --tables postgresql | psql mydatabase
    """
    from stockrecon.config import ledger_ddl, write_starter

    if tables is not None:
        put([ledger_ddl(tables)], None, utf8=True)
        return
    if create_tables:
        _create(config)
        return
    proposed = ""
    if ledger_url is not None:
        kind, proposed = "sql", _proposed(folder, ledger_url)
    for path in write_starter(folder, kind, force, proposed):
        say(f"written: {path}")
    say(f"Next: fill it in, then: stockrecon check -c {folder / DEFAULT_CONFIG}")


def _proposed(folder: Path, told: str) -> str:
    """The ledger's section for a database, which is read and not written to."""
    from stockrecon.config import ledger_at
    from stockrecon.ledgers.sql import propose

    settings, written = ledger_at(told, folder.absolute(), os.environ)
    return propose(settings, written)


def _create(config: Path) -> None:
    from stockrecon.config import ledger_ddl, load
    from stockrecon.ledgers.sql import create_tables

    ledger = load(config, os.environ).ledger
    if ledger.type != "sql" or ledger.url is None:
        raise UsageFault(
            f"{config}: the ledger is of type {ledger.type}, which has no tables to create",
            way_on="only a ledger of type sql has",
        )
    database = ledger.url.partition(":")[0].partition("+")[0].lower()
    created = create_tables(ledger, ledger_ddl(database))
    say(f"created: {', '.join(created)}" if created else "All of the ledger's tables are there already.")
