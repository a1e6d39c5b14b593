"""What most people write first: read, compute, send what differs, try again on failure. The measure of the program.

It keeps no journal, reads nothing twice, knows of no order that the ledger lacks, and has no guard.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from stockrecon.channels.base import StockWrite
from stockrecon.core.intent import Answered
from stockrecon.errors import ReadFault
from tests.simulation.faults import Killed
from tests.simulation.ledger import ModelLedger, Posts
from tests.simulation.setting import Setting
from tests.simulation.shop import Book, ModelChannel

TRIES = 4
"""Once, and three times more."""


@dataclass(slots=True)
class Naive:
    setting: Setting
    book: Book = field(default_factory=Book)
    killed: int = 0

    def run(self) -> bool:
        """Whether it was killed."""
        self.book.run += 1
        self.setting.faults.begin()
        try:
            self._run()
        except Killed:
            self.killed += 1
            return True
        except ReadFault:
            return False
        return False

    def _run(self) -> None:
        market, faults = self.setting.market, self.setting.faults
        ledger = ModelLedger(market, faults, Posts(), self.book)
        ledger.reread(sorted(market.available))
        wanted = {shelf.key: market.by_ledger(shop, shelf) for shop, shelf in market.shelves()}
        for shop in market.shops.values():
            if not shop.written or shop.in_files:
                continue
            channel = ModelChannel(market, shop, faults, self.book)
            market.pass_time(faults.rng.uniform(0.2, 8.0))
            shown = channel.reread(sorted(shop.shelves))
            writes = [StockWrite(key, wanted[key], one) for key, one in shown.items() if one.exposed != wanted[key]]
            faults.writes()
            for batch in channel.batches(writes):
                self._send(channel, batch)

    def _send(self, channel: ModelChannel, batch: object) -> None:
        left = list(batch)  # type: ignore[call-overload]
        for attempt in range(TRIES):
            if not left:
                return
            if attempt:
                self.setting.market.pass_time(2.0**attempt)
            answers = channel.write(left)
            left = [w for w in left if answers[w.key].answered in (Answered.UNKNOWN, Answered.NOT_SENT)]
