"""What earlier runs tell this one, and what this one leaves for the next. A run without it is poorer, never wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.core.findings import OutcomeResult, RunResult, Statement
from stockrecon.core.guard import AHEAD
from stockrecon.core.intent import Intent
from stockrecon.core.model import ListingKey, ShopFacts, ShopName
from stockrecon.core.plan import RaiseSeen
from stockrecon.core.policy import Policy
from stockrecon.core.sources import ToKeep
from stockrecon.errors import OutputFault, ReadFault, StockreconError
from stockrecon.reconcile.going import packed
from stockrecon.reconcile.keeping import Keeping, kept_files, place_of, summary_of
from stockrecon.reconcile.little import Reading
from stockrecon.state import run_id

if TYPE_CHECKING:
    from stockrecon.catalogue import Catalogue
    from stockrecon.state import State


@dataclass(slots=True)
class Memory:
    """The state database, where it can be used; `warnings` says why not, in which case nothing is remembered."""

    state: State | None
    clock: Callable[[], datetime]
    now: datetime = field(init=False)
    warnings: list[str] = field(default_factory=list)
    lost: str = ""
    """Why something of it could not be asked for or kept."""
    snapshots: dict[ShopName, Path | None] = field(default_factory=dict)
    identities: dict[ShopName, str] = field(default_factory=dict)

    @classmethod
    def open(cls, where: str, clock: Callable[[], datetime]) -> Memory:
        """Opens the state; a state that cannot be used is a warning, since a run can do without."""
        from stockrecon.state import State

        try:
            return cls(State.open(where, clock), clock)
        except StockreconError as error:
            way_on = f"\n{error.way_on}" if error.way_on else ""
            return cls(None, clock, [f"this run remembers nothing: {error.text}{way_on}"], error.text)

    def close(self) -> None:
        if self.state is not None:
            self.state.close()

    def begin(self, command: str, now: datetime) -> str:
        """The run's id: of its time and of how many runs there were before."""
        self.now = now
        if self.state is not None:
            try:
                return self.state.begin_run(command, now)
            except StockreconError as error:
                self._lose(error)
        return run_id(now, 0)

    def other_shop(self, name: ShopName, identity: str) -> ReadFault | None:
        """A fault where the shop says that it is another one than at earlier runs: with mixed up credentials, another
        shop's stock would be compared and its history mixed in. None where nobody can tell."""
        self.identities[name] = identity
        if self.state is None or not identity:
            return None
        try:
            last = self.state.last_source(name)
        except StockreconError as error:
            self._lose(error)
            return None
        if last is None or last.identity in ("", identity):
            return None
        return ReadFault(
            name,
            f"this is another shop's data: its answers are of shop {identity}, earlier runs read shop {last.identity}",
            way_on="correct the ids and tokens in the configuration; if it is meant, give the shop a new name there",
        )

    def recall(self, catalogue: Catalogue, shops: Mapping[ShopName, ShopFacts], policy: Policy, spool: Path) -> None:
        """Campaigns, findings and last snapshots of earlier runs, into the catalogue, before it compares."""
        if self.state is None:
            return
        try:
            catalogue.load_past(self.state.past_findings())
            oldest = min((shop.as_of for shop in shops.values()), default=None)
            if oldest is not None:
                catalogue.load_pushes(self.state.journal.own_pushes(oldest - policy.lookback))
            for index, (name, shop) in enumerate(shops.items()):
                since = shop.as_of - policy.lookback
                catalogue.load_campaign_memory(name, self.state.campaigns(name, since))
                self._recall_snapshot(self.state, catalogue, shop, spool / f"previous-{index}.parquet")
        except StockreconError as error:
            self._lose(error)

    def _recall_snapshot(self, state: State, catalogue: Catalogue, shop: ShopFacts, copy: Path) -> None:
        """The last good snapshot, if it is older than this reading: else there is nothing to learn from it."""
        path, at = _last_snapshot(state, shop.name, copy)
        if path is not None and at is not None and at < shop.as_of:
            try:
                catalogue.load_previous(shop.name, path, at)
            except OutputFault:
                self.warnings.append(f"{shop.name}: its last snapshot is damaged; its history goes on from this run")
                path = None
        self.snapshots[shop.name] = path

    def recall_history(
        self, catalogue: Catalogue, keys: Iterable[ListingKey], shops: Mapping[ShopName, ShopFacts], policy: Policy
    ) -> None:
        """What the listings under suspicion showed at earlier runs."""
        if self.state is None:
            return
        by_shop: dict[ShopName, list[ListingKey]] = {}
        for key in keys:
            by_shop.setdefault(key.shop, []).append(key)
        try:
            for name, asked in by_shop.items():
                if name in shops:
                    since, until = shops[name].as_of - policy.lookback, shops[name].as_of
                    known = (one for one in self.state.history(name, since, asked) if one.at < until)
                    catalogue.load_snapshots(name, known)
        except StockreconError as error:
            self._lose(error)

    def raises(self) -> Mapping[ListingKey, RaiseSeen]:
        if self.state is None:
            return {}
        try:
            return self.state.raises()
        except StockreconError as error:
            self._lose(error)
            return {}

    def quarantined(self) -> Mapping[ListingKey, str]:
        """Listings with an intent that is not settled, and why nothing else may be written to them."""
        if self.state is None:
            return {}
        try:
            intents = self.state.journal.open_intents()
        except StockreconError as error:
            self._lose(error)
            return {}
        return {one.listing: _open(one) for one in intents if one.listing is not None}

    def good_rows(self, name: str) -> int | None:
        """Rows of the last good reading of a shop or of the ledger; None before the first."""
        if self.state is None:
            return None
        try:
            return self.state.good_rows(name)
        except StockreconError as error:
            self._lose(error)
            return None

    def seen(self, name: str) -> datetime | None:
        """The newest time of a source that an earlier run saw; none that has not come yet, whoever told it."""
        if self.state is None:
            return None
        try:
            last = self.state.last_source(name)
        except StockreconError as error:
            self._lose(error)
            return None
        return None if last is None or self._to_come(last.as_of) else last.as_of

    def _to_come(self, at: datetime) -> bool:
        """Whether a time lies ahead of every clock, so that remembering it would keep out all that is read until then:
        a slip in a file's `as_of`, or what was read as of `--now`."""
        return at > max(self.now, self.clock()) + AHEAD

    def older_than_seen(self, name: str, as_of: datetime) -> str | None:
        """A warning where this reading of a source is older than one that an earlier run had."""
        last = self.seen(name)
        if last is None or as_of >= last:
            return None
        return f"{name}: as of {as_of:%Y-%m-%d %H:%M:%S} UTC, an earlier run saw {last:%Y-%m-%d %H:%M:%S} UTC"

    def keep(
        self,
        catalogue: Catalogue,
        result: RunResult,
        shops: Mapping[ShopName, ShopFacts],
        statements: Sequence[Statement],
        spool: Path,
        policy: Policy,
        *,
        whole: bool,
        readings: Mapping[ShopName, Reading],
        to_keep: Mapping[str, ToKeep],
        unread: Collection[ShopName] = (),
        ended: bool = True,
    ) -> Mapping[str, datetime]:
        """All that this run leaves to the next, in one transaction: all of it or nothing.

        Gives back when each action was first planned. `whole`: every SKU was judged. A run over some SKUs must not
        make the others' findings forgotten, nor one over some shops: `unread` are shops that were not judged.
        `readings`: what of each shop was read, for the next little pull to go on from; `to_keep`: the same of the
        ledger's tables.
        `ended` False: the run goes on to write, and whoever does that tells how it ended.
        """
        if self.state is None:
            return {}
        ages: Mapping[str, datetime] = {}
        try:
            bases = packed(self.state, readings, spool, self.now)
            kept = kept_files(catalogue, to_keep, spool)
            keeping = Keeping(
                self.state, catalogue, spool, readings, self.clock, self._to_come, self.identities, self.snapshots
            )
            with self.state.transaction():
                keeping.shops(result.run, shops, bases)
                if whole:
                    keeping.findings(result, shops, statements)
                keeping.ledger(result, to_keep, kept)
                if result.standing is not None:
                    keeping.good(result.standing, policy)
                places = {action.id: place_of(action) for action in result.plan.actions}
                ages = self.state.remember_actions(result.now, places, whole=whole, shops=places, unread=unread)
                if ended:
                    self.state.end_run(result.run, result.exit_code, summary_of(result))
            # A run that is told a later time must not make what is young look old.
            self.state.prune(min(result.now, self.clock()) - policy.lookback - timedelta(days=1))
        except StockreconError as error:
            self._lose(error)
        return ages

    def end(self, result: RunResult) -> None:
        """Only that the run ended, for one that compared nothing."""
        if self.state is not None:
            try:
                self.state.end_run(result.run, result.exit_code, summary_of(result))
            except StockreconError as error:
                self._lose(error)

    def _lose(self, error: StockreconError) -> None:
        self.lost = self.lost or error.text
        told = f"the state could not be used to its end, and this run is not remembered whole: {error.text}"
        if told not in self.warnings:
            self.warnings.append(told)


def _last_snapshot(state: State, name: ShopName, copy: Path) -> tuple[Path | None, datetime | None]:
    """A copy of the shop's last good snapshot, and its time: another run may replace and remove it while this one
    still reads it. Raises OutputFault."""
    while True:
        at, path = state.snapshot_time(name), state.snapshot_pointer(name)
        if path is None:
            return None, at
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            continue  # another run has just put a newer one in its place
        except OSError as error:
            raise OutputFault(f"{path}: cannot be copied: {error.strerror or type(error).__name__}") from None
        if state.snapshot_time(name) == at:
            return copy, at


def _open(intent: Intent) -> str:
    what = "written to a file for upload" if intent.result is OutcomeResult.EXPORTED else "sent"
    return (
        f"{intent.to} was {what} by run {intent.run} ({intent.opened_at:%Y-%m-%d %H:%M} UTC) "
        f"and what became of it is not known yet (intent {intent.id})"
    )
