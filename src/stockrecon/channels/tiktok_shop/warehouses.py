"""The shop's warehouses: which of them sell, and which are TikTok's own (reference: TikTok Shop 2.6, 2.9, 2.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.fields import Malformed, identity, plain, text
from stockrecon.channels.tiktok_shop.verdicts import Refused, Unscoped
from stockrecon.errors import ReadFault
from stockrecon.rest import gather

_SELLS = "SALES_WAREHOUSE"
_OPEN = ("", "ENABLED")


@dataclass(frozen=True, slots=True)
class Warehouses:
    """`sales`: names by id; `closed`: those whose stock is shown and cannot be bought, with TikTok Shop's word for it
    (holiday or order-limit mode, or switched off); `platform`: ids of TikTok's own, where they may be asked for.

    `told` False: the app may not ask, so that nothing is known of any.
    """

    sales: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, str] = field(default_factory=dict)
    platform: frozenset[str] = frozenset()
    told: bool = True
    platform_told: bool = True

    @property
    def own(self) -> dict[str, str]:
        """The seller's, by id."""
        return {place: name for place, name in self.sales.items() if place not in self.platform}


def read_warehouses(api: TikTokApi) -> Warehouses:
    """Both lists; one that the app has no scope for is not told. Raises ReadFault, Malformed."""
    own, platform = gather((partial(_own, api), partial(_platform, api)), 2)
    return replace(own, platform=platform.platform, platform_told=platform.platform_told)


def _own(api: TikTokApi) -> Warehouses:
    try:
        rows = api.warehouses()
    except (Refused, Unscoped):
        return Warehouses(told=False)
    sales: dict[str, str] = {}
    closed: dict[str, str] = {}
    for row in rows:
        place = identity(row.get("id"), "warehouses[].id")
        if text(row.get("type")) not in ("", _SELLS):
            continue
        sales[place] = plain(row.get("name"), 60)
        status = plain(row.get("effect_status"), 40)
        if status not in _OPEN:
            closed[place] = status
    return Warehouses(sales, closed)


def _platform(api: TikTokApi) -> Warehouses:
    """The ids under which the shop's listings name TikTok's warehouses, where they are told.

    A seller without that service is refused, or is told none. A fault here must not cost the shop: of what lies there
    TikTok Shop refuses every write itself.
    """
    try:
        rows = api.platform_warehouses()
        return Warehouses(platform=frozenset(place for row in rows for place in _ids(row.get("warehouse_ids"))))
    except (ReadFault, Malformed):
        return Warehouses(platform_told=False)


def _ids(value: object) -> list[str]:
    return [identity(each, "warehouse_ids[]") for each in value] if isinstance(value, list) else []
