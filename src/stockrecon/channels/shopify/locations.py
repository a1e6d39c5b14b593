"""A shop's locations: which of them count, and what is set where (reference: Shopify 1.4, 1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.documents import LOCATIONS
from stockrecon.channels.shopify.fields import Malformed, flag, gid, gid_of, next_page, nodes, number_of, plain
from stockrecon.channels.writing import spread
from stockrecon.errors import ReadFault

NO_ONLINE = "no active location fulfils online orders, so nobody can buy anything online and nothing counts"
NO_ONLINE_WAY = "let a location fulfil online orders in the shop's admin, or name the one that counts with location_id"


@dataclass(frozen=True, slots=True)
class Location:
    """One location. `id`: its global id, `number` what the admin's address shows. `online`: it fulfils what is bought
    online; `service`: a fulfilment service holds the stock there; `active` False: it was deactivated, and can neither
    stock nor send anything."""

    id: str
    number: str
    name: str
    online: bool
    service: bool
    active: bool = True

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.number})"


def read_locations(api: ShopifyApi) -> dict[str, Location]:
    """All of them by global id, page by page; also those that were deactivated, of which levels may be told."""
    found: dict[str, Location] = {}
    after: str | None = None
    seen: set[str] = set()
    while True:
        connection = api.ask(LOCATIONS, after=after).get("locations")
        for node in nodes(connection, "locations"):
            where = "locations: node"
            name = gid(node.get("id"), "Location", f"{where}: id")
            found[name] = Location(
                name,
                number_of(name, "Location", f"{where}: id"),
                plain(node.get("name"), 80) or "unnamed",
                flag(node.get("fulfillsOnlineOrders"), f"{where}: fulfillsOnlineOrders"),
                flag(node.get("isFulfillmentService"), f"{where}: isFulfillmentService"),
                flag(node.get("isActive"), f"{where}: isActive"),
            )
        after = next_page(connection, "locations")
        if after is None:
            return found
        if after in seen:
            raise Malformed("locations says that a page follows, but its cursor does not go on")
        seen.add(after)


@dataclass(frozen=True)
class Counted:
    """The locations that count: the active ones that fulfil online orders, or `chosen` alone (a global id, "" for
    none). `others`: the active ones that do not count; `closed`: those that were deactivated.
    """

    locations: Mapping[str, Location]
    chosen: str = ""
    others: Mapping[str, Location] = field(default_factory=dict)
    closed: Mapping[str, Location] = field(default_factory=dict)

    @cached_property
    def shown(self) -> Mapping[str, Location]:
        """The active ones whose levels a listing is made of: what counts, and what is named beside it."""
        return self.locations if self.chosen else {**self.locations, **self.others}

    @cached_property
    def known(self) -> Mapping[str, Location]:
        return {**self.locations, **self.others, **self.closed}

    @property
    def terms(self) -> str:
        """What listings and orders depend on: which locations count, which there are beside them, their names."""
        told = (
            f"{one.number} {one.name} {'online' if one.online else 'offline'} "
            f"{'counts' if one.id in self.locations else 'beside' if one.active else 'closed'}"
            for one in self.known.values()
        )
        return "; ".join(sorted(told))

    @property
    def warnings(self) -> list[str]:
        """What a run has to say of what counts."""
        if self.chosen and not self.locations[self.chosen].online:
            named = self.locations[self.chosen].shown
            return [f"location_id names {named}, which fulfils no online orders: what counts there nobody buys online"]
        if not self.locations:
            return [f"{NO_ONLINE}; {NO_ONLINE_WAY}"]
        return []

    def name_of(self, location: str) -> str:
        known = self.known.get(location)
        return known.name if known is not None else location


def counted(who: str, locations: Mapping[str, Location], location_id: str) -> Counted:
    """`locations`: all of the shop's. `location_id`: the configured one, "" for all that fulfil online orders, which is
    what the storefront sells (reference: Shopify 1.10). Raises ReadFault where it is not among the active ones.
    """
    active = {name: one for name, one in locations.items() if one.active}
    closed = {name: one for name, one in locations.items() if not one.active}
    chosen = gid_of("Location", location_id) if location_id else ""
    if chosen and chosen not in active:
        known = listed(active.values()) or "none"
        text = f"location_id {location_id} is not among the shop's active locations: {known}"
        raise ReadFault(who, text, way_on="mend location_id, or activate the location in the shop's admin")
    mine = {name: one for name, one in active.items() if (name == chosen if chosen else one.online)}
    return Counted(mine, chosen, {name: one for name, one in active.items() if name not in mine}, closed)


def listed(locations: Iterable[Location], most: int = 8) -> str:
    shown = [location.shown for location in locations]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def placed(to: int, levels: Mapping[str, int]) -> Mapping[str, int] | None:
    """Available units per location so that all of them hold `to` together; all that are named stand in it.

    None where it is the seller's to say which location is meant (`writing.spread`). What is below zero at one of
    several stays: raising it would hide units that were sold twice, so the others make up for it.
    """
    if len(levels) == 1:
        return dict.fromkeys(levels, to)
    owed = {location: units for location, units in levels.items() if units < 0}
    rest = {location: units for location, units in levels.items() if units >= 0}
    meant = spread(to - sum(owed.values()), rest) if rest else None
    return None if meant is None else {**levels, **meant}
