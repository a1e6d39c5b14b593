"""CSV for spreadsheets: one row per finding with its listing's numbers and what became of its correction.

What was written without a finding at hand (a saved plan, writes of earlier runs) has rows of its own below. Safe to
open, numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from stockrecon.core.findings import Action, Outcome, RunResult
from stockrecon.reports.advice import Advice
from stockrecon.reports.groups import Row, groups_of, rows_of
from stockrecon.reports.json import stamp
from stockrecon.reports.view import PLAIN, View, narrowed
from stockrecon.reports.words import Zones, clean

COLUMNS = (
    "scenario",
    "number",
    "side",
    "sku",
    "shop",
    "item_id",
    "variation_id",
    "seller_sku",
    "units",
    "ambiguous",
    "available",
    "available_in_flight",
    "sellable",
    "campaign",
    "withheld",
    "committed",
    "exposed",
    "target",
    "floor",
    "variance",
    "state",
    "remedies",
    "set_to",
    "set_withheld",
    "ledger_by",
    "resolves_at",
    "text",
    "what_to_do",
    "finding",
    "outcome",
    "outcome_seen",
    "outcome_at",
    "outcome_detail",
)

Cell = str | int | None

# What a spreadsheet would take for a formula, also behind spaces and in full width.
_FORMULA = re.compile(r"^[\s\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]")
_CHUNK = 64 * 1024


def safe(text: str) -> str:
    """A text cell that no spreadsheet computes: a leading apostrophe where it might."""
    shown = clean(text) if not text.isprintable() else text
    return f"'{shown}" if _FORMULA.match(text) or _FORMULA.match(shown) else shown


def render(result: RunResult, view: View = PLAIN) -> Iterator[str]:
    """Rows in the order of the table: causes worst first, and within a cause the worst finding first."""
    shown = narrowed(result, view.scenarios)
    advice = Advice(shown, Zones(shown))
    own = {outcome.action: outcome for outcome in shown.outcomes if not outcome.run}
    buffer = io.StringIO()
    # Numbers are not quoted, all text is: an id of digits stays text for readers that heed the quotes.
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for group in groups_of(shown):
        for row in group.rows:
            writer.writerow([_cell(value) for value in _values(row, advice, own)])
            if buffer.tell() > _CHUNK:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    for outcome, action in _alone(shown, advice, everything=not view.scenarios):
        writer.writerow([_cell(value) for value in _lone_values(outcome, action)])
    yield buffer.getvalue()


def _cell(value: Cell) -> str | int:
    if value is None:
        return ""
    return value if isinstance(value, int) else safe(value)


def _values(row: Row, advice: Advice, own: Mapping[str, Outcome]) -> list[Cell]:
    finding, statement = row.finding, row.statement
    key = finding.listing
    write, held = advice.writes(finding)
    outcomes = [own[action.id] for action in advice.written(finding) if action.id in own]
    return [
        finding.scenario,
        finding.number,
        finding.side.value,
        finding.sku,
        key.shop if key else finding.shop,
        key.item_id if key else None,
        key.variation_id if key else None,
        row.line.listing.seller_sku if row.line else None,
        finding.units,
        "yes" if finding.ambiguous else "no",
        statement.available,
        statement.available_in_flight,
        *_numbers(row),
        " ".join(remedy.kind.value for remedy in finding.remedies),
        write.to if write else None,
        held.rule if held and not write else None,
        advice.ledger_by(finding),
        stamp(finding.resolves_at),
        finding.text,
        "; ".join(step.text for step in advice.steps(finding)),
        finding.id,
        *_became(outcomes),
    ]


def _became(outcomes: Sequence[Outcome]) -> list[Cell]:
    """Result, number seen, time and detail; of several corrections every result, and the last time."""
    if not outcomes:
        return [None] * 4
    seen = outcomes[0].seen if len(outcomes) == 1 else None
    results = dict.fromkeys(outcome.result.value for outcome in outcomes)
    details = dict.fromkeys(outcome.detail for outcome in outcomes if outcome.detail)
    return [" ".join(results), seen, stamp(max(outcome.at for outcome in outcomes)), "; ".join(details)]


def _alone(result: RunResult, advice: Advice, *, everything: bool) -> Iterator[tuple[Outcome, Action | None]]:
    """Outcomes that no finding's row tells. Not `everything`: only of this plan's actions."""
    told = {action.id for row in rows_of(result) for action in advice.written(row.finding)}
    actions = {action.id: action for action in result.plan.actions}
    for outcome in result.outcomes:
        action = outcome.about if outcome.run else actions.get(outcome.action)
        if everything if outcome.run or action is None else outcome.action not in told:
            yield outcome, action


def _lone_values(outcome: Outcome, action: Action | None) -> list[Cell]:
    shown: dict[str, Cell] = {}
    if action is not None:
        key = action.listing
        shown = {
            "scenario": action.scenario,
            "sku": action.sku,
            "shop": action.shop,
            "item_id": key.item_id if key else None,
            "variation_id": key.variation_id if key else None,
            "set_to": action.to,
            "ledger_by": action.by,
            "finding": action.finding,
        }
    said = [outcome.detail, "" if action else f"action {outcome.action}", outcome.run and f"sent by run {outcome.run}"]
    shown |= dict(zip(COLUMNS[-4:], _became([outcome]), strict=True))
    shown["outcome_detail"] = "; ".join(part for part in said if part)
    return [shown.get(name) for name in COLUMNS]


def _numbers(row: Row) -> list[Cell]:
    if row.line is None:
        return [None] * 9
    listing, line = row.line.listing, row.line
    buckets: list[Cell] = [listing.sellable, listing.campaign, line.withheld, line.committed, listing.exposed]
    return [*buckets, line.target, line.floor, line.variance, listing.state.value]
