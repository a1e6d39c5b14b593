"""One SKU in full: its statement as arithmetic, its findings with dated evidence, and one timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stockrecon.core.findings import Finding, Line, RunResult, Statement
from stockrecon.core.model import Component, ListingKey
from stockrecon.core.withhold import QUARANTINED
from stockrecon.reports import csv as sheets
from stockrecon.reports import json as documents
from stockrecon.reports.advice import Advice
from stockrecon.reports.causes import cause_of
from stockrecon.reports.outline import Outline
from stockrecon.reports.paper import Paper, hung
from stockrecon.reports.timeline import Event, events_of, own
from stockrecon.reports.view import PLAIN, View, about_statements, narrowed
from stockrecon.reports.words import Zones, clean, count, exact, place, plain, sentence, signed, when

Sum = list[tuple[str, str, str]]
"""Lines of arithmetic: what, number, why."""


def render(name: str, result: RunResult, view: View = PLAIN) -> Iterator[str]:
    """The explanation of the result's statements (one, for `stockrecon explain SKU`) in any format."""
    shown = narrowed(about_statements(result), view.scenarios, keep=True)
    match name:
        case "json":
            yield from documents.document(shown, {"timeline": _timeline_document(shown)})
        case "csv":
            yield from sheets.render(shown, view)
        case "markdown":
            yield "```\n"
            yield "".join(_text(shown, View(width=100))).replace("```", "'''")
            yield "```\n"
        case _:
            yield from _text(shown, view)


def _timeline_document(result: RunResult) -> list[dict[str, Any]]:
    events = sorted((e for s in result.statements for e in events_of(result, s)), key=lambda event: event.rank)
    return [
        {
            "at": documents.stamp(event.at),
            "kind": event.kind,
            "source": event.source,
            "fact": event.fact,
            "shop": event.shop,
            "item_id": event.listing.item_id or None if event.listing else None,
            "variation_id": event.listing.variation_id or None if event.listing else None,
        }
        for event in events
    ]


def _text(result: RunResult, view: View) -> Iterator[str]:
    paper = Paper(view.width, view.colour)
    zones = Zones(result)
    advice = Advice(result, zones)
    outline = Outline(result, zones, advice)
    yield paper.print(Text(outline.title(), style="dim"))
    for statement in result.statements:
        yield paper.print(*_statement(result, statement, advice, zones))
    for section in outline.notes():
        items = (_indented(hung("- ", Text(item)), 0) for item in section.items)
        yield paper.print(Text(f"\n{section.title}", style="bold"), *items)


def _statement(result: RunResult, statement: Statement, advice: Advice, zones: Zones) -> Iterator[RenderableType]:
    yield Text(f"\nSKU {exact(statement.sku)}", style="bold", overflow="fold")
    as_of = f", {zones.shown(result.ledger.as_of)}" if result.ledger else ""
    yield Text(f"\nLedger{as_of}", style="bold")
    yield _sum(_ledger_sum(statement))
    for text in statement.policy:
        yield _indented(Text(f"policy: {clean(text)}", style="dim", overflow="fold"), 2)
    ledger_side = [finding for finding in statement.findings if finding.listing is None]
    for finding in ledger_side:
        yield _finding(finding, advice, zones)
    for line in statement.lines:
        yield from _line(line, statement, advice, zones)
    for finding in statement.findings:
        if finding.listing is not None and all(line.listing.key != finding.listing for line in statement.lines):
            yield Text(f"\n{place(finding.listing)}", style="bold", overflow="fold")
            yield _finding(finding, advice, zones)
    for text in statement.warnings:
        yield Text(f"\nWarning: {clean(text)}", style="yellow")
    if statement.moving:
        yield Text("\nIt was moving while it was read; what changed is left for the next run.", style="yellow")
    yield Text("\nTimeline", style="bold")
    yield _timeline(events_of(result, statement), zones)


def _ledger_sum(statement: Statement) -> Sum:
    lines: Sum = [("available", plain(statement.available), "")]
    if statement.available is None:
        return [("available", "?", "the ledger does not know this SKU")]
    in_flight = statement.available_in_flight
    if in_flight is not None and in_flight != statement.available:
        lines.append(("in flight", signed(in_flight - statement.available), "orders that only one side knows yet"))
        lines.append(("= available'", plain(in_flight), "once both sides know"))
    if statement.excess:
        lines.append(("excess", signed(statement.excess), "units in the ledger that do not exist"))
        lines.append(("= corrected", plain(statement.available - statement.excess), "what targets are made from"))
    if statement.deficit:
        lines.append(("deficit", plain(statement.deficit), "promised, and not there"))
    return lines


