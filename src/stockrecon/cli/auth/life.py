"""How long a shop's tokens live, told without them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stockrecon.channels.keeper import authorise_way, ending

if TYPE_CHECKING:
    from stockrecon.channels.authorise import Authorisation, Life

Told = tuple[bool | None, str, str]
"""Good (None: a remark), the sentence, and the way on."""


def told(shop: str, authorisation: Authorisation, place: str, now: datetime) -> Told:
    """One line of the list. `place`: where stored tokens are. Raises AuthFault, ReadFault as `Authorisation.life`."""
    life = authorisation.life()
    way = authorise_way(shop)
    if not life.access and not life.refresh:
        return False, "not authorised: there are no tokens", f"stockrecon auth {shop}"
    kept = f"kept in {place}" if life.stored else "as configured, not used by a run yet"
    text = f"access token {_access(life, now)}; refresh token {_refresh(life, now)}; {kept}"
    over = life.access_ends is not None and life.access_ends <= now
    if not life.refresh:
        return (False if over or not life.access else None), text, way
    if life.refresh_ends is None:
        return True, text, ""
    if life.refresh_ends <= now:
        return (False if over or not life.access else None), text, way
    soon = life.refresh_ends - now <= max(authorisation.steps)
    return (None if soon else True), text, way if soon else ""


def _access(life: Life, now: datetime) -> str:
    if not life.access:
        return "none yet, the first call gets one"
    if life.access_ends is None:
        return "has an end that is not known"
    said = ending(life.access_ends, now)
    return f"{said}, the next call renews it" if life.access_ends <= now and life.refresh else said


def _refresh(life: Life, now: datetime) -> str:
    if not life.refresh:
        return "none"
    return "has an end that is not known" if life.refresh_ends is None else ending(life.refresh_ends, now)
