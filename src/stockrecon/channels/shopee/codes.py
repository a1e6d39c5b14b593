"""Shopee's error codes as a table (reference: Shopee 2, 3.5, 7, and its own pages' lists).

One code has several meanings and one sentence comes under several codes, so rules are tried in order: a code (without
its module's prefix) and words of the message, the first that fits counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from stockrecon.channels.codes import Kind as Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` and `text` are regular expressions, without regard to case: the whole code, some words of the message.

    `way_on` may hold `{shop}`. `said`: what to call it before Shopee's own words. `itself`: it is mended or waited for
    without anybody. `gate`: refused at the entrance, so nothing of it says anything about a listing.
    """

    kind: Kind
    code: str = ""
    text: str = ""
    way_on: str = ""
    said: str = ""
    itself: bool = False
    gate: bool = False

    def fits(self, code: str, message: str) -> bool:
        if self.code and not re.fullmatch(self.code, code, re.IGNORECASE):
            return False
        return not self.text or re.search(self.text, message, re.IGNORECASE) is not None


AGAIN = "authorise the shop again: stockrecon auth {shop}"
_KEYS = "check partner_id, partner_key and host: test and live keys are not interchangeable"
_CONSOLE = "look at the app in the Open Platform Console"
_IDS = "check partner_id, shop_id and region"
_SELLER = "see the shop's state in Seller Centre"
_PLACES = "correct location_id: stockrecon check names the shop's locations"
_LISTING = "mend the listing in Seller Centre, or its ids in the ledger's listings"
_CODE = "a code is good once and for ten minutes: stockrecon auth {shop} asks for a new one"

