"""What is known of a shop's campaigns over several readings, and when each was over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, text

from stockrecon.core.model import Campaign, CampaignState, ListingKey, ShopName
from stockrecon.state.database import Database
from stockrecon.state.times import to_number, to_number_or_none, to_time, to_time_or_none

CampaignId = tuple[str, str, str]
"""Campaign id, item id, variation id."""

_OVER = (CampaignState.ENDED, CampaignState.CANCELLED)
_COLUMNS = (
    "shop",
    "campaign_id",
    "item_id",
    "variation_id",
    "starts_at",
    "ends_at",
    "locked",
    "sold",
    "state",
    "over_since",
    "first_seen",
    "last_seen",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A campaign as it was last seen, with what is known since of its state and of when it was over."""

    campaign: Campaign
    first_seen: datetime
    last_seen: datetime


def merge(stored: Mapping[CampaignId, Seen], as_of: datetime, current: Iterable[Campaign]) -> dict[CampaignId, Seen]:
    """What is known after a complete reading of the shop's campaigns at `as_of`.

    A campaign is over at its end, or when it was first seen ended, cancelled or missing, whichever is earlier; one
    that is seen alive again is not over. What the seller declared is not the shop's to show and is left out.
    """
    merged: dict[CampaignId, Seen] = {}
    for campaign in current:
        if campaign.declared:
            continue
        known = stored.get(_id(campaign))
        seen = replace(campaign, over_since=_over(campaign, as_of, known))
        merged[_id(campaign)] = Seen(seen, known.first_seen if known else as_of, as_of)
    for name, known in stored.items():
        if name not in merged:
            merged[name] = _missing(known, as_of)
    return merged


def _id(campaign: Campaign) -> CampaignId:
    return campaign.campaign_id, campaign.key.item_id, campaign.key.variation_id


def _over(campaign: Campaign, as_of: datetime, known: Seen | None) -> datetime | None:
    if campaign.state in _OVER:
        before = known.campaign.over_since if known else None
        told = [at for at in (before or as_of, campaign.over_since, campaign.ends_at) if at is not None]
        return min(told)
    return campaign.ends_at if campaign.ends_at <= as_of else None


def _missing(known: Seen, as_of: datetime) -> Seen:
    campaign = known.campaign
    if campaign.state in _OVER:
        return known
    over = min(campaign.over_since or as_of, campaign.ends_at)
    state = CampaignState.CANCELLED if campaign.starts_at > over else CampaignState.ENDED
    return replace(known, campaign=replace(campaign, state=state, over_since=over))


def in_window(seen: Iterable[Seen], since: datetime) -> Iterator[Campaign]:
    """Those that are not over, or were over at `since` or later; in a fixed order."""

    def order(campaign: Campaign) -> tuple[object, ...]:
        return campaign.key, campaign.ends_at, campaign.campaign_id

    kept = (one.campaign for one in seen if (one.campaign.over_since or one.campaign.ends_at) >= since)
    yield from sorted(kept, key=order)


def stored(connection: Connection, shop: ShopName) -> dict[CampaignId, Seen]:
    """Every campaign of the shop that is remembered."""
    rows = connection.execute(
        text(
            "SELECT campaign_id, item_id, variation_id, starts_at, ends_at, locked, sold, state, over_since,"
            " first_seen, last_seen FROM campaigns WHERE shop = :shop"
        ),
        {"shop": shop},
    )
    found: dict[CampaignId, Seen] = {}
    for row in rows:
        campaign = Campaign(
            campaign_id=row.campaign_id,
            key=ListingKey(shop, row.item_id, row.variation_id),
            starts_at=to_time(row.starts_at),
            ends_at=to_time(row.ends_at),
            locked=row.locked,
            sold=row.sold,
            state=CampaignState(row.state),
            over_since=to_time_or_none(row.over_since),
        )
        found[_id(campaign)] = Seen(campaign, to_time(row.first_seen), to_time(row.last_seen))
    return found


def remember(database: Database, shop: ShopName, as_of: datetime, campaigns: Iterable[Campaign]) -> bool:
    """Merges a complete reading into what is stored. An older or equal reading than the last changes nothing."""
    with database.writing() as connection:
        last = connection.execute(text("SELECT campaigns_as_of FROM shops WHERE shop = :shop"), {"shop": shop}).scalar()
        if last is not None and to_number(as_of) <= last:
            return False
        before = stored(connection, shop)
        after = merge(before, as_of, campaigns)
        changed = {name: seen for name, seen in after.items() if before.get(name) != seen}
        names = [{"shop": shop, "id": c, "item": i, "variation": v} for c, i, v in changed if (c, i, v) in before]
        if names:
            connection.execute(
                text(
                    "DELETE FROM campaigns WHERE shop = :shop AND campaign_id = :id AND item_id = :item"
                    " AND variation_id = :variation"
                ),
                names,
            )
        database.bulk("campaigns", _COLUMNS, (_row(shop, seen) for seen in changed.values()))
        connection.execute(
            text(
                "INSERT INTO shops (shop, campaigns_as_of) VALUES (:shop, :as_of)"
                " ON CONFLICT (shop) DO UPDATE SET campaigns_as_of = excluded.campaigns_as_of"
            ),
            {"shop": shop, "as_of": to_number(as_of)},
        )
        return True


def _row(shop: ShopName, seen: Seen) -> tuple[object, ...]:
    campaign = seen.campaign
    return (
        shop,
        *_id(campaign),
        to_number(campaign.starts_at),
        to_number(campaign.ends_at),
        campaign.locked,
        campaign.sold,
        campaign.state.value,
        to_number_or_none(campaign.over_since),
        to_number(seen.first_seen),
        to_number(seen.last_seen),
    )
