"""What there is to tell of one run, as values: nothing secret, nothing endless, nothing that breaks an encoding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stockrecon.core.findings import Action, Outcome, OutcomeResult, RunResult
from stockrecon.core.headline import ending, meaning, overdue
from stockrecon.core.model import ListingKey
from stockrecon.core.occasions import Occasion, failed_write, occasions, of_failure

MOST = 50
"""Rows of each list; the rest is counted under `left_out`."""

Object = dict[str, Any]
Hide = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class News:
    """`marks` tell, per occasion, one trouble from another: the same marks are the same trouble again.

    `counts` and `lists` are what the document holds beside the headline.
    """

    command: str
    run: str
    now: datetime
    exit_code: int
    headline: str
    occasions: frozenset[Occasion]
    shops: tuple[str, ...]
    marks: Mapping[Occasion, tuple[str, ...]] = field(default_factory=dict)
    counts: Mapping[str, object] = field(default_factory=dict)
    lists: Mapping[str, tuple[Object, ...]] = field(default_factory=dict)


def of_result(result: RunResult, hide: Hide) -> News:
    """The news of a run that came to a result. `hide` takes secrets out of a text."""
    late = overdue(result)
    failed = [one for one in result.outcomes if failed_write(one.result)]
    unread: dict[str, str] = {str(shop.name): shop.error for shop in result.shops if shop.error is not None}
    if result.ledger_error is not None:
        unread = {"ledger": result.ledger_error, **unread}
    found = {
        Occasion.DIFFERENCES: (finding.id for statement in result.statements for finding in statement.findings),
        Occasion.REFUSED: (f"{refusal.who} {refusal.rule}" for refusal in result.refusals),
        Occasion.WRITE_FAILED: (f"{one.action} {one.result.value}" for one in failed),
        Occasion.UNREAD: unread,
        Occasion.OVERDUE: (action.id for action in late),
    }
    return News(
        command=_safe(result.command, hide),
        run=_safe(result.run, hide),
        now=result.now,
        exit_code=result.exit_code,
        headline=_safe(ending(result), hide),
        occasions=occasions(result),
        shops=tuple(sorted(shop.name for shop in result.shops)),
        marks={occasion: tuple(sorted(marks)) for occasion, marks in found.items()},
        counts=_counts(result),
        lists={
            "outcomes": tuple(_hidden(row, hide) for row in _outcomes(result)),
            "refusals": tuple(_hidden(row, hide) for row in _refusals(result)),
            "unread": tuple(_hidden({"who": who, "error": error}, hide) for who, error in unread.items()),
            "overdue": tuple(_hidden(_late(action, result), hide) for action in late),
        },
    )


def of_fault(command: str, exit_code: int, text: str, shops: Iterable[str], now: datetime, hide: Hide) -> News:
    """The news of a run that ended before it had a result; `text` is what it said."""
    told = f"{command} ended with {exit_code} ({meaning(exit_code)}): {text}"
    found = of_failure(exit_code)
    return News(
        command=command,
        run="",
        now=now,
        exit_code=exit_code,
        headline=_safe(told, hide),
        occasions=found,
        shops=tuple(sorted(shops)),
        marks={occasion: (str(exit_code),) for occasion in found},
    )


def stamp(at: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`."""
    return None if at is None else at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _counts(result: RunResult) -> Object:
    summary, plan = result.summary, result.plan
    return {
        "summary": {
            "skus": summary.skus,
            "listings": summary.listings,
            "in_line": summary.in_line,
            "variance_units": summary.variance_units,
            "oversell_units": summary.oversell_units,
            "by_scenario": {
                slug: {"findings": part.findings, "units": part.units, "ledger_units": part.ledger_units}
                for slug, part in sorted(summary.by_scenario.items())
            },
        },
        "plan": {
            "digest": plan.digest,
            "actions": _counted(action.kind.value for action in plan.actions),
            "withheld": _counted(one.rule for one in plan.withheld),
        },
        "results": _counted(outcome.result.value for outcome in result.outcomes),
    }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _outcomes(result: RunResult) -> Iterable[Object]:
    actions = {action.id: action for action in result.plan.actions}
    for outcome in result.outcomes:
        if outcome.result is not OutcomeResult.CONFIRMED:
            yield _outcome(outcome, actions.get(outcome.action))


def _outcome(outcome: Outcome, action: Action | None) -> Object:
    shown: Object = {"action": outcome.action, "result": outcome.result.value, "run": outcome.run or None}
    if action is not None:
        shown |= _place(action) | {"from": action.frm, "to": action.to, "by": action.by}
    return shown | {"seen": outcome.seen, "detail": outcome.detail}


def _refusals(result: RunResult) -> Iterable[Object]:
    for one in result.refusals:
        yield {
            "who": one.who,
            "rule": one.rule,
            "text": one.text,
            "way_on": one.way_on,
            "approvable": one.approvable,
        }


def _late(action: Action, result: RunResult) -> Object:
    since = result.ages.get(action.id)
    due = action.due or action.until
    where = _place(action)
    return {"action": action.id, "kind": action.kind.value, **where, "due": stamp(due), "since": stamp(since)} | {
        "text": action.text
    }


def _place(action: Action) -> Object:
    key: ListingKey | None = action.listing
    return {
        "sku": action.sku,
        "shop": key.shop if key else action.shop,
        "item_id": key.item_id or None if key else None,
        "variation_id": key.variation_id or None if key else None,
    }


def _hidden(row: Object, hide: Hide) -> Object:
    return {key: _safe(value, hide) if isinstance(value, str) else value for key, value in row.items()}


def _safe(text: str, hide: Hide) -> str:
    """Without secrets, and without lone surrogates, which no encoding of the network has."""
    return hide(text).encode("utf-8", "replace").decode("utf-8")
