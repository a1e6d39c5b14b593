"""Writing one shop: read again, keep the intent, send once, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from stockrecon.apply.desk import Desk
from stockrecon.apply.precheck import Precheck
from stockrecon.apply.readback import ReadBack, Settled
from stockrecon.channels.base import Authorising, Channel, StockWrite, WriteAnswer
from stockrecon.core.findings import Action, Basis, Outcome, OutcomeResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.core.model import Listing, ListingKey
from stockrecon.errors import ReadFault, StockreconError

TOKEN_LIFE = timedelta(minutes=10)
"""An access token that ends within this is renewed before the first write."""
SILENT_BATCHES = 3
"""After so many requests in a row of which nobody knows what they did, a shop is left alone for this run."""


@dataclass(slots=True)
class ShopWriter:
    """Sends the set-stock actions of one shop.

    Raises nothing of the outside's: each action gets an outcome, or its intent is among `sent`, to be read back.
    """

    desk: Desk
    channel: Channel
    basis: Basis
    precheck: Precheck
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    unread: str = ""
    """Why the shop or the ledger could not be read again, which ends the shop's part of the run."""
    sent: list[Intent] = field(default_factory=list)
    _silent: int = 0

    def write(self, actions: Sequence[Action], back: ReadBack) -> dict[str, Outcome]:
        by_key = {action.place: action for action in actions}
        planned = [StockWrite(key, action.to or 0, self.basis.listings[key]) for key, action in by_key.items()]
        self._make_ready()
        for batch in self.channel.batches(planned):
            doing = [by_key[write.key] for write in batch]
            reason = self._hindered()
            if reason:
                self._skip(doing, reason)
                continue
            fresh = self._fresh(batch, by_key)
            if fresh:
                self._send(fresh, by_key, back)
        return self.outcomes

    def _make_ready(self) -> None:
        if isinstance(self.channel, Authorising):
            try:
                self.channel.authorisation.ready(TOKEN_LIFE)
            except StockreconError as error:
                self.unread = f"not sent: its tokens could not be renewed: {error.text}"

    def _hindered(self) -> str:
        if self.unread:
            return self.unread
        if self.desk.halted:
            return self.desk.halted
        if self._silent >= SILENT_BATCHES:
            return f"not sent: after {SILENT_BATCHES} requests in a row nobody knows what they did"
        stopped = self.desk.stop()
        return f"not sent: the run was stopped ({stopped})" if stopped else ""

    def _fresh(self, batch: Sequence[StockWrite], by_key: Mapping[ListingKey, Action]) -> list[StockWrite]:
        """The writes of a batch whose listing and ledger still show what the plan was computed from."""
        actions = [by_key[write.key] for write in batch]
        try:
            shown = self.read([write.key for write in batch])
            balances = self.precheck.balances(write.key for write in batch)
        except StockreconError as error:
            self.unread = f"not sent: it could not be read again just before the write: {error.text}"
            self._skip(actions, self.unread)
            return []
        fresh = []
        for write in batch:
            action, now = by_key[write.key], shown.get(write.key)
            moved = self.precheck.moved(write.key, now, balances)
            if now is not None and not moved:
                fresh.append(replace(write, shown=now))
                continue
            self._tell(action, OutcomeResult.CONFLICT, None if now is None else now.exposed, moved)
        return fresh

    def read(self, keys: Sequence[ListingKey]) -> Mapping[ListingKey, Listing]:
        """The listings as they are shown now. Raises ReadFault."""
        names = {key: self.basis.listings[key].seller_sku for key in keys if key in self.basis.listings}
        shown = self.channel.reread(keys, names)
        if shown is None:
            raise ReadFault(self.channel.settings.name, "this channel cannot be read twice, so it is not written")
        return shown

    def _send(self, batch: Sequence[StockWrite], by_key: Mapping[ListingKey, Action], back: ReadBack) -> None:
        actions = [by_key[write.key] for write in batch]
        opened = self.desk.open(self._intents(batch, by_key), self._skip_all(actions))
        if not opened:
            return
        kept = {intent.place: f"{intent.run}/{intent.id}" for intent in opened}
        answers = self.channel.write([replace(write, intent=kept[write.key]) for write in batch])
        intents = self.desk.answered(opened, lambda intent: _answer(answers, intent))
        by_id = {intent.action: intent for intent in intents}
        for action in actions:
            intent = by_id[action.id]
            if intent.answered is Answered.NOT_SENT:
                self._close(action, intent, OutcomeResult.SKIPPED, None, f"not sent: {intent.answer}")
        sent = [intent for intent in intents if intent.answered is not Answered.NOT_SENT]
        silent = bool(sent) and all(intent.answered is Answered.UNKNOWN for intent in sent)
        self._silent = self._silent + 1 if silent else 0
        if sent:
            back.note(sent)
            self.sent += sent

    def _intents(self, batch: Sequence[StockWrite], by_key: Mapping[ListingKey, Action]) -> list[NewIntent]:
        return [
            NewIntent(
                action=by_key[write.key].id,
                kind=by_key[write.key].kind,
                sku=by_key[write.key].sku,
                listing=write.key,
                before=write.shown.exposed,
                to=write.to,
                basis=self.precheck.computed_from(write.key),
            )
            for write in batch
        ]

    def _close(self, action: Action, intent: Intent, result: OutcomeResult, seen: int | None, detail: str) -> None:
        self.desk.settle(Settled(intent, result, seen, detail))
        self._tell(action, result, seen, detail)

    def _skip_all(self, actions: Sequence[Action]) -> Callable[[str], None]:
        return lambda reason: self._skip(actions, reason)

    def _skip(self, actions: Sequence[Action], reason: str) -> None:
        for action in actions:
            self._tell(action, OutcomeResult.SKIPPED, None, reason)

    def _tell(self, action: Action, result: OutcomeResult, seen: int | None, detail: str) -> None:
        self.outcomes[action.id] = Outcome(action.id, result, seen, self.desk.clock(), detail)


def _answer(answers: Mapping[ListingKey, WriteAnswer], intent: Intent) -> tuple[Answered, str]:
    answer = answers.get(intent.place)
    if answer is None:
        return Answered.UNKNOWN, "the channel said nothing of this row"
    return answer.answered, answer.text


def in_shops(actions: Sequence[Action]) -> Iterator[tuple[str, list[Action]]]:
    """The set-stock actions, shop by shop, in the plan's order: what lowers comes first."""
    shops: dict[str, list[Action]] = {}
    for action in actions:
        shops.setdefault(action.place.shop, []).append(action)
    yield from shops.items()
