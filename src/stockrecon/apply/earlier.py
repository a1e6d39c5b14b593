"""Intents that earlier runs left open: settled by reading before anything is planned. None is ever sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stockrecon.apply.corrections import read_ref
from stockrecon.apply.readback import Read, ReadBack, Settled, by_shop, judged
from stockrecon.channels.base import Channel, Exporting
from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.intent import Intent
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.errors import ReadFault, StockreconError
from stockrecon.ledgers.base import Ledger

LATE = timedelta(minutes=2)
"""A write takes effect within this, or never: longer than a request may last, with the shops' usual delay."""
LATE_IN_LEDGER = timedelta(seconds=15)
"""A commit whose connection was lost is there within this, or never: no queue stands before a database."""
LATE_IN_OWN = timedelta(seconds=75)
"""A seller's own statement may commit by itself, as late as the server lets a statement run whose caller is dead."""
_AGAIN = 1.0
"""Seconds between the two readings that have to be equal."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Settles open intents of this run's shops and of the ledger. Raises nothing of the outside's."""

    ledger: Ledger
    channels: Mapping[ShopName, Channel]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]

    def settle(self, intents: Sequence[Intent]) -> list[Settled]:
        done = [self._correction(one) for one in intents if one.kind is ActionKind.ADJUST_LEDGER]
        shops = {name: some for name, some in by_shop(intents).items() if name in self.channels}
        for name, some in shops.items():
            channel = self.channels[name]
            if isinstance(channel, Exporting):
                done += self._exported(channel, some)
        written = {name: some for name, some in shops.items() if not isinstance(self.channels[name], Exporting)}
        return done + self._written(written)

    def _correction(self, intent: Intent) -> Settled:
        # A clock that was set back since makes no intent younger than new.
        late = LATE_IN_LEDGER if self.ledger.settings.correct is None else LATE_IN_OWN
        early = late - max(timedelta(0), self._age(intent))
        if early > timedelta(0):
            self.sleep(early.total_seconds())
        return read_ref(self.ledger, intent, None, late=True)

    def _written(self, shops: Mapping[ShopName, Sequence[Intent]]) -> list[Settled]:
        intents = [intent for some in shops.values() for intent in some]
        late = all(self._age(intent) >= LATE for intent in intents)
        settles = max((self.channels[name].capabilities.settles for name in shops), key=sum, default=())
        readers = {name: _reader(self.channels[name]) for name in shops}
        back = ReadBack(readers, self.sleep, (_AGAIN,) if late else settles)
        back.note(intents)
        return [_over(one, back) if late else one for one in back.settle(intents)]

    def _exported(self, channel: Exporting, intents: Sequence[Intent]) -> list[Settled]:
        """A file for upload was taken, or not: the first newer snapshot tells, row by row."""
        keys = [intent.place for intent in intents]
        try:
            as_of, shown = channel.shown(keys)
        except StockreconError:
            return []
        newer = [intent for intent in intents if intent.as_of is None or as_of > intent.as_of]
        settled = [one for intent in newer if (one := _uploaded(intent, shown)) is not None]
        return self._emptied(channel, settled) if len(settled) == len(intents) else settled

    def _emptied(self, channel: Exporting, settled: list[Settled]) -> list[Settled]:
        """Leaves a file that asks for nothing before the journal says that nothing is waiting: uploaded once more by
        mistake, the old one would set what has been sold since."""
        try:
            channel.export([])
        except StockreconError as error:
            told = f"the file for upload could not be emptied, and must not be uploaded any more: {error.text}"
            return [replace(one, detail="; ".join(filter(None, (one.detail, told)))) for one in settled]
        return settled

    def _age(self, intent: Intent) -> timedelta:
        return self.clock() - intent.opened_at


def _over(settled: Settled, back: ReadBack) -> Settled:
    """A write of long ago is over also where the listing shows another number at each reading: it would never stand
    still while it sells well, and nobody could correct it just then."""
    read = settled.intent.id in back.last and settled.seen is not None
    if settled.result is not OutcomeResult.UNKNOWN or not read:
        return settled
    told = "another number at each reading: somebody buys or sets it"
    return Settled(settled.intent, OutcomeResult.SUPERSEDED, settled.seen, told)


def _uploaded(intent: Intent, shown: Mapping[ListingKey, Listing]) -> Settled | None:
    listing = shown.get(intent.place)
    settled = judged(intent, None if listing is None else listing.exposed, last=True)
    if settled is not None and settled.result is OutcomeResult.NOT_APPLIED:
        return Settled(intent, settled.result, settled.seen, "the file for upload was not taken: the old number stands")
    return settled


def _reader(channel: Channel) -> Read:
    def read(keys: Sequence[ListingKey]) -> Mapping[ListingKey, Listing]:
        shown = channel.reread(keys)
        if shown is None:
            raise ReadFault(channel.settings.name, "this channel cannot be read twice")
        return shown

    return read
