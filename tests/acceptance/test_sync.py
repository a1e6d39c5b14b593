"""`sync` as cron calls it, against a marketplace on loopback: exit codes, what `-q` says, saved plans, the lock."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stockrecon.apply import saved
from stockrecon.reports.json import schema
from tests.acceptance.conftest import Called
from tests.acceptance.online import Marketplace, Online, marketplace

if importlib.util.find_spec("starlette") is None:
    pytest.skip("the sandbox's extra is not installed", allow_module_level=True)

SYNC = "$SR sync -c config.yaml"
SEVEN = {f"S_0{item}": 10 for item in range(1, 8)}


@pytest.fixture(scope="module")
def market_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marketplace]:
    with marketplace(tmp_path_factory.mktemp("marketplace")) as made:
        yield made


@pytest.fixture
def seller(market_place: Marketplace, tmp_path: Path) -> Online:
    """A seller whose shop nobody else uses, and shows what the ledger has."""
    return market_place.seller(tmp_path / "seller")


def valid(called: Called) -> Any:
    """The document, which is one of the shipped schema and tells the exit code of the process."""
    jsonschema.validate(called.document, schema())
    assert called.document["exit"] == called.code
    return called.document


def results(document: Any) -> list[tuple[str, int | None]]:
    return [(one["result"], one["seen"]) for one in document["outcomes"]]


# Exit codes


def test_0_every_correction_was_confirmed(seller: Online) -> None:
    """With -q one line; the run after it finds nothing to do, and says nothing at all."""
    seller.ledger(S_01=15)
    done = seller.shell(f"{SYNC} --apply -q")
    assert (done.code, done.err) == (0, "")
    assert re.fullmatch(r"stockrecon sync, run [\w-]+: 1 correction confirmed\n", done.out)
    assert seller.shown() == {"S-01": 15}
    assert seller.shell(f"{SYNC} --apply -q") == Called(0, "", "")
    assert seller.call("sync", "-c", "config.yaml", "-q") == Called(0, "", "")


def test_10_something_is_left(seller: Online) -> None:
    """A raise has to be seen twice: it is withheld, and -q says so on one line."""
    seller.ledger(S_01=15, S_02=25)
    done = seller.shell(f"{SYNC} --apply -q")
    assert (done.code, done.err) == (10, "")
    assert re.fullmatch(r"stockrecon sync, run [\w-]+: 1 correction confirmed, 1 withheld\n", done.out)
    assert seller.shown() == {"S-01": 15}


def test_10_a_plan_is_not_carried_out_unless_asked_for(seller: Online) -> None:
    """Without --apply nothing is written; the report names the commands."""
    seller.ledger(S_01=15)
    planned = seller.shell(SYNC)
    assert (planned.code, planned.err) == (10, "")
    assert "S-01  shop" in planned.out
    assert "carry it out: stockrecon sync --apply" in planned.out
    assert seller.shown() == {}
    quiet = seller.call("sync", "-c", "config.yaml", "-q")
    assert re.fullmatch(
        r"stockrecon sync, run [\w-]+: 5 units at risk of being oversold; planned: 1 listing to set; nothing written\n",
        quiet.out,
    )


def test_11_a_guard_refused_until_the_very_plan_is_approved(seller: Online) -> None:
    """Number, limit and way on; another plan's digest does not help, the right one does."""
    seller.ledger(**SEVEN)
    refused = seller.shell(f"{SYNC} --apply")
    assert refused.code == 11
    flat = " ".join(refused.out.split())
    assert f"REFUSED: nothing was written to {seller.name}" in flat
    assert "7 of 10 listings would be changed; the limit is 5" in flat
    digest = re.findall(r"--approve (sha256:[0-9a-f]{64})", flat)[0]
    assert seller.shown() == {}
    other = seller.call("sync", "-c", "config.yaml", "--apply", "--approve", "sha256:" + "0" * 64, "--format", "json")
    assert other.code == 11
    assert valid(other)["plan"]["refused"][0]["rule"] == "changed"
    assert "the approval is for sha256:000" in other.err
    assert seller.shown() == {}
    approved = seller.shell(f"{SYNC} --apply --approve {digest} --format json")
    assert approved.code == 0
    assert results(valid(approved)) == [("confirmed", 10)] * 7
    assert "warning: approved by " in approved.err
    assert len(seller.shown()) == 7


