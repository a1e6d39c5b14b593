"""The tables of the contract (sections 4 and 5): names, columns and types, stated once.

Reading, spooling, validating and creating tables all go by these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a cell is understood. Text is exact; INTEGER is ASCII digits with an optional minus; TIME is ISO 8601."""

    TEXT = "text"
    INTEGER = "integer"
    COUNT = "count"
    """An integer that cannot be negative."""
    TIME = "time"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Column:
    """`required`: the column must be there. `filled`: its cells may not be empty. `least`: of a COUNT."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    filled: bool = True
    choices: tuple[str, ...] = ()
    default: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """`key`: the columns that may not repeat together (empty: rows may repeat).

    `once`: the same for rows whose item id is known; rows without one may repeat.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    once: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _text(name: str, *, required: bool = True, filled: bool = True) -> Column:
    return Column(name, Kind.TEXT, required, filled)


def _optional(name: str, kind: Kind = Kind.TEXT) -> Column:
    return Column(name, kind, required=False, filled=False)


STOCK = Table(
    "stock",
    (_text("sku"), Column("available", Kind.INTEGER), _optional("updated_at", Kind.TIME)),
    key=("sku",),
)

MOVEMENTS = Table(
    "movements",
    (
        _text("id"),
        _text("sku"),
        Column("at", Kind.TIME),
        Column("quantity", Kind.INTEGER),
        Column(
            "kind",
            Kind.CHOICE,
            choices=("order", "cancel", "return", "manual", "stocktake", "receipt", "transfer", "correction"),
        ),
        _optional("shop"),
        _optional("order_id"),
        _optional("balance", Kind.INTEGER),
        _optional("ref"),
        _optional("note"),
    ),
    key=("id",),
)

LEDGER_LISTINGS = Table(
    "listings",
    (
        _text("shop"),
        _text("item_id", filled=False),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        Column("seller_sku", Kind.TEXT, required=False, filled=False),
        _text("sku"),
        Column("units", Kind.COUNT, required=False, filled=False, default="1", least=1),
    ),
    once=("shop", "item_id", "variation_id", "sku"),
)

PUSHES = Table(
    "pushes",
    (
        _text("shop"),
        _text("item_id"),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        Column("quantity", Kind.INTEGER),
        Column("at", Kind.TIME),
        Column("ok", Kind.BOOLEAN),
        _optional("error"),
    ),
)


def with_blocks(table: Table) -> Table:
    """The table as a ledger spools it that can be gone on from: with the block that each row belongs to."""
    return Table(table.name, (*table.columns, _optional("block", Kind.INTEGER)), table.key, table.once)


LEDGER_TABLES = {table.name: table for table in (STOCK, MOVEMENTS, LEDGER_LISTINGS, PUSHES)}

SHOP_LISTINGS = Table(
    "listings",
    (
        _text("item_id"),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        _text("seller_sku", filled=False),
        _optional("title"),
        Column("sellable", Kind.COUNT),
        Column("campaign", Kind.COUNT, required=False, filled=False, default="0"),
        Column("withheld", Kind.COUNT, required=False, filled=False, default="0"),
        Column("committed", Kind.COUNT, required=False, filled=False, default="0"),
        Column(
            "state",
            Kind.CHOICE,
            required=False,
            filled=False,
            choices=("ok", "warning", "error", "banned", "deleted", "reviewing", "unlisted"),
            default="ok",
        ),
        _optional("message"),
        Column(
            "fulfilment",
            Kind.CHOICE,
            required=False,
            filled=False,
            choices=("seller", "platform", "computed"),
            default="seller",
        ),
        # Beyond the contract's columns: a listing on pre-order or "continue selling". Only our spools write it.
        Column("sells_beyond_stock", Kind.BOOLEAN, required=False, filled=False, default="false"),
    ),
    key=("item_id", "variation_id"),
)

CAMPAIGNS = Table(
    "campaigns",
    (
        _text("campaign_id"),
        _text("item_id"),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        Column("starts_at", Kind.TIME),
        Column("ends_at", Kind.TIME),
        Column("locked", Kind.COUNT),
        Column("sold", Kind.COUNT, required=False, filled=False),
        Column("state", Kind.CHOICE, choices=("upcoming", "running", "ended", "cancelled")),
    ),
    key=("campaign_id", "item_id", "variation_id"),
)

ORDERS = Table(
    "orders",
    (
        _text("order_id"),
        _text("item_id"),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        Column("quantity", Kind.COUNT),
        Column(
            "status",
            Kind.CHOICE,
            choices=("unpaid", "paid", "shipped", "cancel_requested", "cancelled", "returned"),
        ),
        Column("created_at", Kind.TIME),
        _optional("paid_at", Kind.TIME),
        _optional("shipped_at", Kind.TIME),
        _optional("cancelled_at", Kind.TIME),
        _optional("updated_at", Kind.TIME),
        _optional("cancelled_by"),
        _optional("cancel_reason"),
    ),
)

HISTORY = Table(
    "history",
    (
        Column("at", Kind.TIME),
        _text("item_id"),
        Column("variation_id", Kind.TEXT, required=False, filled=False),
        Column("sellable", Kind.COUNT),
        Column("campaign", Kind.COUNT, required=False, filled=False, default="0"),
        Column("withheld", Kind.COUNT, required=False, filled=False, default="0"),
    ),
)

SHOP_TABLES = {table.name: table for table in (SHOP_LISTINGS, CAMPAIGNS, ORDERS, HISTORY)}
