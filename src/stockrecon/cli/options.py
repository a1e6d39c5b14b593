"""The options that every reading command has (contract, section 1), stated once."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from stockrecon.reports import FORMATS

DEFAULT_CONFIG = "stockrecon.yaml"
LATER_FORMATS = frozenset({"html"})


def time_value(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """A moment: ISO 8601 with an offset; without one nobody knows which it is."""
    if value is None:
        return None
    example = "such as 2026-11-11T19:00+07:00"
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise click.BadParameter(f"{value!r} has no offset from UTC; write it with one, {example}.", ctx, param)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        text = f"{value!r} is not a time; write ISO 8601 with an offset, {example}."
        raise click.BadParameter(text, ctx, param) from None


def scenario_values(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Slugs of causes that exist, each once."""
    if not values:
        return ()
    from stockrecon.core.slugs import SCENARIOS

    for slug in values:
        if slug in SCENARIOS or slug in _others():
            continue
        numbered = [name for name, number in SCENARIOS.items() if number is not None and str(number) == slug]
        guess = (numbered or difflib.get_close_matches(slug, SCENARIOS, 1))[:1]
        hint = f" Did you mean {guess[0]}?" if guess else f" Known are: {', '.join(SCENARIOS)}."
        raise click.BadParameter(f"There is no scenario {slug!r}.{hint}", ctx, param)
    return tuple(dict.fromkeys(values))


class FormatChoice(click.Choice[str]):
    """The formats that there are; one that the contract knows and this version has not is told as such."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value in LATER_FORMATS and value not in self.choices:
            self.fail(f"{value} is not in this version; it has {', '.join(self.choices)}.", param, ctx)
        return super().convert(value, param, ctx)


def _others() -> set[str]:
    """Scenarios of other packages, asked for only where a slug is not built in."""
    from importlib.metadata import entry_points

    return {point.name for point in entry_points(group="stockrecon.scenarios")}


@dataclass(frozen=True, slots=True)
class Common:
    """The common options of one call. `now` None: the clock. `output` None: standard output."""

    config: Path
    shops: tuple[str, ...]
    skus: tuple[str, ...]
    scenarios: tuple[str, ...]
    now: datetime | None
    format: str
    output: Path | None
    everything: bool
    quiet: bool
    verbose: bool
    no_color: bool


Command = Callable[..., None]

config_option = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    envvar="STOCKRECON_CONFIG",
    default=DEFAULT_CONFIG,
    show_envvar=True,
    metavar="FILE",
    help=f"The configuration file; without it ./{DEFAULT_CONFIG}.",
)
shop_option = click.option(
    "--shop", "shops", metavar="NAME", multiple=True, help="Only this shop; may be given several times."
)
now_option = click.option(
    "--now",
    metavar="TIME",
    callback=time_value,
    help="Judge as if it were this time, such as 2026-11-11T19:00+07:00.",
)
format_option = click.option(
    "--format", type=FormatChoice(list(FORMATS)), default="table", show_default=True, help="What to print."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No progress, no warnings; the table's headline alone.")
verbose_option = click.option("-v", "--verbose", is_flag=True, help="Also show the evidence under each finding.")
full_option = click.option(
    "--full", is_flag=True, help="Read every shop in full, also those that are listened to (stockrecon listen)."
)
no_color_option = click.option("--no-color", is_flag=True, help="No colour (NO_COLOR does the same).")


def _output(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path | None:
    return None if value is None or str(value) == "-" else value


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=_output,
    help="Write the report to a file.",
)


def common_options() -> Callable[[Command], Command]:
    """Gives a command the common options, collected into one `Common` as its first argument."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def collected(**values: Any) -> None:
            taken = {name: values.pop(name, default) for name, default in _DEFAULTS.items()}
            command(Common(**taken), **values)

        decorated: Command = collected
        for option in reversed(_options()):
            decorated = option(decorated)
        return decorated

    return decorate


_DEFAULTS: dict[str, Any] = {
    "config": Path(DEFAULT_CONFIG),
    "shops": (),
    "skus": (),
    "scenarios": (),
    "now": None,
    "format": "table",
    "output": None,
    "everything": False,
    "quiet": False,
    "verbose": False,
    "no_color": False,
}


def _options() -> list[Callable[[Command], Command]]:
    return [
        config_option,
        shop_option,
        click.option(
            "--sku", "skus", metavar="PATTERN", multiple=True, help='Only these SKUs: a shell pattern, "KIT-*".'
        ),
        click.option(
            "--scenario",
            "scenarios",
            metavar="SLUG",
            callback=scenario_values,
            multiple=True,
            help="Show only findings of this cause, such as campaign-returned.",
        ),
        click.option("--all", "everything", is_flag=True, help="Also what is in line: every SKU."),
        now_option,
        format_option,
        output_option,
        quiet_option,
        verbose_option,
        no_color_option,
    ]
