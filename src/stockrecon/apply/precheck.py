"""The last look before a write: do listing and ledger still show what the plan was computed from?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stockrecon.core.findings import Basis
from stockrecon.core.model import Listing, ListingKey, Sku
from stockrecon.ledgers.base import Ledger


@dataclass(frozen=True, slots=True)
class Precheck:
    """`made`: ledger corrections of this run, by SKU: they were counted on."""

    basis: Basis
    made: Mapping[Sku, int]
    ledger: Ledger

    def balances(self, keys: Iterable[ListingKey]) -> Mapping[Sku, int | None]:
        """Available of the listings' SKUs now; empty for a ledger that cannot be read twice. Raises ReadFault."""
        skus = sorted({part.sku for key in keys for part in self.basis.listings[key].components})
        again = self.ledger.reread(skus)
        return {} if again is None else {sku: again.get(sku) for sku in skus}

    def moved(self, key: ListingKey, now: Listing | None, balances: Mapping[Sku, int | None]) -> str:
        """Why it must not be written any more; empty where all is as it was."""
        before = self.basis.listings[key]
        if now is None:
            return "not written: the shop does not have the listing any more"
        if (now.sellable, now.campaign) != (before.sellable, before.campaign):
            return (
                f"not written: it shows {now.sellable} sellable and {now.campaign} campaign, "
                f"the plan was made at {before.sellable} and {before.campaign}"
            )
        if not now.state.takes_writes:
            return f"not written: its state is {now.state} now"
        for component in before.components:
            expected = self._expected(component.sku)
            found = balances.get(component.sku, expected)
            if found != expected:
                told = "nothing" if found is None else found
                return f"not written: the ledger has {told} of {component.sku}, the plan was made at {expected}"
        return ""

    def computed_from(self, key: ListingKey) -> Mapping[Sku, int]:
        """Available of the listing's SKUs that its write was computed from, for the journal."""
        expected = {part.sku: self._expected(part.sku) for part in self.basis.listings[key].components}
        return {sku: units for sku, units in expected.items() if units is not None}

    def _expected(self, sku: Sku) -> int | None:
        planned = self.basis.available.get(sku)
        return None if planned is None else planned + self.made.get(sku, 0)
