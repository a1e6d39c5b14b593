"""What `stockrecon check` says of a Tryton ledger. Touches no stock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from stockrecon.errors import DataFault, ReadFault
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.answers import corrections_line
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.tryton.api import Tryton
from stockrecon.ledgers.tryton.documents import Desk
from stockrecon.ledgers.tryton.errors import RIGHTS_WAY
from stockrecon.ledgers.tryton.moves import crossing, groups
from stockrecon.ledgers.tryton.places import Scope, correction_places, scope_of
from stockrecon.ledgers.tryton.posting import Poster
from stockrecon.ledgers.tryton.products import COMPONENT, catalogue_of
from stockrecon.ledgers.tryton.setup import Setup
from stockrecon.rest import describe_skew

OLDEST, TESTED = (7, 0), "8.2"
_SKEW_WORTH_A_WORD = timedelta(seconds=60)


def check_lines(tryton: Tryton, setup: Setup) -> Iterator[LedgerCheck]:
    """Server, login, company, warehouses, formula, products, movements, corrections. Raises ReadFault."""
    yield _version(tryton.version)
    yield LedgerCheck(
        True, "ledger", f"{setup.base_url}, database {setup.database}: {setup.user} is let in ({tryton.uid})"
    )
    scope = scope_of(tryton, setup)
    yield LedgerCheck(True, "company", scope.company_name)
    yield from _clock(tryton)
    names = ", ".join(map(str, scope.warehouses))
    yield LedgerCheck(None, "available", f"in {names}: {setup.available.formula}")
    yield from _products(tryton, scope)
    yield from absent_lines(["stock", "movements", "listings"])
    yield from _movements(tryton, scope, setup)
    yield from _corrections(tryton, scope, setup)


def _version(series: str) -> LedgerCheck:
    numbers = tuple(int(part) for part in series.split(".")[:2] if part.isdigit())
    if not numbers:
        return LedgerCheck(None, "version", "Tryton does not tell its version")
    if numbers < OLDEST:
        text = f"Tryton {series}: {'.'.join(map(str, OLDEST))} is the oldest that is known here"
        return LedgerCheck(False, "version", text, "Update it.")
    more = "" if series == TESTED else f" ({TESTED} is the one that is tested)"
    return LedgerCheck(True, "version", f"Tryton {series}{more}")


def _clock(tryton: Tryton) -> Iterator[LedgerCheck]:
    skew = tryton.client.skew
    if skew is not None and abs(skew) >= _SKEW_WORTH_A_WORD:
        text = f"this machine's clock is {describe_skew(skew).replace('the shop', 'Tryton')}; Tryton's time is used"
        yield LedgerCheck(None, "clock", text)


def _products(tryton: Tryton, scope: Scope) -> Iterator[LedgerCheck]:
    try:
        catalogue = catalogue_of(tryton, scope)
    except DataFault as fault:
        yield from (LedgerCheck(False, "stock", str(each), fault.way_on) for each in fault.faults[:5])
        return
    yield LedgerCheck(True, "stock", f"{len(catalogue.goods)} products by their code")
    if catalogue.uncoded:
        yield LedgerCheck(None, "stock", f"{catalogue.uncoded} products have no code and are not known here")
    if tryton.has(COMPONENT):
        yield LedgerCheck(None, "kits", f"{len(catalogue.kits)} kits are known by their components")
        for sku, reason in sorted(catalogue.strange.items())[:5]:
            yield LedgerCheck(None, "kits", f"{sku} is not known here: {reason}")
    else:
        yield LedgerCheck(None, "kits", "the module product_kit is not installed")


def _movements(tryton: Tryton, scope: Scope, setup: Setup) -> Iterator[LedgerCheck]:
    """Reads the newest few as they are read in a run, so that a field that is missing shows here."""
    days = setup.history // timedelta(days=1)
    domain = crossing(scope, tryton.now() - setup.history, setup)
    number = tryton.count("stock.move", domain)
    newest = tryton.search_read("stock.move", domain, (), order=(("id", "DESC"),), limit=20)
    asked = [*domain, ["id", "in", [row.get("id") for row in newest]]]
    found = [move for group in groups(tryton, scope, setup, asked) for move in group.moves]
    yield LedgerCheck(True, "movements", f"{number} stock moves of the last {days} days")
    if not setup.order_field:
        text = "no order is known by its number: set ledger.order_field, such as sale.reference"
        yield LedgerCheck(None, "orders", text)
        return
    told = next((move.told_order for move in reversed(found) if move.told_order), "")
    shown = f"such as {told}" if told else "none of the newest moves has one"
    yield LedgerCheck(None, "orders", f"known by {setup.order_field}, {shown}")


def _corrections(tryton: Tryton, scope: Scope, setup: Setup) -> Iterator[LedgerCheck]:
    why_not = Poster(Desk(tryton, scope), setup).why_not()
    yield corrections_line(why_not)
    if why_not is None:
        places = correction_places(scope, setup)
        where = str(places[0]) if setup.correct_at or len(places) == 1 else f"{places[0]} first"
        yield LedgerCheck(None, "corrections", f"as an inventory of one line, counted in {where}")


def failed_line(fault: ReadFault) -> LedgerCheck:
    return LedgerCheck(False, "ledger", fault.what, fault.way_on or RIGHTS_WAY)
