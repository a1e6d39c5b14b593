"""The little pull: what it reads, what it keeps, when it gives way to a full one, and what never rests on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.channels.base import Changed, ChangesRequest
from stockrecon.core.findings import ActionKind, OutcomeResult, RunResult
from stockrecon.core.intent import Answered, NewIntent
from stockrecon.core.model import ListingKey, Sku
from stockrecon.core.policy import Mode, Policy
from stockrecon.reports import render
from stockrecon.reports.view import View
from stockrecon.state import State
from stockrecon.state.bases import pack
from tests.listen.conftest import NOW
from tests.listen.world import SHOP, Market, Seller, ToldChannel, document

MINUTE = timedelta(minutes=1)


@pytest.fixture
def seller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seller:
    """Thirty items in line, a listener that was there before the first run, a message that proves that it hears."""
    market = Market()
    made = Seller(tmp_path, market, monkeypatch)
    for number in range(30):
        sku = f"SKU-{number:02d}"
        market.add(str(number), sku, 10)
        made.stock[sku] = 10
    made.book("SKU-00", 0, "stocktake")
    market.tell(places=(("29", ""),))
    made.beat()
    made.receive_all()
    market.pass_time(timedelta(hours=1))
    made.beat(timedelta(hours=1))
    made.run()
    made.wait(30 * MINUTE)
    return made


def read(seller: Seller) -> set[str]:
    assert seller.channel is not None
    return seller.channel.read


def why(result: RunResult) -> str:
    """Why the shop was read in full; fails where it was not."""
    (shop,) = result.shops
    assert shop.little is None
    return shop.in_full


def test_nothing_happened_and_nothing_is_read(seller: Seller) -> None:
    """Two lists instead of thirty items; the report says since when, and how many were kept."""
    before = seller.market.requests
    result = seller.run()
    assert seller.market.requests - before == 2
    (shop,) = result.shops
    assert shop.little is not None
    assert (shop.little.since, shop.little.full_at, shop.little.kept) == (NOW + 60 * MINUTE, NOW + 60 * MINUTE, 30)
    assert (shop.requests, shop.listings, result.summary.in_line) == (2, 30, 30)
    assert result.exit_code == 0


def _order(seller: Seller) -> None:
    seller.market.order("A", "3", 2)
    seller.receive_all()


def _cancelled(seller: Seller) -> None:
    seller.market.order("A", "3", 2)
    seller.market.cancel("A")
    seller.receive_all()


def _edit(seller: Seller) -> None:
    seller.market.edit("3", 7)


def _message(seller: Seller) -> None:
    seller.market.push("3", 7)
    seller.market.tell(places=(("3", ""),))
    seller.receive_all()


def _ledger(seller: Seller) -> None:
    seller.book("SKU-03", -4, "manual")


def _oms(seller: Seller) -> None:
    seller.pushed("3", 7)


def _new(seller: Seller) -> None:
    seller.market.add("30", "SKU-03", 5)


@pytest.mark.parametrize("event", [_order, _cancelled, _edit, _message, _ledger, _oms])
def test_what_anybody_told_of_is_read(seller: Seller, event: Callable[[Seller], None]) -> None:
    """An order, its cancellation, an edit that the marketplace lists, a message, a movement of the ledger, a push that
    the ledger names: that item is read and no other, and the report is that of a full pull."""
    event(seller)
    seller.wait(5 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"))
    result = seller.run()
    assert read(seller) == {"3"}
    assert document(result) == document(whole)


def test_what_the_ledger_pushed_may_have_been_read_already(seller: Seller) -> None:
    """An order and a push of the OMS to one item: it is read once, and nothing is made twice of it."""
    _order(seller)
    _oms(seller)
    seller.wait(5 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"))
    result = seller.run()
    assert read(seller) == {"3"}
    assert document(result) == document(whole)


def test_a_push_to_what_the_shop_does_not_have_asks_for_nothing(seller: Seller) -> None:
    """Ledgers go on pushing to items that are long gone; the shop has no answer for those, and needs none."""
    seller.market.add("gone", "SKU-gone", 5)
    seller.pushed("gone", 4)
    del seller.market.items["gone"]
    seller.wait(5 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"))
    result = seller.run()
    assert result.shops[0].little is not None
    assert read(seller) == set()
    assert document(result) == document(whole)


def test_a_new_item_is_read_and_the_listings_are_still_proven(seller: Seller) -> None:
    """It is in the marketplace's list of updates, and its count is one more; so are its SKU's other listings, for a
    second listing of one SKU has something to tell."""
    _new(seller)
    seller.wait(5 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"))
    result = seller.run()
    assert read(seller) == {"30", "3"}
    assert document(result) == document(whole)
    assert result.summary.listings == 31


def _sent(seller: Seller) -> int:
    """This program sends a number to item 3, and does not hear what became of it."""
    key = ListingKey(SHOP, "3", "")
    with State.open(seller.state_folder, seller.clock) as state:
        run = state.begin_run("sync --apply", seller.clock())
        (one,) = state.journal.open(run, [NewIntent("a", ActionKind.SET_STOCK, Sku("SKU-03"), key, 12, 10)])
        state.journal.answered({one.id: (Answered.UNKNOWN, "no answer")})
        return one.id


def _settled(seller: Seller, number: int, result: OutcomeResult) -> None:
    with State.open(seller.state_folder, seller.clock) as state:
        state.journal.settle(number, result, seen=10, detail="")


@pytest.mark.parametrize(
    "result", [OutcomeResult.CONFIRMED, OutcomeResult.SUPERSEDED, OutcomeResult.NOT_APPLIED, OutcomeResult.CONFLICT]
)
def test_what_this_program_sent_is_read_whatever_came_of_it(seller: Seller, result: OutcomeResult) -> None:
    """What nobody answered may have taken effect, and what is settled now may have done so since it was read last."""
    number = _sent(seller)
    for _ in range(2):  # as long as it is open
        seller.wait(20 * MINUTE)
        seller.run()
        assert read(seller) == {"3"}
    _settled(seller, number, result)
    seller.wait(5 * MINUTE)
    seller.run()
    assert read(seller) == {"3"}
    seller.wait(20 * MINUTE)
    seller.run()
    seller.wait(20 * MINUTE)
    seller.run()
    assert read(seller) == set()


def test_sums_are_over_what_was_read_also_where_some_skus_are_asked_for(seller: Seller) -> None:
    """A kept number that the ledger has left behind is no variance before it was looked at, asked for or not."""
    seller.stock["SKU-07"] = 4
    seller.market.push("7", 4)
    seller.wait(5 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"), skus=("SKU-01",))
    result = seller.run(skus=("SKU-01",))
    assert result.shops[0].little is not None
    assert (result.summary.in_line, result.summary.variance_units) == (30, 0)
    assert document(result) == document(whole)


@pytest.mark.parametrize("item", ["3", "30"])
def test_an_order_that_comes_while_items_are_read_is_not_missed(
    seller: Seller, monkeypatch: pytest.MonkeyPatch, item: str
) -> None:
    """It is in the number and not among the orders, which were asked for before: the shop is read in full, orders last,
    and the report says what is in flight. So it is with one of a kit, which may have taken this item's stock."""
    seller.market.add("30", "KIT", 5, fulfilment="computed")
    seller.wait(MINUTE)
    seller.run(little=False)
    seller.wait(20 * MINUTE)
    seller.stock["SKU-03"] = 8
    plain = ToldChannel.changed

    def changed(channel: ToldChannel, request: ChangesRequest) -> Changed:
        found = plain(channel, request)
        if "R" not in seller.market.orders:
            seller.market.now += timedelta(seconds=1)
            seller.market.order("R", item, 1)
        return found

    monkeypatch.setattr(ToldChannel, "changed", changed)
    result = seller.run()
    assert why(result) == "order R came or changed while it was read"
    found = {finding.scenario: finding.units for s in result.statements for finding in s.findings if s.sku == "SKU-03"}
    assert found == ({"in-flight": -1, "unexplained": 2} if item == "3" else {"unexplained": 2})


