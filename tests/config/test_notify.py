"""`notify` becomes settings, or faults with their places; no address or secret is repeated anywhere."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.config import load
from stockrecon.config.notify import (
    MAIL_KEYS,
    NOTIFY_KEYS,
    SENDMAIL,
    WEBHOOK_KEYS,
    MailSettings,
    NotifySettings,
    WebhookSettings,
)
from stockrecon.core.occasions import USUAL, Occasion
from stockrecon.core.secret import Secret
from tests.config.conftest import Faults, Load
from tests.config.texts import GOOD

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ENVIRON = {"KEY": "s1gning-key", "HOOK": "https://hooks.example.com/services/T0/B0/tok3n?x=1"}


def webhook(text: str) -> str:
    return f"{GOOD}notify: {{webhook: {{{text}}}}}\n"


def mail(text: str) -> str:
    return f"{GOOD}notify: {{mail: {{{text}}}}}\n"


def test_nobody_is_told_by_default(load_text: Load) -> None:
    """Without the section, and with an empty one, there is neither webhook nor mail."""
    assert load_text(GOOD).notify == load_text(GOOD + "notify:\n").notify == NotifySettings()
    assert load_text(GOOD).notify.secrets == ()


def test_every_key_arrives(load_text: Load, tmp_path: Path) -> None:
    """All keys of webhook and mail, with the address by reference."""
    got = load_text(
        GOOD
        + """\
notify:
  repeat: 6h
  webhook: {url: {env: HOOK}, secret: {env: KEY}, when: [corrected, in-line]}
  mail: {to: [stock@example.com, root], from: stockrecon@example.com, sendmail: bin/sendmail, when: [unread]}
""",
        ENVIRON,
    ).notify
    assert got.repeat == timedelta(hours=6)
    hook = WebhookSettings(
        Secret(ENVIRON["HOOK"]), Secret("s1gning-key"), frozenset({Occasion.CORRECTED, Occasion.IN_LINE})
    )
    assert got.webhook == hook
    assert got.mail == MailSettings(
        ("stock@example.com", "root"),
        "stockrecon@example.com",
        tmp_path / "bin" / "sendmail",
        frozenset({Occasion.UNREAD}),
    )
    assert got.secrets == (Secret(ENVIRON["HOOK"]), Secret("s1gning-key"))
    assert "tok3n" not in repr(got)
    assert "s1gning" not in repr(got)


def test_what_is_left_out_has_a_default(load_text: Load) -> None:
    """Trouble only, by the usual sendmail, and each time."""
    got = load_text(mail("to: [a@b.vn]"), ENVIRON).notify
    assert got == NotifySettings(mail=MailSettings(("a@b.vn",), None, SENDMAIL, USUAL))
    hooked = load_text(webhook("url: http://127.0.0.1:8080/in, secret: {env: KEY}"), ENVIRON).notify.webhook
    assert hooked is not None
    assert hooked.when == USUAL


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (webhook("url: https://h/x"), "notify.webhook.secret: missing; it signs what is sent"),
        (webhook("secret: {env: KEY}"), "notify.webhook.url: missing"),
        (webhook("url: http://example.com/x, secret: {env: KEY}"), "plain http is accepted for loopback hosts only"),
        (webhook("url: https://u:p4ss@h/x, secret: {env: KEY}"), "may not hold a name or a password"),
        (webhook("url: https://h/x#p4ss, secret: {env: KEY}"), "may not hold a fragment"),
        (webhook("url: 'https://h/x?token=p4ss', secret: {env: KEY}"), "an address with a token does not belong in"),
        (webhook("url: 'https://h/x?a=1&sig=p4ss', secret: {env: KEY}"), "an address with a token does not belong in"),
        (webhook("url: ftp://p4ss, secret: {env: KEY}"), "an address such as https://host expected"),
        (webhook("url: {env: BAD}, secret: {env: KEY}"), "an address such as https://host expected"),
        (webhook("url: https://h/x, secret: p4ss"), "a secret may not stand in the file itself"),
        (webhook("url: https://h/x, secret: {env: KEY}, when: [refuse]"), "did you mean refused?"),
        (webhook("url: https://h/x, secret: {env: KEY}, when: [failed, failed]"), "failed stands here a second time"),
        (webhook("url: https://h/x, secret: {env: KEY}, when: failed"), "notify.webhook.when: a list expected"),
        (mail("from: a@b.vn"), "notify.mail.to: missing"),
        (mail("to: []"), "notify.mail.to: at least one address is needed"),
        (mail("to: a@b.vn"), "notify.mail.to: a list expected, a text found"),
        (mail('to: ["a@b.vn\\nBcc: p4ss@b.vn"]'), "a mail address such as stock@example.com expected"),
        (mail('to: ["-oQ/tmp"]'), "a mail address such as stock@example.com expected"),
        (mail('to: [a@b.vn], from: "Stock <a@b.vn>"'), "notify.mail.from: a mail address such as"),
        (mail("to: [a@b.vn], subject: x"), "notify.mail.subject: unknown key"),
        (GOOD + "notify: {email: {to: [a@b.vn]}}\n", "notify.email: unknown key (did you mean mail?)"),
        (GOOD + "webhook: {url: x}\n", "webhook: unknown key (did you mean notify.webhook?)"),
        (GOOD + "notify: {repeat: often}\n", "notify.repeat: a duration such as 90s, 5m, 2h, 3d expected"),
    ],
)
def test_a_fault_names_its_place_and_no_secret(faults: Faults, text: str, fault: str) -> None:
    """Each wrong value is one fault with line and column, and what may be a secret is not in it."""
    [found] = faults(text, ENVIRON | {"BAD": "p4ss"})
    assert re.match(r"config\.yaml:\d+:\d+: ", found)
    assert fault in found
    assert "p4ss" not in found


def test_for_the_state_alone_the_secrets_need_not_be_at_hand(tmp_path: Path) -> None:
    """`stockrecon runs` works where the environment of the runs is not set."""
    (tmp_path / "c.yaml").write_text(webhook("url: {env: HOOK}, secret: {env: KEY}"))
    assert load(tmp_path / "c.yaml", {}, for_state=True).notify.webhook is not None


def test_the_page_explains_every_key_and_occasion() -> None:
    """docs/configuration.md has each key and each word of `when`, and the defaults."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.split("## `notify`")[1].split("\n## ")[0]
    words = [*NOTIFY_KEYS, *WEBHOOK_KEYS, *MAIL_KEYS, *Occasion]
    assert [word for word in words if f"`{word}`" not in section] == []
    [row] = re.findall(r"^\| `when` \| (.*?) \|", section, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", row)) == USUAL
    assert f"| `sendmail` | `{SENDMAIL}` |" in section
