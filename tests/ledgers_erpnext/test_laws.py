"""Whatever ERPNext answers, nothing but a fault in words comes out, and a correction is never posted twice."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from stockrecon.rest import Answer, Request, WireFault
from tests.ledgers_erpnext.fakes import NOW, REF, STORES, FakeErp, Hook, error, ledger, request, said

JUNK: tuple[object, ...] = (
    None,
    7,
    "text",
    [],
    {},
    {"data": None},
    {"data": 7, "message": [], "docs": {}},
    {"data": [None], "message": "x", "docs": [7]},
    {"data": [{}], "message": {}, "docs": [{}]},
    {"data": [{"name": 1, "parent": 1, "new_item_code": 2}], "message": -1, "docs": [{"name": "Stock Entry"}]},
    {"data": {"name": [], "docstatus": "1", "items": 7}, "message": {"has_permission": "no", "time_zone": 7}},
    {"exc_type": 7, "_server_messages": 7, "exception": []},
)


def house() -> FakeErp:
    """A little of everything that is read."""
    erp = FakeErp()
    erp.item("A", 5, 1)
    erp.add("Product Bundle", "KIT", new_item_code="KIT", disabled=0)
    erp.add("Product Bundle Item", parent="KIT", item_code="A", qty=2)
    erp.add("Sales Order", "SO-1", po_no="X1", customer="s", docstatus=1, status="To Deliver")
    more = {"warehouse": STORES, "stock_qty": 1, "qty": 1, "delivered_qty": 0, "delivered_by_supplier": 0}
    erp.add("Sales Order Item", "SO-1-1", parent="SO-1", item_code="A", **more)
    erp.add("Delivery Note", "DN-1", is_return=0, docstatus=1)
    erp.add("Delivery Note Item", "DN-1-1", parent="DN-1", against_sales_order="")
    erp.entry("A", -1, ("Delivery Note", "DN-1"), NOW, voucher_detail_no="DN-1-1")
    erp.add("Stock Entry", "SE-1", purpose="Material Receipt", docstatus=1)
    erp.entry("A", 1, ("Stock Entry", "SE-1"), NOW)
    erp.add("Stock Reconciliation", "SR-1", purpose="Stock Reconciliation", docstatus=1)
    erp.add("Stock Reconciliation Item", "SR-1-1", parent="SR-1", qty=1, current_qty=2)
    erp.entry("A", 0, ("Stock Reconciliation", "SR-1"), NOW, voucher_detail_no="SR-1-1")
    return erp


def routes() -> list[str]:
    """Every address that a reading, a check and a correction ask."""
    erp = house()
    book = ledger(erp)
    book.check()
    book.correct(request(available=4))
    return sorted({one.path for one in erp.requests})


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: json.dumps(junk)[:30])
def test_no_answer_is_more_than_a_fault(junk: object, tmp_path: Path) -> None:
    """On every route: reading raises a fault or reads, check has lines, and a correction is answered: never as not
    posted where it was."""
    for route in routes():

        def spoil(asked: Request, route: str = route) -> Answer | None:
            return said(junk) if asked.path == route else None

        erp = house()
        erp.hooks.append(spoil)
        book = ledger(erp)
        with suppress(ReadFault):
            book.read(tmp_path / "spool", NOW)
        answer = book.correct(request(available=4))
        assert answer.answered in Answered
        if answer.answered in (Answered.NOT_SENT, Answered.REJECTED):
            assert not [row for row in erp.docs["Stock Entry"].values() if row.get(REF)]
        assert book.check()
        assert book.corrects() is None or book.corrects()
        assert len(erp.docs["Stock Entry"]) <= 2


def trouble(rng: random.Random, erp: FakeErp) -> tuple[list[Hook], Hook]:
    """One kind of trouble, and whether it comes before or after what was asked is done."""

    def breaks(asked: Request) -> Answer | None:
        if rng.random() < 0.2:
            raise WireFault("127.0.0.1 broke off its answer", sent=True)
        return None

    def refuses(asked: Request) -> Answer | None:
        return error(rng.choice((500, 502, 503)), "OperationalError", "") if rng.random() < 0.2 else None

    return rng.choice((erp.hooks, erp.after)), rng.choice((breaks, refuses))


@pytest.mark.parametrize("seed", range(40))
def test_a_correction_is_posted_once_through_any_trouble(seed: int) -> None:
    """Runs that fail anywhere, with drafts that a site keeps now and then, end with exactly one."""
    rng = random.Random(seed)
    erp = FakeErp()
    erp.item("A", 5)
    asked = request()
    for _ in range(8):
        where, hook = trouble(rng, erp)
        where.append(hook)
        erp.keeps_drafts = rng.random() < 0.3
        book = ledger(erp)
        with suppress(ReadFault):
            if not book.posted([asked.ref]):
                book.correct(asked)
        where.remove(hook)
        erp.keeps_drafts = False
        live = [row for row in erp.docs["Stock Entry"].values() if row["docstatus"] == 1]
        assert len(live) <= 1
        assert erp.docs["Bin"][f"A@{STORES}"]["actual_qty"] == 5 - len(live)
    book = ledger(erp)
    if not book.posted([asked.ref]):
        assert book.correct(asked).answered is Answered.ACCEPTED
    assert book.posted([asked.ref]) == {asked.ref: -1}
    assert [row["docstatus"] for row in erp.docs["Stock Entry"].values()] == [1]
