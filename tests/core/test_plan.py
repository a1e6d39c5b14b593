"""From findings to actions: which, in what order, after what, what they go by, and why one is withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stockrecon.core.case import Case
from stockrecon.core.findings import ActionKind, Basis, Correction, Finding, Plan, Remedy, RemedyKind, Side, Statement
from stockrecon.core.model import ListingKey, ShopName, Sku
from stockrecon.core.plan import RaiseSeen, action_id, digest_of, make_plan
from tests.worlds import key, place, run, time

MUG = "shopee-vn/1"
RETURNED: dict[str, Any] = {
    "now": "19:00",
    "ledger": {"MUG": 40},
    "shops": {"shopee-vn": "shopee"},
    "listings": {MUG: {"sku": "MUG", "sellable": 48}},
    "campaigns": [{"where": MUG, "from": "10:00", "to": "18:00", "locked": 20, "sold": 12, "state": "ended"}],
}
"""A campaign gave 8 units back: set 48 to 40."""


def restocked(sku: str, order: str) -> list[list[Any]]:
    """An order oversold, written up by hand, then cancelled: one unit too many in the ledger."""
    return [
        [f"{sku}1", "09:00", sku, -1, "order", "shopee-vn", order],
        [f"{sku}2", "09:10", sku, 1, "manual"],
        [f"{sku}3", "09:20", sku, 1, "cancel", "shopee-vn", order],
    ]


KIT: dict[str, Any] = {
    "now": "12:00",
    "ledger": {"A": 1, "B": 1},
    "shops": {"shopee-vn": "shopee"},
    "listings": {
        "shopee-vn/1": {"components": {"A": 1, "B": 1}, "sellable": 1},
        "shopee-vn/2": {"sku": "A", "sellable": 1},
        "shopee-vn/3": {"sku": "B", "sellable": 1},
    },
    "movements": restocked("A", "O1") + restocked("B", "O2"),
    "orders": [
        {"id": "O1", "where": "shopee-vn/2", "status": "cancelled", "at": "09:00", "cancelled": "09:20"},
        {"id": "O2", "where": "shopee-vn/3", "status": "cancelled", "at": "09:00", "cancelled": "09:20"},
    ],
}
"""Two components and a kit of both; each component's ledger balance is one too high."""


def planned(given: Mapping[str, Any], **other: Any) -> Plan:
    outcome = run(given)
    return make_plan(zip(outcome.cases, outcome.statements, strict=True), {}, **other)


def replanned(given: Mapping[str, Any], findings: Sequence[Finding], **policy: Any) -> Plan:
    """The plan of the world's first SKU, had its detectors found this."""
    outcome = run(given)
    case: Case = replace(outcome.cases[0], policy=replace(outcome.cases[0].policy, **policy))
    statement: Statement = replace(outcome.statements[0], findings=tuple(findings))
    return make_plan([(case, statement)], {})


def finding(scenario: str, *remedies: Remedy, side: Side = Side.LISTING, **other: Any) -> Finding:
    where = key(MUG) if side is Side.LISTING else None
    given: dict[str, Any] = {"units": 8, "listing": where, "shop": where.shop if where else None} | other
    return Finding(scenario, None, side, Sku("MUG"), text="why", remedies=remedies, **given)


def setting(scenario: str, **other: Any) -> Finding:
    return finding(scenario, Remedy(RemedyKind.SET), **other)


def short(plan: Plan) -> list[str]:
    return [f"{action.kind} {action.scenario} {place(action.listing)}" for action in plan.actions]


def test_a_stock_write() -> None:
    """Every field of it, and an id that only its place makes."""
    (action,) = planned(RETURNED).actions
    assert action.id == action_id(ActionKind.SET_STOCK, "shopee-vn", "1", "") == "a-e103984c53b0"
    assert (action.kind, action.sku, action.scenario) == (ActionKind.SET_STOCK, "MUG", "campaign-returned")
    assert (action.shop, action.listing) == ("shopee-vn", key(MUG))
    assert (action.frm, action.to, action.after) == (48, 40, None)
    (found,) = run(RETURNED).statements[0].findings
    assert action.finding == found.id


def test_corrections_and_what_is_after_them() -> None:
    """Each correction once, by its movement; the shops after those that their targets count on."""
    plan = planned(KIT)
    one, two, kit, alone, other = plan.actions
    assert [(a.kind, a.sku, a.by, a.ref) for a in (one, two)] == [
        (ActionKind.ADJUST_LEDGER, "A", -1, "stockrecon:A:A3"),
        (ActionKind.ADJUST_LEDGER, "B", -1, "stockrecon:B:B3"),
    ]
    assert (one.scenario, one.after, two.after) == ("cancelled-order-restock", None, None)
    audited = next(f for f in run(KIT).statements[0].findings if f.side is Side.LEDGER)
    assert one.finding == audited.id
    assert one.id == action_id(ActionKind.ADJUST_LEDGER, "A", "stockrecon:A:A3")
    assert [a.after for a in (kit, alone, other)] == [two.id, one.id, two.id]
    assert plan.basis.corrections == {
        key("shopee-vn/1"): (one.id, two.id),
        key("shopee-vn/2"): (one.id,),
        key("shopee-vn/3"): (two.id,),
    }


