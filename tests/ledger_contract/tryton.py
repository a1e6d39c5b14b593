"""The book in Tryton itself, from its packages, on the local PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.ledger_contract.house import Config
from tests.ledger_contract.web import WebHouse
from tests.ledgers_tryton.build import OWN, PASSWORD, READER
from tests.ledgers_tryton.servers import URI
from tests.ledgers_tryton.world import World

ZONE = "Asia/Ho_Chi_Minh"
WRONG = "nobodys-password"
_NO_WAITING = """
CREATE FUNCTION nobodys_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.login := gen_random_uuid(); RETURN NEW; END $$;
CREATE TRIGGER nobodys_attempt BEFORE INSERT ON res_user_login_attempt
FOR EACH ROW EXECUTE FUNCTION nobodys_attempt();
"""
"""Tryton answers a wrong password later and later, by how many a user has given."""


def with_more_places(world: World) -> World:
    """A second warehouse, and a place outside of both; made once in a database, whoever asks for them first."""
    return _opened(world.base_url, world.database, world.folder)


@cache
def _opened(base_url: str, database: str, folder: Path) -> World:
    world = World(base_url, database, folder)
    inner = [{"name": f"Second {kind}", "code": f"S-{kind}", "type": "storage"} for kind in ("in", "out", "st")]
    numbers = world.people("stock.location.create", inner)
    keys = ("input_location", "output_location", "storage_location")
    warehouse = {"name": "Second", "code": "W2", "type": "warehouse", **dict(zip(keys, numbers, strict=True))}
    outside = {"name": "Consigned", "code": "OUTSIDE", "type": "storage"}
    world.people("stock.location.create", [warehouse, outside])
    with psycopg.connect(f"{URI}{world.database}", autocommit=True) as book:
        book.execute(_NO_WAITING)
    # What the first one knows of places is of before.
    return World(base_url, database, folder)


class TrytonHouse(WebHouse):
    """Tryton's clock is its own: what was done is dated afterwards, in its database."""

    correcting = (b"stock.inventory.confirm",)
    reads = (b"stock.move.search_read",)

    def __init__(self, folder: Path, stack: ExitStack, world: World) -> None:
        super().__init__(folder, stack)
        self.world = world
        self.noon = self.now = datetime.now(UTC).replace(microsecond=0)
        self.port = urlsplit(world.base_url).port or 0
        self.password = self.secret(PASSWORD)
        self.products: dict[str, int] = {}
        self.kits: dict[str, Mapping[str, int]] = {}
        self.shipments: dict[str, int] = {}
        self.moves: dict[str, tuple[str, dict[str, int]]] = {}

    def ledger(self) -> Config:
        return {
            "type": "tryton",
            "base_url": self.world.base_url,
            "database": self.world.database,
            "user": OWN,
            "password": self.password,
            "warehouses": ["WH", "W2"],
            "correct_at": "STO",
            "order_field": "shipment.reference",
            "order_pattern": "(?P<shop>[^/]+)/(?P<order>.+)",
            "stocktake_lines": "2",
            "requests_per_second": 1000,
        }

    @contextmanager
    def dated(self) -> Iterator[None]:
        with psycopg.connect(f"{URI}{self.world.database}", autocommit=True) as book:
            (since,) = book.execute("SELECT localtimestamp(6)").fetchone() or (None,)
            yield
            told = {"at": self.now, "since": since, "zone": ZONE}
            book.execute(
                "UPDATE stock_move SET write_date = %(at)s::timestamptz::timestamp, effective_date = CASE WHEN "
                "effective_date IS NULL THEN NULL ELSE (%(at)s::timestamptz AT TIME ZONE %(zone)s)::date END "
                "WHERE COALESCE(write_date, create_date) >= %(since)s",
                told,
            )
            book.execute(
                "UPDATE stock_move SET create_date = %(at)s::timestamptz::timestamp WHERE create_date >= %(since)s",
                told,
            )

    def right_now(self) -> datetime:
        return datetime.now(UTC)

    def puts_up(self, sku: str) -> None:
        self.products[sku] = self.world.product(sku=sku)[1]

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        self.kits[sku] = parts
        rows = [
            {"product": self.products[part], "quantity": units, "unit": self.world.unit}
            for part, units in parts.items()
        ]
        self.products[sku] = self.world.product(sku=sku, type="kit", components=[["create", rows]])[1]

    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        self.world.moved(self.products[sku], units, "SUP", "S-in" if second else "STO", done=True)

    def orders(self, shop: str, number: str, sku: str, units: int) -> None:
        parts = {part: units * each for part, each in self.kits.get(sku, {sku: 1}).items()}
        self.moves[number] = (f"{shop}/{number}", parts)
        moves = [self.world.move(self.products[part], taken, "OUT", "CUS") for part, taken in parts.items()]
        self.shipments[number] = self.world.shipment(f"{shop}/{number}", moves)

    def ships(self, number: str) -> None:
        self.world.ship(self.shipments[number])

    def cancels(self, number: str) -> None:
        self.world.cancel(self.shipments[number])

    def gives_back(self, number: str) -> None:
        reference, parts = self.moves[number]
        moves = [self.world.move(self.products[part], taken, "CUS", "IN") for part, taken in parts.items()]
        self.world.give_back(reference, moves)

    def sets_by_hand(self, sku: str, by: int) -> None:
        self.world.count(self.products[sku], self._held(sku) + by)

    def takes_stock(self, found: Mapping[str, int]) -> None:
        self.world.take_stock({self.products[sku]: self._held(sku) + by for sku, by in found.items()})

    def _held(self, sku: str) -> float:
        read = self.world.people(
            "product.product.read", [self.products[sku]], ["quantity"], locations=[self.world.places["STO"]]
        )
        return float(read[0]["quantity"])

    def takes_out(self, sku: str, units: int) -> None:
        self.world.transfer(self.products[sku], units, "STO", "OUTSIDE")

    def moves_inside(self, sku: str, units: int) -> None:
        """By a shipment that is in transit between two warehouses."""
        self.world.transfer(self.products[sku], units, "STO", "S-st", "pack", "ship")

    def documents(self, ref: str) -> list[int]:
        """Confirmed inventories that bear it, by their moves."""
        return [int(units) for state, units in self.world.book(ref) if state == "done"]

    def left_over(self, sku: str) -> int:
        return self.world.drafts(self.products[sku])

    def wrong(self) -> Config:
        return {**self.ledger(), "password": self.secret(WRONG)}

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        yield {**self.ledger(), "user": READER}

    @contextmanager
    def closed(self) -> Iterator[Config]:
        """Tryton closes no period that has not ended; a clock that is wrong, or another time zone, can."""
        with psycopg.connect(f"{URI}{self.world.database}", autocommit=True) as book:
            book.execute("INSERT INTO stock_period (date, company, state) VALUES (current_date + 2, 1, 'closed')")
            yield self.ledger()
            book.execute("DELETE FROM stock_period")
