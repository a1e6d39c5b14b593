"""The Shopify channel: one shop, read and written through the Admin GraphQL API. See docs/channels/shopify.md."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from stockrecon.channels.authorise import Authorisation
from stockrecon.channels.base import CheckLine, PullRequest, ShopSettings, StockWrite, Surroundings, WriteAnswer
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
from stockrecon.channels.shopify.reading import Reading, VariantReader, cutoff
from stockrecon.channels.shopify.shop import OLD_ORDERS, read_account, read_scopes, read_shop
from stockrecon.channels.shopify.tokens import (
    Grant,
    Nowhere,
    ShopifyGrants,
    TokenHeader,
    credentials_of,
    sent_token,
)
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
        self._stock: dict[ListingKey, Stock] = {}
        self._writer = StockWriter(self._api, self._stock, self._make_ready, self.reread, monotonic)

    def pull(self, request: PullRequest) -> Pulled:
        """Shop, locations, variants, orders: in this order, so that what is ordered meanwhile is among the orders."""
        with documented(self.settings.name, "Shopify"):
            before = self._client.requests
            self._keeper.ensure()
            info = read_shop(self._api, self._credentials.shop)
            if self.settings.region:
                read_account(self._api, self.settings.region)
            rules = self._counted()
            bulk = BulkReader(
                self._api,
                lambda url, secrets: self._client_of(url, secrets, self._storage),
                loopback=urlsplit(self._base_url).hostname in _LOOPBACK,
                monotonic=self._monotonic,
                sleep=self._surroundings.sleep,
            )
            by_name = self.settings.options.get("order_id") == "name"
            progress = self._surroundings.progress
            reading = Reading(self._api, self.settings.name, rules, bulk, request.spool, progress, by_name)
            reading.found.warnings += self._warnings(request)
            tables = reading.listings()
            tables |= reading.orders(request.orders_since)
            reading.found.warnings += [*self._lacking(), *clock_warning(self._client.skew, "Shopify")]
            return Pulled(
                shop=self.settings.name,
                channel="shopify",
                as_of=reading.as_of.replace(microsecond=0),
                complete=not reading.found.reasons,
                capabilities=self.capabilities,
                tables=tables,
                zone=info.zone or "UTC",
                identity=info.domain or self._credentials.shop,
                reason="; ".join(reading.found.reasons[:3]),
                requests=self._client.requests - before + bulk.requests,
                warnings=reading.found.bounded(),
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

    def _counted(self) -> Counted:
        """The locations that count, read once."""
        if self._rules is None:
            wanted = text(self.settings.options.get("location_id"))
            self._rules = counted(self.settings.name, read_locations(self._api), wanted)
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
