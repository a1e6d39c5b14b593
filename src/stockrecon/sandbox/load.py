"""`--load DIR`: folders in the form of the contract's section 5 become markets that are served over HTTP.

What a client reads over HTTP equals the files: the same ids, units in every bucket, states, orders and campaigns.
Item and variation ids must be digits, because Shopee's and Lazada's are integers; a Lazada listing must have a
variation id (its SkuId). All faults are reported at once, with file and line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.core.model import ListingState, OrderStatus
from stockrecon.core.tables import CAMPAIGNS, ORDERS, SHOP_LISTINGS
from stockrecon.errors import ConfigFault, Fault, UsageFault
from stockrecon.sandbox.imitations import imitated, imitation
from stockrecon.sandbox.market import Shop
from stockrecon.sandbox.records import Key, Line, MarketCampaign, MarketOrder, MarketRefusal, Told
from stockrecon.sandbox.tables import Row, ShopFile, read_shop_file, read_table

SITES = {
    "Asia/Ho_Chi_Minh": "VN",
    "Asia/Saigon": "VN",
    "Asia/Bangkok": "TH",
    "Asia/Jakarta": "ID",
    "Asia/Manila": "PH",
    "Asia/Kuala_Lumpur": "MY",
    "Asia/Singapore": "SG",
    "Asia/Taipei": "TW",
    "America/Sao_Paulo": "BR",
}
"""A shop's site by its zone; VN for any other."""
_AGE = timedelta(days=30)
"""How long before `as_of` the first listed item was made; the others before it."""
_LARGEST_ID = 2**63 - 1
"""The vendors' ids are 64-bit numbers."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A shop as its folder told it, at the folder's own `as_of`."""

    shop: Shop
    as_of: datetime


def load_folder(folder: Path) -> list[Loaded]:
    """One market for each folder inside `folder`, by name. Raises UsageFault, ConfigFault with every fault found."""
    if not folder.is_dir():
        raise UsageFault(f"{folder}: is not a folder", way_on="give a folder that holds one folder for each shop")
    shops = sorted(path for path in folder.iterdir() if (path / "shop.yaml").is_file())
    if not shops:
        text = f"{folder}: holds no folder with a shop.yaml"
        raise UsageFault(text, way_on="put one folder for each shop into it, each with shop.yaml and listings.csv")
    faults: list[Fault] = []
    loaded = [made for path in shops if (made := _Loader(path, faults).load()) is not None]
    if faults:
        raise ConfigFault(faults)
    return loaded


