"""One shop's tables into the catalogue, and what all its listings share."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from stockrecon.catalogue.engine import Connection, aware, insert, literal, naive, rows_of
from stockrecon.catalogue.ingest import ingest
from stockrecon.core.model import CampaignState, ListingKey, ShopFacts, ShopName
from stockrecon.core.policy import DeclaredCampaign, ShopPolicy
from stockrecon.core.sources import Pulled, TableFile
from stockrecon.core.tables import CAMPAIGNS, HISTORY, ORDERS, SHOP_LISTINGS, Table
from stockrecon.errors import DataFault, Fault
from stockrecon.spool.cells import CellFault, zone_of

_LEAST_EVENTS = 4
"""With fewer pushes and orders nobody can say what interval is usual."""
_UNKEPT = frozenset({"title"})
"""Nothing is explained by it, and it is as large as all the rest of a listing."""
CAMPAIGN_COLUMNS = {
    "shop": "varchar",
    "campaign_id": "varchar",
    "item_id": "varchar",
    "variation_id": "varchar",
    "starts_at": "timestamp",
    "ends_at": "timestamp",
    "locked": "bigint",
    "sold": "bigint",
    "state": "varchar",
    "over_since": "timestamp",
    "declared": "boolean",
}


@dataclass(frozen=True, slots=True)
class ListingCounts:
    """A shop's listings without deleted ones: rows, those with anything exposed, exposed units; and deleted rows."""

    rows: int = 0
    in_stock: int = 0
    exposed: int = 0
    deleted: int = 0


def load(connection: Connection, number: int, policy: ShopPolicy, pulled: Pulled, ledger: frozenset[str]) -> ShopFacts:
    """Loads a shop as number `number`. Raises DataFault with the faults of all its tables; then nothing of it stays."""
    zone = _zone(pulled)
    faults = _load_tables(connection, number, pulled)
    if faults:
        unload(connection, number, policy.name)
        raise DataFault(policy.name, faults)
    _declare(connection, policy.name, policy.campaigns, pulled.as_of)
    names_orders = bool(
        rows_of(connection, "select 1 from movement where shop = ? and order_id <> '' limit 1", policy.name)
    )
    last, usual = _events(connection, policy.name)
    connection.execute(
        "insert into shop values (?, ?, ?, ?, ?)",
        [policy.name, naive(pulled.as_of), pulled.complete, names_orders, "campaigns" in pulled.tables],
    )
    return ShopFacts(
        name=policy.name,
        channel=pulled.channel,
        as_of=pulled.as_of,
        complete=pulled.complete,
        capabilities=pulled.capabilities,
        zone=pulled.zone,
        tz=zone,
        names_orders=names_orders,
        orders_known="orders" in pulled.tables,
        campaigns_known="campaigns" in pulled.tables,
        pushes_known="pushes" in ledger,
        last_event=last,
        usual_interval=usual,
    )


def unload(connection: Connection, number: int, name: ShopName) -> None:
    """Takes away whatever was loaded of a shop."""
    connection.execute(f"drop table if exists listing_{number}")
    for table in ("shop_campaign", "order_row"):
        connection.execute(f"delete from {table} where shop = ?", [name])
    connection.execute("delete from snapshot where shop = ? and source = 'history'", [name])
    connection.execute("delete from shop where name = ?", [name])


def count(connection: Connection, number: int) -> ListingCounts:
    """Counts a shop's listings and drops the deleted ones, which take no part in anything.

    Units that the channel computes are those of other listings: they are not counted again.
    """
    sql = f"""select count(*) filter (state <> 'deleted'),
        count(*) filter (state <> 'deleted' and fulfilment <> 'computed' and sellable + campaign > 0),
        coalesce(sum(sellable + campaign) filter (state <> 'deleted' and fulfilment <> 'computed'), 0),
        count(*) filter (state = 'deleted') from listing_{number}"""
    rows, in_stock, exposed, deleted = (int(str(value)) for value in rows_of(connection, sql)[0])
    if deleted:
        connection.execute(f"delete from listing_{number} where state = 'deleted'")
    return ListingCounts(rows, in_stock, exposed, deleted)


