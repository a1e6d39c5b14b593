"""What the reader of a plan does next: what a guard refuses and how to go on, and the commands that carry it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from stockrecon.core.fates import applied
from stockrecon.core.findings import LEDGER, Action, OutcomeResult, Refusal, RunResult
from stockrecon.reports.carried import Carried
from stockrecon.reports.words import clean, count, exact

MAX_AGE = "15 minutes"
"""So long a saved plan can be carried out."""

_UNDO = "undo"
"""The scenario of writes that take an earlier run back: no finding asks for them."""


def refusals(result: RunResult) -> list[str]:
    """Each refusal: who, by which rule, the number and its limit; on further lines the way on."""
    return [_refusal(refusal) for refusal in result.refusals] if result.command == "sync" else []


def refused_title(result: RunResult) -> str:
    """`REFUSED: nothing was written to shopee-vn`, or that nothing would be."""
    whom = dict.fromkeys("the ledger" if one.who == LEDGER else exact(one.who) for one in result.refusals)
    depends = ", nor what depends on it" if "the ledger" in whom else ""
    was = "REFUSED: nothing was" if applied(result) else "Would be refused: nothing would be"
    return f"{was} written to {' and '.join(whom)}{depends}"


def _refusal(refusal: Refusal) -> str:
    text = clean(refusal.text).removeprefix(f"{refusal.who}: ")
    lines = [f"{exact(refusal.who)}: {clean(refusal.rule)}: {text}", *map(clean, refusal.way_on.split("\n"))]
    return "\n".join(line for line in lines if line)


def unpermitted(result: RunResult, carried: Carried) -> list[str]:
    """Why `sync --apply` would leave out writes that no guard refuses: each reason once, with how many it concerns."""
    if result.command != "sync":
        return []
    writes = {action.id: action for action in carried.fates.writes}
    reasons = Counter(
        _reason(action, result, writes) for action in carried.fates.writes if carried.fates.unpermitted(action)
    )
    return [f"{count(number, 'correction')}: {reason}" for reason, number in reasons.items()]


def _reason(action: Action, result: RunResult, writes: Mapping[str, Action]) -> str:
    """The reason, with a correction that the write counts on named by its SKU instead of its id."""
    reason = clean(result.unpermitted[action.id])
    for counted in result.plan.basis.counted_on(action):
        if counted in reason and counted in writes:
            return f"the correction of {exact(writes[counted].sku)} that comes before would not be made"
    return reason


def next_steps(result: RunResult, carried: Carried) -> list[str]:
    """The exact next commands; empty where there is nothing to carry out, or nothing left open."""
    if result.command != "sync":
        return []
    return list(_open(result) if applied(result) else _apply(carried))


def _apply(carried: Carried) -> Iterator[str]:
    fates = carried.fates
    if not fates.writes:
        return
    if all(fates.refused(one) or fates.unpermitted(one) for one in fates.writes):
        yield "--apply would write nothing of this as it is: see above what speaks against it"
    elif all(one.scenario == _UNDO for one in fates.writes):
        yield "carry it out: the same command with --apply"
    else:
        yield "carry it out: stockrecon sync --apply (reads everything anew, plans again, and writes)"
        yield (
            "or read first what will be written: stockrecon sync --save-plan FILE\n"
            f"then, within {MAX_AGE}: stockrecon sync --plan FILE (what has moved since is not written)"
        )


def _open(result: RunResult) -> Iterator[str]:
    results = Counter(outcome.result for outcome in result.outcomes)
    if number := results[OutcomeResult.UNKNOWN]:
        yield (
            f"{count(number, 'write')} whose outcome is unknown: the next run reads first what became of "
            f"{'it' if number == 1 else 'them'}, and writes nothing else there until then\n"
            "who has looked can close it by hand: stockrecon runs resolve"
        )
    if number := results[OutcomeResult.EXPORTED]:
        yield f"upload updates.csv ({count(number, 'row')}); the first newer snapshot tells what was taken"
