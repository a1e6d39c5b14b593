"""What the demo says below its report: what is left, and one line per story with whether the run recognised it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stockrecon.core.findings import Action, Finding, RunResult, Side
from stockrecon.core.headline import headline
from stockrecon.core.remaining import written
from stockrecon.core.slugs import SCENARIOS
from stockrecon.reports.advice import Advice
from stockrecon.reports.markdown import code, escaped
from stockrecon.reports.words import Zones, count, exact, place, signed

if TYPE_CHECKING:
    from stockrecon.sandbox.stories import Story

DIFFERENCES = 10
TITLE = "The six stories of this demo, and what the run made of them"


def story_lines(stories: Sequence[Story], result: RunResult) -> Iterator[str]:
    """Number, SKU, the story in plain words, and the causes that were found with their units."""
    for story in stories:
        yield f"{story.number}  {', '.join(story.skus)}: {story.text} {_found(story, result)}"


def for_people(stories: Sequence[Story], result: RunResult, width: int | None) -> Iterator[str]:
    """The lines as a section of the table's report; `width` None: each story on one line, however long."""
    if stories:
        yield f"\n{TITLE}\n"
    for line in story_lines(stories, result):
        yield _wrapped(line, width)


def _wrapped(line: str, width: int | None) -> str:
    parts = textwrap.wrap(line, width - 2, subsequent_indent="   ", break_on_hyphens=False) if width else [line]
    return "".join(f"  {part}\n" for part in parts)


def in_markdown(stories: Sequence[Story], result: RunResult) -> Iterator[str]:
    """The lines as a section of the markdown report."""
    if stories:
        yield f"\n### {TITLE}\n\n"
    for story in stories:
        skus = ", ".join(code(sku) for sku in story.skus)
        yield f"- **{story.number}** {skus}: {escaped(story.text)} {escaped(_found(story, result))}\n"


LEFT = "What is left, read again after the corrections"


def left_for_people(stories: Sequence[Story], left: RunResult, width: int) -> Iterator[str]:
    """What the run after the corrections still plans, and why, a step an item."""
    if stories:
        yield f"\n{LEFT}\n"
        for line in _left(left):
            parts = textwrap.wrap(line, width - 2, break_on_hyphens=False)
            yield "".join(f"{'  ' if index else '- '}{part}\n" for index, part in enumerate(parts))


def left_in_markdown(stories: Sequence[Story], left: RunResult) -> Iterator[str]:
    """The same as a section of the markdown report."""
    if stories:
        yield f"\n### {LEFT}\n\n"
        for line in _left(left):
            yield f"- {escaped(line)}\n"


def _left(left: RunResult) -> Iterator[str]:
    writes = written(left.plan)
    if left.exit_code not in (0, DIFFERENCES):
        yield f"The last look was not whole: {headline(left)}."
    elif writes:
        yield f"{count(len(writes), 'correction')} still to be written."
    else:
        yield "Nothing is left to write: what was corrected shows the right number now."
    advice = Advice(left, Zones(left))
    for action in left.plan.actions:
        yield f"{_where(action)}: {advice.action(action)}"
    for held in left.plan.withheld:
        yield f"{_where(held.action)}: {advice.held(held).text}"


def _where(action: Action) -> str:
    return f"{exact(action.sku)}  {place(action.listing, action.shop)}, {action.scenario}"


def recognised(story: Story, result: RunResult) -> bool:
    """Whether the run found the scenario of the story's number on its SKUs, and no other cause."""
    numbers = {finding.number for finding in _findings(story, result)}
    return numbers == {story.number}


def _findings(story: Story, result: RunResult) -> list[Finding]:
    return [finding for statement in result.statements if statement.sku in story.skus for finding in statement.findings]


def _found(story: Story, result: RunResult) -> str:
    """`Found: campaign-returned +8`; a story that was told as something else says so."""
    by_slug: dict[str, list[Finding]] = {}
    for finding in _findings(story, result):
        by_slug.setdefault(finding.scenario, []).append(finding)
    found = "; ".join(_units(slug, findings) for slug, findings in by_slug.items())
    if recognised(story, result):
        return f"Found: {found}."
    wanted = next((slug for slug, number in SCENARIOS.items() if number == story.number), "")
    return f"NOT RECOGNISED as {wanted}; found: {found or 'nothing'}."


def _units(slug: str, findings: Sequence[Finding]) -> str:
    listings = [finding.units for finding in findings if finding.side is Side.LISTING]
    ledger = [finding.units for finding in findings if finding.side is Side.LEDGER]
    parts = []
    if listings:
        on = f" on {count(len(listings), 'listing')}" if len(listings) > 1 else ""
        parts.append(f"{signed(sum(listings))}{on}")
    if ledger:
        parts.append(f"{signed(sum(ledger))} in the ledger")
    return f"{slug} {', '.join(parts)}"
