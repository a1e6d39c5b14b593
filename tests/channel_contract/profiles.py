"""What the contract suite has to know of each channel: its ids, its calls, and what it can and cannot do.

A channel of another package brings a `Profile` of its own: `pytest tests/channel_contract --channel-profile
my_package.contract:PROFILE` runs every promise against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from stockrecon.core.model import ListingState
from stockrecon.sandbox.imitations import imitation
from stockrecon.sandbox.shopify.catalogue import FIRST_LOCATION, Level, Location
from stockrecon.sandbox.tiktok_shop.market import FIRST_WAREHOUSE
from stockrecon.sandbox.tiktok_shop.records import Stock, Warehouse

STRANGE = "A&B<1>\"'"
GOODS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "plain": ("PLAIN", 40),
        "red": ("RED", 10),
        "blue": (STRANGE, 20),
        "ghost": ("GHOST", 5),
        "theirs": ("THEIRS", 9),
        "barred": ("BARRED", 8),
    }
)
"""Name -> seller SKU, units. Red and blue are variations of one item; there is no ghost, which is one of the same item
too; the platform holds theirs, where it can; barred may not be sold."""


@dataclass(frozen=True, slots=True)
class Places:
    """`option` names a place of the seller's in the configuration. `split` lays units at several places, `lying` tells
    what lies there. `first` and `second`: what `option` is set to for the first and the second place.
    """

    option: str
    first: str
    second: str
    split: Callable[[Any, Any, list[str], list[int]], None]
    lying: Callable[[Any], list[int]]
    names: tuple[str, ...]
    listed: str
    """A shell pattern of the vendor's paths that list the shop's places, as `Profile.writes`."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One channel's. `writes`, `pages` and `orders` are shell patterns of vendor paths, as the sandbox counts them: the
    call that writes stock, the one that lists what the shop sells, and the one that lists orders.
    """

    kind: str
    ids: Mapping[str, tuple[str, str]]
    writes: str
    pages: str
    orders: str
    rows: tuple[str, str]
    """The names of the lists in an answer of `pages` and of `orders`; "" for an answer that is a list itself."""
    secrets: tuple[str, ...]
    no_such: str
    """A pattern of what is said of a listing that is not there."""
    barred: str = ""
    """A pattern of what is said of a listing that may not be written in its state; empty: such a state takes writes."""
    barred_by: ListingState = ListingState.BANNED
    """What keeps it from being sold."""
    places: Places | None = None
    campaigns: bool = True
    dated: str = "itself"
    """Where the times of a campaign stand: with what it locks (itself), in the seller's promotion of the same name
    (promotion), or nowhere; then the channel tells no campaigns."""
    platform: bool = True
    tokens: bool = True
    conditional: bool = False
    """A write names the number that it replaces."""
    whole: bool = False
    """A request with a bad row has no effect at all."""
    many: int = 50
    """The most rows of one request."""
    most: int = 1_000_000
    """The largest number that a write may set, as far as it is tried."""
    by_item: bool = False
    """A request takes variations of one item only."""
    page: int = 100
    """Rows of a page of listings."""
    order_page: int = 100
    """The most rows of a page of orders."""
    totals: str = ""
    """The call that tells how many listings there are, where that is another one than `pages`."""
    counts_orders: bool = True
    """The channel tells how many orders there are."""
    states: frozenset[ListingState] = frozenset(ListingState)
    """Those that it can tell."""
    doings: frozenset[str] = frozenset({"place", "pay", "ship", "cancel", "request-cancel", "return"})
    """What happens to orders there, by the words of the sandbox's control."""
    options: Mapping[str, object] = field(default_factory=dict)
    given: Mapping[str, str | int] = field(default_factory=dict)
    """Credentials that its shops begin with; the marketplace makes up the others."""
    keys: tuple[str, ...] = ()
    """The options that hold the keys with which requests are proven; without them the first secret."""

    def numbered(self, number: int) -> tuple[str, str]:
        """Ids made of a number: an item with one variation, or with none."""
        return str(number), str(number) + "1" if self.ids["plain"][1] else ""

    def shop(self, name: str) -> Any:
        """An empty shop of the loopback marketplace."""
        return imitation(self.kind).shop(name, "VN")


