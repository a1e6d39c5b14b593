"""The audit of scenario 3, rule by rule, each on a history short enough to be followed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stockrecon.core.audit import Audit, Shipment, audit, correction_ref, shipments
from stockrecon.core.model import ListingKey, Movement, MovementKind, Order, OrderStatus, ShopName, Sku

START = datetime(2026, 11, 11, 8, tzinfo=UTC)
SHOP = ShopName("shopee-vn")

Row = tuple[str, int] | tuple[str, int, str]


def history(*rows: Row, first: int = 0, stated: bool = True) -> tuple[list[Movement], int]:
    """Movements a minute apart from (kind, quantity, order or ref), and the balance after the last one."""
    balance, made = first, []
    for number, (kind, quantity, *name) in enumerate(rows, start=1):
        balance += quantity
        about_order = kind in ("order", "cancel", "return")
        made.append(
            Movement(
                id=str(number),
                sku=Sku("MUG"),
                at=START + timedelta(minutes=number),
                quantity=quantity,
                kind=MovementKind(kind),
                shop=SHOP if about_order else None,
                order_id=name[0] if name and about_order else None,
                balance=balance if stated else None,
                ref=name[0] if name and kind == "correction" else None,
            )
        )
    return made, balance


def found(*rows: Row, first: int = 0, stated: bool = True, gone: tuple[Shipment, ...] = ()) -> Audit:
    movements, balance = history(*rows, first=first, stated=stated)
    return audit(movements, balance, gone)


def shipped(order: str, minute: int) -> Shipment:
    return Shipment((SHOP, order), START + timedelta(minutes=minute, seconds=30))


def ref(number: int) -> str:
    return f"stockrecon:MUG:{number}"


OVERSOLD: tuple[Row, ...] = (("order", -1, "A"), ("manual", 1))
"""0, A takes it to -1, by hand to 0."""


@pytest.mark.parametrize("stated", [True, False])
def test_the_unit_comes_back_twice(stated: bool) -> None:
    """-1, +1 by hand, A cancelled +1: the ledger holds 1 that does not exist, with and without stated balances."""
    one = found(*OVERSOLD, ("cancel", 1, "A"), stated=stated)
    assert one.excess == 1
    assert not one.ambiguous
    assert [(claim.movement.id, claim.units) for claim in one.claims] == [("3", 1)]
    assert [movement.id for movement in one.adjustments] == ["2"]


def test_an_order_that_is_deducted_again_takes_its_unit_away_again() -> None:
    """Amended after the write-up: nothing was cancelled, so nothing is claimed; it waits for that as before."""
    before, amended = found(*OVERSOLD), found(*OVERSOLD, ("cancel", 1, "A"), ("order", -1, "A"))
    assert amended == before
    assert [(order.order, order.units) for order in amended.pending] == [((SHOP, "A"), 1)]
    again = found(*OVERSOLD, ("cancel", 1, "A"), ("order", -1, "A"), ("cancel", 1, "A"))
    assert [(claim.movement.id, claim.units) for claim in again.claims] == [("5", 1)]


def test_another_order_takes_nothing_back() -> None:
    """A was cancelled, and B bought: the unit that A brought back does not exist, whoever buys next."""
    assert found(*OVERSOLD, ("cancel", 1, "A"), ("order", -1, "B")).excess == 1


def test_an_order_that_others_have_made_room_for_takes_nothing_back() -> None:
    """Amended when goods had come in: they cover it, and the unit that its cancellation added is still one too many."""
    one = found(*OVERSOLD, ("cancel", 1, "A"), ("receipt", 1), ("order", -1, "A"))
    assert (one.excess, one.pending) == (1, ())


def test_what_was_taken_out_is_not_taken_back() -> None:
    """The correction was posted before A came again: A is deducted from what is really there."""
    one = found(*OVERSOLD, ("cancel", 1, "A"), ("correction", -1, ref(3)), ("order", -1, "A"))
    assert (one.excess, one.pending) == (0, ())


def test_a_claim_that_is_not_certain_does_not_become_so_by_an_amendment() -> None:
    """The write-up that may have been a receipt is still behind it."""
    one = found(("order", -1, "A"), ("manual", 3), ("cancel", 1, "A"), ("order", -1, "A"), ("cancel", 1, "A"))
    assert one.excess == 1
    assert one.ambiguous


def test_any_counted_order_is_remembered() -> None:
    """Stock 1, A and B to -1, +1: A had the unit, yet its cancellation adds what was written up already."""
    assert found(("order", -1, "A"), ("order", -1, "B"), ("manual", 1), ("cancel", 1, "A"), first=1).excess == 1


def test_only_what_was_below_zero_counts() -> None:
    """-1, +5 by hand: compensation is min(5, 1) = 1; A and B come back with 2, of which 1 is excess, and ambiguous."""
    one = found(("order", -1, "A"), ("order", -1, "B"), ("manual", 5), ("cancel", 1, "A"), ("cancel", 1, "B"), first=1)
    assert one.excess == 1
    assert one.ambiguous


def test_a_part_of_the_hole_was_written_up() -> None:
    """-3, +2 by hand: compensation 2 of A's 3: excess 2."""
    assert found(("order", -3, "A"), ("manual", 2), ("cancel", 3, "A")).excess == 2


