"""What each single write has to obey, whatever the limits of the whole run are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stockrecon.core.findings import ActionKind
from stockrecon.core.model import ListingKey
from tests.simulation.faults import Poison
from tests.simulation.program import Program, Ran
from tests.simulation.shop import Sent

BLIND = 2.0
"""Seconds: an older reading, of the listing or of the ledger, is none to write by. In the model market a request leaves
at most 1.3 s after the readings just before it; what was read for the plan is mostly older."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """An invariant that did not hold. `rule`: doubled, lost, guard, blind, report, convergence."""

    rule: str
    text: str
    key: ListingKey | None = None


def broken(program: Program, ran: Ran) -> Iterator[Wrong]:
    """Judged row by row, also of a run that was killed."""
    planned = {action.listing: action for action in ran.plan.actions if action.kind is ActionKind.SET_STOCK}
    for sent in program.book.sent:
        if sent.run != ran.number:
            continue
        action = planned.get(sent.key)
        if action is None or action.to != sent.to:
            yield Wrong(
                "guard", f"{sent.key}: {sent.to} was sent and {action.to if action else None} planned", sent.key
            )
        yield from _blind(sent)
        yield from _takes_it(sent)
        yield from _absent(sent, ran)
        if action is not None and sent.to > (action.frm or 0):
            yield from _proven(program, sent, ran)


def _blind(sent: Sent) -> Iterator[Wrong]:
    for what, when in (("the listing", sent.shown_at), ("the ledger", sent.ledger_at)):
        if when is None or sent.time - when > BLIND:
            age = "never" if when is None else f"{sent.time - when:.0f} s before"
            yield Wrong("blind", f"{sent.key} was written, {what} read {age}", sent.key)


def _takes_it(sent: Sent) -> Iterator[Wrong]:
    """A lock that is shown, and a state that takes no write, are respected."""
    if sent.to < sent.listing.campaign:
        yield Wrong("guard", f"{sent.key}: {sent.to} is below its lock of {sent.listing.campaign}", sent.key)
    if not sent.listing.state.takes_writes:
        yield Wrong("guard", f"{sent.key} was written while {sent.listing.state}", sent.key)


def _absent(sent: Sent, ran: Ran) -> Iterator[Wrong]:
    """What is missing from an answer is never written."""
    reading = ran.reading
    shop = reading.shops.get(sent.key.shop) if reading is not None else None
    if reading is None or shop is None or sent.key not in shop.listings:
        yield Wrong("guard", f"{sent.key} was written, and this run had not read it", sent.key)
        return
    for component in shop.listings[sent.key].components:
        if component.sku not in reading.available:
            yield Wrong("guard", f"{sent.key} was written, and the ledger had no {component.sku}", sent.key)


def _proven(program: Program, sent: Sent, ran: Ran) -> Iterator[Wrong]:
    """A raise needs every shop read to its end, and an earlier run that proposed it long enough before."""
    poisons = ran.reading.poisons if ran.reading is not None else {}
    short = [name for name in program.setting.market.shops if poisons.get(name) in (Poison.UNREAD, Poison.SHORT)]
    if short:
        yield Wrong("guard", f"{sent.key} was raised, and {short[0]} was not read to its end", sent.key)
    needed = program.setting.policy.confirm_raise.total_seconds()
    if not any(_proposed(earlier, sent) for earlier in program.runs if earlier.planned <= ran.planned - needed):
        yield Wrong("guard", f"{sent.key} was raised, and no run had proposed it {needed:.0f} s before", sent.key)


def _proposed(ran: Ran, sent: Sent) -> bool:
    actions = (*ran.plan.actions, *(one.action for one in ran.plan.withheld))
    return any(a.listing == sent.key and (a.to or 0) > (a.frm or 0) for a in actions)
