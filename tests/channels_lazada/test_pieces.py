"""Items with many SKUs make a page time out: less is asked for at once, and nothing is lost or doubled by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.channels.lazada.pieces import MAX_OFFSET
from stockrecon.core.model import ListingKey, ShopName
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Request

from .fake import NOW, FakeLazada, channel, failure, product, request, sku
from .test_changes import asked, names, updated
from .test_changes import rows as read_rows
from .test_pull import once, shop, table

TIMEOUT = failure("ServiceTimeout", "The service has timed out")


def heavy(number: int, skus: int) -> dict[str, Any]:
    return product(number, *(sku(number * 100 + n) for n in range(skus)))


def slow(lazada: FakeLazada, most: int) -> FakeLazada:
    """Times out where an answer would hold more SKUs than that."""

    def hook(sent: Request, parameters: dict[str, str]) -> Answer | None:
        if sent.path != "/products/get":
            return None
        told: Any = lazada.products_get(parameters)
        rows = told.get("data", {}).get("products", [])
        return TIMEOUT if sum(len(row["skus"]) for row in rows) > most else None

    lazada.hooks.append(hook)
    return lazada


def asked_for(lazada: FakeLazada) -> list[tuple[int, int]]:
    """Offset and limit of each page."""
    pages = [told for path, told in lazada.calls if path == "/products/get"]
    return [(int(told["offset"]), int(told["limit"])) for told in pages]


def keys(folder: Path) -> list[tuple[str, str]]:
    return [(row["item_id"], row["variation_id"]) for row in table(folder, "listings")]


def expected(lazada: FakeLazada) -> list[tuple[str, str]]:
    return sorted(names(lazada))


def test_a_page_that_times_out_is_asked_for_in_halves(tmp_path: Path) -> None:
    """Without a pause and without a repetition; the pieces follow one another to the page's end."""
    lazada = slow(FakeLazada([heavy(n, 4) for n in range(1, 71)]), 100)
    pulled = channel(lazada).pull(request(tmp_path))
    assert (pulled.complete, pulled.items) == (True, 70)
    assert sorted(keys(tmp_path)) == expected(lazada)
    assert asked_for(lazada)[:3] == [(0, 50), (0, 25), (25, 25)]
    assert sorted(asked_for(lazada)[3:]) == [(50, 25)]


def test_heavy_items_at_one_place_do_not_slow_the_rest(tmp_path: Path) -> None:
    """After ten good answers twice as much is asked for again."""
    items = [heavy(n, 60 if n <= 5 else 1) for n in range(1, 1001)]
    lazada = slow(FakeLazada(items), 100)
    pulled = channel(lazada).pull(request(tmp_path))
    assert pulled.complete
    assert sorted(keys(tmp_path)) == expected(lazada)
    assert {limit for _, limit in asked_for(lazada)} >= {1, 50}
    assert lazada.counts["/products/get"] < 150


def test_a_single_item_that_times_out_is_repeated_as_any_call(tmp_path: Path) -> None:
    """There is nothing smaller to ask for: five attempts, then the shop cannot be read."""
    lazada = slow(FakeLazada([heavy(1, 30), product(2), product(3)]), 20)
    with pytest.raises(ReadFault, match=r"/products/get answered ServiceTimeout.*tried 5 times"):
        channel(lazada).pull(request(tmp_path))
    assert [limit for _, limit in asked_for(lazada)] == [50, 25, 12, 6, 3, 1, 1, 1, 1, 1]


def test_a_time_out_that_passes_costs_a_piece_or_two(tmp_path: Path) -> None:
    """It is not told apart from one that heavy items make."""
    lazada = shop(120)
    lazada.hooks.append(once("/products/get", TIMEOUT, offset="50"))
    assert channel(lazada).pull(request(tmp_path)).complete
    assert sorted(keys(tmp_path)) == expected(lazada)
    assert lazada.counts["/products/get"] <= 6


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 9), max_size=130), st.integers(9, 60), st.sets(st.integers(0, 129), max_size=6))
def test_nothing_is_lost_or_doubled(tmp_path: Path, sizes: list[int], most: int, repeated: set[int]) -> None:
    """Whatever times out, also where Lazada lists an item twice."""
    items = [heavy(n, size) for n, size in enumerate(sizes, 1)]
    lazada = slow(FakeLazada([*items, *(items[n] for n in sorted(repeated) if n < len(items))]), most)
    pulled = channel(lazada, requests_per_second=1000.0).pull(request(tmp_path))
    assert (pulled.complete, pulled.reason) == (True, "")
    assert sorted(keys(tmp_path)) == expected(lazada)


def reaching(items: int, at: int, span: timedelta) -> FakeLazada:
    """So many items, made one after the other within this span; whoever asks for more than 20 from `at` on waits in
    vain."""
    lazada = FakeLazada([product(n, created=NOW - span * (1 - n / items)) for n in range(items)])

    def hook(sent: Request, parameters: Mapping[str, str]) -> Answer | None:
        if sent.path != "/products/get" or "create_after" in parameters:
            return None
        return TIMEOUT if int(parameters["offset"]) >= at and int(parameters["limit"]) > 20 else None

    lazada.hooks.append(hook)
    return lazada


@pytest.mark.parametrize("items", [MAX_OFFSET + 12, MAX_OFFSET + 13, MAX_OFFSET + 50])
def test_what_lies_behind_the_last_offset_is_read_by_time(items: int, tmp_path: Path) -> None:
    """A page at the last offset has no second piece: a larger shop is read in windows of creation time then."""
    lazada = reaching(items, MAX_OFFSET, timedelta(days=900))
    pulled = channel(lazada, requests_per_second=1000.0).pull(request(tmp_path))
    assert (pulled.complete, pulled.reason) == (True, "")
    assert sorted(keys(tmp_path)) == expected(lazada)
    assert any("create_after" in told for _, told in lazada.calls) == (items > MAX_OFFSET + 12)
    assert lazada.counts["/products/get"] < 450


def test_edits_are_read_in_pieces_too(tmp_path: Path) -> None:
    """A little pull asks for what was updated by the same pages, and reads it by name."""
    lazada = slow(FakeLazada([heavy(n, 4) for n in range(1, 121)]), 60)
    for number in range(1, 121):
        updated(lazada, number, 10 if number <= 70 else 5000)
    made = channel(lazada)
    found = made.changed(asked(tmp_path / "changed", names(lazada)))
    assert (found.items, found.count, found.doubt) == (frozenset(str(n) for n in range(1, 71)), 120, "")
    (tmp_path / "items").mkdir()
    wanted = {str(n) for n in range(1, 121)}
    read = made.read_items(wanted, tmp_path / "items")
    assert (read.items, read.doubt) == (frozenset(wanted), "")
    assert len(read_rows(read.listings.path)) == 480


def test_names_that_time_out_are_asked_for_in_halves() -> None:
    """Items that are read again: fifty names, twice 25, four times 12 or 13, which fit; and the ten that are left."""
    lazada = slow(FakeLazada([heavy(n, 4) for n in range(1, 61)]), 60)
    wanted = [ListingKey(ShopName("lazada-vn"), str(n), str(n * 100)) for n in range(1, 61)]
    again = channel(lazada).reread(wanted, {key: f"S-{key.variation_id}" for key in wanted})
    assert list(again) == wanted
    assert lazada.counts == {"/products/get": 1 + 2 + 4 + 1}
