"""What runs remember. Nothing in it is needed for a run; each run makes the next wiser."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from stockrecon.core.model import Campaign, ListingKey, PastFinding, ShopName, Snapshot
from stockrecon.core.notice import Listening, Notice, Told
from stockrecon.core.plan import RaiseSeen
from stockrecon.state import campaigns, history, memory, notices, prune, snapshots
from stockrecon.state.bases import Bases
from stockrecon.state.database import Database, open_postgresql, open_sqlite
from stockrecon.state.folder import private_folder
from stockrecon.state.journal import Journal
from stockrecon.state.kept import Kept
from stockrecon.state.lock import Lock, locked
from stockrecon.state.place import KEPT, is_url, state_folder
from stockrecon.state.schema import migrate
from stockrecon.state.snapshots import Snapshots
from stockrecon.state.times import to_number
from stockrecon.state.values import ChangeRow, RunRecord, SourceSeen

_JOURNAL_KEPT = timedelta(days=90)


class State:
    """The state directory with its database, or a PostgreSQL database with a folder of this machine's own.

    Used by one thread. Every method raises OutputFault where the state cannot be written, UsageFault where it cannot
    be used; both name the place and the way on. A method that remembers is a transaction of its own, unless
    `transaction()` is open: then all is kept together.
    """

    def __init__(self, database: Database, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        """The folder on this machine; tokens live in `tokens/` in it."""
        self._database = database
        self._clock = clock
        self._snapshots = Snapshots(database, folder / "snapshots")
        self.bases = Bases(database, folder / "bases")
        """What little pulls go on from."""
        self.kept = Kept(database, folder / KEPT)
        """What the next reading of the ledger goes on from."""
        self.journal = Journal(database, clock)
        """Every write: kept before it is sent, open until it is known what became of it."""

    @classmethod
    def open(cls, where: str | Path, clock: Callable[[], datetime], *, patience: float = 10.0) -> Self:
        """Opens or makes the state: a folder, or a `postgresql://` URL. `patience`: seconds to wait for a writer.

        Raises UsageFault for a folder that is a link, another user's or writable by others, for a damaged database
        and for one with a newer schema; OutputFault where nothing can be written.
        """
        folder = state_folder(where)
        private_folder(folder, "the state directory")
        if is_url(where):
            database = open_postgresql(str(where), patience)
        else:
            database = open_sqlite(folder / "state.db", patience)
        try:
            migrate(database, to_number(clock()))
            return cls(database, folder, clock)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All that is remembered within is kept at its end, or none of it, also when the process is killed."""
        return self._database.transaction()

    def lock(self, names: Sequence[str], holder: str) -> AbstractContextManager[Lock]:
        """Holds the lock of each name (a shop's) while within: all or none, without waiting. `holder`: who this is.

        Raises LockHeld at once where another run has one, naming it; UsageFault where the folder is on a network file
        system. In a shared database the lock holds for all machines. What is held has `check()` (see `Lock`).
        """
        return locked(self._database, self.folder / "locks", names, holder, self._clock)

    # Runs

    def begin_run(self, command: str, now: datetime) -> str:
        """A run's id, of its time and of how many runs there were before."""
        return memory.begin_run(self._database, command, now, self._clock())

    def end_run(self, run: str, exit_code: int, summary: Mapping[str, object]) -> None:
        """`summary`: what JSON can hold; shown by `stockrecon runs`."""
        memory.end_run(self._database, run, exit_code, summary, self._clock())

    def runs(self, limit: int = 20) -> tuple[RunRecord, ...]:
        """The newest runs, newest first; those that died or still run have no exit code."""
        return memory.runs(self._database, limit)

    def last_run(self) -> RunRecord | None:
        """The newest run that came to its end."""
        return memory.last_run(self._database)

    def last_success(self, shops: Collection[ShopName] | None = None) -> RunRecord | None:
        """The newest run that ended in line or with differences (exit 0 or 10), for a check of health.

        `shops`: only runs that read all of these, by the `shops` of their summary.
        """
        return memory.last_success(self._database, shops)

    def run(self, run: str) -> RunRecord | None:
        return memory.run_named(self._database, run)

    # What each shop showed

    def snapshot_pointer(self, shop: ShopName) -> Path | None:
        """The shop's last good snapshot (Parquet); what `commit_snapshot` is given counts from it.

        None where there is none, or its file is lost or on another machine. Another run may replace and remove the
        file at any time: what cannot be opened any more is to be asked for again.
        """
        return self._snapshots.pointer(shop)

    def snapshot_counts(self, shop: ShopName) -> Mapping[str, int] | None:
        """The counts that were given with the shop's last good snapshot."""
        with self._database.reading() as connection:
            return snapshots.counts_of(connection, shop)

    def snapshot_time(self, shop: ShopName) -> datetime | None:
        """The `as_of` of the shop's last good snapshot."""
        with self._database.reading() as connection:
            return snapshots.time_of(connection, shop)

    def first_read(self, shop: ShopName) -> datetime | None:
        """The first reading of the shop that history knows."""
        with self._database.reading() as connection:
            return history.first_read(connection, shop)

    def recorded(self, shop: ShopName, keys: Iterable[ListingKey]) -> set[ListingKey]:
        """Those of the listings that history has a value of; the others show what they did at the first reading."""
        return history.recorded(self._database, shop, keys)

    def commit_snapshot(
        self,
        run: str,
        shop: ShopName,
        as_of: datetime,
        parquet: Path,
        changes: Iterable[ChangeRow],
        counts: Mapping[str, int],
    ) -> bool:
        """Makes a complete reading the shop's last good snapshot. True: `parquet` was taken over (moved).

        `changes` are counted from the file that `snapshot_pointer` gave in this session; where it gave None, they
        are the whole snapshot, and what is stored already is left out here.
        False, and nothing is changed: `as_of` is not later than the stored one, or another run stored one since.
        """
        return self._snapshots.commit(run, shop, as_of, parquet, changes, counts)

    def history(self, shop: ShopName, since: datetime, keys: Iterable[ListingKey] | None = None) -> Iterator[Snapshot]:
        """What the listings (all without `keys`) showed since `since`, and the value that held at `since`.

        Per value one snapshot at the first reading that showed it, and one at the last where that is another.
        In order of listing and time. To be asked before this run's own reading is committed.
        """
        return history.read(self._database, shop, since, keys)

    def add_changes(self, shop: ShopName, changes: Iterable[ChangeRow]) -> None:
        """Values that were read apart from a whole snapshot: they are history, and no reading of the whole shop."""
        with self._database.writing():
            history.add(self._database, shop, changes)

    def newest_since(self, shop: ShopName, at: datetime) -> Mapping[ListingKey, ChangeRow]:
        """The newest value of each listing that history has a change of after `at`."""
        with self._database.reading() as connection:
            return history.newest_since(connection, shop, at)

    # What is told unasked

    def keep_notices(self, received_at: datetime, told: Iterable[tuple[ShopName, Notice]]) -> int:
        """Keeps push messages, each once, and that their shops were heard of; gives back how many were new."""
        return notices.keep(self._database, received_at, told)

    def told(self, shop: ShopName, since: datetime) -> Told:
        """All that messages named which were received at `since` or later."""
        with self._database.reading() as connection:
            return notices.told(connection, shop, since)

    def beat(self, shops: Sequence[ShopName], now: datetime, *, anew: bool = False) -> None:
        """Says that these shops are listened to now. A listener says it again within `notices.GAP`. `anew`: something
        that they told before may be lost for good, however short the gap."""
        notices.beat(self._database, shops, now, anew=anew)

    def listening(self, shop: ShopName) -> Listening | None:
        """How the shop was last listened to; None where it never was."""
        with self._database.reading() as connection:
            return notices.listening(connection, shop)

    # Campaigns

    def remember_campaigns(self, shop: ShopName, as_of: datetime, seen: Iterable[Campaign]) -> bool:
        """Takes in a complete reading of the shop's campaigns. False: not later than the last one, nothing changed."""
        return campaigns.remember(self._database, shop, as_of, seen)

    def campaigns(self, shop: ShopName, since: datetime) -> Iterator[Campaign]:
        """Campaigns as they were last seen, with `over_since`; those that were over before `since` are left out."""
        with self._database.reading() as connection:
            stored = campaigns.stored(connection, shop)
        yield from campaigns.in_window(stored.values(), since)

    # What one run tells the next

    def remember_findings(
        self, run: str, rows: Iterable[PastFinding], *, shops: Iterable[ShopName] | None = None
    ) -> None:
        """Replaces the findings of the last run. `shops`: those that this run judged; the others' are kept."""
        memory.remember_findings(self._database, run, rows, shops)

    def past_findings(self) -> Iterator[PastFinding]:
        """The findings of the last run that judged each shop."""
        yield from memory.past_findings(self._database)

    def raises(self) -> Mapping[ListingKey, RaiseSeen]:
        """Raises that the last run proposed, each with the variance and since when it is the same."""
        return memory.raises(self._database)

    def remember_raises(
        self, now: datetime, variances: Mapping[ListingKey, int], *, shops: Iterable[ShopName] | None = None
    ) -> None:
        """Replaces the raises (of `shops`, those that this run judged); one with the same variance keeps its time."""
        memory.remember_raises(self._database, now, variances, shops)

    def remember_source(self, name: str, as_of: datetime, rows: Mapping[str, int], identity: str = "") -> bool:
        """Keeps the newest reading of the ledger or a shop. False: it is older than the one that is kept."""
        return memory.remember_source(self._database, SourceSeen(name, as_of, rows, identity))

    def last_source(self, name: str) -> SourceSeen | None:
        return memory.last_source(self._database, name)

    def remember_actions(
        self,
        now: datetime,
        ids: Iterable[str],
        *,
        whole: bool = True,
        shops: Mapping[str, ShopName | None] = MappingProxyType({}),
        unread: Collection[ShopName] = (),
    ) -> Mapping[str, datetime]:
        """When each action was first planned. `whole`: actions that are not named are over and lose their age.

        `shops`: the shop of each action, by its id. `unread`: shops that this run could not judge: their actions,
        and while there is one those of no shop, keep their age although they are not named.
        """
        return memory.remember_actions(self._database, now, ids, whole=whole, shops=shops, unread=unread)

    def good_rows(self, name: str) -> int | None:
        """Rows of the last good reading of the ledger or a shop; None before the first."""
        return memory.good_rows(self._database, name)

    def remember_good(self, name: str, as_of: datetime, rows: int) -> bool:
        """Makes a reading the last good one of the ledger or a shop. False: it is older than the one that is kept."""
        return memory.remember_good(self._database, name, as_of, rows)

    def approve(self, digest: str, run: str, who: str) -> bool:
        """Uses the approval of a plan's digest up, for `run`, given by `who`. False: it was used before."""
        return memory.approve(self._database, digest, run, who, self._clock())

    def give_back(self, digest: str, run: str) -> None:
        """The approval that `run` used up counts as not used: the run sent nothing."""
        memory.give_back(self._database, digest, run)

    def prune(self, before: datetime, batch: int = 20_000) -> int:
        """Forgets what lies before `before`, but for one value per listing; returns how many changes went.

        Settled intents and approvals are kept for 90 days at least, open intents for ever. Looks at no more than
        `batch` changes (at least 2), and as many intents; the next call goes on from there.
        """
        journal = min(before, self._clock() - _JOURNAL_KEPT)
        return prune.prune(self._database, to_number(before), to_number(journal), max(2, batch))

    def __repr__(self) -> str:
        return f"State({os.fspath(self.folder)!r})"
