"""What people do in Tryton, done through its own calls as its administrator: products, counts, orders, shipments."""

from __future__ import annotations

import itertools
import json
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.tryton import TrytonLedger
from stockrecon.rest import RetryPolicy
from tests.ledgers_tryton.build import ADMIN, OWN, PASSWORD
from tests.ledgers_tryton.servers import URI

QUICK = RetryPolicy(attempts=3, base=0.05, throttle_base=0.05, cap=0.2)
SHOP = "shopee-vn"
_number = itertools.count(1)


class Refusal(Exception):
    """Tryton said no."""


class People:
    """Calls Tryton as a person's client does."""

    def __init__(self, base_url: str, database: str, login: str = ADMIN) -> None:
        self._url = f"{base_url}/{database}/rpc/"
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        uid, key, *_ = self._send("common.db.login", login, {"password": PASSWORD}, "en")
        self._headers["Authorization"] = f"Session {b64encode(f'{login}:{uid}:{key}'.encode()).decode()}"

    def __call__(self, method: str, *params: object, company: int = 1, **context: object) -> Any:
        return self._send(f"model.{method}", *params, {"company": company, "language": "en", **context})

    def _send(self, method: str, *params: object) -> Any:
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        with urllib.request.urlopen(urllib.request.Request(self._url, body, self._headers), timeout=60) as answer:
            document = json.loads(answer.read())
        if "error" in document:
            raise Refusal(document["error"])
        return document["result"]


