"""What remains: which findings are differences, and which of them a plan that was carried out has mended."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from stockrecon.core.findings import (
    Action,
    ActionKind,
    Finding,
    Outcome,
    OutcomeResult,
    Plan,
    RemedyKind,
    Side,
    Statement,
)
from stockrecon.core.model import ListingKey

_NEVER_COUNT = frozenset({"in-flight", "platform-fulfilled", "unlisted", "policy"})
_IDLE = frozenset({RemedyKind.WAIT, RemedyKind.NONE})
_MENDED = frozenset({RemedyKind.SET, RemedyKind.ADJUST_LEDGER, RemedyKind.NONE})
_WRITES = (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)


def counts(finding: Finding) -> bool:
    """Whether a finding is a difference that remains (contract, section 2, code 10)."""
    if finding.scenario in _NEVER_COUNT:
        return False
    return bool(finding.units) or any(remedy.kind not in _IDLE for remedy in finding.remedies)


def written(plan: Plan) -> list[Action]:
    """The plan's actions that change a number somewhere."""
    return [action for action in plan.actions if action.kind in _WRITES]


def people_or_time(plan: Plan, idle: Collection[str] = ()) -> bool:
    """Whether a plan leaves something even where all of its writes are confirmed. `idle`: ids of findings that are no
    differences, for which nobody has to wait."""
    others = (one for one in plan.actions if one.kind not in _WRITES and one.scenario not in _NEVER_COUNT)
    return bool(plan.withheld) or any(one.finding not in idle for one in others)


def remains(plan: Plan, statements: Iterable[Statement], outcomes: Sequence[Outcome]) -> bool:
    """Whether differences are left after a plan was carried out: what waits, is for people, is withheld, exported, or
    was not confirmed by reading back."""
    results = {outcome.action: outcome.result for outcome in outcomes if not outcome.run}
    writes = written(plan)
    findings = [finding for statement in statements for finding in statement.findings]
    idle = {finding.id for finding in findings if not counts(finding)}
    if any(results.get(action.id) is not OutcomeResult.CONFIRMED for action in writes) or people_or_time(plan, idle):
        return True
    mended = {action.listing for action in writes if action.listing is not None}
    return any(counts(finding) and not _is_mended(finding, mended) for finding in findings)


def _is_mended(finding: Finding, mended: Collection[ListingKey]) -> bool:
    """A write sets the whole target: it mends what it was not made for, but nothing that waits or is for people."""
    if any(remedy.kind not in _MENDED for remedy in finding.remedies):
        return False
    if finding.side is Side.LISTING:
        return finding.listing in mended
    return finding.has(RemedyKind.ADJUST_LEDGER)
