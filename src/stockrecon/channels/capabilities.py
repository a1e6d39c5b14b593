"""What each channel can do and how its errors read, as one table: the marketplaces' clients and file shops share it.

Facts of marketplaces stand here once, each with its source; scenarios see them only as values (`Capabilities`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stockrecon.core.model import Capabilities

_SETTLES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""A minute in all, as long as a request may take: one that was given up on may still land until then
(reference: reliability 8.7)."""

_SHOPEE = Capabilities(
    channel="shopee",
    # Leftover campaign stock is added back to normal stock at the end (reference: Shopee 4).
    returns_campaign_stock=True,
    # Normal stock cannot be edited during a campaign session (reference: Shopee 3.5 and 4).
    edits_during_campaign=False,
    # Campaign quantity leaves normal stock at enrolment or approval, days before the start (reference: Shopee 4).
    locks_at_enrolment=True,
    # Stock leaves at placement, already while unpaid, and no field shows it (reference: Shopee 3.4 and 5).
    shows_withheld=False,
    # Nor does any field show what is sold and not sent yet (reference: Shopee 3.4).
    tells=frozenset(),
    # Shopee cancels unpaid orders itself and gives the units back only then (reference: Shopee 5).
    releases_unpaid_after=None,
    # The same sentence comes under several codes: the message is matched, not the code (reference: Shopee 3.5).
    lock_errors=(
        r"stock less than reserved?",
        r"must be more than reserved stock",
        r"larger than reserved stock",
        r"error_promotion_cantnot_update_stock",
        r"error_cannt_edit_stock_in_promotion",
        r"error_model_update_stock_model_in_promotion",
    ),
    # update_stock sets an absolute number, no delta, no condition, no idempotency key (reference: Shopee 3.5).
    compare_and_set=False,
    # Synchronous, and a measured read-back showed the number at once (reference: Shopee 3.5).
    settles=_SETTLES,
)

_LAZADA = Capabilities(
    channel="lazada",
    # At a campaign's end the remainder becomes ordinary, modifiable sellable stock (reference: Lazada 5).
    returns_campaign_stock=True,
    edits_during_campaign=True,
    # Once a SKU is selected its campaign stock is locked, before the campaign starts (reference: Lazada 5).
    locks_at_enrolment=True,
    # withholdQuantity (reference: Lazada 3.3).
    shows_withheld=True,
    # Stock leaves withholdQuantity 30 minutes after the order, which stays unpaid (reference: Lazada 6).
    releases_unpaid_after=timedelta(minutes=30),
    # 48 to 72 hours by the OMS vendors; the later one is when waiting is over (reference: Lazada 6).
    unpaid_cancelled_after=timedelta(hours=72),
    # A seller's cancellation for want of stock may set the SKU's stock to 0 (reference: Lazada 6).
    zeroes_on_stock_cancel=True,
    # Reference: Lazada 4.4. OMS vendors report the lock both as "on channel inventory" and "on inventory stock".
    lock_errors=(
        r"negative sellable",
        r"inv_negative_sellable",
        r"sellable inventory cannot be negative",
        r"may not decrease stocks",
        r"blocked by tag",
        r"under campaign participation",
        r"set stock less than current stock",
        r"THD_IC_ERR_F_IC_ABILITY_PG_00[34]",
        r"(?<![\d.])(4162|4170)(?![\d.])",
    ),
    # 4170: "During the <X> Mega campaign, there are restrictions for stock adjustments in effect between <t1> - <t2>."
    # That the times are the site's own is inferred (reference: Lazada 4.4, 3.3).
    lock_windows=(
        r"(?:During the (?P<campaign>[^,]{1,60}?),? there are restrictions.{0,60})?"
        r"in effect between \d{4}-\d\d-\d\d \d\d:\d\d:\d\d ?- ?(?P<until>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
    ),
    # sellable/update sets an absolute number without a condition (reference: Lazada 4.1).
    compare_and_set=False,
    # No new number comes back, and what is shown may lag behind, by minutes where a vendor was asked: what is seen
    # later than a minute is the next run's (reference: Lazada 4.3).
    settles=_SETTLES,
)

