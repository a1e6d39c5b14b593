"""Lazada's calls: hosts, one client for the shop and one for tokens, envelopes opened."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from stockrecon.channels.authorise import Authorisation
from stockrecon.channels.base import Surroundings, Tokens
from stockrecon.channels.keeper import Granted, TokenKeeper
from stockrecon.channels.lazada.fields import first, objects, text, whole
from stockrecon.channels.lazada.orders import order_items
from stockrecon.channels.lazada.sign import LazadaSigner
from stockrecon.channels.lazada.tokens import LazadaGrants
from stockrecon.channels.lazada.verdicts import Refused, TimedOut, judge, judge_much, judge_write
from stockrecon.channels.rotation import outside
from stockrecon.channels.writing import WITHIN
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import AuthFault, ReadFault, UsageFault
from stockrecon.rest import Answer, Client, Request, Transport, Verdict, shared_bucket

HOSTS: Mapping[str, str] = {
    "VN": "https://api.lazada.vn",
    "TH": "https://api.lazada.co.th",
    "PH": "https://api.lazada.com.ph",
    "MY": "https://api.lazada.com.my",
    "ID": "https://api.lazada.co.id",
    "SG": "https://api.lazada.sg",
}
"""Each site's host (reference: Lazada 1.1)."""
AUTH_HOST = "https://auth.lazada.com"
_MAKER = "stockrecon.channels.lazada.calls:LazadaCalls"
"""What a renewal in a process of its own makes."""

PRODUCTS_PER_PAGE = 50
ORDERS_PER_PAGE = 100
ORDERS_PER_ITEMS_CALL = 50
"""The vendor's limits: 100 products are refused (reference: Lazada 3.1), orders 100, items of 50 orders (6.1, 6.2)."""


