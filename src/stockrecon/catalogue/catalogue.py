"""The catalogue: one run's ledger and shops in bulk, and the way from there to single cases."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from stockrecon.catalogue import compare, facts, history, ledger, memory, prepare, schema, shops, suspects
from stockrecon.catalogue.engine import Connection, connect, guarded, insert, literal
from stockrecon.catalogue.history import Change
from stockrecon.catalogue.shops import ListingCounts
from stockrecon.catalogue.suspects import Totals
from stockrecon.core.model import (
    Campaign,
    LedgerFacts,
    ListingKey,
    PastFinding,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    SkuFacts,
    Snapshot,
)
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.sources import LedgerRead, Pulled


class Catalogue:
    """A run's data in DuckDB, spilling into `work`; for one thread.

    The order of a run: load_ledger; load_pushes; load_shop and what is remembered of each; audit_skus and facts;
    set_corrections; compare; suspects, totals, unlisted; facts; changes and save_snapshot.

    Every method raises UsageFault where memory does not do and OutputFault where the disk does not.
    """

    def __init__(self, work: Path, memory_limit: str = "300MB", threads: int | None = None) -> None:
        self._work, self._memory_limit, self._threads = work, memory_limit, threads
        self._connection: Connection | None = None
        self._ledger: LedgerFacts | None = None
        self._numbers: dict[ShopName, int] = {}
        self._last_number = 0
        self._counts: dict[ShopName, ListingCounts] = {}
        self._configured: set[ShopName] = set()
        self._previous: list[str] = []
        self._prepared = False
        self._near: frozenset[Sku] = frozenset()

    def __enter__(self) -> Self:
        self._connection = connect(self._work, self._memory_limit, self._threads)
        with guarded():
            schema.create(self._connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        shutil.rmtree(self._work / "duckdb", ignore_errors=True)

    def load_ledger(self, read: LedgerRead) -> LedgerFacts:
        """Loads the ledger's tables. Raises DataFault ("ledger") with all faults of all of them."""
        with self._loading() as connection:
            self._ledger = ledger.load(connection, read)
        return self._ledger

    def load_shop(self, policy: ShopPolicy, pulled: Pulled) -> ShopFacts:
        """Loads one shop. Raises DataFault with all its faults; nothing of the shop stays then, and no other is hurt.

        The last event counts our own pushes where they were loaded before.
        """
        name = policy.name
        self._configured.add(name)
        with self._loading() as connection:
            if name in self._numbers:
                self._take_out(connection, name)
            self._last_number += 1
            number = self._last_number
            tables = self._ledger.tables if self._ledger else frozenset[str]()
            found = shops.load(connection, number, policy, pulled, tables)
            self._numbers[name] = number
            self._counts[name] = shops.count(connection, number)
            self._view_listings(connection)
        return found

    def load_snapshots(self, shop: ShopName, rows: Iterable[Snapshot]) -> None:
        """What the state database remembers a shop to have shown; beside the shop's own history."""
        del shop  # each snapshot's key names it
        with guarded():
            memory.load_snapshots(self._open, rows)

    def load_previous(self, shop: ShopName, path: Path, at: datetime) -> None:
        """The last run's snapshot file: what the shop showed at `at`, for the listings that are asked for."""
        with guarded():
            history.check_previous(self._open, shop, path, at)
            self._previous.append(history.previous_rows(shop, path, at))

    def load_campaign_memory(self, shop: ShopName, rows: Iterable[Campaign]) -> None:
        """Campaigns that were seen before. The shop's own row wins, but `over_since` is the earlier of the two.

        A campaign that a complete shop with campaigns does not name any more is over since this reading at the latest.
        """
        with self._loading() as connection:
            memory.load_campaigns(connection, shop, rows)

    def load_past(self, rows: Iterable[PastFinding]) -> None:
        with guarded():
            memory.load_past(self._open, rows)

    def load_pushes(self, rows: Iterable[Push]) -> None:
        """Our own confirmed writes, beside what the ledger's pushes table tells."""
        with guarded():
            memory.load_pushes(self._open, rows)

    def set_corrections(self, corrections: Mapping[Sku, int]) -> None:
        """What this run proposes and may make; replaces what was set before. Compare afterwards."""
        with guarded():
            connection = self._open
            schema.reset(connection, "correction")
            columns = {"sku": "varchar", "change": "bigint"}
            insert(connection, "correction", columns, sorted(corrections.items()))

    def audit_skus(self, since: datetime) -> list[Sku]:
        """SKUs with a cancellation, or a manual increase, at or after `since`, sorted."""
        with guarded():
            return suspects.audit_skus(self._open, since)

    def compare(self, policy: Policy, shops: Mapping[ShopName, ShopPolicy]) -> None:
        """Compares every listing with its target. Call again after other corrections."""
        self._policy = policy
        self._configured.update(shops)
        with guarded():
            compare.compare(self._ready(), policy, shops)

    def suspects(self, skus: Sequence[str] = (), everything: bool = False) -> list[Sku]:
        """The SKUs that may have something to tell, sorted; `everything`: all. `skus` are shell patterns.

        The empty SKU stands for listings without any; seller SKUs that the ledger does not know are among them.
        """
        if self._ledger is None:
            return []
        with guarded():
            return suspects.suspects(self._ready(), self._policy, self._ledger, skus, everything)

    def unlisted(self) -> list[Sku]:
        """SKUs of the ledger that no shop lists and no row of its `listings` names; meaningful if all are whole."""
        with guarded():
            return suspects.unlisted(self._ready())

    def totals(self) -> Totals:
        with guarded():
            return suspects.totals(self._open)

    def pushed(self, shop: ShopName, since: datetime) -> frozenset[str]:
        """The items of a shop to which somebody sent a stock figure since then, as far as the ledger tells."""
        with guarded():
            return ledger.pushed(self._open, shop, since)

    def ledger_units(self) -> int:
        """What guards measure ledger corrections against: units available, of SKUs that have any."""
        with guarded():
            return suspects.ledger_units(self._open)

    def facts(self, skus: Iterable[Sku]) -> Iterator[SkuFacts]:
        """Everything read about these SKUs, in SKU order. Finish one such iteration before the next."""
        with guarded():
            snapshots = " union all by name ".join(["select * from snapshot", *self._previous])
            shops = sorted(self._configured)
            yield from facts.facts(self._ready(), skus, snapshots, shops, self._near)

    def keys(self, skus: Iterable[Sku]) -> list[ListingKey]:
        """The listings that consume any of these SKUs, sorted. Asked for all SKUs, it makes `facts` quicker."""
        with guarded():
            found, self._near = facts.keys(self._ready(), frozenset(skus))
        return found

    def campaigns(self, shop: ShopName) -> Iterator[Campaign]:
        """The campaigns that the shop itself told in this reading, as it told them."""
        with guarded():
            yield from facts.told_campaigns(self._open, shop)

    def strays(self, shop: ShopName) -> list[tuple[ListingKey, bool]]:
        """Campaigns that the seller declared for what the shop does not list; True: it lists others of the item."""
        with guarded():
            return shops.strays(self._open, shop)

    def listings(self, shop: ShopName) -> int:
        """How many listings a shop has, deleted ones aside."""
        return self.counts(shop).rows

    def counts(self, shop: ShopName) -> ListingCounts:
        """What guards measure against: rows, listings in stock, exposed units; all 0 for a shop that is not loaded."""
        return self._counts.get(shop, ListingCounts())

    def changes(self, shop: ShopName, previous: Path | None) -> Iterator[Change]:
        """Listings that differ from the last snapshot, gone ones too, in key order; none without a last snapshot."""
        with guarded():
            yield from history.changes(self._open, shop, previous)

    def shown(self, shop: ShopName, keys: Collection[ListingKey] | None = None) -> Iterator[Change]:
        """Everything that the shop shows now, or these listings of it, as changes from nothing."""
        with guarded():
            yield from history.shown(self._open, shop, keys)

    def save_snapshot(self, shop: ShopName, path: Path) -> None:
        """Writes the shop's numbers as Parquet (0600, sorted, on disk when it returns)."""
        with guarded():
            history.save(self._open, shop, path)

    def keep_ledger(self, table: str, path: Path) -> None:
        """Writes a table of the ledger, with the blocks of its rows, for the next reading to go on from."""
        with guarded():
            ledger.keep(self._open, table, path)

    @property
    def _open(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the catalogue is used outside of its `with`")
        return self._connection

    def _take_out(self, connection: Connection, shop: ShopName) -> None:
        """A shop that is loaded again leaves nothing of its first reading, whether or not the second one is right."""
        number = self._numbers.pop(shop)
        self._counts.pop(shop, None)
        self._view_listings(connection)
        shops.unload(connection, number, shop)

    def _view_listings(self, connection: Connection) -> None:
        schema.view_listings(connection, [(number, literal(shop)) for shop, number in self._numbers.items()])

    @contextmanager
    def _loading(self) -> Iterator[Connection]:
        self._prepared, self._near = False, frozenset()
        with guarded():
            yield self._open

    def _ready(self) -> Connection:
        if not self._prepared:
            prepare.prepare(self._open)
            self._prepared = True
        return self._open
