"""A correction in ERPNext is posted exactly once, whatever dies when, and every refusal says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from stockrecon.errors import ReadFault
from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.rest import Answer, Request, WireFault
from tests.ledgers_erpnext.fakes import (
    REF,
    SHOPFLOOR,
    STORES,
    FakeErp,
    Hook,
    available,
    broken,
    error,
    field,
    for_writes,
    ledger,
    moves,
    request,
    rows,
    said,
)


def erp_with(actual: float = 5, **more: object) -> FakeErp:
    erp = FakeErp()
    erp.item("A", actual, **more)  # type: ignore[arg-type]
    return erp


def posted_once(erp: FakeErp, asked: CorrectionRequest, before: int) -> None:
    """What a next run does about a correction that nobody knows the end of; then ERPNext has it exactly once."""
    erp.hooks.clear()
    erp.after.clear()
    erp.keeps_drafts = False
    book = ledger(erp)
    if not book.posted([asked.ref]):
        assert book.correct(asked).answered is Answered.ACCEPTED
    assert book.posted([asked.ref]) == {asked.ref: asked.by}
    assert [row["docstatus"] for row in erp.docs["Stock Entry"].values()] == [1]
    assert book.reread([asked.sku]) == {asked.sku: before + asked.by}


@pytest.mark.parametrize("by", [-2, 3])
def test_a_correction_is_a_stock_entry_with_its_ref(by: int, tmp_path: Path) -> None:
    """An issue lowers, a receipt raises; it is submitted at once, at the server's time, and shows as a correction."""
    erp = erp_with()
    asked = request(by=by)
    answer = ledger(erp).correct(asked)
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 5 + by)
    (entry,) = erp.docs["Stock Entry"].values()
    side = "t_warehouse" if by > 0 else "s_warehouse"
    assert entry["purpose"] == ("Material Receipt" if by > 0 else "Material Issue")
    assert entry["items"] == [{"item_code": "A", "qty": abs(by), "conversion_factor": 1, side: STORES}]
    assert (entry[REF], entry["company"], entry["docstatus"]) == (asked.ref, "Test Company", 1)
    assert "set_posting_time" not in entry
    found = rows(erp, tmp_path)
    assert available(found) == {"A": 5 + by}
    assert [(row["kind"], row["ref"]) for row in found["movements"]] == [("correction", asked.ref)]


def test_posting_twice_posts_once() -> None:
    """The second time it had been posted before; with another number it is a conflict."""
    erp = erp_with()
    ledger(erp).correct(request())
    again = ledger(erp).correct(request(available=4))
    assert (again.answered, again.available) == (Answered.ACCEPTED, 4)
    assert ledger(erp).correct(request(by=-2, available=4)).answered is Answered.CONFLICT
    assert len(erp.docs["Stock Entry"]) == 1


def test_two_runs_at_once_post_once() -> None:
    """Who comes second is refused by the unique field, and finds what the first one posted."""
    erp = erp_with()
    asked = request()

    def other(outgoing: Request) -> Answer | None:
        if outgoing.method == "POST":
            erp.hooks.clear()
            assert ledger(erp).correct(asked).answered is Answered.ACCEPTED
        return None

    erp.hooks.append(other)
    assert ledger(erp).correct(asked).answered is Answered.ACCEPTED
    assert len(erp.docs["Stock Entry"]) == 1
    assert erp.docs["Bin"][f"A@{STORES}"]["actual_qty"] == 4


def test_a_ledger_that_moved_on_is_a_conflict() -> None:
    """Available is read just before, and nothing is posted where it is not what the plan was made from."""
    erp = erp_with(6)
    answer = ledger(erp).correct(request(available=5))
    assert (answer.answered, answer.available) == (Answered.CONFLICT, 6)
    assert not erp.docs["Stock Entry"]


@pytest.mark.parametrize(
    ("when", "hook"),
    [
        ("before", broken(sent=True)),
        ("after", broken(sent=True)),
        ("after", lambda _: Answer(502, {}, b"<html>Bad Gateway</html>")),
        ("after", lambda _: error(500, "OperationalError", "server has gone away")),
        ("after", lambda _: Answer(200, {}, b'{"data": {"name": "MAT-')),
        ("after", lambda _: said({"data": None})),
    ],
)
def test_an_answer_that_is_lost_is_looked_up(when: str, hook: Hook) -> None:
    """Posted and unanswered is found by its ref; not found is unknown, never sent again, and the next run decides."""
    erp = erp_with()
    asked = request()
    (erp.hooks if when == "before" else erp.after).append(for_writes(hook))
    answer = ledger(erp).correct(asked)
    assert answer.answered is (Answered.UNKNOWN if when == "before" else Answered.ACCEPTED)
    assert sum(count for call, count in erp.calls.items() if call.startswith("POST")) == 1
    posted_once(erp, asked, 5)


