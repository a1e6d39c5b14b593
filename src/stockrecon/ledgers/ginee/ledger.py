"""The ledger in Ginee: read as nearly at one moment as its API lets, read again, corrected, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Unpack

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless, understood
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.calling import Calls, Outside
from stockrecon.ledgers.ginee.api import Ginee, GineeSigner
from stockrecon.ledgers.ginee.checking import check_lines
from stockrecon.ledgers.ginee.errors import VENDOR, judge_for
from stockrecon.ledgers.ginee.places import Places, places_of
from stockrecon.ledgers.ginee.posting import Poster
from stockrecon.ledgers.ginee.reading import Reading
from stockrecon.ledgers.ginee.record import Record
from stockrecon.ledgers.ginee.setup import setup_of
from stockrecon.ledgers.ginee.stock import Stock


class GineeLedger:
    """The warehouses of one Ginee account. Raises UsageFault where the settings lack what every call needs.

    `outside` is for tests.
    """

    def __init__(self, settings: LedgerSettings, **outside: Unpack[Outside]) -> None:
        self.settings = settings
        self._setup = setup = setup_of(settings)
        calls = Calls(setup.base_url, setup.access_key, setup.rate, **outside)
        signer = GineeSigner(setup.access_key, setup.secret, setup.country)
        self._client = calls.client(judge_for("answer"), lambda: (setup.secret.reveal(),), signer=signer)
        self._ginee = Ginee(self._client)
        self._record = Record(setup.record)
        self._places: Places | None = None

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Orders, stock, and what came in between, into `spool`; `as_of` is Ginee's time at the last look, but not
        after `now`. Raises ReadFault or AuthFault.
        """
        with understood(VENDOR):
            # Warehouses may have been renamed or switched off since this object's last reading.
            self._places = None
            return Reading(self._ginee, self._setup, self._found(), self._record).spool(spool, now)

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs now; a SKU that is gone, or of which not all is told, is left out. Raises what `read`
        raises."""
        with understood(VENDOR):
            stock = Stock(self._ginee, self._found().read, self._setup.zone)
            stock.read_some(skus)
            told = {sku: stock.available(sku, self._setup.formula) for sku in skus}
            return {sku: available for sku, available in told.items() if available is not None}

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            with understood(VENDOR):
                return self._poster().why_not()
        except ReadFault as fault:
            return one_line(fault)

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Sets warehouse stock, with the ref as the remark, after it was kept in the record; see `Ledger.correct`."""
        try:
            with understood(VENDOR):
                return pointless(request) or self._poster().post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that were posted, by the record and by what the rows show. Raises ReadFault where nobody
        can tell."""
        with understood(VENDOR):
            return self._poster().posted(refs) if refs else {}

    def check(self) -> Sequence[LedgerCheck]:
        """Key, clock, warehouses, what `available` means, pushes that failed, shops that are cut off, orders, and
        whether corrections can be posted, without posting one."""
        lines: list[LedgerCheck] = []
        try:
            with understood(VENDOR):
                for line in check_lines(self._ginee, self._setup, self._found()):
                    lines.append(line)  # noqa: PERF402  what was told before a fault is told as well
        except ReadFault as fault:
            what = "key" if isinstance(fault, AuthFault) else "ledger"
            return [*lines, LedgerCheck(False, what, fault.what, fault.way_on)]
        return [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        self._client.close()

    def _found(self) -> Places:
        if self._places is None:
            self._places = places_of(self._ginee, self._setup)
        return self._places

    def _poster(self) -> Poster:
        return Poster(self._ginee, self._setup, self._found(), self._record)
