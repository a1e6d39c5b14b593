"""A file becomes settings, or all its faults at once, each with its place."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.config import load
from stockrecon.config.options import LEDGERS
from stockrecon.core.policy import DeclaredCampaign, Limit, Limits, Mode, Override, Policy, StockRule
from stockrecon.core.secret import Secret
from stockrecon.core.slugs import SCENARIOS
from stockrecon.errors import ConfigFault, UsageFault
from tests.config.conftest import Faults, Load
from tests.config.texts import GOOD, LAZADA, SHOPEE, shop

KEY = {"KEY": "k3y"}
HERE = ", ".join(LEDGERS)
CAMPAIGN = "{item_id: 0012, locked: 50, starts_at: 2026-11-11T00:00+07:00, ends_at: 2026-11-12T00:00+07:00}"


def test_what_is_left_out_has_the_contracts_default(load_text: Load, tmp_path: Path) -> None:
    got = load_text(GOOD)
    assert got.policy == Policy()
    assert got.state == str(tmp_path / ".stockrecon")
    assert got.state_path == tmp_path / ".stockrecon"
    (one,) = got.shops
    assert (one.name, one.channel, one.path, one.base_url, one.region) == ("shop", "file", tmp_path / "shop", None, "")
    assert one.policy.mode is Mode.OBSERVE
    assert one.policy.stock == StockRule(0, 100, None, False)
    assert (got.ledger.type, got.ledger.path, got.ledger.folder) == ("file", tmp_path / "ledger", tmp_path)


def test_every_key_of_policy_and_apply_arrives(load_text: Load) -> None:
    got = load_text(
        GOOD
        + """\
policy: {sync_latency: 1s, import_grace: 2m, campaign_settle: 3h, confirm_raise: 4d, lookback: 5d, audit_window: 6d,
         max_age: {network: 7m, file: 8h}, full_pull: 9h, unexplained: correct, protect_campaign_stock: true}
apply:
  scenarios: [unexplained]
  limits:
    {changed: {count: 1, percent: 2}, zeroed: {count: 3, percent: 4}, added: {count: 5, percent: 6},
     lost: {count: 7, percent: 8}, corrections: {skus: {count: 9, percent: 10}, units: {count: 11}}}