def test_a_server_that_stays_dead_leaves_it_unknown() -> None:
    """Where even the look-up fails nothing is claimed; a server that was dead before is no try at all."""
    erp = erp_with()
    asked = request()

    def dead(outgoing: Request) -> Answer | None:
        raise WireFault("127.0.0.1 refused the connection", sent=False)

    def dies(outgoing: Request) -> Answer | None:
        if outgoing.method == "POST":
            erp.hooks.append(dead)
            raise WireFault("127.0.0.1 broke off its answer", sent=True)
        return None

    erp.after.append(dies)
    answer = ledger(erp).correct(asked)
    assert answer.answered is Answered.UNKNOWN
    assert "whether it was posted cannot be told" in answer.text
    assert ledger(erp).correct(asked).answered is Answered.NOT_SENT
    with pytest.raises(ReadFault):
        ledger(erp).posted([asked.ref])
    posted_once(erp, asked, 5)


def draft(erp: FakeErp, qty: float = 1, **more: object) -> None:
    line = {"item_code": "A", "qty": qty, "conversion_factor": 1.0, "s_warehouse": STORES}
    erp.add("Stock Entry", "SE-D", items=[line], purpose="Material Issue", **{REF: request().ref, **more})


def test_a_draft_that_is_found_is_finished() -> None:
    """One that is what would be posted now is submitted, so there is no second document."""
    erp = erp_with()
    draft(erp)
    assert ledger(erp).correct(request()).answered is Answered.ACCEPTED
    assert [(row["name"], row["docstatus"]) for row in erp.docs["Stock Entry"].values()] == [("SE-D", 1)]


@pytest.mark.parametrize("spoil", [{"qty": 2}, {"set_posting_time": 1}])
def test_a_draft_of_another_thing_is_taken_back(spoil: dict[str, object]) -> None:
    """A changed or back-dated draft is deleted, and the correction posted as it was asked for."""
    erp = erp_with()
    draft(erp, **spoil)  # type: ignore[arg-type]
    assert ledger(erp).correct(request()).answered is Answered.ACCEPTED
    assert "SE-D" not in erp.docs["Stock Entry"]
    posted_once(erp, request(), 5)


def test_a_draft_is_not_posted_and_does_not_stay() -> None:
    """Asked what was posted, a draft is deleted; where it may not be, people are told its name."""
    erp = erp_with()
    draft(erp)
    erp.denied.add("Stock Entry:delete")
    with pytest.raises(ReadFault, match=r"SE-D .* cannot be deleted") as told:
        ledger(erp).posted([request().ref])
    assert "by hand" in told.value.way_on
    erp.denied.clear()
    assert ledger(erp).posted([request().ref]) == {}
    assert not erp.docs["Stock Entry"]


def test_a_draft_goes_where_the_ledger_moved_on() -> None:
    """What is true no more must not wait for somebody to submit it."""
    erp = erp_with(7)
    draft(erp)
    assert ledger(erp).correct(request(available=5)).answered is Answered.CONFLICT
    assert not erp.docs["Stock Entry"]


def test_a_site_that_keeps_drafts_is_told() -> None:
    """A workflow in between: rejected, and the draft is gone again."""
    erp = erp_with()
    erp.keeps_drafts = True
    answer = ledger(erp).correct(request())
    assert answer.answered is Answered.REJECTED
    assert "workflow" in answer.text
    assert not erp.docs["Stock Entry"]


