"""Omisell's own stock movements, where the configuration names the call that lists them and its fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from stockrecon.core.model import MovementKind
from stockrecon.errors import ReadFault
from stockrecon.ledgers.omisell.api import Api
from stockrecon.ledgers.omisell.errors import WHO
from stockrecon.ledgers.omisell.fields import Object, dig, moment, named, number, plain, whole, word
from stockrecon.ledgers.omisell.setup import Setup

OURS = "stockrecon:"
"""How the reference of every correction begins (`core.audit.correction_ref`)."""


def read_movements(api: Api, since: datetime, until: datetime) -> list[Object]:
    """The list between these times, if its address takes `{since}` and `{until}`, else all of it."""
    path = api.setup.paths["movements"]
    blanks = {"since": str(int(since.timestamp())), "until": str(int(until.timestamp()))}
    asked = {name: value for name, value in blanks.items() if f"{{{name}}}" in path}
    id_path = api.setup.movement_fields["id"]
    return api.everything("movements", lambda row: named(row, id_path, "movements: id"), asked)


def movement_rows(
    api: Api, found: Iterable[Object], since: datetime, known: Collection[str]
) -> list[dict[str, object]]:
    """In the form of the contract. Raises ReadFault for kinds that nobody has said the meaning of."""
    fields, setup = api.setup.movement_fields, api.setup
    made: list[dict[str, object]] = []
    unknown: set[str] = set()
    for row in found:
        name = named(row, fields["id"], "movements: id")
        at = moment(dig(row, fields["at"]), setup.zone, f"movement {name}: at")
        sku = named(row, fields["sku"], f"movement {name}: sku")
        if at < since or sku not in known or not _is_ours(setup, row, name):
            continue
        ref = reference(api, row)
        kind = MovementKind.CORRECTION if ref else setup.kinds.get(told := word(dig(row, fields["kind"])))
        if kind is None:
            unknown.add(plain(told, 60) or "(empty)")
            continue
        made.append(
            {
                "id": name,
                "sku": sku,
                "at": at,
                "quantity": number(row, fields["quantity"], f"movement {name}: quantity"),
                "kind": kind.value,
                "shop": setup.shops.get(_optional(api, row, "shop"), ""),
                "order_id": _optional(api, row, "order"),
                "balance": _balance(api, row, name),
                "ref": ref,
            }
        )
    if unknown:
        raise ReadFault(
            WHO,
            f"movements are of kinds that are not known here: {', '.join(sorted(unknown))}",
            way_on=f"say what each is: ledger.kinds: {{{min(unknown)}: manual}}; one of order, cancel, return, manual, "
            "stocktake, receipt, transfer",
        )
    return made


def _is_ours(setup: Setup, row: Object, name: str) -> bool:
    """Whether it was in a warehouse that counts."""
    where = setup.movement_fields.get("warehouse", "")
    return not setup.warehouses or named(row, where, f"movement {name}: warehouse") in setup.warehouses


def posted(api: Api, found: Iterable[Object], refs: Collection[str]) -> dict[str, int]:
    """What was moved under each of the refs that there are."""
    told: dict[str, int] = {}
    for row in found:
        ref = reference(api, row)
        if ref in refs:
            name = named(row, api.setup.movement_fields["id"], "movements: id")
            units = number(row, api.setup.movement_fields["quantity"], f"movement {name}: quantity")
            told[ref] = told.get(ref, 0) + units
    return told


def reference(api: Api, row: Object) -> str:
    """The reference of one of our own corrections, else ""."""
    told = _optional(api, row, "reference").strip()
    return told if told.startswith(OURS) else ""


def _balance(api: Api, row: Object, name: str) -> int | None:
    path = api.setup.movement_fields.get("balance")
    value = dig(row, path) if path else None
    return None if value in (None, "") else whole(value, f"movement {name}: balance ({path})")


def _optional(api: Api, row: Object, name: str) -> str:
    path = api.setup.movement_fields.get(name)
    return word(dig(row, path)) if path else ""
