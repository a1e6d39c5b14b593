"""The configuration's `ledger`, and database addresses in general."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from stockrecon.config import forms
from stockrecon.config.mapping import ledger_mapping, sql_mapping
from stockrecon.config.options import LEDGER_OPTIONS, LEDGERS
from stockrecon.config.policy import PluginNames
from stockrecon.config.schema import Faults, Form, Section, Wrong, nearest
from stockrecon.config.secrets import SecretReader, resolve_path
from stockrecon.config.shops import free_options, read_options
from stockrecon.config.yamltree import Entry, Keys, Node, Scalar
from stockrecon.core.settings import LedgerSettings
from stockrecon.errors import UsageFault

_KEYS = {
    "file": ("type", "path", "zone", "mapping"),
    "sql": (
        *("type", "url", "zone", "tables", "queries", "mapping", "correct"),
        *("statement_timeout", "full_read", "overlap"),
    ),
    **{kind: ("type", *(option.name for option in options)) for kind, options in LEDGER_OPTIONS.items()},
}
_TABLES = ("stock", "movements", "listings", "pushes")
_PLACEHOLDERS = ("sku", "quantity", "ref")
_SQLITE = re.compile(r"(?P<head>sqlite(\+\w+)?:///)(?P<path>[^?]*)(?P<tail>\?.*)?\Z", re.DOTALL)


def read_ledger(
    faults: Faults, node: Node, folder: Path, secrets: SecretReader, plugins: PluginNames
) -> LedgerSettings | None:
    """None where there is a fault that leaves no settings."""
    kind = _type_of(node)
    foreign = kind is not None and kind not in LEDGERS and kind in plugins("stockrecon.ledgers")
    ledger = Section(faults, node, "ledger", _known_keys(kind or "", foreign))
    ledger.need("type", _type(foreign), f"; one of {', '.join(LEDGERS)}")
    if kind == "file":
        path = ledger.need("path", lambda value: resolve_path(folder, forms.text(value)))
        zone = ledger.optional("zone", forms.zone)
        return LedgerSettings(kind, folder, path=path, zone=zone, mapping=ledger_mapping(ledger))
    if kind == "sql":
        return _sql(ledger, folder, secrets)
    if kind is not None and kind in LEDGER_OPTIONS:
        options = read_options(ledger, LEDGER_OPTIONS[kind], secrets)
        return LedgerSettings(kind, folder, options=MappingProxyType(options))
    if not foreign or kind is None:
        return None
    return LedgerSettings(
        kind,
        folder,
        path=ledger.optional("path", lambda value: resolve_path(folder, forms.text(value))),
        url=ledger.optional("url", database_url(folder, secrets, any_scheme=True)),
        zone=ledger.optional("zone", forms.zone),
        options=MappingProxyType(free_options(ledger, secrets, ("type", "path", "url", "zone"))),
    )


def _known_keys(kind: str, foreign: bool) -> tuple[str, ...] | None:
    """None: any key. Without a known type the keys of all, so that a misspelled `type` is named."""
    if foreign:
        return None
    return _KEYS[kind] if kind in _KEYS else tuple(dict.fromkeys(key for keys in _KEYS.values() for key in keys))


def _type_of(node: Node) -> str | None:
    entry = node.entries.get("type") if isinstance(node, Keys) else None
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else None


def _type(foreign: bool) -> Form[str]:
    def form(node: Node) -> str:
        value = forms.text(node)
        if value in LEDGERS or foreign:
            return value
        guess = nearest(value, LEDGERS)
        raise Wrong(f"unknown ledger type {forms.shown(value)}; here are {', '.join(LEDGERS)}", guess=guess)

    return form


def _sql(ledger: Section, folder: Path, secrets: SecretReader) -> LedgerSettings:
    tables, queries = ledger.section("tables", _TABLES), ledger.section("queries", _TABLES)
    for name in _TABLES:
        both = queries.find(name)
        if both is not None and tables.find(name) is not None:
            ledger.faults.add(both, queries.at(name), f"either a query or a table's name ({tables.at(name)}), not both")
    plain = LedgerSettings("sql", folder)
    return LedgerSettings(
        "sql",
        folder,
        url=ledger.need("url", database_url(folder, secrets)),
        zone=ledger.optional("zone", forms.zone),
        tables=_texts(tables),
        queries=_texts(queries),
        correct=ledger.optional("correct", _correct),
        mapping=sql_mapping(ledger, queries),
        statement_timeout=ledger.get("statement_timeout", forms.duration, plain.statement_timeout),
        full_read=ledger.get("full_read", _full_read, plain.full_read),
        overlap=ledger.get("overlap", forms.duration, plain.overlap),
    )


def _full_read(node: Node) -> timedelta:
    return timedelta(0) if isinstance(node, Scalar) and node.text == "always" else forms.duration(node)


def _texts(section: Section) -> Mapping[str, str]:
    found = {name: section.optional(name, forms.text) for name in section.names()}
    return MappingProxyType({name: value for name, value in found.items() if value is not None})


def _correct(node: Node) -> str:
    """The seller's own statement: without its reference a correction could be posted twice."""
    value = forms.text(node)
    missing = [f":{name}" for name in _PLACEHOLDERS if not re.search(rf"(?<![:\w]):{name}\b", value)]
    if missing:
        raise Wrong(f"the statement lacks {', '.join(missing)}; it takes :sku, :quantity, :ref and :note")
    return value


def database_url(folder: Path, secrets: SecretReader, *, any_scheme: bool = False) -> Form[str]:
    """A database URL: by reference, or as text where it holds no password. SQLite's file counts from the folder."""

    def form(node: Node) -> str:
        if not isinstance(node, Scalar):
            value = secrets(node).reveal()
        else:
            value = forms.text(node)
            if forms.holds_password(value):
                raise Wrong("an address with a password does not belong in the file; write {env: NAME} in its place")
        if not secrets.resolves and not isinstance(node, Scalar):
            return ""
        if not any_scheme and not forms.is_database_url(value):
            raise Wrong("a database URL such as postgresql+psycopg://host/name or sqlite:///ledger.db expected")
        return beside(folder, value)

    return form


def ledger_at(told: str, folder: Path, environ: Mapping[str, str]) -> tuple[LedgerSettings, str]:
    """The ledger in a database that is told as `env:NAME`, `file:PATH`, `keyring:NAME` or as a URL without a password;
    and how a configuration in this folder writes it. Raises UsageFault, which repeats nothing that may be a secret."""
    way, _, target = told.partition(":")
    node: Node = Scalar(1, 1, told, False)
    written = json.dumps(told, ensure_ascii=False)
    if way in ("env", "file", "keyring"):
        named = Scalar(1, 1, target, False)
        node = Keys(1, 1, {way: Entry(Scalar(1, 1, way, False), named)})
        written = f"{{{way}: {json.dumps(target, ensure_ascii=False)}}}"
    try:
        url = database_url(folder, SecretReader(environ, folder, []))(node)
    except Wrong as wrong:
        raise UsageFault(f"--ledger-url: {wrong.text}", way_on="Write env:NAME, and set that variable.") from None
    return LedgerSettings("sql", folder, url=url), written


def beside(folder: Path, url: str) -> str:
    """An SQLite URL with its file made absolute; any other as it is."""
    match = _SQLITE.match(url)
    if match is None or match["path"] in ("", ":memory:") or match["path"].startswith("file:"):
        return url
    return f"{match['head']}{resolve_path(folder, match['path'])}{match['tail'] or ''}"
