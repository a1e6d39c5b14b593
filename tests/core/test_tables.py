"""Tables as ledgers and channels write them."""

from __future__ import annotations

import pytest

from stockrecon.core.tables import LEDGER_TABLES, Kind, with_blocks


@pytest.mark.parametrize("name", ["stock", "movements"])
def test_a_table_with_blocks_has_one_more_number(name: str) -> None:
    """All that the table has, in its order, with its key; behind it each row's block, which may be missing."""
    table = LEDGER_TABLES[name]
    blocked = with_blocks(table)
    *before, block = blocked.columns
    assert tuple(before) == table.columns
    assert (block.name, block.kind, block.required) == ("block", Kind.INTEGER, False)
    assert (blocked.name, blocked.key, blocked.once) == (table.name, table.key, table.once)
