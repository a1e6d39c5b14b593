"""The ledger in Odoo: read in one picture, again for the settle pass, corrected by counts (docs/ledgers/odoo.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Unpack

from stockrecon.core.model import Sku
from stockrecon.core.settings import LedgerSettings
from stockrecon.core.sources import LedgerRead
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.answers import corrections_line, one_line, pointless
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, LedgerCheck
from stockrecon.ledgers.calling import Calls, Outside
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.checking import check_lines
from stockrecon.ledgers.odoo.counting import WIZARD, Counting
from stockrecon.ledgers.odoo.errors import Refused
from stockrecon.ledgers.odoo.places import Scope, correction_place, scope_of
from stockrecon.ledgers.odoo.posting import MANAGER, Posting
from stockrecon.ledgers.odoo.reading import Reading, available_of, spool_all
from stockrecon.ledgers.odoo.setup import setup_of
from stockrecon.rest import Answer, Verdict

_MANAGER_GROUP = "stock.group_stock_manager"


class OdooLedger:
    """One Odoo database. Raises UsageFault where the settings lack what every call needs.

    `outside` is for tests.
    """

    def __init__(self, settings: LedgerSettings, **outside: Unpack[Outside]) -> None:
        self.settings = settings
        self._setup = setup = setup_of(settings)
        calls = Calls(setup.base_url, setup.database, setup.rate, **outside)
        self._client = calls.client(_any, lambda: (setup.key.reveal(),))
        self._odoo = Odoo(self._client, setup.key, setup.database, setup.user, setup.protocol)
        self._scope: Scope | None = None

    def read(self, spool: Path, now: datetime) -> LedgerRead:
        """Everything into `spool`; `as_of` is Odoo's time at the last look, but not after `now`.

        Raises ReadFault or AuthFault for Odoo, DataFault for what its records hold.
        """
        # Warehouses and locations may have changed since this object's last reading.
        self._scope = None
        return spool_all(Reading(self._odoo, self._setup, self._found(), self._client.now), spool, now)

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int]:
        """Available of these SKUs now; a SKU that is gone is left out. Raises what `read` raises."""
        return available_of(self._odoo, self._setup, self._found(), skus)

    def corrects(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one; else why not."""
        try:
            place, why_not = correction_place(self._found(), self._setup)
            if place is None:
                return why_not
            if not self._odoo.has(WIZARD):
                return f"Odoo's {WIZARD} may not be used; {MANAGER}"
            return MANAGER if self._manages() is False else None
        except ReadFault as fault:
            return one_line(fault)

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Posts it as an inventory adjustment whose reference is the correction's; see `Ledger.correct`."""
        try:
            return pointless(request) or self._posting().post(request)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.NOT_SENT, f"not posted: {one_line(fault)}")

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that a done move has; counts of ours that were never applied are taken back first.

        Raises ReadFault or AuthFault.
        """
        posting = self._posting()
        posting.take_back()
        return posting.counting.refs(refs)

    def check(self) -> Sequence[LedgerCheck]:
        """Version, user, companies, locations, what available means, rights, products, kits, orders, corrections."""
        lines: list[LedgerCheck] = []
        try:
            for line in check_lines(self._odoo, self._setup, self._found()):
                lines.append(line)  # noqa: PERF402  what was told before a fault is told as well
        except ReadFault as fault:
            return [*lines, LedgerCheck(False, "ledger", fault.what, fault.way_on)]
        return [*lines, corrections_line(self.corrects())]

    def close(self) -> None:
        self._client.close()

    def _found(self) -> Scope:
        if self._scope is None:
            self._scope = scope_of(self._odoo, self._setup)
        return self._scope

    def _posting(self) -> Posting:
        scope = self._found()
        place, why_not = correction_place(scope, self._setup)
        if place is None:
            raise ReadFault("ledger", why_not, way_on="Then nobody can tell what has been posted either.")
        return Posting(Counting(self._odoo, scope, place), self._setup, scope)

    def _manages(self) -> bool | None:
        """Whether the user may apply counts; None where Odoo does not tell."""
        uid = self._odoo.uid
        try:
            if self._odoo.version.major >= 18:
                told = self._odoo.call(
                    "res.users", "has_group", [uid], positional=(_MANAGER_GROUP,), group_ext_id=_MANAGER_GROUP
                )
            else:
                told = self._odoo.call(
                    "res.users", "has_group", positional=(_MANAGER_GROUP,), group_ext_id=_MANAGER_GROUP
                )
        except AuthFault:
            raise
        except (Refused, ReadFault):
            return None
        return told if isinstance(told, bool) else None


def _any(answer: Answer) -> Verdict:
    return Verdict.ok()