def test_orders_are_asked_for_once_more_where_no_order_explains_what_differs(seller: Seller) -> None:
    """Not for what is in flight, and of nothing that is in line: that costs two lists, and no item."""
    seller.market.order("A", "3", 1)
    seller.receive_all()
    seller.wait(5 * MINUTE)
    assert seller.run().shops[0].requests == 2 + 1
    seller.stock["SKU-07"] = 8
    seller.wait(5 * MINUTE)
    (shop,) = seller.run().shops
    assert shop.little is not None
    assert shop.requests == 2 + 2 + 2


def test_a_campaign_is_read_when_it_ends(seller: Seller) -> None:
    """Its units come back without a message: what changes by the clock alone is known beforehand."""
    seller.market.enrol("C", "4", 6, timedelta(minutes=70))
    seller.receive_all()
    seller.wait(20 * MINUTE)
    seller.run()
    assert read(seller) == {"4"}
    seller.wait(60 * MINUTE)
    whole = seller.run(little=False, state=seller.beside("whole"))
    result = seller.run()
    assert read(seller) == {"4"}
    assert document(result) == document(whole)


def test_units_that_are_withheld_are_read_every_time(seller: Seller) -> None:
    """They go back without an update of their order."""
    seller.market.order("U", "5", 1, status="unpaid")
    seller.market.row("5")["withheld"] = 1
    seller.receive_all()
    seller.wait(5 * MINUTE)
    seller.run()
    seller.wait(3 * timedelta(hours=1))
    seller.market.row("5").update(withheld=0, sellable=10)
    seller.run()
    assert read(seller) == {"5"}


