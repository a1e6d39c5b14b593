"""Renewing tokens in a process of its own, so that whatever ends this one cannot lose a pair that is under way.

The helper inherits the lock on the shop's tokens, is in a session of its own, and ignores the signals that stop a run:
it finishes what it began, also when nobody waits for it any more, and the lock is free when it is done. Secrets go to
it through a pipe, never by its arguments or its environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Protocol

from stockrecon.channels.base import Surroundings
from stockrecon.channels.keeper import Outside, Refresh, trade
from stockrecon.core.model import ShopName
from stockrecon.core.policy import ShopPolicy
from stockrecon.core.secret import Secret
from stockrecon.core.settings import ShopSettings
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, OutputFault, ReadFault, StockreconError, UsageFault
from stockrecon.state.tokens import FileTokenStore

HELPER = "stockrecon.channels.rotate"
LONGEST = 600.0
"""Seconds that a helper is waited for; its own call and waits end well before."""
_ENVIRONMENT = ("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_KINDS: Mapping[str, type[StockreconError]] = {"output": OutputFault, "usage": UsageFault}


class Granting(Protocol):
    """What a helper makes to renew tokens with: a channel, or the part of one that calls the vendor."""

    @property
    def refresh(self) -> Refresh: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Rotation:
    """One renewal. `maker` (`module:name`) makes the `Granting` from settings and surroundings.

    `candidates`: the refresh tokens to try. `ahead`: seconds that the shop's clock is ahead of this machine's.
    """

    maker: str
    settings: ShopSettings = field(repr=False)
    candidates: tuple[str, ...] = field(repr=False)
    ahead: float = 0.0

    def carry_out(self, store: FileTokenStore, began: Callable[[], None] = lambda: None) -> AuthFault | None:
        """Takes the room for the new pair, calls, and saves. `began` is called just before the vendor is.

        Returns what is wrong with a pair that was saved all the same. Raises as TokenKeeper.renew.
        """
        ahead = timedelta(seconds=self.ahead)
        module, _, name = self.maker.partition(":")
        make: Callable[[ShopSettings, Surroundings], Granting] = getattr(import_module(module), name)
        made = make(self.settings, Surroundings(lambda: datetime.now(UTC) + ahead, time.sleep, store))
        with closing(made), store.prepared(self.settings.name) as keep:
            began()
            granted = trade(self.settings.name, self.candidates, made.refresh)
            keep(granted.tokens)
        return granted.fault

    def secrets(self) -> list[str]:
        """Everything in it that must never appear in a text."""
        options = [value.reveal() for value in self.settings.options.values() if isinstance(value, Secret)]
        return [*options, *self.candidates]


def outside(
    maker: str, settings: ShopSettings, surroundings: Surroundings, now: Callable[[], datetime]
) -> Outside | None:
    """How a channel renews outside this process; None where the surroundings have no way to. `now`: the shop's time."""
    rotate = surroundings.rotate
    if rotate is None:
        return None

    def renewed(candidates: Sequence[str], lock: object) -> AuthFault | None:
        ahead = (now() - datetime.now(UTC)).total_seconds()
        return rotate(Rotation(maker, settings, tuple(candidates), ahead), lock)

    return renewed


