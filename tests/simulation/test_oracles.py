"""The oracles can fail: programs, shops and ledgers that are wrong in one way are caught within a few seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from stockrecon.apply.applying import Applying
from stockrecon.apply.stock import ShopWriter
from stockrecon.channels.base import StockWrite, WriteAnswer
from stockrecon.core.findings import ActionKind, Plan, RunResult
from stockrecon.core.intent import Answered, Intent, NewIntent
from stockrecon.core.model import Listing, ListingKey, MovementKind
from stockrecon.ledgers.base import CorrectionAnswer, CorrectionRequest
from tests.simulation.play import play, states
from tests.simulation.program import Doors
from tests.simulation.shop import ModelChannel


def caught(rule: str, doors: Doors | None = None, seeds: int = 120) -> str:
    """The first complaint of that rule within some seeds."""
    with states() as folder:
        for seed in range(seeds):
            for one in play(seed, folder, doors=doors).wrong:
                if one.rule == rule:
                    return one.text
    pytest.fail(f"{seeds} seeds, and nothing {rule} was seen")


class Through:
    """Something that does what another does, but for what a test overrides."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


class SendsTwice(Through):
    """A client that tries a request again of which it heard nothing."""

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        answers = dict(self.real.write(batch))
        again = [write for write in batch if answers[write.key].answered is Answered.UNKNOWN]
        return answers | dict(self.real.write(again)) if again else answers


class Believes(Through):
    """A client that takes what it sent for what the shop shows."""

    def __init__(self, real: ModelChannel) -> None:
        super().__init__(real)
        self.sent: dict[ListingKey, int] = {}

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        self.sent |= {write.key: write.to for write in batch}
        answers: Mapping[ListingKey, WriteAnswer] = self.real.write(batch)
        return answers

    def reread(
        self, keys: Sequence[ListingKey], names: Mapping[ListingKey, str] | None = None
    ) -> Mapping[ListingKey, Listing] | None:
        shown: Mapping[ListingKey, Listing] | None = self.real.reread(keys, names)
        return shown and {
            key: replace(one, sellable=self.sent[key] - one.campaign) if key in self.sent else one
            for key, one in shown.items()
        }


class WritesMore(Through):
    """A client that writes a listing nobody asked for."""

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        shelves = self.real._shop.shelves
        other = next((key for key in shelves if all(key != write.key for write in batch)), None)
        more = [] if other is None else [replace(batch[0], key=other)]
        answers: Mapping[ListingKey, WriteAnswer] = self.real.write([*batch, *more])
        return answers


class Deaf(Through):
    """A shop that takes everything and does nothing."""

    def write(self, batch: Sequence[StockWrite]) -> Mapping[ListingKey, WriteAnswer]:
        return {write.key: WriteAnswer(Answered.ACCEPTED) for write in batch}


class KeepsNothing(Through):
    """A journal that nobody has seen keep an intent when the request leaves."""

    def open(self, run: str, intents: Sequence[NewIntent]) -> tuple[Intent, ...]:
        kept: tuple[Intent, ...] = self.real._journal.open(run, intents)
        return kept


class NeverSettles(Through):
    """A journal that forgets what became of an intent."""

    def settle(self, *given: object, **named: object) -> None:
        return None


class PostsTwice(Through):
    """A ledger that posts a correction again whose answer was lost."""

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        answer: CorrectionAnswer = self.real.correct(request)
        if answer.answered is Answered.UNKNOWN:
            self.real._market.post(request.sku, request.by, MovementKind.CORRECTION, ref=request.ref)
        return answer


class ForgetsPosts(Through):
    """A ledger that answers and posts nothing, and says that it did."""

    def correct(self, request: CorrectionRequest) -> CorrectionAnswer:
        return CorrectionAnswer(Answered.ACCEPTED, "", request.available + request.by)

    def posted(self, refs: Sequence[str]) -> Mapping[str, int]:
        return dict.fromkeys(refs, -1)


def test_a_client_that_tries_again_is_caught() -> None:
    """A second send of one intent is a double, whether it took effect or not."""
    assert "without an intent" in caught("doubled", Doors(channel=SendsTwice))


def test_a_client_that_believes_its_own_word_is_caught() -> None:
    """What is told as confirmed must have stood in the shop."""
    assert "did not show" in caught("report", Doors(channel=Believes))


def test_a_write_that_nobody_planned_is_caught() -> None:
    """A listing that is written without being planned is seen in the shop's own log."""
    assert "nothing is told of it" in caught("report", Doors(channel=WritesMore))


def test_a_shop_that_does_nothing_never_converges() -> None:
    """Where writes have no effect the quiet runs do not end."""
    assert "still to be done" in caught("convergence", Doors(channel=Deaf))


@pytest.mark.parametrize(
    ("journal", "rule"), [(KeepsNothing, "doubled"), (NeverSettles, "lost")], ids=["keeps nothing", "never settles"]
)
def test_a_journal_that_forgets_is_caught(journal: Callable[[Any], Any], rule: str) -> None:
    """A request needs an intent that was kept, and an intent an end."""
    caught(rule, Doors(journal=journal))


def test_a_ledger_that_posts_twice_is_caught() -> None:
    """One ref is one movement."""
    assert "posted 2 times" in caught("doubled", Doors(ledger=PostsTwice))


def test_a_ledger_that_only_says_so_is_caught() -> None:
    """What is told as posted must be in the ledger."""
    assert "is not in the ledger" in caught("lost", Doors(ledger=ForgetsPosts))


def test_a_guard_that_lets_everything_pass_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are computed anew over what was sent."""
    monkeypatch.setattr("stockrecon.core.guard.judge", lambda *given, **named: ())
    caught("guard")


def test_a_shop_that_is_only_observed_and_written_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode observe is looked up in the setting, not asked of the program."""

    def all_of_them(plan: Plan, *rest: object) -> tuple[tuple[Any, ...], Mapping[str, str]]:
        return tuple(a for a in plan.actions if a.kind in (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)), {}

    monkeypatch.setattr("stockrecon.apply.applying.permitted", all_of_them)
    assert caught("guard")


def test_a_report_that_leaves_a_write_out_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every planned write has an outcome."""
    honest = Applying.carry_out

    def short(self: Applying, result: RunResult, approve: str | None = None) -> RunResult:
        done = honest(self, result, approve)
        return replace(done, outcomes=done.outcomes[:-1])

    monkeypatch.setattr(Applying, "carry_out", short)
    assert "0 outcomes" in caught("lost")


def test_a_raise_that_nobody_proposed_before_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A raise needs two runs, and every shop read to its end."""
    monkeypatch.setattr("stockrecon.core.plan.reason", lambda *given: None)
    assert "was raised" in caught("guard")


def test_a_write_without_a_reading_just_before_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing and ledger have to be read again right before a write."""
    monkeypatch.setattr(ShopWriter, "_fresh", lambda self, batch, by_key: list(batch))
    assert "was written, the listing read" in caught("blind")