"""
    )
    assert got.policy == Policy(
        sync_latency=timedelta(seconds=1),
        import_grace=timedelta(minutes=2),
        campaign_settle=timedelta(hours=3),
        confirm_raise=timedelta(days=4),
        lookback=timedelta(days=5),
        audit_window=timedelta(days=6),
        max_age_network=timedelta(minutes=7),
        max_age_file=timedelta(hours=8),
        full_pull=timedelta(hours=9),
        correct_unexplained=True,
        protect_campaign_stock=True,
        apply_scenarios=frozenset({"unexplained"}),
        limits=Limits(Limit(1, 2), Limit(3, 4), Limit(5, 6), Limit(7, 8), Limit(9, 10), Limit(11, 1)),
    )


def test_a_shops_rules_arrive_and_an_override_keeps_what_it_does_not_name(load_text: Load) -> None:
    got = load_text(
        shop(
            f"""
            channel: file
            path: s/
            region: VN
            mode: apply
            edit_during_campaign: true
            stock: {{buffer: 2, percent: 50, cap: 9, divide: true}}
            overrides: [{{sku: "KIT-*", buffer: 3}}, {{sku: 00123, cap: null}}]
            campaigns: [{CAMPAIGN}]
            """
        )
    )
    policy = got.shops[0].policy
    assert policy.mode is Mode.APPLY
    assert policy.edit_during_campaign
    assert policy.overrides == (
        Override("KIT-*", StockRule(3, 50, 9, True)),
        Override("00123", StockRule(2, 50, None, True)),
    )
    starts, ends = datetime(2026, 11, 10, 17, tzinfo=UTC), datetime(2026, 11, 11, 17, tzinfo=UTC)
    assert policy.campaigns == (DeclaredCampaign("0012", "", 50, starts, ends),)


def test_shopee_takes_its_own_keys_with_defaults(load_text: Load) -> None:
    options = load_text(shop(SHOPEE), KEY).shops[0].options
    assert options == {
        "partner_id": "2001",
        "partner_key": Secret("k3y"),
        "shop_id": "77",
        "host": "global",
        "requests_per_second": 5.0,
    }


def test_lazada_takes_its_own_keys_with_defaults(load_text: Load) -> None:
    text = (
        LAZADA + "warehouse: 007\ncomputed: [1001, 0012/7]\nunpaid_cancel: 60h\nrequests_per_second: 0.5\n"
        "base_url: http://127.0.0.1:8001/lz/\n"
    )
    got = load_text(shop(text), KEY).shops[0]
    assert got.options == {
        "app_key": "00100",
        "app_secret": Secret("k3y"),
        "requests_per_second": 0.5,
        "warehouse": "007",
        "computed": ("1001", "0012/7"),
        "unpaid_release": timedelta(minutes=30),
        "unpaid_cancel": timedelta(hours=60),
    }
    assert got.base_url == "http://127.0.0.1:8001/lz"
    assert got.region == "VN"


def test_all_faults_come_at_once_in_the_order_of_lines(faults: Faults) -> None:
    assert faults(
        """\
        ledger:
          tpye: file
        shops:
          - name: a
            channel: file
            path: a/
            bufer: 3
            stock: {percent: 101}
          - {name: a, channel: lazda}
        polcy: {}
        apply: {scenarios: [campain-lock]}
        unexplained: report
        """
    ) == [
        "config.yaml:2:3: ledger.tpye: unknown key (did you mean type?)",
        f"config.yaml:2:3: ledger.type: missing; one of {HERE}",
        "config.yaml:7:5: shops[0].bufer: unknown key (did you mean stock.buffer?)",
        "config.yaml:8:22: shops[0].stock.percent: has to be from 0 to 100, not 101",
        "config.yaml:9:12: shops[1].name: a second shop of this name, first on line 4",
        "config.yaml:9:24: shops[1].channel: unknown channel 'lazda'; here are shopee, lazada, tiktok-shop,"
        " shopify, woocommerce, file (did you mean lazada?)",
        "config.yaml:10:1: polcy: unknown key (did you mean policy?)",
        "config.yaml:11:21: apply.scenarios[0]: unknown scenario 'campain-lock' (did you mean campaign-lock?)",
        "config.yaml:12:1: unexplained: unknown key (did you mean policy.unexplained?)",
    ]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("stock: {buffer: -1}", "4:19: shops[0].stock.buffer: has to be at least 0, not -1"),
        ("stock: {buffer: 1.5}", "4:19: shops[0].stock.buffer: a whole number expected, not '1.5'"),
        ("stock: {buffer: 1_000}", "4:19: shops[0].stock.buffer: a whole number expected, not '1_000'"),
        ("stock: {buffer: '3'}", "4:19: shops[0].stock.buffer: a whole number expected, not '3' in quotes"),
        ("stock: {buffer: null}", "4:19: shops[0].stock.buffer: a whole number expected, nothing found"),
        ("stock: {buffer: 1, buffer: 2}", "4:22: shops[0].stock.buffer: duplicate key, first on line 4"),
        ("stock: {cap: -1}", "4:16: shops[0].stock.cap: has to be at least 0, not -1"),
        ("stock: {cap: none}", "4:16: shops[0].stock.cap: a whole number expected, not 'none'"),
        ("stock: {divide: yes}", "4:19: shops[0].stock.divide: true or false expected, not 'yes' (did you mean true?)"),
        ("stock: 5", "4:10: shops[0].stock: keys expected, such as buffer, percent, cap, a text found"),
        ("mode: aply", "4:9: shops[0].mode: 'aply' is not one of observe, apply (did you mean apply?)"),
        ("region: vn", "4:11: shops[0].region: a region is two capital letters, such as VN, not 'vn'"),
        ("overrides: {sku: a}", "4:14: shops[0].overrides: a list expected, a mapping found"),
        ("overrides: [{buffer: 1}]", "4:15: shops[0].overrides[0].sku: missing"),
        ("overrides: [{sku: a, bufer: 1}]", "4:24: shops[0].overrides[0].bufer: unknown key (did you mean buffer?)"),
        (
            "campaigns: [{item_id: 1, locked: 1, starts_at: 2026-02-31T00:00+07:00, ends_at: 2026-11-12T00:00Z}]",
            "4:50: shops[0].campaigns[0].starts_at: there is no such time as '2026-02-31T00:00+07:00'",
        ),
        (
            "campaigns: [{item_id: 1, locked: 1, starts_at: 2026-11-11T00:00, ends_at: 2026-11-12T00:00Z}]",
            "4:50: shops[0].campaigns[0].starts_at: a time needs its offset, such as 2026-11-11T00:00+07:00",
        ),
        (
            "campaigns: [{item_id: 1, locked: 1, starts_at: 2026-11-12, ends_at: 2026-11-12T00:00Z}]",
            "4:50: shops[0].campaigns[0].starts_at: a time such as 2026-11-11T00:00+07:00 expected, not '2026-11-12'",
        ),
        (
            "campaigns: [{item_id: 1, locked: 1, starts_at: 2026-11-12T00:00Z, ends_at: 2026-11-12T00:00Z}]",
            "4:78: shops[0].campaigns[0].ends_at: does not come after starts_at",
        ),
        ("base_url: https://x", "4:3: shops[0].base_url: unknown key"),
    ],
)
def test_a_wrong_value_of_a_shop_is_named_with_its_place(faults: Faults, line: str, text: str) -> None:
    document = f"ledger: {{type: file, path: l}}\nshops:\n-\n  {line}\n  name: s\n  channel: file\n  path: s\n"
    (found,) = faults(document)
    assert found.startswith(f"config.yaml:{text}")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("sync_latency: 5 minutes", "a duration such as 90s, 5m, 2h, 3d expected, not '5 minutes'"),
        ("sync_latency: 0m", "a duration has to be above 0 and at most 3650d, not '0m'"),
        ("sync_latency: -5m", "a duration such as 90s, 5m, 2h, 3d expected, not '-5m'"),
        ("sync_latency: 999999999d", "a duration has to be above 0 and at most 3650d, not '999999999d'"),
        ("sync_latency: 5", "a duration such as 90s, 5m, 2h, 3d expected, not '5'"),
        ("sync_latency: [5m]", "a duration such as 90s, 5m, 2h, 3d expected, a list found"),
        ("unexplained: corect", "'corect' is not one of report, correct (did you mean correct?)"),
        ("protect_campaign_stock: 1", "true or false expected, not '1' (did you mean true?)"),
        ("max_age: 5m", "keys expected, such as network, file, a text found"),
    ],
)
def test_a_wrong_value_of_the_policy_is_named(faults: Faults, line: str, text: str) -> None:
    key = line.split(":")[0]
    assert faults(f"{GOOD}policy:\n  {line}\n") == [f"config.yaml:9:{len(key) + 5}: policy.{key}: {text}"]


@pytest.mark.parametrize(
    ("channel", "line", "text"),
    [
        (SHOPEE, "region: XX", "'XX' is not one of VN, PH, ID, TH, MY, SG, TW, BR, CN, MX, CO, CL"),
        (SHOPEE, "host: globl", "'globl' is not one of global, cn, br, sandbox (did you mean global?)"),
        (SHOPEE, "requests_per_second: 0", "has to be above 0 and at most 1000, not '0'"),
        (SHOPEE, "requests_per_second: fast", "a number expected, not 'fast'"),
        (SHOPEE, "computed: 1001", "a list of items expected, a text found"),
        (SHOPEE, "computed: [1001, SET]", "'SET' is neither an item id nor ITEM/VARIATION"),
        (LAZADA, "computed: [1001/]", "'1001/' is neither an item id nor ITEM/VARIATION"),
        (
            SHOPEE,
            "base_url: http://example.com",
            "plain http is accepted for loopback hosts only (127.0.0.1, ::1, localhost); use https",
        ),
        (
            SHOPEE,
            "base_url: http://127.evil.example",
            "plain http is accepted for loopback hosts only (127.0.0.1, ::1, localhost); use https",
        ),
        (
            SHOPEE,
            "base_url: https://u:hunter2@host",
            "an address may not hold a name or a password; secrets have their own keys",
        ),
        (SHOPEE, "base_url: https://host/?token=hunter2", "an address may not hold a query (?) or a fragment (#)"),
        (SHOPEE, "base_url: ftp://host", "an address such as https://host expected"),
        (SHOPEE, "base_url: https://host:99999", "an address such as https://host expected"),
        (SHOPEE, "base_url: host", "an address such as https://host expected"),
        (LAZADA, "unpaid_release: 30", "a duration such as 90s, 5m, 2h, 3d expected, not '30'"),
    ],
)
def test_a_wrong_value_of_a_channel_is_named(faults: Faults, channel: str, line: str, text: str) -> None:
    (found,) = faults(shop(f"{channel}{line}\n"), KEY)
    assert found.endswith(f": shops[0].{line.split(':')[0]}: {text}")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "127.9.9.9:1", "[::1]:5"])
def test_plain_http_is_accepted_for_loopback(load_text: Load, host: str) -> None:
    assert load_text(shop(f"{SHOPEE}base_url: http://{host}/x\n"), KEY).shops[0].base_url == f"http://{host}/x"


def test_lazada_needs_its_region_unless_the_address_is_given(faults: Faults, load_text: Load) -> None:
    text = LAZADA.replace("region: VN\n", "")
    assert faults(shop(text), KEY) == ["config.yaml:3:5: shops[0].region: missing; one of VN, PH, ID, TH, MY, SG"]
    assert load_text(shop(text + "base_url: https://proxy.example\n"), KEY).shops[0].region == ""


def test_what_shopify_needs_is_told_with_all_other_faults(faults: Faults) -> None:
    """Another's domain, and neither a token nor a client: where they stand, and both at once."""
    told = faults(shop("channel: shopify\nshop: x.example.com\nclient_id: one\n"))
    assert [one.partition(",")[0] for one in told] == [
        "config.yaml:3:5: shops[0].access_token: missing; a custom app needs its access_token",
        "config.yaml:5:11: shops[0].shop: the shop's own name at Shopify expected",
    ]


