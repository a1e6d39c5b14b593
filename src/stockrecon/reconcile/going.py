"""Which shops a run may read by their changes, and why each of the others is read in full."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from stockrecon.core.findings import Plan
from stockrecon.core.guard import AHEAD
from stockrecon.core.model import ShopName
from stockrecon.core.notice import Listening
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Policy
from stockrecon.core.settings import ShopSettings
from stockrecon.core.sources import NOTED
from stockrecon.core.withhold import FULL_PULL
from stockrecon.errors import StockreconError
from stockrecon.reconcile.little import LATE, MARGIN, NEEDED, Going, InFull, Reading

if TYPE_CHECKING:
    from stockrecon.state import State


def going_on(
    state: State, shops: Sequence[ShopSettings], policy: Policy, now: datetime, spool: Path
) -> dict[ShopName, Going | str]:
    """For each shop that is listened to: what a little pull goes on from, or why it is read in full.

    What the state cannot give is such a reason, never an error: a full pull needs nothing of it.
    """
    found: dict[ShopName, Going | str] = {}
    for index, shop in enumerate(shops):
        try:
            listening = state.listening(shop.name)
            if listening is not None:
                found[shop.name] = _going(state, shop.name, listening, policy, now, spool / f"base-{index}")
        except StockreconError as error:
            found[shop.name] = error.text
    return found


def _going(
    state: State, shop: ShopName, listening: Listening, policy: Policy, now: datetime, folder: Path
) -> Going | str:
    if why := not_heard(listening, now):
        return why
    opened = state.bases.open(shop, folder)
    if opened is None:
        return "no reading of it is kept that it could be gone on from"
    base, tables = opened
    if listening.since > base.began_at:
        return f"the listener was away until {listening.since:%Y-%m-%d %H:%M} UTC"
    if not -AHEAD <= now - base.full_at < policy.full_pull:
        return f"its last full pull is of {base.full_at:%Y-%m-%d %H:%M} UTC"
    since = base.began_at - MARGIN
    told = state.told(shop, since)
    if told.whole:
        return f"a message ({told.whole}) concerns all of it"
    told = replace(told, orders=state.told(shop, since - LATE).orders)
    return Going(base, tables, listening.since, told, _own(state, shop, since))


def _own(state: State, shop: ShopName, since: datetime) -> frozenset[str]:
    """Items that this program may have set since then, whatever it came to."""
    return frozenset(key.item_id for key in state.journal.touched(since) if key.shop == shop)


def not_heard(listening: Listening, now: datetime) -> str:
    """Why the shop is not listened to now; "" where it is."""
    from stockrecon.state.notices import GAP

    if now - listening.seen > GAP:
        return f"the listener was there last at {listening.seen:%Y-%m-%d %H:%M} UTC"
    if listening.heard is None:
        return "no message of it has come yet"
    return ""


def packed(
    state: State, readings: Mapping[ShopName, Reading], spool: Path, now: datetime
) -> dict[ShopName, Path | None]:
    """The tables that the next little pulls go on from, as one file each; None where nobody listens to a shop.

    To be asked before the state is written to: it takes a while, and the listener has to answer meanwhile.
    """
    from stockrecon.state.bases import pack
    from stockrecon.state.notices import GAP

    found: dict[ShopName, Path | None] = {}
    for index, (shop, reading) in enumerate(readings.items()):
        listening = state.listening(shop)
        heard = listening is not None and now - listening.seen <= GAP
        tables = {name: path for name, path in reading.tables.items() if name in NEEDED or name == NOTED}
        found[shop] = pack(tables, spool / f"base-{index}.zip") if heard and reading.base is not None else None
    return found


def written_in_full(plan: Plan, shops: Sequence[ShopSettings], policy: Policy, little: Collection[ShopName]) -> None:
    """Raises InFull where anything of a plan might be carried out: what is written rests on full pulls of all shops."""
    waiting = tuple(one.action for one in plan.withheld if one.rule == FULL_PULL)
    modes = {shop.name: shop.policy.mode for shop in shops}
    writes, _ = permitted(replace(plan, actions=(*plan.actions, *waiting)), policy, modes)
    if writes:
        raise InFull(dict.fromkeys(little, "something may be written, and that rests on a full pull"))