@pytest.mark.parametrize("fulfilment", ["platform", "computed"])
def test_what_the_channel_keeps_by_itself_is_read_every_time(seller: Seller, fulfilment: str) -> None:
    """Its number moves without an order of its own: stock in the platform's warehouse, a kit of other listings."""
    seller.market.add("30", "KIT", 5, fulfilment=fulfilment)
    seller.wait(MINUTE)
    seller.run(little=False)
    seller.wait(20 * MINUTE)
    seller.run()
    assert read(seller) == {"30"}


def test_an_order_of_a_kit_has_the_shop_read_in_full(seller: Seller) -> None:
    """It took the stock of other listings, and nothing tells of which."""
    seller.market.add("30", "KIT", 5, fulfilment="computed")
    seller.wait(MINUTE)
    seller.run(little=False)
    seller.wait(20 * MINUTE)
    seller.market.order("K", "30")
    seller.receive_all()
    for _ in range(2):  # once more, as it came shortly before a full pull
        seller.wait(8 * MINUTE)
        assert why(seller.run()) == "order K is of item 30, whose stock is that of others"
    seller.wait(8 * MINUTE)
    assert seller.run().shops[0].little is not None


def test_a_listing_of_a_statement_is_read_before_anything_is_said_of_it(seller: Seller) -> None:
    """A difference that stands is read in every run: what the report tells of it is never old."""
    seller.stock["SKU-07"] = 4
    result = seller.run()
    assert read(seller) == {"7"}
    (statement,) = result.statements
    assert [line.listing.exposed for line in statement.lines] == [10]
    seller.market.push("7", 4)
    seller.wait(10 * MINUTE)
    assert seller.run().statements == ()


def test_what_nobody_told_of_is_seen_by_the_next_full_pull(seller: Seller) -> None:
    """A number that another program sets without a sign: until then the report is that of a shop in which it had not
    happened yet, and says how old that is."""
    seller.market.push("9", 3)
    seller.wait(20 * MINUTE)
    result = seller.run()
    assert (read(seller), result.statements) == (set(), ())
    seller.wait(timedelta(hours=6))
    result = seller.run()
    assert why(result) == "its last full pull is of 2026-11-24 13:00 UTC"
    assert [statement.sku for statement in result.statements] == ["SKU-09"]


