"""What a report for people says around its findings: title, headline, plan, outcomes, what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.core.fates import applied, wrote
from stockrecon.core.findings import Action, RunResult, ShopReport
from stockrecon.core.headline import headline, overdue, plan_counts
from stockrecon.core.remaining import written
from stockrecon.reports.advice import Advice
from stockrecon.reports.carried import Carried, Told
from stockrecon.reports.onward import next_steps, refusals, refused_title, unpermitted
from stockrecon.reports.words import Zones, clean, count, exact, place, span

_HELD_SHOWN = 20
_MORE = "(--format json names them all)"


@dataclass(frozen=True, slots=True)
class Section:
    """A titled list; an item's further lines belong to it. `kind`: "", or "fault" for what must be seen.

    `kinds`: of the items, where they differ. `rows`: outcomes, below the items.
    """

    title: str
    items: Sequence[str]
    kind: str = ""
    kinds: Sequence[str] = ()
    rows: Sequence[Told] = ()


class Outline:
    """The texts in their order; the formats only decide how they look. `whole`: the result before it was narrowed."""

    def __init__(self, result: RunResult, zones: Zones, advice: Advice, whole: RunResult | None = None) -> None:
        self._result = result
        self._whole = whole or result
        self._zones = zones
        self._advice = advice
        self.carried = Carried(self._whole, zones)
        self.applied = applied(self._whole)

    def title(self) -> str:
        result = self._result
        return f"stockrecon {result.command}, run {clean(result.run)}, {self._zones.shown(result.now)}"

    def headline(self) -> list[tuple[str, str]]:
        """Lines with their kind: "", "risk", "lost", "fault"."""
        result, summary = self._result, self._result.summary
        lines = []
        if self.applied:
            lines.append((headline(self._whole), "fault" if result.exit_code in (11, 12) else ""))
        if not self._of_a_saved_plan():
            lines.append(self._read())
        if result.ledger_error is not None:
            lines.append(("The ledger could not be read.", "fault"))
        before = " before this run wrote" if wrote(self._whole) else ""
        if summary.oversell_units:
            lines.append((f"{count(summary.oversell_units, 'unit')} at risk of being oversold{before}", "risk"))
        if lost := summary.variance_units - summary.oversell_units:
            lines.append((f"{count(lost, 'unit')} not on sale that could be (lost sales){before}", "lost"))
        if ledger := sum(part.ledger_units for part in summary.by_scenario.values()):
            lines.append((f"{count(ledger, 'unit')} to look at in the ledger itself", "lost"))
        return lines

    def _read(self) -> tuple[str, str]:
        summary, shops = self._result.summary, self._result.shops
        read = sum(shop.error is None for shop in shops)
        some = f"{read} of {count(len(shops), 'shop')} read" if read < len(shops) else f"{count(read, 'shop')} read"
        parts = [some, count(summary.listings, "listing"), count(summary.skus, "SKU"), f"{summary.in_line:,d} in line"]
        return ", ".join(parts), "fault" if read < len(shops) else ""

    def _of_a_saved_plan(self) -> bool:
        """Whether nothing was compared: the plan came from a file, and only what it writes was read."""
        return self._whole.ledger is None and self._whole.ledger_error is None

    def verdict(self, wanted: Sequence[str] = ()) -> str:
        """One friendly line where there is nothing to list, or nothing that has to be done about it."""
        result = self._result
        if self.applied:
            return "" if result.exit_code else "Every correction was confirmed by reading back. Nothing is left to do."
        if self._of_a_saved_plan():
            return ""
        if any(statement.findings for statement in result.statements):
            return "Nothing to do: what differs settles by itself or is meant to be so." if not result.exit_code else ""
        if wanted:
            return f"This run has no findings of {' or '.join(wanted)}."
        if result.summary.variance_units:
            return ""
        if result.exit_code:
            return "What could be read is in line." if result.summary.listings else ""
        return "Everything is in line: every shop shows what the ledger says it should. Nothing to do."

    def first(self) -> Iterator[Section]:
        """What stands above the findings: what a guard refused in a run that was to write."""
        if self.applied and (refused := refusals(self._whole)):
            yield Section(refused_title(self._whole), refused, "fault")

    def sections(self, limit: int) -> Iterator[Section]:
        """Titled lists, those with something to say only."""
        if plan := self.plan():
            yield Section("Plan", [text for text, _ in plan], kinds=[kind for _, kind in plan])
        yield from self._outcomes(limit)
        if not self.applied and (refused := refusals(self._whole)):
            yield Section(refused_title(self._whole), refused, "fault")
        yield from self._nonempty(
            Section("Would not be written", unpermitted(self._whole, self.carried)),
            Section("Could not be read", self.unread()),
            Section("How the shops were read", self.read()),
            Section("Could not be explained", [clean(text) for text in self._result.cannot]),
            Section("Warnings", self.warnings(limit)),
            Section("Next", next_steps(self._whole, self.carried)),
        )

    def notes(self) -> Iterator[Section]:
        """What limits an explanation of one SKU: what could not be read or explained."""
        yield from self._nonempty(
            Section("Could not be read", self.unread()),
            Section("Could not be explained", [clean(text) for text in self._result.cannot]),
            Section("Withheld", self._withheld()),
        )

    def _nonempty(self, *sections: Section) -> Iterator[Section]:
        return (section for section in sections if section.items)

    def _outcomes(self, limit: int) -> Iterator[Section]:
        rows, earlier = self.carried.rows(), self.carried.earlier()
        if rows:
            verdicts = list(self.carried.verdicts())
            items, kinds = [text for text, _ in verdicts], [kind for _, kind in verdicts]
            if len(rows) > limit:
                items.append(f"the {limit:,d} rows that need a look first, of {len(rows):,d} {_MORE}")
                kinds.append("")
            yield Section("Outcomes", items, kinds=kinds, rows=rows[:limit])
        if earlier:
            yield Section("Settled from earlier runs", [], rows=earlier[:limit])

    def plan(self) -> list[tuple[str, str]]:
        """Lines with their kind: "", or "fault" for what is overdue."""
        result = self._result
        lines = []
        if counts := plan_counts(result.plan):
            idle = self.applied or not written(result.plan)
            lines.append((counts if idle else f"{counts}. Nothing has been written.", ""))
        if result.command == "sync":
            lines += self._actions()
        lines += [(text, "") for text in self._withheld()]
        if lines and result.plan.digest:
            lines.append((f"digest {clean(result.plan.digest)}", ""))
        return lines

    def _actions(self) -> Iterator[tuple[str, str]]:
        """Overdue ones first; writes whose outcome is told below are not listed twice."""
        late = overdue(self._result)
        for action in late:
            ago = _ago(" by ", action.due or action.until, self._result)
            yield f"OVERDUE{ago}: {self._action(action)}", "fault"
        told = {action.id for action in late}
        for action in self._result.plan.actions:
            if action.id not in told and self.carried.fates.outcome(action) is None:
                yield self._action(action), ""

    def _action(self, action: Action) -> str:
        left_out = "; would not be written" if self.carried.singled_out(action) else ""
        told = f"{self._advice.action(action)}{self._age(action)}{left_out}"
        return f"{exact(action.sku)}  {place(action.listing, action.shop)}: {told}"

    def _age(self, action: Action) -> str:
        return _ago(", since ", self._result.ages.get(action.id), self._result)

    def _withheld(self) -> list[str]:
        held = self._result.plan.withheld
        rules = Counter(withheld.rule for withheld in held)
        items = [f"withheld by {rule}: {count(number, 'action')}" for rule, number in sorted(rules.items())]
        for withheld in held[:_HELD_SHOWN]:
            action = withheld.action
            where = place(action.listing, action.shop)
            items.append(f"{exact(action.sku)}  {where}: {self._advice.held(withheld).text}{self._age(action)}")
        if len(held) > _HELD_SHOWN:
            items.append(f"... and {len(held) - _HELD_SHOWN:,d} more {_MORE}")
        return items

    def unread(self) -> list[str]:
        """Shops and ledger with their reason and the way on; then what was read but did not prove its end."""
        result = self._result
        items = []
        if result.ledger_error is not None:
            items.append(_fault("ledger", result.ledger_error))
        items += [_fault(shop.name, shop.error) for shop in result.shops if shop.error is not None]
        items += [
            f"{exact(shop.name)}: read, but it could not be proved complete" for shop in result.shops if _partial(shop)
        ]
        return items

    def read(self) -> list[str]:
        """In full or by its changes, where any shop is listened to."""
        shops = [shop for shop in self._result.shops if shop.facts is not None]
        if not any(shop.little is not None or shop.in_full for shop in shops):
            return []
        return [f"{exact(shop.name)}: {self._how(shop)}" for shop in shops]

    def _how(self, shop: ShopReport) -> str:
        little = shop.little
        if little is None:
            return f"read in full: {clean(shop.in_full)}" if shop.in_full else "read in full"
        since, full = (self._zones.on_the_day(at, self._result.now, shop.name) for at in (little.since, little.full_at))
        kept = f"{little.kept:,d} of {count(shop.listings, 'listing')} as of then"
        kept += f" or earlier, since the full pull at {full}" if little.full_at < little.since else ""
        untold = f" ({clean(little.untold)})" if little.untold else ""
        return f"changes since {since}; {kept}{untold}"

    def warnings(self, limit: int) -> list[str]:
        result = self._result
        items = [clean(text) for text in result.warnings]
        items += [f"{exact(shop.name)}: {clean(text)}" for shop in result.shops for text in shop.warnings]
        for statement in result.statements:
            items += [f"{exact(statement.sku)}: {clean(text)}" for text in statement.warnings]
            if statement.moving:
                items.append(f"{exact(statement.sku)}: was moving while it was read; left for the next run")
        if result.summary.unlisted:
            listed = count(result.summary.unlisted, "SKU")
            items.append(f"{listed} of the ledger stand in no shop (--all lists them)")
        if len(items) > limit:
            items[limit:] = [f"... and {len(items) - limit:,d} more (--format json has them all)"]
        return items


def _ago(word: str, at: datetime | None, result: RunResult) -> str:
    """How long before this run, behind a word; empty where it is not known, or less than a minute."""
    length = span(result.now - at) if at is not None else ""
    return f"{word}{length}" if length else ""


def _partial(shop: ShopReport) -> bool:
    return shop.error is None and shop.facts is not None and not shop.facts.complete


def _fault(who: str, error: str) -> str:
    """The error with its way on, each line cleaned; the name first unless the text begins with it."""
    lines = [clean(line) for line in error.split("\n")]
    text = "\n".join(lines)
    return text if text.startswith(f"{who}: ") else f"{exact(who)}: {text}"