def test_corrections_of_one_sku_in_their_order() -> None:
    """Two cancellations, two corrections, the second after the first; the shops after both."""
    given = {
        **KIT,
        "ledger": {"A": 2},
        "listings": {"shopee-vn/2": {"sku": "A", "sellable": 2}},
        "movements": [
            ["1", "09:00", "A", -1, "order", "shopee-vn", "O1"],
            ["2", "09:00", "A", -1, "order", "shopee-vn", "O2"],
            ["3", "09:10", "A", 2, "manual"],
            ["5", "09:20", "A", 1, "cancel", "shopee-vn", "O1"],
            ["4", "09:30", "A", 1, "cancel", "shopee-vn", "O2"],
        ],
        "orders": [
            {"id": name, "where": "shopee-vn/2", "status": "cancelled", "at": "09:00", "cancelled": at}
            for name, at in (("O1", "09:20"), ("O2", "09:30"))
        ],
    }
    plan = planned(given)
    one, two, write = plan.actions
    assert [one.ref, two.ref] == ["stockrecon:A:5", "stockrecon:A:4"]
    assert (one.after, two.after, write.after) == (None, one.id, two.id)
    assert plan.basis.corrections == {key("shopee-vn/2"): (one.id, two.id)}
    assert plan.basis.available == {"A": 2}


def test_a_correction_that_is_not_to_be_made_is_not_counted_on() -> None:
    """Where the scenario may not be applied the targets do not count on it, so nothing waits for it."""
    plan = planned({**KIT, "policy": {"apply_scenarios": frozenset({"campaign-returned"})}})
    assert [a.kind for a in plan.actions] == [ActionKind.ADJUST_LEDGER, ActionKind.ADJUST_LEDGER]
    assert plan.basis.corrections == {}
    assert plan.basis.available == {"A": 1, "B": 1}


def test_the_basis_is_what_the_writes_go_by() -> None:
    """Balances of all components and listings as shown, of every set-stock action; a world in line has none."""
    basis = planned(KIT).basis
    assert basis.available == {"A": 1, "B": 1}
    assert {place(name): listing.exposed for name, listing in basis.listings.items()} == {
        "shopee-vn/1": 1,
        "shopee-vn/2": 1,
        "shopee-vn/3": 1,
    }
    in_line = {**RETURNED, "listings": {MUG: {"sku": "MUG", "sellable": 40}}}
    assert planned(in_line) == Plan(digest_of(()), basis=Basis({}, {}))


def test_the_basis_of_what_is_withheld() -> None:
    """What is withheld today is in the basis too; nothing counts on the ledger of a SKU without a write."""
    low = {**RETURNED, "ledger": {"MUG": 50, "PEN": 3}, "campaigns": [], "policy": {"correct_unexplained": True}}
    plan = planned(low)
    assert plan.actions == ()
    assert [held.rule for held in plan.withheld] == ["confirm-raise"]
    assert plan.basis.available == {"MUG": 50}
    assert list(plan.basis.listings) == [key(MUG)]


LACKING: dict[str, Any] = {
    "now": "12:00",
    "ledger": {"MUG": 40},
    "shops": {"shopee-vn": "shopee", "lazada-vn": "lazada"},
    "listings": {MUG: {"sku": "MUG", "sellable": 39}, "lazada-vn/1": {"sku": "MUG", "sellable": 39}},
    "orders": [{"id": "X", "where": "lazada-vn/1", "at": "10:00"}],
    "movements": [[1, "09:00", "MUG", -1, "order", "lazada-vn", "OLD"]],
    "policy": {"correct_unexplained": True},
}
"""An order that the ledger lacks takes the one unit that the other shop does not show."""


def test_what_only_an_order_decides_is_told_as_withheld() -> None:
    """The listing shows what a write would set, and less than its target: the order's import decides, and says so."""
    plan = planned(LACKING)
    (held,) = plan.withheld
    assert (held.rule, held.action.kind, held.action.listing) == ("confirm-raise", ActionKind.SET_STOCK, key(MUG))
    assert (held.action.frm, held.action.to) == (39, 40)
    assert held.text == "raising shopee-vn 1 from 39 to 40: orders of MUG and the ledger do not agree yet"
    assert plan.basis.available == {"MUG": 40}
    assert list(plan.basis.listings) == [key(MUG)]
    assert [action.kind for action in plan.actions] == [ActionKind.MANUAL]


@pytest.mark.parametrize("change", [{"state": "banned"}, {"fulfilment": "platform"}])
def test_what_is_never_written_is_not_withheld_either(change: dict[str, Any]) -> None:
    """A listing in a state that takes no write, or of the platform's stock."""
    shown = {"sku": "MUG", "sellable": 39, **change}
    assert planned({**LACKING, "listings": {**LACKING["listings"], MUG: shown}}).withheld == ()


def test_a_correction_without_a_shop_is_in_the_basis() -> None:
    """Its SKU's balance is read again before it is posted, though no listing is written."""
    plan = planned({**KIT, "ledger": {"A": 1}, "listings": {}, "orders": [], "movements": restocked("A", "O1")})
    assert [a.kind for a in plan.actions] == [ActionKind.ADJUST_LEDGER]
    assert plan.basis == Basis({Sku("A"): 1}, {})


