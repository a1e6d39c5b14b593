"""One run of the program against the model market: its own core, state, journal, guards and write side; no network.

Only reading is the simulation's (tests/simulation/reading.py). A run may be killed at every boundary; what it leaves is
what is in the state database, and in `Memory`, which stands for the tables that a run replaces in one transaction.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from stockrecon.apply import Applying, Rules
from stockrecon.core.case import Case
from stockrecon.core.compare import case_of, make_world
from stockrecon.core.explain import explain
from stockrecon.core.findings import ActionKind, Plan, RunResult, ShopReport, Side, Statement, Summary
from stockrecon.core.intent import Intent, NewIntent
from stockrecon.core.model import PastFinding, ShopFacts, ShopName
from stockrecon.core.plan import RaiseSeen, make_plan
from stockrecon.core.standing import Standing, lost_too_many
from stockrecon.errors import OutputFault
from stockrecon.reconcile.explaining import audits_of, corrections_of
from stockrecon.reconcile.settle import settle
from stockrecon.scenarios import DETECTORS
from stockrecon.state import State
from tests.simulation.faults import Faults, Killed
from tests.simulation.files import ModelFiles
from tests.simulation.ledger import ModelLedger, Posts
from tests.simulation.places import START, Shop
from tests.simulation.reading import Memory, Reading, facts_of, ledger_standing, read, remember, shop_standing
from tests.simulation.setting import Setting
from tests.simulation.shop import Book, ModelChannel

Explained = list[tuple[Case, Statement]]
_REMEMBERED = frozenset({"campaign-lock", "listing-sync-error"})


@dataclass(slots=True)
class Ran:
    """One run as it went. `result` None: it was killed, or could read no ledger. `quiet`: nothing went wrong in it."""

    number: int
    began: float
    quiet: bool
    approved: bool = False
    killed: str = ""
    run: str = ""
    reading: Reading | None = None
    standing: Standing | None = None
    planned: float = 0.0
    plan: Plan = Plan("")
    """What was planned at `planned`, also where the run was killed after that."""
    result: RunResult | None = None
    settled: int = 0
    disk_failed: bool = False


@dataclass(slots=True)
class Doors:
    """How a run comes to its channels, its ledger and its journal; a test of the oracles puts something in between."""

    channel: Callable[[ModelChannel], Any] = lambda channel: channel
    ledger: Callable[[ModelLedger], Any] = lambda ledger: ledger
    journal: Callable[[Any], Any] = lambda journal: journal


class Boundary:
    """A journal before and after whose every call the process may be killed; it notes what was kept."""

    def __init__(self, journal: Any, faults: Faults, book: Book, opened: list[Intent]) -> None:
        self._journal, self._faults, self._book, self._opened = journal, faults, book, opened

    def open(self, run: str, intents: Sequence[NewIntent]) -> tuple[Intent, ...]:
        self._faults.writes()
        self._faults.tick("intents are to be kept")
        if self._faults.disk_fails():
            raise OutputFault("the disk is full")
        kept: tuple[Intent, ...] = self._journal.open(run, intents)
        self._opened += kept
        self._book.kept |= {one.listing: one.id for one in kept if one.listing is not None}
        self._faults.tick("intents were kept")
        return kept

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._journal, name)

        def called(*given: Any, **named: Any) -> Any:
            self._faults.tick(f"journal: {name}")
            if name in ("answered", "settle") and self._faults.disk_fails():
                raise OutputFault("the disk is full")
            found = method(*given, **named)
            self._faults.tick(f"journal: {name} is done")
            return found

        return called


class Reached:
    """The state, with its journal behind a boundary."""

    def __init__(self, state: State, journal: Any) -> None:
        self._state, self.journal = state, journal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._state, name)


class Held:
    def check(self) -> None:
        return None


@dataclass(slots=True)
class Program:
    """All runs of one seed on one state database."""

    setting: Setting
    folder: Path
    doors: Doors = field(default_factory=Doors)
    book: Book = field(default_factory=Book)
    posts: Posts = field(default_factory=Posts)
    memory: Memory = field(default_factory=Memory)
    opened: list[Intent] = field(default_factory=list)
    runs: list[Ran] = field(default_factory=list)
    state: State | None = None

    def run(self) -> Ran:
        """One process, from its start to its end or its death."""
        setting = self.setting
        ran = Ran(len(self.runs), setting.market.now, quiet=not setting.faults.on, approved=setting.faults.approves())
        self.runs.append(ran)
        self.book.run = self.posts.run = ran.number
        self.book.kept.clear()
        self.book.showed.clear()
        self.book.ledger_at = None
        setting.faults.begin()
        setting.market.tell(f"--- run {ran.number}{' (quiet)' if ran.quiet else ''}")
        try:
            self._run(self.opened_state(), ran)
        except Killed as killed:
            ran.killed = str(killed)
            setting.market.tell(f"--- killed: {killed}")
            self.close()
        except OutputFault as fault:
            ran.killed = fault.text
        ran.disk_failed = setting.faults.disk_failed
        return ran

    def opened_state(self) -> State:
        """The state. After a death it is opened anew; runs that end well share one, which is quicker."""
        if self.state is None:
            self.state = opened(self.folder, self.setting.market.clock)
        return self.state

    def close(self) -> None:
        if self.state is not None:
            self.state.close()
            self.state = None

    def _run(self, state: State, ran: Ran) -> None:
        setting, market, faults = self.setting, self.setting.market, self.setting.faults
        journal = self.doors.journal(Boundary(state.journal, faults, self.book, self.opened))
        reached: Any = Reached(state, journal)
        ledger = self.doors.ledger(ModelLedger(market, faults, self.posts, self.book))
        channels = {name: self.doors.channel(self._channel(shop)) for name, shop in market.shops.items()}
        rules = Rules(setting.policy, {name: shop.policy.mode for name, shop in market.shops.items()}, "the simulation")
        applying = Applying(rules, reached, ledger, channels, Held(), market.clock, self._sleep, faults.stop)
        ran.settled = len(applying.settle())
        ran.run = state.begin_run("sync --apply", market.clock())
        reading = ran.reading = read(market, faults, setting.folders)
        if reading.ledger is None:
            return
        result = self._planned(state, ran, reading, channels, ledger)
        faults.tick("the plan is made")
        ran.result = applying.carry_out(result, result.plan.digest if ran.approved else None)

    def _channel(self, shop: Shop) -> ModelChannel:
        setting = self.setting
        if shop.in_files:
            folder = setting.folders[shop.name]
            return ModelFiles(setting.market, shop, setting.faults, self.book, folder)
        return ModelChannel(setting.market, shop, setting.faults, self.book)

    def _sleep(self, seconds: float) -> None:
        self.setting.faults.tick("a sleep begins")
        self.setting.market.pass_time(seconds)
        self.setting.faults.tick("a sleep is over")

    def _planned(
        self, state: State, ran: Ran, reading: Reading, channels: dict[ShopName, Any], ledger: Any
    ) -> RunResult:
        market = self.setting.market
        began, now = market.now, market.clock()
        explained = self._explained(state, reading, now)
        explained = settle(explained, SimpleNamespace(channels=channels, ledger=ledger))  # type: ignore[arg-type]
        still_open = state.journal.open_intents() if self.opened else ()
        quarantined = {one.listing: "open" for one in still_open if one.listing is not None}
        plan = make_plan(explained, self.memory.raises, quarantined=quarantined)
        ran.standing = self._standing(reading)
        statements = tuple(statement for _, statement in explained)
        shops = tuple(
            ShopReport(name, shop.capabilities.channel, None, 0, 0, None if name in reading.shops else "not read")
            for name, shop in market.shops.items()
        )
        result = RunResult(
            "sync", ran.run, now, reading.ledger, None, shops, Summary(), statements, plan, standing=ran.standing
        )
        self._keep(result, reading, ran.standing)
        ran.planned, ran.plan = began, plan
        return result

    def _explained(self, state: State, reading: Reading, now: datetime) -> Explained:
        setting, policy = self.setting, self.setting.policy
        assert reading.ledger is not None
        shops: dict[ShopName, ShopFacts] = {name: one.facts for name, one in reading.shops.items()}
        own = list(state.journal.own_pushes(now - policy.lookback)) if self.opened else []
        facts = facts_of(reading, self.memory, own, policy.lookback)
        audits = audits_of(sorted(facts), lambda some: [facts[sku] for sku in some])
        corrections = corrections_of(audits, policy)
        policies = {name: shop.policy for name, shop in setting.market.shops.items()}
        all_read = len(shops) == len(setting.market.shops)
        world = make_world(facts, reading.ledger, shops, policies, policy, now, audits, corrections, all_read)
        cases = [case_of(sku, world) for sku in sorted(facts)]
        suspects = [
            case for case in cases if case.sku in audits or case.deficit or any(a.variance for a in case.accounts)
        ]
        return [(case, explain(case, DETECTORS)) for case in suspects]

    def _standing(self, reading: Reading) -> Standing:
        ledger = ledger_standing(reading, self.memory)
        assert ledger is not None
        shops, memory = self.setting.market.shops, self.memory
        return Standing(ledger, {name: shop_standing(shops[name], one, memory) for name, one in reading.shops.items()})

    def _keep(self, result: RunResult, reading: Reading, standing: Standing) -> None:
        """What this run leaves to the next, as the run's own memory does."""
        limit, good = self.setting.policy.limits.lost, self.memory.good
        if not lost_too_many(standing.ledger.skus, standing.ledger.good_rows, limit):
            good["ledger"] = standing.ledger.skus
        for shop in standing.shops.values():
            if shop.error is None and not lost_too_many(shop.rows, shop.good_rows, limit):
                good[shop.name] = shop.rows
        judged = {name: one.facts for name, one in reading.shops.items() if one.facts.complete}
        self.memory.past = _past(self.memory, result, judged)
        self.memory.raises = _raises(self.memory, result, judged)
        times = {"ledger": standing.ledger.as_of} | {str(name): one.as_of for name, one in standing.shops.items()}
        remember(self.memory, reading, times)


