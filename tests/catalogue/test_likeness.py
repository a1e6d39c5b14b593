"""SKUs that the ledger does not know: what of its own looks like them, found in bulk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stockrecon.catalogue import likeness, schema
from stockrecon.catalogue.engine import Connection, connect, insert
from stockrecon.core.damage import Damage, keys
from stockrecon.core.model import Sku
from stockrecon.reconcile.telling import of_movements
from tests.catalogue.build import Market, Shop, ago, listing, opened, read_of

_ALPHABET = "0123456789aAeEgGhHjJnNtTzZ+-./ '\"=_\xa0\u200b\u0410"
SKUS = st.one_of(
    st.text(alphabet=_ALPHABET, min_size=1, max_size=8),
    st.from_regex(r"[0-9]{1,22}", fullmatch=True),
    st.from_regex(r"0?(9{5,12}[0-9]{0,3})", fullmatch=True),
    st.from_regex(r"[0-9]{1,4}[-/. ][0-9]{1,2}([-/. ][0-9]{2,4})?", fullmatch=True),
    st.from_regex(r"(?i)(jan|mei|september|thg1?)[ -]?[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}[ -](Jan|Mei|September|Thg1)([ -](20)?[0-9]{2})?", fullmatch=True),
    st.from_regex(r"[0-9](\.[0-9]{1,5})?[eE]\+?[0-9]{1,2}", fullmatch=True),
)


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with tempfile.TemporaryDirectory() as folder:
        opened = connect(Path(folder), "100MB", 1)
        schema.create(opened)
        yield opened
        opened.close()


@settings(max_examples=40)
@given(st.sets(SKUS, min_size=1, max_size=60))
@example({"0", "000", "0999999500", "999999", "2026-01-02 00:00:00", "2-September-2026", "thg1-12", "a b", "=1", "'1"})
def test_the_keys_in_bulk_are_those_of_each_sku(connection: Connection, skus: set[str]) -> None:
    """What SQL gathers for plain SKUs and Python for the others is what Python says of every single one."""
    schema.reset(connection, "stock")
    likeness.forget(connection)
    insert(connection, "stock", {"sku": "varchar"}, [(sku,) for sku in sorted(skus)])
    likeness.gather(connection)
    gathered = set(connection.execute("select key, sku from stock_key").fetchall())
    assert gathered == {(key, sku) for sku in skus for key in keys(sku)}


def test_only_unknown_skus_are_told_what_they_look_like(tmp_path: Path) -> None:
    """A SKU that the ledger knows is itself, however alike another one is; the unknown one is told, and not joined."""
    market = Market(
        stock=[{"sku": sku, "available": 1} for sku in ("00123", "123", "AB", "1-2")],
        mapping=[{"shop": "north", "item_id": "4", "sku": "ab", "units": 1}],
        shops=[
            Shop(
                "north",
                [listing("1", "123", 1), listing("2", "123.0", 1), listing("3", "2-Jan", 1), listing("4", "kit", 1)],
            )
        ],
    )
    with opened(market, tmp_path) as catalogue:
        asked = [Sku(sku) for sku in ("123", "123.0", "2-Jan", "ab")]
        found = {facts.sku: facts for facts in catalogue.facts(asked)}
    told = {sku: [(one.sku, one.kinds) for one in facts.alike.get(sku, ())] for sku, facts in found.items()}
    assert told == {
        "123": [],
        "123.0": [("123", (Damage.DECIMALS,)), ("00123", (Damage.DECIMALS, Damage.ZEROS))],
        "2-Jan": [("1-2", (Damage.DATE,))],
        "ab": [("AB", (Damage.CASE,))],
    }
    assert found[Sku("123.0")].available is None


def test_a_ledger_that_is_loaded_anew_is_asked_anew(tmp_path: Path) -> None:
    """What the ledger had before it was read a second time is not told any more."""
    shops = [Shop("north", [listing("1", "a", 1)])]
    before, after = Market(stock=[{"sku": "A", "available": 1}], shops=shops), Market(stock=[], shops=shops)
    with opened(before, tmp_path) as catalogue:
        assert next(iter(catalogue.facts([Sku("a")]))).alike
        catalogue.load_ledger(read_of(after, tmp_path / "after"))
        assert not next(iter(catalogue.facts([Sku("a")]))).alike


def test_movements_under_a_damaged_spelling_are_told(tmp_path: Path) -> None:
    """The ledger's own tables may have gone through a spreadsheet, too; what is not sold any more is no news."""
    moves = [
        {"id": str(number), "sku": sku, "at": ago(hours=number), "quantity": -1, "kind": "order"}
        for number, sku in enumerate(("00123", "123", "123", "GONE", "AB"), start=1)
    ]
    market = Market(stock=[{"sku": sku, "available": 1} for sku in ("00123", "AB")], movements=moves)
    with opened(market, tmp_path):
        pass
    assert market.ledger_facts is not None
    told = [(sku, like.sku, like.kinds) for sku, like in market.ledger_facts.moved_alike]
    assert told == [("123", "00123", (Damage.ZEROS,))]
    (text,) = of_movements(market.ledger_facts)
    assert "its movements name 123," in text
    assert "nearly 00123 (damage: lost leading zeros)" in text