def test_11_leaves_other_shops_alone(seller: Online, market_place: Marketplace) -> None:
    """What one shop's limit refuses is no reason not to correct another one."""
    second = market_place.seller(seller.folder / "second")
    seller.configure(shops=(second.entry,))
    seller.ledger(**SEVEN)
    seller.told("listings", item_id="1008", sellable=25)
    for item in range(1, 7):
        second.told("listings", item_id=f"1{item:03}", sellable=10)
    done = seller.call("sync", "-c", "config.yaml", "--apply", "--format", "json")
    assert done.code == 11
    document = valid(done)
    refused = [one["who"] for one in document["plan"]["refused"]]
    assert refused == [seller.name]
    assert sorted(results(document)) == sorted([("confirmed", 10)] + [("skipped", None)] * 8)


def test_12_the_shop_has_moved_since_the_plan_was_made(seller: Online) -> None:
    """Somebody sets the listing between plan and apply: not written, told as a conflict, and planned afresh later."""
    seller.ledger(S_01=15, S_02=12)
    assert seller.shell(f"{SYNC} -q --save-plan plan.json").code == 10
    seller.told("listings", item_id="1001", sellable=19)
    done = seller.shell(f"{SYNC} --plan plan.json --format json")
    assert done.code == 12
    assert sorted(results(valid(done))) == [("confirmed", 12), ("conflict", 19)]
    assert seller.shown() == {"S-01": 19, "S-02": 12}
    afresh = seller.shell(f"{SYNC} --apply -q")
    assert (afresh.code, seller.shown()) == (0, {"S-01": 15, "S-02": 12})


def test_an_answer_that_was_lost_is_no_failure(seller: Online) -> None:
    """The write took effect and its answer did not arrive: reading back tells, nothing is sent twice."""
    seller.ledger(S_01=15)
    seller.told("faults", path="/api/v2/product/update_stock", kind="drop-after")
    done = seller.call("sync", "-c", "config.yaml", "--apply", "--format", "json")
    assert done.code == 0
    assert results(valid(done)) == [("confirmed", 15)]


def test_13_a_shop_that_cannot_be_read_does_not_hold_up_the_others(seller: Online) -> None:
    """The shop that was read is corrected; the other is told on standard error also with -q."""
    seller.configure(shops=({"name": "gone", "channel": "file", "path": "nowhere/", "mode": "apply"},))
    seller.ledger(S_01=15)
    done = seller.shell(f"{SYNC} --apply -q")
    assert done.code == 13
    assert done.out.endswith(": 1 correction confirmed, gone not read\n")
    assert done.err.startswith("not read: gone: ")
    assert seller.shown() == {"S-01": 15}


def test_13_without_the_ledger_nothing_is_written_or_saved(seller: Online) -> None:
    """No plan without it; a plan file is not made, and says so."""
    (seller.folder / "ledger" / "stock.csv").unlink()
    done = seller.call("sync", "-c", "config.yaml", "--apply", "-q")
    assert done.code == 13
    assert done.out.endswith(": ledger not read\n")
    assert done.err.startswith("not read: ledger: ")
    saving = seller.call("sync", "-c", "config.yaml", "--save-plan", "plan.json", "-q")
    assert saving.code == 13
    assert "plan.json was not written: without the ledger there is no plan" in saving.err
    assert not (seller.folder / "plan.json").exists()


HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from stockrecon.state import State

with State.open(Path("state"), lambda: datetime.now(UTC)) as state, state.lock([sys.argv[1]], "the nightly run"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_14_another_run_holds_the_lock(seller: Online) -> None:
    """Who holds it is named at once, nothing is read or written; looking needs no lock; the lock ends with its run."""
    seller.ledger(S_01=15)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, seller.name], cwd=seller.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for more in ("", " -q"):
            kept_out = seller.shell(f"{SYNC} --apply{more}").orderly()
            assert (kept_out.code, kept_out.out) == (14, "")
            assert "another run holds the lock: the nightly run" in kept_out.err
            assert f", process {holder.pid} on " in kept_out.err
        assert seller.call("sync", "-c", "config.yaml", "--save-plan", "plan.json", "-q").code == 10
        assert seller.call("sync", "-c", "config.yaml", "--plan", "plan.json").code == 14
        holder.kill()
    assert seller.shown() == {}
    assert seller.shell(f"{SYNC} --apply -q").code == 0


