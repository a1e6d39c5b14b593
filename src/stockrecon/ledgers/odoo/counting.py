"""An inventory adjustment of one quant, in steps none of which changes stock before the last.

A count is written beside the quantity; Odoo keeps the difference and, when the count is applied, refuses it if the
quantity was moved since (`is_outdated`). What is applied is thus exactly that difference (reference: Odoo 3.5).

It is applied by Odoo's own wizard for the reason (`stock.inventory.adjustment.name`), which passes over a quant whose
count was applied or cleared by somebody else: `action_apply_inventory` itself would take a missing count for a count of
zero (reference: OD-119167).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, link, name_of, number
from stockrecon.ledgers.odoo.paging import whole
from stockrecon.ledgers.odoo.places import Scope

WIZARD = "stock.inventory.adjustment.name"
_MODE = {"inventory_mode": True}
_REFS_AT_ONCE = 40
_FIELDS = ("quantity", "inventory_quantity", "inventory_diff_quantity", "inventory_quantity_set", "user_id")
_SPECIAL = re.compile(r"([%_\\])")


@dataclass(frozen=True, slots=True)
class Quant:
    """`counted`: a count waits to be applied; `difference` is what it would change. `by`: whose count it is."""

    id: int
    quantity: Decimal
    counted: bool
    difference: Decimal
    by: int | None


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts and their traces at one location. Everything raises ReadFault, AuthFault, Refused or Unsettled."""

    odoo: Odoo
    scope: Scope
    place: int

    def quants(self, product: int) -> list[Quant]:
        """The product's quants here that are no lot's, no package's and nobody else's: usually one, or none."""
        domain = [["product_id", "=", product], ["location_id", "=", self.place]]
        domain += [[name, "=", False] for name in ("lot_id", "package_id", "owner_id")]
        return [_quant(row) for row in self.odoo.search_read("stock.quant", domain, _FIELDS)]

    def count(self, product: int, quant: Quant | None, by: int) -> None:
        """Writes the count that differs from the quantity by `by`. Stock does not change."""
        values: dict[str, object] = {"inventory_quantity": by + _plain(quant.quantity if quant else Decimal(0))}
        if quant is None:
            values |= {"product_id": product, "location_id": self.place}
            self.odoo.create("stock.quant", values, _MODE)
            return
        values["user_id"] = self.odoo.uid
        self.odoo.call(
            "stock.quant", "write", [quant.id], context=_MODE, writes=True, positional=(values,), vals=values
        )

    def reason(self, quant: int, ref: str) -> int:
        """The wizard that will apply the quant's count under this reference. Stock does not change."""
        values = {"quant_ids": [[6, 0, [quant]]], "inventory_adjustment_name": ref}
        return self.odoo.create(WIZARD, values, _MODE)

    def apply(self, wizard: int) -> bool:
        """Applies the count; False where Odoo did not, because the quantity was moved since.

        True means that Odoo answered well, also where the count was somebody's meanwhile: the reference tells.
        """
        told = self.odoo.call(WIZARD, "action_apply", [wizard], context=_MODE, writes=True)
        # A conflict comes as the window that would be opened for a person, never as an error.
        return not (isinstance(told, dict) and told.get("res_model"))

    def clear(self, quants: Sequence[Quant]) -> None:
        """Takes back counts that were not applied. Nothing but a count is lost, and clearing twice does no harm."""
        numbers = [quant.id for quant in quants]
        if numbers:
            self.odoo.call("stock.quant", "action_clear_inventory_quantity", numbers, context=_MODE)

    def left_open(self) -> list[Quant]:
        """Counts of ours that wait here: somebody died between writing and applying them."""
        domain = [["location_id", "=", self.place], ["inventory_quantity_set", "=", True]]
        rows = self.odoo.search_read("stock.quant", [*domain, ["user_id", "=", self.odoo.uid]], _FIELDS)
        return [_quant(row) for row in rows]

    def refs(self, refs: Sequence[str]) -> Mapping[str, int]:
        """Those of the references that a done move has, with what these moves changed within the scope."""
        found: dict[str, int] = {}
        wanted = sorted({ref for ref in refs if ref})
        for start in range(0, len(wanted), _REFS_AT_ONCE):
            chunk = wanted[start : start + _REFS_AT_ONCE]
            for row in whole(self.odoo, "stock.move", _with_refs(chunk), ["reference", *_MOVED]):
                said = name_of(row.get("reference"))
                ref = next((one for one in chunk if said == one or said.startswith(f"{one} (")), None)
                if ref is not None:
                    found[ref] = found.get(ref, 0) + self._change(row)
        return found

    def _change(self, row: Row) -> int:
        source = link(row.get("location_id"), "stock.move: location_id")
        goal = link(row.get("location_dest_id"), "stock.move: location_dest_id")
        sign = (goal in self.scope.inside) - (source in self.scope.inside)
        return sign * int(number(row.get("product_qty"), "stock.move: product_qty"))


_MOVED = ("product_qty", "location_id", "location_dest_id")


def _with_refs(refs: Sequence[str]) -> list[object]:
    """Done moves with one of the references; some versions hang the user's name behind it in brackets."""
    asked: list[object] = []
    for ref in refs:
        asked += [["reference", "=", ref], ["reference", "=like", _SPECIAL.sub(r"\\\1", ref) + " (%"]]
    return [["state", "=", "done"], *["|"] * (len(asked) - 1), *asked]


def _quant(row: Row) -> Quant:
    return Quant(
        id=identity(row.get("id"), "stock.quant: id"),
        quantity=number(row.get("quantity"), "stock.quant: quantity"),
        counted=row.get("inventory_quantity_set") is True,
        difference=number(row.get("inventory_diff_quantity"), "stock.quant: inventory_diff_quantity"),
        by=link(row.get("user_id"), "stock.quant: user_id"),
    )


def _plain(value: Decimal) -> int | float:
    """A quantity as JSON takes it."""
    return int(value) if value == value.to_integral_value() else float(value)
