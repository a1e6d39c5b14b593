"""Which company and warehouses the ledger is: what lies inside counts, what crosses the border moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from stockrecon.errors import ReadFault
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.errors import RIGHTS_WAY
from stockrecon.ledgers.tryton.fields import Row, identity, ids, link, malformed, text
from stockrecon.ledgers.tryton.paging import whole
from stockrecon.ledgers.tryton.setup import Setup
from stockrecon.spool.cells import CellFault, zone_of

_FIELDS = ("name", "code", "type", "parent", "storage_location")
_COMPANY_WAY = "Give Tryton's user this company (Administration > Users > Users)"


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    name: str
    code: str
    type: str
    parent: int | None
    storage: int | None
    """Of a warehouse: where it keeps what it has."""

    def __str__(self) -> str:
        return f"{self.name} ({self.code})" if self.code else self.name


@dataclass(frozen=True, slots=True)
class Scope:
    """`warehouses`: those that were chosen, none inside of another. `inside`: they and all that is below them.

    `zone`: of the company, in which its days begin and end.
    """

    company: int
    company_name: str
    zone: tzinfo
    locations: Mapping[int, Location]
    warehouses: tuple[Location, ...]
    inside: frozenset[int]

    @property
    def quantities(self) -> dict[str, object]:
        """The context in which a product's quantity is that of the warehouses; without it Tryton answers 0."""
        return {"locations": [one.id for one in self.warehouses], "with_childs": True}

    def type(self, location: int) -> str:
        """Where a move comes from or goes to, in Tryton's words; "" for a location that is not active any more."""
        found = self.locations.get(location)
        return found.type if found is not None else ""


def scope_of(tryton: Tryton, setup: Setup) -> Scope:
    """Raises ReadFault where something that is configured is not there, naming what is."""
    company, name, zone = _company(tryton, setup.company)
    tryton.context["company"] = company
    rows = whole(tryton, "stock.location", [], _FIELDS)
    locations = {one.id: one for one in map(_location, rows)}
    warehouses = [one for one in locations.values() if one.type == "warehouse"]
    if not warehouses:
        raise ReadFault("ledger", "Tryton has no warehouse that we may see", way_on=RIGHTS_WAY)
    if setup.warehouses:
        warehouses = list(dict.fromkeys(_named("warehouses", name, warehouses) for name in setup.warehouses))
    chosen = {one.id for one in warehouses}
    roots = tuple(one for one in warehouses if one.parent is None or not _below(one.parent, chosen, locations))
    inside = frozenset(place for place in locations if _below(place, chosen, locations))
    return Scope(company, name, zone, locations, roots, inside)


def correction_places(scope: Scope, setup: Setup) -> list[Location]:
    """Where a correction may be counted, the best first. Raises ReadFault where correct_at is none of them."""
    stored = [one for one in scope.locations.values() if one.id in scope.inside and one.type == "storage"]
    if setup.correct_at:
        return [_named("correct_at", setup.correct_at, stored)]
    usual = {one.storage for one in scope.warehouses}
    return sorted(stored, key=lambda one: (one.id not in usual, one.id))


def _company(tryton: Tryton, wanted: str) -> tuple[int, str, tzinfo]:
    rows = tryton.search_read("company.company", [], ("rec_name", "timezone"))
    preferences = _preferences(tryton, {})
    # Tryton lists every company; a user works in those of his own alone.
    own = set(ids(preferences.get("companies") or [], "preferences: companies"))
    if "companies" not in preferences and preferences.get("company") is not None:
        own = {identity(preferences.get("company"), "preferences: company")}  # older series tell the current one alone
    known = {identity(row.get("id"), "company.company: id"): row for row in rows}
    if wanted:
        company = next((one for one, row in known.items() if text(row.get("rec_name")) == wanted and one in own), None)
        if company is None:
            names = ", ".join(sorted(text(row.get("rec_name")) for one, row in known.items() if one in own))
            words = f"company: Tryton's user has no company {wanted}; it has {names or 'none'}"
            raise ReadFault("ledger", words, way_on=_COMPANY_WAY)
    else:
        company = link(preferences.get("company"), "preferences: company")
        if company is None or company not in known:
            raise ReadFault("ledger", "Tryton's user works in no company", way_on=_COMPANY_WAY)
    _see_that_it_is_open(tryton, company, text(known[company].get("rec_name")), preferences)
    return company, text(known[company].get("rec_name")), _zone(known[company])


def _see_that_it_is_open(tryton: Tryton, company: int, name: str, preferences: Row) -> None:
    """Where the user does not work in the company, its quantities are 0 and its moves are left out without a word."""
    works_there = preferences.get("company") == company or preferences.get("company_filter") == "all"
    if not works_there or _preferences(tryton, {"company": company}).get("company") != company:
        words = f"Tryton's user does not work in the company {name}, so that it would see nothing of it"
        raise ReadFault("ledger", words, way_on=f"{_COMPANY_WAY}; make it the current company there.")


def _preferences(tryton: Tryton, context: Mapping[str, object]) -> Row:
    found = tryton.call("model.res.user.get_preferences", True, context=context)
    if not isinstance(found, dict):
        raise malformed("get_preferences does not answer")
    return found


def _zone(company: Row) -> tzinfo:
    try:
        return zone_of(text(company.get("timezone")) or "UTC")
    except CellFault:
        return UTC


def _location(row: Row) -> Location:
    return Location(
        id=identity(row.get("id"), "stock.location: id"),
        name=text(row.get("name")),
        code=text(row.get("code")),
        type=text(row.get("type")),
        parent=link(row.get("parent"), "stock.location: parent"),
        storage=link(row.get("storage_location"), "stock.location: storage_location"),
    )


def _named(key: str, wanted: str, among: Sequence[Location]) -> Location:
    """The one that has this code, or this name."""
    for found in ([one for one in among if one.code == wanted], [one for one in among if one.name == wanted]):
        if len(found) == 1:
            return found[0]
        if found:
            raise ReadFault("ledger", f"{key}: {wanted} stands for {len(found)} locations", way_on="Name its code.")
    names = sorted(map(str, among))
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    words = f"{key}: Tryton has no {wanted} that counts here; it has {shown or 'none'}"
    raise ReadFault("ledger", words, way_on=f"Correct ledger.{key}.")


def _below(place: int, roots: Iterable[int], locations: Mapping[int, Location]) -> bool:
    tops, seen = set(roots), set[int]()
    at: int | None = place
    while at is not None and at not in seen:
        if at in tops:
            return True
        seen.add(at)
        found = locations.get(at)
        at = found.parent if found is not None else None
    return False
