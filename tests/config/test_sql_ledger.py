"""The keys of an SQL ledger: the mapping has the words that spreadsheets have, durations their usual form."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stockrecon.core.mapping import From, TableMap
from tests.config.conftest import Faults, Load

SHOPS = "shops: [{name: s, channel: file, path: s}]\n"


def plain(**names: str) -> dict[str, From]:
    return {name: From(((own,),)) for name, own in names.items()}


def test_the_configuration_makes_the_mapping(load_text: Load) -> None:
    """The same keys as for a spreadsheet, beside `tables`; a column that is not named has the contract's name."""
    settings = load_text(
        f"""
ledger:
  type: sql
  url: sqlite:///ledger.db
  tables: {{stock: items, movements: moves}}
  mapping:
    columns: {{available: {{add: [on_hand], less: [reserved]}}}}
    movements:
      columns: {{id: nr, sku: item}}
      fixed: {{shop: shopee-vn}}
      values: {{kind: {{1: order, 2: cancel}}}}
{SHOPS}"""
    )
    assert settings.ledger.mapping == {
        "stock": TableMap("mapping", {"available": From((("on_hand",),), (("reserved",),))}),
        "movements": TableMap(
            "mapping",
            plain(id="nr", sku="item"),
            fixed={"shop": "shopee-vn"},
            values={"kind": {"1": "order", "2": "cancel"}},
        ),
    }


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("statement_timeout: 90s", "statement_timeout", timedelta(seconds=90)),
        ("full_read: 6h", "full_read", timedelta(hours=6)),
        ("full_read: always", "full_read", timedelta(0)),
        ("overlap: 30m", "overlap", timedelta(minutes=30)),
    ],
)
def test_durations(load_text: Load, line: str, key: str, value: timedelta) -> None:
    """In the form that all durations have."""
    settings = load_text(f"ledger:\n  type: sql\n  url: sqlite:///l.db\n  {line}\n{SHOPS}")
    assert getattr(settings.ledger, key) == value


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("queries: {stock: SELECT 1}\n  mapping: {columns: {sku: code}}", "keep it or ledger.mapping, not both"),
        (
            "queries: {movements: SELECT 1}\n  mapping: {movements: {columns: {sku: code}}}",
            "keep it or ledger.mapping.movements, not both",
        ),
        ("mapping: {file: x.csv}", "ledger.mapping.file: unknown key"),
        ("mapping: {columns: {skus: code}}", "did you mean sku?"),
        ("statement_timeout: 0s", "a duration has to be above 0"),
    ],
)
def test_what_cannot_be_meant(faults: Faults, lines: str, told: str) -> None:
    """A query names its columns itself; a database has no files."""
    (found,) = faults(f"ledger:\n  type: sql\n  url: sqlite:///l.db\n  {lines}\n{SHOPS}")
    assert told in found
