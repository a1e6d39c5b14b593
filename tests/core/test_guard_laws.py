"""Whatever the plan, the policy and what was read: nothing that section 6 forbids is written, and every rule is named.

The rules are written down here a second time, from the text, and the program is held against them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stockrecon.core.findings import Action, ActionKind, Plan
from stockrecon.core.guard import LOST, TRUST, effects, judge
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.core.permit import permitted
from stockrecon.core.policy import Limit, Limits, Mode, Policy
from stockrecon.core.standing import LedgerStanding, ShopStanding, Standing, lost_too_many
from tests.core.writes import DIGEST, NOW, adjust, key, ledger, people, plan_of, put, shop, standing

SHOPS = ("a-shop", "b-shop", "c-shop")
SCENARIOS = ("campaign-returned", "cancelled-order-restock", "unexplained")
SIZES = (0, 1, 2, 5, 9, 10, 11, 19, 20, 24, 25, 26, 29, 30, 40, 99, 100, 101, 199, 200, 999, 1000, 9_999, 10_000)


@dataclass(frozen=True)
class Situation:
    """A plan, and all that decides what of it is carried out."""

    plan: Plan
    standing: Standing
    policy: Policy
    modes: Mapping[ShopName, Mode]
    unread: Mapping[str, str]

    @property
    def permitted(self) -> tuple[Action, ...]:
        return permitted(self.plan, self.policy, self.modes)[0]

    def rules(self, writes: Sequence[Action]) -> list[tuple[str, str]]:
        found = judge(writes, self.standing, self.policy, NOW, digest=DIGEST, unread=self.unread)
        return [(one.who, one.rule) for one in found]

    @property
    def going(self) -> list[Action]:
        """What is written in the end."""
        writes = self.permitted
        found = judge(writes, self.standing, self.policy, NOW, digest=DIGEST, unread=self.unread)
        off = effects(found, writes, self.plan)
        return [action for action in writes if action.id not in off]


AGES = st.sampled_from([timedelta(minutes=m) for m in (0, 1, 15, 16, 60 * 24, 60 * 24 + 1, -5, -6)])
FEW = st.sampled_from((0, 1, 2, 3, 10, 100))


def sources(draw: st.DrawFn) -> dict[str, Any]:
    """What a shop and a ledger have in common; mostly in order."""
    fine = draw(st.booleans())
    as_of = NOW - (timedelta(minutes=1) if fine else draw(AGES))
    return {
        "as_of": as_of,
        "good_rows": None if fine else draw(st.none() | FEW),
        "seen": None if fine else draw(st.none() | st.sampled_from((as_of, as_of + timedelta(seconds=1)))),
        "networked": draw(st.booleans()),
    }


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Few listings and small limits, so that all sides of every limit are met."""
    limit = st.builds(Limit, st.integers(0, 3), st.sampled_from((0, 10, 50)))
    limits = Limits(**{name: draw(limit) for name in Limits.__slots__}) if draw(st.booleans()) else Limits()
    shops = [
        ShopStanding(
            ShopName(name),
            Mode.APPLY,
            rows=draw(FEW),
            in_stock=draw(FEW),
            exposed=draw(FEW),
            error=draw(st.sampled_from((None, None, "cut short"))),
            **sources(draw),
        )
        for name in draw(st.lists(st.sampled_from(SHOPS), unique=True, max_size=3))
    ]
    book = LedgerStanding(skus=draw(FEW), units=draw(FEW), dated=draw(st.booleans()), **sources(draw))
    scenario = st.sampled_from(SCENARIOS)
    fixes: list[Action] = []
    for ref in range(draw(st.integers(0, 3))):
        after = draw(st.sampled_from([None, *(fix.id for fix in fixes)]))
        fixes.append(adjust(draw(st.sampled_from("AB")), -draw(st.integers(1, 9)), f"r{ref}", after=after))
    ids = [*(fix.id for fix in fixes), "a-elsewhere"]
    sets, corrections = [], dict[ListingKey, tuple[str, ...]]()
    for item in range(draw(st.integers(0, 8))):
        where = draw(st.sampled_from(SHOPS))
        after = draw(st.sampled_from((None, None, None, *ids)))
        frm, to = draw(st.integers(0, 3)), draw(st.sampled_from((0, 1, 5, 40)))
        sets.append(put(str(item), frm, to, where, after=after, scenario=draw(scenario)))
        if draw(st.booleans()) and fixes:
            corrections[key(str(item), where)] = tuple(draw(st.lists(st.sampled_from(ids), unique=True, max_size=2)))
    return Situation(
        plan_of([*fixes, *sets, people()], corrections),
        Standing(book, {one.name: one for one in shops}, draw(st.sampled_from(("", "", "", "the state is locked")))),
        Policy(limits=limits, apply_scenarios=frozenset(draw(st.sets(scenario)))),
        {ShopName(name): draw(st.sampled_from(list(Mode))) for name in draw(st.sets(st.sampled_from(SHOPS)))},
        draw(st.dictionaries(st.sampled_from((*SHOPS, "ledger")), st.just("why"), max_size=1)),
    )


