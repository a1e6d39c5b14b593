"""Which SKUs need a case: everything that may differ. What agrees costs one bulk query and no Python object."""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from stockrecon.catalogue.compare import COMPONENT
from stockrecon.catalogue.engine import Connection, naive, rows_of, value_of
from stockrecon.core.model import LedgerFacts, Sku
from stockrecon.core.policy import Override, Policy, StockRule

# What is not the seller's to set has no target, but what policy would say shows whether there is anything to tell.
_TELLING = """select home from odd where lid is not null and (not known or ailing
    or exposed <> coalesce(target, by_policy, exposed) or lid in (select lid from twice))"""
_LEDGER = """select s.sku from stock s left join correction k on k.sku = s.sku
    where s.available < 0 or k.change <> 0 or s.available + coalesce(k.change, 0) < 0"""
_ABSENT = """select m.sku from mapping m join shop s on s.name = m.shop anti join listing l
        on l.shop = m.shop and l.item_id = m.item_id and l.variation_id = m.variation_id
    where s.complete or m.item_id = ''"""
_SOLD = f"""select o.shop, o.order_id, c.sku,
        sum(o.quantity::double * c.units) filter (o.status <> 'cancelled') as live,
        sum(o.quantity::double * c.units) filter (o.status = 'cancelled') as cancelled,
        bool_or(o.status <> 'cancelled' and (o.status = 'unpaid' or o.created_at > s.as_of - $grace
            or (s.names_orders and o.created_at >= $oldest and o.status <> 'returned'))) as judged,
        bool_or(o.status = 'cancelled'
            and coalesce(o.cancelled_at, o.updated_at) >= s.as_of - $lookback) as lately,
        bool_or(o.status in ('unpaid', 'paid', 'cancel_requested')) as open,
        min(s.as_of) as as_of
    from order_row o join shop s on s.name = o.shop
    join listing l on l.shop = o.shop and l.item_id = o.item_id and l.variation_id = o.variation_id
    join {COMPONENT} c on c.lid = l.lid
    where o.quantity > 0 and not c.platform group by all"""
_ORDERS = f"""with sold as ({_SOLD}),
    booked as (
        select m.shop, m.order_id, m.sku,
            -sum(m.quantity::double) filter (m.kind = 'order') as taken,
            sum(m.quantity::double) filter (m.kind = 'cancel') as given,
            max(m."at") filter (m.kind = 'cancel') as given_at
        from movement m semi join sold on sold.shop = m.shop and sold.order_id = m.order_id and sold.sku = m.sku
        where m.kind in ('order', 'cancel') group by all)
    select d.sku from sold d
    left join booked b on b.shop = d.shop and b.order_id = d.order_id and b.sku = d.sku
    where (d.judged and d.live > greatest(0, coalesce(b.taken, 0))
            - greatest(0, least(coalesce(b.given, 0), coalesce(b.taken, 0), coalesce(d.cancelled, 0))))
        or (d.lately and coalesce(b.given, 0) < least(b.taken, d.cancelled))
        or (d.open and b.given > 0 and b.given_at >= d.as_of - $lookback)"""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over everything: SKUs of the ledger, listings without deleted ones, those in line, sums of variance."""

    skus: int
    listings: int
    in_line: int
    variance_units: int
    oversell_units: int


def suspects(
    connection: Connection, policy: Policy, ledger: LedgerFacts, patterns: Sequence[str], everything: bool
) -> list[Sku]:
    """The SKUs that may have something to tell, sorted; with `everything` all. Only those that a pattern matches."""
    if everything:
        found = rows_of(connection, "select sku from stock union select home from line union select sku from mapping")
    else:
        parts = [_TELLING, _LEDGER]
        if value_of(connection, "select count(*) from mapping"):
            parts.append(_ABSENT)
        found = rows_of(connection, " union ".join(f"({part})" for part in parts))
        if "movements" in ledger.tables and value_of(connection, "select count(*) from order_row"):
            found += _by_orders(connection, policy, ledger.oldest_movement)
    skus = sorted({Sku(str(sku)) for (sku,) in found})
    if not patterns:
        return skus
    wanted = [Override(pattern, StockRule()) for pattern in patterns]
    return [sku for sku in skus if any(one.matches(sku) for one in wanted)]


def _by_orders(connection: Connection, policy: Policy, oldest: datetime | None) -> list[tuple[object, ...]]:
    values = {
        "grace": policy.import_grace,
        "lookback": policy.lookback,
        "oldest": None if oldest is None else naive(oldest),
    }
    return connection.execute(_ORDERS, values).fetchall()


def audit_skus(connection: Connection, since: datetime) -> list[Sku]:
    """SKUs with a cancellation or a manual increase at or after `since`: scenario 3 has to look at their movements."""
    sql = """select distinct sku from movement
        where "at" >= ? and (kind = 'cancel' or (kind = 'manual' and quantity > 0)) order by sku"""
    return [Sku(str(sku)) for (sku,) in rows_of(connection, sql, naive(since))]


def unlisted(connection: Connection) -> list[Sku]:
    """SKUs of the ledger that no shop lists and no row of its `listings` names, sorted."""
    sql = """select o.home from odd o anti join mapping m on m.sku = o.home and m.shop <> '*'
        where o.lid is null order by o.home"""
    return [Sku(str(sku)) for (sku,) in rows_of(connection, sql)]


def totals(connection: Connection) -> Totals:
    sql = """select (select count(*) from stock), (select count(*) from listing),
        count(*) filter (target is null or exposed <> target), coalesce(sum(abs(exposed - target)), 0),
        coalesce(sum(greatest(0, exposed - target)) filter (target is not null), 0)
        from odd where lid is not null"""
    skus, listings, off, variance, oversell = (int(str(value)) for value in rows_of(connection, sql)[0])
    return Totals(skus, listings, listings - off, variance, oversell)


def ledger_units(connection: Connection) -> int:
    """Everything that the ledger has to give: the sum of what is available where that is positive."""
    return int(str(rows_of(connection, "select coalesce(sum(greatest(0, available)), 0) from stock")[0][0]))