class TestWhichFindingAsks:
    """The finding for which a listing is set decides whether it may be written."""

    def test_the_first_that_may_be_applied(self) -> None:
        """Of several causes any one that is configured lets the listing be written."""
        found = [setting("push-not-applied"), setting("campaign-lock"), setting("campaign-returned")]
        (action,) = replanned(RETURNED, found).actions
        assert (action.scenario, action.finding) == ("campaign-lock", found[1].id)

    def test_else_the_first(self) -> None:
        """Where none of them may, the plan still says what would be set, and why."""
        found = [setting("push-not-applied"), setting("zeroed-by-channel")]
        (action,) = replanned(RETURNED, found).actions
        assert action.scenario == "push-not-applied"
        (action,) = replanned(RETURNED, found, apply_scenarios=frozenset({"zeroed-by-channel"})).actions
        assert action.scenario == "zeroed-by-channel"

    def test_only_findings_that_ask_on_this_listing(self) -> None:
        """Not what waits, not another listing's, not the ledger's."""
        others = [
            finding("campaign-returned", Remedy(RemedyKind.NONE)),
            setting("campaign-lock", listing=key("shopee-vn/2")),
            setting("campaign-lock", side=Side.LEDGER),
        ]
        assert replanned(RETURNED, others).actions == ()
        (action,) = replanned(RETURNED, [*others, setting("push-not-applied")]).actions
        assert action.scenario == "push-not-applied"

    @pytest.mark.parametrize(
        ("scenario", "part"),
        [("orders-too-near", ""), ("listing-sync-error", "oversold"), ("campaign-lock", "oversold")],
    )
    def test_an_oversold_sku_brings_every_listing_down(self, scenario: str, part: str) -> None:
        """What would only wait, too; and its permission counts where the listing's own finding has none."""
        oversold = finding(scenario, Remedy(RemedyKind.NONE), side=Side.LEDGER, part=part)
        (action,) = replanned(RETURNED, [oversold]).actions
        assert (action.scenario, action.finding, action.to) == (scenario, oversold.id, 40)
        own = setting("push-not-applied")
        (action,) = replanned(RETURNED, [oversold, own], apply_scenarios=frozenset({scenario})).actions
        assert action.scenario == scenario
        (action,) = replanned(RETURNED, [oversold, own], apply_scenarios=frozenset()).actions
        assert action.scenario == "push-not-applied"

    def test_but_raises_nothing(self) -> None:
        """Being oversold elsewhere is no reason to show more, nor to touch what is right."""
        oversold = finding("orders-too-near", Remedy(RemedyKind.NONE), side=Side.LEDGER)
        for shown in (39, 40):
            given = {**RETURNED, "listings": {MUG: {"sku": "MUG", "sellable": shown}}}
            plan = replanned(given, [oversold])
            assert (plan.actions, plan.withheld) == ((), ())
        given = {**RETURNED, "listings": {MUG: {"sku": "MUG", "sellable": 41}}}
        assert [action.to for action in replanned(given, [oversold]).actions] == [40]

    def test_nor_lowers_what_shows_its_target(self) -> None:
        """Also where a write would be more cautious, for an order that the ledger lacks."""
        given = {
            **RETURNED,
            "shops": {"shopee-vn": "shopee", "lazada-vn": "lazada"},
            "listings": {MUG: {"sku": "MUG", "sellable": 40}, "lazada-vn/1": {"sku": "MUG", "sellable": 39}},
            "orders": [{"id": "X", "where": "lazada-vn/1", "at": "10:00"}],
            "movements": [[1, "09:00", "MUG", -1, "order", "lazada-vn", "OLD"]],
        }
        (account,) = (one for one in run(given).cases[0].accounts if one.key == key(MUG))
        assert (account.variance, account.write_value) == (0, 39)
        oversold = finding("orders-too-near", Remedy(RemedyKind.NONE), side=Side.LEDGER)
        plan = replanned(given, [oversold])
        assert (plan.actions, plan.withheld) == ((), ())

    def test_other_findings_of_the_ledger_do_not(self) -> None:
        """Nor one of the listing side that is called oversold."""
        for one in (
            finding("unexplained", Remedy(RemedyKind.NONE), side=Side.LEDGER),
            finding("orders-too-near", Remedy(RemedyKind.NONE)),
            finding("listing-sync-error", Remedy(RemedyKind.NONE), part="oversold"),
        ):
            assert replanned(RETURNED, [one]).actions == ()


@pytest.mark.parametrize(
    "listing",
    [
        pytest.param({"sku": "MUG", "sellable": 40}, id="nothing to set"),
        pytest.param({"sku": "MUG", "sellable": 48, "state": "banned"}, id="a state that takes no write"),
        pytest.param({"sku": "MUG", "sellable": 48, "fulfilment": "platform"}, id="the platform's own stock"),
        pytest.param({"sku": "UNKNOWN", "sellable": 48}, id="a SKU that the ledger does not know"),
    ],
)
def test_what_is_not_written(listing: dict[str, Any]) -> None:
    """Whatever a finding asks for."""
    outcome = run({**RETURNED, "listings": {MUG: listing}})
    for case, statement in zip(outcome.cases, outcome.statements, strict=True):
        found = replace(statement, findings=(setting("campaign-returned"),))
        plan = make_plan([(case, found)], {})
        assert (plan.actions, plan.withheld) == ((), ())


