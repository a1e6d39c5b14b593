"""`examples/` holds the seed page's six stories with exactly the numbers of semantics section 5, and a few more."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest

from stockrecon.reports.json import schema
from tests.acceptance.conftest import Called, Market, copied

# (shop or ledger, scenario, number, units), by SKU; what is not here is in line.
FINDINGS: dict[str, list[tuple[str, str, int | None, int]]] = {
    "MUG-BLACK": [("shopee-vn", "campaign-returned", 1, 8)],
    "LAMP-OAK": [("lazada-vn", "campaign-lock", 2, 70)],
    "PLATE-SET": [
        ("lazada-vn", "cancelled-order-restock", 3, 1),
        ("ledger", "cancelled-order-restock", 3, 1),
        ("shopee-vn", "cancelled-order-restock", 3, 1),
    ],
    "SHIRT-M": [("shopee-vn", "listing-sync-error", 4, 6)],
    "TOWEL-GREY": [("lazada-vn", "unpaid-release", 5, 1)],
    "VASE-LAST": [("ledger", "orders-too-near", 6, 1)],
    "SOAP-LIME": [("shopee-vn", "in-flight", None, -2)],
    "00123": [("shopee-vn", "unexplained", None, 3)],
}
IN_LINE = {"BOWL-BLUE", "CAP-RED", "TEA-GIFT"}
ACTIONS = [
    ("adjust-ledger", "PLATE-SET", None, -1),
    ("manual", "LAMP-OAK", "lazada-vn", None),
    ("manual", "SHIRT-M", "shopee-vn", None),
    ("manual", "VASE-LAST", None, None),
    ("set-stock", "LAMP-OAK", "lazada-vn", (100, 50)),
    ("set-stock", "MUG-BLACK", "shopee-vn", (48, 40)),
    ("set-stock", "PLATE-SET", "lazada-vn", (1, 0)),
    ("set-stock", "PLATE-SET", "shopee-vn", (1, 0)),
    ("wait", "SOAP-LIME", "shopee-vn", "2026-11-11T12:22:00Z"),
    ("wait", "TOWEL-GREY", "lazada-vn", "2026-11-14T10:58:00Z"),
]


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Called:
    return copied(tmp_path_factory.mktemp("examples") / "market").diff("--all")


@pytest.fixture(scope="module")
def document(called: Called) -> Any:
    return called.document


def test_differences_remain(called: Called) -> None:
    assert (called.code, called.document["exit"], called.err) == (10, 10, "")


def test_each_story_has_its_finding_and_nothing_else_has_any(document: Any) -> None:
    found = {
        s["sku"]: sorted(
            ("ledger" if f["side"] == "ledger" else f["shop"], f["scenario"], f["number"], f["units"])
            for f in s["findings"]
        )
        for s in document["statements"]
    }
    assert {sku: findings for sku, findings in found.items() if findings} == FINDINGS
    assert found.keys() - FINDINGS.keys() == IN_LINE
    assert not any(f["ambiguous"] for s in document["statements"] for f in s["findings"])


def test_the_summary(document: Any) -> None:
    summary = document["summary"]
    numbers = [summary[key] for key in ("skus", "listings", "in_line", "variance_units", "oversell_units")]
    assert numbers == [11, 16, 8, 92, 90]
    assert {
        slug: (one["findings"], one["units"], one["ledger_units"]) for slug, one in summary["by_scenario"].items()
    } == {
        "campaign-lock": (1, 70, 0),
        "campaign-returned": (1, 8, 0),
        "cancelled-order-restock": (3, 2, 1),
        "in-flight": (1, 2, 0),
        "listing-sync-error": (1, 6, 0),
        "orders-too-near": (1, 0, 1),
        "unexplained": (1, 3, 0),
        "unpaid-release": (1, 1, 0),
    }


def test_the_plan(document: Any) -> None:
    told = []
    for action in document["plan"]["actions"]:
        kind = action["kind"]
        key = {"adjust-ledger": "by", "manual": "due", "wait": "until"}.get(kind)
        what = (action["from"], action["to"]) if key is None else action[key]
        told.append((kind, action["sku"], action.get("shop"), what))
    assert sorted(told, key=repr) == sorted(ACTIONS, key=repr)
    assert document["plan"]["withheld"] == document["outcomes"] == []
    correction = next(action for action in document["plan"]["actions"] if action["kind"] == "adjust-ledger")
    follow = [a["after"] for a in document["plan"]["actions"] if a["kind"] == "set-stock" and a["sku"] == "PLATE-SET"]
    assert follow == [correction["id"]] * 2


def test_every_listings_sum_holds(document: Any) -> None:
    for statement in document["statements"]:
        for line in statement["listings"]:
            place = (line["shop"], line["item_id"], line["variation_id"])
            claimed = sum(
                f["units"] for f in statement["findings"] if (f["shop"], f["item_id"], f["variation_id"]) == place
            )
            assert line["exposed"] == line["sellable"] + line["campaign"]
            assert line["variance"] == line["exposed"] - line["target"] == claimed
    kit = next(s for s in document["statements"] if s["sku"] == "TEA-GIFT")["listings"][0]
    assert {(c["sku"], c["units"]) for c in kit["components"]} == {("TEA-GIFT", 1), ("BOWL-BLUE", 2)}
    assert sum(len(s["listings"]) for s in document["statements"]) == 16
    buffered = next(s for s in document["statements"] if s["sku"] == "CAP-RED")["listings"][0]
    assert (buffered["target"], buffered["exposed"]) == (10, 10)


def test_the_document_is_valid(document: Any) -> None:
    jsonschema.Draft202012Validator(schema()).validate(document)


def test_the_table_tells_all_six_at_every_width(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    for width in (80, 140):
        monkeypatch.setenv("COLUMNS", str(width))
        out = market.diff(style="table").out
        assert re.findall(r"^(\d)  \w", out, re.MULTILINE) == ["2", "1", "4", "3", "5", "6"]
        assert max(map(len, out.splitlines())) <= width
        assert "shopee-vn item 5001: a campaign" not in out
        assert "> set 48 -> 40" in out


def test_the_same_numbers_come_a_second_time(market: Market) -> None:
    """History makes wiser; here it changes nothing, and every cause keeps its name and id."""
    first, second = market.diff("--all").document, market.diff("--all").document
    assert second["statements"] == first["statements"]
    assert second["plan"] == first["plan"]
    assert second["run"] != first["run"]
