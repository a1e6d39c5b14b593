"""What `inventorySetQuantities` answered (reference: Shopify 1.7): all rows took effect, or none did.

A row that is stale is not named: the error's `field` is null. Every other error of a row names it by its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from stockrecon.channels.shopify.errors import words_of
from stockrecon.channels.shopify.fields import Malformed, Object, objects, text, whole

_STALE = ("CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE")
_SPENT_KEY = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
_UNDER_WAY = "IDEMPOTENCY_CONCURRENT_REQUEST"


class Fate(Enum):
    DONE = auto()
    STALE = auto()
    """Nothing took effect: at least one row shows another number than it was decided on."""
    REFUSED = auto()
    """Nothing took effect; `rows` names those that are to blame, none where the request as a whole is."""
    AGAIN = auto()
    """Nothing took effect, and the request may be made again under a new key."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One input row: so many available units of an item at a location, in place of `before`."""

    item: str
    location: str
    before: int
    units: int

    def entry(self) -> dict[str, object]:
        """As it is sent. `changeFromQuantity` is always a number: null would switch the comparison off."""
        return {
            "inventoryItemId": self.item,
            "locationId": self.location,
            "quantity": self.units,
            "changeFromQuantity": self.before,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request. `text` in Shopify's words; `rows`: what is wrong with which of them."""

    fate: Fate
    text: str = ""
    rows: Mapping[int, str] | None = None


def result_of(payload: Object, rows: Sequence[Row]) -> Result:
    """`payload`: that of the mutation, not null. Whatever is odd in it is unknown."""
    try:
        errors = objects(payload.get("userErrors"), "userErrors")
        if not errors:
            return _done(payload.get("inventoryAdjustmentGroup"), rows)
    except Malformed as bad:
        return Result(Fate.UNKNOWN, f"the answer is not what Shopify documents: {bad}")
    if payload.get("inventoryAdjustmentGroup") is not None:
        return Result(Fate.UNKNOWN, f"Shopify names both a change and an error: {_joined(errors)}")
    codes = {words_of(error)[0] for error in errors}
    if _UNDER_WAY in codes:
        return Result(Fate.UNKNOWN, _joined(errors))
    blamed: dict[int, str] = {}
    for error in errors:
        number = _row_of(error, len(rows))
        if number is not None and words_of(error)[0] not in _STALE:
            blamed[number] = _told(error)
    if blamed or not codes & {*_STALE, _SPENT_KEY}:
        return Result(Fate.REFUSED, _joined(errors), blamed)
    return Result(Fate.STALE if codes & set(_STALE) else Fate.AGAIN, _joined(errors))


def _done(group: object, rows: Sequence[Row]) -> Result:
    """A success names each pair that changed; with nothing to change there is no group."""
    meant = {(row.item, row.location): row.units - row.before for row in rows if row.units != row.before}
    if not meant:
        return Result(Fate.DONE)
    if not isinstance(group, dict):
        return Result(Fate.UNKNOWN, "Shopify names neither a change nor an error")
    changed = {}
    for change in objects(group.get("changes"), "changes"):
        if text(change.get("name")) == "available":
            changed[_id(change.get("item")), _id(change.get("location"))] = whole(change.get("delta"), "delta")
    odd = [pair for pair, delta in meant.items() if changed.get(pair) != delta]
    if odd:
        item, location = odd[0]
        return Result(Fate.UNKNOWN, f"Shopify does not name the change of {item} at {location} that was asked for")
    return Result(Fate.DONE)


def _id(value: object) -> str:
    return text(value.get("id")) if isinstance(value, dict) else ""


def _row_of(error: Object, many: int) -> int | None:
    """The place of a row in `["input", "quantities", "0", "locationId"]`."""
    field = error.get("field")
    if not isinstance(field, list) or len(field) < 3 or field[:2] != ["input", "quantities"]:
        return None
    place = text(field[2])
    return int(place) if place.isascii() and place.isdigit() and int(place[:6]) < many else None


def _told(error: Object) -> str:
    return ": ".join(part for part in words_of(error) if part)


def _joined(errors: Sequence[Object]) -> str:
    return "; ".join(dict.fromkeys(_told(error) for error in errors))
