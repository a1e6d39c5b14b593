"""What is available: Items with their Bins in the configured warehouses, and what Product Bundles are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from stockrecon.ledgers.erpnext.api import Api, Filter
from stockrecon.ledgers.erpnext.fields import Object, amount, flag, moment, named, units
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some, whole_list

EVERY_SHOP = "*"
"""In place of a shop: ERPNext knows what a bundle is made of, and not where it is sold."""
_ITEMS: tuple[Filter, ...] = (("is_stock_item", "=", 1), ("has_variants", "=", 0))


@dataclass(frozen=True, slots=True)
class Stocked:
    """Available of one SKU, and when its Bins last changed; None: it has none, so nothing was ever there."""

    available: int
    updated_at: datetime | None


@dataclass(slots=True)
class Stock:
    """What was read of stock. `bins`: by their names. `bundles`: units of each component by the bundle's code."""

    api: Api
    options: Options
    zone: str
    items: set[str] = field(default_factory=set)
    bins: dict[str, Object] = field(default_factory=dict)
    bundles: dict[str, dict[str, int]] = field(default_factory=dict)
    uneven: set[str] = field(default_factory=set)
    """Bundles that take a fraction of a component."""

    def read(self) -> None:
        self.items = {named(row, "name", "Item") for row in whole_list(self.api, "Item", (), _ITEMS)}
        self._take_bundles(self._bundle_rows(whole_list(self.api, "Product Bundle", self._bundle_fields(), ())))
        self._take_bins(whole_list(self.api, "Bin", self._bin_fields(), self._places()))

    def read_some(self, codes: Collection[str]) -> None:
        """These SKUs alone, without bundles."""
        self.items = {named(row, "name", "Item") for row in some(self.api, "Item", (), "name", codes, _ITEMS)}
        self._take_bins(some(self.api, "Bin", self._bin_fields(), "item_code", codes, self._places()))

    def read_changed(self, since: str) -> bool:
        """The Bins that changed since then; False where none holds another number than the one that is known."""
        filters = [*self._places(), ("modified", ">=", since)]
        rows = whole_list(self.api, "Bin", self._bin_fields(), filters)
        changed = any(self._differs(row) for row in rows)
        self._take_bins(rows)
        return changed

    def rows(self) -> tuple[dict[str, Stocked], set[str]]:
        """Available by SKU, and the SKUs that are left out because they hold a fraction of a unit."""
        sums: dict[str, Decimal] = dict.fromkeys(self.items, Decimal(0))
        times: dict[str, datetime] = {}
        for row in self.bins.values():
            code = named(row, "item_code", "Bin")
            if code not in sums:
                continue
            sums[code] += self.options.formula.of(row)
            at = moment(row.get("modified"), self.zone, "Bin.modified")
            times[code] = max(at, times.get(code, at))
        found = {}
        for code, total in sums.items():
            whole = units(total)
            if whole is not None:
                found[code] = Stocked(whole, times.get(code))
        return found, sums.keys() - found.keys()

    def _differs(self, row: Object) -> bool:
        known = self.bins.get(named(row, "name", "Bin"))
        return known is None or self.options.formula.of(known) != self.options.formula.of(row)

    def _take_bins(self, rows: Sequence[Object]) -> None:
        self.bins |= {named(row, "name", "Bin"): row for row in rows}

    def _places(self) -> list[Filter]:
        return [("warehouse", "in", list(self.options.warehouses))]

    def _bin_fields(self) -> tuple[str, ...]:
        return ("item_code", "warehouse", "modified", *self.options.formula.fields)

    def _bundle_fields(self) -> tuple[str, ...]:
        fields = ("new_item_code",)
        return (*fields, "disabled") if "disabled" in self.api.meta("Product Bundle") else fields

    def _bundle_rows(self, rows: Sequence[Object]) -> Mapping[str, str]:
        """The bundle's code by the document's name."""
        live = [row for row in rows if not flag(row.get("disabled"))]
        return {named(row, "name", "Product Bundle"): named(row, "new_item_code", "Product Bundle") for row in live}

    def _take_bundles(self, codes: Mapping[str, str]) -> None:
        parts = some(self.api, "Product Bundle Item", ("item_code", "qty"), "parent", codes, parent="Product Bundle")
        for row in parts:
            code = codes[named(row, "parent", "Product Bundle Item")]
            each = units(amount(row.get("qty"), "Product Bundle Item.qty"))
            if each is None or each < 1:
                self.uneven.add(code)
                continue
            of_bundle = self.bundles.setdefault(code, {})
            component = named(row, "item_code", "Product Bundle Item")
            of_bundle[component] = of_bundle.get(component, 0) + each
        for code in self.uneven:
            self.bundles.pop(code, None)


def shop_of(value: str, options: Options) -> str:
    """The configured shop that a value of `shop_field` stands for; "" for none."""
    return options.shops.get(value, "") if options.shops else value
