"""A shop's pair of tokens, as a value: channels rotate it, the state keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """A shop's current token pair with the times they end; None where the vendor does not tell."""

    access: str
    refresh: str
    access_ends: datetime | None = None
    refresh_ends: datetime | None = None

    def __repr__(self) -> str:
        return f"Tokens(access_ends={self.access_ends}, refresh_ends={self.refresh_ends})"
