"""Which columns of a seller's table or query are the contract's columns: by the mapping, else by their names."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, sub

from sqlalchemy import ColumnElement, column, literal

from stockrecon.core.mapping import From, TableMap
from stockrecon.core.tables import Column, Table
from stockrecon.errors import ReadFault


@dataclass(frozen=True, slots=True)
class Picked:
    """One of the contract's columns and where its values come from: a column there, the sum of some less the sum of
    others, or one value for every row."""

    column: Column
    add: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    fixed: str | None = None

    @property
    def own(self) -> str | None:
        """The database's name of the one column that it is; None where it is put together."""
        return self.add[0] if len(self.add) == 1 and not self.less else None

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.add, *self.less)

    def expression(self) -> ColumnElement[object]:
        if self.fixed is not None:
            return literal(self.fixed)
        added: list[ColumnElement[object]] = [column(name) for name in self.add]
        taken: list[ColumnElement[object]] = [column(name) for name in self.less]
        return reduce(sub, taken, reduce(add, added))


def picked(table: Table, names: Sequence[str], shown: str, mapping: TableMap | None) -> tuple[Picked, ...]:
    """The contract's columns that are there. `mapping`: where it names columns, optional ones are read only if it does,
    for a column that is called `shop` in a table of another program may be anything.

    Raises ReadFault, naming what is missing and what is there.
    """
    if mapping is None or not (mapping.columns or mapping.fixed):
        return tuple(Picked(wanted, (own,)) for wanted, own in matched(table, names, shown))
    found: list[Picked] = []
    missing: list[str] = []
    for wanted in table.columns:
        if wanted.name in mapping.fixed:
            found.append(Picked(wanted, fixed=mapping.fixed[wanted.name]))
        elif wanted.name in mapping.columns:
            found.append(_mapped(table, wanted, mapping.columns[wanted.name], names, shown))
        elif wanted.required:
            own = _own(wanted.name, names)
            if len(own) == 1:
                found.append(Picked(wanted, (own[0],)))
            else:
                missing.append(wanted.name)
    if missing:
        raise _missing_columns(table, shown, missing, names)
    return tuple(found)


def matched(table: Table, names: Sequence[str], shown: str) -> list[tuple[Column, str]]:
    """The contract's columns that are there under their own names, each with the database's spelling (case does not
    count in SQL).

    Raises ReadFault, naming what is missing and what is there.
    """
    pairs: list[tuple[Column, str]] = []
    missing: list[str] = []
    for wanted in table.columns:
        own = _own(wanted.name, names)
        if len(own) > 1:
            text = f"{shown}: {len(own)} columns are called {wanted.name}"
            raise ReadFault("ledger", text, way_on=f"Choose one of them with a SELECT under queries.{table.name}.")
        if own:
            pairs.append((wanted, own[0]))
        elif wanted.required:
            missing.append(wanted.name)
    if missing:
        raise _missing_columns(table, shown, missing, names)
    return pairs


def nearest(word: str, names: Sequence[str]) -> str | None:
    """The name that was probably meant."""
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return folded[close[0]]
    # "stock_available" for "available": a longer name that holds the word.
    holding = sorted((name for name in folded if word.casefold() in name or name in word.casefold()), key=len)
    return folded[holding[0]] if holding else None


def _own(name: str, names: Sequence[str]) -> list[str]:
    """The columns that a name may mean: the one that is spelled so, else all that differ in case alone."""
    candidates = [own for own in names if own.casefold() == name.casefold()]
    return [own for own in candidates if own == name] or candidates


def _mapped(table: Table, wanted: Column, source: From, names: Sequence[str], shown: str) -> Picked:
    place = "mapping.columns" if table.name == "stock" else f"mapping.{table.name}.columns"

    def one(name: str) -> str:
        own = _own(name, names)
        if len(own) == 1:
            return own[0]
        if own:
            text = f"{shown}: {len(own)} columns are called {name}, which {place}.{wanted.name} names"
            raise ReadFault("ledger", text, way_on="Spell it as the database does.")
        guess = nearest(name, names)
        hint = f" (did you mean {guess}?)" if guess else ""
        there = ", ".join(names) or "none"
        text = f"{shown}: has no column {name}{hint}; the columns that are there: {there}"
        raise ReadFault("ledger", text, way_on=f"Correct {place}.{wanted.name}.")

    return Picked(wanted, tuple(one(name) for (name,) in source.add), tuple(one(name) for (name,) in source.less))


def _missing_columns(table: Table, shown: str, missing: Sequence[str], names: Sequence[str]) -> ReadFault:
    noun = "column" if len(missing) == 1 else "columns"
    guesses = {name: guess for name in missing if (guess := nearest(name, names))}
    hint = f" (did you mean {', '.join(f'{guess} for {name}' for name, guess in guesses.items())}?)" if guesses else ""
    place = "mapping.columns" if table.name == "stock" else f"mapping.{table.name}.columns"
    example = next((f" ({name}: {guess})" for name, guess in guesses.items()), "")
    select = next((f": SELECT {guess} AS {name}, ..." for name, guess in guesses.items()), "")
    return ReadFault(
        "ledger",
        f"{shown}: {noun} {', '.join(missing)} missing{hint}; the columns that are there: {', '.join(names) or 'none'}",
        way_on=f"Say under {place} which column is meant{example}, or offer them with a SELECT under "
        f"queries.{table.name}{select}",
    )
