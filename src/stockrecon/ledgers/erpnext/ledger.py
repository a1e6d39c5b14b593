"""The ledger in ERPNext: read as nearly at one moment as its API lets, read again, corrected, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Unpack

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead, TableFile
from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, STOCK, Table
from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless, understood
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.calling import Calls, Outside
from stockrecon.ledgers.erpnext.api import Api, TokenSigner
from stockrecon.ledgers.erpnext.checking import check_lines
from stockrecon.ledgers.erpnext.correcting import Poster
from stockrecon.ledgers.erpnext.errors import VENDOR, judge_for
from stockrecon.ledgers.erpnext.fields import written
from stockrecon.ledgers.erpnext.history import History
from stockrecon.ledgers.erpnext.listings import ListingMap, bundle_rows
from stockrecon.ledgers.erpnext.options import read_options
from stockrecon.ledgers.erpnext.site import warehouses, zone_of_site
from stockrecon.ledgers.erpnext.stock import Stock
from stockrecon.spool.writer import SpoolWriter

_ROUNDS = 4
"""How often what moved while it was read is read once more."""
_MARGIN = timedelta(minutes=15)
"""How far back a change can lie that shows only now: it bears the time at which it was saved, not committed, and large
documents are submitted in the background for minutes."""


class ErpnextLedger:
    """One company's warehouses in ERPNext. Raises UsageFault where the settings lack what every call needs.

    `outside` is for tests.
    """

    def __init__(self, settings: LedgerSettings, **outside: Unpack[Outside]) -> None:
        self.settings = settings
        self.options = read_options(settings)
        signer = TokenSigner(self.options.api_key, self.options.api_secret)
        calls = Calls(self.options.base_url, self.options.api_key, self.options.rate, **outside)
        self._client = calls.client(judge_for("answer"), signer.secrets, signer=signer)
        self._api = Api(self._client)
        self._zone: str | None = None

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Movements, then stock, then what changed in between, until nothing does.

        `as_of` is the site's time at the last look, but not after `now`. Raises ReadFault or AuthFault.
        """
        with understood(VENDOR):
            self._api.user()
            zone = self._known_zone()
            warehouses(self._api, self.options)
            since = now - self.options.history
            history, stock = History(self._api, self.options, zone), Stock(self._api, self.options, zone)
            looked = self._api.now()
            history.gather(since)
            stock.read()
            as_of, warnings = self._caught_up(history, stock, looked, zone)
            return self._spooled(spool, min(as_of, now), since, history, stock, warnings)

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs from their Bins again; a SKU that is gone is left out. Raises what `read` raises."""
        if not skus:
            return {}
        with understood(VENDOR):
            stock = Stock(self._api, self.options, self._known_zone())
            stock.read_some(set(skus))
            found, _ = stock.rows()
            return {sku: found[sku].available for sku in skus if sku in found}

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            with understood(VENDOR):
                return self._poster().why_not()
        except ReadFault as fault:
            return one_line(fault)

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts a Stock Entry that carries the ref; see `Ledger.correct`."""
        try:
            with understood(VENDOR):
                return pointless(request) or self._poster().post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that a submitted Stock Entry carries, also one cancelled since. Raises ReadFault."""
        with understood(VENDOR):
            return self._poster().posted(refs) if refs else {}

    def check(self) -> Sequence[LedgerCheck]:
        """Key, versions, zone, warehouses, what `available` means, rights, fields, and whether corrections can be
        posted, without posting one."""
        lines = check_lines(self._api, self.options)
        return lines if lines[-1].ok is False else [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        self._client.close()

    def _poster(self) -> Poster:
        return Poster(self._api, self.options, self._known_zone())

    def _known_zone(self) -> str:
        if self._zone is None:
            self._zone = zone_of_site(self._api, self.options)
        return self._zone

    def _caught_up(self, history: History, stock: Stock, looked: datetime, zone: str) -> tuple[datetime, list[str]]:
        """Reads what changed since `looked` again, until no Bin does; the time of the last look, and a warning.

        Movements come before stock: where no Bin has changed since the one before, none came in between either.
        """
        for _ in range(_ROUNDS):
            since, looked = looked - _MARGIN, self._api.now()
            history.gather(since)
            if not stock.read_changed(written(since, zone)):
                return looked, []
        words = f"stock kept moving while it was read ({_ROUNDS} rounds): its newest movements may be missing"
        return looked, [words]

    def _spooled(
        self, spool: Path, as_of: datetime, since: datetime, history: History, stock: Stock, warnings: list[str]
    ) -> LedgerRead:
        found, odd = stock.rows()
        rows: dict[str, list[dict[str, object]]] = {
            "stock": [
                {"sku": sku, "available": one.available, "updated_at": one.updated_at}
                for sku, one in sorted(found.items())
            ],
            "movements": history.rows(since, found.keys()),
        }
        if self.options.listings is not None or stock.bundles:
            rows["listings"] = list(bundle_rows(stock))
        if self.options.listings is not None:
            listings = ListingMap(self._api, self.options, stock, found.keys())
            rows["listings"] += listings.rows()
            warnings += listings.warnings()
        if odd:
            told = ", ".join(sorted(odd)[:5])
            warnings.append(f"left out, for they hold a fraction of a unit: {len(odd)} SKUs ({told})")
        if stock.uneven:
            told = ", ".join(sorted(stock.uneven)[:5])
            warnings.append(
                f"left out, for they take a fraction of a unit: {len(stock.uneven)} Product Bundles ({told})"
            )
        warnings += history.warnings
        tables = {name: self._written(spool, _TABLES[name], made) for name, made in rows.items()}
        return LedgerRead("erpnext", as_of, tables, zone="UTC", warnings=tuple(warnings))

    def _written(self, spool: Path, table: Table, rows: Sequence[Mapping[str, object]]) -> TableFile:
        path = spool / f"{table.name}.csv"
        with SpoolWriter(table, path) as writer:
            writer.write_all(rows)
        return TableFile(str(path), f"ERPNext {table.name}", trusted=table is not LEDGER_LISTINGS)


_TABLES = {"stock": STOCK, "movements": MOVEMENTS, "listings": LEDGER_LISTINGS}
