"""The comparison in bulk: every listing's home, target and exposed number, as SQL.

It says what `core.target` says of one listing; a property test holds the two equal. The view `line` has one row per
listing: lid, shop, home (the SKU in whose statement it stands), known (the ledger knows all its components), by_policy
(what policy asks for, were the seller to hold the stock), target, exposed, ailing (its state is worth a look); and one
without lid for every SKU of the ledger that no listing consumes. The table `odd` keeps those of its rows that are not
simply in line: nearly all are, and holding three million of them would cost more than finding them.
"""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.catalogue.engine import Connection, value_of
from stockrecon.catalogue.rules import Rules, make_rules
from stockrecon.core.model import ShopName
from stockrecon.core.policy import Policy, ShopPolicy

_LISTED = """l.lid, l.shop, l.seller_sku, l.sellable + l.campaign as exposed, l.fulfilment = 'platform' as platform,
    l.fulfilment = 'seller' as own, l.sells_beyond_stock as beyond, l.state not in ('ok', 'unlisted') as ailing"""
COMPONENT = f"""(
    select {_LISTED}, l.seller_sku as sku, 1::bigint as units from listing l anti join mapped m on m.lid = l.lid
    union all
    select {_LISTED}, m.sku, m.units from listing l join mapped m on m.lid = l.lid)"""
"""Every listing's components: by the ledger's rows, else its seller SKU with units 1 ('' where it has none)."""

# What a listing itself keeps for campaigns, also before their start: shown by the shop, else declared, else inferred.
_RESERVED = """create or replace temp table reserved as
    with live as (
        select c.shop, c.item_id, c.variation_id,
            sum(c.locked) filter (c.declared) as declared,
            sum(greatest(0, c.locked - coalesce(c.sold, 0))) filter (not c.declared) as inferred
        from campaign c join shop s on s.name = c.shop
        where case when c.over_since is not null then c.over_since > s.as_of
            else c.ends_at > s.as_of and c.state not in ('ended', 'cancelled') end
        group by all)
    select l.lid, l.shop,
        case when l.campaign > 0 then l.campaign else coalesce(v.declared, v.inferred, 0) end::double as kept
    from listing l left join live v
        on v.shop = l.shop and v.item_id = l.item_id and v.variation_id = l.variation_id
    where l.campaign > 0 or coalesce(v.declared, v.inferred, 0) > 0"""
# Saturated: more than any available there can be means the same as far as a target goes.
_ELSEWHERE = f"""create or replace temp table elsewhere as
    with own as (
        select c.sku, c.shop, sum(r.kept * c.units) as kept from {COMPONENT} c join reserved r on r.lid = c.lid
        group by all),
    whole as (select sku, sum(kept) as kept from own group by sku)
    select w.sku, s.name as shop, least(w.kept - coalesce(o.kept, 0), 4e18)::bigint as kept
    from whole w cross join shop s left join own o on o.sku = w.sku and o.shop = s.name"""
_ODD = """create or replace temp table odd as select * from line
    where lid is null or not known or target is null or exposed <> target or ailing or lid in (select lid from twice)"""
_PLACES = f"""create or replace temp table place as
    select c.lid, c.sku, row_number() over side - 1 as place, count(*) over (partition by c.shop, c.sku) as places
    from {COMPONENT} c join listing l on l.lid = c.lid where c.own
    window side as (partition by c.shop, c.sku order by l.item_id, l.variation_id)"""


def compare(connection: Connection, policy: Policy, shops: Mapping[ShopName, ShopPolicy]) -> None:
    """Makes `line` and fills `odd`."""
    rules = make_rules(connection, shops)
    protect = policy.protect_campaign_stock
    if protect:
        connection.execute(_RESERVED)
        connection.execute(_ELSEWHERE)
    if rules.divides:
        connection.execute(_PLACES)
    connection.execute(_statement(connection, rules, protect))
    connection.execute(_ODD)


def _statement(connection: Connection, rules: Rules, protect: bool) -> str:
    supply = f"""select c.* exclude (sku), coalesce(c.sku, s.sku) as sku, s.sku is not null as known, rule.cap,
            {_allowance(rules, "0")} as plain, {_allowance(rules, "coalesce(e.kept, 0)") if protect else "plain"} as fit
        from (select *, {rules.choice} as rule_no from {COMPONENT}) c
        full join stock s on s.sku = c.sku
        left join {rules.table} on rule.rule_no = c.rule_no left join correction k on k.sku = c.sku
        {"left join elsewhere e on e.sku = c.sku and e.shop = c.shop" if protect else ""}
        {"left join place p on p.lid = c.lid and p.sku = c.sku" if rules.divides else ""}"""
    columns = "lid, shop, exposed, own, beyond, ailing"
    if value_of(connection, "select count(*) from kit"):
        listed = f"""select {columns}, sku as home, known, cap, plain, fit from supply anti join kit using (lid)
            union all
            select {columns}, coalesce(min(sku) filter (not known), arg_min(sku, (fit, sku))) as home,
                bool_and(known) as known, min(cap) as cap, min(plain) as plain, min(fit) as fit
            from supply semi join kit using (lid) group by all"""
    else:
        listed = f"select {columns}, sku as home, known, cap, plain, fit from supply"
    asked = "least(cap, greatest(0, plain))"
    if protect:
        asked = f"greatest(least(cap, greatest(0, fit)), least(coalesce(r.kept, 0), {asked})::bigint)"
    return f"""create or replace temp view line as
        with supply as ({supply}), listed as ({listed})
        select lid, listed.shop, home, known, exposed, ailing,
            case when known and not beyond then {asked} end as by_policy,
            case when own then by_policy end as target
        from listed {"left join reserved r using (lid)" if protect else ""}"""


def _allowance(rules: Rules, elsewhere: str) -> str:
    """How many of the listing one component allows, unclamped: floors, also below zero."""
    share = f"(s.available + coalesce(k.change, 0) - rule.buffer - {elsewhere})"
    if not rules.plain:
        # In two parts, since a hundred times a large quantity is beyond 64 bits.
        share = f"(floor_div({share}, 100) * rule.percent + floor_div(floor_mod({share}, 100) * rule.percent, 100))"
    if rules.divides:
        whole = f"floor_div({share}, p.places)"
        rest = f"(p.place < floor_mod({share}, p.places))::bigint"
        share = f"case when rule.divide and p.places > 1 then {whole} + {rest} else {share} end"
    return f"case when c.units = 1 then {share} else floor_div({share}, c.units) end"