def test_shopify_needs_its_shop_unless_the_address_is_given(faults: Faults, load_text: Load) -> None:
    text = "channel: shopify\naccess_token: {env: KEY}\n"
    assert faults(shop(text), KEY) == ["config.yaml:3:5: shops[0].shop: missing"]
    got = load_text(shop(text + "base_url: https://my-shop.myshopify.com\n"), KEY).shops[0]
    assert (got.options["order_id"], "shop" in got.options) == ("id", False)


@pytest.mark.parametrize("name", ["a b", "../x", ".", "é", "a" * 65, "-x"])
def test_a_shop_name_is_letters_and_digits(faults: Faults, name: str) -> None:
    (found,) = faults(GOOD.replace("name: shop", f"name: '{name}'"))
    assert "is no shop name" in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["config.yaml:1:1: the file holds no configuration"]),
        ("# nothing\n", ["config.yaml:1:1: the file holds no configuration"]),
        ("- a\n", ["config.yaml:1:1: keys expected, such as ledger, shops, policy, a list found"]),
        ("hello\n", ["config.yaml:1:1: keys expected, such as ledger, shops, policy, a text found"]),
        ("{}\n", ["config.yaml:1:1: ledger: missing", "config.yaml:1:1: shops: missing"]),
        (
            "ledger:\nshops: []\n",
            ["config.yaml:1:1: ledger: has no value", "config.yaml:2:8: shops: at least one shop is needed"],
        ),
        (
            "ledger: x\nshops: y\n",
            [
                "config.yaml:1:9: ledger: keys expected, such as type, path, zone, a text found",
                "config.yaml:2:8: shops: a list expected, a text found",
            ],
        ),
        (
            "ledger: {type: file, path: l}\nshops: [x]\n",
            ["config.yaml:2:9: shops[0]: keys expected, such as name, channel, region, a text found"],
        ),
        (
            "ledger: {type: sqll}\nshops: [{name: s, channel: file, path: s}]\n",
            [f"config.yaml:1:16: ledger.type: unknown ledger type 'sqll'; here are {HERE} (did you mean sql?)"],
        ),
    ],
)
def test_an_empty_or_misshapen_file(faults: Faults, text: str, expected: list[str]) -> None:
    assert faults(text) == expected