def _same(variations: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    items = {"plain": "1", "red": "2", "blue": "2", "ghost": "2", "theirs": "3", "barred": "4"}
    return {name: (item, variations.get(name, "")) for name, item in items.items()}


_LOOSE = _same({"red": "21", "blue": "22", "ghost": "29"})
"""An item without variations has no variation id."""
_VARIED = _same({"plain": "11", "red": "21", "blue": "22", "ghost": "29", "theirs": "31", "barred": "41"})
"""Every listing has one."""


def _split_shopee(shop: Any, listing: Any, names: list[str], units: list[int]) -> None:
    shop.locations = tuple(names)
    for other in shop.all_listings():
        other.seller = dict.fromkeys(names, 0) | other.seller
    listing.seller = dict(zip(names, units, strict=True))


def _split_lazada(shop: Any, listing: Any, names: list[str], units: list[int]) -> None:
    buckets = next(iter(listing.warehouses.values()))
    listing.warehouses = {place: replace(buckets, sellable=n) for place, n in zip(names, units, strict=True)}


def _split_tiktok(shop: Any, listing: Any, names: list[str], units: list[int]) -> None:
    for name in names:
        shop.warehouses.setdefault(name, Warehouse(name, name))
    listing.seller = {place: Stock(available=n) for place, n in zip(names, units, strict=True)}


def _split_shopify(shop: Any, listing: Any, names: list[str], units: list[int]) -> None:
    at = next(iter(listing.levels.values())).updated_at
    for name in names:
        shop.locations.setdefault(int(name), Location(int(name), f"Place {name}"))
    listing.levels = {int(name): Level(at, {"available": n}) for name, n in zip(names, units, strict=True)}


SHOPEE = Profile(
    "shopee",
    _LOOSE,
    writes="/api/v2/product/update_stock",
    pages="/api/v2/product/get_item_list",
    orders="/api/v2/order/get_order_list",
    rows=("item", "order_list"),
    secrets=("partner_key", "access_token", "refresh_token"),
    no_such="not exist|NOT_FOUND",
    barred="abnormal",
    places=Places(
        "location_id",
        "VNZ",
        "VNY",
        _split_shopee,
        lambda one: list(one.seller.values()),
        ("VNZ", "VNY", "VNX"),
        "*/get_warehouse_detail",
    ),
    by_item=True,
    counts_orders=False,
    states=frozenset(ListingState) - {ListingState.ERROR},
)
LAZADA = Profile(
    "lazada",
    _VARIED,
    writes="/product/stock/sellable/update",
    pages="/products/get",
    orders="/orders/get",
    rows=("products", "orders"),
    secrets=("app_secret", "access_token", "refresh_token"),
    no_such="not exist|NOT_FOUND",
    barred="Counterfeit",
    places=Places(
        "warehouse",
        "dropshipping",
        "WH-b",
        _split_lazada,
        lambda one: [bucket.sellable for bucket in one.warehouses.values()],
        ("dropshipping", "wh-b", "wh-c"),
        "*/warehouse/get",
    ),
    many=20,
    page=50,
)
_WAREHOUSES = tuple(str(FIRST_WAREHOUSE + number) for number in range(3))
TIKTOK_SHOP = Profile(
    "tiktok-shop",
    _VARIED,
    writes="/product/*/inventory/update",
    pages="/product/*/products/search",
    orders="/order/*/orders/search",
    rows=("products", "orders"),
    secrets=("app_secret", "access_token", "refresh_token"),
    no_such="not exist|shows no warehouse",
    barred="not available for this operation",
    most=99_999,
    places=Places(
        "warehouse_id",
        *_WAREHOUSES[:2],
        _split_tiktok,
        lambda one: [stock.available for stock in one.seller.values()],
        _WAREHOUSES,
        "/logistics/*/warehouses",
    ),
    by_item=True,
    dated="promotion",
    # What the seller took off sale takes no write, so it is a warning there; a young order is cancelled at once, and
    # what comes back is no order's state but a return of its own.
    states=frozenset(ListingState) - {ListingState.UNLISTED, ListingState.WARNING},
    doings=frozenset({"place", "pay", "ship", "cancel"}),
)
_LOCATIONS = tuple(str(FIRST_LOCATION + number) for number in range(3))
SHOPIFY = Profile(
    "shopify",
    _VARIED,
    writes="*#inventorySetQuantities",
    pages="*#productVariants",
    orders="*#orders",
    rows=("nodes", "nodes"),
    secrets=("access_token", "refresh_token", "client_secret"),
    no_such="does not have the listing",
    places=Places(
        "location_id",
        *_LOCATIONS[:2],
        _split_shopify,
        lambda one: [level.quantity("available") for level in one.levels.values()],
        _LOCATIONS,
        "*#locations",
    ),
    barred_by=ListingState.UNLISTED,
    campaigns=False,
    platform=False,
    conditional=True,
    whole=True,
    many=250,
    page=250,
    order_page=250,
    totals="*#productVariantsCount",
    counts_orders=False,
    states=frozenset({ListingState.OK, ListingState.UNLISTED, ListingState.DELETED}),
    doings=frozenset({"place", "pay", "ship", "cancel", "return"}),
    # The grant whose access token ends; one of a custom app does not.
    given={"refresh_token": "shprt_of-the-contract"},
    keys=("access_token", "client_secret"),
)
WOOCOMMERCE = Profile(
    "woocommerce",
    _LOOSE,
    writes="/wp-json/wc/v3/products*batch",
    pages="/wp-json/wc/v3/products",
    orders="/wp-json/wc/v3/orders",
    rows=("", ""),
    secrets=("consumer_secret",),
    no_such="(?i)invalid id|not exist",
    barred_by=ListingState.UNLISTED,
    campaigns=False,
    platform=False,
    tokens=False,
    many=20,
    by_item=True,
    states=frozenset({ListingState.OK, ListingState.UNLISTED, ListingState.DELETED}),
    # What comes back makes an order refunded, also where nothing of it is put back.
    doings=frozenset({"place", "pay", "ship", "cancel"}),
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {one.kind: one for one in (SHOPEE, LAZADA, TIKTOK_SHOP, SHOPIFY, WOOCOMMERCE)}
)
