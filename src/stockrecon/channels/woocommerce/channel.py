"""The WooCommerce channel: one shop, read and written over HTTP. See docs/channels/woocommerce.md."""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from stockrecon.channels.base import (
    Changed,
    ChangesRequest,
    CheckLine,
    ItemsRead,
    PullRequest,
    ShopSettings,
    StockWrite,
    Surroundings,
    WriteAnswer,
)
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.telling import clock_warning, documented
from stockrecon.channels.woocommerce.again import read_again
from stockrecon.channels.woocommerce.api import WooApi
from stockrecon.channels.woocommerce.changes import NOTHING_KEPT, Changes
from stockrecon.channels.woocommerce.check import check_lines
from stockrecon.channels.woocommerce.errors import judge_for
from stockrecon.channels.woocommerce.noted import Known
from stockrecon.channels.woocommerce.reading import Reading
from stockrecon.channels.woocommerce.shop import MANAGES_OFF, StockSettings, stock_settings
from stockrecon.channels.woocommerce.sign import Way, WooSigner, usual_way
from stockrecon.channels.woocommerce.site import Permalinks, Site
from stockrecon.channels.woocommerce.variations import Variations
from stockrecon.channels.woocommerce.writing import StockWriter, batches
from stockrecon.core.model import Capabilities, Listing, ListingKey
from stockrecon.core.secret import Secret
from stockrecon.core.sources import Pulled
from stockrecon.errors import UsageFault
from stockrecon.rest import Client, Transport, shared_bucket

DEFAULT_RATE = 5.0
"""Requests per second and shop: WooCommerce has no limit of its own, its host may have (reference: 3.1)."""
_NO_HOLD = timedelta(hours=72)
"""How long an unpaid order is waited for where nothing ends it by itself."""
_NOISY = "PHP notices stand before the shop's answers: switch display_errors off there"


