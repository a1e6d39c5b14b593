"""A whole configuration as one frozen value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from stockrecon.config.notify import NotifySettings
from stockrecon.core.policy import Policy
from stockrecon.core.secret import Secret
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

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that must be in no text: keys, tokens, and the passwords of databases' addresses."""
        urls = (_password(url) for url in (self.ledger.url, self.state) if url is not None)
        options = (self.ledger.options, *(shop.options for shop in self.shops))
        return (*_secrets_in(options), *self.notify.secrets, *(found for found in urls if found is not None))

    def __repr__(self) -> str:
        names = ", ".join(shop.name for shop in self.shops)
        return f"Settings(file={str(self.file)!r}, ledger={self.ledger.type!r}, shops=[{names}])"


def _secrets_in(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets_in(item)


def _password(url: str) -> Secret | None:
    try:
        found = urlsplit(url).password
    except ValueError:
        return None
    return Secret(found) if found else None
