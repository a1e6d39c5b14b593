"""Refunds: money goes back, and with it, unless told otherwise, units (reference: WooCommerce 3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from stockrecon.sandbox.records import Event, MarketOrder
from stockrecon.sandbox.woocommerce.market import WooShop
from stockrecon.sandbox.woocommerce.records import Refund


@dataclass(frozen=True, slots=True)
class Returned:
    """One line of a refund: its place in the order, the units that come back, the money."""

    place: int
    units: int
    amount: str


def refund(
    shop: WooShop, now: datetime, order: MarketOrder, lines: list[Returned], amount: str, reason: str, *, restock: bool
) -> Refund:
    """With `restock` the units leave what their line still has taken: a later cancellation restores the rest."""
    shop.settle(now)
    about = shop.about(order)
    number = int(shop.new_post())
    for returned in lines:
        line = order.lines[returned.place]
        listing = shop.listing(line.key)
        holder = shop.holder(listing) if listing else None
        if not restock or listing is None or holder is None or not returned.units:
            continue
        with shop.changing(line.key, now, f"order {order.order_id} refunded"):
            before, after = shop.move(holder, returned.units, now)
        line.taken = max(0, line.taken - returned.units)
        about.restocked[returned.place] = about.restocked.get(returned.place, 0) + returned.units
        shop.note(order, now, f"Item #{listing.number} stock increased from {before} to {after}.")
    made = Refund(number, now, amount, reason, tuple((line.place, line.units, line.amount) for line in lines))
    about.refunds.append(made)
    order.updated_at = now
    shop.events.append(Event("order", now, order.order_id, "updated"))
    return made
