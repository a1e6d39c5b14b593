"""The guards, one rule at a time: what breaks it, what just does not, and every word of the refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stockrecon.core.findings import Action, ActionKind, Refusal
from stockrecon.core.guard import AHEAD, LEDGER, LOST, TRUST, counts_on, effects, judge
from stockrecon.core.model import ShopName, Sku
from stockrecon.core.policy import Limit, Limits, Policy
from stockrecon.core.standing import Standing
from tests.core.writes import DIGEST, NOW, OTHER, SHOP, adjust, key, ledger, people, plan_of, put, shop, standing

APPROVE = "Read the plan; if it is right: stockrecon sync --apply --approve sha256:abc."
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def judged(
    writes: Sequence[Action], at: Standing | None = None, policy: Policy | None = None, **other: Any
) -> tuple[Refusal, ...]:
    return judge(writes, at or standing(), policy or Policy(), NOW, digest=DIGEST, **other)


def rules(refusals: Sequence[Refusal]) -> list[str]:
    return [f"{refusal.who} {refusal.rule}" for refusal in refusals]


def many(number: int, frm: int = 5, to: int = 4, **other: Any) -> list[Action]:
    return [put(str(item), frm, to, **other) for item in range(number)]


def test_an_ordinary_plan_is_not_refused() -> None:
    """A decrease, a raise and a correction, all small, against what was read a minute ago."""
    assert judged([put("1"), put("2", 4, 5, OTHER), adjust("A"), people()]) == ()


def test_without_writes_nothing_is_refused() -> None:
    """What only people do or what waits is not judged, whatever was read."""
    bad = standing(shop(rows=0, error="cut short"), book=ledger(skus=0))
    assert judged([], bad) == ()
    assert judged([people()], bad, unread={LEDGER: "down"}) == ()


def test_shops_without_writes_are_not_judged() -> None:
    """An empty shop that nothing is written to refuses nothing."""
    assert judged([put("1")], standing(shop(), shop(OTHER, rows=0))) == ()


def test_the_ledger_is_judged_with_the_first_write() -> None:
    """Its trust rules hold for stock writes and for corrections alike."""
    for write in (put("1"), adjust("A")):
        assert rules(judged([write], standing(book=ledger(skus=0, units=1000)))) == ["ledger empty"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(
            standing(shop(rows=0)),
            Refusal(
                SHOP,
                "empty",
                "it holds 0 listings, and at least 1 is needed to write anything",
                "See whether this is the right one, whole and readable.",
            ),
            id="empty shop",
        ),
        pytest.param(
            standing(book=ledger(skus=0)),
            Refusal(
                LEDGER,
                "empty",
                "it holds 0 SKUs, and at least 1 is needed to write anything",
                "See whether this is the right one, whole and readable.",
            ),
            id="empty ledger",
        ),
        pytest.param(
            standing(shop(rows=179, good_rows=200)),
            Refusal(
                SHOP,
                "lost",
                "21 of 200 listings are gone since the last good snapshot; the limit is 20, the larger of 2 and 10 %",
                f"{APPROVE} apply.limits.lost holds the limit.",
                approvable=True,
            ),
            id="shop lost rows",
        ),
        pytest.param(
            standing(book=ledger(skus=100, good_rows=112)),
            Refusal(
                LEDGER,
                "lost",
                "12 of 112 SKUs are gone since the last good snapshot; the limit is 11, the larger of 2 and 10 %",
                f"{APPROVE} apply.limits.lost holds the limit.",
                approvable=True,
            ),
            id="ledger lost rows",
        ),
        pytest.param(
            standing(shop(error="page 3 of 4 is missing")),
            Refusal(
                SHOP,
                "unread-end",
                "it is not proven to have been read to its end: page 3 of 4 is missing",
                "Mend what kept it from being read, and run again.",
            ),
            id="shop not read to its end",
        ),
        pytest.param(
            standing(shop(as_of=NOW - 15 * MINUTE - SECOND / 2)),
            Refusal(
                SHOP,
                "old",
                "what was read is of 2026-11-11 11:44:59 UTC, 15m 1s old; the limit is 15m",
                "Run again with what is newer. policy.max_age.network holds the limit.",
            ),
            id="old shop",
        ),
        pytest.param(
            standing(book=ledger(networked=False, as_of=NOW - timedelta(hours=26, seconds=1))),
            Refusal(
                LEDGER,
                "old",
                "what was read is of 2026-11-10 09:59:59 UTC, 1d 2h 1s old; the limit is 1d",
                "Run again with what is newer. policy.max_age.file holds the limit.",
            ),
            id="old ledger file",
        ),
        pytest.param(
            standing(shop(as_of=NOW + 6 * MINUTE)),
            Refusal(
                SHOP,
                "future",
                "what was read is of 2026-11-11 12:06:00 UTC, 6m ahead of this run's time; the limit is 5m",
                "Set the clocks right, or the time that it tells (or --now).",
            ),
            id="shop of the future",
        ),
        pytest.param(
            standing(shop(seen=NOW)),
            Refusal(
                SHOP,
                "older-than-seen",
                "what was read is of 2026-11-11 11:59:00 UTC, 1m older than what an earlier run read, "
                "of 2026-11-11 12:00:00 UTC; the limit is 0s",
                "Run again with what is as new as that, or newer.",
            ),
            id="shop older than seen",
        ),
    ],
)
def test_what_cannot_be_trusted(at: Standing, expected: Refusal) -> None:
    """Each rule about what was read: who, what, the number, the limit, the way on; only lost rows can be approved."""
    assert judged([put("1")], at) == (expected,)


def test_nothing_is_written_without_the_memory_of_earlier_runs() -> None:
    """Nobody can tell then what was lost, what is older than before, or what is open; without writes nobody asks."""
    at = replace(standing(), forgotten="the disk is full")
    assert judged([put("1")], at) == (
        Refusal(
            LEDGER,
            "forgotten",
            "what earlier runs read and wrote could not be asked for, and it has to be: the disk is full",
            "Mend what keeps the state from being used, and run again.",
        ),
    )
    assert judged([], at) == ()
    assert rules(judged([put("1")], replace(at, ledger=ledger(skus=0)))) == ["ledger forgotten", "ledger empty"]


def test_a_shop_that_was_not_read_is_refused() -> None:
    """A write to it can only come from an older plan; the reason is told where it is known."""
    text = "it is not proven to have been read to its end: "
    (refusal,) = judged([put("1", shop="gone")])
    assert (refusal.who, refusal.rule) == ("gone", "unread-end")
    assert refusal.text == text + "it was not read in this run"
    (refusal,) = judged([put("1", shop="gone")], unread={"gone": "the token was refused"})
    assert refusal.text == text + "the token was refused"


def test_reasons_from_elsewhere_are_told_too() -> None:
    """What the run knows of a shop or the ledger that the standing does not say; the standing's own word goes first."""
    why = {SHOP: "its second read failed", LEDGER: "the connection broke"}
    assert [(r.who, r.text.rpartition(": ")[2]) for r in judged([put("1")], unread=why)] == [
        (LEDGER, "the connection broke"),
        (SHOP, "its second read failed"),
    ]
    (_, refusal) = judged([put("1")], standing(shop(error="cut short")), unread=why)
    assert refusal.text.endswith(": cut short")


