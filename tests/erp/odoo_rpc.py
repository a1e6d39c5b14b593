"""Calls from outside: which methods there are, what they take, and that each is one transaction with its user's rights.

JSON-2 takes names, JSON-RPC positions and names; both end here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.erp.odoo_counting import Counting, action
from tests.erp.odoo_domain import Row
from tests.erp.odoo_errors import (
    AccessError,
    NotFound,
    OdooError,
    ServerError,
    Unprocessable,
    UserError,
    ValidationError,
)
from tests.erp.odoo_fields import MODELS
from tests.erp.odoo_orm import Context
from tests.erp.odoo_stock import OPEN

_PARAMS: Mapping[str, tuple[bool, tuple[str, ...]]] = {
    # Whether it works on records, and its parameters in their order.
    "search": (False, ("domain", "offset", "limit", "order")),
    "search_count": (False, ("domain", "limit")),
    "search_read": (False, ("domain", "fields", "offset", "limit", "order")),
    "fields_get": (False, ("allfields", "attributes")),
    "create": (False, ("vals_list",)),
    "context_get": (False, ()),
    "check_access_rights": (False, ("operation", "raise_exception")),
    "has_access": (True, ("operation",)),
    "has_group": (True, ("group_ext_id",)),
    "read": (True, ("fields", "load")),
    "write": (True, ("vals",)),
    "unlink": (True, ()),
    "exists": (True, ()),
    "action_apply_inventory": (True, ("date",)),
    "action_clear_inventory_quantity": (True, ()),
    "action_apply": (True, ()),
    "action_confirm": (True, ()),
    "action_assign": (True, ()),
    "action_cancel": (True, ()),
    "button_validate": (True, ()),
    "action_validate": (True, ()),
}
_ONLY = {
    "action_apply_inventory": ("stock.quant",),
    "action_clear_inventory_quantity": ("stock.quant",),
    "action_apply": ("stock.inventory.adjustment.name",),
    "action_confirm": ("stock.picking", "sale.order"),
    "action_assign": ("stock.picking",),
    "action_cancel": ("stock.picking", "sale.order"),
    "button_validate": ("stock.picking",),
    "action_validate": ("stock.scrap",),
    "context_get": ("res.users",),
    "has_group": ("res.users",),
}
_READING = frozenset({"search", "search_count", "search_read", "read", "fields_get", "exists", "has_access"})
"""Methods that change nothing, so that there is nothing to go back to."""
_RENAMED = {"create": ("vals_list", "vals"), "has_group": ("group_ext_id",)}


@dataclass
class Rpc(Counting):
    """`refuse`: raised by the next call of `MODEL.METHOD`, once for each in its list, before it does anything."""

    refuse: dict[str, list[OdooError]] | None = None
    user: int = 0

    def by_name(self, model: str, method: str, body: Row) -> Any:
        """A call of JSON-2: its parameters by name, `ids` and `context` apart."""
        values = dict(body)
        ids, context = values.pop("ids", []), values.pop("context", {}) or {}
        if model not in MODELS:
            raise NotFound(f"the model {model!r} does not exist")
        of_records, names = self._known(model, method)
        for name in values:
            if name not in names and name not in _RENAMED.get(method, ()):
                raise Unprocessable(f"got an unexpected keyword argument {name!r}")
        if ids and not of_records:
            raise Unprocessable(f"cannot call {model}.{method} with ids")
        result = self._run(model, method, ids, values, context)
        # What is a record for Python is a list of ids here, one record as well.
        return [result] if method == "create" and isinstance(result, int) else result

    def by_place(self, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """A call of JSON-RPC's execute_kw."""
        if model not in MODELS:
            raise UserError(f"Object {model} doesn't exist")
        try:
            of_records, names = self._known(model, method)
        except NotFound:
            raise ServerError("builtins.AttributeError", f"type object '{model}' has no attribute '{method}'") from None
        values, rest = dict(kwargs), list(args)
        context = values.pop("context", {}) or {}
        ids: Any = []
        if of_records:
            if not rest:
                raise ServerError("builtins.IndexError", "list index out of range")
            ids = rest.pop(0)
        if len(rest) > len(names):
            raise ServerError("builtins.TypeError", f"{method}() takes {len(names) + 1} positional arguments")
        values.update(zip(names, rest, strict=False))
        return self._run(model, method, ids, values, context)

    def _known(self, model: str, method: str) -> tuple[bool, tuple[str, ...]]:
        if method.startswith("_"):
            raise AccessError(f"Private methods (such as '{model}.{method}') cannot be called remotely.")
        if method not in _PARAMS or model not in _ONLY.get(method, (model,)):
            raise NotFound(f"the method '{model}.{method}' does not exist")
        of_records, names = _PARAMS[method]
        if method == "has_access" and self.version < 18:
            raise NotFound(f"the method '{model}.{method}' does not exist")
        # Until 17 a group was asked for without naming a user.
        return (of_records and not (method == "has_group" and self.version < 18)), names

    def _run(self, model: str, method: str, ids: Any, values: Row, context: Context) -> Any:
        """One transaction: all of it, or nothing."""
        with self.lock:
            waiting = (self.refuse or {}).get(f"{model}.{method}")
            if waiting:
                raise waiting.pop(0)
            kept = None if method in _READING else self.kept()
            self.call, self.external = f"{model}.{method}", True
            try:
                return self._do(model, method, [ids] if isinstance(ids, int) else list(ids), values, context)
            except OdooError:
                self._undo(kept)
                raise
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                self._undo(kept)
                raise ServerError(f"builtins.{type(error).__name__}", str(error)) from error
            finally:
                self.call, self.external = "the house", False

    def _undo(self, kept: tuple[Any, ...] | None) -> None:
        if kept is not None:
            self.back_to(kept)

    def _do(self, model: str, method: str, ids: list[int], values: Row, context: Context) -> Any:
        own: Callable[..., Any] | None = getattr(self, f"_do_{method}", None)
        if own is None:
            raise ServerError("builtins.NotImplementedError", f"{model}.{method}")
        return own(model, ids, values, context)

    def _do_search(self, model: str, ids: list[int], values: Row, context: Context) -> list[int]:
        return self.search(model, **_search(values), context=context)

    def _do_search_count(self, model: str, ids: list[int], values: Row, context: Context) -> int:
        return len(self.search(model, values.get("domain"), limit=values.get("limit"), context=context))

    def _do_search_read(self, model: str, ids: list[int], values: Row, context: Context) -> list[Row]:
        return self.read(model, self.search(model, **_search(values), context=context), values.get("fields"), context)

    def _do_read(self, model: str, ids: list[int], values: Row, context: Context) -> list[Row]:
        return self.read(model, ids, values.get("fields"), context)

    def _do_exists(self, model: str, ids: list[int], values: Row, context: Context) -> list[int]:
        return [number for number in ids if number in self.table(model)]

    def _do_fields_get(self, model: str, ids: list[int], values: Row, context: Context) -> Row:
        self.check(model, "read")
        wanted = values.get("allfields") or self.fields(model)
        kinds = {name: kind for name, kind in self.fields(model).items() if name in wanted}
        told: Row = {}
        for name, kind in kinds.items():
            base, _, related = kind.rstrip("=").partition(":")
            one: Row = {"type": base, "string": name.replace("_", " ").title(), "readonly": kind.endswith("=")}
            one |= {"store": not kind.endswith("="), "required": False, "name": name}
            if related:
                one["relation"] = related.rpartition(".")[0] if base == "one2many" else related
            attributes = values.get("attributes")
            told[name] = {key: value for key, value in one.items() if not attributes or key in attributes}
        return told

    def _do_context_get(self, model: str, ids: list[int], values: Row, context: Context) -> Row:
        return {"lang": "en_US", "tz": self.table("res.users")[self.user]["tz"], "uid": self.user}

    def _do_has_group(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        return str(values.get("group_ext_id")).removeprefix("stock.group_stock_") in self.groups

    def _do_check_access_rights(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        try:
            self.check(model, values["operation"])
        except AccessError:
            if values.get("raise_exception", True):
                raise
            return False
        return True

    def _do_has_access(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        return (model, values["operation"]) not in self.denied

    def _do_create(self, model: str, ids: list[int], values: Row, context: Context) -> Any:
        given: Any = values.get("vals_list", values.get("vals"))
        many: list[Row] = given if isinstance(given, list) else [given]
        made = []
        for one in many:
            self.check(model, "create")
            number = self.create_quant(one, context) if model == "stock.quant" else self._made(model, dict(one))
            self.took_effect(model, number, "create", None, one)
            made.append(number)
        return made if isinstance(given, list) else made[0]

    def _made(self, model: str, values: Row) -> int:
        usual: Row = {"company_id": self.company} if "company_id" in self.fields(model) else {}
        if "state" in self.fields(model):
            usual["state"] = "draft"
        if model == "stock.inventory.adjustment.name":
            usual["inventory_adjustment_name"] = "Physical Inventory" if self.version >= 19 else "Quantity Updated"
        if model == "stock.picking":
            if not values.get("picking_type_id"):
                raise ValidationError(
                    "The operation cannot be completed: Operation Type (picking_type_id) is required."
                )
            usual["name"] = self.next_name(values["picking_type_id"])
        if model == "stock.scrap":
            usual |= {"name": "New", "scrap_location_id": self.scrapped}
        number = self.add(model, {**usual, **values})
        if model == "stock.picking":
            self._filled(number)
        return number

    def _filled(self, picking: int) -> None:
        """A picking's moves take what they lack from it."""
        row = self.table("stock.picking")[picking]
        for number in self.moves_of(picking):
            move = self.table("stock.move")[number]
            more = {
                "reference": row["name"],
                "origin": move["origin"] or row["origin"],
                "company_id": row["company_id"],
            }
            for name in ("location_id", "location_dest_id"):
                more[name] = move[name] or row[name]
            self.put("stock.move", number, state="draft", date=move["date"] or self.now(), **more)

    def _do_write(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        self.check(model, "write")
        vals = values["vals"]
        if model == "stock.quant":
            self.write_quants(ids, vals, context)
        else:
            for number in ids:
                row = self.row(model, number)
                if model == "stock.move" and row["state"] == "done" and self.done_field(model) in vals:
                    raise UserError("You cannot change the quantity of a move that is done here.")
                self.put(model, number, **vals)
        for number in ids:
            self.took_effect(model, number, "write", None, vals)
        return True

    def _do_unlink(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        self.check(model, "unlink")
        for number in ids:
            if self.row(model, number).get("state") == "done":
                raise UserError("You can not delete what is done.")
            del self.table(model)[number]
            self.took_effect(model, number, "unlink", number, None)
        return True

    def _do_action_apply_inventory(self, model: str, ids: list[int], values: Row, context: Context) -> Any:
        self.check(model, "write")
        return self.apply(ids, context)

    def _do_action_apply(self, model: str, ids: list[int], values: Row, context: Context) -> Any:
        """The wizard that asks for the reason: those of its quants that were counted are applied with it."""
        (number,) = ids
        wizard = self.row(model, number)
        quants = [one for one in wizard["quant_ids"] if self.row("stock.quant", one)["inventory_quantity_set"]]
        return self.apply(quants, {**context, "inventory_name": wizard["inventory_adjustment_name"]})

    def _do_action_clear_inventory_quantity(self, model: str, ids: list[int], values: Row, context: Context) -> None:
        for number in ids:
            cleared = {"inventory_quantity": 0.0, "inventory_diff_quantity": 0.0, "inventory_quantity_set": False}
            self.put("stock.quant", number, **cleared)

    def _do_action_confirm(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        self.check(model, "write")
        for number in ids:
            if model == "sale.order":
                self.confirm_order(number)
            else:
                self.confirm(self.moves_of(number))
        return True

    def _do_action_assign(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        self.check(model, "write")
        for number in ids:
            self.confirm(self.moves_of(number))
            self.assign(self.moves_of(number))
        return True

    def _do_action_cancel(self, model: str, ids: list[int], values: Row, context: Context) -> bool:
        self.check(model, "write")
        for number in ids:
            if model == "sale.order":
                self.cancel(number)
            else:
                self.drop(self.moves_of(number))
        return True

    def _do_button_validate(self, model: str, ids: list[int], values: Row, context: Context) -> Any:
        """Done, or the action that asks what to do about what is missing."""
        self.check(model, "write")
        for number in ids:
            moves = [self.table("stock.move")[one] for one in self.moves_of(number)]
            if not moves:
                raise UserError("You can’t validate an empty transfer. Please add some products to move before.")
            done = self.done_field("stock.move")
            live = [move for move in moves if move["state"] not in ("done", "cancel")]
            if live and not any(move[done] for move in live):
                if self.version < 17:
                    return action("Immediate Transfer?", "stock.immediate.transfer", context)
                raise UserError("You cannot validate a transfer if no quantities are reserved.")
            short = any(move[done] < move["product_uom_qty"] for move in live)
            if short and not context.get("skip_backorder"):
                return action("Create Backorder?", "stock.backorder.confirmation", context)
            self.confirm([move["id"] for move in live if move["state"] not in OPEN])
            self.done([move["id"] for move in live])
        return True

    def _do_action_validate(self, model: str, ids: list[int], values: Row, context: Context) -> Any:
        """Of a scrap: done, or the action that warns of too little stock."""
        self.check(model, "write")
        for number in ids:
            scrap = self.row(model, number)
            quant = self.quant_at(scrap["product_id"], scrap["location_id"])
            if quant["quantity"] < scrap["scrap_qty"]:
                return action("Insufficient Quantity To Scrap", "stock.warn.insufficient.qty.scrap", context)
            name = f"SP/{number:05}"
            more = {"reference": name, "origin": scrap["origin"] or name, "scrap_id": number, "state": "confirmed"}
            move = self.make_move(
                scrap["product_id"], scrap["scrap_qty"], scrap["location_id"], scrap["scrap_location_id"], **more
            )
            self.done([move])
            self.put(model, number, name=name, state="done", date_done=self.now())
        return True

    def moves_of(self, picking: int) -> list[int]:
        return [row["id"] for row in self.table("stock.move").values() if row["picking_id"] == picking]

    def next_name(self, picking_type: int) -> str:
        kind = self.table("stock.picking.type")[picking_type]
        word = {"incoming": "IN", "outgoing": "OUT"}.get(kind["code"], "INT")
        return f"WH/{word}/{len(self.table('stock.picking')) + 1:05}"

    def confirm_order(self, order: int) -> None:
        raise NotImplementedError

    def cancel(self, order: int) -> None:
        raise NotImplementedError


def _search(values: Row) -> Row:
    return {
        "domain": values.get("domain"),
        "offset": values.get("offset") or 0,
        "limit": values.get("limit"),
        "order": values.get("order"),
    }
