"""`stockrecon check` for a TikTok Shop: every line says what it found, and nothing of the outside's is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine
from stockrecon.channels.keeper import TokenKeeper, authorise_way, ending
from stockrecon.channels.telling import refresh_line
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import Malformed
from stockrecon.channels.tiktok_shop.shops import Shop, Wanted
from stockrecon.channels.tiktok_shop.verdicts import Refused, Unscoped
from stockrecon.channels.tiktok_shop.warehouses import Warehouses, read_warehouses
from stockrecon.core.model import ShopName
from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.rest import describe_skew

_WRITES = "absolute numbers, up to 100 SKUs of a product a request; sales since the last reading are overwritten"
_BEHIND, _AHEAD = timedelta(minutes=5), timedelta(seconds=30)
"""A time stamp may be so much older, or newer, than TikTok Shop's time (reference: TikTok Shop 2.2)."""
_TEST_SHOP = "SANDBOX"
"""How test shops are named, as far as they were seen."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is looked at. `open_shop` makes sure of a token and of the shop."""

    api: TikTokApi
    keeper: TokenKeeper
    wanted: Wanted
    warehouse: str
    rate: float
    open_shop: Callable[[], Shop]


def account_lines(checked: Checked) -> list[CheckLine]:
    """Whose the tokens are, the clock, how long they live, what the app may, the rate.

    The first line is the shop; where that is not well nothing else is asked. Raises nothing of the outside's.
    """
    api = checked.api
    try:
        shop = checked.open_shop()
    except StockreconError as fault:
        what = "credentials" if isinstance(fault, AuthFault) else "connection"
        return [CheckLine(False, what, _said(api, fault), fault.way_on), *_clock(api)]
    tokens = _tokens(api.who, checked.keeper, api.now())
    return [_shop(shop, checked.wanted), *_clock(api), *tokens, *_scopes(api), _rate(shop, checked.rate)]


def check_lines(checked: Checked) -> list[CheckLine]:
    """The account, the warehouses, and what the channel can and cannot do. Raises nothing of the outside's."""
    lines = account_lines(checked)
    if not lines[0].ok:
        return lines
    try:
        lines += _places(checked.warehouse, read_warehouses(checked.api))
    except (StockreconError, Malformed) as fault:
        lines.append(CheckLine(False, "warehouses", _said(checked.api, fault), getattr(fault, "way_on", "")))
    return [*lines, *_abilities()]


def _said(api: TikTokApi, fault: Exception) -> str:
    if isinstance(fault, ReadFault):
        return api.client.hide(fault.what)
    if isinstance(fault, StockreconError):
        return api.client.hide(fault.text)
    return f"an answer is not what TikTok Shop documents: {fault}"


def _shop(shop: Shop, wanted: Wanted) -> CheckLine:
    code = f", code {shop.code}" if shop.code else ""
    compared = "" if wanted.region else "; the region is not configured, so it is not compared"
    also = " (also sells on Tokopedia, from the same stock, where the seller has it so)" if shop.region == "ID" else ""
    return CheckLine(True, "credentials", f"shop {shop}{code}{also}{compared}")


def _clock(api: TikTokApi) -> Iterator[CheckLine]:
    skew = api.client.skew
    if skew is None:
        yield CheckLine(None, "clock", "TikTok Shop did not tell its time")
        return
    # Positive: TikTok Shop is ahead of this machine, whose time stamps are then old.
    near = -_AHEAD < skew < _BEHIND
    said = f"this machine's clock is {describe_skew(skew)}"
    way_on = "" if near else "set it (NTP): it may be 30 seconds ahead or 5 minutes behind"
    yield CheckLine(near, "clock", said, way_on)


def _tokens(who: ShopName | str, keeper: TokenKeeper, now: datetime) -> Iterator[CheckLine]:
    tokens = keeper.current
    life = "its end is not known until it is renewed" if tokens.access_ends is None else ending(tokens.access_ends, now)
    yield CheckLine(True, "access token", f"accepted; {life}")
    again = f"{authorise_way(str(who))} (TikTok Shop's renewals do not lengthen its life)"
    if not tokens.refresh:
        yield CheckLine(False, "refresh token", "there is none: the access token ends after 7 days", again)
    else:
        yield refresh_line(tokens, now, again)


