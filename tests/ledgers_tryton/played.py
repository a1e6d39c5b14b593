"""Plays recorded answers of Tryton back: the calls have to be the recorded ones, in their order."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stockrecon.core.model import Sku
from stockrecon.core.secret import Secret
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import CorrectionRequest
from stockrecon.ledgers.tryton import TrytonLedger
from stockrecon.rest import Answer, Request, Transport
from tests.ledgers_tryton.build import OWN, PASSWORD
from tests.ledgers_tryton.world import QUICK

FOLDER = Path(__file__).with_name("data")
REF = "stockrecon:SHIRT-1:2-cancel"
AVAILABLE = 4
"""Of the shirt, when the story is over."""


class Played(Transport):
    """Answers with what was recorded. `log`: what is left of it."""

    def __init__(self, title: str) -> None:
        document = json.loads((FOLDER / f"{title}.json").read_text(encoding="utf-8"))
        self.clock = datetime.fromisoformat(document["clock"])
        self.log: list[dict[str, Any]] = document["log"]

    def send(self, request: Request) -> Answer:
        assert isinstance(request.json, dict)
        wanted = self.log.pop(0)
        asked = {"path": request.path, "method": request.json["method"], "params": request.json["params"]}
        # As they went over the wire: tuples are lists there.
        assert json.loads(json.dumps(asked)) == {key: wanted[key] for key in asked}
        body = wanted["body"]
        whole = body if isinstance(body, str) else json.dumps(body)
        return Answer(wanted["status"], {"date": wanted["date"]}, whole.encode())

    def close(self) -> None:
        pass


def opened(clock: datetime, transport: Transport, **options: object) -> TrytonLedger:
    told: dict[str, object] = {
        "base_url": "http://127.0.0.1:8000",
        "database": "erp",
        "user": OWN,
        "password": Secret(PASSWORD),
        "order_field": "sale.reference",
        "order_pattern": "(?P<shop>[^/]+)/(?P<order>.+)",
        "requests_per_second": 1000.0,
        **options,
    }
    settings = LedgerSettings("tryton", Path(), options=told)
    return TrytonLedger(settings, retry=QUICK, transport=transport, clock=lambda: clock)


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read(ledger: TrytonLedger, spool: Path) -> Mapping[str, list[dict[str, str]]]:
    """The tables as a run reads them."""
    return {name: rows(table.path) for name, table in ledger.read(spool, datetime.now(UTC)).tables.items()}


def request() -> CorrectionRequest:
    at = datetime(2026, 11, 11, 6, tzinfo=UTC)
    return CorrectionRequest(Sku("SHIRT-1"), -1, REF, "stockrecon: cancelled-order-restock", at, AVAILABLE)


def _fault(ledger: TrytonLedger, spool: Path) -> None:
    with suppress(ReadFault):
        ledger.read(spool, datetime.now(UTC))


def _correct(ledger: TrytonLedger, _: Path) -> None:
    ledger.reread([Sku("SHIRT-1"), Sku("KIT-1")])
    ledger.correct(request())
    ledger.posted([REF])


STORIES: Mapping[str, Callable[[TrytonLedger, Path], object]] = {
    "check": lambda ledger, _: ledger.check(),
    "read": read,
    "wrong_password": _fault,
    "no_rights": _fault,
    "correct": _correct,
}
"""What is done with the ledger in each recording, in the order in which they are made."""
