"""Reading both sides: the ledger and every shop at the same time, each on its own; what cannot be read is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon import registry
from stockrecon.channels.base import Channel, PullRequest, ShopSettings, Surroundings
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.sources import LedgerRead, Pulled
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.ledgers.base import Ledger, LedgerSettings

_OVERLAP = timedelta(days=1)
"""Orders are read a little further back than anything is explained by, so that the edge is whole."""


@dataclass(slots=True)
class Sources:
    """What was read, and why the rest was not. `channels` stay open for the settle pass; `close` ends them."""

    ledger: Ledger
    ledger_read: LedgerRead | None = None
    ledger_fault: ReadFault | None = None
    channels: dict[ShopName, Channel] = field(default_factory=dict)
    pulled: dict[ShopName, Pulled] = field(default_factory=dict)
    faults: dict[ShopName, ReadFault] = field(default_factory=dict)

    def close(self) -> None:
        self.ledger.close()
        for channel in self.channels.values():
            channel.close()


def read_all(
    ledger: LedgerSettings,
    shops: Sequence[ShopSettings],
    policy: Policy,
    surroundings: Surroundings,
    spool: Path,
    now: datetime,
) -> Sources:
    """Reads the ledger and the shops side by side. A shop or ledger that fails is a fault in the answer, not raised."""
    sources = Sources(registry.make_ledger(ledger))
    try:
        sources.channels = {shop.name: registry.make_channel(shop, surroundings) for shop in shops}
        _read(sources, policy, spool, now)
    except BaseException:
        sources.close()
        raise
    return sources


def _read(sources: Sources, policy: Policy, spool: Path, now: datetime) -> None:
    since = now - policy.lookback - _OVERLAP
    pool = ThreadPoolExecutor(max_workers=len(sources.channels) + 1, thread_name_prefix="read")
    try:
        book = pool.submit(sources.ledger.read, _folder(spool, "ledger"), now)
        pulls: Mapping[ShopName, Future[Pulled]] = {
            name: pool.submit(channel.pull, PullRequest(_folder(spool, f"shop-{index}"), since, policy))
            for index, (name, channel) in enumerate(sources.channels.items())
        }
        try:
            sources.ledger_read = book.result()
        except StockreconError as error:
            sources.ledger_fault = _fault("ledger", error)
        for name, pull in pulls.items():
            try:
                sources.pulled[name] = pull.result()
            except StockreconError as error:
                sources.faults[name] = _fault(name, error)
    finally:
        # A stop by the user must not wait for shops that answer slowly.
        pool.shutdown(wait=False, cancel_futures=True)


def _fault(who: str, error: StockreconError) -> ReadFault:
    """Whatever stopped one reading (also a full disk, or tokens that cannot be kept) leaves the others done."""
    return error if isinstance(error, ReadFault) else ReadFault(who, error.text, way_on=error.way_on)


def _folder(spool: Path, name: str) -> Path:
    folder = spool / name
    folder.mkdir(mode=0o700)
    return folder
