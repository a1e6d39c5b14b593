"""A house keeps one book in its own way: what people do in it, what other programs see of it, and what befalls it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from stockrecon import registry
from stockrecon.config import load
from stockrecon.core.model import Sku
from stockrecon.ledgers.base import CorrectionRequest, Ledger
from tests.ledger_contract.story import KITS, SKUS, STORY

if TYPE_CHECKING:
    from tests.ledger_contract.wire import Wire

NOON = datetime(2026, 11, 11, 12, 0, tzinfo=UTC)
_NUMBER = count(1)

Config = dict[str, object]


class House(ABC):
    """`noon`: when the runs are. `stack` ends what the house has started. `secrets`: in no text, ever.

    Deeds happen at `now`. A SKU that is new to the house is put up first.
    """

    port = 0
    """Of the server that a `Wire` can stand before; 0: there is none."""
    lacks: Mapping[str, str] = MappingProxyType({})
    """What this ledger cannot have, and why (see `Profile`)."""
    enforces = True
    """Rights that are missing are missing for tests as well; those of files are not for root, who may run them."""
    reads: tuple[bytes, ...] = ()
    """What goes over the wire in the middle of a reading."""
    correcting: tuple[bytes, ...] = ()
    """What goes over the wire when a correction takes effect: all of these, in this order, end with its commitment."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.stack = folder, stack
        self.noon = self.now = NOON
        self.secrets: list[str] = []
        self.began: set[str] = set()

    def need(self, *words: str) -> None:
        """Skips where this ledger cannot have one of them."""
        for word in words:
            if word in self.lacks:
                pytest.skip(self.lacks[word])

    # How it is opened

    @abstractmethod
    def ledger(self) -> Config:
        """The configuration's `ledger`."""

    def behind(self, wire: Wire) -> Config:
        """The same through a wire."""
        raise NotImplementedError

    def secret(self, text: str) -> dict[str, str]:
        """A reference to a secret, for the configuration."""
        path = self.folder / f"secret-{next(_NUMBER)}"
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        self.secrets.append(text)
        return {"file": str(path)}

    def open(self, config: Config | None = None) -> Ledger:
        """As a new process would; closed with the house."""
        path = self.folder / f"ledger-{next(_NUMBER)}.yaml"
        path.write_text(json.dumps({"ledger": config or self.ledger(), "shops": [self.shop()]}), "utf-8")
        made = registry.make_ledger(load(path, {}).ledger)
        self.stack.callback(made.close)
        return made

    def shop(self) -> Config:
        """A shop of files, so that the configuration is whole."""
        (self.folder / "shop").mkdir(exist_ok=True)
        return {"name": "shop", "channel": "file", "path": str(self.folder / "shop")}

    # What people do

    @abstractmethod
    def puts_up(self, sku: str) -> None: ...

    @abstractmethod
    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None: ...

    @abstractmethod
    def receives(self, sku: str, units: int, *, second: bool = False) -> None:
        """Goods from a supplier; `second`: at another place that counts."""

    @abstractmethod
    def orders(self, shop: str, number: str, sku: str, units: int) -> None: ...

    @abstractmethod
    def ships(self, number: str) -> None: ...

    @abstractmethod
    def cancels(self, number: str) -> None: ...

    @abstractmethod
    def gives_back(self, number: str) -> None:
        """The buyer sends all of it back."""

    @abstractmethod
    def sets_by_hand(self, sku: str, by: int) -> None: ...

    @abstractmethod
    def takes_stock(self, found: Mapping[str, int]) -> None:
        """A count of several SKUs at once, which differ by these numbers."""

    @abstractmethod
    def takes_out(self, sku: str, units: int) -> None:
        """To a place that does not count."""

    @abstractmethod
    def moves_inside(self, sku: str, units: int) -> None:
        """From the first place to the second."""

    def corrects(self, sku: str, by: int, available: int, ref: str) -> None:
        """What an earlier run posted."""
        answer = self.open().correct(CorrectionRequest(Sku(sku), by, ref, "an earlier run", self.now, available))
        assert answer.answered.value == "accepted", answer

    # What other programs see

    @abstractmethod
    def documents(self, ref: str) -> list[int]:
        """Units of every document, booked and complete, that bears this reference."""

    def left_over(self, sku: str) -> int:
        """Documents of a SKU that somebody began and nobody ended."""
        return 0

    # What befalls it

    def wrong(self) -> Config:
        """The configuration with a key or password that is not the right one."""
        raise NotImplementedError

    @contextmanager
    def reading_only(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """The configuration of a user that may read everything and write nothing."""
        raise NotImplementedError
        yield

    @contextmanager
    def closed(self) -> Iterator[Config]:
        """The books are closed: nothing may be booked now."""
        raise NotImplementedError
        yield

    @contextmanager
    def held_up(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """Whoever reads or posts waits longer than is waited; `patch` makes that short."""
        raise NotImplementedError
        yield

    # And all of it together

    def sku(self, units: int = 0) -> Sku:
        """A SKU of a test's own, with so many units that were received."""
        made = f"SKU-{next(_NUMBER)}"
        self.begin(made)
        if units:
            self.tell(timedelta(days=15), lambda house: house.receives(made, units))
        return Sku(made)

    def ghost(self) -> Sku:
        """A SKU with a unit that does not exist: oversold, set right by hand, cancelled."""
        made = f"SKU-{next(_NUMBER)}"
        self.begin(made)
        self.tell(timedelta(minutes=300), lambda house: house.orders("shop", f"order-{made}", made, 1))
        self.tell(timedelta(minutes=240), lambda house: house.sets_by_hand(made, 1))
        self.tell(timedelta(minutes=120), lambda house: house.cancels(f"order-{made}"))
        return Sku(made)

    def begin(self, sku: str) -> None:
        if sku not in self.began:
            self.began.add(sku)
            self.puts_up(sku)

    def at(self, ago: timedelta) -> None:
        """From now on it is so long before noon."""
        self.now = self.noon - ago

    def tell(self, ago: timedelta, deed: Callable[[House], None]) -> None:
        """Something is done, so long before noon."""
        self.at(ago)
        with self.dated():
            deed(self)
        self.at(timedelta())

    @contextmanager
    def dated(self) -> Iterator[None]:
        """What happens in it happens at `now`; for a house that has a clock of its own."""
        yield

    def right_now(self) -> datetime:
        """For a run's `--now`."""
        return self.noon

    def time_passes(self) -> None:
        """So much that nothing which was sent can still arrive; for a house that tells that by a clock of its own."""
        self.at(timedelta())

    def play(self) -> None:
        """The canonical book."""
        for sku in SKUS:
            self.begin(sku)
        for kit, parts in KITS.items():
            self.makes_kit(kit, parts)
        for deed in sorted(STORY, key=lambda deed: -deed.ago):
            self.tell(deed.ago, deed.does)

    def look_through(self, text: str) -> None:
        """No secret is in a text, nor a line break in one that is a line."""
        for secret in self.secrets:
            assert secret not in text
