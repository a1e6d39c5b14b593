"""`stockrecon check`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stockrecon.cli.engine import run, settings_of, surroundings_of
from stockrecon.cli.options import Common, config_option, no_color_option, now_option, quiet_option, shop_option
from stockrecon.cli.output import colour, put, width
from stockrecon.errors import ReadFault

if TYPE_CHECKING:
    from stockrecon.channels.base import CheckLine, Surroundings
    from stockrecon.config import Settings
    from stockrecon.core.findings import RunResult
    from stockrecon.core.settings import ShopSettings
    from stockrecon.ledgers.base import LedgerCheck

MAPPING = ("duplicate-sku", "unknown-sku")
SPELLING = "spelling"
_FOUND = 5
_INDENT = " " * 6

Lines = Sequence["CheckLine | LedgerCheck"]


@click.command()
@config_option
@shop_option
@now_option
@click.option("--quick", is_flag=True, help="Leave out the mapping: it has to read every shop.")
@quiet_option
@no_color_option
def check(config: Path, shops: tuple[str, ...], now: datetime | None, quick: bool, quiet: bool, no_color: bool) -> None:
    """Test configuration, credentials, clock and tables.

    Says what each shop can and cannot do, what the ledger has, whether listings and SKUs find one another, and which
    limits hold. Touches no stock. Exit code 0: all is well. 2: the configuration is wrong. 13: a shop or the ledger
    cannot be read.

    \b
    Example:
        stockrecon check -c stockrecon.yaml
    """
    common = _common(config, shops, now, quiet, no_color)
    settings = settings_of(common)
    paint = Painter(width(), colour(no_color), quiet)
    put([paint.line(True, "configuration", f"{config}: {_inventory(settings)}")], None, utf8=False)
    put(_check_ledger(settings, paint), None, utf8=False)
    surroundings = surroundings_of(settings)
    for shop in settings.shops:
        put(_check_shop(shop, surroundings, paint), None, utf8=False)
    put(_limits(settings, paint), None, utf8=False)
    if not quick and not paint.failed:
        put(_mapping(run(common, "check", settings=settings), paint), None, utf8=False)
    click.get_current_context().exit(ReadFault.exit_code if paint.failed else 0)


def _common(config: Path, shops: tuple[str, ...], now: datetime | None, quiet: bool, no_color: bool) -> Common:
    return Common(config, shops, (), (), now, "table", None, False, quiet, False, no_color)


class Painter:
    """Turns check lines into text and remembers whether one failed. Quiet: only what failed."""

    def __init__(self, width: int, colour: bool, quiet: bool) -> None:
        self._width = width
        self._colour = colour
        self._quiet = quiet
        self.failed = False

    def line(self, ok: bool | None, who: str, text: str, way_on: str = "") -> str:
        from stockrecon.reports.words import clean

        mark, style = {True: ("ok  ", "green"), False: ("FAIL", "red"), None: ("    ", "")}[ok]
        self.failed = self.failed or ok is False
        if self._quiet and ok is not False:
            return ""
        shown = click.style(mark, fg=style, bold=True) if self._colour and style else mark
        told = self._wrapped(f"{clean(who)}: {clean(text)}", _INDENT)[len(_INDENT) :]
        on = self._wrapped(clean(way_on), f"{_INDENT}> ") if way_on else ""
        return f"{shown}  {told}{on}"

    def _wrapped(self, text: str, indent: str) -> str:
        lines = textwrap.wrap(
            text,
            self._width,
            initial_indent=indent,
            subsequent_indent=" " * len(indent),
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(lines) + "\n"

    def lines(self, who: str, lines: Lines) -> Iterator[str]:
        for line in lines:
            name = who if line.what in ("", who) else f"{who}, {line.what}"
            yield self.line(line.ok, name, line.text, line.way_on)

    def fault(self, who: str, fault: ReadFault) -> str:
        return self.line(False, who, fault.what, fault.way_on)


def _inventory(settings: Settings) -> str:
    shops = ", ".join(f"{shop.name} ({shop.channel})" for shop in settings.shops)
    return f"ledger {settings.ledger.type}, shops {shops}"


def _check_ledger(settings: Settings, paint: Painter) -> Iterator[str]:
    from stockrecon import registry

    try:
        with closing(registry.make_ledger(settings.ledger)) as ledger:
            yield from paint.lines("ledger", ledger.check())
    except ReadFault as fault:
        yield paint.fault("ledger", fault)


def _check_shop(shop: ShopSettings, surroundings: Surroundings, paint: Painter) -> Iterator[str]:
    from stockrecon import registry

    try:
        with closing(registry.make_channel(shop, surroundings)) as channel:
            yield from paint.lines(shop.name, channel.check())
    except ReadFault as fault:
        yield paint.fault(shop.name, fault)
    yield paint.line(None, shop.name, f"mode {shop.policy.mode.value}: {_MODES[shop.policy.mode.value]}")


_MODES = {
    "observe": "nothing is ever written to it",
    "apply": "corrections may be written to it, within the limits",
}


def _limits(settings: Settings, paint: Painter) -> Iterator[str]:
    limits = settings.policy.limits
    shown = (
        ("listings changed", limits.changed),
        ("listings taken to zero", limits.zeroed),
        ("units added", limits.added),
        ("rows lost", limits.lost),
        ("SKUs corrected in the ledger", limits.correction_skus),
        ("units corrected in the ledger", limits.correction_units),
    )
    yield paint.line(None, "limits per run and shop", "the larger of a count and a share")
    for what, limit in shown:
        yield paint.line(None, f"  {what}", f"at most {limit.count} or {limit.percent} %")


def _mapping(result: RunResult, paint: Painter) -> Iterator[str]:
    """What of the listings does not find its SKU, counted by cause with the first few names."""
    from stockrecon.reports.causes import cause_of
    from stockrecon.reports.words import count, exact

    if result.ledger_error is not None:
        yield paint.line(False, "ledger", result.ledger_error)
    for shop in result.shops:
        if shop.error is not None:
            yield paint.line(False, shop.name, shop.error.removeprefix(f"{shop.name}: "))
    for slug in MAPPING:
        skus = [s.sku for s in result.statements for f in s.findings if f.scenario == slug]
        if skus:
            some = ", ".join(exact(sku) for sku in skus[:_FOUND]) + (", ..." if len(skus) > _FOUND else "")
            text = f"{cause_of(slug).title}: {count(len(skus), 'finding')} ({some})"
            yield paint.line(None, "mapping", text, "stockrecon diff shows them with what to do")
    for fact in _spellings(result):
        yield paint.line(None, "mapping", fact, "say which one it is: nothing is joined because it looks alike")
    summary = result.summary
    if summary.unlisted:
        yield paint.line(None, "mapping", f"{count(summary.unlisted, 'SKU')} of the ledger stand in no shop")
    yield paint.line(True, "mapping", f"{count(summary.listings, 'listing')} and {count(summary.skus, 'SKU')} compared")
    for text in result.cannot:
        yield paint.line(None, "cannot be explained", text)


def _spellings(result: RunResult) -> Sequence[str]:
    """Unknown SKUs that look like one of the ledger's with damage to it: the first few, each once."""
    findings = (finding for statement in result.statements for finding in statement.findings)
    facts = dict.fromkeys(e.fact for f in findings if f.scenario in MAPPING for e in f.evidence if e.source == SPELLING)
    more = [f"{len(facts) - _FOUND} more look alike"] if len(facts) > _FOUND else []
    return [*list(facts)[:_FOUND], *more]
