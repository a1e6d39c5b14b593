"""`stockrecon check` for a Shopee shop: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine, ShopSettings
from stockrecon.channels.keeper import TokenKeeper, authorise_way, ending
from stockrecon.channels.shopee.api import ShopeeApi
from stockrecon.channels.shopee.fields import Malformed
from stockrecon.channels.shopee.shop import Locations, ShopInfo, holiday, read_locations, read_shop
from stockrecon.core.model import Capabilities
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.rest import describe_skew

_WRITES = "absolute totals, up to 50 models of an item a request; sales since the last reading are overwritten"
_CATEGORY = "the app's category has to be ERP System or Seller In House System: see the Open Platform Console"
_CONSOLE = "give the app the right in the Open Platform Console, or leave out location_id where there is one location"
_WINDOW = timedelta(seconds=300)
"""A time stamp is accepted for five minutes (reference: Shopee 1.2)."""


def account_lines(
    settings: ShopSettings, api: ShopeeApi, keeper: TokenKeeper, shop_id: str, rate: float
) -> tuple[list[CheckLine], ShopInfo | None]:
    """Whose the tokens are, how long they live, the clock, what the app may, the rate.

    None for the shop where it could not be asked: then nothing else can be.
    """
    lines: list[CheckLine] = []
    shop: list[ShopInfo] = []

    def open_shop() -> None:
        keeper.ensure()
        shop.append(read_shop(api, shop_id, settings.region))

    fault = _tried(open_shop)
    if fault is not None:
        return [CheckLine(False, "credentials", fault[0], fault[1]), *_clock(api)], None
    lines += _credentials(api.who, keeper, shop[0], api.now())
    lines += _clock(api)
    lines += _shop(settings, shop[0], api.now())
    lines += _rights(api)
    said = f"{rate:g} requests a second, shared by all shops of this partner_id; Shopee publishes no limit and no class"
    lines.append(CheckLine(None, "rate", f"{said} of apps, and a day's quota ends at 00:00 (UTC+8)"))
    return lines, shop[0]


def check_lines(
    settings: ShopSettings,
    api: ShopeeApi,
    keeper: TokenKeeper,
    shop_id: str,
    rate: float,
    capabilities: Capabilities,
) -> list[CheckLine]:
    """The account, where the stock lies, and what can be done. Stops where the shop cannot be asked."""
    lines, shop = account_lines(settings, api, keeper, shop_id, rate)
    if shop is None:
        return lines
    fault = _tried(lambda: lines.extend(_places(settings, api, shop)))
    if fault is not None:
        lines.append(CheckLine(False, "warehouses", fault[0], fault[1]))
    lines += _declared(settings)
    lines += _abilities(capabilities)
    return lines


def _rights(api: ShopeeApi) -> Iterator[CheckLine]:
    """Shopee tells no rights of an app, so what a run reads is asked for once; the right to write shows only in use."""
    until = int(api.now().timestamp())
    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("products", lambda: api.item_list(0)),
        ("orders", lambda: api.order_list(until - 3600, until, "")),
    )
    refused = False
    for what, call in asked:
        fault = _tried(call)
        if fault is not None:
            refused = True
            yield CheckLine(False, "rights", f"{what} cannot be read: {fault[0]}", fault[1] or _CATEGORY)
    if not refused:
        said = "products and orders can be read; whether stock may be written Shopee tells only when it is"
        yield CheckLine(True, "rights", said)


def _tried(job: Callable[[], object]) -> tuple[str, str] | None:
    try:
        job()
    except StockreconError as fault:
        return fault.what if isinstance(fault, ReadFault) else fault.text, fault.way_on
    except Malformed as bad:
        return f"an answer is not what Shopee documents: {bad}", ""
    return None


def _credentials(who: str, keeper: TokenKeeper, info: ShopInfo, now: datetime) -> Iterator[CheckLine]:
    tokens = keeper.current
    life = "its end is not known" if tokens.access_ends is None else ending(tokens.access_ends, now)
    yield CheckLine(True, "access token", f"accepted; {life}")
    again = authorise_way(who)
    if not tokens.refresh:
        yield CheckLine(False, "refresh token", "there is none: the access token ends after 4 hours", again)
    elif tokens.refresh_ends is not None:
        good = tokens.refresh_ends > now
        yield CheckLine(good, "refresh token", ending(tokens.refresh_ends, now), "" if good else again)
    else:
        yield CheckLine(None, "refresh token", "configured; single use, 30 days from when it was issued")
    if info.authorised_until is not None:
        good = info.authorised_until > now
        said = f"the seller's {ending(info.authorised_until, now)}"
        yield CheckLine(good, "authorisation", said, "" if good else again)


def _clock(api: ShopeeApi) -> Iterator[CheckLine]:
    skew = api.client.skew
    if skew is None:
        yield CheckLine(None, "clock", "Shopee did not tell its time")
        return
    near = abs(skew) < _WINDOW
    yield CheckLine(near, "clock", f"this machine's clock is {describe_skew(skew)}", "" if near else "set it (NTP)")


def _shop(settings: ShopSettings, info: ShopInfo, now: datetime) -> Iterator[CheckLine]:
    compared = "as configured" if settings.region and info.region else "not compared"
    said = f"{info.name or 'unnamed'}, region {info.region or 'unknown'} ({compared}), {info.status or 'NORMAL'}"
    yield CheckLine(True, "shop", said)
    for warning in info.warnings(settings.name, now):
        yield CheckLine(False, "shop", warning)
    if info.platform_only:
        yield CheckLine(None, "fulfilment", "by Shopee alone: its stock is never written")


def _places(settings: ShopSettings, api: ShopeeApi, info: ShopInfo) -> Iterator[CheckLine]:
    closed = holiday(api)
    if closed is None:
        yield CheckLine(None, "holiday mode", "could not be read")
    else:
        yield CheckLine(not closed, "holiday mode", closed or "off")
    told = read_locations(api)
    places = told.ids
    wanted = settings.options.get("location_id")
    if told.refused:
        yield _untold(told, str(wanted) if wanted else "")
    elif not places:
        yield CheckLine(None, "warehouses", "one (Shopee names locations for multi-warehouse shops only)")
    elif wanted and str(wanted) not in places:
        yield CheckLine(
            False, "warehouses", f"location_id {wanted} is not among {', '.join(places)}", "mend location_id"
        )
    else:
        yield _counted(str(wanted) if wanted else "", places)
    if not info.platform_only:
        yield _writes(len(places) > 1, str(wanted) if wanted else "")


def _untold(told: Locations, wanted: str) -> CheckLine:
    if not wanted:
        return CheckLine(None, "warehouses", f"not told: {told.refused}")
    said = (
        f"not told ({told.refused}): counts {wanted} alone; an order that names no location leaves the shop incomplete"
    )
    return CheckLine(False, "warehouses", said, _CONSOLE)


def _counted(wanted: str, places: tuple[str, ...]) -> CheckLine:
    listed = ", ".join(places)
    if wanted:
        return CheckLine(True, "warehouses", f"counts {wanted} alone, of {listed}")
    if len(places) == 1:
        return CheckLine(True, "warehouses", listed)
    said = f"counts the stock of all {len(places)} as one: {listed}; what moves between them is not seen"
    return CheckLine(None, "warehouses", said, "name the one that the ledger keeps with location_id")


def _writes(several: bool, wanted: str) -> CheckLine:
    if not several:
        return CheckLine(None, "writes", _WRITES)
    if wanted:
        return CheckLine(None, "writes", f"{_WRITES}; at {wanted}, the other locations as they were last read")
    said = f"{_WRITES}; with several locations only to 0, and down where one holds all"
    return CheckLine(None, "writes", said, "name the one that is written with location_id")


def _declared(settings: ShopSettings) -> Iterator[CheckLine]:
    number = len(settings.policy.campaigns)
    if number:
        yield CheckLine(None, "campaigns", f"{number} declared in the configuration, locked until they end")


def _abilities(capabilities: Capabilities) -> Iterator[CheckLine]:
    edits = "can" if capabilities.edits_during_campaign else "cannot"
    yield CheckLine(
        None,
        "abilities",
        "reads listings, models, promotions, orders; leftover campaign stock returns to normal stock; "
        f"normal stock {edits} be edited while a campaign runs; units of unpaid orders are gone and not shown; "
        "ended campaigns vanish, so only the history of earlier runs knows them",
    )