def test_people_and_waits() -> None:
    """One action per remedy, with the due time or the end, the place of its finding, and ids that it makes."""
    soon, later = time("20:00"), time("21:00")
    found = [
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, "look", soon), Remedy(RemedyKind.WAIT, "wait", later)),
        finding("shop-silent", Remedy(RemedyKind.MANUAL, "ask"), listing=None, shop=key(MUG).shop),
        finding("unexplained", Remedy(RemedyKind.NONE), Remedy(RemedyKind.ADJUST_LEDGER)),
        finding("zeroed-by-channel", Remedy(RemedyKind.NONE), Remedy(RemedyKind.MANUAL, "after another remedy")),
    ]
    look, ask, late, wait = sorted(replanned(RETURNED, found).actions, key=lambda a: (a.kind, a.scenario))
    assert (look.kind, look.text, look.due, look.until) == (ActionKind.MANUAL, "look", soon, None)
    assert (wait.kind, wait.text, wait.due, wait.until) == (ActionKind.WAIT, "wait", None, later)
    assert (ask.text, ask.due, ask.shop, ask.listing) == ("ask", None, "shopee-vn", None)
    assert late.text == "after another remedy"
    assert look.id == action_id(ActionKind.MANUAL, found[0].id)
    assert wait.id == action_id(ActionKind.WAIT, found[0].id)
    assert {a.finding for a in (look, wait)} == {found[0].id}
    assert (look.shop, look.listing, look.sku, look.scenario) == ("shopee-vn", key(MUG), "MUG", "campaign-lock")


def test_the_same_step_once() -> None:
    """Two findings that ask people for the same thing make one action, the first; other texts and waits stay."""
    found = [
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, "look"), part="1"),
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, "look"), part="2"),
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, "look again"), part="3"),
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, ""), part="4"),
        finding("campaign-lock", Remedy(RemedyKind.MANUAL, ""), part="5"),
        finding("campaign-lock", Remedy(RemedyKind.WAIT, "look"), part="6"),
        finding("campaign-lock", Remedy(RemedyKind.WAIT, "look"), part="7"),
    ]
    plan = replanned(RETURNED, found)
    assert sorted((a.kind.value, a.text) for a in plan.actions) == [
        ("manual", ""),
        ("manual", ""),
        ("manual", "look"),
        ("manual", "look again"),
        ("wait", "look"),
        ("wait", "look"),
    ]
    assert found[0].id in {a.finding for a in plan.actions}
    assert found[1].id not in {a.finding for a in plan.actions}


def test_the_same_words_about_two_skus_are_two_steps() -> None:
    """Only within a SKU is it one step."""
    outcome = run({**RETURNED, "ledger": {"MUG": 40, "PEN": 1}})
    told = [
        replace(s, findings=(finding("campaign-lock", Remedy(RemedyKind.MANUAL, "look"), part=s.sku),))
        for s in outcome.statements
    ]
    assert len(make_plan(zip(outcome.cases, told, strict=True), {}).actions) == 2


def test_the_order_of_a_plan() -> None:
    """Corrections, decreases, raises (each the largest first), people, waits; ties by SKU, shop, item, variation."""
    given: dict[str, Any] = {
        **KIT,
        "ledger": {"A": 1, "B": 1, "C": 50, "D": 50, "E": 50, "F": 50},
        "listings": {
            "shopee-vn/2": {"sku": "A", "sellable": 1},
            "shopee-vn/3": {"sku": "B", "sellable": 1},
            "shopee-vn/9": {"sku": "C", "mapped": True, "sellable": 45},
            "shopee-vn/8": {"sku": "C", "mapped": True, "sellable": 40},
            "lazada-vn/5": {"sku": "D", "mapped": True, "sellable": 57},
            "shopee-vn/5": {"sku": "D", "mapped": True, "sellable": 57},
            "shopee-vn/5/2": {"sku": "E", "mapped": True, "sellable": 57},
            "shopee-vn/5/1": {"sku": "E", "mapped": True, "sellable": 57},
            "shopee-vn/4": {"sku": "E", "mapped": True, "sellable": 70},
            "shopee-vn/7": {"sku": "F", "mapped": True, "sellable": 90, "state": "banned"},
            "shopee-vn/6": {"sku": "F", "mapped": True, "sellable": 50, "campaign": 3},
        },
        "shops": {"shopee-vn": "shopee", "lazada-vn": "lazada"},
        "policy": {"correct_unexplained": True},
    }
    outcome = run(given)
    raises = {key(one): RaiseSeen(by, time("10:00")) for one, by in (("shopee-vn/9", -5), ("shopee-vn/8", -10))}
    plan = make_plan(zip(outcome.cases, outcome.statements, strict=True), raises)
    assert [f"{a.kind.value} {a.sku} {place(a.listing)}" for a in plan.actions] == [
        "adjust-ledger A -",
        "adjust-ledger B -",
        "set-stock E shopee-vn/4",
        "set-stock D lazada-vn/5",
        "set-stock D shopee-vn/5",
        "set-stock E shopee-vn/5/1",
        "set-stock E shopee-vn/5/2",
        "set-stock A shopee-vn/2",
        "set-stock B shopee-vn/3",
        "set-stock C shopee-vn/8",
        "set-stock C shopee-vn/9",
        "manual F shopee-vn/7",
        "wait F shopee-vn/6",
    ]
    assert plan.digest == digest_of(plan.actions)


def test_what_a_change_is_in_the_order() -> None:
    """To zero and from zero are changes like others; a raise by one is a raise."""
    shown = {"A": (1, 0), "B": (3, 2), "C": (9, 10), "D": (0, 10), "E": (50, 60), "F": (7, 6)}
    places = {sku: f"shopee-vn/{sku}" for sku in shown}
    given: dict[str, Any] = {
        "now": "12:00",
        "ledger": {sku: to for sku, (_, to) in shown.items()},
        "shops": {"shopee-vn": "shopee"},
        "listings": {places[sku]: {"sku": sku, "sellable": frm} for sku, (frm, _) in shown.items()},
        "policy": {"correct_unexplained": True},
        "raises": [[places[sku], frm - to, "10:00"] for sku, (frm, to) in shown.items()],
    }
    assert [action.sku for action in run(given).plan.actions] == ["A", "B", "F", "D", "E", "C"]


