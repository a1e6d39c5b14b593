"""What a call asks for: its parameters, checked as WordPress checks them (reference: WooCommerce 3.1 to 3.3).

A call of one item is held to the schema; the items of a batch are not, they are turned into what the field takes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.sandbox.wire import Body, Call, integer
from stockrecon.sandbox.woocommerce.gate import Refused, flat
from stockrecon.sandbox.woocommerce.records import Amount

MAX_PAGE, DEFAULT_PAGE = 100, 10
STOCK_STATUSES = ("instock", "outofstock", "onbackorder")
BACKORDERS = ("no", "notify", "yes")
POST_STATUSES = ("draft", "pending", "private", "publish", "future", "auto-draft", "trash")
VISIBILITIES = ("visible", "catalog", "search", "hidden")
PRODUCT_TYPES = ("simple", "grouped", "external", "variable")
_TRUE, _FALSE = ("true", "1", 1), ("false", "0", 0)


class Faults:
    """Gathers what is wrong with the parameters of one call; all of it is told at once."""

    def __init__(self) -> None:
        self._found: dict[str, Body] = {}

    def add(self, name: str, code: str, message: str, data: Body | None = None) -> None:
        self._found.setdefault(name, {"code": code, "message": message, "data": data})

    def type(self, name: str, wanted: str) -> None:
        self.add(name, "rest_invalid_type", f"{name} is not of type {wanted}.", {"param": name})

    def check(self) -> None:
        """Raises Refused (400) where anything is wrong."""
        if self._found:
            message = f"Invalid parameter(s): {', '.join(self._found)}"
            params = {name: fault["message"] for name, fault in self._found.items()}
            raise Refused("rest_invalid_param", message, 400, {"params": params, "details": self._found})


@dataclass(frozen=True, slots=True)
class Ask:
    """`body` goes before `query`, as in WordPress. `faults` gathers what is wrong."""

    query: Mapping[str, object]
    body: Mapping[str, object] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def get(self, name: str) -> object:
        value = self.body.get(name)
        return value if value is not None else self.query.get(name)

    def text(self, name: str, default: str = "") -> str:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            self.faults.type(name, "string")
            return default
        return value

    def whole(self, name: str, default: int | None, least: int | None = None, most: int | None = None) -> int | None:
        value = self.get(name)
        if value is None:
            return default
        number = whole_number(value)
        if number is None:
            self.faults.type(name, "integer")
            return default
        low, high = least is not None and number < least, most is not None and number > most
        if low or high:
            bounds = f"between {least} (inclusive) and {most} (inclusive)"
            text = bounds if most is not None else f"greater than or equal to {least}"
            self.faults.add(name, "rest_out_of_bounds", f"{name} must be {text}")
        return number

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if isinstance(value, bool):
            return value
        word = value.lower() if isinstance(value, str) else value
        if word not in (*_TRUE, *_FALSE):
            self.faults.type(name, "boolean")
        return word in _TRUE

    def choice(self, name: str, choices: Sequence[str], default: str = "") -> str:
        value = self.text(name, default)
        if self.get(name) is not None and value not in choices:
            self.faults.add(name, "rest_not_in_enum", f"{name} is not one of {spoken(choices)}.")
        return value

    def words(self, name: str) -> list[str]:
        """A list: repeated, numbered, or with commas or blanks between."""
        value = self.get(name)
        if isinstance(value, list):
            return [str(part) for part in value]
        return [part for part in re.split(r"[\s,]+", str(value)) if part] if value is not None else []

    def choices(self, name: str, choices: Sequence[str]) -> list[str]:
        found = self.words(name)
        for place, word in enumerate(found):
            if word not in choices:
                spot = f"{name}[{place}]"
                self.faults.add(name, "rest_not_in_enum", f"{spot} is not one of {spoken(choices)}.")
        return found

    def numbers(self, name: str) -> list[str]:
        """Post ids; what is none counts as 0, as WordPress takes it."""
        return [str(abs(php_int(word))) for word in self.words(name)]

    def moment(self, name: str) -> datetime | None:
        """A date as it is written: without an offset it stays without one."""
        value = self.get(name)
        if value is None or value == "":
            return None
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.faults.add(name, "rest_invalid_date", "Invalid date.")
            return None


def read(call: Call) -> Ask:
    """The parameters of a call. Raises Refused (400) where a JSON body is none."""
    query: dict[str, object] = {}
    for name, value in flat(call.query).items():
        listed = re.fullmatch(r"(\w+)\[\d+\]", name)
        if listed is None:
            query[name] = value
        else:
            found = query.setdefault(listed[1], [])
            if isinstance(found, list):
                found.append(value)
    body: object = dict(call.form)
    if call.content_type.startswith("application/json") and call.body:
        try:
            body = json.loads(call.body)
        except (ValueError, RecursionError):
            raise Refused("rest_invalid_json", "Invalid JSON body passed.", 400) from None
    return Ask(query, body if isinstance(body, dict) else {})


def spoken(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])}, and {words[-1]}"


def whole_number(value: object) -> int | None:
    """What WordPress lets pass for an integer: whole numbers, also written as text or with a zero after the point."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return integer(value) if isinstance(value, str) else None


