"""A shop of each channel on loopback, the channel that writes to it, and what became of it there."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from stockrecon import registry
from stockrecon.channels.base import ChangesRequest, Channel, PullRequest, StockWrite, Surroundings, WriteAnswer
from stockrecon.core.intent import Answered
from stockrecon.core.model import Listing, ListingKey, ListingState, ShopName
from stockrecon.core.policy import Policy, ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.sandbox.control import Control
from stockrecon.sandbox.house import Sandbox
from stockrecon.sandbox.records import Told
from stockrecon.sandbox.run import Handle
from stockrecon.sandbox.wire import Answer, Call
from tests.channel_contract.around import Read as Read
from tests.channel_contract.around import Store as Store
from tests.channel_contract.around import rows_of as rows_of
from tests.channel_contract.profiles import GOODS, Profile
from tests.skipping import Skipping

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=9)


@dataclass
class Bench:
    """One shop. Every answer's text is searched for the shop's secrets, of then and of now."""

    profile: Profile
    name: ShopName
    market: Handle
    options: Mapping[str, object] = field(default_factory=dict)
    waited: Skipping = field(default_factory=Skipping)
    orders: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.given = dict(self.market.credentials[self.name])
        self.config = self.market.sandbox.shops[self.name].face.config()
        self.channel = self.make()

    def make(self, clock: Callable[[], datetime] | None = None, **options: object) -> Channel:
        """A channel of its own, as a new process would make it."""
        settings = ShopSettings(
            name=self.name,
            channel=self.profile.kind,
            policy=ShopPolicy(self.name, self.profile.kind, "VN"),
            options={
                **{name: Secret(str(v)) if name in self.profile.secrets else str(v) for name, v in self.config.items()},
                "requests_per_second": 1000.0,
                **self.profile.options,
                **self.options,
                **options,
            },
            base_url=self.market.base_urls[self.name],
            region="VN",
        )
        surroundings = Surroundings(clock=clock or self.market.clock.now, sleep=self.waited.sleep, tokens=Store())
        made: Channel = registry.channel_class(settings.channel)(
            settings, surroundings, monotonic=self.waited.monotonic
        )
        return made

    def wrong_key(self) -> Channel:
        """A channel whose key is none of the shop's."""
        return self.make(**{name: Secret("wrong-key") for name in self.profile.keys or self.profile.secrets[:1]})

    def need_campaigns(self) -> None:
        if not self.profile.campaigns:
            pytest.skip(f"{self.profile.kind} locks no stock for campaigns")

    def need_platform(self) -> None:
        if not self.profile.platform:
            pytest.skip(f"{self.profile.kind} holds no stock itself")

    def need_tokens(self) -> None:
        if not self.profile.tokens:
            pytest.skip(f"the keys of {self.profile.kind} do not end")

    @property
    def shop(self) -> Any:
        return self.market.sandbox.shops[self.name].shop

    def key(self, name: str) -> ListingKey:
        return ListingKey(self.name, *self.profile.ids[name])

    def read(self, *names: str) -> dict[str, Listing]:
        keys = {self.key(name): name for name in names}
        shown = self.channel.reread(list(keys), {self.key(name): GOODS[name][0] for name in names})
        assert shown is not None
        return {keys[key]: listing for key, listing in shown.items()}

    def imagined(self, name: str) -> Listing:
        """What a listing would show if the shop had it."""
        return Listing(self.key(name), *GOODS[name], 0, 0, 0)

    def writes(self, **to: int) -> list[StockWrite]:
        """What is to be exposed, with the listings as they are shown now."""
        shown = self.read(*to)
        return [StockWrite(self.key(name), units, shown.get(name) or self.imagined(name)) for name, units in to.items()]

    def write(self, **to: int) -> dict[str, WriteAnswer]:
        return self.send(self.writes(**to))

    def send(self, writes: Sequence[StockWrite]) -> dict[str, WriteAnswer]:
        """In the channel's own batches, each once."""
        names = {self.key(name): name for name in GOODS}
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
        for secret in (
            str(given.get(name) or "-none-") for given in (self.given, now) for name in self.profile.secrets
        ):
            assert secret not in text
        assert "\n" not in text

    def there(self, name: str) -> Any:
        """A listing as the marketplace has it."""
        key = self.key(name)
        return self.shop.listing((key.item_id, key.variation_id))

    def exposed(self, name: str) -> int:
        key = self.key(name)
        return int(self.shop.exposed((key.item_id, key.variation_id)))

    def effects(self) -> list[tuple[str, int, int]]:
        """What writes did: listing, before, after."""
        names = {(self.key(name).item_id, self.key(name).variation_id): name for name in GOODS}
        return [
            (names[effect.item_id, effect.variation_id], effect.before, effect.after)
            for effect in self.shop.effects
            if fnmatchcase(effect.call, self.profile.writes)
        ]

    def requests(self) -> int:
        """How often the call that writes was made."""
        return self.asked(self.profile.writes)

    def asked(self, pattern: str) -> int:
        """How often calls of these paths were made."""
        counts = self.market.sandbox.shops[self.name].counts
        return sum(count for path, count in counts.items() if fnmatchcase(path, pattern))

    def control(self, where: str, /, **body: object) -> Any:
        status, value = Control(self.market.sandbox).handle(
            "POST", where, json.dumps({"shop": self.name, **body}).encode()
        )
        assert status == 200, value
        return value

    def fault(self, kind: str, times: int | None = 1, **more: object) -> None:
        """Something befalls the next requests that write, or others where `path` names them."""
        self.control("faults", **{"kind": kind, "path": self.profile.writes, "times": times, **more})

    def mend(self) -> None:
        """No fault is left."""
        with self.market.sandbox.lock:
            self.market.sandbox.faults.clear()

    def answered(self, call: Call, reads: Any) -> Answer:
        """What the face would answer if the shop were this one."""
        face = self.market.sandbox.shops[self.name].face
        return type(face).answer(face, call, self.market.clock.now(), reads)

    def spoil(self, pattern: str, spoiled: Callable[[int, Call, Answer], Answer | None]) -> list[Call]:
        """The face's answers to these calls go through `spoiled`, with their number from 1 on; None leaves one as it
        is. The calls as they come."""
        face, seen = self.market.sandbox.shops[self.name].face, list[Call]()
        whole = face.answer

        def answer(call: Call, now: datetime, reads: Any) -> Answer:
            given = whole(call, now, reads)
            if not fnmatchcase(face.asked(call), pattern):
                return given
            seen.append(call)
            return spoiled(len(seen), call, given) or given

        face.answer = answer  # type: ignore[method-assign]
        return seen

    def pull(self, folder: Path, channel: Channel | None = None) -> Read:
        """Everything that the channel reads of its shop, in a folder of its own."""
        spool = Path(tempfile.mkdtemp(dir=folder))
        pulled = (channel or self.channel).pull(PullRequest(spool, NOON - timedelta(days=7), Policy()))
        for text in (pulled.reason, *pulled.warnings):
            self.look_through(text)
        return Read(pulled)

    def changes(self, base: Read, spool: Path, *, orders_only: bool = False) -> ChangesRequest:
        """What a little pull asks for that goes on from this reading."""
        spool.mkdir()
        known = {(row["item_id"], row["variation_id"]): row["seller_sku"] for row in base.rows("listings")}
        tables = {name: Path(table.path) for name, table in base.pulled.tables.items()}
        since = base.pulled.as_of - timedelta(minutes=10)
        return ChangesRequest(spool, since, since, known, Policy(), tables=tables, orders_only=orders_only)

    def put_up(self, sku: str, number: int, units: int) -> None:
        """One more listing, whose ids are made of a number."""
        ids = self.profile.numbered(number)
        self.shop.put_up(Told(*ids, sku, sku, LONG_AGO, units, 0, 0, 0, 0, ListingState.OK, "", False))

    def line(self, name: str, units: int) -> dict[str, object]:
        key = self.key(name)
        return {"item_id": key.item_id, "variation_id": key.variation_id or None, "quantity": units}

    def order(self, number: str, name: str, units: int, doing: str) -> str:
        """A buyer's order, with all that comes before `doing`; its id. What was done already is not done again."""
        before = {"place": (), "pay": (), "return": ("pay", "ship")}.get(doing, ("pay",))
        number = self.orders.get(number, number)
        if number not in self.shop.orders:
            placed = self.control("orders", action="place", **self.line(name, units))["order_id"]
            self.orders[number] = number = placed
            for step in before:
                self.control("orders", action=step, order_id=number)
        if doing != "place":
            self.control("orders", action=doing, order_id=number)
        return number

    def state(self, name: str, state: ListingState) -> None:
        key = self.key(name)
        self.control(
            "listings", item_id=key.item_id, variation_id=key.variation_id or None, state=str(state), message="told"
        )

    def campaign(self, name: str, locked: int, /, **more: object) -> None:
        key = self.key(name)
        more = {"starts_at": "2026-11-12T00:00:00Z", "ends_at": "2026-11-13T00:00:00Z"} | more
        place = {"item_id": key.item_id, "variation_id": key.variation_id or None}
        self.control("campaigns", action="start", locked=locked, locks_write=False, **place, **more)


