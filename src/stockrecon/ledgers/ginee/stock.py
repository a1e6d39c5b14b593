"""What is available: a row per SKU and warehouse, each with the buckets that Ginee keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault
from stockrecon.ledgers.ginee.api import Ginee, chunks, moment
from stockrecon.ledgers.ginee.errors import WHO
from stockrecon.ledgers.ginee.places import Place
from stockrecon.ledgers.ginee.setup import BUCKETS, Formula
from stockrecon.rest.fields import Malformed, Object, an_object, plain, text, whole

SKUS_AT_ONCE = 20
"""SKUs in one filter: inferred from the calls beside it, which take 20."""
_FAILED = "FAIL"
"""Part of a pushStatus that says so; inferred: no page lists its values. A failReason says it in any case."""


@dataclass(frozen=True, slots=True)
class Row:
    """One SKU in one warehouse. `buckets`: by the words of `available`; one that Ginee leaves empty is not there.

    `own`: what Ginee itself calls available. `trouble`: why its last push failed. `listings`: listings bound to it.
    """

    id: str
    sku: Sku
    warehouse: str
    buckets: Mapping[str, int]
    own: int | None
    updated_at: datetime | None
    trouble: str
    listings: int | None
    kind: str

    @property
    def bundle(self) -> bool:
        """Made of other SKUs, whose stock it shows; that the row's type says so is inferred."""
        return "BUNDLE" in self.kind.upper()


@dataclass(slots=True)
class Stock:
    """The rows that were read, by warehouse and SKU."""

    ginee: Ginee
    places: Sequence[Place]
    zone: str
    rows: dict[tuple[str, Sku], Row] = field(default_factory=dict)

    def read(self) -> None:
        for place in self.places:
            self._take(place, self.ginee.stock(place.id))

    def read_some(self, skus: Iterable[Sku]) -> None:
        """These SKUs again. What Ginee shows no more is gone."""
        wanted = sorted(set(skus))
        for place in self.places:
            for chunk in chunks(wanted, SKUS_AT_ONCE):
                for sku in chunk:
                    self.rows.pop((place.id, Sku(sku)), None)
                # The filter may take "a" for "A".
                self._take(place, self.ginee.stock(place.id, chunk), frozenset(chunk))

    def of(self, sku: Sku) -> list[Row]:
        return [row for place in self.places if (row := self.rows.get((place.id, sku))) is not None]

    def skus(self) -> list[Sku]:
        return sorted({sku for _, sku in self.rows})

    def available(self, sku: Sku, formula: Formula) -> int | None:
        """Summed over the warehouses; None where it has no row, or one that does not tell."""
        parts = [formula.of(row.buckets) for row in self.of(sku)]
        known = [part for part in parts if part is not None]
        return sum(known) if parts and len(known) == len(parts) else None

    def _take(self, place: Place, found: Sequence[Object], wanted: frozenset[str] | None = None) -> None:
        for each in found:
            row = row_of(each, place.id, self.zone)
            if wanted is not None and row.sku not in wanted:
                continue
            if (place.id, row.sku) in self.rows:
                words = f"two products of {place.shown} have the master SKU {plain(row.sku, 80)}"
                raise ReadFault(WHO, words, way_on="Give one of them another master SKU in Ginee.")
            self.rows[place.id, row.sku] = row


def row_of(row: Object, warehouse: str, zone: str) -> Row:
    """One entry of ListWarehouseInventory. Raises Malformed."""
    held = an_object(row.get("warehouseInventory"), "warehouseInventory")
    sku = text(an_object(row.get("masterVariation"), "masterVariation").get("masterSku"))
    if not sku:
        raise Malformed("masterVariation.masterSku is empty")
    if held.get("warehouseId") not in (None, "", warehouse):
        raise Malformed(f"{warehouse} was asked for, and a row of another warehouse came")
    status = text(held.get("pushStatus")) or text(row.get("pushStatus"))
    reason = plain(held.get("failReason"), 160)
    return Row(
        id=text(held.get("id")),
        sku=Sku(sku),
        warehouse=warehouse,
        buckets=buckets_of(held, "warehouseInventory"),
        own=_number(held.get("availableStock"), "warehouseInventory.availableStock"),
        updated_at=moment(held.get("updateDatetime"), zone, "warehouseInventory.updateDatetime"),
        trouble=reason or (status if _FAILED in status.upper() else ""),
        listings=_number(row.get("channelVariationCount"), "channelVariationCount"),
        kind=text(held.get("type")),
    )


def buckets_of(held: Object, where: str) -> dict[str, int]:
    """The buckets of a row, or of AdjustInventory's answer. Raises Malformed."""
    told = {word: _number(held.get(name), f"{where}.{name}") for word, name in BUCKETS.items()}
    return {word: number for word, number in told.items() if number is not None}


def _number(value: object, where: str) -> int | None:
    return None if value is None else whole(value, where)