def test_a_write_without_a_shop_is_refused() -> None:
    """Where it would go nobody knows, so it was not read."""
    lost = Action("a-1", ActionKind.SET_STOCK, Sku("A"), "campaign-returned", "f-1", frm=2, to=1)
    assert rules(judged([lost])) == [" unread-end"]
    assert rules(judged([replace(lost, shop=SHOP)])) == []
    assert rules(judged([replace(lost, shop=SHOP, listing=key("1", "gone"))])) == ["gone unread-end"]


@pytest.mark.parametrize(
    ("good", "rows", "refused"),
    [
        (2, 1, False),
        (3, 0, True),
        (20, 18, False),
        (20, 17, True),
        (100, 90, False),
        (100, 89, True),
        (100, 101, False),
    ],
)
def test_lost_rows_at_the_limit(good: int, rows: int, refused: bool) -> None:
    """At the larger of 2 and 10 % of the last good rows it passes, one more and it does not; more rows are no loss."""
    for at in (standing(shop(good_rows=good, rows=rows)), standing(book=ledger(good_rows=good, skus=rows))):
        assert any(one.rule == LOST for one in judged([put("1")], at)) is refused


def test_without_a_last_good_snapshot_nothing_is_lost() -> None:
    """The first run has nothing to measure against."""
    assert judged([put("1")], standing(shop(rows=1), book=ledger(skus=1))) == ()


