"""Connections and servers that die while a correction is posted, and several that post it: Tryton has it exactly once.

Runs that are killed are among the promises of every ledger, in tests/ledger_contract.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import pytest

from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.ledgers.tryton import TrytonLedger
from stockrecon.rest import Answer, HttpTransport, Request, WireFault
from tests.ledgers.processes import Processes, processes
from tests.ledgers_tryton.build import ADMIN
from tests.ledgers_tryton.servers import serving
from tests.ledgers_tryton.world import QUICK, World, request

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def started() -> Iterator[Processes]:
    with processes() as made:
        yield made


def posted_once(world: World, asked: CorrectionRequest, product: int) -> None:
    """What a next run does about a correction that nobody knows the end of; then Tryton has it exactly once."""
    with closing(world.open()) as opened:
        if not opened.posted([asked.ref]):
            answer = opened.correct(asked)
            assert answer.answered is Answered.ACCEPTED, answer
        assert opened.posted([asked.ref]) == {asked.ref: asked.by}
    assert [found for found in world.book(asked.ref) if found[0] != "cancelled"] == [("done", float(asked.by))]
    assert world.on_hand(product) == asked.available + asked.by
    assert world.drafts(product) == 0


def test_several_processes_post_the_same_one(tryton: World, started: Processes) -> None:
    """One document is confirmed, and all of them say that it is posted."""
    sku, product = tryton.product(on_hand=40)
    for number in range(2):
        asked = request(sku, 40 - number, ref=f"race-{number}-{sku}")
        answers = started.post(tryton.settings(), asked, at_once=3)
        assert [answer["answered"] if answer else "" for answer in answers] == ["accepted"] * 3, answers
        assert [state for state, _ in tryton.book(asked.ref)].count("done") == 1
        assert (tryton.on_hand(product), tryton.drafts(product)) == (39 - number, 0)


def test_two_users_post_the_same_one(tryton: World) -> None:
    """Nor does it matter that they are different users, who do not see one another's beginnings."""
    sku, product = tryton.product(on_hand=40)
    for number in range(2):
        asked = request(sku, 40 - number, ref=f"users-{number}-{sku}")
        answers: list[Answered] = []

        def post(user: str, asked: CorrectionRequest = asked, answers: list[Answered] = answers) -> None:
            with closing(tryton.open(user)) as opened:
                answers.append(opened.correct(asked).answered)

        threads = [threading.Thread(target=post, args=(user,)) for user in (ADMIN, "stockrecon")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [Answered.ACCEPTED] * 2
        assert [state for state, _ in tryton.book(asked.ref)].count("done") == 1
        assert tryton.on_hand(product) == 39 - number


class Breaking(HttpTransport):
    """Loses the connection at the first call of a method, before or after Tryton has carried it out."""

    def __init__(self, base_url: str, method: str, *, after: bool) -> None:
        super().__init__(base_url)
        self._method, self._after = method, after

    def send(self, request: Request) -> Answer:
        method = str(request.json["method"]) if isinstance(request.json, dict) else ""
        if not self._method or not method.endswith(self._method):
            return super().send(request)
        self._method = ""
        if self._after:
            super().send(request)
        raise WireFault("the connection broke", sent=True)


@pytest.mark.parametrize(
    ("method", "after"),
    [
        ("stock.inventory.create", True),
        ("ir.attachment.create", False),
        ("ir.attachment.create", True),
        ("stock.inventory.confirm", False),
        ("stock.inventory.confirm", True),
    ],
)
def test_a_connection_that_breaks(tryton: World, method: str, after: bool) -> None:
    """A lost answer is looked up: what was carried out is not done again, what was not is."""
    sku, product = tryton.product(on_hand=5)
    asked = request(sku, 5)
    transport = Breaking(tryton.base_url, method, after=after)
    with closing(TrytonLedger(tryton.settings(), retry=QUICK, transport=transport)) as opened:
        answer = opened.correct(asked)
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 4), answer
    posted_once(tryton, asked, product)


class Killing(HttpTransport):
    """Kills the server while it confirms."""

    def __init__(self, base_url: str, program: Popen[str], wait: float) -> None:
        super().__init__(base_url)
        self._program, self._wait = program, wait

    def send(self, request: Request) -> Answer:
        if isinstance(request.json, dict) and str(request.json["method"]).endswith("confirm"):
            timer = threading.Timer(self._wait, self._program.kill)
            timer.start()
            try:
                return super().send(request)
            finally:
                timer.join()
        return super().send(request)


def test_a_server_that_dies_in_the_middle(tryton: World, tmp_path: Path) -> None:
    """Nobody knows then, and that is what is answered; whoever asks another server has it posted once."""
    sku, product = tryton.product(on_hand=5)
    asked = request(sku, 5)
    with serving(tryton.database, tmp_path / "log") as (base_url, program):
        settings = tryton.settings(base_url=base_url)
        with closing(TrytonLedger(settings, retry=QUICK, transport=Killing(base_url, program, 0.02))) as opened:
            answer = opened.correct(asked)
            assert answer.answered is Answered.UNKNOWN, answer
            assert "whether it was posted cannot be told" in answer.text
            assert "refused the connection" in answer.text
            reading: Callable[[], object] = lambda: opened.posted([asked.ref])  # noqa: E731
            with pytest.raises(Exception, match="refused the connection"):
                reading()
    posted_once(tryton, asked, product)


def test_a_server_that_is_gone(tryton: World, tmp_path: Path) -> None:
    """Nothing was sent, and the password is in no text."""
    with serving(tryton.database, tmp_path / "log") as (base_url, _):
        pass
    with closing(tryton.open(base_url=base_url)) as opened:
        answer = opened.correct(request(tryton.product()[0], 0))
        assert answer.answered is Answered.NOT_SENT
        told = [answer.text, opened.corrects() or "", *(line.text for line in opened.check())]
    assert all("refused the connection" in words for words in told)
    assert not any("tryton-tests-only" in words for words in told)
