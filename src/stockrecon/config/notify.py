"""The configuration's `notify`: who is told of a run, and of what."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from stockrecon.config import forms
from stockrecon.config.schema import Form, Section, Wrong
from stockrecon.config.secrets import SecretReader, resolve_path
from stockrecon.config.yamltree import Items, Node, Scalar
from stockrecon.core.occasions import USUAL, Occasion
from stockrecon.core.secret import Secret

NOTIFY_KEYS = ("webhook", "mail", "repeat")
WEBHOOK_KEYS = ("url", "secret", "when")
MAIL_KEYS = ("to", "from", "sendmail", "when")
SENDMAIL = Path("/usr/sbin/sendmail")

_TOKEN = re.compile(r"[?&](key|sig|signature|auth|apikey|api_key|access_key)=", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9.!#$%&'*+/=?^_`{}~-]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,252})?\Z")


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """`url` may hold a token, so it is never shown; `secret` signs what is sent."""

    url: Secret
    secret: Secret
    when: frozenset[Occasion] = USUAL


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Addresses without names. `sender` None: the local mail system writes its own."""

    to: tuple[str, ...]
    sender: str | None = None
    sendmail: Path = SENDMAIL
    when: frozenset[Occasion] = USUAL


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """`repeat`: the same trouble is told again no sooner than this after it was told last; zero: by every run."""

    webhook: WebhookSettings | None = None
    mail: MailSettings | None = None
    repeat: timedelta = timedelta(0)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must be in no text."""
        return (self.webhook.url, self.webhook.secret) if self.webhook else ()


def read_notify(section: Section, folder: Path, secrets: SecretReader) -> NotifySettings:
    """What is left out is not told to anybody."""
    return NotifySettings(
        webhook=_webhook(section, secrets) if section.find("webhook") is not None else None,
        mail=_mail(section, folder) if section.find("mail") is not None else None,
        repeat=section.get("repeat", forms.duration, timedelta(0)),
    )


def _webhook(section: Section, secrets: SecretReader) -> WebhookSettings | None:
    own = section.section("webhook", WEBHOOK_KEYS)
    url = own.need("url", _url(secrets))
    secret = own.need("secret", secrets, "; it signs what is sent, so that the receiver knows who it is from")
    when = _when(own)
    return WebhookSettings(url, secret, when) if url is not None and secret is not None else None


def _mail(section: Section, folder: Path) -> MailSettings | None:
    own = section.section("mail", MAIL_KEYS)
    return MailSettings(
        to=_to(own),
        sender=own.optional("from", _address),
        sendmail=own.get("sendmail", lambda node: resolve_path(folder, forms.text(node)), SENDMAIL),
        when=_when(own),
    )


def _to(own: Section) -> tuple[str, ...]:
    node = own.find("to")
    if node is None:
        own.need("to", forms.text)
        return ()
    found = [own.faults.read(item, path, _address) for item, path in own.items("to")]
    if isinstance(node, Items) and not found:
        own.faults.add(node, own.at("to"), "at least one address is needed")
    return tuple(dict.fromkeys(address for address in found if address is not None))


def _when(own: Section) -> frozenset[Occasion]:
    if own.find("when") is None:
        return USUAL
    word: Callable[[Node], str] = forms.choice(tuple(Occasion))
    found: set[Occasion] = set()
    for node, path in own.items("when"):
        value = own.faults.read(node, path, word)
        if value in found:
            own.faults.add(node, path, f"{value} stands here a second time")
        elif value is not None:
            found.add(Occasion(value))
    return frozenset(found)


def _address(node: Node) -> str:
    """`name@host`, or a local user's name. Nothing that a header or a mail program could take for more."""
    value = forms.text(node)
    if not _ADDRESS.match(value):
        raise Wrong("a mail address such as stock@example.com expected, without a name beside it")
    return value


def _url(secrets: SecretReader) -> Form[Secret]:
    """An address by reference, or as text where it holds no secret that can be seen."""

    def form(node: Node) -> Secret:
        if not isinstance(node, Scalar):
            value = secrets(node).reveal()
            if secrets.resolves:
                _check(value)
            return Secret(value)
        value = forms.text(node)
        _check(value)
        if forms.holds_password(value) or _TOKEN.search(value):
            raise Wrong("an address with a token does not belong in the file; write {env: NAME} in its place")
        return Secret(value)

    return form


def _check(value: str) -> None:
    forms.check_address(value)
    if "#" in value:
        raise Wrong("an address may not hold a fragment (#)")
