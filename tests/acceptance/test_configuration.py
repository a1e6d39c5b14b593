"""A wrong configuration: exit 2, `config.yaml:LINE:COLUMN: path: what is wrong`, nothing read and nothing written."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Market

SHOPEE = (
    "  - name: sp\n    channel: shopee\n    region: VN\n    partner_id: '1'\n    shop_id: '2'\n"
    "    partner_key: {key}\n    refresh_token: {{file: nowhere/token}}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("region: VN", "regoin: VN", "config.yaml:9:5: shops[0].regoin:", "did you mean region?"),
        ("  path: ledger/\n", "", "config.yaml:4:3: ledger.path:", "missing"),
        ("region: VN", "region: VN\n    region: SG", "config.yaml:10:5: shops[0].region:", "first on line 9"),
        ("percent: 100", "percent: lots", "config.yaml:15:33: shops[1].stock.percent:", "'lots'"),
        ("percent: 100", "percent: '100'", "config.yaml:15:33: shops[1].stock.percent:", "in quotes"),
        ("channel: file", "channel: shopeee", "config.yaml:8:14: shops[0].channel:", "did you mean shopee?"),
        ("channel: file", "channel: tokopedia", "config.yaml:8:14: shops[0].channel:", "a tiktok-shop shop"),
        ("type: file", "type: gine", "config.yaml:4:9: ledger.type:", "did you mean ginee?"),
        ("name: lazada-vn", "name: shopee-vn", "config.yaml:11:11: shops[1].name:", "first on line 7"),
        ("max_age: {file: 3650d}", "max_age: {file: soon}", "config.yaml:19:19: policy.max_age.file:", "5m"),
        ("region: VN", "region: &r VN", "config.yaml:9:13: ", "anchors"),
        ("shops:", "shops: [", "config.yaml:", "not YAML"),
        ("ledger:", "ledger:\n\ttype: file", "config.yaml:4:1: not YAML", "tab"),
    ],
)
def test_a_fault_has_its_place_and_the_way_on(market: Market, old: str, new: str, place: str, words: str) -> None:
    called = market.sub("config.yaml", old, new).diff()
    assert (called.code, called.out) == (2, "")
    assert called.err.startswith(place)
    assert words in called.err
    assert not (market.folder / ".stockrecon").exists()


def test_all_faults_at_once_each_on_a_line_that_begins_with_its_place(market: Market) -> None:
    market.sub("config.yaml", "type: file", "type: fil").sub("config.yaml", "region: VN", "regoin: VN")
    called = market.sub("config.yaml", "percent: 100", "percent: 101").diff()
    assert [line.split(": ")[0] for line in called.err.splitlines()] == [
        "config.yaml:4:9",
        "config.yaml:9:5",
        "config.yaml:15:33",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no configuration"),
        (b"- a\n", "a list found"),
        (b"ledger: \xff\xfe\n", "config.yaml:1:9: not UTF-8"),
        (b"PK\x03\x04\x00\x00", "config.yaml:1:"),
    ],
)
def test_what_is_no_configuration_at_all(market: Market, content: bytes, words: str) -> None:
    called = market.write("config.yaml", content).diff()
    assert (called.code, called.out) == (2, "")
    assert words in called.err


def test_a_missing_or_unreadable_file_names_the_way_on(market: Market) -> None:
    market.config.unlink()
    missing = market.diff()
    market.config.symlink_to("config.yaml")
    unreadable = market.diff()
    market.config.unlink()
    market.config.mkdir()
    folder = market.diff()
    assert [called.code for called in (missing, unreadable, folder)] == [2, 2, 2]
    assert "config.yaml: there is no such file" in missing.err
    assert "stockrecon init" in missing.err
    assert "config.yaml: cannot be read" in unreadable.err
    assert "-c FILE" in folder.err


def test_a_secret_in_the_clear_is_refused_and_not_repeated(market: Market) -> None:
    called = market.with_shop(SHOPEE.format(key="hunter2hunter2")).diff()
    assert (called.code, called.out) == (2, "")
    assert "config.yaml:23:18: shops[2].partner_key: a secret may not stand in the file itself" in called.err
    assert "{env: NAME}" in called.err
    assert "hunter2" not in called.err


def test_references_that_lead_nowhere_are_named(market: Market) -> None:
    called = market.with_shop(SHOPEE.format(key="{env: NO_SUCH_VARIABLE}")).diff()
    assert called.code == 2
    assert "config.yaml:23:18: shops[2].partner_key: the environment variable NO_SUCH_VARIABLE is not set" in called.err
    assert "shops[2].refresh_token: the file named here cannot be read" in called.err


def test_a_databases_address_with_a_password_is_refused_and_not_repeated(market: Market) -> None:
    called = market.sql("postgresql://me:hunter2@127.0.0.1/x").diff()
    assert called.code == 2
    assert "config.yaml:5:8: ledger.url: an address with a password" in called.err
    assert "hunter2" not in called.err


def test_another_shops_unset_secrets_do_not_hinder_a_run_over_one(market: Market) -> None:
    market.with_shop(SHOPEE.format(key="{env: NO_SUCH_VARIABLE}"))
    assert market.diff("--shop", "shopee-vn").code == 10