# What is written, and what is not


def test_a_shop_that_is_only_observed_is_never_written(seller: Online) -> None:
    """Plan and run say which writes are left out and why, in words and as data; the exit code says what is left."""
    seller.ledger(S_01=15)
    seller.sub("config.yaml", '"mode": "apply"', '"mode": "observe"')
    planned = seller.call("sync", "-c", "config.yaml")
    assert f"- 1 correction: mode: observe of {seller.name}: it is written only" in " ".join(planned.out.split())
    assert "--apply would write nothing of this as it is" in planned.out
    [left_out] = valid(seller.call("sync", "-c", "config.yaml", "--format", "json"))["plan"]["unpermitted"]
    assert left_out["text"].startswith(f"mode: observe of {seller.name}")
    done = seller.call("sync", "-c", "config.yaml", "--apply", "--format", "json")
    assert done.code == 10
    assert results(valid(done)) == [("skipped", None)]
    assert seller.shown() == {}


def test_only_some_skus(seller: Online) -> None:
    """--sku narrows what is written as it narrows what is read."""
    seller.ledger(S_01=15, S_02=12)
    done = seller.call("sync", "-c", "config.yaml", "--apply", "--sku", "S-02", "-q")
    assert (done.code, seller.shown()) == (0, {"S-02": 12})


# Saved plans


def test_a_saved_plan_is_carried_out_once(seller: Online) -> None:
    """Saved, read, carried out as it is, and refused when it is given again: the journal has moved on."""
    seller.ledger(S_01=15)
    saving = seller.shell(f"{SYNC} --save-plan plan.json --format json")
    assert saving.code == 10
    assert "plan written to plan.json; within 15 minutes: stockrecon sync -c config.yaml --plan plan.json" in saving.err
    plan = json.loads((seller.folder / "plan.json").read_text())
    assert plan["plan"]["digest"] == saving.document["plan"]["digest"]
    assert seller.shown() == {}
    done = seller.shell(f"{SYNC} --plan plan.json --format json")
    assert done.code == 0
    assert results(valid(done)) == [("confirmed", 15)]
    assert done.document["plan"]["digest"] == plan["plan"]["digest"]
    assert seller.shown() == {"S-01": 15}
    again = seller.shell(f"{SYNC} --plan plan.json")
    assert (again.code, again.out) == (11, "")
    assert re.search(r"plan.json: the journal has moved on since: from 0 to \d+$", again.err, re.M)
    assert "make a new plan: stockrecon sync --save-plan FILE; nothing was written" in again.err


