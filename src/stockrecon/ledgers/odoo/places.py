"""Which companies and locations the ledger is: what lies inside counts, what crosses the border moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from stockrecon.errors import ReadFault
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.fields import Row, identity, link, name_of
from stockrecon.ledgers.odoo.paging import whole
from stockrecon.ledgers.odoo.setup import Setup

STOCKED = "internal"
"""The usage of locations whose stock is the company's own (reference: Odoo 3.5)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """`roots`: the locations that were chosen, with everything below them. `usages`: of every location, by id.

    `inside`: the internal ones at or below the roots. `stocks`: where each chosen warehouse keeps its stock.
    """

    companies: dict[int, str]
    roots: dict[int, str]
    usages: dict[int, str]
    names: dict[int, str]
    inside: frozenset[int]
    stocks: dict[int, str] = field(default_factory=dict)

    def usage(self, location: int | None) -> str:
        return self.usages.get(location or 0, "")


def scope_of(odoo: Odoo, setup: Setup) -> Scope:
    """Raises ReadFault where something that is configured is not there, naming what is."""
    companies = _companies(odoo, setup.companies)
    odoo.context["allowed_company_ids"] = sorted(companies)
    theirs = ["company_id", "in", [False, *sorted(companies)]]
    wanted = ["complete_name", "usage", "location_id"]
    rows = whole(odoo, "stock.location", [theirs, ["active", "in", [True, False]]], wanted)
    names = {_id(row): name_of(row.get("complete_name")) for row in rows}
    parents = {_id(row): link(row.get("location_id"), "stock.location: location_id") for row in rows}
    usages = {_id(row): name_of(row.get("usage")) for row in rows}
    roots, stocks = _roots(odoo, setup, companies, names)
    inside = frozenset(place for place in names if usages[place] == STOCKED and _below(place, roots, parents))
    if not inside:
        raise ReadFault("ledger", f"no internal location lies at or below {', '.join(roots.values())}")
    return Scope(companies, roots, usages, names, inside, stocks)


def correction_place(scope: Scope, setup: Setup) -> tuple[int | None, str]:
    """Where corrections are posted; None, and why not, where that is not one location."""
    if setup.correct_at:
        found = [place for place in scope.inside if scope.names[place] == setup.correct_at]
        if len(found) == 1:
            return found[0], ""
        return None, f"correct_at: {setup.correct_at} is not an internal location of those that are counted"
    stocks = [place for place in scope.stocks if place in scope.inside]
    if not scope.stocks:
        stocks = [place for place in scope.roots if place in scope.inside]
    if len(stocks) == 1:
        return stocks[0], ""
    return None, "several locations are counted; name the one for corrections under correct_at, such as WH/Stock"


def _companies(odoo: Odoo, wanted: Sequence[str]) -> dict[int, str]:
    rows = whole(odoo, "res.company", [], ["name"])
    known = {_id(row): name_of(row.get("name")) for row in rows}
    if not wanted:
        return known
    return {company: name for company, name in known.items() if name in _there("companies", wanted, known.values())}


def _roots(
    odoo: Odoo, setup: Setup, companies: dict[int, str], names: dict[int, str]
) -> tuple[dict[int, str], dict[int, str]]:
    if setup.locations:
        wanted = _there("locations", setup.locations, names.values())
        return {place: name for place, name in names.items() if name in wanted}, {}
    domain = [["company_id", "in", sorted(companies)]]
    rows = whole(odoo, "stock.warehouse", domain, ["name", "code", "view_location_id", "lot_stock_id"])
    codes = [name_of(row.get("code")) for row in rows]
    wanted = _there("warehouses", setup.warehouses, codes) if setup.warehouses else frozenset(codes)
    roots: dict[int, str] = {}
    stocks: dict[int, str] = {}
    for row in rows:
        if name_of(row.get("code")) in wanted:
            top = link(row.get("view_location_id"), "stock.warehouse: view_location_id")
            stock = link(row.get("lot_stock_id"), "stock.warehouse: lot_stock_id")
            if top is not None:
                roots[top] = names.get(top, name_of(row.get("code")))
            if stock is not None:
                stocks[stock] = names.get(stock, "")
    if not roots:
        raise ReadFault("ledger", "Odoo has no warehouse that we may see", way_on="See docs/ledgers/odoo.md, rights.")
    return roots, stocks


def _there(key: str, wanted: Sequence[str], known: Iterable[str]) -> frozenset[str]:
    names = sorted(set(known))
    missing = [name for name in wanted if name not in names]
    if missing:
        shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
        words = f"{key}: Odoo has no {', '.join(missing)} that we may see; it has {shown or 'none'}"
        raise ReadFault("ledger", words, way_on=f"Correct ledger.{key}.")
    return frozenset(wanted)


def _below(place: int, roots: dict[int, str], parents: dict[int, int | None]) -> bool:
    seen: set[int] = set()
    at: int | None = place
    while at is not None and at not in seen:
        if at in roots:
            return True
        seen.add(at)
        at = parents.get(at)
    return False


def _id(row: Row) -> int:
    return identity(row.get("id"), "id")
