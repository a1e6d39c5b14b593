"""How a report is to be shown: nothing in here changes what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stockrecon.core.findings import Action, Plan, RunResult, Statement

ROWS = 200
"""A report for people shows at most so many findings: more is a file's work."""


@dataclass(frozen=True, slots=True)
class View:
    """`width` in terminal columns. `limit`: most findings shown to people. `brief`: the headline alone.

    `evidence`: also the dated facts under each finding. `scenarios`: only these causes are shown (empty: all).
    """

    width: int = 80
    colour: bool = False
    limit: int = ROWS
    brief: bool = False
    evidence: bool = False
    scenarios: tuple[str, ...] = ()


PLAIN = View()


def narrowed(result: RunResult, scenarios: Sequence[str], *, keep: bool = False) -> RunResult:
    """Only the findings and actions of these scenarios. Summary, digest and exit code stay those of the whole run.

    A statement without such a finding is left out, unless `keep`.
    """
    if not scenarios:
        return result
    wanted = frozenset(scenarios)
    cut = [_narrowed(statement, wanted) for statement in result.statements]
    statements = tuple(statement for statement in cut if keep or statement.findings)
    plan = Plan(
        result.plan.digest,
        tuple(action for action in result.plan.actions if action.scenario in wanted),
        tuple(withheld for withheld in result.plan.withheld if withheld.action.scenario in wanted),
    )
    return replace(result, statements=statements, plan=plan)


def about_statements(result: RunResult) -> RunResult:
    """Only the actions and withheld actions of the statements at hand (a kit's write belongs to its components)."""
    skus = {statement.sku for statement in result.statements}
    keys = {line.listing.key for statement in result.statements for line in statement.lines}

    def belongs(action: Action) -> bool:
        return action.sku in skus or (action.listing is not None and action.listing in keys)

    plan = Plan(
        result.plan.digest,
        tuple(action for action in result.plan.actions if belongs(action)),
        tuple(withheld for withheld in result.plan.withheld if belongs(withheld.action)),
    )
    return replace(result, plan=plan)


def _narrowed(statement: Statement, wanted: frozenset[str]) -> Statement:
    findings = tuple(finding for finding in statement.findings if finding.scenario in wanted)
    return replace(statement, findings=findings)
