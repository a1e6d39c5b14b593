"""What was taken back or done again is told as what it is, so that nothing false is planned.

A correction that a person takes back as the page says is no write-up; an order that is sent by another shipment after
its first was cancelled is the same order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [sandbox] is not installed")

from stockrecon.cli import app
from tests.ledger_contract.runs import Document, Seller
from tests.ledger_contract.tryton import TrytonHouse, with_more_places
from tests.ledgers_tryton.world import World

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def world(trytons: tuple[World, World]) -> World:
    """The second database, as the suite of all ledgers has it."""
    return with_more_places(trytons[1])


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[TrytonHouse]:
    (tmp_path / "house").mkdir()
    with ExitStack() as stack:
        yield TrytonHouse(tmp_path / "house", stack, world)


@pytest.fixture
def seller(house: TrytonHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Seller:
    return Seller(house, tmp_path, capsys)


def corrected(house: TrytonHouse, seller: Seller) -> tuple[str, str, str]:
    """A unit that does not exist was taken out; its SKU, the run and the correction's reference."""
    sku = house.ghost()
    seller.shown[sku] = 0
    code, found = seller.run("sync", "--apply")
    assert (code, [one["result"] for one in found["outcomes"]]) == (0, ["confirmed"])
    (action,) = found["plan"]["actions"]
    # What comes next is dated behind it, and so that it lies in the past.
    house.world.age(house.products[sku], timedelta(hours=3))
    return sku, found["run"], action["ref"]


def false(seller: Seller) -> list[object]:
    """What the next diff says of units that do not exist."""
    _, found = seller.run("diff")
    planned = [one for one in found["plan"]["actions"] if one["kind"] == "adjust-ledger"]
    told = [one for statement in found["statements"] for one in statement["findings"]]
    return [*planned, *(one for one in told if one["scenario"] == "cancelled-order-restock")]


def test_cancelled_below_zero_it_is_no_write_up(house: TrytonHouse, seller: Seller) -> None:
    """Oversold since, the correction's move cancelled, then the oversold order: its unit is not taken for one too
    many."""
    sku, _, ref = corrected(house, seller)
    product, world = house.products[sku], house.world
    assert world.on_hand(product) == 0
    house.tell(timedelta(hours=2), lambda house: house.orders("shop", f"late-{sku}", sku, 1))
    (move,) = world.people(
        "stock.move.search", [["product", "=", product], ["state", "=", "done"]], 0, 1, [["id", "DESC"]]
    )
    house.tell(timedelta(hours=1), lambda _: world.people("stock.move.cancel", [move]))
    house.tell(timedelta(minutes=30), lambda house: house.cancels(f"late-{sku}"))
    assert world.on_hand(product) == 1
    assert world.book(ref) == [("done", 0)]
    assert false(seller) == []


def test_taken_back_by_undo_it_is_not_proposed_again(house: TrytonHouse, seller: Seller) -> None:
    """`runs undo` posts the opposite, with a reference of its own; the next diff finds nothing to correct."""
    sku, run, ref = corrected(house, seller)
    planned = undo(seller, run)
    assert [one["by"] for one in planned["plan"]["actions"]] == [1]
    done = undo(seller, run, "--apply", "--approve", planned["plan"]["digest"])
    assert [one["result"] for one in done["outcomes"]] == ["confirmed"]
    assert house.documents(f"{ref}:undo") == [1]
    assert house.world.on_hand(house.products[sku]) == 1
    assert false(seller) == []


@pytest.mark.parametrize("again", ["another shipment", "the same shipment", "one transaction"])
def test_an_order_that_is_made_anew(house: TrytonHouse, seller: Seller, again: str) -> None:
    """Oversold, set right by hand, cancelled: one unit is too many; made anew it is not; cancelled for good it is."""
    sku, order = house.sku(), f"again-{again.replace(' ', '-')}"
    seller.shown[sku] = 0

    def corrections() -> list[int]:
        _, found = seller.run("diff")
        return [one["by"] for one in found["plan"]["actions"] if one["kind"] == "adjust-ledger"]

    def anew(_: object) -> None:
        if again == "the same shipment":
            made_anew(house, sku, order)
        else:
            house.orders("shop", order, sku, 1)

    def both(_: object) -> None:
        house.cancels(order)
        anew(None)

    house.tell(timedelta(hours=9), lambda house: house.orders("shop", order, sku, 1))
    house.tell(timedelta(hours=8), lambda house: house.sets_by_hand(sku, 1))
    if again == "one transaction":
        # Tryton gives all that it does the time at which it began.
        house.tell(timedelta(hours=7), both)
    else:
        house.tell(timedelta(hours=7), lambda house: house.cancels(order))
        assert corrections() == [-1]
        house.tell(timedelta(hours=6), anew)
    assert corrections() == []
    house.tell(timedelta(hours=5), lambda house: house.cancels(order))
    assert corrections() == [-1]


def made_anew(house: TrytonHouse, sku: str, order: str) -> None:
    """The cancelled shipment is set back to a draft, whose moves stay cancelled; it gets a new one."""
    people, shipment = house.world.people, house.shipments[order]
    people("stock.shipment.out.draft", [shipment])
    move = {**house.world.move(house.products[sku], 1, "OUT", "CUS"), "shipment": f"stock.shipment.out,{shipment}"}
    people("stock.move.create", [move])
    people("stock.shipment.out.wait", [shipment])


def undo(seller: Seller, run: str, *more: str) -> Document:
    report = seller.folder / "undo.json"
    config = seller.write()
    app.run(["runs", "undo", run, *more, "-c", str(config), "--no-color", "--format", "json", "-o", str(report)])
    found: Document = json.loads(report.read_text("utf-8"))
    return found
