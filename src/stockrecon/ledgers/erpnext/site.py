"""What has to be known of a site before anything is read: its zone and its warehouses."""

from __future__ import annotations

from collections.abc import Mapping

from stockrecon.errors import ReadFault
from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.errors import WHO
from stockrecon.ledgers.erpnext.fields import Object, flag, named, plain, text
from stockrecon.ledgers.erpnext.options import Options
from stockrecon.ledgers.erpnext.paging import some
from stockrecon.spool.cells import CellFault, zone_of


def zone_of_site(api: Api, options: Options) -> str:
    """The configured zone, else the site's own. Raises ReadFault where neither is known."""
    if options.zone:
        return options.zone
    told = api.zone()
    try:
        zone_of(told)
    except CellFault:
        words = f"the site's time zone is {plain(told) or 'not told'}, and ERPNext writes its times without an offset"
        raise ReadFault(WHO, words, way_on="Set ledger.zone, such as Asia/Ho_Chi_Minh.") from None
    return told


def warehouses(api: Api, options: Options) -> Mapping[str, Object]:
    """The configured warehouses, by name. Raises ReadFault for one that is not there, or that holds no stock itself."""
    fields = ("company", "is_group", "disabled")
    found = {named(row, "name", "Warehouse"): row for row in some(api, "Warehouse", fields, "name", options.warehouses)}
    missing = [name for name in options.warehouses if name not in found]
    if missing:
        words = f"ERPNext has no warehouse {', '.join(missing)}, or the API user may not see it"
        raise ReadFault(WHO, words, way_on="Write its full name with the company's abbreviation, such as Stores - XY.")
    groups = [name for name, row in found.items() if flag(row.get("is_group"))]
    if groups:
        words = f"{', '.join(groups)} is a group of warehouses, whose stock is in those below it"
        raise ReadFault(WHO, words, way_on="Name those under ledger.warehouses.")
    companies = sorted({text(row.get("company")) for row in found.values()})
    if len(companies) > 1:
        words = f"the warehouses belong to several companies: {', '.join(companies)}"
        raise ReadFault(WHO, words, way_on="One ledger is one company's; name the warehouses of one.")
    return found
