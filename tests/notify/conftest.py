"""Settings with a webhook and a mail program, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stockrecon.config import Settings, load, write_starter
from stockrecon.config.notify import MailSettings, NotifySettings, WebhookSettings
from stockrecon.core.occasions import Occasion
from stockrecon.core.secret import Secret
from tests.reports import samples

SECRET = "wh-s3cr3t-key"
ALL = frozenset(Occasion)


@dataclass
class Clock:
    now: datetime = samples.NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    """Settings of a starter, with a state folder that is there."""
    write_starter(tmp_path, "file")
    (tmp_path / ".stockrecon").mkdir(mode=0o700)
    settings = load(tmp_path / "stockrecon.yaml", {})

    def make(
        url: str | None = None,
        sendmail: Path | None = None,
        *,
        repeat: timedelta = timedelta(0),
        when: frozenset[Occasion] | None = None,
        sender: str | None = None,
    ) -> Settings:
        more = {} if when is None else {"when": when}
        hook = None if url is None else WebhookSettings(Secret(url), Secret(SECRET), **more)
        letter = None if sendmail is None else MailSettings(("stock@example.com", "root"), sender, sendmail, **more)
        return replace(settings, notify=NotifySettings(hook, letter, repeat))

    return make
