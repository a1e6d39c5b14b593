"""Items and models as listings: the stock buckets of reference Shopee 3.4, and the states."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from stockrecon.channels.shopee.fields import (
    Object,
    an_object,
    flag,
    identity,
    location,
    objects,
    plain,
    stocks,
    text,
    units_or_none,
    variation,
)
from stockrecon.core.model import Fulfilment, Listing, ListingKey, ListingState, ShopName

KIT = "a kit: Shopee computes its number from its components"
COMPUTED = "named in `computed`: Shopee computes its number"
DEBOOSTED = "deboosted: Shopee shows it less for a listing violation, to be mended in Seller Centre"
NO_STOCK = "Shopee shows no stock for it"

_PLACES_NAMED = 4
_NEEDED = frozenset(
    {
        "item_id", "item_name", "item_sku", "item_status", "has_model", "tag", "deboost",
        "model_id", "model_name", "model_sku", "model_status",
        "has_promotion", "is_fulfillment_by_shopee", "stock_info_v2",
    }
)  # fmt: skip

_ITEM_STATES = {
    "NORMAL": ListingState.OK,
    "UNLIST": ListingState.UNLISTED,
    "BANNED": ListingState.BANNED,
    "REVIEWING": ListingState.REVIEWING,
    "SELLER_DELETE": ListingState.DELETED,
    "SHOPEE_DELETE": ListingState.DELETED,
}


@dataclass(frozen=True, slots=True)
class ShopRules:
    """What holds for all listings of a shop. `location` None: all locations count."""

    shop: ShopName
    location: str | None = None
    platform_only: bool = False
    """A "Pure - FBS Shop": all its stock lies in Shopee's warehouses (reference: Shopee 3.7)."""
    computed: Collection[str] = ()
    """What the seller says that Shopee computes: `item` or `item/model` (virtual SKUs are not marked)."""

    def computes(self, item: Item, variation_id: str) -> str:
        """Why the listing's number is Shopee's to compute; "" where it is not."""
        if item.is_kit:
            return KIT
        named = item.id in self.computed or f"{item.id}/{variation_id}" in self.computed
        return COMPUTED if named else ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of get_item_base_info. `models` None: not read yet."""

    id: str
    base: Object
    models: tuple[Object, ...] | None = None

    @property
    def has_models(self) -> bool:
        """Kits can be read through get_model_list alone (reference: Shopee 9, pitfall 6)."""
        return flag(self.base.get("has_model")) or self.is_kit

    @property
    def is_kit(self) -> bool:
        tag = self.base.get("tag")
        return isinstance(tag, dict) and flag(tag.get("kit"))


@dataclass(frozen=True, slots=True)
class Stock:
    """One stock_info_v2: totals, which include the units reserved for promotions.

    `elsewhere`: units for sale at locations that do not count.
    """

    seller: int
    shopee: int
    reserved: int
    elsewhere: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class Notes:
    """Remarks on one listing, joined for its message."""

    parts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        self.parts.append(text)

    @property
    def text(self) -> str:
        return "; ".join(self.parts)


def read_item(base: Object) -> Item:
    return Item(identity(base.get("item_id"), "item_list[].item_id"), _needed(base))


def _needed(part: Object) -> Object:
    """An item or a model without its texts and pictures, which are most of it: thousands are kept at once."""
    return {name: value for name, value in part.items() if name in _NEEDED}


def reserved(info: object, where: str) -> int:
    """Units held for promotions, ongoing and upcoming. Shopee puts the field inside summary_info or beside it."""
    if not isinstance(info, dict):
        return 0
    summary = info.get("summary_info")
    inside = summary.get("total_reserved_stock") if isinstance(summary, dict) else None
    return units_or_none(
        info.get("total_reserved_stock") if inside is None else inside, f"{where}.total_reserved_stock"
    )


def stock_of(info: object, rules: ShopRules, where: str) -> Stock | None:
    """None where Shopee does not tell: unknown is never 0. Only saleable locations count (reference: Shopee 9)."""
    if not isinstance(info, dict) or not isinstance(info.get("seller_stock"), (list, dict)):
        return None
    saleable = [
        (location(place.get("location_id")), units_or_none(place.get("stock"), f"{where}.seller_stock[].stock"))
        for place in stocks(info.get("seller_stock"), f"{where}.seller_stock")
        if place.get("if_saleable") is not False
    ]
    counting = [units for place, units in saleable if rules.location in (None, place)]
    elsewhere = tuple((place, units) for place, units in saleable if units and rules.location not in (None, place))
    shopee = sum(
        units_or_none(place.get("stock"), f"{where}.shopee_stock[].stock")
        for place in stocks(info.get("shopee_stock"), f"{where}.shopee_stock")
        if place.get("if_saleable") is not False
    )
    return Stock(sum(counting), shopee, reserved(info, where), elsewhere)


def is_promoted(item: Item) -> bool:
    """Whether get_item_promotion has anything to tell: has_promotion knows ongoing ones only (reference: Shopee 9)."""
    parts = [item.base, *(item.models or ())]
    return any(
        flag(part.get("has_promotion")) or reserved(part.get("stock_info_v2"), f"item {item.id}") > 0 for part in parts
    )


def listings_of(item: Item, rules: ShopRules, untold: list[str]) -> Iterator[Listing]:
    """One listing per model, or one without variation id for an item that has none.

    What Shopee shows no stock for is unknown, which is not 0: it is left out and named in `untold`.
    """
    models: Sequence[Object | None] = item.models or (None,)
    for model in models:
        listing = _listing(item, model, rules, only=len(models) == 1)
        if listing is not None:
            yield listing
        else:
            name = "" if model is None else f", model {plain(text(model.get('model_id')), 40)}"
            untold.append(f"item {item.id}{name}: {NO_STOCK}")


def _listing(item: Item, model: Object | None, rules: ShopRules, *, only: bool) -> Listing | None:
    part = item.base if model is None else model
    where = f"item {item.id}"
    variation_id = "" if model is None else variation(model.get("model_id"), f"{where}: model_id")
    notes = Notes()
    state = _state(item, model, notes)
    stock = stock_of(part.get("stock_info_v2"), rules, f"{where}: stock_info_v2")
    if stock is None:
        return None
    held = _held(item, part, variation_id, rules, notes)
    sellable, campaign = _buckets(stock, held, notes)
    return Listing(
        key=ListingKey(rules.shop, item.id, variation_id),
        seller_sku=_seller_sku(item, model, only=only),
        sellable=sellable,
        campaign=campaign,
        withheld=0,
        committed=0,
        state=state,
        message=notes.text,
        title=_title(item, model),
        fulfilment=held,
    )


def _held(item: Item, part: Object, variation_id: str, rules: ShopRules, notes: Notes) -> Fulfilment:
    """Whose the number is: Shopee's own stock, what Shopee computes, else the seller's."""
    if rules.platform_only or flag(part.get("is_fulfillment_by_shopee")):
        return Fulfilment.PLATFORM
    why = rules.computes(item, variation_id)
    if not why:
        return Fulfilment.SELLER
    notes.add(why)
    return Fulfilment.COMPUTED


def _buckets(stock: Stock, held: Fulfilment, notes: Notes) -> tuple[int, int]:
    """Sellable and campaign units. What buyers ordered is already out of the totals, so nothing is withheld.

    Of a listing that the seller fulfils only the seller's stock counts, at the location that counts. The reserve is
    one number for all of it: it is first covered by what lies in Shopee's warehouse and at the other locations, and
    what is left is the least that this stock may be set to (reference: Shopee 3.4, the sum over all locations).
    """
    if held is Fulfilment.PLATFORM:
        total = stock.seller + stock.shopee
        campaign = min(stock.reserved, total)
        return total - campaign, campaign
    if stock.shopee:
        notes.add(f"{stock.shopee} more in Shopee's warehouse")
    for place, units in stock.elsewhere[:_PLACES_NAMED]:
        notes.add(f"{units} more at {plain(place, 40) or 'a location without a name'}, which does not count")
    others = stock.shopee + sum(units for _, units in stock.elsewhere)
    campaign = min(max(0, stock.reserved - others), stock.seller)
    return stock.seller - campaign, campaign


def _state(item: Item, model: Object | None, notes: Notes) -> ListingState:
    status = text(item.base.get("item_status"))
    state = _ITEM_STATES.get(status)
    if state is None:
        notes.add(f"item_status {plain(status, 40)!r} is not known")
        return ListingState.WARNING
    if model is not None and text(model.get("model_status")) == "MODEL_UNAVAILABLE" and state is ListingState.OK:
        notes.add("MODEL_UNAVAILABLE: not sold to buyers")
        state = ListingState.UNLISTED
    elif state is not ListingState.OK:
        notes.add(status)
    if flag(item.base.get("deboost")):
        notes.add(DEBOOSTED)
        state = ListingState.WARNING if state.takes_writes else state
    return state


def _seller_sku(item: Item, model: Object | None, *, only: bool) -> str:
    """The model's own SKU; the item's where there is just one thing to sell. Several models without one have none."""
    own = "" if model is None else text(model.get("model_sku"))
    if own or (model is not None and not only):
        return own
    return text(item.base.get("item_sku"))


def _title(item: Item, model: Object | None) -> str:
    name = text(item.base.get("item_name"))
    option = "" if model is None else text(model.get("model_name"))
    return f"{name} ({option})" if name and option else name or option


def with_models(item: Item, response: Object) -> Item:
    """The item with the answer of get_model_list."""
    models = objects(an_object(response, f"item {item.id}").get("model"), f"item {item.id}: model")
    return Item(item.id, item.base, tuple(_needed(model) for model in models))
