"""Against the Odoo on loopback that another hand wrote: what is read of its kits, amended orders and take-backs."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.core.audit import Audit, audit
from stockrecon.core.model import Movement, MovementKind, ShopName, Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.odoo import OdooLedger
from tests.erp.odoo import DATABASE, KEY, LOGIN, Odoo, serve

START = datetime(2026, 11, 11, 6, tzinfo=UTC)
REF = "stockrecon:cup:{}"


class Shop:
    """One Odoo and the ledger that reads it, with a clock of its own."""

    def __init__(self, version: int, folder: Path, stack: ExitStack) -> None:
        self.now = START
        self.odoo = Odoo(version=version, clock=lambda: self.now)
        address = stack.enter_context(serve(self.odoo)).base_url
        options = {"base_url": address, "api_key": Secret(KEY), "database": DATABASE, "user": LOGIN}
        more = {"warehouses": ("WH",), "available": "promised", "requests_per_second": 1000.0}
        more |= {"shop_field": "partner_id", "shops": {"shopee-vn": "Shopee VN"}}
        settings = LedgerSettings("odoo", folder, options={**options, **more})
        self.ledger = OdooLedger(settings, clock=lambda: self.now)
        stack.callback(self.ledger.close)
        self.spool = folder / "spool"
        self.spool.mkdir()
        self.cup = self.odoo.product("cup")

    def later(self) -> None:
        self.now += timedelta(minutes=10)

    def rows(self, table: str) -> list[dict[str, str]]:
        found = self.ledger.read(self.spool, self.now).tables.get(table)
        if found is None:
            return []
        with Path(found.path).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def available(self) -> int:
        return int(self.rows("stock")[0]["available"])

    def movements(self) -> list[Movement]:
        return [
            Movement(
                row["id"],
                Sku(row["sku"]),
                datetime.fromisoformat(row["at"]),
                int(row["quantity"]),
                MovementKind(row["kind"]),
                ShopName(row["shop"]) if row["shop"] else None,
                row["order_id"] or None,
                ref=row["ref"] or None,
            )
            for row in sorted(self.rows("movements"), key=lambda row: (row["at"], row["id"]))
        ]

    def audited(self) -> Audit:
        return audit(self.movements(), self.available())

    def counts(self, by: int, words: str = "") -> None:
        """What a person does in Physical Inventory."""
        self.later()
        self.odoo.set_by_hand(self.cup, self.odoo.on_hand(self.cup) + by, words)


@pytest.fixture(params=[17, 18, 19])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    with ExitStack() as stack:
        yield Shop(request.param, tmp_path, stack)


def test_kits_in_other_units(shop: Shop) -> None:
    """A bill by the dozen, a kit that is sold by the dozen, a line in dozens; one by weight is told."""
    dozen = shop.odoo.unit("Dozens", 12, shop.odoo.units)
    kilo = shop.odoo.unit("kg")
    shop.odoo.kit("piece", {shop.cup: 12}, unit=dozen)
    box = shop.odoo.kit("box", {shop.cup: 1}, unit=shop.odoo.units)
    shop.odoo.put("product.product", box, uom_id=dozen)
    shop.odoo.kit("line", {shop.cup: 2}, counted={shop.cup: dozen})
    shop.odoo.kit("weighed", {shop.cup: 1}, unit=kilo)
    listed = {(row["seller_sku"], row["sku"], row["units"]) for row in shop.rows("listings")}
    assert listed == {("piece", "cup", "1"), ("box", "cup", "12"), ("line", "cup", "24")}
    (told,) = shop.ledger.read(shop.spool, shop.now).warnings
    assert told.startswith("kit weighed is left out: the unit (kg) of the bill of materials")


def test_an_order_that_is_confirmed_again_is_told_thrice(shop: Shop) -> None:
    """Cancelled, set to quotation, confirmed again: taken, given back, taken, each at its time, under one number."""
    shop.odoo.receive(shop.cup, 10)
    shop.later()
    order = shop.odoo.order("A-1", {shop.cup: 1})
    shop.later()
    shop.odoo.cancel(order)
    shop.later()
    # Odoo dates an order anew whenever it is confirmed.
    shop.odoo.put("sale.order", order, state="draft", date_order=shop.odoo.now())
    shop.odoo.confirm_order(order)
    minute = {10: -1, 20: 1, 30: -1}
    kinds = (MovementKind.ORDER, MovementKind.CANCEL, MovementKind.ORDER)
    told = [(one.at, one.quantity, one.kind, one.shop, one.order_id) for one in shop.movements()[1:]]
    assert told == [
        (START + timedelta(minutes=at), units, kind, "shopee-vn", "A-1")
        for (at, units), kind in zip(minute.items(), kinds, strict=True)
    ]
    assert shop.available() == 9
    assert shop.audited().excess == 0


def taken_back(shop: Shop, words: str) -> int:
    """Units that seem to be there twice, where a correction is taken back below zero and the next order cancelled."""
    shop.odoo.receive(shop.cup, 3)
    shop.later()
    first = shop.odoo.order("A", {shop.cup: 5})
    shop.counts(2)
    shop.later()
    shop.odoo.cancel(first)
    (claim,) = shop.audited().claims
    assert claim.units == 2
    ref = REF.format(claim.movement.id)
    shop.later()
    request = CorrectionRequest(Sku("cup"), -2, ref, "cancelled-order-restock", shop.now, shop.available())
    assert shop.ledger.correct(request).answered is Answered.ACCEPTED
    assert (shop.audited().excess, shop.available()) == (0, 3)
    shop.later()
    second = shop.odoo.order("B", {shop.cup: 6})
    shop.counts(2, words.format(ref))
    shop.later()
    shop.odoo.cancel(second)
    assert shop.available() == 5
    return shop.audited().excess


def test_a_correction_that_is_taken_back_as_the_page_says_is_no_write_up(shop: Shop) -> None:
    """Below zero, so that the next cancellation adds nothing twice."""
    assert taken_back(shop, "{}:undo") == 0


@pytest.mark.parametrize("shop", [19], indirect=True)
@pytest.mark.parametrize(
    ("words", "false"),
    [
        ("{}:undo (Ann)", 0),
        ("{} (Ann):undo", 0),
        ("{}", 0),
        (" Stockrecon: taken back, we do have them", 0),
        ("we do have them", 2),
        ("", 2),
    ],
)
def test_the_reason_decides_what_an_adjustment_is(shop: Shop, words: str, false: int) -> None:
    """One that begins with our mark is ours; with another, or none, it is a write-up by hand like every other."""
    assert taken_back(shop, words) == false