def test_little_pulls_go_on_from_one_another(seller: Seller) -> None:
    """What one has read the next need not: each goes on from the newest reading. The full pull's age stays."""
    for number in range(4):
        seller.market.order(str(number), str(number))
        seller.book(f"SKU-{number:02d}", -1, "order", str(number))
        seller.receive_all()
        seller.wait(70 * MINUTE)
        result = seller.run()
        assert read(seller) == {str(number)}
        (shop,) = result.shops
        assert shop.little is not None
        assert shop.little.full_at == NOW + 60 * MINUTE
        assert result.exit_code == 0


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda seller: setattr(seller.market, "counts", -1), "it counts 29 items, 30 are known"),
        (lambda seller: seller.market.items.pop("12"), "it counts 29 items, 30 are known"),
        (lambda seller: setattr(seller.market, "terms", "x"), "read last under another configuration"),
        (lambda seller: setattr(seller, "options", {"warehouse": "B"}), "read last under another configuration"),
        (lambda seller: setattr(seller, "policy", Policy(lookback=timedelta(days=9))), "read last under another conf"),
        (lambda seller: seller.market.pass_time(-30 * MINUTE), "its time did not go on"),
        (lambda seller: seller.market.lost.add("3") or _edit(seller), "item 3 is not found any more"),
        (lambda seller: [seller.market.edit(str(n), 9) for n in range(21)], "21 of its 30 items have to be read"),
        (lambda seller: seller.stock.update((f"SKU-{n:02d}", 9) for n in range(21)), "21 of its 30 items have to be"),
    ],
)
def test_what_cannot_be_proven_is_read_in_full(seller: Seller, spoil: Callable[[Seller], object], reason: str) -> None:
    """The count, the terms, the time, what is missing, too much: the run reads all, at once, and says why."""
    spoil(seller)
    result = seller.run()
    assert reason in why(result)
    assert seller.channel is not None
    assert seller.channel.pulls == 1


def test_what_a_channel_notes_is_given_back_to_it(seller: Seller) -> None:
    """By a full pull and by a little one: each is told what the reading that it goes on from has noted."""
    for before, now in (("", "full"), ("full", "little"), ("little", "more")):
        seller.market.noted = now
        seller.run(little=bool(before))
        assert seller.channel is not None
        assert seller.channel.given_back == before
        seller.wait(5 * MINUTE)


def test_doubt_of_the_channel_itself(seller: Seller) -> None:
    """A list that does not prove its end is no proof of anything; nor is a full pull with it."""
    seller.market.doubt = "the list has no end"
    result = seller.run()
    assert why(result) == "the list has no end"
    (shop,) = result.shops
    assert shop.facts is not None
    assert not shop.facts.complete


def test_a_shop_that_answers_only_a_full_pull_is_read_in_full(seller: Seller) -> None:
    """What a little pull asks for may be refused: listening never makes a shop unreadable."""
    seller.market.refuses = True
    result = seller.run()
    assert why(result) == "told-vn: update_after is not supported"
    assert result.summary.listings == 30


def test_a_base_with_other_columns_is_no_base(seller: Seller) -> None:
    """Written by another state of this program, under the same version."""
    with State.open(seller.state_folder, seller.clock) as state:
        into = seller.folder / "unpacked"
        opened = state.bases.open(SHOP, into)
        assert opened is not None
        base, tables = opened
        text = tables["orders"].read_text("utf-8")
        tables["orders"].write_text("more," + text, "utf-8")
        newer = replace(base, as_of=base.as_of + MINUTE)
        assert state.bases.keep(
            state.begin_run("x", seller.clock()), SHOP, newer, pack(tables, seller.folder / "p.zip")
        )
    assert why(seller.run()) == "what is kept of it was written by another version of this program"


def test_another_shop_is_another_shop(seller: Seller) -> None:
    """Mixed up credentials are a fault, as in a full pull: nothing of the other shop is mixed in."""
    seller.market.identity = "VN 2"
    (shop,) = seller.run().shops
    assert shop.error is not None
    assert "another shop's data" in shop.error


def test_a_shop_that_does_not_answer_is_a_fault(seller: Seller) -> None:
    """As in a full pull: told, and nothing is made up from what was kept."""
    seller.market.unreadable = True
    result = seller.run()
    assert (result.exit_code, result.summary.listings) == (13, 0)


