"""An Odoo on loopback for tests, written from the reference alone: JSON-2 and JSON-RPC over one house of stock.

It shares nothing with the client. A test makes a house (`Odoo`), lets things happen in it, serves it (`serve`), and
looks at what took effect (`Odoo.effects`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.erp.odoo_rpc import Rpc
from tests.erp.odoo_web import Fault, Served, start

__all__ = ["DATABASE", "KEY", "LOGIN", "Fault", "Odoo", "Served", "serve"]

KEY = "6578616d706c65206a736f6e20617069206b6579"
LOGIN = "stockrecon@example.com"
DATABASE = "house"


@dataclass
class Odoo(Rpc):
    """One database with a company, a warehouse `WH` and the places around it.

    `keys`: user by API key. What is done by these methods is the house's own doing: rights do not count, and
    `effects` names it `the house`.
    """

    keys: dict[str, int] = field(default_factory=dict)
    database: str = DATABASE
    stock: int = 0
    customers: int = 0
    vendors: int = 0
    warehouse: int = 0
    units: int = 0
    dozens: int = 0

    def __post_init__(self) -> None:
        company = self.company = self.add("res.company", {"name": "Test Company"})
        self.user = self.add("res.users", {"name": "Stockrecon", "login": LOGIN, "company_id": company, "tz": "UTC"})
        self.keys[KEY] = self.user
        self.units = self.unit("Units")
        self.dozens = self.unit("Dozens", 12, self.units)
        view = self.place("WH", "view", company=company)
        self.stock = self.place("Stock", "internal", view, company)
        partners, virtual = self.place("Partners", "view"), self.place("Virtual Locations", "view")
        self.customers = self.place("Customers", "customer", partners)
        self.vendors = self.place("Vendors", "supplier", partners)
        self.loss = self.place("Inventory adjustment", "inventory", virtual, company)
        self.scrapped = self.place("Scrap", "inventory", virtual, company)
        self.put("stock.location", self.scrapped, scrap_location=True)
        values = {"name": "Main", "code": "WH", "company_id": company}
        self.warehouse = self.add("stock.warehouse", {**values, "view_location_id": view, "lot_stock_id": self.stock})
        for number in (view, self.stock):
            self.put("stock.location", number, warehouse_id=self.warehouse)
        self.types = {
            code: self._type(name, code, source, target)
            for name, code, source, target in (
                ("Receipts", "incoming", self.vendors, self.stock),
                ("Delivery Orders", "outgoing", self.stock, self.customers),
                ("Internal Transfers", "internal", self.stock, self.stock),
            )
        }
        more = {"int_type_id": self.types["internal"], "out_type_id": self.types["outgoing"]}
        self.put("stock.warehouse", self.warehouse, **more)

    def place(self, name: str, usage: str, parent: Any = False, company: Any = False) -> int:
        """A location; `parent` False: at the root."""
        values = {"name": name, "usage": usage, "location_id": parent, "company_id": company}
        house = self.table("stock.location")[parent]["warehouse_id"] if parent else False
        return self.add("stock.location", {**values, "warehouse_id": house})

    def product(self, sku: str, on_hand: float = 0, at: int | None = None, **more: Any) -> int:
        """A storable product; what is on hand was received before the movements begin."""
        name = more.pop("name", f"Product {sku}")
        template = more.pop("product_tmpl_id", None) or self.add("product.template", {"name": name})
        kind = {"type": "consu", "is_storable": True} if self.version >= 18 else {"type": "product"}
        usual = {"name": name, "default_code": sku, "product_tmpl_id": template, "tracking": "none", **kind}
        number = self.add("product.product", {**usual, "uom_id": self.units, **more})
        if on_hand:
            self.quant_at(number, at or self.stock).update(quantity=float(on_hand))
        return number

    def partner(self, name: str) -> int:
        known = [row["id"] for row in self.table("res.partner").values() if row["name"] == name]
        return known[0] if known else self.add("res.partner", {"name": name})

    def kit(
        self,
        sku: str,
        parts: Mapping[int, float],
        *,
        makes: float = 1,
        unit: int | None = None,
        counted: Mapping[int, int] | None = None,
    ) -> int:
        """A product that is sold as its parts: a bill of materials of type `phantom`.

        `makes`, `unit`: how much one bill makes, in which unit of measure; `counted`: the units that parts are counted
        in. Without them the products' own.
        """
        number = self.product(sku)
        template = self.table("product.product")[number]["product_tmpl_id"]
        units = counted or {}
        lines = [
            (0, 0, {"product_id": part, "product_qty": each, "product_uom_id": units.get(part, False)})
            for part, each in parts.items()
        ]
        values = {"type": "phantom", "product_tmpl_id": template, "product_id": number, "product_qty": makes}
        values |= {"product_uom_id": unit or False, "company_id": self.company, "bom_line_ids": lines}
        self.add("mrp.bom", values)
        return number

    def order(self, ref: str, lines: Mapping[int, float], shop: str = "Shopee VN", *, confirm: bool = True) -> int:
        """A sale of a marketplace: confirmed, it reserves what is there."""
        number = len(self.table("sale.order")) + 1
        made = [(0, 0, {"product_id": product, "product_uom_qty": units}) for product, units in lines.items()]
        order = self.add(
            "sale.order",
            {
                "name": f"S{number:05}",
                "client_order_ref": ref,
                "state": "draft",
                "date_order": self.now(),
                "partner_id": self.partner(shop),
                "warehouse_id": self.warehouse,
                "company_id": self.company,
                "order_line": made,
            },
        )
        if confirm:
            self.confirm_order(order)
        return order

    def confirm_order(self, order: int) -> None:
        row = self.table("sale.order")[order]
        picking = self._picking("outgoing", row["name"], sale_id=order, partner_id=row["partner_id"])
        for line in [one for one in self.table("sale.order.line").values() if one["order_id"] == order]:
            self.put("sale.order.line", line["id"], state="sale")
            unit = line["product_uom_id" if self.version >= 19 else "product_uom"]
            for product, units in self.parts(line["product_id"], line["product_uom_qty"], unit):
                more = {"picking_id": picking, "origin": row["name"], "sale_line_id": line["id"]}
                more["reference"] = self.table("stock.picking")[picking]["name"]
                self.make_move(product, units, self.stock, self.customers, **more)
        self.put("sale.order", order, state="sale")
        moves = self.moves_of(picking)
        self.confirm(moves)
        self.assign(moves)

    def deliver(self, order: int) -> None:
        for picking in self._pickings(order):
            self.done(self.moves_of(picking))

    def cancel(self, order: int) -> None:
        for picking in self._pickings(order):
            self.drop(self.moves_of(picking))
        self.put("sale.order", order, state="cancel")

    def give_back(self, order: int) -> None:
        """The buyer sent it all back: a return of what was delivered."""
        for picking in self._pickings(order):
            if self.table("stock.picking")[picking]["state"] != "done":
                continue
            name = self.table("stock.picking")[picking]["name"]
            back = self._picking("incoming", f"Return of {name}", return_id=picking, sale_id=order)
            for number in self.moves_of(picking):
                move = self.table("stock.move")[number]
                more = {"picking_id": back, "origin_returned_move_id": number, "sale_line_id": move["sale_line_id"]}
                more["reference"] = self.table("stock.picking")[back]["name"]
                self.make_move(move["product_id"], move["product_uom_qty"], self.customers, self.stock, **more)
            self.confirm(self.moves_of(back))
            self.done(self.moves_of(back))

    def receive(self, product: int, units: float) -> None:
        picking = self._picking("incoming", "PO")
        more = {"picking_id": picking, "reference": self.table("stock.picking")[picking]["name"]}
        self.make_move(product, units, self.vendors, self.stock, **more)
        self.confirm(self.moves_of(picking))
        self.done(self.moves_of(picking))

    def move(self, product: int, units: float, source: int, target: int) -> None:
        """A transfer between places."""
        picking = self._picking("internal", "", location_id=source, location_dest_id=target)
        more = {"picking_id": picking, "reference": self.table("stock.picking")[picking]["name"]}
        self.make_move(product, units, source, target, **more)
        self.confirm(self.moves_of(picking))
        self.done(self.moves_of(picking))

    def set_by_hand(self, product: int, units: float, words: str = "", at: int | None = None) -> None:
        """Somebody counts in the user interface and applies it."""
        quant = self.quant_at(product, at or self.stock)
        self._counted(quant, units)
        self.apply([quant["id"]], {"inventory_name": words} if words else {})

    def on_hand(self, product: int, at: int | None = None) -> float:
        return float(self.quant_at(product, at or self.stock)["quantity"])

    def _type(self, name: str, code: str, source: int, target: int) -> int:
        values = {"name": name, "code": code, "warehouse_id": self.warehouse, "company_id": self.company}
        more = {"default_location_src_id": source, "default_location_dest_id": target}
        return self.add("stock.picking.type", {**values, **more})

    def _picking(self, code: str, origin: str, **more: Any) -> int:
        kind = self.table("stock.picking.type")[self.types[code]]
        values = {"origin": origin, "picking_type_id": kind["id"], "company_id": self.company, "state": "draft"}
        values["location_id"] = kind["default_location_src_id"]
        values["location_dest_id"] = kind["default_location_dest_id"]
        return self.add("stock.picking", {**values, "name": self.next_name(kind["id"]), **more})

    def _pickings(self, order: int) -> list[int]:
        return [row["id"] for row in self.table("stock.picking").values() if row["sale_id"] == order]


def serve(odoo: Odoo) -> Served:
    """Serves the house on a free port of loopback until the `with` statement ends."""
    return start(odoo)
