"""A ledger on a small Odoo of each generation, and its rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.odoo import OdooLedger
from tests.ledgers_odoo.fake import KEY, FakeOdoo

Make = Callable[..., OdooLedger]
Rows = dict[str, list[dict[str, str]]]


@pytest.fixture(params=[17, 18, 19])
def odoo(request: pytest.FixtureRequest) -> FakeOdoo:
    """Odoo 17 and 18 answer over JSON-RPC, 19 over JSON-2."""
    return FakeOdoo(request.param)


@pytest.fixture
def latest() -> FakeOdoo:
    return FakeOdoo(19)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Make]:
    """Makes ledgers, and closes them. Nothing sleeps: the fake's clock goes on instead."""
    with ExitStack() as stack:

        def make(fake: FakeOdoo, **options: object) -> OdooLedger:
            usual = {"base_url": "https://odoo.example", "api_key": Secret(KEY), "database": "db", "user": "bot"}
            settings = LedgerSettings("odoo", tmp_path, options={**usual, "warehouses": ("WH",), **options})
            seconds = [0.0]

            def sleep(span: float) -> None:
                seconds[0] += span

            made = OdooLedger(
                settings,
                transport=fake,
                clock=lambda: fake.now,
                sleep=sleep,
                jitter=lambda: 0.5,
                monotonic=lambda: seconds[0],
            )
            stack.callback(made.close)
            return made

        yield make


def rows(ledger: OdooLedger, fake: FakeOdoo, spool: Path) -> Rows:
    """The tables as a run reads them."""
    read = ledger.read(spool, fake.now)
    found: Rows = {}
    for name, table in read.tables.items():
        with Path(table.path).open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def stock(ledger: OdooLedger, fake: FakeOdoo, spool: Path) -> dict[str, int]:
    return {row["sku"]: int(row["available"]) for row in rows(ledger, fake, spool)["stock"]}
