"""What became of each write of a plan, and in a run that only plans: what would."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from stockrecon.core import guard
from stockrecon.core.findings import Action, Outcome, OutcomeResult, RunResult
from stockrecon.core.remaining import written

WORDS: Mapping[OutcomeResult, str] = MappingProxyType(
    {
        OutcomeResult.UNKNOWN: "unknown",
        OutcomeResult.REJECTED: "rejected",
        OutcomeResult.CONFLICT: "in conflict",
        OutcomeResult.NOT_APPLIED: "not applied",
        OutcomeResult.SUPERSEDED: "superseded",
        OutcomeResult.SKIPPED: "not written",
        OutcomeResult.EXPORTED: "for upload",
        OutcomeResult.CONFIRMED: "confirmed",
    }
)
"""What people read for each result, and the order in which they should: trouble first."""

_CHANGED = frozenset({OutcomeResult.CONFIRMED, OutcomeResult.SUPERSEDED, OutcomeResult.UNKNOWN, OutcomeResult.EXPORTED})

REFUSED, MISSED = "refused by a guard", "not reached"
"""What people read for a write that a guard refused, and for one that nothing was told of."""


def applied(result: RunResult) -> bool:
    """Whether this run was to write, and not only to plan: it has outcomes of its own, or was refused or failed."""
    return any(not outcome.run for outcome in result.outcomes) or result.exit_code in (11, 12)


def wrote(result: RunResult) -> bool:
    """Whether this run changed something, or may have: what it read is of before that."""
    return any(not outcome.run and outcome.result in _CHANGED for outcome in result.outcomes)


class Fates:
    """Looks up, by action, what became of it. `writes`: the plan's actions that change a number somewhere."""

    def __init__(self, result: RunResult) -> None:
        self._own = {outcome.action: outcome for outcome in result.outcomes if not outcome.run}
        self._unpermitted = result.unpermitted
        self.writes = written(result.plan)
        self._forbidden = guard.effects(result.refusals, self.writes, result.plan) if result.refusals else {}

    def outcome(self, action: Action) -> Outcome | None:
        """What this run did about an action of its plan."""
        return self._own.get(action.id)

    def refused(self, action: Action) -> bool:
        """Whether a guard's no kept this write from being made (or would keep it, in a run that only plans)."""
        own = self._own.get(action.id)
        if own is None:
            return action.id in self._forbidden and action.id not in self._unpermitted
        return own.result is OutcomeResult.SKIPPED and own.detail == self._forbidden.get(action.id)

    def unpermitted(self, action: Action) -> bool:
        """Whether `sync --apply` would leave this write out although no guard refuses it."""
        return action.id in self._unpermitted

    def of(self, action: Action) -> str:
        """One word of `WORDS`, `REFUSED`, or `MISSED`, for a run that was to write."""
        if self.refused(action):
            return REFUSED
        own = self._own.get(action.id)
        return MISSED if own is None else WORDS[own.result]
