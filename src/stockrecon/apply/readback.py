"""Reading back: what became of writes that were sent. An answer of success is a claim, what the shop shows decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.core.findings import OutcomeResult
from stockrecon.core.intent import Answered, Intent
from stockrecon.core.model import Listing, ListingKey, ShopName
from stockrecon.errors import StockreconError

Read = Callable[[Sequence[ListingKey]], Mapping[ListingKey, Listing]]
"""Reads listings again; what the shop does not have any more is left out. Raises StockreconError."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What an intent came to. `seen`: exposed units of the last reading; None where it could not be read, or is gone.

    `result` UNKNOWN: no stable value was seen. The intent stays open, and its listing is not written.
    """

    intent: Intent
    result: OutcomeResult
    seen: int | None
    detail: str


@dataclass(slots=True)
class ReadBack:
    """Settles intents by reading until each listing shows the same number twice in a row.

    `readers`: how each shop is read. `waits`: seconds before each further reading; when they are over, a write that
    shows nothing of itself has not been applied. Somebody else's sale can look like our write where it takes as many
    units: what is confirmed is that the shop shows the number that was meant.
    """

    readers: Mapping[ShopName, Read]
    sleep: Callable[[float], None]
    waits: Sequence[float]
    hurried: bool = False
    """The waits were cut short: that nothing is seen of a write does not mean that it will not come."""
    last: dict[int, int | None] = field(default_factory=dict)
    faults: dict[ShopName, str] = field(default_factory=dict)

    def note(self, intents: Iterable[Intent]) -> None:
        """The first reading, right after a write."""
        self.last |= self._look(intents)

    def settle(self, intents: Iterable[Intent]) -> list[Settled]:
        left = {intent.id: intent for intent in intents}
        done: list[Settled] = []
        for number, wait in enumerate(self.waits, 1):
            if not left:
                break
            self.sleep(wait)
            last = not self.hurried and number == len(self.waits)
            for name, value in self._look(left.values()).items():
                stable = name in self.last and self.last[name] == value
                self.last[name] = value
                settled = judged(left[name], value, last=last) if stable else None
                if settled is not None:
                    done.append(settled)
                    del left[name]
        return done + [self._unknown(intent) for intent in left.values()]

    def _look(self, intents: Iterable[Intent]) -> dict[int, int | None]:
        """One reading, shop by shop. What could not be read is missing from it, and begins to be read anew."""
        found: dict[int, int | None] = {}
        for shop, some in by_shop(intents).items():
            keys = [intent.place for intent in some]
            try:
                shown = self.readers[shop](list(dict.fromkeys(keys)))
            except StockreconError as error:
                self.faults[shop] = error.text
                for intent in some:
                    self.last.pop(intent.id, None)
                continue
            self.faults.pop(shop, None)
            found.update((intent.id, _exposed(shown, intent)) for intent in some)
        return found

    def _unknown(self, intent: Intent) -> Settled:
        seen = self.last.get(intent.id)
        fault = self.faults.get(intent.place.shop)
        if fault is not None:
            told = f"it could not be read back: {fault}"
        elif intent.id not in self.last:
            told = "it has not been read back yet"
        else:
            told = f"no stable number was seen, the last one was {'none' if seen is None else seen}"
        return Settled(intent, OutcomeResult.UNKNOWN, seen, told)


def by_shop(intents: Iterable[Intent]) -> dict[ShopName, list[Intent]]:
    shops: dict[ShopName, list[Intent]] = {}
    for intent in intents:
        if intent.listing is not None:
            shops.setdefault(intent.place.shop, []).append(intent)
    return shops


def judged(intent: Intent, seen: int | None, *, last: bool) -> Settled | None:
    """What a number that was seen twice tells of an intent; None where it is too early to tell.

    `last`: the time in which a write takes effect is over.
    """
    if seen is None:
        return Settled(intent, OutcomeResult.SUPERSEDED, None, "the shop does not have the listing any more")
    if seen == intent.to:
        return Settled(intent, OutcomeResult.CONFIRMED, seen, "")
    if intent.answered is Answered.REJECTED:
        return Settled(intent, OutcomeResult.REJECTED, seen, intent.answer)
    if intent.answered is Answered.CONFLICT:
        return Settled(intent, OutcomeResult.CONFLICT, seen, intent.answer)
    if seen == intent.before:
        if not last:
            return None
        accepted = intent.answered is Answered.ACCEPTED
        told = "the shop answered success and still shows the old number" if accepted else intent.answer
        return Settled(intent, OutcomeResult.NOT_APPLIED, seen, told or "no sign of the write was seen")
    if intent.answered is not Answered.ACCEPTED and not last:
        return None
    return Settled(intent, OutcomeResult.SUPERSEDED, seen, "another number than was written: somebody bought or set it")


def _exposed(shown: Mapping[ListingKey, Listing], intent: Intent) -> int | None:
    listing = shown.get(intent.place)
    return None if listing is None else listing.exposed
