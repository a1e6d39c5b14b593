"""A list that is divided into windows of creation time, read beside one another: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockrecon.channels.tiktok_shop import windows
from stockrecon.channels.tiktok_shop.crew import Crew
from stockrecon.channels.tiktok_shop.scan import ProductScan
from stockrecon.channels.tiktok_shop.windows import FIRST_DAY, Window, parts_of
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer, Request

from .fakes import NOW, STAMP, FakeTikTok, channel, product, refused, sku
from .test_pull import pull, rows

MANY = 650
"""Seven pages: with chains of one page the list is divided into seven parts."""


@pytest.fixture(autouse=True)
def short_chains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "CHAIN", 1)


def shop(times: Callable[[int], int] = lambda n: STAMP - 1000 * n, count: int = MANY) -> FakeTikTok:
    tiktok = FakeTikTok()
    tiktok.add(*(product(n, sku(10_000 + n, f"S{n}", n % 7), create_time=times(n)) for n in range(1, count + 1)))
    return tiktok


def scan(tiktok: FakeTikTok, workers: int = 4) -> tuple[list[str], list[str]]:
    """Ids in the order in which they came, and what is not proven."""
    made = channel(tiktok, requests_per_second=1000.0)
    made._open()
    scanned = ProductScan(made._api, NOW, lambda done, whole: None, Crew(workers))
    return [each.id for found in scanned.windows() for each in found], scanned.faults


def calls(tiktok: FakeTikTok) -> int:
    return tiktok.calls["products/search"]


def asked(tiktok: FakeTikTok) -> list[tuple[int | None, int | None]]:
    """The windows that were searched, each once."""
    bodies = tiktok.bodies("products/search")
    return list(dict.fromkeys((body.get("create_time_ge"), body.get("create_time_le")) for body in bodies))


def everything(count: int = MANY) -> list[str]:
    return sorted(map(str, range(1, count + 1)))


def answers(tiktok: FakeTikTok, change: Callable[[dict[str, object], Request, int], None]) -> None:
    """Changes what searches of products answer; told the request and how many of its window came before it."""
    seen: Counter[tuple[object, ...]] = Counter()

    def search(sent: Request) -> Answer:
        answer = tiktok._products_search(sent)
        document = json.loads(answer.body)
        body = json.loads(sent.body or b"")
        place = (body.get("create_time_ge"), body.get("create_time_le"), sent.first("page_token"))
        if document["code"] == 0:
            change(document["data"], sent, seen[place])
        seen[place] += 1
        return Answer(answer.status, answer.headers, json.dumps(document).encode())

    tiktok.always["products/search"] = search


# Where to cut

TIMES = st.lists(st.integers(STAMP - 10**7, STAMP), min_size=1, max_size=100)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(TIMES, st.integers(1, 10_000), st.sampled_from([Window(), Window(STAMP - 10**7, STAMP)]),
       st.sampled_from(["as they are", "rising", "falling"]))  # fmt: skip
def test_parts_are_the_whole_and_share_nothing(times: list[int], total: int, window: Window, order: str) -> None:
    """Whatever the first page shows: every second of the window is in one part, and in one only."""
    shown = times if order == "as they are" else sorted(times, reverse=order == "falling")
    parts = parts_of(window, total, shown, STAMP)
    assert 1 <= len(parts) <= windows.PARTS
    assert (parts[-1].begin, parts[0].end) == (window.begin, window.end)
    for later, earlier in pairwise(parts):
        assert earlier.end is not None
        assert earlier.begin <= earlier.end == later.begin - 1


@pytest.mark.parametrize("falls", [True, False])
def test_an_ordered_list_of_even_pace_is_cut_into_whole_pages(falls: bool) -> None:
    """The page is an end of it, the rest is as dense: so many calls as pages, and one for the page that told."""
    tiktok = shop((lambda n: STAMP - 1000 * n) if falls else (lambda n: STAMP - 10**6 + 1000 * n))
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])
    assert len(asked(tiktok)) == 1 + 7
    assert calls(tiktok) <= 7 + 2


def test_a_list_in_no_order_is_cut_by_what_its_first_page_shows() -> None:
    """It is taken to be like the rest."""
    tiktok = shop(lambda n: STAMP - 1000 * (n * 389 % 997))
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])
    assert len(asked(tiktok)) >= 7
    assert calls(tiktok) <= 7 + 8


def test_what_was_cut_at_the_wrong_place_is_cut_again() -> None:
    """A few new products, and all others made in one day long ago."""
    tiktok = shop(lambda n: STAMP - 86_400 * n if n <= 120 else STAMP - 10**8 - n * 100)
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])
    assert calls(tiktok) <= 7 + 3 * windows.PARTS


@pytest.mark.parametrize("count", [MANY, 2000])
def test_what_is_created_in_one_second_is_read_page_after_page(count: int) -> None:
    """It cannot be divided; the guesses are few."""
    tiktok = shop(lambda n: STAMP - 5, count)
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(count), [])
    assert calls(tiktok) <= count // 100 + 1 + 3 * windows.PARTS


def test_products_without_a_time_are_found_all_the_same() -> None:
    """No search by time has them: what the parts lack of the whole is read as a whole."""
    tiktok = shop()

    def untimed(data: dict[str, object], sent: Request, before: int) -> None:
        if "create_time" in (sent.body or b"").decode():
            rows = [row for row in data.get("products", []) if int(row["id"]) % 50]  # type: ignore[attr-defined]
            data["total_count"] = int(str(data["total_count"])) - len(data.get("products", [])) + len(rows)  # type: ignore[arg-type]
            data["products"] = rows

    tiktok.reach = 10_000
    answers(tiktok, untimed)
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])


def test_times_that_are_not_heeded_cost_a_few_calls() -> None:
    """A search that answers with everything whatever it is asked for: the list is read page after page."""
    tiktok = shop()

    def deaf(sent: Request) -> Answer:
        return tiktok._products_search(replace(sent, json={"status": "ALL"}))

    tiktok.always["products/search"] = deaf
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])
    assert calls(tiktok) <= 2 * 7 + 7


# What happens meanwhile


@pytest.mark.parametrize(("times", "most"), [(1, 1 + 8 + 4), (2, 1 + 8 + 4 + 8)])
def test_a_page_that_is_lost_in_the_middle_is_noticed(times: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one window: it alone is read once more; where that proves nothing, the parts hold less than the whole counts,
    which is then read as a whole."""
    monkeypatch.setattr(windows, "CHAIN", 3)
    tiktok = shop()

    def lossy(data: dict[str, object], sent: Request, before: int) -> None:
        body = json.loads(sent.body or b"")
        if sent.first("page_token") == "100" and before < times and "create_time_le" in body:
            data["products"] = []

    answers(tiktok, lossy)
    ids, faults = scan(tiktok)
    assert len(asked(tiktok)) == 3
    assert (sorted(ids), faults) == (everything(), [])
    assert most - 4 <= calls(tiktok) <= most


