"""`stockrecon sandbox`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import click

from stockrecon.cli.options import time_value
from stockrecon.cli.output import put, say


@click.command()
@click.option(
    "--load",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Serve the shops of this folder, one folder each. Without it: the six stories of the demo.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; other than loopback asks for a key."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free port.")
@click.option(
    "--ready",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Written when it can be called: addresses, credentials, configuration.",
)
@click.option("--now", metavar="TIME", callback=time_value, help="Set the sandbox's clock, which then runs on.")
def sandbox(load: Path | None, host: str, port: int, ready: Path | None, now: datetime | None) -> None:
    """Run the loopback marketplaces alone.

    Serves Shopee and Lazada over HTTP as their own programs would answer, for trying clients without a live shop.
    Ends with Ctrl-C. Needs the extra: pip install 'stockrecon[sandbox]'.

    \b
    Examples:
        stockrecon sandbox --ready ready.json
        stockrecon sandbox --load my-shops --port 8080
    """
    from stockrecon.sandbox.run import serve

    serve(load, host, port, ready, now, on_ready=_tell)
    say("The sandbox has ended.")


def _tell(document: Mapping[str, object]) -> None:
    """Where it can be called; credentials stand in the ready file alone."""
    shops = document.get("shops")
    lines = [f"control {document.get('control')}\n"]
    if isinstance(shops, Sequence):
        lines += [f"{shop['name']} ({shop['channel']}) {shop['base_url']}\n" for shop in shops]
    put(lines, None, utf8=False)
    say("Ctrl-C ends it.")
