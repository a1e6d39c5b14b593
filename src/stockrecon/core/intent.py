"""Intents: what a run is about to write, on disk before the first byte leaves, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stockrecon.core.findings import ActionKind, OutcomeResult
from stockrecon.core.model import ListingKey, Sku


class Answered(StrEnum):
    """What the other side said to a write. A claim, not a fact: the outcome comes from reading back.

    NOT_SENT: nothing left this machine, or it was refused before it was carried out (throttled, not authorised).
    CONFLICT: compare-and-set found another value than the one that was read. UNKNOWN: it may have taken effect.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class NewIntent:
    """One write that is about to be sent. `before` and `to`: exposed units of set-stock; `by` and `ref`: adjust-ledger.

    One intent per place may be open: per listing, and per ref of a correction. `basis`: available of the SKUs that the
    write was computed from. `as_of`: of the snapshot, where a newer one is what tells of it (a file for upload).
    """

    action: str
    kind: ActionKind
    sku: Sku
    listing: ListingKey | None = None
    before: int | None = None
    to: int | None = None
    by: int | None = None
    ref: str | None = None
    basis: Mapping[Sku, int] = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """An intent as the journal holds it. It is open until `settled_at`: nothing else is written to its place.

    `answered` None: no answer was recorded, so the process may have died at any moment after the intent was kept.
    `result` of an open one: None, `unknown` (read back, and no stable value was seen: in quarantine) or `exported`.
    """

    id: int
    run: str
    action: str
    kind: ActionKind
    sku: Sku
    listing: ListingKey | None
    before: int | None
    to: int | None
    by: int | None
    ref: str | None
    opened_at: datetime
    basis: Mapping[Sku, int] = field(default_factory=dict)
    as_of: datetime | None = None
    answered: Answered | None = None
    answer: str = ""
    answered_at: datetime | None = None
    result: OutcomeResult | None = None
    seen: int | None = None
    detail: str = ""
    settled_at: datetime | None = None

    @property
    def place(self) -> ListingKey:
        """The listing of a set-stock intent. Raises ValueError for a correction, which has none."""
        if self.listing is None:
            raise ValueError(f"intent {self.id} names no listing")
        return self.listing

    @property
    def is_open(self) -> bool:
        return self.settled_at is None
