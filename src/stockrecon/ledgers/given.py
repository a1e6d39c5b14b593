"""What the configuration gives a ledger among its options, as values; what cannot be meant is a UsageFault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stockrecon.core.model import MovementKind
from stockrecon.core.secret import Secret
from stockrecon.errors import UsageFault
from stockrecon.spool.cells import CellFault, zone_of


def text_of(given: Mapping[str, object], name: str) -> str:
    """A text, also where it was given by reference; "" where it is not given."""
    value = given.get(name)
    return value.reveal() if isinstance(value, Secret) else str(value or "")


def texts_of(value: object) -> tuple[str, ...]:
    """Several texts; one alone needs no list."""
    if isinstance(value, str):
        return (value,)
    return tuple(str(each) for each in value) if isinstance(value, Sequence) else ()


def names_of(value: object) -> dict[str, str]:
    return {str(key): str(each) for key, each in value.items()} if isinstance(value, Mapping) else {}


def shops_of(value: object) -> dict[str, str]:
    """The configured shop by what stands for it in the ledger. Raises UsageFault where that is told of two."""
    names = names_of(value)
    if len(set(names.values())) != len(names):
        raise UsageFault("ledger.shops: one value stands for two shops, so nobody could tell whose an order is")
    return {told: shop for shop, told in names.items()}


def kinds_of(value: object) -> dict[str, MovementKind]:
    """The kind of movement by the ledger's word for it. Raises UsageFault."""
    known = {kind.value: kind for kind in MovementKind if kind is not MovementKind.CORRECTION}
    names = names_of(value)
    for word, kind in names.items():
        if kind not in known:
            words = f"ledger.kinds: {word}: {kind!r} is no kind of movement"
            raise UsageFault(words, way_on=f"one of: {', '.join(known)}")
    return {word: known[kind] for word, kind in names.items()}


def zone_name(value: object) -> str | None:
    """The name of a zone that is known; None where none is given. Raises UsageFault."""
    if not value:
        return None
    try:
        zone_of(str(value))
    except CellFault as fault:
        raise UsageFault(f"ledger.zone: {fault}") from None
    return str(value)