def test_a_missing_message_is_noticed_by_its_order(seller: Seller) -> None:
    """An order that is in the shop's list and of which nobody was told for a quarter of an hour: messages are lost."""
    seller.market.order("A", "3")
    seller.wait(10 * MINUTE)
    seller.run()
    assert read(seller) == {"3"}  # the order itself is read in any case; its message may still be under way
    seller.wait(10 * MINUTE)
    assert why(seller.run()) == "no message came of order A, which was placed at 2026-11-24 13:30 UTC"
    seller.receive_all()
    seller.wait(10 * MINUTE)
    (shop,) = seller.run().shops
    assert shop.little is not None


def test_a_message_about_the_whole_shop_reads_all_of_it(seller: Seller) -> None:
    """Locations that count, the seller's status. One that came shortly before a full pull may have shown its effect
    later: it counts once more."""
    seller.market.tell(whole=True)
    seller.receive_all()
    for _ in range(2):
        seller.wait(8 * MINUTE)
        assert why(seller.run()) == "a message (topic) concerns all of it"
    seller.wait(8 * MINUTE)
    assert seller.run().shops[0].little is not None


def test_a_listener_that_was_away_is_no_proof(seller: Seller) -> None:
    """Away for more than five minutes: the shop is read in full, and once it listens again by its changes."""
    seller.market.pass_time(6 * MINUTE)
    assert why(seller.run()) == "the listener was there last at 2026-11-24 13:30 UTC"
    assert not list((seller.state_folder / "bases").iterdir())
    seller.beat()
    seller.market.pass_time(MINUTE)
    assert why(seller.run()) == ""
    seller.wait(MINUTE)
    seller.run()
    seller.wait(MINUTE)
    assert seller.run().shops[0].little is not None


def test_without_a_listener_all_is_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept for little pulls, every run is a full one, and the report does not speak of it."""
    market = Market()
    market.add("1", "SKU-1", 10)
    seller = Seller(tmp_path, market, monkeypatch, {"SKU-1": 10})
    for _ in range(3):
        result = seller.run()
        assert why(result) == ""
        assert "How the shops were read" not in "".join(render("table", result, View()))
        market.pass_time(10 * MINUTE)
    assert not list((seller.state_folder / "bases").iterdir())


def test_a_listener_that_hears_nothing_is_no_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The marketplace may never have been told the address."""
    market = Market()
    market.add("1", "SKU-1", 10)
    seller = Seller(tmp_path, market, monkeypatch, {"SKU-1": 10})
    seller.beat()
    seller.run()
    seller.wait(10 * MINUTE)
    assert why(seller.run()) == "no message of it has come yet"


@pytest.mark.parametrize("options", [{"everything": True}, {"little": False}])
def test_all_of_it_can_be_asked_for(seller: Seller, options: dict[str, bool]) -> None:
    """Every SKU, or a full pull: read in full."""
    seller.run(**options)
    assert seller.channel is not None
    assert (seller.channel.pulls, seller.channel.read) == (1, set())


def test_a_damaged_base_is_read_around(seller: Seller) -> None:
    """In full, without a word of error."""
    (path,) = (seller.state_folder / "bases").iterdir()
    path.write_bytes(b"PK")
    assert why(seller.run()) == "no reading of it is kept that it could be gone on from"


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.APPLY])
def test_what_may_be_written_rests_on_a_full_pull(seller: Seller, mode: Mode) -> None:
    """A run that may write reads the shop in full first where it finds something to write, and nowhere else: its plan
    and all that guards go by are those of a full pull."""
    seller.mode = mode
    seller.policy = replace(Policy(), apply_scenarios=frozenset({"orders-too-near", "unexplained"}))
    seller.run(little=False)
    seller.wait(10 * MINUTE)
    assert seller.run(writes=True).shops[0].little is not None
    seller.wait(MINUTE)
    seller.policy = replace(seller.policy, correct_unexplained=True)
    seller.stock["SKU-07"] = 4
    whole = seller.run(little=False, writes=True, state=seller.beside("whole"))
    result = seller.run(writes=True)
    (action,) = [one for one in result.plan.actions if one.kind is ActionKind.SET_STOCK]
    assert (action.frm, action.to) == (10, 4)
    assert seller.channel is not None
    if mode is Mode.OBSERVE:
        assert seller.channel.pulls == 0
    else:
        assert seller.channel.pulls == 1
        assert why(result) == "something may be written, and that rests on a full pull"
        assert result.standing == whole.standing
        assert result.plan == whole.plan
    assert document(result) == document(whole)


