"""The tree keeps what was written and where; what is no plain YAML is a fault with its place, never a crash."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.config.yamltree import MAX_BYTES, Items, Keys, Scalar, parse
from stockrecon.errors import ConfigFault


def fault(data: bytes) -> str:
    with pytest.raises(ConfigFault) as caught:
        parse(data, "c.yaml")
    assert len(caught.value.faults) == 1
    return str(caught.value)


def test_scalars_stay_the_text_that_was_written() -> None:
    written = ["00123", "1_000", "12:30", "no", "1e3", "0x10", "2026-11-11", "+7", ".5", "=", "~x"]
    tree = parse("".join(f"- {text}\n" for text in written).encode(), "c.yaml")
    assert isinstance(tree.root, Items)
    assert [item.text for item in tree.root.items if isinstance(item, Scalar)] == written
    assert tree.faults == ()


def test_places_count_from_one() -> None:
    root = parse(b"a:\n  - b: x\n    c:   'y'\n", "c.yaml").root
    assert isinstance(root, Keys)
    items = root.entries["a"].value
    assert isinstance(items, Items)
    inner = items.items[0]
    assert isinstance(inner, Keys)
    entry = inner.entries["c"]
    assert (entry.key.line, entry.key.column, entry.value.line, entry.value.column) == (3, 5, 3, 10)


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_only_an_unquoted_null_is_null(text: str) -> None:
    plain, quoted = parse(f"[{text or '~'}, '{text}']".encode(), "c").root.items  # type: ignore[union-attr]
    assert (plain.is_null, quoted.is_null) == (True, False)  # type: ignore[union-attr]


def test_a_byte_order_mark_does_not_move_the_columns() -> None:
    root = parse(b"\xef\xbb\xbfa: b\n", "c").root
    assert isinstance(root, Keys)
    assert root.entries["a"].key.column == 1


def test_a_repeated_key_is_kept_apart_with_its_place() -> None:
    root = parse(b"a: 1\nb: 2\na: 3\n", "c").root
    assert isinstance(root, Keys)
    assert [(entry.key.text, entry.key.line) for entry in root.again] == [("a", 3)]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: b: c\n", "c.yaml:1:5: not YAML: mapping values are not allowed here"),
        (b"a:\n\t- b\n", "c.yaml:2:1: not YAML: a tab cannot indent; use spaces"),
        (b"a: [1, 2\nb: 3\n", "c.yaml:2:2: not YAML: expected ',' or ']', but got ':'"),
        (b"a: 'x\n", "c.yaml:2:1: not YAML: found unexpected end of stream"),
        (b"a: \xff\n", "c.yaml:1:4: not UTF-8; save the file as UTF-8"),
        (b"\xef\xbb\xbf# \xc3\xa9\xff\n", "c.yaml:1:4: not UTF-8; save the file as UTF-8"),
        ("a: b\n".encode("utf-16"), "c.yaml:1:1: not UTF-8; save the file as UTF-8"),
        (b"a: x\n---\nb: y\n", "c.yaml:2:1: a second document; only one is read"),
        (b"a: x\x00y\n", "c.yaml:1:5: a control character does not belong in YAML"),
        (b"[" * 100_000, "c.yaml:1:21: nested deeper than 20 levels, which is the limit"),
        (b"- " * 100_000, "c.yaml:1:41: nested deeper than 20 levels, which is the limit"),
        (b"#" * (MAX_BYTES + 1), "c.yaml: larger than 1048576 bytes, which is the limit"),
    ],
)
def test_what_is_no_yaml_is_one_fault_with_its_place(data: bytes, text: str) -> None:
    assert fault(data) == text


@pytest.mark.parametrize("value", ["!hunter!two x", "&hunter2 x", "*hunter2", "!<hunter2", "%hunter2", "!hunter2 x"])
def test_a_pasted_secret_that_reads_like_yaml_is_not_repeated(value: str) -> None:
    """A password without quotes may begin with a sign that means something to YAML."""
    try:
        texts = [str(fault) for fault in parse(f"key: {value}\n".encode(), "c").faults]
    except ConfigFault as error:
        texts = [str(error)]
    assert texts
    assert "hunter" not in "".join(texts)


def test_aliases_cannot_multiply() -> None:
    """The billion laughs: each alias is a fault of its own and nothing is expanded."""
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    tree = parse("\n".join(levels).encode(), "c")
    assert len(tree.faults) == 40 + 2 * 39
    assert str(tree.faults[0]) == "c:1:5: anchors (&) are not used here; a text that begins with & needs quotes"


def test_a_key_that_is_a_list_is_a_fault() -> None:
    tree = parse(b"? [a, b]\n: c\n", "c")
    assert [str(fault) for fault in tree.faults] == ["c:1:3: a key has to be a text, not a list or a mapping"]


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=60), st.text("ab:-[]{}#&*!|>'\"%@`,? \n\t0~\\", max_size=60).map(str.encode)))
def test_any_bytes_give_a_tree_or_a_fault(data: bytes) -> None:
    """Nothing but a ConfigFault comes out of bytes from outside."""
    with contextlib.suppress(ConfigFault):
        parse(data, "c")
