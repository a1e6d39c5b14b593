"""What every ledger promises of correcting: one document with its reference, once, or nothing and the reason."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.ledgers.base import Answered, CorrectionAnswer, CorrectionRequest, Ledger
from tests.ledger_contract.house import House
from tests.ledger_contract.profiles import Profile
from tests.ledger_contract.runs import Seller

ACCEPTED, REJECTED, CONFLICT, NOT_SENT = Answered.ACCEPTED, Answered.REJECTED, Answered.CONFLICT, Answered.NOT_SENT


@pytest.fixture
def house(house: House) -> House:
    house.need("corrections")
    return house


@pytest.fixture
def seller(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Seller:
    return Seller(house, tmp_path, capsys)


def request(house: House, sku: str, available: int, by: int = -1, ref: str = "") -> CorrectionRequest:
    return CorrectionRequest(
        Sku(sku), by, ref or f"stockrecon:{sku}:1-cancel", "why, and since when", house.noon, available
    )


def posts(house: House, opened: Ledger, asked: CorrectionRequest) -> CorrectionAnswer:
    """One answer, whose text holds no secret."""
    answer = opened.correct(asked)
    house.look_through(answer.text)
    return answer


def available(house: House, sku: str, spool: Path) -> int:
    """As a run reads it."""
    from tests.ledger_contract.test_reading import rows

    return next(int(row["available"]) for row in rows(house, spool)["stock"] if row["sku"] == sku)


# Posted


@pytest.mark.parametrize("by", [-2, 3])
def test_a_correction_is_a_document_with_its_ref(house: House, tmp_path: Path, by: int) -> None:
    """It lowers or raises available, is found by its ref, and is a movement of kind correction; nothing is left half
    done."""
    from tests.ledger_contract.test_reading import rows

    sku = house.sku(5)
    asked = request(house, sku, 5, by)
    opened = house.open()
    assert opened.corrects() is None
    answer = posts(house, opened, asked)
    assert (answer.answered, answer.available) == (ACCEPTED, 5 + by), answer
    assert house.documents(asked.ref) == [by]
    assert house.left_over(sku) == 0
    assert opened.posted([asked.ref, "another", asked.ref.upper()]) == {asked.ref: by}
    found = rows(house, tmp_path / "spool")
    assert available(house, sku, tmp_path / "again") == 5 + by
    ours = [row for row in found["movements"] if row["sku"] == sku and row["kind"] == "correction"]
    assert [(row["quantity"], row["ref"]) for row in ours] == [(str(by), asked.ref)]


def test_posted_again_it_is_not_doubled(house: House) -> None:
    """By the same process and by another, also when the book has moved on; with another number it is a conflict."""
    sku = house.sku(5)
    asked = request(house, sku, 5)
    first = house.open()
    assert posts(house, first, asked).answered is ACCEPTED
    assert posts(house, first, asked).answered is ACCEPTED
    house.tell(timedelta(), lambda house: house.receives(sku, 3))
    answer = posts(house, house.open(), asked)
    assert (answer.answered, answer.available) == (ACCEPTED, 7)
    assert posts(house, house.open(), request(house, sku, 7, by=-3)).answered is CONFLICT
    assert house.documents(asked.ref) == [-1]


def test_a_correction_may_take_available_below_zero(house: House) -> None:
    """An order came in between planning and the last one: what is posted is a difference."""
    sku = house.sku(1)
    house.tell(timedelta(minutes=5), lambda house: house.orders("shop", f"order-{sku}", sku, 1))
    asked = request(house, sku, 0)
    answer = posts(house, house.open(), asked)
    assert (answer.answered, answer.available) == (ACCEPTED, -1), answer
    assert house.documents(asked.ref) == [-1]


# Not posted


def test_a_book_that_has_moved_on(house: House) -> None:
    """Nothing is posted that was computed from another number, and the answer has both."""
    sku = house.sku(6)
    answer = posts(house, house.open(), request(house, sku, 5))
    assert (answer.answered, answer.available) == (CONFLICT, 6)
    assert "6" in answer.text
    assert "5" in answer.text
    assert house.documents(f"stockrecon:{sku}:1-cancel") == []
    assert house.left_over(sku) == 0


@pytest.mark.parametrize("change", [str.lower, lambda sku: f"{sku} ", lambda sku: "nobodys"])
def test_a_sku_that_is_not_there(house: House, change: object) -> None:
    """SKUs are exact: nothing near is corrected in its place."""
    assert callable(change)
    sku = house.sku(1)
    asked = request(house, change(sku), 1)
    assert posts(house, house.open(), asked).answered is REJECTED
    assert house.documents(asked.ref) == []
    assert house.left_over(sku) == 0


def test_a_user_who_may_only_read(house: House, seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is read and explained. That nothing can be posted is said by `check`, and by `sync` before anything is
    written; nothing is."""
    house.need("rights", "manual")
    sku = house.ghost()
    seller.shown[sku] = 1
    with house.reading_only(monkeypatch) as ledger:
        opened = house.open(ledger)
        why = opened.corrects()
        assert why
        house.look_through(why)
        _, printed = seller.check(ledger)
        assert " ".join(why.split())[:60] in printed
        assert "corrections" in printed
        code, found = seller.run("sync", "--apply", ledger=ledger)
        if house.enforces:
            answer = posts(house, opened, request(house, sku, 1))
            assert answer.answered is REJECTED, answer
    (action,) = [one for one in found["plan"]["actions"] if one["kind"] == "adjust-ledger"]
    (outcome,) = [one for one in found["outcomes"] if one["action"] == action["id"]]
    assert (code, outcome["result"], outcome["detail"]) == (10, "skipped", why)
    assert house.documents(action["ref"]) == house.documents(f"stockrecon:{sku}:1-cancel") == []
    assert house.left_over(sku) == 0


def test_a_period_that_is_closed(house: House, profile: Profile) -> None:
    """Refused in the ledger's own words, and nothing is left half done; once it is open again it is posted, once."""
    house.need("periods")
    sku = house.sku(5)
    asked = request(house, sku, 5)
    with house.closed() as ledger:
        answer = posts(house, house.open(ledger), asked)
    assert answer.answered is REJECTED, answer
    assert profile.refused in answer.text
    assert house.documents(asked.ref) == []
    assert house.left_over(sku) == 0
    assert posts(house, house.open(), asked).answered is ACCEPTED
    assert house.documents(asked.ref) == [-1]


# The whole circle


def test_what_does_not_exist_is_taken_out_once(house: House, seller: Seller) -> None:
    """Found, corrected by one document that bears the plan's ref, and gone; a second run plans nothing."""
    house.need("manual")
    sku = house.ghost()
    seller.shown[sku] = 1
    code, found = seller.run("sync", "--apply")
    (action,) = [one for one in found["plan"]["actions"] if one["kind"] == "adjust-ledger"]
    assert (action["sku"], action["by"]) == (sku, -1)
    results = {one["action"]: one["result"] for one in found["outcomes"]}
    assert results[action["id"]] == "confirmed", found["outcomes"]
    assert code == 10  # the shop's part is for its owner to upload
    assert house.documents(action["ref"]) == [-1]
    seller.shown[sku] = 0
    code, again = seller.run("sync", "--apply")
    assert (code, again["plan"]["actions"]) == (0, [])
    assert house.documents(action["ref"]) == [-1]
