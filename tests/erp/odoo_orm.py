"""Records of the imitated Odoo: search, read, create, write and unlink, with access rights and a log of effects."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.erp.odoo_domain import BadDomain, Row, compile_domain, matches
from tests.erp.odoo_errors import AccessError, MissingError, ServerError, ValidationError
from tests.erp.odoo_fields import fields_of

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Effect:
    """One change that took effect: of a quant's quantity, or of a document that a call made. `call`: model.method."""

    at: str
    call: str
    model: str
    record: int
    what: str
    before: Any
    after: Any


@dataclass
class Records:
    """All tables. `denied`: (model, operation) without the right; `hidden`: (model, id) that a record rule hides.

    Rows hold ids and plain values, False where unset; times are texts in UTC, as Odoo writes them.
    """

    version: int = 19
    clock: Callable[[], datetime] = lambda: datetime(2026, 11, 11, 6, 0, 0, tzinfo=UTC)
    tables: dict[str, dict[int, Row]] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    denied: set[tuple[str, str]] = field(default_factory=set)
    hidden: set[tuple[str, int]] = field(default_factory=set)
    extra: dict[str, dict[str, str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    call: str = "the house"
    external: bool = False
    """Whether the running call came over the wire, so that rights count."""
    _number: int = 0

    def fields(self, model: str) -> dict[str, str]:
        """Of a model, with the database's own (`extra`)."""
        try:
            return {**fields_of(model, self.version), **self.extra.get(model, {})}
        except KeyError:
            raise ServerError("builtins.KeyError", model) from None

    def now(self) -> str:
        return self.clock().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")

    def table(self, model: str) -> dict[int, Row]:
        return self.tables.setdefault(model, {})

    def check(self, model: str, operation: str) -> None:
        """Raises AccessError, in Odoo's words."""
        if self.external and (model, operation) in self.denied:
            verb = {"read": "access", "create": "create", "write": "modify", "unlink": "delete"}.get(
                operation, operation
            )
            raise AccessError(
                f"You are not allowed to {verb} '{model}' ({model}) records.\n\nThis operation is allowed for the "
                "following groups:\n\t- Inventory/User\n\nContact your administrator to request access if necessary."
            )

    def search(
        self,
        model: str,
        domain: Any = (),
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[int]:
        self.check(model, "read")
        context = context or {}
        try:
            compiled = compile_domain(list(domain or []))
            rows = [row for row in self.table(model).values() if self._fits(compiled, model, row, context)]
        except BadDomain as bad:
            raise ServerError("builtins.ValueError", str(bad)) from None
        for part in reversed([each.strip() for each in (order or "id").split(",") if each.strip()]):
            name, _, direction = part.partition(" ")
            self._need_field(model, name)
            rows.sort(
                key=lambda row: _sortable(self.value(model, row, name, context)), reverse=direction.lower() == "desc"
            )
        rows = rows[offset:] if not limit else rows[offset : offset + limit]
        return [row["id"] for row in rows]

    def read(
        self, model: str, ids: Iterable[int], names: Iterable[str] | None = None, context: Context | None = None
    ) -> list[Row]:
        """As `load="_classic_read"` gives them: many2one as [id, name]."""
        self.check(model, "read")
        known = self.fields(model)
        wanted = list(names or known)
        for name in wanted:
            self._need_field(model, name)
        found = []
        for number in ids:
            row = self.row(model, number)
            shown: Row = {"id": number}
            for name in wanted:
                shown[name] = self._shown(known[name], self.value(model, row, name, context or {}))
            found.append(shown)
        return found

    def row(self, model: str, number: int) -> Row:
        """Raises MissingError or AccessError as browsing and touching it would."""
        row = self.table(model).get(number)
        if row is None:
            raise MissingError(f"Record does not exist or has been deleted.\n(Record: {model}({number},), User: 2)")
        if self.external and (model, number) in self.hidden:
            raise AccessError(f"Due to security restrictions, you are not allowed to access {model}({number},).")
        return row

    def add(self, model: str, values: Row) -> int:
        """A new record; x2many commands (0, 0, values) make its lines."""
        self._number += 1
        number = self._number
        now = self.now()
        known = self.fields(model)
        row: Row = {name: _EMPTY.get(kind.split(":")[0].rstrip("="), False) for name, kind in known.items()}
        row = {name: value for name, value in row.items() if not known[name].startswith("one2many")}
        row.update(id=number, create_date=now, write_date=now)
        if "active" in known:
            row["active"] = True
        lines: list[tuple[str, str, Row]] = []
        for name, value in values.items():
            kind = self._need_field(model, name)
            if kind.startswith("one2many"):
                comodel, _, inverse = kind.removeprefix("one2many:").rpartition(".")
                lines += [(comodel, inverse, command[2]) for command in value or [] if command[0] == 0]
            else:
                row[name] = self._kept(model, name, kind, value)
        self.table(model)[number] = row
        self.settled(model, row)
        for comodel, inverse, line in lines:
            self.add(comodel, {**line, inverse: number})
        return number

    def settled(self, model: str, row: Row) -> None:
        """What a new record lacks and takes from others: its product's unit of measure."""
        unit = next((name for name in ("product_uom_id", "product_uom") if name in row), None)
        product = self.table("product.product").get(row.get("product_id") or 0)
        if unit and not row[unit] and product is not None:
            row[unit] = product["uom_id"]

    def put(self, model: str, number: int, **values: Any) -> None:
        """Writes fields, without asking for rights."""
        row = self.row(model, number)
        for name, value in values.items():
            row[name] = self._kept(model, name, self._need_field(model, name), value)
        row["write_date"] = self.now()

    def value(self, model: str, row: Row, name: str, context: Context) -> Any:
        kind = self._need_field(model, name)
        if kind.startswith("one2many"):
            comodel, _, inverse = kind.removeprefix("one2many:").rpartition(".")
            return sorted(each["id"] for each in self.table(comodel).values() if each[inverse] == row["id"])
        if name == "display_name":
            return self.name_of(model, row["id"])
        return self.computed(model, row, name, context) if kind.endswith("=") else row.get(name, False)

    def computed(self, model: str, row: Row, name: str, context: Context) -> Any:
        """Overridden by what knows of stock."""
        raise NotImplementedError(f"{model}.{name}")

    def name_of(self, model: str, number: int) -> str:
        row = self.table(model)[number]
        if model == "product.product":
            code = f"[{row['default_code']}] " if row["default_code"] else ""
            return f"{code}{row['name']}"
        if model == "stock.location":
            return str(self.value(model, row, "complete_name", {}))
        return str(row.get("name") or f"{model},{number}")

    def took_effect(self, model: str, record: int, what: str, before: Any, after: Any) -> None:
        self.effects.append(Effect(self.now(), self.call, model, record, what, before, after))

    def kept(self) -> tuple[Any, ...]:
        """What a transaction goes back to."""
        return copy.deepcopy(self.tables), len(self.effects), self._number

    def back_to(self, kept: tuple[Any, ...]) -> None:
        self.tables, effects, self._number = kept
        del self.effects[effects:]

    def _fits(self, domain: list[Any], model: str, row: Row, context: Context) -> bool:
        if self.external and (model, row["id"]) in self.hidden:
            return False
        named = any(isinstance(leaf, tuple) and leaf[0] == "active" for leaf in domain)
        if not named and context.get("active_test", True) and row.get("active", True) is False:
            return False
        follow = lambda of, one, path: self._follow(of, one, path, context)  # noqa: E731
        return matches(domain, model, row, follow, self._below)

    def _follow(self, model: str, row: Row, path: str, context: Context) -> list[Any]:
        name, _, rest = path.partition(".")
        value = self.value(model, row, name, context)
        kind = self._need_field(model, name)
        related = _comodel(kind)
        if not rest:
            return value if isinstance(value, list) else [value]
        if related is None:
            raise ServerError("builtins.ValueError", f"Invalid field {model}.{path} in leaf")
        ids = value if isinstance(value, list) else [value] if value else []
        return [each for number in ids for each in self._follow(related, self.table(related)[number], rest, context)]

    def _below(self, asked: str, value: Any) -> set[int]:
        model, path, operator = asked.split(":")
        for name in path.split("."):
            model = model if name == "id" else _comodel(self._need_field(model, name)) or model
        ids = set(value) if isinstance(value, list | tuple | set) else {value}
        parents = (
            {row["id"]: row.get("location_id") for row in self.table(model).values()}
            if model == "stock.location"
            else {}
        )
        if operator == "parent_of":
            found = set(ids)
            for number in ids:
                while number := parents.get(number):
                    found.add(number)
            return found
        grown = True
        while grown:
            more = {number for number, parent in parents.items() if parent in ids} - ids
            ids |= more
            grown = bool(more)
        return ids

    def _need_field(self, model: str, name: str) -> str:
        kind = self.fields(model).get(name)
        if kind is None:
            raise ServerError("builtins.ValueError", f"Invalid field '{name}' on model '{model}'")
        return kind

    def _shown(self, kind: str, value: Any) -> Any:
        if kind.startswith("many2one") and value:
            return [value, self.name_of(_comodel(kind) or "", value)]
        return value

    def _kept(self, model: str, name: str, kind: str, value: Any) -> Any:
        base = kind.split(":")[0].rstrip("=")
        if value in (None, False):
            return _EMPTY.get(base, False)
        if base == "many2one":
            if not isinstance(value, int) or value not in self.table(_comodel(kind) or ""):
                raise ValidationError(f"The operation cannot be completed: {model}.{name} = {value!r} does not exist.")
            return value
        if base == "many2many":
            ids = _linked([], value)
            missing = [each for each in ids if each not in self.table(_comodel(kind) or "")]
            if missing:
                raise MissingError(f"Record does not exist or has been deleted.\n(Record: {_comodel(kind)}{missing})")
            return ids
        if base == "float":
            return float(value)
        return value


_EMPTY: dict[str, Any] = {"float": 0.0, "boolean": False, "integer": 0, "many2many": []}


def _linked(before: list[int], commands: Any) -> list[int]:
    """What commands leave of a many2many: (6, 0, ids) sets, (4, id) adds, (3, id) takes away, (5,) empties."""
    ids = list(before)
    for command in commands:
        match list(command) if isinstance(command, list | tuple) else command:
            case [6, _, named]:
                ids = list(named)
            case [4, number, *_]:
                ids.append(number)
            case [3, number, *_]:
                ids.remove(number)
            case [5, *_]:
                ids = []
            case number:
                ids.append(number)
    return ids


def _comodel(kind: str) -> str | None:
    base, _, rest = kind.rstrip("=").partition(":")
    if base in ("many2one", "many2many"):
        return rest
    return rest.rpartition(".")[0] if base == "one2many" else None


def _sortable(value: Any) -> tuple[int, Any]:
    # Unset comes last, as PostgreSQL puts NULL; a many2one by its id.
    return (1, "") if value is False or value is None else (0, value)
