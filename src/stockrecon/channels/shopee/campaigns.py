"""Promotions of get_item_promotion as campaigns (reference: Shopee 3.6)."""

from __future__ import annotations

from collections.abc import Iterator

from stockrecon.channels.shopee.fields import Object, identity, moment, objects, plain, text, variation
from stockrecon.channels.shopee.listings import reserved
from stockrecon.core.model import Campaign, CampaignState, ListingKey, ShopName

_STAGES = {"ongoing": CampaignState.RUNNING, "upcoming": CampaignState.UPCOMING}


def campaigns_of(response: Object, shop: ShopName, warnings: list[str]) -> Iterator[Campaign]:
    """One campaign per promotion and model. Ended ones vanish from the API: only our own history remembers them.

    `locked` is what is reserved now; it falls with each order in the campaign, so what was sold is unknown.
    """
    for entry in objects(response.get("success_list"), "get_item_promotion: success_list"):
        item_id = identity(entry.get("item_id"), "get_item_promotion: item_id")
        for promotion in objects(entry.get("promotion"), f"item {item_id}: promotion"):
            campaign = _campaign(promotion, item_id, shop)
            if isinstance(campaign, Campaign):
                yield campaign
            else:
                warnings.append(campaign)
    for failed in objects(response.get("failure_list"), "get_item_promotion: failure_list"):
        item_id = identity(failed.get("item_id"), "get_item_promotion: failure_list[].item_id")
        warnings.append(f"promotions of item {item_id} could not be read: {plain(failed.get('failed_reason'))}")


def merged(campaigns: Iterator[Campaign]) -> list[Campaign]:
    """One row per (campaign, listing): where Shopee names one twice, the larger lock counts."""
    best: dict[tuple[str, ListingKey], Campaign] = {}
    for campaign in campaigns:
        name = (campaign.campaign_id, campaign.key)
        if name not in best or best[name].locked < campaign.locked:
            best[name] = campaign
    return list(best.values())


def _campaign(promotion: Object, item_id: str, shop: ShopName) -> Campaign | str:
    where = f"item {item_id}: promotion"
    number = identity(promotion.get("promotion_id"), f"{where}_id")
    starts = moment(promotion.get("start_time"), f"{where} {number}: start_time")
    ends = moment(promotion.get("end_time"), f"{where} {number}: end_time")
    state = _STAGES.get(text(promotion.get("promotion_staging")).lower())
    if starts is None or ends is None or state is None:
        return f"promotion {number} of item {item_id} was left out: it has no time or an unknown stage"
    return Campaign(
        campaign_id=number,
        key=ListingKey(shop, item_id, variation(promotion.get("model_id"), f"{where} {number}: model_id")),
        starts_at=starts,
        ends_at=ends,
        locked=reserved(promotion.get("promotion_stock_info_v2"), f"{where} {number}"),
        sold=None,
        state=state,
    )
