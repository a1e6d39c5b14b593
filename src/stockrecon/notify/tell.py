"""Telling whoever is configured, all at once, in bounded time, and without ever making a run worse."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from stockrecon.config import Settings
from stockrecon.core.findings import RunResult
from stockrecon.core.occasions import USUAL, Occasion
from stockrecon.errors import StockreconError
from stockrecon.notify.message import Event, Message
from stockrecon.notify.news import Hide, News, of_fault, of_result
from stockrecon.notify.record import Entry, Record, decide
from stockrecon.rest import redact
from stockrecon.state import state_folder

LIMIT = 20.0
"""Seconds that a run waits for its messages, all together."""

Clock = Callable[[], datetime]
Send = Callable[[Message], None]
_OUTPUT = "output"


def notify(
    settings: Settings, result: RunResult, *, clock: Clock, sleep: Callable[[float], None] = time.sleep
) -> tuple[str, ...]:
    """Tells of a result what `notify` in the configuration asks for; returns warnings for standard error.

    Never raises and takes no longer than about 20 seconds. What could not be delivered is told in full next time.
    """
    if not _receivers(settings):
        return ()
    return _never(lambda: _tell(settings, of_result(result, _hiding(settings)), clock, sleep))


def notify_fault(
    settings: Settings,
    command: str,
    exit_code: int,
    text: str,
    *,
    clock: Clock,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[str, ...]:
    """The same for a run that ended with an error after its configuration was read; `text` is what it said."""
    if not _receivers(settings):
        return ()
    shops = [shop.name for shop in settings.shops]
    return _never(
        lambda: _tell(settings, of_fault(command, exit_code, text, shops, clock(), _hiding(settings)), clock, sleep)
    )


def again(settings: Settings, result: RunResult, *, clock: Clock) -> str | None:
    """`the same trouble, since 2026-11-11 12:00 UTC, 3rd time`, where the last run had the same.

    For output that cron mails: None says that the trouble is new, or that there is none. Never raises.
    """
    told: list[str] = []

    def look() -> tuple[str, ...]:
        news, record = of_result(result, _hiding(settings)), Record(state_folder(settings.state))
        message, entry = decide(news, USUAL, record.entry(_OUTPUT, news), clock(), timedelta(0))
        record.put(_OUTPUT, news, entry)
        record.keep()
        if message is not None and message.event is Event.AGAIN:
            told.append(f"the same trouble{message.repeated}")
        return ()

    _never(look)
    return told[0] if told else None


def _receivers(settings: Settings) -> Mapping[str, frozenset[Occasion]]:
    hook, letter = settings.notify.webhook, settings.notify.mail
    both = {"webhook": hook.when if hook else None, "mail": letter.when if letter else None}
    return {name: when for name, when in both.items() if when}


def _never(call: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here, the run's own outcome stands
        return (f"notify: nobody was told, because of an unexpected error ({type(error).__name__})",)


def _tell(settings: Settings, news: News, clock: Clock, sleep: Callable[[float], None]) -> tuple[str, ...]:
    record, now = Record(state_folder(settings.state)), clock()
    messages: dict[str, Message] = {}
    entries: dict[str, Entry | None] = {}
    for name, when in _receivers(settings).items():
        message, entries[name] = decide(news, when, record.entry(name, news), now, settings.notify.repeat)
        if message is not None:
            messages[name] = message
    sends = _sends(settings, clock, sleep)
    failed = together({name: _job(sends[name], message) for name, message in messages.items()}, LIMIT)
    for name, entry in entries.items():
        if name not in failed:
            record.put(name, news, entry)
    warnings = [f"notify.{name}: {text}; it was not told" for name, text in failed.items()]
    try:
        record.keep()
    except OSError as error:
        warnings.append(f"notify: what was told cannot be kept ({error.strerror}); it will be told again")
    return tuple(_hiding(settings)(text) for text in warnings)


def _sends(settings: Settings, clock: Clock, sleep: Callable[[float], None]) -> Mapping[str, Send]:
    hook, letter = settings.notify.webhook, settings.notify.mail
    sends: dict[str, Send] = {}
    # Imported by those who send: most runs have nobody to tell, and both bring much with them.
    if hook is not None:
        from stockrecon.notify.webhook import post

        sends["webhook"] = lambda message: post(hook, message, clock=clock, sleep=sleep)
    if letter is not None:
        from stockrecon.notify.mail import mail

        sends["mail"] = lambda message: mail(letter, message, clock())
    return sends


def _job(send: Send, message: Message) -> Callable[[], None]:
    return lambda: send(message)


def together(jobs: Mapping[str, Callable[[], None]], limit: float) -> dict[str, str]:
    """Runs the jobs side by side and says why each one failed; one that is not over after `limit` seconds is left."""
    failed: dict[str, str] = {}
    done: set[str] = set()

    def work(name: str, job: Callable[[], None]) -> None:
        try:
            job()
        except StockreconError as error:
            failed[name] = error.text
        except Exception as error:  # noqa: BLE001 - one that fails in its own way does not keep the others
            failed[name] = f"unexpected error ({type(error).__name__})"
        done.add(name)

    threads = [threading.Thread(target=work, args=each, name=f"notify-{each[0]}", daemon=True) for each in jobs.items()]
    for thread in threads:
        thread.start()
    ends = time.monotonic() + limit
    for thread in threads:
        thread.join(max(0.0, ends - time.monotonic()))
    late = {name: f"it took longer than {limit:g} s" for name in jobs if name not in done}
    return {**failed.copy(), **late}


def _hiding(settings: Settings) -> Hide:
    secrets = tuple(secret.reveal() for secret in settings.secrets)
    return lambda text: redact(text, secrets)