@pytest.mark.parametrize(("networked", "limit"), [(True, timedelta(minutes=15)), (False, timedelta(hours=24))])
def test_age_at_the_limit(networked: bool, limit: timedelta) -> None:
    """As old as may be passes, a microsecond more does not; networks and files have limits of their own."""
    least = timedelta(microseconds=1)
    for age, refused in ((limit, []), (limit + least, ["old"])):
        at = standing(shop(networked=networked, as_of=NOW - age))
        assert [one.rule for one in judged([put("1")], at)] == refused
        at = standing(book=ledger(networked=networked, as_of=NOW - age))
        assert [one.rule for one in judged([put("1")], at)] == refused


def test_a_limit_of_nothing_is_told_as_that() -> None:
    """Seconds go up to the next whole one, none of them is 0s."""
    (refusal,) = judged([put("1")], policy=Policy(max_age_network=timedelta(0), max_age_file=timedelta(0)))[1:]
    assert refusal.text.endswith("1m old; the limit is 0s")


def test_an_undated_ledger_has_no_age() -> None:
    """Where nothing tells when it is of, only its other rules hold."""
    old = ledger(dated=False, as_of=NOW - timedelta(days=9))
    assert judged([put("1")], standing(book=old)) == ()
    assert rules(judged([put("1")], standing(book=replace(old, seen=NOW)))) == ["ledger older-than-seen"]


def test_the_future_at_its_limit() -> None:
    """Five minutes ahead pass, a microsecond more does not."""
    least = timedelta(microseconds=1)
    for ahead, refused in ((timedelta(minutes=5), []), (AHEAD + least, ["future"])):
        assert [one.rule for one in judged([put("1")], standing(shop(as_of=NOW + ahead)))] == refused
        assert [one.rule for one in judged([put("1")], standing(book=ledger(as_of=NOW + ahead)))] == refused


def test_older_than_seen_at_its_limit() -> None:
    """As new as what was seen passes, a microsecond less does not."""
    as_of, least = NOW - MINUTE, timedelta(microseconds=1)
    for seen, refused in ((as_of, []), (as_of + least, ["older-than-seen"])):
        assert [one.rule for one in judged([put("1")], standing(shop(seen=seen)))] == refused
        assert [one.rule for one in judged([put("1")], standing(book=ledger(seen=seen)))] == refused


LIMITS = [
    pytest.param(
        many(21),
        Refusal(
            SHOP,
            "changed",
            "21 of 100 listings would be changed; the limit is 20, the larger of 5 and 20 %",
            f"{APPROVE} apply.limits.changed holds the limit.",
            approvable=True,
        ),
        id="changed",
    ),
    pytest.param(
        many(3, 1, 0),
        Refusal(
            SHOP,
            "zeroed",
            "3 of 50 listings in stock would be taken to zero; the limit is 2, the larger of 2 and 5 %",
            f"{APPROVE} apply.limits.zeroed holds the limit.",
            approvable=True,
        ),
        id="zeroed",
    ),
    pytest.param(
        [put("1", 0, 200), put("2", 9, 60), put("3", 90, 10)],
        Refusal(
            SHOP,
            "added",
            "251 units would be added to 1000 exposed ones; the limit is 250, the larger of 50 and 25 %",
            f"{APPROVE} apply.limits.added holds the limit.",
            approvable=True,
        ),
        id="added",
    ),
    pytest.param(
        [adjust(f"S{number}") for number in range(6)],
        Refusal(
            LEDGER,
            "correction-skus",
            "6 of 100 SKUs would be corrected; the limit is 5, the larger of 5 and 1 %",
            f"{APPROVE} apply.limits.corrections.skus holds the limit.",
            approvable=True,
        ),
        id="correction-skus",
    ),
    pytest.param(
        [adjust("A", -13), adjust("A", -8, "r2")],
        Refusal(
            LEDGER,
            "correction-units",
            "21 of 1000 units would be corrected; the limit is 20, the larger of 20 and 1 %",
            f"{APPROVE} apply.limits.corrections.units holds the limit.",
            approvable=True,
        ),
        id="correction-units",
    ),
]


