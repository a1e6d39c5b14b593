"""What becomes of one message: whose it is, whether it is genuine, what of it is kept. Nothing here waits or writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stockrecon import registry
from stockrecon.channels.push import Arrived, Forged, Heard, Hears, Unreadable
from stockrecon.core.model import ShopName
from stockrecon.core.notice import Notice
from stockrecon.core.settings import ShopSettings
from stockrecon.errors import UsageFault

Told = tuple[tuple[ShopName, Notice], ...]


class Fate(StrEnum):
    """What became of a message. Only a forged one is refused: the others would be no other if they were sent again."""

    HEARD = "heard"
    PROBE = "probe"
    """The vendor tries the address; there is no message."""
    STALE = "stale"
    """Older than any late delivery of this vendor: a replay."""
    NOBODY = "nobody"
    """Genuine, and of no shop of this configuration."""
    UNREADABLE = "unreadable"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Judged:
    """`told`: what to keep, of which shops. `kind`: the vendor's topic. `text`: why it is not kept; never a secret."""

    fate: Fate
    told: Told = ()
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One shop that messages are for, and what proves them genuine."""

    settings: ShopSettings
    hears: Hears
    secrets: Mapping[str, str] = field(repr=False)


def accounts_of(shops: Sequence[ShopSettings]) -> tuple[list[Account], dict[ShopName, str]]:
    """The shops that can be listened to; and why each of the others cannot."""
    accounts: list[Account] = []
    silent: dict[ShopName, str] = {}
    for shop in shops:
        hears = registry.make_push(shop.channel)
        if hears is None:
            silent[shop.name] = f"{shop.name}: {shop.channel} sends no push messages"
            continue
        try:
            accounts.append(Account(shop, hears, hears.secrets(shop)))
        except UsageFault as fault:
            silent[shop.name] = str(fault)
    return accounts, silent


class Receiver:
    """Judges messages for these shops. `identity`: what a shop said it is when it was read last, "" where it never was.

    Marketplaces send all messages of an app to one address: which shop one is for stands in it.
    """

    def __init__(
        self, accounts: Sequence[Account], clock: Callable[[], datetime], identity: Callable[[ShopName], str]
    ) -> None:
        self._clock = clock
        self._identity = identity
        self._apps: dict[str, list[list[Account]]] = {}
        for account in accounts:
            apps = self._apps.setdefault(account.settings.channel, [])
            same = next((app for app in apps if app[0].secrets == account.secrets), None)
            if same is None:
                apps.append([account])
            else:
                same.append(account)

    @property
    def channels(self) -> Mapping[str, Hears]:
        return {name: apps[0][0].hears for name, apps in self._apps.items()}

    def judge(self, channel: str, arrived: Arrived) -> Judged:
        """Raises KeyError for a channel that no shop is of."""
        apps = self._apps[channel]
        if apps[0][0].hears.is_probe(arrived):
            return Judged(Fate.PROBE)
        reason = ""
        for app in apps:
            try:
                heard = app[0].hears.heard(arrived, app[0].secrets)
            except Forged as forged:
                reason = str(forged)
            except Unreadable as unreadable:
                return Judged(Fate.UNREADABLE, text=str(unreadable))
            else:
                return self._genuine(heard, app)
        return Judged(Fate.FORGED, text=reason)

    def _genuine(self, heard: Heard, app: Sequence[Account]) -> Judged:
        notice, oldest = heard.notice, app[0].hears.oldest
        if notice.told_at is not None and notice.told_at < self._clock() - oldest:
            return Judged(Fate.STALE, kind=notice.kind, text=f"it was made at {notice.told_at:%Y-%m-%d %H:%M} UTC")
        meant = [
            one.settings.name
            for one in app
            if one.hears.means(heard.shop, one.settings, self._identity(one.settings.name))
        ]
        if not meant:
            return Judged(Fate.NOBODY, kind=notice.kind, text=f"it is for shop {heard.shop[:80] or '(none)'}")
        return Judged(Fate.HEARD, tuple((name, notice) for name in meant), notice.kind)