def _past(memory: Memory, result: RunResult, judged: dict[ShopName, ShopFacts]) -> tuple[PastFinding, ...]:
    kept = [one for one in memory.past if one.key.shop not in judged]
    for statement in result.statements:
        targets = {line.listing.key: line.target for line in statement.lines}
        for finding in statement.findings:
            key = finding.listing
            if finding.scenario not in _REMEMBERED or finding.side is not Side.LISTING or not finding.units:
                continue
            target = targets.get(key) if key is not None else None
            if key is not None and target is not None and key.shop in judged:
                kept.append(PastFinding(key, finding.scenario, finding.units, target, judged[key.shop].as_of))
    return tuple(kept)


def _raises(memory: Memory, result: RunResult, judged: dict[ShopName, ShopFacts]) -> dict[Any, RaiseSeen]:
    plan = result.plan
    raised = [a for a in plan.actions if a.kind is ActionKind.SET_STOCK and (a.to or 0) > (a.frm or 0)]
    waiting = [one.action for one in plan.withheld if one.rule == "confirm-raise"]
    proposed = {action.listing for action in (*raised, *waiting)}
    kept = {key: seen for key, seen in memory.raises.items() if key.shop not in judged}
    for statement in result.statements:
        for line in statement.lines:
            key, variance = line.listing.key, line.variance
            if key in proposed and variance is not None and key.shop in judged:
                seen = memory.raises.get(key)
                since = seen.since if seen is not None and seen.variance == variance else result.now
                kept[key] = RaiseSeen(variance, since)
    return kept


@lru_cache(maxsize=4)
def _template(parent: Path) -> Path:
    """A state that is empty and migrated, to be copied: making one takes longer than a whole run."""
    folder = parent / "template"
    State.open(folder, lambda: START).close()
    return folder


def opened(folder: Path, clock: Callable[[], datetime]) -> State:
    if not folder.exists():
        shutil.copytree(_template(folder.parent), folder)
    return State.open(folder, clock)