def test_steps_of_one_place_are_in_the_order_of_their_ids() -> None:
    """What people do about one listing; what names no listing goes before what does."""
    found = [finding("campaign-lock", Remedy(RemedyKind.MANUAL, str(n)), part=str(n)) for n in range(6)]
    whole = finding("shop-silent", Remedy(RemedyKind.MANUAL, "ask"), listing=None, part="7")
    early = finding("campaign-lock", Remedy(RemedyKind.MANUAL, "x"), listing=ListingKey(ShopName("A"), "1"))
    for order in ([*found, early, whole], [whole, early, *found[::-1]]):
        actions = replanned(RETURNED, order).actions
        assert [action.finding for action in actions[:2]] == [whole.id, early.id]
        ids = [action.id for action in actions[2:]]
        assert len(ids) == 6
        assert ids == sorted(ids)


def test_corrections_keep_their_order_whatever_their_ids() -> None:
    """Each is after the one before it, so neither ids nor amounts may turn them round."""
    corrections = tuple(Correction(-by, f"stockrecon:A:{by}") for by in (1, 3, 2, 5, 4))
    found = finding(
        "cancelled-order-restock", Remedy(RemedyKind.ADJUST_LEDGER, corrections=corrections), side=Side.LEDGER
    )
    actions = replanned(RETURNED, [found]).actions
    assert [action.by for action in actions] == [-1, -3, -2, -5, -4]
    assert [action.after for action in actions] == [None, *(action.id for action in actions[:-1])]
    assert (ids := [action.id for action in actions]) != sorted(ids)


def test_withheld_actions_are_told_in_the_order_of_their_ids() -> None:
    """Whatever order the statements came in."""
    given = {
        **RETURNED,
        "ledger": {"MUG": 40, "PEN": 9, "CUP": 9},
        "campaigns": [],
        "listings": {f"shopee-vn/{n}": {"sku": sku, "sellable": 5} for n, sku in enumerate(("MUG", "PEN", "CUP"))},
        "policy": {"correct_unexplained": True},
    }
    outcome = run(given)
    pairs = list(zip(outcome.cases, outcome.statements, strict=True))
    held = [one.action.id for one in make_plan(pairs, {}).withheld]
    assert len(held) == 3
    assert held == sorted(held) == [one.action.id for one in make_plan(pairs[::-1], {}).withheld]


class TestQuarantine:
    """What became of an earlier write is not known: nothing else is written there."""

    def test_it_is_withheld_with_what_is_told_of_it(self) -> None:
        """Decreases as well as raises, and no other listing."""
        given = {**RETURNED, "listings": RETURNED["listings"] | {"shopee-vn/2": {"sku": "PEN", "sellable": 44}}}
        given["ledger"] = {"MUG": 40, "PEN": 40}
        given["policy"] = {"correct_unexplained": True}
        plan = planned(given, quarantined={key(MUG): "40 was sent and nobody knows"})
        assert short(plan) == ["set-stock unexplained shopee-vn/2"]
        (held,) = plan.withheld
        assert (held.rule, held.text) == ("quarantined", "40 was sent and nobody knows")
        assert (held.action.frm, held.action.to) == (48, 40)
        assert key(MUG) in plan.basis.listings

    def test_the_digest_does_not_tell_of_it(self) -> None:
        """What is withheld is no action."""
        assert planned(RETURNED, quarantined={key(MUG): "one"}).digest == digest_of(())

    def test_other_listings_do_not_matter(self) -> None:
        """A quarantined listing that nothing is planned for changes nothing."""
        assert planned(RETURNED, quarantined={key("shopee-vn/7"): "one"}) == planned(RETURNED)