class HelperProcess:
    """Renews with a helper process, for `Surroundings.rotate`. `store` is the one that the channels are given."""

    def __init__(self, store: FileTokenStore, *, python: str = sys.executable) -> None:
        self._store = store
        self._python = python

    def __call__(self, rotation: Rotation, lock: object) -> AuthFault | None:
        """Where no helper can be started, in this process. Raises as TokenKeeper.renew."""
        shop = rotation.settings.name
        before = self._stored(shop)
        killed = 0
        for _ in range(2):
            code, said = self._asked(rotation, lock)
            if not said:
                # It ended before it had called anybody, so nothing is spent.
                return rotation.carry_out(self._store)
            if "saved" in said[-1]:
                return _understood(shop, said[-1])
            if self._stored(shop) != before:
                return None
            # What it was told is lost, like an answer on the wire: the same refresh token may be tried once more.
            killed = code
        words = f"the process that renews its tokens was stopped twice before it was done (exit status {killed})"
        raise ReadFault(shop, words, way_on="run again; if the tokens are refused then, authorise the shop again")

    def _stored(self, shop: ShopName) -> Tokens | None:
        try:
            return self._store.load(shop)
        except AuthFault:
            return None

    def _asked(self, rotation: Rotation, lock: object) -> tuple[int, list[Mapping[str, object]]]:
        """Exit status, and the documents that it said: that it begins, and how it ended."""
        kept = (lock,) if isinstance(lock, int) else ()
        try:
            process = subprocess.Popen(  # noqa: S603 (this interpreter, a module of ours)
                [self._python, "-P", "-m", HELPER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=kept,
                start_new_session=True,
                env=_environment(),
            )
        except OSError:
            return 0, []
        try:
            out, _ = process.communicate(job_of(rotation, self._store), timeout=LONGEST)
        except subprocess.TimeoutExpired:
            words = f"the process that renews its tokens (pid {process.pid}) is not done after {LONGEST:g} s"
            raise ReadFault(rotation.settings.name, words, way_on="run again when it has ended") from None
        return process.returncode, [json.loads(line) for line in out.splitlines()]


def _environment() -> dict[str, str]:
    """What Python needs to start, and nothing that may hold a secret."""
    return {
        name: value for name, value in os.environ.items() if name in _ENVIRONMENT or name.startswith(("PYTHON", "LC_"))
    }


def job_of(rotation: Rotation, store: FileTokenStore) -> bytes:
    """What the helper reads."""
    settings = rotation.settings
    options = {
        name: {"secret": value.reveal()} if isinstance(value, Secret) else value
        for name, value in settings.options.items()
        if isinstance(value, Secret | str | int | float)
    }
    return json.dumps(
        {
            "maker": rotation.maker,
            "folder": str(store.folder.absolute()),
            "name": settings.name,
            "channel": settings.channel,
            "region": settings.region,
            "base_url": settings.base_url,
            "options": options,
            "candidates": rotation.candidates,
            "ahead": rotation.ahead,
        }
    ).encode("ascii")


def job_from(raw: bytes) -> tuple[Rotation, FileTokenStore]:
    """The other way round."""
    job = json.loads(raw)
    name = ShopName(job["name"])
    options = {
        key: Secret(value["secret"]) if isinstance(value, dict) else value for key, value in job["options"].items()
    }
    policy = ShopPolicy(name=name, channel=job["channel"], region=job["region"])
    settings = ShopSettings(name, job["channel"], policy, options, job["base_url"], None, job["region"])
    return Rotation(job["maker"], settings, tuple(job["candidates"]), job["ahead"]), FileTokenStore(Path(job["folder"]))


def told(fault: StockreconError | None) -> dict[str, str]:
    """A fault as a document; empty for none."""
    if fault is None:
        return {}
    kind = "auth" if isinstance(fault, AuthFault) else "read"
    kind = next((name for name, made in _KINDS.items() if isinstance(fault, made)), kind)
    text = fault.what if isinstance(fault, ReadFault) else fault.text
    return {"kind": kind, "text": text, "way_on": fault.way_on}


def _understood(shop: ShopName, said: Mapping[str, object]) -> AuthFault | None:
    """What the helper reported: its own fault is raised, what is wrong with a saved pair is returned."""
    if not said.get("kind"):
        return None
    kind, text, way_on = (str(said.get(name, "")) for name in ("kind", "text", "way_on"))
    if kind in _KINDS:
        raise _KINDS[kind](text, way_on=way_on)
    fault = AuthFault(shop, text, way_on=way_on) if kind == "auth" else ReadFault(shop, text, way_on=way_on)
    if said.get("saved") and isinstance(fault, AuthFault):
        return fault
    raise fault
