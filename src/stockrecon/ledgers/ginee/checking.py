"""`stockrecon check` for Ginee: every line says what it found. Touches no stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.ginee.api import Ginee
from stockrecon.ledgers.ginee.errors import RIGHT_WAY, Refused, Why
from stockrecon.ledgers.ginee.places import Places, cut_off, shop_names
from stockrecon.ledgers.ginee.reading import telling
from stockrecon.ledgers.ginee.setup import Setup
from stockrecon.ledgers.ginee.stock import Row, Stock, row_of
from stockrecon.rest import describe_skew
from stockrecon.rest.fields import plain

_SKEW_WORTH_A_WORD = timedelta(seconds=60)


def check_lines(ginee: Ginee, setup: Setup, places: Places) -> Iterator[LedgerCheck]:
    """Raises ReadFault where the rest cannot be asked."""
    yield LedgerCheck(True, "key", f"accepted, for {setup.country}")
    yield _clock(ginee)
    told = ", ".join(f"{plain(place.shown, 60)} ({place.id})" for place in places.read)
    yield LedgerCheck(True, "warehouses", f"{told}; other warehouses are not read")
    for place in places.read:
        if place.disabled:
            yield LedgerCheck(None, "warehouses", f"{place.shown} is switched off in Ginee")
    rows = _first_rows(ginee, setup, places)
    yield LedgerCheck(None, "available", f"is {setup.formula}, summed over the warehouses; it may be negative")
    yield from _ginees_own(rows)
    yield from _pushes(ginee, setup, places, rows)
    yield from _shops(ginee, setup)
    orders = _orders(ginee, setup)
    yield orders
    yield LedgerCheck(
        None,
        "record",
        f"corrections are kept in {setup.record}; Ginee cannot be asked for them, so every run that corrects needs it",
    )
    yield from absent_lines(["stock", *(["movements"] if orders.ok else [])])


def _clock(ginee: Ginee) -> LedgerCheck:
    skew = ginee.client.skew
    if skew is not None and abs(skew) >= _SKEW_WORTH_A_WORD:
        return LedgerCheck(None, "clock", f"this machine's clock is {describe_skew(skew)}; Ginee's time is used")
    return LedgerCheck(None, "clock", "the ledger's time is Ginee's clock")


def _first_rows(ginee: Ginee, setup: Setup, places: Places) -> list[Row]:
    return [row_of(row, place.id, setup.zone) for place in places.read for row in ginee.any_stock(place.id)]


def _ginees_own(rows: list[Row]) -> Iterator[LedgerCheck]:
    """Whether Ginee's Available is what its help page says (reference: GN-SPARE)."""
    whole = [row for row in rows if row.own is not None and len(row.buckets) == 4]
    odd = [
        row.sku
        for row in whole
        if row.own != row.buckets["warehouse"] - row.buckets["spare"] - row.buckets["locked"] - row.buckets["promotion"]
    ]
    if odd:
        words = (
            f"Ginee's own Available is not warehouse - spare - locked - promotion for {len(odd)} of {len(whole)} SKUs"
        )
        yield LedgerCheck(None, "available", f"{words} of the first pages, such as {plain(odd[0], 80)}")
    elif whole:
        words = f"Ginee's own Available takes promotion off as well; so it is for all {len(whole)} SKUs looked at"
        yield LedgerCheck(None, "available", words)


def _pushes(ginee: Ginee, setup: Setup, places: Places, rows: list[Row]) -> Iterator[LedgerCheck]:
    stock = Stock(ginee, places.read, setup.zone, {(row.warehouse, row.sku): row for row in rows})
    for text in telling(stock):
        yield LedgerCheck(None, "pushes", f"{text} (of the first pages)")
    unbound = [row.sku for row in rows if row.listings == 0]
    if unbound:
        words = f"{len(unbound)} of {len(rows)} SKUs looked at are bound to no listing, such as {plain(unbound[0], 80)}"
        yield LedgerCheck(None, "listings", f"{words}: Ginee neither counts their orders nor pushes their stock")


def _shops(ginee: Ginee, setup: Setup) -> Iterator[LedgerCheck]:
    try:
        shops = ginee.shops()
    except Refused as refused:
        if refused.why is Why.RULE:
            raise
        yield LedgerCheck(False if setup.shops else None, "shops", refused.what, RIGHT_WAY)
        return
    for lost in cut_off(shops):
        words = f"Ginee is cut off from {lost}: no order comes in, no stock goes out"
        yield LedgerCheck(False, "shops", words, "authorise the shop again in Ginee, Integration > Stores")
    names = shop_names(shops, setup)
    if names:
        yield LedgerCheck(True, "shops", ", ".join(f"{there} is {shop}" for there, shop in names.items()))
        return
    words = "not set, so no movement names its shop: in flight and orders missing in the ledger are not judged"
    yield LedgerCheck(None, "shops", words, "set ledger.shops: each shop with its id or name in Ginee")


def _orders(ginee: Ginee, setup: Setup) -> LedgerCheck:
    if not setup.history:
        return LedgerCheck(None, "orders", "not read (history: 0d)")
    now = ginee.now()
    try:
        ginee.orders(now - timedelta(minutes=5), now)
    except Refused as refused:
        return LedgerCheck(False, "orders", refused.what, refused.way_on or RIGHT_WAY)
    days = setup.history.total_seconds() / 86400
    words = f"changed in the last {days:g} days are movements; their number stands in {setup.order_field}"
    return LedgerCheck(True, "orders", f"{words}. Receipts, counts and changes by hand are not told by Ginee's API")
