"""A plan's digest changes if and only if its actions do, as the JSON document tells them; ids do not know the run."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.core.findings import Action, ActionKind, Basis, Plan, RunResult, Summary, Withheld
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.core.plan import digest_of, make_plan
from stockrecon.reports import json as report
from tests.core.writes import NOW, OTHER, adjust, key, people, put
from tests.scenarios.test_laws import worlds
from tests.worlds import Outcome, place, run

WORD = st.sampled_from(("", "a", "b", "00123", "大", "\ud800", 'x","y', "1\x1f2"))
NUMBER = st.none() | st.integers(-3, 3)
TIME = st.none() | st.sampled_from([NOW, NOW.astimezone(timezone(timedelta(hours=7))), NOW + timedelta(microseconds=1)])
KEYS = st.none() | st.builds(
    ListingKey, st.sampled_from(("s", "t")).map(ShopName), st.sampled_from(("", "1", "2")), st.sampled_from(("", "1"))
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": WORD,
    "kind": st.sampled_from(list(ActionKind)),
    "sku": WORD.map(Sku),
    "scenario": WORD,
    "finding": WORD,
    "shop": st.none() | st.sampled_from(("s", "t")).map(ShopName),
    "listing": KEYS,
    "frm": NUMBER,
    "to": NUMBER,
    "by": NUMBER,
    "ref": st.none() | WORD,
    "text": WORD,
    "due": TIME,
    "until": TIME,
    "after": st.none() | WORD,
}
ACTIONS = st.builds(Action, **VALUES)


def told(actions: Sequence[Action]) -> Any:
    """The plan's actions as the JSON document tells them."""
    plan = Plan("", tuple(actions))
    result = RunResult("sync", "r", NOW, None, None, (), Summary(), (), plan)
    return json.loads("".join(report.render(result)))["plan"]["actions"]


def test_every_field_of_an_action_is_varied() -> None:
    """So that a new one cannot be forgotten here."""
    assert set(VALUES) == {field.name for field in fields(Action)}


@settings(max_examples=300, deadline=None)
@given(st.lists(ACTIONS, max_size=3), st.lists(ACTIONS, max_size=3))
def test_two_plans_share_a_digest_if_they_are_told_alike(one: list[Action], other: list[Action]) -> None:
    """Of any two lists of actions."""
    assert (digest_of(one) == digest_of(other)) is (told(one) == told(other))


@settings(max_examples=400, deadline=None)
@given(st.data(), st.lists(ACTIONS, min_size=1, max_size=3))
def test_a_change_of_any_field(data: st.DataObject, actions: list[Action]) -> None:
    """One value of one action: the digest changes if the document does, and only then."""
    at = data.draw(st.integers(0, len(actions) - 1))
    name = data.draw(st.sampled_from(sorted(VALUES)))
    changed = [*actions]
    changed[at] = replace(actions[at], **{name: data.draw(VALUES[name])})
    assert (digest_of(changed) == digest_of(actions)) is (told(changed) == told(actions))


@given(st.data(), st.lists(ACTIONS, max_size=4))
def test_a_change_of_order_or_number(data: st.DataObject, actions: list[Action]) -> None:
    """Actions dropped, added, doubled or in another order."""
    shuffled = data.draw(st.permutations(actions))
    assert (digest_of(shuffled) == digest_of(actions)) is (told(shuffled) == told(actions))
    assert digest_of([*actions, data.draw(ACTIONS)]) != digest_of(actions)
    for at in range(len(actions)):
        assert digest_of(actions[:at] + actions[at + 1 :]) != digest_of(actions)
        assert digest_of([*actions, actions[at]]) != digest_of(actions)


def test_a_digest_is_the_same_on_every_machine() -> None:
    """SHA-256 of what is told, in one form: a saved plan is known again."""
    assert digest_of(()) == "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert digest_of([adjust("A"), put("1", after="a-A-r1")]) == digest_of((adjust("A"), put("1", after="a-A-r1")))
    assert digest_of([adjust("A"), put("1", after="a-A-r1")]) == (
        "sha256:92523d5f1073bb823b72418b5070b8fa23c1ee7740d12a67e5dfd830611d1fe0"
    )


def test_what_is_no_action_is_not_in_the_digest() -> None:
    """Withheld writes and what the plan goes by may differ: the steps are the same."""
    outcome = run({"ledger": {"A": 1}, "shops": {"shopee-vn": "shopee"}, "listings": {"shopee-vn/1": {"sku": "A"}}})
    assert outcome.plan.withheld == ()
    raised = run(
        {
            "ledger": {"A": 1},
            "shops": {"shopee-vn": "shopee"},
            "listings": {"shopee-vn/1": {"sku": "A"}},
            "policy": {"correct_unexplained": True},
        }
    )
    assert [held.rule for held in raised.plan.withheld] == ["confirm-raise"]
    assert raised.plan.basis != outcome.plan.basis
    assert raised.plan.digest == outcome.plan.digest == Plan(digest_of(())).digest