def resealed(**changed: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A plan of other values whose checksum is right, as if the program had written it so."""

    def change(plan: dict[str, Any]) -> dict[str, Any]:
        body = {key: value for key, value in (plan | changed).items() if key != "checksum"}
        return {**body, "checksum": saved._checksum(body)}

    return change


def edited(plan: dict[str, Any]) -> dict[str, Any]:
    plan["plan"]["actions"][0]["to"] = 1
    return plan


def made(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).isoformat()


STALE: dict[str, tuple[Callable[[], Callable[[dict[str, Any]], dict[str, Any]]], str]] = {
    "edited": (lambda: edited, "it was edited since it was saved"),
    "old": (lambda: resealed(made_at=made(timedelta(minutes=16))), "it is 16 min old, the limit is 15 min"),
    "future": (lambda: resealed(made_at=made(-timedelta(minutes=3))), "which is in the future"),
    "version": (lambda: resealed(version="0.0.1"), "it was made by stockrecon 0.0.1, this is "),
    "config": (lambda: resealed(config="another"), "the configuration has changed since"),
    "journal": (lambda: resealed(generation=-1), "the journal has moved on since: from -1 to 0"),
}


@pytest.fixture(scope="module")
def planned(market_place: Marketplace, tmp_path_factory: pytest.TempPathFactory) -> Online:
    """A seller with a saved plan that no test carries out."""
    seller = market_place.seller(tmp_path_factory.mktemp("planned") / "seller")
    seller.ledger(S_01=15)
    assert seller.call("sync", "-c", "config.yaml", "-q", "--save-plan", "plan.json").code == 10
    return seller


@pytest.mark.parametrize("case", STALE)
def test_a_plan_that_is_not_that_plan_any_more_is_refused(planned: Online, case: str) -> None:
    """Each reason is told; 11, nothing on standard output, nothing written."""
    make, words = STALE[case]
    plan = json.loads((planned.folder / "plan.json").read_text())
    planned.write(f"{case}.json", json.dumps(make()(plan)))
    done = planned.call("sync", "-c", "config.yaml", "--plan", f"{case}.json")
    assert (done.code, done.out) == (11, "")
    assert f"{case}.json: " in done.err
    assert words in done.err
    assert len(done.err.splitlines()) == 2
    assert planned.shown() == {}


def test_all_reasons_against_a_plan_are_told_at_once(planned: Online) -> None:
    """So that the next attempt is not refused for the next one."""
    plan = json.loads((planned.folder / "plan.json").read_text())
    plan |= {"made_at": made(timedelta(hours=2)), "version": "0.0.1", "config": "another"}
    planned.write("all.json", json.dumps(plan))
    done = planned.call("sync", "-c", "config.yaml", "--plan", "all.json")
    assert done.code == 11
    assert done.err.count("all.json: ") == 4
    assert "it is 120 min old" in done.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        ("", "is no plan of this program"),
        ("{}", "is no plan of this program"),
        ('{"format": "stockrecon-plan/1"}', "does not tell when it was made"),
        ("[" * 100_000, "is no plan of this program"),
    ],
    ids=["missing", "empty", "other", "undated", "deep"],
)
def test_what_is_no_plan_is_2(planned: Online, content: str | None, words: str) -> None:
    """A wrong call, with a way on."""
    name = "no.json"
    (planned.folder / name).unlink(missing_ok=True)
    if content is not None:
        planned.write(name, content)
    done = planned.call("sync", "-c", "config.yaml", "--plan", name)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert "--save-plan" in done.err


def test_a_plan_of_another_configuration_is_refused(seller: Online) -> None:
    """A limit was changed between looking and applying."""
    seller.ledger(S_01=15)
    assert seller.call("sync", "-c", "config.yaml", "-q", "--save-plan", "plan.json").code == 10
    seller.configure(limits={"changed": {"count": 9, "percent": 20}})
    done = seller.call("sync", "-c", "config.yaml", "--plan", "plan.json")
    assert (done.code, seller.shown()) == (11, {})
    assert "plan.json: the configuration has changed since" in done.err


def test_a_plan_from_before_another_run_wrote_is_refused(seller: Online) -> None:
    """What it was computed from is not so any more."""
    seller.ledger(S_01=15)
    assert seller.call("sync", "-c", "config.yaml", "-q", "--save-plan", "plan.json").code == 10
    assert seller.call("sync", "-c", "config.yaml", "-q", "--apply").code == 0
    done = seller.call("sync", "-c", "config.yaml", "--plan", "plan.json")
    assert done.code == 11
    assert "the journal has moved on since" in done.err


def test_a_refused_plan_can_be_approved_by_its_digest(seller: Online) -> None:
    """The limits hold for a saved plan as well; naming it overrides them."""
    seller.ledger(**SEVEN)
    saving = seller.call("sync", "-c", "config.yaml", "--save-plan", "plan.json", "--format", "json")
    digest = valid(saving)["plan"]["digest"]
    assert saving.document["plan"]["refused"][0]["approvable"] is True
    refused = seller.call("sync", "-c", "config.yaml", "--plan", "plan.json", "-q")
    assert (refused.code, seller.shown()) == (11, {})
    assert f"7 refused ({seller.name}: changed)" in refused.out
    done = seller.call("sync", "-c", "config.yaml", "--plan", "plan.json", "--approve", digest, "-q")
    assert (done.code, len(seller.shown())) == (0, 7)
