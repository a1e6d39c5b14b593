"""A ledger on a small Ginee, and its rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.ginee import GineeLedger
from tests.ledgers_ginee.fake import HOME, KEY, SECRET, FakeGinee

Make = Callable[..., GineeLedger]
Rows = dict[str, list[dict[str, str]]]
REF = "stockrecon:MUG:SO9:MUG:cancel"
_NUMBERS = count()


@pytest.fixture
def ginee() -> FakeGinee:
    return FakeGinee()


def opened(ginee: FakeGinee, folder: Path, **options: object) -> GineeLedger:
    """A ledger that never sleeps: Ginee's clock goes on instead.

    Its address is its own, for what is asked at one address takes turns, also with a ledger that another test made.
    """
    usual = {
        "base_url": f"https://ginee-{next(_NUMBERS)}.example",
        "access_key": KEY,
        "secret_key": Secret(SECRET),
        "warehouses": (HOME,),
    }
    seconds = [0.0]

    def sleep(span: float) -> None:
        seconds[0] += span
        ginee.now += timedelta(seconds=span)

    return GineeLedger(
        LedgerSettings("ginee", folder, options={**usual, **options}),
        transport=ginee,
        clock=lambda: ginee.now,
        sleep=sleep,
        jitter=lambda: 0.5,
        monotonic=lambda: seconds[0],
    )


@pytest.fixture
def ledger(tmp_path: Path, ginee: FakeGinee) -> Iterator[Make]:
    """Makes ledgers, and closes them."""
    with ExitStack() as stack:

        def make(**options: object) -> GineeLedger:
            made = opened(ginee, tmp_path, **options)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def rows(ledger: GineeLedger, ginee: FakeGinee, spool: Path) -> Rows:
    """The tables as a run reads them."""
    read = ledger.read(spool, ginee.now)
    found: Rows = {}
    for name, table in read.tables.items():
        with Path(table.path).open(encoding="utf-8", newline="") as file:
            found[name] = list(csv.DictReader(file))
    return found


def stock(ledger: GineeLedger, ginee: FakeGinee, spool: Path) -> dict[str, int]:
    return {row["sku"]: int(row["available"]) for row in rows(ledger, ginee, spool)["stock"]}


def asked(ginee: FakeGinee, by: int = -2, available: int = 10, sku: str = "MUG", ref: str = REF) -> CorrectionRequest:
    return CorrectionRequest(Sku(sku), by, ref, "stockrecon: cancelled-order-restock", ginee.now, available)
