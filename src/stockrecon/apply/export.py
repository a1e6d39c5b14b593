"""A file shop is not written: its corrections go into a file for upload, settled by the first newer snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.apply.desk import Desk
from stockrecon.apply.precheck import Precheck
from stockrecon.apply.readback import Settled
from stockrecon.channels.base import Exporting, Upload
from stockrecon.core.findings import Action, ActionKind, Basis, Outcome, OutcomeResult
from stockrecon.core.intent import Intent, NewIntent
from stockrecon.errors import StockreconError

EXPORTED = "written to the file for upload; the first newer snapshot tells whether it was taken"


@dataclass(slots=True)
class Exporter:
    """Exports the set-stock actions of one file shop. Raises nothing of the outside's."""

    desk: Desk
    channel: Exporting
    basis: Basis
    precheck: Precheck
    unread: str = ""
    """Why the snapshot or the ledger could not be read again."""

    def export(self, actions: Sequence[Action]) -> dict[str, Outcome]:
        """Keeps the intents, then replaces the file; where that fails, none of its rows was exported."""
        reason = self.desk.halted or self._stopped() or self._waited_for(actions)
        if reason:
            return {action.id: self._skipped(action, reason) for action in actions}
        keys = [action.place for action in actions]
        try:
            as_of, shown = self.channel.shown(keys)
            balances = self.precheck.balances(keys)
        except StockreconError as error:
            self.unread = f"not exported: it could not be read again just before: {error.text}"
            return {action.id: self._skipped(action, self.unread) for action in actions}
        outcomes, fresh = {}, []
        for action in actions:
            now = shown.get(action.place)
            moved = self.precheck.moved(action.place, now, balances)
            if moved:
                seen = None if now is None else now.exposed
                outcomes[action.id] = Outcome(action.id, OutcomeResult.CONFLICT, seen, self.desk.clock(), moved)
            else:
                fresh.append(action)
        return outcomes | self._exported(fresh, as_of)

    def _exported(self, actions: Sequence[Action], as_of: datetime) -> dict[str, Outcome]:
        if not actions:
            return {}
        told: list[str] = []
        opened = self.desk.open([self._intent(action, as_of) for action in actions], told.append)
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

    def _intent(self, action: Action, as_of: datetime) -> NewIntent:
        """`as_of`: of the snapshot that it was judged by; what a newer one shows, tells of it."""
        return NewIntent(
            action.id,
            ActionKind.SET_STOCK,
            action.sku,
            action.listing,
            action.frm,
            action.to,
            basis=self.precheck.computed_from(action.place),
            as_of=as_of,
        )

    def _row(self, intent: Intent) -> Upload:
        listing = self.basis.listings[intent.place]
        return Upload(intent.place, listing.seller_sku, intent.to or 0)

    def _close(self, intents: Sequence[Intent], result: OutcomeResult, detail: str) -> dict[str, Outcome]:
        for intent in intents:
            self.desk.settle(Settled(intent, result, None, detail))
        return {one.action: Outcome(one.action, result, None, self.desk.clock(), detail) for one in intents}

    def _skipped(self, action: Action, reason: str) -> Outcome:
        return Outcome(action.id, OutcomeResult.SKIPPED, None, self.desk.clock(), reason)
