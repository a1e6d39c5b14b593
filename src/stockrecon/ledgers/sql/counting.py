"""Which of a stock table's numbers may be sold: what is on hand, less what is held; and which nobody can tell."""

from __future__ import annotations

from dataclasses import replace

from stockrecon.ledgers.sql import words
from stockrecon.ledgers.sql.choosing import Choice, parts, pick
from stockrecon.ledgers.sql.looking import Seen, SeenTable

_NUMBER = ("number",)


def available(table: SeenTable) -> Choice | None:
    """The column that is called so, else what is on hand less what is held; None where there is neither.

    A number that may be held, and is called by no word that is known, is among `unsure`: to pass it over could sell
    what is promised to somebody.
    """
    numbers = [one for one in table.columns if one.kind == "number" and one.name not in table.key and not one.refers]
    own = pick(table, words.AVAILABLE, _NUMBER, amount=True)
    if own is not None:
        return replace(own, aside=_names(numbers, {*own.add, *own.others}))
    on_hand = _on_hand(table, numbers)
    if on_hand is None:
        return None
    held = pick(table, words.HELD, _NUMBER, amount=True)
    less = () if held is None else tuple(one.name for one in numbers if one.name in (*held.add, *held.others))
    left = [one for one in numbers if one.name not in {*on_hand.add, *on_hand.others, *less}]
    unsure = _names([one for one in left if _may_be_held(one.name)], set())
    reason = "no column is called available"
    reason += f": what is on hand less {' and '.join(less)}" if less else "; nothing that is held is taken off"
    return Choice(on_hand.add, reason, less, others=on_hand.others, aside=_names(left, set(unsure)), unsure=unsure)


def _on_hand(table: SeenTable, numbers: list[Seen]) -> Choice | None:
    """By the words for it, else by a name that says no more than that it is a quantity (`stock_units`)."""
    found = pick(table, words.ON_HAND, _NUMBER, amount=True)
    plain = [one.name for one in numbers if set(parts(one.name)) <= words.AMOUNTS - {"unit", "level"}]
    if found is None:
        return Choice((plain[0],), "", others=tuple(plain[1:])) if plain else None
    others = dict.fromkeys((*found.others, *(name for name in plain if name not in found.add)))
    return replace(found, others=tuple(others))


def _may_be_held(name: str) -> bool:
    said = parts(name)
    if words.HOLDING.intersection(said):
        return True
    if words.NOT_COUNTED.intersection(said) or {"on", "order"} <= set(said):
        return False
    return bool(said) and said[0] not in ("is", "has") and said[-1] not in words.LABELS and not said[-1].endswith("id")


def _names(columns: list[Seen], without: set[str]) -> tuple[str, ...]:
    return tuple(one.name for one in columns if one.name not in without)
