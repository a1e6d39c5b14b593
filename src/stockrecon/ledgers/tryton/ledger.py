"""The ledger in Tryton: read product by product, read again for the settle pass, corrected by inventories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Unpack

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import one_line, pointless
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.calling import Calls, Outside
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.balances import balances
from stockrecon.ledgers.tryton.checking import check_lines, failed_line
from stockrecon.ledgers.tryton.documents import Desk
from stockrecon.ledgers.tryton.errors import judge
from stockrecon.ledgers.tryton.places import Scope, scope_of
from stockrecon.ledgers.tryton.posting import Poster
from stockrecon.ledgers.tryton.reading import Reading
from stockrecon.ledgers.tryton.setup import setup_of


class TrytonLedger:
    """One company's stock in Tryton. Raises UsageFault where the settings lack what every call needs.

    `outside` is for tests.
    """

    def __init__(self, settings: LedgerSettings, **outside: Unpack[Outside]) -> None:
        self.settings = settings
        self._setup = setup = setup_of(settings)
        calls = Calls(setup.base_url, setup.user, setup.rate, **outside)
        client = calls.client(lambda answer: judge("answer", answer), lambda: tuple(self._tryton.secrets()))
        self._tryton = Tryton(client, setup)
        self._scope: Scope | None = None

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Everything, product by product: of each product its balance and its movements are of one moment.

        `as_of` is Tryton's clock when the reading began, but not after `now`. Raises ReadFault, AuthFault, DataFault.
        """
        scope = self._found()
        began = self._tryton.now().replace(microsecond=0)
        reading = Reading(self._tryton, scope, self._setup, spool, began - self._setup.history)
        tables = reading.tables()
        return LedgerRead("tryton", min(began, now), tables, warnings=tuple(reading.warnings), read_at=now)

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs again; a SKU that is gone is left out. Raises what `read` raises."""
        return balances(self._tryton, self._found(), self._setup, skus) if skus else {}

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            return self._poster().why_not()
        except ReadFault as fault:
            return one_line(fault)

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts it as an inventory of one line; see `Ledger.correct` and `posting`."""
        try:
            return pointless(request) or self._poster().post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that a confirmed inventory has; half-made ones are cancelled first. Raises ReadFault."""
        return self._poster().posted(refs)

    def check(self) -> Sequence[LedgerCheck]:
        """Server, login, company, warehouses, what "available" is, products, movements, and whether corrections can
        be posted, without posting one."""
        lines: list[LedgerCheck] = []
        try:
            lines.extend(check_lines(self._tryton, self._setup))
        except ReadFault as fault:
            lines.append(failed_line(fault))
        return lines

    def close(self) -> None:
        """Ends the session."""
        self._tryton.close()

    def _poster(self) -> Poster:
        return Poster(Desk(self._tryton, self._found()), self._setup)

    def _found(self) -> Scope:
        """Company and warehouses, looked up once."""
        if self._scope is None:
            self._scope = scope_of(self._tryton, self._setup)
        return self._scope