def php_int(value: object) -> int:
    """What PHP makes of a value that it wants for an integer: the number it begins with, or 0."""
    if isinstance(value, int | float):
        return int(value) if math.isfinite(value) else 0
    found = re.match(r"\s*([+-]?\d+)", value) if isinstance(value, str) else None
    return int(found[1]) if found else 0


# What is to be written to a product or a variation


def writes(ask: Ask, *, variation: bool, decimals: bool) -> dict[str, object]:
    """The fields of a call of one item, held to the schema."""
    given: dict[str, object] = {}
    readers: dict[str, Callable[[], object]] = {
        "name": lambda: ask.text("name"),
        "sku": lambda: ask.text("sku"),
        "regular_price": lambda: ask.text("regular_price"),
        "status": lambda: ask.choice("status", POST_STATUSES[:4] if variation else POST_STATUSES),
        "catalog_visibility": lambda: ask.choice("catalog_visibility", VISIBILITIES),
        "manage_stock": lambda: ask.flag("manage_stock"),
        "stock_quantity": lambda: _quantity(ask, decimals),
        "inventory_delta": lambda: php_int(ask.get("inventory_delta")),
        "stock_status": lambda: ask.choice("stock_status", STOCK_STATUSES),
        "backorders": lambda: ask.choice("backorders", BACKORDERS),
    }
    for name, reader in readers.items():
        if ask.get(name) is not None:
            given[name] = reader()
    ask.faults.check()
    return given


def _quantity(ask: Ask, decimals: bool) -> Amount | None:
    if not decimals:
        return ask.whole("stock_quantity", None)
    value = ask.get("stock_quantity")
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        ask.faults.type("stock_quantity", "number")
        return None
    return _plain(number)


def _plain(number: float) -> Amount:
    return int(number) if number.is_integer() else number


def loose_writes(item: Mapping[str, object], *, decimals: bool) -> dict[str, object]:
    """The fields of an item of a batch: nothing is refused, a quantity that is none is 0, a fraction is cut."""
    given: dict[str, object] = {}
    for name in ("name", "sku", "regular_price"):
        if item.get(name) is not None:
            given[name] = str(item[name])
    for name, choices in (
        ("status", POST_STATUSES),
        ("catalog_visibility", VISIBILITIES),
        ("stock_status", STOCK_STATUSES),
        ("backorders", BACKORDERS),
    ):
        if item.get(name) in choices:
            given[name] = item[name]
    if item.get("manage_stock") is not None:
        given["manage_stock"] = item["manage_stock"] in (True, 1, "yes", "true", "1")
    for name in ("stock_quantity", "inventory_delta"):
        value = item.get(name)
        if value is not None:
            fraction = decimals and isinstance(value, float) and math.isfinite(value)
            given[name] = value if fraction else php_int(value)
    return given
