"""The JSON document is the contract's, to the letter."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from stockrecon.core.findings import RunResult
from stockrecon.reports import render, render_explain
from stockrecon.reports.json import schema, stamp
from stockrecon.reports.view import View
from tests.reports import samples, writes


def document(result: RunResult, **view: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads("".join(render("json", result, View(**view))))
    return loaded


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize(
    "make",
    [
        samples.everything,
        samples.in_line,
        samples.nothing_read,
        samples.applied,
        writes.planned,
        writes.foreseen,
        writes.refused_by_every_rule,
        writes.carried_out,
        writes.saved_plan,
        writes.idle,
    ],
)
def test_every_document_is_valid_under_the_shipped_schema(make: Any, validator: jsonschema.Validator) -> None:
    validator.validate(document(make()))


def test_explain_is_the_same_document_with_a_timeline(validator: jsonschema.Validator) -> None:
    result = replace(samples.everything(), command="explain", statements=(samples.campaign_returned(),))
    explained = json.loads("".join(render_explain("json", result, View())))
    validator.validate(explained)
    times = [event["at"] for event in explained["timeline"]]
    assert times == sorted(times)
    kinds = {event["kind"] for event in explained["timeline"]}
    assert kinds == {"movement", "order", "campaign", "push", "snapshot", "reading"}
    assert {action["sku"] for action in explained["plan"]["actions"]} == {"TEE-RED-M"}


DOCUMENT = "schema command run now ledger shops summary statements plan outcomes exit"
LISTING = (
    "shop item_id variation_id seller_sku sellable campaign withheld committed state components "
    "target floor write_target exposed variance"
)
FINDING = "scenario number side shop item_id variation_id units ambiguous resolves_at text evidence id remedies"
ACTIONS = {
    "set-stock": "id kind shop item_id variation_id sku from to scenario finding after",
    "adjust-ledger": "id kind sku by ref scenario finding",
    "manual": "id kind sku shop item_id variation_id text scenario finding due",
    "wait": "id kind sku shop item_id variation_id until scenario finding",
}


def test_keys_stand_in_the_contracts_order() -> None:
    made = document(samples.applied())
    assert " ".join(key for key in made if key not in ("cannot", "warnings")) == DOCUMENT
    assert " ".join(made["statements"][0]["listings"][0]) == LISTING
    assert " ".join(made["statements"][0]["findings"][0]) == FINDING


def test_actions_have_exactly_the_keys_of_their_kind() -> None:
    actions = document(samples.everything())["plan"]["actions"]
    assert {action["kind"]: " ".join(action) for action in actions} == ACTIONS


def test_unknown_is_null_and_never_zero() -> None:
    made = document(samples.everything())
    strange = next(s for s in made["statements"] if s["available"] is None)
    assert strange["listings"][0]["target"] is None
    assert strange["listings"][0]["variance"] is None
    assert strange["listings"][0]["variation_id"] is None
    unread = next(shop for shop in made["shops"] if shop["error"])
    assert (unread["as_of"], unread["complete"]) == (None, False)
    assert document(samples.nothing_read())["ledger"]["skus"] is None


def test_the_same_result_gives_the_same_bytes() -> None:
    assert "".join(render("json", samples.everything(), View())) == "".join(
        render("json", samples.everything(), View())
    )


def test_times_are_utc_with_fractions_only_where_there_are_any() -> None:
    assert stamp(samples.NOW) == "2026-11-11T12:00:00Z"
    assert stamp(samples.NOW.replace(microsecond=500)) == "2026-11-11T12:00:00.000500Z"
    assert stamp(None) is None


def test_names_are_exact_and_nothing_a_terminal_would_obey_is_written_raw() -> None:
    text = "".join(render("json", samples.everything(), View()))
    assert "\u202e" not in text
    assert "\x1b" not in text
    skus = [statement["sku"] for statement in json.loads(text)["statements"]]
    assert "AB\u202eC\u200b " in skus
    assert samples.WIDE in text


def test_a_lone_surrogate_can_be_written() -> None:
    result = replace(samples.in_line(), warnings=("bad \ud800 text",))
    text = "".join(render("json", result, View()))
    assert json.loads(text.encode("utf-8"))["warnings"] == ["bad \ud800 text"]


def test_a_filter_shows_only_findings_of_its_scenarios_and_says_so(validator: jsonschema.Validator) -> None:
    made = document(samples.everything(), scenarios=("campaign-lock",))
    validator.validate(made)
    shown = {finding["scenario"] for statement in made["statements"] for finding in statement["findings"]}
    assert shown == {"campaign-lock"}
    assert made["filter"] == {"scenarios": ["campaign-lock"]}
    assert made["exit"] == 13
    assert made["summary"]["by_scenario"]["campaign-returned"]["units"] == 8


def test_the_schema_refuses_what_the_contract_does_not_allow(validator: jsonschema.Validator) -> None:
    for path, value in (
        (("schema",), "stockrecon/2"),
        (("now",), "2026-11-11T12:00:00+00:00"),
        (("statements", 0, "listings", 0, "target"), "40"),
        (("plan", "actions", 0, "to"), None),
        (("plan", "digest"), "abc"),
    ):
        made: Any = document(samples.everything())
        place = made
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        assert not validator.is_valid(made), path


def test_the_schema_lets_keys_be_added_and_misses_those_left_out(validator: jsonschema.Validator) -> None:
    made = document(samples.everything())
    made["statements"][0]["later"] = 1
    assert validator.is_valid(made)
    del made["statements"][0]["deficit"]
    assert not validator.is_valid(made)


def test_outcomes_have_the_contracts_keys_and_the_earlier_run_only_where_there_is_one() -> None:
    """A program can tell this run's writes from those that an earlier run sent, and what that one sent."""
    first, second, *_, last = document(writes.carried_out())["outcomes"]
    assert first == {
        "action": writes.WRITES[4].id,
        "result": "not-applied",
        "seen": 10,
        "at": "2026-11-11T12:00:00Z",
        "detail": "no sign of the write was seen",
        "run": writes.EARLIER,
        "about": {
            "kind": "set-stock",
            "sku": writes.THAI,
            "shop": "shopee-vn",
            "item_id": "1003",
            "variation_id": None,
            "from": 11,
            "to": 8,
            "by": None,
            "ref": None,
        },
    }
    assert {key: second["about"][key] for key in ("kind", "sku", "shop", "item_id", "by", "ref")} == {
        "kind": "adjust-ledger",
        "sku": "00777",
        "shop": None,
        "item_id": None,
        "by": -2,
        "ref": "stockrecon:00777:m9",
    }
    assert list(last) == ["action", "result", "seen", "at", "detail"]
    assert {one["result"] for one in document(writes.carried_out())["outcomes"]} == {
        "confirmed", "rejected", "conflict", "not-applied", "superseded", "unknown", "skipped", "exported",
    }  # fmt: skip


