"""What the marketplace's page sends back: by a page of this machine, or pasted."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import click

from stockrecon.cli.auth.callback import LOOPBACK, Callback
from stockrecon.cli.output import put, say
from stockrecon.errors import AuthFault

if TYPE_CHECKING:
    from stockrecon.channels.authorise import Grants

_PASTED = "http://127.0.0.1/"
"""Where the browser goes when nobody listens: it shows an error, and the address that is wanted."""
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Way:
    """How the answer is to come. `redirect` None: an address of our own; `port` 0: any free one."""

    paste: bool
    redirect: str | None
    port: int
    seconds: float
    browser: bool


def ask(shop: str, grants: Grants, way: Way) -> dict[str, str]:
    """Shows the marketplace's page and gives what it sends back. Raises AuthFault where it is a refusal or too late."""
    state = secrets.token_urlsafe(24)
    place = None if way.paste else _listening(way, state if not grants.echoes else "callback")
    if place is None:
        return _pasted(shop, grants, way, state)
    port, path = place
    with closing(Callback(port, path, state if grants.echoes else "")) as page:
        redirect = way.redirect or f"http://127.0.0.1:{page.port}{path}"
        _show(shop, grants.consent(redirect, state), way)
        say(f"Waiting up to {way.seconds:g} s for the browser to come back to 127.0.0.1:{page.port} ...")
        return _agreed(shop, page.receive(shop, way.seconds))


def _listening(way: Way, name: str) -> tuple[int, str] | None:
    """Port and path to listen on; None where the redirect leads to another machine."""
    if way.redirect is None:
        return way.port, f"/{name}"
    parts = urlsplit(way.redirect)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return None
    return parts.port or 80, parts.path or "/"


def _show(shop: str, link: str, way: Way) -> None:
    say(f"{shop}: open this page, sign in as the shop's seller, and agree:")
    put([f"{link}\n"], None, utf8=False)
    if way.browser and sys.stderr.isatty() and _has_browser():
        import webbrowser

        webbrowser.open(link)


def _has_browser() -> bool:
    """A browser in a window; one in this terminal would take it away."""
    return sys.platform == "darwin" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _pasted(shop: str, grants: Grants, way: Way, state: str) -> dict[str, str]:
    from stockrecon.channels.authorise import NoPage

    try:
        _show(shop, grants.consent(way.redirect or _PASTED, state), way)
    except NoPage as fault:
        if not way.paste:
            raise
        # A state that comes back is that of the page where the code was got: nothing here can know it.
        say(f"{fault.text}: a code that another page gave is as good.")
        state = ""
    asked = "Then paste the address that the browser was sent to, or the code in it"
    if sys.stdin.isatty():
        text = str(click.prompt(f"{asked} (not shown)", hide_input=True, default="", show_default=False, err=True))
    else:
        say(f"{asked}:")
        text = sys.stdin.readline(_LONGEST)
    answer = understood(text)
    if state and answer.get("state", state) != state:
        text = "what was pasted belongs to another authorisation"
        raise AuthFault(shop, text, way_on="take the address that this page led to, not one of an earlier try")
    return _agreed(shop, answer)


def understood(text: str) -> dict[str, str]:
    """The parameters of a pasted address, or of a code alone; empty for neither."""
    text = text.strip()
    if "code=" in text or "error=" in text:
        query = urlsplit(text).query if "?" in text else text
        return dict(parse_qsl(query, keep_blank_values=True))
    usable = text.isascii() and text.isprintable() and " " not in text and "://" not in text
    return {"code": text} if text and usable else {}


def _agreed(shop: str, answer: dict[str, str]) -> dict[str, str]:
    if answer.get("code"):
        return answer
    if "error" in answer:
        text = "the seller did not agree, or the marketplace refused"
        raise AuthFault(shop, text, way_on=f"stockrecon auth {shop} shows the page again")
    raise AuthFault(shop, "no code has come back", way_on=f"stockrecon auth {shop} shows the page again")
