"""What to do about a finding, in words: its remedies matched with the plan's actions and what the plan withheld."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from stockrecon.core.findings import Action, ActionKind, Finding, Remedy, RemedyKind, RunResult, Withheld
from stockrecon.core.model import ListingKey
from stockrecon.reports.words import Zones, clean, plain

_ACTION_OF = {
    RemedyKind.SET: ActionKind.SET_STOCK,
    RemedyKind.ADJUST_LEDGER: ActionKind.ADJUST_LEDGER,
    RemedyKind.MANUAL: ActionKind.MANUAL,
    RemedyKind.WAIT: ActionKind.WAIT,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `withheld`: the rule because of which the plan does not do it."""

    kind: RemedyKind
    text: str
    withheld: str = ""


class Advice:
    """Looks up the plan by finding, and by listing: one write serves all findings of a listing."""

    def __init__(self, result: RunResult, zones: Zones) -> None:
        self._zones = zones
        self._by_finding: dict[tuple[str, ActionKind], list[Action]] = {}
        self._held_by_finding: dict[tuple[str, ActionKind], list[Withheld]] = {}
        self._write: dict[ListingKey, Action] = {}
        self._held_write: dict[ListingKey, Withheld] = {}
        for action in result.plan.actions:
            self._by_finding.setdefault((action.finding, action.kind), []).append(action)
            if action.kind is ActionKind.SET_STOCK and action.listing:
                self._write.setdefault(action.listing, action)
        for withheld in result.plan.withheld:
            action = withheld.action
            self._held_by_finding.setdefault((action.finding, action.kind), []).append(withheld)
            if action.kind is ActionKind.SET_STOCK and action.listing:
                self._held_write.setdefault(action.listing, withheld)

    def writes(self, finding: Finding) -> tuple[Action | None, Withheld | None]:
        """The write of the finding's listing: planned, withheld, or neither."""
        if finding.listing is None or not finding.has(RemedyKind.SET):
            return None, None
        return self._write.get(finding.listing), self._held_write.get(finding.listing)

    def withheld(self, key: ListingKey) -> Withheld | None:
        """The write of a listing that the plan withheld, if any."""
        return self._held_write.get(key)

    def written(self, finding: Finding) -> list[Action]:
        """The plan's writes that serve a finding: its ledger corrections, and the write of its listing."""
        write, _ = self.writes(finding)
        corrections = self._by_finding.get((finding.id, ActionKind.ADJUST_LEDGER), ())
        return [*corrections, *([write] if write else [])]

    def ledger_by(self, finding: Finding) -> int | None:
        """The sum of the finding's proposed ledger corrections; None where it proposes none."""
        proposed = [correction.by for remedy in finding.remedies for correction in remedy.corrections]
        if not proposed:
            planned = self._by_finding.get((finding.id, ActionKind.ADJUST_LEDGER), ())
            proposed = [action.by for action in planned if action.by is not None]
        return sum(proposed) if proposed else None

    def steps(self, finding: Finding) -> list[Step]:
        steps = [step for remedy in finding.remedies for step in self._of(finding, remedy)]
        return list(dict.fromkeys(steps))

    def _of(self, finding: Finding, remedy: Remedy) -> Iterable[Step]:
        if remedy.kind is RemedyKind.NONE:
            return [Step(remedy.kind, clean(remedy.text))] if remedy.text else []
        kind = _ACTION_OF[remedy.kind]
        planned = list(self._by_finding.get((finding.id, kind), ()))
        held = list(self._held_by_finding.get((finding.id, kind), ()))
        if remedy.kind is RemedyKind.SET and finding.listing and not planned and not held:
            planned = [self._write[finding.listing]] if finding.listing in self._write else []
            held = [self._held_write[finding.listing]] if finding.listing in self._held_write else []
        if not planned and not held:
            return [Step(remedy.kind, self._unplanned(finding, remedy))]
        steps = [Step(remedy.kind, self.action(action)) for action in planned]
        return steps + [self.held(withheld) for withheld in held]

    def held(self, withheld: Withheld) -> Step:
        """An action that is not done, and why."""
        kind = next(remedy for remedy, action in _ACTION_OF.items() if action is withheld.action.kind)
        reason = clean(withheld.text)
        text = f"{self.action(withheld.action)}: withheld ({withheld.rule})" + (f", {reason}" if reason else "")
        return Step(kind, text, withheld.rule)

    def action(self, action: Action) -> str:
        """One action in words, times in the zone of its shop."""
        shop = action.shop or (action.listing.shop if action.listing else None)
        match action.kind:
            case ActionKind.SET_STOCK:
                return f"set {plain(action.frm)} -> {plain(action.to)}"
            case ActionKind.ADJUST_LEDGER:
                return f"adjust the ledger by {action.by:+,d}" if action.by is not None else "adjust the ledger"
            case ActionKind.WAIT:
                until = f" until {self._zones.shown(action.until, shop)}" if action.until else ""
                return f"wait{until}"
            case ActionKind.MANUAL:
                due = f" (due {self._zones.shown(action.due, shop)})" if action.due else ""
                return f"by hand: {clean(action.text)}{due}"

    def _unplanned(self, finding: Finding, remedy: Remedy) -> str:
        shown = self._zones.finding(remedy.until, finding) if remedy.until else ""
        text = clean(remedy.text)
        match remedy.kind:
            case RemedyKind.WAIT:
                return f"wait until {shown}" if shown else f"wait: {text}" if text else "wait"
            case RemedyKind.MANUAL:
                return f"by hand: {text or 'see the evidence'}" + (f" (due {shown})" if shown else "")
            case RemedyKind.ADJUST_LEDGER:
                total = sum(correction.by for correction in remedy.corrections)
                return f"adjust the ledger by {total:+,d}" if total else f"adjust the ledger {text}".rstrip()
            case _:
                return text or "set to its target"
