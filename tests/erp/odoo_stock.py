"""What stock does in the imitated Odoo: quants, reservations, moves and the pickings that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.erp.odoo_domain import Row
from tests.erp.odoo_errors import UserError
from tests.erp.odoo_kits import Kits, computed_factor
from tests.erp.odoo_orm import Context

OPEN = ("confirmed", "waiting", "assigned", "partially_available")


@dataclass
class Stock(Kits):
    """Quants and moves. `locked`: the last day (YYYY-MM-DD) on which nothing may be posted any more."""

    locked: str = ""
    loss: int = 0
    """The location that adjustments go to and come from."""
    scrapped: int = 0
    company: int = 0

    def computed(self, model: str, row: Row, name: str, context: Context) -> Any:
        match model, name:
            case "stock.location", "complete_name":
                parent = row["location_id"]
                return f"{self.name_of(model, parent)}/{row['name']}" if parent else row["name"]
            case "stock.quant", "available_quantity":
                return row["quantity"] - row["reserved_quantity"]
            case "stock.quant", "inventory_quantity_auto_apply":
                return row["quantity"]
            case "stock.quant", "is_outdated":
                counted = row["inventory_quantity"] - row["inventory_diff_quantity"]
                return bool(row["inventory_quantity_set"]) and abs(counted - row["quantity"]) > 1e-9
            case "stock.move", "product_qty":
                return row["product_uom_qty"]
            case "uom.uom", "factor_inv":
                return computed_factor(row)
            case "stock.move.line", "origin":
                return self.table("stock.move")[row["move_id"]]["origin"] if row["move_id"] else False
            case "product.product", "is_kits":
                return self.kit_of(row["id"]) is not None
            case "product.product", _:
                bom = self.kit_of(row["id"])
                if bom is None:
                    return self._of_product(row, context)[name]
                products = self.table("product.product")
                return self.kits_ready(bom, lambda part: self._of_product(products[part], context), name)
        return super().computed(model, row, name, context)

    def _of_product(self, product: Row, context: Context) -> dict[str, float]:
        """The quantities of a product, in the warehouse or location that the context names, else everywhere."""
        places = self._places(context)
        quants = [
            quant
            for quant in self.table("stock.quant").values()
            if quant["product_id"] == product["id"] and quant["location_id"] in places
        ]
        on_hand = sum(quant["quantity"] for quant in quants)
        moves = [
            move
            for move in self.table("stock.move").values()
            if move["product_id"] == product["id"] and move["state"] in OPEN
        ]
        out = sum(
            move["product_uom_qty"]
            for move in moves
            if move["location_id"] in places and move["location_dest_id"] not in places
        )
        coming = sum(
            move["product_uom_qty"]
            for move in moves
            if move["location_id"] not in places and move["location_dest_id"] in places
        )
        free = on_hand - sum(quant["reserved_quantity"] for quant in quants)
        return {
            "qty_available": float(on_hand),
            "free_qty": float(free),
            "outgoing_qty": float(out),
            "incoming_qty": float(coming),
            "virtual_available": float(on_hand + coming - out),
        }

    def _places(self, context: Context) -> set[int]:
        # The key was renamed from warehouse to warehouse_id in 18.
        warehouse = context.get("warehouse_id", context.get("warehouse"))
        location = context.get("location")
        if location:
            roots = set(location) if isinstance(location, list | tuple) else {location}
        else:
            chosen = set(warehouse) if isinstance(warehouse, list | tuple) else {warehouse} if warehouse else None
            houses = self.table("stock.warehouse").values()
            roots = {one["view_location_id"] for one in houses if chosen is None or one["id"] in chosen}
        inside = self._below("stock.location:id:child_of", roots)
        usable = self.table("stock.location")
        return {number for number in inside if usable[number]["usage"] in ("internal", "transit")}

    def quant_at(self, product: int, location: int, lot: Any = False) -> Row:
        """The quant of a product at a place, made where there is none."""
        for quant in self.table("stock.quant").values():
            if (quant["product_id"], quant["location_id"], quant["lot_id"]) == (product, location, lot):
                return quant
        company = self.table("stock.location")[location]["company_id"]
        values = {"product_id": product, "location_id": location, "lot_id": lot, "company_id": company}
        number = self.add("stock.quant", {**values, "in_date": self.now()})
        return self.table("stock.quant")[number]

    def shift(self, product: int, location: int, by: float, lot: Any = False) -> None:
        quant = self.quant_at(product, location, lot)
        before = quant["quantity"]
        quant.update(quantity=before + by, write_date=self.now())
        if by and self.table("stock.location")[location]["usage"] in ("internal", "transit"):
            self.took_effect("stock.quant", quant["id"], "quantity", before, quant["quantity"])

    def make_move(self, product: int, units: float, source: int, target: int, **more: Any) -> int:
        usual: Row = {
            "product_id": product,
            "product_uom_qty": units,
            "location_id": source,
            "location_dest_id": target,
            "state": "draft",
            "date": self.now(),
            "company_id": self.company,
        }
        if "name" in self.fields("stock.move"):
            usual["name"] = more.get("reference") or self.name_of("product.product", product)
        return self.add("stock.move", {**usual, **more})

    def confirm(self, moves: Iterable[int]) -> None:
        for number in moves:
            if self.table("stock.move")[number]["state"] == "draft":
                self.put("stock.move", number, state="confirmed")
        self._restate()

    def assign(self, moves: Iterable[int]) -> None:
        """Reserves what is there, first come first served."""
        for number in moves:
            move = self.table("stock.move")[number]
            inside = self.table("stock.location")[move["location_id"]]["usage"] in ("internal", "transit")
            if move["state"] not in OPEN:
                continue
            held = sum(self._done_of(line) for line in self.lines_of(number))
            places = self._below("stock.location:id:child_of", move["location_id"])
            for quant in list(self.table("stock.quant").values()):
                free = quant["quantity"] - quant["reserved_quantity"]
                take = min(free, move["product_uom_qty"] - held)
                if inside and quant["product_id"] == move["product_id"] and quant["location_id"] in places and take > 0:
                    self.put("stock.quant", quant["id"], reserved_quantity=quant["reserved_quantity"] + take)
                    self._line(move, take, quant["location_id"], quant["lot_id"])
                    held += take
            if not inside and held < move["product_uom_qty"]:
                self._line(move, move["product_uom_qty"] - held, move["location_id"], False)
                held = move["product_uom_qty"]
            state = "assigned" if held >= move["product_uom_qty"] else "partially_available" if held else "confirmed"
            self.put("stock.move", number, state=state, **{self.done_field("stock.move"): held})
        self._restate()

    def done(self, moves: Iterable[int]) -> None:
        """Carries moves out: what was reserved goes, and what is asked for beyond it goes as well."""
        if self.locked and self.now()[:10] <= self.locked:
            raise UserError(
                f"You cannot add/modify entries prior to and inclusive of: Hard Lock Date ({self.locked}).\n"
                "Please change the accounting date."
            )
        for number in moves:
            move = self.table("stock.move")[number]
            if move["state"] in ("done", "cancel"):
                continue
            units = move[self.done_field("stock.move")] or move["product_uom_qty"]
            lines = self.lines_of(number)
            short = units - sum(self._done_of(line) for line in lines)
            self._release(number)
            if short > 0 or not lines:
                self._line(move, short if lines else units, move["location_id"], False)
            for line in self.lines_of(number):
                self.shift(move["product_id"], line["location_id"], -self._done_of(line), line["lot_id"])
                self.shift(move["product_id"], line["location_dest_id"], self._done_of(line), line["lot_id"])
                self.put("stock.move.line", line["id"], state="done", date=self.now())
            self.put("stock.move", number, state="done", date=self.now(), **{self.done_field("stock.move"): units})
            self._delivered(move, units)
        self._restate()

    def drop(self, moves: Iterable[int]) -> None:
        """Cancels moves, and gives back what they hold."""
        for number in moves:
            if self.table("stock.move")[number]["state"] == "done":
                raise UserError("You cannot cancel a stock move that has been set to 'Done'. Create a return.")
            self._release(number)
            for line in self.lines_of(number):
                del self.table("stock.move.line")[line["id"]]
            self.put("stock.move", number, state="cancel")
        self._restate()

    def lines_of(self, move: int) -> list[Row]:
        return [line for line in self.table("stock.move.line").values() if line["move_id"] == move]

    def done_field(self, model: str) -> str:
        if self.version >= 17:
            return "quantity"
        return "quantity_done" if model == "stock.move" else "qty_done"

    def _done_of(self, line: Row) -> float:
        return float(line[self.done_field("stock.move.line")])

    def _line(self, move: Row, units: float, location: int, lot: Any) -> None:
        values: Row = {
            "move_id": move["id"],
            "product_id": move["product_id"],
            "location_id": location,
            "location_dest_id": move["location_dest_id"],
            "picking_id": move["picking_id"],
            "reference": move["reference"],
            "company_id": move["company_id"],
            "lot_id": lot,
            "state": "assigned",
            "date": self.now(),
            self.done_field("stock.move.line"): units,
        }
        if "is_inventory" in self.fields("stock.move.line"):
            values["is_inventory"] = move["is_inventory"]
        self.add("stock.move.line", values)

    def _release(self, move: int) -> None:
        for line in self.lines_of(move):
            quant = self.quant_at(line["product_id"], line["location_id"], line["lot_id"])
            held = min(quant["reserved_quantity"], self._done_of(line))
            if held and line["state"] not in ("done", "cancel"):
                self.put("stock.quant", quant["id"], reserved_quantity=quant["reserved_quantity"] - held)

    def _delivered(self, move: Row, units: float) -> None:
        line = self.table("sale.order.line").get(move["sale_line_id"] or 0)
        if line is not None:
            back = move["origin_returned_move_id"]
            self.put("sale.order.line", line["id"], qty_delivered=line["qty_delivered"] + (-units if back else units))

    def _restate(self) -> None:
        """A picking's state follows its moves."""
        for picking in self.table("stock.picking").values():
            states = {
                move["state"] for move in self.table("stock.move").values() if move["picking_id"] == picking["id"]
            }
            live = states - {"cancel"}
            if states and not live:
                now = "cancel"
            elif live == {"done"}:
                now = "done"
            else:
                order = ("draft", "waiting", "confirmed", "partially_available", "assigned")
                now = next((state for state in order if state in live), picking["state"] or "draft")
                now = "confirmed" if now == "partially_available" else now
            if now != picking["state"]:
                done = {"date_done": self.now()} if now == "done" else {}
                self.put("stock.picking", picking["id"], state=now, **done)
