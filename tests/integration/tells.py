"""What each channel's answers can carry of a market, and what they cannot: the only reasons why the same market read
from files and over HTTP may be told in two ways.

A generated market holds only what a channel can carry (`Tells`). A market that lives on is cut down to it (`as_told`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Row = Mapping[str, object]
Rows = list[dict[str, object]]
IN_ANY_WORDS = (("buyer", "Out of stock"), ("seller", "Out of stock"), ("channel", "Out of stock"))
ALL = ("unpaid", "paid", "shipped", "cancel_requested", "cancelled", "returned")


@dataclass(frozen=True, slots=True)
class Tells:
    """`states`: those that a channel can show, with the words in which a client reads them there. `switched_off`: its
    seller can switch off one variation of several. `varied`: every listing has a variation id. `platform`: it knows
    stock of its own, `ships`: and tells of the orders that are sent from there. `campaigns`: "" (none), "units"
    (without times), "living", "ended" (those too). `unpaid` and `paid`: the column with an open order's units, "" where
    they are in none. `statuses`: of orders. `times`: which of an order's are told besides its creation and last change.
    `cancellers`: who cancelled, with the reason that is told then.
    """

    states: Mapping[str, str]
    switched_off: bool = True
    varied: bool = True
    platform: bool = True
    ships: bool = False
    campaigns: str = "living"
    unpaid: str = ""
    paid: str = ""
    statuses: tuple[str, ...] = ALL
    times: tuple[str, ...] = ("paid_at", "cancelled_at")
    cancellers: tuple[tuple[str, str], ...] = IN_ANY_WORDS


TELLS: Mapping[str, Tells] = {
    # No state for a failing listing, and no field for units of orders. A campaign that is over is not told of; orders
    # that Shopee ships from stock of its own are.
    "shopee": Tells(
        states={
            "warning": "deboosted: Shopee shows it less for a listing violation, to be mended in Seller Centre",
            "banned": "BANNED",
            "reviewing": "REVIEWING",
            "unlisted": "UNLIST",
            "deleted": "SELLER_DELETE",
        },
        varied=False,
        ships=True,
    ),
    "lazada": Tells(
        states={
            "warning": "The product cannot be displayed",
            "banned": "Counterfeit",
            "reviewing": "Pending QC",
            "unlisted": "InActive; inactive",
            "deleted": "Deleted",
            "error": "Category is inactive",
        },
        campaigns="ended",
        unpaid="withheld",
        paid="committed",
    ),
    # A product that its seller switched off takes no stock, so it is no `unlisted` one (which would), and one of which
    # an edit failed its audit is sold as ever, so it is no `warning`. Platform campaigns have units and no times. An
    # order that came back is told in another list, and here as delivered.
    "tiktok-shop": Tells(
        states={
            "banned": "PLATFORM_DEACTIVATED",
            "reviewing": "PENDING; audit AUDITING",
            "deleted": "DELETED",
            "error": "FAILED; audit FAILED",
        },
        campaigns="units",
        unpaid="committed",
        paid="committed",
        statuses=("unpaid", "paid", "shipped", "cancel_requested", "cancelled"),
    ),
    # Drafts and archived products are the seller's own doing; nothing is banned, reviewed, failing or warned of, and
    # what was deleted is gone. A fulfilment service's stock lies at a location like any other. Nobody asks for a
    # cancellation; the reason for one is a word of Shopify's, which also says who it was. The times of payment and of
    # shipping are not asked for.
    "shopify": Tells(
        states={"unlisted": "DRAFT", "deleted": ""},
        switched_off=False,
        platform=False,
        campaigns="",
        unpaid="committed",
        paid="committed",
        statuses=("unpaid", "paid", "shipped", "cancelled", "returned"),
        times=("cancelled_at",),
        cancellers=(("buyer", "customer"), ("seller", "inventory"), ("channel", "declined")),
    ),
    # Units of orders stand nowhere, and an unpaid order's in what can be bought. Drafts and pending products; what is
    # private was not banned by anybody. Nobody asks for a cancellation, nothing tells when one was or whose it was; an
    # order that came back is refunded, which is told as shipped.
    "woocommerce": Tells(
        states={"unlisted": "draft", "reviewing": "pending", "deleted": ""},
        varied=False,
        platform=False,
        campaigns="",
        statuses=("unpaid", "paid", "shipped", "cancelled"),
        times=("paid_at",),
        cancellers=(("", ""),),
    ),
}


def as_told(channel: str, tables: Mapping[str, Sequence[Row]]) -> dict[str, Rows]:
    """A market's true tables, cut down to what the channel tells of them."""
    tells = TELLS[channel]
    theirs = {_place(row) for row in tables["listings"] if row["fulfilment"] == "platform"}
    return {
        "listings": [_listing(row, tells) for row in tables["listings"]],
        "orders": [_order(row, tells) for row in tables["orders"] if tells.ships or _place(row) not in theirs],
        "campaigns": [campaign for row in tables["campaigns"] for campaign in _campaign(row, tells)],
    }


def _place(row: Row) -> tuple[object, object]:
    return row["item_id"], row["variation_id"]


def _listing(row: Row, tells: Tells) -> dict[str, object]:
    withheld, committed = int(str(row["withheld"])), int(str(row["committed"]))
    made = {**row, "withheld": 0, "committed": 0}
    for units, column in ((withheld, tells.unpaid or "sellable"), (committed, tells.paid)):
        if column:
            made[column] = int(str(made[column])) + units
    state = str(row["state"])
    return {**made, "message": tells.states.get(state, row["message"])}


def _order(row: Row, tells: Tells) -> dict[str, object]:
    untold = {"paid_at", "shipped_at", "cancelled_at"} - set(tells.times)
    words = dict(tells.cancellers)
    status = str(row["status"])
    known = status if status in tells.statuses else {"returned": "shipped", "cancel_requested": "paid"}[status]
    made = {**row, **dict.fromkeys(untold, None), "status": known}
    by = str(row["cancelled_by"] or "")
    if "" in words:
        made |= {"cancelled_by": "", "cancel_reason": ""}
    elif by and tells.cancellers != IN_ANY_WORDS:
        made["cancel_reason"] = words[by]
    return made


def _campaign(row: Row, tells: Tells) -> Rows:
    """What is locked still, of living ones, or of ended ones too; how much it was, or was sold, no channel tells."""
    living = row["state"] in ("upcoming", "running")
    told = tells.campaigns == "ended" or (tells.campaigns == "living" and living)
    left = int(str(row["locked"])) - int(str(row["sold"]))
    return [{**row, "locked": left, "sold": None}] if told else []
