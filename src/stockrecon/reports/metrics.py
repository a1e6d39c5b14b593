"""Gauges of the last run for Prometheus, as a file that the node exporter's textfile collector picks up.

Every sample carries `file`, the name of the file without its ending, so that the files of several configurations in
one folder never hold the same series. Names, types and help texts are an interface: see docs/cron.md.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stockrecon.core.findings import ActionKind, OutcomeResult, RunResult, ScenarioSum
from stockrecon.core.headline import overdue
from stockrecon.core.slugs import SCENARIOS
from stockrecon.errors import OutputFault

_PREFIX = "stockrecon_"
_SUCCESS = "last_success_timestamp_seconds"
_SUCCESS_LINE = re.compile(rb"^stockrecon_last_success_timestamp_seconds\{[^\n]*\} ([0-9.]{1,20})$", re.MULTILINE)
_GOOD = (0, 10)
_MOST_BYTES = 4 * 1024 * 1024

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Gauge:
    """One metric: its name without prefix, what it says, and its samples."""

    name: str
    help: str
    samples: Sequence[tuple[Labels, float]]


def write_metrics(
    path: Path, result: RunResult, *, began: datetime, ended: datetime, last_success: datetime | None = None
) -> None:
    """Replaces the file with the gauges of a run, whole and readable for everybody (0644). Raises OutputFault.

    `last_success`: when the last good run (exit 0 or 10) ended, as the state knows it; without it, and where this run
    is none, the file keeps the time that it had.
    """
    gauges = [
        *_run(path, result.command, result.exit_code, began, ended, last_success),
        *_sources(result),
        *_differences(result),
        *_actions(result),
    ]
    _replace(path, gauges)


def write_failed(
    path: Path, command: str, exit_code: int, *, began: datetime, ended: datetime, last_success: datetime | None = None
) -> None:
    """The same for a run that ended without a result: how it ended, and since when nothing is known."""
    _replace(path, _run(path, command, exit_code, began, ended, last_success))


def _run(
    path: Path, command: str, code: int, began: datetime, ended: datetime, last_success: datetime | None
) -> list[_Gauge]:
    good = ended.timestamp() if code in _GOOD else last_success.timestamp() if last_success else _kept(path)
    mine: Labels = (("command", command),)
    return [
        _Gauge("last_run_timestamp_seconds", "When the last run ended.", [(mine, ended.timestamp())]),
        _Gauge(
            _SUCCESS,
            "When the last run ended that read everything and was refused nothing (exit 0 or 10).",
            [] if good is None else [((), good)],
        ),
        _Gauge("exit_code", "The last run's exit code.", [(mine, code)]),
        _Gauge("run_duration_seconds", "How long the last run took.", [(mine, max(0.0, _seconds(ended - began)))]),
    ]


def _sources(result: RunResult) -> Iterator[_Gauge]:
    ledger, now = result.ledger, result.now
    shops = [(shop, (("shop", str(shop.name)), ("channel", shop.channel))) for shop in result.shops]
    read = [(shop, labels) for shop, labels in shops if shop.error is None and shop.facts is not None]
    yield _Gauge("ledger_read", "1 if the ledger was read, 0 if it could not be.", [((), ledger is not None)])
    yield _Gauge("ledger_skus", "SKUs of the ledger.", [((), ledger.skus)] if ledger else [])
    yield _Gauge(
        "ledger_age_seconds",
        "How old the ledger's figures were when they were judged.",
        [((), _seconds(now - ledger.as_of))] if ledger else [],
    )
    yield _Gauge(
        "shop_read", "1 if the shop was read, 0 if it could not be.", [(at, shop.error is None) for shop, at in shops]
    )
    yield _Gauge(
        "shop_complete",
        "1 if the shop was proved to be read to its end.",
        [(at, shop.facts is not None and shop.facts.complete) for shop, at in shops],
    )
    yield _Gauge("shop_listings", "Listings of the shop.", [(at, shop.listings) for shop, at in read])
    yield _Gauge("shop_requests", "Requests that the run sent to the shop.", [(at, s.requests) for s, at in shops])
    yield _Gauge(
        "shop_age_seconds",
        "How old the shop's figures were when they were judged.",
        [(at, _seconds(now - shop.facts.as_of)) for shop, at in read if shop.facts],
    )


def _differences(result: RunResult) -> Iterator[_Gauge]:
    summary = result.summary
    sums = {**dict.fromkeys(SCENARIOS, ScenarioSum()), **summary.by_scenario}
    slugs = [((("scenario", slug),), part) for slug, part in sorted(sums.items())]
    yield _Gauge("skus", "SKUs that were compared.", [((), summary.skus)])
    yield _Gauge("listings", "Listings that were compared.", [((), summary.listings)])
    yield _Gauge("listings_in_line", "Listings that show exactly their target.", [((), summary.in_line)])
    yield _Gauge(
        "variance_units",
        "Units between what listings show and should show, either way.",
        [((), summary.variance_units)],
    )
    yield _Gauge(
        "oversell_units", "Units that shops offer and the ledger does not have.", [((), summary.oversell_units)]
    )
    yield _Gauge("findings", "Findings per scenario.", [(at, part.findings) for at, part in slugs])
    yield _Gauge("finding_units", "Units of listings that findings explain.", [(at, part.units) for at, part in slugs])
    yield _Gauge(
        "finding_ledger_units",
        "Units of the ledger that findings name.",
        [(at, part.ledger_units) for at, part in slugs],
    )


def _actions(result: RunResult) -> Iterator[_Gauge]:
    plan, late = result.plan, len(overdue(result))
    kinds = [action.kind.value for action in plan.actions]
    yield _Gauge("actions", "Steps of the plan.", _counted("kind", kinds, ActionKind))
    held = [one.rule for one in plan.withheld]
    yield _Gauge("actions_withheld", "Steps that a rule keeps out of the plan.", _counted("rule", held))
    yield _Gauge("actions_overdue", "Manual actions past their due time and waits past their end.", [((), late)])
    outcomes = [outcome.result.value for outcome in result.outcomes]
    yield _Gauge("outcomes", "What became of the writes.", _counted("result", outcomes, OutcomeResult))
    refusals = Counter((refusal.who, refusal.rule) for refusal in result.refusals)
    yield _Gauge(
        "refusals",
        "Guards that refused to write.",
        [((("who", who), ("rule", rule)), number) for (who, rule), number in sorted(refusals.items())],
    )


def _counted(label: str, names: Sequence[str], known: Iterable[str] = ()) -> list[tuple[Labels, float]]:
    """One sample per name, those that are known with 0 where there are none."""
    found = Counter(names)
    return [(((label, name),), found[name]) for name in sorted({*found, *(str(one) for one in known)})]


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _text(file: str, gauges: Sequence[_Gauge]) -> Iterator[str]:
    for gauge in gauges:
        name = _PREFIX + gauge.name
        yield f"# HELP {name} {gauge.help}\n# TYPE {name} gauge\n"
        for labels, value in gauge.samples:
            told = ",".join(f'{label}="{_escaped(text)}"' for label, text in (("file", file), *labels))
            yield f"{name}{{{told}}} {_number(value)}\n"


def _number(value: float) -> str:
    """Whole numbers without a point; nothing is ever shown with an exponent that hides digits of a time."""
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"


_SPECIAL: Mapping[str, str] = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def _escaped(text: str) -> str:
    return re.sub(r'[\\"\n]', lambda match: _SPECIAL[match.group()], text.replace("\r", " "))


def _kept(path: Path) -> float | None:
    """The time of the last good run that the file tells; None where it tells none."""
    try:
        with path.open("rb") as file:
            found = _SUCCESS_LINE.search(file.read(_MOST_BYTES))
        return float(found[1]) if found else None
    except (OSError, ValueError):
        return None


def _replace(path: Path, gauges: Sequence[_Gauge]) -> None:
    target = path.resolve()
    data = "".join(_text(target.name.removesuffix(".prom"), gauges)).encode("utf-8", "replace")
    try:
        # A name that begins with a dot and does not end in .prom: the collector never sees half a file.
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), 0o644)
                os.fsync(file.fileno())
            os.replace(name, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        way_on = "make room and call again" if full else "name another file with --metrics FILE"
        raise OutputFault(
            f"{path} cannot be written: {error.strerror or type(error).__name__}", way_on=way_on
        ) from None
