"""A whole configuration as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from stockrecon.config.notify import NotifySettings
from stockrecon.core.policy import Policy
from stockrecon.core.settings import LedgerSettings, ShopSettings


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run works with.

    `shops` are those that were asked for, in the file's order; `all_shops` names every shop of the file.
    `state` is an absolute path or a database URL (which may hold a password, so it is never shown).
    `file` is the path as it was given, `folder` the absolute directory that relative paths count from.
    `digest` changes with the file's content, not with its comments, order of keys or secrets.
    """

    ledger: LedgerSettings
    shops: tuple[ShopSettings, ...]
    policy: Policy
    state: str
    file: Path
    folder: Path
    digest: str
    all_shops: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notify: NotifySettings = NotifySettings()

    @property
    def state_path(self) -> Path | None:
        """The state directory; None where the state is a database."""
        return None if "://" in self.state else Path(self.state)

    def __repr__(self) -> str:
        names = ", ".join(shop.name for shop in self.shops)
        return f"Settings(file={str(self.file)!r}, ledger={self.ledger.type!r}, shops=[{names}])"
