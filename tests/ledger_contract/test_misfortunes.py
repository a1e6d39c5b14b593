"""What every ledger promises when its server does not do what it should: nothing is believed, and nothing doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.errors import AuthFault, ReadFault, StockreconError
from stockrecon.ledgers.base import Answered
from tests.ledger_contract.house import House
from tests.ledger_contract.hurried import hurry
from tests.ledger_contract.profiles import Profile
from tests.ledger_contract.runs import Document, Seller
from tests.ledger_contract.test_correcting import posts, request
from tests.ledger_contract.wire import wire

SETTLED = (Answered.ACCEPTED, Answered.NOT_SENT)
"""What is answered where it is known what took effect."""


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def seller(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Seller:
    return Seller(house, tmp_path, capsys)


def told(house: House, fault: StockreconError) -> str:
    """What is told of a fault: free of secrets, with the way on."""
    house.look_through(f"{fault.text} {fault.way_on}")
    assert fault.way_on
    return fault.text


def found_of(document: Document) -> list[Document]:
    """Statements without the times of their evidence, some of which are those of the run."""
    for statement in document["statements"]:
        for finding in statement["findings"]:
            finding["evidence"] = [evidence["fact"] for evidence in finding["evidence"]]
    return [dict(statement) for statement in document["statements"]]


# Reading


def test_check_says_what_available_is(house: House, profile: Profile, seller: Seller) -> None:
    """The formula, and whether corrections can be posted, in so many words."""
    seller.shown[house.sku(1)] = 1
    code, printed = seller.check()
    assert code == 0, printed
    assert profile.says_formula(printed), printed
    assert ("corrections: can be posted" in printed) is ("corrections" not in house.lacks), printed


def test_wrong_credentials(house: House, seller: Seller) -> None:
    """Nothing is read or posted; the text holds neither the right nor the wrong key, and names the way on."""
    house.need("credentials")
    sku = house.sku(1)
    seller.shown[sku] = 1
    wrong = house.wrong()
    opened = house.open(wrong)
    with pytest.raises(AuthFault) as caught:
        opened.read(house.folder, house.right_now())
    told(house, caught.value)
    why = opened.corrects()
    assert why
    house.look_through(why)
    assert posts(house, opened, request(house, sku, 1)).answered is Answered.NOT_SENT
    code, printed = seller.check(wrong)
    assert code == 13, printed
    code, found = seller.run("diff", ledger=wrong)
    assert code == 13
    assert not found.get("statements")
    assert house.documents(f"stockrecon:{sku}:1-cancel") == []


def test_a_server_that_dies_in_the_middle_of_reading(house: House, seller: Seller) -> None:
    """Exit code 13, and nothing of what was read is believed: no statement, no plan; the next run is like a first."""
    house.need("server")
    sku = house.ghost()
    seller.shown[sku] = 2
    _, expected = seller.run("diff")
    assert expected["statements"]
    with wire(house.port, house.reads) as dying:
        code, found = seller.run("sync", "--apply", ledger=house.behind(dying))
        assert dying.broke
    assert code == 13, found
    assert not found.get("statements")
    assert not found.get("outcomes")
    assert not found.get("plan", {}).get("actions")
    _, again = seller.run("diff")
    assert found_of(again) == found_of(expected)


def test_a_server_that_is_gone(house: House) -> None:
    """It cannot be reached: told as that by everything that asks it, and nothing was sent."""
    house.need("server")
    sku = house.sku(1)
    with wire(house.port) as gone:
        ledger = house.behind(gone)
    opened = house.open(ledger)
    with pytest.raises(ReadFault) as caught:
        opened.read(house.folder, house.right_now())
    told(house, caught.value)
    with pytest.raises(ReadFault) as caught:
        opened.posted([f"stockrecon:{sku}:1-cancel"])
    told(house, caught.value)
    assert posts(house, opened, request(house, sku, 1)).answered is Answered.NOT_SENT
    for line in opened.check():
        house.look_through(f"{line.text} {line.way_on}")
    assert any(line.ok is False for line in opened.check())


def test_a_server_that_is_too_slow(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time nobody waits any more: that is told, and nothing was posted."""
    house.need("deadline")
    sku = house.sku(1)
    asked = request(house, sku, 1)
    with house.held_up(monkeypatch) as ledger:
        opened = house.open(ledger)
        assert posts(house, opened, asked).answered is Answered.NOT_SENT
        if house.reads:
            with pytest.raises(ReadFault) as caught:
                opened.read(house.folder, house.right_now())
            told(house, caught.value)
    monkeypatch.undo()
    assert house.documents(asked.ref) == []
    assert house.left_over(sku) == 0


# Correcting


@pytest.mark.parametrize("answers", [False, True], ids=["before", "after"])
def test_a_server_that_dies_in_the_middle_of_correcting(house: House, answers: bool) -> None:
    """Before it could, or after it did take effect, and nobody can ask: unknown. Whoever asks later has it once."""
    house.need("server")
    sku = house.sku(5)
    asked = request(house, sku, 5)
    with wire(house.port, house.correcting, answers=answers) as dying:
        answer = posts(house, house.open(house.behind(dying)), asked)
        assert dying.broke
        assert answer.answered is Answered.UNKNOWN, answer
        dying.mend()
        house.time_passes()
        opened = house.open(house.behind(dying))
        found = opened.posted([asked.ref])
        assert found == ({asked.ref: -1} if house.documents(asked.ref) else {})
        if not answers:
            assert found == {}
        assert posts(house, opened, asked).answered is Answered.ACCEPTED
    assert house.documents(asked.ref) == [-1]
    assert house.left_over(sku) == 0


@pytest.mark.parametrize("answers", [False, True], ids=["before", "after"])
def test_the_next_run_settles_what_is_unknown(house: House, seller: Seller, answers: bool) -> None:
    """Exit code 12, and nothing that counts on it is written; the next run looks first, and posts only if it has to."""
    house.need("server", "manual")
    sku = house.ghost()
    seller.shown[sku] = 1
    with wire(house.port, house.correcting, answers=answers) as dying:
        code, found = seller.run("sync", "--apply", ledger=house.behind(dying))
        assert dying.broke
    results = {one["action"]: one["result"] for one in found["outcomes"]}
    kinds = {action["kind"]: results[action["id"]] for action in found["plan"]["actions"] if action["id"] in results}
    assert (code, kinds) == (12, {"adjust-ledger": "unknown", "set-stock": "skipped"}), found["outcomes"]
    (ref,) = [action["ref"] for action in found["plan"]["actions"] if action["kind"] == "adjust-ledger"]
    seller.run("sync", "--apply")
    assert house.documents(ref) == [-1]
    seller.shown[sku] = 0
    code, again = seller.run("sync", "--apply")
    assert (code, again["plan"]["actions"]) == (0, []), again
    assert house.documents(ref) == [-1]
