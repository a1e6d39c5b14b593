"""Units of measure and kits in the imitated Odoo: what a bill of materials of type `phantom` makes, and of what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.erp.odoo_domain import Row
from tests.erp.odoo_errors import UserError
from tests.erp.odoo_orm import Records

_DUST = 1e-9


@dataclass
class Kits(Records):
    """Converts between units and takes kits apart, each version with its own fields and its own rounding."""

    def unit(self, name: str, holds: float = 1, of: int | None = None) -> int:
        """A unit of measure that holds so many of another one; without one it begins a measure of its own."""
        usual: Row = {"name": name, "rounding": 0.01}
        if self.version >= 19:
            whole = self.table("uom.uom")[of]["factor"] if of else 1
            return self.add(
                "uom.uom", {**usual, "relative_factor": holds, "relative_uom_id": of or False, "factor": holds * whole}
            )
        # Before 19 the factor stood the other way round: how many of this unit one of the reference is.
        base = self.table("uom.uom")[of] if of else None
        category = base["category_id"] if base else self.add("uom.category", {"name": name})
        kind = "reference" if base is None else "bigger" if holds > 1 else "smaller"
        factor = base["factor"] / holds if base else 1
        return self.add("uom.uom", {**usual, "category_id": category, "uom_type": kind, "factor": factor})

    def converted(
        self, quantity: float, unit: int, to: int, rounded: Callable[[float, float], float] | None = None
    ) -> float:
        """A quantity in another unit. Raises UserError where versions with categories find two of them."""
        units = self.table("uom.uom")
        if unit == to:
            return rounded(quantity, units[to]["rounding"]) if rounded else quantity
        if self.version >= 19:
            found = quantity * units[unit]["factor"] / units[to]["factor"]
        elif units[unit]["category_id"] != units[to]["category_id"]:
            raise UserError(f"The unit of measure {units[unit]['name']} does not belong to the category of the product")
        else:
            found = quantity / units[unit]["factor"] * units[to]["factor"]
        return rounded(found, units[to]["rounding"]) if rounded else found

    def kit_of(self, product: int) -> Row | None:
        """The bill that makes a product a kit: by sequence, and of those alike the variant's own goes first."""
        row = self.table("product.product")[product]
        found = [
            bom
            for bom in self.table("mrp.bom").values()
            if bom["type"] == "phantom" and bom["active"] and self._makes(bom, row)
        ]
        return min(found, key=lambda bom: (bom["sequence"], not bom["product_id"], bom["id"]), default=None)

    def exploded(self, bom: Row, times: float) -> Iterator[tuple[Row, float]]:
        """The lines of a bill that is needed so many times, in the lines' own units; kits in kits taken apart."""
        for line in [one for one in self.table("mrp.bom.line").values() if one["bom_id"] == bom["id"]]:
            quantity = times * line["product_qty"]
            inner = self.kit_of(line["product_id"])
            if inner is None:
                yield line, up(quantity, self.table("uom.uom")[line["product_uom_id"]]["rounding"])
                continue
            into = quantity / inner["product_qty"]
            # Until 16 it was rounded up on its way into the inner bill's unit.
            rounded = up if self.version < 17 else None
            into = self.converted(into, line["product_uom_id"], inner["product_uom_id"], rounded)
            yield from self.exploded(inner, into)

    def parts(self, product: int, quantity: float, unit: int) -> list[tuple[int, float]]:
        """What leaves when so much of a product is sold: a kit's components, each in its product's own unit."""
        bom = self.kit_of(product)
        if bom is None:
            return [(product, self.converted(quantity, unit, self.own_unit(product), half_up))]
        times = self.converted(quantity, unit, bom["product_uom_id"]) / bom["product_qty"]
        return [
            (part, self.converted(each, line["product_uom_id"], self.own_unit(part), half_up))
            for line, each in self.exploded(bom, times)
            for part in [line["product_id"]]
        ]

    def kits_ready(self, bom: Row, of_part: Callable[[int], Mapping[str, float]], name: str) -> float:
        """How much of a kit its components make, as Odoo's own fields tell it.

        It counts what the bill makes, in the bill's unit: Odoo does not turn that into the product's own unit
        (16 to 19: the smallest ratio times `product_qty`, and whole ones down).
        """
        need: dict[int, float] = {}
        for line, each in self.exploded(bom, 1):
            part = line["product_id"]
            if self.counts(part) and each:
                need[part] = need.get(part, 0) + self.converted(each, line["product_uom_id"], self.own_unit(part))
        ratios = [self._ratio(of_part(part)[name] / each, part) for part, each in need.items() if each]
        return float(math.floor(half_up(min(ratios) * bom["product_qty"], 0.01))) if ratios else 0.0

    def own_unit(self, product: int) -> int:
        return int(self.table("product.product")[product]["uom_id"])

    def counts(self, product: int) -> bool:
        """Whether Odoo keeps stock of it."""
        row = self.table("product.product")[product]
        return bool(row["is_storable"] if self.version >= 18 else row["type"] == "product")

    def _ratio(self, found: float, part: int) -> float:
        step = self.table("uom.uom")[self.own_unit(part)]["rounding"]
        if self.version < 17:
            return found
        return half_up(found, step) if self.version < 19 else down(found, step)

    def _makes(self, bom: Row, product: Row) -> bool:
        return bool(
            bom["product_id"] == product["id"]
            or (not bom["product_id"] and bom["product_tmpl_id"] == product["product_tmpl_id"])
        )

    def settled(self, model: str, row: Row) -> None:
        """A bill that names no unit takes its product's, and makes one."""
        super().settled(model, row)
        if model == "mrp.bom":
            variants = self.table("product.product").values()
            made = [one for one in variants if one["product_tmpl_id"] == row["product_tmpl_id"]]
            row["product_uom_id"] = row["product_uom_id"] or (made[0]["uom_id"] if made else False)
            row["product_qty"] = row["product_qty"] or 1.0


def up(value: float, step: float) -> float:
    return _stepped(math.ceil(value / step - _DUST), step)


def down(value: float, step: float) -> float:
    return _stepped(math.floor(value / step + _DUST), step)


def half_up(value: float, step: float) -> float:
    away = math.floor(abs(value) / step + 0.5 + _DUST)
    return _stepped(away if value >= 0 else -away, step)


def _stepped(steps: int, step: float) -> float:
    # Steps are 1, 0.1, 0.01 and the like; multiplied they would leave dust.
    return steps / round(1 / step) if step < 1 else steps * step


def computed_factor(row: Row) -> Any:
    """`factor_inv`, of versions before 19."""
    return 1 / row["factor"] if row["factor"] else 0.0
