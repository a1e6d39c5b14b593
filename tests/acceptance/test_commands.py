"""Every command with a broken input: exit 2 or 13, words and a way on, nothing on standard output, no traceback."""

from __future__ import annotations

import importlib.util
import shutil

import pytest

from tests.acceptance.conftest import Called, Market

DIGEST = "sha256:" + "0" * 64
WITH_CONFIG = (
    ("diff",),
    ("sync",),
    ("sync", "--apply"),
    ("sync", "--plan", "plan.json"),
    ("explain", "MUG-BLACK"),
    ("check",),
    ("runs",),
    ("runs", "show", "20261111T120000Z-0001"),
    ("runs", "undo", "20261111T120000Z-0001"),
    ("auth",),
    ("init", "--create-tables"),
)
TABLES = [("diff",), ("sync",), ("sync", "--apply"), ("explain", "MUG-BLACK"), ("check",)]


@pytest.mark.parametrize("command", WITH_CONFIG, ids=" ".join)
def test_a_wrong_configuration_is_the_same_for_every_command(market: Market, command: tuple[str, ...]) -> None:
    missing = market.call(*command, "-c", "nowhere.yaml")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith("nowhere.yaml: there is no such file")
    called = market.sub("config.yaml", "region: VN", "regoin: VN").call(*command, "-c", "config.yaml")
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith("config.yaml:9:5: shops[0].regoin: unknown key (did you mean region?)")
    assert not (market.folder / ".stockrecon").exists()


@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_a_broken_table_is_told_by_every_reading_command(market: Market, command: tuple[str, ...]) -> None:
    market.sub("lazada-vn/listings.csv", "Oak lamp,50", "Oak lamp,1.0")
    called = market.call(*command, "-c", "config.yaml")
    assert called.code == 13
    assert "lazada-vn/listings.csv:3:27: sellable: '1.0' is not a whole number" in " ".join(called.told.split())
    assert "shopee-vn" in called.out


@pytest.mark.parametrize("command", TABLES, ids=" ".join)
def test_a_missing_ledger_is_told_by_every_reading_command(market: Market, command: tuple[str, ...]) -> None:
    shutil.rmtree(market.folder / "ledger")
    called = market.call(*command, "-c", "config.yaml")
    assert called.code == 13
    assert "ledger" in called.told
    assert "does not exist" in " ".join(called.told.split())
    assert "Correct the path" in " ".join(called.told.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ("Usage: stockrecon", "demo")),
        (["dif"], ("no command 'dif'", "Did you mean diff?")),
        (["buffers"], ("buffers is not in this version",)),
        (["diff", "--shop", "shopee-vm"], ("no shop 'shopee-vm'", "did you mean shopee-vn?", "lazada-vn")),
        (["diff", "extra"], ("extra", "diff --help")),
        (["diff", "-o", "ledger"], ("ledger is a folder", "-o FILE")),
        (["diff", "-o", "nowhere/report"], ("there is no folder", "create it")),
        (["explain"], ("Missing argument 'SKU'",)),
        (["explain", "mug-black"], ("knows the SKU 'mug-black'", "exact, also in case")),
        (["explain", ""], ("knows the SKU ''",)),
        (["sync", "--approve", DIGEST], ("approves nothing", "add --apply")),
        (["sync", "--apply", "--save-plan", "plan.json"], ("carries none out", "without --apply and --plan")),
        (["sync", "--plan", "nowhere.json"], ("nowhere.json cannot be read", "a file that --save-plan wrote")),
        (["sync", "--plan", "config.yaml"], ("config.yaml: it is no plan of this program", "sync --save-plan FILE")),
        (["sync", "--save-plan", "ledger"], ("ledger is a folder",)),
        (["sync", "--save-plan", "nowhere/plan.json"], ("there is no folder", "create it")),
        (["sync", "--apply", "--deadline", "10"], ("'10'",)),
        (["check", "--now", "tomorrow"], ("'tomorrow' is not a time", "offset")),
        (["runs", "-n", "0"], ("not in the range",)),
        (["runs", "undo", "x"], ("there is no run 'x'", "stockrecon runs lists them")),
        (["runs", "show", "x"], ("there is no run 'x'", "stockrecon runs lists them")),
        (["runs", "--format", "html"], ("'html'",)),
        (["init", "config.yaml"], ("is a file",)),
        (["init"], ("already there", "nothing was written", "choose another folder")),
        (["init", "/proc/nowhere"], ("cannot be written",)),
        (["init", "--tables", "oracle"], ("'oracle'", "sqlite")),
        (["init", "--create-tables"], ("of type file", "no tables to create")),
        (["sandbox", "--load", "nowhere"], ("nowhere: is not a folder", "one folder for each shop")),
        (["sandbox", "--load", "ledger"], ("holds no folder with a shop.yaml",)),
        (["sandbox", "--ready", "nowhere/ready.json"], ("there is no folder",)),
        (["sandbox", "--port", "70000"], ("70000",)),
        (["sandbox", "--host", "999.0.0.1"], ("cannot listen on 999.0.0.1",)),
        (["sandbox", "--now", "2026-11-11T19:00:00"], ("has no offset",)),
        (["demo", "--format", "html"], ("html is not in this version",)),
        (["demo", "-o", "nowhere/report"], ("there is no folder",)),
        (["demo", "extra"], ("extra",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call(
    shared: Market, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: tuple[str, ...]
) -> None:
    if arguments[:1] == ["sandbox"] and importlib.util.find_spec("starlette") is None:
        pytest.skip("the sandbox's extra is not installed")
    monkeypatch.setenv("STOCKRECON_CONFIG", "config.yaml")
    called = shared.call(*arguments)
    assert (called.code, called.out) == (2, "")
    for word in words:
        assert word in called.err


def test_init_writes_what_only_wants_its_time(market: Market) -> None:
    """A starter is a valid configuration; what nobody else can know is asked for with its place."""
    assert market.call("init", "new").code == 0
    called = market.call("diff", "-c", "new/stockrecon.yaml")
    assert called.code == 13
    assert "shopee-vn/shop.yaml:3:1: as_of: missing" in called.err
    market.sub("new/shopee-vn/shop.yaml", "# as_of", "as_of")
    market.write("new/ledger/stock.csv", "sku,available,updated_at\nTEE,1,2026-11-11T09:00:00+07:00\n")
    market.write("new/shopee-vn/listings.csv", "item_id,variation_id,seller_sku,sellable\n1,,TEE,1\n")
    assert market.call("diff", "-c", "new/stockrecon.yaml").code == 0
    again = market.call("init", "new")
    assert (again.code, again.out) == (2, "")


def test_a_pattern_that_matches_nothing_is_told(shared: Market) -> None:
    called = shared.diff("--sku", "mug-*", "--sku", "LAMP-*")
    assert [s["sku"] for s in called.document["statements"]] == ["LAMP-OAK"]
    assert "warning: no SKU of the ledger or the shops matches 'mug-*'" in called.err
    assert "LAMP" not in called.err


@pytest.mark.parametrize(
    "command",
    ["diff", "sync", "explain", "auth", "check", "init", "runs", "sandbox", "demo"],
    ids=lambda name: str(name),
)
def test_help_of_every_command(shared: Market, command: str) -> None:
    called: Called = shared.call(command, "--help")
    assert (called.code, called.err) == (0, "")
    assert f"Usage: stockrecon {command}" in called.out
    assert "Example" in called.out
    assert all(len(line) <= 80 for line in called.out.splitlines())