class _Loader:
    def __init__(self, folder: Path, faults: list[Fault]) -> None:
        self.folder, self.faults = folder, faults
        self.listing_rows: dict[Key, Row] = {}

    def load(self) -> Loaded | None:
        before = len(self.faults)
        about = read_shop_file(self.folder, self.faults, imitated())
        if about is None:
            return None
        shop = imitation(about.imitates).shop(self.folder.name, SITES.get(str(about.zone), "VN"))
        zone = about.zone
        listings = read_table(self.folder, SHOP_LISTINGS, zone, self.faults, required=True)
        campaigns = read_table(self.folder, CAMPAIGNS, zone, self.faults)
        orders = read_table(self.folder, ORDERS, zone, self.faults)
        self._check_ids(shop, [*listings, *campaigns, *orders])
        self._check_items(shop, listings)
        self._check_orders(shop, orders)
        self._check_campaigns(shop, campaigns, {_key(row) for row in listings})
        if len(self.faults) > before:
            return None
        self.listing_rows = {_key(row): row for row in listings}
        own: dict[Key, list[Row]] = {}
        for row in campaigns:
            own.setdefault(_key(row), []).append(row)
        items: dict[str, datetime] = {}
        for row in listings:
            # A second apart, as items that people made are: a client that pages by time can tell them apart.
            created = about.as_of - _AGE - timedelta(seconds=len(items))
            created = items.setdefault(row.text("item_id"), created)
            self._add_listing(shop, row, about, own.get(_key(row), []), created)
        self._add_orders(shop, orders, about)
        return Loaded(shop, about.as_of)

    def _fault(self, row: Row, column: str, text: str) -> None:
        self.faults.append(Fault(str(self.folder / row.file), row.line, 0, text, column))

    # Checks

    def _check_ids(self, shop: Shop, rows: list[Row]) -> None:
        for row in rows:
            for column in ("item_id", "variation_id"):
                text = row.text(column)
                if text and shop.digits and not _is_id(text):
                    way = f"{shop.channel}'s ids are whole numbers above 0 without leading zeros"
                    self._fault(row, column, f"{text!r} cannot be served: {way}")
            if shop.always_varied and not row.text("variation_id"):
                self._fault(row, "variation_id", f"is empty, but on {shop.channel} every listing has one")

    def _check_items(self, shop: Shop, rows: list[Row]) -> None:
        first: dict[str, Row] = {}
        owner: dict[str, str] = {}
        for row in rows:
            item, variation = _key(row)
            other = first.setdefault(item, row)
            if not shop.mixed and bool(other.text("variation_id")) != bool(variation):
                self._fault(
                    row, "variation_id", f"item {item} stands with and without variations (see line {other.line})"
                )
            if shop.always_varied and owner.setdefault(variation, item) != item:
                self._fault(row, "variation_id", f"variation {variation} belongs to item {owner[variation]} already")
            if not shop.has_campaigns and row.number("campaign"):
                self._fault(row, "campaign", f"{shop.channel} locks no units for campaigns")
        if shop.one_series:
            self._check_series(shop, rows)

    def _check_series(self, shop: Shop, rows: list[Row]) -> None:
        used = {row.text("item_id"): "an item" for row in rows}
        for row in rows:
            number = row.text("variation_id")
            if number in used:
                self._fault(
                    row, "variation_id", f"{number} is {used[number]} already; {shop.channel} numbers all alike"
                )
            elif number:
                used[number] = "a variation"

    def _check_orders(self, shop: Shop, rows: list[Row]) -> None:
        for row in rows:
            if shop.digit_orders and not _is_id(row.text("order_id") or "0"):
                text = (
                    f"{row.text('order_id')!r} cannot be served: {shop.channel}'s order ids are whole numbers above 0"
                )
                self._fault(row, "order_id", text)

    def _check_campaigns(self, shop: Shop, rows: list[Row], known: set[Key]) -> None:
        for row in rows:
            if not shop.has_campaigns:
                self._fault(row, "campaign_id", f"{shop.channel} has no campaigns")
            if _key(row) not in known and row.text("state") in ("upcoming", "running"):
                self._fault(row, "item_id", f"no listing {row.text('item_id')} stands in listings.csv")

    # Listings and campaigns

    def _add_listing(self, shop: Shop, row: Row, about: ShopFile, campaigns: list[Row], created: datetime) -> None:
        locked = row.number("campaign")
        named = [self._campaign(campaign, about) for campaign in campaigns]
        unnamed = _share(locked, [campaign for campaign in named if not campaign.over])
        shop.put_up(
            Told(
                *_key(row),
                row.text("seller_sku"),
                row.text("title"),
                created,
                row.number("sellable"),
                locked,
                row.number("withheld"),
                row.number("committed"),
                unnamed,
                ListingState(row.text("state")),
                row.text("message"),
                row.text("fulfilment") == "platform",
            )
        )
        for campaign in named:
            campaign.campaign_id = _fresh_id(shop, campaign)
            shop.add_campaign(campaign)

    def _campaign(self, row: Row, about: ShopFile) -> MarketCampaign:
        """A campaign as told. It is over at its end even where the file still calls it running."""
        starts, ends = row.time("starts_at") or about.as_of, row.time("ends_at") or about.as_of
        locked, sold, state = row.number("locked"), row.maybe("sold"), row.text("state")
        over = state if state in ("ended", "cancelled") else "ended" if ends <= about.as_of else ""
        left = max(0, locked - (sold or 0))
        if not over and state == "running":
            starts = min(starts, about.as_of)
        campaign = MarketCampaign(row.text("campaign_id"), *_key(row), starts, ends, locked, left, over)
        campaign.locks_write = True
        return campaign

    # Orders

    def _add_orders(self, shop: Shop, rows: list[Row], about: ShopFile) -> None:
        grouped: dict[str, list[Row]] = {}
        for row in rows:
            grouped.setdefault(row.text("order_id"), []).append(row)
        for order_id, own in grouped.items():
            shop.orders[order_id] = _order(order_id, own)
        newest = sorted(shop.orders.values(), key=lambda order: order.created_at, reverse=True)
        free = {key: (row.number("withheld"), row.number("committed")) for key, row in self.listing_rows.items()}
        for order in newest:
            for line in order.lines:
                if line.key in free:
                    free[line.key] = shop.cover(order, line, free[line.key])
            self._set_timers(shop, order, about)

    def _set_timers(self, shop: Shop, order: MarketOrder, about: ShopFile) -> None:
        """What was due before `as_of` and is told otherwise stays as told; a late hold counts as a fresh one."""
        if order.status is not OrderStatus.UNPAID:
            return
        due = order.created_at + shop.unpaid_cancelled_after
        if due > about.as_of:
            shop.at(due, "unpaid", order.order_id)
        for line in order.lines:
            if line.held:
                ends = order.created_at + shop.hold
                line.hold_ends = ends if ends > about.as_of else about.as_of + shop.hold
                shop.at(line.hold_ends, "hold", order.order_id)


def _order(order_id: str, rows: list[Row]) -> MarketOrder:
    first = rows[0]
    created = first.time("created_at")
    if created is None:
        raise MarketRefusal(f"order {order_id} has no created_at")
    times = {name: first.time(name) for name in ("paid_at", "shipped_at", "cancelled_at", "updated_at")}
    updated = times["updated_at"] or max([created, *(when for when in times.values() if when)])
    return MarketOrder(
        order_id,
        [Line(*_key(row), row.number("quantity")) for row in rows],
        OrderStatus(first.text("status")),
        created,
        updated,
        times["paid_at"],
        times["shipped_at"],
        times["cancelled_at"],
        first.text("cancelled_by"),
        first.text("cancel_reason"),
    )


def _share(locked: int, living: list[MarketCampaign]) -> int:
    """The listing's campaign units are the truth: spread them over the living campaigns; the rest has no name."""
    for campaign in living:
        campaign.left = min(campaign.left, locked)
        locked -= campaign.left
    return locked


def _fresh_id(shop: Shop, campaign: MarketCampaign) -> str:
    """One campaign may hold several listings; the market keeps one record for each."""
    name = campaign.campaign_id
    return name if name not in shop.campaigns else f"{name}:{campaign.item_id}:{campaign.variation_id}"


def _key(row: Row) -> Key:
    return row.text("item_id"), row.text("variation_id")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= 19 and int(text) <= _LARGEST_ID
