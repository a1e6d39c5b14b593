"""The report for people at a terminal: worst first, grouped by cause, one sentence each, and what to do.

Wide terminals get columns, narrow ones a block per finding; nothing is ever cut off, long names wrap.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stockrecon.core.fates import WORDS
from stockrecon.core.findings import Finding, RemedyKind, RunResult, Side
from stockrecon.core.headline import quiet
from stockrecon.reports.advice import Advice, Step
from stockrecon.reports.carried import Told
from stockrecon.reports.groups import Group, Row, groups_of, shares
from stockrecon.reports.outline import Outline, Section
from stockrecon.reports.paper import Paper, hung
from stockrecon.reports.view import PLAIN, View, narrowed
from stockrecon.reports.words import Zones, clean, count, exact, place, sentence, signed

COLUMNS_FROM = 110
"""From this width on there is room for columns."""

_STYLE = {
    RemedyKind.SET: "green",
    RemedyKind.ADJUST_LEDGER: "green",
    RemedyKind.MANUAL: "magenta",
    RemedyKind.WAIT: "cyan",
    RemedyKind.NONE: "dim",
}
_LINE = {"risk": "bold red", "lost": "yellow", "fault": "bold red", "good": "green", "wait": "cyan", "idle": "dim"}
_RESULT = max(map(len, WORDS.values()))


def render(result: RunResult, view: View = PLAIN) -> Iterator[str]:
    """The report as text, block by block."""
    paper = Paper(view.width, view.colour)
    zones = Zones(result)
    shown = narrowed(result, view.scenarios)
    advice = Advice(shown, zones)
    outline = Outline(shown, zones, advice, result)
    if view.brief and result.command == "sync":
        if line := quiet(result):
            yield f"{line}\n"
        return
    yield paper.print(_head(outline))
    if view.brief:
        return
    for section in outline.first():
        yield paper.print(*_section(section, view))
    if verdict := outline.verdict(view.scenarios):
        yield paper.print(Text(f"\n{verdict}", style="green"))
    groups = groups_of(shown)
    numbers = shares([len(group.rows) for group in groups], view.limit)
    for index, (group, number) in enumerate(zip(groups, numbers, strict=True)):
        yield paper.print(*_group(group, number, advice, zones, view, titled=index == 0))
    hidden = max(0, sum(len(group.rows) for group in groups) - view.limit)
    if hidden:
        more = f"\nThe worst {view.limit:,d} are shown, {hidden:,d} more are not. All of them: --format csv -o FILE"
        yield paper.print(Text(more, style="bold"))
    for section in outline.sections(view.limit):
        yield paper.print(*_section(section, view))
    if groups:
        yield paper.print(Text("\nOne SKU in full, with its evidence: stockrecon explain SKU", style="dim"))


def _head(outline: Outline) -> Text:
    text = Text().append(outline.title() + "\n", style="dim")
    for index, (line, kind) in enumerate(outline.headline()):
        style = _LINE.get(kind, "bold")
        text.append(("\n" if index else "") + line, style=style)
    return text


def _group(
    group: Group, number: int, advice: Advice, zones: Zones, view: View, *, titled: bool
) -> Iterable[RenderableType]:
    name = f"{group.number}  {group.cause.title}" if group.number else group.cause.title
    heading = Text("\n").append(name, style="bold")
    heading.append(f"  {group.slug}", style="dim")
    gap = "  " if heading.cell_len + 2 + len(_sums(group)) <= view.width else "\n  "
    heading.append(f"{gap}{_sums(group)}", style="red" if group.oversell else "")
    yield heading
    if group.cause.meaning:
        yield Padding(Text(group.cause.meaning, style="dim"), (0, 0, 0, 2))
    rows = group.rows[:number]
    if rows:
        yield Text()
        if view.width >= COLUMNS_FROM:
            yield _columns(rows, advice, zones, view, titled=titled)
        else:
            yield _blocks(rows, advice, zones, view)
    if number < len(group.rows):
        yield Padding(Text(f"... and {count(len(group.rows) - number, 'more finding')}", style="dim"), (0, 0, 0, 2))


def _sums(group: Group) -> str:
    parts = [count(len(group.rows), "finding")]
    if group.oversell:
        parts.append(f"{signed(group.oversell)} oversell")
    if group.lost:
        parts.append(f"{signed(-group.lost)} lost sales")
    if group.ledger:
        parts.append(f"{count(group.ledger, 'unit')} in the ledger")
    return ", ".join(parts)


def _columns(rows: Iterable[Row], advice: Advice, zones: Zones, view: View, *, titled: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=titled, header_style="dim")
    table.add_column("  Units", justify="right", no_wrap=True, width=9)
    table.add_column("SKU", overflow="fold", width=max(16, view.width // 6))
    table.add_column("Where", overflow="fold", width=max(18, view.width // 6))
    table.add_column("What happened, what to do", overflow="fold", ratio=1)
    for row in rows:
        finding = row.finding
        told = Stack(*_told(finding, advice, zones, view))
        table.add_row(_units(finding), Text(exact(finding.sku), style="bold"), Text(_where(finding)), told)
    return table


def _blocks(rows: Iterable[Row], advice: Advice, zones: Zones, view: View) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(justify="right", no_wrap=True, width=9)
    table.add_column(overflow="fold", ratio=1)
    for row in rows:
        finding = row.finding
        title = Text(exact(finding.sku), style="bold", overflow="fold").append(f"  {_where(finding)}", style="not bold")
        table.add_row(_units(finding), Stack(title, *_told(finding, advice, zones, view)))
    return table


def _units(finding: Finding) -> Text:
    style = "" if not finding.units else "bold red" if finding.units > 0 else "yellow"
    return Text(signed(finding.units), style=style)


def _where(finding: Finding) -> str:
    if finding.side is Side.LEDGER and finding.listing is None:
        return "ledger"
    return place(finding.listing, finding.shop)


def _told(finding: Finding, advice: Advice, zones: Zones, view: View) -> Iterator[RenderableType]:
    told = Text(sentence(finding), overflow="fold")
    if finding.ambiguous:
        told.append(" (ambiguous: the evidence fits several causes)", style="italic")
    yield told
    for step in advice.steps(finding):
        yield _step(step)
    if view.evidence:
        for fact in finding.evidence:
            at = f"{zones.finding(fact.at, finding)}  " if fact.at else ""
            yield hung("- ", Text(f"{at}{clean(fact.source)}: {clean(fact.fact)}", style="dim"))


def _step(step: Step) -> RenderableType:
    return hung("> ", Text(step.text, style="dim" if step.withheld else _STYLE[step.kind], overflow="fold"))


def _section(section: Section, view: View) -> Iterator[RenderableType]:
    yield Text(f"\n{section.title}", style=_LINE.get(section.kind, "bold"), overflow="fold")
    for item, kind in zip_longest(section.items, section.kinds, fillvalue=""):
        for index, line in enumerate(item.split("\n")):
            style = _LINE[kind].removeprefix("bold ") if kind else ""
            yield hung("- " if index == 0 else "    ", Text(line.strip(), style=style, overflow="fold"))
    if section.rows:
        yield from [Text()] if section.items else []
        yield _outcome_columns(section.rows, view) if view.width >= COLUMNS_FROM else _outcome_blocks(section.rows)


def _outcome_columns(rows: Iterable[Told], view: View) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=True, header_style="dim")
    table.add_column("  Result", no_wrap=True, width=_RESULT + 2)
    table.add_column("SKU", overflow="fold", width=max(16, view.width // 6))
    table.add_column("Where", overflow="fold", width=max(18, view.width // 6))
    table.add_column("Sent, seen", overflow="fold", width=22)
    table.add_column("When", no_wrap=True)
    table.add_column("Why", overflow="fold", ratio=1)
    for row in rows:
        cells = map(Text, (row.where, row.numbers, row.at, row.text))
        table.add_row(Text(f"  {row.word}", style=_LINE[row.kind]), Text(row.sku, style="bold"), *cells)
    return table


def _outcome_blocks(rows: Iterable[Told]) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True, width=_RESULT + 2)
    table.add_column(overflow="fold", ratio=1)
    for row in rows:
        title = Text(row.sku, style="bold", overflow="fold").append(f"  {row.where}", style="not bold")
        numbers = ", ".join(part for part in (row.numbers, row.at) if part)
        lines = [title, *(Text(line, overflow="fold") for line in (numbers, row.text) if line)]
        table.add_row(Text(f"  {row.word}", style=_LINE[row.kind]), Stack(*lines))
    return table
