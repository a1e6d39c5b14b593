"""`stockrecon check` for a Shopify shop: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache

from stockrecon.channels.base import CheckLine, ShopSettings
from stockrecon.channels.keeper import STEPS, TokenKeeper, authorise_way, ending
from stockrecon.channels.shopify.api import VERSION, ShopifyApi
from stockrecon.channels.shopify.cost import plan_of
from stockrecon.channels.shopify.fields import Malformed, text
from stockrecon.channels.shopify.locations import (
    NO_ONLINE,
    NO_ONLINE_WAY,
    Counted,
    counted,
    listed,
    read_locations,
)
from stockrecon.channels.shopify.sending import scopes_for
from stockrecon.channels.shopify.shop import (
    OLD_ORDERS,
    READS,
    WRITES,
    Account,
    ShopInfo,
    read_account,
    read_scopes,
    read_shop,
)
from stockrecon.channels.shopify.tokens import Credentials, Grant
from stockrecon.core.policy import Mode
from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.rest import describe_skew

_WRITES = "absolute available units, up to 250 rows a request, each compared with what was read before it is replaced"
_SKEW = timedelta(seconds=60)
_Scopes = Callable[[], frozenset[str]]
"""What the app may; asked for once in a check."""
_SCOPE_WAY = "give the app these scopes, and install it anew or authorise it again"


def account_lines(
    settings: ShopSettings, api: ShopifyApi, keeper: TokenKeeper, credentials: Credentials
) -> tuple[list[CheckLine], bool]:
    """Token life, clock, whose shop it is, what the app may, its points and the API version; and whether the shop
    could be asked at all."""
    return _account_lines(settings, api, keeper, credentials, lambda: read_scopes(api))


def _account_lines(
    settings: ShopSettings, api: ShopifyApi, keeper: TokenKeeper, credentials: Credentials, scopes: _Scopes
) -> tuple[list[CheckLine], bool]:
    shop: list[tuple[ShopInfo, Account]] = []

    def open_shop() -> None:
        keeper.ensure()
        shop.append((read_shop(api, credentials.shop), read_account(api, settings.region)))

    fault = _tried(open_shop)
    if fault is not None:
        what = "credentials" if isinstance(fault, AuthFault) else "shop"
        return [CheckLine(False, what, *_said(fault)), *_clock(api)], False
    lines = [*_tokens(api.who, keeper, credentials.grant, api.now()), *_clock(api)]
    lines.append(_shop(*shop[0], credentials.shop))
    lines += _gathered("scopes", lambda: _scopes(settings, scopes))
    return [*lines, *_rate(api), _version(api)], True


def check_lines(
    settings: ShopSettings, api: ShopifyApi, keeper: TokenKeeper, credentials: Credentials
) -> list[CheckLine]:
    """The account, the locations, and what can be done. Stops at the first thing without which nothing can be asked."""
    scopes = cache(lambda: read_scopes(api))
    lines, answered = _account_lines(settings, api, keeper, credentials, scopes)
    if answered:
        lines += _gathered("locations", lambda: _locations(settings, api, scopes))
        lines.append(_abilities())
    return lines


def _gathered(what: str, make: Callable[[], Iterator[CheckLine]]) -> list[CheckLine]:
    """The lines, up to the fault that ends them, which is one as well."""
    lines: list[CheckLine] = []
    fault = _tried(lambda: lines.extend(make()))
    return lines if fault is None else [*lines, CheckLine(False, what, *_said(fault))]


def _tried(job: Callable[[], None]) -> StockreconError | None:
    try:
        job()
    except StockreconError as fault:
        return fault
    except Malformed as bad:
        return ReadFault("", f"an answer is not what Shopify documents: {bad}")
    return None


def _said(fault: StockreconError) -> tuple[str, str]:
    return fault.what if isinstance(fault, ReadFault) else fault.text, fault.way_on


def _tokens(who: str, keeper: TokenKeeper, grant: Grant, now: datetime) -> Iterator[CheckLine]:
    tokens = keeper.current
    if grant is Grant.TOKEN:
        yield CheckLine(True, "access token", "accepted; a custom app's token does not end by itself")
        return
    life = "it does not end, or its end is not known" if tokens.access_ends is None else ending(tokens.access_ends, now)
    yield CheckLine(True, "access token", f"accepted; {life}; renewed by itself")
    if grant is Grant.CLIENT_CREDENTIALS:
        return
    if not tokens.refresh:
        yield CheckLine(None, "refresh token", "there is none: the access token is one without an end")
    elif tokens.refresh_ends is None:
        yield CheckLine(None, "refresh token", "configured; 90 days from when it was issued, replaced by each use")
    else:
        soon = tokens.refresh_ends - now <= max(STEPS[2:])
        ok = tokens.refresh_ends > now and (None if soon else True)
        way_on = authorise_way(who) if soon else ""
        yield CheckLine(ok, "refresh token", ending(tokens.refresh_ends, now), way_on)


def _clock(api: ShopifyApi) -> Iterator[CheckLine]:
    """Shopify judges nothing by our clock; the report's times and ages depend on it."""
    skew = api.client.skew
    if skew is None:
        yield CheckLine(None, "clock", "Shopify did not tell its time")
        return
    near = abs(skew) < _SKEW
    said = f"this machine's clock is {describe_skew(skew)}"
    yield CheckLine(True if near else None, "clock", said, "" if near else "set it (NTP); Shopify's time is used")