def _scopes(api: TikTokApi) -> list[CheckLine]:
    """Each scope by a call of it that changes nothing: no call of TikTok Shop's tells what a token may."""
    lines: list[CheckLine] = []
    needed: dict[str, Callable[[], object]] = {
        "Product Basic": lambda: api.products("", {}),
        "Order Information": lambda: api.orders(int(api.now().timestamp()), ""),
    }
    missing = []
    for scope, call in needed.items():
        fault = _tried(call)
        if isinstance(fault, Unscoped):
            missing.append(scope)
        elif fault is not None:
            lines.append(CheckLine(False, scope, _said(api, fault), getattr(fault, "way_on", "")))
    if missing:
        way_on = f"enable them in Partner Center (Manage API), then {authorise_way(api.who)}"
        lines.append(CheckLine(False, "scopes", f"missing: {', '.join(missing)}", way_on))
    elif not lines:
        granted = ", ".join(("Shop Authorized Information", *needed))
        lines.append(CheckLine(True, "scopes", f"{granted}; whether Product Modify is granted only a write shows"))
    if isinstance(_tried(lambda: api.activities("ONGOING", "")), (Refused, Unscoped)):
        said = "Promotion Information is not granted: when campaigns end is known from earlier runs alone"
        lines.append(CheckLine(None, "promotions", said, "it is granted on application, by hand"))
    return lines


def _tried(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except (StockreconError, Malformed) as fault:
        return fault
    return None


def _places(wanted: str, warehouses: Warehouses) -> Iterator[CheckLine]:
    """Which of them are counted, which are written, and which cannot be bought from."""
    yield _counted(wanted, warehouses)
    for place, status in warehouses.closed.items():
        if wanted in ("", place):
            said = f"{place} ({warehouses.sales[place]}) is {status}: its stock is shown and cannot be bought"
            yield CheckLine(False, "warehouses", said, "open it in Seller Center, or wait until the holiday is over")
    if not warehouses.platform_told:
        (*_, said) = warehouses.warnings("")
        way_on = "where TikTok keeps stock of the seller's, grant the scope Fulfilled by TikTok (FBT) Info"
        yield CheckLine(None, "fulfilment", said, way_on)
    if len(warehouses.own) > 1 and not wanted:
        said = f"{_WRITES}; with several warehouses only to 0, and down where one holds all"
        yield CheckLine(None, "writes", said, "name the one that is written with warehouse_id")
    else:
        others = ", the others as they were last read" if len(warehouses.own) > 1 else ""
        yield CheckLine(None, "writes", f"{_WRITES}; in {wanted or 'the one warehouse'}{others}")


def _counted(wanted: str, warehouses: Warehouses) -> CheckLine:
    if not warehouses.told:
        said = "not told (scope Logistics Basic): a warehouse on holiday is not noticed"
        return CheckLine(None, "warehouses", said)
    listed = ", ".join(f"{place} ({name})" if name else place for place, name in warehouses.own.items()) or "none"
    if wanted and wanted not in warehouses.own:
        said = f"{wanted} is not among the seller's: {listed}"
        return CheckLine(False, "warehouses", said, "correct warehouse_id in the configuration")
    if wanted:
        return CheckLine(True, "warehouses", f"counts {wanted} alone, of {listed}")
    if len(warehouses.own) > 1:
        said = f"counts the stock of all {len(warehouses.own)} as one: {listed}; what moves between them is not seen"
        return CheckLine(None, "warehouses", said, "name the one that the ledger keeps with warehouse_id")
    return CheckLine(True, "warehouses", listed)


def _rate(shop: Shop, rate: float) -> CheckLine:
    said = f"at most {rate:g} requests a second of this shop; TikTok Shop allows an app 50 of each call"
    if shop.name.upper().startswith(_TEST_SHOP):
        return CheckLine(None, "rate", f"{said}, and a test shop about 1,000 an hour", "lower requests_per_second")
    return CheckLine(None, "rate", said)


def _abilities() -> Iterator[CheckLine]:
    yield CheckLine(
        None,
        "reads",
        "sellable, campaign and committed units, states, orders; what unpaid orders hold is among the committed",
    )
    yield CheckLine(
        None,
        "campaigns",
        "units that campaigns and creators hold are shown without their times; a campaign of TikTok Shop's own is "
        "listed nowhere, so its end is known from earlier runs",
        "declare under `campaigns:` what has to be known beforehand",
    )
