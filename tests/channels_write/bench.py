"""A shop of each channel on loopback, the channel that writes to it, and what became of it there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from stockrecon.channels.base import Channel, StockWrite, Surroundings, Tokens, WriteAnswer
from stockrecon.channels.lazada import LazadaChannel
from stockrecon.channels.shopee import ShopeeChannel
from stockrecon.core.intent import Answered
from stockrecon.core.model import Listing, ListingKey, ListingState, ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.lazada.market import LazadaShop
from stockrecon.sandbox.run import Handle
from stockrecon.sandbox.shopee.market import ShopeeShop

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
KINDS = ("shopee", "lazada")
PATHS = {"shopee": "/api/v2/product/update_stock", "lazada": "/product/stock/sellable/update"}
CLASSES = {"shopee": ShopeeChannel, "lazada": LazadaChannel}
SECRETS = ("partner_key", "app_secret", "access_token", "refresh_token")
STRANGE = "A&B<1>\"'"
LISTINGS = {
    "plain": ("1", {"shopee": "", "lazada": "11"}, "PLAIN", 40),
    "red": ("2", {"shopee": "21", "lazada": "21"}, "RED", 10),
    "blue": ("2", {"shopee": "22", "lazada": "22"}, STRANGE, 20),
    "ghost": ("2", {"shopee": "29", "lazada": "29"}, "GHOST", 5),
    "theirs": ("3", {"shopee": "", "lazada": "31"}, "THEIRS", 9),
    "barred": ("4", {"shopee": "", "lazada": "41"}, "BARRED", 8),
}
"""Name -> item, variation, seller SKU, units. There is no ghost; the platform holds theirs; barred is banned."""


class Skipping:
    """Seconds that run on by themselves, and at once where somebody sleeps."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.skipped += seconds


class Store:
    """Tokens in memory."""

    def __init__(self) -> None:
        self.tokens: Tokens | None = None

    def load(self, shop: ShopName) -> Tokens | None:
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        self.tokens = tokens

    def locked(self, shop: ShopName) -> Any:
        return nullcontext()


@dataclass
class Bench:
    """One shop. Every answer's text is searched for the shop's secrets, of then and of now."""

    kind: str
    name: ShopName
    market: Handle
    options: Mapping[str, object] = field(default_factory=dict)
    waited: Skipping = field(default_factory=Skipping)

    def __post_init__(self) -> None:
        self.given = dict(self.market.credentials[self.name])
        self.path = PATHS[self.kind]
        self.channel = self.make()

    def make(self, **options: object) -> Channel:
        """A channel of its own, as a new process would make it."""
        settings = ShopSettings(
            name=self.name,
            channel=self.kind,
            policy=ShopPolicy(self.name, self.kind, "VN"),
            options={
                **{name: Secret(str(v)) if name in SECRETS else str(v) for name, v in self.given.items()},
                "requests_per_second": 1000.0,
                **self.options,
                **options,
            },
            base_url=self.market.base_urls[self.name],
            region="VN",
        )
        surroundings = Surroundings(clock=self.market.clock.now, sleep=self.waited.sleep, tokens=Store())
        made: Channel = CLASSES[self.kind](settings, surroundings, monotonic=self.waited.monotonic)
        return made

    @property
    def shop(self) -> Any:
        return self.market.sandbox.shops[self.name].shop

    def key(self, name: str) -> ListingKey:
        item, variations, _, _ = LISTINGS[name]
        return ListingKey(self.name, item, variations[self.kind])

    def read(self, *names: str) -> dict[str, Listing]:
        keys = {self.key(name): name for name in names}
        shown = self.channel.reread(list(keys), {self.key(name): LISTINGS[name][2] for name in names})
        assert shown is not None
        return {keys[key]: listing for key, listing in shown.items()}

    def imagined(self, name: str) -> Listing:
        """What a listing would show if the shop had it."""
        return Listing(self.key(name), LISTINGS[name][2], LISTINGS[name][3], 0, 0, 0)

    def writes(self, **to: int) -> list[StockWrite]:
        """What is to be exposed, with the listings as they are shown now."""
        shown = self.read(*to)
        return [StockWrite(self.key(name), units, shown.get(name) or self.imagined(name)) for name, units in to.items()]

    def write(self, **to: int) -> dict[str, WriteAnswer]:
        return self.send(self.writes(**to))

    def send(self, writes: Sequence[StockWrite]) -> dict[str, WriteAnswer]:
        """In the channel's own batches, each once."""
        names = {self.key(name): name for name in LISTINGS}
        answers: dict[ListingKey, WriteAnswer] = {}
        for batch in self.channel.batches(writes):
            told = self.channel.write(batch)
            assert list(told) == [write.key for write in batch]
            answers |= told
        for answer in answers.values():
            self.look_through(answer.text)
        return {names[key]: answer for key, answer in answers.items()}

    def look_through(self, text: str) -> None:
        now = self.market.credentials[self.name]
        for secret in (str(given.get(name) or "-none-") for given in (self.given, now) for name in SECRETS):
            assert secret not in text
        assert "\n" not in text

    def exposed(self, name: str) -> int:
        key = self.key(name)
        return int(self.shop.exposed((key.item_id, key.variation_id)))

    def effects(self) -> list[tuple[str, int, int]]:
        """What writes did: listing, before, after."""
        names = {(self.key(name).item_id, self.key(name).variation_id): name for name in LISTINGS}
        return [
            (names[effect.item_id, effect.variation_id], effect.before, effect.after)
            for effect in self.shop.effects
            if effect.call == self.path
        ]

    def requests(self) -> int:
        """How often the call that writes was made."""
        return int(self.market.sandbox.shops[self.name].counts[self.path])

    def control(self, where: str, /, **body: object) -> Any:
        status, value = Control(self.market.sandbox).handle(
            "POST", where, json.dumps({"shop": self.name, **body}).encode()
        )
        assert status == 200, value
        return value

    def fault(self, kind: str, times: int | None = 1, **more: object) -> None:
        """Something befalls the next requests that write."""
        self.control("faults", kind=kind, path=self.path, times=times, **more)

    def campaign(self, name: str, locked: int, **more: object) -> None:
        key = self.key(name)
        more = {"starts_at": "2026-11-12T00:00:00Z", "ends_at": "2026-11-13T00:00:00Z"} | more
        place = {"item_id": key.item_id, "variation_id": key.variation_id or None}
        self.control("campaigns", action="start", locked=locked, locks_write=False, **place, **more)


