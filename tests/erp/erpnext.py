"""An ERPNext on loopback: documents in memory, stock that follows them, and what a test needs to see and to spoil.

Written from the reference (ERPNext 3.6) and the vendor's pages alone. Times are naive and of the site's zone, as the
vendor's are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.erp.erpnext_documents import Documents
from tests.erp.erpnext_kept import KEY, SECRET, START, USER, Effect, Fault

__all__ = ["KEY", "SECRET", "START", "USER", "Effect", "Erpnext", "Fault", "running"]


@dataclass
class Erpnext(Documents):
    """One site, with what a test puts in by itself: that is not among its `effects`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        adjustment = f"Stock Adjustment - {self.company[:1]}"
        self.insert_row(
            "Company",
            company_name=self.company,
            abbr=self.company[:1],
            default_currency="VND",
            stock_adjustment_account=adjustment,
            cost_center=f"Main - {self.company[:1]}",
        )
        self.insert_row("UOM", uom_name="Nos", must_be_whole_number=1)
        self.insert_row("User", email=USER, full_name="stockrecon", enabled=1)
        self.warehouse("All Warehouses", group=True)

    def warehouse(self, name: str, *, group: bool = False, parent: str = "All Warehouses", **more: Any) -> str:
        full = f"{name} - {self.company[:1]}"
        above = None if name == "All Warehouses" else f"{parent} - {self.company[:1]}"
        values = {"warehouse_name": name, "is_group": int(group), "parent_warehouse": above, "disabled": 0}
        self.insert_row("Warehouse", name=full, company=self.company, **{**values, **more})
        return full

    def item(self, code: str, units: float = 0, warehouse: str = "", **more: Any) -> str:
        """An item, and what of it lies in a warehouse."""
        usual = {"item_name": code, "stock_uom": "Nos", "disabled": 0, "is_stock_item": 1, "has_variants": 0}
        usual |= {"has_batch_no": 0, "has_serial_no": 0, "valuation_rate": 10.0, "item_group": "Products"}
        self.insert_row("Item", item_code=code, **{**usual, **more})
        if units:
            self.receive(code, warehouse, units)
        return code

    def receive(self, code: str, warehouse: str, units: float) -> str:
        """A receipt, or an issue where `units` is negative, by somebody else."""
        side, purpose = ("t_warehouse", "Material Receipt") if units > 0 else ("s_warehouse", "Material Issue")
        row = {"item_code": code, "qty": abs(units), side: warehouse}
        return str(self._made("Stock Entry", {"purpose": purpose, "items": [row]})["name"])

    def uom(self, name: str, *, whole: bool) -> str:
        """A unit of measure, of which parts may exist or not."""
        self.insert_row("UOM", uom_name=name, must_be_whole_number=int(whole))
        return name

    def bundle(self, code: str, parts: Mapping[str, float]) -> None:
        rows = [{"item_code": part, "qty": units} for part, units in parts.items()]
        self._made("Product Bundle", {"new_item_code": code, "disabled": 0, "items": rows})

    def lists(self, integration: str, listing: str, code: str, **more: Any) -> str:
        """A listing of a marketplace, mapped to an item: of the app that connects shops, which is there from now on."""
        self.apps.add("ecommerce_integrations")
        values = {"integration": integration, "integration_item_code": listing, "erpnext_item_code": code}
        return str(self._made("Ecommerce Item", {**values, **more})["name"])

    def order(self, code: str, warehouse: str, units: float, *, uom: str = "", factor: float = 1, **more: Any) -> str:
        """A submitted sales order; its units are reserved, of a product bundle those of its parts.

        `factor`: how many of the item's own unit are one of the ordered `uom`.
        """
        measure = {"uom": uom or self.tables["Item"][code]["stock_uom"], "conversion_factor": factor}
        row = {"item_code": code, "qty": units, "stock_qty": units * factor, "warehouse": warehouse, **measure}
        rows = [{**row, "delivered_qty": 0}]
        values = {"status": "To Deliver and Bill", "items": rows, "packed_items": self.packed(rows)}
        return str(self._made("Sales Order", {**values, **more})["name"])

    def cancel_order(self, name: str) -> None:
        self.cancel("Sales Order", name, by_user=False)

    def cancel_delivery(self, name: str) -> None:
        self.cancel("Delivery Note", name, by_user=False)

    def deliver(self, order: str) -> str:
        """A delivery note of everything in an order."""
        ordered = self.tables["Sales Order"][order]
        names = ("item_code", "qty", "stock_qty", "uom", "conversion_factor", "warehouse")
        rows = [
            {**{name: row.get(name) for name in names}, "against_sales_order": order, "so_detail": row["name"]}
            for row in ordered["items"]
        ]
        values = {"items": rows, "packed_items": ordered.get("packed_items", []), "po_no": ordered.get("po_no")}
        values["customer"] = ordered.get("customer")
        return str(self._made("Delivery Note", {**values, "status": "To Bill"})["name"])

    def take_in(self, code: str, warehouse: str, units: float) -> str:
        """A purchase receipt."""
        row = {"item_code": code, "qty": units, "stock_qty": units, "warehouse": warehouse}
        return str(self._made("Purchase Receipt", {"items": [row], "status": "To Bill"})["name"])

    def count(self, warehouse: str, units: Mapping[str, float]) -> str:
        """A reconciliation that finds so many."""
        rows = [{"item_code": code, "warehouse": warehouse, "qty": found} for code, found in units.items()]
        return str(self._made("Stock Reconciliation", {"items": rows})["name"])

    def transfer(self, code: str, source: str, goal: str, units: float) -> str:
        row = {"item_code": code, "qty": units, "s_warehouse": source, "t_warehouse": goal}
        return str(self._made("Stock Entry", {"purpose": "Material Transfer", "items": [row]})["name"])

    def give_back(self, note: str) -> str:
        """A return of a whole delivery; its order holds the units again, unless the Selling Settings say otherwise."""
        sent = self.tables["Delivery Note"][note]
        names = ("item_code", "warehouse", "uom", "conversion_factor", "against_sales_order", "so_detail")
        rows = [
            {**{name: row.get(name) for name in names}, "qty": -row["qty"], "stock_qty": -row["stock_qty"]}
            for row in sent["items"]
        ]
        link = {"is_return": 1, "return_against": note, "po_no": sent.get("po_no"), "customer": sent.get("customer")}
        made = self._made("Delivery Note", {"items": rows, "packed_items": sent.get("packed_items", []), **link})
        return str(made["name"])


@contextmanager
def running(site: Erpnext) -> Iterator[str]:
    """Serves the site on a free port of loopback; gives its address."""
    from tests.erp.erpnext_web import serving

    with serving(site) as address:
        yield address
