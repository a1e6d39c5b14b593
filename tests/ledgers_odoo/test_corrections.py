"""A correction stands in Odoo exactly once, whatever dies when, and nothing else is ever changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stockrecon.ledgers.base import Answered, CorrectionRequest
from stockrecon.rest import Answer, WireFault
from tests.ledgers_odoo.conftest import Make
from tests.ledgers_odoo.fake import BOT, CUSTOMERS, OTHER, SHELF, START, STOCK, FakeOdoo, Refusal, access, dies, later

REF = "stockrecon:00_123%:77-cancel"
WRITES = (
    "stock.quant.write",
    "stock.inventory.adjustment.name.create",
    "stock.inventory.adjustment.name.action_apply",
)


def request(by: int = -1, ref: str = REF, available: int = 40, sku: str = "00123") -> CorrectionRequest:
    return CorrectionRequest(sku, by, ref, "stockrecon: cancelled-order-restock", START, available)  # type: ignore[arg-type]


@pytest.fixture
def shirt(odoo: FakeOdoo) -> int:
    return put(odoo)


def put(odoo: FakeOdoo) -> int:
    """40 of 00123: 37 in the stock location, 3 on a shelf."""
    shirt = odoo.product("00123")
    odoo.quant(shirt, 37)
    odoo.quant(shirt, 3, place=SHELF)
    odoo.quant(shirt, 500, place=OTHER)
    return shirt


@pytest.mark.parametrize("by", [-1, 5, -45])
def test_a_correction_is_an_adjustment_with_its_reference(odoo: FakeOdoo, shirt: int, ledger: Make, by: int) -> None:
    """One move to or from the inventory loss, and the quantity changed by just that; no count is left behind."""
    opened = ledger(odoo)
    assert opened.corrects() is None
    answer = opened.correct(request(by))
    assert (answer.answered, answer.text, answer.available) == (Answered.ACCEPTED, "", 40 + by)
    assert odoo.posted() == [(REF, by)]
    assert odoo.on_hand(shirt) == 540 + by
    assert odoo.open_counts() == []
    assert opened.posted([REF, "other", ""]) == {REF: by}
    assert opened.reread(["00123"]) == {"00123": 40 + by}


def test_where_nothing_lies_yet_a_quant_is_made(odoo: FakeOdoo, ledger: Make) -> None:
    """A product that is not in the stock location can be corrected all the same."""
    shirt = odoo.product("new")
    answer = ledger(odoo).correct(request(3, available=0, sku="new"))
    assert (answer.answered, answer.available) == (Answered.ACCEPTED, 3)
    assert (odoo.posted(), odoo.on_hand(shirt)) == ([(REF, 3)], 3)


def test_a_name_behind_the_reference_does_not_hide_it(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """Some versions hang the user's name behind it."""
    odoo.suffix = " (Bot)"
    assert ledger(odoo).correct(request()).answered is Answered.ACCEPTED
    assert ledger(odoo).posted([REF, REF[:-1], REF.replace("%", "x")]) == {REF: -1}


