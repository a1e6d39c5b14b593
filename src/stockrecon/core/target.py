"""What a shop should expose of a SKU (semantics, section 2), and the least that the channel accepts (the floor).

The bulk comparison says the same in SQL; a property test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stockrecon.core.model import Campaign, CampaignState, Listing
from stockrecon.core.policy import StockRule


@dataclass(frozen=True, slots=True)
class Supply:
    """One component of a listing with all that decides how many of the listing it allows.

    `available` in ledger units, corrections included where they count. `index` of `count`: the listing's place among
    the listings of the SKU in this shop, for shops that divide. `locked_elsewhere`: ledger units that other shops
    have locked for campaigns (0 unless campaign stock is protected).
    """

    available: int
    units: int
    rule: StockRule
    index: int = 0
    count: int = 1
    locked_elsewhere: int = 0


def allowance(supply: Supply) -> int:
    """Listings that this component allows, unclamped: below zero where the free stock is."""
    free = supply.available - supply.rule.buffer - supply.locked_elsewhere
    share = free * supply.rule.percent // 100
    if supply.rule.divide and supply.count > 1:
        whole, rest = divmod(share, supply.count)
        share = whole + (1 if supply.index < rest else 0)
    return share // supply.units


def target_of(supplies: Sequence[Supply], own_locked: int = 0) -> int:
    """The exposed number that policy asks for: the smallest allowance, between 0 and the cap.

    What other shops locked brings it no lower than the listing's own locked units, and never above what it would be
    without them.
    """
    if not any(supply.locked_elsewhere for supply in supplies):
        return _clamped(supplies)
    plain = _clamped([replace(supply, locked_elsewhere=0) for supply in supplies])
    return max(_clamped(supplies), min(own_locked, plain))


def limiting(supplies: Sequence[Supply]) -> int:
    """The index of the component that limits a kit: the first with the smallest allowance."""
    allowances = [allowance(supply) for supply in supplies]
    return allowances.index(min(allowances))


def _clamped(supplies: Sequence[Supply]) -> int:
    target = max(0, min(allowance(supply) for supply in supplies))
    caps = [supply.rule.cap for supply in supplies if supply.rule.cap is not None]
    return min([target, *caps])


@dataclass(frozen=True, slots=True)
class Lock:
    """Units that the channel keeps for campaigns now. `shown` by the channel itself, else declared or inferred."""

    units: int
    shown: bool


def lock_now(listing: Listing, campaigns: Iterable[Campaign], as_of: datetime, *, at_enrolment: bool = False) -> Lock:
    """The lock of a listing at `as_of`: what the channel shows; else what the seller declared; else the campaigns' own.

    A campaign whose sales are unknown counts with all it locked. `at_enrolment`: the channel locks before a campaign
    starts, so what the seller declared counts already.
    """
    if listing.campaign > 0:
        return Lock(listing.campaign, shown=True)
    own = [c for c in campaigns if c.key == listing.key and not is_over(c, as_of)]
    return Lock(_locked([c for c in own if c.starts_at <= as_of or (at_enrolment and c.declared)]), shown=False)


def reserved_units(listing: Listing, campaigns: Iterable[Campaign], as_of: datetime) -> int:
    """Units promised to campaigns, also before their start: what `protect_campaign_stock` keeps from other shops."""
    if listing.campaign > 0:
        return listing.campaign
    return _locked([c for c in campaigns if c.key == listing.key and not is_over(c, as_of)])


def floor_of(listing: Listing, lock: Lock) -> int:
    """The least exposed number that the channel accepts: the locked units, never more than what is exposed."""
    return min(listing.exposed, lock.units)


def is_over(campaign: Campaign, as_of: datetime) -> bool:
    """Whether the campaign is over at `as_of`: past its end, or seen ended or cancelled before that."""
    if campaign.over_since is not None:
        return campaign.over_since <= as_of
    return campaign.ends_at <= as_of or campaign.state in (CampaignState.ENDED, CampaignState.CANCELLED)


def _locked(campaigns: Sequence[Campaign]) -> int:
    declared = [c.locked for c in campaigns if c.declared]
    if declared:
        return sum(declared)
    return sum(c.locked if c.balance is None else c.balance for c in campaigns)