@pytest.mark.parametrize(("writes", "expected"), LIMITS)
def test_too_much_at_once(writes: list[Action], expected: Refusal) -> None:
    """Each limit, passed by one; and with one write less it is kept."""
    assert judged(writes) == (expected,)
    assert judged(writes[1:]) == ()


def test_each_shop_has_its_own_limits() -> None:
    """Writes to one do not count against another."""
    writes = [*many(20), *many(20, shop=OTHER)]
    assert judged(writes) == ()
    assert rules(judged([*writes, put("99", shop=OTHER)])) == [f"{OTHER} changed"]


def test_each_limit_is_its_own() -> None:
    """What the owner writes for one of them moves that one only."""
    none = Limit(0, 0)
    writes = [put("1", 1, 0), put("2", 1, 2), adjust("A")]
    at = standing(shop(good_rows=101), book=ledger())
    assert judged(writes, at) == ()
    for name, rule in (
        ("changed", f"{SHOP} changed"),
        ("zeroed", f"{SHOP} zeroed"),
        ("added", f"{SHOP} added"),
        ("lost", f"{SHOP} lost"),
        ("correction_skus", "ledger correction-skus"),
        ("correction_units", "ledger correction-units"),
    ):
        assert rules(judged(writes, at, Policy(limits=replace(Limits(), **{name: none})))) == [rule]


def test_a_listing_at_zero_is_not_zeroed_again() -> None:
    """Only what is above zero, or of unknown number, is taken to zero."""
    none = Policy(limits=Limits(zeroed=Limit(0, 0)))
    assert judged([put("1", 0, 0), put("2", 2, 1)], policy=none) == ()
    assert rules(judged([put("1", 1, 0)], policy=none)) == [f"{SHOP} zeroed"]
    assert rules(judged([put("1", None, 0)], policy=none)) == [f"{SHOP} zeroed"]


def test_unknown_numbers_count_on_the_cautious_side() -> None:
    """A raise from an unknown number adds all of it; what sets no number adds nothing."""
    none = Policy(limits=replace(Limits(), added=Limit(0, 0), correction_units=Limit(0, 0)))
    assert rules(judged([put("1", None, 1)], policy=none)) == [f"{SHOP} added"]
    assert judged([put("1", 0, None), put("2", 3, None), adjust("A", None)], policy=none) == ()


def test_decreases_do_not_make_room_for_raises() -> None:
    """Units added are those of the raises alone."""
    assert rules(judged([put("1", 0, 251), put("2", 900, 100)])) == [f"{SHOP} added"]


def test_corrections_count_in_either_direction() -> None:
    """A correction upwards is as large as one downwards."""
    assert rules(judged([adjust("A", 11), adjust("A", -10, "r2")])) == ["ledger correction-units"]


def test_everything_is_named_at_once_in_a_fixed_order() -> None:
    """The ledger first, then shops by name; whether to trust first, then how much; the order of writes is nothing."""
    bad: dict[str, Any] = {"good_rows": 9, "error": "cut short", "rows": 0, "in_stock": 0, "exposed": 0}
    old: dict[str, Any] = {"as_of": NOW - timedelta(days=2), "seen": NOW}
    new: dict[str, Any] = {"as_of": NOW + timedelta(days=2), "seen": NOW + timedelta(days=3)}
    at = standing(shop(**bad, **old), shop(OTHER, **bad, **new), book=ledger(skus=0, good_rows=9, units=0, **old))
    writes = [
        *many(6, 5, 0),
        put("9", 0, 51),
        *many(6, 5, 0, shop=OTHER),
        put("9", 0, 51, OTHER),
        *(adjust(f"S{n}", -4) for n in range(6)),
    ]
    trust = ["empty", "lost", "unread-end"]
    much = ["changed", "zeroed", "added"]
    expected = [
        *(f"ledger {rule}" for rule in [*trust, "old", "older-than-seen", "correction-skus", "correction-units"]),
        *(f"{OTHER} {rule}" for rule in [*trust, "future", "older-than-seen", *much]),
        *(f"{SHOP} {rule}" for rule in [*trust, "old", "older-than-seen", *much]),
    ]
    found = judged(writes, at, unread={LEDGER: "down"})
    assert rules(found) == expected
    assert judged(writes[::-1], at, unread={LEDGER: "down"}) == found
    assert {one.rule for one in found if one.approvable} == {LOST, *much, "correction-skus", "correction-units"}


