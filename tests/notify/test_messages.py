"""What is told: the document, the mail's text, nothing secret, nothing that breaks a header or an encoding."""

from __future__ import annotations

import email
import json
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from pathlib import Path

from stockrecon.config.notify import MailSettings
from stockrecon.core.findings import Action, ActionKind, Outcome, OutcomeResult, Refusal, RunResult
from stockrecon.core.model import ShopName, Sku
from stockrecon.core.occasions import Occasion
from stockrecon.notify.mail import compose
from stockrecon.notify.message import Event, Message
from stockrecon.notify.news import MOST, of_fault, of_result
from stockrecon.rest import redact
from tests.reports import samples


def troubled() -> RunResult:
    """A run with an unknown write, a refusal, an unread shop and an overdue action."""
    refusal = Refusal("lazada-vn", "changed", "6 listings would be written, at most 5", "sync --approve DIGEST", True)
    ages = {"a-5": samples.at(9)}
    later = samples.NOW + timedelta(hours=6)
    return replace(samples.applied(), now=later, refusals=(refusal,), exit_code=12, ages=ages)


def message(result: RunResult, event: Event = Event.TROUBLE, hide: object = None) -> Message:
    news = of_result(result, (lambda text: text) if hide is None else hide)  # type: ignore[arg-type]
    told = tuple(occasion for occasion in Occasion if occasion in news.occasions)
    return Message(news, event, told, samples.NOW if event is Event.AGAIN else None, 12 if event is Event.AGAIN else 0)


def test_the_document_has_everything_that_is_not_in_order() -> None:
    """Headline, numbers, outcomes that are not confirmed, refusals, who was not read, what is late, the digest."""
    told = message(troubled()).document()
    assert told["schema"] == "stockrecon-notify/1"
    assert (told["event"], told["command"], told["run"]) == ("trouble", "sync", "20261111T120000Z-1")
    assert (told["exit"], told["meaning"], told["now"]) == (12, "a write failed", "2026-11-11T18:00:00Z")
    assert told["occasions"] == ["differences", "corrected", "refused", "write-failed", "unread", "overdue"]
    assert told["text"].startswith("sync ended with 12 (a write failed): 1 correction confirmed, 1 unknown, 1 refused")
    assert told["plan"] == {
        "digest": samples.DIGEST,
        "actions": {"adjust-ledger": 1, "manual": 2, "set-stock": 3, "wait": 1},
        "withheld": {"confirm-raise": 1},
    }
    assert told["results"] == {"confirmed": 1, "unknown": 1}
    assert told["summary"]["oversell_units"] == 100
    [outcome] = told["outcomes"]
    assert outcome == {
        "action": "a-2",
        "result": "unknown",
        "run": None,
        "sku": "TEE-RED-M",
        "shop": "shopee-vn",
        "item_id": "1001",
        "variation_id": "2",
        "from": 48,
        "to": 40,
        "by": None,
        "seen": None,
        "detail": "",
    }
    [refusal] = told["refusals"]
    assert (refusal["who"], refusal["rule"], refusal["approvable"]) == ("lazada-vn", "changed", True)
    assert [row["who"] for row in told["unread"]] == ["shopee-th"]
    [late] = told["overdue"]
    assert (late["action"], late["due"], late["since"]) == ("a-5", "2026-11-11T17:00:00Z", "2026-11-11T09:00:00Z")
    assert told["left_out"] == {}
    assert told["repeat"] is None
    json.dumps(told, allow_nan=False)


def test_a_repetition_is_one_line() -> None:
    """No lists, but since when and how often."""
    told = message(troubled(), Event.AGAIN).document()
    assert told["repeat"] == {"since": "2026-11-11T12:00:00Z", "times": 12}
    assert told["text"].endswith(", since 2026-11-11 12:00 UTC, 12th time")
    assert not told.keys() & {"outcomes", "refusals", "unread", "overdue", "summary", "plan"}
    assert len(message(troubled(), Event.AGAIN).body().splitlines()) == 1


def test_long_lists_are_cut_and_counted() -> None:
    """At most 50 rows of each list, and how many more there are."""
    outcomes = tuple(Outcome(f"a-{n}", OutcomeResult.REJECTED, None, samples.NOW, "no") for n in range(MOST + 7))
    told = message(replace(samples.in_line(), outcomes=outcomes))
    assert len(told.document()["outcomes"]) == MOST
    assert told.document()["left_out"] == {"outcomes": 7}
    assert "  ... and 7 more" in told.body().splitlines()


