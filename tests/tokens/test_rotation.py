"""A renewal outlives the run that began it, happens once, and shows nothing of what it carries."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from stockrecon.channels.rotation import HELPER
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.state import FileTokenStore
from tests.tokens.vendor import KEY, SHOP, Vendor, channel, serving

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STOCKRECON_KILLS", "40"))


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with serving() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def stored(folder: Path) -> Tokens:
    held = FileTokenStore(folder).load(SHOP)
    assert held is not None
    return held


class Nursery:
    """See `nursery.py`."""

    def __init__(self, vendor: Vendor, folder: Path, *more: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tokens.nursery", vendor.url, vendor.refresh, str(folder), *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "STOCKRECON_TEST_SECRET": KEY},
        )

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def start(self, number: int = 1, limit: int | None = None) -> list[int]:
        """Process ids of those that renew now."""
        self._say(f"{number} {limit or ''}")
        self.said: list[str] = []
        while not (line := self._line()).startswith("began"):
            self.said.append(line)
        return [int(pid) for pid in line.split()[1:]]

    def ended(self, *, kill: bool = False) -> list[str]:
        """What came of those that came to their end; the others are waited for, or killed."""
        self._say("kill" if kill else "wait")
        while (line := self._line()) != "ended":
            self.said.append(line)
        return [line.partition(" ")[2] for line in self.said]

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


def helpers_of(parents: list[int]) -> list[int]:
    """The helper processes that these started."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                if parent in parents and HELPER.encode() in (path / "cmdline").read_bytes():
                    found.append(int(path.name))
            except OSError:
                continue
    return found


def settled(folder: Path) -> None:
    """Waits until no helper holds the lock any more."""
    with FileTokenStore(folder, patience=60).locked(SHOP):
        pass


def test_a_killed_run_loses_no_pair(vendor: Vendor, folder: Path) -> None:
    """Killed at any instant of a renewal: what the marketplace gave last is what the store has, every time."""
    rng = random.Random(5)
    vendor.arrived = lambda: time.sleep(rng.uniform(0, 0.02))
    vendor.spent = lambda: time.sleep(rng.uniform(0, 0.02))
    with Nursery(vendor, folder) as nursery:
        began = time.monotonic()
        nursery.start()
        nursery.ended()
        # How long a renewal takes differs from machine to machine.
        whole = time.monotonic() - began
        for _ in range(KILLS):
            nursery.start()
            time.sleep(rng.uniform(0, whole))
            told = nursery.ended(kill=True)
            settled(folder)
            assert stored(folder).refresh == vendor.refresh, told
    assert vendor.number > 2
    assert vendor.asked == [f"refresh-token-{number:06}" for number in range(1, vendor.number)]


def test_a_run_that_is_killed_after_its_token_was_spent(vendor: Vendor, folder: Path) -> None:
    """The worst instant, forced: the marketplace has given the pair and the run is gone before it is answered."""
    pids: list[int] = []

    def kill() -> None:
        os.kill(pids[0], signal.SIGKILL)
        time.sleep(0.05)

    vendor.arrived, vendor.spent = partial(wait_for, pids), kill
    with Nursery(vendor, folder) as nursery:
        for _ in range(3):
            pids.clear()
            pids += nursery.start()
            assert nursery.ended() == []
            settled(folder)
            assert stored(folder).refresh == vendor.refresh
    assert vendor.number == 4


def wait_for(pids: list[int]) -> None:
    while not pids:
        time.sleep(0.01)


def test_the_helper_finishes_whatever_asks_it_to_stop(vendor: Vendor, folder: Path) -> None:
    """It is in a session of its own, and a supervisor's stop, Ctrl-C and a hang-up leave it alone."""
    pids: list[int] = []
    sessions: list[int] = []

    def stop() -> None:
        wait_for(pids)
        (helper,) = helpers_of(pids)
        sessions.append(os.getsid(helper))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(helper, number)

    vendor.spent = stop
    with Nursery(vendor, folder) as nursery:
        pids += nursery.start()
        assert nursery.ended() == [f"ok {vendor.access}"]
    assert stored(folder).refresh == vendor.refresh
    assert sessions != [os.getsid(0)]


def test_no_secret_can_be_seen_from_outside(vendor: Vendor, folder: Path) -> None:
    """Neither in the helper's arguments nor in its environment, nor anything of the run's environment."""
    pids: list[int] = []
    seen: list[bytes] = []

    def look() -> None:
        wait_for(pids)
        (helper,) = helpers_of(pids)
        seen.extend(Path(f"/proc/{helper}/{name}").read_bytes() for name in ("cmdline", "environ"))

    vendor.spent = look
    with Nursery(vendor, folder) as nursery:
        pids += nursery.start()
        nursery.ended()
    helper = b"".join(seen)
    assert HELPER.encode() in helper
    assert b"STOCKRECON_TEST_SECRET" not in helper
    for secret in (KEY, vendor.access, vendor.refresh, "refresh-token-000001"):
        assert secret.encode() not in helper


def test_a_killed_helper_is_tried_once_more(vendor: Vendor, folder: Path) -> None:
    """Where its token was not spent the second one gets the pair."""
    pids: list[int] = []
    killed: list[int] = []

    def kill() -> None:
        wait_for(pids)
        if not killed:
            killed.extend(helpers_of(pids))
            os.kill(killed[0], signal.SIGKILL)
            vendor.number -= 1  # the marketplace did not get to it

    vendor.spent = kill
    with Nursery(vendor, folder) as nursery:
        pids += nursery.start()
        assert nursery.ended() == [f"ok {vendor.access}"]
    assert len(killed) == 1
    assert stored(folder).refresh == vendor.refresh


