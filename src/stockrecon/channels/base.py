"""What every channel offers to a run, and what it is given.

A channel is made from its shop's settings and the surroundings (`Surroundings`), reads into a spool folder, and says
what it can and cannot do. It never writes stock while reading.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from stockrecon.core.intent import Answered as Answered
from stockrecon.core.model import Capabilities, Listing, ListingKey, ShopName
from stockrecon.core.notice import Place
from stockrecon.core.policy import Policy
from stockrecon.core.settings import ShopSettings as ShopSettings
from stockrecon.core.sources import Pulled, TableFile
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


@dataclass(frozen=True, slots=True)
class ChangesRequest:
    """What a little pull asks for first: what the channel itself can tell of what changed.

    `since`, and `orders_since` for orders: shop's times, before the newest reading that is gone on from. `known`: the
    listings of that reading, item id and variation id, with their seller SKUs. `named`: places that messages named,
    also those that `known` lacks: a channel whose messages name listings otherwise gives their items back as changed.
    `tables`: that reading as it was spooled, `noted` among them, where the channel has noted anything. `orders_only`:
    of what changed since an earlier answer nothing but orders is looked at, and a channel need not ask for more.
    """

    spool: Path
    since: datetime
    orders_since: datetime
    known: Mapping[tuple[str, str], str]
    policy: Policy
    named: frozenset[Place] = frozenset()
    tables: Mapping[str, Path] = field(default_factory=dict)
    orders_only: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """What a channel tells of a shop since a reading.

    `orders`: all that were updated since then. `items`: those that the channel lists as updated since then, new ones
    among them. `count`: how many items the shop has now by the channel's own count. `doubt`: why this is not proven to
    be all; "" where it is. `noted`: as in `Pulled.tables`, for the next little pull. The others as in `Pulled`.
    """

    as_of: datetime
    orders: TableFile
    items: frozenset[str]
    count: int | None
    doubt: str = ""
    zone: str = "UTC"
    identity: str = ""
    terms: str = ""
    requests: int = 0
    warnings: tuple[str, ...] = ()
    noted: TableFile | None = None


@dataclass(frozen=True, slots=True)
class ItemsRead:
    """Whole items, read now: all their listings, and their campaigns. `items`: those that the shop has."""

    listings: TableFile
    campaigns: TableFile
    items: frozenset[str]
    doubt: str = ""
    requests: int = 0
    warnings: tuple[str, ...] = ()


@runtime_checkable
class PullsChanges(Protocol):
    """A channel that can tell what changed in a shop, so that a run need not read all of it (a little pull).

    It has to be able to prove that its listings are still the same ones: by its own count of items, and a list of the
    items that were made or edited since a time. `untold`: what it does not tell, in a sentence for people.
    """

    untold: str

    def changed(self, request: ChangesRequest) -> Changed:
        """What the channel tells of itself. Raises ReadFault."""
        ...

    def read_items(self, items: Collection[str], spool: Path) -> ItemsRead:
        """These items; after `changed`, and as often as need be, each time into another folder. Raises ReadFault."""
        ...