def test_posting_it_again_changes_nothing(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """It is answered as posted, also when the book has moved on; a ref that stands for another number is a conflict."""
    ledger(odoo).correct(request())
    ledger(odoo).correct(request(5, "stockrecon:b:1", 39))
    answer = ledger(odoo).correct(request())
    assert (answer.answered, answer.text) == (Answered.ACCEPTED, f"{REF} had been posted before")
    assert ledger(odoo).correct(request(-3)).answered is Answered.CONFLICT
    assert odoo.posted() == [(REF, -1), ("stockrecon:b:1", 5)]


def test_a_book_that_moved_on(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """Nothing is posted that was computed from another number."""
    answer = ledger(odoo).correct(request(available=41))
    assert (answer.answered, answer.available) == (Answered.CONFLICT, 40)
    assert answer.text == "the ledger has 40 of 00123, the plan was made from 41: not posted"
    assert (odoo.posted(), odoo.open_counts()) == ([], [])


@pytest.mark.parametrize(
    ("sku", "more", "words"),
    [
        ("0123", {}, "Odoo has no product with the internal reference '0123': not posted"),
        ("lot", {"tracking": "lot"}, "lot is tracked by lots or serial numbers"),
        ("ride", {"is_storable": False}, "Odoo does not count ride"),
    ],
)
def test_what_cannot_be_corrected(
    latest: FakeOdoo, ledger: Make, sku: str, more: dict[str, object], words: str
) -> None:
    """SKUs are exact, lots are a person's choice, and what Odoo does not count has no balance."""
    if more:
        latest.product(sku, **more)
    answer = ledger(latest).correct(request(sku=sku, available=0))
    assert answer.answered is Answered.REJECTED
    assert words in answer.text
    assert latest.posted() == []


@pytest.mark.parametrize(("by", "ref"), [(0, REF), (-1, "")])
def test_what_is_no_correction(latest: FakeOdoo, ledger: Make, by: int, ref: str) -> None:
    """Without a ref it could be posted twice."""
    put(latest)
    assert ledger(latest).correct(request(by, ref)).answered is Answered.REJECTED
    assert latest.posted() == []


def settled(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """What a next run does about a correction that nobody knows the end of; then it stands exactly once."""
    opened = ledger(odoo)
    if not opened.posted([REF]):
        assert odoo.open_counts() == []
        assert opened.correct(request()).answered is Answered.ACCEPTED
    assert opened.posted([REF]) == {REF: -1}
    assert odoo.posted() == [(REF, -1)]
    assert (odoo.on_hand(shirt), odoo.open_counts()) == (539, [])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", WRITES)
def test_a_process_that_dies_anywhere(odoo: FakeOdoo, shirt: int, ledger: Make, call: str, when: str) -> None:
    """The next one finds it posted, or takes back what was left and posts it."""
    getattr(odoo, when)[call] = [dies]
    with pytest.raises(KeyboardInterrupt):
        ledger(odoo).correct(request())
    settled(odoo, shirt, ledger)


def lost(fake: FakeOdoo) -> Answer:
    raise WireFault("odoo.example broke off its answer", sent=True)


def gateway(fake: FakeOdoo) -> Answer:
    return fake.answer("<html>502 Bad Gateway</html>", 502, raw=True)


@pytest.mark.parametrize("fault", [lost, gateway])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", WRITES)
def test_an_answer_that_is_lost(
    odoo: FakeOdoo, shirt: int, ledger: Make, call: str, when: str, fault: Callable[[FakeOdoo], Answer]
) -> None:
    """It is never sent again. Only where stock may have changed the end is unknown, and it is looked up."""
    getattr(odoo, when)[call] = [fault]
    answer = ledger(odoo).correct(request())
    expected = Answered.UNKNOWN if call.endswith("action_apply") else Answered.NOT_SENT
    assert answer.answered is expected, answer
    assert odoo.calls.count(call) == 1
    settled(odoo, shirt, ledger)


def test_a_delayed_apply_finds_nothing_to_apply(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """A request that was given up and arrives after the next run posted changes nothing: its count is gone."""
    odoo.before["stock.inventory.adjustment.name.action_apply"] = [lost]
    assert ledger(odoo).correct(request()).answered is Answered.UNKNOWN
    delayed = max(odoo.tables["stock.inventory.adjustment.name"])
    settled(odoo, shirt, ledger)
    odoo._action_apply("stock.inventory.adjustment.name", [delayed], {}, {})
    assert (odoo.posted(), odoo.on_hand(shirt)) == ([(REF, -1)], 539)


@pytest.mark.parametrize("call", ["stock.move.search_count", "stock.quant.search_read", *WRITES])
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_that_post_the_same_at_once(odoo: FakeOdoo, shirt: int, ledger: Make, call: str, when: str) -> None:
    """Wherever the second one comes between, one movement stands, and both say what is true."""
    second: list[Answered] = []

    def other(fake: FakeOdoo) -> None:
        second.append(ledger(fake).correct(request()).answered)

    getattr(odoo, when)[call] = [other]
    first = ledger(odoo).correct(request())
    assert odoo.posted() == [(REF, -1)], (first, second)
    assert odoo.on_hand(shirt) == 539
    told = {first.answered, *second}
    assert Answered.ACCEPTED in told
    assert told <= {Answered.ACCEPTED, Answered.CONFLICT}
    assert ledger(odoo).posted([REF]) == {REF: -1}
    assert odoo.open_counts() == []


@pytest.mark.parametrize("call", WRITES)
def test_stock_that_moves_between_the_count_and_its_application(
    odoo: FakeOdoo, shirt: int, ledger: Make, call: str
) -> None:
    """Nothing is posted and nothing of the delivery is undone: never an overwritten quantity."""

    def sent(fake: FakeOdoo) -> None:
        later(fake, seconds=1)
        row = min(fake.tables["stock.quant"])
        fake.touch("stock.quant", row, quantity=35)
        fake.move(shirt, 2, STOCK, CUSTOMERS)

    odoo.before[call] = [sent]
    answer = ledger(odoo).correct(request())
    assert answer.answered is Answered.CONFLICT
    assert answer.available == 38
    assert (odoo.posted(), odoo.on_hand(shirt), odoo.open_counts()) == ([], 538, [])


def test_somebody_elses_count_is_left_alone(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """A person who counts the product has it; the correction waits until that count is applied or cleared."""
    row = odoo.tables["stock.quant"][min(odoo.tables["stock.quant"])]
    row |= {
        "inventory_quantity": 30,
        "inventory_diff_quantity": -7,
        "inventory_quantity_set": True,
        "user_id": [2, "An"],
    }
    answer = ledger(odoo).correct(request())
    assert answer.answered is Answered.NOT_SENT
    assert "a count of 00123 by somebody else waits in Odoo" in answer.text
    assert ledger(odoo).posted([REF]) == {}
    assert (row["inventory_quantity"], row["user_id"], odoo.posted()) == (30, [2, "An"], [])


def test_a_count_that_somebody_clears_never_empties_the_shelf(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """A missing count is no count of zero: the wizard passes over it."""
    odoo.before["stock.inventory.adjustment.name.action_apply"] = [
        lambda fake: fake._action_clear_inventory_quantity("", [min(fake.tables["stock.quant"])], {}, {})
    ]
    assert ledger(odoo).correct(request()).answered is Answered.CONFLICT
    assert (odoo.posted(), odoo.on_hand(shirt)) == ([], 540)


def test_a_quant_that_is_there_twice(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """Odoo merges such twins by itself; until then nothing is posted."""
    odoo.quant(shirt, 0)
    assert ledger(odoo).correct(request()).answered is Answered.NOT_SENT
    assert odoo.posted() == []


def locked(name: str = "odoo.exceptions.UserError") -> Refusal:
    return Refusal(name, "You cannot add/modify entries prior to and inclusive of the lock date 2026-11-30.")


def test_a_locked_period(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """Odoo's own words and the way on; the count is taken back."""
    odoo.refuse_apply = locked()
    answer = ledger(odoo).correct(request())
    assert answer.answered is Answered.REJECTED
    assert "inclusive of the lock date 2026-11-30." in answer.text
    assert "open today's period in Odoo" in answer.text
    assert (odoo.posted(), odoo.open_counts()) == ([], [])


@pytest.mark.parametrize(
    ("call", "refusal"),
    [(WRITES[0], access()), (WRITES[1], access()), (WRITES[2], access()), (WRITES[2], locked("x.Y"))],
)
def test_what_odoo_refuses_leaves_nothing_behind(
    odoo: FakeOdoo, shirt: int, ledger: Make, call: str, refusal: Refusal
) -> None:
    """A refused call was taken back by Odoo, and the count by us."""

    def refuse(fake: FakeOdoo) -> Answer:
        raise refusal

    odoo.before[call] = [refuse]
    answer = ledger(odoo).correct(request())
    assert answer.answered is Answered.REJECTED
    assert refusal.message in answer.text
    assert (odoo.posted(), odoo.open_counts()) == ([], [])


def test_a_user_that_may_not_apply_counts(odoo: FakeOdoo, shirt: int, ledger: Make) -> None:
    """It is told before anything is tried, and by Odoo where it was tried all the same."""
    odoo.manager = False
    assert "only an administrator of Inventory may apply a count" in str(ledger(odoo).corrects())
    if odoo.major < 19:
        answer = ledger(odoo).correct(request())
        assert answer.answered is Answered.REJECTED
        assert "only an administrator of Inventory" in answer.text
    assert (odoo.posted(), odoo.open_counts()) == ([], [])


def test_where_corrections_are_posted(latest: FakeOdoo, ledger: Make) -> None:
    """With several warehouses the configuration says it; a place that does not count is refused."""
    put(latest)
    assert "name the one for corrections under correct_at" in str(ledger(latest, warehouses=()).corrects())
    assert "WH/Nowhere is not an internal location" in str(ledger(latest, correct_at="WH/Nowhere").corrects())
    opened = ledger(latest, correct_at="WH/Stock/Shelf")
    assert opened.correct(request(-3)).answered is Answered.ACCEPTED
    assert [row["quantity"] for row in latest.tables["stock.quant"].values()] == [37, 0, 500]


def test_counts_of_ours_alone_are_taken_back(latest: FakeOdoo, ledger: Make) -> None:
    """Looking up what was posted clears what a dead process left, and nothing of anybody else."""
    put(latest)
    mine, theirs, _ = latest.tables["stock.quant"].values()
    for row, user in ((mine, BOT), (theirs, 2)):
        row |= {"inventory_quantity": 1, "inventory_quantity_set": True, "user_id": [user, "N"]}
    assert ledger(latest).posted([REF]) == {}
    assert (mine["inventory_quantity_set"], theirs["inventory_quantity_set"]) == (False, True)


def test_many_refs_are_found_at_once(latest: FakeOdoo, ledger: Make) -> None:
    """More than one search can hold."""
    put(latest)
    ledger(latest).correct(request())
    assert ledger(latest).posted([*(f"none-{number}" for number in range(200)), REF]) == {REF: -1}
