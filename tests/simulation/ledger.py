"""The model market's ledger, as the program's `Ledger`: corrections are posted once, by their ref."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from stockrecon.core.intent import Answered
from stockrecon.core.model import MovementKind, Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest, LedgerCheck
from tests.simulation.faults import Fate, Faults
from tests.simulation.market import Market
from tests.simulation.shop import Book


@dataclass(slots=True)
class Posts:
    """Every request for a correction, by run: what was asked for, and whether it was posted then."""

    run: int = 0
    asked: list[tuple[int, CorrectionRequest]] = field(default_factory=list)
    made: list[tuple[int, CorrectionRequest]] = field(default_factory=list)


class ModelLedger:
    def __init__(self, market: Market, faults: Faults, posts: Posts, book: Book) -> None:
        self.settings = LedgerSettings("model", Path())
        self._market, self._faults, self._posts, self._book = market, faults, posts, book

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        raise NotImplementedError("the simulation reads the model market itself")

    def corrects(self) -> str | None:
        return None

    def check(self) -> Sequence[LedgerCheck]:
        return ()

    def close(self) -> None:
        return None

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        self._wait("the ledger is read")
        if self._faults.read_fails():
            raise ReadFault("ledger", "the connection was lost")
        self._book.ledger_at = self._market.now
        return {sku: self._market.available[sku] for sku in skus}

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        self._wait("a correction leaves")
        self._posts.asked.append((self._posts.run, request))
        fate = self._faults.of_write()
        self._market.tell(f"ledger {request.sku}: correction {request.by} {request.ref}: {fate}")
        answer = self._answer(request, fate)
        self._faults.tick("a correction was answered")
        return answer

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        self._wait("the movements are read")
        if self._faults.read_fails():
            raise ReadFault("ledger", "the connection was lost")
        return {
            m.ref: m.quantity
            for some in self._market.movements.values()
            for m in some
            if m.ref is not None and m.ref in refs
        }

    def _wait(self, what: str) -> None:
        self._faults.tick(what)
        self._market.pass_time(self._faults.rng.uniform(0.01, 0.3))

    def _answer(self, request: CorrectionRequest, fate: Fate) -> CorrectionAnswer:
        match fate:
            case Fate.LOST_BEFORE | Fate.BROKE_BEFORE | Fate.HALF:
                return CorrectionAnswer(Answered.UNKNOWN, "the connection was lost while committing")
            case Fate.LOST_AFTER | Fate.BROKE_AFTER:
                self._post(request)
                return CorrectionAnswer(Answered.UNKNOWN, "the connection was lost while committing")
            case Fate.LATE | Fate.SLOW:
                # The server goes on with a COMMIT whose client is gone.
                self._market.later(self._faults.rng.uniform(0.1, 5.0), self._post, request)
                return CorrectionAnswer(Answered.UNKNOWN, "the connection was lost while committing")
            case Fate.THROTTLED:
                return CorrectionAnswer(Answered.NOT_SENT, "no connection")
        return self._post(request)

    def _post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """One transaction: the ref is looked up, the balance compared, the movement posted."""
        market = self._market
        if any(m.ref == request.ref for m in market.movements[request.sku]):
            return CorrectionAnswer(Answered.ACCEPTED, "posted before", market.available[request.sku])
        if market.available[request.sku] != request.available:
            told = f"available is {market.available[request.sku]}, not {request.available}"
            return CorrectionAnswer(Answered.CONFLICT, told, market.available[request.sku])
        market.post(request.sku, request.by, MovementKind.CORRECTION, ref=request.ref)
        self._posts.made.append((self._posts.run, request))
        return CorrectionAnswer(Answered.ACCEPTED, "", market.available[request.sku])
