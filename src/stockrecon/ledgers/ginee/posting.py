"""Posting one correction: AdjustInventory sets a SKU's warehouse stock in one warehouse to a number.

The number is what was read just before, plus the correction. What is sold meanwhile is locked and not lost; what is
shipped, received or counted in that moment is overwritten, and where that shows it is told (docs/ledgers/ginee.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from stockrecon.errors import ReadFault
from stockrecon.ledgers.answers import moved, one_line, posted_before, understood
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest
from stockrecon.ledgers.ginee.api import Ginee
from stockrecon.ledgers.ginee.errors import VENDOR, WHO, Refused
from stockrecon.ledgers.ginee.places import Place, Places
from stockrecon.ledgers.ginee.record import Entry, Record, State
from stockrecon.ledgers.ginee.setup import Setup
from stockrecon.ledgers.ginee.stock import Row, Stock, buckets_of
from stockrecon.rest import Unsettled
from stockrecon.rest.fields import Malformed

MOST = 999_998
""""Greater than or equal to 0 and less than 999999" (doc.ginee.com, AdjustInventory)."""
ARRIVES = timedelta(minutes=2)
"""What was sent takes effect within this, or never; longer than a request may last."""
_CLOCK = timedelta(seconds=5)
"""How far Ginee's servers' clocks may be apart."""


class Fate(Enum):
    """What a row tells of a correction whose answer is not known."""

    POSTED = auto()
    UNTOUCHED = auto()
    MOVED_ON = auto()


@dataclass(frozen=True, slots=True)
class Poster:
    """Corrections of one account."""

    ginee: Ginee
    setup: Setup
    places: Places
    record: Record

    def why_not(self) -> str | None:
        """None where corrections can be posted, as far as that shows without posting one."""
        place = self.places.correct_at
        if place is None:
            ids = ", ".join(each.id for each in self.places.read)
            return (
                "several warehouses are read and none is named that corrections are posted in; set ledger.correct_at "
                f"to one of {ids}"
            )
        if place.disabled:
            return f"the warehouse {place.shown} is switched off in Ginee; switch it on or set ledger.correct_at"
        return self.record.why_not()

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the refs that were posted from here. Raises ReadFault where nobody can tell."""
        if not self.record.exists:
            words = f"nobody can tell what has been posted: the record of corrections {self.record.path} is not there"
            raise ReadFault(WHO, words, way_on="Look for the references as remarks in Ginee's stock records.")
        with self.record.held():
            known = self.record.entries()
            found: dict[str, int] = {}
            for entry in (known[ref] for ref in dict.fromkeys(refs) if ref in known):
                settled = self._settled(entry)
                if settled.state is State.SENDING:
                    words = f"{entry.ref} was sent a moment ago and is not there: it may still arrive"
                    raise ReadFault(WHO, words, way_on="Run again in two minutes.")
                if settled.state is State.POSTED:
                    found[entry.ref] = entry.by
            return found

    def post(self, request: CorrectionRequest) -> CorrectionAnswer:
        """Raises ReadFault where nothing was sent."""
        refusal = self.why_not()
        place = self.places.correct_at
        if refusal or place is None:
            return _rejected(refusal or "no warehouse is named for corrections")
        with self.record.held():
            self.record.start()
            entry = self.record.entries().get(request.ref)
            try:
                state = self._settled(entry).state if entry else State.REFUSED
            except ReadFault as fault:
                return CorrectionAnswer(Answered.UNKNOWN, one_line(fault))
            if entry and state is State.POSTED:
                return posted_before(request, entry.by, self._available(request))
            if state is State.SENDING:
                return CorrectionAnswer(Answered.UNKNOWN, f"{request.ref} was sent a moment ago, and is not there yet")
            return self._decided(request, place)

    def _decided(self, request: CorrectionRequest, place: Place) -> CorrectionAnswer:
        stock = self._read(request)
        before = stock.available(request.sku, self.setup.formula)
        row = stock.rows.get((place.id, request.sku))
        if before is None or row is None:
            return _rejected(f"Ginee has no stock of {request.sku!r} in {place.shown}")
        if before != request.available:
            return moved(request, before)
        to = row.buckets["warehouse"] + request.by
        if row.bundle:
            return _rejected(f"{request.sku} is a bundle, which has no stock of its own; correct its components")
        if not 0 <= to <= MOST:
            held = row.buckets["warehouse"]
            words = f"{place.shown} holds {held} of {request.sku}, which would become {to}; Ginee takes 0 to {MOST}"
            return _rejected(f"{words}; correct it in a warehouse that holds the units (ledger.correct_at)")
        return self._sent(request, row, to)

    def _sent(self, request: CorrectionRequest, row: Row, to: int) -> CorrectionAnswer:
        entry = Entry(
            ref=request.ref,
            sku=request.sku,
            warehouse=row.warehouse,
            by=request.by,
            to=to,
            before=row.buckets,
            updated_at=row.updated_at,
            at=self.ginee.now(),
            state=State.SENDING,
        )
        self.record.keep(entry)
        try:
            told = buckets_of(self.ginee.adjust(row.warehouse, request.sku, to, request.ref), "stock/update")
        except Unsettled as fault:
            return self._looked_at(request, entry, one_line(fault))
        except Malformed as bad:
            return self._looked_at(request, entry, f"Ginee's answer is not understood: {bad}")
        except ReadFault as fault:
            self.record.keep(entry.now(State.REFUSED))
            answered = Answered.REJECTED if isinstance(fault, Refused) else Answered.NOT_SENT
            return CorrectionAnswer(answered, f"not posted: {one_line(fault)}")
        if told.get("warehouse", to) != to:
            words = f"Ginee answers success and shows {told['warehouse']} where {to} was set"
            return self._looked_at(request, entry, words)
        words = _overwritten(entry, told)
        try:
            self.record.keep(entry.now(State.POSTED))
        except ReadFault as fault:
            # Ginee took it all the same; what was kept before it was sent lets the next look tell.
            words = "; ".join(filter(None, (words, one_line(fault))))
        return CorrectionAnswer(Answered.ACCEPTED, words, self._available(request))

    def _looked_at(self, request: CorrectionRequest, entry: Entry, words: str) -> CorrectionAnswer:
        """No answer, or none that counts: what the row shows does, and what it does not show may still come."""
        try:
            settled = self._settled(entry)
        except ReadFault as fault:
            return CorrectionAnswer(Answered.UNKNOWN, f"{words}; {one_line(fault)}")
        if settled.state is State.POSTED:
            words = f"{request.ref} was posted all the same: {words}"
            return CorrectionAnswer(Answered.ACCEPTED, words, self._available(request))
        return CorrectionAnswer(Answered.UNKNOWN, words)

    def _settled(self, entry: Entry) -> Entry:
        """The entry as it is known to have ended, and kept so; SENDING while it may still arrive."""
        if entry.state is not State.SENDING:
            return entry
        row = self._row(entry)
        fate = fate_of(entry, row)
        if fate is Fate.MOVED_ON:
            raise ReadFault(WHO, _undecided(entry, row), way_on=_DECIDE.format(ref=entry.ref))
        if fate is Fate.UNTOUCHED and self.ginee.now() - entry.at < ARRIVES:
            return entry
        ended = entry.now(State.POSTED if fate is Fate.POSTED else State.REFUSED)
        self.record.keep(ended)
        return ended

    def _row(self, entry: Entry) -> Row | None:
        stock = Stock(self.ginee, [Place(entry.warehouse)], self.setup.zone)
        # It was sent: a row that nobody understands leaves it open, and is no "not posted".
        with understood(VENDOR):
            stock.read_some([entry.sku])
        return stock.rows.get((entry.warehouse, entry.sku))

    def _read(self, request: CorrectionRequest) -> Stock:
        stock = Stock(self.ginee, self.places.read, self.setup.zone)
        stock.read_some([request.sku])
        return stock

    def _available(self, request: CorrectionRequest) -> int | None:
        """None where it cannot be read now: that it was posted is known all the same."""
        try:
            return self._read(request).available(request.sku, self.setup.formula)
        except (ReadFault, Malformed):
            return None


