"""Around a run that nobody watches: its metrics and messages say how it ended, and never change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from stockrecon import notify
from stockrecon.cli import timing, unattended
from stockrecon.cli.options import Common
from stockrecon.cli.outcome import Halted
from stockrecon.cli.unattended import Unattended, Watch, unattended_options, watched
from stockrecon.errors import LockHeld, OutputFault
from tests.reports import samples


def common(**more: Any) -> Common:
    usual: dict[str, Any] = {"config": Path("stockrecon.yaml"), "shops": (), "skus": (), "scenarios": (), "now": None}
    usual |= {"format": "table", "output": None, "everything": False, "quiet": False, "verbose": False}
    return Common(**usual | {"no_color": False} | more)


@dataclass
class Told:
    """Who would have been told."""

    results: list[object] = field(default_factory=list)
    faults: list[tuple[str, int, str]] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()

    def result(settings: object, result: object, *, clock: object) -> tuple[str, ...]:
        told.results.append(result)
        return told.warnings

    def fault(settings: object, command: str, code: int, text: str, *, clock: object) -> tuple[str, ...]:
        told.faults.append((command, code, text))
        return ()

    monkeypatch.setattr(notify, "notify", result)
    monkeypatch.setattr(notify, "notify_fault", fault)
    return told


def code_in(path: Path) -> str:
    [line] = [line for line in path.read_text().splitlines() if line.startswith("stockrecon_exit_code{")]
    return line.split("} ")[1]


def run(path: Path | None, error: BaseException | None = None, **more: Any) -> None:
    """One run that ends with an error, or with a result of exit code 10 as a report does."""
    with watched(common(**more), "sync", Unattended(metrics=path)) as watch:
        watch.settings = object()  # type: ignore[assignment]
        if error is not None:
            raise error
        watch.came(replace(samples.in_line(), exit_code=10))
        raise click.exceptions.Exit(10)


def test_a_result_is_measured_and_told(tmp_path: Path, told: Told) -> None:
    """The report's own exit passes; metrics and messages have the result."""
    with pytest.raises(click.exceptions.Exit) as caught:
        run(tmp_path / "m.prom")
    assert caught.value.exit_code == 10
    assert code_in(tmp_path / "m.prom") == "10"
    assert "stockrecon_listings{" in (tmp_path / "m.prom").read_text()
    assert told.results == [replace(samples.in_line(), exit_code=10)]


@pytest.mark.parametrize(
    ("error", "code", "faults"),
    [
        (LockHeld("another run holds the lock"), "14", [("sync", 14, "another run holds the lock")]),
        (TypeError("s3cr3t"), "1", [("sync", 1, "unexpected error (TypeError)")]),
        (
            Halted("stockrecon: the deadline of 1 min is past", 13),
            "13",
            [("sync", 13, "the deadline of 1 min is past")],
        ),
        (Halted("Interrupted.", 143), "143", []),
        (KeyboardInterrupt(), "130", []),
    ],
)
def test_an_early_end_is_measured_and_told(
    tmp_path: Path, told: Told, error: BaseException, code: str, faults: list[tuple[str, int, str]]
) -> None:
    """With its exit code; what a person or supervisor stopped is told to nobody, and a bug's text is not either."""
    with pytest.raises(type(error)):
        run(tmp_path / "m.prom", error)
    assert code_in(tmp_path / "m.prom") == code
    assert told.faults == faults
    assert told.results == []


def test_a_report_that_cannot_be_written_hides_no_result(tmp_path: Path, told: Told) -> None:
    """The metrics have the result with the code that the run ends with, and the result is told."""

    def reported() -> None:
        with watched(common(), "sync", Unattended(metrics=tmp_path / "m.prom")) as watch:
            watch.settings = object()  # type: ignore[assignment]
            watch.came(samples.in_line())
            raise OutputFault("standard output cannot be written")

    with pytest.raises(OutputFault):
        reported()
    assert code_in(tmp_path / "m.prom") == "2"
    assert "stockrecon_listings{" in (tmp_path / "m.prom").read_text()
    assert told.results == [samples.in_line()]
    assert told.faults == []