def test_a_page_that_is_lost_every_time_is_told() -> None:
    """Twice in its window and once in the whole."""
    tiktok = shop()

    def lossy(data: dict[str, object], sent: Request, before: int) -> None:
        data["products"] = [row for row in data.get("products", []) if row["id"] != "333"]  # type: ignore[attr-defined]

    answers(tiktok, lossy)
    ids, faults = scan(tiktok)
    assert sorted(ids) == [name for name in everything() if name != "333"]
    assert faults == ["products: TikTok Shop counts 650 products, its pages held 649, also at the second reading"]


def test_a_product_that_is_made_meanwhile_is_read_too() -> None:
    """The newest window has no end."""
    tiktok = shop()

    def busy(data: dict[str, object], sent: Request, before: int) -> None:
        if "create_time_le" in (sent.body or b"").decode() and "9001" not in tiktok.products:
            tiktok.add(product(9001, sku(90010, "NEW", 1), create_time=STAMP + 1))

    answers(tiktok, busy)
    ids, faults = scan(tiktok, workers=1)
    assert faults == []
    assert sorted(ids) in (everything(), sorted([*everything(), "9001"]))


def test_a_product_that_is_gone_meanwhile_is_no_fault() -> None:
    """The whole is counted once more, and the parts hold as many."""
    tiktok = shop()

    def busy(data: dict[str, object], sent: Request, before: int) -> None:
        if "create_time" in (sent.body or b"").decode():
            tiktok.products.pop("640", None)

    answers(tiktok, busy)
    ids, faults = scan(tiktok, workers=1)
    assert faults == []
    assert sorted(ids) == [name for name in everything() if name != "640"]


