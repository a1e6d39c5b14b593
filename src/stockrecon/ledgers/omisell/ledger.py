"""The ledger in Omisell: read as nearly at one moment as its API lets, and corrected where that is configured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Unpack

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import MOVEMENTS, STOCK, Table
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless, understood
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.calling import Calls, Outside
from stockrecon.ledgers.omisell.api import Api, Session
from stockrecon.ledgers.omisell.checking import check_lines
from stockrecon.ledgers.omisell.errors import FIELDS_WAY, judge_for
from stockrecon.ledgers.omisell.movements import movement_rows, read_movements
from stockrecon.ledgers.omisell.orders import Orders
from stockrecon.ledgers.omisell.posting import Poster
from stockrecon.ledgers.omisell.setup import read_setup
from stockrecon.ledgers.omisell.stock import read_stock, reread, table_rows
from stockrecon.rest import Client
from stockrecon.spool.writer import SpoolWriter

_BURST = 40
"""Calls that may follow one another at once: other programs of the seller's fill the same bucket of 100."""
_ROUNDS = 3
_MARGIN = timedelta(seconds=60)


class OmisellLedger:
    """One seller's inventory in Omisell. Raises UsageFault where the settings lack what every call needs.

    `outside` is for tests.
    """

    def __init__(self, settings: LedgerSettings, **outside: Unpack[Outside]) -> None:
        self.settings = settings
        self.setup = read_setup(settings)
        calls = Calls(self.setup.base_url, self.setup.login.key.reveal(), self.setup.rate, _BURST, **outside)
        judge = judge_for("answer", "stock", calls.pause)

        def client(session: Session) -> Client:
            return calls.client(judge, session.secrets, signer=session, authorise=session.renew)

        self._api = Api(self.setup, client, calls.pause)

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Movements or orders, then stock, then orders once more, until none changed while stock was read.

        `as_of` is Omisell's time before the stock was read, but not after `now`. Raises ReadFault or AuthFault.
        """
        with understood("Omisell", FIELDS_WAY):
            since = now - self.setup.history
            orders, warnings = Orders(self._api), []
            self._api.session.ready()
            looked = self._api.now()
            if self.setup.reads_orders:
                orders.gather(since, looked)
            for _ in range(_ROUNDS):
                began = self._api.now()
                found = read_stock(self._api)
                if not self.setup.reads_orders or not orders.gather(looked - _MARGIN, self._api.now()):
                    break
                looked = began
            else:
                words = f"orders kept coming while stock was read ({_ROUNDS} times): stock may lack the newest of them"
                warnings.append(words)
            tables = {"stock": _written(spool, STOCK, table_rows(found))}
            if self.setup.lists_movements:
                moved = movement_rows(self._api, read_movements(self._api, since, self._api.now()), since, found.keys())
                tables["movements"] = _written(spool, MOVEMENTS, moved)
            elif self.setup.reads_orders:
                tables["movements"] = _written(spool, MOVEMENTS, orders.rows(since, found.keys()))
            return LedgerRead("omisell", min(began, now), tables, zone="UTC", warnings=tuple(warnings))

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs again; a SKU that is gone is left out. Raises what `read` raises."""
        if not skus:
            return {}
        with understood("Omisell", FIELDS_WAY):
            return {Sku(sku): available for sku, available in reread(self._api, skus).items()}

    def corrects(self) -> str | None:
        """None where the configuration names all that a correction needs and the key is taken; else why not, and what
        to do in Omisell by hand."""
        why_not = Poster(self._api).why_not()
        if why_not is not None:
            return why_not
        try:
            with understood("Omisell", FIELDS_WAY):
                self._api.session.ready()
        except ReadFault as fault:
            return one_line(fault)
        return None

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts one adjustment that carries the ref; see `Ledger.correct` and `posting`."""
        try:
            with understood("Omisell", FIELDS_WAY):
                return pointless(request) or Poster(self._api).post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that Omisell's movements show. Raises ReadFault."""
        with understood("Omisell", FIELDS_WAY):
            return Poster(self._api).posted(refs) if refs else {}

    def check(self) -> Sequence[LedgerCheck]:
        """Key, shops, what is read from which path, what `available` means, every path that is not named with where it
        is looked up, and whether corrections can be posted, without posting one."""
        lines = check_lines(self._api)
        return lines if lines[-1].ok is False else [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        self._api.client.close()


def _written(spool: Path, table: Table, rows: Sequence[Mapping[str, object]]) -> TableFile:
    path = spool / f"{table.name}.csv"
    with SpoolWriter(table, path) as writer:
        writer.write_all(rows)
    return TableFile(str(path), f"Omisell {table.name}", trusted=True)
