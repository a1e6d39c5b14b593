"""Webhook and mail as they leave: signed and sent again, in bounded time, and never worse than a warning."""

from __future__ import annotations

import email
import hashlib
import hmac
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stockrecon.config.notify import MailSettings, WebhookSettings
from stockrecon.core.occasions import Occasion
from stockrecon.core.secret import Secret
from stockrecon.errors import StockreconError
from stockrecon.notify import again, notify, notify_fault, tell
from stockrecon.notify.mail import _wait as wait_for
from stockrecon.notify.mail import mail
from stockrecon.notify.message import Event, Message
from stockrecon.notify.news import of_result
from stockrecon.notify.record import FILE
from stockrecon.notify.webhook import LIMITS, RETRY, post, signature
from tests.notify.conftest import SECRET, Clock, Configured
from tests.reports import samples
from tests.rest.fakes import FakeTime


class Receiver:
    """A webhook on loopback: keeps what it gets, and answers from a list of statuses (the last again and again)."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = [204]
        self.headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.got.append((self.path, headers, body))
                self.send_response(outer.answers[0] if len(outer.answers) == 1 else outer.answers.pop(0))
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def url(self, target: str = "/hook/tok3n?x=1&y=a%20b") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{target}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def message() -> Message:
    return Message(of_result(samples.everything(), lambda text: text), Event.TROUBLE, (Occasion.UNREAD,))


def send(url: str, fake: FakeTime) -> None:
    settings = WebhookSettings(Secret(url), Secret(SECRET))
    post(settings, message(), clock=fake.clock, sleep=fake.sleep, jitter=lambda: 1.0, monotonic=fake.monotonic)


# Webhook


def test_the_signature_is_a_known_one() -> None:
    """`t=UNIX,v1=HEX` over the time, a dot and the body: a value computed with another program."""
    # printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    told = signature("key", b'{"a":1}', 1700000000)
    assert told == "t=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"


def test_a_post_arrives_whole_and_its_signature_is_right(receiver: Receiver) -> None:
    """The address's own path and query, a JSON body, and a signature that the receiver can check by itself."""
    fake = FakeTime()
    send(receiver.url(), fake)
    [(path, headers, body)] = receiver.got
    assert path == "/hook/tok3n?x=1&y=a%20b"
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["schema"] == "stockrecon-notify/1"
    at, mac = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["stockrecon-signature"]).groups()  # type: ignore[union-attr]
    assert int(at) == int(fake.clock().timestamp())
    assert mac == hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_pass_is_tried_again_with_growing_waits(receiver: Receiver, status: int) -> None:
    """Three failures, then good: four attempts, each signed by its own time."""
    receiver.answers = [status, status, status, 204]
    fake = FakeTime()
    send(receiver.url(), fake)
    assert len(receiver.got) == 4
    assert fake.slept == sorted(fake.slept)
    signed = [headers["stockrecon-signature"] for _, headers, _ in receiver.got]
    assert len(set(signed)) > 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301])
def test_what_will_not_pass_is_not_tried_again(receiver: Receiver, status: int) -> None:
    """One attempt, and a text that names the host and not the address."""
    receiver.answers = [status]
    receiver.headers = {"Location": receiver.url("/elsewhere")}
    with pytest.raises(StockreconError) as caught:
        send(receiver.url(), FakeTime())
    assert len(receiver.got) == 1
    assert "127.0.0.1 answered" in caught.value.text
    assert str(status) in caught.value.text
    assert "tok3n" not in str(caught.value)


def test_it_gives_up_after_four_attempts_and_bounded_waits(receiver: Receiver) -> None:
    """A receiver that is always down costs four attempts and a few seconds of waiting."""
    receiver.answers = [503]
    fake = FakeTime()
    with pytest.raises(StockreconError, match=r"127.0.0.1 answered HTTP 503 \(tried 4 times, waited 3.5 s"):
        send(receiver.url(), fake)
    assert len(receiver.got) == RETRY.attempts == 4


def test_a_receiver_that_asks_for_a_long_wait_is_left(receiver: Receiver) -> None:
    """`Retry-After: 3600` is not waited for."""
    receiver.answers, receiver.headers = [429], {"Retry-After": "3600"}
    fake = FakeTime()
    with pytest.raises(StockreconError, match="asks to wait 3600 s"):
        send(receiver.url(), fake)
    assert fake.slept == []


def test_the_limits_of_one_webhook_are_within_those_of_all() -> None:
    """The last attempt begins before `total` is over and takes at most its own limit: together no more than 20 s."""
    assert RETRY.total + LIMITS.total < tell.LIMIT


