"""A correction moves exactly its units, once, whatever dies when; and what nobody can tell is told as that."""

from __future__ import annotations

import errno
import json
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.core.model import Sku
from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered
from tests.ledgers_ginee.conftest import REF, Make, asked, rows, stock
from tests.ledgers_ginee.fake import ADJUST, FAR, HOME, STOCK, FakeGinee

RECORD = "ginee-corrections.jsonl"


class Killed(BaseException):
    """The process is gone."""


def test_a_correction_changes_available_by_its_units(ginee: FakeGinee, ledger: Make) -> None:
    """Warehouse stock is set to what it was and the correction; the remark is the reference."""
    held = ginee.put("MUG", 15, lockedStock=3, spareStock=2)
    opened = ledger()
    answer = opened.correct(asked(ginee))
    assert (answer.answered, answer.text, answer.available) == (Answered.ACCEPTED, "", 8)
    assert ginee.adjusted == [{"masterSku": "MUG", "quantity": 13, "remark": REF}]
    assert (held["warehouseStock"], held["lockedStock"], held["spareStock"]) == (13, 3, 2)
    assert opened.posted([REF, "stockrecon:other"]) == {REF: -2}


def test_it_is_posted_once(ginee: FakeGinee, ledger: Make) -> None:
    """Also by another process, and also where the number would fit a second time."""
    ginee.put("MUG", 10)
    assert ledger().correct(asked(ginee)).answered is Answered.ACCEPTED
    again = ledger().correct(asked(ginee, available=8))
    assert (again.answered, again.available) == (Answered.ACCEPTED, 8)
    assert "had been posted before" in again.text
    other = ledger().correct(asked(ginee, by=-3, available=8))
    assert other.answered is Answered.CONFLICT
    assert len(ginee.adjusted) == 1
    assert ledger().posted([REF]) == {REF: -2}


def test_it_stands_among_the_movements(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """Ginee tells of none: without this row the next audit would find the same excess again."""
    ginee.put("MUG", 10)
    opened = ledger()
    opened.correct(asked(ginee))
    found = rows(opened, ginee, spool)["movements"]
    told = [(row["id"], row["sku"], row["quantity"], row["kind"], row["ref"]) for row in found]
    assert told == [(REF, "MUG", "-2", "correction", REF)]


def test_a_ledger_that_moved_on_is_a_conflict(ginee: FakeGinee, ledger: Make) -> None:
    """Nothing is sent."""
    ginee.put("MUG", 10, lockedStock=1)
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, answer.available) == (Answered.CONFLICT, 9)
    assert ginee.adjusted == []


@pytest.mark.parametrize(
    ("warehouse", "by", "fits"),
    [(10, -10, True), (10, -11, False), (-5, 2, False), (-5, 5, True), (999_990, 8, True), (999_990, 9, False)],
)
def test_the_limits_of_a_quantity(ginee: FakeGinee, ledger: Make, warehouse: int, by: int, fits: bool) -> None:
    """Ginee takes 0 to 999,998: what does not fit is refused with both numbers, and not sent."""
    ginee.put("MUG", warehouse)
    answer = ledger().correct(asked(ginee, by=by, available=warehouse))
    assert answer.answered is (Answered.ACCEPTED if fits else Answered.REJECTED)
    assert len(ginee.adjusted) == fits
    if not fits:
        assert f"would become {warehouse + by}; Ginee takes 0 to 999998" in answer.text


def test_of_several_warehouses_one_is_corrected(ginee: FakeGinee, ledger: Make) -> None:
    """The named one; available is that of all. Where none is named, nothing can be posted."""
    ginee.put("MUG", 4)
    ginee.put("MUG", 6, FAR)
    both = (HOME, FAR)
    assert "set ledger.correct_at" in (ledger(warehouses=both).corrects() or "")
    refused = ledger(warehouses=both).correct(asked(ginee))
    assert refused.answered is Answered.REJECTED
    opened = ledger(warehouses=both, correct_at="Far")
    assert opened.corrects() is None
    assert opened.correct(asked(ginee)).available == 8
    assert (ginee.rows[HOME, "MUG"]["warehouseStock"], ginee.rows[FAR, "MUG"]["warehouseStock"]) == (4, 4)
    missing = opened.correct(asked(ginee, sku="PAN", ref="stockrecon:PAN:1"))
    assert missing.answered is Answered.REJECTED


def test_a_bundle_and_a_stranger_are_refused(ginee: FakeGinee, ledger: Make) -> None:
    """A bundle's stock is that of its components."""
    ginee.put("SET", 10, type="BUNDLE")
    bundle = ledger().correct(asked(ginee, sku="SET"))
    assert (bundle.answered, "is a bundle" in bundle.text) == (Answered.REJECTED, True)
    stranger = ledger().correct(asked(ginee, sku="NONE"))
    assert (stranger.answered, "has no stock of 'NONE'" in stranger.text) == (Answered.REJECTED, True)


