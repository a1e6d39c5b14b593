"""What became of a plan that was carried out: a verdict per shop, a row per write, and what earlier runs had left open.

Everything here is told of the whole run: a filter of what is shown never hides what was written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stockrecon.core.fates import MISSED, REFUSED, WORDS, Fates
from stockrecon.core.findings import LEDGER, Action, ActionKind, Outcome, OutcomeResult, RunResult
from stockrecon.reports.words import Zones, clean, count, exact, place, plain, signed

FAILED = frozenset({OutcomeResult.UNKNOWN, OutcomeResult.REJECTED, OutcomeResult.CONFLICT, OutcomeResult.NOT_APPLIED})

_KIND = {
    OutcomeResult.CONFIRMED: "good",
    OutcomeResult.EXPORTED: "wait",
    OutcomeResult.SKIPPED: "idle",
    OutcomeResult.SUPERSEDED: "lost",
}
_ORDER = list(WORDS)
_NAMED = 3
"""So many writes are named in a verdict; the rows name them all."""


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
    """Tells what became of the writes. `fates` looks it up."""

    def __init__(self, result: RunResult, zones: Zones) -> None:
        self._result = result
        self._zones = zones
        self._actions = {withheld.action.id: withheld.action for withheld in result.plan.withheld}
        self._actions |= {action.id: action for action in result.plan.actions}
        self.fates = Fates(result)
        self._some = any(not self.fates.unpermitted(action) for action in self.fates.writes)

    def singled_out(self, action: Action) -> bool:
        """Whether `sync --apply` would leave this write out, and would not leave out all of them."""
        return self._some and self.fates.unpermitted(action)

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """One sentence per shop (and the ledger) with its kind: "good", "fault", or "" where something is left."""
        of: dict[str, list[Action]] = {}
        for action in self.fates.writes:
            of.setdefault(action.writes_to, []).append(action)
        rank = {str(shop.name): number for number, shop in enumerate(self._result.shops)}
        for who in sorted(of, key=lambda one: (one != LEDGER, rank.get(one, len(rank)), one)):
            yield self._verdict(who, of[who])
        idle = [exact(shop.name) for shop in self._result.shops if shop.facts is not None and shop.name not in of]
        if idle:
            yield f"{', '.join(idle)}: nothing to correct", ""

    def _verdict(self, who: str, actions: list[Action]) -> tuple[str, str]:
        counts = Counter(self.fates.of(action) for action in actions)
        confirmed = counts.pop(WORDS[OutcomeResult.CONFIRMED], 0)
        parts = [f"{count(len(actions), 'correction')} planned"]
        parts += [f"{confirmed:,d} confirmed by reading back"] if confirmed else []
        fates = [fate for fate in (REFUSED, MISSED, *WORDS.values()) if counts[fate]]
        parts += [f"{counts[fate]:,d} {fate}{self._named(fate, actions)}" for fate in fates]
        bad = any(counts[fate] for fate in (REFUSED, *(WORDS[result] for result in FAILED)))
        return f"{exact(who)}: {', '.join(parts)}", "fault" if bad else "" if fates else "good"

    def _named(self, fate: str, actions: Iterable[Action]) -> str:
        """Behind a count, in brackets: which ones and why, as far as one sentence can hold it."""
        if fate in (REFUSED, MISSED):
            return ""
        mine = [(action, self.fates.outcome(action)) for action in actions if self.fates.of(action) == fate]
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
        action = outcome.about if outcome.run else self._actions.get(outcome.action)
        refused = action is not None and not outcome.run and self.fates.refused(action)
        parts = ["" if refused else clean(outcome.detail), f"sent by run {exact(outcome.run)}" if outcome.run else ""]
        numbers = [change(action)] if action else []
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