common = settings(max_examples=60, deadline=None)


@common
@given(worlds())
def test_a_plan_knows_its_digest(world: dict[str, Any]) -> None:
    """It is that of its actions, whatever is withheld."""
    plan = run(world).plan
    assert plan.digest == digest_of(plan.actions)


@common
@given(worlds(), st.integers(0, 3), st.sampled_from(("12:00", "12:10", "15:00")))
def test_ids_are_the_same_in_every_run(world: dict[str, Any], more: int, now: str) -> None:
    """A step at a place keeps its id whatever the numbers and the time: a listing's write, a finding's wait."""
    one = run(world)
    other = run({**world, "now": now, "ledger": {sku: n + more for sku, n in world["ledger"].items()}})
    before, after = _steps(one), _steps(other)
    for step in before.keys() & after.keys():
        assert before[step] == after[step]
    assert len(set(before.values())) == len(before)


def _steps(outcome: Outcome) -> dict[tuple[str, ...], str]:
    """The ids of all actions, planned or withheld, by what they do and where."""
    steps = {}
    actions = [*outcome.plan.actions, *(held.action for held in outcome.plan.withheld)]
    for action in actions:
        what: tuple[str, ...]
        match action.kind:
            case ActionKind.SET_STOCK:
                what = (place(action.listing),)
            case ActionKind.ADJUST_LEDGER:
                what = (action.sku, action.ref or "")
            case _:
                what = (action.finding, "two programs" if "two programs" in action.text else "")
        steps[(action.kind.value, *what)] = action.id
    return steps


@common
@given(worlds(), st.data())
def test_the_order_of_reading_is_nothing(world: dict[str, Any], data: st.DataObject) -> None:
    """Statements in any order make the same plan, to the digest."""
    outcome = run(world)
    pairs = list(zip(outcome.cases, outcome.statements, strict=True))
    shuffled = make_plan(data.draw(st.permutations(pairs)), {})
    assert shuffled.digest == outcome.plan.digest
    assert shuffled.withheld == outcome.plan.withheld
    assert shuffled.basis == outcome.plan.basis


@common
@given(worlds())
def test_the_basis_covers_every_write(world: dict[str, Any]) -> None:
    """What is written, planned or withheld, can be read again: its listing as shown, and every balance it goes by."""
    outcome = run(world)
    plan = outcome.plan
    ids = {action.id for action in plan.actions}
    for action in [*plan.actions, *(held.action for held in plan.withheld)]:
        if action.kind is ActionKind.SET_STOCK:
            assert action.listing is not None
            shown = plan.basis.listings[action.listing]
            assert shown.exposed == action.frm
            for component in shown.components:
                assert plan.basis.available[component.sku] == world["ledger"][component.sku]
            counted = plan.basis.counted_on(action)
            assert set(counted) <= ids
            assert action.after == (counted[-1] if counted else None)
        elif action.kind is ActionKind.ADJUST_LEDGER:
            assert plan.basis.available[action.sku] == world["ledger"][action.sku]


def test_what_is_withheld_has_an_id_too() -> None:
    """The same as if it were planned: the next run may do it."""
    held = Withheld(put("1"), "confirm-raise", "why")
    assert held.action.id == put("1").id
    assert Basis().counted_on(put("1")) == ()
    assert key("1") == put("1").listing


def test_what_is_told_of_each_kind_is_in_the_digest() -> None:
    """The place is the listing's where there is one; due times, ends and places count, where they are told."""
    write, step = put("1"), people()
    assert digest_of([replace(write, shop=OTHER)]) == digest_of([write])
    assert digest_of([replace(step, shop=OTHER)]) != digest_of([step])
    assert digest_of([replace(step, due=NOW)]) != digest_of([step])
    assert digest_of([replace(step, until=NOW)]) == digest_of([step])
    assert digest_of([step]) == "sha256:3a3eed517c372382db57e65a20b155b0a5ac4cac418914dc1a6af958153abc5f"
    wait = replace(step, kind=ActionKind.WAIT)
    assert digest_of([replace(wait, until=NOW)]) != digest_of([wait])
    assert digest_of([replace(wait, due=NOW)]) == digest_of([replace(wait, text="other")]) == digest_of([wait])


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process can be set on POSIX only")
def test_the_zone_of_the_machine_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that was saved in Hanoi is the same in London."""
    step = replace(people(), due=NOW)
    before = digest_of([step])
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Ho_Chi_Minh")
        time.tzset()
        away = digest_of([step])
    time.tzset()
    assert away == before


def test_times_of_the_same_moment_are_the_same() -> None:
    """A zone is a way of writing, not another time."""
    one = Action("a", ActionKind.WAIT, Sku("A"), "in-flight", "f", until=NOW)
    other = replace(one, until=NOW.astimezone(timezone(timedelta(hours=7))))
    assert digest_of([one]) == digest_of([other]) != digest_of([replace(one, until=None)])
    assert isinstance(other.until, datetime)