def broken(writes: Sequence[Action], of: Situation) -> Iterator[tuple[str, str]]:
    """Section 6, read again: every rule that these writes break."""
    if not writes:
        return
    limits, book = of.policy.limits, of.standing.ledger
    if of.standing.forgotten:
        yield "ledger", "forgotten"
    yield from untrusted("ledger", book, book.skus, of.unread.get("ledger"), of)
    fixes = [action for action in writes if action.kind is ActionKind.ADJUST_LEDGER]
    if beyond(len({fix.sku for fix in fixes}), book.skus, limits.correction_skus):
        yield "ledger", "correction-skus"
    if beyond(sum(abs(fix.by or 0) for fix in fixes), book.units, limits.correction_units):
        yield "ledger", "correction-units"
    for name in SHOPS:
        sets = [action for action in writes if action.listing is not None and action.listing.shop == name]
        if not sets:
            continue
        one = of.standing.shops.get(ShopName(name))
        if one is None:
            yield name, "unread-end"
            continue
        yield from untrusted(name, one, one.rows, one.error or of.unread.get(name), of)
        if beyond(len(sets), one.rows, limits.changed):
            yield name, "changed"
        if beyond(sum(1 for s in sets if s.to == 0 and s.frm), one.in_stock, limits.zeroed):
            yield name, "zeroed"
        if beyond(sum(max(0, (s.to or 0) - (s.frm or 0)) for s in sets), one.exposed, limits.added):
            yield name, "added"


def untrusted(
    name: str, source: ShopStanding | LedgerStanding, rows: int, error: str | None, of: Situation
) -> Iterator[tuple[str, str]]:
    if rows == 0:
        yield name, "empty"
    if source.good_rows is not None and beyond(source.good_rows - rows, source.good_rows, of.policy.limits.lost):
        yield name, "lost"
    if error:
        yield name, "unread-end"
    age = timedelta(minutes=15) if source.networked else timedelta(hours=24)
    if getattr(source, "dated", True) and source.as_of < NOW - age:
        yield name, "old"
    if source.as_of > NOW + timedelta(minutes=5):
        yield name, "future"
    if source.seen and source.seen > source.as_of:
        yield name, "older-than-seen"


def beyond(number: int, whole: int, limit: Limit) -> bool:
    """Whether it is more than a count and more than a share of the whole, in exact numbers."""
    return number > limit.count and number * 100 > whole * limit.percent


@settings(max_examples=200, deadline=None)
@given(situations())
def test_every_broken_rule_is_named_and_no_other(of: Situation) -> None:
    """All at once, each once, in a fixed order."""
    assert of.rules(of.permitted) == list(broken(of.permitted, of))
    every = [action for action in of.plan.actions if action.kind is not ActionKind.MANUAL]
    assert of.rules(every) == list(broken(every, of))


@settings(max_examples=200, deadline=None)
@given(situations())
def test_nothing_forbidden_is_written(of: Situation) -> None:
    """What goes breaks no rule: neither by itself nor of what was asked for as a whole."""
    going = of.going
    assert list(broken(going, of)) == []
    forbidden = set(broken(of.permitted, of))
    ids = {action.id for action in going}
    for action in going:
        assert action.kind in (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)
        assert action.scenario in of.policy.apply_scenarios
        assert Mode.APPLY in of.modes.values()
        assert not any(("ledger", rule) in forbidden for rule in TRUST)
        if action.listing is not None:
            assert of.modes.get(action.listing.shop) is Mode.APPLY
            assert action.listing.shop not in {who for who, _ in forbidden}
        else:
            assert "ledger" not in {who for who, _ in forbidden}
        needed = {action.after} if action.after else set()
        needed |= set(of.plan.basis.corrections.get(action.listing, ()) if action.listing else ())
        assert needed <= ids


@settings(max_examples=100, deadline=None)
@given(situations())
def test_no_more_is_stopped_than_must_be(of: Situation) -> None:
    """A permitted write that does not go has a refused shop, or a refused ledger that it depends on."""
    going = {action.id for action in of.going}
    named = {who for who, _ in broken(of.permitted, of)}
    distrusted = any(who == "ledger" and rule in TRUST for who, rule in broken(of.permitted, of))
    for action in of.permitted:
        if action.id in going or distrusted:
            continue
        counts = bool(action.after) or bool(action.listing and of.plan.basis.corrections.get(action.listing))
        own = action.listing.shop if action.listing else "ledger"
        assert own in named or ("ledger" in named and counts)


