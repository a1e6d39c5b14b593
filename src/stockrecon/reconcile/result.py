"""From statements to the one result: sums per scenario, what counts as a difference, the exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from stockrecon.core.findings import Finding, ScenarioSum, Side, Statement, Summary
from stockrecon.core.remaining import counts

IN_LINE = 0
DIFFERENCES = 10
UNREAD = 13


def exit_code(statements: Iterable[Statement], *, unread: bool) -> int:
    """13 where a shop or the ledger was not read, else 10 where differences remain, else 0."""
    if unread:
        return UNREAD
    return DIFFERENCES if any(counts(f) for s in statements for f in s.findings) else IN_LINE


def with_scenarios(summary: Summary, statements: Iterable[Statement]) -> Summary:
    """The summary with its sums per scenario: |units| of the listing side and of the ledger side."""
    sums: dict[str, ScenarioSum] = {}
    for statement in statements:
        for finding in statement.findings:
            sums[finding.scenario] = _added(sums.get(finding.scenario, ScenarioSum()), finding)
    return replace(summary, by_scenario=dict(sorted(sums.items())))


def _added(one: ScenarioSum, finding: Finding) -> ScenarioSum:
    units = abs(finding.units)
    if finding.side is Side.LISTING:
        return ScenarioSum(one.findings + 1, one.units + units, one.ledger_units)
    return ScenarioSum(one.findings + 1, one.units, one.ledger_units + units)


def worth_showing(statement: Statement) -> bool:
    """Whether a statement is listed without `--all`: it has a finding (other than unlisted), a variance, a warning."""
    if statement.warnings or statement.moving or any(line.variance for line in statement.lines):
        return True
    return any(finding.scenario != "unlisted" for finding in statement.findings)


def showing(statements: Sequence[Statement], scenarios: Sequence[str], *, everything: bool) -> tuple[Statement, ...]:
    """The statements to show: all of them or those worth it, and only those with one of `scenarios` where named."""
    kept = [statement for statement in statements if everything or worth_showing(statement)]
    if scenarios:
        wanted = frozenset(scenarios)
        kept = [s for s in kept if any(finding.scenario in wanted for finding in s.findings)]
    return tuple(kept)


def wanted(sku: str, patterns: Sequence[str]) -> bool:
    """Whether a SKU is among those asked for by shell patterns; none asks for all."""
    return not patterns or any(fnmatchcase(sku, pattern) for pattern in patterns)
