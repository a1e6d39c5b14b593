"""What a channel of a bench is given of the outside, and what its pull gives back."""

from __future__ import annotations

import csv
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from stockrecon.channels.base import Tokens
from stockrecon.core.model import ShopName
from stockrecon.core.sources import Pulled


class Store:
    """Tokens in memory."""

    def __init__(self) -> None:
        self.tokens: Tokens | None = None

    def load(self, shop: ShopName) -> Tokens | None:
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        self.tokens = tokens

    def locked(self, shop: ShopName) -> Any:
        return nullcontext()


def rows_of(path: str) -> list[dict[str, str]]:
    """A spooled table."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class Read:
    """What a pull gave, table by table."""

    pulled: Pulled

    def rows(self, table: str) -> list[dict[str, str]]:
        return rows_of(self.pulled.tables[table].path)

    def listings(self) -> dict[tuple[str, str], dict[str, str]]:
        return {(row["item_id"], row["variation_id"]): row for row in self.rows("listings")}
