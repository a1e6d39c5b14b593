"""Redaction: no form of a secret survives."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockrecon.rest import redact

FORMS = [
    lambda s: s,
    lambda s: quote(s, safe=""),
    quote_plus,
    lambda s: json.dumps(s)[1:-1],
    lambda s: base64.b64encode(s.encode()).decode(),
    lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
]


@pytest.mark.parametrize("form", FORMS)
@given(secret=st.text(st.characters(codec="utf-8"), min_size=4, max_size=40))
@settings(max_examples=40)
def test_a_secret_vanishes_in_every_form(form, secret):
    assert redact(f"<{form(secret)}>", [secret]) == "<«secret»>"


def test_the_longer_secret_goes_first_and_other_text_stays():
    assert redact("a=abcd efgh=abcdefgh", ["abcd", "abcdefgh"]) == "a=«secret» efgh=«secret»"


def test_a_tiny_secret_does_not_riddle_the_text():
    assert redact("banana", ["a", ""]) == "banana"