def test_a_cancelled_correction_stays_posted(tmp_path: Path) -> None:
    """Cancelled in ERPNext, it shows with its mirror image, which bears no reference, and is not posted again."""
    erp = erp_with()
    asked = request()
    ledger(erp).correct(asked)
    (entry,) = erp.docs["Stock Entry"].values()
    entry["docstatus"] = 2
    erp.time.seconds += 60
    erp.cancel_entries(entry["name"], erp.time.clock())
    erp.bin("A", actual_qty=5.0)
    assert ledger(erp).posted([asked.ref]) == {asked.ref: -1}
    assert ledger(erp).correct(asked).answered is Answered.ACCEPTED
    assert len(erp.docs["Stock Entry"]) == 1
    found = rows(erp, tmp_path)
    assert [move[1:3] for move in moves(found)] == [(-1, "correction"), (1, "correction")]
    assert sorted(row["ref"] for row in found["movements"]) == ["", asked.ref]


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((417, "StockFreezeError", "Stock transactions before 11-11-2026 are frozen"), "Stock Frozen Up To"),
        ((417, "ClosedAccountingPeriod", "closed"), "Accounting Period"),
        ((417, "NegativeStockError", "1.0 units of <b>A</b> needed in <b>Stores - TC</b>"), "units of A needed"),
        ((403, "PermissionError", "No permission for Stock Entry"), "Role Permissions Manager"),
        ((417, "MandatoryError", "[Stock Entry]: project"), "asks for a field"),
        ((409, "DuplicateEntryError", "dup"), "DuplicateEntryError"),
    ],
)
def test_a_refusal_says_why_and_the_way_on(refusal: tuple[int, str, str], words: str) -> None:
    """Frozen and closed periods, too little stock, missing rights, own mandatory fields: rejected, none is posted."""
    erp = erp_with()
    erp.refuse_entry = refusal
    answer = ledger(erp).correct(request())
    assert answer.answered is Answered.REJECTED
    assert words in answer.text
    assert not erp.docs["Stock Entry"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"has_serial_no": 1}, "serial numbers"),
        ({"has_batch_no": 1}, "batches"),
        ({"disabled": 1}, "disabled"),
    ],
)
def test_what_only_people_can_post_is_rejected(change: dict[str, int], words: str) -> None:
    """Serial numbers and batches need somebody who knows which; nothing is sent."""
    erp = erp_with()
    erp.docs["Item"]["A"].update(change)
    answer = ledger(erp).correct(request())
    assert answer.answered is Answered.REJECTED
    assert words in answer.text
    assert not any(call.startswith("POST") for call in erp.calls)


def test_bundles_unknown_items_long_refs_and_nothing_are_rejected() -> None:
    """Each with its reason."""
    erp = erp_with()
    erp.add("Product Bundle", "KIT", new_item_code="KIT", disabled=0)
    erp.add("Product Bundle Item", parent="KIT", item_code="A", qty=1)
    for asked, words in (
        (request(sku="KIT", available=5), "components"),
        (request(sku="gone"), "no stock item"),
        (request(ref="r" * 141), "141 characters"),
        (request(by=0), "other than 0"),
    ):
        answer = ledger(erp).correct(asked)
        assert answer.answered is Answered.REJECTED
        assert words in answer.text


def test_why_corrections_cannot_be_posted() -> None:
    """A field that is missing or not unique, several warehouses without a choice, rights that are missing."""
    erp = erp_with()
    assert ledger(erp).corrects() is None
    for spoil, words in (
        ([field("purpose")], "has no field"),
        ([field("purpose"), field(REF)], "not unique"),
        ([field("purpose"), field(REF, fieldtype="Link", unique=1)], "of type Link"),
    ):
        kept, erp.fields["Stock Entry"] = erp.fields["Stock Entry"], spoil
        told = ledger(erp).corrects()
        assert told is not None
        assert words in told
        assert ledger(erp).correct(request()).answered is Answered.REJECTED
        with pytest.raises(ReadFault, match="nobody can tell what has been posted"):
            ledger(erp).posted(["x"])
        erp.fields["Stock Entry"] = kept
    told = ledger(erp, warehouses=(STORES, SHOPFLOOR)).corrects()
    assert told is not None
    assert "ledger.correct_at" in told
    erp.hooks.append(lambda asked: error(403, "PermissionError", "") if "has_permission" in asked.path else None)
    assert ledger(erp).corrects() is None
    erp.hooks.clear()
    erp.denied.add("Stock Entry:submit")
    told = ledger(erp).corrects()
    assert told is not None
    assert "may not submit" in told


def test_accounts_are_set_where_they_are_configured() -> None:
    """The difference account and the cost centre of the row."""
    erp = erp_with()
    ledger(erp, expense_account="Stock Adjustment - TC", cost_center="Main - TC").correct(request())
    (entry,) = erp.docs["Stock Entry"].values()
    assert entry["items"][0]["expense_account"] == "Stock Adjustment - TC"
    assert entry["items"][0]["cost_center"] == "Main - TC"


def test_case_is_told_apart_where_the_database_does_not() -> None:
    """Neither SKU a nor the ref of another case is taken for the one that is meant."""
    erp = erp_with()
    erp.item("a", 40)
    ledger(erp).correct(request(ref="stockrecon:a:1", sku="a", available=40))
    erp.docs["Stock Entry"].popitem()
    draft(erp, **{REF: request().ref.lower()})  # type: ignore[arg-type]
    assert ledger(erp).posted([request().ref]) == {}
    assert ledger(erp).reread([request().sku]) == {"A": 5}