RULES: tuple[Rule, ...] = (
    # Not let in.
    Rule(Kind.THROTTLED, "error_rate_limit", itself=True),
    # The enumeration that older pages give for every fault of theirs.
    Rule(Kind.RETRY, text=r"core server error"),
    # Said by something behind the entrance, so a write may have been begun.
    Rule(Kind.RETRY, text=r"too many connections"),
    Rule(
        Kind.THROTTLED,
        "error_limit",
        way_on="run again after 00:00 (UTC+8)",
        said="the app's calls for today are used up",
    ),
    # Time stamp, token, signature.
    Rule(Kind.CLOCK, text=r"timestamp is expired|invalid timestamp", said="Shopee refused the time stamp", itself=True),
    Rule(Kind.AUTHORISE, "invalid_acc?e?ess_token", said="the access token was refused", itself=True),
    Rule(
        Kind.AUTHORISE,
        "error_auth",
        r"invalid acc?e?ess[_ ]token",
        said="the access token was refused",
        itself=True,
    ),
    Rule(Kind.AUTHORISE, "error_sign", way_on=_KEYS, said="the signature was refused"),
    Rule(Kind.AUTHORISE, "error_auth", r"(wrong|invalid) sign\b", _KEYS, "the signature was refused"),
    # The seller's authorisation has ended.
    Rule(
        Kind.AUTHORISE,
        "(partner_)?shop_no_link(ed)?|(merchant|supplier)_no_linked|(shop|merchant|supplier)_access_expired|shop_banned"
        "|refresh_token_expired|error_(shop|merchant)_refresh_token",
        way_on=AGAIN,
        said="the shop is not open to this app any more",
    ),
    Rule(Kind.AUTHORISE, "error_(auth|param)", r"refresh_?\s?token", AGAIN, "the refresh token was refused"),
    Rule(Kind.AUTHORISE, "invalid_code|invalid_shop_id|invalid_main_acount_id", way_on=_CODE),
    # The app, its rights, and whose shop it is.
    Rule(
        Kind.AUTHORISE,
        "error_api_permission|source_ip_undeclared|error_api_call_restricted|error_partner_key_expired|api_suspended",
        way_on=_CONSOLE,
    ),
    Rule(Kind.AUTHORISE, "error_auth", r"no permission to current api|app is deleted|app developer", _CONSOLE),
    Rule(Kind.AUTHORISE, "error_ashop_api_permission", way_on="an affiliate shop: configure its primary shop"),
    Rule(Kind.AUTHORISE, "error_kyc_auth", way_on="the seller has to complete the registration in Seller Centre"),
    Rule(Kind.AUTHORISE, "error_permission|error_perm_non_admin", way_on=AGAIN),
    Rule(Kind.AUTHORISE, "error_(auth|param)", r"invalid partner_?id|partner_?id (or shop_?id )?is invalid", _IDS),
    Rule(
        Kind.AUTHORISE, "invalid_partner_id|error_shop|error_shop_not_found|error_param_shop_id_not_found", way_on=_IDS
    ),
    Rule(Kind.AUTHORISE, "error_not_exists", r"user does not exist", _IDS),
    Rule(Kind.AUTHORISE, "error_param", r"shop.?id you provided is not found|shop_id is invalid", _IDS),
    # A campaign's lock: the sentences of the reserve, and the codes that lock whatever the number (reference: 3.5).
    Rule(Kind.LOCK, text=r"(less|more|larger) than reserved? stock"),
    Rule(
        Kind.LOCK,
        "error_promotion_cantnot_update_stock|error_cannt_edit_stock_in_promotion"
        "|error_model_update_stock_model_in_promotion",
    ),
    # The listing, or the whole shop, takes no stock.
    Rule(Kind.SYNC, "error_holiday_mode_change_stock", way_on="switch the holiday mode off in Seller Centre"),
    Rule(Kind.SYNC, text=r"holiday mode", way_on="switch the holiday mode off in Seller Centre"),
    Rule(Kind.SYNC, text=r"location_?id|stock location|different stock structure|multi warehouse", way_on=_PLACES),
    Rule(Kind.SYNC, text=r"normal stock must be equal to 0", way_on="Shopee holds this stock itself"),
    Rule(Kind.SYNC, "error_wms_shop_block_upate_stock", way_on="Shopee's warehouse holds this shop's stock"),
    Rule(Kind.SYNC, "error_busi_cannot_edit_vsku", way_on="Shopee computes this number: name the item in `computed`"),
    Rule(Kind.SYNC, "error_busi", r"invalid product setting", _LISTING),
    Rule(Kind.SYNC, "error_seller_under_penalty", way_on=_SELLER),
    Rule(Kind.SYNC, "error_auth", r"cnsc shop not upgraded|can not use model level dts", _SELLER),
    Rule(
        Kind.SYNC,
        "error_item_uneditable|error_item_not_found|error_item_not_belong_shop|error_nil_shopid_or_itemid"
        "|error_edit_item_stock_for_item_has_model|error_in_item_promotion_nomodel_to_models"
        "|error_busi_update_stock_failed",
        way_on=_LISTING,
    ),
    Rule(
        Kind.SYNC, text=r"wrong model_id|model_?id (and item_id )?not (match|exist)|status is abnormal", way_on=_LISTING
    ),
    # Shopee's own faults, which pass.
    Rule(
        Kind.RETRY,
        "error_server|error_network|error_inner|error_system_busy|error_get_shop_fail|error_slash_price_load",
    ),
    Rule(Kind.RETRY, "error_(auth|data|param)", r"(try|try again) later|system error"),
    # What was asked was wrong, before anything was looked at.
    Rule(
        Kind.FAIL,
        "error_param",
        r"^there is no \w+ in query|^no (timestamp|partner_id)|^timestamp is invalid|request not from gateway",
        gate=True,
    ),
    Rule(Kind.FAIL, "error_param", r"currently offline or the request path", "check base_url and host", gate=True),
    # What was asked was wrong.
    Rule(
        Kind.FAIL,
        "error_not_in_whitelist|error_can_not_find_warehouse|error_region_(can_not_blank|not_valid)"
        "|error_shop_id_can_not_blank",
    ),
    Rule(Kind.FAIL, "(order|booking)_list_invalid_time|error_update_time_range|error_not_found"),
    Rule(Kind.FAIL, "error_query_(condition_list_limit|over_itemid_size|query_limit_too_large)"),
    Rule(Kind.FAIL, "error_item_not_enough_stock|1400101726"),
    Rule(
        Kind.FAIL,
        "error_param|error_data|error_perm|error_param_item_status|error_invalid_language|error_desc_image_no_pass",
    ),
)
"""A marketplace's fact each; `tests/channels_shopee/codes.yaml` lists every code of the reference with its kind."""


def rule_of(code: str, message: str) -> Rule | None:
    """The first rule that fits; None for what the table does not know."""
    return next((rule for rule in RULES if rule.fits(code, message)), None)
