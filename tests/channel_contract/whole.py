"""Whole runs over a bench's shop: the command line with a configuration and a ledger of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.channel_contract.bench import Bench
from tests.channel_contract.profiles import GOODS
from tests.circle.program import Program, Ran, Time, document_of, keep_time


class Market(Time):
    """The market's time; a wait skips what the bench counts seconds by."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench = bench

    def __call__(self) -> Any:
        return self.bench.market.clock.now()

    def sleep(self, seconds: float) -> None:
        self.bench.waited.sleep(seconds)


def program(bench: Bench, folder: Path, patch: pytest.MonkeyPatch, **available: int) -> Program:
    """The program over this shop, which it may write whatever the cause; `available`: the ledger, by names of `GOODS`.

    The ledger knows orders of the shop, so that one which is missing is missed.
    """
    time = Market(bench)
    keep_time(patch, time)
    patch.setitem(type(bench.channel).__init__.__kwdefaults__, "monotonic", bench.waited.monotonic)
    book = folder / "ledger"
    book.mkdir()
    rows = "".join(f'"{GOODS[name][0]}",{units}\n' for name, units in available.items())
    (book / "stock.csv").write_text("sku,available\n" + rows, "utf-8")
    sku, days = GOODS["plain"][0], timedelta(days=5)
    old = f"1,{sku},{(time() - days).isoformat()},-1,order,{bench.name},OLD\n"
    (book / "movements.csv").write_text("id,sku,at,quantity,kind,shop,order_id\n" + old, "utf-8")
    (book / "ledger.yaml").write_text(f"as_of: {time().isoformat()}\n", "utf-8")
    config = folder / "stockrecon.yaml"
    scenarios = ("unexplained", "orders-too-near", "edited-in-seller-center")
    text = document_of(
        {"type": "file", "path": "ledger/"},
        [_entry(bench, patch)],
        scenarios=scenarios,
        policy={"unexplained": "correct"},
    )
    config.write_text(text, "utf-8")
    return Program(time, config)


def _entry(bench: Bench, patch: pytest.MonkeyPatch) -> Mapping[str, object]:
    told: dict[str, object] = {"requests_per_second": 1000} if bench.profile.kind != "shopify" else {}
    for name, value in bench.config.items():
        told[name] = value
        if name in bench.profile.secrets or name.endswith(("_secret", "_token")):
            patch.setenv(f"CONTRACT_{name.upper()}", str(value))
            told[name] = {"env": f"CONTRACT_{name.upper()}"}
    fixed = {
        "name": bench.name,
        "channel": bench.profile.kind,
        "region": "VN",
        "mode": "apply",
        "base_url": bench.market.base_urls[bench.name],
    }
    return {**told, **bench.profile.options, **bench.options, **fixed}


def told(ran: Ran) -> object:
    """What a report says, without what differs from one run to the next: its times, and how often was asked."""
    document = json.loads(json.dumps(ran.document))
    for shop in document["shops"]:
        for name in ("as_of", "requests"):
            shop.pop(name, None)
    for statement in document["statements"]:
        for finding in statement["findings"]:
            for name in ("id", "evidence", "resolves_at"):
                finding.pop(name, None)
    plan = [(one["kind"], one.get("sku"), one.get("from"), one.get("to")) for one in document["plan"]["actions"]]
    held = [(one["rule"], one["text"]) for one in document["plan"]["withheld"]]
    return [document["shops"], document["statements"], document["summary"], plan, held, document["exit"]]