class TestTwoPrograms:
    """Our value was undone three times: no further write, and people are told."""

    PULLED: Mapping[str, Any] = {
        **RETURNED,
        "written": [[MUG, at, 40, "ok"] for at in ("18:35", "18:40", "18:45")],
        "pushes": [[MUG, at, 48, "ok"] for at in ("18:36", "18:41", "18:46")],
        "policy": {"correct_unexplained": True, "apply_scenarios": frozenset({"edited-in-seller-center"})},
    }
    TEXT = (
        "two programs set this listing: within 24 hours shopee-vn 1 was three times set to something else after it had "
        "been corrected; let one of them leave it alone"
    )

    def test_it_is_withheld_and_people_are_told(self) -> None:
        """The withheld write keeps its numbers; the step for people its finding, and an id that is the place's."""
        plan = planned(self.PULLED)
        (held,) = plan.withheld
        assert (held.rule, held.text, held.action.frm, held.action.to) == ("two-programs", self.TEXT, 48, 40)
        (action,) = [a for a in plan.actions if a.text == self.TEXT]
        assert action.id == action_id(ActionKind.MANUAL, "two-programs", "shopee-vn", "1", "")
        assert (action.kind, action.sku, action.listing, action.shop) == (
            ActionKind.MANUAL,
            "MUG",
            key(MUG),
            "shopee-vn",
        )
        assert (action.scenario, action.finding) == (held.action.scenario, held.action.finding)
        assert (action.frm, action.to, action.after, action.due) == (None, None, None, None)
        assert not any(a.kind is ActionKind.SET_STOCK for a in plan.actions)

    def test_it_goes_before_the_other_rules(self) -> None:
        """People hear of it also while an outcome is open there or the listing moves."""
        assert planned(self.PULLED, quarantined={key(MUG): "one"}).withheld[0].rule == "two-programs"
        outcome = run(self.PULLED)
        moving = replace(outcome.statements[0], moving=True)
        assert make_plan([(outcome.cases[0], moving)], {}).withheld[0].rule == "two-programs"

    def test_two_times_is_not_enough(self) -> None:
        """It is written once more."""
        plan = planned({**self.PULLED, "written": self.PULLED["written"][1:]})
        assert plan.withheld == ()

    def test_raises_are_withheld_too(self) -> None:
        """In either direction there is no further write."""
        low = {
            **self.PULLED,
            "listings": {MUG: {"sku": "MUG", "sellable": 32}},
            "campaigns": [],
            "pushes": [[MUG, at, 32, "ok"] for at in ("18:36", "18:41", "18:46")],
        }
        (held,) = planned(low).withheld
        assert (held.rule, held.action.frm, held.action.to) == ("two-programs", 32, 40)

    def test_the_step_for_people_is_after_nothing(self) -> None:
        """Also where the write that it stands for counts on a correction."""
        pulled = {
            **KIT,
            "pushes": [["shopee-vn/2", at, 1, "ok"] for at in ("11:01", "11:11", "11:21")],
            "written": [["shopee-vn/2", at, 0, "ok"] for at in ("11:00", "11:10", "11:20")],
            "policy": {"correct_unexplained": True},
        }
        plan = planned(pulled)
        (held,) = plan.withheld
        (step,) = [a for a in plan.actions if a.kind is ActionKind.MANUAL and "two programs" in a.text]
        assert held.action.after is not None
        assert step.after is None
        assert plan.basis.corrections[key("shopee-vn/2")] == (held.action.after,)

    def test_two_listings_are_two_steps(self) -> None:
        """Each of a SKU's listings is named."""
        both = (MUG, "shopee-vn/2")
        given = {
            **self.PULLED,
            "listings": {one: {"sku": "MUG", "sellable": 48} for one in both},
            "written": [[one, *row[1:]] for one in both for row in self.PULLED["written"]],
            "pushes": [[one, *row[1:]] for one in both for row in self.PULLED["pushes"]],
        }
        told = [a for a in planned(given).actions if "two programs set this listing" in a.text]
        assert [place(a.listing) for a in told] == list(both)


RAISED: dict[str, Any] = {
    "now": "12:00",
    "ledger": {"MUG": 10},
    "shops": {"shopee-vn": "shopee"},
    "listings": {MUG: {"sku": "MUG", "sellable": 8}},
    "policy": {"correct_unexplained": True},
    "raises": [[MUG, -2, "11:50"]],
}
"""8 shown where 10 are right, for ten minutes already: raised."""

LAZADA = {"shops": {"shopee-vn": "shopee", "lazada-vn": "lazada"}}
NOT_READ = "not every shop that may list MUG was read to its end"
NOT_AGREED = "orders of MUG and the ledger do not agree yet"
MAY_LACK = "without the ledger's movements nobody can tell whether the latest orders of MUG are in it"
ON_BOTH = {MUG: {"sku": "MUG", "sellable": 8}, "lazada-vn/1": {"sku": "MUG", "sellable": 10}}
OLD = [1, "09:00", "MUG", -1, "order", "lazada-vn", "OLD"]


def test_a_proven_raise_is_written() -> None:
    """The same variance for ten minutes, and nothing that speaks against it."""
    outcome = run(RAISED)
    assert (outcome.writes, outcome.withheld) == (["shopee-vn/1 8->10"], [])


@pytest.mark.parametrize(
    "raises", [[], [[MUG, -2, "11:51"]], [[MUG, -3, "11:00"]], [[MUG, 2, "11:00"]], [["shopee-vn/2", -2, "11:00"]]]
)
def test_a_raise_needs_two_reads(raises: list[Any]) -> None:
    """Not seen before, not long enough ago, with another variance, on another listing."""
    plan = run({**RAISED, "raises": raises}).plan
    (held,) = plan.withheld
    assert plan.actions == ()
    assert (held.rule, held.text) == (
        "confirm-raise",
        "raising shopee-vn 1 from 8 to 10 needs the same variance in two reads at least 10 min apart; the next run may "
        "do it",
    )


def test_how_far_apart_is_configured() -> None:
    """At exactly that time it may go; the text tells the minutes."""
    for minutes, at, held in ((30, "11:30", False), (30, "11:31", True), (0, "12:00", False)):
        given = {**RAISED, "raises": [[MUG, -2, at]]}
        given["policy"] = RAISED["policy"] | {"confirm_raise": timedelta(minutes=minutes)}
        outcome = run(given)
        assert bool(outcome.withheld) is held
        assert all(f"at least {minutes} min apart" in one.text for one in outcome.plan.withheld)


def test_one_snapshot_read_twice_is_one_read() -> None:
    """A shop's file proves a raise once it is of ten minutes after the run that saw the variance first."""
    for written, held in (("11:40", True), ("11:59", True), ("12:00", False), ("12:05", False)):
        shop = {"channel": "shopee", "as_of": written}
        outcome = run({**RAISED, "shops": {"shopee-vn": shop}, "now": "12:05"})
        assert [one.rule for one in outcome.plan.withheld] == ["confirm-raise"] * held


