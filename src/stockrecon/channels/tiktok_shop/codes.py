"""TikTok Shop's error codes as a table (reference: TikTok Shop 2.4 to 2.7, and its own pages' lists).

A code is a number with one meaning, but for 36009004, whose message decides. Rules are tried in order, the first that
fits counts; the last ones are families.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stockrecon.channels.codes import Kind as Kind
from stockrecon.channels.keeper import authorise_way


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` and `text` are regular expressions, without regard to case: the whole code, some words of the message.

    `way_on` may hold `{shop}`. `itself`: an access token that is renewed without anybody.
    """

    kind: Kind
    code: str
    text: str = ""
    way_on: str = ""
    itself: bool = False

    def fits(self, code: str, message: str) -> bool:
        if not re.fullmatch(self.code, code):
            return False
        return not self.text or re.search(self.text, message, re.IGNORECASE) is not None


NO_SCOPE = "105005"
HELD = "12052393"
"""Locked for a promotion: stock may be raised, and not go below what it is now (reference: TikTok Shop 2.7)."""
TOO_MANY = "12052180"
"""A search has more than 10,000 hits (reference: TikTok Shop 2.5)."""
NO_ZERO = frozenset({"12052055", "12019024"})
"""What refuses a quantity outside the range; of 0 the vendor's pages disagree (reference: TikTok Shop 2.7)."""
NOT_ACTIVE = "12052901"
"""The product's status does not allow the call: a write wants ACTIVATE, a look at it anything but FREEZE or DELETED."""
GONE = frozenset({"12019150", "12052031", "12052032", "12052048", "12052260"})
"""The shop has no such product, or none that may be looked at."""
BAD_IDS = GONE | {"12019008", "12052556"}
"""One bad id spoils a whole list of them."""

AGAIN = authorise_way("{shop}")
_SCOPE = f"enable the scope in Partner Center (App & Service > Manage API), then {AGAIN}"
_KEYS = "check app_key and app_secret in the configuration, and this machine's clock"
_APP = "look at the app in TikTok Shop's Partner Center"
_SELLER = "see the shop's state in TikTok Shop's Seller Center"
_IP = "add this machine's address to the app's IP allow list in Partner Center"
_LISTING = "mend the listing in TikTok Shop's Seller Center, or its ids in the ledger's listings"
_PLACES = "correct warehouse_id: stockrecon check names the shop's warehouses"
_BUNDLE = "a virtual bundle: TikTok Shop computes its number; name the item in `computed`"
_OLD = "the calls of this version may be out of date: update stockrecon"

RULES: tuple[Rule, ...] = (
    # Not let in.
    Rule(Kind.THROTTLED, "36009002"),
    # One code for the time stamp, tokens, keys and parameters that are too many.
    Rule(Kind.CLOCK, "36009004", r"timestamp"),
    Rule(Kind.AUTHORISE, "36009004", r"access[_ -]token", AGAIN, itself=True),
    Rule(Kind.AUTHORISE, "36009004", r"app[_ ]key", _KEYS),
    Rule(Kind.FAIL, "36009004", way_on=_APP),
    # Tokens, keys, rights. What the token calls refuse is not on the vendor's pages: 36004001 and 36004005 were seen.
    Rule(Kind.AUTHORISE, NO_SCOPE, way_on=_SCOPE),
    Rule(Kind.AUTHORISE, "105...", way_on=AGAIN, itself=True),
    Rule(Kind.AUTHORISE, "101000|36004...", way_on=AGAIN),
    Rule(Kind.AUTHORISE, "106001", way_on=_KEYS),
    Rule(Kind.AUTHORISE, "36009033", way_on=_IP),
    Rule(Kind.AUTHORISE, "10006402", way_on=_SCOPE),
    # A campaign's lock; an auction that runs; below what orders, campaigns and creators hold.
    Rule(Kind.LOCK, "12052393|12052371|12052146"),
    # The seller, the warehouses, the listing: as they are now they take no stock.
    Rule(Kind.SYNC, "12052700|1205270[34]|1201911[24]|12052308", way_on=_SELLER),
    Rule(Kind.SYNC, "12019022|12019028|12052037|1205209[467]|12052115|1205214[235]", way_on=_PLACES),
    Rule(Kind.SYNC, "12052207|12052364|12052379|12052403|1205244[78]|12052465|1205253[01235]", way_on=_PLACES),
    Rule(Kind.SYNC, "12052849|12052850", way_on=_BUNDLE),
    Rule(Kind.SYNC, "12052141|12052921", way_on="its stock is another product's or shop's: set it there"),
    Rule(
        Kind.SYNC, "12019008|12019024|1201911[37]|12019150|1205203[12]|12052048|1205205[05]|12052160", way_on=_LISTING
    ),
    Rule(Kind.SYNC, f"12052260|12052556|{NOT_ACTIVE}|12052990", way_on=_LISTING),
    # Passing faults of TikTok Shop's own.
    Rule(Kind.RETRY, "36009003|36009007|1000201[45]|1003700[234]|17029055"),
    # What was asked was wrong.
    Rule(Kind.FAIL, "36009009|36009010|36009014", way_on=_OLD),
    Rule(Kind.FAIL, "106013|3600902[123]"),
    Rule(Kind.FAIL, f"12019015|12019027|12019087|1201910[89]|1201911[89]|12019120|{TOO_MANY}"),
    Rule(Kind.FAIL, "1205203[06]|1205248[67]|12052547|12052553|12052571|12052902|12052910"),
    Rule(Kind.FAIL, "170290(01|09|28|36|52|59)|21008111|25001001|25020005"),
    # The family of refusals by a rule of the shop's (reference: TikTok Shop 2.4).
    Rule(Kind.SYNC, "120.....", way_on=_LISTING),
)
"""A marketplace's fact each; `tests/channels_tiktok_shop/codes.yaml` lists every code with its kind."""


def rule_of(code: str, message: str) -> Rule | None:
    """The first rule that fits; None for what the table does not know."""
    return next((rule for rule in RULES if rule.fits(code, message)), None)
