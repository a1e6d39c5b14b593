"""How a column is known by its name: by the parts of it, in any order, and with a reason that people can judge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stockrecon.ledgers.sql import words
from stockrecon.ledgers.sql.looking import Seen, SeenTable


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a column of the contract would come from. `through`: the column there that refers to another table, which
    has it. `others`: what else it could have been. `aside`: quantities and other numbers that it leaves out. `unsure`:
    numbers of which nobody can tell whether they have to be taken off, so that people choose."""

    add: tuple[str, ...]
    reason: str
    less: tuple[str, ...] = ()
    through: tuple[Seen, SeenTable] | None = None
    others: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def folded(name: str) -> str:
    """A name as the lists of words have it: `ItemCode`, `Item Code` and `item_code` are one."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[\s.\-]+", "_", parted.strip()).casefold()


def parts(name: str) -> list[str]:
    """The parts of a name, each in the lists' word for it."""
    return [one for part in folded(name).split("_") for one in words.SAME.get(part, part).split("_") if one]


def pick(table: SeenTable, names: Sequence[str], kinds: Sequence[str], *, amount: bool = False) -> Choice | None:
    """The column with the name that comes first in the list, and what the others would have been. `amount`: words that
    only say that it is a quantity do not count."""
    there: dict[str, Seen] = {}
    for wanted in names:
        for one in table.columns:
            if one.kind in kinds and _key(one.name, amount=amount) == _key(wanted, amount=amount):
                there.setdefault(one.name, one)
    if not there:
        return None
    first, *others = there.values()
    # Notes and orders may name a buyer, who is nobody's business in a configuration.
    examples = first.kind != "text" or names in (words.SKU, words.KIND, words.SHOP)
    return Choice((first.name,), _reason(first, examples), others=tuple(one.name for one in others))


def _key(name: str, *, amount: bool) -> frozenset[str]:
    whole = frozenset(parts(name))
    return (whole - words.AMOUNTS or whole) if amount else whole


def _reason(seen: Seen, examples: bool) -> str:
    different = len({str(value) for value in seen.values})
    if not seen.values:
        return f"called so, {seen.kind}; no row has a value in it"
    told = f"called so, {seen.kind}, {different} different in the first {len(seen.values)} rows"
    if not examples:
        return told
    some = ", ".join(dict.fromkeys(_short(value) for value in seen.values[:3]))
    return f"{told}: {some}"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 24 else text[:21] + "..."
