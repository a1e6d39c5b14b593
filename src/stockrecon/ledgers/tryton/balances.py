"""Available of some products, as the configured formula says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from stockrecon.core.model import Sku
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.fields import whole
from stockrecon.ledgers.tryton.moves import Group, crossing, groups
from stockrecon.ledgers.tryton.paging import CHUNK
from stockrecon.ledgers.tryton.places import Scope
from stockrecon.ledgers.tryton.products import Product, by_sku
from stockrecon.ledgers.tryton.setup import Available, Setup

_LATELY = timedelta(days=1)


def available_of(available: Available, on_hand: Decimal, group: Group | None) -> Decimal:
    """By the formula. `group`: the product's open moves and what moved lately, None where there is none of both."""
    if group is None or available is Available.ON_HAND:
        return on_hand if group is None else group.on_hand
    left = group.on_hand - group.waiting(leaves=True)
    return left + group.waiting(leaves=False) if available is Available.FORECAST else left


def balances(tryton: Tryton, scope: Scope, setup: Setup, skus: Sequence[Sku]) -> dict[Sku, int]:
    """Available of these SKUs now; those that are gone, are kits or are kept in fractions are left out."""
    products = [one for one in by_sku(tryton, scope, skus).values() if not one.kit]
    found: dict[Sku, int] = {}
    for start in range(0, len(products), CHUNK):
        found.update(of_products(tryton, scope, setup, products[start : start + CHUNK]))
    return found


def of_products(tryton: Tryton, scope: Scope, setup: Setup, products: Sequence[Product]) -> dict[Sku, int]:
    """The same of products that were read today."""
    by_id = {one.id: one for one in products}
    # What moved lately is asked for as well: where nothing did and nothing is open, the quantity that was read holds.
    domain = [*crossing(scope, tryton.now() - _LATELY, setup), ["product", "in", sorted(by_id)]]
    moving = {group.product: group for group in groups(tryton, scope, setup, domain)}
    numbers = {one.sku: whole(available_of(setup.available, one.on_hand, moving.get(one.id))) for one in by_id.values()}
    return {sku: number for sku, number in numbers.items() if number is not None}
