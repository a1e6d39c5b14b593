"""Secrets come by reference only, and what stands in a secret's place is never repeated."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.errors import ConfigFault
from tests.config.conftest import Faults, Load
from tests.config.texts import GOOD, SHOPEE, shop

WAYS = "write {env: NAME}, {file: PATH} or {keyring: NAME}"


def with_key(value: str) -> str:
    return shop(SHOPEE.replace("{env: KEY}", value))


def secret_file(folder: Path, data: bytes = b"k3y\n", mode: int = 0o600) -> None:
    path = folder / "key.txt"
    path.write_bytes(data)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("hunter2", f"a secret may not stand in the file itself; {WAYS}"),
        ("'hunter2'", f"a secret may not stand in the file itself; {WAYS}"),
        ("|\n  hunter2\n", f"a secret may not stand in the file itself; {WAYS}"),
        ("{hunter2}", f"a secret is a reference with exactly one of env, file, keyring; {WAYS}"),
        ("[hunter2]", f"a secret is a reference with exactly one of env, file, keyring; {WAYS}"),
        ("{env: A, file: hunter2}", f"a secret is a reference with exactly one of env, file, keyring; {WAYS}"),
        ("{hunter2: A, hunter2: B}", f"a secret is a reference with exactly one of env, file, keyring; {WAYS}"),
        ("{env: }", f"the reference names nothing; {WAYS}"),
        ("{env: [hunter2]}", f"the reference names nothing; {WAYS}"),
        ("", "has no value"),
        ("{env: hunter2}", "the environment variable named here is not set"),
        ("{env: NOT_SET}", "the environment variable NOT_SET is not set"),
        ("{env: EMPTY}", "the environment variable EMPTY is empty"),
        ("{env: LINES}", "the secret holds a line break or another control character"),
    ],
)
def test_a_bad_secret_is_a_fault_that_does_not_repeat_it(faults: Faults, value: str, text: str) -> None:
    (found,) = faults(with_key(value), {"EMPTY": "", "LINES": "hunter2\nx"})
    assert found.startswith("config.yaml:6:")
    assert found.endswith(f": shops[0].partner_key: {text}")
    assert "hunter2" not in found


def test_a_secrets_file_is_read_without_its_last_line_break(load_text: Load, tmp_path: Path) -> None:
    secret_file(tmp_path, b"k3y\r\n")
    got = load_text(with_key("{file: key.txt}"))
    assert got.shops[0].options["partner_key"].reveal() == "k3y"  # type: ignore[attr-defined]
    assert got.warnings == ()


def test_a_secrets_file_that_its_group_reads_is_a_warning(load_text: Load, tmp_path: Path) -> None:
    secret_file(tmp_path, mode=0o640)
    (warning,) = load_text(with_key("{file: key.txt}")).warnings
    assert "key.txt: its group may read this secret" in warning


@pytest.mark.parametrize(
    ("data", "mode", "text"),
    [
        (b"hunter2", 0o644, "everybody may read the secret's file (mode 0644); run chmod 600 on it"),
        (b"", 0o600, "the secret's file is empty"),
        (b"\n\n", 0o600, "the secret's file is empty"),
        (b"hunter2\xff", 0o600, "the secret's file is not UTF-8 text"),
        (b"hunter2\nhunter2", 0o600, "the secret holds a line break or another control character"),
        (b"h" * 65537, 0o600, "the secret's file is larger than 65536 bytes"),
    ],
)
def test_a_bad_secrets_file_is_a_fault(faults: Faults, tmp_path: Path, data: bytes, mode: int, text: str) -> None:
    secret_file(tmp_path, data, mode)
    assert faults(with_key("{file: key.txt}")) == [f"config.yaml:6:18: shops[0].partner_key: {text}"]


def test_a_missing_secrets_file_says_where_it_was_looked_for(faults: Faults, tmp_path: Path) -> None:
    (found,) = faults(with_key("{file: hunter2}"))
    assert "cannot be read: No such file or directory; relative paths count from" in found
    assert "hunter2" not in found


def test_a_pipe_in_place_of_a_secrets_file_does_not_hang(faults: Faults, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (found,) = faults(with_key("{file: pipe}"))
    assert found.endswith("what is named here is not a file")


def fake_keyring(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    module = ModuleType("keyring")

    def get_password(service: str, name: str) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer if (service, name) == ("stockrecon", "shopee") else None

    module.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_a_keyring_gives_a_secret(load_text: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_keyring(monkeypatch, "k3y")
    got = load_text(with_key("{keyring: shopee}"))
    assert got.shops[0].options["partner_key"].reveal() == "k3y"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "the keyring has no such secret; keyring set stockrecon NAME stores one"),
        (RuntimeError("hunter2"), "the keyring could not be read (RuntimeError)"),
    ],
)
def test_a_keyring_without_an_answer_is_a_fault(
    faults: Faults, monkeypatch: pytest.MonkeyPatch, answer: object, text: str
) -> None:
    fake_keyring(monkeypatch, answer)
    (found,) = faults(with_key("{keyring: shopee}"))
    assert found.endswith(text)


def test_a_keyring_that_is_not_installed_is_named(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    (found,) = faults(with_key("{keyring: shopee}"))
    assert found.endswith("keyring is not installed; pip install 'stockrecon[keyring]'")


def test_settings_show_no_secret(load_text: Load) -> None:
    """Neither the whole nor a part shows what a reference gave, nor a database address."""
    text = with_key("{env: KEY}").replace("{type: file, path: ledger/}", "{type: sql, url: {env: URL}}")
    got = load_text(text + "state: {env: URL}\n", {"KEY": "hunter2", "URL": "postgresql://u:hunter2@h/n"})
    assert got.ledger.url == got.state == "postgresql://u:hunter2@h/n"
    assert "hunter2" not in f"{got!r} {got.shops!r} {got.ledger!r} {got!s}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h/n",
        "postgresql+psycopg://u:hun/ter2@h/n",
        "mysql+pymysql://:hunter2@h/n",
        "postgresql://h/n?user=u&password=hunter2",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Dhunter2",
    ],
)
@pytest.mark.parametrize("key", ["url", "state"])
def test_an_address_with_a_password_is_refused_and_not_repeated(faults: Faults, url: str, key: str) -> None:
    text = (
        GOOD + f"state: {url}\n"
        if key == "state"
        else GOOD.replace("type: file\n  path: ledger/", f"type: sql\n  url: {url}")
    )
    (found,) = faults(text)
    assert "an address with a password does not belong in the file; write {env: NAME} in its place" in found
    assert "ter2" not in found


@pytest.mark.parametrize(
    "url", ["postgresql://h:5432/n", "postgresql+psycopg://u@h/n", "mysql+pymysql://root:@127.0.0.1/x", "sqlite://"]
)
def test_an_address_without_a_password_may_stand_as_text(load_text: Load, url: str) -> None:
    assert load_text(GOOD.replace("type: file\n  path: ledger/", f"type: sql\n  url: {url}")).ledger.url == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///ledger.db", "sqlite:///{}/ledger.db"),
        ("sqlite+pysqlite:///../l.db?timeout=5", "sqlite+pysqlite:///{}/../l.db?timeout=5"),
        ("sqlite:////var/l.db", "sqlite:////var/l.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
    ],
)
def test_an_sqlite_file_counts_from_the_configurations_folder(
    load_text: Load, tmp_path: Path, url: str, expected: str
) -> None:
    given = load_text(GOOD.replace("type: file\n  path: ledger/", "type: sql\n  url: {env: U}"), {"U": url}).ledger.url
    wanted = expected.format(tmp_path).replace(f"{tmp_path}/..", str(tmp_path.parent))
    assert given == wanted


def test_a_reference_that_gives_no_address_is_a_fault(faults: Faults) -> None:
    (found,) = faults(GOOD.replace("type: file\n  path: ledger/", "type: sql\n  url: {env: U}"), {"U": "hunter2"})
    assert found.endswith(
        "ledger.url: a database URL such as postgresql+psycopg://host/name or sqlite:///ledger.db expected"
    )


def test_tables_queries_and_the_own_correction_arrive(load_text: Load) -> None:
    got = load_text(
        """\
        ledger:
          type: sql
          url: sqlite://
          zone: Asia/Ho_Chi_Minh
          tables: {movements: erp.moves}
          queries: {stock: "SELECT sku, qty AS available FROM x"}
          correct: "CALL post_adjustment(:sku, :quantity, :ref, :note)"
        shops: [{name: s, channel: file, path: s}]
        """
    ).ledger
    assert (got.zone, got.tables, got.queries) == (
        "Asia/Ho_Chi_Minh",
        {"movements": "erp.moves"},
        {"stock": "SELECT sku, qty AS available FROM x"},
    )
    assert got.correct == "CALL post_adjustment(:sku, :quantity, :ref, :note)"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "correct: UPDATE stock SET x = :quantity",
            "ledger.correct: the statement lacks :sku, :ref; it takes :sku, :quantity, :ref and :note",
        ),
        (
            "zone: Asia/Ho_Chi_Min",
            "ledger.zone: 'Asia/Ho_Chi_Min' is no time zone; an IANA name or an offset such as +07:00 expected"
            " (did you mean Asia/Ho_Chi_Minh?)",
        ),
        ("zone: +25:00", "ledger.zone: '+25:00' is no time zone; an IANA name or an offset such as +07:00 expected"),
        (
            "zone: ../../etc/passwd",
            "ledger.zone: '../../etc/passwd' is no time zone; an IANA name or an offset such as +07:00 expected",
        ),
        ("tables: {stok: x}", "ledger.tables.stok: unknown key (did you mean stock?)"),
        (
            "path: x",
            "ledger.path: unknown key (known here: type, url, zone, tables, queries, mapping, correct, "
            "statement_timeout, full_read, overlap)",
        ),
    ],
)
def test_a_wrong_key_of_an_sql_ledger_is_named(faults: Faults, line: str, text: str) -> None:
    (found,) = faults(
        f"ledger:\n  type: sql\n  url: sqlite://\n  {line}\nshops: [{{name: s, channel: file, path: s}}]\n"
    )
    assert found.split(": ", 1)[1] == text


def test_a_table_has_a_name_or_a_query_not_both(faults: Faults) -> None:
    (found,) = faults(
        "ledger: {type: sql, url: sqlite://, tables: {stock: a}, queries: {stock: b}}\n"
        "shops: [{name: s, channel: file, path: s}]\n"
    )
    assert found.endswith("ledger.queries.stock: either a query or a table's name (ledger.tables.stock), not both")


def test_an_id_may_come_by_reference_and_what_it_gave_is_not_shown(load_text: Load, faults: Faults) -> None:
    text = shop(SHOPEE.replace("2001", "{env: ID}"))
    assert load_text(text, {"KEY": "k", "ID": "0042"}).shops[0].options["partner_id"] == "0042"
    (found,) = faults(text, {"KEY": "k", "ID": "hunter2"})
    assert found == "config.yaml:5:17: shops[0].partner_id: what the reference gives is not an id of this form"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    wrap=st.sampled_from(
        ["{}", "'{}'", '"{}"', "[{}]", "{{{}}}", "{{env: {}}}", "{{file: {}}}", "!{}", "&{} x", "*{}", "{}: x"]
    ),
    tail=st.text("abz019!@#$%^&*()_+-=:;,.?/|~ ", max_size=12),
)
def test_no_fault_ever_repeats_what_stands_in_a_secrets_place(load_text: Load, wrap: str, tail: str) -> None:
    """However a secret is pasted, quoted or broken, no fault shows its text."""
    marker = "s3cr3tm4rk"
    try:
        load_text(with_key(wrap.format(marker + tail)))
    except ConfigFault as error:
        shown = str(error)
    else:
        shown = ""
    assert marker not in shown
