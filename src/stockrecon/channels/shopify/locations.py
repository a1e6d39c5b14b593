"""A shop's locations: which of them count, and what is set where (reference: Shopify 1.4, 1.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stockrecon.channels.shopify.api import ShopifyApi
from stockrecon.channels.shopify.documents import LOCATIONS
from stockrecon.channels.shopify.fields import flag, gid, gid_of, next_page, nodes, number_of, plain
from stockrecon.channels.writing import spread
from stockrecon.errors import ReadFault


@dataclass(frozen=True, slots=True)
class Location:
    """One active location. `id`: its global id, `number` what the admin's address shows. `online`: it fulfils what is
    bought online; `service`: a fulfilment service holds the stock there."""

    id: str
    number: str
    name: str
    online: bool
    service: bool

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.number})"


def read_locations(api: ShopifyApi) -> dict[str, Location]:
    """All active ones by global id, page by page."""
    found: dict[str, Location] = {}
    after: str | None = None
    while True:
        connection = api.ask(LOCATIONS, after=after).get("locations")
        for node in nodes(connection, "locations"):
            where = "locations: node"
            if flag(node.get("isActive"), f"{where}: isActive"):
                name = gid(node.get("id"), "Location", f"{where}: id")
                found[name] = Location(
                    name,
                    number_of(name, "Location", f"{where}: id"),
                    plain(node.get("name"), 80) or "unnamed",
                    flag(node.get("fulfillsOnlineOrders"), f"{where}: fulfillsOnlineOrders"),
                    flag(node.get("isFulfillmentService"), f"{where}: isFulfillmentService"),
                )
        after = next_page(connection, "locations")
        if after is None:
            return found


@dataclass(frozen=True, slots=True)
class Counted:
    """The locations that count: all active ones, or `chosen` alone (a global id, "" for none)."""

    locations: Mapping[str, Location]
    chosen: str = ""

    @property
    def terms(self) -> str:
        """What every listing's number and message depends on: which locations count, their names, what each is for."""
        return "; ".join(sorted(f"{one.number} {one.name} {one.online}" for one in self.locations.values()))

    def name_of(self, location: str) -> str:
        known = self.locations.get(location)
        return known.name if known is not None else location


def counted(who: str, locations: Mapping[str, Location], location_id: str) -> Counted:
    """`location_id`: the configured one, "" for all. Raises ReadFault where it is not among the active ones."""
    if not location_id:
        return Counted(locations)
    chosen = gid_of("Location", location_id)
    if chosen not in locations:
        known = listed(locations.values()) or "none"
        text = f"location_id {location_id} is not among the shop's active locations: {known}"
        raise ReadFault(who, text, way_on="mend location_id, or activate the location in the shop's admin")
    return Counted({chosen: locations[chosen]}, chosen)


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
