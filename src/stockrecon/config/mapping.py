"""`mapping`: the files or tables of another program as the tables of the ledger or of a shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from stockrecon.config import forms
from stockrecon.config.schema import Form, Section, Wrong, nearest
from stockrecon.config.yamltree import Keys, Node, Scalar
from stockrecon.core.mapping import PRESETS, From, TableMap, header_text
from stockrecon.core.tables import LEDGER_TABLES, SHOP_TABLES, Column, Kind, Table
from stockrecon.spool.cells import CellFault, parse_cell

_KEYS = ("file", "sheet", "header", "columns", "fixed", "values", "times", "totals")
_LEDGER_KEYS = ("like", *_KEYS, "location", "locations")
_SQL_KEYS = ("columns", "fixed", "values")
_LAST_ROW = 1000
_TOLD = datetime(2026, 11, 9, 21, 45, 58, tzinfo=UTC)


def ledger_mapping(ledger: Section) -> Mapping[str, TableMap]:
    """What each table is read from, stock always; nothing where there is no mapping, or a fault that leaves none."""
    node = ledger.find("mapping")
    if not isinstance(node, Scalar):
        return _mapping(ledger, LEDGER_TABLES, _LEDGER_KEYS)
    named = ledger.optional("mapping", _preset)
    if named is not None and _lacking(named, LEDGER_TABLES["stock"]):
        ledger.faults.add(node, ledger.at("mapping"), _unknown_names(named))
    return {} if named is None else {"stock": named}


def sql_mapping(ledger: Section, queries: Section) -> Mapping[str, TableMap]:
    """The same words for tables of a database, where a column that is not named is called as the contract calls it."""
    found = _mapping(ledger, LEDGER_TABLES, _SQL_KEYS, whole=False)
    for name, made in found.items():
        query = queries.find(name)
        if query is not None and (made.columns or made.fixed or made.values):
            place = ledger.at("mapping" if name == "stock" else f"mapping.{name}")
            words = f"a query gives its columns the names that are wanted: keep it or {place}, not both"
            ledger.faults.add(query, queries.at(name), words)
    return found


def shop_mapping(shop: Section) -> Mapping[str, TableMap]:
    """The same for a shop in files; listings always."""
    return _mapping(shop, SHOP_TABLES, _KEYS)


def _mapping(
    outer: Section, tables: Mapping[str, Table], keys: Sequence[str], *, whole: bool = True
) -> Mapping[str, TableMap]:
    """The first table's keys stand in the mapping itself, the others' under their names. `whole`: every column that a
    table has to have is named."""
    if outer.find("mapping") is None:
        return {}
    first, *others = tables
    section = outer.section("mapping", (*keys, *others))
    base = section.get("like", _preset, TableMap("mapping", {}))
    found = {first: _table(section, tables[first], base, whole)}
    for name in others:
        if (inner := section.find(name)) is not None:
            own = section.section(name, _KEYS if whole else _SQL_KEYS)
            if isinstance(inner, Keys):
                found[name] = _table(own, tables[name], TableMap("mapping", {}), whole)
    return MappingProxyType(found)


def _preset(node: Node) -> TableMap:
    value = forms.text(node)
    if value not in PRESETS:
        words = f"unknown mapping {forms.shown(value)}; here are {', '.join(PRESETS)}, or say columns"
        raise Wrong(words, guess=nearest(value, PRESETS))
    return PRESETS[value]


def _unknown_names(named: TableMap) -> str:
    return (
        f"what the columns of {named.name} are called is not known to this version: write like: {named.name} and "
        "columns: {sku: ..., available: ...}"
    )


def _table(section: Section, table: Table, base: TableMap, whole: bool) -> TableMap:
    columns = {**base.columns, **_columns(section.section("columns", table.names), table)}
    fixed = _fixed(section.section("fixed", table.names), table, columns)
    location = section.optional("location", forms.text)
    made = replace(
        base,
        columns=MappingProxyType({name: source for name, source in columns.items() if name not in fixed}),
        fixed=MappingProxyType(fixed),
        file=section.get("file", forms.text, base.file),
        sheet=section.get("sheet", forms.text, base.sheet),
        header=section.get("header", forms.whole(1, _LAST_ROW), base.header),
        values=_values(section.section("values", table.names), table),
        times=section.get("times", _times, base.times),
        location=base.location if location is None else (header_text(location),),
        location_known=location is not None or base.location_known,
        locations=section.get("locations", forms.texts, base.locations),
        totals=section.get("totals", _words, base.totals),
    )
    if whole and (lacking := _lacking(made, table)):
        words = _unknown_names(base) if not base.columns and base.name in PRESETS else f"say which column is {lacking}"
        section.faults.add(section.node, section.at("columns"), words)
    if made.locations and not made.location:
        section.faults.add(section.node, section.at("locations"), "needs location: the column that names them")
    return made


def _lacking(made: TableMap, table: Table) -> str:
    needed = [column.name for column in table.columns if column.required]
    return ", ".join(name for name in needed if name not in made.columns and name not in made.fixed)


def _columns(section: Section, table: Table) -> dict[str, From]:
    found = {}
    for column in table.columns:
        node = section.find(column.name)
        if isinstance(node, Keys):
            source = _sum(section.section(column.name, ("add", "less")), column)
        else:
            source = section.optional(column.name, _one)
        if source is not None:
            found[column.name] = source
    return found


def _one(node: Node) -> From:
    return From(((header_text(forms.text(node)),),))


def _sum(section: Section, column: Column) -> From | None:
    if column.kind not in (Kind.INTEGER, Kind.COUNT):
        section.faults.add(section.node, section.path, "only quantities can be added up: name one column")
        return None
    add, less = section.need("add", forms.texts), section.get("less", forms.texts, ())
    if add is None:
        return None
    return From(tuple((header_text(name),) for name in add), tuple((header_text(name),) for name in less))


def _fixed(section: Section, table: Table, columns: Mapping[str, From]) -> dict[str, str]:
    by_name = {column.name: column for column in table.columns}
    found = {}
    for name in list(section.names()):
        value = section.optional(name, _cell(by_name[name]))
        node = section.find(name)
        if node is not None and name in columns:
            section.faults.add(node, section.at(name), "stands in columns as well: keep one of the two")
        elif value is not None:
            found[name] = value
    return found


def _values(section: Section, table: Table) -> Mapping[str, Mapping[str, str]]:
    by_name = {column.name: column for column in table.columns}
    found: dict[str, Mapping[str, str]] = {}
    for name in list(section.names()):
        node = section.find(name)
        if not isinstance(node, Keys):
            section.optional(name, forms.names)
            continue
        inner = section.section(name, tuple(node.entries))
        said = {word: inner.optional(word, _cell(by_name[name])) for word in inner.names()}
        found[name] = MappingProxyType({header_text(word): value for word, value in said.items() if value is not None})
    return MappingProxyType(found)


def _cell(column: Column) -> Form[str]:
    """A text that a cell of the column may hold."""

    def form(node: Node) -> str:
        value = forms.text(node)
        try:
            # Without an offset a time is placed by the ledger's zone, which is not known here.
            parse_cell(column.kind, value, "UTC", column.choices, column.least)
        except CellFault as fault:
            raise Wrong(str(fault)) from None
        return value

    return form


def _words(node: Node) -> tuple[str, ...]:
    return tuple(header_text(word) for word in forms.texts(node))


def _times(node: Node) -> str:
    value = forms.text(node)
    try:
        read = datetime.strptime(_TOLD.strftime(value), value)  # noqa: DTZ007  the zone is the ledger's
    except ValueError:
        raise Wrong(f"{forms.shown(value)} is no form of a time; one such as '%d/%m/%Y %H:%M' expected") from None
    if read.date() != _TOLD.date() or read.hour != _TOLD.hour:
        raise Wrong(f"{forms.shown(value)} does not tell year, month, day and hour; such as '%d/%m/%Y %H:%M'")
    return value
