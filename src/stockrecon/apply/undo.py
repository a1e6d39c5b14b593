"""Taking back what a run wrote: a new plan, guarded like any other, only where nothing else has moved since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from stockrecon.channels.base import Channel
from stockrecon.core.findings import Action, ActionKind, Basis, OutcomeResult, Plan, Refusal, Withheld
from stockrecon.core.intent import Intent
from stockrecon.core.model import Component, Listing, ListingKey, ShopName, Sku
from stockrecon.core.plan import action_id, digest_of
from stockrecon.errors import StockreconError
from stockrecon.ledgers.base import Ledger

UNDO = "undo"
"""What stands in the place of a scenario in an undo plan's actions."""


@dataclass(slots=True)
class Undo:
    """`shown`: the written listings as their shops show them now, without those that could not be read."""

    run: str
    shown: Mapping[ListingKey, Listing]
    balances: Mapping[Sku, int] | None
    """Available now; None for a ledger that cannot be read twice, whose moves nobody can see."""
    actions: list[Action] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
    listings: dict[ListingKey, Listing] = field(default_factory=dict)

    def plan(self, intents: Iterable[Intent]) -> Plan:
        """Sets every confirmed write back to what was there before, and posts the opposite of every correction."""
        for intent in intents:
            if intent.result is not OutcomeResult.CONFIRMED:
                continue
            action = self._action(intent)
            why_not = self._moved(intent)
            if why_not:
                self.withheld.append(Withheld(action, "moved", why_not))
            else:
                self.actions.append(action)
        ordered = tuple(sorted(self.actions, key=_rank))
        available = dict(self.balances or {})
        return Plan(digest_of(ordered), ordered, tuple(self.withheld), Basis(available, self.listings))

    def _action(self, intent: Intent) -> Action:
        if intent.kind is ActionKind.ADJUST_LEDGER:
            name = action_id(intent.kind, UNDO, self.run, intent.ref or "")
            by = -(intent.by or 0)
            return Action(name, intent.kind, intent.sku, UNDO, "", by=by, ref=f"{intent.ref}:undo")
        key = intent.place
        name = action_id(intent.kind, UNDO, self.run, key.shop, key.item_id, key.variation_id)
        return Action(
            name, intent.kind, intent.sku, UNDO, "", shop=key.shop, listing=key, frm=intent.to, to=intent.before
        )

    def _moved(self, intent: Intent) -> str:
        """Why it is not taken back; empty where the world is as the write left it. Notes the listing for the writer."""
        own = intent.by or 0
        if self.balances is None and intent.ref is not None:
            return f"the ledger cannot be read twice, so nobody can tell whether {intent.sku} has moved since"
        for sku, before in intent.basis.items():
            now = None if self.balances is None else self.balances.get(sku)
            if self.balances is not None and now != before + own:
                return f"the ledger has {now} of {sku} now, the run left {before + own}"
        if intent.listing is None:
            return ""
        listing = self.shown.get(intent.listing)
        if listing is None:
            return f"{intent.listing} could not be read"
        if listing.exposed != intent.to:
            return f"{intent.listing} shows {listing.exposed} now, the run left {intent.to}"
        components = tuple(Component(sku, 1) for sku in intent.basis)
        self.listings[intent.listing] = replace(listing, components=components)
        return ""


def undo_plan(run: str, intents: Sequence[Intent], channels: Mapping[ShopName, Channel], ledger: Ledger) -> Plan:
    """The plan that takes a run back. Reads the listings and SKUs that it wrote; raises ReadFault for the ledger."""
    keys: dict[ShopName, list[ListingKey]] = {}
    for intent in intents:
        if intent.listing is not None and intent.listing.shop in channels:
            keys.setdefault(intent.listing.shop, []).append(intent.listing)
    shown: dict[ListingKey, Listing] = {}
    for name, some in keys.items():
        try:
            shown |= channels[name].reread(some) or {}
        except StockreconError:
            continue  # told of each of its listings: could not be read
    skus = sorted({sku for intent in intents for sku in intent.basis})
    return Undo(run, shown, ledger.reread(skus) if skus else {}).plan(intents)


def raises_of(plan: Plan) -> tuple[Refusal, ...]:
    """Nothing proves the raises of an undo plan but the person who asks for it: they need the plan's digest."""
    raised: dict[str, int] = {}
    for action in plan.actions:
        if action.shop is not None and (action.to or 0) > (action.frm or 0):
            raised[action.shop] = raised.get(action.shop, 0) + 1
    way_on = f"Read the plan; if it is right: add --approve {plan.digest}"
    return tuple(
        Refusal(shop, "raise", f"{_listings(count)} would be raised; without an approval the limit is 0", way_on, True)
        for shop, count in sorted(raised.items())
    )


def _listings(count: int) -> str:
    return "1 listing" if count == 1 else f"{count} listings"


def _rank(action: Action) -> tuple[object, ...]:
    raised = (action.to or 0) > (action.frm or 0)
    return (action.kind is not ActionKind.ADJUST_LEDGER, raised, action.sku, action.id)
