"""`stockrecon check` for a WooCommerce shop: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from stockrecon.channels.base import CheckLine, ShopSettings
from stockrecon.channels.woocommerce.api import WooApi
from stockrecon.channels.woocommerce.errors import KEYS, Refused
from stockrecon.channels.woocommerce.fields import Malformed
from stockrecon.channels.woocommerce.shop import MANAGES_OFF, stock_settings
from stockrecon.channels.woocommerce.sign import Way
from stockrecon.channels.woocommerce.variations import Variations
from stockrecon.channels.woocommerce.writing import ROWS
from stockrecon.core.policy import Mode
from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.rest import describe_skew

OLDEST, NEWEST = (7, 9), 11
"""The versions that this was built for: 7.9 to 11."""
_WINDOW = timedelta(minutes=15)
"""A signature's time stamp is accepted for so long (reference: WooCommerce 3.1)."""
_REMARK = timedelta(seconds=60)
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)


def check_lines(settings: ShopSettings, api: WooApi, variations: Variations, way: Way, rate: float) -> list[CheckLine]:
    """Stops at the first thing without which the rest cannot be asked. Changes nothing in the shop."""
    lines: list[CheckLine] = []
    fault = _tried(api.one_product)
    if fault is not None:
        told, way_on = _told(api, fault)
        lines.append(CheckLine(False, "key" if isinstance(fault, AuthFault) else "connection", told, way_on))
        lines += _clock(api, way)
        return lines
    name = f" {api.site.name}," if api.site and api.site.name else ""
    lines.append(CheckLine(True, "key", f"accepted by{name or ' the shop,'} {way.shown}; it may read"))
    lines += _clock(api, way)
    lines.append(CheckLine(None, "permalinks", api.permalinks.shown))
    parts = {
        "version": partial(_version, api),
        "variations": partial(_lists, variations),
        "settings": partial(_settings, api),
        "right to write": partial(_right, settings, api),
    }
    for what, part in parts.items():
        fault = _tried(partial(_extend, lines, part))
        if fault is not None:
            lines.append(CheckLine(None, what, *_told(api, fault)))
    lines.append(CheckLine(None, "rate", f"{rate:g} requests a second"))
    lines += _abilities()
    return lines


def _tried(job: Callable[[], None]) -> StockreconError | Malformed | None:
    try:
        job()
    except (StockreconError, Malformed) as fault:
        return fault
    return None


def _extend(lines: list[CheckLine], part: Callable[[], Iterator[CheckLine]]) -> None:
    lines += part()


def _told(api: WooApi, fault: StockreconError | Malformed) -> tuple[str, str]:
    if isinstance(fault, Malformed):
        return f"an answer is not what WooCommerce documents: {fault}", ""
    return api.client.hide(fault.what if isinstance(fault, ReadFault) else fault.text), fault.way_on


def _clock(api: WooApi, way: Way) -> Iterator[CheckLine]:
    """The shop's time counts anyway; a signature's stamp has to be near it."""
    skew = api.client.skew
    if skew is None:
        yield CheckLine(None, "clock", "the shop did not tell its time")
        return
    said = f"this machine's clock is {describe_skew(skew)}"
    if abs(skew) <= _REMARK:
        yield CheckLine(True, "clock", said)
    else:
        yield CheckLine(False if way.method and abs(skew) >= _WINDOW else None, "clock", said, "set it (NTP)")


def _version(api: WooApi) -> Iterator[CheckLine]:
    try:
        told = api.version()
    except (AuthFault, Refused):
        told = ""
    match = _VERSION.match(told)
    if match is None:
        yield CheckLine(None, "version", "not told: the key's user may not see the system status")
    elif (int(match[1]), int(match[2])) < OLDEST:
        yield CheckLine(False, "version", f"WooCommerce {told}: 7.9 is the oldest that is known here", "update it")
    elif int(match[1]) > NEWEST:
        yield CheckLine(None, "version", f"WooCommerce {told}: newer than 11, the newest that is known here")
    else:
        yield CheckLine(True, "version", f"WooCommerce {told}")


def _lists(variations: Variations) -> Iterator[CheckLine]:
    variations.some(["1"])
    how = "100 a call" if variations.whole else "product by product: a list of all came with WooCommerce 10.3"
    yield CheckLine(None, "variations", f"read {how}")


def _settings(api: WooApi) -> Iterator[CheckLine]:
    known = stock_settings(api)
    if known is None:
        text = "not told: the key's user may not see the shop's settings"
        yield CheckLine(None, "stock management", text, "a key of one who manages the shop shows them")
        return
    way_on = "" if known.manages else "tick 'Enable stock management' there"
    yield CheckLine(known.manages, "stock management", "on" if known.manages else MANAGES_OFF, way_on)
    if known.hold is None:
        yield CheckLine(None, "unpaid orders", "hold no stock, and live until somebody cancels them")
    else:
        minutes = f"{int(known.hold.total_seconds()) // 60} minutes"
        text = f"hold stock for {minutes}, which the number shown does not tell, and are cancelled within as long again"
        yield CheckLine(None, "unpaid orders", text)
    if known.threshold > 0:
        text = f"with {known.threshold} units or fewer a product is called out of stock; its number counts here"
        yield CheckLine(None, "out of stock", text)


def _right(settings: ShopSettings, api: WooApi) -> Iterator[CheckLine]:
    """Found out by an empty batch, which names no product."""
    try:
        api.write_nothing()
    except AuthFault as fault:
        needed = settings.policy.mode is Mode.APPLY
        text = f"the key may not write: {api.client.hide(fault.what)}"
        yield CheckLine(
            False if needed else None, "right to write", text, f"a key with Read/Write, {KEYS}" if needed else ""
        )
        return
    yield CheckLine(True, "right to write", "the key may write")


def _abilities() -> Iterator[CheckLine]:
    yield CheckLine(
        None,
        "writes",
        f"absolute numbers, up to {ROWS} products, or variations of one, a request; sales since the last reading are "
        "overwritten",
    )
    yield CheckLine(
        None,
        "reads",
        "products and variations, stock that variations share as one listing, orders; campaigns are not known here; "
        "units of unpaid orders stay in the number until they are paid",
    )
