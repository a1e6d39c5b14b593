"""A file shop is not written: its corrections go into a file for upload, settled by the first newer snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.apply.desk import Desk
from stockrecon.apply.readback import Settled
from stockrecon.channels.base import Exporting, Upload
from stockrecon.core.findings import Action, ActionKind, Basis, Outcome, OutcomeResult
from stockrecon.core.intent import Intent, NewIntent
from stockrecon.errors import StockreconError

EXPORTED = "written to the file for upload; the first newer snapshot tells whether it was taken"


@dataclass(slots=True)
class Exporter:
    """`as_of`: of the snapshot that the plan was made from."""

    desk: Desk
    channel: Exporting
    basis: Basis
    as_of: datetime | None

    def export(self, actions: Sequence[Action]) -> dict[str, Outcome]:
        """Keeps the intents, then replaces the file; where that fails, none of its rows was exported."""
        reason = self.desk.halted or self._stopped() or self._waited_for(actions)
        if reason:
            return {action.id: self._skipped(action, reason) for action in actions}
        told: list[str] = []
        opened = self.desk.open([self._intent(action) for action in actions], told.append)
        if not opened:
            return {action.id: self._skipped(action, told[0]) for action in actions}
        try:
            self.channel.export([self._row(intent) for intent in opened])
        except StockreconError as error:
            return self._close(opened, OutcomeResult.SKIPPED, f"not exported: {error.text}")
        # Nobody has answered: a file that is never taken must not look like a push that the shop took.
        return self._close(opened, OutcomeResult.EXPORTED, EXPORTED)

    def _stopped(self) -> str:
        stopped = self.desk.stop()
        return f"not exported: the run was stopped ({stopped})" if stopped else ""

    def _waited_for(self, actions: Sequence[Action]) -> str:
        """Why the file must not be replaced: rows of an earlier run that were given out stand in it alone."""
        shops = {action.writes_to for action in actions}
        given = [one for one in self.desk.journal.open_intents() if one.listing and one.listing.shop in shops]
        if not given:
            return ""
        return (
            f"not exported: what run {given[0].run} gave out still stands in the file for upload ({len(given)} of its "
            "rows are not settled), and a new one would replace it: upload it, then export the shop anew"
        )

    def _intent(self, action: Action) -> NewIntent:
        return NewIntent(
            action.id, ActionKind.SET_STOCK, action.sku, action.listing, action.frm, action.to, as_of=self.as_of
        )

    def _row(self, intent: Intent) -> Upload:
        if intent.listing is None or intent.to is None:
            raise RuntimeError(f"intent {intent.id} names no listing")
        listing = self.basis.listings[intent.listing]
        return Upload(intent.listing, listing.seller_sku, intent.to)

    def _close(self, intents: Sequence[Intent], result: OutcomeResult, detail: str) -> dict[str, Outcome]:
        for intent in intents:
            self.desk.settle(Settled(intent, result, None, detail))
        return {one.action: Outcome(one.action, result, None, self.desk.clock(), detail) for one in intents}

    def _skipped(self, action: Action, reason: str) -> Outcome:
        return Outcome(action.id, OutcomeResult.SKIPPED, None, self.desk.clock(), reason)
