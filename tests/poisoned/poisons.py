"""What can be wrong with a ledger or with a shop's files: changed rows, or damaged files."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.circle.program import NOON
from tests.poisoned.books import Books, Files, Rows

Rowwise = Callable[[Rows], Rows]
SHOP = "shopee-vn"


@dataclass(frozen=True)
class Poison:
    """`rows` before anything is written to files, `files` after.

    `after`: how long after the good run. `databases`: a ledger in a database can have it too.
    """

    rows: Callable[[Books], None] = lambda books: None
    files: Callable[[Files], None] = lambda files: None
    after: timedelta = timedelta(minutes=40)
    databases: bool = False


def stock(change: Rowwise) -> Poison:
    """The ledger's rows are others."""

    def apply(books: Books) -> None:
        books.stock = change(books.stock)

    return Poison(apply, databases=True)


def shown(change: Rowwise) -> Poison:
    """Shopee's listings are others."""

    def apply(books: Books) -> None:
        books.listings[SHOP] = change(books.listings[SHOP])

    return Poison(apply)


def figures(number: Callable[[int], int], name: str) -> Rowwise:
    return lambda rows: [{**row, name: number(row[name])} for row in rows]


def moved(name: str, order: Callable[[list[Any]], list[Any]]) -> Rowwise:
    """The numbers stand in other rows."""

    def change(rows: Rows) -> Rows:
        values = order([row[name] for row in rows])
        return [{**row, name: value} for row, value in zip(rows, values, strict=True)]

    return change


def named(name: str, word: Callable[[str], str]) -> Rowwise:
    return lambda rows: [{**row, name: word(row[name])} for row in rows]


