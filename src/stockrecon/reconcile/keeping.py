"""What a run leaves to the next: written in one transaction of the state, all of it or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.core.findings import Action, RunResult, Statement
from stockrecon.core.model import ShopFacts, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.sources import ToKeep
from stockrecon.core.standing import Standing, lost_too_many
from stockrecon.reconcile.changed import all_of, changes
from stockrecon.reconcile.leaving import past_of, raises_of
from stockrecon.reconcile.little import Reading

if TYPE_CHECKING:
    from stockrecon.catalogue import Catalogue
    from stockrecon.state import State


@dataclass(frozen=True, slots=True)
class Keeping:
    """`to_come`: whether a time lies ahead of the clock, so that nothing as of it may be remembered.
    `snapshots`: what each shop showed last, as this run recalled it."""

    state: State
    catalogue: Catalogue
    spool: Path
    readings: Mapping[ShopName, Reading]
    clock: Callable[[], datetime]
    to_come: Callable[[datetime], bool]
    identities: Mapping[ShopName, str]
    snapshots: Mapping[ShopName, Path | None]

    def shops(self, run: str, shops: Mapping[ShopName, ShopFacts], bases: Mapping[ShopName, Path | None]) -> None:
        """What each shop showed: since when, its campaigns, its numbers, and what a little pull goes on from."""
        state, readings = self.state, self.readings
        for index, (name, shop) in enumerate(shops.items()):
            if self.to_come(shop.as_of):
                continue
            rows = {"listings": self.catalogue.counts(name).rows}
            state.remember_source(name, shop.as_of, rows, self.identities.get(name, ""))
            # What was not read to its end is no base for "gone since": neither listings nor campaigns.
            if not shop.complete:
                continue
            state.remember_campaigns(name, shop.as_of, self.catalogue.campaigns(name))
            at = state.snapshot_time(name)
            if at is None or at < shop.as_of:
                self._numbers(run, shop, at, self.spool / f"snapshot-{index}.parquet")
            if name in readings and (base := readings[name].base) is not None:
                path = bases.get(name)
                if path is None:
                    state.bases.drop(name)
                else:
                    state.bases.keep(run, name, base, path)

    def _numbers(self, run: str, shop: ShopFacts, at: datetime | None, path: Path) -> None:
        """What the shop shows. Only a full pull is a reading of the whole shop; of another one it is history."""
        state, catalogue, name = self.state, self.catalogue, shop.name
        counts, previous = catalogue.counts(name), self.snapshots.get(name)
        if shop.changes_since is not None:
            if previous is not None and name in self.readings:
                state.add_changes(name, changes(state, catalogue, shop, previous, at, self.readings[name].read))
            return
        catalogue.save_snapshot(name, path)
        if previous is None and at is not None:
            rows = all_of(catalogue.shown(name), shop.as_of)
        else:
            rows = changes(state, catalogue, shop, previous, at)
        told = {"listings": counts.rows, "in_stock": counts.in_stock, "exposed": counts.exposed}
        state.commit_snapshot(run, name, shop.as_of, path, rows, told)

    def findings(self, result: RunResult, shops: Mapping[ShopName, ShopFacts], statements: Sequence[Statement]) -> None:
        """What was found, and which raises were proposed."""
        # What was not read to its end is not judged anew: what the last whole reading told of that shop stays.
        judged = {name: shop for name, shop in shops.items() if shop.complete}
        self.state.remember_findings(result.run, past_of(statements, judged), shops=judged)
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
            self.state.remember_raises(max(result.now, shop.as_of), own, shops=[name])

    def ledger(self, result: RunResult, to_keep: Mapping[str, ToKeep], kept: Mapping[str, Path]) -> None:
        """When the ledger was read, and its tables for the next run to read on from."""
        # What does not tell its time was read as of the run's, which is nobody's proof of anything.
        if result.ledger is not None and result.ledger.dated and not self.to_come(result.ledger.as_of):
            self.state.remember_source("ledger", result.ledger.as_of, {"stock": result.ledger.skus})
            for name, path in kept.items():
                self.state.kept.keep(result.run, name, result.ledger.as_of, to_keep[name], path)

    def good(self, standing: Standing, policy: Policy) -> None:
        """A reading is good unless it lost more rows than a guard lets pass: the last good one stays the measure."""
        ledger, limit = standing.ledger, policy.limits.lost
        if not lost_too_many(ledger.skus, ledger.good_rows, limit) and not self.to_come(ledger.as_of):
            at = ledger.as_of if ledger.dated else min(ledger.as_of, self.clock())
            self.state.remember_good("ledger", at, ledger.skus)
        for shop in standing.shops.values():
            lost = lost_too_many(shop.rows, shop.good_rows, limit)
            if shop.error is None and not lost and not self.to_come(shop.as_of):
                self.state.remember_good(shop.name, shop.as_of, shop.rows)


def kept_files(catalogue: Catalogue, to_keep: Mapping[str, ToKeep], spool: Path) -> dict[str, Path]:
    """The ledger's tables in files; to be asked before the state is written to, for it takes a while."""
    paths = {name: spool / f"keep-{name}.parquet" for name in to_keep}
    for name, path in paths.items():
        catalogue.keep_ledger(name, path)
    return paths


def place_of(action: Action) -> ShopName | None:
    """The shop that an action is about."""
    return action.listing.shop if action.listing is not None else action.shop


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
