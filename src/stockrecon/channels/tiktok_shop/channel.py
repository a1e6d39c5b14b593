"""The TikTok Shop channel: one shop, read and written over HTTP. See docs/channels/tiktok-shop.md.

Tokopedia sells from the same stock through the same calls, so a shop that sells on both is one shop here.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
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
from stockrecon.channels.rotation import outside
from stockrecon.channels.telling import clock_warning, documented
from stockrecon.channels.tiktok_shop.api import TikTokApi
from stockrecon.channels.tiktok_shop.asking import read_again, read_known, read_stock
from stockrecon.channels.tiktok_shop.check import Checked, account_lines, check_lines
from stockrecon.channels.tiktok_shop.holding import Holding
from stockrecon.channels.tiktok_shop.listings import Notes, ShopRules, listings_of
from stockrecon.channels.tiktok_shop.opening import Opening
from stockrecon.channels.tiktok_shop.products import Product
from stockrecon.channels.tiktok_shop.reading import Reading, some
from stockrecon.channels.tiktok_shop.sending import turned
from stockrecon.channels.tiktok_shop.shops import Wanted
from stockrecon.channels.tiktok_shop.sign import TikTokSigner, token_of
from stockrecon.channels.tiktok_shop.stock import Place
from stockrecon.channels.tiktok_shop.tokens import AUTH_HOST, CONSENT_HOST, CONSENT_HOSTS, TikTokGrants
from stockrecon.channels.tiktok_shop.verdicts import Refused, judge_for
from stockrecon.channels.tiktok_shop.warehouses import Warehouses, read_warehouses
from stockrecon.channels.tiktok_shop.writing import StockWriter, batches
from stockrecon.core.model import Listing, ListingKey
from stockrecon.core.secret import Secret
from stockrecon.core.sources import NOTED, Pulled
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import Client, Request, Transport, shared_bucket

HOST = "https://open-api.tiktokglobalshop.com"
"""One host for all markets, and for test shops (reference: TikTok Shop 2.1)."""
DEFAULT_RATE = 20.0
"""Requests per second and shop: TikTok Shop lets an app have 50 of each call (reference: TikTok Shop 2.4)."""
_MAKER = "stockrecon.channels.tiktok_shop:TikTokShopChannel"
"""What a renewal in a process of its own makes."""
_SKEW_WORTH_A_WORD = timedelta(seconds=30)


class TikTokShopChannel:
    """One shop. Raises UsageFault where the settings lack what every call needs; nothing is called until it is read.

    `transport`, `jitter` and `monotonic` are for tests.
    """

    # Reference: TikTok Shop 2.5 (nothing says that stock moves update_time), 2.11 (no message covers ordinary stock,
    # nor a campaign of TikTok Shop's own).
    untold = "TikTok Shop tells of no number that another program sets, nor of a campaign of its own"

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
        self.capabilities = capabilities("tiktok-shop")
        self._surroundings = surroundings
        options = settings.options
        self._app_key, self._secret = _text(options.get("app_key")), options.get("app_secret")
        if not self._app_key or not isinstance(self._secret, Secret) or not self._secret.reveal():
            raise UsageFault(f"{settings.name}: app_key and app_secret are needed")
        self._wanted = Wanted(_text(options.get("shop_id")), _text(options.get("shop_cipher")), settings.region.upper())
        self._warehouse = _text(options.get("warehouse_id"))
        configured = Tokens(_text(options.get("access_token")), _text(options.get("refresh_token")))
        beside = outside(_MAKER, settings, surroundings, self._now)
        self._keeper = TokenKeeper(settings.name, surroundings.tokens, configured, self.refresh, beside)
        self.rate = float(str(options.get("requests_per_second") or DEFAULT_RATE))
        self._warehouses: Warehouses | None = None
        self._places: dict[ListingKey, tuple[Place, ...]] = {}
        self._edited: dict[str, Product] = {}
        self._skus: dict[str, str] = {}
        base_url = settings.base_url or HOST
        self._make_client = partial(
            Client,
            who=settings.name,
            judge=judge_for(settings.name, "answer"),
            clock=surroundings.clock,
            sleep=surroundings.sleep,
            monotonic=monotonic,
            jitter=jitter,
            secrets=lambda: (self._reveal(), *self._keeper.secrets()),
            transport=transport,
        )
        # The limit counts an app's calls for one shop: two shops of one app do not share it.
        spender = f"{self._app_key} {settings.name}"
        place = urlsplit(base_url).netloc
        self._client = self._make_client(
            base_url=base_url,
            signer=TikTokSigner(self._app_key, self._reveal, self._keeper.access, lambda: self._opening.cipher()),
            authorise=self._refused,
            bucket=shared_bucket(place, spender, self.rate, monotonic=monotonic, sleep=surroundings.sleep),
        )
        self._auth: Client | None = None
        self._api = TikTokApi(self._client)
        self._opening = Opening(self._api, self._keeper, self._wanted, (self._app_key, self._reveal))
        self._open = self._opening.open
        page = settings.base_url or CONSENT_HOSTS.get(self._wanted.region, CONSENT_HOST)
        self._grants = TikTokGrants(
            settings.name,
            self._auth_client,
            (self._app_key, self._reveal),
            page.rstrip("/"),
            _text(options.get("service_id")),
            self._opening.strange,
        )
        self._holding = Holding(self._api, self._open)
        self._writer = StockWriter(
            self._api, self._warehouse, self._places, self._open, self.reread, self._holding.explained
        )
        # Enough threads to keep the rate where an answer takes 0.8 seconds.
        self._workers = max(2, min(16, round(0.8 * self.rate)))

    def pull(self, request: PullRequest) -> Pulled:
        """The shop; warehouses, orders and listings beside one another; campaigns, and what changed of the orders.

        Raises ReadFault, OutputFault.
        """
        with documented(self.settings.name, "TikTok Shop"):
            before = self._requests
            shop = self._opening.ask()
            # From here on listings are read: an order placed later may or may not be in their numbers.
            as_of = self._client.now().replace(microsecond=0)
            reading = self._reading(self._with(Warehouses()), request.spool)
            tables = reading.whole(request.orders_since, as_of, self._read_warehouses)
            noted = self._opening.note(request.spool)
            warnings = [*self._warnings(as_of), *reading.places_told(), *reading.several_places()]
            return Pulled(
                shop=self.settings.name,
                channel="tiktok-shop",
                as_of=as_of,
                complete=not reading.found.reasons,
                capabilities=self.capabilities,
                tables=tables | ({NOTED: noted} if noted else {}),
                zone=shop.zone,
                reason="; ".join(some(reading.found.reasons)),
                identity=shop.identity,
                requests=self._requests - before,
                warnings=(*warnings, *some(reading.found.warnings)),
                items=reading.count,
                terms=reading.terms,
            )

    def changed(self, request: ChangesRequest) -> Changed:
        """Products by their last edit, their number, the warehouses, orders by their update; see PullsChanges."""
        with documented(self.settings.name, "TikTok Shop"):
            if request.orders_only:
                return self._only_orders(request)
            before = self._requests
            if self._opening.recall(request.tables):
                try:
                    return self._changed(request, before)
                except (AuthFault, Refused):
                    # Whatever it is refused for, it may be for the shop that was not asked for.
                    self._opening.forget()
            return self._changed(request, before)

    def _changed(self, request: ChangesRequest, before: int) -> Changed:
        self._open()
        rules = self._rules(anew=True)
        as_of = self._client.now().replace(microsecond=0)
        reading = self._reading(rules, request.spool)
        self._skus = {item: sku for item, sku in request.known if sku}
        edited = reading.edited(request.since, len(self._skus), lambda product: product.id not in self._skus)
        self._edited = {product.id: product for product in edited}
        reading.orders(request.orders_since)
        orders = reading.found_orders()["orders"]
        doubt = [turned(request.tables, reading.left_out), *some(reading.found.reasons)]
        shop = self._opening.confirmed()
        return Changed(
            as_of=as_of,
            orders=orders,
            items=frozenset(self._edited),
            count=reading.count,
            doubt="; ".join(filter(None, doubt)),
            zone=shop.zone,
            identity=shop.identity,
            terms=reading.terms,
            requests=self._requests - before,
            warnings=(*self._warnings(as_of), *reading.places_told(), *some(reading.found.warnings)),
            noted=self._opening.note(request.spool),
        )

    def _only_orders(self, request: ChangesRequest) -> Changed:
        """By the shop and its warehouses as they were read for the earlier answer."""
        before = self._requests
        as_of = self._client.now().replace(microsecond=0)
        reading = self._reading(self._rules(), request.spool)
        reading.orders(request.orders_since)
        orders = reading.found_orders()["orders"]
        doubt = [turned(request.tables, reading.left_out), *some(reading.found.reasons)]
        return Changed(
            as_of=as_of,
            orders=orders,
            items=frozenset(),
            count=None,
            doubt="; ".join(filter(None, doubt)),
            requests=self._requests - before,
        )

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """What `changed` brought along; the rest by SKU ids, ten products a call; and the stock of 600 SKUs a call."""
        with documented(self.settings.name, "TikTok Shop"):
            before = self._requests
            reading = self._reading(self._rules(), spool)
            found = {item: self._edited.pop(item) for item in items if item in self._edited}
            rest = {item: self._skus[item] for item in sorted(items) if item in self._skus and item not in found}
            found |= read_known(self._api, rest, self._workers)
            tables = reading.products([found[item] for item in sorted(found) if item in items])
            return ItemsRead(
                listings=tables["listings"],
                campaigns=tables["campaigns"],
                items=frozenset(item for item, product in found.items() if not product.draft),
                doubt="; ".join(some(reading.found.reasons)),
                requests=self._requests - before,
                warnings=tuple(some(reading.found.warnings)),
            )

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing]:
        """These listings again: one call per product, and one for the stock of 600 SKUs. What is gone is left out.

        Seller SKUs (`names`) find nothing at TikTok Shop that ids do not. Raises ReadFault.
        """
        if not keys:
            return {}
        with documented(self.settings.name, "TikTok Shop"):
            self._open()
            rules, wanted = self._rules(), set(keys)
            products = read_again(self._api, keys, self._workers)
            skus = [key.variation_id for product in products for key in self._keys(product) if key in wanted]
            stocks = read_stock(self._api, skus, self._workers)
            self._places.update(
                (key, tuple(rules.own(stocks[key.variation_id].places))) for key in wanted if key.variation_id in stocks
            )
            for key in wanted:
                self._holding.note(key, stocks[key.variation_id].locks if key.variation_id in stocks else ())
            notes = Notes()  # what shows no stock any more is missing from the answer, which says enough
            found = (listing for product in products for listing, _ in listings_of(product, stocks, rules, notes))
            return {listing.key: listing for listing in found if listing.key in wanted}

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """SKUs of one product, at most 100; what lowers and what raises apart."""
        return list(batches(writes))

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """One inventory update, sent once; see Channel.write."""
        return self._writer.write(batch)

    @property
    def authorisation(self) -> Authorisation:
        """Token lives, and how a person gives new tokens."""
        tokens = self._surroundings.tokens
        return Authorisation(self.settings.name, tokens, self._keeper, self._grants, self._now, lengthens=False)

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair; saves nothing. See `channels.keeper`."""
        return self._grants.refresh(token)

    def check(self) -> Sequence[CheckLine]:
        """Shop and region, clock, token life, scopes, the rate, warehouses, and what can be done; raises nothing."""
        return check_lines(self._checked())

    def account(self) -> Sequence[CheckLine]:
        """The part of `check` that is about the authorisation: whose, how long, what it may."""
        return account_lines(self._checked())

    def close(self) -> None:
        self._client.close()
        if self._auth is not None:
            self._auth.close()

    def _reading(self, rules: ShopRules, spool: Path) -> Reading:
        return Reading(self._api, rules, spool, self._workers, self._surroundings.progress)

    def _warnings(self, as_of: datetime) -> list[str]:
        """What there is to say of tokens and clocks."""
        clock = clock_warning(self._client.skew, "TikTok Shop", _SKEW_WORTH_A_WORD)
        return [*self.authorisation.warnings(as_of), *clock]

    def _checked(self) -> Checked:
        return Checked(self._api, self._keeper, self._wanted, self._warehouse, self.rate, self._open)

    def _rules(self, *, anew: bool = False) -> ShopRules:
        return self._with(self._read_warehouses() if self._warehouses is None or anew else self._warehouses)

    def _with(self, warehouses: Warehouses) -> ShopRules:
        named = self.settings.options.get("computed")
        computed = frozenset(named) if isinstance(named, tuple) else frozenset()
        return ShopRules(self.settings.name, self._warehouse, warehouses, computed)

    def _read_warehouses(self) -> Warehouses:
        warehouses = read_warehouses(self._api)
        if missing := warehouses.missing(self._warehouse):
            # Every SKU would show 0 there, and every order be another warehouse's.
            raise ReadFault(self.settings.name, missing, way_on="correct warehouse_id in the configuration")
        self._warehouses = warehouses
        return warehouses

    def _keys(self, product: Product) -> list[ListingKey]:
        return [ListingKey(self.settings.name, product.id, sku.id) for sku in product.skus]

    def _refused(self, request: Request) -> None:
        """The client's hook: the access token of `request` was refused."""
        self._keeper.renew(token_of(request) or "")

    def _auth_client(self) -> Client:
        """Made when the first token call needs it: most runs have none. They are one at a time."""
        if self._auth is None:
            self._auth = self._make_client(base_url=self.settings.base_url or AUTH_HOST)
        return self._auth

    def _reveal(self) -> str:
        return self._secret.reveal() if isinstance(self._secret, Secret) else ""

    def _now(self) -> datetime:
        return self._client.now() if self._client.skew is not None or self._auth is None else self._auth.now()

    @property
    def _requests(self) -> int:
        return self._client.requests + (self._auth.requests if self._auth is not None else 0)


def _text(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else "" if value is None else str(value)
