"""One table of a proposal: its mapping, or the query for what a mapping cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from stockrecon.core.mapping import From, TableMap
from stockrecon.ledgers.sql.alike import exact, may_merge
from stockrecon.ledgers.sql.choosing import Choice
from stockrecon.ledgers.sql.guessing import Guess
from stockrecon.ledgers.sql.looking import SeenTable


@dataclass(slots=True)
class Draft:
    """One table of the proposal. `why_not`: it is left to people, and stands in comments."""

    guess: Guess
    query: str = ""
    why_not: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def named(self) -> bool:
        """Whether the table's own name has to be told."""
        return not self.query and self.guess.seen.shown != self.guess.table.name

    @property
    def unsure(self) -> tuple[str, ...]:
        """Columns of which people have to say whether they are to be taken off what is available."""
        choice = self.guess.choices.get("available")
        return choice.unsure if choice is not None else ()

    def columns(self) -> dict[str, Choice]:
        """Those that the mapping has to name: all of them, unless every one is called as the contract calls it."""
        choices = self.guess.choices
        return {} if all(choice.add == (name,) and not choice.less for name, choice in choices.items()) else choices

    def mapped(self) -> TableMap:
        columns = {
            name: From(tuple((one,) for one in choice.add), tuple((one,) for one in choice.less))
            for name, choice in self.columns().items()
        }
        return TableMap("mapping", columns, values={"kind": self.guess.values} if self.guess.values else {})


def draft_of(connection: Connection, made: Guess) -> Draft:
    draft = Draft(made)
    if made.missing:
        draft.why_not = f"{made.seen.shown} looks like it, but has no column for {', '.join(made.missing)}"
    elif made.unknown:
        words = ", ".join(made.unknown)
        draft.why_not = f"what these words of {made.choices['kind'].add[0]} mean cannot be told: {words}"
    sku = made.choices.get("sku")
    if made.sums or (sku is not None and sku.through is not None):
        draft.query = _query(connection, made, draft.notes)
    return draft


def _query(connection: Connection, made: Guess, notes: list[str]) -> str:
    """A SELECT for what a mapping cannot say: a SKU that another table has, units of several rows."""
    quote = connection.dialect.identifier_preparer.quote

    def place(seen: SeenTable) -> str:
        return f"{quote(seen.schema)}.{quote(seen.name)}" if seen.schema else quote(seen.name)

    sku = made.choices["sku"]
    named = f"{'p' if sku.through is not None else 't'}.{quote(sku.add[0])}"
    values = [f"{_value(connection, made, name)} AS {name}" for name in made.choices if name != "sku"]
    lines = [f"SELECT {', '.join([f'{named} AS sku', *values])}", f"FROM {place(made.seen)} t"]
    if sku.through is not None:
        seen, other = sku.through
        lines.append(f"JOIN {place(other)} p ON p.{quote((seen.refers or ('', 'id'))[1])} = t.{quote(seen.name)}")
    ours = ""
    if made.own_places is not None:
        held, other, kind = made.own_places
        lines.append(f"JOIN {place(other)} l ON l.{quote((held.refers or ('', 'id'))[1])} = t.{quote(held.name)}")
        ours = f" AND l.{quote(kind)} = 'internal'"
    lines.append(f"WHERE {named} IS NOT NULL{ours}")
    if made.sums:
        lines.append(f"GROUP BY {_apart(connection, named, notes)}")
        notes.append(_about_places(made))
        notes.append("A NULL among the units makes the sum NULL, which is a fault, and no smaller number.")
    notes.append(f"Rows without {sku.add[0]} are left out.")
    return "\n".join(lines)


def _value(connection: Connection, made: Guess, name: str) -> str:
    """What the query gives for a column of the contract."""
    quote = connection.dialect.identifier_preparer.quote
    choice = made.choices[name]
    value = " + ".join(f"t.{quote(one)}" for one in choice.add)
    value += "".join(f" - t.{quote(one)}" for one in choice.less)
    if name == "kind" and (made.values or made.unknown):
        return _in_our_words(connection.dialect.name, made, value)
    if not made.sums:
        return value
    if name == "updated_at":
        return f"MAX({value})"
    # SUM passes over NULL, and so would drop a row whose units nobody knows.
    return f"CASE WHEN COUNT(*) = COUNT({value}) THEN SUM({value}) END"


def _in_our_words(backend: str, made: Guess, value: str) -> str:
    """The kinds of movement, theirs to ours: beside a query no mapping can say it. What is unknown stays a `?`."""
    seen = made.seen.column(made.choices["kind"].add[0])
    numbers = seen is not None and seen.kind == "number"

    def literal(word: str) -> str:
        if numbers:
            return word
        doubled = word.replace("\\", "\\\\") if backend in ("mysql", "mariadb") else word
        return "'" + doubled.replace("'", "''") + "'"

    means = {**made.values, **dict.fromkeys(made.unknown, "?")}
    cases = " ".join(f"WHEN {literal(theirs)} THEN '{ours}'" for theirs, ours in means.items())
    plain = "CHAR" if backend in ("mysql", "mariadb") else "TEXT"
    return f"CASE {value} {cases} ELSE CAST({value} AS {plain}) END"


def _apart(connection: Connection, named: str, notes: list[str]) -> str:
    """What to group by, so that two SKUs that the collation takes for one stay two: reading then names them both."""
    if not may_merge(connection):
        return named
    notes.append("Grouped by the text itself as well: SKUs that the collation takes for one are never added up.")
    return f"{named}, {exact(connection.dialect.name, named)}"


def _about_places(made: Guess) -> str:
    told = f"A SKU has several rows in {made.seen.shown}, whose units are summed."
    if made.own_places is not None:
        _, other, kind = made.own_places
        told += f" Only places count whose {kind} in {other.shown} is internal: others are suppliers' and customers'."
    if not made.places:
        return told
    some = ", ".join(made.named_places)
    return f"{told} {made.places} has {some}; if only some of them count, add: AND t.{made.places} IN (...)"
