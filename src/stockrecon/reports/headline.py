"""One sentence that says what somebody must know who reads nothing else: a cron mail, a notification, `-q`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stockrecon.core.findings import ActionKind, OutcomeResult, RunResult
from stockrecon.core.headline import overdue
from stockrecon.reports.advice import plan_counts
from stockrecon.reports.carried import MISSED, WORDS, Carried, applied
from stockrecon.reports.words import Zones, clean, count, exact


def headline(result: RunResult) -> str:
    """`3 corrections confirmed, 1 refused (shopee-vn: changed), 2 wait`; of the whole run, on one line."""
    if applied(result):
        parts = [*_carried(result), *_left(result)]
        return ", ".join(parts) or ("differences remain that no step mends" if result.exit_code else "nothing to do")
    found = ", ".join(_found(result))
    planned = [plan_counts(result), *_held(result), *_refused(result, "would be refused")]
    steps = ", ".join(part for part in planned if part)
    return f"{found}; planned: {steps}; nothing written" if steps and result.command == "sync" else found


def wrote(result: RunResult) -> bool:
    """Whether this run sent anything, or found out what became of something that was sent before."""
    return any(outcome.result is not OutcomeResult.SKIPPED for outcome in result.outcomes)


def quiet(result: RunResult) -> str:
    """What `sync -q` prints: nothing where nothing was written and nothing is left, else the headline with its run."""
    if not result.exit_code and not wrote(result):
        return ""
    return f"stockrecon {result.command}, run {clean(result.run)}: {headline(result)}"


def _carried(result: RunResult) -> Iterator[str]:
    carried = Carried(result, Zones(result))
    own = Counter(outcome.result for outcome in result.outcomes if not outcome.run)
    refused = [action for action in carried.writes if carried.refused(action)]
    own[OutcomeResult.SKIPPED] -= sum(carried.outcome(action) is not None for action in refused)
    if confirmed := own.pop(OutcomeResult.CONFIRMED, 0):
        yield f"{count(confirmed, 'correction')} confirmed"
    for each, word in WORDS.items():
        if own[each] > 0:
            yield f"{own[each]:,d} {word}"
    yield from _refused(result, "refused")
    missing = sum(carried.outcome(one) is None and not carried.refused(one) for one in carried.writes)
    if missing:
        yield f"{missing:,d} {MISSED}"
    earlier = Counter(outcome.result for outcome in result.outcomes if outcome.run)
    if still := earlier.pop(OutcomeResult.UNKNOWN, 0):
        yield f"{still:,d} still unknown from earlier runs"
    if settled := sum(earlier.values()) - earlier[OutcomeResult.EXPORTED]:
        yield f"{settled:,d} settled from earlier runs"


def _refused(result: RunResult, word: str) -> Iterator[str]:
    if not result.refusals:
        return
    carried = Carried(result, Zones(result))
    number = sum(carried.refused(action) for action in carried.writes)
    whom: dict[str, list[str]] = {}
    for refusal in result.refusals:
        whom.setdefault(refusal.who, []).append(clean(refusal.rule))
    told = "; ".join(f"{exact(who)}: {', '.join(dict.fromkeys(rules))}" for who, rules in whom.items())
    yield f"{number or len(result.refusals):,d} {word} ({told})"


def _left(result: RunResult) -> Iterator[str]:
    unread = ["ledger"] if result.ledger_error is not None else []
    unread += [exact(shop.name) for shop in result.shops if shop.error is not None]
    if unread:
        yield f"{' and '.join(unread)} not read"
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


def _found(result: RunResult) -> Iterator[str]:
    summary = result.summary
    if result.ledger_error is not None:
        yield "ledger not read"
    if unread := [exact(shop.name) for shop in result.shops if shop.error is not None]:
        yield f"{' and '.join(unread)} not read"
    parts = []
    if summary.oversell_units:
        parts.append(f"{count(summary.oversell_units, 'unit')} at risk of being oversold")
    if lost := summary.variance_units - summary.oversell_units:
        parts.append(f"{count(lost, 'unit')} not on sale that could be")
    if ledger := sum(part.ledger_units for part in summary.by_scenario.values()):
        parts.append(f"{count(ledger, 'unit')} to look at in the ledger")
    yield from parts
    if not parts:
        yield "in line" if not result.exit_code else "no units differ"