@pytest.mark.parametrize(
    ("other", "why"),
    [
        pytest.param(
            {"shops": {"shopee-vn": {"channel": "shopee", "complete": False}}},
            f"{NOT_READ} (shopee-vn)",
            id="its own shop was cut short",
        ),
        pytest.param(
            {
                "shops": {"shopee-vn": "shopee", "lazada-vn": {"channel": "lazada", "complete": False}},
                "listings": ON_BOTH,
            },
            f"{NOT_READ} (lazada-vn)",
            id="another shop of the SKU was cut short",
        ),
        pytest.param(
            {"shops": {"shopee-vn": "shopee", "lazada-vn": {"channel": "lazada", "complete": False}}},
            f"{NOT_READ} (lazada-vn)",
            id="a shop was cut short that may list it further on",
        ),
        pytest.param(
            {"listings": ON_BOTH},
            f"{NOT_READ} (lazada-vn)",
            id="a shop of the SKU was not read",
        ),
        pytest.param(
            {
                "shops": {"shopee-vn": {"channel": "shopee", "complete": False}},
                "listings": ON_BOTH,
            },
            f"{NOT_READ} (lazada-vn, shopee-vn)",
            id="all of them by name",
        ),
        pytest.param(
            {
                **LAZADA,
                "listings": ON_BOTH | {"lazada-vn/1": {"sku": "MUG", "sellable": 9}},
                "orders": [{"id": "X", "where": "lazada-vn/1", "at": "10:00"}],
                "movements": [OLD],
            },
            NOT_AGREED,
            id="an order is missing from the ledger",
        ),
        pytest.param(
            {
                **LAZADA,
                "listings": ON_BOTH | {"lazada-vn/1": {"sku": "MUG", "sellable": 9}},
                "orders": [{"id": "X", "where": "lazada-vn/1", "at": "11:50"}],
                "movements": [OLD],
            },
            NOT_AGREED,
            id="an order is in flight",
        ),
        pytest.param(
            {"orders": [{"id": "X", "where": MUG, "at": "11:31"}]}, MAY_LACK, id="an order that the ledger may lack"
        ),
        pytest.param(
            {"campaigns": [{"where": MUG, "from": "10:00", "to": "18:00", "locked": 3, "declared": True}]},
            "its campaign lock is inferred, not shown by the channel",
            id="an inferred lock",
        ),
        pytest.param(
            {"listings": {MUG: {"sku": "MUG", "sellable": 5, "campaign": 3}}},
            "the channel takes no edits while its campaign runs",
            id="a lock that forbids edits",
        ),
    ],
)
def test_what_speaks_against_a_raise(other: dict[str, Any], why: str) -> None:
    """Each reason, in words."""
    outcome = run(RAISED | other)
    held = {place(one.action.listing): one for one in outcome.plan.withheld}
    assert held[MUG].rule == "confirm-raise"
    assert held[MUG].text == f"raising shopee-vn 1 from 8 to {held[MUG].action.to}: {why}"
    assert not any(write.startswith(MUG) for write in outcome.writes)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"orders": [{"id": "X", "where": MUG, "at": "11:30"}]}, id="an order of half an hour ago"),
        pytest.param(
            {"orders": [{"id": "X", "where": MUG, "at": "11:50", "status": "cancelled", "cancelled": "11:51"}]},
            id="a cancelled order",
        ),
        pytest.param(
            {"orders": [{"id": "X", "where": "lazada-vn/7", "at": "11:50"}], **LAZADA}, id="an order of another SKU"
        ),
        pytest.param(
            {
                "orders": [{"id": "X", "where": MUG, "at": "11:50"}],
                "movements": [[1, "11:51", "MUG", -1, "order", "shopee-vn", "X"]],
                "pushes": [[MUG, "11:52", 8, "ok"]],
                "policy": {"correct_unexplained": True, "apply_scenarios": frozenset({"edited-in-seller-center"})},
            },
            id="an order that the ledger's movements have",
        ),
        pytest.param(
            {
                "shops": {"shopee-vn": {"channel": "shopee", "edit_during_campaign": True}},
                "listings": {MUG: {"sku": "MUG", "sellable": 5, "campaign": 3}},
            },
            id="a lock under which the shop says it edits",
        ),
        pytest.param(
            {
                "shops": {"lazada-vn": "lazada"},
                "listings": {"lazada-vn/1": {"sku": "MUG", "sellable": 5, "campaign": 3}},
                "raises": [["lazada-vn/1", -2, "11:00"]],
            },
            id="a lock under which the channel edits",
        ),
        pytest.param({**LAZADA, "listings": ON_BOTH}, id="a second shop that was read"),
    ],
)
def test_what_does_not_speak_against_a_raise(other: dict[str, Any]) -> None:
    """What only looks like a reason."""
    outcome = run(RAISED | other)
    assert outcome.withheld == []
    assert len(outcome.writes) == 1


def test_shops_that_were_left_out_speak_against_a_raise() -> None:
    """One that a filter or a fault left out may list the SKU."""
    outcome = run(RAISED)
    case = replace(outcome.cases[0], all_shops_read=False)
    seen = {key(MUG): RaiseSeen(-2, time("11:00"))}
    (held,) = make_plan([(case, outcome.statements[0])], seen).withheld
    assert held.text == f"raising shopee-vn 1 from 8 to 10: {NOT_READ} (some left out)"


