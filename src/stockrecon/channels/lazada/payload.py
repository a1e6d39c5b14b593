"""The `payload` of a stock write, as XML (reference: Lazada 4.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from stockrecon.channels.base import StockWrite

_NOT_IN_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot carry, and line ends and tabs, which do not come through as they were."""


def payload(writes: Iterable[tuple[StockWrite, Mapping[str, int]]]) -> str:
    """Writes with their units by warehouse, "" for the only one that a seller has.

    XML is the form that Lazada documents for this call. ItemId and SkuId identify; the SellerSku goes along where XML
    can carry it. Of a single warehouse the number stands in `SellableQuantity`. Of a named one Lazada's page says the
    same, and a live shop took only `Quantity`; an element that is not known is ignored, so both are sent.
    """
    request = Element("Request")
    skus = SubElement(SubElement(request, "Product"), "Skus")
    for write, units in writes:
        sku = SubElement(skus, "Sku")
        _leaf(sku, "ItemId", write.key.item_id)
        _leaf(sku, "SkuId", write.key.variation_id)
        name = write.shown.seller_sku
        if name and not _NOT_IN_XML.search(name):
            _leaf(sku, "SellerSku", name)
        if "" in units:
            _leaf(sku, "SellableQuantity", str(units[""]))
            continue
        places = SubElement(sku, "MultiWarehouseInventories")
        for code, number in units.items():
            place = SubElement(places, "MultiWarehouseInventory")
            _leaf(place, "WarehouseCode", code)
            _leaf(place, "SellableQuantity", str(number))
            _leaf(place, "Quantity", str(number))
    return tostring(request, encoding="unicode")


def _leaf(parent: Element, name: str, value: str) -> None:
    SubElement(parent, name).text = value
