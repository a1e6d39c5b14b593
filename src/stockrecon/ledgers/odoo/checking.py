"""What `stockrecon check` tells of Odoo: who we are there, what is counted, how, and what cannot be told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from stockrecon.errors import ReadFault
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.odoo.api import Odoo
from stockrecon.ledgers.odoo.catalogue import Catalogue, catalogue_of
from stockrecon.ledgers.odoo.fields import name_of
from stockrecon.ledgers.odoo.places import Scope
from stockrecon.ledgers.odoo.sales import order_fields
from stockrecon.ledgers.odoo.setup import Setup
from stockrecon.rest import describe_skew

_READ = ("stock.quant", "stock.move", "product.product", "stock.location")
_SKEW_WORTH_A_WORD = 60


def check_lines(odoo: Odoo, setup: Setup, scope: Scope) -> Iterator[LedgerCheck]:
    """Touches no stock. Raises ReadFault where Odoo does not answer."""
    how = "JSON-2" if odoo.json2 else "JSON-RPC"
    yield LedgerCheck(True, "odoo", f"version {odoo.version.text} answers over {how} as {_who(odoo)}")
    yield from _clock(odoo)
    yield LedgerCheck(True, "companies", ", ".join(sorted(scope.companies.values())))
    names = ", ".join(sorted(scope.roots.values()))
    yield LedgerCheck(True, "locations", f"{len(scope.inside)} internal locations are counted, at or below {names}")
    yield LedgerCheck(None, "available", f"available is {setup.available.formula}")
    yield from _rights(odoo)
    yield from _products(odoo, scope)
    yield from _orders(odoo, setup)
    how = "changes since are looked for and what changed is read again, until a look finds nothing"
    yield LedgerCheck(None, "snapshot", f"Odoo has no snapshot over several calls: {how}")


def _who(odoo: Odoo) -> str:
    told = odoo.search_read("res.users", [["id", "=", odoo.uid]], ["login"])
    return name_of(told[0].get("login")) if told else f"user {odoo.uid}"


def _clock(odoo: Odoo) -> Iterator[LedgerCheck]:
    skew = odoo.client.skew
    if skew is None:
        yield LedgerCheck(None, "clock", "Odoo's answers do not tell the time: the ledger's time is this machine's")
        return
    told = (datetime.now(UTC) + skew).isoformat(timespec="seconds")
    yield LedgerCheck(None, "clock", f"the ledger's time is Odoo's: {told}")
    if abs(skew.total_seconds()) > _SKEW_WORTH_A_WORD:
        words = f"this machine's clock is {describe_skew(skew).replace('the shop', 'Odoo')}"
        yield LedgerCheck(None, "clock", words, "Set this machine's clock (NTP).")


def _rights(odoo: Odoo) -> Iterator[LedgerCheck]:
    for model in _READ:
        if not odoo.has(model):
            way_on = "Give the user of the key the right Inventory: User (docs/ledgers/odoo.md)."
            yield LedgerCheck(False, "rights", f"{model} may not be read", way_on)


def _products(odoo: Odoo, scope: Scope) -> Iterator[LedgerCheck]:
    try:
        found = catalogue_of(odoo, scope)
    except ReadFault as fault:
        yield LedgerCheck(False, "products", fault.what, fault.way_on)
        return
    yield LedgerCheck(True, "products", f"{len(found.stock())} SKUs by their internal reference")
    if found.uncoded:
        words = f"{found.uncoded} products have no internal reference and take no part"
        yield LedgerCheck(None, "products", words, "Give those that are sold online their seller SKU.")
    yield from _kits(found)
    yield from absent_lines(["stock", "movements", *(["listings"] if found.kits else [])])


def _kits(found: Catalogue) -> Iterator[LedgerCheck]:
    if not found.kits_known:
        words = "bills of materials may not be read, or Manufacturing is not installed: no kit is known"
        yield LedgerCheck(None, "kits", words)
        return
    yield LedgerCheck(True, "kits", f"{len(found.kits)} kits are sold as their components")
    for kit, reason in sorted(found.strange.items()):
        words = f"kit {found.products[kit].sku} is left out: {reason}"
        yield LedgerCheck(None, "kits", words, "Its listings have no target and are never written.")


def _orders(odoo: Odoo, setup: Setup) -> Iterator[LedgerCheck]:
    without = "no order in flight and none that is missing from the ledger can be told"
    if "sale_line_id" not in odoo.fields("stock.move") or not odoo.has("sale.order"):
        words = f"moves do not name sales orders (Sales is not installed, or may not be read): {without}"
        yield LedgerCheck(None, "orders", words, "Give the user of the key the right Sales: User: All Documents.")
        return
    try:
        order_fields(odoo, setup)
    except ReadFault as fault:
        yield LedgerCheck(False, "orders", fault.what, fault.way_on)
        return
    yield LedgerCheck(True, "orders", f"an order is known by {setup.order_field} of its sales order, else by its name")
    if not setup.shop_field:
        words = f"shop_field is not configured, so no order's shop is known: {without}"
        yield LedgerCheck(None, "orders", words, "Name the field of sales orders that tells the shop, and its shops.")
        return
    named = ", ".join(f"{said} is {shop}" for said, shop in sorted(setup.shops.items())) or "by the shops' own names"
    yield LedgerCheck(True, "orders", f"an order's shop stands in {setup.shop_field}: {named}")
