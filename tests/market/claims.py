"""What `diff` has to say about one SKU, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from tests.market.things import Listing, Order
from tests.market.world import Market

NUMBERS = {
    "campaign-returned": 1,
    "campaign-lock": 2,
    "cancelled-order-restock": 3,
    "listing-sync-error": 4,
    "unpaid-release": 5,
    "orders-too-near": 6,
}
Key = tuple[str, str, str | None] | None


@dataclass(frozen=True)
class Claim:
    """One finding: the listing's key, or None for the ledger side. `also`: other causes the page allows here."""

    scenario: str
    units: int | None
    listing: Key
    remedies: frozenset[str]
    ambiguous: bool = False
    resolves_at: datetime | None = None
    also: tuple[str, ...] = ()
    side: str | None = None

    @property
    def of_ledger(self) -> bool:
        return (self.side or ("ledger" if self.listing is None else "listing")) == "ledger"


@dataclass(frozen=True)
class Step:
    """One step of the plan. `held`: withheld under this rule, None: planned."""

    kind: str
    listing: Key = None
    to: int | None = None
    until: datetime | None = None
    held: bool = False


@dataclass
class Expect:
    """Everything about one SKU after one run. `cautious`: listing -> write target where it is not the target."""

    claims: list[Claim] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    in_flight: int = 0
    moved: dict[str, int] = field(default_factory=dict)  # in flight, of other SKUs of a kit
    excess: int = 0
    correction: int = 0
    deficit: int | None = None
    cautious: dict[Key, int] = field(default_factory=dict)
    floors: dict[Key, int | None] = field(default_factory=dict)
    warned: bool = False
    loose: bool = False

    def claim(
        self,
        scenario: str,
        units: int | None,
        at: Listing | None = None,
        *remedies: str,
        to: int | None = None,
        held: bool = False,
        until: datetime | None = None,
        ambiguous: bool = False,
        also: tuple[str, ...] = (),
        side: str | None = None,
    ) -> Expect:
        """A finding and the steps that its remedies mean."""
        key = at.key if at else None
        self.claims.append(Claim(scenario, units, key, frozenset(remedies), ambiguous, until, also, side))
        for remedy in remedies:
            if remedy == "set":
                self.steps.append(Step("set-stock", key, to, held=held))
            elif remedy == "wait":
                self.steps.append(Step("wait", key, until=until))
            elif remedy != "none":
                self.steps.append(Step(remedy, key))
        return self


Second = Callable[[], "Expect | None"]


@dataclass
class Played:
    """One injected cause: the SKU whose statement shows it, and what the first and the second run must say."""

    story: str
    sku: str
    first: Callable[[], Expect]
    second: Callable[[], Expect] | None = None
    skus: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()

    def expected(self, run: int) -> Expect:
        return (self.second if run == 2 and self.second else self.first)()


def unheld(expect: Expect) -> Expect:
    """The same after two reads: what was withheld only for want of a second look is planned."""
    return replace(expect, steps=[replace(step, held=False) for step in expect.steps])


def total(claims: Iterable[Claim], key: Key) -> int:
    """Units of the listing-side claims on one listing."""
    return sum(claim.units or 0 for claim in claims if claim.listing == key and not claim.of_ledger)


__all__ = ["NUMBERS", "Claim", "Expect", "Market", "Played", "Second", "Step", "total", "unheld"]