def test_a_pair_that_is_lost_with_its_helper_is_told(vendor: Vendor, folder: Path) -> None:
    """Nothing can save that pair; the shop is named at once, and again in every later run, with the way on."""
    pids: list[int] = []

    def kill() -> None:
        wait_for(pids)
        for helper in helpers_of(pids):
            os.kill(helper, signal.SIGKILL)

    vendor.spent = kill
    with Nursery(vendor, folder) as nursery:
        for _ in range(2):
            pids.clear()
            pids += nursery.start()
            (told,) = nursery.ended()
            assert told.startswith("AuthFault shopee-vn:")
            assert "stockrecon auth shopee-vn" in told
    assert vendor.number == 2


def test_helpers_that_are_killed_at_any_instant_lose_nothing_silently(vendor: Vendor, folder: Path) -> None:
    """Either the store has the marketplace's pair, or the next run says that a person has to authorise the shop."""
    rng = random.Random(7)
    vendor.spent = lambda: time.sleep(rng.uniform(0, 0.02))
    with Nursery(vendor, folder) as nursery:
        nursery.start()
        nursery.ended()
        for _ in range(max(8, KILLS // 5)):
            pids = nursery.start()
            until = time.monotonic() + rng.uniform(0, 0.4)
            while time.monotonic() < until:
                time.sleep(rng.uniform(0, 0.05))
                for helper in helpers_of(pids):
                    with suppress(ProcessLookupError):
                        os.kill(helper, signal.SIGKILL)
            nursery.ended()
            settled(folder)
            if stored(folder).refresh != vendor.refresh:
                nursery.start()
                (told,) = nursery.ended()
                assert told.startswith("AuthFault"), told
                FileTokenStore(folder).save(SHOP, Tokens(vendor.access, vendor.refresh))


def test_twenty_processes_renew_once(vendor: Vendor, folder: Path) -> None:
    """All of them need a new token at the same moment: one asks, the others take what it got."""
    with Nursery(vendor, folder, "once") as nursery:
        nursery.start(20)
        told = nursery.ended()
    assert told == [f"ok {vendor.access}"] * 20
    assert vendor.asked == ["refresh-token-000001"]


def test_a_full_disk_is_noticed_before_a_token_is_spent(vendor: Vendor, folder: Path) -> None:
    """The helper cannot write: the marketplace is not even asked, and the pair before is as good as it was."""
    with Nursery(vendor, folder) as nursery:
        nursery.start(limit=4096)
        (told,) = nursery.ended()
        assert told.startswith("OutputFault shopee-vn: its new tokens cannot be saved in")
        assert vendor.asked == []
        nursery.start()
        assert nursery.ended() == [f"ok {vendor.access}"]


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/false", ""])
def test_where_no_helper_can_be_started_the_run_renews_itself(vendor: Vendor, folder: Path, python: str) -> None:
    """A helper that never began has spent nothing."""
    made = channel(vendor.url, vendor.refresh, folder, python=python)
    made.authorisation.renew()
    assert stored(folder) == made._keeper.current
    assert vendor.asked == ["refresh-token-000001"]


def test_what_a_helper_reports_is_what_the_run_would_have_met(vendor: Vendor, folder: Path) -> None:
    """A refusal comes through as itself, with the way on, and without the token that the marketplace wrote into it."""
    vendor.refusal = "Invalid refresh_token refresh-token-000099 of partner-key-of-the-test."
    with pytest.raises(AuthFault, match="the refresh token was refused") as caught:
        channel(vendor.url, "refresh-token-000099", folder).authorisation.renew()
    assert caught.value.way_on == "authorise the shop again: stockrecon auth shopee-vn"
    assert "000099" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_marketplace_that_is_not_there_spends_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing left this machine: a read fault, and the refresh token is still the one to use."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with serving() as vendor:
        url, refresh = vendor.url, vendor.refresh
    with pytest.raises(ReadFault, match="refused the connection") as caught:
        channel(url, refresh, folder, python="").authorisation.renew()
    assert not isinstance(caught.value, AuthFault)


def test_a_pair_of_another_shop_is_kept_and_named(vendor: Vendor, folder: Path) -> None:
    """The old pair is spent: the new one must not be lost because the configuration names the wrong shop."""
    vendor.more = {"shop_id": 999}
    with pytest.raises(AuthFault, match="the tokens are for shop 999, configured is shop 14701711"):
        channel(vendor.url, vendor.refresh, folder).authorisation.renew()
    assert stored(folder).refresh == vendor.refresh


def test_the_shops_own_time_goes_along(vendor: Vendor, folder: Path) -> None:
    """A machine whose clock is a day behind: the helper signs with the shop's time at once."""
    vendor.ahead = timedelta(days=1)
    made = channel(vendor.url, vendor.refresh, folder)
    made._client._skew.observe(vendor.now(), datetime.now(UTC), datetime.now(UTC))
    made.authorisation.renew()
    assert len(vendor.asked) == 1
    ends = stored(folder).access_ends
    assert ends is not None
    assert ends > datetime.now(UTC) + timedelta(hours=27)


def test_a_helper_loads_little() -> None:
    """It starts quickly: no database, no tables, no terminal."""
    code = (
        "import sys; sys.modules['httpx._main'] = None\n"
        "import stockrecon.channels.rotation, stockrecon.channels.shopee, stockrecon.channels.lazada\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sqlalchemy", "duckdb", "rich", "click", "yaml", "openpyxl"} & set(loaded)
