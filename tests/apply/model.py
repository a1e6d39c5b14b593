"""A shop and a ledger in memory that do what a test tells them: lose answers, lie, sell meanwhile, refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stockrecon.apply.applying import Applying, Rules
from stockrecon.channels.base import StockWrite, Upload, WriteAnswer
from stockrecon.core.findings import Action, ActionKind, Basis, Plan, RunResult, Summary
from stockrecon.core.intent import Answered
from stockrecon.core.model import Capabilities, Component, Listing, ListingKey, ListingState, ShopName, Sku
from stockrecon.core.plan import action_id, digest_of
from stockrecon.core.policy import Mode, Policy, ShopPolicy
from stockrecon.core.settings import LedgerSettings, ShopSettings
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest
from stockrecon.state import State

START = datetime(2026, 11, 11, 12, tzinfo=UTC)
SHOP = ShopName("shopee-vn")


class Clock:
    """A clock that moves when somebody sleeps; what is to happen meanwhile happens then."""

    def __init__(self) -> None:
        self.now = START
        self.later: list[tuple[datetime, Callable[[], None]]] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        end = self.now + timedelta(seconds=seconds)
        for at, event in sorted(self.later, key=lambda one: one[0]):
            if at <= end:
                self.now = max(self.now, at)
                self.later.remove((at, event))
                event()
        self.now = end

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        self.later.append((self.now + timedelta(seconds=seconds), event))


def key(item: str, shop: ShopName = SHOP) -> ListingKey:
    return ListingKey(shop, item)


@dataclass
class ModelShop:
    """`behave`: what a write of an item does instead of taking effect and saying so, by item id.

    lost-before: no effect, no answer. lost-after: effect, no answer. late: no answer, the effect five seconds later.
    lie: success without effect. reject, throttle, conflict, forget (the row is missing from the answer).
    """

    clock: Clock
    stock: dict[str, int]
    name: ShopName = SHOP
    behave: dict[str, str] = field(default_factory=dict)
    campaign: dict[str, int] = field(default_factory=dict)
    state: dict[str, ListingState] = field(default_factory=dict)
    effects: list[tuple[str, int, int]] = field(default_factory=list)
    sent: list[list[str]] = field(default_factory=list)
    at_once: int = 2
    readable: bool = True
    before_write: Callable[[], None] = lambda: None
    after_write: Callable[[], None] = lambda: None
    on_read: Callable[[], None] = lambda: None
    capabilities: Capabilities = Capabilities("shopee", settles=(1.0, 2.0, 4.0, 8.0, 15.0))

    def __post_init__(self) -> None:
        self.settings = ShopSettings(self.name, "shopee", ShopPolicy(self.name, "shopee", mode=Mode.APPLY))

    def listing(self, item: str) -> Listing:
        campaign = self.campaign.get(item, 0)
        return Listing(
            ListingKey(self.name, item),
            f"SKU-{item}",
            self.stock[item] - campaign,
            campaign,
            0,
            0,
            self.state.get(item, ListingState.OK),
        )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        self.on_read()
        if not self.readable:
            raise ReadFault(self.name, "HTTP 503 (tried 5 times)")
        return {one: self.listing(one.item_id) for one in keys if one.item_id in self.stock}

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        return [writes[start : start + self.at_once] for start in range(0, len(writes), self.at_once)]

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        self.before_write()
        self.sent.append([one.key.item_id for one in batch])
        answers = {}
        for one in batch:
            answer = self._row(one)
            if answer is not None:
                answers[one.key] = answer
        self.after_write()
        return answers

    def _row(self, one: StockWrite) -> WriteAnswer | None:
        item, how = one.key.item_id, self.behave.get(one.key.item_id, "")
        if how == "reject":
            return WriteAnswer(Answered.REJECTED, "error_busi: stock less than reserved stock")
        if how == "throttle":
            return WriteAnswer(Answered.NOT_SENT, "HTTP 429")
        if how == "conflict":
            return WriteAnswer(Answered.CONFLICT, "another number than was read")
        if how == "late":
            self.clock.after(5, lambda: self.take(item, one.to))
        elif how not in ("lost-before", "lie"):
            self.take(item, one.to)
        if how in ("lost-before", "lost-after", "late"):
            return WriteAnswer(Answered.UNKNOWN, "no answer within 30 s")
        return None if how == "forget" else WriteAnswer(Answered.ACCEPTED)

    def take(self, item: str, to: int) -> None:
        self.effects.append((item, self.stock[item], to))
        self.stock[item] = to

    def close(self) -> None: ...

    def check(self) -> Sequence[object]:
        return ()


@dataclass
class ModelFileShop:
    """A shop that gets a file for upload."""

    stock: dict[str, int]
    as_of: datetime = START
    name: ShopName = SHOP
    rows: list[Upload] | None = None
    full: bool = False
    capabilities: Capabilities = Capabilities("file", writes=False)

    def __post_init__(self) -> None:
        self.settings = ShopSettings(self.name, "file", ShopPolicy(self.name, "file", mode=Mode.APPLY))

    def export(self, rows: Sequence[Upload]) -> Path:
        if self.full:
            raise ReadFault(self.name, "updates.csv: the disk is full")
        self.rows = list(rows)
        return Path("updates.csv")

    def shown(self, keys: Sequence[ListingKey]) -> tuple[datetime, Mapping[ListingKey, Listing]]:
        found = {one: Listing(one, "", self.stock[one.item_id], 0, 0, 0) for one in keys if one.item_id in self.stock}
        return self.as_of, found

    def reread(self, keys: Sequence[ListingKey], names: object = None) -> None:
        return None

    def close(self) -> None: ...


@dataclass
class ModelLedger:
    """`behave`: lost-before, lost-after, reject, conflict; `twice` False: like a file, it cannot be read again."""

    available: dict[str, int]
    behave: str = ""
    refs: dict[str, int] = field(default_factory=dict)
    readable: bool = True
    twice: bool = True
    why_not: str | None = None
    settings: LedgerSettings = LedgerSettings("sql", Path())

    def reread(self, skus: Sequence[Sku]) -> Mapping[Sku, int] | None:
        if not self.readable:
            raise ReadFault("ledger", "the connection was refused")
        return {sku: self.available[sku] for sku in skus if sku in self.available} if self.twice else None

    def corrects(self) -> str | None:
        return self.why_not

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        if self.behave == "reject":
            return CorrectionAnswer(Answered.REJECTED, "permission denied")
        if self.behave == "lost-before":
            return CorrectionAnswer(Answered.UNKNOWN, "the connection was lost")
        if self.available[request.sku] != request.available:
            return CorrectionAnswer(Answered.CONFLICT, "another number", self.available[request.sku])
        if request.ref not in self.refs:
            self.refs[request.ref] = request.by
            self.available[request.sku] += request.by
        if self.behave == "lost-after":
            return CorrectionAnswer(Answered.UNKNOWN, "the connection was lost")
        return CorrectionAnswer(Answered.ACCEPTED, "", self.available[request.sku])

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        if not self.readable:
            raise ReadFault("ledger", "the connection was refused")
        return {ref: self.refs[ref] for ref in refs if ref in self.refs}

    def close(self) -> None: ...


class Held:
    """Locks that are held until a test says that they are lost."""

    lost: bool = False

    def check(self) -> None:
        if self.lost:
            raise ReadFault(SHOP, "its lock file was replaced")


@dataclass
class World:
    """A run's write side over a model shop and ledger, with a real state."""

    state: State
    clock: Clock
    shop: ModelShop | ModelFileShop
    ledger: ModelLedger
    policy: Policy = field(default_factory=Policy)
    mode: Mode = Mode.APPLY
    held: Held = field(default_factory=Held)
    stopped: str | None = None
    runs: int = 0

    def applying(self) -> Applying:
        rules = Rules(self.policy, {self.shop.name: self.mode}, "tester")
        channels = {self.shop.name: self.shop}
        return Applying(
            rules,
            self.state,
            self.ledger,  # type: ignore[arg-type]
            channels,  # type: ignore[arg-type]
            self.held,
            self.clock,
            self.clock.sleep,
            lambda: self.stopped,
        )

    def result(self, *actions: Action, basis: Basis | None = None) -> RunResult:
        """A run's result with these actions, planned from what shop and ledger show now."""
        run = self.state.begin_run("sync --apply", self.clock())
        plan = Plan(digest_of(actions), tuple(actions), (), basis or self.basis())
        standing = Standing(
            LedgerStanding(self.clock(), len(self.ledger.available), sum(self.ledger.available.values())),
            {
                self.shop.name: ShopStanding(
                    self.shop.name,
                    self.mode,
                    self.clock(),
                    len(self.shop.stock),
                    sum(1 for one in self.shop.stock.values() if one),
                    sum(self.shop.stock.values()),
                )
            },
        )
        return RunResult("sync", run, self.clock(), None, None, (), Summary(), (), plan, standing=standing)

    def basis(self) -> Basis:
        listings = {}
        for item in self.shop.stock:
            listing = self.shop.listing(item) if isinstance(self.shop, ModelShop) else None
            listing = listing or Listing(key(item), f"SKU-{item}", self.shop.stock[item], 0, 0, 0)
            listings[listing.key] = replace(listing, components=(Component(Sku(f"SKU-{item}"), 1),))
        return Basis({Sku(sku): units for sku, units in self.ledger.available.items()}, listings)

    def set(self, item: str, to: int, **more: object) -> Action:
        place = key(item, self.shop.name)
        action = Action(
            action_id(ActionKind.SET_STOCK, place.shop, item, ""),
            ActionKind.SET_STOCK,
            Sku(f"SKU-{item}"),
            "campaign-returned",
            "f-1",
            shop=place.shop,
            listing=place,
            frm=self.shop.stock[item],
            to=to,
        )
        return replace(action, **more)  # type: ignore[arg-type]

    def adjust(self, item: str, by: int, ref: str = "R1") -> Action:
        sku = Sku(f"SKU-{item}")
        name = action_id(ActionKind.ADJUST_LEDGER, sku, ref)
        return Action(name, ActionKind.ADJUST_LEDGER, sku, "cancelled-order-restock", "f-2", by=by, ref=ref)