@settings(max_examples=100, deadline=None)
@given(situations(), st.data())
def test_writing_more_is_never_less_refused(of: Situation, data: st.DataObject) -> None:
    """Each refusal of a part of the writes is one of the whole, with the same trust and no smaller numbers."""
    every = [action for action in of.plan.actions if action.kind is not ActionKind.MANUAL]
    part = [action for action in every if data.draw(st.booleans())]
    assert set(of.rules(part)) <= set(of.rules(every))


@settings(max_examples=100, deadline=None)
@given(situations())
def test_only_numbers_can_be_approved(of: Situation) -> None:
    """The way on of what is approvable names the digest; what cannot be trusted is never approvable, save lost rows."""
    for one in judge(of.permitted, of.standing, of.policy, NOW, digest=DIGEST, unread=of.unread):
        assert one.approvable is (one.rule not in TRUST or one.rule == LOST)
        assert (DIGEST in one.way_on) is one.approvable
        assert one.text
        assert one.way_on


@settings(max_examples=100, deadline=None)
@given(situations())
def test_permits_are_lawful(of: Situation) -> None:
    """Each write is permitted or skipped for a reason, never both; the order is the plan's; asked again, the same."""
    writes, skipped = permitted(of.plan, of.policy, of.modes)
    kinds = (ActionKind.SET_STOCK, ActionKind.ADJUST_LEDGER)
    asked = [action for action in of.plan.actions if action.kind in kinds]
    assert [action for action in asked if action.id not in skipped] == list(writes)
    assert set(skipped) == {action.id for action in asked} - {action.id for action in writes}
    assert all(skipped.values())
    assert permitted(replace(of.plan, actions=writes), of.policy, of.modes) == (writes, {})


@settings(max_examples=100, deadline=None)
@given(situations(), st.sampled_from(SCENARIOS), st.sampled_from(SHOPS))
def test_permitting_more_takes_nothing_away(of: Situation, scenario: str, name: str) -> None:
    """Another scenario, or another shop in mode apply, adds writes only."""
    before = {action.id for action in of.permitted}
    policy = replace(of.policy, apply_scenarios=of.policy.apply_scenarios | {scenario})
    for more in (replace(of, policy=policy), replace(of, modes={**of.modes, ShopName(name): Mode.APPLY})):
        assert before <= {action.id for action in more.permitted}
    watched = replace(of, modes=dict.fromkeys(of.modes, Mode.OBSERVE))
    assert watched.permitted == ()


@pytest.mark.parametrize("size", SIZES)
def test_limits_at_every_size_of_shop(size: int) -> None:
    """At the limit it goes, at one more it does not: listings changed, zeroed, units added, rows lost."""
    most = max(5, size * 20 // 100)
    assert rules([put(str(n)) for n in range(most)], rows=size or 1) == []
    assert rules([put(str(n)) for n in range(most + 1)], rows=size or 1) == ["changed"]
    most = max(2, size * 5 // 100)
    assert rules([put(str(n), 1, 0) for n in range(most)], in_stock=size, rows=100_000) == []
    assert rules([put(str(n), 1, 0) for n in range(most + 1)], in_stock=size, rows=100_000) == ["zeroed"]
    most = max(50, size * 25 // 100)
    assert rules([put("1", 3, 3 + most)], exposed=size) == []
    assert rules([put("1", 3, 4 + most)], exposed=size) == ["added"]
    if size > 2:
        most = max(2, size * 10 // 100)
        assert rules([put("1")], good_rows=size, rows=size - most) == []
        assert "lost" in rules([put("1")], good_rows=size, rows=size - most - 1)


@pytest.mark.parametrize("size", SIZES)
def test_limits_at_every_size_of_ledger(size: int) -> None:
    """At the limit it goes, at one more it does not: SKUs and units corrected."""
    most = max(5, size // 100)
    for number, expected in ((most, []), (most + 1, ["correction-skus"])):
        fixes = [adjust(f"S{n}") for n in range(number)]
        at = standing(book=ledger(skus=size or 1, units=100_000))
        assert [one.rule for one in judge(fixes, at, Policy(), NOW, digest=DIGEST)] == expected
    most = max(20, size // 100)
    for number, expected in ((most, []), (most + 1, ["correction-units"])):
        at = standing(book=ledger(units=size))
        assert [one.rule for one in judge([adjust("A", -number)], at, Policy(), NOW, digest=DIGEST)] == expected


def rules(writes: Sequence[Action], **of: Any) -> list[str]:
    return [one.rule for one in judge(writes, standing(shop(**of)), Policy(), NOW, digest=DIGEST)]


@given(st.integers(0, 10_000), st.none() | st.integers(0, 10_000))
@example(98, 100)
@example(90, 100)
@example(89, 100)
def test_a_good_reading_is_what_the_guard_lets_pass(rows: int, good: int | None) -> None:
    """What is remembered as good and what is refused as lost are one rule."""
    lost = LOST in rules([put("1")], rows=rows, good_rows=good)
    assert lost is lost_too_many(rows, good, Policy().limits.lost)