def told(answers: Mapping[str, WriteAnswer]) -> dict[str, Answered]:
    return {name: answer.answered for name, answer in answers.items()}


def put_up(market: Handle, profile: Profile, number: int) -> ShopName:
    """One more shop in a running market: starting one anew for each test takes longer."""
    shop = profile.shop(f"{profile.kind}-{number}")
    for name, (sku, units) in GOODS.items():
        if name == "ghost" or (name == "theirs" and not profile.platform):
            continue
        state, message = (profile.barred_by, "Counterfeit") if name == "barred" else (ListingState.OK, "")
        shop.put_up(
            Told(
                *profile.ids[name],
                sku,
                name,
                NOON - timedelta(days=9),
                units,
                0,
                0,
                0,
                0,
                state,
                message,
                name == "theirs",
            )
        )
    given = {shop.name: dict(profile.given)}
    with market.sandbox.lock:
        market.sandbox.shops |= Sandbox([shop], market.clock, per_second=10_000, burst=10_000, credentials=given).shops
    return ShopName(shop.name)


def split_up(bench: Bench, name: str, *units: int) -> None:
    """The stock of a listing lies at several places from now on; every other listing's lies at the first."""
    spread = bench.profile.places
    assert spread is not None
    spread.split(bench.shop, bench.there(name), list(spread.names[: len(units)]), list(units))


def places(bench: Bench, name: str) -> list[int]:
    """What lies at each place of a listing."""
    assert bench.profile.places is not None
    return bench.profile.places.lying(bench.there(name))
