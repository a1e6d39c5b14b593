"""A world written as data, carried out by the real write side over shops and a ledger in memory, and read again."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from stockrecon.apply import Applying, Rules
from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.channels.capabilities import capabilities
from stockrecon.core.findings import ActionKind, Plan, RunResult, Side, Summary
from stockrecon.core.intent import Answered
from stockrecon.core.model import Capabilities, Listing, ListingKey, ShopName, Sku
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.settings import LedgerSettings, ShopSettings
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest
from stockrecon.state import State
from tests.apply.model import Held
from tests.worlds import Outcome, place, time

World = dict[str, Any]


@dataclass
class Shop:
    """Takes what a marketplace takes: nothing below its lock, nothing into a listing that is no ordinary one."""

    name: ShopName
    capabilities: Capabilities
    listings: dict[ListingKey, Listing]
    effects: list[tuple[str, int, int]] = field(default_factory=list)

    @property
    def settings(self) -> ShopSettings:
        policy = ShopPolicy(self.name, self.capabilities.channel, mode=Mode.APPLY)
        return ShopSettings(self.name, self.capabilities.channel, policy)

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        return {key: self.listings[key] for key in keys if key in self.listings}

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        return [(write,) for write in writes]

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        return {write.key: self._take(write) for write in batch}

    def _take(self, write: StockWrite) -> WriteAnswer:
        listing = self.listings[write.key]
        if write.to < listing.campaign:
            return WriteAnswer(Answered.REJECTED, "stock less than reserved stock")
        self.effects.append((place(write.key), listing.exposed, write.to))
        self.listings[write.key] = replace(listing, sellable=write.to - listing.campaign)
        return WriteAnswer(Answered.ACCEPTED)

    def close(self) -> None: ...


@dataclass
class Ledger:
    """Posts each ref once, and only onto the number that the plan was made from."""

    available: dict[str, int]
    posts: list[tuple[str, str, int]] = field(default_factory=list)
    settings: LedgerSettings = LedgerSettings("sql", Path())

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        return {sku: self.available[sku] for sku in skus if sku in self.available}

    def corrects(self) -> None:
        return None

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        if self.available[request.sku] != request.available:
            return CorrectionAnswer(Answered.CONFLICT, "another number", self.available[request.sku])
        self.available[request.sku] += request.by
        self.posts.append((request.ref, request.sku, request.by))
        return CorrectionAnswer(Answered.ACCEPTED, "", self.available[request.sku])

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        return {ref: by for ref, _, by in self.posts if ref in refs}

    def close(self) -> None: ...


@dataclass
class Stage:
    """One world with its shops and ledger. `carry_out` is a run of the write side, `after` the world as it is then."""

    world: World
    outcome: Outcome
    state: State
    policy: Policy
    modes: Mapping[ShopName, Mode]
    ledger: Ledger
    shops: dict[ShopName, Shop]

    @classmethod
    def of(cls, world: World, outcome: Outcome, state: State, modes: Mapping[ShopName, Mode]) -> Stage:
        listings = {line.listing.key: line.listing for one in outcome.statements for line in one.lines}
        listings |= {key: listing for case in outcome.cases for key, listing in _listings(case).items()}
        shops = {}
        for text, told in world["shops"].items():
            name = ShopName(text)
            own = {key: listing for key, listing in listings.items() if key.shop == name}
            shops[name] = Shop(name, capabilities(told if isinstance(told, str) else told["channel"]), own)
        policy = replace(Policy(), **world["policy"])
        return cls(world, outcome, state, policy, modes, Ledger(dict(world["ledger"])), shops)

    @property
    def now(self) -> datetime:
        return time(self.world["as_of"])

    def carry_out(self, plan: Plan | None = None) -> RunResult:
        """What `sync --apply` does with the plan, by a clock that stands at the time of the reading."""
        rules = Rules(self.policy, self.modes, "somebody")
        clock = lambda: self.now  # noqa: E731
        applying = Applying(rules, self.state, self.ledger, self.shops, Held(), clock, lambda seconds: None)  # type: ignore[arg-type]
        applying.settle()
        run = self.state.begin_run("sync --apply", self.now)
        result = RunResult(
            "sync",
            run,
            self.now,
            None,
            None,
            (),
            Summary(),
            self.outcome.statements,
            plan or self.outcome.plan,
            standing=self.standing(),
        )
        return applying.carry_out(result)

    def standing(self) -> Standing:
        units = sum(max(0, units) for units in self.ledger.available.values())
        shops = {}
        for name, shop in self.shops.items():
            exposed = [listing.exposed for listing in shop.listings.values()]
            in_stock = sum(1 for units in exposed if units)
            mode = self.modes.get(name, Mode.OBSERVE)
            shops[name] = ShopStanding(name, mode, self.now, len(exposed), in_stock, sum(exposed))
        return Standing(LedgerStanding(self.now, len(self.ledger.available), units), shops)

    @property
    def effects(self) -> list[tuple[str, int, int]]:
        return [effect for shop in self.shops.values() for effect in shop.effects]

    def after(self) -> World:
        """The world as a second reading finds it: shops and ledger as they are, what the state remembers, nothing else
        has happened."""
        world = copy.deepcopy(self.world)
        at = world["as_of"]
        for shop in self.shops.values():
            for key, listing in shop.listings.items():
                world["listings"][place(key)]["sellable"] = listing.sellable
        world["ledger"] = dict(self.ledger.available)
        for ref, sku, by in self.ledger.posts:
            row = [f"fix-{ref}", at, sku, by, "correction", None, None, None, ref]
            world.setdefault("movements", []).append(row)
        own = self.state.journal.own_pushes(self.now - timedelta(days=7))
        written = [[place(push.key), at, push.quantity, "ok" if push.ok else push.error] for push in own]
        if written:
            world["written"] = written
        world["past"] = [
            [place(f.listing), f.scenario, f.units, line.target, at]
            for statement in self.outcome.statements
            for line in statement.lines
            for f in statement.findings
            if f.side is Side.LISTING and f.listing == line.listing.key and line.target is not None
        ]
        return world


def _listings(case: Any) -> Mapping[ListingKey, Listing]:
    return {account.key: account.listing for account in case.accounts}


def confirmed(result: RunResult) -> list[tuple[str, int, int]]:
    """Place, from, to of every stock write that was confirmed by reading back."""
    done = {one.action for one in result.outcomes if one.result == "confirmed"}
    return [
        (place(action.listing), action.frm or 0, action.to or 0)
        for action in result.plan.actions
        if action.kind is ActionKind.SET_STOCK and action.id in done
    ]


@lru_cache(maxsize=1)
def _template(parent: Path) -> Path:
    folder = parent / "template"
    State.open(folder, lambda: time("12:00")).close()
    return folder


def fresh_state(parent: Path, number: int) -> State:
    """A state of its own, which nobody has used; copied, since making one takes longer than a whole run."""
    folder = parent / f"state-{number}"
    shutil.copytree(_template(parent), folder)
    return State.open(folder, lambda: time("12:00"))
