"""In which statement a listing stands, and what depends on a ledger correction."""

from __future__ import annotations

from stockrecon.core.findings import ActionKind
from tests.worlds import Outcome, run


def _homes(outcome: Outcome) -> dict[str, str]:
    return {str(line.listing.key): statement.sku for statement in outcome.statements for line in statement.lines}


def _kit(available: dict[str, int]) -> Outcome:
    return run(
        {
            "ledger": available,
            "shops": {"shopee-vn": "shopee"},
            "listings": {"shopee-vn/k": {"components": {"A": 1, "B": 2}, "sellable": 4}},
        }
    )


def test_a_kit_stands_once_under_what_limits_it() -> None:
    """A allows 10, B 9 / 2 = 4: the statement of B has the kit, with both components named."""
    outcome = _kit({"A": 10, "B": 9})
    assert _homes(outcome) == {"shopee-vn k": "B"}
    (line,) = [line for statement in outcome.statements for line in statement.lines]
    assert [(component.sku, component.units) for component in line.listing.components] == [("A", 1), ("B", 2)]


def test_a_kit_that_two_limit_stands_under_the_first() -> None:
    """A allows 4, B 8 / 2 = 4."""
    assert _homes(_kit({"A": 4, "B": 8})) == {"shopee-vn k": "A"}


def test_a_kit_follows_the_correction_of_its_component() -> None:
    """The kit stands under B, which limits it; its write still waits for the correction of A."""
    outcome = run(
        {
            "now": "15:00",
            "ledger": {"A": 4, "B": 1},
            "shops": {"shopee-vn": "shopee"},
            "listings": {"shopee-vn/k": {"components": {"A": 1, "B": 1}, "sellable": 5}},
            "movements": [
                [1, "10:01", "A", -2, "order", "shopee-vn", "O", -2],
                [2, "11:00", "A", 2, "manual", None, None, 0],
                [3, "12:00", "A", 2, "receipt", None, None, 2],
                [4, "14:01", "A", 1, "cancel", "shopee-vn", "O", 3],
                [5, "14:02", "A", 1, "cancel", "shopee-vn", "O", 4],
            ],
            "policy": {"correct_unexplained": True},
        }
    )
    first, second, write = outcome.plan.actions
    assert [first.ref, second.ref] == ["stockrecon:A:4", "stockrecon:A:5"]
    assert (first.after, second.after, write.after) == (None, first.id, second.id)
    assert _homes(outcome) == {"shopee-vn k": "B"}


def test_packs_sold_on_are_counted_in_units_of_the_ledger() -> None:
    """3 units are sold that never were: that is the latest pack of 3, not the one before it as well."""
    outcome = run(
        {
            "now": "15:00",
            "ledger": {"MUG": 0},
            "shops": {"shopee-vn": "shopee"},
            "listings": {"shopee-vn/3": {"components": {"MUG": 3}, "sellable": 0}},
            "orders": [
                {"id": "OLD", "where": "shopee-vn/3", "at": "09:30"},
                {"id": "GONE", "where": "shopee-vn/3", "at": "10:00", "status": "cancelled", "cancelled": "12:00"},
                {"id": "NEW", "where": "shopee-vn/3", "at": "13:00"},
            ],
            "movements": [
                [1, "09:00", "MUG", 3, "receipt", None, None, 3],
                [2, "09:31", "MUG", -3, "order", "shopee-vn", "OLD", 0],
                [3, "10:01", "MUG", -3, "order", "shopee-vn", "GONE", -3],
                [4, "11:00", "MUG", 3, "manual", None, None, 0],
                [5, "12:01", "MUG", 3, "cancel", "shopee-vn", "GONE", 3],
                [6, "13:01", "MUG", -3, "order", "shopee-vn", "NEW", 0],
            ],
        }
    )
    (told,) = [action.text for action in outcome.plan.actions if "back-order" in action.text]
    assert told == "cancel or back-order 3 units of MUG, the latest first: shopee-vn order NEW"


def test_stock_follows_the_ledger() -> None:
    """A write that counts on a correction comes after it and names it."""
    outcome = run(
        {
            "now": "15:00",
            "ledger": {"MUG": 1},
            "shops": {"shopee-vn": "shopee"},
            "listings": {"shopee-vn/1": {"sku": "MUG", "sellable": 1}},
            "movements": [
                [1, "10:01", "MUG", -1, "order", "shopee-vn", "A", -1],
                [2, "11:00", "MUG", 1, "manual", None, None, 0],
                [3, "14:01", "MUG", 1, "cancel", "shopee-vn", "A", 1],
            ],
        }
    )
    adjust, write = outcome.plan.actions
    assert (adjust.kind, write.kind) == (ActionKind.ADJUST_LEDGER, ActionKind.SET_STOCK)
    assert adjust.ref == "stockrecon:MUG:3"
    assert write.after == adjust.id


def test_an_order_that_is_sent_in_parts_is_named_once() -> None:
    """A part of it is on its way, the rest is not, the ledger has neither: one order, both its parts as evidence."""
    order = {"id": "X", "where": "shopify/1/1", "at": "10:00"}
    outcome = run(
        {
            "ledger": {"MUG": 10},
            "shops": {"shopify": "shopify"},
            "listings": {"shopify/1/1": {"sku": "MUG", "sellable": 7}},
            "orders": [{**order, "qty": 2}, {**order, "status": "shipped"}],
            "movements": [[1, "09:00", "MUG", -1, "order", "shopify", "OLD"]],
        }
    )
    (finding,) = [finding for statement in outcome.statements for finding in statement.findings]
    assert (finding.scenario, finding.units) == ("order-not-imported", -3)
    assert "3 units of order X, placed" in finding.text
    assert finding.remedies[0].text.startswith("bring shopify order X into the ledger (3 units")
    assert [one.fact for one in finding.evidence if one.source == "shopify order X"] == [
        "2 units ordered, now paid",
        "1 unit ordered, now shipped",
    ]


def test_an_unknown_sku_is_told_what_it_looks_like_and_stays_unknown() -> None:
    """Both spellings and the damage stand in the finding's text and evidence; no listing is joined or written."""
    outcome = run(
        {
            "ledger": {"00123": 5, "ABC": 9},
            "shops": {"shopee-vn": "shopee"},
            "listings": {
                "shopee-vn/1": {"sku": "123", "sellable": 7},
                "shopee-vn/k": {"components": {"ABC": 1, "\u0410BC": 1}, "sellable": 6},
                "shopee-vn/2": {"sku": "other", "sellable": 7},
            },
            "policy": {"correct_unexplained": True},
        }
    )
    found = {str(f.listing): f for s in outcome.statements for f in s.findings if f.scenario == "unknown-sku"}
    told = {key: [e.fact for e in finding.evidence if e.source == "spelling"] for key, finding in found.items()}
    assert told == {
        "shopee-vn 1": ["123 is nearly the ledger's 00123 (damage: lost leading zeros)"],
        "shopee-vn k": [
            "<U+0410>BC is nearly the ledger's ABC (damage: look-alike letters or signs of another alphabet)"
        ],
        "shopee-vn 2": [],
    }
    for key, facts in told.items():
        assert all(fact in found[key].text for fact in facts)
    assert not outcome.writes