def test_metrics_that_cannot_be_written_are_a_warning(
    tmp_path: Path, told: Told, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends as it would have; a folder that is not there is refused before it begins."""
    from stockrecon.reports import metrics

    def full(*given: object, **more: object) -> None:
        raise OutputFault("m.prom cannot be written: No space left on device", way_on="make room")

    monkeypatch.setattr(metrics, "write_metrics", full)
    told.warnings = ("notify.mail: sendmail ended with 75; it was not told",)
    with pytest.raises(click.exceptions.Exit):
        run(tmp_path / "m.prom")
    err = capfd.readouterr().err
    assert "warning: metrics: m.prom cannot be written: No space left on device" in err
    assert "warning: notify.mail: sendmail ended with 75; it was not told" in err
    with pytest.raises(OutputFault, match="there is no folder"):
        run(tmp_path / "nowhere" / "m.prom")


def test_a_run_whose_configuration_is_wrong_tells_nobody(told: Told) -> None:
    """Without settings there is nobody to tell; without --metrics nothing is written."""
    with pytest.raises(LockHeld), watched(common(), "diff", Unattended()):
        raise LockHeld("x")
    assert (told.results, told.faults) == ([], [])


def test_the_result_ends_the_deadlines_power(told: Told) -> None:
    """A run that has its result prints its report to the end, however late it is."""
    with watched(common(), "diff", Unattended(deadline=timedelta(hours=1))) as watch:
        watch.came(samples.in_line())
        watch.stop._began -= 7200
        watch.stop.alarmed(14)
        assert watch.stop.reason() == "the deadline of 1 h is past"


def test_the_splay_comes_first_and_can_be_interrupted(
    told: Told, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is slept within the deadline and the signals; -v says how long it was."""
    slept: list[timedelta] = []

    def splayed(longest: timedelta, config: Path) -> float:
        slept.append(longest)
        return 90.0

    monkeypatch.setattr(unattended, "splay", splayed)
    with watched(common(verbose=True), "diff", Unattended(splay=timedelta(minutes=5))):
        assert slept == [timedelta(minutes=5)]
    assert capfd.readouterr().err == "waited 1 min 30 s (--splay)\n"

    def interrupted(longest: timedelta, config: Path) -> float:
        raise Halted("Interrupted.", 143)

    monkeypatch.setattr(unattended, "splay", interrupted)
    with pytest.raises(Halted), watched(common(), "diff", Unattended(splay=timedelta(minutes=5))):
        pytest.fail("the run began")


def test_the_options_arrive_as_one() -> None:
    """Given and not given; a wrong duration is a usage error."""
    seen: list[Unattended] = []

    @click.command()
    @unattended_options()
    def command(unattended: Unattended) -> None:
        seen.append(unattended)

    invoke: Callable[[list[str]], Any] = lambda arguments: CliRunner().invoke(command, arguments)  # noqa: E731
    assert invoke(["--splay", "5m", "--deadline", "10m", "--metrics", "m.prom"]).exit_code == 0
    assert invoke([]).exit_code == 0
    assert invoke(["--deadline", "soon"]).exit_code == 2
    assert seen == [Unattended(timedelta(minutes=5), timedelta(minutes=10), Path("m.prom")), Unattended()]


def test_it_tells_for_real(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """With real settings a failed webhook is one warning on standard error."""
    from stockrecon.config import load, write_starter

    write_starter(tmp_path, "file")
    (tmp_path / ".stockrecon").mkdir(mode=0o700)
    config = tmp_path / "stockrecon.yaml"
    with config.open("a") as file:
        file.write("notify: {mail: {to: [root], sendmail: /nowhere/sendmail}}\n")
    with watched(common(config=config), "diff", Unattended()) as watch:
        assert isinstance(watch, Watch)
        assert isinstance(watch.stop, timing.Stop)
        watch.settings = load(config, {})
        watch.came(samples.nothing_read())
    assert capfd.readouterr().err == (
        "warning: notify.mail: /nowhere/sendmail cannot be run: No such file or directory; it was not told\n"
    )


def test_a_quiet_run_says_that_its_trouble_is_the_same(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line on standard error from the second time on, for whoever gets cron's mail; nothing without -q."""
    from stockrecon.config import load, write_starter

    write_starter(tmp_path, "file")
    (tmp_path / ".stockrecon").mkdir(mode=0o700)
    settings = load(tmp_path / "stockrecon.yaml", {})
    said = []
    for quiet in (True, True, False):
        with watched(common(quiet=quiet), "sync", Unattended()) as watch:
            watch.settings = settings
            watch.came(samples.nothing_read())
        said.append(capfd.readouterr().err)
    assert said[0] == said[2] == ""
    assert said[1].startswith("stockrecon sync: the same trouble, since ")
    assert said[1].endswith(" UTC, 2nd time\n")