def _shop(info: ShopInfo, account: Account, domain: str) -> CheckLine:
    if not info.domain:
        return CheckLine(None, "shop", f"{domain or 'as base_url says'}; it did not tell its name and zone")
    told = f"{info.name or 'unnamed'} ({info.domain}), {account.country or 'country unknown'}"
    return CheckLine(True, "shop", f"{told}, plan {account.plan or 'unknown'}, zone {info.zone or 'unknown'}")


def _scopes(settings: ShopSettings, scopes: _Scopes) -> Iterator[CheckLine]:
    try:
        granted = scopes()
    except ReadFault as fault:
        yield CheckLine(None, "scopes", f"could not be read: {fault.what}")
        return
    missing = [scope for scope in READS if scope not in granted]
    writing = settings.policy.mode is Mode.APPLY
    if writing and WRITES not in granted:
        missing.append(WRITES)
    if missing:
        yield CheckLine(False, "scopes", f"missing: {', '.join(missing)}", _SCOPE_WAY)
    else:
        has = [scope for scope in (*READS, WRITES) if scope in granted]
        yield CheckLine(True, "scopes", ", ".join(has))
    if not writing and WRITES not in granted:
        yield CheckLine(None, "scopes", f"without {WRITES} nothing can be written; mode observe needs none")
    if OLD_ORDERS not in granted:
        yield CheckLine(None, "scopes", f"without {OLD_ORDERS} orders older than 60 days are not told")


def _locations(settings: ShopSettings, api: ShopifyApi, scopes: _Scopes) -> Iterator[CheckLine]:
    """Which of them are counted, which are written, and whether orders of the others can be told apart."""
    wanted = text(settings.options.get("location_id"))
    rules = counted(api.who, read_locations(api), wanted)
    if wanted:
        of = len(rules.locations) + len(rules.others)
        yield CheckLine(True, "locations", f"counts {listed(rules.locations.values())} alone, of {of}")
    elif rules.locations:
        yield CheckLine(True, "locations", f"counts {listed(rules.locations.values())}")
    else:
        yield CheckLine(False, "locations", NO_ONLINE, NO_ONLINE_WAY)
    yield from _remarks(rules)
    if rules.others:
        yield from _sending(rules, scopes)
    if len(rules.locations) > 1:
        said = f"{_WRITES}; with several locations only to 0, and down where one holds all"
        yield CheckLine(None, "writes", said, "name the one that is written with location_id")
    else:
        yield CheckLine(None, "writes", _WRITES)


def _remarks(rules: Counted) -> Iterator[CheckLine]:
    services = [location for location in rules.locations.values() if location.service]
    if rules.chosen:
        yield from (CheckLine(None, "locations", warning) for warning in rules.warnings)
    elif rules.others:
        said = f"not counted, since they fulfil no online orders: {listed(rules.others.values())}"
        yield CheckLine(None, "locations", said, "to count one of them, and it alone, name it with location_id")
    if services:
        said = f"a fulfilment service's, which may refuse to have its stock set: {listed(services)}"
        yield CheckLine(None, "locations", said)


def _sending(rules: Counted, scopes: _Scopes) -> Iterator[CheckLine]:
    """The scopes without which nobody knows which orders take of the locations that count."""
    try:
        granted = scopes()
    except ReadFault as fault:
        yield CheckLine(None, "orders", f"whether it is told which location sends them is not known: {fault.what}")
        return
    missing = [" or ".join(group) for group in scopes_for(rules) if granted.isdisjoint(group)]
    if not missing:
        yield CheckLine(True, "orders", "those that other locations send are left out")
        return
    said = f"missing: {', '.join(missing)}; which location sends an order is not told without, and nothing is written"
    yield CheckLine(False, "orders", said, _SCOPE_WAY)


def _rate(api: ShopifyApi) -> Iterator[CheckLine]:
    purse = api.purse
    if purse.maximum is None:
        yield CheckLine(None, "rate", "Shopify did not tell its points")
        return
    plan = plan_of(purse.rate)
    told = f"{purse.rate:g} points a second{f' ({plan})' if plan else ''}, at most {purse.maximum} at once"
    yield CheckLine(None, "rate", f"{told}; a page of 250 variants asks for 90 to 420")


def _version(api: ShopifyApi) -> CheckLine:
    if api.another_version:
        return CheckLine(False, "API version", api.another_version, "install a newer stockrecon; nothing is written")
    return CheckLine(True if api.version else None, "API version", api.version or f"{VERSION} is asked for")


def _abilities() -> CheckLine:
    return CheckLine(
        None,
        "abilities",
        "reads variants, their levels by location, and orders; Shopify has no campaigns and locks nothing; units of "
        "unpaid orders are among the committed ones; what is sold while a write is under way is never overwritten",
    )
