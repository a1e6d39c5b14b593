"""`stockrecon auth`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from stockrecon.cli.auth.answer import Way, ask
from stockrecon.cli.auth.life import told
from stockrecon.cli.commands.check import Painter
from stockrecon.cli.engine import clock, settings_of, surroundings_of
from stockrecon.cli.options import Common, config_option, no_color_option, now_option, quiet_option
from stockrecon.cli.output import colour, put, say, width
from stockrecon.errors import ReadFault

if TYPE_CHECKING:
    from stockrecon.channels.base import Surroundings
    from stockrecon.config import Settings
    from stockrecon.core.settings import ShopSettings


def _address(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment
        good = good and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise click.BadParameter("an address such as https://www.example.com/callback is expected.", ctx, param)
    return value


@click.command()
@click.argument("shop", required=False)
@config_option
@click.option("--refresh", is_flag=True, help="Renew the shop's tokens now, with the refresh token that it has.")
@click.option("--paste", is_flag=True, help="Paste the address that the browser is sent to, instead of listening.")
@click.option(
    "--redirect",
    metavar="URL",
    callback=_address,
    help="Where the marketplace sends the browser: an address that it knows for your app.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Listen on this port of 127.0.0.1; without it a free one.")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 86_400),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the browser.",
)
@click.option("--no-browser", is_flag=True, help="Only print the page's address.")
@now_option
@quiet_option
@no_color_option
def auth(
    shop: str | None,
    config: Path,
    refresh: bool,
    paste: bool,
    redirect: str | None,
    port: int | None,
    timeout: float,
    no_browser: bool,
    now: datetime | None,
    quiet: bool,
    no_color: bool,
) -> None:
    """Authorise a shop, show token life, refresh.

    Without SHOP: how long each shop's tokens live, and where they are. With SHOP: shows the marketplace's page where
    its seller agrees, takes the code that comes back, and keeps the shop's new tokens in the state directory; they
    count from then on. Then says what they are good for: whose shop, its region, the clock, what the app may as far as
    the marketplace tells, the rate. A token is never shown.

    Exit code 0: fine. 13: a shop is not authorised, was refused, or lacks what a run needs.

    \b
    Examples:
        stockrecon auth
        stockrecon auth shopee-vn
        stockrecon auth lazada-vn --redirect https://www.example.com/callback
        stockrecon auth shopee-vn --refresh
    """
    if shop is None and (refresh or paste or redirect is not None or port is not None or no_browser):
        raise click.UsageError("Name the SHOP that is to be authorised or refreshed.")
    if refresh and (paste or redirect is not None or port is not None):
        raise click.UsageError("--refresh asks nobody: it goes without --paste, --redirect and --port.")
    if port is not None and (paste or redirect is not None):
        raise click.UsageError("--port is for listening on an address of our own, without --paste and --redirect.")
    common = Common(config, (shop,) if shop else (), (), (), now, "table", None, False, quiet, False, no_color)
    settings = settings_of(common)
    surroundings = surroundings_of(settings)
    paint = Painter(width(), colour(no_color), quiet)
    if shop is not None:
        way = None if refresh else Way(paste, redirect, port or 0, timeout, not no_browser)
        _authorise(settings.shops[0], surroundings, way)
    put(_lives(settings, surroundings, now or clock(), paint, asked=shop is not None), None, utf8=False)
    click.get_current_context().exit(ReadFault.exit_code if paint.failed else 0)


def _authorise(shop: ShopSettings, surroundings: Surroundings, way: Way | None) -> None:
    """`way` None: by the refresh token that there is. Raises AuthFault, ReadFault, OutputFault."""
    from stockrecon import registry
    from stockrecon.channels.base import Authorising

    with closing(registry.make_channel(shop, surroundings)) as channel:
        if not isinstance(channel, Authorising):
            return
        if way is None:
            channel.authorisation.renew()
            return
        channel.authorisation.redeem(ask(shop.name, channel.authorisation.grants, way))
        say(f"{shop.name} is authorised. Next: stockrecon check --shop {shop.name}")


def _lives(
    settings: Settings, surroundings: Surroundings, now: datetime, paint: Painter, *, asked: bool
) -> Iterator[str]:
    """Token lives; where a shop was named, also what the marketplace says of them."""
    from stockrecon import registry
    from stockrecon.channels.authorise import Accounting
    from stockrecon.channels.base import Authorising
    from stockrecon.state import FileTokenStore, state_folder

    store = FileTokenStore(state_folder(settings.state) / "tokens")
    for shop in settings.shops:
        with closing(registry.make_channel(shop, surroundings)) as channel:
            if not isinstance(channel, Authorising):
                yield paint.line(True, shop.name, f"channel {shop.channel}: needs no authorisation")
                continue
            try:
                good, text, way_on = told(shop.name, channel.authorisation, str(store.path(shop.name)), now)
            except ReadFault as fault:
                yield paint.fault(shop.name, fault)
            else:
                yield paint.line(good, shop.name, text, way_on)
                if asked and isinstance(channel, Accounting):
                    yield from paint.lines(shop.name, channel.account())
