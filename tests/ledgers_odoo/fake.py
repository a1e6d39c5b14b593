"""A small Odoo at the transport: records in memory, searches, counts and the wizard that applies them.

It speaks both protocols. `before` and `after` are hooks by call (`stock.quant.write`): what they raise or return takes
the place of the answer, before anything took effect or after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import Any

from stockrecon.rest import Answer, Request

Row = dict[str, Any]
Hook = Callable[["FakeOdoo"], Answer | None]
START = datetime(2026, 11, 11, 6, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef01234567"
STOCK, SHELF, OUTPUT, OTHER, SUPPLIERS, CUSTOMERS, LOSS, PRODUCTION = 8, 9, 10, 28, 4, 5, 14, 15
BOT = 7


class Refusal(Exception):
    """What Odoo raises: the exception's name, its message, the HTTP status."""

    def __init__(self, name: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.name, self.message, self.status = name, message, status


def access(message: str = "You are not allowed to access this document.") -> Refusal:
    return Refusal("odoo.exceptions.AccessError", message, 403)


class FakeOdoo:
    """`cap`: the most records of one answer. `manager`: whether the key's user may apply counts."""

    def __init__(self, major: int = 19) -> None:
        self.major = major
        self.now = START
        self.cap = 10_000
        self.manager = True
        self.denied: set[str] = set()
        self.suffix = ""
        self.refuse_apply: Refusal | None = None
        self.calls: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.paths: set[str] = set()
        self.before: dict[str, list[Hook]] = {}
        self.after: dict[str, list[Hook]] = {}
        self.tables: dict[str, dict[int, Row]] = _tables()
        self._next = 1000

    # --- what a test puts in -------------------------------------------------

    def add(self, model: str, **values: Any) -> int:
        self._next += 1
        number = values.pop("id", self._next)
        stamp = _text(self.now)
        self.tables[model][number] = {"id": number, "create_date": stamp, "write_date": stamp, **values}
        return number

    def product(self, sku: str | bool, **more: Any) -> int:
        stored = {"is_storable": True} if self.major >= 18 else {"type": "product"}
        values = {"default_code": sku, "display_name": f"Product {sku}", "company_id": False, "uom_id": [1, "Units"]}
        template = self._next + 5000
        return self.add(
            "product.product", **{**values, "tracking": "none", "product_tmpl_id": [template, "T"], **stored, **more}
        )

    def quant(self, product: int, quantity: float, reserved: float = 0, place: int = STOCK, **more: Any) -> int:
        empty = {"lot_id": False, "package_id": False, "owner_id": False, "user_id": False}
        count = {"inventory_quantity": 0, "inventory_diff_quantity": 0, "inventory_quantity_set": False}
        whose = {"product_id": [product, "P"], "location_id": [place, "L"]}
        return self.add(
            "stock.quant", **{**whose, "quantity": quantity, "reserved_quantity": reserved, **empty, **count, **more}
        )

    def move(self, product: int, units: float, source: int, goal: int, state: str = "done", **more: Any) -> int:
        done = "quantity" if self.major >= 17 else "quantity_done"
        where = {"location_id": [source, "S"], "location_dest_id": [goal, "G"], "company_id": [1, "My Company"]}
        units_of = {"product_qty": units, "product_uom_qty": units, done: units if state == "done" else 0}
        rest = {"state": state, "date": _text(self.now), "reference": "WH/OUT/1", "origin": False}
        links = {"move_orig_ids": [], "sale_line_id": False, "is_inventory": False}
        final = {"location_final_id": False} if self.major >= 18 else {}
        return self.add(
            "stock.move", product_id=[product, "P"], **{**where, **units_of, **rest, **links, **final, **more}
        )

    def touch(self, model: str, number: int, **values: Any) -> None:
        self.tables[model][number] |= {"write_date": _text(self.now), **values}

    def on_hand(self, product: int) -> float:
        return sum(row["quantity"] for row in self.tables["stock.quant"].values() if row["product_id"][0] == product)

    def posted(self) -> list[tuple[str, float]]:
        """Reference and signed quantity of every inventory adjustment, as they came."""
        moves = [row for row in self.tables["stock.move"].values() if row["is_inventory"]]
        return [
            (row["reference"], row["product_qty"] * (-1 if row["location_dest_id"][0] == LOSS else 1)) for row in moves
        ]

    def open_counts(self) -> list[int]:
        return [number for number, row in self.tables["stock.quant"].items() if row["inventory_quantity_set"]]

    # --- transport -----------------------------------------------------------

    def send(self, request: Request) -> Answer:
        body = json.loads(request.body or b"{}")
        self.headers.append(dict(request.headers))
        self.paths.add(request.path)
        if request.path == "/web/version":
            if self.major < 19:
                return self.answer("<html>404</html>", 404, raw=True)
            return self.answer({"version": f"{self.major}.0", "version_info": [self.major, 0, 0, "final", 0, ""]})
        if request.path == "/jsonrpc":
            return self._jsonrpc(body["params"])
        return self._json2(request, body)

    def close(self) -> None:
        pass

    def answer(self, document: Any, status: int = 200, *, raw: bool = False) -> Answer:
        text = document if raw else json.dumps(document)
        kind = "text/html" if raw else "application/json"
        return Answer(status, {"date": format_datetime(self.now, usegmt=True), "content-type": kind}, text.encode())

    def _json2(self, request: Request, body: Row) -> Answer:
        if self.major < 19:
            return self.answer("<html>404</html>", 404, raw=True)
        try:
            if dict(request.headers).get("Authorization") != f"bearer {KEY}":
                raise Refusal("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401)
            _, _, _, model, method = request.path.split("/")
            numbers, context = body.pop("ids", []), body.pop("context", {})
            return self._hooked(model, method, lambda: self._do(model, method, numbers, body, context), self.answer)
        except Refusal as refusal:
            document = {"name": refusal.name, "message": refusal.message, "arguments": [refusal.message], "debug": "…"}
            return self.answer(document, refusal.status)

    def _jsonrpc(self, params: Row) -> Answer:
        try:
            if params["service"] == "common":
                return self._common(params)
            database, uid, key, model, method, args, named = params["args"]
            if (database, uid, key) != ("db", BOT, KEY):
                raise Refusal("odoo.exceptions.AccessDenied", "Access Denied")
            context = named.pop("context", {})
            args = list(args)
            if method == "create":
                named["vals_list"] = args.pop(0)
            if method == "has_group" and self.major < 18:
                named["group_ext_id"] = args.pop(0)
            numbers = args.pop(0) if args else []
            if method == "write":
                named["vals"] = args.pop(0)
            if method == "has_group" and args:
                named["group_ext_id"] = args.pop(0)
            assert not args, (method, args)
            return self._hooked(model, method, lambda: self._do(model, method, numbers, named, context), self._result)
        except Refusal as refusal:
            data = {"name": refusal.name, "message": refusal.message, "debug": "…", "arguments": [refusal.message]}
            error = {"code": 200, "message": "Odoo Server Error", "data": data}
            return self.answer({"jsonrpc": "2.0", "id": 1, "error": error})

    def _common(self, params: Row) -> Answer:
        if params["method"] == "version":
            return self._result({"server_version": f"{self.major}.0", "server_version_info": [self.major, 0]})
        database, user, key, _ = params["args"]
        return self._result(BOT if (database, user, key) == ("db", "bot", KEY) else False)

    def _result(self, value: Any) -> Answer:
        return self.answer({"jsonrpc": "2.0", "id": 1, **({} if value is None else {"result": value})})

    def _hooked(self, model: str, method: str, do: Callable[[], Any], told: Callable[[Any], Answer]) -> Answer:
        call = f"{model}.{method}"
        self.calls.append(call)
        if self.before.get(call) and (answer := self.before[call].pop(0)(self)) is not None:
            return answer
        made = told(do())
        if self.after.get(call) and (answer := self.after[call].pop(0)(self)) is not None:
            return answer
        return made

    # --- models --------------------------------------------------------------

    def _do(self, model: str, method: str, numbers: list[int], named: Row, context: Row) -> Any:
        if model not in self.tables:
            raise Refusal("werkzeug.exceptions.NotFound", f"the model {model!r} does not exist", 404)
        if model in self.denied:
            raise access()
        own = getattr(self, f"_{method}", None)
        if own is None:
            raise Refusal("werkzeug.exceptions.NotFound", f"{model} has no method {method}", 404)
        return own(model, numbers, named, context)

    def _context_get(self, model: str, numbers: list[int], named: Row, context: Row) -> Row:
        return {"uid": BOT, "lang": "en_US"}

    def _has_group(self, model: str, numbers: list[int], named: Row, context: Row) -> bool:
        assert named["group_ext_id"] == "stock.group_stock_manager"
        assert bool(numbers) == (self.major >= 18)
        return self.manager

    def _fields_get(self, model: str, numbers: list[int], named: Row, context: Row) -> Row:
        found: Row = {name: {"type": "char"} for row in self.tables[model].values() for name in row}
        return found | {name: {"type": "char"} for name in _FIELDS.get(model, ())}

    def _search_count(self, model: str, numbers: list[int], named: Row, context: Row) -> int:
        return len(self._search(model, named["domain"], context))

    def _search_read(self, model: str, numbers: list[int], named: Row, context: Row) -> list[Row]:
        rows = self._search(model, named["domain"], context)
        if named["order"].startswith("write_date desc"):
            rows.sort(key=lambda row: (row["write_date"], row["id"]), reverse=True)
        else:
            rows.sort(key=lambda row: row["id"])
        rows = rows[: min(named.get("limit") or self.cap, self.cap)]
        known = self._fields_get(model, [], {}, {})
        for name in named["fields"]:
            if rows and name not in known:
                raise Refusal("builtins.ValueError", f"Invalid field {name!r} on model {model!r}", 500)
        return [{"id": row["id"], **{name: row.get(name, False) for name in named["fields"]}} for row in rows]

    def _search(self, model: str, domain: list[Any], context: Row) -> list[Row]:
        rows = list(self.tables[model].values())
        if not any(isinstance(term, list) and term[0] == "active" for term in domain):
            rows = [row for row in rows if row.get("active", True)]
        return [row for row in rows if self._matches(model, row, domain)]

    def _matches(self, model: str, row: Row, domain: list[Any]) -> bool:
        """A domain in prefix form; terms that no operator joins are joined by and."""
        left = list(domain)

        def one() -> bool:
            term = left.pop(0)
            if term in ("&", "|"):
                first, second = one(), one()
                return (first and second) if term == "&" else (first or second)
            return self._holds(model, row, *term)

        results = []
        while left:
            results.append(one())
        return all(results)

    def _holds(self, model: str, row: Row, field: str, operator: str, wanted: Any) -> bool:
        name, _, inner = field.partition(".")
        value = row.get(name, name == "active")
        if isinstance(value, list) and value and name.endswith("_id"):
            value = value[0]
        if inner:
            value = self.tables["stock.location"][value][inner]
        if operator == "child_of":
            return any(self._below(value, root) for root in wanted)
        if operator == "=like":
            pattern = re.sub(r"([*?\[])", r"[\1]", wanted).replace("\\_", "\0").replace("_", "?").replace("\0", "_")
            return bool(value) and fnmatchcase(value, pattern.replace("\\%", "\1").replace("%", "*").replace("\1", "%"))
        tests: dict[str, Callable[[], bool]] = {
            "=": lambda: value == wanted,
            "!=": lambda: value != wanted,
            "in": lambda: value in wanted,
            ">": lambda: value > wanted,
            ">=": lambda: value >= wanted,
        }
        return tests[operator]()

    def _below(self, place: Any, root: int) -> bool:
        while place:
            if place == root:
                return True
            parent = self.tables["stock.location"][place]["location_id"]
            place = parent[0] if parent else None
        return False

    # --- counts --------------------------------------------------------------

    def _create(self, model: str, numbers: list[int], named: Row, context: Row) -> Any:
        (values,) = named["vals_list"]
        if model == "stock.quant":
            self._inventory_mode(context)
            made = self.quant(values["product_id"], 0, place=values["location_id"], user_id=[BOT, "Bot"])
            self._set_count(made, values["inventory_quantity"])
        else:
            made = self.add(model, **values)
        return [made]

    def _write(self, model: str, numbers: list[int], named: Row, context: Row) -> bool:
        assert model == "stock.quant"
        self._inventory_mode(context)
        assert set(named["vals"]) == {"inventory_quantity", "user_id"}, "only the count may be written"
        for number in numbers:
            self.touch("stock.quant", number, user_id=[named["vals"]["user_id"], "Bot"])
            self._set_count(number, named["vals"]["inventory_quantity"])
        return True

    def _inventory_mode(self, context: Mapping[str, Any]) -> None:
        if not context.get("inventory_mode"):
            raise Refusal("odoo.exceptions.UserError", "Quant's editing is restricted, you can't do this operation.")

    def _set_count(self, number: int, counted: float) -> None:
        row = self.tables["stock.quant"][number]
        difference = counted - row["quantity"]
        row |= {"inventory_quantity": counted, "inventory_diff_quantity": difference, "inventory_quantity_set": True}

    def _action_clear_inventory_quantity(self, model: str, numbers: list[int], named: Row, context: Row) -> None:
        for number in numbers:
            count = {"inventory_quantity": 0, "inventory_diff_quantity": 0, "inventory_quantity_set": False}
            self.touch("stock.quant", number, user_id=False, **count)

    def _action_apply(self, model: str, numbers: list[int], named: Row, context: Row) -> Row | None:
        """The wizard: quants without a count are passed over, outdated ones open a window instead."""
        wizard = self.tables[model][numbers[0]]
        chosen = [self.tables["stock.quant"][number] for number in wizard["quant_ids"][0][2]]
        counted = [row for row in chosen if row["inventory_quantity_set"]]
        if any(row["inventory_quantity"] - row["inventory_diff_quantity"] != row["quantity"] for row in counted):
            return {"type": "ir.actions.act_window", "res_model": "stock.inventory.conflict", "target": "new"}
        if counted and not self.manager and self.major < 19:
            raise Refusal("odoo.exceptions.UserError", "Only a stock manager can validate an inventory adjustment.")
        if self.refuse_apply is not None:
            raise self.refuse_apply
        for row in counted:
            difference = row["inventory_diff_quantity"]
            place, product = row["location_id"][0], row["product_id"][0]
            source, goal = (LOSS, place) if difference >= 0 else (place, LOSS)
            name = wizard["inventory_adjustment_name"] + self.suffix
            self.move(product, abs(difference), source, goal, reference=name, is_inventory=True)
            self._action_clear_inventory_quantity(model, [row["id"]], {}, {})
            row["quantity"] += difference
        return None


def dies(fake: FakeOdoo) -> Answer:
    """A process that is killed at this point."""
    raise KeyboardInterrupt


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def later(fake: FakeOdoo, **delta: float) -> str:
    fake.now += timedelta(**delta)
    return _text(fake.now)


# Fields that a model has although no record shows them.
_FIELDS = {
    "stock.move": ("sale_line_id",),
    "sale.order": ("name", "client_order_ref", "date_order", "team_id"),
    "mrp.bom.line": ("bom_product_template_attribute_value_ids",),
}


def _tables() -> dict[str, dict[int, Row]]:
    models = [
        "stock.quant",
        "stock.move",
        "product.product",
        "mrp.bom",
        "mrp.bom.line",
        "sale.order",
        "sale.order.line",
    ]
    models += ["stock.inventory.adjustment.name", "uom.uom"]
    tables: dict[str, dict[int, Row]] = {model: {} for model in models}
    tables["res.company"] = {1: {"id": 1, "name": "My Company"}}
    tables["res.users"] = {BOT: {"id": BOT, "login": "bot"}}
    warehouses = ((1, "WH", 7, STOCK), (2, "OTHER", 27, OTHER))
    tables["stock.warehouse"] = {
        number: {
            "id": number,
            "name": code,
            "code": code,
            "company_id": [1, "My Company"],
            "view_location_id": [view, code],
            "lot_stock_id": [stock, f"{code}/Stock"],
        }
        for number, code, view, stock in warehouses
    }
    places = (
        (7, "WH", "view", False),
        (STOCK, "WH/Stock", "internal", 7),
        (SHELF, "WH/Stock/Shelf", "internal", STOCK),
        (OUTPUT, "WH/Output", "internal", 7),
        (27, "OTHER", "view", False),
        (OTHER, "OTHER/Stock", "internal", 27),
        (SUPPLIERS, "Partners/Vendors", "supplier", False),
        (CUSTOMERS, "Partners/Customers", "customer", False),
        (LOSS, "Virtual Locations/Inventory adjustment", "inventory", False),
        (PRODUCTION, "Virtual Locations/Production", "production", False),
    )
    tables["stock.location"] = {
        number: {
            "id": number,
            "complete_name": name,
            "usage": usage,
            "location_id": [parent, "P"] if parent else False,
            "company_id": False,
        }
        for number, name, usage, parent in places
    }
    return tables