def strays(connection: Connection, shop: ShopName) -> list[tuple[ListingKey, bool]]:
    """Declared campaigns, not over yet, of listings that the shop does not have; and whether it has the item."""
    declared = "select 1 from shop_campaign where declared and shop = ? limit 1"
    if not rows_of(connection, declared, shop):
        return []  # hardly any shop has some, and the question goes through all listings twice
    sql = """select distinct c.shop, c.item_id, c.variation_id,
            exists (select 1 from listing l where l.shop = c.shop and l.item_id = c.item_id)
        from shop_campaign c anti join listing l
            on l.shop = c.shop and l.item_id = c.item_id and l.variation_id = c.variation_id
        where c.declared and c.over_since is null and c.shop = ? order by all"""
    return [(ListingKey(*row[:3]), bool(row[3])) for row in connection.execute(sql, [shop]).fetchall()]


def _zone(pulled: Pulled) -> tzinfo:
    try:
        return zone_of(pulled.zone)
    except CellFault as fault:
        raise DataFault(pulled.shop, [Fault("shop.yaml", 0, 0, str(fault), "zone")]) from fault


def _load_tables(connection: Connection, number: int, pulled: Pulled) -> list[Fault]:
    shop = literal(pulled.shop)
    faults = ingest(connection, f"listing_{number}", pulled.tables["listings"], SHOP_LISTINGS, unkept=_UNKEPT)
    as_of = f"timestamp {literal(naive(pulled.as_of).isoformat(' '))}"
    over = f"""least(case when ends_at <= {as_of} then ends_at end,
        case when state in ('ended', 'cancelled') then {as_of} end)"""
    for name, table, target, extra in (
        ("campaigns", CAMPAIGNS, "shop_campaign", f", {over} as over_since, false as declared"),
        ("orders", ORDERS, "order_row", ""),
        ("history", HISTORY, "snapshot", ", 'history' as source"),
    ):
        if (file := pulled.tables.get(name)) is not None:
            faults += _append(connection, file, table, target, f"*, {shop} as shop{extra}")
    return faults


def _append(connection: Connection, file: TableFile, table: Table, target: str, columns: str) -> list[Fault]:
    faults = ingest(connection, "incoming", file, table)
    if not faults:
        connection.execute(f"insert into {target} by name select {columns} from incoming")
        connection.execute("drop table incoming")
    return faults


def _declare(connection: Connection, shop: ShopName, campaigns: Iterable[DeclaredCampaign], as_of: datetime) -> None:
    rows = [
        (
            shop,
            "declared",
            campaign.item_id,
            campaign.variation_id,
            naive(campaign.starts_at),
            naive(campaign.ends_at),
            campaign.locked,
            None,
            _state(campaign, as_of),
            naive(campaign.ends_at) if campaign.ends_at <= as_of else None,
            True,
        )
        for campaign in campaigns
    ]
    insert(connection, "shop_campaign", CAMPAIGN_COLUMNS, rows)


def _state(campaign: DeclaredCampaign, as_of: datetime) -> str:
    if campaign.ends_at <= as_of:
        return CampaignState.ENDED
    return CampaignState.UPCOMING if as_of < campaign.starts_at else CampaignState.RUNNING


def _events(connection: Connection, shop: ShopName) -> tuple[datetime | None, timedelta | None]:
    """The last push or order of a shop, and the median interval between two of them."""
    sql = """with event as (
            select distinct "at" from push where shop = $1
            union select distinct created_at from order_row where shop = $1),
        gap as (select "at", "at" - lag("at") over (order by "at") as since from event)
        select max("at"), count(*), quantile_disc(since, 0.5) from gap"""
    last, events, usual = rows_of(connection, sql, shop)[0]
    if not isinstance(last, datetime):
        return None, None
    enough = isinstance(events, int) and events >= _LEAST_EVENTS
    return aware(last), usual if enough and isinstance(usual, timedelta) else None
