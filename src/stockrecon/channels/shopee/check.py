"""`stockrecon check` for a Shopee shop: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from stockrecon.channels.base import CheckLine, ShopSettings
from stockrecon.channels.keeper import TokenKeeper, authorise_way, ending
from stockrecon.channels.shopee.api import ShopeeApi
from stockrecon.channels.shopee.fields import Malformed
from stockrecon.channels.shopee.shop import ShopInfo, holiday, locations, read_shop
from stockrecon.core.model import Capabilities
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.rest import describe_skew

_WRITES = "absolute totals, up to 50 models of an item a request; sales since the last reading are overwritten"
_WINDOW = timedelta(seconds=300)
"""A time stamp is accepted for five minutes (reference: Shopee 1.2)."""


def check_lines(
    settings: ShopSettings,
    api: ShopeeApi,
    keeper: TokenKeeper,
    shop_id: str,
    rate: float,
    capabilities: Capabilities,
) -> list[CheckLine]:
    """Stops at the first thing without which the rest cannot be asked."""
    lines: list[CheckLine] = []
    shop: list[ShopInfo] = []

    def open_shop() -> None:
        keeper.ensure()
        shop.append(read_shop(api, shop_id, settings.region))

    fault = _tried(open_shop)
    if fault is not None:
        lines.append(CheckLine(False, "credentials", fault[0], fault[1]))
        lines += _clock(api)
        return lines
    lines += _credentials(api.who, keeper, shop[0], api.now())
    lines += _clock(api)
    lines += _shop(api.who, shop[0], api.now())
    fault = _tried(lambda: lines.extend(_places(settings, api, shop[0])))
    if fault is not None:
        lines.append(CheckLine(False, "warehouses", fault[0], fault[1]))
    lines.append(CheckLine(None, "rate", f"{rate:g} requests a second, shared by all shops of this partner_id"))
    lines += _abilities(capabilities)
    return lines


def _tried(job: Callable[[], None]) -> tuple[str, str] | None:
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


def _shop(who: str, info: ShopInfo, now: datetime) -> Iterator[CheckLine]:
    yield CheckLine(
        True, "shop", f"{info.name or 'unnamed'}, region {info.region or 'unknown'}, {info.status or 'NORMAL'}"
    )
    for warning in info.warnings(who, now):
        yield CheckLine(False, "shop", warning)
    if info.platform_only:
        yield CheckLine(None, "fulfilment", "by Shopee alone: its stock is never written")


def _places(settings: ShopSettings, api: ShopeeApi, info: ShopInfo) -> Iterator[CheckLine]:
    closed = holiday(api)
    if closed is None:
        yield CheckLine(None, "holiday mode", "could not be read")
    else:
        yield CheckLine(not closed, "holiday mode", closed or "off")
    places = locations(api)
    wanted = settings.options.get("location_id")
    if not places:
        yield CheckLine(None, "warehouses", "one (Shopee names locations for multi-warehouse shops only)")
    elif wanted and str(wanted) not in places:
        yield CheckLine(
            False, "warehouses", f"location_id {wanted} is not among {', '.join(places)}", "mend location_id"
        )
    else:
        counted = str(wanted) if wanted else "all are summed"
        yield CheckLine(True, "warehouses", f"{', '.join(places)}; counted: {counted}")
    if not info.platform_only:
        yield _writes(len(places) > 1, str(wanted) if wanted else "")


def _writes(several: bool, wanted: str) -> CheckLine:
    if not several:
        return CheckLine(None, "writes", _WRITES)
    if wanted:
        return CheckLine(None, "writes", f"{_WRITES}; at {wanted}, the other locations as they were last read")
    said = f"{_WRITES}; with several locations only to 0, and down where one holds all"
    return CheckLine(None, "writes", said, "name the one that is written with location_id")


def _abilities(capabilities: Capabilities) -> Iterator[CheckLine]:
    edits = "can" if capabilities.edits_during_campaign else "cannot"
    yield CheckLine(
        None,
        "abilities",
        "reads listings, models, promotions, orders; leftover campaign stock returns to normal stock; "
        f"normal stock {edits} be edited while a campaign runs; units of unpaid orders are gone and not shown; "
        "ended campaigns vanish, so only the history of earlier runs knows them",
    )
