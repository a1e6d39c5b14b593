"""A correction that a person takes back as the page says is no write-up to the audit: nothing false is planned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from tests.ledger_contract.erpnext import FIELD, ErpnextHouse
from tests.ledger_contract.runs import Seller


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ErpnextHouse]:
    (tmp_path / "house").mkdir()
    with ExitStack() as stack:
        yield ErpnextHouse(tmp_path / "house", stack)


@pytest.fixture
def seller(house: ErpnextHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Seller:
    return Seller(house, tmp_path, capsys)


def corrected(house: ErpnextHouse, seller: Seller) -> tuple[str, str]:
    """A unit that does not exist was taken out two hours later; its SKU and the Stock Entry."""
    sku = house.ghost()
    seller.shown[sku] = 0
    code, found = seller.run("sync", "--apply")
    assert (code, [one["result"] for one in found["outcomes"]]) == (0, ["confirmed"])
    (entry,) = [name for name, one in house.site.tables["Stock Entry"].items() if one.get(FIELD)]
    return sku, entry


def false(seller: Seller) -> list[object]:
    """What the next diff says of units that do not exist."""
    _, found = seller.run("diff")
    planned = [one for one in found["plan"]["actions"] if one["kind"] == "adjust-ledger"]
    told = [one for statement in found["statements"] for one in statement["findings"]]
    return [*planned, *(one for one in told if one["scenario"] == "cancelled-order-restock")]


def test_cancelled_below_zero_it_is_no_write_up(house: ErpnextHouse, seller: Seller) -> None:
    """Oversold since, the Stock Entry cancelled, then the oversold order: its unit is not taken for one too many."""
    sku, entry = corrected(house, seller)
    house.noon += timedelta(hours=3)
    house.tell(timedelta(hours=2), lambda house: house.orders("shop", "late", sku, 1))
    house.tell(timedelta(hours=1), lambda house: house.site.cancel("Stock Entry", entry, by_user=False))  # type: ignore[attr-defined]
    house.tell(timedelta(minutes=30), lambda house: house.cancels("late"))
    assert false(seller) == []


def test_taken_back_by_undo_it_is_not_proposed_again(house: ErpnextHouse, seller: Seller) -> None:
    """What `runs undo` posts is a Stock Entry with a reference of its own; below zero it is no write-up either."""
    sku, entry = corrected(house, seller)
    ref = house.site.tables["Stock Entry"][entry][FIELD]
    house.noon += timedelta(hours=3)
    house.tell(timedelta(hours=2), lambda house: house.orders("shop", "late", sku, 1))
    house.tell(timedelta(hours=1), lambda house: house.corrects(sku, 1, -1, f"{ref}:undo"))
    house.tell(timedelta(minutes=30), lambda house: house.cancels("late"))
    assert house.documents(f"{ref}:undo") == [1]
    assert false(seller) == []