_Judged = Callable[[str, str, Answer], Verdict]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list. `total`: how many Lazada says there are in all; None where it does not say."""

    total: int | None
    rows: list[Mapping[str, object]]


class LazadaCalls:
    """The calls that a shop needs, each with retry, pacing and token renewal behind it.

    Raises ReadFault (AuthFault, Refused). `transport` and `monotonic` are for tests.
    """

    def __init__(
        self,
        settings: ShopSettings,
        surroundings: Surroundings,
        *,
        transport: Transport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        options = settings.options
        self._who = settings.name
        self.rate = float(str(options.get("requests_per_second") or 1))
        self._app_key = _plain(options.get("app_key"))
        self._secret = options.get("app_secret")
        if not self._app_key or not _plain(self._secret):
            raise UsageFault(f"{settings.name}: app_key and app_secret are needed")
        configured = Tokens(_plain(options.get("access_token")), _plain(options.get("refresh_token")))
        beside = outside(_MAKER, settings, surroundings, self.now)
        self.tokens = TokenKeeper(settings.name, surroundings.tokens, configured, self.refresh, beside)
        base = _base(settings)
        bucket = shared_bucket(base, self._app_key, self.rate, monotonic=monotonic, sleep=surroundings.sleep)

        def client(url: str, access_token: Callable[[], str], renew: Callable[[Request], None] | None) -> Client:
            return Client(
                who=settings.name,
                base_url=url,
                judge=partial(judge, settings.name, "Lazada"),
                clock=surroundings.clock,
                sleep=surroundings.sleep,
                signer=LazadaSigner(self._app_key, self._reveal, access_token),
                authorise=renew,
                bucket=bucket,
                secrets=self._secrets,
                monotonic=monotonic,
                transport=transport,
            )

        self._client = client(base, self.tokens.access, self.tokens.refused)
        auth = base if settings.base_url else f"{AUTH_HOST}/rest"
        self._make_auth: Callable[[], Client] = lambda: client(auth, lambda: "", None)
        self._auth: Client | None = None
        page = settings.base_url.rstrip("/") if settings.base_url else AUTH_HOST
        grants = LazadaGrants(settings.name, settings.region, self._app_key, page, self._token_call, self.now)
        self._grants = grants
        self.authorisation = Authorisation(
            settings.name, surroundings.tokens, self.tokens, grants, self.now, lengthens=False
        )

    @property
    def requests(self) -> int:
        """HTTP requests sent so far."""
        return self._client.requests + (self._auth.requests if self._auth else 0)

    @property
    def skew(self) -> timedelta | None:
        """How far Lazada's clock is ahead of ours; None before its first answer."""
        return self._client.skew

    def now(self) -> datetime:
        """Lazada's time, as far as its answers tell it."""
        return self._client.now() if self._client.skew is not None or self._auth is None else self._auth.now()

    def close(self) -> None:
        self._client.close()
        if self._auth is not None:
            self._auth.close()

    def authorised(self) -> None:
        """Makes sure that there is an access token. Raises AuthFault where there is none and none can be had."""
        self.tokens.ensure()

    def refresh(self, token: str) -> Granted:
        """Trades a refresh token for a new pair; saves nothing. See `channels.keeper`."""
        return self._grants.refresh(token)

    def hide(self, said: str) -> str:
        return self._client.hide(said)

    def products(self, **parameters: str) -> Page:
        """`/products/get`. Where nothing matches Lazada may leave out `data` or leave it empty (reference: 3.1)."""
        return self._products(judge, parameters)

    def much(self, **parameters: str) -> Page:
        """The same; raises TimedOut where Lazada does not manage so much at once, and is not asked for it again."""
        return self._products(judge_much, parameters)

    def _products(self, judged: _Judged, parameters: Mapping[str, str]) -> Page:
        data = self._ask("/products/get", judged, {"filter": "all", **parameters}).get("data")
        if not data:
            return Page(0, [])
        if not isinstance(data, Mapping):
            raise self._strange("/products/get", "`data` is no object")
        return self._page("/products/get", data, "total_products", "products")

    def named_products(self, seller_skus: Sequence[str]) -> list[Mapping[str, object]]:
        """`/products/get` of the items that carry these seller SKUs: at most 50, so that they fit one page (9).

        Half as many at a time where that times out; an item with names in both halves is there twice then.
        """
        named = json.dumps(list(seller_skus), ensure_ascii=False, separators=(",", ":"))
        half = len(seller_skus) // 2
        ask = self.much if half else self.products
        try:
            return ask(limit=str(PRODUCTS_PER_PAGE), offset="0", sku_seller_list=named).rows
        except TimedOut:
            return [*self.named_products(seller_skus[:half]), *self.named_products(seller_skus[half:])]

    def product(self, item_id: str) -> Mapping[str, object] | None:
        """`/product/item/get`; None where the shop has no such item (any more) (reference: 3.2)."""
        try:
            data = self._get("/product/item/get", item_id=item_id).get("data")
        except Refused as refused:
            if refused.code.lower() in _NO_ITEM:
                return None
            raise
        if isinstance(data, Mapping) and isinstance(data.get("item"), Mapping):
            data = data["item"]
        if not isinstance(data, Mapping):
            raise self._strange("/product/item/get", "`data` is no object")
        return data or None

    def orders(self, **parameters: str) -> Page:
        """`/orders/get`, in the order of the last update, oldest first."""
        data = self._get(
            "/orders/get", sort_by="updated_at", sort_direction="ASC", limit=str(ORDERS_PER_PAGE), **parameters
        ).get("data")
        if not data:
            return Page(0, [])
        if not isinstance(data, Mapping):
            raise self._strange("/orders/get", "`data` is no object")
        return self._page("/orders/get", data, "countTotal", "orders")

    def order_items(self, order_ids: Sequence[str]) -> dict[str, list[Mapping[str, object]]]:
        """`/orders/items/get`: the units of at most 50 orders, by order id."""
        data = self._get("/orders/items/get", order_ids="[" + ",".join(order_ids) + "]").get("data")
        if not isinstance(data, list):
            raise self._strange("/orders/items/get", "`data` is no list")
        return order_items(data)

    def seller(self) -> Mapping[str, object]:
        """`/seller/get`: whom the token stands for."""
        data = self._get("/seller/get").get("data")
        return data if isinstance(data, Mapping) else {}

    def warehouses(self) -> list[str]:
        """The codes of the seller's warehouses (reference: 3.3).

        Lazada's page on inventories names `/seller/warehouse/get` for it, with these `addressTypes`, or its answer may
        be wrong. An app that may not call it asks `/rc/warehouse/get`; that this tells all of them is inferred.
        """
        try:
            told = self._get("/seller/warehouse/get", addressTypes='["warehouse"]')
        except (Refused, AuthFault):
            told = self._get("/rc/warehouse/get")
        result = told.get("result")
        module = first(result, "module", "model") if isinstance(result, Mapping) else result
        if isinstance(module, str):
            try:
                module = json.loads(module)
            except ValueError:
                module = None
        entries = objects(module) or ([module] if isinstance(module, Mapping) else [])
        codes = (text(first(entry, "warehouse_code", "warehouseCode", "code")) for entry in entries)
        return [code for code in codes if code]

    def update_sellable(self, payload: str) -> Mapping[str, object]:
        """`/product/stock/sellable/update`: sets what buyers can buy, locked units included; sent once (4.1).

        Returns the whole answer where it is one, also a refusal: its rows tell which of them it means. Raises Unsettled
        where it may have taken effect.
        """
        path = "/product/stock/sellable/update"
        request = Request("POST", path, form=(("payload", payload),), repeatable=False, within=WITHIN)
        document = self._client.call(request, judge=partial(judge_write, self._who, path)).json()
        return document if isinstance(document, Mapping) else {}

    def _get(self, path: str, **parameters: str) -> Mapping[str, object]:
        return self._ask(path, judge, parameters)

    def _ask(self, path: str, judged: _Judged, parameters: Mapping[str, str]) -> Mapping[str, object]:
        request = Request("GET", path, query=tuple(parameters.items()))
        document = self._client.call(request, judge=partial(judged, self._who, path)).json()
        return document if isinstance(document, Mapping) else {}

    def _page(self, path: str, data: Mapping[str, object], total: str, rows: str) -> Page:
        listed = data.get(rows)
        if listed is not None and not isinstance(listed, list):
            raise self._strange(path, f"`{rows}` is no list")
        count = whole(first(data, total))
        if listed is None and count != 0:
            raise self._strange(path, f"it tells {count} in all but has no `{rows}`")
        return Page(count, objects(listed))

    def _strange(self, path: str, what: str) -> ReadFault:
        return ReadFault(
            self._who, f"Lazada's answer to {path} cannot be understood: {what}", way_on="check base_url and region"
        )

    def _token_call(self, request: Request) -> Mapping[str, object]:
        document = self._token_client().call(request, judge=partial(judge, self._who, request.path)).json()
        return document if isinstance(document, Mapping) else {}

    def _token_client(self) -> Client:
        """Made when the first renewal needs it: most runs never do. Renewals are one at a time."""
        if self._auth is None:
            self._auth = self._make_auth()
        return self._auth

    def _reveal(self) -> str:
        return _plain(self._secret)

    def _secrets(self) -> tuple[str, ...]:
        return (self._reveal(), *self.tokens.secrets())


_NO_ITEM = frozenset({"207", "e207", "208", "e208", "edit_item_not_belong_seller", "item_not_found"})


def _base(settings: ShopSettings) -> str:
    """The address before the API paths: `/rest` stands behind the host, and is not signed (reference: Lazada 1.4)."""
    if settings.base_url:
        base = settings.base_url.rstrip("/")
    else:
        region = settings.region.upper()
        if region not in HOSTS:
            raise UsageFault(
                f"{settings.name}: Lazada has no region {settings.region or '(none)'!r}",
                way_on=f"one of {', '.join(sorted(HOSTS))}",
            )
        base = HOSTS[region]
    return base if urlsplit(base).path.endswith("/rest") else f"{base}/rest"


def _plain(value: object) -> str:
    return value.reveal() if isinstance(value, Secret) else text(value)
