"""What every reading of a shop begins with, asked for at once: each answer may come from afar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.locations import Counted, counted, read_locations
from stockrecon.channels.shopify.shop import ShopInfo, read_account, read_shop
from stockrecon.channels.shopify.variants import variants_count
from stockrecon.rest import gather


@dataclass(slots=True)
class Opening:
    """The shop, the locations that count, and how many variants it has by its own count; None: it does not tell."""

    info: ShopInfo = field(default_factory=ShopInfo)
    rules: Counted = field(default_factory=lambda: Counted({}))
    variants: int | None = None


def opened(api: ShopifyApi, domain: str, location_id: str, region: str = "") -> Opening:
    """`domain`, `region`: what the shop has to be, "" where that is not looked at. Raises ReadFault, AuthFault."""
    found = Opening()

    def shop() -> None:
        found.info = read_shop(api, domain)

    def locations() -> None:
        found.rules = counted(api.who, read_locations(api), location_id)

    def variants() -> None:
        found.variants = variants_count(api)

    jobs: list[Callable[[], object]] = [shop, locations, variants]
    if region:
        jobs.append(lambda: read_account(api, region))
    gather(jobs, len(jobs))
    return found


@dataclass(slots=True)
class Sizes:
    """Whether the products that are known are all: Shopify counts variants, and each of them belongs to one product.

    `whole`: Shopify's count. `known`: variants of each product, as it was read last.
    """

    whole: int | None
    known: Counter[str]

    @classmethod
    def of(cls, whole: int | None, products: Iterable[str]) -> Sizes:
        """`products`: one for each variant that is known."""
        return cls(whole, Counter(products))

    def read(self, items: Iterable[str], sizes: Mapping[str, int]) -> None:
        """These products were read; what is gone has no size."""
        for item in items:
            self.known[item] = sizes.get(item, 0)

    @property
    def doubt(self) -> str:
        """Why these are not all; "" where they are."""
        if self.whole is None:
            return "Shopify does not tell how many variants there are"
        known = self.known.total()
        return "" if known == self.whole else f"Shopify counts {self.whole:,} variants, {known:,} are known"
