"""Asking for products and their stock by ids, as many a call as TikTok Shop takes (reference: TikTok Shop 2.5, 2.6)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from stockrecon.channels.tiktok_shop.api import SKUS_OF_INVENTORY, SKUS_OF_SEARCH, TikTokApi
from stockrecon.channels.tiktok_shop.codes import BAD_IDS, GONE, NOT_ACTIVE
from stockrecon.channels.tiktok_shop.crew import Crew, Job
from stockrecon.channels.tiktok_shop.products import Product, read_product
from stockrecon.channels.tiktok_shop.stock import Stock, read_stocks
from stockrecon.channels.tiktok_shop.verdicts import Refused
from stockrecon.core.model import ListingKey, ListingState
from stockrecon.rest import gather


class StockDesk:
    """Asks for the stock of SKUs as their products come, 600 a call. Threads share it; its calls are a crew's jobs.

    `held`: a job that is added once, as soon as a campaign or a creator holds anything.
    """

    def __init__(self, api: TikTokApi, crew: Crew, held: Job) -> None:
        self._api = api
        self._crew = crew
        self._held = [held]
        self._lock = threading.Lock()
        self._known: set[str] = set()
        self._waiting: list[str] = []
        self._told: dict[str, Stock] = {}

    def want(self, products: Iterable[Product]) -> None:
        """These may have come before."""
        with self._lock:
            fresh = [sku_id for sku_id in sku_ids(products) if sku_id not in self._known]
            self._known.update(fresh)
            self._waiting += fresh
            while len(self._waiting) >= SKUS_OF_INVENTORY:
                self._ask()

    def ask_rest(self) -> None:
        """No more are to come for now."""
        with self._lock:
            if self._waiting:
                self._ask()

    def hand_over(self) -> dict[str, Stock]:
        """What was told since the last time, as far as it is told."""
        with self._lock:
            told, self._told = self._told, {}
        return told

    def _ask(self) -> None:
        asked, self._waiting = self._waiting[:SKUS_OF_INVENTORY], self._waiting[SKUS_OF_INVENTORY:]
        self._crew.add_last(partial(self._read, asked))

    def _read(self, asked: Sequence[str]) -> None:
        found = {stock.sku_id: stock for stock in _stocks(self._api, asked)}
        with self._lock:
            self._told |= found
            if self._held and any(stock.locked for stock in found.values()):
                self._crew.add(self._held.pop())


def sku_ids(products: Iterable[Product]) -> list[str]:
    """Those that have a stock to be asked for."""
    return [
        sku.id
        for product in products
        if not product.draft
        for sku in product.skus
        if sku.state is not ListingState.DELETED
    ]


def read_stock(api: TikTokApi, sku_ids: Sequence[str], workers: int) -> dict[str, Stock]:
    """The stock of SKUs, as far as it is told. Raises ReadFault, Malformed."""
    chunks = (sku_ids[start : start + SKUS_OF_INVENTORY] for start in range(0, len(sku_ids), SKUS_OF_INVENTORY))
    answers = gather((partial(_stocks, api, chunk) for chunk in chunks), workers)
    return {stock.sku_id: stock for stocks in answers for stock in stocks}


def _stocks(api: TikTokApi, sku_ids: Sequence[str]) -> list[Stock]:
    """One id that TikTok Shop refuses spoils the whole call: the list is halved until it is found, and left out."""
    try:
        return list(read_stocks(api.inventory(sku_ids)))
    except Refused as refusal:
        if refusal.code not in BAD_IDS:
            raise
        if len(sku_ids) == 1:
            return []
    middle = len(sku_ids) // 2
    return _stocks(api, sku_ids[:middle]) + _stocks(api, sku_ids[middle:])


def read_again(api: TikTokApi, keys: Sequence[ListingKey], workers: int) -> list[Product]:
    """The products of these listings as they are now, one call each: only the single call tells a bundle.

    It does not show what is frozen or deleted: that is searched for by its SKUs. Raises ReadFault, Malformed.
    """
    ids = list(dict.fromkeys(key.item_id for key in keys))
    told = gather((partial(_product, api, product_id) for product_id in ids), workers)
    found = [product for product in told if product is not None]
    missing = set(ids) - {product.id for product in found}
    skus = list(dict.fromkeys(key.variation_id for key in keys if key.item_id in missing))
    again = _by_skus(api, skus, workers)
    return [*found, *(again[product_id] for product_id in ids if product_id in again)]


def read_known(api: TikTokApi, skus: Mapping[str, str], workers: int) -> dict[str, Product]:
    """Products by id, as searches show them, each found by one of its SKUs (`skus`), ten a call; what these do not find
    is asked for by itself. Raises ReadFault, Malformed.
    """
    found = _by_skus(api, list(skus.values()), workers)
    lacking = [product_id for product_id in skus if product_id not in found]
    alone = gather((partial(_product, api, product_id) for product_id in lacking), workers)
    return {
        **{product_id: found[product_id] for product_id in skus if product_id in found},
        **{product.id: product for product in alone if product is not None},
    }


def _by_skus(api: TikTokApi, skus: Sequence[str], workers: int) -> dict[str, Product]:
    chunks = (skus[start : start + SKUS_OF_SEARCH] for start in range(0, len(skus), SKUS_OF_SEARCH))
    pages = gather((partial(api.products, "", {"sku_ids": chunk}) for chunk in chunks), workers)
    return {product.id: product for page in pages for product in map(read_product, page.rows)}


def _product(api: TikTokApi, product_id: str) -> Product | None:
    try:
        row = api.product(product_id)
    except Refused as refusal:
        if refusal.code not in {*GONE, NOT_ACTIVE}:
            raise
        return None
    return read_product(row) if row else None
