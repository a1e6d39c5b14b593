"""JSON: what the standard decoder lets through in silence is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.rest import BadAnswer, decode


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html><body>busy</body></html>", "HTML"),
        (b'{"a":', "cut"),
        (b'{"a":1', "cut"),
        (b'{"a":1}x', "not JSON"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"a":1,"a":2}', "twice"),
        (b'[{"b":{"a":1,"a":1}}]', "twice"),
        (b"[" * 100 + b"]" * 100, "nested deeper"),
        (b"[" * 200_000, "nested deeper"),
        (b'{"a":' * 90 + b"1" + b"}" * 90, "nested deeper"),
        (b"\xff\xfe", "UTF-8"),
        (b'"\xc3"', "UTF-8"),
        (b"1" * 5000, "too long"),
    ],
)
def test_what_is_not_plain_json_is_refused_with_the_reason(body, why):
    with pytest.raises(BadAnswer, match=why):
        decode(body)


def test_the_size_is_capped():
    with pytest.raises(BadAnswer, match="more than the limit of 10"):
        decode(b" " * 20, max_bytes=10)


def test_a_bom_is_taken_off_and_fractions_stay_exact():
    assert decode(b'\xef\xbb\xbf{"a":0.10,"b":1e999,"c":12345678901234567890}') == {
        "a": Decimal("0.10"),
        "b": Decimal("1e999"),
        "c": 12345678901234567890,
    }


def test_brackets_in_strings_are_no_depth():
    assert decode(json.dumps({"a": "[" * 500 + '\\"{' * 100}).encode()) == {"a": "[" * 500 + '\\"{' * 100}


def test_half_a_surrogate_pair_becomes_the_replacement_character_and_a_whole_pair_its_character():
    assert decode(rb'{"a":"x\ud800y","b":"\ud83d\ude00"}') == {"a": "x�y", "b": "😀"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
@settings(max_examples=150)
def test_whatever_json_writes_is_read_back(value, ascii_only):
    try:
        body = json.dumps(value, ensure_ascii=ascii_only).encode()
    except UnicodeEncodeError:
        return
    assert decode(body) == value