class WooCommerceChannel:
    """One WooCommerce shop. Raises UsageFault where the settings lack what every call needs.

    `nonce` gives a text that was not used before; it, `transport`, `jitter` and `monotonic` are for tests.
    """

    # Reference: WooCommerce 3.3, 3.4 (orders and edits are what moves a number; plug-ins have ways of their own).
    untold = "WooCommerce tells of no stock that a plug-in moves without an order or an edit"
    _known: tuple[Mapping[str, Path], Known | None] | None = None

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self.settings = settings
        self.capabilities = capabilities("woocommerce")
        self._surroundings = surroundings
        options = settings.options
        key, secret = _plain(options.get("consumer_key")), options.get("consumer_secret")
        if not settings.base_url or not key or not isinstance(secret, Secret):
            raise UsageFault(f"{settings.name}: base_url, consumer_key and consumer_secret are needed")
        base_url = settings.base_url.rstrip("/")
        self.way = Way(str(options["auth"])) if options.get("auth") else usual_way(base_url)
        self.rate = float(str(options.get("requests_per_second") or DEFAULT_RATE))
        self._client = Client(
            who=settings.name,
            base_url=base_url,
            judge=judge_for(settings.name, "answer"),
            clock=surroundings.clock,
            sleep=surroundings.sleep,
            monotonic=monotonic,
            jitter=jitter,
            signer=WooSigner(base_url, key, secret, self.way, nonce),
            bucket=shared_bucket(base_url, key, self.rate, monotonic=monotonic, sleep=surroundings.sleep),
            # The pair is what Basic authentication puts into base64.
            secrets=lambda: (f"{key}:{secret.reveal()}", secret.reveal(), key),
            transport=transport,
        )
        form = str(options.get("permalinks") or "auto")
        self._api = WooApi(self._client, None if form == "auto" else Permalinks(form))
        # Enough threads to keep the rate where an answer takes two seconds.
        self._workers = max(2, min(16, round(2 * self.rate)))
        self._variations = Variations(self._api, self._workers)
        self._writer = StockWriter(self._api)

    def pull(self, request: PullRequest) -> Pulled:
        """Settings, products, variations, orders: what is ordered while listings are read is among the orders."""
        with documented(self.settings.name, "WooCommerce"):
            before = self._client.requests
            site = self._api.site or Site()
            known = stock_settings(self._api)
            self.capabilities = _capabilities(known)
            # From here on listings are read: an order placed later may or may not be in their numbers.
            as_of = self._api.now().replace(microsecond=0)
            reading = self._reading(request.spool)
            if known is not None and not known.manages:
                reading.found.warnings.append(MANAGES_OFF)
            tables, made, noted = reading.listings()
            reading.orders(request.orders_since, made.pooled)
            tables |= reading.known_orders() | reading.note(noted)
            reading.found.warnings += self._oddities()
            return Pulled(
                shop=self.settings.name,
                channel="woocommerce",
                as_of=as_of,
                complete=not reading.found.reasons,
                capabilities=self.capabilities,
                tables=tables,
                zone=site.zone,
                identity=site.home,
                reason="; ".join(reading.found.reasons[:3]),
                requests=self._client.requests - before,
                warnings=reading.found.bounded(),
                items=len({one.key.item_id for one in made.listings}),
                terms=_terms(known),
            )

    def changed(self, request: ChangesRequest) -> Changed:
        """Products, variations and orders by their last change, proven by how many there are; see PullsChanges."""
        with documented(self.settings.name, "WooCommerce"):
            before = self._client.requests
            site = self._api.site or Site()
            settings = None if request.orders_only else stock_settings(self._api)
            as_of = self._api.now().replace(microsecond=0)
            reading, changes = self._reading(request.spool), self._changes(request, settings)
            if not changes.doubts:
                reading.orders(request.orders_since, changes.pooled)
            if not changes.doubts and not request.orders_only:
                self.capabilities = _capabilities(settings)
                changes.judge(reading.ordered)
            items = changes.items(reading.ordered, request.named)
            noted = None if request.orders_only else changes.noted(reading.ordered)
            return Changed(
                as_of=as_of,
                orders=reading.known_orders()["orders"],
                items=items,
                count=len({item for item, _ in request.known} | items),
                doubt="; ".join([*changes.doubts, *reading.found.reasons][:3]),
                zone=site.zone,
                identity=site.home,
                terms=_terms(settings),
                requests=self._client.requests - before,
                warnings=(*reading.found.bounded(), *self._oddities()),
                noted=noted.write(request.spool, self.settings.name) if noted else None,
            )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """Products by id with all their variations, which have to be those that are known, and those that are new."""
        with documented(self.settings.name, "WooCommerce"):
            before = self._client.requests
            reading = self._reading(spool)
            tables, made = reading.items(sorted(items))
            known = self._known[1] if self._known else None
            doubt = known.misfit(items, made) if known else NOTHING_KEPT
            return ItemsRead(
                listings=tables["listings"],
                campaigns=tables["campaigns"],
                items=frozenset(one.key.item_id for one in made.listings),
                doubt="; ".join([*reading.found.reasons, *([doubt] if doubt else [])][:3]),
                requests=self._client.requests - before,
                warnings=reading.found.bounded(),
            )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These listings again: products by 100, variations by 100 or by product. What is gone is left out.

        Seller SKUs (`names`) find nothing here that ids do not.
        """
        if not keys:
            return {}
        with documented(self.settings.name, "WooCommerce"):
            return read_again(self._api, self._variations, keys, self.settings.name, self._workers)

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """Products, or variations of one product, at most 20; what lowers and what raises apart."""
        return list(batches(writes))

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """One batch, sent once; see Channel.write."""
        return self._writer.write(batch)

    def check(self) -> Sequence[CheckLine]:
        """Key and rights, clock, addresses, version, what the shop's settings say of stock; touches none."""
        return check_lines(self.settings, self._api, self._variations, self.way, self.rate)

    def close(self) -> None:
        self._client.close()

    def _reading(self, spool: Path) -> Reading:
        name, progress = self.settings.name, self._surroundings.progress
        return Reading(self._api, self._variations, name, spool, self._workers, progress)

    def _changes(self, request: ChangesRequest, settings: StockSettings | None) -> Changes:
        """What was edited since, by what the reading knew that is gone on from and what was found since."""
        if self._known is None or self._known[0] is not request.tables:
            self._known = request.tables, Known.of(request.tables)
        known = self._known[1]
        changes = Changes(self._api, self._variations, known or Known(), self._workers)
        if known is None:
            changes.doubts.append(NOTHING_KEPT)
        elif not request.orders_only:
            changes.ask(settings, request.since)
        return changes

    def _oddities(self) -> Iterator[str]:
        yield from clock_warning(self._client.skew, "the shop")
        if self._api.noisy:
            yield _NOISY


def _capabilities(known: StockSettings | None) -> Capabilities:
    """WooCommerce's, with the time after which this shop has cancelled an unpaid order: the job that does it runs once
    in as long a time as the hold takes, so the last order that it missed is as old as two holds (see capabilities).
    """
    usual = capabilities("woocommerce")
    if known is None:
        return usual
    return replace(usual, unpaid_cancelled_after=2 * known.hold if known.hold else _NO_HOLD)


def _terms(known: StockSettings | None) -> str:
    """Where stock management is switched off, every product says that nobody manages its number; none is edited."""
    return "" if known is None else f"stock management: {'on' if known.manages else 'off'}"


def _plain(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else str(value or "")
