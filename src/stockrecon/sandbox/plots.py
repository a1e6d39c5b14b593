"""The six stories, each on any two channels of which the first can have it: what buyers, people and channels do.

Nothing here writes an end state. The numbers are those of the examples in section 5 of the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from stockrecon.sandbox.roles import WAYS, Part
from stockrecon.sandbox.stage import Stage

PUSHED_AFTER = timedelta(seconds=90)
"""From an order to the push of the new number."""
LONG_HOLD = "180"
"""Minutes for which a shop holds stock for its checkouts, where it can choose: longer than the stories last."""

Plot = Callable[[Stage, Part, str], str]
"""Plays a part on the stage, for the goods of a SKU, and tells it in plain words."""


def campaign_returned(stage: Stage, part: Part, sku: str) -> str:
    ways = WAYS[part.main]
    stage.list(sku, f"T-shirt in the {ways.campaign}", 52, [part.main])
    starts, ends = stage.ago(hours=6), stage.first_read + timedelta(minutes=5)
    campaign = stage.enrol(stage.ago(days=1), sku, part.main, 20, starts, ends, strict=False)
    stage.push(stage.ago(hours=23), sku, normal_only=True)
    for number in range(12):
        when = stage.ago(hours=5) + timedelta(minutes=15 * number)
        stage.order(when, f"{sku}-{number}", sku, part.main, campaign=campaign)
    stage.push(stage.ago(hours=2), sku, normal_only=True)
    return (
        f"{ways.name} {ways.campaign}: 20 locked, 12 sold; the pushes set 40 beside the lock, so the 8 left come back "
        "on top: 48 shown, 40 in the ledger."
    )


def campaign_lock(stage: Stage, part: Part, sku: str) -> str:
    ways, other = WAYS[part.main], WAYS[part.other]
    stage.list(sku, f"Bottle in the {ways.name} {ways.campaign}", 100, [part.main, part.other])
    starts, ends = stage.ago(days=1), stage.first_read + timedelta(days=2)
    if not ways.lowers_meanwhile:
        starts = stage.first_read + timedelta(days=1)
    stage.enrol(stage.ago(days=3), sku, part.main, 50, starts, ends, strict=True)
    begin = stage.ago(hours=5)
    for number in range(7):
        stage.order(begin + timedelta(seconds=4 * number), f"{sku}-{number}", sku, part.other, 10)
    stage.push(begin + timedelta(minutes=2), sku)
    return (
        f"{ways.name} {ways.campaign}: 50 of 100 are locked; 70 were sold on {other.name}, the push of 30 was refused "
        f"(below the lock), so {ways.name} still shows 100."
    )


def cancelled_order_restock(stage: Stage, part: Part, sku: str) -> str:
    stage.list(sku, "Lamp that nobody has", 1, [part.main, part.other])
    gone = stage.ago(days=3)
    stage.at(gone, lambda: stage.oms.book(sku, -1, "transfer", note="given to the retail store"))
    stage.order(gone + timedelta(seconds=40), sku, sku, part.main)
    stage.push(gone + timedelta(seconds=120), sku)
    stage.at(stage.ago(days=2), lambda: stage.oms.book(sku, 1, "manual", note="set to zero by hand"))
    back = stage.ago(days=1)
    stage.cancel(back, sku, sku, part.main)
    stage.push(back + PUSHED_AFTER, sku)
    return (
        "An order for a lamp that was gone took the ledger to -1, someone set it to 0 by hand, then the order was "
        "cancelled: ledger and shops agree on 1, and there is none."
    )


def listing_sync_error(stage: Stage, part: Part, sku: str) -> str:
    ways, other = WAYS[part.main], WAYS[part.other]
    stage.list(sku, "Mixer in a closed category" if ways.shut else "Mixer", 9, [part.main, part.other])
    when = stage.ago(hours=7)
    stage.order(when, sku, sku, part.other, 4)
    stage.push(when + PUSHED_AFTER, sku, lost_on="" if ways.shut else part.main)
    sold = f"4 were sold on {other.name}, {ways.name} still shows 9 where 5 are left."
    if ways.shut is None:
        return f"A push of the mixer's number to {ways.name} got no answer and was not sent again: {sold}"
    state, message, why = ways.shut

    def close() -> None:
        stage.shop(part.main).set_state(stage.clock.now(), stage.key(sku, part.main), state, message)

    stage.at(stage.ago(days=2), close)
    return f"{ways.name} refuses every push to the mixer ({why}): {sold}"


def unpaid_release(stage: Stage, part: Part, sku: str) -> str:
    """A unit that is given back after a while was out of the shop's number before, so the OMS pushes without harm. One
    that never left it (WooCommerce) is sold once the order is paid: an OMS that pushed there would sell it twice.
    """
    ways, shop = WAYS[part.main], stage.shop(part.main)
    stage.list(sku, "The last watch", 1, [part.main])
    if "hold_minutes" in shop.options:
        stage.at(stage.ago(days=10), lambda: shop.set_option(stage.clock.now(), "hold_minutes", LONG_HOLD))
        stage.order(stage.ago(minutes=20), sku, sku, part.main, paid=False)
    else:
        when = stage.ago(hours=3)
        stage.order(when, sku, sku, part.main, paid=False)
        stage.push(when + PUSHED_AFTER, sku)
    return (
        f"A {ways.name} order for the last watch is unpaid: {ways.released}, the ledger still counts it until the "
        "order is cancelled."
    )


def orders_too_near(stage: Stage, part: Part, sku: str) -> str:
    first, second = WAYS[part.main], WAYS[part.other]
    stage.list(sku, "The last camera", 1, [part.main, part.other])
    when = stage.ago(hours=4)
    stage.order(when, f"{sku}-first", sku, part.main)
    stage.order(when + timedelta(seconds=60), f"{sku}-second", sku, part.other)
    stage.push(when + timedelta(seconds=120), sku)
    return (
        f"One camera left: ordered on {first.name}, and a minute later on {second.name}, which had not heard of it: "
        "the ledger is at -1."
    )


PLOTS: Mapping[int, tuple[str, Plot]] = MappingProxyType(
    {
        1: ("CAMPAIGN-TEE", campaign_returned),
        2: ("LOCKED-BOTTLE", campaign_lock),
        3: ("PHANTOM-LAMP", cancelled_order_restock),
        4: ("STUCK-MIXER", listing_sync_error),
        5: ("UNPAID-WATCH", unpaid_release),
        6: ("LAST-CAMERA", orders_too_near),
    }
)
"""By the story's number, with the SKU of its goods."""
