"""What `stockrecon check` says of a Lazada shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine
from stockrecon.channels.keeper import authorise_way, ending
from stockrecon.channels.lazada.calls import HOSTS, LazadaCalls
from stockrecon.channels.lazada.fields import first, identifier, plain, text, written
from stockrecon.channels.telling import refresh_line
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import AuthFault, ReadFault

_WRITES = "absolute sellable quantities, up to 20 SKUs a request; sales since the last reading are overwritten"
_GROUPS = "see the app's API permissions in Lazada's open platform console"
_CLOCK_LIMIT = timedelta(seconds=7200)
_CLOCK_REMARK = timedelta(seconds=60)


def account_lines(settings: ShopSettings, calls: LazadaCalls) -> list[CheckLine]:
    """Whose the tokens are, the site, the clock, how long they live, what the app may, the rate.

    The first line is the seller; where that is not well nothing else is asked. Raises nothing of the outside's.
    """
    seller, site = _seller(settings, calls)
    lines = [seller, *site, _clock(calls.skew), *_tokens(settings.name, calls, calls.now())]
    if seller.ok:
        lines += _rights(calls)
    said = f"at most {calls.rate:g} requests per second; Lazada shows no class of apps: one in test may call 10,000"
    lines.append(CheckLine(None, "rate", f"{said} times a day, one that is online 10,000,000 times"))
    return lines


def check_lines(settings: ShopSettings, calls: LazadaCalls) -> list[CheckLine]:
    """The account, the warehouses, and what the channel can and cannot do. Raises nothing of the outside's."""
    lines = account_lines(settings, calls)
    if lines[0].ok:
        lines += _warehouses(settings, calls)
    lines += _abilities(settings)
    return lines


def _rights(calls: LazadaCalls) -> Iterator[CheckLine]:
    """Lazada tells no rights of an app, so what a run reads is asked for once; the right to write shows only in use."""
    lately = written(calls.now() - timedelta(hours=1))
    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("products", lambda: calls.products(limit="1", offset="0")),
        ("orders", lambda: calls.orders(update_after=lately, offset="0")),
    )
    refused = False
    for what, call in asked:
        try:
            call()
        except ReadFault as fault:
            refused = True
            yield CheckLine(
                False, "rights", f"{what} cannot be read: {calls.hide(fault.what)}", fault.way_on or _GROUPS
            )
    if not refused:
        said = "products and orders can be read; whether stock may be written Lazada tells only when it is"
        yield CheckLine(True, "rights", said)


def _seller(settings: ShopSettings, calls: LazadaCalls) -> tuple[CheckLine, list[CheckLine]]:
    """The seller, and the site as far as Lazada tells it."""
    try:
        calls.authorised()
        seller = calls.seller()
    except ReadFault as fault:
        what = "credentials" if isinstance(fault, AuthFault) else "connection"
        return CheckLine(False, what, calls.hide(fault.what), fault.way_on), []
    name = text(first(seller, "name", "name_company")) or "(no name)"
    status = text(first(seller, "status"))
    told = f"seller {name}, id {identifier(first(seller, 'seller_id')) or 'not told'}"
    site = [_site(settings.region.upper(), text(first(seller, "short_code")))]
    if status and status.upper() != "ACTIVE":
        way_on = "see the shop's state in Lazada's seller center"
        return CheckLine(False, "seller", f"{told}: Lazada says {status}", way_on), site
    return CheckLine(True, "credentials", told), site


def _site(region: str, short_code: str) -> CheckLine:
    """A short code begins with the site's letters, as far as samples tell (inferred; reference: Lazada 2): a remark."""
    told = short_code[:2].upper()
    if told not in HOSTS or not region:
        return CheckLine(None, "site", f"{region or 'not configured'}; Lazada does not tell the seller's")
    if told != region:
        said = f"the seller's short code {plain(short_code, 40)} is of {told}, the shop's region is {region}"
        return CheckLine(
            None, "site", said, "correct the region, or authorise the right shop, if it is not that seller"
        )
    return CheckLine(True, "site", f"{region}, short code {plain(short_code, 40)}")


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
    else:
        yield refresh_line(tokens, now, again)


def _warehouses(settings: ShopSettings, calls: LazadaCalls) -> Iterator[CheckLine]:
    """Which of them are counted, and which are written."""
    wanted = text(settings.options.get("warehouse"))
    try:
        codes = calls.warehouses()
    except ReadFault as fault:
        yield _untold(wanted, calls.hide(fault.what))
        codes = []
    else:
        yield _counted(wanted, codes)
    if len(codes) > 1 and not wanted:
        way_on = "name the one that is written with `warehouse`"
        said = f"{_WRITES}; with several warehouses only to 0, and down where one holds all"
        yield CheckLine(None, "writes", said, way_on)
    else:
        yield CheckLine(None, "writes", f"{_WRITES}; in {wanted or 'the one warehouse'}")


def _untold(wanted: str, said: str) -> CheckLine:
    if not wanted:
        return CheckLine(None, "warehouses", f"not told: {said}")
    said = f"not told ({said}): counts {wanted} alone; an order that names no warehouse leaves the shop incomplete"
    return CheckLine(False, "warehouses", said, f"{_GROUPS}; or leave out `warehouse` where there is one")


def _counted(wanted: str, codes: list[str]) -> CheckLine:
    if wanted and not codes:
        return _untold(wanted, "the list names none")
    listed = ", ".join(codes) or "none named"
    if wanted and wanted.casefold() not in (code.casefold() for code in codes):
        way_on = "correct `warehouse` in the configuration"
        return CheckLine(False, "warehouses", f"{wanted} is not among the seller's: {listed}", way_on)
    if wanted:
        return CheckLine(True, "warehouses", f"counts {wanted} alone, of {listed}")
    if len(codes) > 1:
        way_on = "name the one that the ledger keeps with warehouse"
        said = f"counts the stock of all {len(codes)} as one: {listed}; what moves between them is not seen"
        return CheckLine(None, "warehouses", said, way_on)
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
        + (f"; {declared} declared in the configuration, locked until they end" if declared else ""),
        "declare locks that it does not show under `campaigns:`",
    )
