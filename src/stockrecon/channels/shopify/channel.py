"""The Shopify channel: one shop, read and written through the Admin GraphQL API. See docs/channels/shopify.md."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
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
    WriteAnswer,
)
from stockrecon.channels.capabilities import capabilities
from stockrecon.channels.keeper import Granted, TokenKeeper
from stockrecon.channels.rotation import outside
from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.bulk import BulkReader
from stockrecon.channels.shopify.check import account_lines, check_lines
from stockrecon.channels.shopify.cost import Purse
from stockrecon.channels.shopify.errors import judge_for
from stockrecon.channels.shopify.fields import text
from stockrecon.channels.shopify.listings import key_of, listing_of, stock_of
from stockrecon.channels.shopify.locations import Counted, counted, read_locations
from stockrecon.channels.shopify.opening import Opening, Sizes, opened
from stockrecon.channels.shopify.reading import Reading, cutoff
from stockrecon.channels.shopify.shop import OLD_ORDERS, ShopInfo, read_scopes
from stockrecon.channels.shopify.tokens import (
    Grant,
    Nowhere,
    ShopifyGrants,
    TokenHeader,
    credentials_of,
    sent_token,
)
from stockrecon.channels.shopify.updates import updated
from stockrecon.channels.shopify.variants import VariantReader
from stockrecon.channels.shopify.writing import Stock, StockWriter, batches
from stockrecon.channels.telling import clock_warning, documented
from stockrecon.core.model import Listing, ListingKey
from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault
from stockrecon.rest import Client, Request, Transport

_MAKER = "stockrecon.channels.shopify:ShopifyChannel"
"""What a renewal in a process of its own makes."""
_TOKEN_LIFE = timedelta(minutes=10)
"""An access token that ends within this is renewed before a request that writes."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ShopifyChannel:
    """One Shopify shop. Raises UsageFault where the settings lack what every call needs.

    `transport` and `storage` (where a bulk operation's file is), `jitter` and `monotonic` are for tests.
    """

    # Reference: Shopify 1.3 (the index), 1.9 (a variant that is no longer stocked somewhere is a message).
    untold = "Shopify's lists of updates lag behind by seconds, and name no variant that is stocked nowhere any more"

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        storage: Transport | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self.capabilities = capabilities("shopify")
        self._surroundings = surroundings
        self._storage = storage
        self._jitter = jitter
        self._monotonic = monotonic
        self._credentials = credentials_of(settings)
        grant = self._credentials.grant
        self._base_url = settings.base_url or f"https://{self._credentials.shop}"
        self._store = Nowhere() if grant is Grant.TOKEN else surroundings.tokens
        beside = outside(_MAKER, settings, surroundings, lambda: self._client.now())
        self._keeper = TokenKeeper(settings.name, self._store, self._credentials.configured, self.refresh, beside)
        renewable = grant is not Grant.TOKEN
        self._client = self._client_of(
            self._base_url, self._secrets, transport, TokenHeader(self._keeper.access), self._refused
        )
        self._purse = Purse(monotonic=monotonic, sleep=surroundings.sleep)
        self._api = ShopifyApi(self._client, self._purse, renewable=renewable)
        self._grants = ShopifyGrants(self._client, self._base_url, self._credentials)
        self._rules: Counted | None = None
        self._sizes = Sizes.of(None, ())
        self._stock: dict[ListingKey, Stock] = {}
        self._writer = StockWriter(self._api, self._stock, self._make_ready, self.reread, monotonic)

    def pull(self, request: PullRequest) -> Pulled:
        """Shop, locations, variants, orders: in this order, so that what is ordered meanwhile is among the orders."""
        with documented(self.settings.name, "Shopify"):
            before = self._client.requests
            begun = self._begun(self.settings.region)
            bulk = self._bulk()
            reading = self._reading(begun.rules, request.spool)
            reading.found.warnings += [*begun.rules.warnings, *self._warnings(request)]
            tables = reading.listings(begun.variants, bulk)
            tables |= reading.orders(request.orders_since)
            reading.found.warnings += [*self._lacking(), *clock_warning(self._client.skew, "Shopify")]
            return Pulled(
                shop=self.settings.name,
                channel="shopify",
                as_of=reading.as_of.replace(microsecond=0),
                complete=not reading.found.reasons,
                capabilities=self.capabilities,
                tables=tables,
                zone=begun.info.zone or "UTC",
                identity=self._identity(begun.info),
                reason="; ".join(reading.found.reasons[:3]),
                requests=self._client.requests - before + bulk.requests,
                warnings=reading.found.bounded(),
                items=len(reading.sizes),
                terms=begun.rules.terms,
            )

    def changed(self, request: ChangesRequest) -> Changed:
        """Products by the updates of all that belongs to them, orders by theirs; see PullsChanges.

        The number of variants proves the products: here where none was updated, else with what `read_items` reads.
        """
        with documented(self.settings.name, "Shopify"):
            if request.orders_only:
                return self._only_orders(request)
            before = self._client.requests
            begun = self._begun()
            reading = self._reading(begun.rules, request.spool)
            self._sizes = Sizes.of(begun.variants, (item for item, _ in request.known))
            told = updated(self._api, begun.rules, request.since, request.named)
            orders = reading.orders(request.orders_since)["orders"]
            doubt = told.doubt or ("" if told.products else self._sizes.doubt)
            return Changed(
                as_of=reading.as_of.replace(microsecond=0),
                orders=orders,
                items=frozenset(told.products),
                count=len(self._sizes.known.keys() | told.products),
                doubt="; ".join([*([doubt] if doubt else []), *reading.found.reasons][:3]),
                zone=begun.info.zone or "UTC",
                identity=self._identity(begun.info),
                terms=begun.rules.terms,
                requests=self._client.requests - before,
                warnings=(
                    *begun.rules.warnings,
                    *reading.found.bounded(),
                    *clock_warning(self._client.skew, "Shopify"),
                ),
            )

    def _only_orders(self, request: ChangesRequest) -> Changed:
        """By the locations as they were read for the earlier answer."""
        before = self._client.requests
        self._keeper.ensure()
        reading = self._reading(self._counted(), request.spool)
        return Changed(
            as_of=reading.as_of.replace(microsecond=0),
            orders=reading.orders(request.orders_since)["orders"],
            items=frozenset(),
            count=None,
            doubt="; ".join(reading.found.reasons[:3]),
            requests=self._client.requests - before,
        )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """Products by id, read fresh, with all their variants; with those that are known they have to be all."""
        with documented(self.settings.name, "Shopify"):
            before = self._client.requests
            reading = self._reading(self._counted(), spool)
            tables = reading.products({item: self._sizes.known[item] for item in sorted(items)})
            self._sizes.read(items, reading.sizes)
            doubt = self._sizes.doubt
            return ItemsRead(
                listings=tables["listings"],
                campaigns=tables["campaigns"],
                items=frozenset(reading.sizes),
                doubt="; ".join([*reading.found.reasons, *([doubt] if doubt else [])][:3]),
                requests=self._client.requests - before,
                warnings=(*reading.found.bounded(), *self._lacking()),
            )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These listings again, 250 a call, read fresh by their ids. What is gone is left out.

        Seller SKUs (`names`) are not unique at Shopify, and searches lag behind.
        """
        wanted = {key.variation_id: key for key in keys if key.variation_id}
        if not wanted:
            return {}
        with documented(self.settings.name, "Shopify"):
            self._keeper.ensure()
            rules = self._counted()
            found: dict[ListingKey, Listing] = {}
            variants = VariantReader(self._api, rules).some(list(wanted))
            for key in keys:
                self._stock.pop(key, None)
            for variant in variants:
                key = key_of(variant, self.settings.name)
                if wanted.get(variant.number) == key and variant.whole:
                    found[key] = listing_of(variant, self.settings.name, rules)
                    levels = stock_of(variant, rules)
                    self._stock[key] = Stock(variant.item, {place: one.available for place, one in levels.items()})
            return found

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """At most 250 listings; what lowers and what raises apart."""
        return list(batches(writes))

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """Compare-and-set of one group; see Channel.write. A conflict is told as one, and nothing is overwritten."""
        return self._writer.write(batch)

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token, or the client's credentials, for new tokens; saves nothing. See `channels.keeper`."""
        return self._grants.refresh(token)

    def check(self) -> Sequence[CheckLine]:
        """Token life, clock, shop and plan, scopes, locations, points, API version, and what can be done."""
        return check_lines(self.settings, self._api, self._keeper, self._credentials)

    def account(self) -> Sequence[CheckLine]:
        """The part of `check` that is about the token: whose shop, how long, what the app may."""
        return account_lines(self.settings, self._api, self._keeper, self._credentials)[0]

    def close(self) -> None:
        self._client.close()

    def _begun(self, region: str = "") -> Opening:
        self._keeper.ensure()
        begun = opened(self._api, self._credentials.shop, self._location, region)
        self._rules = begun.rules
        return begun

    def _identity(self, info: ShopInfo) -> str:
        return info.domain or self._credentials.shop

    def _bulk(self) -> BulkReader:
        return BulkReader(
            self._api,
            lambda url, secrets: self._client_of(url, secrets, self._storage),
            loopback=urlsplit(self._base_url).hostname in _LOOPBACK,
            monotonic=self._monotonic,
            sleep=self._surroundings.sleep,
        )

    def _reading(self, rules: Counted, spool: Path) -> Reading:
        by_name = self.settings.options.get("order_id") == "name"
        return Reading(self._api, self.settings.name, rules, spool, self._surroundings.progress, by_name)

    def _client_of(
        self,
        base_url: str,
        secrets: Callable[[], Sequence[str]],
        transport: Transport | None,
        signer: TokenHeader | None = None,
        authorise: Callable[[Request], None] | None = None,
    ) -> Client:
        return Client(
            who=self.settings.name,
            base_url=base_url,
            judge=judge_for(self.settings.name, "answer", lambda cost: None, renewable=authorise is not None),
            clock=self._surroundings.clock,
            sleep=self._surroundings.sleep,
            monotonic=self._monotonic,
            jitter=self._jitter,
            signer=signer,
            authorise=authorise,
            secrets=secrets,
            transport=transport,
        )

    def _secrets(self) -> Sequence[str]:
        return (*self._credentials.secrets, *self._keeper.secrets())

    def _refused(self, request: Request) -> None:
        self._keeper.renew(sent_token(request))

    def _make_ready(self) -> None:
        self._keeper.ready(_TOKEN_LIFE, self._client.now())

    @property
    def _location(self) -> str:
        return text(self.settings.options.get("location_id"))

    def _counted(self) -> Counted:
        """The locations that count, read once."""
        if self._rules is None:
            self._rules = counted(self.settings.name, read_locations(self._api), self._location)
        return self._rules

    def _warnings(self, request: PullRequest) -> list[str]:
        warnings = [self._api.another_version] if self._api.another_version else []
        if cutoff(request.orders_since, self._api.now()):
            try:
                told = OLD_ORDERS in read_scopes(self._api)
            except ReadFault:
                told = False
            if not told:
                warnings.append(f"orders older than 60 days are not told: the app lacks {OLD_ORDERS}")
        return warnings

    def _lacking(self) -> list[str]:
        told = {"requiresComponents": "bundles are not recognised", "publishedAt": "the online store is not looked at"}
        return [f"Shopify does not tell {field}: {told[field]}" for field in sorted(self._api.lacks)]


class AuthorisedShopifyChannel(ShopifyChannel):
    """A shop whose seller authorised the app on Shopify's page, and whose tokens end."""

    @property
    def authorisation(self) -> Authorisation:
        """Token lives, and how a person gives new tokens."""
        now = self._client.now
        return Authorisation(self.settings.name, self._store, self._keeper, self._grants, now, lengthens=True)

    def pull(self, request: PullRequest) -> Pulled:
        """As above, with what a refresh token's end needs to be told."""
        pulled = super().pull(request)
        return replace(pulled, warnings=(*self.authorisation.warnings(pulled.as_of), *pulled.warnings))


def channel_of(settings: ShopSettings, surroundings: Surroundings, **tools: Any) -> ShopifyChannel:
    """The channel of one shop, by how its access token is had. `tools`: see ShopifyChannel. Raises UsageFault."""
    by_code = credentials_of(settings).grant is Grant.AUTHORIZATION_CODE
    return (AuthorisedShopifyChannel if by_code else ShopifyChannel)(settings, surroundings, **tools)
