"""Lazada's error codes as a table (reference: Lazada 2, 4.4, 8.2, and its own pages' lists).

Codes come as numbers, as `E0501`, or as words. Some mean several things, then the message decides; 501 is but an
overview, whose rows tell more. Rules are tried in order, the first that fits counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from stockrecon.channels.keeper import authorise_way


class Remedy(StrEnum):
    """What to do about an error. LOCK: a campaign's (scenario 2). SYNC: the listing takes no stock (scenario 4).

    REFRESH: by ourselves; AUTHORISE: by a person. RETRY: a passing fault. FAIL: a request that was wrong.
    """

    LOCK = "lock"
    SYNC = "sync-error"
    RETRY = "retry"
    THROTTLE = "throttled"
    REFRESH = "refresh"
    AUTHORISE = "authorise"
    CLOCK = "clock"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` and `text` are regular expressions, without regard to case: the whole code, some words of the message.

    `way_on` may hold `{shop}`. `gate`: throttled before anything was done. `whole`: a write is refused as a whole,
    whatever its rows.
    """

    remedy: Remedy
    code: str = ""
    text: str = ""
    way_on: str = ""
    gate: bool = False
    whole: bool = False

    def fits(self, code: str, message: str) -> bool:
        if self.code and not re.fullmatch(self.code, code, re.IGNORECASE):
            return False
        return not self.text or re.search(self.text, message, re.IGNORECASE) is not None


AUTHORISE_AGAIN = authorise_way("{shop}")
_SECRET = "check app_key and app_secret in the configuration, and this machine's clock"  # noqa: S105 (a sentence)
_CONSOLE = "see the app's permissions and IP whitelist in Lazada's open platform console"
_SELLER = "see the shop's state in Lazada's seller center"
_LISTING = "mend the listing in Lazada's seller center, or its ids in the ledger's listings"
_CODE = "a code is good once and for 30 minutes: stockrecon auth {shop} asks for a new one"

RULES: tuple[Rule, ...] = (
    # The exact code is not documented; requests are taken within 7200 s of UTC (reference: Lazada 8.2, 1.2).
    Rule(Remedy.CLOCK, r".*timestamp.*"),
    Rule(Remedy.CLOCK, text=r"timestamp"),
    # Tokens, keys, rights.
    Rule(Remedy.REFRESH, "illegalaccesstoken", way_on=AUTHORISE_AGAIN),
    Rule(Remedy.AUTHORISE, "illegalrefreshtoken", way_on=AUTHORISE_AGAIN),
    Rule(Remedy.AUTHORISE, "invalidcode", way_on=_CODE),
    Rule(
        Remedy.AUTHORISE,
        "auth_type_unsupported",
        way_on="the app is authorised through Lazada's service market: renew the order there",
    ),
    Rule(Remedy.AUTHORISE, "incompletesignature|invalidappkey", way_on=_SECRET),
    Rule(Remedy.AUTHORISE, "insufficientpermission|appwhiteiplimit", way_on=_CONSOLE),
    # Limits: at the gate nothing was done, behind it a write may have been begun.
    Rule(Remedy.THROTTLE, "apicalllimit|appapicalllimit|appcalllimit|sellercalllimit|901", gate=True),
    Rule(Remedy.THROTTLE, "1002|4154|4147|hot_key_block_exception"),
    # A campaign's lock, by its words or its codes (reference: Lazada 4.4).
    Rule(Remedy.LOCK, text=r"negative sellable|inv_negative_sellable|sellable inventory cannot be negative"),
    Rule(Remedy.LOCK, text=r"may not decrease stocks|set stock less than current stock"),
    Rule(Remedy.LOCK, text=r"blocked by tag|under campaign participation|thd_ic_err_f_ic_ability_pg_00[34]"),
    Rule(Remedy.LOCK, "212|4162|4170|thd_ic_err_f_ic_ability_pg_00[34]|inv_negative_sellable"),
    # The listing, or the seller with this call, takes no stock.
    Rule(Remedy.SYNC, "seller_not_permitted", way_on=_SELLER, whole=True),
    Rule(Remedy.SYNC, text=r"^seller_not_permitted", way_on=_SELLER, whole=True),
    Rule(Remedy.SYNC, "4225", way_on="a semi-hosted item: set its stock in Lazada's GSP", whole=True),
    Rule(Remedy.SYNC, "4122", way_on="a virtual bundle: Lazada computes its number; name the item in `computed`"),
    Rule(
        Remedy.SYNC, "20[78]|413[67]|edit_item_not_belong_seller|item_not_found|seller_sku_not_found", way_on=_LISTING
    ),
    Rule(Remedy.SYNC, "4128|4155|4218", way_on="the item or the seller is locked by a penalty: see the seller center"),
    Rule(Remedy.SYNC, r"41(0[4-9]|1\d|2[0-7]|29|30|31|33|35)", way_on=_LISTING),
    Rule(Remedy.SYNC, "501", way_on=_LISTING),
    # Passing faults of Lazada's own.
    Rule(Remedy.FAIL, "6", r"invalid status filter", whole=True),
    Rule(Remedy.RETRY, "6|506|513|1000|servicetimeout|system"),
    # What was asked was wrong, or the call is not for us.
    Rule(
        Remedy.FAIL,
        "998",
        way_on="Lazada has switched this call off for a mega campaign: try again when it is over",
        whole=True,
    ),
    Rule(Remedy.FAIL, "missingpartner", way_on=_CONSOLE, whole=True),
    Rule(Remedy.FAIL, "sellernotactive|sellernotverified", way_on=_SELLER, whole=True),
    Rule(
        Remedy.FAIL,
        "unsupportedhttpmethod|invalidapipath|invalidapi|missingparameter",
        way_on="check base_url",
        whole=True,
    ),
    Rule(Remedy.FAIL, "5|14|16|17|19|30|36|37|38|39|56|70|74|75|204|1001|4132|4171", whole=True),
    Rule(Remedy.FAIL, "200|4152|4193|4216"),
)
"""A marketplace's fact each; `tests/channels_lazada/codes.yaml` lists every code of the reference with its remedy."""


def plain_code(code: str) -> str:
    """`E0501` and `E501` are `501`."""
    digits = code.lower().removeprefix("e")
    return digits.lstrip("0") or "0" if digits.isascii() and digits.isdigit() else code.lower()


def rule_of(code: str, message: str) -> Rule | None:
    """The first rule that fits; None for what the table does not know."""
    name = plain_code(code)
    return next((rule for rule in RULES if rule.fits(name, message)), None)
