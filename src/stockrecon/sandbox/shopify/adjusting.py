"""Setting and adjusting quantities: all rows or none, every fault named but a stale one (reference: Shopify 1.7)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.model import ListingState
from stockrecon.sandbox.shopify import gids
from stockrecon.sandbox.shopify.catalogue import PARTS_OF_ON_HAND, Location, ShopifyListing
from stockrecon.sandbox.shopify.faults import UserError, invalid_id
from stockrecon.sandbox.shopify.market import ShopifyShop

SETTABLE = ("available", "on_hand")
ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
REASONS = ("correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created",
           "movement_received", "movement_updated", "other", "promotion", "quality_control", "received",
           "reservation_created", "reservation_deleted", "reservation_updated", "restock", "safety_stock",
           "shrinkage")  # fmt: skip
MOST, MOST_DELTA = 1_000_000_000, 2_000_000_000
STALE = "The changeFromQuantity argument no longer matches the persisted quantity."
STALE_COMPARE = "The compareQuantity argument no longer matches the persisted quantity."


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a call: which item where, to which number or by how much, and from which number (if it says)."""

    item: str
    location: str
    number: int
    expected: int | None = None
    ledger: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A call's input. `kind` is the name of its list of rows, `stocked_only` whether levels must be there already."""

    kind: str
    name: str
    reason: str
    reference: str | None
    rows: Sequence[Row]
    stale: tuple[str, str] = ("CHANGE_FROM_QUANTITY_STALE", STALE)
    stocked_only: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    name: str
    delta: int
    listing: ShopifyListing
    location: Location
    ledger: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What a call did. Its quantities after the change are null, as in every recorded answer."""

    number: int
    created_at: datetime
    reason: str
    reference: str | None
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Outcome:
    """A group of changes, or why there is none; neither where nothing had to be changed."""

    changes: tuple[Change, ...] = ()
    errors: list[UserError] = field(default_factory=list)


_Target = tuple[ShopifyListing, Location]
_Step = tuple[ShopifyListing, Location, str, int, str | None]
"""What is moved, where, under which name, by how much, and on which document's account."""


def set_quantities(shop: ShopifyShop, ask: Ask, now: datetime, call: str) -> Outcome:
    """Bring every row to its number, or change nothing."""
    if ask.name not in SETTABLE:
        text = "The quantity name must be either 'available' or 'on_hand'."
        return Outcome(errors=[UserError("INVALID_NAME", text, ("input", "name"))])
    targets, errors = _resolved(shop, ask)
    errors = [*_of_words(ask), *errors, *_duplicates(ask), *_bounds(ask)]
    if errors:
        return Outcome(errors=errors)
    if any(_stale(row, target, ask.name) for row, target in zip(ask.rows, targets, strict=True)):
        return Outcome(errors=[UserError(*ask.stale)])
    steps = [
        (*target, "available", row.number - _quantity(target, ask.name), None)
        for row, target in zip(ask.rows, targets, strict=True)
    ]
    return Outcome(_carried_out(shop, steps, now, call))


def adjust_quantities(shop: ShopifyShop, ask: Ask, now: datetime, call: str) -> Outcome:
    """Change every row by its number, or change nothing."""
    if ask.name not in ADJUSTABLE:
        text = f"The specified quantity name is invalid. Valid values are: {', '.join(ADJUSTABLE)}."
        return Outcome(errors=[UserError("INVALID_QUANTITY_NAME", text, ("input", "name"))])
    targets, errors = _resolved(shop, ask)
    errors = [*_of_words(ask), *errors, *_documents(ask)]
    if errors:
        return Outcome(errors=errors)
    if any(_stale(row, target, ask.name) for row, target in zip(ask.rows, targets, strict=True)):
        return Outcome(errors=[UserError(*ask.stale)])
    errors = [
        _too_far(ask, place, after, MOST_DELTA)
        for place, (row, target) in enumerate(zip(ask.rows, targets, strict=True))
        if abs(after := _quantity(target, ask.name) + row.number) > MOST_DELTA
    ]
    if errors:
        return Outcome(errors=errors)
    steps = [(*target, ask.name, row.number, row.ledger) for row, target in zip(ask.rows, targets, strict=True)]
    return Outcome(_carried_out(shop, steps, now, call))


# Faults


def _path(ask: Ask, place: int, name: str) -> tuple[str, ...]:
    return ("input", ask.kind, str(place), name)


def _of_words(ask: Ask) -> Iterable[UserError]:
    if ask.reason not in REASONS:
        text = f"The specified reason is invalid. Valid values are: {', '.join(REASONS)}."
        yield UserError("INVALID_REASON", text, ("input", "reason"))
    if ask.reference is not None and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://\S+", ask.reference):
        text = "The specified reference document is invalid."
        yield UserError("INVALID_REFERENCE_DOCUMENT", text, ("input", "referenceDocumentUri"))


