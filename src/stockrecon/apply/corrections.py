"""Ledger corrections: each posted once, whatever dies when, and nothing written that counted on one that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from stockrecon.apply.desk import Desk
from stockrecon.apply.readback import Settled
from stockrecon.core.findings import Action, Basis, Outcome, OutcomeResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.core.model import Sku
from stockrecon.errors import StockreconError
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest, Ledger

_RESULTS = {
    Answered.ACCEPTED: OutcomeResult.CONFIRMED,
    Answered.REJECTED: OutcomeResult.REJECTED,
    Answered.CONFLICT: OutcomeResult.CONFLICT,
    Answered.NOT_SENT: OutcomeResult.SKIPPED,
}


@dataclass(slots=True)
class Corrector:
    """Posts the adjust-ledger actions, in the plan's order. `made`: what it posted, by SKU.

    `elsewhere`: why the ledger is another run's at this time; empty where it is this one's.
    """

    desk: Desk
    ledger: Ledger
    basis: Basis
    elsewhere: str = ""
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    made: dict[Sku, int] = field(default_factory=dict)

    def post(self, actions: Sequence[Action]) -> dict[str, Outcome]:
        if not actions:
            return self.outcomes
        why_not = self.elsewhere or self.ledger.corrects()
        for action in actions:
            reason = why_not or self._hindered(action)
            if reason:
                self._tell(action, OutcomeResult.SKIPPED, None, reason)
            else:
                self._post(action)
        return self.outcomes

    def _hindered(self, action: Action) -> str:
        if self.desk.halted:
            return self.desk.halted
        before = self.outcomes.get(action.after or "")
        if before is not None and before.result is not OutcomeResult.CONFIRMED:
            return "not posted: the correction before it was not made"
        stopped = self.desk.stop()
        return f"not posted: the run was stopped ({stopped})" if stopped else ""

    def _post(self, action: Action) -> None:
        available = self.basis.available.get(action.sku)
        if action.by is None or action.ref is None or available is None:
            raise RuntimeError(f"{action.id} is no correction that can be posted")
        expected = available + self.made.get(action.sku, 0)
        intent = NewIntent(
            action.id, action.kind, action.sku, by=action.by, ref=action.ref, basis={action.sku: expected}
        )
        opened = self.desk.open([intent], lambda reason: self._tell(action, OutcomeResult.SKIPPED, None, reason))
        if not opened:
            return
        request = CorrectionRequest(
            action.sku, action.by, action.ref, f"stockrecon: {action.scenario}", self.desk.clock(), expected
        )
        answer = self.ledger.correct(request)
        intents = self.desk.answered(opened, lambda _: (answer.answered, answer.text))
        settled = self._settled(intents[0], answer)
        self.desk.settle(settled)
        self.outcomes[action.id] = self.desk.outcome(settled)
        if settled.result is OutcomeResult.CONFIRMED:
            self.made[action.sku] = self.made.get(action.sku, 0) + action.by

    def _settled(self, intent: Intent, answer: CorrectionAnswer) -> Settled:
        """An answer is a claim also here: what counts is the movement that the ledger shows."""
        if answer.answered not in (Answered.ACCEPTED, Answered.UNKNOWN):
            return Settled(intent, _RESULTS[answer.answered], answer.available, answer.text)
        settled = read_ref(self.ledger, intent, answer.available, late=False)
        # That another run, maybe on another machine, had posted it is told.
        if settled.result is OutcomeResult.CONFIRMED and answer.text:
            settled = replace(settled, detail=f"{settled.detail}; {answer.text}")
        return settled

    def _tell(self, action: Action, result: OutcomeResult, seen: int | None, detail: str) -> None:
        self.outcomes[action.id] = Outcome(action.id, result, seen, self.desk.clock(), detail)


def read_ref(ledger: Ledger, intent: Intent, available: int | None, *, late: bool) -> Settled:
    """What the ledger's movements say of a correction. `late`: long enough after it that none can still arrive."""
    ref = intent.ref or ""
    try:
        posted = ledger.posted([ref])
    except StockreconError as error:
        told = f"the ledger's movements could not be read: {error.text}"
        return Settled(intent, OutcomeResult.UNKNOWN, available, told)
    if ref in posted:
        return Settled(intent, OutcomeResult.CONFIRMED, available, f"movement {ref}")
    if intent.answered is Answered.ACCEPTED:
        told = "the ledger answered success and shows no movement with this ref"
        return Settled(intent, OutcomeResult.NOT_APPLIED, available, told)
    if late:
        return Settled(intent, OutcomeResult.NOT_APPLIED, available, "the ledger has no movement with this ref")
    return Settled(intent, OutcomeResult.UNKNOWN, available, f"no movement with this ref yet: {intent.answer}")
