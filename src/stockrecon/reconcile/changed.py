"""What a shop's history gets from one reading: what changed since the last, also what this program changed between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.catalogue.history import Change
from stockrecon.core.model import ListingKey, Push, ShopFacts
from stockrecon.state import ChangeRow

if TYPE_CHECKING:
    from stockrecon.catalogue import Catalogue
    from stockrecon.catalogue.history import Shown
    from stockrecon.state import State


def changes(
    state: State,
    catalogue: Catalogue,
    shop: ShopFacts,
    previous: Path | None,
    since: datetime | None,
    read: Collection[str] | None = None,
) -> Iterator[ChangeRow]:
    """The new values of what changed since the reading `previous` of `since`; before the first change of a listing also
    the value it had all along. `read`: the items that were read, where that were not all.

    A listing that this program set in between, and that was set back before this reading, has changed twice. What was
    recorded in between by readings of some items counts as known.
    """
    found = {change.key: change for change in catalogue.changes(shop.name, previous)}
    written = _written(state, shop, since) if previous is not None and read is None else {}
    between = state.newest_since(shop.name, since) if previous is not None and since is not None else {}
    found |= {one.key: one for one in catalogue.shown(shop.name, (written.keys() | between.keys()) - found.keys())}
    found |= {key: Change(key, None, None) for key in between.keys() - found.keys()}
    if read is not None:
        found = {key: change for key, change in found.items() if key.item_id in read}
    first = state.first_read(shop.name)
    known = state.recorded(shop.name, found)
    for key in sorted(found, key=lambda one: (one.item_id, one.variation_id)):
        # What this reading shows as it was before is its own `after`.
        change, own = found[key], written.get(key, [])
        before = change.before or (change.after if own else None)
        if first is not None and before is not None and key not in known:
            yield row(key, first, before)
        left = [_set(one, before) for one in own] if before is not None else []
        yield from left
        now = row(key, shop.as_of, change.after)
        last = max((one for one in (between.get(key), *left[-1:]) if one is not None), key=_time, default=None)
        if last is None or replace(last, at=now.at) != now:
            yield now


def _time(row: ChangeRow) -> datetime:
    return row.at


def _written(state: State, shop: ShopFacts, since: datetime | None) -> dict[ListingKey, list[Push]]:
    """This program's own writes that the shop was seen with, between two readings. A file for upload is none."""
    written: dict[ListingKey, list[Push]] = {}
    if since is not None and shop.capabilities.writes:
        for push in state.journal.own_pushes(since):
            if push.ok and push.key.shop == shop.name and since < push.at < shop.as_of:
                written.setdefault(push.key, []).append(push)
    return written


def _set(push: Push, before: Shown) -> ChangeRow:
    """What a write left: units of a campaign stay where they are."""
    sellable = max(0, push.quantity - before.campaign)
    return ChangeRow(push.at, push.key.item_id, push.key.variation_id, sellable, before.campaign, before.withheld)


def row(key: ListingKey, at: datetime, shown: Shown | None) -> ChangeRow:
    if shown is None:
        return ChangeRow(at, key.item_id, key.variation_id, None, None, None)
    return ChangeRow(at, key.item_id, key.variation_id, shown.sellable, shown.campaign, shown.withheld)


def all_of(shown: Iterable[Change], as_of: datetime) -> Iterator[ChangeRow]:
    """Everything that a shop shows, for a history that lost its last snapshot."""
    return (row(one.key, as_of, one.after) for one in shown)