def test_nobody_there_is_said_with_the_host_alone() -> None:
    """A refused connection, tried again, names no path."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(StockreconError, match=r"127.0.0.1 refused the connection \(tried 4 times") as caught:
        send(f"http://127.0.0.1:{port}/tok3n", FakeTime())
    assert "tok3n" not in str(caught.value)


# Mail


@pytest.fixture
def sendmail(tmp_path: Path) -> Callable[[str], Path]:
    """A program in sendmail's place; it is called with the folder of its own file as `$here`."""

    def make(script: str) -> Path:
        path = tmp_path / "sendmail"
        path.write_text(f'#!/bin/sh\nhere=$(dirname "$0")\n{script}\n')
        path.chmod(0o755)
        return path

    return make


RECORDING = 'printf "%s\\n" "$@" >"$here/arguments"; env >"$here/environment"; cat >"$here/letter.$$"'


def letters(folder: Path) -> list[str]:
    found = (email.message_from_bytes(path.read_bytes()) for path in sorted(folder.glob("letter.*")))
    return [str(one["Subject"]).replace("\n", "").strip() for one in found]


def test_sendmail_gets_the_letter_and_no_secret(
    sendmail: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-t -oi`, the letter on standard input, and none of our environment's secrets."""
    monkeypatch.setenv("SHOPEE_PARTNER_KEY", "s3cr3t")
    mail(MailSettings(("stock@example.com",), None, sendmail(RECORDING)), message(), samples.NOW)
    assert (tmp_path / "arguments").read_text() == "-t\n-oi\n"
    assert "s3cr3t" not in (tmp_path / "environment").read_text()
    assert letters(tmp_path) == ["stockrecon diff: unread (exit 13)"]


@pytest.mark.parametrize(
    ("script", "said"),
    [("echo 'no such \033[31muser' >&2; exit 67", "ended with 67: no such  [31muser"), ("exit 75", "ended with 75")],
)
def test_a_program_that_fails_is_said(sendmail: Callable[[str], Path], script: str, said: str) -> None:
    """Its exit code and the beginning of its words, printable."""
    with pytest.raises(StockreconError) as caught:
        mail(MailSettings(("root",), None, sendmail(script)), message(), samples.NOW)
    assert caught.value.text.endswith(said)


def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Neither a missing program nor one that may not be run raises anything else."""
    (tmp_path / "plain").write_text("")
    for path in (tmp_path / "missing", tmp_path / "plain"):
        with pytest.raises(StockreconError, match="cannot be run"):
            mail(MailSettings(("root",), None, path), message(), samples.NOW)


def test_a_program_that_hangs_is_said(sendmail: Callable[[str], Path]) -> None:
    """It gets its time and no more, although it never reads the letter."""
    with pytest.raises(StockreconError, match=r"did not take the message within 0.05 s"):
        mail(MailSettings(("root",), None, sendmail("sleep 60")), message(), samples.NOW, patience=0.05)


def test_what_hangs_is_ended_with_its_children(sendmail: Callable[[str], Path], tmp_path: Path) -> None:
    """The whole process group goes, so that nothing of it is left behind."""
    path = sendmail('sleep 60 & echo $! >"$here/child.part"; mv "$here/child.part" "$here/child"; sleep 60')
    process = subprocess.Popen([path], start_new_session=True)
    until((tmp_path / "child").exists)
    assert wait_for(process, 0.01) is None
    assert process.returncode == -signal.SIGKILL
    child = Path(f"/proc/{(tmp_path / 'child').read_text().strip()}/stat")
    # Whoever adopted it may not have buried it yet.
    until(lambda: not child.exists() or child.read_text().split(")")[1].split()[0] in "ZX")


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


# Both, as a run tells


def test_a_run_tells_both_and_repeats_in_a_line(
    configured: Configured, receiver: Receiver, sendmail: Callable[[str], Path], tmp_path: Path, clock: Clock
) -> None:
    """Full, again, over; by webhook and by mail; the record lies in the state's folder."""
    settings = configured(receiver.url(), sendmail(RECORDING))
    for result in (samples.nothing_read(), samples.nothing_read(), samples.in_line(), samples.in_line()):
        assert notify(settings, result, clock=clock) == ()
        clock.advance(minutes=10)
    events = [json.loads(body)["event"] for _, _, body in receiver.got]
    assert events == ["trouble", "again", "over"]
    assert sorted(letters(tmp_path)) == [
        "stockrecon diff: over (exit 0)",
        "stockrecon diff: unread (exit 13)",
        "stockrecon diff: unread (exit 13), since 2026-11-11 12:00 UTC, 2nd time",
    ]
    assert (tmp_path / ".stockrecon" / FILE).is_file()


def test_nothing_is_configured_and_nothing_is_done(configured: Configured, tmp_path: Path, clock: Clock) -> None:
    """Without `notify` no record is made and nothing is sent."""
    assert notify(configured(), samples.nothing_read(), clock=clock) == ()
    assert notify_fault(configured(), "diff", 1, "x", clock=clock) == ()
    assert list((tmp_path / ".stockrecon").iterdir()) == []


def test_what_could_not_be_told_is_told_in_full_next_time(
    configured: Configured, receiver: Receiver, clock: Clock
) -> None:
    """A failed delivery is one warning, and the next run does not take it for told."""
    settings = configured(receiver.url())
    receiver.answers = [500, 500, 500, 500, 204]
    [warning] = notify(settings, samples.nothing_read(), clock=clock, sleep=lambda seconds: None)
    assert warning.startswith("notify.webhook: 127.0.0.1 answered HTTP 500 (tried 4 times")
    assert warning.endswith("; it was not told")
    assert SECRET not in warning
    assert notify(settings, samples.nothing_read(), clock=clock) == ()
    assert json.loads(receiver.got[-1][2])["event"] == "trouble"


def test_one_that_fails_does_not_keep_the_other(
    configured: Configured, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    """No sendmail on this machine: the webhook is told all the same."""
    [warning] = notify(configured(receiver.url(), tmp_path / "missing"), samples.nothing_read(), clock=clock)
    assert warning.startswith("notify.mail: ")
    assert len(receiver.got) == 1


def test_a_server_that_hangs_does_not_hold_the_run() -> None:
    """A job that never ends is left after the limit, and said."""
    forever = threading.Event()
    told: list[str] = []
    failed = tell.together({"webhook": lambda: void(forever.wait()), "mail": lambda: told.append("mail")}, 0.2)
    forever.set()
    assert failed == {"webhook": "it took longer than 0.2 s"}
    assert told == ["mail"]


def void(value: object) -> None:
    return


def test_a_server_that_never_answers_ends_by_its_own_limit(
    configured: Configured, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection and says nothing: each attempt has a total limit, and the run a warning."""
    from stockrecon.notify import webhook

    monkeypatch.setattr(webhook, "LIMITS", replace(LIMITS, connect=0.2, read=0.2, total=0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/tok3n"
        [warning] = notify(configured(url), samples.nothing_read(), clock=clock, sleep=lambda seconds: None)
    assert "127.0.0.1 took longer than 0.2 s" in warning
    assert "tok3n" not in warning


def test_an_early_end_is_told_and_a_held_lock_only_where_asked_for(
    configured: Configured, receiver: Receiver, clock: Clock
) -> None:
    """`failed` is in the default, `locked` is not."""
    assert notify_fault(configured(receiver.url()), "sync", 1, "a bug E-1", clock=clock) == ()
    assert notify_fault(configured(receiver.url()), "sync", 14, "held", clock=clock) == ()
    when = frozenset({Occasion.LOCKED})
    assert notify_fault(configured(receiver.url(), when=when), "sync", 14, "held", clock=clock) == ()
    assert [json.loads(body)["occasions"] for _, _, body in receiver.got] == [["failed"], ["locked"]]


def test_a_record_that_cannot_be_kept_is_a_warning(
    configured: Configured, receiver: Receiver, tmp_path: Path, clock: Clock
) -> None:
    """The state's folder is gone: it is told, and that it will be told again."""
    os.rmdir(tmp_path / ".stockrecon")
    [warning] = notify(configured(receiver.url()), samples.nothing_read(), clock=clock)
    assert "what was told cannot be kept (No such file or directory)" in warning


def test_what_nobody_expects_is_a_warning_too(configured: Configured, clock: Clock) -> None:
    """Whatever breaks, notify raises nothing."""
    broken: object = replace(samples.in_line(), shops=None)  # type: ignore[arg-type]
    [warning] = notify(configured("http://127.0.0.1:1/x"), broken, clock=clock)  # type: ignore[arg-type]
    assert "unexpected error (TypeError)" in warning


def test_output_for_cron_knows_a_repetition(configured: Configured, clock: Clock) -> None:
    """The first time nothing is said of it; then since when, and how often; after a good run it begins anew."""
    settings = configured()
    assert again(settings, samples.nothing_read(), clock=clock) is None
    clock.advance(minutes=10)
    told = again(settings, samples.nothing_read(), clock=clock)
    assert told == "the same trouble, since 2026-11-11 12:00 UTC, 2nd time"
    assert again(settings, samples.in_line(), clock=clock) is None
    assert again(settings, samples.nothing_read(), clock=clock) is None


def test_repetitions_are_spaced_as_configured(configured: Configured, receiver: Receiver, clock: Clock) -> None:
    """`notify.repeat: 1h` with a run each half hour: told at once, then each hour."""
    settings = configured(receiver.url(), repeat=timedelta(hours=1))
    for _ in range(5):
        notify(settings, samples.nothing_read(), clock=clock)
        clock.advance(minutes=30)
    told = [json.loads(body)["repeat"] for _, _, body in receiver.got]
    assert [one and one["times"] for one in told] == [None, 3, 5]
