"""Opening the write side: the state, the locks, the ledger and the shops of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from stockrecon import registry
from stockrecon.apply.applying import Applying, Rules
from stockrecon.apply.desk import Held
from stockrecon.apply.saved import Saved
from stockrecon.channels.base import Surroundings
from stockrecon.config import Settings
from stockrecon.core.findings import LEDGER, RunResult, ShopReport, Summary
from stockrecon.errors import LockHeld
from stockrecon.state import State


def rules_of(settings: Settings, who: str = "") -> Rules:
    """What the configuration allows to be written. `who`: the user, for the record of an approval."""
    return Rules(settings.policy, {shop.name: shop.policy.mode for shop in settings.shops}, who)


@contextmanager
def opened(
    settings: Settings,
    around: Surroundings,
    *,
    holder: str,
    who: str = "",
    stop: Callable[[], str | None] = lambda: None,
) -> Iterator[Applying]:
    """The write side with its locks held until the end: one writing run per state and shop.

    `holder`: how this run is named to others that find the lock held. Raises LockHeld at once where another run holds
    one, UsageFault and OutputFault where the state cannot be used: without it nothing may be written.
    """
    with ExitStack() as stack:
        state = stack.enter_context(State.open(settings.state, around.clock))
        held = stack.enter_context(state.lock([shop.name for shop in settings.shops], holder))
        book, elsewhere = _ledger_lock(stack, state, holder)
        ledger = registry.make_ledger(settings.ledger)
        stack.callback(ledger.close)
        channels = {}
        for shop in settings.shops:
            channels[shop.name] = registry.make_channel(shop, around)
            stack.callback(channels[shop.name].close)
        rules = rules_of(settings, who)
        yield Applying(
            rules, state, ledger, channels, Locks((held, *book)), around.clock, around.sleep, stop, elsewhere
        )


@dataclass(frozen=True, slots=True)
class Locks:
    """All the locks of a run: it writes while it has every one of them."""

    held: tuple[Held, ...]

    def check(self) -> None:
        """Raises LockHeld where another run could have one of them by now."""
        for lock in self.held:
            lock.check()


def _ledger_lock(stack: ExitStack, state: State, holder: str) -> tuple[tuple[Held, ...], str]:
    """The ledger's lock, or why the ledger is another run's. Runs over different shops have one ledger, and neither may
    settle what the other is posting."""
    try:
        return (stack.enter_context(state.lock([LEDGER], holder)),), ""
    except LockHeld as held:
        return (), f"not posted: {held.text}"


def result_of(settings: Settings, saved: Saved, run: str, now: datetime) -> RunResult:
    """What is known of a run that carries out a plan which was saved earlier: it reads only what it writes."""
    standing = saved.standing
    shops = tuple(
        ShopReport(shop.name, shop.channel, None, standing.shops[shop.name].rows, 0)
        if shop.name in standing.shops
        else ShopReport(shop.name, shop.channel, None, 0, 0, f"not read for this plan: {saved.unread[shop.name]}")
        for shop in settings.shops
        if shop.name in standing.shops or shop.name in saved.unread
    )
    summary = Summary(skus=standing.ledger.skus, listings=sum(shop.listings for shop in shops))
    # The owner's word counts as it is now, not as it was when the plan was saved.
    modes = {shop.name: shop.policy.mode for shop in settings.shops}
    known = {name: replace(one, mode=modes[name]) for name, one in standing.shops.items() if name in modes}
    standing = replace(standing, shops=known)
    return RunResult("sync", run, now, None, None, shops, summary, (), saved.plan, standing=standing)
