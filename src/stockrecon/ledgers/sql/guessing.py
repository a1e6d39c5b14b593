"""Which of a database's tables may be the ledger's, and which of their columns: every guess with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from stockrecon.core.tables import LEDGER_LISTINGS, MOVEMENTS, PUSHES, STOCK, Table
from stockrecon.ledgers.sql import words
from stockrecon.ledgers.sql.choosing import Choice, folded, pick
from stockrecon.ledgers.sql.counting import available
from stockrecon.ledgers.sql.looking import Seen, SeenTable, distinct, repeats

_KINDS_LOOKED_AT = 40
_PLACES_NAMED = 10
_INTERNAL = "internal"


@dataclass(slots=True)
class Guess:
    """One of the contract's tables. `values`: kinds of movement, theirs to ours; `unknown`: kinds that nobody can tell.
    `sums`: a SKU has several rows. `places`: the column that may tell them apart. `likely`: how much speaks for it."""

    table: Table
    seen: SeenTable
    choices: dict[str, Choice]
    likely: int = 0
    values: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    sums: bool = False
    places: str = ""
    own_places: tuple[Seen, SeenTable, str] | None = None
    """Where one table tells the seller's own places from suppliers and customers: the column that refers to it, it, and
    its column that says `internal`."""
    named_places: list[str] = field(default_factory=list)


def guess(connection: Connection, tables: Sequence[SeenTable]) -> dict[str, Guess]:
    """The most likely table for each of the contract's, by its name; those without any are left out."""
    found: dict[str, Guess] = {}
    taken: set[str] = set()
    for table, candidates in (
        (STOCK, [_stock(one, tables) for one in tables]),
        (MOVEMENTS, [_movements(one, tables) for one in tables]),
        (LEDGER_LISTINGS, [_plain(one, LEDGER_LISTINGS, _LISTINGS, words.LISTING_TABLES) for one in tables]),
        (PUSHES, [_plain(one, PUSHES, _PUSHES, words.PUSH_TABLES) for one in tables]),
    ):
        ranked = sorted(
            (one for one in candidates if one is not None and one.seen.shown not in taken),
            key=lambda one: (len(one.missing), -one.likely, one.seen.shown),
        )
        if ranked:
            best = ranked[0]
            rivals = [one for one in ranked[1:] if len(one.missing) == len(best.missing)]
            best.others = [one.seen.shown for one in rivals if best.likely - one.likely <= 2]
            found[table.name] = best
            if not best.missing:
                taken.add(best.seen.shown)
    if STOCK.name in found:
        _look_at_places(connection, found[STOCK.name], tables)
    if MOVEMENTS.name in found:
        _look_at_kinds(connection, found[MOVEMENTS.name])
    return found


def _sku(table: SeenTable, tables: Sequence[SeenTable]) -> Choice | None:
    """A column of its own, or one that refers to a table which has it."""
    own = pick(table, words.SKU, ("text",))
    if own is not None:
        return own
    for seen in table.columns:
        if seen.refers is None:
            continue
        place, _ = seen.refers
        other = next((one for one in tables if place in (one.shown, one.name)), None)
        there = pick(other, words.SKU, ("text",)) if other is not None else None
        if other is not None and there is not None:
            reason = f"{seen.name} refers to {other.shown}, whose {there.add[0]} is {there.reason}"
            return Choice(there.add, reason, through=(seen, other), others=there.others)
    return None


def _stock(table: SeenTable, tables: Sequence[SeenTable]) -> Guess | None:
    sku, units = _sku(table, tables), available(table)
    if sku is None or units is None:
        return None
    named = folded(table.name)
    likely = 4 * (folded(sku.add[0]) == "sku") + 4 * (units.reason.startswith("called")) + len(units.less)
    likely += 3 * any(word in named for word in words.STOCK_TABLES) + (table.rows > 0)
    likely -= 6 * any(word in named for word in (*words.MOVEMENT_TABLES, *words.LISTING_TABLES, *words.PUSH_TABLES))
    choices = {"sku": sku, "available": units}
    if (updated := pick(table, words.UPDATED, ("time",))) is not None:
        choices["updated_at"] = updated
    return Guess(STOCK, table, choices, likely)


_MOVEMENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "at": (words.AT, ("time",)),
    "quantity": (words.QUANTITY, ("number",)),
    "kind": (words.KIND, ("text", "number")),
    "shop": (words.SHOP, ("text",)),
    "order_id": (words.ORDER, ("text", "number")),
    "balance": (words.BALANCE, ("number",)),
    "ref": (words.REF, ("text",)),
    "note": (words.NOTE, ("text",)),
}
_LISTINGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "shop": (words.SHOP, ("text",)),
    "item_id": (words.ITEM, ("text", "number")),
    "variation_id": (words.VARIATION, ("text", "number")),
    "seller_sku": (words.SELLER_SKU, ("text",)),
    "sku": (words.SKU, ("text",)),
    "units": (words.UNITS, ("number",)),
}
_PUSHES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "shop": (words.SHOP, ("text",)),
    "item_id": (words.ITEM, ("text", "number")),
    "variation_id": (words.VARIATION, ("text", "number")),
    "quantity": (words.QUANTITY, ("number",)),
    "at": (words.AT, ("time",)),
    "ok": (words.OK, ("number", "text", "other")),
    "error": (words.ERROR, ("text",)),
}


def _movements(table: SeenTable, tables: Sequence[SeenTable]) -> Guess | None:
    sku = _sku(table, tables)
    found = {name: choice for name, (names, kinds) in _MOVEMENTS.items() if (choice := pick(table, names, kinds))}
    if sku is None or "quantity" not in found or "at" not in found:
        return None
    named = folded(table.name)
    identity = table.key[0] if len(table.key) == 1 else None
    picked = pick(table, words.MOVEMENT_ID, ("text", "number"))
    if identity is not None:
        picked = Choice((identity,), "the table's key")
    choices = {**({"id": picked} if picked is not None else {}), "sku": sku, **found}
    made = Guess(MOVEMENTS, table, choices, 3 * any(word in named for word in words.MOVEMENT_TABLES))
    made.likely += len(found) + (table.rows > 0)
    made.missing = [name for name in ("id", "kind") if name not in choices]
    quantities = table.column(found["quantity"].add[0])
    if quantities is not None and len(quantities.values) >= 20 and all(str(v)[0] != "-" for v in quantities.values):
        made.missing.append("a sign of its quantities, which are all positive")
    return made


def _plain(
    table: SeenTable,
    wanted: Table,
    lists: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    names: Sequence[str],
) -> Guess | None:
    """A table that has every column that has to be there, under a name that is told by the lists."""
    found = {name: choice for name, (own, kinds) in lists.items() if (choice := pick(table, own, kinds))}
    if any(one.required and one.name not in found for one in wanted.columns):
        return None
    likely = len(found) + 3 * any(word in folded(table.name) for word in names)
    # The same columns as the contract's are no accident; others have to be called like one.
    return Guess(wanted, table, found, likely) if likely > len(found) or table.name == wanted.name else None


def _look_at_places(connection: Connection, made: Guess, tables: Sequence[SeenTable]) -> None:
    """Whether a SKU has several rows, as with warehouses; their units would be summed."""
    sku = made.choices["sku"]
    held = sku.through[0].name if sku.through is not None else sku.add[0]
    made.sums = repeats(connection, made.seen, held)
    if not made.sums:
        return
    places = [one for one in made.seen.columns if re.search("warehouse|location|store|site|branch", folded(one.name))]
    if not places:
        return
    made.places = places[0].name
    made.named_places = [str(value) for value in distinct(connection, made.seen, made.places, _PLACES_NAMED)]
    place = places[0].refers
    other = next((one for one in tables if place is not None and place[0] in (one.shown, one.name)), None)
    for one in other.columns if other is not None else ():
        if other is not None and folded(one.name) in ("usage", "type") and _INTERNAL in one.values:
            made.own_places = (places[0], other, one.name)


def _look_at_kinds(connection: Connection, made: Guess) -> None:
    kind = made.choices.get("kind")
    if kind is None:
        return
    ours = next(column.choices for column in MOVEMENTS.columns if column.name == "kind")
    for value in distinct(connection, made.seen, kind.add[0], _KINDS_LOOKED_AT):
        word = str(value)
        if word in ours:
            continue
        meaning = words.KINDS.get(word.strip().casefold().replace("_", " "))
        if meaning is None:
            made.unknown.append(word)
        else:
            made.values[word] = meaning
