"""What is derived once from everything loaded: which listings the ledger's rows name, kits, twins, merged campaigns."""

from __future__ import annotations

from stockrecon.catalogue.engine import Connection

# What names a listing itself goes before what names its seller SKU for every shop (`*`): an ERP knows its kits, and not
# where they are sold. `own` are the former: only they say that two listings with one seller SKU are meant.
_MAPPED = """create or replace table mapped as
    with named as (
        select l.lid, m.sku, m.units from listing l
        join mapping m on m.shop = l.shop and m.item_id = l.item_id and m.variation_id = l.variation_id
        where m.item_id <> '')
    select lid, sku, units, true as own from named
    union all
    select l.lid, m.sku, m.units, false from listing l
    join mapping m on m.shop = '*' and m.item_id = '' and m.seller_sku = l.seller_sku
    anti join named n on n.lid = l.lid
    where m.seller_sku <> ''"""
_KIT = "create or replace table kit as select lid from mapped group by lid having count(*) > 1"

# Listings that share their seller SKU in one shop, where it is what names at least one of them. Hashes find who may
# share at a third of the cost of comparing the text of all; the few are then compared as they are.
_TWICE = """create or replace table twice as
    with same as (
        select hash(shop, seller_sku) as mark from listing where seller_sku <> '' group by mark having count(*) > 1),
    near as (select lid, shop, seller_sku from listing semi join same on same.mark = hash(shop, seller_sku)
        where seller_sku <> ''),
    shared as (
        select shop, seller_sku from near left join (select distinct lid as known from mapped where own) on known = lid
        group by all having count(*) > 1 and count(known) < count(*))
    select lid from near semi join shared using (shop, seller_sku)"""

# A remembered campaign that a shop, read whole, does not name any more is over: seen so at that reading.
_CAMPAIGN = """create or replace table campaign as
    with remembered as (
        select r.shop, r.campaign_id, r.item_id, r.variation_id, r.starts_at, r.ends_at, r.locked, r.sold, r.state,
            r.declared,
            least(r.over_since, case when r.ends_at <= s.as_of then r.ends_at end,
                case when r.state in ('ended', 'cancelled') then s.as_of end) as over_since,
            case when s.complete and s.campaigns_known then s.as_of end as vanished
        from remembered_campaign r join shop s on s.name = r.shop
        qualify row_number() over (partition by r.shop, r.campaign_id, r.item_id, r.variation_id
            order by r.over_since nulls last, r.starts_at) = 1)
    select c.shop, c.campaign_id, c.item_id, c.variation_id, c.starts_at, c.ends_at, c.locked, c.sold, c.state,
        least(c.over_since, r.over_since) as over_since, c.declared
    from shop_campaign c left join remembered r on not c.declared and r.shop = c.shop
        and r.campaign_id = c.campaign_id and r.item_id = c.item_id and r.variation_id = c.variation_id
    union all
    select r.shop, r.campaign_id, r.item_id, r.variation_id, r.starts_at, r.ends_at, r.locked, r.sold, r.state,
        least(r.over_since, r.vanished), false
    from remembered r anti join (select * from shop_campaign where not declared) c on r.shop = c.shop
        and r.campaign_id = c.campaign_id and r.item_id = c.item_id and r.variation_id = c.variation_id"""


def prepare(connection: Connection) -> None:
    for statement in (_MAPPED, _KIT, _TWICE, _CAMPAIGN):
        connection.execute(statement)
