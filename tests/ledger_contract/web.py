"""What houses behind HTTP have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.ledger_contract.house import Config, House
from tests.ledger_contract.hurried import slow
from tests.ledger_contract.wire import Wire


class WebHouse(House):
    """Its configuration names a `base_url`, and `port` is that of its server."""

    def behind(self, wire: Wire) -> Config:
        return {**self.ledger(), "base_url": f"http://127.0.0.1:{wire.port}"}

    @contextmanager
    def held_up(self, patch: pytest.MonkeyPatch) -> Iterator[Config]:
        """Nothing comes back."""
        with slow(self, patch) as wire:
            yield self.behind(wire)
