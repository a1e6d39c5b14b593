"""`stockrecon check` for ERPNext: every line says what it found, and nothing of the outside is raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.absent import absent_lines
from stockrecon.ledgers.base import LedgerCheck
from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.errors import Refused
from stockrecon.ledgers.erpnext.fields import Malformed, plain
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.site import warehouses, zone_of_site
from stockrecon.ledgers.erpnext.vouchers import SALES
from stockrecon.rest import describe_skew

_VERSIONS = (14, 16)
_SKEW_WORTH_A_WORD = timedelta(seconds=60)


def check_lines(api: Api, options: Options) -> list[LedgerCheck]:
    """Stops at the first thing without which the rest cannot be asked; that is the last line then. Changes nothing."""
    lines: list[LedgerCheck] = []
    try:
        lines.append(LedgerCheck(True, "key", f"accepted; it stands for {plain(api.user(), 140)}"))
        lines += _clock(api)
        lines += _softly(lambda: _versions(api), "version")
        zone = zone_of_site(api, options)
        lines.append(LedgerCheck(None, "zone", f"the site's times are times of {zone}"))
        where = warehouses(api, options)
        company = plain(next(iter(where.values())).get("company"))
        names = ", ".join(options.warehouses)
        lines.append(LedgerCheck(True, "warehouses", f"{names} of {company}; other warehouses are not read"))
        lines += _available(options)
        lines += _readable(api, options)
        lines += _orders(api, options)
        bundles = api.count("Product Bundle", []) if not _refusals(lines) else 0
    except ReadFault as fault:
        what = "key" if isinstance(fault, AuthFault) else "ledger"
        return [*lines, LedgerCheck(False, what, fault.what, fault.way_on)]
    except Malformed as bad:
        words = f"an answer is not what ERPNext documents: {bad}"
        return [*lines, LedgerCheck(False, "ledger", words, "if it stays so, report it with this text")]
    if bundles:
        words = f"{bundles} Product Bundles are sold as their components, in every shop by their code"
        lines.append(LedgerCheck(True, "bundles", words))
    present = ["stock", "movements", *(["listings"] if options.listings or bundles else [])]
    return [*lines, *absent_lines(present)]


def _refusals(lines: list[LedgerCheck]) -> list[LedgerCheck]:
    return [line for line in lines if line.ok is False]


def _softly(part: Callable[[], Iterator[LedgerCheck]], what: str) -> list[LedgerCheck]:
    """What is only nice to know."""
    try:
        return list(part())
    except (Refused, Malformed):
        return [LedgerCheck(None, what, "not told to this user")]


def _clock(api: Api) -> Iterator[LedgerCheck]:
    skew = api.client.skew
    if skew is not None and abs(skew) >= _SKEW_WORTH_A_WORD:
        yield LedgerCheck(None, "clock", f"this machine's clock is {describe_skew(skew)}; the site's time is used")
    else:
        yield LedgerCheck(None, "clock", "the ledger's time is the site's clock")


def _versions(api: Api) -> Iterator[LedgerCheck]:
    told = plain(api.versions().get("erpnext"), 40)
    major = told.lstrip("v").partition(".")[0]
    if not major.isdigit():
        yield LedgerCheck(None, "version", "ERPNext does not tell its version")
    elif int(major) < _VERSIONS[0]:
        yield LedgerCheck(None, "version", f"ERPNext {told}: older than {_VERSIONS[0]}, the oldest that is known here")
    elif int(major) > _VERSIONS[1]:
        yield LedgerCheck(None, "version", f"ERPNext {told}: newer than {_VERSIONS[1]}, the newest that is known here")
    else:
        yield LedgerCheck(True, "version", f"ERPNext {told}")


def _available(options: Options) -> Iterator[LedgerCheck]:
    how = "summed over the warehouses; an item without a Bin has 0"
    yield LedgerCheck(None, "available", f"is {options.formula}, {how}")
    moves = "Sales Orders take it, their deliveries do not" if options.formula.promises else "deliveries take it"
    days = options.history.total_seconds() / 86400
    yield LedgerCheck(None, "movements", f"of the last {days:g} days; {moves}")
    yield LedgerCheck(
        None,
        "snapshot",
        "ERPNext has none: movements and stock are read one after the other, and what changed meanwhile again; nothing "
        "is written",
    )


def _readable(api: Api, options: Options) -> Iterator[LedgerCheck]:
    needed = ["Item", "Bin", "Stock Ledger Entry", "Stock Entry", "Stock Reconciliation", "Product Bundle", *SALES]
    needed += ["Sales Order"] if options.formula.promises else []
    if options.listings:
        needed.append(options.listings["doctype"])
    refused = [doctype for doctype in needed if not _may_read(api, doctype)]
    if refused:
        way_on = "Role Permissions Manager: Read for the API user's role (docs/ledgers/erpnext.md, Rights)"
        yield LedgerCheck(False, "rights", f"the API user may not read {', '.join(refused)}", way_on)
    else:
        yield LedgerCheck(True, "rights", f"may read {', '.join(needed)}")


def _may_read(api: Api, doctype: str) -> bool:
    try:
        api.count(doctype, [("name", "=", "stockrecon")])
        api.page(doctype, (), [("name", "=", "stockrecon")])
    except Refused:
        return False
    return True


def _orders(api: Api, options: Options) -> Iterator[LedgerCheck]:
    """Where orders and shops are named."""
    kinds = ["Sales Order", *SALES]
    for key, name in (("order_field", options.order_field), ("shop_field", options.shop_field)):
        if not name:
            words = "not set, so no movement names its shop: in flight and orders missing in the ledger are not judged"
            yield LedgerCheck(None, key, words, "set ledger.shop_field to the field that names the shop or customer")
            continue
        having = kinds[:1] if (key, name) == ("order_field", "name") else [k for k in kinds if name in api.meta(k)]
        if not having:
            yield LedgerCheck(False, key, f"none of {', '.join(kinds)} has a field {name}", f"correct ledger.{key}")
        else:
            yield LedgerCheck(True, key, f"{name}, of {', '.join(having)}")
    if options.shops:
        told = ", ".join(f"{value} is {shop}" for value, shop in options.shops.items())
        yield LedgerCheck(None, "shops", told)
