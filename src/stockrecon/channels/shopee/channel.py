"""The Shopee channel: one shop, read and written over HTTP. See docs/channels/shopee.md."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from stockrecon.channels.authorise import Authorisation
from stockrecon.channels.base import (
    Changed,
    ChangesRequest,
    CheckLine,
    ItemsRead,
    PullRequest,
    ShopSettings,
    StockWrite,
    Surroundings,
    Tokens,
    WriteAnswer,
)
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.keeper import Granted, TokenKeeper
from stockrecon.channels.origins import Origins
from stockrecon.channels.rotation import outside
from stockrecon.channels.shopee.api import ShopeeApi
from stockrecon.channels.shopee.check import account_lines, check_lines
from stockrecon.channels.shopee.errors import NOT_FOUND, Refused, judge_for
from stockrecon.channels.shopee.fields import objects
from stockrecon.channels.shopee.listings import Item, ShopRules, listings_of, read_item, with_models
from stockrecon.channels.shopee.paging import updated_items
from stockrecon.channels.shopee.places import Place, places_by_key
from stockrecon.channels.shopee.reading import Reading, batches_of
from stockrecon.channels.shopee.shop import ShopInfo, holiday, read_origins, read_shop
from stockrecon.channels.shopee.sign import HOSTS, ShopeeSigner
from stockrecon.channels.shopee.tokens import ShopeeGrants
from stockrecon.channels.shopee.writing import StockWriter, batches
from stockrecon.channels.telling import clock_warning, documented
from stockrecon.core.model import Listing, ListingKey
from stockrecon.core.secret import Secret
from stockrecon.core.sources import Pulled
from stockrecon.errors import UsageFault
from stockrecon.rest import Client, Transport, gather, shared_bucket

DEFAULT_RATE = 5.0
"""Requests per second and partner: Shopee publishes no limit, this is careful (reference: Shopee 7)."""
_MAKER = "stockrecon.channels.shopee:ShopeeChannel"
"""What a renewal in a process of its own makes."""


class ShopeeChannel:
    """One Shopee shop. Raises UsageFault where the settings lack what every call needs."""

    # Reference: Shopee 3.1 (a write of stock does not move update_time), 6.3 (no message covers ordinary stock).
    untold = "Shopee tells of no number that another program sets, nor of a campaign whose message was lost"

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.capabilities = capabilities("shopee")
        self._surroundings = surroundings
        options = settings.options
        self._shop_id = _number(settings, "shop_id")
        partner = _number(settings, "partner_id")
        key = options.get("partner_key")
        if not isinstance(key, Secret):
            raise UsageFault(f"{settings.name}: partner_key is missing")
        configured = Tokens(_revealed(options.get("access_token")), _revealed(options.get("refresh_token")))
        beside = outside(_MAKER, settings, surroundings, lambda: self._client.now())
        self._keeper = TokenKeeper(settings.name, surroundings.tokens, configured, self.refresh, beside)
        signer = ShopeeSigner(partner, key, self._shop_id, self._keeper.access)
        base_url = settings.base_url or HOSTS.get(str(options.get("host", "global")), HOSTS["global"])
        self.rate = float(str(options.get("requests_per_second") or DEFAULT_RATE))
        bucket = shared_bucket(
            urlsplit(base_url).netloc, partner, self.rate, monotonic=monotonic, sleep=surroundings.sleep
        )
        self._client = Client(
            who=settings.name,
            base_url=base_url,
            judge=judge_for(settings.name, "answer"),
            clock=surroundings.clock,
            sleep=surroundings.sleep,
            monotonic=monotonic,
            jitter=jitter,
            signer=signer,
            authorise=self._keeper.refused,
            bucket=bucket,
            secrets=lambda: (key.reveal(), *self._keeper.secrets()),
            transport=transport,
        )
        self._api = ShopeeApi(self._client)
        self._grants = ShopeeGrants(self._client, base_url, partner, self._shop_id, signer.sign)
        self._info: ShopInfo | None = None
        self._origins: Origins | None = None
        self._places: dict[ListingKey, tuple[Place, ...]] = {}
        self._writer = StockWriter(self._api, self._location, self._places, self._keeper.ensure, self.reread)
        # Enough threads to keep the rate where an answer takes two seconds.
        self._workers = max(2, min(16, round(2 * self.rate)))

    def pull(self, request: PullRequest) -> Pulled:
        """Shop, listings, campaigns, orders: in this order, so that what is ordered meanwhile is among the orders."""
        with documented(self.settings.name, "Shopee"):
            before = self._client.requests
            info, as_of, reading = self._begun(request.spool)
            tables = reading.listings()
            reading.found.warnings += reading.several_places()
            tables |= reading.orders(request.orders_since, self._sent_from())
            reading.found.warnings += clock_warning(self._client.skew, "Shopee")
            return Pulled(
                shop=self.settings.name,
                channel="shopee",
                as_of=as_of,
                complete=not reading.found.reasons,
                capabilities=self.capabilities,
                tables=tables,
                zone=info.zone,
                identity=self._identity(info),
                reason="; ".join(reading.found.reasons[:3]),
                requests=self._client.requests - before,
                warnings=reading.found.bounded(),
                items=len(reading.items),
                terms=_terms(info),
            )

    def changed(self, request: ChangesRequest) -> Changed:
        """Orders by their update, items by theirs, and the number of items; see PullsChanges."""
        with documented(self.settings.name, "Shopee"):
            if request.orders_only:
                return self._only_orders(request)
            before = self._client.requests
            info, as_of, reading = self._begun(request.spool)
            listed, count = updated_items(self._api, request.since)
            orders = reading.orders(request.orders_since, self._sent_from())["orders"]
            reading.found.warnings += clock_warning(self._client.skew, "Shopee")
            return Changed(
                as_of=as_of,
                orders=orders,
                items=frozenset(listed.ids),
                count=count,
                doubt="; ".join([*([listed.reason] if listed.reason else []), *reading.found.reasons][:3]),
                zone=info.zone,
                identity=self._identity(info),
                terms=_terms(info),
                requests=self._client.requests - before,
                warnings=reading.found.bounded(),
            )

    def _only_orders(self, request: ChangesRequest) -> Changed:
        """By the shop as it was read for the earlier answer."""
        before = self._client.requests
        self._keeper.ensure()
        reading = self._reading(request.spool)
        return Changed(
            as_of=self._client.now().replace(microsecond=0),
            orders=reading.orders(request.orders_since, self._sent_from())["orders"],
            items=frozenset(),
            count=None,
            doubt="; ".join(reading.found.reasons[:3]),
            requests=self._client.requests - before,
        )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """By id: base info by 50, a model list per item with models, promotions by 50."""
        with documented(self.settings.name, "Shopee"):
            before = self._client.requests
            reading = self._reading(spool)
            tables = reading.listings_of(sorted(items))
            return ItemsRead(
                listings=tables["listings"],
                campaigns=tables["campaigns"],
                items=frozenset(reading.items),
                doubt="; ".join(reading.found.reasons[:3]),
                requests=self._client.requests - before,
                warnings=reading.found.bounded(),
            )

    def _begun(self, spool: Path) -> tuple[ShopInfo, datetime, Reading]:
        """The shop, its time, and a reading with what there is to say of the shop itself."""
        self._keeper.ensure()
        info = self._info = read_shop(self._api, self._shop_id, self.settings.region)
        # From here on listings are read: an order placed later may or may not be in their numbers.
        as_of = self._client.now().replace(microsecond=0)
        reading = self._reading(spool)
        reading.found.warnings += [*info.warnings(self._client.who, as_of), *self.authorisation.warnings(as_of)]
        if closed := holiday(self._api):
            reading.found.warnings.append(closed)
        # Before the listings are read, which takes long: without an answer the orders could not be told apart.
        self._origins = read_origins(self._api, self._location)
        return info, as_of, reading

    def _reading(self, spool: Path) -> Reading:
        """By the shop as it was read last."""
        info = self._info or read_shop(self._api, self._shop_id, self.settings.region)
        return Reading(self._api, self._rules(info), spool, self._workers, self._surroundings.progress)

    def _identity(self, info: ShopInfo) -> str:
        return f"{info.region} {self._shop_id}".strip()

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These listings again: base info by 50 and one model list per item with models. What is gone is left out.

        Seller SKUs (`names`) find nothing at Shopee that ids do not.
        """
        wanted = set(keys)
        item_ids = list(dict.fromkeys(key.item_id for key in keys))
        if not item_ids:
            return {}
        with documented(self.settings.name, "Shopee"):
            self._keeper.ensure()
            if self._info is None:
                self._info = read_shop(self._api, self._shop_id, self.settings.region)
            rules = self._rules(self._info)
            pages = gather((partial(self._api.base_info, batch) for batch in batches_of(item_ids)), self._workers)
            items = [
                read_item(base)
                for page in pages
                for base in objects(page.get("item_list"), "get_item_base_info: item_list")
            ]
            with_all = [item for item in items if not item.has_models]
            having = [item for item in items if item.has_models]
            lists = gather((partial(self._models, item) for item in having), self._workers)
            with_all += [item for item in lists if item is not None]
            shown = (each for item in with_all for each in places_by_key(item, self.settings.name))
            self._places.update((key, places) for key, places in shown if key in wanted)
            untold: list[str] = []  # what shows no stock any more is missing from the answer, which says enough
            found = (listing for item in with_all for listing in listings_of(item, rules, untold))
            return {listing.key: listing for listing in found if listing.key in wanted}

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """Models of one item, at most 50; what lowers and what raises apart."""
        return list(batches(writes))

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """One update_stock, sent once; see Channel.write."""
        return self._writer.write(batch)

    @property
    def authorisation(self) -> Authorisation:
        """Token lives, and how a person gives new tokens."""
        tokens = self._surroundings.tokens
        return Authorisation(self.settings.name, tokens, self._keeper, self._grants, self._client.now, lengthens=True)

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair; saves nothing. See `channels.keeper`."""
        return self._grants.refresh(token)

    def check(self) -> Sequence[CheckLine]:
        """Token life, clock, the shop, rights, rate, its holiday mode and warehouses, and what can be done."""
        return check_lines(self.settings, self._api, self._keeper, self._shop_id, self.rate, self.capabilities)

    def account(self) -> Sequence[CheckLine]:
        """The part of `check` that is about the authorisation: whose, how long, what it may."""
        return account_lines(self.settings, self._api, self._keeper, self._shop_id, self.rate)[0]

    def close(self) -> None:
        self._client.close()

    def _models(self, item: Item) -> Item | None:
        try:
            return with_models(item, self._api.model_list(item.id))
        except Refused as refusal:
            if refusal.code != NOT_FOUND:
                raise
            return None

    @property
    def _location(self) -> str | None:
        location = self.settings.options.get("location_id")
        return str(location) if location else None

    def _rules(self, info: ShopInfo) -> ShopRules:
        computed = self.settings.options.get("computed")
        named = frozenset(computed) if isinstance(computed, tuple) else frozenset()
        return ShopRules(self.settings.name, self._location, info.platform_only, named)

    def _sent_from(self) -> Origins:
        """What tells the lines of orders that take of the location that counts, as it was read last."""
        if self._origins is None:
            self._origins = read_origins(self._api, self._location)
        return self._origins


def _terms(info: ShopInfo) -> str:
    """Whose the stock is changes what every row means."""
    return "platform only" if info.platform_only else ""


def _number(settings: ShopSettings, name: str) -> str:
    value = str(settings.options.get(name, ""))
    if not (value.isascii() and value.isdigit()):
        raise UsageFault(f"{settings.name}: {name} must be a number")
    return value


def _revealed(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else ""
