"""Waiting that takes no time, and deadlines that are over soon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from stockrecon.apply import earlier
from stockrecon.rest import HttpTransport, client
from stockrecon.rest.wire import Limits
from tests.ledger_contract.wire import Wire, wire

if TYPE_CHECKING:
    from tests.ledger_contract.house import House

SOON = Limits(connect=2, read=0.3, total=0.3)


def hurry(patch: pytest.MonkeyPatch) -> None:
    """Nobody sleeps between two attempts, or until what was sent last can no longer arrive."""
    patch.setattr(earlier, "LATE_IN_LEDGER", timedelta())
    patch.setattr(client, "nap", lambda seconds, sleep: None)


@contextmanager
def slow(house: House, patch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """A wire to the house's server over which nothing comes back."""
    hurry(patch)
    patch.setattr(client, "HttpTransport", lambda base_url, limits: HttpTransport(base_url, SOON))
    with wire(house.port, [b" HTTP/1.1"], stalls=True) as made:
        yield made
