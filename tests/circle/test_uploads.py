"""A shop in files gets a file for upload, and its next snapshot tells what became of it; nobody is asked twice.

The seller's folder: 40 SKUs, two of which a campaign gave back to the shop.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import Upload
from stockrecon.channels.files import FileChannel
from stockrecon.errors import OutputFault
from tests.circle.program import NOON, Program, Ran, Time
from tests.poisoned.books import RETURNED, Files, due
from tests.poisoned.conftest import NARROW

SHOP = "shopee-vn"
SECOND = "00128"


class Seller:
    """`show` is what the shop exports into its folder; `run` is cron."""

    def __init__(self, root: Path, time: Time) -> None:
        self.files, self.time = Files(root), time
        self.files.configure(NARROW)
        self.program = Program(time, self.files.config)
        self.books = due()
        self._second_campaign()
        self.right = {row["sku"]: row["available"] for row in self.books.stock}
        time.now = NOON + timedelta(minutes=40)
        self.show()

    def _second_campaign(self) -> None:
        (first,) = self.books.campaigns[SHOP]
        self.books.campaigns[SHOP].append({**first, "campaign_id": "C2", "item_id": "1009"})
        self.listing(SECOND)["sellable"] += 8

    def listing(self, sku: str) -> dict[str, Any]:
        (row,) = (one for one in self.books.listings[SHOP] if one["seller_sku"] == sku)
        return row

    def take(self, *skus: str) -> None:
        """The seller center carries out what the file says of these SKUs."""
        rows = self.upload()
        for sku in skus:
            self.listing(sku)["sellable"] = rows[sku]

    def sell(self, sku: str, units: int) -> None:
        """Buyers take units; the ledger hears of it in time."""
        self.listing(sku)["sellable"] -= units
        (row,) = (one for one in self.books.stock if one["sku"] == sku)
        row["available"] -= units
        number, at = len(self.books.movements) + 1000, self.time.now - timedelta(minutes=2)
        item = self.listing(sku)["item_id"]
        order = {"order_id": f"N{number}", "item_id": item, "quantity": units, "status": "paid", "created_at": at}
        self.books.orders.setdefault(SHOP, []).append(order)
        move = {"id": number, "sku": sku, "at": at + timedelta(minutes=1), "quantity": -units, "kind": "order"}
        more = {"shop": SHOP, "order_id": f"N{number}", "balance": row["available"]}
        self.books.movements.append({**move, **more})

    def show(self) -> None:
        """A new export of shops and ledger."""
        self.books.at = self.time.now
        self.files.write(self.books)

    def upload(self) -> dict[str, int]:
        """SKU -> quantity of what waits to be uploaded; empty where there is no file, or only its heading."""
        path = self.files.root / SHOP / "updates.csv"
        if not path.exists():
            return {}
        with path.open(encoding="utf-8", newline="") as file:
            return {row["seller_sku"]: int(row["quantity"]) for row in csv.DictReader(file)}

    def later(self, minutes: float = 15) -> None:
        self.time.advance(timedelta(minutes=minutes))

    def run(self) -> Ran:
        return self.program.apply()


@pytest.fixture
def seller(tmp_path: Path, time: Time) -> Seller:
    return Seller(tmp_path, time)


def earlier(ran: Ran) -> list[str]:
    """What this run found out about the upload of an earlier one."""
    return sorted(one["result"] for one in ran.document["outcomes"] if one.get("run"))


def exported(ran: Ran) -> list[str]:
    return sorted(sku for _, sku, _, _ in ran.writes) if "exported" in ran.results else []


def test_taken(seller: Seller) -> None:
    """The next snapshot shows it: confirmed, nothing is left to do, and the old file asks for nothing any more."""
    first = seller.run()
    assert (first.code, exported(first)) == (10, [RETURNED, SECOND])
    assert seller.upload() == {sku: seller.right[sku] for sku in (RETURNED, SECOND)}
    seller.take(RETURNED, SECOND)
    seller.later()
    seller.show()
    second = seller.run()
    assert (second.code, earlier(second), second.writes) == (0, ["confirmed", "confirmed"], [])
    assert seller.upload() == {}
    seller.later()
    seller.show()
    third = seller.run()
    assert (third.code, earlier(third), third.writes) == (0, [], [])


def test_half_taken(seller: Seller) -> None:
    """What was taken is confirmed, what was not is exported again, alone."""
    seller.run()
    seller.take(RETURNED)
    seller.later()
    seller.show()
    second = seller.run()
    assert (second.code, earlier(second)) == (10, ["confirmed", "not-applied"])
    assert exported(second) == [SECOND]
    assert seller.upload() == {SECOND: seller.right[SECOND]}
    seller.take(SECOND)
    seller.later()
    seller.show()
    assert (seller.run().code, seller.upload()) == (0, {})


def test_never_taken(seller: Seller) -> None:
    """Without a newer snapshot the file waits, however often cron comes; each newer one that shows the old number
    brings one new file and no more."""
    assert exported(seller.run()) == [RETURNED, SECOND]
    waiting = seller.upload()
    for _ in range(3):
        seller.later()
        again = seller.run()
        assert (again.code, earlier(again), again.writes) == (10, [], [])
        assert set(again.withheld) == {"quarantined"}
        assert seller.upload() == waiting
    exports = 0
    for number in range(6):
        seller.later()
        if number % 2 == 0:
            seller.show()
        ran = seller.run()
        exports += bool(exported(ran))
        assert earlier(ran) == (["not-applied", "not-applied"] if number % 2 == 0 else [])
        assert seller.upload() == waiting
    assert exports == 3


def test_taken_late(seller: Seller) -> None:
    """Not yet in the first newer snapshot, there in the second: told as not applied, then as confirmed."""
    seller.run()
    seller.later()
    seller.show()
    assert earlier(seller.run()) == ["not-applied", "not-applied"]
    seller.take(RETURNED, SECOND)
    seller.later()
    seller.show()
    third = seller.run()
    assert (third.code, earlier(third), third.writes, seller.upload()) == (0, ["confirmed", "confirmed"], [], {})


def test_taken_and_then_sold(seller: Seller) -> None:
    """The snapshot shows less than was asked for, the ledger too: superseded, in line, nothing to be uploaded."""
    seller.run()
    seller.take(RETURNED, SECOND)
    seller.later()
    seller.sell(RETURNED, 2)
    seller.show()
    second = seller.run()
    assert (second.code, earlier(second), second.writes) == (0, ["confirmed", "superseded"], [])
    assert seller.upload() == {}


def test_sold_and_never_taken(seller: Seller) -> None:
    """A buyer came, the file was not taken: what is exported then counts the sale."""
    seller.run()
    seller.later()
    seller.sell(RETURNED, 2)
    seller.show()
    second = seller.run()
    assert earlier(second) == ["not-applied", "superseded"]
    assert exported(second) == [RETURNED, SECOND]
    assert seller.upload() == {RETURNED: seller.right[RETURNED] - 2, SECOND: seller.right[SECOND]}


def test_the_ledger_came_into_line_by_itself(seller: Seller) -> None:
    """Goods arrived before the file was uploaded: it must not be any more, so it is emptied."""
    seller.run()
    seller.later()
    for sku in (RETURNED, SECOND):
        (row,) = (one for one in seller.books.stock if one["sku"] == sku)
        row["available"] += 8
    seller.show()
    second = seller.run()
    assert (earlier(second), second.writes) == (["not-applied", "not-applied"], [])
    assert seller.upload() == {}


def test_a_file_that_cannot_be_emptied_is_told(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: what became of the upload is known all the same, and that the old file must not be used."""
    seller.run()
    seller.take(RETURNED, SECOND)
    seller.later()
    seller.show()

    def full(channel: FileChannel, rows: Sequence[Upload]) -> Path:
        raise OutputFault("shopee-vn/updates.csv cannot be written: No space left on device")

    monkeypatch.setattr(FileChannel, "export", full)
    second = seller.run()
    assert earlier(second) == ["confirmed", "confirmed"]
    assert {one["detail"] for one in second.document["outcomes"]} == {
        "the file for upload could not be emptied, and must not be uploaded any more: "
        "shopee-vn/updates.csv cannot be written: No space left on device"
    }


@pytest.mark.parametrize("newer", [False, True])
def test_a_stopped_export_goes_on(newer: bool, seller: Seller) -> None:
    """Cron twice in a minute over one snapshot: one export; a snapshot of the same numbers later: one more."""
    seller.run()
    if newer:
        seller.later()
        seller.show()
    assert bool(exported(seller.run())) == newer
