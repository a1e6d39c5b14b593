"""What stockrecon's contract suite has to know of a daybook.

pytest tests/ledger_contract --ledger-profile stockrecon_daybook.contract:PROFILE
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.ledger_contract.house import Config
from tests.ledger_contract.profiles import Profile
from tests.ledger_contract.tables import Foldered, Row


class Daybook(Foldered):
    """Every deed is a line."""

    enforces = False

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        super().__init__(folder, stack)
        self.place = folder / "daybook"
        self.place.mkdir()
        self.file = self.place / "daybook.jsonl"
        self.file.touch()

    def ledger(self) -> Config:
        return {"type": "daybook", "path": str(self.place)}

    def put(self, table: str, row: Row) -> None:
        if table == "movements":
            line = {name: row[name] for name in ("sku", "kind", "at", "shop")}
            self.says({**line, "by": int(row["quantity"]), "order": row["order_id"]})
        elif table == "stock":
            self.says({"sku": row["sku"], "by": 0, "kind": "receipt", "at": self.now.isoformat()})

    def raise_by(self, sku: str, by: int) -> None:
        """Available is the sum of the lines."""

    def makes_kit(self, sku: str, parts: Mapping[str, int]) -> None:
        super().makes_kit(sku, parts)
        self.says({"kit": sku, "parts": parts})

    def says(self, line: dict[str, object]) -> None:
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def documents(self, ref: str) -> list[int]:
        lines = [json.loads(line) for line in self.file.read_text("utf-8").splitlines()]
        return [line["by"] for line in lines if line.get("ref") == ref]


PROFILE = Profile(
    "daybook",
    Daybook,
    "daybook",
    "is the sum of all lines of a SKU",
    lacks={
        "credentials": "a file has no password",
        "server": "there is no server that could die",
        "periods": "a daybook is never closed",
    },
)