@pytest.mark.parametrize(("by", "ref"), [(0, REF), (-1, "")])
def test_what_is_no_correction_is_refused(ginee: FakeGinee, ledger: Make, by: int, ref: str) -> None:
    """Without units or without a reference."""
    ginee.put("MUG", 10)
    assert ledger().correct(asked(ginee, by=by, ref=ref)).answered is Answered.REJECTED
    assert ginee.calls == []


def test_a_lost_answer_is_looked_up(ginee: FakeGinee, ledger: Make) -> None:
    """The number that was set stands there, and nothing else has changed: it was posted."""
    ginee.put("MUG", 10)
    ginee.lose(ADJUST)
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 8)
    assert ledger().posted([REF]) == {REF: -2}
    assert len(ginee.adjusted) == 1


def test_a_request_that_never_arrived_is_known_later(ginee: FakeGinee, ledger: Make) -> None:
    """At first it may still be on its way, and nobody says that it was not posted; after two minutes an untouched row
    proves it."""
    ginee.put("MUG", 10)
    ginee.cut(ADJUST)
    answer = ledger().correct(asked(ginee))
    assert answer.answered is Answered.UNKNOWN
    with pytest.raises(ReadFault, match="may still arrive"):
        ledger().posted([REF])
    at_once = ledger().correct(asked(ginee))
    assert (at_once.answered, ginee.adjusted) == (Answered.UNKNOWN, [])
    ginee.now += timedelta(minutes=3)
    assert ledger().posted([REF]) == {}
    assert ledger().correct(asked(ginee)).answered is Answered.ACCEPTED
    assert ledger().posted([REF]) == {REF: -2}


@pytest.mark.parametrize("later", [False, True], ids=["at once", "by the next run"])
def test_a_look_that_nobody_understands_leaves_it_open(ginee: FakeGinee, ledger: Make, later: bool) -> None:
    """It was posted and the answer was lost: a row without its SKU is no "not posted"."""
    ginee.put("MUG", 10)
    odd = {"page": 0, "size": 50, "total": 1, "content": [{"warehouseInventory": {"id": "WI0"}, "masterVariation": {}}]}
    ginee.lose(ADJUST)

    def spoil() -> None:
        ginee.troubles[STOCK] = [lambda _: ginee.answer(200, {"code": "SUCCESS", "data": odd})]

    if later:
        ginee.meanwhile[ADJUST] = lambda: ginee.cut(STOCK, times=9)
        assert ledger().correct(asked(ginee)).answered is Answered.UNKNOWN
        spoil()
    else:
        ginee.meanwhile[ADJUST] = spoil
    answer = ledger().correct(asked(ginee))
    assert answer.answered is Answered.UNKNOWN
    assert "not what Ginee documents" in answer.text
    assert len(ginee.adjusted) == 1


def test_a_request_that_arrives_late_is_found(ginee: FakeGinee, ledger: Make) -> None:
    """By who looks afterwards."""
    held = ginee.put("MUG", 10)
    ginee.cut(ADJUST)
    assert ledger().correct(asked(ginee)).answered is Answered.UNKNOWN
    ginee.now += timedelta(seconds=30)
    ginee.touch(held, warehouseStock=8)
    ginee.now += timedelta(hours=9)
    assert ledger().posted([REF]) == {REF: -2}


@pytest.mark.parametrize(
    "later",
    [
        pytest.param({"lockedStock": 1}, id="an order came, and the old number stands"),
        pytest.param({"warehouseStock": 8, "lockedStock": 1}, id="an order came, and the new number stands"),
        pytest.param({"warehouseStock": 30}, id="somebody counted"),
    ],
)
def test_what_nobody_can_tell_is_said(ginee: FakeGinee, ledger: Make, later: dict[str, int]) -> None:
    """Where the row has moved on, neither is guessed: a person looks for the remark."""
    held = ginee.put("MUG", 10)
    ginee.cut(ADJUST)
    ledger().correct(asked(ginee))
    ginee.now += timedelta(minutes=1)
    ginee.touch(held, **later)
    with pytest.raises(ReadFault, match=f"nobody can tell whether the correction {REF} was posted") as caught:
        ledger().posted([REF])
    assert "stock records" in caught.value.way_on
    again = ledger().correct(asked(ginee))
    assert again.answered is Answered.UNKNOWN
    assert ginee.adjusted == []