def test_refusals_stand_in_the_plan_and_only_where_there_are_any() -> None:
    """What a guard refuses is data for programs: who, rule, text, way on, and whether an approval overrides it."""
    refused = document(writes.refused())["plan"]["refused"]
    assert refused == [
        {
            "who": "shopee-vn",
            "rule": "changed",
            "text": "9 of 40 listings would be changed; the limit is 8, the larger of 5 and 20 %",
            "way_on": f"Read the plan; if it is right: stockrecon sync --apply --approve {samples.DIGEST}",
            "approvable": True,
        }
    ]
    assert list(document(writes.planned())["plan"]) == ["digest", "actions", "withheld"]


def test_what_would_be_left_out_stands_in_the_plan_and_only_where_there_is_any() -> None:
    """Writes that no guard refuses and --apply would not make, by their ids."""
    plan = document(writes.foreseen())["plan"]
    text = "mode: observe of lazada-vn: it is written only with mode: apply"
    assert plan["unpermitted"] == [{"id": writes.WRITES[n].id, "text": text} for n in (1, 8)]
    assert {one["id"] for one in plan["unpermitted"]} <= {one["id"] for one in plan["actions"]}
    assert "unpermitted" not in document(writes.planned())["plan"]
    assert "unpermitted" not in document(writes.foreseen(), scenarios=("unexplained",))["plan"]


def test_a_ledger_below_zero_after_a_correction_is_a_valid_document(validator: jsonschema.Validator) -> None:
    """What was seen of a correction is the ledger's balance, which may be negative."""
    done = writes.carried_out()
    outcomes = (replace(done.outcomes[2], seen=-3),)
    validator.validate(document(replace(done, outcomes=outcomes)))


def test_a_plan_that_takes_a_run_back_is_a_valid_document(validator: jsonschema.Validator) -> None:
    """Its writes come from no finding."""
    back = writes.planned()
    actions = tuple(replace(one, scenario="undo", finding="") for one in writes.WRITES)
    validator.validate(document(replace(back, plan=replace(back.plan, actions=actions, withheld=()))))