_DECIDE = (
    "Look for {ref} as a remark in Ginee's stock records, then close the write: stockrecon runs resolve ID --as "
    "confirmed or not-applied"
)


def fate_of(entry: Entry, row: Row | None) -> Fate:
    """What the row tells. It is taken for posted where exactly the number that was set stands there, everything else is
    as it was, and Ginee changed the row when it was sent; untouched where nothing at all has changed.
    """
    if row is None:
        return Fate.MOVED_ON
    others = [name for name in entry.before if name != "warehouse"]
    same = all(row.buckets.get(name) == entry.before[name] for name in others)
    held = row.buckets.get("warehouse")
    if same and held == entry.before["warehouse"] and row.updated_at == entry.updated_at:
        return Fate.UNTOUCHED
    in_time = row.updated_at is None or -_CLOCK <= row.updated_at - entry.at <= ARRIVES
    return Fate.POSTED if same and held == entry.to and in_time else Fate.MOVED_ON


def _undecided(entry: Entry, row: Row | None) -> str:
    shown = "is gone" if row is None else f"shows {dict(row.buckets)}, changed at {row.updated_at}"
    return (
        f"nobody can tell whether the correction {entry.ref} was posted: {entry.sku} held {dict(entry.before)} before "
        f"it was sent at {entry.at:%Y-%m-%d %H:%M:%S}Z to set {entry.to}, and {shown}"
    )


def _overwritten(entry: Entry, told: Mapping[str, int]) -> str:
    """What changed between reading and setting, where it shows: shipped units leave both numbers, and ours put them
    back into one."""
    fell = entry.before.get("locked", 0) - told.get("locked", entry.before.get("locked", 0))
    if fell <= 0:
        return ""
    return (
        f"{fell} locked units of {entry.sku} went in the moment of posting: if they were shipped and not cancelled, "
        f"warehouse stock is {fell} too high; look at Ginee's stock records"
    )


def _rejected(words: str) -> CorrectionAnswer:
    return CorrectionAnswer(Answered.REJECTED, f"not posted: {words}")
