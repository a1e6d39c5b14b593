"""SKUs that spreadsheets and hands have damaged: what is recognised, what it is called, and what is left alone."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from stockrecon.core.damage import Damage, damage, keys, nearest, spelled, undone

CASES = yaml.safe_load((Path(__file__).parent / "damage.yaml").read_text(encoding="utf-8"))

_ALPHABET = "019aAeE+-./ '\"=\xa0\u200b\u3000\u0410\u0430\u03bf\uff21\u2013janmar"
SKUS = st.one_of(
    st.text(alphabet=_ALPHABET, max_size=10),
    st.text(max_size=8),
    st.from_regex(r"[0-9]{1,20}", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}[-/][0-9]{1,2}([-/](20)?[0-9]{2})?", fullmatch=True),
    st.from_regex(r"[1-9](\.[0-9]{1,5})?E\+[0-9]{2}", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}-(Jan|Mei|Thg1|Dec)(-26)?", fullmatch=True),
)
PLAIN = st.text(alphabet="bcdfghjklmnpqrstvwxz_", min_size=1, max_size=12)


@pytest.mark.parametrize("case", CASES["damaged"], ids=lambda case: f"{case['sku']!a}-{case['other']!a}")
def test_damage_is_named(case: dict[str, Any]) -> None:
    """Two spellings with damage between them have the kinds that were expected, whichever of them is the ledger's."""
    expected = [Damage[name] for name in case["kinds"]]
    assert list(damage(case["sku"], case["other"])) == expected
    assert list(damage(case["other"], case["sku"])) == expected


@pytest.mark.parametrize("pair", CASES["different"], ids=lambda pair: f"{pair[0]!a}-{pair[1]!a}")
def test_what_no_damage_explains_is_different(pair: list[str]) -> None:
    """SKUs that differ in more than damage are not alike."""
    assert damage(*pair) == ()


@given(SKUS, SKUS)
@example("00123", "123")
@example("2-1", "1-2")
@example("\u00b5", "\u03bc")
def test_alike_is_mutual_and_found_by_keys(one: str, other: str) -> None:
    """Damage is the same seen from either side, never between a SKU and itself, and always behind a common key."""
    kinds = damage(one, other)
    assert kinds == damage(other, one)
    assert damage(one, one) == ()
    if kinds:
        assert keys(one) & keys(other)
    if one != other and undone(one) == undone(other):
        assert kinds


@given(SKUS)
def test_damage_that_is_done_is_recognised(sku: str) -> None:
    """Whatever a spreadsheet or a hand adds to a SKU, the SKU it was is found again."""
    for made, kind in ((f"{sku} ", Damage.ENDS), (f"\xa0{sku}", Damage.BLANK), (f"\ufeff{sku}", Damage.INVISIBLE)):
        assert kind in damage(sku, made)


@given(st.integers(1, 10**12))
def test_a_number_that_was_a_sku_is_recognised(number: int) -> None:
    """Lost zeros, a trailing .0 and the exponent form of a long number lead back to the SKU."""
    sku = f"{number:014}"
    assert damage(sku, str(number)) == (Damage.ZEROS,)
    assert damage(str(number), f"{number}.0") == (Damage.DECIMALS,)
    if number >= 10**6:
        for digits in (3, 6):
            # Spreadsheets round a half up, Python to the even digit.
            rounded = Context(prec=digits, rounding=ROUND_HALF_UP).plus(Decimal(number))
            assert damage(str(number), f"{rounded:.{digits - 1}E}")


@given(PLAIN, PLAIN)
def test_plain_skus_are_never_alike(one: str, other: str) -> None:
    """Small letters that nothing could have damaged make different SKUs, whatever they are."""
    assert damage(one, other) == ()


def test_the_nearest_come_first() -> None:
    """Fewest kinds of damage first, then in SKU order; the SKU itself is not among them."""
    found = nearest("ab 1", ["AB 1 ", "ab 1", "AB 1", "ab 1 ", "other"])
    assert [one.sku for one in found] == ["AB 1", "ab 1 ", "AB 1 "]


def test_what_cannot_be_seen_is_named() -> None:
    """Look-alike letters, wide ones and blanks stand as code points; letters of a language stay as they are."""
    assert spelled("\u0410B\u200b\uff23 áo đỏ") == "<U+0410>B<U+200B><U+FF23> áo đỏ"
