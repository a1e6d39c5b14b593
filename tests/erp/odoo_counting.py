"""What counting does in the imitated Odoo: quants that people count, and adjustments that are applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.erp.odoo_domain import Row
from tests.erp.odoo_errors import AccessError, UserError, ValidationError
from tests.erp.odoo_orm import Context
from tests.erp.odoo_stock import Stock

_COUNTED = ("inventory_quantity", "inventory_quantity_auto_apply")
_CREATE = frozenset(
    {
        *_COUNTED,
        "product_id",
        "owner_id",
        "inventory_diff_quantity",
        "inventory_date",
        "user_id",
        "inventory_quantity_set",
        "is_outdated",
        "lot_id",
        "location_id",
        "package_id",
    }
)
_NEVER_WRITTEN = frozenset({"product_id", "location_id", "lot_id", "package_id", "owner_id"})
_RESTRICTED = "Quant's {} is restricted, you can't do this operation."


@dataclass
class Counting(Stock):
    """`groups`: what the API user may do with stock: "user" counts, "manager" also counts and applies at once.

    `unset_counts_zero`: applying a quant nobody counted takes its stock away, as some versions did
    (reference: Odoo 3.5, OD-119167).
    """

    groups: frozenset[str] = frozenset({"user", "manager"})
    unset_counts_zero: bool = False

    def counting(self, context: Context) -> bool:
        return bool(context.get("inventory_mode")) and bool(self.groups & {"user", "manager"})

    def create_quant(self, values: Row, context: Context) -> int:
        """A count of a product at a place: on the quant that is there, else on a new one."""
        if not self.counting(context) or not any(name in values for name in _COUNTED):
            raise AccessError(
                "You are not allowed to create 'Quants' (stock.quant) records.\n\nNo group currently allows this "
                "operation.\n\nContact your administrator to request access if necessary."
            )
        if any(name not in _CREATE for name in values):
            raise UserError(_RESTRICTED.format("creation"))
        product = self.row("product.product", values["product_id"])
        if not (product["is_storable"] if self.version >= 18 else product["type"] == "product"):
            raise ValidationError("Quants cannot be created for consumables or services.")
        quant = self.quant_at(values["product_id"], values["location_id"], values.get("lot_id") or False)
        self._count(quant, {name: values[name] for name in values if name not in _NEVER_WRITTEN}, context)
        return int(quant["id"])

    def write_quants(self, ids: Iterable[int], values: Row, context: Context) -> None:
        if not self.counting(context) and any(name in values for name in (*_COUNTED, "quantity", "reserved_quantity")):
            raise UserError(_RESTRICTED.format("editing"))
        if "quantity" in values or "reserved_quantity" in values or _NEVER_WRITTEN & values.keys():
            raise UserError(_RESTRICTED.format("editing"))
        for number in ids:
            self._count(self.row("stock.quant", number), values, context)

    def _count(self, quant: Row, values: Mapping[str, Any], context: Context) -> None:
        if "inventory_quantity_auto_apply" in values:
            if "manager" not in self.groups:
                raise AccessError("You are not allowed to write inventory_quantity_auto_apply: Inventory/Administrator")
            self._counted(quant, values["inventory_quantity_auto_apply"])
            self.apply([quant["id"]], context)
        elif "inventory_quantity" in values:
            self._counted(quant, values["inventory_quantity"])
        others = {name: value for name, value in values.items() if name not in _COUNTED}
        if others:
            self.put("stock.quant", quant["id"], **others)

    def _counted(self, quant: Row, units: float) -> None:
        self.put(
            "stock.quant",
            quant["id"],
            inventory_quantity=units,
            inventory_diff_quantity=units - quant["quantity"],
            inventory_quantity_set=True,
        )

    def apply(self, ids: list[int], context: Context) -> Any:
        """`action_apply_inventory`: nothing, or the action that asks a person (reference: Odoo 3.5)."""
        quants = [self.row("stock.quant", number) for number in ids]
        if self.external and "manager" not in self.groups:
            raise UserError("Only a stock manager can validate an inventory adjustment.")
        products = self.table("product.product")
        untracked = [
            quant["product_id"]
            for quant in quants
            if products[quant["product_id"]]["tracking"] in ("lot", "serial") and not quant["lot_id"]
        ]
        outdated = [quant["id"] for quant in quants if self.value("stock.quant", quant, "is_outdated", {})]
        asked = {**context, "default_quant_ids": ids}
        if outdated:
            asked["default_quant_to_fix_ids"] = outdated
            return action("Conflict in Inventory Adjustment", "stock.inventory.conflict", asked)
        if untracked:
            return action("Tracked Products in Inventory Adjustment", "stock.track.confirmation", asked)
        for quant in quants:
            self._adjust(quant, context)
        return None

    def _adjust(self, quant: Row, context: Context) -> None:
        change = quant["inventory_diff_quantity"]
        if not quant["inventory_quantity_set"]:
            change = -quant["quantity"] if self.unset_counts_zero else 0.0
        usual = "Product Quantity Updated" if change else "Product Quantity Confirmed"
        words = context.get("inventory_name") or usual
        source, target = (self.loss, quant["location_id"]) if change > 0 else (quant["location_id"], self.loss)
        more = {"reference": words, "is_inventory": True, "origin": context.get("origin") or False}
        move = self.make_move(quant["product_id"], abs(change), source, target, **more)
        self._line(self.table("stock.move")[move], abs(change), source, quant["lot_id"])
        self.put("stock.move", move, state="confirmed")
        if change:
            self.done([move])
        else:
            self.put("stock.move", move, state="done", date=self.now())
            self.put("stock.move.line", self.lines_of(move)[0]["id"], state="done", date=self.now())
        cleared = {"inventory_quantity": 0.0, "inventory_diff_quantity": 0.0, "inventory_quantity_set": False}
        self.put("stock.quant", quant["id"], **cleared)


def action(name: str, model: str, context: Context) -> Row:
    return {
        "name": name,
        "type": "ir.actions.act_window",
        "view_mode": "form",
        "views": [[False, "form"]],
        "res_model": model,
        "target": "new",
        "context": dict(context),
    }
