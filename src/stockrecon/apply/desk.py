"""What every writer needs: the journal, the clock, and the one place that stops everything when the journal fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

from stockrecon.apply.readback import Settled
from stockrecon.core.findings import Action, Outcome, OutcomeResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.errors import StockreconError, WriteFault

if TYPE_CHECKING:
    from stockrecon.state.journal import Journal


class Held(Protocol):
    """The locks of this run."""

    def check(self) -> None:
        """Raises StockreconError where they are not held any more."""
        ...


@dataclass(slots=True)
class Desk:
    """`run`: the id of the run that writes. `stop`: why no new write may begin, None while it may.

    `halted`: why nothing is sent any more, because the journal cannot keep intents or the lock is lost.
    """

    PATIENCE: ClassVar[float] = 4.0
    """Seconds of the longest wait for a reading once the run was stopped."""

    journal: Journal
    run: str
    held: Held
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    stop: Callable[[], str | None]
    halted: str = ""
    code: int = 0
    """The exit code of what halted it."""

    def open(self, intents: Sequence[NewIntent], refuse: Callable[[str], None]) -> tuple[Intent, ...]:
        """Keeps the intents, synced, before anything is sent. Where that fails nothing may be: `refuse` is told why."""
        try:
            self.held.check()
            return self.journal.open(self.run, intents)
        except WriteFault as fault:
            # One place that is still open is no reason to leave the others.
            refuse(f"not sent: {fault.text}")
            return ()
        except StockreconError as error:
            self._halt(error)
            refuse(self.halted)
            return ()

    def answered(
        self, intents: Sequence[Intent], answer: Callable[[Intent], tuple[Answered, str]]
    ) -> tuple[Intent, ...]:
        """Records what was answered. Where that fails the intents are open on disk, and the next run reads them."""
        told = {intent.id: answer(intent) for intent in intents}
        try:
            self.journal.answered(told)
        except StockreconError as error:
            self._halt(error)
        return tuple(replace(one, answered=told[one.id][0], answer=told[one.id][1]) for one in intents)

    def settle(self, settled: Settled) -> None:
        try:
            self.journal.settle(settled.intent.id, settled.result, seen=settled.seen, detail=settled.detail)
        except StockreconError as error:
            self._halt(error)

    def _halt(self, error: StockreconError) -> None:
        self.halted, self.code = f"not sent: {error.text}", error.exit_code

    def outcome(self, settled: Settled, *, earlier: bool = False) -> Outcome:
        intent = settled.intent
        detail = settled.detail
        if settled.result is OutcomeResult.UNKNOWN:
            detail += "; it is read first by the next run and not written until then"
        run, about = (intent.run, _about(intent)) if earlier else ("", None)
        return Outcome(intent.action, settled.result, settled.seen, self.clock(), detail, run, about)


def _about(intent: Intent) -> Action:
    """The action that an intent was made from, as far as the journal keeps it."""
    key = intent.listing
    return Action(
        id=intent.action,
        kind=intent.kind,
        sku=intent.sku,
        scenario="",
        finding="",
        shop=None if key is None else key.shop,
        listing=key,
        frm=intent.before,
        to=intent.to,
        by=intent.by,
        ref=intent.ref,
    )
