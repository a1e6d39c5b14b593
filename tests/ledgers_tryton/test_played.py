"""Recorded answers of Tryton 8.2 with its module `sale`, played back: every call as it was, every answer understood."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.base import Answered
from tests.ledgers_tryton.build import NOBODY
from tests.ledgers_tryton.played import AVAILABLE, REF, Played, opened, read, request
from tests.ledgers_tryton.world import SHOP


def test_sales_are_read(tmp_path: Path) -> None:
    """Orders by their sale's reference, a return of one of them, and a kit's sale as an order of its parts."""
    played = Played("read")
    with closing(opened(played.clock, played)) as ledger:
        tables = read(ledger, tmp_path)
    assert played.log == []
    assert [(row["sku"], row["available"]) for row in tables["stock"]] == [("PART-1", "3"), ("SHIRT-1", "4")]
    told = [
        (row["sku"], row["kind"], row["quantity"], row["shop"], row["order_id"], row["note"])
        for row in tables["movements"]
    ]
    assert sorted(told) == [
        ("PART-1", "manual", "9", "", "", "Inventory 3"),
        ("PART-1", "order", "-6", SHOP, "K-1", "Customer Shipment 3"),
        ("SHIRT-1", "cancel", "2", SHOP, "A-1", "Customer Shipment 1"),
        ("SHIRT-1", "manual", "-1", "", "", "Inventory 2"),
        ("SHIRT-1", "manual", "5", "", "", "Inventory 1"),
        ("SHIRT-1", "order", "-1", SHOP, "A-2", "Customer Shipment 2"),
        ("SHIRT-1", "order", "-2", SHOP, "A-1", "Customer Shipment 1"),
        ("SHIRT-1", "return", "1", SHOP, "A-2", "Customer Return 1"),
    ]
    (kit,) = tables["listings"]
    assert (kit["shop"], kit["seller_sku"], kit["sku"], kit["units"]) == ("*", "KIT-1", "PART-1", "3")


def test_a_correction_is_posted(tmp_path: Path) -> None:
    """Looked up, made, marked, looked up again, confirmed, and found: in this order and no other."""
    played = Played("correct")
    order = [each["method"].removeprefix("model.") for each in played.log]
    with closing(opened(played.clock, played)) as ledger:
        assert ledger.reread([Sku("SHIRT-1"), Sku("KIT-1")]) == {"SHIRT-1": AVAILABLE}
        answer = ledger.correct(request())
        assert (answer.answered, answer.text, answer.available) == (Answered.ACCEPTED, "", AVAILABLE - 1)
        assert ledger.posted([REF]) == {REF: -1}
    assert played.log == []
    writes = [each for each in order if each.rpartition(".")[2] in ("create", "write", "confirm", "cancel", "delete")]
    assert writes == ["stock.inventory.create", "ir.attachment.create", "stock.inventory.confirm"]
    assert "ir.attachment.search_read" in order[order.index(writes[1]) : order.index(writes[2])]


def test_the_check() -> None:
    """Every line of a Tryton that has all that is wanted."""
    played = Played("check")
    with closing(opened(played.clock, played)) as ledger:
        lines = ledger.check()
    assert played.log == []
    assert not [line for line in lines if line.ok is False]
    assert [line.text for line in lines if line.what in ("version", "kits", "orders", "corrections")] == [
        "Tryton 8.2",
        "1 kits are known by their components",
        f"known by sale.reference, such as {SHOP}/K-1",
        "can be posted",
        "as an inventory of one line, counted in Storage Zone (STO) first",
    ]


def test_a_wrong_password(tmp_path: Path) -> None:
    """Told as what it is, and neither password nor session is in any text."""
    played = Played("wrong_password")
    ledger = opened(played.clock, played, password=Secret("nonsense"))
    with closing(ledger), pytest.raises(AuthFault) as caught:
        read(ledger, tmp_path)
    assert caught.value.what == "Tryton does not let stockrecon in: unknown user or wrong password"
    assert caught.value.way_on == "Check ledger.user and ledger.password, and that the user is active in Tryton."


def test_a_user_without_rights(tmp_path: Path) -> None:
    """Tryton's own words, and where the rights are listed."""
    played = Played("no_rights")
    with closing(opened(played.clock, played, user=NOBODY)) as ledger, pytest.raises(ReadFault) as caught:
        read(ledger, tmp_path)
    assert 'You are not allowed to access "Stock Move"' in caught.value.what
    assert "docs/ledgers/tryton.md" in caught.value.way_on
