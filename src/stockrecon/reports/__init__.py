"""Views of one run result. Each format is a module with `render(result, view)`, imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stockrecon.core.findings import RunResult
    from stockrecon.reports.view import View

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "table": "stockrecon.reports.table",
        "markdown": "stockrecon.reports.markdown",
        "json": "stockrecon.reports.json",
        "csv": "stockrecon.reports.csv",
    }
)
"""Format name -> module; one literal table, so that what exists can be read (and offered) without importing it."""

FOR_PEOPLE = frozenset({"table", "markdown"})
"""Formats that tell everything themselves, also which shop could not be read and why."""


def render(name: str, result: RunResult, view: View) -> Iterator[str]:
    """The report in one format, as chunks of text. Raises KeyError for a format that is not in `FORMATS`."""
    module = import_module(FORMATS[name])
    chunks: Iterator[str] = module.render(result, view)
    return chunks


def render_explain(name: str, result: RunResult, view: View) -> Iterator[str]:
    """The report of `stockrecon explain`: in any of `FORMATS`."""
    module = import_module("stockrecon.reports.explain")
    chunks: Iterator[str] = module.render(name, result, view)
    return chunks
