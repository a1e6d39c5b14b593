"""Laws that hold in every world, however odd: exact sums, one finding per cause and place, safe plans."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.core.findings import ActionKind, RemedyKind
from stockrecon.core.model import Fulfilment, ListingState
from tests.scenarios.test_cases import sums_hold
from tests.worlds import run

PLACES = ("shopee-vn/1", "shopee-vn/2", "lazada-vn/1", "lazada-vn/7/8")
SKUS = ("A", "B")
CLOCK = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.integers(0, 59))
PAST = st.one_of(CLOCK, st.builds(lambda d, t: f"-{d}d {t}", st.integers(1, 4), CLOCK))
SMALL = st.integers(0, 12)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A world of two SKUs, a kit, two shops, and whatever else may have happened to them."""
    listings: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(PLACES), min_size=1, unique=True)):
        what: dict[str, Any] = draw(
            st.sampled_from(({"sku": "A"}, {"sku": "B"}, {"components": {"A": 1, "B": 2}}, {"sku": "A", "units": 3}))
        )
        listings[name] = {
            **what,
            "sellable": draw(SMALL),
            "campaign": draw(st.sampled_from((0, 0, 0, 3, 8))),
            "withheld": draw(st.sampled_from((0, 0, 1, 2))),
            "state": draw(st.sampled_from(("ok", "ok", "ok", "error", "unlisted", "reviewing"))),
            "fulfilment": draw(st.sampled_from(("seller", "seller", "seller", "platform", "computed"))),
        }
    on = st.sampled_from(sorted(listings))
    orders = []
    for number in range(draw(st.integers(0, 4))):
        order = {"id": f"O{number}", "where": draw(on), "qty": draw(st.integers(1, 3)), "at": draw(PAST)}
        order["status"] = draw(st.sampled_from(("unpaid", "paid", "shipped", "cancel_requested", "cancelled")))
        if order["status"] == "cancelled":
            order |= {
                "cancelled": draw(PAST),
                "by": draw(st.sampled_from(("seller", "buyer"))),
                "reason": "out of stock",
            }
        orders.append(order)
    movements = [
        [n, draw(PAST), draw(st.sampled_from(SKUS)), draw(st.integers(-3, 3)), kind, shop, order]
        for n, (kind, shop, order) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        st.sampled_from(("order", "cancel", "manual", "receipt", "stocktake", "correction")),
                        st.sampled_from((None, "shopee-vn", "lazada-vn")),
                        st.sampled_from((None, "O0", "O1", "O2")),
                    ),
                    max_size=6,
                )
            )
        )
    ]
    campaigns = [
        {
            "id": f"C{n}",
            "where": draw(on),
            "from": "-2d 01:00",
            "to": draw(PAST),
            "locked": draw(SMALL),
            "state": draw(st.sampled_from(("running", "ended", "upcoming", "cancelled"))),
        }
        | draw(st.sampled_from(({}, {"sold": 2})))
        for n in range(draw(st.integers(0, 2)))
    ]
    world: dict[str, Any] = {
        "now": "12:00",
        "as_of": draw(st.sampled_from(("12:00", "11:58"))),
        "ledger": {"A": draw(st.integers(-4, 12)), "B": draw(st.integers(-4, 12))},
        "shops": {
            "shopee-vn": {
                "channel": "shopee",
                "buffer": draw(st.integers(0, 2)),
                "percent": draw(st.sampled_from((100, 50))),
            },
            "lazada-vn": {"channel": "lazada", "cap": draw(st.sampled_from((None, 5)))},
        },
        "listings": listings,
        "orders": orders,
        "campaigns": campaigns,
        "policy": {
            "protect_campaign_stock": draw(st.booleans()),
            "correct_unexplained": draw(st.booleans()),
        },
    }
    if draw(st.booleans()):
        world["movements"] = movements
    if draw(st.booleans()):
        world["pushes"] = [
            [draw(on), draw(PAST), draw(SMALL), draw(st.sampled_from(("ok", "ok", "negative sellable", "timeout")))]
            for _ in range(draw(st.integers(0, 3)))
        ]
    if draw(st.booleans()):
        world["history"] = [[draw(on), draw(PAST), draw(SMALL), draw(SMALL)] for _ in range(draw(st.integers(0, 3)))]
    if draw(st.booleans()):
        slug = draw(st.sampled_from(("campaign-lock", "listing-sync-error")))
        world["past"] = [[draw(on), slug, draw(st.integers(-3, 5)), draw(SMALL), "-1d 10:00"]]
    return world


common = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@common
@given(worlds())
def test_sums_are_exact(world: dict[str, Any]) -> None:
    """Per listing the findings sum to the variance, per SKU to the deficit, whatever happened."""
    sums_hold(run(world))


@common
@given(worlds())
def test_one_finding_per_cause_and_place(world: dict[str, Any]) -> None:
    """No two findings, and no two actions, of a run share an id."""
    outcome = run(world)
    findings = [f.id for statement in outcome.statements for f in statement.findings]
    actions = [action.id for action in outcome.plan.actions]
    assert len(findings) == len(set(findings))
    assert len(actions) == len(set(actions))


@common
@given(worlds())
def test_writes_are_safe(world: dict[str, Any]) -> None:
    """No write to a listing in a bad state or of the platform; none below the floor; no raise in a first run."""
    outcome = run(world)
    lines = {line.listing.key: line for statement in outcome.statements for line in statement.lines}
    for action in outcome.plan.actions:
        if action.kind is not ActionKind.SET_STOCK:
            continue
        assert action.listing is not None
        assert action.to is not None
        line = lines[action.listing]
        assert line.listing.state in (ListingState.OK, ListingState.UNLISTED)
        assert line.listing.fulfilment is Fulfilment.SELLER
        assert line.floor is not None
        assert line.floor <= action.to < line.listing.exposed


@common
@given(worlds())
def test_same_world_same_answer(world: dict[str, Any]) -> None:
    """The order in which facts arrive changes nothing."""
    turned = {k: list(reversed(v)) if isinstance(v, list) and k != "movements" else v for k, v in world.items()}
    turned["listings"] = dict(reversed(world["listings"].items()))
    one, other = run(world), run(turned)
    assert sorted(one.findings) == sorted(other.findings)
    assert one.plan.digest == other.plan.digest


@common
@given(worlds())
def test_every_finding_says_what_to_do(world: dict[str, Any]) -> None:
    """Every finding has a sentence and a remedy, and every wait and manual action its words."""
    for statement in run(world).statements:
        for finding in statement.findings:
            assert finding.text
            assert finding.remedies
            for remedy in finding.remedies:
                assert remedy.text or remedy.kind in (RemedyKind.NONE, RemedyKind.SET)
