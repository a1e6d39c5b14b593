"""Reading both sides: the ledger and every shop at the same time, each on its own; what cannot be read is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from stockrecon import registry
from stockrecon.channels.base import Channel, PullRequest, PullsChanges, ShopSettings, Surroundings
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.sources import KeptTable, LedgerRead, Pulled
from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.ledgers.base import Ledger, LedgerSettings, ReadsOn
from stockrecon.reconcile.little import CannotKnow, Going, LittlePull, Reading, reading_of

_NOTHING: Mapping[ShopName, Going | str] = MappingProxyType({})
_NONE_KEPT: Mapping[str, KeptTable] = MappingProxyType({})
_OVERLAP = timedelta(days=1)
"""Orders are read a little further back than anything is explained by, so that the edge is whole."""


@dataclass(slots=True)
class Sources:
    """What was read, and why the rest was not. `channels` stay open for the settle pass; `close` ends them.

    `began`: when each shop's reading began, by our clock. `little`: shops of which only what may have changed was read;
    `in_full`: why a shop that is listened to was read in full all the same.
    """

    ledger: Ledger
    ledger_read: LedgerRead | None = None
    ledger_fault: ReadFault | None = None
    channels: dict[ShopName, Channel] = field(default_factory=dict)
    pulled: dict[ShopName, Pulled] = field(default_factory=dict)
    faults: dict[ShopName, ReadFault] = field(default_factory=dict)
    began: dict[ShopName, datetime] = field(default_factory=dict)
    little: dict[ShopName, LittlePull] = field(default_factory=dict)
    in_full: dict[ShopName, str] = field(default_factory=dict)

    def count(self, spent: Mapping[ShopName, int]) -> None:
        """Requests that this run has spent on these shops before count as well."""
        for name, requests in spent.items():
            if name in self.pulled:
                self.pulled[name] = replace(self.pulled[name], requests=self.pulled[name].requests + requests)

    def unread(self, keys: Sequence[ListingKey]) -> dict[ShopName, frozenset[str]]:
        """The items of these listings that were not read, of each shop that was not read in full."""
        found = {}
        for name, little in self.little.items():
            found[name] = little.unread(key for key in keys if key.shop == name)
        return found

    def readings(self, shops: Sequence[ShopSettings], policy: Policy) -> dict[ShopName, Reading]:
        """What each shop's reading leaves for the next one, of those that can be read by their changes."""
        return {
            shop.name: reading_of(
                self.pulled[shop.name], shop, policy, self.began[shop.name], self.little.get(shop.name)
            )
            for shop in shops
            if shop.name in self.pulled and isinstance(self.channels[shop.name], PullsChanges)
        }

    def read_ledger(self, spool: Path, now: datetime, kept: Mapping[str, KeptTable]) -> LedgerRead:
        """Goes on from what is kept of the ledger, where it can; nothing is kept: in full. Raises ReadFault."""
        if isinstance(self.ledger, ReadsOn):
            return self.ledger.read_on(spool, now, kept)
        return self.ledger.read(spool, now)

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
    going: Mapping[ShopName, Going | str] = _NOTHING,
    kept: Mapping[str, KeptTable] = _NONE_KEPT,
) -> Sources:
    """Reads the ledger and the shops side by side. A shop or ledger that fails is a fault in the answer, not raised.

    `going`: shops that are listened to, with what a little pull goes on from or why they are read in full. `kept`: what
    the ledger's reading can go on from.
    """
    sources = Sources(registry.make_ledger(ledger))
    try:
        sources.channels = {shop.name: registry.make_channel(shop, surroundings) for shop in shops}
        sources.in_full = {name: why for name, why in going.items() if isinstance(why, str)}
        _read(sources, policy, spool, now, surroundings.clock, going, kept)
    except BaseException:
        sources.close()
        raise
    return sources


def _read(
    sources: Sources,
    policy: Policy,
    spool: Path,
    now: datetime,
    clock: Callable[[], datetime],
    going: Mapping[ShopName, Going | str],
    kept: Mapping[str, KeptTable],
) -> None:
    since = now - policy.lookback - _OVERLAP
    pool = ThreadPoolExecutor(max_workers=len(sources.channels) + 1, thread_name_prefix="read")
    try:
        book = pool.submit(sources.read_ledger, _folder(spool, "ledger"), now, kept)
        pulls: dict[ShopName, Future[Pulled]] = {}
        for index, name in enumerate(sources.channels):
            request = PullRequest(_folder(spool, f"shop-{index}"), since, policy)
            sources.began[name] = clock()
            pulls[name] = pool.submit(_pull, sources, name, request, going.get(name))
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


def _pull(sources: Sources, name: ShopName, request: PullRequest, going: Going | str | None) -> Pulled:
    """By its changes where that can be proven to be enough, else in full."""
    channel = sources.channels[name]
    if isinstance(going, Going) and isinstance(channel, PullsChanges):
        little = LittlePull(channel, channel, going, request)
        try:
            pulled = little.begin()
        except AuthFault:
            raise
        except (CannotKnow, ReadFault) as reason:
            # What a little pull asks for may be refused where a full one is answered.
            sources.in_full[name] = str(reason)
            pulled = channel.pull(request)
            return replace(pulled, requests=pulled.requests + little.requests)
        sources.little[name] = little
        return pulled
    if isinstance(going, Going):
        sources.in_full[name] = f"{channel.settings.channel} cannot be read by its changes"
    return channel.pull(request)


def _fault(who: str, error: StockreconError) -> ReadFault:
    """Whatever stopped one reading (also a full disk, or tokens that cannot be kept) leaves the others done."""
    return error if isinstance(error, ReadFault) else ReadFault(who, error.text, way_on=error.way_on)


def _folder(spool: Path, name: str) -> Path:
    folder = spool / name
    folder.mkdir(mode=0o700)
    return folder