def test_a_product_that_moves_between_windows_comes_once(tmp_path: Path) -> None:
    """A time of creation does not change; if one did, the product would still be one, with one row a SKU."""
    tiktok = shop()
    moved = threading.Event()

    def moving(data: dict[str, object], sent: Request, before: int) -> None:
        shown = [row["id"] for row in data.get("products", [])]  # type: ignore[attr-defined]
        if "create_time_ge" in (sent.body or b"").decode() and "5" in shown and not moved.is_set():
            moved.set()
            tiktok.products["5"]["create_time"] = FIRST_DAY + 1

    answers(tiktok, moving)
    pulled = pull(tiktok, tmp_path)
    listed = [row["item_id"] for row in rows(pulled, "listings")]
    assert moved.is_set()
    assert sorted(listed) == everything()


def test_a_call_that_fails_in_one_window_fails_the_whole() -> None:
    """Nothing of it is taken for a shop."""
    tiktok = shop()

    def ill(sent: Request) -> Answer:
        body = json.loads(sent.body or b"")
        return refused(36009004, "no") if "create_time_le" in body else tiktok._products_search(sent)

    tiktok.always["products/search"] = ill
    with pytest.raises(ReadFault, match="36009004"):
        scan(tiktok)


def test_a_shop_that_outgrows_one_search_meanwhile_is_read_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a page on it is refused: then it is divided as a shop that was too large from the beginning."""
    tiktok = shop()

    def growing(sent: Request) -> Answer:
        if calls(tiktok) > 3:
            tiktok.reach = 400
        return tiktok._products_search(sent)

    tiktok.always["products/search"] = growing
    monkeypatch.setattr(windows, "CHAIN", 100)
    ids, faults = scan(tiktok)
    assert (sorted(ids), faults) == (everything(), [])


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(0, 10**8), st.integers(1, 200), st.sampled_from([0, 1, 3600])), min_size=1,
                max_size=6), st.randoms(use_true_random=False), st.sampled_from([10_000, 250]))  # fmt: skip
def test_however_they_were_made_all_are_read_once(
    bursts: list[tuple[int, int, int]], chance: object, reach: int
) -> None:
    """Bursts of products at any time, in any order, within one search or beyond it; none is lost, none comes twice."""
    tiktok = FakeTikTok()
    times = [STAMP - begin - step * n for begin, number, step in bursts for n in range(number)]
    chance.shuffle(times)  # type: ignore[attr-defined]
    tiktok.add(*(product(n, sku(10_000 + n, "", 1), create_time=time) for n, time in enumerate(times, 1)))
    tiktok.reach = reach
    ids, faults = scan(tiktok)
    assert len(ids) == len(set(ids))
    if faults:
        assert reach < 10_000
        assert max(Counter(times).values()) > 100
        assert all("that one search gives" in fault for fault in faults)
    else:
        assert sorted(ids) == everything(len(times))


# The crew


def test_jobs_may_bring_jobs() -> None:
    """Work ends when all are done; what others wait for goes first."""
    crew, done = Crew(1), []
    crew.add_last(lambda: done.append("last"))

    def first() -> None:
        done.append("first")
        crew.add(lambda: done.append("second"))

    crew.add(first)
    crew.work()
    assert done == ["first", "second", "last"]
    crew.work()
    assert len(done) == 3


def test_the_first_failure_ends_it() -> None:
    """Jobs that were not begun are dropped, and who waits for more is woken."""
    crew, done = Crew(3), []

    def fails() -> None:
        crew.add(lambda: done.append("never"))
        raise ReadFault("tts", "no")

    crew.add(fails)
    with pytest.raises(ReadFault, match="no"):
        crew.work()
    assert len(done) <= 1
