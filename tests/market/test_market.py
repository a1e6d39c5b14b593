"""The customer's acceptance: a market with known causes through `diff --format json --all`, held to the letter."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from tests.market.build import Built, build
from tests.market.check import judge
from tests.market.claims import NUMBERS
from tests.market.folders import write
from tests.market.run import FIRST, SECOND, both_runs, diff, report_of
from tests.market.things import HOUR, NOON

QUIET = (
    "order-in-flight",
    "cancellation-in-flight",
    "shop-not-told-yet",
    "stock-of-the-platform",
    "listed-nowhere",
    "mapped-listing-absent",
    "written-off-and-still-open",
    "error-state-in-line",
)


def schema() -> jsonschema.Draft202012Validator:
    text = files("stockrecon.reports").joinpath("schema/stockrecon-1.json").read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def valid(*reports: object) -> None:
    for report in reports:
        assert not [error.message for error in schema().iter_errors(report)][:5]


@pytest.mark.timeout(300)
def test_a_large_market_is_explained_to_the_unit(tmp_path: Path) -> None:
    """3,000 SKUs in line, every cause, two readings: nothing is missed, nothing is made up."""
    built = build(9, 3000)
    faults, first, second = both_runs(built, tmp_path)
    assert faults == []
    valid(first, second)
    assert set(NUMBERS.values()) <= {one["number"] for each in first["statements"] for one in each["findings"]}


@pytest.mark.parametrize("seed", range(100, 110))
def test_small_markets_are_explained_to_the_unit(seed: int, tmp_path: Path) -> None:
    """Other policies, with and without pushes, history and mapping; every tenth is read a second time."""
    built = build(seed, 5, mapping=seed % 4 != 1)
    if seed % 10 == 0:
        faults, first, _ = both_runs(built, tmp_path)
    else:
        first = diff(write(built.market, tmp_path), FIRST)
        faults = judge(built, first, 1)
    assert faults == []
    valid(first)


def test_protected_campaign_stock_is_no_variance(tmp_path: Path) -> None:
    """Locked in one shop, kept from the others, by an OMS that does the same; also before the campaign starts."""
    built = build(21, 40, copies=12, protect=True)
    faults, first, second = both_runs(built, tmp_path)
    assert faults == []
    valid(first, second)


def test_the_same_files_give_the_same_plan_and_steps_keep_their_ids(tmp_path: Path) -> None:
    """Read by the same state and by a new one: the same digest, the same ids; and 40 minutes later what is left."""
    built = build(3, 5)
    config = write(built.market, tmp_path)
    first, again = diff(config, FIRST), diff(config, FIRST)
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    new = diff(config, FIRST)
    assert first["plan"] == again["plan"] == new["plan"]
    assert {**new, "run": ""} == {**first, "run": ""}
    built.again()
    write(built.market, tmp_path)
    before, after = _steps(first), _steps(diff(config, SECOND))
    both = set(before) & set(after)
    assert len(both) > 30
    assert all(before[step] == after[step] for step in both)


def _steps(report: dict) -> dict[tuple, str]:
    """What a step does and where -> its id."""
    names = ("kind", "sku", "shop", "item_id", "variation_id", "scenario", "to", "ref")
    return {
        (*(one.get(name) for name in names), one["text"] if one["kind"] == "manual" else None): one["id"]
        for one in [*report["plan"]["actions"], *report["plan"]["withheld"]]
    }


def test_explain_says_the_same_of_one_sku(tmp_path: Path) -> None:
    """One SKU of every cause: `explain` shows the statement that `diff` showed, and what happened in order of time."""
    built = build(4, 5)
    config = write(built.market, tmp_path)
    statements = {one["sku"]: one for one in diff(config, FIRST)["statements"]}
    by_cause = {one["scenario"]: sku for sku, each in statements.items() for one in each["findings"]}
    assert len(by_cause) > 15
    for sku in sorted(set(by_cause.values()))[::4]:
        told = report_of("explain", config, FIRST, "--", sku)
        (statement,) = (one for one in told["statements"] if one["sku"] == sku)
        for name in ("available", "available_in_flight", "excess", "deficit", "listings", "findings"):
            assert statement[name] == statements[sku][name]
        times = [one["at"] for one in told["timeline"] if one["at"]]
        assert times == sorted(times)


def only(names: tuple[str, ...]) -> Built:
    return build(4, 8, only=names)


def exit_of(built: Built, root: Path) -> tuple[int, dict]:
    """The exit code of the program itself, as its own process."""
    config = write(built.market, root)
    command = ["-m", "stockrecon", "diff", "--format", "json", "--all", "--now", FIRST.isoformat(), "-c", str(config)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_what_only_needs_time_ends_with_0(tmp_path: Path) -> None:
    """In flight, platform stock, unlisted, and 0 units that wait do not count."""
    code, report = exit_of(only(QUIET), tmp_path)
    assert {one["scenario"] for each in report["statements"] for one in each["findings"]} >= {
        "in-flight",
        "platform-fulfilled",
        "unlisted",
        "cancelled-order-restock",
    }
    assert (code, report["exit"]) == (0, 0)


@pytest.mark.parametrize("name", ["edited-by-hand", "mapping-without-ids"])
def test_what_people_should_see_ends_with_10(name: str, tmp_path: Path) -> None:
    """One finding that counts is enough, also of 0 units where people have to act."""
    code, _ = exit_of(only((*QUIET, name)), tmp_path)
    assert code == 10


def test_an_incomplete_shop_raises_nothing_and_misses_nothing(tmp_path: Path) -> None:
    """A listing that is not in half a snapshot may be there: no `unlisted`; and no raise, however often it was seen."""
    built = only(("zeroed-for-want-of-stock", "listed-nowhere", "mapped-listing-absent"))
    for shop in built.market.shops.values():
        shop.complete = shop.name != "shopee-vn"
    config = write(built.market, tmp_path)
    diff(config, FIRST)
    built.again()
    write(built.market, tmp_path)
    report = diff(config, SECOND)
    assert [one["complete"] for one in report["shops"] if one["name"] == "shopee-vn"] == [False]
    assert "unlisted" not in report["summary"]["by_scenario"]
    assert not [one for one in report["plan"]["actions"] if one["kind"] == "set-stock"]
    assert [one["rule"] for one in report["plan"]["withheld"]] == ["confirm-raise"]


def test_a_shop_that_cannot_be_read_costs_the_others_nothing(tmp_path: Path) -> None:
    """Exit 13, its reason in the report, every finding of the others as before."""
    built = build(4, 8)
    config = write(built.market, tmp_path)
    whole = diff(config, FIRST)
    built.market.shops["capped"].broken = True
    write(built.market, tmp_path)
    (tmp_path / "state").rename(tmp_path / "elsewhere")
    report = diff(config, FIRST)
    assert report["exit"] == 13
    assert {one["name"]: bool(one["error"]) for one in report["shops"]} == {
        name: name == "capped" for name in built.market.shops
    }

    def findings(of: dict) -> set[tuple]:
        names = ("id", "scenario", "units", "side")
        return {
            tuple(one[name] for name in names)
            for each in of["statements"]
            for one in each["findings"]
            if one["shop"] not in (None, "capped") and one["scenario"] != "unlisted"
        }

    assert findings(report) == findings(whole)
    assert not [one for one in report["plan"]["actions"] if one["kind"] == "set-stock" and one["to"] > one["from"]]


def test_without_movements_nothing_is_judged_by_them(tmp_path: Path) -> None:
    """Scenarios 3, 5, 6 and what is in flight are not guessed, the report says so, and every listing still adds up."""
    built = build(4, 8)
    config = write(built.market, tmp_path)
    (tmp_path / "ledger" / "movements.csv").unlink()
    report = diff(config, FIRST)
    valid(report)
    found = {one["scenario"] for each in report["statements"] for one in each["findings"]}
    assert not found & {
        "cancelled-order-restock",
        "unpaid-release",
        "orders-too-near",
        "in-flight",
        "order-not-imported",
        "cancelled-order-not-restocked",
    }
    assert any("movements" in said for said in report["cannot"])
    for each in report["statements"]:
        for row in each["listings"]:
            ours = [one for one in each["findings"] if one["side"] == "listing" and one["item_id"] == row["item_id"]]
            assert row["variance"] in (None, sum(one["units"] for one in ours))


def test_old_files_are_never_judged_by_the_clock(tmp_path: Path) -> None:
    """The snapshots' own times decide: an hour later the same files tell the same findings, only waits may end."""
    built = only(("order-in-flight", "unpaid-and-released", "edited-by-hand"))
    config = write(built.market, tmp_path)

    def told(report: dict) -> list[tuple]:
        rows = [one for each in report["statements"] for one in each["findings"]]
        return [(one["scenario"], one["units"], one["id"]) for one in rows]

    assert told(diff(config, FIRST)) == told(diff(config, NOON + HOUR))