@dataclass
class World:
    """One database and its server."""

    base_url: str
    database: str
    folder: Path

    def __post_init__(self) -> None:
        self.people = People(self.base_url, self.database)
        rows = self.people("stock.location.search_read", [], 0, None, None, ["code", "name", "type"])
        self.places = {row["code"] or row["name"]: row["id"] for row in rows}
        self.unit = self.people("product.uom.search", [["name", "=", "Unit"]], 0, 1, None)[0]
        parties = self.people("party.party.search_read", [], 0, None, None, ["name", "addresses"])
        self.parties = {row["name"]: row for row in parties}

    def settings(self, user: str = OWN, **options: object) -> LedgerSettings:
        told: dict[str, object] = {
            "base_url": self.base_url,
            "database": self.database,
            "user": user,
            "password": Secret(PASSWORD),
            "order_field": "shipment.reference",
            "order_pattern": "(?P<shop>[^/]+)/(?P<order>.+)",
            "requests_per_second": 1000.0,
        }
        told.update(options)
        return LedgerSettings("tryton", self.folder, options={name: value for name, value in told.items() if value})

    def open(self, user: str = OWN, **options: object) -> TrytonLedger:
        return TrytonLedger(self.settings(user, **options), retry=QUICK)

    def product(self, on_hand: int = 0, sku: str = "", **template: object) -> tuple[Sku, int]:
        """A product of its own for each test, so that tests do not meet."""
        sku = sku or f"SKU-{next(_number)}-{self.database[-4:]}"
        values = {
            "name": sku,
            "type": "goods",
            "default_uom": self.unit,
            "list_price": _decimal("10"),
            "products": [["create", [{"suffix_code": sku}]]],
            **template,
        }
        made = self.people("product.template.create", [values])[0]
        product = self.people("product.product.search", [["template", "=", made]], 0, 1, None)[0]
        if on_hand:
            self.count(product, on_hand)
        return Sku(sku), product

    def count(self, product: int, quantity: float, place: str = "STO", *more: int) -> int:
        """An inventory that a person makes: so many are there."""
        return self.take_stock(dict.fromkeys((product, *more), quantity), place)

    def take_stock(self, found: Mapping[int, float], place: str = "STO") -> int:
        """An inventory of several products: so many of each are there."""
        lines = [{"product": product, "quantity": quantity} for product, quantity in found.items()]
        values = {"company": 1, "location": self.places[place], "lines": [["create", lines]]}
        made = self.people("stock.inventory.create", [values])
        self.people("stock.inventory.confirm", made)
        return int(made[0])

    def order(self, product: int, quantity: int, order: str, shop: str = SHOP) -> int:
        """A customer's order as a shipment that waits to be picked."""
        return self.shipment(f"{shop}/{order}", [self.move(product, quantity, "OUT", "CUS")])

    def shipment(self, reference: str, moves: list[dict[str, object]]) -> int:
        """A customer's order of several products."""
        customer = self.parties["Customer"]
        values = {
            "company": 1,
            "customer": customer["id"],
            "delivery_address": customer["addresses"][0],
            "warehouse": self.places["WH"],
            "warehouse_storage": self.places["STO"],
            "warehouse_output": self.places["OUT"],
            "reference": reference,
            "moves": [["create", moves]],
        }
        made = self.people("stock.shipment.out.create", [values])
        self.people("stock.shipment.out.wait", made)
        return int(made[0])

    def give_back(self, reference: str, moves: list[dict[str, object]]) -> None:
        """A customer sends something back; it arrives, and is put where it lay."""
        customer = self.parties["Customer"]
        values = {
            "company": 1,
            "customer": customer["id"],
            "contact_address": customer["addresses"][0],
            "warehouse": self.places["WH"],
            "warehouse_storage": self.places["STO"],
            "warehouse_input": self.places["IN"],
            "reference": reference,
            "moves": [["create", moves]],
        }
        made = self.people("stock.shipment.out.return.create", [values])
        for step in ("receive", "do"):
            self.people(f"stock.shipment.out.return.{step}", made)

    def cancel(self, shipment: int) -> None:
        """The customer does not want it any more."""
        self.people("stock.shipment.out.cancel", [shipment])

    def ship(self, shipment: int) -> None:
        """It is picked, packed and sent, whether the units are there or not."""
        for step in ("assign_force", "pick", "pack", "do"):
            self.people(f"stock.shipment.out.{step}", [shipment])

    def move(self, product: int, quantity: int, source: str, goal: str) -> dict[str, object]:
        """What makes a move, with the price that Tryton wants where something is bought or sold."""
        price = {"unit_price": _decimal("9"), "currency": 1} if {source, goal} & {"CUS", "SUP"} else {}
        values = {"product": product, "unit": self.unit, "quantity": quantity, "company": 1}
        places = {"from_location": self.places[source], "to_location": self.places[goal]}
        return {**values, **places, **price}

    def moved(self, product: int, quantity: int, source: str, goal: str, *, done: bool) -> int:
        """A move as a person makes it without a document."""
        made = self.people("stock.move.create", [self.move(product, quantity, source, goal)])
        if done:
            self.people("stock.move.do", made)
        return int(made[0])

    def transfer(self, product: int, quantity: int, source: str, goal: str, *between: str) -> None:
        """From one of our places to another, by an internal shipment; `between`: its further steps."""
        places = {"from_location": self.places[source], "to_location": self.places[goal]}
        move = self.move(product, quantity, source, goal)
        values = {"company": 1, **places, "moves": [["create", [move]]]}
        made = self.people("stock.shipment.internal.create", [values])
        for step in ("wait", "assign_force", *between, "do"):
            self.people(f"stock.shipment.internal.{step}", made)

    def age(self, product: int, by: timedelta) -> None:
        """As if all that was done with a product had been done so much earlier."""
        with psycopg.connect(f"{URI}{self.database}") as database:
            database.execute(
                "UPDATE stock_move SET create_date = create_date - %(by)s, write_date = write_date - %(by)s, "
                "effective_date = effective_date - %(days)s WHERE product = %(product)s",
                {"by": by, "days": by.days, "product": product},
            )

    def on_hand(self, product: int) -> float:
        read = self.people("product.product.read", [product], ["quantity"], locations=[self.places["WH"]])
        return float(read[0]["quantity"])

    def book(self, ref: str) -> list[tuple[str, float]]:
        """What Tryton has under a correction's reference: each document's state, and what its moves did."""
        rows = self.people("ir.attachment.search_read", [["name", "=", ref]], 0, None, None, ["resource"])
        found = []
        for row in rows:
            document = int(row["resource"].partition(",")[2])
            state = self.people("stock.inventory.read", [document], ["state"])[0]["state"]
            moves = self.people(
                "stock.move.search_read",
                [["origin.inventory", "=", document, "stock.inventory.line"], ["state", "=", "done"]],
                0,
                None,
                None,
                ["internal_quantity", "to_location.type"],
            )
            lost = [move["to_location."]["type"] == "lost_found" for move in moves]
            units = [move["internal_quantity"] for move in moves]
            found.append((state, sum(-count if out else count for count, out in zip(units, lost, strict=True))))
        return sorted(found)

    def drafts(self, product: int) -> int:
        """Documents that nobody has finished."""
        return int(
            self.people("stock.inventory.search_count", [["lines.product", "=", product], ["state", "=", "draft"]])
        )


def request(sku: Sku, available: int, by: int = -1, ref: str = "", note: str = "why") -> CorrectionRequest:
    return CorrectionRequest(sku, by, ref or f"stockrecon:{sku}:1-cancel", note, datetime.now(UTC), available)


def _decimal(text: str) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": text}
