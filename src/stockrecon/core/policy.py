"""What the seller declared: policy and each shop's stock rules, as values.

Defaults are those of the contract's section 3.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from stockrecon.core.model import ShopName


class Mode(StrEnum):
    OBSERVE = "observe"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class StockRule:
    """How much of the free stock a shop exposes. `cap` None: no cap. `divide`: several listings share the target."""

    buffer: int = 0
    percent: int = 100
    cap: int | None = None
    divide: bool = False


@dataclass(frozen=True, slots=True)
class Override:
    """A stock rule for the SKUs (or seller SKUs) that match a shell pattern; case matters."""

    pattern: str
    rule: StockRule

    def matches(self, *names: str) -> bool:
        compiled = _compiled(self.pattern)
        return any(compiled.match(name) is not None for name in names)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


@dataclass(frozen=True, slots=True)
class DeclaredCampaign:
    """A lock that the channel does not show (`shops[].campaigns`)."""

    item_id: str
    variation_id: str
    locked: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ShopPolicy:
    """One entry of the configuration's `shops`, as far as the meaning of numbers depends on it."""

    name: ShopName
    channel: str
    region: str = ""
    mode: Mode = Mode.OBSERVE
    stock: StockRule = StockRule()
    overrides: tuple[Override, ...] = ()
    campaigns: tuple[DeclaredCampaign, ...] = ()
    edit_during_campaign: bool = False

    def rule_for(self, sku: str, seller_sku: str) -> StockRule:
        """The rule of the first override that matches the SKU or the listing's seller SKU, else the shop's."""
        for override in self.overrides:
            if override.matches(sku, seller_sku):
                return override.rule
        return self.stock


@dataclass(frozen=True, slots=True)
class Limit:
    """The larger of a count and a share in percent."""

    count: int
    percent: int

    def of(self, whole: int) -> int:
        return max(self.count, whole * self.percent // 100)


@dataclass(frozen=True, slots=True)
class Limits:
    changed: Limit = Limit(5, 20)
    zeroed: Limit = Limit(2, 5)
    added: Limit = Limit(50, 25)
    lost: Limit = Limit(2, 10)
    correction_skus: Limit = Limit(5, 1)
    correction_units: Limit = Limit(20, 1)


DEFAULT_APPLY = frozenset({"campaign-returned", "campaign-lock", "cancelled-order-restock", "orders-too-near"})


@dataclass(frozen=True, slots=True)
class Policy:
    sync_latency: timedelta = timedelta(minutes=5)
    import_grace: timedelta = timedelta(minutes=30)
    campaign_settle: timedelta = timedelta(minutes=30)
    confirm_raise: timedelta = timedelta(minutes=10)
    lookback: timedelta = timedelta(days=7)
    audit_window: timedelta = timedelta(days=30)
    max_age_network: timedelta = timedelta(minutes=15)
    max_age_file: timedelta = timedelta(hours=24)
    full_pull: timedelta = timedelta(hours=6)
    correct_unexplained: bool = False
    protect_campaign_stock: bool = False
    apply_scenarios: frozenset[str] = DEFAULT_APPLY
    limits: Limits = Limits()
