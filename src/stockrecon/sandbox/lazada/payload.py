"""The `payload` of Lazada's stock writes, XML or JSON (reference: Lazada 4.2), read without trusting it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from stockrecon.sandbox.wire import integer

MAX_SKUS = 50
Node = dict[str, object]


class PayloadFault(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class SkuWrite:
    """One `Sku` of a payload: numbers by warehouse ("" the default one); empty where nothing it says is understood."""

    item_id: str
    sku_id: str
    seller_sku: str
    numbers: dict[str, int]


def parse(text: str, field: str) -> list[SkuWrite]:
    """Every SKU of the payload. `field` is the number's element: SellableQuantity or Quantity.

    Unknown elements are ignored, as Lazada does; in the multi-warehouse form either element counts, because the
    sources differ. Raises PayloadFault.
    """
    if not text.strip():
        raise PayloadFault("30", "E030: Empty Request")
    tree = _xml(text) if text.lstrip().startswith("<") else _json(text)
    return [_sku(node, field) for node in _walk(tree, "Request", "Product", "Skus", "Sku")]


def _xml(text: str) -> Node:
    try:
        root = fromstring(text.encode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise PayloadFault("5", "E005: Invalid Request Format") from fault
    return {root.tag: _children(root)}


def _children(element: Element) -> object:
    """An element as Lazada's JSON would say it: text, or a map in which a repeated child is a list."""
    if len(element) == 0:
        return (element.text or "").strip()
    found: dict[str, list[object]] = {}
    for child in element:
        found.setdefault(child.tag, []).append(_children(child))
    return {tag: values[0] if len(values) == 1 else values for tag, values in found.items()}


def _json(text: str) -> Node:
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise PayloadFault("1001", "parameters are not in JSON format") from fault
    if not isinstance(tree, dict):
        raise PayloadFault("1001", "parameters are not in JSON format")
    return tree


def _walk(tree: object, *names: str) -> Iterator[Node]:
    if not names:
        if not isinstance(tree, dict):
            raise PayloadFault("5", "E005: Invalid Request Format")
        yield tree
        return
    for node in tree if isinstance(tree, list) else [tree]:
        if not isinstance(node, dict) or names[0] not in node:
            raise PayloadFault("5", "E005: Invalid Request Format")
        below = node[names[0]]
        for part in below if isinstance(below, list) else [below]:
            yield from _walk(part, *names[1:])


def _sku(node: Node, field: str) -> SkuWrite:
    numbers: dict[str, int] = {}
    if "MultiWarehouseInventories" in node:
        for place in _walk(node, "MultiWarehouseInventories", "MultiWarehouseInventory"):
            value = place.get(field, place.get("Quantity", place.get("SellableQuantity")))
            if value is not None:
                numbers[_text(place.get("WarehouseCode"))] = _number(value)
    elif field in node:
        numbers[""] = _number(node[field])
    return SkuWrite(_text(node.get("ItemId")), _text(node.get("SkuId")), _text(node.get("SellerSku")), numbers)


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _number(value: object) -> int:
    number = integer(_text(value))
    if number is None:
        raise PayloadFault("4152", "THD_INVENTORY_ERR_INV_PARAM_ILLEGAL:illegal parameter:quantity")
    return number
