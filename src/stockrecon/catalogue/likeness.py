"""Which of the ledger's SKUs look like one that it does not know: only asked where a listing's or a movement's SKU is
unknown.

The ledger's SKUs are gathered by their keys (`core.damage.keys`) once, by SQL where they are plain, which nearly all
are, and one by one where they are not.
"""

# ruff: noqa: S608 - every name in these statements is this package's own; what comes from outside is quoted

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from stockrecon.catalogue.engine import Connection, chunks, insert, literal
from stockrecon.core.damage import Likeness, keys, nearest
from stockrecon.core.mangled import KEPT, LEAST, SHOWN
from stockrecon.core.model import Sku

_MOST = 3
"""So many SKUs of the ledger are told for one that it does not know."""
_MOST_LOOKED_AT = 50
_MOST_MOVED = 1_000
"""SKUs that only movements name: a ledger of many years has more than are worth looking at."""
_CHUNK = 100_000
_COLUMNS = {"key": "varchar", "sku": "varchar"}

_DIGITS = "regexp_full_match(sku, '[0-9]{1,40}')"
_DATED = "|".join(
    (
        "[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4}.{0,9})?",
        "[0-9]{1,2}[-/][0-9]{4}",
        "[0-9]{1,2}[- ][a-z]{3,9}[0-9]{0,2}([- ][0-9]{2,4})?",
        "[a-z]{3,9}[0-9]{0,2}[ -]?[0-9]{1,2}",
    )
)
"""More than what `core.mangled` reads as a date, in small letters; what is not among it costs no Python."""
_PLAIN = f"""(regexp_full_match(sku, '[!-&(-<>-~](?:[ -~]*[!-~])?') and not regexp_full_match(sku, '[0-9.eE+]*')
    and not regexp_full_match(lower(sku), '{_DATED}'))"""
_ROUNDED = """union all select 'rounded ' || (length(sku) + carried)::varchar || ' ' ||
        (case when carried = 1 then whole // 10 else whole end)::varchar, original
    from (select *, (whole = {full})::int as carried from (
        select sku, original, left(sku, {shown})::bigint + (substr(sku, {next}, 1) >= '5')::int as whole
        from digit where length(sku) >= {least}))"""
_GATHER = f"""create table stock_key as
    with digit as (select ltrim(sku, '0') as sku, sku as original from stock where {_DIGITS})
    select lower(sku) as key, sku from stock where {_PLAIN}
    union all select case when sku = '' then '0' else sku end, original from digit
    {" ".join(_ROUNDED.format(full=10**shown, shown=shown, next=shown + 1, least=LEAST) for shown in SHOWN)}
    union all select 'digits ' || length(sku)::varchar || ' ' || left(sku, {KEPT}), original from digit
    where length(sku) > {KEPT}"""
_ODD = f"select sku from stock where not {_DIGITS} and not {_PLAIN}"
_UNKNOWN = """select a.sku from asked a anti join stock using (sku) where a.sku <> ''
    union select m.sku from mapped m semi join asked_listing a on a.lid = m.lid anti join stock s on s.sku = m.sku"""
_MOVED = f"""select distinct sku from {{table}} anti join stock using (sku) where sku <> ''
    order by sku limit {_MOST_MOVED}"""
_FOUND = f"""select sku, other from (
        select distinct u.sku, k.sku as other from unknown_key u join stock_key k using (key))
    qualify row_number() over (partition by sku order by other) <= {_MOST_LOOKED_AT}"""


def alike(connection: Connection) -> Mapping[Sku, tuple[Likeness, ...]]:
    """For each SKU of the asked listings that the ledger does not know, those of its own that look like it."""
    return _near(connection, connection.execute(_UNKNOWN).fetchall())


def of_movements(connection: Connection, table: str) -> tuple[tuple[Sku, Likeness], ...]:
    """SKUs of the ledger's movements in `table` that its stock does not have, where it has one that looks like them:
    under another spelling they are evidence for nothing. What looks like none is hardly sold any more."""
    found = connection.execute(_MOVED.format(table=table)).fetchall()
    return tuple((sku, near[0]) for sku, near in sorted(_near(connection, found).items()))


def _near(connection: Connection, rows: Sequence[tuple[str]]) -> dict[Sku, tuple[Likeness, ...]]:
    """`rows`: one SKU each."""
    unknown = [Sku(sku) for (sku,) in rows]
    if not unknown:
        return {}
    gather(connection)
    connection.execute("create or replace temp table unknown_key (key varchar, sku varchar)")
    insert(connection, "unknown_key", _COLUMNS, [(key, sku) for sku in unknown for key in keys(sku)])
    found: dict[Sku, list[str]] = defaultdict(list)
    for sku, other in connection.execute(_FOUND).fetchall():
        found[Sku(sku)].append(other)
    near = {sku: nearest(sku, others)[:_MOST] for sku, others in found.items()}
    return {sku: likenesses for sku, likenesses in near.items() if likenesses}


def gather(connection: Connection) -> None:
    """Makes `stock_key`, every key of every SKU of the ledger, unless it is there."""
    there = f"select 1 from duckdb_tables() where table_name = {literal('stock_key')}"
    if connection.execute(there).fetchone() is not None:
        return
    connection.execute(_GATHER)
    odd = connection.execute(_ODD).fetchall()
    for chunk in chunks(_keyed(sku for (sku,) in odd), _CHUNK):
        insert(connection, "stock_key", _COLUMNS, chunk)


def _keyed(skus: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((key, sku) for sku in skus for key in sorted(keys(sku)))


def forget(connection: Connection) -> None:
    """The ledger is loaded anew: its keys are gathered again when they are asked for."""
    connection.execute("drop table if exists stock_key")
