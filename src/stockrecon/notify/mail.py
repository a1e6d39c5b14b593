"""A message as a plain text mail through the local sendmail program."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from stockrecon.config.notify import MailSettings
from stockrecon.errors import StockreconError
from stockrecon.notify.message import Message, plain

PATIENCE = 15.0
"""Seconds that the program gets to take the message."""

_POLICY = SMTP.clone(linesep="\n", cte_type="7bit")
_ENVIRON = ("HOME", "LOGNAME", "USER", "TZ")
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_MOST_SAID = 300


def mail(settings: MailSettings, message: Message, at: datetime, *, patience: float = PATIENCE) -> None:
    """Hands the message to `sendmail -t -oi`. Raises StockreconError where it does not take it in time."""
    text = compose(settings, message, at)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said:
        given.write(text)
        given.seek(0)
        try:
            # Files, not pipes: neither a program that does not read nor a child that it leaves behind can block.
            process = subprocess.Popen(  # noqa: S603 - the configured program, without a shell
                [os.fspath(settings.sendmail), "-t", "-oi"],
                stdin=given,
                stdout=said,
                stderr=said,
                env={"PATH": _PATH} | {name: os.environ[name] for name in _ENVIRON if name in os.environ},
                start_new_session=True,
            )
        except OSError as error:
            raise StockreconError(f"{settings.sendmail} cannot be run: {error.strerror}") from None
        code = _wait(process, patience)
        if code is None:
            raise StockreconError(f"{settings.sendmail} did not take the message within {patience:g} s")
        if code:
            said.seek(0)
            words = plain(said.read(_MOST_SAID).decode("utf-8", "replace")).strip()
            raise StockreconError(f"{settings.sendmail} ended with {code}{': ' if words else ''}{words}")


def compose(settings: MailSettings, message: Message, at: datetime) -> bytes:
    """The whole message. What came from outside is on one line and printable: it cannot add a header."""
    letter = EmailMessage(policy=_POLICY)
    letter["To"] = ", ".join(settings.to)
    if settings.sender is not None:
        letter["From"] = settings.sender
    letter["Subject"] = message.subject
    letter["Date"] = format_datetime(at)
    # RFC 3834: nobody's holiday notice answers this.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Stockrecon-Event"] = message.event.value
    if message.news.run:
        letter["X-Stockrecon-Run"] = plain(message.news.run)
    letter.set_content(message.body())
    return letter.as_bytes()


def _wait(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """The exit code; None, with the whole process group ended, where it takes too long."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