def test_a_missing_file_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault) as caught:
        load(tmp_path / "none.yaml", {})
    assert "none.yaml: there is no such file" in str(caught.value)
    assert "stockrecon init" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="cannot be read: Is a directory"):
        load(tmp_path, {})


def test_the_file_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.yaml").write_text("ledger: 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigFault) as caught:
        load(Path("c.yaml"), {})
    assert str(caught.value).startswith("c.yaml:1:")


def test_relative_paths_count_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "c.yaml").write_text(GOOD + "state: ../st\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    got = load(Path("conf/c.yaml"), {})
    assert got.ledger.path == tmp_path / "conf" / "ledger"
    assert got.state == str(tmp_path / "st")
    assert got.file == Path("conf/c.yaml")


def test_only_the_named_shops_are_given_and_only_their_secrets_needed(load_text: Load) -> None:
    text = GOOD + "".join(
        f"    {line}\n" if index else f"  - {line}\n"
        for index, line in enumerate(["name: other", *SHOPEE.split("\n")[1:-1]])
    )
    got = load_text(text, {}, ["shop"])
    assert [one.name for one in got.shops] == ["shop"]
    assert got.all_shops == ("shop", "other")
    with pytest.raises(ConfigFault, match="environment variable KEY is not set"):
        load_text(text, {}, ["other"])
    with pytest.raises(UsageFault, match=r"no shop 'shp' \(did you mean shop\?\)"):
        load_text(text, KEY, ["shp"])


def test_names_of_plug_ins_are_accepted_with_their_own_keys(load_text: Load) -> None:
    def plugins(group: str) -> tuple[str, ...]:
        return {"stockrecon.channels": ("zalo",), "stockrecon.ledgers": ("own",), "stockrecon.scenarios": ("my-own",)}[
            group
        ]

    got = load_text(
        """\
        ledger: {type: own, path: x, database: 007, password: {env: KEY}, more: {a: [1, {keyring: k}]}}
        shops:
          - {name: z, channel: zalo, region: anything, base_url: https://z.example, deep: {list: [a, b]}, empty: null}
        apply: {scenarios: [my-own, policy]}
        """.replace("{keyring: k}", "{env: KEY}"),
        KEY,
        plugins=plugins,
    )
    assert got.ledger.options == {"database": "007", "password": Secret("k3y"), "more": {"a": ("1", Secret("k3y"))}}
    assert got.shops[0].options == {"deep": {"list": ("a", "b")}}
    assert got.policy.apply_scenarios == {"my-own", "policy"}


def test_a_plug_ins_password_is_a_reference_too(faults: Faults) -> None:
    (found,) = faults(
        "ledger: {type: own, api_token: hunter2}\nshops: [{name: s, channel: file, path: s}]\n",
        plugins=lambda group: ("own",) if group == "stockrecon.ledgers" else (),
    )
    assert "a secret may not stand in the file" in found
    assert "hunter2" not in found


def test_every_scenario_may_be_named(load_text: Load) -> None:
    got = load_text(f"{GOOD}apply: {{scenarios: [{', '.join(SCENARIOS)}]}}\n")
    assert got.policy.apply_scenarios == frozenset(SCENARIOS)


def test_no_scenario_may_be_named_at_all(load_text: Load) -> None:
    assert load_text(f"{GOOD}apply: {{scenarios: []}}\n").policy.apply_scenarios == frozenset()


def test_the_digest_follows_content_not_form(load_text: Load) -> None:
    base = load_text(GOOD).digest
    turned = "# other\nshops: [{path: shop/, name: 'shop', channel: file}]\nledger: {path: ledger/, type: file}\n"
    assert load_text(turned).digest == base
    assert load_text(GOOD + "policy: {lookback: 8d}\n").digest != base


def test_settings_cannot_be_changed(load_text: Load) -> None:
    got = load_text(shop(SHOPEE), KEY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        got.state = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        got.shops[0].options["host"] = "cn"  # type: ignore[index]


def test_loading_brings_in_none_of_the_heavy_packages(tmp_path: Path) -> None:
    """A new interpreter that has read a configuration has met neither the network nor a database."""
    (tmp_path / "c.yaml").write_text(GOOD, encoding="utf-8")
    heavy = "('httpx', 'sqlalchemy', 'duckdb', 'click', 'rich', 'keyring', 'asyncio')"
    code = (
        "import sys; from pathlib import Path; from stockrecon.config import load; load(Path('c.yaml'), {});"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_WORDS = st.sampled_from(
    [
        "ledger",
        "shops",
        "policy",
        "type",
        "file",
        "name",
        "channel",
        "shopee",
        "stock",
        "cap",
        "null",
        "5m",
        "-1",
        "[]",
        "{}",
        "x",
    ]
)
_VALUES = st.recursive(
    _WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(_WORDS.filter(str.isalpha), inner, max_size=4).map(
            lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ledger=_VALUES, shops=_VALUES, policy=_VALUES, apply=_VALUES, state=_VALUES)
def test_any_shape_gives_settings_or_faults(
    load_text: Load, ledger: str, shops: str, policy: str, apply: str, state: str
) -> None:
    """Whatever stands where: settings or a ConfigFault, whose faults all have a place."""
    try:
        load_text(f"ledger: {ledger}\nshops: {shops}\npolicy: {policy}\napply: {apply}\nstate: {state}\n")
    except ConfigFault as error:
        places = [(fault.line, fault.column) for fault in error.faults]
        assert all(line > 0 and column > 0 for line, column in places)
        assert places == sorted(places)
        assert places
