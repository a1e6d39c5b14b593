"""What earlier runs tell this one, and what this one leaves for the next. A run without it is poorer, never wrong."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.core.findings import Action, OutcomeResult, RunResult, Statement
from stockrecon.core.guard import AHEAD
from stockrecon.core.intent import Intent
from stockrecon.core.model import ListingKey, ShopFacts, ShopName
from stockrecon.core.plan import RaiseSeen
from stockrecon.core.policy import Policy
from stockrecon.core.sources import ToKeep
from stockrecon.core.standing import Standing, lost_too_many
from stockrecon.errors import OutputFault, ReadFault, StockreconError
from stockrecon.reconcile.changed import all_of, changes
from stockrecon.reconcile.going import packed
from stockrecon.reconcile.leaving import past_of, raises_of
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
            kept = _kept(catalogue, to_keep, spool)
            with self.state.transaction():
                self._keep_shops(self.state, catalogue, result.run, shops, spool, readings, bases)
                if whole:
                    self._keep_findings(self.state, result, shops, statements)
                self._keep_ledger(self.state, result, to_keep, kept)
                if result.standing is not None:
                    self._keep_good(self.state, result.standing, policy)
                places = {action.id: _shop_of(action) for action in result.plan.actions}
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

    def _keep_shops(
        self,
        state: State,
        catalogue: Catalogue,
        run: str,
        shops: Mapping[ShopName, ShopFacts],
        spool: Path,
        readings: Mapping[ShopName, Reading],
        bases: Mapping[ShopName, Path | None],
    ) -> None:
        for index, (name, shop) in enumerate(shops.items()):
            if self._to_come(shop.as_of):
                continue
            rows = {"listings": catalogue.counts(name).rows}
            state.remember_source(name, shop.as_of, rows, self.identities.get(name, ""))
            # What was not read to its end is no base for "gone since": neither listings nor campaigns.
            if not shop.complete:
                continue
            state.remember_campaigns(name, shop.as_of, catalogue.campaigns(name))
            at = state.snapshot_time(name)
            if at is None or at < shop.as_of:
                self._keep_numbers(state, catalogue, run, shop, at, spool / f"snapshot-{index}.parquet", readings)
            if name in readings and (base := readings[name].base) is not None:
                path = bases.get(name)
                if path is None:
                    state.bases.drop(name)
                else:
                    state.bases.keep(run, name, base, path)

    def _keep_numbers(
        self,
        state: State,
        catalogue: Catalogue,
        run: str,
        shop: ShopFacts,
        at: datetime | None,
        path: Path,
        readings: Mapping[ShopName, Reading],
    ) -> None:
        """What the shop shows. Only a full pull is a reading of the whole shop; of another one it is history."""
        name, counts, previous = shop.name, catalogue.counts(shop.name), self.snapshots.get(shop.name)
        if shop.changes_since is not None:
            if previous is not None and name in readings:
                state.add_changes(name, changes(state, catalogue, shop, previous, at, readings[name].read))
            return
        catalogue.save_snapshot(name, path)
        if previous is None and at is not None:
            rows = all_of(catalogue.shown(name), shop.as_of)
        else:
            rows = changes(state, catalogue, shop, previous, at)
        told = {"listings": counts.rows, "in_stock": counts.in_stock, "exposed": counts.exposed}
        state.commit_snapshot(run, name, shop.as_of, path, rows, told)

    def _keep_findings(
        self, state: State, result: RunResult, shops: Mapping[ShopName, ShopFacts], statements: Sequence[Statement]
    ) -> None:
        # What was not read to its end is not judged anew: what the last whole reading told of that shop stays.
        judged = {name: shop for name, shop in shops.items() if shop.complete}
        state.remember_findings(result.run, past_of(statements, judged), shops=judged)
        proposed = raises_of(result.plan)
        variances = {
            line.listing.key: line.variance
            for statement in statements
            for line in statement.lines
            if line.variance is not None and line.listing.key in proposed and line.listing.key.shop in judged
        }
        for name, shop in judged.items():
            # What was read at a time was not seen before it, whatever time the run was told.
            own = {key: variance for key, variance in variances.items() if key.shop == name}
            state.remember_raises(max(result.now, shop.as_of), own, shops=[name])

    def _keep_ledger(
        self, state: State, result: RunResult, to_keep: Mapping[str, ToKeep], kept: Mapping[str, Path]
    ) -> None:
        # What does not tell its time was read as of the run's, which is nobody's proof of anything.
        if result.ledger is not None and result.ledger.dated and not self._to_come(result.ledger.as_of):
            state.remember_source("ledger", result.ledger.as_of, {"stock": result.ledger.skus})
            for name, path in kept.items():
                state.kept.keep(result.run, name, result.ledger.as_of, to_keep[name], path)

    def _keep_good(self, state: State, standing: Standing, policy: Policy) -> None:
        """A reading is good unless it lost more rows than a guard lets pass: the last good one stays the measure."""
        ledger, limit = standing.ledger, policy.limits.lost
        if not lost_too_many(ledger.skus, ledger.good_rows, limit) and not self._to_come(ledger.as_of):
            at = ledger.as_of if ledger.dated else min(ledger.as_of, self.clock())
            state.remember_good("ledger", at, ledger.skus)
        for shop in standing.shops.values():
            lost = lost_too_many(shop.rows, shop.good_rows, limit)
            if shop.error is None and not lost and not self._to_come(shop.as_of):
                state.remember_good(shop.name, shop.as_of, shop.rows)

    def _lose(self, error: StockreconError) -> None:
        self.lost = self.lost or error.text
        told = f"the state could not be used to its end, and this run is not remembered whole: {error.text}"
        if told not in self.warnings:
            self.warnings.append(told)


def _kept(catalogue: Catalogue, to_keep: Mapping[str, ToKeep], spool: Path) -> dict[str, Path]:
    """The ledger's tables in files; to be asked before the state is written to, for it takes a while."""
    paths = {name: spool / f"keep-{name}.parquet" for name in to_keep}
    for name, path in paths.items():
        catalogue.keep_ledger(name, path)
    return paths


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


def _shop_of(action: Action) -> ShopName | None:
    return action.listing.shop if action.listing is not None else action.shop


def _open(intent: Intent) -> str:
    what = "written to a file for upload" if intent.result is OutcomeResult.EXPORTED else "sent"
    return (
        f"{intent.to} was {what} by run {intent.run} ({intent.opened_at:%Y-%m-%d %H:%M} UTC) "
        f"and what became of it is not known yet (intent {intent.id})"
    )


def summary_of(result: RunResult) -> dict[str, object]:
    """What `stockrecon runs` tells of a run."""
    one = result.summary
    return {
        "skus": one.skus,
        "listings": one.listings,
        "in_line": one.in_line,
        "variance_units": one.variance_units,
        "oversell_units": one.oversell_units,
        "findings": {slug: sums.findings for slug, sums in one.by_scenario.items()},
        "shops": [shop.name for shop in result.shops],
        "unread": [shop.name for shop in result.shops if shop.error is not None],
        "outcomes": _sums(outcome.result.value for outcome in result.outcomes),
        "refused": _sums(f"{refusal.who}: {refusal.rule}" for refusal in result.refusals),
    }


def _sums(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
