"""A folder with a configuration, and the faults that loading it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from stockrecon.config import Settings, load
from stockrecon.errors import ConfigFault

Load = Callable[..., Settings]
Faults = Callable[..., list[str]]


def no_plugins(group: str) -> Collection[str]:
    return ()


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    def run(
        text: str | bytes,
        environ: Mapping[str, str] | None = None,
        shops: Collection[str] = (),
        plugins: Callable[[str], Collection[str]] = no_plugins,
    ) -> Settings:
        path = tmp_path / "config.yaml"
        path.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return load(path, environ or {}, tuple(shops), plugins=plugins)

    return run


@pytest.fixture
def faults(load_text: Load, tmp_path: Path) -> Faults:
    """Each fault as printed, with the folder taken away: `config.yaml:LINE:COLUMN: path: text`."""

    def run(text: str | bytes, environ: Mapping[str, str] | None = None, **more: object) -> list[str]:
        with pytest.raises(ConfigFault) as caught:
            load_text(text, environ, **more)
        return [str(fault).replace(f"{tmp_path}/", "") for fault in caught.value.faults]

    return run
