"""The tables of a catalogue, empty. Times are UTC without saying so.

`listing` is a view over one table per shop. `campaign`, `mapped` and `kit` are derived once everything is loaded
(prepare.py), as is `twice`; `line` and `odd` are the comparison (compare.py).
"""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Sequence

from stockrecon.catalogue.engine import Connection

_LISTING = """item_id varchar, variation_id varchar, seller_sku varchar, sellable bigint,
    campaign bigint, withheld bigint, committed bigint, state varchar, message varchar, fulfilment varchar,
    sells_beyond_stock boolean"""
_CAMPAIGN = """shop varchar, campaign_id varchar, item_id varchar, variation_id varchar, starts_at timestamp,
    ends_at timestamp, locked bigint, sold bigint, state varchar, over_since timestamp, declared boolean"""
_TABLES = {
    "stock": "sku varchar, available bigint, updated_at timestamp",
    "movement": """id varchar, sku varchar, "at" timestamp, quantity bigint, kind varchar, shop varchar,
        order_id varchar, balance bigint, ref varchar, note varchar""",
    "mapping": "shop varchar, item_id varchar, variation_id varchar, seller_sku varchar, sku varchar, units bigint",
    "push": """source varchar, shop varchar, item_id varchar, variation_id varchar, quantity bigint, "at" timestamp,
        ok boolean, error varchar""",
    "shop": """name varchar, as_of timestamp, complete boolean, names_orders boolean, campaigns_known boolean""",
    "shop_campaign": _CAMPAIGN,
    "remembered_campaign": _CAMPAIGN,
    "order_row": """shop varchar, order_id varchar, item_id varchar, variation_id varchar, quantity bigint,
        status varchar, created_at timestamp, paid_at timestamp, shipped_at timestamp, cancelled_at timestamp,
        updated_at timestamp, cancelled_by varchar, cancel_reason varchar""",
    "snapshot": """source varchar, shop varchar, "at" timestamp, item_id varchar, variation_id varchar, sellable bigint,
        campaign bigint, withheld bigint""",
    "past": """shop varchar, item_id varchar, variation_id varchar, scenario varchar, units bigint, target bigint,
        "at" timestamp""",
    "correction": "sku varchar, change bigint",
}
SHOP_SHIFT = 40
"""Listing ids (`lid`) hold the shop's number above so many bits and the row's below."""


def create(connection: Connection) -> None:
    """Makes every table, empty, and what the statements share."""
    for name in _TABLES:
        reset(connection, name)
    connection.execute("create macro floor_mod(a, b) as ((a % b) + b) % b")
    connection.execute("create macro floor_div(a, b) as (a - floor_mod(a, b)) // b")
    view_listings(connection, ())


def reset(connection: Connection, name: str) -> None:
    connection.execute(f"create or replace table {name} ({_TABLES[name]})")


def view_listings(connection: Connection, shops: Sequence[tuple[int, str]]) -> None:
    """Makes `listing` the union of the shops' own tables (their numbers and names, quoted)."""
    empty = f"select 0::bigint as lid, '' as shop, * from (select unnest([]::struct({_LISTING})[], recursive := true))"
    parts = [
        f"select ({number}::bigint << {SHOP_SHIFT}) + rowid as lid, {name} as shop, * from listing_{number}"
        for number, name in shops
    ]
    connection.execute(f"create or replace view listing as {' union all '.join(parts) or empty}")
