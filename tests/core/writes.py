"""Writes, standings and plans for the tests of guards and permits: all in order, unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stockrecon.core.findings import Action, ActionKind, Basis, Plan
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.core.plan import digest_of
from stockrecon.core.policy import Mode
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing

NOW = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
SHOP = ShopName("shopee-vn")
OTHER = ShopName("lazada-vn")
DIGEST = "sha256:abc"


def key(item: str, shop: str = SHOP) -> ListingKey:
    return ListingKey(ShopName(shop), item)


def put(item: str, frm: int | None = 5, to: int | None = 4, shop: str = SHOP, **other: Any) -> Action:
    """A set-stock action; a decrease by one."""
    where = key(item, shop)
    given: dict[str, Any] = {"sku": Sku(f"S{item}"), "scenario": "campaign-returned", "finding": f"f-{item}", **other}
    return Action(f"a-{shop}-{item}", ActionKind.SET_STOCK, shop=where.shop, listing=where, frm=frm, to=to, **given)


def adjust(sku: str, by: int | None = -1, ref: str = "r1", **other: Any) -> Action:
    """A ledger correction."""
    given: dict[str, Any] = {"scenario": "cancelled-order-restock", "finding": f"f-{sku}", **other}
    return Action(f"a-{sku}-{ref}", ActionKind.ADJUST_LEDGER, Sku(sku), by=by, ref=ref, **given)


def people(sku: str = "S") -> Action:
    """What is no write."""
    return Action(f"a-m-{sku}", ActionKind.MANUAL, Sku(sku), "listing-sync-error", "f-m", shop=SHOP, text="mend it")


def shop(name: ShopName = SHOP, **other: Any) -> ShopStanding:
    """A shop of 100 listings, 50 of them in stock with 1,000 units, read a minute ago."""
    plain = ShopStanding(name, Mode.APPLY, NOW - timedelta(minutes=1), rows=100, in_stock=50, exposed=1000)
    return replace(plain, **other)


def ledger(**other: Any) -> LedgerStanding:
    """A ledger of 100 SKUs with 1,000 units, read a minute ago."""
    return replace(LedgerStanding(NOW - timedelta(minutes=1), skus=100, units=1000), **other)


def standing(*shops: ShopStanding, book: LedgerStanding | None = None) -> Standing:
    return Standing(book or ledger(), {one.name: one for one in shops or (shop(), shop(OTHER))})


def plan_of(actions: Sequence[Action], corrections: Mapping[ListingKey, tuple[str, ...]] | None = None) -> Plan:
    return Plan(digest_of(actions), tuple(actions), basis=Basis(corrections=corrections or {}))
