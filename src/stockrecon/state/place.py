"""Where the state is: the configured folder, or for a database of a team a folder of this machine's own."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

BASES, BASE_SUFFIX = "bases", ".zip"
"""The folder, in that of the state, and the file names of what the next little pulls go on from."""
KEPT, KEPT_SUFFIX = "kept", ".parquet"
"""The same of what the next reading of the ledger goes on from."""


def is_url(where: str | Path) -> bool:
    return isinstance(where, str) and "://" in where


def state_folder(where: str | Path, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder for tokens and snapshots; nothing is made or checked.

    The configured folder itself. For a URL: a folder of this machine's user under `$XDG_STATE_HOME/stockrecon`
    (`~/.local/state/stockrecon`), named by a digest of the URL without its password.
    """
    if not is_url(where):
        return Path(where)
    public = re.sub(r"^([^:]+://[^:@/?#]*):.*@", r"\1@", str(where)).partition("?")[0]
    digest = hashlib.sha256(public.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    home = environ.get("XDG_STATE_HOME", "")
    base = Path(home) if os.path.isabs(home) else Path.home() / ".local" / "state"
    return base / "stockrecon" / f"postgresql-{digest}"


def holds_bases(folder: Path) -> bool:
    """Whether a state's folder holds a base at all: asked before the database is opened, and without its modules."""
    return _holds(folder / BASES, BASE_SUFFIX)


def holds_kept(folder: Path) -> bool:
    """The same of tables of the ledger."""
    return _holds(folder / KEPT, KEPT_SUFFIX)


def _holds(folder: Path, suffix: str) -> bool:
    try:
        return any(path.suffix == suffix for path in folder.iterdir())
    except OSError:
        return False