def _resolved(shop: ShopifyShop, ask: Ask) -> tuple[list[_Target], list[UserError]]:
    targets: list[_Target] = []
    errors: list[UserError] = []
    for place, row in enumerate(ask.rows):
        listing = shop.of_item(_number(row.item, "InventoryItem"))
        location = shop.locations.get(_number(row.location, "Location"))
        if listing is None:
            text = "The specified inventory item could not be found."
            errors.append(UserError("INVALID_INVENTORY_ITEM", text, _path(ask, place, "inventoryItemId")))
        if location is None or not location.active:
            text = "The specified location could not be found."
            errors.append(UserError("INVALID_LOCATION", text, _path(ask, place, "locationId")))
        if listing is None or location is None or not location.active:
            continue
        fault = _unfit(listing, location, ask, place)
        if fault is not None:
            errors.append(fault)
        targets.append((listing, location))
    return targets, errors


def _number(text: str, kind: str) -> int:
    number = gids.number_of(text, kind)
    if number is None:
        raise invalid_id(text)
    return number


def _unfit(listing: ShopifyListing, location: Location, ask: Ask, place: int) -> UserError | None:
    """A failing listing stands for what nobody can set, such as the parent of a bundle."""
    if listing.state is ListingState.ERROR:
        text = (
            "The specified inventory item is not allowed to be adjusted via API. "
            "Example: if the inventory item is a parent bundle."
        )
        return UserError("NON_MUTABLE_INVENTORY_ITEM", text, _path(ask, place, "inventoryItemId"))
    if ask.stocked_only and location.number not in listing.levels:
        text = "The specified inventory item is not stocked at the location."
        return UserError("ITEM_NOT_STOCKED_AT_LOCATION", text, _path(ask, place, "locationId"))
    return None


def _duplicates(ask: Ask) -> Iterable[UserError]:
    times = Counter((row.item, row.location) for row in ask.rows)
    for place, row in enumerate(ask.rows):
        if times[row.item, row.location] > 1:
            text = "The combination of inventoryItemId and locationId must be unique."
            yield UserError("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", text, _path(ask, place, "locationId"))


def _bounds(ask: Ask) -> Iterable[UserError]:
    for place, row in enumerate(ask.rows):
        if ask.name == "on_hand" and row.number < 0:
            text = "The quantity can't be negative."
            yield UserError("INVALID_QUANTITY_NEGATIVE", text, _path(ask, place, "quantity"))
        elif abs(row.number) > MOST:
            yield _too_far(ask, place, row.number, MOST)


def _too_far(ask: Ask, place: int, number: int, most: int) -> UserError:
    high = number > 0
    text = f"The quantity can't be {'higher' if high else 'lower'} than {most if high else -most:,}."
    name = "quantity" if ask.kind == "quantities" else "delta"
    return UserError(f"INVALID_QUANTITY_TOO_{'HIGH' if high else 'LOW'}", text, _path(ask, place, name))


def _documents(ask: Ask) -> Iterable[UserError]:
    """What is not available is on some document's account; what is, on none."""
    for place, row in enumerate(ask.rows):
        path = _path(ask, place, "ledgerDocumentUri")
        if ask.name == "available":
            if row.ledger is not None:
                text = "A ledger document URI is not allowed when adjusting available."
                yield UserError("INVALID_AVAILABLE_DOCUMENT", text, path)
        elif row.ledger is None:
            text = "A ledger document URI is required except when adjusting available."
            yield UserError("INVALID_QUANTITY_DOCUMENT", text, path)
        elif row.ledger.startswith("gid://shopify/"):
            text = "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API."
            yield UserError("INTERNAL_LEDGER_DOCUMENT", text, path)
    if len({row.ledger for row in ask.rows}) > 1:
        text = (
            "All changes must have the same ledger document URI or, in the case of adjusting available, "
            "no ledger document URI."
        )
        yield UserError("MAX_ONE_LEDGER_DOCUMENT", text, ("input", ask.kind))


def _quantity(target: _Target, name: str) -> int:
    level = target[0].levels.get(target[1].number)
    return level.quantity(name) if level is not None else 0


def _stale(row: Row, target: _Target, name: str) -> bool:
    return row.expected is not None and row.expected != _quantity(target, name)


# Carrying out


def _carried_out(shop: ShopifyShop, steps: Sequence[_Step], now: datetime, call: str) -> tuple[Change, ...]:
    """Move the units. A part of on_hand is mirrored there, and what is changed by nothing is not told of."""
    changes: list[Change] = []
    with ExitStack() as stack:
        for key in dict.fromkeys(listing.key for listing, *_ in steps):
            stack.enter_context(shop.changing(key, now, call, always=True))
        for listing, location, name, delta, ledger in steps:
            if location.number not in listing.levels:
                shop.stock_at(listing.key, location.number, 0, now)
            if not delta:
                continue
            listing.levels[location.number].move(name, delta, now)
            changes.append(Change(name, delta, listing, location, ledger))
            if name in PARTS_OF_ON_HAND:
                changes.append(Change("on_hand", delta, listing, location))
    return tuple(changes)
