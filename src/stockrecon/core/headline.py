"""A result in few words: one sentence that says what somebody must know who reads nothing else.

It stands in the report, in a notification, in a cron mail, and alone with `-q`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from stockrecon.core.fates import MISSED, WORDS, Fates, applied
from stockrecon.core.findings import Action, ActionKind, OutcomeResult, Plan, RunResult
from stockrecon.core.words import clean, count, exact

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
    """`3 corrections confirmed, 1 refused (shopee-vn: changed), 2 wait`; of the whole run, on one line."""
    if applied(result):
        parts = [*_carried(result), *_earlier(result), *_left(result)]
        return ", ".join(parts) or ("differences remain that no step mends" if result.exit_code else "nothing to do")
    found = ", ".join([*_earlier(result), *_found(result)]) or "nothing was compared"
    planned = [plan_counts(result.plan), *_held(result), *_refused(result, "would be refused"), *_unpermitted(result)]
    steps = ", ".join(part for part in planned if part)
    return f"{found}; planned: {steps}; nothing written" if steps and result.command == "sync" else found


def ending(result: RunResult) -> str:
    """The headline for those who do not know which run it is of: `sync ended with 12 (a write failed): ...`."""
    code = result.exit_code
    return f"{clean(result.command)} ended with {code} ({meaning(code)}): {headline(result)}"


def quiet(result: RunResult) -> str:
    """What `sync -q` prints: nothing where nothing was done and nothing is left, else the headline with its run."""
    done = any(outcome.result is not OutcomeResult.SKIPPED for outcome in result.outcomes)
    if not result.exit_code and not done:
        return ""
    return f"stockrecon {result.command}, run {clean(result.run)}: {headline(result)}"


def plan_counts(plan: Plan) -> str:
    """`2 listings to set, 1 ledger correction, 1 to wait for`; empty for an empty plan."""
    kinds = Counter(action.kind for action in plan.actions)
    parts = []
    for kind, one, many in (
        (ActionKind.SET_STOCK, "listing to set", "listings to set"),
        (ActionKind.ADJUST_LEDGER, "ledger correction", ""),
        (ActionKind.MANUAL, "thing to do by hand", "things to do by hand"),
        (ActionKind.WAIT, "to wait for", "to wait for"),
    ):
        if number := kinds[kind]:
            parts.append(count(number, one, many))
    return ", ".join(parts)


def _carried(result: RunResult) -> Iterator[str]:
    fates = Fates(result)
    own = Counter(outcome.result for outcome in result.outcomes if not outcome.run)
    own[OutcomeResult.SKIPPED] -= sum(fates.refused(one) and fates.outcome(one) is not None for one in fates.writes)
    if confirmed := own.pop(OutcomeResult.CONFIRMED, 0):
        yield f"{count(confirmed, 'correction')} confirmed"
    for each, word in WORDS.items():
        if own[each] > 0:
            yield f"{own[each]:,d} {word}"
    yield from _refused(result, "refused")
    if missed := sum(fates.of(one) == MISSED for one in fates.writes):
        yield f"{missed:,d} {MISSED}"


def _earlier(result: RunResult) -> Iterator[str]:
    """What was found out about writes of earlier runs."""
    earlier = Counter(outcome.result for outcome in result.outcomes if outcome.run)
    if still := earlier.pop(OutcomeResult.UNKNOWN, 0):
        yield f"{still:,d} still unknown from earlier runs"
    if settled := sum(earlier.values()) - earlier[OutcomeResult.EXPORTED]:
        yield f"{settled:,d} settled from earlier runs"


def _refused(result: RunResult, word: str) -> Iterator[str]:
    if not result.refusals:
        return
    fates = Fates(result)
    number = sum(fates.refused(action) for action in fates.writes)
    whom: dict[str, list[str]] = {}
    for refusal in result.refusals:
        whom.setdefault(refusal.who, []).append(clean(refusal.rule))
    told = "; ".join(f"{exact(who)}: {', '.join(dict.fromkeys(rules))}" for who, rules in whom.items())
    yield f"{number or len(result.refusals):,d} {word} ({told})"


def _unpermitted(result: RunResult) -> Iterator[str]:
    fates = Fates(result)
    if number := sum(fates.unpermitted(action) for action in fates.writes):
        yield f"{number:,d} would not be written"


def _left(result: RunResult) -> Iterator[str]:
    if unread := _unread(result):
        yield unread
    kinds = Counter(action.kind for action in result.plan.actions)
    if number := kinds[ActionKind.MANUAL]:
        yield f"{number:,d} by hand"
    if number := kinds[ActionKind.WAIT]:
        yield f"{number:,d} {'waits' if number == 1 else 'wait'}"
    yield from _held(result)


def _held(result: RunResult) -> Iterator[str]:
    if result.plan.withheld:
        yield f"{len(result.plan.withheld):,d} withheld"
    if late := overdue(result):
        yield f"{len(late):,d} overdue"


def _unread(result: RunResult) -> str:
    """`ledger and shopee-th not read`; empty where all was."""
    names = ["ledger"] if result.ledger_error is not None else []
    names += [exact(shop.name) for shop in result.shops if shop.error is not None]
    return f"{' and '.join(names)} not read" if names else ""


def _found(result: RunResult) -> Iterator[str]:
    summary = result.summary
    if unread := _unread(result):
        yield unread
    parts = []
    if summary.oversell_units:
        parts.append(f"{count(summary.oversell_units, 'unit')} at risk of being oversold")
    if lost := summary.variance_units - summary.oversell_units:
        parts.append(f"{count(lost, 'unit')} not on sale that could be")
    if ledger := sum(part.ledger_units for part in summary.by_scenario.values()):
        parts.append(f"{count(ledger, 'unit')} to look at in the ledger")
    if not parts and summary.listings:
        parts.append(f"{summary.in_line:,d} of {count(summary.listings, 'listing')} in line")
    yield from parts