def _line(line: Line, statement: Statement, advice: Advice, zones: Zones) -> Iterator[RenderableType]:
    listing = line.listing
    heading = Text(f"\n{place(listing.key)}", style="bold", overflow="fold")
    state = f", {listing.state.value}" + (f": {clean(listing.message)}" if listing.message else "")
    sku = f", seller SKU {exact(listing.seller_sku)}" if listing.seller_sku else ", no seller SKU"
    yield heading.append(f"{sku}{state}", style="not bold")
    findings = [finding for finding in statement.findings if finding.listing == listing.key]
    yield _sum(_listing_sum(line, findings))
    for text in _own_writes(listing.key, statement, advice, zones):
        yield _indented(Text(text, style="dim", overflow="fold"), 2)
    for finding in findings:
        yield _finding(finding, advice, zones)


def _own_writes(key: ListingKey, statement: Statement, advice: Advice, zones: Zones) -> Iterator[str]:
    """What this program wrote to a listing last, and that nothing else is written while that write is open."""
    mine = [push for push in statement.timeline.pushes if push.key == key and own(push)]
    if mine:
        last = max(mine, key=lambda push: push.at)
        outcome = "accepted" if last.ok else f"refused: {clean(last.error) or 'no reason recorded'}"
        yield f"stockrecon wrote {plain(last.quantity)} at {zones.shown(last.at, key.shop)}, {outcome}"
    held = advice.withheld(key)
    if held is not None and held.rule == QUARANTINED:
        yield f"a write of stockrecon is open: {clean(held.text)}"


def _listing_sum(line: Line, findings: Iterable[Finding]) -> Sum:
    listing = line.listing
    lines: Sum = [("sellable", plain(listing.sellable), "")]
    lines.append(("+ campaign", plain(listing.campaign), "locked, on sale inside it" if listing.campaign else ""))
    lines.append(("= exposed", plain(listing.exposed), _beside(listing.withheld, listing.committed)))
    lines.append(("- target", plain(line.target), _why_target(listing.components)))
    lines.append(("= variance", signed(line.variance), _meaning(line.variance)))
    for finding in findings:
        number = f" ({finding.number})" if finding.number else ""
        lines.append((f"  {finding.scenario}{number}", signed(finding.units), cause_of(finding.scenario).title))
    if line.write_target is not None and (line.floor != 0 or line.write_target != line.target):
        lines.append(_write(line.write_target, line))
    return lines


def _write(value: int, line: Line) -> tuple[str, str, str]:
    """What a write would set: the cautious target, or the floor where the channel accepts no less."""
    if line.floor is None:
        return ("a write sets", plain(value), "how little the channel accepts is unknown, so nothing is lowered")
    if line.target is not None and value > line.target:
        return ("a write sets", plain(value), "the least that the channel accepts")
    return ("a write sets", plain(value), "the cautious target")


def _beside(withheld: int, committed: int) -> str:
    parts = []
    if withheld:
        parts.append(f"{withheld:,d} withheld by unpaid orders")
    if committed:
        parts.append(f"{committed:,d} committed to paid orders")
    return f"beside it {' and '.join(parts)}" if parts else ""


def _why_target(components: tuple[Component, ...]) -> str:
    if len(components) > 1:
        kit = " + ".join(f"{component.units} x {exact(component.sku)}" for component in components)
        return f"a kit of {kit}"
    if components and components[0].units != 1:
        return f"each takes {count(components[0].units, 'unit')}"
    return ""


def _meaning(variance: int | None) -> str:
    if variance is None:
        return "unknown"
    return "oversell risk" if variance > 0 else "lost sales" if variance < 0 else "in line"


def _sum(lines: Sum) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold", min_width=14)
    table.add_column(justify="right", no_wrap=True, min_width=7)
    table.add_column(overflow="fold")
    for what, number, why in lines:
        style = "bold" if what.startswith("=") else ""
        table.add_row(Text(what, style=style), Text(number, style=style), Text(why, style="dim"))
    return _indented(table, 2)


def _finding(finding: Finding, advice: Advice, zones: Zones) -> RenderableType:
    number = f" ({finding.number})" if finding.number else ""
    ambiguous = ", ambiguous" if finding.ambiguous else ""
    title = Text(f"\n{signed(finding.units)}  {finding.scenario}{number}{ambiguous}", style="bold")
    body: list[RenderableType] = [Text(sentence(finding), overflow="fold")]
    body += [hung("> ", Text(step.text, style="green", overflow="fold")) for step in advice.steps(finding)]
    facts = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for fact in finding.evidence:
        at = zones.finding(fact.at, finding) if fact.at else "undated"
        facts.add_row(Text(at, style="dim"), Text(f"{clean(fact.source)}: {clean(fact.fact)}"))
    if finding.evidence:
        body.append(facts)
    return _indented(Stack(title, _indented(Stack(*body), 4)), 2)


def _timeline(events: Iterable[Event], zones: Zones) -> RenderableType:
    """In one zone, the shops' common one or UTC: an order of time has to be read down a column."""
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for event in events:
        text = f"{clean(event.source)}: {clean(event.fact)}"
        table.add_row(Text(when(event.at, zones.common), style="dim"), Text(event.kind, style="cyan"), Text(text))
    return _indented(table, 2)


def _indented(renderable: RenderableType, by: int) -> Padding:
    return Padding(renderable, (0, 0, 0, by))
