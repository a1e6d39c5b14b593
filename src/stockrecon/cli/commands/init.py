"""`stockrecon init`."""

from __future__ import annotations

from pathlib import Path

import click

from stockrecon.cli.output import put, say

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
    "--force", is_flag=True, help="Write what is missing where some files are there already; overwrites none."
)
@click.option(
    "--tables",
    type=click.Choice(DATABASES),
    help="Write no files: print the SQL that creates the ledger's tables in such a database.",
)
def init(folder: Path, kind: str, force: bool, tables: str | None) -> None:
    """Write a starter configuration.

    Writes a commented stockrecon.yaml into FOLDER (default: here), for files also empty tables with the right
    columns. A file that is there is never overwritten.

    \b
    Examples:
        stockrecon init my-shops
        stockrecon init --kind sql
        stockrecon init --tables postgresql | psql mydatabase
    """
    from stockrecon.config import ledger_ddl, write_starter

    if tables is not None:
        put([ledger_ddl(tables)], None, utf8=True)
        return
    written = write_starter(folder, kind, force)
    for path in written:
        say(f"written: {path}")
    configuration = folder / "stockrecon.yaml"
    say(f"Next: fill it in, then: stockrecon check -c {configuration}")