@pytest.mark.parametrize(
    "rule", ["forgotten", "empty", "lost", "unread-end", "old", "future", "older-than-seen", "any-other"]
)
def test_a_ledger_that_cannot_be_trusted_forbids_all(rule: str) -> None:
    """Every write is refused, and told why."""
    writes = [put("1"), put("2", shop=OTHER), adjust("A")]
    off = effects([Refusal(LEDGER, rule, "why")], writes, plan_of(writes))
    assert (rule in TRUST) is (rule != "any-other")
    assert off == dict.fromkeys((one.id for one in writes), f"refused ({rule}): ledger: why")


def test_a_refused_shop_is_not_written_and_others_are() -> None:
    """The first of its refusals is the reason."""
    writes = [put("1"), put("2", shop=OTHER), adjust("A")]
    refusals = [
        Refusal(SHOP, "old", "one"),
        Refusal(SHOP, "changed", "two"),
        Refusal(ShopName("third"), "old", "three"),
    ]
    assert effects(refusals, writes, plan_of(writes)) == {writes[0].id: f"refused (old): {SHOP}: one"}


@pytest.mark.parametrize("rule", ["correction-skus", "correction-units"])
def test_too_large_corrections_take_what_counts_on_them(rule: str) -> None:
    """All corrections, a write that is after one, and a kit of which any component counts on one; no other write."""
    one, two = adjust("A"), adjust("B")
    after, kit, free = put("1", after=one.id), put("2", after=two.id), put("3")
    elsewhere = put("4", shop=OTHER)
    writes = [one, two, after, kit, elsewhere, free]
    plan = plan_of(writes, {key("2"): (one.id, two.id), key("4", OTHER): (one.id,)})
    text = f"refused ({rule}): ledger: why"
    off = effects([Refusal(LEDGER, rule, "why")], writes, plan)
    assert off == dict.fromkeys((w.id for w in writes if w is not free), text)


def test_a_write_keeps_its_own_reason() -> None:
    """A refused shop's write says so, also where the correction that it counts on is refused as well."""
    one = adjust("A")
    write = put("1", after=one.id)
    refusals = [Refusal(LEDGER, "correction-skus", "one"), Refusal(SHOP, "old", "two")]
    assert effects(refusals, [one, write], plan_of([one, write]))[write.id] == f"refused (old): {SHOP}: two"


def test_what_a_write_counts_on() -> None:
    """The corrections that its target counts on, and what it is after: once each."""
    one, two = adjust("A"), adjust("B", after="a-0")
    write, free, away = put("1", after=two.id), put("2"), put("3")
    plan = plan_of([one, two, write, free, away], {key("1"): (one.id, two.id), key("3"): (one.id,)})
    assert counts_on(write, plan) == {one.id, two.id}
    assert counts_on(two, plan) == {"a-0"}
    assert counts_on(free, plan) == frozenset()
    assert counts_on(away, plan) == {one.id}
    assert plan.basis.counted_on(write) == (one.id, two.id)


def test_whom_an_action_writes_to() -> None:
    """The shop of the listing, else the shop; the ledger; nobody."""
    assert put("1", shop=OTHER).writes_to == OTHER
    assert replace(put("1", shop=OTHER), shop=SHOP).writes_to == OTHER
    assert replace(put("1"), listing=None).writes_to == SHOP
    assert replace(put("1"), listing=None, shop=None).writes_to == ""
    assert adjust("A").writes_to == LEDGER == "ledger"
    assert people().writes_to == replace(people(), kind=ActionKind.WAIT).writes_to == ""