def half(rows: Rows) -> Rows:
    return rows[: len(rows) // 2]


def twice(rows: Rows) -> Rows:
    return rows + rows[:5]


def other_seller(rows: Rows) -> Rows:
    """Another seller uses the same plain names for other goods, and has more of them."""
    pick = random.Random(5)
    names = [f"TEE-{number:02d}" for number in range(1, 26)] + [f"POLO-{number:02d}" for number in range(1, 31)]
    return [{"sku": name, "available": pick.randrange(0, 50)} for name in names]


def stale(rows: Rows) -> Rows:
    """A day old, and its clock says now: what was sold since is still there, what came in is not."""
    pick = random.Random(7)
    return [{**row, "available": row["available"] + pick.choice((1, 2, 5, -4, -9))} for row in rows]


def other_shop(rows: Rows) -> Rows:
    """A shop of the same seller's for another country: the same goods as other items, with other numbers."""
    pick = random.Random(6)
    return [{**row, "item_id": str(77_000 + number), "sellable": pick.randrange(60)} for number, row in enumerate(rows)]


def permuted(values: list[Any]) -> list[Any]:
    values = list(values)
    random.Random(8).shuffle(values)
    return values


def times(who: str, at: datetime | None = None, ahead: timedelta = timedelta()) -> Callable[[Books], None]:
    """Ledger or shop are of another time, and say so."""

    def apply(books: Books) -> None:
        if who == "ledger":
            books.ledger_at = at or books.at + ahead
        else:
            books.shop_at = at or books.at + ahead

    return apply


def _incomplete(books: Books) -> None:
    books.complete = False


def text(path: str, change: Callable[[bytes], bytes]) -> Poison:
    """A file that was damaged on its way."""

    def apply(files: Files) -> None:
        place: Path = files.root / path
        place.write_bytes(change(place.read_bytes()))

    return Poison(files=apply)


def _swapped(raw: bytes) -> bytes:
    """The heading stays, the columns do not."""
    head, *lines = raw.decode().splitlines()
    return "\n".join([head, *(",".join(reversed(line.split(","))) for line in lines)]).encode() + b"\n"


def _renamed(raw: bytes) -> bytes:
    """The columns have each other's headings."""
    return raw.replace(b"sku,available", b"available,sku")


def _decimals(raw: bytes) -> bytes:
    """Somebody's average."""
    head, *lines = raw.split(b"\n")
    return b"\n".join([head, *(line + b".5" if line else line for line in lines)])


def _third(number: int, cell: bytes) -> Callable[[bytes], bytes]:
    """One cell of the third row is something else."""

    def change(raw: bytes) -> bytes:
        lines = raw.split(b"\n")
        cells = lines[3].split(b",")
        cells[number] = cell
        lines[3] = b",".join(cells)
        return b"\n".join(lines)

    return change


def _cut(raw: bytes) -> bytes:
    """The file ends in the middle of a row."""
    return raw[: len(raw) * 6 // 10]


def _cut_at_a_row(raw: bytes) -> bytes:
    return raw[: raw.rindex(b"\n", 0, len(raw) * 6 // 10) + 1]


HOUR = timedelta(hours=1)

POISONS: MappingProxyType[str, Poison] = MappingProxyType(
    {
        # The ledger
        "ledger: empty": stock(lambda rows: []),
        "ledger: half of the rows": stock(half),
        "ledger: all zero": stock(figures(lambda units: 0, "available")),
        "ledger: in thousands": stock(figures(lambda units: units * 1000, "available")),
        "ledger: negative": stock(figures(lambda units: -units, "available")),
        "ledger: shifted by a row": stock(moved("available", lambda values: values[1:] + values[:1])),
        "ledger: values permuted": stock(moved("available", permuted)),
        "ledger: numbers sorted apart from names": stock(moved("available", sorted)),
        "ledger: rows twice": Poison(stock(twice).rows),
        "ledger: names damaged by a spreadsheet": stock(named("sku", lambda sku: sku.lstrip("0"))),
        "ledger: all names changed": stock(named("sku", lambda sku: f"{sku}-N")),
        "ledger: another seller's": stock(other_seller),
        "ledger: another warehouse's": stock(figures(lambda units: units + 50, "available")),
        "ledger: a replica that fell behind": stock(stale),
        "ledger: yesterday's": Poison(times("ledger", NOON - HOUR * 20)),
        "ledger: not exported for a day": Poison(times("ledger", NOON), after=HOUR * 25),
        "ledger: from the future": Poison(times("ledger", ahead=HOUR * 7)),
        "ledger: file cut in a row": text("ledger/stock.csv", _cut),
        "ledger: file cut between rows": text("ledger/stock.csv", _cut_at_a_row),
        "ledger: columns swapped": text("ledger/stock.csv", _swapped),
        "ledger: headings swapped": text("ledger/stock.csv", _renamed),
        "ledger: NaN in a cell": text("ledger/stock.csv", _third(1, b"NaN")),
        "ledger: a formula's error in a cell": text("ledger/stock.csv", _third(1, b"#REF!")),
        "ledger: decimals": text("ledger/stock.csv", _decimals),
        "ledger: semicolons": text("ledger/stock.csv", lambda raw: raw.replace(b",", b";")),
        "ledger: UTF-16": text("ledger/stock.csv", lambda raw: raw.decode().encode("utf-16")),
        "ledger: empty file": text("ledger/stock.csv", lambda raw: b""),
        # A shop
        "shop: empty": shown(lambda rows: []),
        "shop: half of the rows": shown(half),
        "shop: all zero": shown(figures(lambda units: 0, "sellable")),
        "shop: in thousands": shown(figures(lambda units: units * 1000, "sellable")),
        "shop: negative": shown(figures(lambda units: -units - 1, "sellable")),
        "shop: shifted by a row": shown(moved("sellable", lambda values: values[1:] + values[:1])),
        "shop: values permuted": shown(moved("sellable", permuted)),
        "shop: names shifted by a row": shown(moved("seller_sku", lambda values: values[1:] + values[:1])),
        "shop: rows twice": shown(twice),
        "shop: names damaged by a spreadsheet": shown(named("seller_sku", lambda sku: sku.lstrip("0"))),
        "shop: another shop's": shown(other_shop),
        "shop: yesterday's": Poison(times("shop", NOON - HOUR * 20)),
        "shop: not exported for a day": Poison(times("shop", NOON), after=HOUR * 25),
        "shop: from the future": Poison(times("shop", ahead=HOUR * 7)),
        "shop: does not prove its end": Poison(_incomplete),
        "shop: file cut in a row": text(f"{SHOP}/listings.csv", _cut),
        "shop: columns swapped": text(f"{SHOP}/listings.csv", _swapped),
        "shop: NaN in a cell": text(f"{SHOP}/listings.csv", _third(3, b"NaN")),
        "shop: UTF-16": text(f"{SHOP}/listings.csv", lambda raw: raw.decode().encode("utf-16")),
    }
)

MISTRUSTED = (
    "ledger: half of the rows",
    "ledger: yesterday's",
    "ledger: not exported for a day",
    "ledger: from the future",
    "ledger: file cut in a row",
    "ledger: file cut between rows",
    "shop: half of the rows",
    "shop: yesterday's",
    "shop: not exported for a day",
    "shop: from the future",
    "shop: does not prove its end",
)
"""Poisons that a guard recognises by what was read, whatever would be written."""
