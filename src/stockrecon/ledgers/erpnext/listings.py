"""What a shop's listings sell, by the site's own map from a shop's items to its Items; bundles are their components."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.fields import Malformed, Object, amount, named, text, units
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import whole_list
from stockrecon.ledgers.erpnext.stock import EVERY_SHOP, Stock, shop_of

_MOST_NAMED = 5


def bundle_rows(stock: Stock) -> Iterator[dict[str, object]]:
    """Rows of `listings` for Product Bundles: whatever shop sells one under its code sells its components."""
    for code, parts in sorted(stock.bundles.items()):
        for component, each in parts.items():
            yield {"shop": EVERY_SHOP, "item_id": "", "seller_sku": code, "sku": component, "units": each}


@dataclass(slots=True)
class ListingMap:
    """`known`: the SKUs of the ledger's stock.

    What a row says cannot always be told in whole units of them. Such a row still says that its listing is not what its
    seller SKU says, so it is passed on with a SKU that the ledger does not have: nothing is ever written to it.
    """

    api: Api
    options: Options
    stock: Stock
    known: Collection[str]
    _strange: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _varied: set[tuple[str, str]] = field(default_factory=set)
    _seen: set[tuple[str, str, str, str]] = field(default_factory=set)

    @property
    def doctype(self) -> str:
        return self._names["doctype"]

    @property
    def _names(self) -> Mapping[str, str]:
        return self.options.listings or {}

    def rows(self) -> Iterator[dict[str, object]]:
        keys = ("shop", "item_id", "variation_id", "seller_sku", "sku", "units")
        fields = [self._names[key] for key in keys if self._names.get(key)]
        for row in whole_list(self.api, self.doctype, fields, ()):
            told = {key: text(row.get(field)) for key, field in self._names.items() if key != "doctype"}
            shop = shop_of(told["shop"], self.options)
            if shop:
                yield from self._told(shop, told, row)

    def warnings(self) -> Sequence[str]:
        """After `rows`. The row of an item that has variations names no listing: those have rows of their own."""
        told = [
            f"{' '.join(part for part in listing if part)} ({why})"
            for listing, why in sorted(self._strange.items())
            if listing[2] or listing[:2] not in self._varied
        ]
        if not told:
            return []
        more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
        words = "what these sell is no whole number of units of a known Item, so they are unknown SKUs"
        return [f"{self.doctype}: {words}: {'; '.join(told[:_MOST_NAMED])}{more}"]

    def _told(self, shop: str, told: Mapping[str, str], row: Object) -> Iterator[dict[str, object]]:
        item, variation, sku = told["item_id"], told.get("variation_id", ""), told["sku"]
        if variation:
            self._varied.add((shop, item))
        usual = {"shop": shop, "item_id": item, "variation_id": variation, "seller_sku": told.get("seller_sku", "")}
        times = _times(told.get("units", ""))
        why = self._why(sku, told.get("units", ""), times)
        if why or times is None:
            self._strange[shop, item, variation] = why
            stranger = self._stranger(sku, told.get("units", "") if times is None else "", row)
            if (shop, item, variation, stranger) not in self._seen:
                self._seen.add((shop, item, variation, stranger))
                yield {**usual, "sku": stranger, "units": 1}
            return
        for component, each in self.stock.bundles.get(sku, {sku: 1}).items():
            yield {**usual, "sku": component, "units": each * times}

    def _why(self, sku: str, said: str, times: int | None) -> str:
        if not sku:
            return "it names no Item"
        if times is None:
            return f"units: {said}"
        if sku in self.stock.uneven:
            return f"Product Bundle {sku} takes a fraction of a component"
        if sku in self.known or sku in self.stock.bundles:
            return ""
        return f"{sku} holds a fraction of a unit" if sku in self.stock.items else f"no stock Item {sku}"

    def _stranger(self, sku: str, said: str, row: Object) -> str:
        """What the row names, in words that are no SKU of the ledger's."""
        name = sku or f"{self.doctype} {named(row, 'name', self.doctype)}"
        name = f"{said} x {name}" if said else name
        while name in self.known:
            name += "?"
        return name


def _times(said: str) -> int | None:
    """How many units one listing takes; None where that is no whole number of at least one."""
    try:
        found = units(amount(said or 1, "units"))
    except Malformed:
        return None
    return found if found and found > 0 else None
