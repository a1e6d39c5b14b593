"""One writing run, from its locks to its outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from stockrecon.apply.corrections import Corrector
from stockrecon.apply.desk import Desk, Held
from stockrecon.apply.earlier import Earlier
from stockrecon.apply.export import Exporter
from stockrecon.apply.precheck import Precheck
from stockrecon.apply.readback import ReadBack
from stockrecon.apply.stock import ShopWriter, in_shops
from stockrecon.channels.base import Channel, Exporting
from stockrecon.core import guard
from stockrecon.core.findings import (
    Action,
    ActionKind,
    Outcome,
    OutcomeResult,
    Refusal,
    RunResult,
)
from stockrecon.core.model import ShopName
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Mode, Policy
from stockrecon.core.remaining import remains
from stockrecon.errors import GuardRefused, ReadFault, StockreconError, WriteFault
from stockrecon.ledgers.base import Ledger
from stockrecon.state import State

DIFFERENCES = 10
_FAILED = frozenset({OutcomeResult.REJECTED, OutcomeResult.CONFLICT, OutcomeResult.UNKNOWN, OutcomeResult.NOT_APPLIED})


def _exit_code(result: RunResult, *, halted: int, unread: bool, remaining: bool) -> int:
    """12, then 11, 13, 10 wins (contract, section 2). `halted`: the code of what stopped the writing, which is no mere
    difference that remains."""
    if any(_failed(outcome) for outcome in result.outcomes):
        return WriteFault.exit_code
    if halted:
        return halted
    if result.refusals:
        return GuardRefused.exit_code
    if unread:
        return ReadFault.exit_code
    return DIFFERENCES if remaining else 0


def _failed(outcome: Outcome) -> bool:
    """An earlier run's failure was told by that run, and this one has planned afresh; what is still unknown counts."""
    return outcome.result is OutcomeResult.UNKNOWN if outcome.run else outcome.result in _FAILED


def _left(outcome: Outcome | None) -> bool:
    """Whether a write may have left this machine."""
    return outcome is not None and outcome.result is not OutcomeResult.SKIPPED


@dataclass(frozen=True, slots=True)
class Rules:
    """What the owner allows. `who`: the user of this machine, for the record of an approval."""

    policy: Policy
    modes: Mapping[ShopName, Mode]
    who: str = ""


def foreseen(result: RunResult, rules: Rules) -> RunResult:
    """The result of a run that writes nothing, with what a guard would refuse if its plan were applied."""
    writes, unpermitted = permitted(result.plan, rules.policy, rules.modes)
    return replace(result, refusals=_judged(writes, result, rules), unpermitted=unpermitted)


def _judged(writes: Sequence[Action], result: RunResult, rules: Rules) -> tuple[Refusal, ...]:
    if result.standing is None:
        return ()
    return guard.judge(writes, result.standing, rules.policy, result.now, digest=result.plan.digest)


