"""Writes a market that was read as the folders of contract sections 4 and 5, and its configuration."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from tests.market.things import Shop
from tests.market.world import Market

HANOI = timezone(timedelta(hours=7))
COLUMNS = {
    "stock": ("sku", "available"),
    "movements": ("id", "sku", "at", "quantity", "kind", "shop", "order_id", "balance", "ref", "note"),
    "mapping": ("shop", "item_id", "variation_id", "seller_sku", "sku", "units"),
    "pushes": ("shop", "item_id", "variation_id", "quantity", "at", "ok", "error"),
    "listings": (
        "item_id",
        "variation_id",
        "seller_sku",
        "title",
        "sellable",
        "campaign",
        "withheld",
        "committed",
        "state",
        "message",
        "fulfilment",
    ),
    "campaigns": ("campaign_id", "item_id", "variation_id", "starts_at", "ends_at", "locked", "sold", "state"),
    "orders": (
        "order_id",
        "item_id",
        "variation_id",
        "quantity",
        "status",
        "created_at",
        "paid_at",
        "shipped_at",
        "cancelled_at",
        "updated_at",
        "cancelled_by",
        "cancel_reason",
    ),
    "history": ("at", "item_id", "variation_id", "sellable", "campaign", "withheld"),
}


def write(market: Market, root: Path) -> Path:
    """Everything that was read last, under `root`; the path of the configuration."""
    ledger = root / "ledger"
    ledger.mkdir(parents=True, exist_ok=True)
    read = market.ledger_read
    (ledger / "ledger.yaml").write_text(f"as_of: {read['as_of'].isoformat()}\nzone: Asia/Ho_Chi_Minh\n", "utf-8")
    _table(ledger / "stock.csv", "stock", read["stock"])
    _table(ledger / "movements.csv", "movements", read["movements"])
    if market.with_mapping:
        _table(ledger / "listings.csv", "mapping", read["listings"])
    if market.with_pushes:
        _table(ledger / "pushes.csv", "pushes", read["pushes"])
    for shop in market.shops.values():
        _shop(root / shop.name, shop)
    path = root / "stockrecon.yaml"
    path.write_text(_configuration(market), "utf-8")
    return path


def _shop(folder: Path, shop: Shop) -> None:
    folder.mkdir(exist_ok=True)
    lines = [f"as_of: {shop.read['as_of'].isoformat()}", f"complete: {str(shop.complete).lower()}"]
    if shop.imitates:
        lines.append(f"imitates: {shop.imitates}")
    (folder / "shop.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    for name in ("listings", "campaigns", "orders"):
        _table(folder / f"{name}.csv", name, shop.read[name])
    if shop.history:
        _table(folder / "history.csv", "history", shop.read["history"])
    if shop.broken:
        (folder / "listings.csv").write_text("item_id,seller_sku\n1\n", "utf-8")


def _table(path: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS[name], restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(HANOI).isoformat()
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _configuration(market: Market) -> str:
    """JSON is YAML, and quotes every text."""
    shops = []
    for shop in market.shops.values():
        policy = shop.policy
        entry: dict[str, Any] = {"name": shop.name, "channel": "file", "path": f"{shop.name}/", "mode": "apply"}
        entry["stock"] = {
            "buffer": policy.buffer,
            "percent": policy.percent,
            "cap": policy.cap,
            "divide": policy.divide,
        }
        if policy.overrides:
            entry["overrides"] = list(policy.overrides)
        if shop.declared:
            entry["campaigns"] = [{key: _cell(value) or None for key, value in one.items()} for one in shop.declared]
        if shop.edit_during_campaign:
            entry["edit_during_campaign"] = True
        shops.append(entry)
    many = {"count": 100_000, "percent": 100}
    document = {
        "ledger": {"type": "file", "path": "ledger/"},
        "shops": shops,
        "policy": {
            "unexplained": market.policy.unexplained,
            "protect_campaign_stock": market.policy.protect_campaign_stock,
            **market.policy.more,
        },
        "apply": {
            "scenarios": list(market.policy.apply),
            "limits": {
                "changed": many,
                "zeroed": many,
                "added": many,
                "lost": many,
                "corrections": {"skus": many, "units": many},
            },
        },
        "state": "state/",
    }
    return json.dumps(document, indent=1, ensure_ascii=False)