def test_the_right_number_at_the_wrong_time_proves_nothing(ginee: FakeGinee, ledger: Make) -> None:
    """A person may have set the same number hours later."""
    held = ginee.put("MUG", 10)
    ginee.cut(ADJUST)
    ledger().correct(asked(ginee))
    ginee.now += timedelta(hours=2)
    ginee.touch(held, warehouseStock=8)
    with pytest.raises(ReadFault, match="nobody can tell"):
        ledger().posted([REF])


def test_killed_before_it_was_sent(ginee: FakeGinee, ledger: Make, tmp_path: Path) -> None:
    """It was kept first, so who comes next knows what to look for; the row is as it was."""
    ginee.put("MUG", 10)

    def dies() -> None:
        raise Killed

    ginee.meanwhile[ADJUST] = dies
    with pytest.raises(Killed):
        ledger().correct(asked(ginee))
    ginee.meanwhile.clear()
    assert json.loads((tmp_path / RECORD).read_text())["state"] == "sending"
    ginee.now += timedelta(minutes=5)
    assert ledger().posted([REF]) == {}
    assert ledger().correct(asked(ginee)).answered is Answered.ACCEPTED


def test_killed_after_it_took_effect(ginee: FakeGinee, ledger: Make) -> None:
    """The record says that it was being sent, and the row that it arrived."""
    ginee.put("MUG", 10)

    ginee.lost[ADJUST] = Killed()
    with pytest.raises(Killed):
        ledger().correct(asked(ginee))
    ginee.now += timedelta(hours=8)
    assert ledger().posted([REF]) == {REF: -2}
    assert len(ginee.adjusted) == 1


def test_a_row_that_looks_as_before_is_not_untouched(ginee: FakeGinee, ledger: Make) -> None:
    """A unit was added, and one was sold and shipped since: the same numbers, and another time."""
    held = ginee.put("MUG", 10)
    ginee.lost[ADJUST] = Killed()
    with pytest.raises(Killed):
        ledger().correct(asked(ginee, by=1))
    ginee.now += timedelta(minutes=3)
    ginee.touch(held, warehouseStock=10)
    with pytest.raises(ReadFault, match="nobody can tell"):
        ledger().posted([REF])


def test_without_the_record_nobody_can_tell(ginee: FakeGinee, ledger: Make) -> None:
    """That nothing stands in a file that is not there proves nothing."""
    ginee.put("MUG", 10)
    with pytest.raises(ReadFault, match="is not there"):
        ledger().posted([REF])
    assert ledger().posted([]) == {}


def test_a_line_that_was_cut_off_was_never_sent(ginee: FakeGinee, ledger: Make, tmp_path: Path) -> None:
    """A loss of power in the middle of the record; what is written next stands on a line of its own."""
    ginee.put("MUG", 10)
    ledger().correct(asked(ginee))
    path = tmp_path / RECORD
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"ref":"stockrecon:MUG:2","sta')
    assert ledger().posted([REF, "stockrecon:MUG:2"]) == {REF: -2}
    second = asked(ginee, by=-1, available=8, ref="stockrecon:MUG:2")
    assert ledger().correct(second).answered is Answered.ACCEPTED
    assert path.read_bytes().startswith(whole)
    assert ledger().posted(["stockrecon:MUG:2"]) == {"stockrecon:MUG:2": -1}


def test_a_broken_record_stops_everything(ginee: FakeGinee, ledger: Make, tmp_path: Path) -> None:
    """With its line; nothing is posted beside it."""
    ginee.put("MUG", 10)
    (tmp_path / RECORD).write_text("not a line\n")
    with pytest.raises(ReadFault, match=f"{RECORD}:1 is no line"):
        ledger().posted([REF])
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, ginee.adjusted) == (Answered.NOT_SENT, [])


def test_a_record_that_cannot_be_kept_posts_nothing(ginee: FakeGinee, ledger: Make, tmp_path: Path) -> None:
    """Kept first, sent second."""
    ginee.put("MUG", 10)
    (tmp_path / RECORD).mkdir()
    answer = ledger().correct(asked(ginee))
    assert answer.answered in (Answered.NOT_SENT, Answered.REJECTED)
    assert ginee.adjusted == []


