"""`stockrecon check` for Omisell: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta

from stockrecon.config.unpublished import OMISELL_PATHS
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.answers import understood
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.omisell.api import Api
from stockrecon.ledgers.omisell.errors import FIELDS_WAY
from stockrecon.ledgers.omisell.fields import named, plain, word
from stockrecon.ledgers.omisell.movements import movement_rows, read_movements
from stockrecon.ledgers.omisell.orders import Orders
from stockrecon.ledgers.omisell.stock import read_stock, reread

_OPTIONAL = ("sku", "movements", "adjust")


def check_lines(api: Api) -> list[LedgerCheck]:
    """Stops at the first thing without which the rest cannot be asked; that is the last line then. Changes nothing."""
    lines: list[LedgerCheck] = []
    try:
        with understood("Omisell", FIELDS_WAY):
            lines += _shops(api)
            lines.append(LedgerCheck(None, "clock", "the ledger's time is Omisell's clock"))
            found = read_stock(api)
            lines.append(LedgerCheck(True, "stock", f"{len(found)} SKUs, from {api.setup.paths['stock']}"))
            lines.append(LedgerCheck(None, "available", f"is {api.setup.formula}; {api.setup.formula.knobs()}"))
            if "sku" in api.setup.paths and found:
                reread(api, [min(found)])
                lines.append(LedgerCheck(True, "paths.sku", f"gives {min(found)} as the list does"))
            lines += _history(api, found.keys())
    except ReadFault as fault:
        what = "key" if isinstance(fault, AuthFault) else "ledger"
        return [*lines, LedgerCheck(False, what, fault.what, fault.way_on)]
    lines += _not_named(api)
    reads = api.setup.lists_movements or api.setup.reads_orders
    return [*lines, *absent_lines(["stock", *(["movements"] if reads else [])])]


def _shops(api: Api) -> Iterator[LedgerCheck]:
    """The first call: it shows that the key is taken."""
    rows = api.everything("shops", lambda row: named(row, "shop_id", "shops"))
    scheme = api.setup.login.scheme
    yield LedgerCheck(True, "key", "accepted" + ("" if scheme == "Omi" else f", sent as {scheme}"))
    ids = {word(row.get("shop_id")): plain(row.get("shop_name") or row.get("name"), 60) for row in rows}
    unknown = sorted(set(api.setup.shops) - set(ids))
    if unknown:
        told = ", ".join(f"{shop} ({ids[shop]})" for shop in sorted(ids)) or "none"
        words = f"ledger.shops names {', '.join(unknown)}, which Omisell does not list"
        yield LedgerCheck(False, "shops", words, f"Omisell lists: {told}")
    named_ones = ", ".join(f"{shop} ({ids[shop]}) is {name}" for shop, name in api.setup.shops.items() if shop in ids)
    others = ", ".join(f"{shop} ({ids[shop]})" for shop in sorted(ids) if shop not in api.setup.shops)
    if named_ones:
        yield LedgerCheck(True, "shops", named_ones)
    if others:
        yield LedgerCheck(None, "shops", f"without a shop of the configuration: {others}")


def _history(api: Api, known: Collection[str]) -> Iterator[LedgerCheck]:
    now, setup = api.now(), api.setup
    since = now - setup.history
    days = setup.history.total_seconds() / 86400
    if setup.lists_movements:
        rows = movement_rows(api, read_movements(api, since, now), since, known)
        yield LedgerCheck(True, "movements", f"{len(rows)} in the last {days:g} days, from {setup.paths['movements']}")
    elif setup.reads_orders:
        orders = Orders(api)
        orders.gather(now - min(setup.history, timedelta(hours=1)), now)
        words = (
            f"orders of the last {days:g} days alone: what people, receipts and counts change is not told, so "
            "cancelled-order-restock cannot be judged; each order is one call"
        )
        yield LedgerCheck(None, "movements", words)


def _not_named(api: Api) -> Iterator[LedgerCheck]:
    for key in OMISELL_PATHS:
        if key.name in _OPTIONAL and key.name not in api.setup.paths:
            yield LedgerCheck(None, f"paths.{key.name}", f"not set: {key.why}")