def test_an_order_after_the_adjustment_is_not_remembered() -> None:
    """B came after the write-up: its cancellation gives back its own unit."""
    assert found(*OVERSOLD, ("order", -1, "B"), ("cancel", 1, "B")).excess == 0


def test_an_order_cancelled_before_the_adjustment_is_not_remembered() -> None:
    """B was back before the write-up; a second cancelling movement of it finds nothing that was remembered."""
    assert (
        found(("order", -2, "A"), ("order", -1, "B"), ("cancel", 1, "B"), ("manual", 2), ("cancel", 1, "B")).excess == 0
    )


def test_an_order_shipped_before_the_adjustment_is_not_remembered() -> None:
    """B left the house before the write-up."""
    rows: tuple[Row, ...] = (("order", -1, "A"), ("order", -1, "B"), ("manual", 1), ("cancel", 1, "B"))
    assert found(*rows, first=1, gone=(shipped("B", 2),)).excess == 0
    assert found(*rows, first=1).excess == 1


def test_a_raise_at_zero_or_above_compensates_nothing() -> None:
    """The adjustment at balance 0 is new stock."""
    assert found(("order", -1, "A"), ("manual", 1), ("cancel", 1, "A"), first=1).excess == 0


@pytest.mark.parametrize("kind", ["receipt", "return", "transfer"])
def test_goods_that_came_in_change_neither(kind: str) -> None:
    """A receipt, return or transfer at -1 is no write-up, and one after a write-up takes nothing from it."""
    assert found(("order", -1, "A"), (kind, 1), ("cancel", 1, "A")).excess == 0
    assert found(*OVERSOLD, (kind, 4), ("cancel", 1, "A")).excess == 1


@pytest.mark.parametrize("kind", ["manual", "correction"])
def test_a_decrease_before_the_cancellation_lowers_compensation(kind: str) -> None:
    """+1 was undone before A came back: nothing is wrong."""
    assert found(*OVERSOLD, (kind, -1), ("cancel", 1, "A")).excess == 0


@pytest.mark.parametrize("kind", ["manual", "correction"])
def test_a_decrease_after_the_cancellation_lowers_the_excess(kind: str) -> None:
    """The phantom was taken out by hand or by our correction."""
    one = found(*OVERSOLD, ("cancel", 1, "A"), (kind, -1))
    assert one.excess == 0
    assert one.claims == ()


def test_a_decrease_lowers_excess_before_compensation() -> None:
    """A and B of -2, +2 by hand; A back: excess 1, compensation 1; -1 takes the excess; B back: excess 1 again."""
    rows: tuple[Row, ...] = (("order", -1, "A"), ("order", -1, "B"), ("manual", 2), ("cancel", 1, "A"), ("manual", -1))
    assert found(*rows).excess == 0
    assert [claim.movement.id for claim in found(*rows, ("cancel", 1, "B")).claims] == ["6"]


def test_a_stocktake_clears_both() -> None:
    """Somebody counted: neither what was written up nor what came back twice counts any more."""
    assert found(*OVERSOLD, ("stocktake", 0), ("cancel", 1, "A")).excess == 0
    assert found(*OVERSOLD, ("cancel", 1, "A"), ("stocktake", -1)).excess == 0


def test_what_ships_beyond_the_units_in_hand_was_there_after_all() -> None:
    """Stock 1, A, B, C to -2, +1: in hand are -2 + 3 = 1. A and B ship: one was there."""
    rows: tuple[Row, ...] = (("order", -1, "A"), ("order", -1, "B"), ("order", -1, "C"), ("manual", 1))
    back: Row = ("cancel", 1, "C")
    assert found(*rows, back, first=1).excess == 1
    assert found(*rows, back, first=1, gone=(shipped("A", 4),)).excess == 1
    assert found(*rows, back, first=1, gone=(shipped("A", 4), shipped("B", 4))).excess == 0
    assert found(*rows, back, first=1, gone=(shipped("A", 6), shipped("B", 6))).excess == 0


def test_all_remembered_orders_shipped() -> None:
    """Stock 0, A of -1 written up and shipped: the unit was there; nothing is pending."""
    one = found(*OVERSOLD, gone=(shipped("A", 2),))
    assert one.pending == ()
    assert one.excess == 0


def test_a_remembered_order_still_open_is_pending() -> None:
    """What would come back is told before it does, no more than was written up."""
    one = found(("order", -3, "A"), ("manual", 2))
    assert [(off.order, off.units) for off in one.pending] == [((SHOP, "A"), 2)]


