"""What the guards are told of this run's readings: how much was read, how fresh it is, what was there before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockrecon.catalogue import Catalogue
from stockrecon.channels.base import ShopSettings
from stockrecon.core.model import LedgerFacts, ShopFacts, ShopName
from stockrecon.core.sources import Pulled
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing
from stockrecon.reconcile.memory import Memory

FILES = "file"


def standing_of(
    ledger: LedgerFacts,
    settings: Sequence[ShopSettings],
    shops: Mapping[ShopName, ShopFacts],
    pulled: Mapping[ShopName, Pulled],
    catalogue: Catalogue,
    memory: Memory,
) -> Standing:
    """Of the ledger and of every shop that was read. To be asked before this run is remembered."""
    book = LedgerStanding(
        as_of=ledger.as_of,
        skus=ledger.skus,
        units=catalogue.ledger_units(),
        dated=ledger.dated,
        good_rows=memory.good_rows("ledger"),
        seen=memory.seen("ledger"),
        networked=ledger.type != FILES,
    )
    read = [one for one in settings if one.name in shops]
    known = {one.name: _shop(one, shops[one.name], pulled, catalogue, memory) for one in read}
    return Standing(book, known, memory.lost)


def _shop(
    settings: ShopSettings,
    facts: ShopFacts,
    pulled: Mapping[ShopName, Pulled],
    catalogue: Catalogue,
    memory: Memory,
) -> ShopStanding:
    counts = catalogue.counts(settings.name)
    error = None if facts.complete else pulled[settings.name].reason or "it is said to be incomplete"
    if facts.changes_since is not None:
        error = f"only what may have changed since {facts.changes_since:%Y-%m-%d %H:%M} UTC was read; --full reads all"
    return ShopStanding(
        name=settings.name,
        mode=settings.policy.mode,
        as_of=facts.as_of,
        rows=counts.rows,
        in_stock=counts.in_stock,
        exposed=counts.exposed,
        good_rows=memory.good_rows(settings.name),
        seen=memory.seen(settings.name),
        networked=settings.channel != FILES,
        error=error,
    )
