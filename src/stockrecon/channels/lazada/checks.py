"""What `stockrecon check` says of a Lazada shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine
from stockrecon.channels.keeper import STEPS, authorise_way, ending
from stockrecon.channels.lazada.calls import LazadaCalls
from stockrecon.channels.lazada.fields import first, identifier, text
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import AuthFault, ReadFault

_WRITES = "absolute sellable quantities, up to 20 SKUs a request; sales since the last reading are overwritten"
_CLOCK_LIMIT = timedelta(seconds=7200)
_CLOCK_REMARK = timedelta(seconds=60)


def check_lines(settings: ShopSettings, calls: LazadaCalls) -> list[CheckLine]:
    """Two calls at most: the seller, and the warehouses. Raises nothing of the outside's."""
    lines = [_seller(calls)]
    lines.append(_clock(calls.skew))
    lines += _tokens(settings.name, calls, calls.now())
    lines.append(CheckLine(None, "rate", f"at most {calls.rate:g} requests per second"))
    if lines[0].ok:
        lines += _warehouses(settings, calls)
    lines += _abilities(settings)
    return lines


def _seller(calls: LazadaCalls) -> CheckLine:
    try:
        calls.authorised()
        seller = calls.seller()
    except ReadFault as fault:
        what = "credentials" if isinstance(fault, AuthFault) else "connection"
        return CheckLine(False, what, calls.hide(fault.what), fault.way_on)
    name = text(first(seller, "name", "name_company")) or "(no name)"
    status = text(first(seller, "status"))
    told = f"seller {name}, id {identifier(first(seller, 'seller_id')) or 'not told'}"
    if status and status.upper() != "ACTIVE":
        return CheckLine(
            False, "seller", f"{told}: Lazada says {status}", "see the shop's state in Lazada's seller center"
        )
    return CheckLine(True, "credentials", told)


def _clock(skew: timedelta | None) -> CheckLine:
    if skew is None:
        return CheckLine(None, "clock", "Lazada did not tell its time")
    seconds = abs(skew.total_seconds())
    said = f"this machine is {seconds:.0f} s {'behind' if skew > timedelta(0) else 'ahead of'} Lazada"
    if seconds < 1:
        return CheckLine(True, "clock", "in step with Lazada")
    if abs(skew) >= _CLOCK_LIMIT:
        return CheckLine(False, "clock", said, "set this machine's clock (NTP)")
    ok = True if abs(skew) <= _CLOCK_REMARK else None
    return CheckLine(ok, "clock", said, "" if ok else "set this machine's clock (NTP)")


def _tokens(who: str, calls: LazadaCalls, now: datetime) -> Iterator[CheckLine]:
    tokens = calls.tokens.current
    if tokens.access_ends is None:
        yield CheckLine(None, "access token", "its end is not known until it is renewed for the first time")
    elif tokens.access_ends > now:
        yield CheckLine(True, "access token", f"{ending(tokens.access_ends, now)}; renewed by itself")
    else:
        yield CheckLine(None, "access token", f"{ending(tokens.access_ends, now)}; the next call renews it")
    again = f"{authorise_way(who)} (Lazada's renewals do not lengthen its life)"
    if not tokens.refresh:
        yield CheckLine(None, "refresh token", "none: the shop has to be authorised again when the access token ends")
    elif tokens.refresh_ends is None:
        yield CheckLine(None, "refresh token", "its end is not known until it is used for the first time")
    elif tokens.refresh_ends <= now:
        yield CheckLine(False, "refresh token", ending(tokens.refresh_ends, now), again)
    else:
        soon = tokens.refresh_ends - now <= max(STEPS)
        said = ending(tokens.refresh_ends, now)
        yield CheckLine(None if soon else True, "refresh token", said, again if soon else "")


def _warehouses(settings: ShopSettings, calls: LazadaCalls) -> Iterator[CheckLine]:
    """Which of them are counted, and which are written."""
    wanted = text(settings.options.get("warehouse"))
    try:
        codes = calls.warehouses()
    except ReadFault as fault:
        yield CheckLine(None, "warehouses", f"not told: {calls.hide(fault.what)}")
        codes = []
    else:
        yield _counted(wanted, codes)
    if len(codes) > 1 and not wanted:
        way_on = "name the one that is written with `warehouse`"
        said = f"{_WRITES}; with several warehouses only to 0, and down where one holds all"
        yield CheckLine(None, "writes", said, way_on)
    else:
        yield CheckLine(None, "writes", f"{_WRITES}; in {wanted or 'the one warehouse'}")


def _counted(wanted: str, codes: list[str]) -> CheckLine:
    listed = ", ".join(codes) or "none named"
    if wanted and codes and wanted.casefold() not in (code.casefold() for code in codes):
        way_on = "correct `warehouse` in the configuration"
        return CheckLine(False, "warehouses", f"{wanted} is not among the seller's: {listed}", way_on)
    if wanted:
        return CheckLine(True, "warehouses", f"counts {wanted} alone, of {listed}")
    if len(codes) > 1:
        way_on = "name one with `warehouse` where the ledger keeps the stock of one only"
        return CheckLine(None, "warehouses", f"counts the stock of all {len(codes)}: {listed}", way_on)
    return CheckLine(True, "warehouses", listed)


def _abilities(settings: ShopSettings) -> Iterator[CheckLine]:
    yield CheckLine(
        None, "reads", "sellable, campaign, withheld and committed units, listing states, orders with unpaid age"
    )
    declared = len(settings.policy.campaigns)
    yield CheckLine(
        None,
        "campaigns",
        "Lazada shows the units locked for a campaign, but perhaps not of every kind of campaign"
        + (f"; {declared} declared in the configuration" if declared else ""),
        "declare locks that it does not show under `campaigns:`",
    )
