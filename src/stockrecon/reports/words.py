"""Text that is safe and exact to show: remote strings, times, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from stockrecon.core.findings import Finding, RunResult
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.core.words import clean, count, exact

__all__ = ["Zones", "clean", "count", "exact", "place", "plain", "sentence", "signed", "span", "when"]


def place(key: ListingKey | None, shop: str | None = None) -> str:
    """`shopee-vn item 1001 variation 2`; the shop alone, or "ledger", where there is no listing."""
    if key is None:
        return exact(shop) if shop else "ledger"
    variation = f" variation {exact(key.variation_id)}" if key.variation_id else ""
    item = f"item {exact(key.item_id)}" if key.item_id else "item without id"
    return f"{exact(key.shop)} {item}{variation}"


def sentence(finding: Finding) -> str:
    """The finding's text, without the place or SKU that it begins with: they stand beside it."""
    text = clean(finding.text)
    for name in (place(finding.listing, finding.shop), exact(finding.sku), clean(finding.sku)):
        if name and text.startswith(f"{name}: "):
            return text.removeprefix(f"{name}: ")
    return text


def signed(number: int | None) -> str:
    """`+8`, `-1,204`, `0`, and `?` for unknown."""
    if number is None:
        return "?"
    return f"{number:+,d}" if number else "0"


def plain(number: int | None) -> str:
    return "?" if number is None else f"{number:,d}"


def when(at: datetime, tz: tzinfo = UTC) -> str:
    """A time as people of that zone read it, with its offset: `2026-11-11 19:30 +07:00`."""
    local = at.astimezone(tz)
    offset = local.strftime("%z")
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%Y-%m-%d %H:%M}{seconds} {offset[:3]}:{offset[3:5]}"


def span(length: timedelta) -> str:
    """How long, as people say it: `5 min`, `3 h`, `2 d`; whole units, and empty below a minute."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min" if minutes > 0 else ""
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440:,d} d"


class Zones:
    """In which zone a time is shown: the shop's own; what belongs to none in the shops' common one, else in UTC."""

    def __init__(self, result: RunResult) -> None:
        known: Mapping[ShopName, tzinfo] = {shop.name: shop.facts.tz for shop in result.shops if shop.facts}
        self._of = known
        different = {(shop.facts.zone, str(shop.facts.tz)) for shop in result.shops if shop.facts}
        self.common: tzinfo = next(iter(known.values())) if len(different) == 1 else UTC

    def of(self, shop: ShopName | None) -> tzinfo:
        return self.common if shop is None else self._of.get(shop, self.common)

    def shown(self, at: datetime, shop: ShopName | None = None) -> str:
        return when(at, self.of(shop))

    def on_the_day(self, at: datetime, day: datetime, shop: ShopName | None = None) -> str:
        """A time without its date where that is the same as `day`'s."""
        there = self.of(shop)
        shown = when(at, there)
        return shown[11:] if at.astimezone(there).date() == day.astimezone(there).date() else shown

    def finding(self, at: datetime, finding: Finding) -> str:
        return self.shown(at, finding.shop or (finding.listing.shop if finding.listing else None))
