"""What must be true whatever happens, judged by the market's own log and never by what the program says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from stockrecon.core.findings import ActionKind, Outcome, OutcomeResult
from stockrecon.core.intent import Intent
from stockrecon.core.model import ListingKey, MovementKind
from stockrecon.core.policy import Limit
from stockrecon.state import State
from tests.simulation import rules
from tests.simulation.faults import Poison
from tests.simulation.market import Market
from tests.simulation.places import START
from tests.simulation.program import Program, Ran
from tests.simulation.rules import Wrong
from tests.simulation.shop import Book, Sent

_WRITES = (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)
_NO_EFFECT = (OutcomeResult.REJECTED, OutcomeResult.CONFLICT, OutcomeResult.SKIPPED)
READING = 30.0
"""Seconds: in the model market nothing that was read of a folder is judged later than this."""
_NOT_TO_WRITE = frozenset({Poison.SHORT, Poison.EMPTY, Poison.UNREAD, Poison.OLD, Poison.FUTURE})
"""Readings from which nothing may be written, and nothing approves of it."""


def after_run(program: Program, ran: Ran) -> list[Wrong]:
    """What can be judged as soon as a run is over, or dead."""
    return [*_guards(program, ran), *rules.broken(program, ran), *_told(program, ran), *_as_kept(program, ran)]


def at_the_end(program: Program, state: State) -> list[Wrong]:
    """What can be judged once a quiet time has settled everything."""
    runs = dict.fromkeys(kept.run for kept in program.opened)
    intents = {intent.id: intent for run in runs for intent in state.journal.of_run(run)}
    return [
        *_kept(program, intents),
        *_sent_once(program.book, intents),
        *_truthful(program, intents),
        *_posted_once(program, intents),
    ]


# Guards


def _guards(program: Program, ran: Ran) -> Iterator[Wrong]:
    """The limits computed anew, over what was actually sent."""
    sent = [one for one in program.book.sent if one.run == ran.number]
    posts = [request for run, request in program.posts.asked if run == ran.number]
    if not sent and not posts:
        return
    if ran.reading is None or ran.standing is None:
        yield Wrong("guard", f"run {ran.number} wrote before it had read")
        return
    poisons = ran.reading.poisons
    if poisons["ledger"] in _NOT_TO_WRITE:
        yield Wrong("guard", f"run {ran.number} wrote from a ledger that is {poisons['ledger'].value}")
    limits, ledger = program.setting.policy.limits, ran.standing.ledger
    if not ran.approved:
        skus, units = len({p.sku for p in posts}), sum(-p.by for p in posts)
        yield from _within("correction SKUs", "the ledger", skus, ledger.skus, limits.correction_skus)
        yield from _within("correction units", "the ledger", units, ledger.units, limits.correction_units)
    for name, shop in program.setting.market.shops.items():
        rows = [one for one in sent if one.key.shop == name]
        if not rows:
            continue
        if not shop.written:
            yield Wrong("guard", f"{name} is only observed and was written in run {ran.number}", rows[0].key)
        if poisons[name] in _NOT_TO_WRITE:
            yield Wrong("guard", f"run {ran.number} wrote to {name}, whose reading is {poisons[name].value}")
        if ran.approved or name not in ran.standing.shops:
            continue
        read = ran.standing.shops[name]
        yield from _within("listings", name, len({one.key for one in rows}), read.rows, limits.changed)
        zeroed = sum(1 for one in rows if one.to == 0 and one.shown)
        yield from _within("zeroed", name, zeroed, read.in_stock, limits.zeroed)
        added = sum(max(0, one.to - one.shown) for one in rows)
        yield from _within("added", name, added, read.exposed, limits.added)
        if read.good_rows is not None:
            yield from _within("rows lost", name, read.good_rows - read.rows, read.good_rows, limits.lost)


def _within(what: str, who: str, number: int, whole: int, limit: Limit) -> Iterator[Wrong]:
    most = max(limit.count, whole * limit.percent // 100)
    if number > most:
        yield Wrong("guard", f"{who}: {what}: {number} of {whole} where {most} is the limit")


# The report of one run


def _told(program: Program, ran: Ran) -> Iterator[Wrong]:
    """Every planned write has one outcome, and what was sent is told as sent."""
    result = ran.result
    if result is None:
        return
    own = [outcome for outcome in result.outcomes if not outcome.run]
    counted = Counter(outcome.action for outcome in own)
    planned = {action.id: action for action in result.plan.actions if action.kind in _WRITES}
    for name, action in planned.items():
        if counted[name] != 1:
            yield Wrong("lost", f"{action.kind} of {action.sku} has {counted[name]} outcomes", action.listing)
    for name in counted.keys() - planned.keys():
        yield Wrong("report", f"an outcome of {name}, which was not planned")
    by_key = {planned[o.action].listing: o for o in own if o.action in planned}
    for sent in program.book.sent:
        if sent.run == ran.number and sent.key not in by_key:
            yield Wrong("report", f"{sent.key} was written and nothing is told of it", sent.key)
    for key, outcome in by_key.items():
        yield from _seen(program, key, outcome, ran)


def _as_kept(program: Program, ran: Ran) -> Iterator[Wrong]:
    """The report says what the journal says, as far as the journal could be written."""
    if ran.result is None or ran.disk_failed or not any(kept.run == ran.run for kept in program.opened):
        return
    told = {outcome.action: outcome.result for outcome in ran.result.outcomes if not outcome.run}
    for intent in program.opened_state().journal.of_run(ran.run):
        if told.get(intent.action) is not intent.result:
            text = f"intent {intent.id}: the journal has {intent.result}, the report {told.get(intent.action)}"
            yield Wrong("report", text, intent.listing)


def _seen(program: Program, key: ListingKey | None, outcome: Outcome, ran: Ran) -> Iterator[Wrong]:
    if key is None or outcome.seen is None:
        return
    market, folder = program.setting.market, program.setting.folders.get(key.shop)
    since = ran.began - market.shops[key.shop].lag
    if folder is not None:
        # What a shop in files shows is what it showed when somebody last exported it.
        since = max((taken for taken in folder.taken if taken <= ran.began), default=0.0)
    if outcome.seen not in _values(market, key, since, _seconds(outcome)):
        yield Wrong("report", f"{key}: seen {outcome.seen}, which it did not show in run {ran.number}", key)


def _seconds(outcome: Outcome) -> float:
    return (outcome.at - START).total_seconds()


def _values(market: Market, key: ListingKey, since: float, until: float) -> set[int]:
    """Every number that a listing exposed at some moment from `since` to `until`."""
    found: set[int] = set()
    for time, sellable, campaign, _ in market.shops[key.shop].shelves[key].past:
        if time > until + 0.001:
            break
        if time <= since:
            found.clear()
        found.add(sellable + campaign)
    return found


# The journal at the end


def _kept(program: Program, intents: Mapping[int, Intent]) -> Iterator[Wrong]:
    for kept in program.opened:
        intent = intents.get(kept.id)
        if intent is None:
            yield Wrong("lost", f"intent {kept.id} is not in the journal any more", kept.listing)
        elif intent.is_open:
            yield Wrong("lost", f"intent {kept.id} is still open ({intent.result}) after the quiet runs", kept.listing)
        elif intent.result is None:
            yield Wrong("lost", f"intent {kept.id} is closed without a result", kept.listing)


def _sent_once(book: Book, intents: Mapping[int, Intent]) -> Iterator[Wrong]:
    """Nothing leaves without an intent on disk, each intent leaves once and takes effect at most once."""
    counted = Counter(sent.intent for sent in book.sent)
    for sent in book.sent:
        if sent.intent is None:
            yield Wrong("doubled", f"request {sent.number} left without an intent of its own on disk", sent.key)
        elif counted[sent.intent] > 1:
            yield Wrong("doubled", f"intent {sent.intent} was sent {counted[sent.intent]} times", sent.key)
        if len(sent.landed) > 1:
            yield Wrong("doubled", f"request {sent.number} took effect {len(sent.landed)} times", sent.key)
        intent = intents.get(sent.intent) if sent.intent is not None else None
        if intent is not None and (intent.listing, intent.to) != (sent.key, sent.to):
            yield Wrong("report", f"intent {intent.id} says {intent.to}, sent was {sent.to}", sent.key)


def _truthful(program: Program, intents: Mapping[int, Intent]) -> Iterator[Wrong]:
    """What the journal says became of each write, against what became of it."""
    sent = {one.intent: one for one in program.book.sent}
    for intent in intents.values():
        if intent.listing is None or intent.settled_at is None:
            continue
        market, settled = program.setting.market, (intent.settled_at - START).total_seconds()
        lag = market.shops[intent.listing.shop].lag
        folder = program.setting.folders.get(intent.listing.shop)
        # What was read is a copy that was made between these two; a folder was read some seconds before it was settled.
        oldest, newest = settled - lag, settled
        if folder is not None:
            oldest, newest = (
                max(t for t in folder.taken if t <= until) for until in (settled - READING, settled + 0.001)
            )
        began = (intent.opened_at - START).total_seconds()
        one = sent.get(intent.id)
        if intent.result is OutcomeResult.CONFIRMED:
            if intent.to not in _values(market, intent.listing, began - lag, settled):
                yield Wrong("report", f"intent {intent.id}: confirmed, and {intent.to} was never shown", intent.listing)
        elif one is not None and intent.result in _NO_EFFECT and one.landed:
            yield Wrong("report", f"intent {intent.id}: {intent.result}, and it took effect", intent.listing)
        elif one is not None and intent.result is OutcomeResult.NOT_APPLIED and _stood(market, one, oldest, newest):
            yield Wrong("report", f"intent {intent.id}: not applied, and its number stood there", intent.listing)


def _stood(market: Market, sent: Sent, oldest: float, newest: float) -> bool:
    """Whether a write took effect some seconds before `oldest`, and nobody changed the listing until `newest`."""
    if not sent.landed or sent.landed[0] > oldest - 1.0:
        return False
    return _values(market, sent.key, sent.landed[0], newest) == {sent.to}


# Ledger corrections


def _posted_once(program: Program, intents: Mapping[int, Intent]) -> Iterator[Wrong]:
    corrections = [
        movement
        for rows in program.setting.market.movements.values()
        for movement in rows
        if movement.kind is MovementKind.CORRECTION
    ]
    posted = Counter(movement.ref for movement in corrections)
    confirmed = {i.ref: i for i in intents.values() if i.ref is not None and i.result is OutcomeResult.CONFIRMED}
    for ref, count in posted.items():
        if count > 1:
            yield Wrong("doubled", f"correction {ref} was posted {count} times")
        if ref not in confirmed:
            yield Wrong("lost", f"correction {ref} was posted and never told")
    for ref in confirmed.keys() - posted.keys():
        yield Wrong("lost", f"correction {ref} is told as posted and is not in the ledger")
    for sku, rows in program.setting.market.movements.items():
        taken = -sum(m.quantity for m in rows if m.kind is MovementKind.CORRECTION)
        written_up = sum(m.quantity for m in rows if m.kind is MovementKind.MANUAL and m.quantity > 0)
        if taken > written_up:
            yield Wrong("doubled", f"{sku}: corrected by {taken}, and only {written_up} were ever written up")
