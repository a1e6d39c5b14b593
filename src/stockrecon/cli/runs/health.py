"""Whether every shop was part of a good run lately: for monitors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stockrecon.cli.timing import spoken
from stockrecon.core.headline import meaning
from stockrecon.core.model import ShopName
from stockrecon.reports.json import stamp

if TYPE_CHECKING:
    from stockrecon.state import RunRecord, State

TOO_OLD = 13
"""The exit code: what is known of a shop is not fresh, as where it could not be read."""


@dataclass(frozen=True, slots=True)
class Health:
    """`good`: the newest run of each shop that read it and ended with 0 or 10. `last`: the newest run that ended."""

    now: datetime
    max_age: timedelta
    good: Mapping[str, RunRecord | None]
    last: RunRecord | None = None

    @property
    def old(self) -> tuple[str, ...]:
        """Shops whose last good run is older than it may be, or that had none."""
        return tuple(shop for shop in self.good if not self._is_fresh(shop))

    def line(self) -> str:
        """One line, whatever there is to say."""
        limit = spoken(self.max_age)
        if not self.old:
            oldest = max((self.age(shop) or timedelta(0) for shop in self.good), default=timedelta(0))
            return f"ok: every shop was part of a good run within {limit}, the longest ago {spoken(oldest)}"
        told = "; ".join(f"{shop}: {self._ago(shop)}" for shop in self.old)
        return f"too old (limit {limit}): {told}{self._newest()}"

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "ok": not self.old,
            "now": stamp(self.now),
            "max_age_seconds": int(self.max_age.total_seconds()),
            "shops": [self._row(shop) for shop in self.good],
        }

    def age(self, shop: str) -> timedelta | None:
        """How long ago the shop's last good run ended; a clock that was set back makes nothing older."""
        record = self.good[shop]
        return None if record is None or record.ended_at is None else max(timedelta(0), self.now - record.ended_at)

    def _is_fresh(self, shop: str) -> bool:
        age = self.age(shop)
        return age is not None and age <= self.max_age

    def _ago(self, shop: str) -> str:
        age, record = self.age(shop), self.good[shop]
        if age is None or record is None:
            return "no good run yet"
        return f"last good run {spoken(age)} ago ({record.id})"

    def _newest(self) -> str:
        if self.last is None or self.last.exit_code is None:
            return ""
        return f"; the newest run, {self.last.id}, ended with {self.last.exit_code} ({meaning(self.last.exit_code)})"

    def _row(self, shop: str) -> dict[str, Any]:
        age, record = self.age(shop), self.good[shop]
        return {
            "shop": shop,
            "ok": self._is_fresh(shop),
            "run": record.id if record else None,
            "ended_at": stamp(record.ended_at) if record else None,
            "age_seconds": None if age is None else int(age.total_seconds()),
        }


def health(state: State | None, shops: Iterable[str], max_age: timedelta, now: datetime) -> Health:
    """By the state's runs; without a state there was none."""
    if state is None:
        return Health(now, max_age, dict.fromkeys(shops))
    good = {shop: state.last_success({ShopName(shop)}) for shop in shops}
    return Health(now, max_age, good, state.last_run())
