"""Orders that the platform ships from its own warehouse have nothing to do with the ledger's stock."""

from __future__ import annotations

from tests.worlds import run


def test_an_order_of_platform_stock_is_neither_in_flight_nor_missing() -> None:
    """The ledger need not know it: target and findings of the seller's own listing stay as they are."""
    world = {
        "now": "19:00",
        "ledger": {"MUG": 10},
        "shops": {"lazada-vn": "lazada"},
        "listings": {
            "lazada-vn/1/11": {"sku": "MUG", "sellable": 10},
            "lazada-vn/2/22": {"sku": "MUG", "sellable": 10, "fulfilment": "platform"},
        },
        "movements": [
            ["1", "08:00", "MUG", 11, "receipt", None, None, 11],
            ["2", "09:00", "MUG", -1, "order", "lazada-vn", "A", 10],
        ],
        "orders": [
            {"id": "A", "where": "lazada-vn/1/11", "qty": 1, "status": "paid", "at": "08:59"},
            {"id": "B", "where": "lazada-vn/2/22", "qty": 2, "status": "paid", "at": "12:00"},
            {"id": "C", "where": "lazada-vn/2/22", "qty": 3, "status": "paid", "at": "18:58"},
        ],
    }
    outcome = run(world)
    (statement,) = outcome.statements
    assert statement.available_in_flight == 10
    assert {finding.scenario for finding in statement.findings} <= {"platform-fulfilled", "duplicate-sku"}


def test_an_order_of_platform_stock_oversold_nobody() -> None:
    """It came a minute before the last own unit was sold below zero, and is still no other order for that unit."""
    world = {
        "now": "19:00",
        "ledger": {"MUG": -1},
        "shops": {"lazada-vn": "lazada", "shopee-vn": "shopee"},
        "listings": {
            "lazada-vn/2/22": {"sku": "MUG", "sellable": 10, "fulfilment": "platform"},
            "shopee-vn/1": {"sku": "MUG", "sellable": 0},
        },
        "movements": [["1", "18:02", "MUG", -1, "order", "shopee-vn", "B", -1]],
        "orders": [
            {"id": "A", "where": "lazada-vn/2/22", "qty": 1, "status": "paid", "at": "18:00"},
            {"id": "B", "where": "shopee-vn/1", "qty": 1, "status": "paid", "at": "18:01"},
        ],
    }
    assert "unexplained ledger MUG +1 none" in run(world).findings
