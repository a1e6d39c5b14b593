"""The warehouses that are read, the one that is corrected, and Ginee's shops."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stockrecon.errors import ReadFault
from stockrecon.ledgers.ginee.api import Ginee
from stockrecon.ledgers.ginee.errors import WHO, Refused, Why
from stockrecon.ledgers.ginee.setup import Setup
from stockrecon.rest.fields import Object, plain, text

_DISABLED = "DISABLE"
"""Inferred: of a warehouse's `status`, other programs name ENABLE alone."""
_LOST = frozenset({"DISCONNECTED", "EXPIRED"})
"""Of a shop's authorizationStatus: CONNECTED, DISCONNECTED, EXPIRED (doc.ginee.com, ListShop)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A warehouse. `code`, `name` and `kind` are "" where Ginee lists no warehouses for this key."""

    id: str
    code: str = ""
    name: str = ""
    kind: str = ""
    disabled: bool = False

    @property
    def shown(self) -> str:
        return self.name or self.code or self.id


@dataclass(frozen=True, slots=True)
class Places:
    """`correct_at`: None where several are read and none is named for corrections."""

    read: tuple[Place, ...]
    correct_at: Place | None


def places_of(ginee: Ginee, setup: Setup) -> Places:
    """Raises ReadFault where the configured warehouses are not Ginee's."""
    try:
        there = [_place(row) for row in ginee.warehouses()]
    except Refused as refused:
        if refused.why is Why.RULE or not setup.warehouses:
            raise
        there = [Place(each) for each in dict.fromkeys((*setup.warehouses, setup.correct_at)) if each]
    read = tuple(_named(each, there, "warehouses") for each in setup.warehouses) or (_only(there),)
    if len({place.id for place in read}) != len(read):
        raise ReadFault(WHO, "ledger.warehouses names a warehouse twice, so that its stock would count twice")
    if not setup.correct_at:
        return Places(read, read[0] if len(read) == 1 else None)
    chosen = _named(setup.correct_at, there, "correct_at")
    if chosen not in read:
        words = f"ledger.correct_at: {chosen.shown} is none of the warehouses that are read"
        raise ReadFault(WHO, words, way_on="A correction there would not count; name one of ledger.warehouses.")
    return Places(read, chosen)


def cut_off(shops: Sequence[Object]) -> Iterator[str]:
    """Shops that Ginee reaches no more: no order of theirs comes in, and no stock goes out (reference: GN-DASH)."""
    for row in shops:
        status = text(row.get("authorizationStatus"))
        if status in _LOST:
            yield f"{plain(row.get('name')) or text(row.get('shopId'))} ({plain(row.get('channel'), 40)}, {status})"


def shop_names(shops: Sequence[Object], setup: Setup) -> Mapping[str, str]:
    """The configured shop by Ginee's shop id. Raises ReadFault for one that Ginee does not have."""
    found: dict[str, str] = {}
    for said, shop in setup.shops.items():
        ids = [
            text(row.get("shopId"))
            for row in shops
            if said in (row.get("shopId"), row.get("externalShopId"), row.get("name"))
        ]
        if len(ids) != 1:
            words = f"ledger.shops: {len(ids)} of Ginee's shops are called {said!r}, meant to be {shop}"
            known = ", ".join(f"{plain(row.get('name'), 60)} is {text(row.get('shopId'))}" for row in shops[:20])
            raise ReadFault(WHO, words, way_on=f"Name it by its id. Ginee has: {known or 'none'}")
        found[ids[0]] = shop
    return found


def _place(row: Object) -> Place:
    status = text(row.get("status")).upper()
    return Place(
        id=text(row.get("id")),
        code=text(row.get("code")),
        name=text(row.get("name")),
        kind=text(row.get("type")),
        disabled=status.startswith(_DISABLED),
    )


def _named(said: str, there: Sequence[Place], key: str) -> Place:
    found = [place for place in there if place.id == said] or [
        place for place in there if said in (place.code, place.name)
    ]
    if len(found) == 1:
        return found[0]
    words = f"ledger.{key}: {len(found)} of Ginee's warehouses are called {said!r}"
    raise ReadFault(WHO, words, way_on=f"Name it by its id. Ginee has: {_list(there)}")


def _only(there: Sequence[Place]) -> Place:
    usable = [place for place in there if not place.disabled]
    if len(usable) == 1:
        return usable[0]
    words = f"Ginee has {len(usable)} warehouses in use, and ledger.warehouses names none"
    raise ReadFault(WHO, words, way_on=f"Name those whose stock is sold. Ginee has: {_list(usable)}")


def _list(there: Sequence[Place]) -> str:
    return ", ".join(f"{plain(place.shown, 60)} is {place.id}" for place in there[:20]) or "none"
