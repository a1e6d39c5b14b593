"""What the state database remembers, into the catalogue: snapshots, campaigns, findings, our own writes."""

from __future__ import annotations

from collections.abc import Iterable

from stockrecon.catalogue.engine import Connection, insert, naive
from stockrecon.catalogue.shops import CAMPAIGN_COLUMNS
from stockrecon.core.model import Campaign, PastFinding, Push, ShopName, Snapshot

_PLACE = {"shop": "varchar", "item_id": "varchar", "variation_id": "varchar"}


def load_snapshots(connection: Connection, rows: Iterable[Snapshot]) -> None:
    columns = {
        **_PLACE,
        "source": "varchar",
        '"at"': "timestamp",
        "sellable": "bigint",
        "campaign": "bigint",
        "withheld": "bigint",
    }
    insert(
        connection,
        "snapshot",
        columns,
        (
            (s.key.shop, s.key.item_id, s.key.variation_id, s.source, naive(s.at), s.sellable, s.campaign, s.withheld)
            for s in rows
        ),
    )


def load_campaigns(connection: Connection, shop: ShopName, rows: Iterable[Campaign]) -> None:
    insert(
        connection,
        "remembered_campaign",
        CAMPAIGN_COLUMNS,
        (
            (
                shop,
                c.campaign_id,
                c.key.item_id,
                c.key.variation_id,
                naive(c.starts_at),
                naive(c.ends_at),
                c.locked,
                c.sold,
                str(c.state),
                None if c.over_since is None else naive(c.over_since),
                False,
            )
            for c in rows
            if not c.declared
        ),
    )


def load_past(connection: Connection, rows: Iterable[PastFinding]) -> None:
    columns = {**_PLACE, "scenario": "varchar", "units": "bigint", "target": "bigint", '"at"': "timestamp"}
    insert(
        connection,
        "past",
        columns,
        ((p.key.shop, p.key.item_id, p.key.variation_id, p.scenario, p.units, p.target, naive(p.at)) for p in rows),
    )


def load_pushes(connection: Connection, rows: Iterable[Push]) -> None:
    columns = {
        **_PLACE,
        "source": "varchar",
        "quantity": "bigint",
        '"at"': "timestamp",
        "ok": "boolean",
        "error": "varchar",
    }
    insert(
        connection,
        "push",
        columns,
        (
            (p.key.shop, p.key.item_id, p.key.variation_id, p.source, p.quantity, naive(p.at), p.ok, p.error)
            for p in rows
        ),
    )
