"""A shop of the model market as a channel: it answers late, wrongly, not at all, and logs what truly happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.channels.base import CheckLine, PullRequest, ShopSettings, StockWrite, WriteAnswer
from stockrecon.core.intent import Answered
from stockrecon.core.model import Capabilities, Listing, ListingKey
from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault
from tests.simulation.faults import Fate, Faults
from tests.simulation.market import Market
from tests.simulation.places import Shelf, Shop

BATCHES = {"shopee": 3, "lazada": 20}
"""Rows per request; the model with compare-and-set takes one."""


@dataclass(slots=True)
class Sent:
    """One row of a request as it reached the shop. `shown`: what the writer had last been shown of the listing, at
    `shown_at` (None: never); `ledger_at`: when it had last read the ledger."""

    number: int
    run: int
    time: float
    key: ListingKey
    shown: int
    to: int
    fate: Fate
    intent: int | None
    shown_at: float | None
    ledger_at: float | None
    listing: Listing
    answered: Answered | None = None
    landed: list[float] = field(default_factory=list)
    overwrote: bool = False
    """It took effect over a change that its writer had not been shown."""


@dataclass(slots=True)
class Book:
    """What the shops know of the writers: every row that was sent, and every number that was shown. `run`: the run
    that is under way. `kept`: the intents of listings that are on disk and were not sent yet."""

    run: int = 0
    sent: list[Sent] = field(default_factory=list)
    kept: dict[ListingKey, int] = field(default_factory=dict)
    ledger_at: float | None = None
    showed: dict[ListingKey, list[tuple[float, int]]] = field(default_factory=dict)


class ModelChannel:
    """One shop, as a `Channel`. `book` outlives the process that this channel belongs to."""

    def __init__(self, market: Market, shop: Shop, faults: Faults, book: Book) -> None:
        self.settings = ShopSettings(shop.name, shop.capabilities.channel, shop.policy)
        self.capabilities: Capabilities = shop.capabilities
        self._market, self._shop, self._faults, self._book = market, shop, faults, book

    def pull(self, request: PullRequest) -> Pulled:
        raise NotImplementedError("the simulation reads the model market itself")

    def check(self) -> Sequence[CheckLine]:
        return ()

    def close(self) -> None:
        return None

    # Reading

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        self._wait("the shop is read", 0.05, 1.5)
        if self._faults.read_fails():
            raise ReadFault(self.settings.name, "no answer")
        shown = {key: listing_of(self._market, self._shop, self._shop.shelves[key], self.lag()) for key in keys}
        for key, listing in shown.items():
            self._book.showed.setdefault(key, []).append((self._market.now, listing.exposed))
        self._faults.tick("the shop was read")
        return shown

    def lag(self) -> float:
        return self._faults.rng.uniform(0, self._shop.lag) if self._faults.on and self._shop.lag else 0.0

    def _wait(self, what: str, least: float, most: float) -> None:
        self._faults.tick(what)
        self._market.pass_time(self._faults.rng.uniform(least, most))

    # Writing

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        size = BATCHES.get(self.capabilities.channel, 1)
        return [writes[start : start + size] for start in range(0, len(writes), size)]

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """Carries out one request, or not; every row is answered, as far as an answer comes."""
        self._wait("the request leaves", 0.05, 1.0)
        fate = self._faults.of_write()
        answers = {write.key: self._row(write, fate, last=write is batch[-1]) for write in batch}
        self._market.pass_time(self._faults.rng.uniform(0.05, 1.0))
        self._faults.tick("the answer arrives")
        return answers

    def _row(self, write: StockWrite, fate: Fate, *, last: bool) -> WriteAnswer:
        if fate is Fate.HALF:
            fate = Fate.LOST_BEFORE if last or self._faults.rng.random() < 0.5 else Fate.FINE
        book, key = self._book, write.key
        intent = book.kept.pop(key, None)
        sent = Sent(
            number=len(book.sent),
            run=book.run,
            time=self._market.now,
            key=key,
            shown=write.shown.exposed,
            to=write.to,
            fate=fate,
            intent=intent,
            shown_at=book.showed[key][-1][0] if key in book.showed else None,
            ledger_at=book.ledger_at,
            listing=write.shown,
        )
        book.sent.append(sent)
        self._market.tell(f"{write.key}: request {sent.number}: {sent.shown} -> {sent.to}: {fate}")
        answer = self._carried_out(sent, self._shop.shelves[write.key])
        sent.answered = answer.answered
        return answer

    def _carried_out(self, sent: Sent, shelf: Shelf) -> WriteAnswer:
        match sent.fate:
            case Fate.THROTTLED:
                return WriteAnswer(Answered.NOT_SENT, "too many requests")
            case Fate.LOST_BEFORE | Fate.BROKE_BEFORE:
                return WriteAnswer(Answered.UNKNOWN, sent.fate.value)
            case Fate.LOST_AFTER | Fate.BROKE_AFTER:
                self._land(sent, shelf)
                return WriteAnswer(Answered.UNKNOWN, sent.fate.value)
            case Fate.LATE | Fate.SLOW:
                self._market.later(self._faults.delay(), self._land, sent, shelf)
                known = sent.fate is Fate.SLOW
                return WriteAnswer(Answered.ACCEPTED if known else Answered.UNKNOWN, "" if known else "no answer")
            case Fate.LIED:
                return WriteAnswer(Answered.ACCEPTED)
        if self._faults.rejects():
            return WriteAnswer(Answered.REJECTED, "error_busy: the item is being edited")
        return self._land(sent, shelf)

    def _land(self, sent: Sent, shelf: Shelf) -> WriteAnswer:
        """The write takes effect, unless the shop's own rules are against it."""
        market = self._market
        if self._shop.swaps and shelf.exposed != sent.shown:
            return WriteAnswer(Answered.CONFLICT, f"quantity is {shelf.exposed}, not {sent.shown}")
        if not shelf.state.takes_writes:
            return WriteAnswer(Answered.REJECTED, "the item is banned")
        if sent.to < shelf.campaign:
            return WriteAnswer(Answered.REJECTED, "Negative sellable: stock less than reserved stock")
        if shelf.campaign and not self.capabilities.edits_during_campaign:
            return WriteAnswer(Answered.REJECTED, "error_cannt_edit_stock_in_promotion")
        sent.overwrote = shelf.exposed != sent.shown and not sent.landed
        sent.landed.append(market.now)
        market.write(shelf, sent.to, sent.number)
        return WriteAnswer(Answered.ACCEPTED)


def listing_of(market: Market, shop: Shop, shelf: Shelf, lag: float) -> Listing:
    """A listing as the shop shows it now, from a copy that is `lag` seconds old."""
    sellable, campaign, withheld = market.shown(shelf, market.now - lag)
    if not shop.capabilities.shows_withheld:
        withheld = 0
    return Listing(
        key=shelf.key,
        seller_sku=shelf.seller_sku,
        sellable=sellable,
        campaign=campaign,
        withheld=withheld,
        committed=0,
        state=shelf.state,
        components=shelf.components,
        mapped=True,
    )
