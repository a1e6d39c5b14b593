"""What a run concludes: findings, statements, the plan, outcomes, and the one result that reports are views of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stockrecon.core.model import (
    Campaign,
    LedgerFacts,
    Listing,
    ListingKey,
    Movement,
    Order,
    Push,
    ShopFacts,
    ShopName,
    Sku,
    Snapshot,
)
from stockrecon.core.sources import Little
from stockrecon.core.standing import Standing


class Side(StrEnum):
    LISTING = "listing"
    LEDGER = "ledger"


class RemedyKind(StrEnum):
    SET = "set"
    ADJUST_LEDGER = "adjust-ledger"
    MANUAL = "manual"
    WAIT = "wait"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One dated fact and where it comes from. `at` is None for what has no time of its own (a configured value)."""

    at: datetime | None
    source: str
    fact: str


@dataclass(frozen=True, slots=True)
class Correction:
    """One ledger correction of scenario 3: `by` is negative, `ref` is made from the cancelling movement's id."""

    by: int
    ref: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What should be done. `until`: a wait's end, or a manual action's due time; None where nobody can tell."""

    kind: RemedyKind
    text: str = ""
    until: datetime | None = None
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim of `units` by one scenario: positive where stock is promised twice, negative where it is hidden.

    `listing` is None on the ledger side, and for a finding about a whole shop. `resolves_at` is when a wait should be
    over. `part` tells several findings of one scenario on the same place apart.
    """

    scenario: str
    number: int | None
    side: Side
    sku: Sku
    units: int
    text: str
    listing: ListingKey | None = None
    shop: ShopName | None = None
    ambiguous: bool = False
    resolves_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()
    remedies: tuple[Remedy, ...] = (Remedy(RemedyKind.NONE),)
    part: str = ""
    supports: int | None = None
    """How many units the evidence would carry; only where several causes may compete for one variance."""

    @property
    def id(self) -> str:
        """The same for the same cause at the same place in every run."""
        place = (self.listing.item_id, self.listing.variation_id) if self.listing else ("", "")
        text = "\x1f".join((self.scenario, self.side, self.sku, self.shop or "", *place, self.part))
        return "f-" + hashlib.sha256(text.encode()).hexdigest()[:12]

    def has(self, kind: RemedyKind) -> bool:
        return any(remedy.kind is kind for remedy in self.remedies)


@dataclass(frozen=True, slots=True)
class Line:
    """A listing within a statement. target, write_target, variance are None where unknown, never 0.

    `target` is from the ledger as read, with corrections; `write_target` what a write would set, the floor counted;
    `floor` the least exposed number that the channel accepts now, None where the lock's size is unknown; `withheld` and
    `committed` are the listing's, None where the channel does not tell them.
    """

    listing: Listing
    target: int | None
    write_target: int | None
    floor: int | None
    variance: int | None
    withheld: int | None
    committed: int | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What `explain` tells beyond the findings: every dated fact of the SKU."""

    movements: tuple[Movement, ...] = ()
    orders: tuple[Order, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    pushes: tuple[Push, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One SKU: its numbers, its listings, the findings that explain them, and warnings that are no findings."""

    sku: Sku
    available: int | None
    available_in_flight: int | None
    excess: int
    deficit: int
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()
    moving: bool = False
    policy: tuple[str, ...] = ()
    """Why the targets are not simply available (`explain` only)."""
    timeline: Timeline = Timeline()


LEDGER = "ledger"
"""The name of the ledger beside those of shops: in refusals, standings, and as the place of a correction."""


