"""The ready file: where the sandbox is and what a client of each shop needs (contract, section 7)."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from stockrecon.errors import OutputFault
from stockrecon.sandbox.house import Sandbox, Served

Entry = dict[str, object]


def describe(sandbox: Sandbox, root: str, secrets_beside: Path, ledger: Path | None, key: str) -> Entry:
    """The ready file's document. Writes each secret to a file of its own: `secrets_beside` plus shop and name."""
    document: Entry = {
        "pid": os.getpid(),
        "control": f"{root}/_control",
        "ledger": str(ledger) if ledger is not None else None,
        "shops": [_shop(served, root, secrets_beside) for served in sandbox.shops.values()],
    }
    return {**document, "control_key": key} if key else document


def _shop(served: Served, root: str, beside: Path) -> Entry:
    base_url = f"{root}/{served.name}"
    credentials = served.credentials()
    options: Entry = {}
    for name, value in served.face.config().items():
        if name in served.face.secrets:
            place = beside.with_name(f"{beside.name}.{served.name}.{name}")
            write_private(place, str(value))
            options[name] = {"file": str(place)}
        else:
            options[name] = value
    config: Entry = {
        "name": served.name,
        "channel": served.shop.channel,
        "region": served.shop.region,
        "mode": "observe",
        "base_url": base_url,
        **options,
    }
    return {
        "name": served.name,
        "channel": served.shop.channel,
        "base_url": base_url,
        "credentials": credentials,
        "config": config,
    }


def write_ready(path: Path, document: Entry) -> None:
    """Whole or not at all: a temporary file beside it, then a rename."""
    write_private(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write `text` with mode 0600 by temporary file and rename. Raises OutputFault."""
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputFault(f"{path}: cannot be written: {error.strerror}") from error