def test_a_disk_that_is_full_afterwards_does_not_unpost(
    ginee: FakeGinee, ledger: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ginee took it and the record cannot say so: it is no "not posted", and the next look finds it."""
    ginee.put("MUG", 10)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    ginee.meanwhile[ADJUST] = lambda: monkeypatch.setattr("os.fsync", full)
    answer = ledger().correct(asked(ginee))
    assert answer.answered is Answered.ACCEPTED
    assert "No space left on device" in answer.text
    monkeypatch.undo()
    assert ledger().posted([REF]) == {REF: -2}
    assert ledger().correct(asked(ginee)).text == f"{REF} had been posted before"
    assert len(ginee.adjusted) == 1


def test_a_record_behind_a_closed_door_is_a_fault(
    ginee: FakeGinee, ledger: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that may not be looked into: in words, whoever asks."""
    ginee.put("MUG", 10)
    looks_at = Path.stat

    def closed(path: Path, **more: bool) -> object:
        if path.name == RECORD:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return looks_at(path, **more)

    monkeypatch.setattr(Path, "stat", closed)
    assert "cannot be used: Permission denied" in str(ledger().corrects())
    with pytest.raises(ReadFault, match="cannot be used"):
        ledger().posted([REF])
    assert ledger().correct(asked(ginee)).answered in (Answered.NOT_SENT, Answered.REJECTED)
    assert ginee.adjusted == []


def test_a_refusal_is_told_and_may_be_tried_again(ginee: FakeGinee, ledger: Make) -> None:
    """What Ginee refuses it did not do."""
    ginee.put("MUG", 10)
    ginee.refuse(ADJUST, "PARAMETER_ERROR")
    answer = ledger().correct(asked(ginee))
    assert answer.answered is Answered.REJECTED
    assert "PARAMETER_ERROR: in Ginee's words" in answer.text
    assert ledger().posted([REF]) == {}
    assert ledger().correct(asked(ginee)).answered is Answered.ACCEPTED


def test_too_many_requests_do_not_post_twice(ginee: FakeGinee, ledger: Make) -> None:
    """A write that was throttled is sent again within its time: it did not take effect."""
    ginee.put("MUG", 10)
    ginee.refuse(ADJUST, "", status=429)
    assert ledger().correct(asked(ginee)).answered is Answered.ACCEPTED
    assert len(ginee.adjusted) == 1


@pytest.mark.parametrize("code", ["SERVICE_BUSY", "SYSTEM_ERROR"])
def test_a_busy_service_may_have_done_it(ginee: FakeGinee, ledger: Make, code: str) -> None:
    """It is not sent again; what the row shows decides."""
    ginee.put("MUG", 10)
    ginee.refuse(ADJUST, code)
    assert ledger().correct(asked(ginee)).answered is Answered.UNKNOWN
    assert ginee.adjusted == []


def test_success_without_our_line_is_no_success(ginee: FakeGinee, ledger: Make) -> None:
    """A line that Ginee passed over in silence was not posted, as the row shows."""
    ginee.put("MUG", 10)
    document = {"code": "SUCCESS", "message": "OK", "data": {"warehouseId": HOME, "stockList": []}}
    ginee.troubles[ADJUST] = [lambda _: ginee.answer(200, document)]
    assert ledger().correct(asked(ginee)).answered is Answered.UNKNOWN
    ginee.now += timedelta(minutes=3)
    assert ledger().posted([REF]) == {}


def test_what_is_sold_while_it_is_posted_is_not_lost(ginee: FakeGinee, ledger: Make) -> None:
    """An order locks its units beside warehouse stock, which alone is set."""
    held = ginee.put("MUG", 10)
    ginee.meanwhile[ADJUST] = lambda: ginee.touch(held, lockedStock=4)
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 4)


def test_units_shipped_while_it_is_posted_are_told(ginee: FakeGinee, ledger: Make) -> None:
    """The one thing that an absolute number overwrites in silence, unless somebody compares."""
    held = ginee.put("MUG", 15, lockedStock=5)
    ginee.meanwhile[ADJUST] = lambda: ginee.touch(held, warehouseStock=12, lockedStock=2)
    answer = ledger().correct(asked(ginee))
    assert answer.answered is Answered.ACCEPTED
    assert "3 locked units of MUG went in the moment of posting" in answer.text


def test_available_stays_readable_after_a_correction(ginee: FakeGinee, ledger: Make, spool: Path) -> None:
    """The ledger shows what was posted."""
    ginee.put("MUG", 10)
    opened = ledger()
    opened.correct(asked(ginee))
    assert stock(opened, ginee, spool) == {"MUG": 8}
    assert opened.reread([Sku("MUG")]) == {"MUG": 8}


def test_a_reading_that_fails_afterwards_does_not_unpost(ginee: FakeGinee, ledger: Make) -> None:
    """Ginee said what stands there now; that the rest cannot be read is no doubt of it."""
    ginee.put("MUG", 10)
    ginee.meanwhile[ADJUST] = lambda: ginee.refuse(STOCK, "PARAMETER_ERROR", 9)
    answer = ledger().correct(asked(ginee))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, None)
    assert ledger().posted([REF]) == {REF: -2}