class ActionKind(StrEnum):
    SET_STOCK = "set-stock"
    ADJUST_LEDGER = "adjust-ledger"
    MANUAL = "manual"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Action:
    """One step of the plan. Quantities are exposed units. `after`: the id of the action that has to succeed before.

    `frm`, `to`: set-stock. `by`, `ref`: adjust-ledger. `due`: manual. `until`: wait.
    """

    id: str
    kind: ActionKind
    sku: Sku
    scenario: str
    finding: str
    shop: ShopName | None = None
    listing: ListingKey | None = None
    frm: int | None = None
    to: int | None = None
    by: int | None = None
    ref: str | None = None
    text: str = ""
    due: datetime | None = None
    until: datetime | None = None
    after: str | None = None

    @property
    def place(self) -> ListingKey:
        """The listing of set-stock. Raises ValueError for what has none."""
        if self.listing is None:
            raise ValueError(f"action {self.id} names no listing")
        return self.listing

    @property
    def writes_to(self) -> str:
        """Whom it writes to: a shop's name, or "ledger"; "" for what is no write."""
        if self.kind is ActionKind.ADJUST_LEDGER:
            return LEDGER
        if self.kind is not ActionKind.SET_STOCK:
            return ""
        return (self.listing.shop if self.listing else self.shop) or ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """An action that the plan does not contain, the rule that withheld it, and why."""

    action: Action
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan's writes were computed from: each is read again just before it is written.

    `available` of every SKU that a write depends on, as the ledger was read; `listings` as they were shown, also of
    writes that are withheld. `corrections`: ids of all the ledger corrections that a listing's target counts on, of
    which an action can name but the last as its `after`.
    """

    available: Mapping[Sku, int] = field(default_factory=dict)
    listings: Mapping[ListingKey, Listing] = field(default_factory=dict)
    corrections: Mapping[ListingKey, tuple[str, ...]] = field(default_factory=dict)

    def counted_on(self, action: Action) -> tuple[str, ...]:
        """The ids of the actions that all have to succeed before this one."""
        counted = self.corrections.get(action.listing, ()) if action.listing else ()
        last = (action.after,) if action.after is not None else ()
        return tuple(dict.fromkeys((*counted, *last)))


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordered actions; `digest` changes if and only if they do."""

    digest: str
    actions: tuple[Action, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    basis: Basis = Basis()


class OutcomeResult(StrEnum):
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    NOT_APPLIED = "not-applied"
    SUPERSEDED = "superseded"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard's no: nothing is written to `who` (a shop's name, or "ledger"), nor what depends on it.

    `text` names the number and the limit, `way_on` what to do. `approvable`: naming the plan's digest overrides it.
    """

    who: str
    rule: str
    text: str
    way_on: str = ""
    approvable: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action. `seen`: the exposed units that were read back, or available of a corrected SKU.

    `run`: of an earlier run, if it was that run which sent it and this one only found out; `about`: then the action
    as that run had it, with the causes left out.
    """

    action: str
    result: OutcomeResult
    seen: int | None
    at: datetime
    detail: str = ""
    run: str = ""
    about: Action | None = None


@dataclass(frozen=True, slots=True)
class ShopReport:
    """One shop's row of the report; `facts` is None where it could not be read, `error` then says why.

    `little`: how it was read by its changes; None where it was read in full. `in_full`: why it was, although it is
    listened to.
    """

    name: ShopName
    channel: str
    facts: ShopFacts | None
    listings: int
    requests: int
    error: str | None = None
    warnings: tuple[str, ...] = ()
    little: Little | None = None
    in_full: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioSum:
    """`units` sums |units| of listing-side findings, `ledger_units` of ledger-side ones."""

    findings: int = 0
    units: int = 0
    ledger_units: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """`variance_units` is the sum of |variance| over listings, `oversell_units` that of the positive ones."""

    skus: int = 0
    listings: int = 0
    in_line: int = 0
    variance_units: int = 0
    oversell_units: int = 0
    unlisted: int = 0
    by_scenario: Mapping[str, ScenarioSum] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that one run found; reports and the exit code are computed from it and never recount.

    `cannot` names the explanations that this run could not give and why (missing tables, no history).
    """

    command: str
    run: str
    now: datetime
    ledger: LedgerFacts | None
    ledger_error: str | None
    shops: tuple[ShopReport, ...]
    summary: Summary
    statements: tuple[Statement, ...]
    plan: Plan
    cannot: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    exit_code: int = 0
    refusals: tuple[Refusal, ...] = ()
    ages: Mapping[str, datetime] = field(default_factory=dict)
    """When each action was first planned, by its id; empty where nothing is remembered."""
    unpermitted: Mapping[str, str] = field(default_factory=dict)
    """Why `sync --apply` would not write an action although no guard refuses it (mode, apply.scenarios), by its id."""
    standing: Standing | None = None
    """What the guards judge by; None where the ledger was not read."""