def test_the_mail_says_the_same_for_people() -> None:
    """Every part has its title and its lines, and the last line says how to see more."""
    told = message(troubled())
    assert told.subject == (
        "stockrecon sync: differences and corrected and refused and write-failed and unread and overdue (exit 12)"
    )
    lines = told.body().splitlines()
    assert lines[0].startswith("sync ended with 12")
    assert "  lazada-vn: 6 listings would be written, at most 5" in lines
    assert "    sync --approve DIGEST" in lines
    assert "  TEE-RED-M shopee-vn item 1001 variation 2 48 -> 40: unknown" in lines
    assert "  shopee-th: the access token has been revoked (error_auth)" in lines
    assert "    authorise the shop again" in lines
    assert any(line.startswith(f"  {samples.LONG} lazada-vn item 5551234567890: manual, due 2026") for line in lines)
    assert lines[-1] == "stockrecon runs show 20261111T120000Z-1"


def test_an_early_end_has_its_text() -> None:
    """A run without a result tells what it said, and has no lists."""
    news = of_fault("sync", 2, "the state is full\n  make room", ["b", "a"], samples.NOW, lambda text: text)
    told = Message(news, Event.TROUBLE, (Occasion.FAILED,))
    assert told.document()["run"] is None
    assert told.document()["text"].startswith("sync ended with 2 (usage or configuration): the state is full")
    assert told.body() == "sync ended with 2 (usage or configuration): the state is full   make room\n"


def test_no_secret_is_told() -> None:
    """What a shop echoed of a secret, in any form, is hidden in every text of document and mail."""
    secret = "s3cr3t/t0ken+x"
    error = f"shopee-vn: token {secret} refused, see https://h/?t=s3cr3t%2Ft0ken%2Bx"
    echoing = Outcome("a-2", OutcomeResult.REJECTED, None, samples.NOW, f"bad key {secret}")
    refusal = Refusal("ledger", "empty", f"read with {secret}", f"change {secret}")
    shop = replace(samples.nothing_read().shops[0], error=error)
    result = replace(
        samples.nothing_read(), shops=(shop,), ledger_error=secret, outcomes=(echoing,), refusals=(refusal,)
    )
    told = message(result, hide=lambda text: redact(text, [secret]))
    for text in (json.dumps(told.document(), ensure_ascii=False), told.body(), told.subject):
        assert "s3cr3t" not in text
    assert "«secret»" in told.body()


def letter(result: RunResult) -> email.message.EmailMessage:
    settings = MailSettings(("stock@example.com", "root"), "stockrecon@example.com")
    parsed = email.message_from_bytes(compose(settings, message(result), samples.NOW), policy=default)
    assert isinstance(parsed, email.message.EmailMessage)
    return parsed


def test_the_letter_has_its_headers() -> None:
    """Receivers, sender, date, and a mark that no holiday notice answers."""
    got = letter(troubled())
    assert (got["To"], got["From"]) == ("stock@example.com, root", "stockrecon@example.com")
    assert got["Date"] == "Wed, 11 Nov 2026 12:00:00 +0000"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["X-Stockrecon-Run"] == "20261111T120000Z-1"
    assert got.get_content_type() == "text/plain"
    assert "stockrecon runs show" in got.get_content()
    assert "From" not in email.message_from_bytes(
        compose(MailSettings(("root",)), message(troubled()), samples.NOW), policy=default
    )


def test_nothing_from_outside_adds_a_header_or_a_line() -> None:
    """Line breaks, escapes and lone surrogates in names and texts stay within one line of the body."""
    bad = "x\r\nBcc: evil@example.com\r\n\r\n\x1b[31m\ud800.\u202e"
    action = Action("a-1", ActionKind.MANUAL, Sku(bad), "s", "f", ShopName(bad), text=bad, due=samples.at(1))
    result = replace(
        samples.everything(),
        command=f"sync{bad}",
        run=bad,
        refusals=(Refusal(bad, bad, bad, bad),),
        plan=replace(samples.everything().plan, actions=(action,)),
    )
    got = letter(result)
    assert got["Bcc"] is None
    assert set(got.keys()) == {
        "To", "From", "Subject", "Date", "Auto-Submitted", "X-Stockrecon-Event", "X-Stockrecon-Run",
        "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
    }  # fmt: skip
    assert not any(line.startswith(("Bcc", ".")) for line in got.get_content().splitlines())
    assert "\x1b" not in got.get_content()
    json.dumps(message(result).document(), ensure_ascii=False).encode("utf-8")


def test_wide_names_survive_both_ways(tmp_path: Path) -> None:
    """A SKU in Chinese is in the document and the letter as it is."""
    result = samples.everything()
    action = Action("a-1", ActionKind.WAIT, Sku(samples.WIDE), "s", "f", ShopName("tiệm"), until=samples.at(1))
    late = replace(result, plan=replace(result.plan, actions=(action,)))
    assert message(late).document()["overdue"][0]["sku"] == samples.WIDE
    assert f"{samples.WIDE} tiệm: wait" in letter(late).get_content()
