"""Available of every SKU, out of the list that `ledger.paths.stock` names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from stockrecon.errors import ReadFault
from stockrecon.ledgers.omisell.api import Api
from stockrecon.ledgers.omisell.errors import WHO, Refused
from stockrecon.ledgers.omisell.fields import Object, an_object, dig, moment, named, objects, word
from stockrecon.ledgers.omisell.setup import Setup


@dataclass(slots=True)
class Held:
    available: int
    updated_at: datetime | None = None


def read_stock(api: Api) -> dict[str, Held]:
    """Every SKU. Raises ReadFault or Malformed."""
    rows = api.everything("stock", lambda row: "\n".join(_name(api.setup, one) for one in _inside(api.setup, row)))
    return _summed(api.setup, (one for row in rows for one in _inside(api.setup, row)))


def reread(api: Api, skus: Iterable[str]) -> dict[str, int]:
    """These SKUs again, one by one where the configuration names how; a SKU that is gone is left out.

    What cannot be found so is looked up in the list: where it stands there, the path is not the right one. Raises
    ReadFault then.
    """
    wanted = set(skus)
    if "sku" not in api.setup.paths:
        return _listed(api, wanted)
    found = {sku: available for sku in sorted(wanted) if (available := _one(api, sku)) is not None}
    strays = sorted(_listed(api, wanted - found.keys())) if len(found) < len(wanted) else []
    if strays:
        raise ReadFault(
            WHO,
            f"paths.sku does not give {strays[0]}, which paths.stock lists",
            way_on="compare ledger.paths.sku with developers.omisell.com, or leave it out",
        )
    return found


def _listed(api: Api, wanted: Collection[str]) -> dict[str, int]:
    return {sku: held.available for sku, held in read_stock(api).items() if sku in wanted}


def _one(api: Api, sku: str) -> int | None:
    try:
        row = api.one("sku", sku=sku)
    except Refused as fault:
        if fault.absent:
            return None
        raise
    held = _summed(api.setup, _inside(api.setup, row)).get(sku)
    return held.available if held else None


def _inside(setup: Setup, row: Object) -> list[Object]:
    """A row itself, or the list inside of it, each of whose entries may rely on what stands around it."""
    path = setup.fields.get("rows")
    if path is None:
        return [row]
    return [{**row, **an_object(one, path)} for one in objects(dig(row, path), f"stock: {path}")]


def _name(setup: Setup, row: Object) -> str:
    place = word(dig(row, setup.fields["warehouse"])) if "warehouse" in setup.fields else ""
    return " in ".join(filter(None, [named(row, setup.fields["sku"], "stock: sku"), place]))


def _summed(setup: Setup, rows: Iterable[Object]) -> dict[str, Held]:
    found: dict[str, Held] = {}
    for row in _of_ours(setup, rows):
        sku = named(row, setup.fields["sku"], "stock: sku")
        available = setup.formula.of(row, setup.fields, f"stock of {sku}")
        at = _updated(setup, row, sku)
        before = found.get(sku)
        if before is None:
            found[sku] = Held(available, at)
        else:
            times = [one for one in (before.updated_at, at) if one is not None]
            found[sku] = Held(before.available + available, max(times, default=None))
    return found


def _of_ours(setup: Setup, rows: Iterable[Object]) -> Iterator[Object]:
    for row in rows:
        if not setup.warehouses or word(dig(row, setup.fields["warehouse"])) in setup.warehouses:
            yield row


def _updated(setup: Setup, row: Object, sku: str) -> datetime | None:
    path = setup.fields.get("updated_at")
    value = dig(row, path) if path else None
    return None if value in (None, "") else moment(value, setup.zone, f"stock of {sku}: updated_at ({path})")


def table_rows(found: Mapping[str, Held]) -> list[dict[str, object]]:
    return [
        {"sku": sku, "available": held.available, "updated_at": held.updated_at} for sku, held in sorted(found.items())
    ]