def test_components_of_a_kit_speak_for_themselves() -> None:
    """A shop that only another component's listing names, and that component's latest orders."""
    kit = {
        **RAISED,
        "ledger": {"MUG": 10, "PEN": 90},
        "listings": {
            MUG: {"components": {"MUG": 1, "PEN": 1}, "sellable": 8},
            "shopee-vn/2": {"sku": "MUG", "sellable": 10},
            "shopee-vn/3": {"sku": "PEN", "sellable": 90},
        },
    }
    assert run(kit).writes == ["shopee-vn/1 8->10"]
    elsewhere = kit["listings"] | {"tiki/1": {"sku": "PEN", "sellable": 90}}
    (held,) = run({**kit, "listings": elsewhere}).plan.withheld
    assert held.text.endswith(f"{NOT_READ} (tiki)")
    (held,) = run({**kit, "orders": [{"id": "X", "where": "shopee-vn/3", "at": "11:50"}]}).plan.withheld
    assert held.text.endswith(MAY_LACK)


def raising(*found: Finding) -> str:
    """Why the raise of RAISED is withheld, had the detectors found this; "" where it is not."""
    outcome = run(RAISED)
    told = replace(outcome.statements[0], findings=found)
    plan = make_plan([(outcome.cases[0], told)], {key(MUG): RaiseSeen(-2, time("11:00"))})
    return "".join(held.text.partition("to 10: ")[2] for held in plan.withheld)


def test_findings_that_speak_against_a_raise() -> None:
    """Ambiguous ones of the SKU, units of the listing that wait or are for people, and units that nobody may set."""
    asks = setting("push-not-applied", units=-1)
    waits, people = "a part of the variance waits, or is for people", "a part of the variance is unexplained, or its "
    assert raising(asks) == ""
    ambiguous = finding("unexplained", Remedy(RemedyKind.NONE), side=Side.LEDGER, ambiguous=True, units=0)
    assert raising(asks, ambiguous) == "a finding is ambiguous"
    for kind in (RemedyKind.WAIT, RemedyKind.MANUAL):
        also = finding("in-flight", Remedy(RemedyKind.SET), Remedy(kind, "x"), units=-1)
        assert raising(asks, also) == waits
        assert raising(asks, replace(also, units=0)) == ""
        assert raising(asks, replace(also, listing=key("shopee-vn/2"))) == ""
    nobody = finding("unexplained", Remedy(RemedyKind.NONE), units=-1)
    assert raising(asks, nobody) == people + "cause is not to be corrected"
    assert raising(asks, replace(nobody, units=0)) == ""
    assert raising(asks, replace(nobody, side=Side.LEDGER, listing=None)) == ""


def test_a_raise_needs_every_shop_read_in_full() -> None:
    """Also a shop that does not list the SKU; the text names each of them. It is the last thing that is asked."""
    given = {**RAISED, **LAZADA}
    outcome = run(given)
    assert outcome.writes == ["shopee-vn/1 8->10"]
    (case,), (statement,) = outcome.cases, outcome.statements
    seen = {key(MUG): RaiseSeen(-2, time("11:00"))}

    def held(*little: str) -> list[tuple[str, str]]:
        shops = {n: replace(s, changes_since=time("06:00") if n in little else None) for n, s in case.shops.items()}
        plan = make_plan([(replace(case, shops=shops), statement)], seen)
        return [(one.rule, one.text) for one in plan.withheld]

    assert held() == []
    for little, named in (
        (("lazada-vn",), "lazada-vn"),
        (("shopee-vn", "lazada-vn"), "lazada-vn, shopee-vn"),
    ):
        text = f"raising shopee-vn 1 from 8 to 10 needs every shop read in full; of {named} only what may have changed"
        assert held(*little) == [("full-pull", f"{text} was read: run with --full")]
    seen = {}
    assert [rule for rule, _ in held("lazada-vn")] == ["confirm-raise"]


def test_a_lock_that_only_an_error_tells_of() -> None:
    """Its size is unknown, so a raise is not proven."""
    given = {**RAISED, "pushes": [[MUG, "11:00", 10, "stock less than reserved stock"]]}
    outcome = run(given)
    statement = replace(outcome.statements[0], findings=(setting("push-not-applied", units=-2),))
    (held,) = make_plan([(outcome.cases[0], statement)], {key(MUG): RaiseSeen(-2, time("11:00"))}).withheld
    assert held.text == "raising shopee-vn 1 from 8 to 10: its campaign lock is known from an error only"


def test_what_moves_is_left_for_the_next_run() -> None:
    """A listing of a SKU that moved between two reads, also where it would come down."""
    outcome = run(RETURNED)
    moving = replace(outcome.statements[0], moving=True)
    plan = make_plan([(outcome.cases[0], moving)], {})
    assert plan.actions == ()
    (held,) = plan.withheld
    assert (held.rule, held.text) == ("moving", "shopee-vn 1 moved between two reads: left for the next run")


def test_a_decrease_needs_no_proof() -> None:
    """Not read to its end, never seen before, orders in flight: it goes at once."""
    given = {
        **RETURNED,
        "shops": {"shopee-vn": {"channel": "shopee", "complete": False}},
        "orders": [{"id": "X", "where": MUG, "at": "18:55"}],
    }
    assert run(given).withheld == []
    assert run(given).writes == ["shopee-vn/1 48->40"]


def test_ids_name_kind_and_place() -> None:
    """Twelve hexadecimal digits; any other kind or part is another id, also where the parts read the same together."""
    one = action_id(ActionKind.WAIT, "a", "b")
    assert len(one) == 14
    assert one.startswith("a-")
    assert int(one[2:], 16) >= 0
    others = {action_id(ActionKind.MANUAL, "a", "b"), action_id(ActionKind.WAIT, "ab"), action_id(ActionKind.WAIT, "a")}
    assert len(others | {one}) == 4
    assert ListingKey(key(MUG).shop, "1") == key(MUG)
