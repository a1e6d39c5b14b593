"""A Tryton of a few records that answers as it is told to, also as the real one never would."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from stockrecon.ledgers.tryton import TrytonLedger
from stockrecon.rest import Answer, Request, Transport, WireFault
from tests.ledgers_tryton.played import opened

NOW = datetime(2026, 11, 11, 12, tzinfo=UTC)
SESSION = "5e551011" * 8
Row = Mapping[str, Any]
Handler = Callable[..., Any]
PLACES = [
    {"id": 1, "name": "Input Zone", "code": "IN", "type": "storage", "parent": 5, "storage_location": None},
    {"id": 2, "name": "Output Zone", "code": "OUT", "type": "storage", "parent": 5, "storage_location": None},
    {"id": 3, "name": "Storage Zone", "code": "STO", "type": "storage", "parent": 5, "storage_location": None},
    {"id": 4, "name": "Lost and Found", "code": None, "type": "lost_found", "parent": None, "storage_location": None},
    {"id": 5, "name": "Warehouse", "code": "WH", "type": "warehouse", "parent": None, "storage_location": 3},
    {"id": 7, "name": "Customer", "code": "CUS", "type": "customer", "parent": None, "storage_location": None},
]


class Status(Exception):
    """An answer that is none of Tryton's documents."""

    def __init__(self, status: int, body: str = "<html>", **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


class Error(Exception):
    """`error` of an answer."""

    def __init__(self, *error: object) -> None:
        super().__init__(error)
        self.error = list(error)


@dataclass
class Fake(Transport):
    """`handlers`: what a method does in place of the usual; a list gives one thing after the other."""

    products: list[Row] = field(default_factory=list)
    moves: list[Row] = field(default_factory=list)
    handlers: dict[str, Handler | list[Handler | None]] = field(default_factory=dict)
    places: Sequence[Row] = tuple(PLACES)
    calls: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    logins: int = 0

    def ledger(self, **options: object) -> TrytonLedger:
        return opened(NOW, self, **options)

    def send(self, request: Request) -> Answer:
        assert isinstance(request.json, dict)
        method, params = request.json["method"].removeprefix("model."), request.json["params"]
        self.calls.append(method)
        self.paths.append(request.path)
        told = {"date": format_datetime(NOW, usegmt=True)}
        try:
            result = self._handler(method)(*json.loads(json.dumps(params)))
        except Status as status:
            return Answer(status.status, {**told, **status.headers}, status.body.encode())
        except Error as error:
            return Answer(200, told, json.dumps({"id": 1, "error": error.error}).encode())
        return Answer(200, told, json.dumps({"id": 1, "result": result}).encode())

    def close(self) -> None:
        pass

    def _handler(self, method: str) -> Handler:
        told = self.handlers.get(method)
        if isinstance(told, list):
            told = told.pop(0) if told else None
        return told or getattr(self, f"_{method.replace('.', '_')}")

    def _common_db_login(self, *_: object) -> object:
        self.logins += 1
        return [4, SESSION, None]

    def _common_db_logout(self, *_: object) -> object:
        return None

    def _common_server_version(self, *_: object) -> object:
        return "8.2"

    def _company_company_search_read(self, *_: object) -> object:
        return [{"id": 1, "rec_name": "Dunder Mifflin", "timezone": "Asia/Ho_Chi_Minh"}]

    def _res_user_get_preferences(self, *_: object) -> object:
        return {"company": 1, "companies": [1], "company_filter": "one"}

    def _ir_model_access_get_access(self, models: list[str], *_: object) -> object:
        return {model: {"read": 1, "write": 1, "create": 1, "delete": 0} for model in models}

    def _stock_location_search_count(self, *_: object) -> object:
        return len(self.places)

    def _stock_location_search_read(self, domain: Any, *more: Any) -> object:
        return _page(self.places, domain, *more)

    def _product_product_search_count(self, *_: object) -> object:
        return len(self.products)

    def _product_product_search_read(self, domain: Any, *more: Any) -> object:
        return _page(self.products, domain, *more)

    def _stock_move_search_count(self, *_: object) -> object:
        return len(self.moves)

    def _stock_move_search_read(self, domain: Any, *more: Any) -> object:
        return _page(self.moves, domain, *more)

    def _stock_inventory_line_search_read(self, *_: object) -> object:
        return []


def _page(rows: Sequence[Row], domain: Any, _: int, limit: int | None, *__: object) -> list[Row]:
    """As far as a reading goes: those after an id, those after a product."""
    after = {clause[0]: clause[2] for clause in domain if clause[1] == ">"}
    names = {"id": "id", "product.id": "product"}
    found = [row for row in rows if all(row[names[name]] > last for name, last in after.items())]
    return found[:limit]


def product(number: int, code: str | None = None, on_hand: float = 5.0, **more: object) -> Row:
    code = f"SKU-{number}" if code is None else code
    made = {"id": number, "code": code, "type": "goods", "template": number, "default_uom": 1, "quantity": on_hand}
    return {**made, **more}


def move(number: int, of: int, units: float = 1.0, at: datetime = NOW - timedelta(hours=1), **more: object) -> Row:
    """Something that was done from the output zone to a customer, an hour before."""
    return {
        "id": number,
        "product": of,
        "product.": {"id": of, "quantity": 5.0},
        "internal_quantity": units,
        "state": "done",
        "from_location": 2,
        "to_location": 7,
        "origin": None,
        "shipment": None,
        "shipment.": None,
        "create_date": stamp(at),
        "write_date": None,
        "effective_date": None,
        "sale.": None,
        **more,
    }


def stamp(at: datetime) -> dict[str, object]:
    names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{name: getattr(at, name) for name in names}}


def broken(*_: object) -> object:
    """The connection breaks after the call was sent."""
    raise WireFault("the connection broke", sent=True)


def answers(status: int, **headers: str) -> Handler:
    def answer(*_: object) -> object:
        raise Status(status, **headers)

    return answer


def fails(*error: object) -> Handler:
    def answer(*_: object) -> object:
        raise Error(*error)

    return answer
