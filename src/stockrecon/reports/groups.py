"""Findings grouped by cause, worst first: the order in which people should read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stockrecon.core.findings import Finding, Line, RunResult, Side, Statement
from stockrecon.reports.causes import SETTLED, Cause, cause_of


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with the statement that it belongs to and its listing's line, if it concerns one."""

    statement: Statement
    finding: Finding
    line: Line | None

    @property
    def rank(self) -> tuple[bool, int, str, str, str]:
        """Oversell before lost sales, many units before few, then a fixed order."""
        finding = self.finding
        shop, item = (finding.listing.shop, str(finding.listing)) if finding.listing else (finding.shop or "", "")
        return (finding.units <= 0, -abs(finding.units), finding.sku, shop, item)


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one cause. `oversell` and `lost`: units on listings; `ledger`: units on the ledger side."""

    slug: str
    number: int | None
    rows: tuple[Row, ...]
    oversell: int
    lost: int
    ledger: int

    @property
    def cause(self) -> Cause:
        return cause_of(self.slug)


def rows_of(result: RunResult) -> list[Row]:
    """One row per finding, in the statements' order."""
    rows = []
    for statement in result.statements:
        lines = {line.listing.key: line for line in statement.lines}
        for finding in statement.findings:
            line = lines.get(finding.listing) if finding.listing is not None else None
            rows.append(Row(statement, finding, line))
    return rows


def groups_of(result: RunResult) -> list[Group]:
    """Oversell units descending, then ledger units, then lost sales; what settles by itself comes last."""
    by_slug: dict[str, list[Row]] = {}
    for row in rows_of(result):
        by_slug.setdefault(row.finding.scenario, []).append(row)
    groups = [_group(slug, rows) for slug, rows in by_slug.items()]
    return sorted(groups, key=lambda g: (g.slug in SETTLED, -g.oversell, -g.ledger, -g.lost, -len(g.rows), g.slug))


def _group(slug: str, rows: list[Row]) -> Group:
    findings = [row.finding for row in rows]
    listing = [finding.units for finding in findings if finding.side is Side.LISTING]
    return Group(
        slug=slug,
        number=findings[0].number,
        rows=tuple(sorted(rows, key=lambda row: row.rank)),
        oversell=sum(units for units in listing if units > 0),
        lost=-sum(units for units in listing if units < 0),
        ledger=sum(abs(finding.units) for finding in findings if finding.side is Side.LEDGER),
    )


def shares(sizes: Sequence[int], limit: int) -> list[int]:
    """How many rows each group shows: a fair share for all, then the rest to the worst; at most `limit` in sum."""
    if not sizes:
        return []
    fair = limit // len(sizes)
    shown = [min(size, fair) for size in sizes]
    left = limit - sum(shown)
    for index, size in enumerate(sizes):
        more = min(size - shown[index], left)
        shown[index] += more
        left -= more
    return shown
