"""Where a story plays, and the lists of all stories.

A story is a function of a stage: it lets things happen on a SKU of its own and returns what `diff` must say after the
first and after the second reading, 40 minutes later (semantics sections 2 to 6). Its numbers come from the story, never
from the program.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.market.claims import Expect, Played
from tests.market.things import MINUTE, NOON, Listing
from tests.market.world import Market

GRACE, LATENCY, SETTLE = 30 * MINUTE, 5 * MINUTE, 30 * MINUTE
LATER = 40 * MINUTE
"""How long after the first reading the second one is made."""


@dataclass
class Stage:
    """Where one story plays: its own SKU in shops of the market."""

    market: Market
    random: random.Random
    name: str

    @property
    def pushes(self) -> bool:
        return self.market.with_pushes

    def has_history(self, listing: Listing) -> bool:
        return listing.shop.history

    def open(self, stock: int, *shops: str, **more: object) -> list[Listing]:
        """The SKU with its stock, listed in `shops` under its own name."""
        self.market.sku(self.name, stock)
        return [self.market.list_(self.market.shops[shop], self.name, **more) for shop in shops]  # type: ignore[arg-type]

    def ago(self, low: timedelta, high: timedelta) -> datetime:
        """Some time between `high` and `low` before noon, to the second."""
        return NOON - low - timedelta(seconds=self.random.randrange(int((high - low).total_seconds()) + 1))

    def move(self, time: datetime, quantity: int, kind: str, *, push: bool = True) -> None:
        self.market.move(time, self.name, quantity, kind, push=push)

    def unexplained(self, units: int, listing: Listing) -> Expect:
        """Nothing tells why; corrected only where the policy says so."""
        if self.market.policy.unexplained == "report":
            return Expect().claim("unexplained", units, listing, "none")
        to = self.market.target(listing)
        return Expect().claim("unexplained", units, listing, "set", to=to, held=units < 0)

    def played(self, first: Callable[[], Expect], second: Callable[[], Expect] | None = None, *skus: str) -> Played:
        return Played("", self.name, first, second, skus)


Story = Callable[[Stage], Played]
STORIES: dict[str, Story] = {}
PROTECTED: dict[str, Story] = {}
"""What is played where campaign stock is kept from other shops."""
NEED_PUSHES: set[str] = set()
NEED_MAPPING: set[str] = set()


def story(act: Story) -> Story:
    STORIES[act.__name__.replace("_", "-")] = act
    return act


def only_with_pushes(act: Story) -> Story:
    """A story that nobody can tell without the pushes table."""
    NEED_PUSHES.add(act.__name__.replace("_", "-"))
    return story(act)


def only_with_mapping(act: Story) -> Story:
    """A story that is another one without the ledger's listings table."""
    NEED_MAPPING.add(act.__name__.replace("_", "-"))
    return story(act)


def other(stage: Stage, *not_these: str) -> str:
    """A shop with ordinary rules, none of `not_these`."""
    return stage.random.choice([name for name in ("shopee-vn", "tiktok-vn", "shopify-us") if name not in not_these])


def protected(act: Story) -> Story:
    PROTECTED[act.__name__.replace("_", "-")] = act
    return act
