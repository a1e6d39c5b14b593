"""One cause per module: `detect(case, left)` gives findings; the module's docstring is the manual of the cause.

`DETECTORS` is the order of semantics section 4: each sees what the ones before it have left.
"""

from __future__ import annotations

from stockrecon.scenarios import (
    campaign_lock,
    campaign_returned,
    cancelled_order_not_restocked,
    cancelled_order_restock,
    computed_by_channel,
    duplicate_sku,
    edited_in_seller_center,
    in_flight,
    listing_sync_error,
    order_not_imported,
    orders_too_near,
    platform_fulfilled,
    push_not_applied,
    shop_silent,
    strangers,
    unexplained,
    unpaid_release,
    zeroed_by_channel,
)
from stockrecon.scenarios.base import Detect

DETECTORS: tuple[Detect, ...] = (
    strangers.detect,
    platform_fulfilled.detect,
    computed_by_channel.detect,
    duplicate_sku.detect,
    in_flight.detect,
    order_not_imported.detect,
    cancelled_order_not_restocked.detect,
    cancelled_order_restock.detect,
    campaign_lock.detect,
    campaign_returned.detect,
    unpaid_release.detect,
    # Scenario 2 takes the rest of a locked listing's variance only after 1 and 5 had theirs.
    campaign_lock.detect_rest,
    listing_sync_error.detect,
    push_not_applied.detect,
    zeroed_by_channel.detect,
    edited_in_seller_center.detect,
    shop_silent.detect,
    orders_too_near.detect,
    unexplained.detect,
)
