"""Markdown for tickets and chat: the table's report as headings, tables and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stockrecon.core.findings import RunResult
from stockrecon.core.headline import quiet
from stockrecon.reports.advice import Advice
from stockrecon.reports.groups import Group, groups_of, shares
from stockrecon.reports.outline import Outline, Section
from stockrecon.reports.view import PLAIN, View, narrowed
from stockrecon.reports.words import Zones, count, exact, place, sentence, signed

_SPECIAL = re.compile(r"([\\`*_\[\]|#~])")
_TICKS = re.compile("`+")
_OUTCOMES = "| Result | SKU | Where | Sent, seen | When | Why |\n|---|---|---|---|---|---|\n"


def escaped(text: str) -> str:
    """Text that stays text: no markup, no HTML, nobody mentioned."""
    shown = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", shown).replace("@", "&#64;")


def code(name: str) -> str:
    """An identifier in a code span, fenced by more backticks than it holds; `|` would end a table's cell."""
    shown = exact(name)
    fence = "`" * (max((len(ticks) for ticks in _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", "\\|")


def render(result: RunResult, view: View = PLAIN) -> Iterator[str]:
    """The report; like the table's, it shows the worst findings and says how many more there are."""
    zones = Zones(result)
    shown = narrowed(result, view.scenarios)
    advice = Advice(shown, zones)
    outline = Outline(shown, zones, advice, result)
    if view.brief and result.command == "sync":
        if line := quiet(result):
            yield f"{escaped(line)}\n"
        return
    yield f"## {escaped(outline.title())}\n\n"
    yield "".join(f"- **{escaped(line)}**\n" for line, _ in outline.headline())
    if view.brief:
        return
    for section in outline.first():
        yield from _section(section)
    if verdict := outline.verdict(view.scenarios):
        yield f"\n{escaped(verdict)}\n"
    groups = groups_of(shown)
    for group, number in zip(groups, shares([len(group.rows) for group in groups], view.limit), strict=True):
        yield from _group(group, number, advice)
    hidden = max(0, sum(len(group.rows) for group in groups) - view.limit)
    if hidden:
        yield f"\n**{hidden:,d} more findings are not shown.** All of them: `--format csv -o FILE`\n"
    for section in outline.sections(view.limit):
        yield from _section(section)


def _group(group: Group, number: int, advice: Advice) -> Iterator[str]:
    name = f"{group.number} {group.cause.title}" if group.number else group.cause.title
    yield f"\n### {escaped(name)} ({escaped(group.slug)}): {count(len(group.rows), 'finding')}\n"
    if group.cause.meaning:
        yield f"\n{escaped(group.cause.meaning)}\n"
    if not number:
        return
    yield "\n| Units | SKU | Where | What happened | What to do |\n|---:|---|---|---|---|\n"
    for row in group.rows[:number]:
        finding = row.finding
        text = sentence(finding) + (" (ambiguous)" if finding.ambiguous else "")
        steps = "<br>".join(escaped(step.text) for step in advice.steps(finding))
        where = escaped(place(finding.listing, finding.shop))
        yield f"| {signed(finding.units)} | {code(finding.sku)} | {where} | {escaped(text)} | {steps} |\n"


def _section(section: Section) -> Iterator[str]:
    title = escaped(section.title)
    yield f"\n### {f'**{title}**' if section.kind == 'fault' else title}\n\n"
    yield "".join(f"- {_item(item)}\n" for item in section.items)
    if section.rows:
        yield ("\n" if section.items else "") + _OUTCOMES
    for row in section.rows:
        cells = (row.word, code(row.sku), *map(escaped, (row.where, row.numbers, row.at, row.text)))
        yield f"| {' | '.join(cells)} |\n"


def _item(item: str) -> str:
    return "<br>".join(escaped(line.strip()) for line in item.split("\n"))
