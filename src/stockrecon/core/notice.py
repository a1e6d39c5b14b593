"""What a marketplace told unasked, as far as anything of it is used: where to look again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Place = tuple[str, str]
"""Item id and variation id. An item without a variation id means all of it; a variation without an item id, the item
that it belongs to."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one push message says: look at these places again. Nothing of a buyer is in it.

    `key` is the same for the same message delivered twice. `kind`: the vendor's topic. `told_at`: when it was made, by
    the vendor's clock, None where it does not tell. `orders` name orders whose items are found by reading them.
    `whole`: it concerns the shop as a whole.
    """

    key: str
    kind: str
    told_at: datetime | None = None
    places: tuple[Place, ...] = ()
    orders: tuple[str, ...] = ()
    whole: bool = False

    @property
    def empty(self) -> bool:
        """Whether it names nothing that could be read again."""
        return not (self.places or self.orders or self.whole)


@dataclass(frozen=True, slots=True)
class Told:
    """All that was told of one shop since a time. `whole`: the topic of a message about all of it, "" without one."""

    places: frozenset[Place] = frozenset()
    orders: frozenset[str] = frozenset()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Listening:
    """How a shop is listened to: without a gap from `since` to `seen`. `heard`: the newest genuine message of it."""

    since: datetime
    seen: datetime
    heard: datetime | None = None
