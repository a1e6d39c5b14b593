"""The canonical book: what people did in it, and what every ledger has to make of that.

Each deed is told to a house (`House.people`), which does it in its own way. Beside it stands what it means in the words
of the contract, worked out by hand: rows of `stock` and `movements`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.ledger_contract.house import House

SHOPEE, LAZADA = "shopee-vn", "lazada-vn"
STRANGE = "ao đỏ & \"S\" 'b' 100%"
EARLIER = "stockrecon:MOVED:earlier"
"""The reference of a correction that an earlier run posted."""
KITS: Mapping[str, Mapping[str, int]] = {"KIT": {"BOX": 2, "TEA": 1}}
SKUS = ("PLAIN", "ZERO", "NEG", "SPREAD", "BOX", "TEA", "GHOST", "MOVED", "COUNTED", STRANGE)

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Deed:
    """`ago`: before the run. `means`: movements as (SKU, quantity, kind); `order`: whose they are, as (shop, id)."""

    ago: timedelta
    does: Callable[[House], None]
    means: tuple[tuple[str, int, str], ...] = ()
    order: tuple[str, str] = ("", "")
    ref: str = ""


@dataclass
class _Story:
    deeds: list[Deed] = field(default_factory=list)

    def receives(self, ago: timedelta, sku: str, units: int, *, second: bool = False) -> None:
        self.deeds.append(
            Deed(ago, lambda house: house.receives(sku, units, second=second), ((sku, units, "receipt"),))
        )

    def orders(self, ago: timedelta, shop: str, number: str, sku: str, units: int) -> None:
        parts = {part: units * each for part, each in KITS.get(sku, {sku: 1}).items()}
        means = tuple((part, -taken, "order") for part, taken in parts.items())
        self.deeds.append(Deed(ago, lambda house: house.orders(shop, number, sku, units), means, (shop, number)))

    def cancels(self, ago: timedelta, shop: str, number: str, sku: str, units: int) -> None:
        means = ((sku, units, "cancel"),)
        self.deeds.append(Deed(ago, lambda house: house.cancels(number), means, (shop, number)))

    def gives_back(self, ago: timedelta, shop: str, number: str, sku: str, units: int) -> None:
        means = ((sku, units, "return"),)
        self.deeds.append(Deed(ago, lambda house: house.gives_back(number), means, (shop, number)))

    def sets_by_hand(self, ago: timedelta, sku: str, by: int) -> None:
        self.deeds.append(Deed(ago, lambda house: house.sets_by_hand(sku, by), ((sku, by, "manual"),)))

    def takes_stock(self, ago: timedelta, found: Mapping[str, int]) -> None:
        means = tuple((sku, by, "stocktake") for sku, by in found.items())
        self.deeds.append(Deed(ago, lambda house: house.takes_stock(found), means))

    def does(self, ago: timedelta, deed: Callable[[House], None], *means: tuple[str, int, str], ref: str = "") -> None:
        self.deeds.append(Deed(ago, deed, means, ref=ref))


def _days(number: float) -> timedelta:
    return timedelta(days=number)


def _minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def _told() -> list[Deed]:
    story = _Story()
    first = {"PLAIN": 40, "NEG": 1, "SPREAD": 5, "BOX": 10, "TEA": 5, "MOVED": 10, "COUNTED": 6, STRANGE: 7}
    for sku, units in first.items():
        story.receives(_days(20), sku, units)
    story.receives(_days(20), "SPREAD", 4, second=True)
    # Every kind of movement, one after the other.
    story.orders(_days(10), SHOPEE, "M1", "MOVED", 2)
    story.does(_days(9.5), lambda house: house.ships("M1"))
    story.gives_back(_days(9), SHOPEE, "M1", "MOVED", 2)
    story.does(_days(8), lambda house: house.takes_out("MOVED", 2), ("MOVED", -2, "transfer"))
    story.sets_by_hand(_days(7), "MOVED", 1)
    story.sets_by_hand(_days(7), STRANGE, -1)
    story.takes_stock(_days(6), {"MOVED": -1, "COUNTED": 2})
    story.does(_days(5), lambda house: house.moves_inside("SPREAD", 1))
    story.does(
        _days(4), lambda house: house.corrects("MOVED", -1, 8, EARLIER), ("MOVED", -1, "correction"), ref=EARLIER
    )
    # Oversold, set right by hand, cancelled: a unit that does not exist.
    story.orders(_minutes(300), SHOPEE, "G1", "GHOST", 1)
    story.sets_by_hand(_minutes(240), "GHOST", 1)
    story.cancels(_minutes(120), SHOPEE, "G1", "GHOST", 1)
    # Two orders for the last one.
    story.orders(_minutes(180), SHOPEE, "N1", "NEG", 1)
    story.orders(_minutes(179), LAZADA, "N2", "NEG", 1)
    story.orders(_minutes(100), SHOPEE, "K1", "KIT", 1)
    story.orders(_minutes(2), LAZADA, "P1", "PLAIN", 2)
    return story.deeds


STORY = tuple(_told())


def stock() -> dict[str, int]:
    """Available of every SKU in the end."""
    found = dict.fromkeys(SKUS, 0)
    for deed in STORY:
        for sku, quantity, _ in deed.means:
            found[sku] += quantity
    return found


def movements(noon: datetime) -> Rows:
    """Every movement, oldest first."""
    return [
        {
            "sku": sku,
            "at": (noon - deed.ago).isoformat(),
            "quantity": str(quantity),
            "kind": kind,
            "shop": deed.order[0],
            "order_id": deed.order[1],
            "ref": deed.ref,
        }
        for deed in STORY
        for sku, quantity, kind in deed.means
    ]