def test_two_write_ups_add_up() -> None:
    """-1 +1, B to -1, +1 again: both orders come back: 2 too many."""
    rows: tuple[Row, ...] = (*OVERSOLD, ("order", -1, "B"), ("manual", 1), ("cancel", 1, "A"), ("cancel", 1, "B"))
    assert found(*rows).excess == 2


def test_an_order_in_two_cancellations() -> None:
    """A's 3 come back as 1 and 2; of compensation 2 the first takes 1 and the second 1, each with its own ref."""
    one = found(("order", -3, "A"), ("manual", 2), ("cancel", 1, "A"), ("cancel", 2, "A"))
    assert [(claim.movement.id, claim.units) for claim in one.claims] == [("3", 1), ("4", 1)]
    assert [correction_ref(claim.movement) for claim in one.claims] == [ref(3), ref(4)]


def test_a_correction_settles_the_cancellation_that_its_ref_names() -> None:
    """The second cancellation is corrected first: the first one's claim stays."""
    rows: tuple[Row, ...] = (("order", -3, "A"), ("manual", 2), ("cancel", 1, "A"), ("cancel", 2, "A"))
    assert [claim.movement.id for claim in found(*rows, ("correction", -1, ref(4))).claims] == ["3"]
    assert [claim.movement.id for claim in found(*rows, ("correction", -1, ref(3))).claims] == ["4"]
    assert found(*rows, ("correction", -1, ref(3)), ("correction", -1, ref(4))).claims == ()


def test_sold_on_is_kept_after_the_correction() -> None:
    """The phantom was sold to B (0), the correction takes it to -1: 1 unit sold on, until goods come in."""
    rows: tuple[Row, ...] = (*OVERSOLD, ("cancel", 1, "A"), ("order", -1, "B"), ("correction", -1, ref(3)))
    assert found(*rows).sold_on == 1
    assert found(*rows, ("receipt", 1)).sold_on == 0
    assert found(*rows, ("cancel", 1, "B")).sold_on == 0
    assert found(*rows, ("order", -1, "C")).sold_on == 1
    assert found(*rows, ("stocktake", 1)).sold_on == 0


def test_a_correction_above_zero_sells_nothing_on() -> None:
    """The phantom was still there when it was taken out."""
    assert found(*OVERSOLD, ("cancel", 1, "A"), ("correction", -1, ref(3))).sold_on == 0


def test_a_doubt_ends_with_what_it_was_about() -> None:
    """After a stocktake an old adjustment above zero makes nothing ambiguous any more."""
    rows: tuple[Row, ...] = (("order", -1, "A"), ("manual", 5), ("stocktake", -4), ("order", -1, "B"), ("manual", 1))
    one = found(*rows, ("cancel", 1, "B"))
    assert one.excess == 1
    assert not one.ambiguous


def test_a_break_of_the_balance_begins_anew() -> None:
    """Somebody changed the balance without a movement: what was written up before it proves nothing."""
    movements, _ = history(*OVERSOLD, ("cancel", 1, "A"))
    broken = [*movements[:2], Movement("3", Sku("MUG"), movements[2].at, 1, MovementKind.CANCEL, SHOP, "A", 7)]
    one = audit(broken, 7)
    assert one.excess == 0
    assert one.break_at == movements[2].at


def test_a_balance_that_is_not_the_stock_begins_anew() -> None:
    """The last stated balance and today's available contradict one another."""
    movements, balance = history(*OVERSOLD, ("cancel", 1, "A"))
    one = audit(movements, balance + 5)
    assert one.excess == 0
    assert one.break_at == movements[-1].at


def test_after_a_break_the_rule_holds_again() -> None:
    """A whole scenario after the break is found."""
    rows: tuple[Row, ...] = (("order", -1, "A"), ("manual", 1), ("cancel", 1, "A"))
    movements, balance = history(("receipt", 3), *rows, first=-3)
    broken = [Movement("0", Sku("MUG"), START, 5, MovementKind.RECEIPT, balance=9), *movements]
    one = audit(broken, balance)
    assert one.excess == 1
    assert one.break_at == movements[0].at


def test_nothing_to_audit() -> None:
    """No movements, no finding."""
    assert audit([], 5) == Audit()


def test_shipments_of_orders() -> None:
    """An order left the house when it was shipped; else at its last update, else at its creation."""
    key = ListingKey(SHOP, "1")
    later = START + timedelta(hours=1)
    orders = [
        Order("A", key, 1, OrderStatus.SHIPPED, START, shipped_at=later),
        Order("B", key, 1, OrderStatus.SHIPPED, START, updated_at=later),
        Order("C", key, 1, OrderStatus.RETURNED, START),
        Order("D", key, 1, OrderStatus.PAID, START),
    ]
    told = [(one.order[1], one.at) for one in shipments(orders)]
    assert told == [("A", later), ("B", later), ("C", START)]
