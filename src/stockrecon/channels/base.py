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
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from stockrecon.core.intent import Answered as Answered
from stockrecon.core.model import Capabilities, Listing, ListingKey, ShopName
from stockrecon.core.policy import Policy
from stockrecon.core.settings import ShopSettings as ShopSettings
from stockrecon.core.sources import Pulled
from stockrecon.core.tokens import Tokens as Tokens
from stockrecon.errors import AuthFault

if TYPE_CHECKING:
    from stockrecon.channels.authorise import Authorisation
    from stockrecon.channels.rotation import Rotation


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
    """What a channel needs of the outside, as arguments: a clock, a sleep, tokens, progress.

    `rotate` renews tokens in a process of its own, given what `tokens.locked()` gave, and returns when the new pair is
    in `tokens` (see `channels.rotation`); None: a channel renews them in this process.
    """

    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    tokens: TokenStore
    progress: Callable[[str, int, int | None], None] = lambda what, done, whole: None
    rotate: Callable[[Rotation, object], AuthFault | None] | None = None


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


@dataclass(frozen=True, slots=True)
class StockWrite:
    """One absolute write: `to` is what the listing is to expose. `shown`: the listing as it was read just before.

    `intent`: what the journal keeps it as, `RUN/NUMBER`, once it does: no two writes have the same.
    """

    key: ListingKey
    to: int
    shown: Listing
    intent: str = ""


@dataclass(frozen=True, slots=True)
class WriteAnswer:
    """What the channel said to one write; `text` in the channel's own words, with its code."""

    answered: Answered
    text: str = ""


class Channel(Protocol):
    """One shop of a marketplace."""

    settings: ShopSettings
    capabilities: Capabilities

    def pull(self, request: PullRequest) -> Pulled:
        """Reads everything into `request.spool`. Raises ReadFault (or AuthFault, DataFault)."""
        ...

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing] | None:
        """These listings again (no components): for the settle pass, just before a write, and after it.

        What the shop does not have any more is left out. `names`: seller SKUs, where they are known: a channel that
        finds listings by them needs fewer calls. None: this channel cannot be read twice. Raises ReadFault.
        """
        ...

    def batches(self, writes: Sequence[StockWrite]) -> Sequence[Sequence[StockWrite]]:
        """The writes in the groups that one request each can carry, in the given order as far as that allows."""
        ...

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        """Sends one group, once. Every write of it is in the answer, whatever happened; nothing of the outside's is
        raised: what may have taken effect is UNKNOWN and is never sent again.
        """
        ...

    def check(self) -> Sequence[CheckLine]:
        """Credentials, clock, what the shop can and cannot do. Touches no stock, raises nothing of the outside's."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Upload:
    """One row of a file for upload."""

    key: ListingKey
    seller_sku: str
    quantity: int


@runtime_checkable
class Exporting(Protocol):
    """A channel that is not written but gets a file for upload (`capabilities.writes` is False)."""

    def export(self, rows: Sequence[Upload]) -> Path:
        """Replaces the file for upload by one with these rows, whole and synced. Raises OutputFault."""
        ...

    def shown(self, keys: Sequence[ListingKey]) -> tuple[datetime, Mapping[ListingKey, Listing]]:
        """The snapshot's `as_of`, and these listings as it shows them. Raises ReadFault."""
        ...


@runtime_checkable
class Authorising(Protocol):
    """A channel whose shop a person authorises, and whose tokens end."""

    @property
    def authorisation(self) -> Authorisation: ...