_TIKTOK_SHOP = Capabilities(
    channel="tiktok-shop",
    # Campaign and creator allotments are part of the total and come back to it (reference: TikTok Shop 2.6).
    returns_campaign_stock=True,
    # A write is refused only below the lock; raising is allowed (reference: TikTok Shop 2.7).
    edits_during_campaign=True,
    # No field for unpaid orders' units (reference: six facts per channel, unpaid-withheld).
    shows_withheld=False,
    tells=frozenset({"committed"}),
    # TikTok Shop cancels unpaid orders itself, after a time that no page tells, and holds them until then (2.8).
    releases_unpaid_after=None,
    # 12052393: locked for a promotion, stock may not go below current; 12052371: an auction runs (2.7); 12052146: below
    # what orders, campaigns and creators hold (the vendor's page of the update of global stock).
    lock_errors=(
        r"(?<!\d)12052393(?!\d)",
        r"(?<!\d)12052371(?!\d)",
        r"(?<!\d)12052146(?!\d)",
        r"locked (by|for) (a )?promotion",
    ),
    # The refusal itself tells of no end; our client adds it, in the shop's time, where a promotion of the seller's that
    # runs bears the name of what holds the stock (2.6, 2.9).
    lock_windows=(
        r"the promotion (?P<campaign>.{1,120}) is taken to hold it until (?P<until>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)",
    ),
    # An inventory update sets absolute numbers: no condition, no version, no idempotency key (2.7).
    compare_and_set=False,
    # No new number comes back, and what is shown may differ between two searches for seconds (2.13).
    settles=_SETTLES,
)

_SHOPIFY = Capabilities(
    channel="shopify",
    # Reserving stock for a campaign is no concept of the platform, so nothing can come back from one
    # (reference: six facts per channel, campaign-reserved).
    returns_campaign_stock=False,
    edits_during_campaign=True,
    # Orders move available to committed whether paid or not (reference: six facts per channel, unpaid-withheld).
    shows_withheld=False,
    tells=frozenset({"committed"}),
    # Every row names the number that it replaces, and each request has a key of its own (reference: Shopify 1.7).
    compare_and_set=True,
    # Read by its ids an item shows the new number at once; searches lag behind (reference: Shopify 1.3).
    settles=_SETTLES,
)

_WOOCOMMERCE = Capabilities(
    channel="woocommerce",
    # Core has no campaigns, so nothing can come back from one, and nothing is locked (reference: six facts per channel,
    # campaign-reserved).
    returns_campaign_stock=False,
    edits_during_campaign=True,
    # A pending order holds its units in a table of its own that REST does not show, and lowers no number: what is shown
    # has them from the first moment on as if they had been given back (reference: WooCommerce 3.4).
    shows_withheld=True,
    tells=frozenset(),
    releases_unpaid_after=timedelta(0),
    # A job cancels the checkout's pending orders that are older than the hold, 60 minutes unless the shop says
    # otherwise (reference: 3.4), and runs once in as many minutes (the vendor's tests of the filter that would change
    # it, `woocommerce_cancel_unpaid_orders_interval_minutes`): what is too young for one turn is cancelled at the next.
    unpaid_cancelled_after=timedelta(minutes=120),
    # An absolute number, no version, no key; `inventory_delta` is read, added to and written (reference: 3.3).
    compare_and_set=False,
    # The answer to a write has the number that was saved; a page or object cache may show the old one for a while
    # (reference: 3.5).
    settles=_SETTLES,
)

_KNOWN = {c.channel: c for c in (_SHOPEE, _LAZADA, _TIKTOK_SHOP, _SHOPIFY, _WOOCOMMERCE)}

_FILE = Capabilities(
    channel="file",
    # A folder of tables says of every quantity what it is, and anybody's error may stand in the pushes.
    lock_errors=tuple(dict.fromkeys(pattern for known in _KNOWN.values() for pattern in known.lock_errors)),
    lock_windows=tuple(dict.fromkeys(pattern for known in _KNOWN.values() for pattern in known.lock_windows)),
    writes=False,
)

CHANNELS: tuple[str, ...] = (*_KNOWN, "file")
"""The channels whose capabilities are known here."""


def capabilities(channel: str) -> Capabilities:
    """The capabilities of a channel by its configured name; `file` is the generic one.

    Raises KeyError for a channel that is not in CHANNELS.
    """
    return _FILE if channel == "file" else _KNOWN[channel]


def imitated(channel: str) -> Capabilities:
    """What a file shop that imitates `channel` can do: the channel's rules, but it is not written.

    Raises KeyError for a channel that is not in CHANNELS.
    """
    return replace(capabilities(channel), writes=False)
