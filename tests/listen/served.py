"""One shop of the sandbox, on loopback, read in full and by what changed: what the laws of little pulls go by."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stockrecon import registry
from stockrecon.channels.base import PullRequest, Surroundings
from stockrecon.core.model import ShopName
from stockrecon.core.notice import Told
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.reconcile.little import CannotKnow, Going, LittlePull, terms_of
from stockrecon.sandbox.house import Sandbox, Served
from stockrecon.sandbox.load import load_folder
from stockrecon.sandbox.run import Handle
from stockrecon.state import Base
from tests.channel_contract.bench import Store
from tests.channel_contract.profiles import PROFILES
from tests.integration.markets import write_shop

NOW = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class ServedShop:
    """A shop of `market`, read into `folder`."""

    market: Handle
    served: Served
    folder: Path

    @property
    def shop(self) -> Any:
        return self.served.shop

    @property
    def now(self) -> datetime:
        return self.market.clock.now()

    def channel(self) -> Any:
        kind, name = self.shop.channel, ShopName(self.served.name)
        secrets, given = PROFILES[kind].secrets, self.served.face.config()
        options = {key: Secret(str(value)) if key in secrets else str(value) for key, value in given.items()}
        settings = ShopSettings(
            name=name,
            channel=kind,
            policy=ShopPolicy(name, kind, "VN"),
            options={**options, "requests_per_second": 1000.0},
            base_url=self.market.base_urls[name],
            region="VN",
        )
        around = Surroundings(self.market.clock.now, lambda seconds: None, Store())
        return registry.channel_class(kind)(settings, around)

    def request(self) -> PullRequest:
        return PullRequest(Path(tempfile.mkdtemp(dir=self.folder)), self.now - timedelta(days=8), Policy())

    def whole(self) -> Pulled:
        with closing(self.channel()) as channel:
            pulled: Pulled = channel.pull(self.request())
        assert pulled.complete, pulled.reason
        return pulled

    def put_together(self, base: Pulled, told: Told, *, again: bool) -> Pulled | CannotKnow:
        """The little pull that goes on from `base`. `again`: what was read is looked at once more, as a run does it."""
        with closing(self.channel()) as channel:
            assert base.items is not None
            terms = terms_of(channel.settings, base.terms, Policy())
            kept = Base(base.as_of, base.as_of, base.as_of, base.items, base.identity, terms)
            tables = {name: Path(table.path) for name, table in base.tables.items()}
            little = LittlePull(channel, channel, Going(kept, tables, base.as_of - 60 * MINUTE, told), self.request())
            try:
                pulled = little.begin()
                if again:
                    little.look_again(little.read)
            except CannotKnow as reason:
                return reason
            return pulled


def put_up(
    market: Handle, folder: Path, channel: str, name: str, listings: Sequence[tuple[str, str, str, str]]
) -> Served:
    """A shop of this channel: item, variation, seller SKU and title of each listing, ten units each."""
    listed = [
        {"item_id": item, "variation_id": variation, "seller_sku": sku, "title": title,
         "sellable": 10, "campaign": 0, "withheld": 0, "committed": 0, "state": "ok"}
        for item, variation, sku, title in listings
    ]  # fmt: skip
    write_shop(folder / "shops" / name, channel, {"listings": listed, "orders": []})
    (loaded,) = load_folder(folder / "shops")
    with market.sandbox.lock:
        market.sandbox.shops |= Sandbox([loaded.shop], market.clock, per_second=1e6, burst=10**6).shops
    return market.sandbox.shops[name]
