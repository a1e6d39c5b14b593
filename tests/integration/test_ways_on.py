"""A way on that does not exist leads nowhere: no message or page names a command of a later version."""

from __future__ import annotations

import re
from pathlib import Path

from stockrecon.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
PLANNED = {"buffers", "listen", "watch", "replay", "fleet"}
"""What the contract names for later; a command that has come is in COMMANDS."""


def test_only_commands_that_exist_are_named() -> None:
    later = "|".join(sorted(PLANNED - set(COMMANDS)))
    named = re.compile(rf"stockrecon ({later})\b")
    places = (path for folder in ("src", "docs", "examples") for path in (ROOT / folder).rglob("*.*"))
    texts = [path for path in [*places, ROOT / "README.md"] if path.suffix in (".py", ".md", ".yaml")]
    assert len(texts) > 100
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in texts
        for match in named.finditer(path.read_text("utf-8"))
    ]
    assert found == []
