"""Names to classes: channels, ledgers and detectors. The only module that knows concrete plug-ins.

Built-ins stand in literal tables and are imported on first use; others come by entry point, group
`stockrecon.channels`, `stockrecon.pushes`, `stockrecon.ledgers`, `stockrecon.scenarios`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any, cast

from stockrecon.channels.base import Channel, ShopSettings, Surroundings
from stockrecon.channels.push import Hears
from stockrecon.errors import UsageFault
from stockrecon.ledgers.base import Ledger, LedgerSettings
from stockrecon.scenarios import DETECTORS
from stockrecon.scenarios.base import Detect

CHANNELS: Mapping[str, str] = MappingProxyType(
    {
        "file": "stockrecon.channels.files:FileChannel",
        "shopee": "stockrecon.channels.shopee:ShopeeChannel",
        "lazada": "stockrecon.channels.lazada:LazadaChannel",
        "tiktok-shop": "stockrecon.channels.tiktok_shop:TikTokShopChannel",
        "shopify": "stockrecon.channels.shopify:channel_of",
        "woocommerce": "stockrecon.channels.woocommerce:WooCommerceChannel",
    }
)
PUSHES: Mapping[str, str] = MappingProxyType(
    {
        "shopee": "stockrecon.channels.shopee.push:ShopeePush",
        "lazada": "stockrecon.channels.lazada.push:LazadaPush",
        "tiktok-shop": "stockrecon.channels.tiktok_shop.push:TikTokShopPush",
        "shopify": "stockrecon.channels.shopify.push:ShopifyPush",
        "woocommerce": "stockrecon.channels.woocommerce.push:WooCommercePush",
    }
)
LEDGERS: Mapping[str, str] = MappingProxyType(
    {
        "file": "stockrecon.ledgers.files:FileLedger",
        "sql": "stockrecon.ledgers.sql:SqlLedger",
        "odoo": "stockrecon.ledgers.odoo:OdooLedger",
        "tryton": "stockrecon.ledgers.tryton:TrytonLedger",
        "erpnext": "stockrecon.ledgers.erpnext:ErpnextLedger",
        "omisell": "stockrecon.ledgers.omisell:OmisellLedger",
        "ginee": "stockrecon.ledgers.ginee:GineeLedger",
    }
)


def make_channel(settings: ShopSettings, surroundings: Surroundings) -> Channel:
    """The channel of one shop. Raises UsageFault where nothing of that name is installed."""
    return cast(Channel, channel_class(settings.channel)(settings, surroundings))


def channel_class(name: str) -> Callable[..., Any]:
    """What makes a channel. Raises UsageFault where nothing of that name is installed."""
    return _load("channels", CHANNELS, name)


def make_push(channel: str) -> Hears | None:
    """What understands a channel's push messages; None for a channel that sends none."""
    if channel not in PUSHES and not any(point.name == channel for point in _points("pushes")):
        return None
    return cast(Hears, _load("pushes", PUSHES, channel)())


def make_ledger(settings: LedgerSettings) -> Ledger:
    """The ledger. Raises UsageFault where nothing of that name is installed."""
    made = _load("ledgers", LEDGERS, settings.type)
    return cast(Ledger, made(settings))


def detectors() -> tuple[Detect, ...]:
    """Every detector in its order; those of other packages run before `unexplained`, which takes what is left."""
    others = tuple(cast(Detect, point.load()) for point in sorted(_points("scenarios"), key=lambda point: point.name))
    return (*DETECTORS[:-1], *others, DETECTORS[-1])


def _load(group: str, table: Mapping[str, str], name: str) -> Callable[..., Any]:
    target = table.get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        return cast(Callable[..., Any], getattr(import_module(module), attribute))
    for point in _points(group):
        if point.name == name:
            return cast(Callable[..., Any], point.load())
    known = ", ".join(sorted({*table, *(point.name for point in _points(group))}))
    raise UsageFault(f"there is no {group.removesuffix('s')} named {name!r}", way_on=f"known are: {known}")


def _points(group: str) -> Any:
    return entry_points(group=f"stockrecon.{group}")
