"""CSV for spreadsheets: one row per finding with its listing's numbers. Safe to open, numbers stay numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from stockrecon.core.findings import RunResult
from stockrecon.reports.advice import Advice
from stockrecon.reports.groups import Row, groups_of
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
    buffer = io.StringIO()
    # Numbers are not quoted, all text is: an id of digits stays text for readers that heed the quotes.
    writer = csv.writer(buffer, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(COLUMNS)
    for group in groups_of(shown):
        for row in group.rows:
            writer.writerow([_cell(value) for value in _values(row, advice)])
            if buffer.tell() > _CHUNK:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _cell(value: Cell) -> str | int:
    if value is None:
        return ""
    return value if isinstance(value, int) else safe(value)


def _values(row: Row, advice: Advice) -> list[Cell]:
    finding, statement = row.finding, row.statement
    key = finding.listing
    write, held = advice.writes(finding)
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
    ]


def _numbers(row: Row) -> list[Cell]:
    if row.line is None:
        return [None] * 9
    listing, line = row.line.listing, row.line
    buckets: list[Cell] = [listing.sellable, listing.campaign, listing.withheld, listing.committed, listing.exposed]
    return [*buckets, line.target, line.floor, line.variance, listing.state.value]
