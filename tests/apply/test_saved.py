"""A saved plan is applied exactly as it was read, or not at all."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stockrecon.apply.saved import LIFE, load, text_of
from stockrecon.core.findings import Action, ActionKind, Plan, Withheld
from stockrecon.core.model import Sku
from stockrecon.core.standing import Standing
from stockrecon.errors import GuardRefused, UsageFault
from tests.apply.model import START, World

CONFIG = "sha256:" + "c" * 64


def saved(world: World, path: Path) -> tuple[Plan, Standing]:
    adjust = world.adjust("2", -1, "stockrecon:SKU-2:m17")
    wait = Action("a-w", ActionKind.WAIT, Sku("Ô-1 'x'"), "unpaid-release", "f-3", until=START + timedelta(hours=72))
    manual = Action("a-m", ActionKind.MANUAL, Sku("SKU-1"), "campaign-lock", "f-4", text="mend it\nby hand", due=START)
    result = world.result(adjust, world.set("1", 8), world.set("2", 7, after=adjust.id), manual, wait)
    withheld = (Withheld(world.set("3", 12), "confirm-raise", "needs two reads"),)
    result = replace(result, plan=replace(result.plan, withheld=withheld))
    path.write_text(text_of(result, config=CONFIG, generation=7, made_at=START), encoding="utf-8")
    assert result.standing is not None
    return result.plan, result.standing


def loaded(path: Path, *, config: str = CONFIG, generation: int = 7, late: timedelta = LIFE) -> tuple[Plan, Standing]:
    plan = load(path, config=config, generation=generation, now=START + late)
    return plan.plan, plan.standing


def test_a_plan_comes_back_as_it_was(world: World, tmp_path: Path) -> None:
    """Every field of every kind of action, what was withheld, and what the writes were computed from."""
    plan, standing = saved(world, tmp_path / "plan.json")
    assert loaded(tmp_path / "plan.json") == (plan, standing)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"late": LIFE + timedelta(seconds=1)}, "it is 15 min old, the limit is 15 min"),
        ({"late": -timedelta(minutes=2)}, "which is in the future"),
        ({"config": "sha256:" + "d" * 64}, "the configuration has changed since"),
        ({"generation": 8}, "the journal has moved on since: from 7 to 8"),
    ],
)
def test_a_stale_plan_is_refused_with_its_reason(
    world: World, tmp_path: Path, change: dict[str, object], told: str
) -> None:
    """Exit 11, and the way on."""
    saved(world, tmp_path / "plan.json")
    with pytest.raises(GuardRefused, match=told) as caught:
        loaded(tmp_path / "plan.json", **change)  # type: ignore[arg-type]
    assert "--save-plan" in caught.value.way_on
    assert caught.value.exit_code == 11


def test_another_programs_plan_is_refused(world: World, tmp_path: Path) -> None:
    """Its numbers may mean something else there. The checksum is right, so it was not merely edited."""
    path = tmp_path / "plan.json"
    saved(world, path)
    rewritten(path, version="0.0.1")
    with pytest.raises(GuardRefused, match=r"made by stockrecon 0\.0\.1"):
        loaded(path)


def test_all_reasons_are_told_at_once(world: World, tmp_path: Path) -> None:
    """Nobody wants to meet them one by one."""
    saved(world, tmp_path / "plan.json")
    with pytest.raises(GuardRefused) as caught:
        loaded(tmp_path / "plan.json", config="other", generation=9, late=timedelta(hours=1))
    assert all(word in caught.value.text for word in ("60 min old", "configuration", "journal"))


def rewritten(path: Path, **fields: object) -> None:
    """The file with other fields and a checksum that is right again."""
    from stockrecon.apply.saved import _checksum

    body = json.loads(path.read_text(encoding="utf-8")) | fields
    del body["checksum"]
    path.write_text(json.dumps({**body, "checksum": _checksum(body)}), encoding="utf-8")


def test_any_edited_byte_is_refused(world: World, tmp_path: Path) -> None:
    """Whatever is changed by hand, the plan is not applied: 2,000 random edits, none passes with another plan."""
    path = tmp_path / "plan.json"
    original = saved(world, path)
    raw = path.read_bytes()
    dice = random.Random(11)
    for _ in range(2_000):
        place = dice.randrange(len(raw))
        edited = raw[:place] + bytes([dice.randrange(256)]) + raw[place + 1 :]
        path.write_bytes(edited)
        try:
            assert loaded(path) == original  # an edit of a blank or an escape that means the same
        except (GuardRefused, UsageFault):
            continue


def test_an_edited_number_is_refused(world: World, tmp_path: Path) -> None:
    """The plainest edit of all."""
    path = tmp_path / "plan.json"
    saved(world, path)
    path.write_text(path.read_text(encoding="utf-8").replace('"to": 8', '"to": 80'), encoding="utf-8")
    with pytest.raises(GuardRefused, match="edited since it was saved"):
        loaded(path)


def test_a_digest_that_is_not_of_its_actions_is_no_plan(world: World, tmp_path: Path) -> None:
    """Also where somebody made the checksum right again."""
    path = tmp_path / "plan.json"
    saved(world, path)
    plan = json.loads(path.read_text(encoding="utf-8"))["plan"]
    plan["actions"][1]["to"] = 80
    rewritten(path, plan=plan)
    with pytest.raises(UsageFault, match="its digest is not that of its actions"):
        loaded(path)


@pytest.mark.parametrize(
    "plan",
    [
        {},
        None,
        [],
        {"digest": "x", "actions": {}, "withheld": [], "basis": {}},
        {"digest": "x", "actions": [{}], "withheld": [], "basis": {}},
    ],
)
def test_what_is_no_plan_inside_is_told(world: World, tmp_path: Path, plan: object) -> None:
    """No traceback, whatever stands in it."""
    path = tmp_path / "plan.json"
    saved(world, path)
    rewritten(path, plan=plan)
    with pytest.raises(UsageFault, match="does not hold a plan of this version"):
        loaded(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": "stockrecon-plan/2"}', "\x00", "[" * 100_000, '{"format": NaN}']
)
def test_another_file_is_no_plan(tmp_path: Path, text: str) -> None:
    """Exit 2, naming the file."""
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageFault, match=r"plan\.json: it is no plan of this program"):
        loaded(path)


def test_a_plan_without_its_time_is_told(tmp_path: Path) -> None:
    """It could be of any day."""
    path = tmp_path / "plan.json"
    for made_at in ("null", "7", '"yesterday"', '"2026-11-11T12:00:00"'):
        path.write_text(f'{{"format": "stockrecon-plan/1", "made_at": {made_at}}}', encoding="utf-8")
        with pytest.raises(UsageFault, match="does not tell when it was made"):
            loaded(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Exit 2, with the system's words."""
    with pytest.raises(UsageFault, match="cannot be read: No such file"):
        loaded(tmp_path / "plan.json")
    with pytest.raises(UsageFault, match="no valid path"):
        loaded(Path("pl\x00an"))


def test_a_saved_plan_holds_only_values_of_the_plan() -> None:
    """What has no form of its own in it is refused when it is saved, not lost."""
    from stockrecon.apply.encoded import decode, encode

    with pytest.raises(TypeError, match="float has no place"):
        encode(1.5)
    with pytest.raises(TypeError, match="int expected, bool found"):
        decode(int, True)
