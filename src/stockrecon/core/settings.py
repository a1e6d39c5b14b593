"""What a ledger and a channel are made from: their entries of the configuration, as values.

They live in `core` so that the configuration can make them and ledgers and channels can take them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from stockrecon.core.mapping import TableMap
from stockrecon.core.model import ShopName
from stockrecon.core.policy import ShopPolicy


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The configuration's `ledger`. `options` are the ledger's own keys; secrets among them are `Secret` values.

    `folder` is the directory of the configuration file; `zone` (IANA name or offset) is for times without an offset.
    `url` may hold a password, so it is never shown.
    """

    type: str
    folder: Path
    path: Path | None = None
    url: str | None = None
    zone: str | None = None
    tables: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    correct: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    mapping: Mapping[str, TableMap] = field(default_factory=dict)
    """How the tables stand in another program's files (`file`) or tables (`sql`); empty: as the contract has them."""
    statement_timeout: timedelta = timedelta(minutes=15)
    """`sql`: a reading statement that runs longer is stopped."""
    full_read: timedelta = timedelta(days=1)
    """`sql`: the ledger is read in full at least so often; 0: each time."""
    overlap: timedelta = timedelta(hours=1)
    """`sql`: how far below the newest movement that is known movements are read anew each time."""

    def __repr__(self) -> str:
        return f"LedgerSettings(type={self.type!r})"


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One entry of the configuration's `shops`. `options` are the channel's own keys, resolved and typed.

    Secrets among them are `stockrecon.core.secret.Secret` values (`reveal()` gives the text), durations are
    timedeltas; optional keys that were left out and have no default are absent. `path` is absolute.
    """

    name: ShopName
    channel: str
    policy: ShopPolicy
    options: Mapping[str, object] = field(default_factory=dict)
    base_url: str | None = None
    path: Path | None = None
    region: str = ""
    mapping: Mapping[str, TableMap] = field(default_factory=dict)
    """`file`: as for the ledger."""
