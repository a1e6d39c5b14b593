"""What every channel offers to a run, and what it is given.

A channel is made from its shop's settings and the surroundings (`Surroundings`), reads into a spool folder, and says
what it can and cannot do. It never writes stock while reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol

from stockrecon.core.model import Capabilities, Listing, ListingKey, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.settings import ShopSettings as ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.core.tokens import Tokens as Tokens


class TokenStore(Protocol):
    """Where rotated tokens survive. `save` returns only when they are safely on disk.

    `locked()` is a context manager that one process at a time holds per shop: refresh tokens are single use.
    """

    def load(self, shop: ShopName) -> Tokens | None: ...

    def save(self, shop: ShopName, tokens: Tokens) -> None: ...

    def locked(self, shop: ShopName) -> Locked: ...


class Locked(Protocol):
    def __enter__(self) -> object: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a channel needs of the outside, as arguments: a clock, a sleep, tokens, progress."""

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    tokens: TokenStore
    progress: Callable[[str, int, int | None], None] = lambda what, done, whole: None


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a run asks for. Orders and cancellations are read since `orders_since`."""

    spool: Path
    orders_since: datetime
    policy: Policy


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One line of `stockrecon check`. `ok` None: a remark."""

    ok: bool | None
    what: str
    text: str
    way_on: str = ""


class Channel(Protocol):
    """One shop of a marketplace."""

    settings: ShopSettings
    capabilities: Capabilities

    def pull(self, request: PullRequest) -> Pulled:
        """Reads everything into `request.spool`. Raises ReadFault (or AuthFault, DataFault)."""
        ...

    def reread(self, keys: Sequence[ListingKey]) -> Mapping[ListingKey, Listing] | None:
        """The settle pass: these listings again (no components). None: this channel cannot be read twice."""
        ...

    def check(self) -> Sequence[CheckLine]:
        """Credentials, clock, what the shop can and cannot do. Touches no stock, raises nothing of the outside's."""
        ...

    def close(self) -> None: ...