def told(answers: Mapping[str, WriteAnswer]) -> dict[str, Answered]:
    return {name: answer.answered for name, answer in answers.items()}


def put_up(market: Handle, number: int) -> dict[str, ShopName]:
    """Two more shops in a running market, by their channel: starting one anew for each test takes longer."""
    shops: tuple[ShopeeShop, LazadaShop] = ShopeeShop(f"shopee-{number}"), LazadaShop(f"lazada-{number}")
    for shop in shops:
        for name, (item, variations, sku, units) in LISTINGS.items():
            state = ListingState.BANNED if name == "barred" else ListingState.OK
            message = "Counterfeit" if name == "barred" else ""
            more = {"platform": name == "theirs", "state": state, "message": message}
            if name != "ghost":
                shop.add(item, variations[shop.channel], sku, units, NOON, **more)  # type: ignore[arg-type]
    with market.sandbox.lock:
        market.sandbox.shops |= Sandbox([*shops], market.clock, per_second=10_000, burst=10_000).shops
    return {shop.channel: ShopName(shop.name) for shop in shops}


def split_up(bench: Bench, name: str, *units: int) -> None:
    """The stock of a listing lies at several places from now on; every other listing's lies at the first."""
    key = bench.key(name)
    places = (
        ["VNZ", "VNY", "VNX"][: len(units)]
        if bench.kind == "shopee"
        else ["dropshipping", "wh-b", "wh-c"][: len(units)]
    )
    shop = bench.shop
    listing = shop.listing((key.item_id, key.variation_id))
    if isinstance(shop, ShopeeShop):
        shop.locations = tuple(places)
        for other in shop.all_listings():
            other.seller = dict.fromkeys(places, 0) | other.seller
        listing.seller = dict(zip(places, units, strict=True))
        return
    buckets = next(iter(listing.warehouses.values()))
    listing.warehouses = {place: replace(buckets, sellable=n) for place, n in zip(places, units, strict=True)}


def places(bench: Bench, name: str) -> list[int]:
    """What lies at each place of a listing."""
    key = bench.key(name)
    listing = bench.shop.listing((key.item_id, key.variation_id))
    if bench.kind == "shopee":
        return list(listing.seller.values())
    return [bucket.sellable for bucket in listing.warehouses.values()]