@dataclass(slots=True)
class Applying:
    """The write side of one run, with its locks held. `channels` are those of this run's shops only.

    `stop`: why no new write may begin, None while it may; asked before every request. `elsewhere`: why the ledger is
    another run's, whose corrections are neither settled nor joined; empty where it is this one's.
    """

    rules: Rules
    state: State
    ledger: Ledger
    channels: Mapping[ShopName, Channel]
    held: Held
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], str | None] = lambda: None
    elsewhere: str = ""
    settled: list[Outcome] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    halted: int = 0

    def settle(self) -> tuple[Outcome, ...]:
        """What became of the intents that earlier runs left open. To be called before anything is read for a plan.

        Raises StockreconError where the journal itself cannot be read or written.
        """
        earlier = Earlier(self.ledger, self.channels, self.clock, self.sleep)
        intents = self.state.journal.open_intents()
        if self.elsewhere:
            intents = tuple(one for one in intents if one.listing is not None)
        desk = self._desk("")
        for settled in earlier.settle(intents):
            self.state.journal.settle(settled.intent.id, settled.result, seen=settled.seen, detail=settled.detail)
            self.settled.append(desk.outcome(settled, earlier=True))
        return tuple(self.settled)

    def carry_out(
        self, result: RunResult, approve: str | None = None, also: tuple[Refusal, ...] = (), *, left: bool = False
    ) -> RunResult:
        """Guards the plan as a whole, then carries it out. The result has outcomes, refusals and the exit code.

        `approve`: the digest of a plan that was read and whose limits may be overridden, once. `also`: what speaks
        against this plan besides the guards' rules. `left`: differences remain whatever becomes of it.
        """
        plan = result.plan
        writes, skipped = permitted(plan, self.rules.policy, self.rules.modes)
        judged = (*_judged(writes, result, self.rules), *also)
        refusals, warnings = self._approved(judged, writes, result, approve)
        off = guard.effects(refusals, writes, plan)
        if against := [refusal for refusal in also if refusal in refusals]:
            # What speaks against the plan itself leaves none of it: half of an undoing could not be taken up again.
            off = {action.id: f"refused ({against[0].rule}): {against[0].who}: {against[0].text}" for action in writes}
        going = [action for action in writes if action.id not in off]
        outcomes = self._told(skipped) | self._told(off)
        outcomes |= self._written(result, going)
        if refusals != judged and not any(_left(outcomes.get(action.id)) for action in going):
            with suppress(StockreconError):  # then it counts as used
                self.state.give_back(plan.digest, result.run)
        told = [*self.settled, *(outcomes[action.id] for action in plan.actions if action.id in outcomes)]
        done = replace(result, outcomes=tuple(told), refusals=refusals, warnings=(*result.warnings, *warnings))
        unread = bool(self.unread) or any(shop.error is not None for shop in result.shops)
        unread = unread or result.ledger_error is not None
        remaining = left or remains(plan, result.statements, told)
        code = _exit_code(done, halted=self.halted, unread=unread, remaining=remaining)
        return replace(done, exit_code=code)

    def record(self, result: RunResult, summary: Mapping[str, object]) -> None:
        """How the run ended, for `stockrecon runs`."""
        self.state.end_run(result.run, result.exit_code, summary)

    def _approved(
        self, refusals: tuple[Refusal, ...], writes: Sequence[Action], result: RunResult, approve: str | None
    ) -> tuple[tuple[Refusal, ...], list[str]]:
        """The refusals that an approval leaves. It counts once, only for the plan that it names, and only where it lets
        something be written."""
        overridden = [refusal for refusal in refusals if refusal.approvable]
        left = tuple(refusal for refusal in refusals if not refusal.approvable)
        if approve is None or not overridden:
            return refusals, []
        if approve != result.plan.digest:
            return refusals, [
                f"the approval is for {approve}; the plan is {result.plan.digest} now, so it does not count"
            ]
        freed = guard.effects(refusals, writes, result.plan).keys() - guard.effects(left, writes, result.plan).keys()
        if not freed:
            return refusals, [f"the approval of {approve} was not used: nothing could be written with it either"]
        if not self.state.approve(approve, result.run, self.rules.who):
            return refusals, [f"the approval of {approve} was used before; it counts once"]
        self._remember_good(overridden, result)
        told = [
            f"approved by {self.rules.who or 'the caller'}: {refusal.who}: {refusal.rule}" for refusal in overridden
        ]
        return left, told

    def _remember_good(self, overridden: Sequence[Refusal], result: RunResult) -> None:
        """An approved plan makes its snapshot the last good one (semantics, section 6)."""
        standing = result.standing
        if standing is None:
            return
        for refusal in overridden:
            if refusal.rule != guard.LOST:
                continue
            if refusal.who == guard.LEDGER:
                self.state.remember_good(guard.LEDGER, standing.ledger.as_of, standing.ledger.skus)
            else:
                shop = standing.shops[ShopName(refusal.who)]
                self.state.remember_good(shop.name, shop.as_of, shop.rows)

    def _written(self, result: RunResult, going: Sequence[Action]) -> dict[str, Outcome]:
        desk = self._desk(result.run)
        corrector = Corrector(desk, self.ledger, result.plan.basis, self.elsewhere)
        outcomes = corrector.post([action for action in going if action.kind is ActionKind.ADJUST_LEDGER])
        failed = {name for name, outcome in outcomes.items() if outcome.result is not OutcomeResult.CONFIRMED}
        stock = [action for action in going if action.kind is ActionKind.SET_STOCK]
        held_back = {action.id for action in stock if failed & guard.counts_on(action, result.plan)}
        outcomes = outcomes | self._told(
            dict.fromkeys(held_back, "not sent: a ledger correction that it counts on was not made")
        )
        writers = []
        precheck = Precheck(result.plan.basis, corrector.made, self.ledger)
        back = ReadBack({}, self.sleep, ())
        for name, actions in in_shops([action for action in stock if action.id not in held_back]):
            channel = self.channels[ShopName(name)]
            if isinstance(channel, Exporting):
                exporter = Exporter(desk, channel, result.plan.basis, precheck)
                outcomes |= exporter.export(actions)
                self.unread |= {name} if exporter.unread else set()
                continue
            writer = ShopWriter(desk, channel, result.plan.basis, precheck)
            back.readers = {**back.readers, ShopName(name): writer.read}
            back.waits = max(back.waits, channel.capabilities.settles, key=sum)
            writers.append(writer)
            writer.write(actions, back)
        self._read_back(desk, back, writers)
        for writer in writers:
            outcomes |= writer.outcomes
        self.halted = desk.code
        return outcomes

    def _read_back(self, desk: Desk, back: ReadBack, writers: Sequence[ShopWriter]) -> None:
        """All shops at once: what has to be waited for is waited for together."""
        if self.stop():
            # Who stopped the run waits for its end: what is not settled by then stays open for the next one.
            back.hurried = True
            back.waits = [wait for wait in back.waits if wait <= desk.PATIENCE]
        owners = {intent.id: writer for writer in writers for intent in writer.sent}
        for settled in back.settle([intent for writer in writers for intent in writer.sent]):
            desk.settle(settled)
            owners[settled.intent.id].outcomes[settled.intent.action] = desk.outcome(settled)
        self.unread |= {writer.channel.settings.name for writer in writers if writer.unread}

    def _told(self, reasons: Mapping[str, str]) -> dict[str, Outcome]:
        at = self.clock()
        return {name: Outcome(name, OutcomeResult.SKIPPED, None, at, reason) for name, reason in reasons.items()}

    def _desk(self, run: str) -> Desk:
        return Desk(self.state.journal, run, self.held, self.clock, self.sleep, self.stop)
