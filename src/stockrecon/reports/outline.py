"""What a report for people says around its findings: title, headline, plan, what could not be read or explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from stockrecon.core.findings import ActionKind, RunResult, ShopReport
from stockrecon.reports.advice import Advice, plan_counts
from stockrecon.reports.words import Zones, clean, count, exact, place

_HELD_SHOWN = 20


class Outline:
    """The texts in their order; the formats only decide how they look."""

    def __init__(self, result: RunResult, zones: Zones, advice: Advice) -> None:
        self._result = result
        self._zones = zones
        self._advice = advice

    def title(self) -> str:
        result = self._result
        return f"stockrecon {result.command}, run {clean(result.run)}, {self._zones.shown(result.now)}"

    def headline(self) -> list[tuple[str, str]]:
        """Lines with their kind: "", "risk", "lost", "fault"."""
        result, summary = self._result, self._result.summary
        read = sum(shop.error is None for shop in result.shops)
        shops = f"{read} of {count(len(result.shops), 'shop')} read" if read < len(result.shops) else ""
        first = [
            shops or f"{count(read, 'shop')} read",
            count(summary.listings, "listing"),
            count(summary.skus, "SKU"),
            f"{summary.in_line:,d} in line",
        ]
        lines = [(", ".join(first), "fault" if read < len(result.shops) else "")]
        if result.ledger_error is not None:
            lines.append(("The ledger could not be read.", "fault"))
        if summary.oversell_units:
            lines.append((f"{count(summary.oversell_units, 'unit')} at risk of being oversold", "risk"))
        if lost := summary.variance_units - summary.oversell_units:
            lines.append((f"{count(lost, 'unit')} not on sale that could be (lost sales)", "lost"))
        if ledger := sum(part.ledger_units for part in summary.by_scenario.values()):
            lines.append((f"{count(ledger, 'unit')} to look at in the ledger itself", "lost"))
        return lines

    def verdict(self, wanted: Sequence[str] = ()) -> str:
        """One friendly line where there is nothing to list, or nothing that has to be done about it."""
        result = self._result
        if any(statement.findings for statement in result.statements):
            return "Nothing to do: what differs settles by itself or is meant to be so." if not result.exit_code else ""
        if wanted:
            return f"This run has no findings of {' or '.join(wanted)}."
        if result.summary.variance_units:
            return ""
        if result.exit_code:
            return "What could be read is in line." if result.summary.listings else ""
        return "Everything is in line: every shop shows what the ledger says it should. Nothing to do."

    def sections(self, limit: int) -> Iterator[tuple[str, list[str]]]:
        """Titled lists, those with something to say only. An item's further lines belong to it."""
        for title, items in (
            ("Plan", self.plan()),
            ("Could not be read", self.unread()),
            ("Could not be explained", [clean(text) for text in self._result.cannot]),
            ("Warnings", self.warnings(limit)),
        ):
            if items:
                yield title, items

    def notes(self) -> Iterator[tuple[str, list[str]]]:
        """What limits an explanation of one SKU: what could not be read or explained."""
        for title, items in (
            ("Could not be read", self.unread()),
            ("Could not be explained", [clean(text) for text in self._result.cannot]),
            ("Withheld", self._withheld()),
        ):
            if items:
                yield title, items

    def plan(self) -> list[str]:
        result = self._result
        items = []
        if counts := plan_counts(result):
            applies = any(a.kind in (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER) for a in result.plan.actions)
            written = "" if result.outcomes or not applies else ". Nothing has been written."
            items.append(f"{counts}{written}")
        if result.command == "sync":
            items += self._actions()
        items += self._withheld()
        if items and result.plan.digest:
            items.append(f"digest {clean(result.plan.digest)}")
        return items

    def _actions(self) -> list[str]:
        return [
            f"{exact(action.sku)}  {place(action.listing, action.shop)}: {self._advice.action(action)}"
            for action in self._result.plan.actions
        ]

    def _withheld(self) -> list[str]:
        held = self._result.plan.withheld
        rules = Counter(withheld.rule for withheld in held)
        items = [f"withheld by {rule}: {count(number, 'action')}" for rule, number in sorted(rules.items())]
        for withheld in held[:_HELD_SHOWN]:
            action = withheld.action
            where = place(action.listing, action.shop)
            items.append(f"{exact(action.sku)}  {where}: {self._advice.held(withheld).text}")
        if len(held) > _HELD_SHOWN:
            items.append(f"... and {len(held) - _HELD_SHOWN:,d} more (--format json names them all)")
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


def _partial(shop: ShopReport) -> bool:
    return shop.error is None and shop.facts is not None and not shop.facts.complete


def _fault(who: str, error: str) -> str:
    """The error with its way on, each line cleaned; the name first unless the text begins with it."""
    lines = [clean(line) for line in error.split("\n")]
    text = "\n".join(lines)
    return text if text.startswith(f"{who}: ") else f"{exact(who)}: {text}"
