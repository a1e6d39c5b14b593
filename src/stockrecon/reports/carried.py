"""What became of a plan that was carried out: a verdict per shop, a row per write, and what earlier runs had left open.

Everything here is told of the whole run: a filter of what is shown never hides what was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from stockrecon.core import guard
from stockrecon.core.findings import LEDGER, Action, ActionKind, Outcome, OutcomeResult, RunResult
from stockrecon.core.model import ShopName
from stockrecon.core.plan import action_id
from stockrecon.core.policy import Mode
from stockrecon.core.remaining import written
from stockrecon.reports.words import Zones, clean, count, exact, place, plain, signed

WORDS: Mapping[OutcomeResult, str] = {
    OutcomeResult.UNKNOWN: "unknown",
    OutcomeResult.REJECTED: "rejected",
    OutcomeResult.CONFLICT: "in conflict",
    OutcomeResult.NOT_APPLIED: "not applied",
    OutcomeResult.SUPERSEDED: "superseded",
    OutcomeResult.SKIPPED: "not written",
    OutcomeResult.EXPORTED: "for upload",
    OutcomeResult.CONFIRMED: "confirmed",
}
"""What people read for each result, and the order in which they should: trouble first."""

FAILED = frozenset({OutcomeResult.UNKNOWN, OutcomeResult.REJECTED, OutcomeResult.CONFLICT, OutcomeResult.NOT_APPLIED})

REFUSED, MISSED = "refused by a guard", "not reached"
"""What people read for a write that a guard refused, and for one that nothing was told of."""

_KIND = {
    OutcomeResult.CONFIRMED: "good",
    OutcomeResult.EXPORTED: "wait",
    OutcomeResult.SKIPPED: "idle",
    OutcomeResult.SUPERSEDED: "lost",
}
_ORDER = list(WORDS)
_NAMED = 3
"""So many writes are named in a verdict; the rows name them all."""


def applied(result: RunResult) -> bool:
    """Whether this run was to write, and not only to plan: it has outcomes of its own, or was refused or failed."""
    return any(not outcome.run for outcome in result.outcomes) or result.exit_code in (11, 12)


def observed(result: RunResult, who: str) -> bool:
    """Whether a shop is only observed: nothing is written to it, whatever the plan says."""
    shop = result.standing.shops.get(ShopName(who)) if result.standing else None
    return shop is not None and shop.mode is Mode.OBSERVE


@dataclass(frozen=True, slots=True)
class Told:
    """One outcome in words. `numbers`: `48 -> 40, shows 40`. `text`: why it came to that, in the other side's words.

    `kind`: "good", "wait", "idle", "lost", or "fault" for what needs a look.
    """

    kind: str
    word: str
    sku: str
    where: str
    numbers: str
    at: str
    text: str


class Carried:
    """Looks up outcomes by action, and what they are about."""

    def __init__(self, result: RunResult, zones: Zones) -> None:
        self._result = result
        self._zones = zones
        self._actions = {withheld.action.id: withheld.action for withheld in result.plan.withheld}
        self._actions |= {action.id: action for action in result.plan.actions}
        self._own = {outcome.action: outcome for outcome in result.outcomes if not outcome.run}
        self.writes = written(result.plan)
        self._forbidden = guard.effects(result.refusals, self.writes, result.plan) if result.refusals else {}

    def outcome(self, action: Action) -> Outcome | None:
        """What this run did about an action of its plan."""
        return self._own.get(action.id)

    def refused(self, action: Action) -> bool:
        """Whether a guard's no kept this write from being made (or would keep it, in a run that only plans)."""
        own = self._own.get(action.id)
        if own is None:
            return action.id in self._forbidden and not observed(self._result, action.writes_to)
        return own.result is OutcomeResult.SKIPPED and own.detail == self._forbidden.get(action.id)

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """One sentence per shop (and the ledger) with its kind: "good", "fault", or "" where something is left."""
        of: dict[str, list[Action]] = {}
        for action in self.writes:
            of.setdefault(action.writes_to, []).append(action)
        rank = {str(shop.name): number for number, shop in enumerate(self._result.shops)}
        for who in sorted(of, key=lambda one: (one != LEDGER, rank.get(one, len(rank)), one)):
            yield self._verdict(who, of[who])
        idle = [exact(shop.name) for shop in self._result.shops if shop.facts is not None and shop.name not in of]
        if idle:
            yield f"{', '.join(idle)}: nothing to correct", ""

    def _verdict(self, who: str, actions: list[Action]) -> tuple[str, str]:
        counts = Counter(self._fate(action) for action in actions)
        confirmed = counts.pop(WORDS[OutcomeResult.CONFIRMED], 0)
        parts = [f"{count(len(actions), 'correction')} planned"]
        parts += [f"{confirmed:,d} confirmed by reading back"] if confirmed else []
        fates = [fate for fate in (REFUSED, MISSED, *WORDS.values()) if counts[fate]]
        parts += [f"{counts[fate]:,d} {fate}{self._named(fate, actions)}" for fate in fates]
        bad = any(counts[fate] for fate in (REFUSED, *(WORDS[result] for result in FAILED)))
        return f"{exact(who)}: {', '.join(parts)}", "fault" if bad else "" if fates else "good"

    def _fate(self, action: Action) -> str:
        if self.refused(action):
            return REFUSED
        own = self._own.get(action.id)
        return MISSED if own is None else WORDS[own.result]

    def _named(self, fate: str, actions: Iterable[Action]) -> str:
        """Behind a count, in brackets: which ones and why, as far as one sentence can hold it."""
        if fate in (REFUSED, MISSED):
            return ""
        mine = [(action, self._own.get(action.id)) for action in actions if self._fate(action) == fate]
        told = [(action, own) for action, own in mine if own is not None]
        if fate == WORDS[OutcomeResult.SKIPPED]:
            reasons = list(dict.fromkeys(clean(own.detail) for _, own in told))
            return f" ({reasons[0]})" if len(reasons) == 1 and reasons[0] else ""
        if fate == WORDS[OutcomeResult.EXPORTED]:
            return " (the first newer snapshot settles that)"
        texts = [self._sentence(action, own) for action, own in told[:_NAMED]]
        more = [f"and {len(told) - _NAMED:,d} more, below"] if len(told) > _NAMED else []
        return f" ({'; '.join([*texts, *more])})"

    def _sentence(self, action: Action, outcome: Outcome) -> str:
        sent = "" if outcome.result is OutcomeResult.CONFLICT else "sent "
        text = f"{exact(action.sku)}: {sent}{change(action)}, {_shows(action, outcome)}"
        if outcome.result is OutcomeResult.UNKNOWN:
            return f"{text}; it is not touched until that is settled"
        return (
            f"{text}: {clean(outcome.detail)}" if outcome.result is OutcomeResult.REJECTED and outcome.detail else text
        )

    def rows(self) -> list[Told]:
        """What this run did, trouble first, otherwise in the plan's order."""
        own = [outcome for outcome in self._result.outcomes if not outcome.run]
        return [self._told(one) for one in sorted(own, key=lambda one: _ORDER.index(one.result))]

    def earlier(self) -> list[Told]:
        """What this run found out about writes of earlier runs."""
        others = [outcome for outcome in self._result.outcomes if outcome.run]
        return [self._told(one) for one in sorted(others, key=lambda one: _ORDER.index(one.result))]

    def _told(self, outcome: Outcome) -> Told:
        action = self._about(outcome)
        refused = action is not None and not outcome.run and self.refused(action)
        parts = ["" if refused else clean(outcome.detail), f"sent by run {exact(outcome.run)}" if outcome.run else ""]
        numbers = [change(action)] if action and not outcome.run else []
        numbers += [_seen(action, outcome)] if outcome.seen is not None else []
        return Told(
            "fault" if refused else _KIND.get(outcome.result, "fault"),
            "refused" if refused else WORDS[outcome.result],
            exact(action.sku) if action else f"action {exact(outcome.action)}",
            place(action.listing, action.shop) if action else "",
            ", ".join(numbers),
            self._zones.on_the_day(outcome.at, self._result.now, action.shop if action else None),
            "; ".join(part for part in parts if part),
        )

    def _about(self, outcome: Outcome) -> Action | None:
        """The action that an outcome is of. An id names a step and its place in every run, so the plan at hand may
        tell what an earlier run's action wrote to, but not its numbers.
        """
        return self._actions.get(outcome.action) or self._elsewhere.get(outcome.action)

    @cached_property
    def _elsewhere(self) -> Mapping[str, Action]:
        """The writes that the listings at hand could have had, by their ids."""
        found = {}
        for statement in self._result.statements:
            for line in statement.lines:
                key = line.listing.key
                name = action_id(ActionKind.SET_STOCK, key.shop, key.item_id, key.variation_id)
                found[name] = Action(name, ActionKind.SET_STOCK, statement.sku, "", "", key.shop, key)
        return found


def change(action: Action) -> str:
    """`48 -> 40`, or a correction's `-1`."""
    if action.kind is ActionKind.ADJUST_LEDGER:
        return signed(action.by)
    return f"{plain(action.frm)} -> {plain(action.to)}"


def _seen(action: Action | None, outcome: Outcome) -> str:
    """What was read back, in short."""
    ledger = action is not None and action.kind is ActionKind.ADJUST_LEDGER
    return f"{'has' if ledger else 'shows'} {plain(outcome.seen)}"


def _shows(action: Action, outcome: Outcome) -> str:
    """What was read back, in a sentence."""
    if outcome.seen is None:
        return "what became of it is unknown" if outcome.result is OutcomeResult.UNKNOWN else "nothing was read back"
    still = "still " if outcome.seen == action.frm != action.to else ""
    return f"the {LEDGER if action.kind is ActionKind.ADJUST_LEDGER else 'shop'} {still}{_seen(action, outcome)}"
