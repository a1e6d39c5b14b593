"""What `init` writes can be loaded, and nothing that is there is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stockrecon.config import load, starter, write_starter
from stockrecon.config.starter import VARIABLES
from stockrecon.core.policy import Policy
from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, STOCK
from stockrecon.errors import OutputFault, UsageFault

ENVIRON = {"STOCKRECON_LEDGER_URL": "sqlite://", "SHOPEE_PARTNER_ID": "2001", "SHOPEE_SHOP_ID": "77"}


def environ(kind: str) -> dict[str, str]:
    return {name: ENVIRON.get(name, "x") for name in VARIABLES[kind]}


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_starter_loads_once_its_variables_are_set_and_states_the_defaults(tmp_path: Path, kind: str) -> None:
    write_starter(tmp_path, kind)
    got = load(tmp_path / "stockrecon.yaml", environ(kind))
    assert got.policy == Policy()
    assert got.ledger.type == kind
    assert all(shop.policy.mode == "observe" for shop in got.shops)


@pytest.mark.parametrize("kind", VARIABLES)
def test_a_starter_stays_valid_with_its_commented_keys_taken_in(tmp_path: Path, kind: str) -> None:
    """Every `# key: value` line of a starter is one that its reader may uncomment."""
    lines = []
    for line in starter(kind).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        body = line.strip()
        is_key = indent and body.startswith("# ") and (":" in body or body.startswith("#   - "))
        prose = body.startswith("# A shop")
        lines.append(indent + body[2:] if is_key and not prose else line)
    text = "\n".join(lines).replace("tables: {stock: my_stock}", "tables: {pushes: my_pushes}")
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    got = load(tmp_path / "c.yaml", environ(kind))
    assert got.shops[0].policy.overrides
    assert got.shops[0].policy.campaigns


def test_an_unknown_starter_is_a_usage_fault() -> None:
    with pytest.raises(UsageFault, match="did you mean file"):
        starter("files")


def test_the_tables_are_laid_out_with_the_contracts_columns(tmp_path: Path) -> None:
    written = write_starter(tmp_path, "file")
    assert all(path.is_file() for path in written)
    for table in (STOCK, MOVEMENTS, LEDGER_LISTINGS):
        assert (tmp_path / "ledger" / f"{table.name}.csv").read_text() == ",".join(table.names) + "\n"
    # An empty pushes.csv would say that nothing was ever sent.
    assert not (tmp_path / "ledger" / "pushes.csv").exists()


def test_nothing_is_written_where_a_file_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    stock = tmp_path / "ledger" / "stock.csv"
    stock.write_text("sku,available\nA,1\n")
    with pytest.raises(UsageFault, match=r"already there: .*stock\.csv"):
        write_starter(tmp_path, "file")
    assert not (tmp_path / "stockrecon.yaml").exists()


def test_force_adds_what_is_missing_and_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "stockrecon.yaml").write_text("mine\n")
    written = write_starter(tmp_path, "file", force=True)
    assert (tmp_path / "stockrecon.yaml").read_text() == "mine\n"
    assert tmp_path / "stockrecon.yaml" not in written
    assert tmp_path / "ledger" / "stock.csv" in written


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    os.symlink(tmp_path / "elsewhere", tmp_path / "stockrecon.yaml")
    with pytest.raises(UsageFault, match="already there"):
        write_starter(tmp_path, "sql")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_an_output_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputFault, match="cannot be written: Not a directory"):
        write_starter(tmp_path / "file" / "inside", "sql")
