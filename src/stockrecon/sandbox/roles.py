"""On which channels the stories can happen, why not on the others, and what differs where they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType

from stockrecon.core.model import ListingState
from stockrecon.sandbox.records import Key


@dataclass(frozen=True, slots=True)
class Ways:
    """What differs from channel to channel in a story.

    `key`: the ids of its n-th listing. `campaign`: what it calls units that are locked for a time, and the id of its
    n-th one. `lowers_meanwhile`: stock may be lowered to the lock while it runs, not only before. `shut`: a state in
    which a listing takes no pushes, with its own words and how a story tells of it; without one pushes fail by getting
    lost. `released`: how an unpaid order's unit is for sale again.
    """

    name: str
    key: Callable[[int], Key]
    campaign: str = ""
    campaign_id: Callable[[int], str] = str
    lowers_meanwhile: bool = False
    shut: tuple[ListingState, str, str] | None = None
    released: str = ""


WAYS: Mapping[str, Ways] = MappingProxyType(
    {
        "shopee": Ways(
            "Shopee",
            lambda number: (str(20_100_000_000 + number), ""),
            campaign="flash sale",
            campaign_id=lambda number: str(649_305_216_139_968 + number),
            shut=(ListingState.BANNED, "BANNED", "the item is banned"),
        ),
        "lazada": Ways(
            "Lazada",
            lambda number: (str(2_800_000_000 + number), str(13_400_000_000 + number)),
            campaign="campaign",
            campaign_id=lambda number: str(88_000 + number),
            lowers_meanwhile=True,
            shut=(ListingState.ERROR, "Category is inactive", "category is inactive"),
            released="Lazada gave the unit back to sale after 30 minutes",
        ),
        "tiktok-shop": Ways(
            "TikTok Shop",
            lambda number: (str(1_729_400_000_000_000_000 + number), str(1_729_500_000_000_000_000 + number)),
            campaign="campaign",
            campaign_id=lambda number: str(7_410_000_000_000_000_000 + number),
            shut=(ListingState.ERROR, "Category is restricted", "its audit failed, for the category"),
        ),
        "shopify": Ways("Shopify", lambda number: (str(8_100_000_000_000 + number), str(44_100_000_000_000 + number))),
        "woocommerce": Ways(
            "WooCommerce",
            lambda number: (str(100 + number), ""),
            released="WooCommerce shows the unit all the same, since a checkout's hold is no part of its number",
        ),
    }
)

_NO_LOCK = "{} locks no units for campaigns, so there is nothing that could {}"
ABSENT: Mapping[tuple[int, str], str] = MappingProxyType(
    {
        (1, "shopify"): _NO_LOCK.format("Shopify", "come back"),
        (1, "woocommerce"): _NO_LOCK.format("WooCommerce", "come back"),
        (2, "shopify"): _NO_LOCK.format("Shopify", "refuse a push"),
        (2, "woocommerce"): _NO_LOCK.format("WooCommerce", "refuse a push"),
        (5, "shopee"): "Shopee gives an unpaid order's units back only when it cancels the order",
        (5, "tiktok-shop"): "TikTok Shop gives an unpaid order's units back only when it cancels the order",
        (5, "shopify"): "Shopify keeps an unpaid order's units committed for as long as the order is open",
    }
)
"""By the story's number and the channel where it would happen (reference: Shopee 5; TikTok Shop 2.8, and its six facts
per channel: campaign-reserved, unpaid-withheld)."""


NUMBERS = range(1, 7)
ALONE = (1, 5)
"""Stories that need no second shop."""


@dataclass(frozen=True, slots=True)
class Part:
    """One story on two channels: where it happens, and where the seller sells as well. `mark` is added to its SKU, so
    that it can be told more than once.
    """

    number: int
    main: str
    other: str
    mark: str = ""


DEFAULT: tuple[Part, ...] = (
    Part(1, "shopee", "lazada"),
    Part(2, "lazada", "shopee"),
    Part(3, "shopee", "lazada"),
    Part(4, "lazada", "shopee"),
    Part(5, "lazada", "shopee"),
    Part(6, "lazada", "shopee"),
)
"""Each where sellers know it from."""


def can_have(number: int, channel: str) -> bool:
    return (number, channel) not in ABSENT


def seen_from(channel: str) -> tuple[Part, ...]:
    """The six stories for a seller of this channel: there as far as it can have them, else on the other shop, which is
    Lazada's (Shopee's for a seller of Lazada), where all of them can happen.
    """
    other = "shopee" if channel == "lazada" else "lazada"
    pairs = ((number, (channel, other) if can_have(number, channel) else (other, channel)) for number in NUMBERS)
    return tuple(Part(number, *pair) for number, pair in pairs)


def everywhere(channels: Sequence[str]) -> list[Part]:
    """Every story on every channel that can have it, beside every other one that sells the same goods."""
    parts: list[Part] = []
    for number, main in product(NUMBERS, channels):
        others = [channel for channel in channels if channel != main] if can_have(number, main) else []
        parts += [
            Part(number, main, other, f"-{main}-{other}".upper())
            for other in (others[:1] if number in ALONE else others)
        ]
    return parts
