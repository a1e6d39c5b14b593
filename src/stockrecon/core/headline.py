"""A result in few words: what its exit code means, one line for people, and which of its actions are overdue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from stockrecon.core.findings import Action, OutcomeResult, RunResult

MEANING: Mapping[int, str] = MappingProxyType(
    {
        0: "in line",
        1: "a bug",
        2: "usage or configuration",
        10: "differences",
        11: "a guard refused",
        12: "a write failed",
        13: "not all was read",
        14: "another run holds the lock",
        130: "interrupted",
        143: "stopped",
    }
)
"""Exit codes (contract, section 2) in few words."""


def meaning(code: int) -> str:
    """What an exit code means; one that nobody knows is a failure."""
    return MEANING.get(code, "a failure")


def overdue(result: RunResult) -> tuple[Action, ...]:
    """Manual actions whose due time and waits whose end is past at the run's time, as the plan orders them."""
    return tuple(
        action
        for action in result.plan.actions
        for limit in (action.due or action.until,)
        if limit is not None and limit < result.now
    )


def headline(result: RunResult) -> str:
    """One line: how the run ended, what it read and compared, what it wrote, what is refused or late."""
    summary = result.summary
    read = sum(shop.error is None for shop in result.shops)
    shops = _count(len(result.shops), "shop")
    parts = [
        f"{shops} read" if read == len(result.shops) else f"{read} of {shops} read",
        f"{summary.in_line:,d} of {_count(summary.listings, 'listing')} in line",
    ]
    if result.ledger_error is not None:
        parts.insert(0, "the ledger could not be read")
    if summary.oversell_units:
        parts.append(f"{_count(summary.oversell_units, 'unit')} at risk of being oversold")
    if result.outcomes:
        parts.append(_written(result))
    if result.refusals:
        parts.append(_count(len(result.refusals), "refusal"))
    if late := overdue(result):
        parts.append(f"{_count(len(late), 'action')} overdue")
    return f"{result.command} ended with {result.exit_code} ({meaning(result.exit_code)}): {', '.join(parts)}"


def _written(result: RunResult) -> str:
    found = Counter(outcome.result for outcome in result.outcomes)
    told = [f"{found[one]:,d} {one.value}" for one in OutcomeResult if found[one]]
    return f"{_count(len(result.outcomes), 'write')} ({', '.join(told)})"


def _count(number: int, one: str) -> str:
    return f"{number:,d} {one if number == 1 else one + 's'}"