def test_a_raise_is_never_planned_from_a_little_pull(seller: Seller) -> None:
    """It is withheld, with the way to it; the two readings that it needs may be little ones."""
    seller.policy = replace(Policy(), apply_scenarios=frozenset({"unexplained"}), correct_unexplained=True)
    seller.run(little=False)
    seller.wait(10 * MINUTE)
    seller.stock["SKU-07"] = 14
    rules = []
    for _ in range(2):
        result = seller.run()
        assert result.shops[0].little is not None
        rules += [one.rule for one in result.plan.withheld]
        assert not [one for one in result.plan.actions if one.kind is ActionKind.SET_STOCK]
        seller.wait(11 * MINUTE)
    assert rules == ["confirm-raise", "full-pull"]
    (held,) = result.plan.withheld
    assert "needs every shop read in full; of told-vn only what may have changed was read: run with --full" in held.text
    result = seller.run(little=False)
    assert [(one.frm, one.to) for one in result.plan.actions if one.kind is ActionKind.SET_STOCK] == [(10, 14)]


def test_guards_take_a_little_pull_for_no_end(seller: Seller) -> None:
    """Whoever would carry out a plan of one all the same is refused: it is not proven to be read to its end."""
    result = seller.run()
    assert result.standing is not None
    error = result.standing.shops[SHOP].error
    assert error == "only what may have changed since 2026-11-24 13:00 UTC was read; --full reads all"


def test_only_a_full_pull_is_remembered_as_one(seller: Seller) -> None:
    """Not its rows for what was lost since, not its time for what stood until then; what it read is history."""
    with State.open(seller.state_folder, seller.clock) as state:
        before = state.good_rows(SHOP), state.snapshot_time(SHOP)
    _new(seller)
    seller.market.edit("3", 7)
    seller.wait(5 * MINUTE)
    seller.run()
    with State.open(seller.state_folder, seller.clock) as state:
        assert (state.good_rows(SHOP), state.snapshot_time(SHOP)) == before
        seen = {(one.key.item_id, one.at, one.sellable) for one in state.history(SHOP, NOW)}
    assert ("3", seller.market.now, 7) in seen
    assert ("3", NOW + 60 * MINUTE, 10) in seen
    assert ("30", seller.market.now, 5) in seen
    assert not any(item == "5" for item, _, _ in seen)


def test_history_goes_on_over_little_and_full_pulls(seller: Seller) -> None:
    """Each value from when it was first seen, once; a value that came back is known to have been away."""
    for units in (7, 10, 10):
        seller.market.edit("3", units)
        seller.wait(20 * MINUTE)
        seller.run()
    seller.wait(20 * MINUTE)
    seller.run(little=False)
    seller.market.edit("3", 8)
    seller.wait(20 * MINUTE)
    seller.run(little=False)
    with State.open(seller.state_folder, seller.clock) as state:
        found = [(one.at - NOW, one.sellable) for one in state.history(SHOP, NOW) if one.key.item_id == "3"]
    minutes = [(span // MINUTE, units) for span, units in found]
    assert minutes == [(60, 10), (110, 7), (130, 10), (170, 10), (190, 8)]


def test_the_report_says_how_each_shop_was_read(seller: Seller) -> None:
    """For people and for programs: since when, how much was kept, what could have changed unseen."""
    seller.market.edit("3", 7)
    seller.wait(5 * MINUTE)
    result = seller.run()
    table = " ".join("".join(render("table", result, View())).split())
    assert "told-vn: changes since 13:00 +00:00; 29 of 30 listings as of then (what another program sets)" in table
    seller.wait(15 * MINUTE)
    table = " ".join("".join(render("table", seller.run(), View())).split())
    assert "changes since 13:35 +00:00; 29 of 30 listings as of then or earlier, since the full pull at 13:00" in table
    seller.wait(MINUTE)
    seller.market.counts = 1
    table = " ".join("".join(render("table", seller.run(), View())).split())
    assert "told-vn: read in full: it counts 31 items, 30 are known" in table
