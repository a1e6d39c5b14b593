"""The keeper of a shop's tokens: one asks for all, what was saved counts, and what failed is not tried again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from stockrecon.channels.keeper import STEPS, Granted, Refresh, TokenKeeper, TokenRefused, ending, trade
from stockrecon.core.model import ShopName
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault, OutputFault, ReadFault, StockreconError
from stockrecon.rest import Request, Unsettled

SHOP = ShopName("shop")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD = Tokens("old", "first")
NEW = Tokens("new", "second")


class Store:
    """Tokens in memory. `held`: how many hold the lock; `saved`: every pair that was saved."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self.tokens = tokens
        self.saved: list[Tokens] = []
        self.held = 0
        self.on_lock: Callable[[], None] = lambda: None

    def load(self, shop: ShopName) -> Tokens | None:
        return self.tokens

    def save(self, shop: ShopName, tokens: Tokens) -> None:
        assert self.held == 1
        self.saved.append(tokens)
        self.tokens = tokens

    @contextmanager
    def locked(self, shop: ShopName) -> Iterator[int]:
        self.held += 1
        self.on_lock()
        try:
            yield 7
        finally:
            self.held -= 1


class Vendor:
    """Answers in turn; remembers which refresh tokens it was asked with."""

    def __init__(self, *answers: Granted | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, token: str) -> Granted:
        self.asked.append(token)
        said = self.answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


REFUSED = TokenRefused("shop", "the refresh token was refused", way_on="ask")
LOST = Unsettled("shop", "the answer broke off")


def keeper(refresh: Refresh, store: Store | None = None, configured: Tokens = OLD) -> TokenKeeper:
    return TokenKeeper(SHOP, store or Store(), configured, refresh)


@pytest.mark.parametrize("fault", [AuthFault("shop", "refused"), ReadFault("shop", "gone"), OutputFault("full")])
def test_a_failed_renewal_is_not_tried_by_the_next_thread(fault: StockreconError) -> None:
    """A refresh token may be good for one use: of all threads that were refused, one asks."""
    vendor = Vendor(fault)
    kept = keeper(vendor)
    for _ in range(3):
        with pytest.raises(type(fault), match=fault.text):
            kept.renew("old")
    assert vendor.asked == ["first"]


def test_many_threads_ask_once() -> None:
    """All are refused at the same moment; all go on with the one new pair."""
    vendor, store = Vendor(Granted(NEW)), Store()
    kept = keeper(vendor, store)
    threads = [threading.Thread(target=kept.renew, args=("old",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vendor.asked == ["first"]
    assert store.saved == [NEW]
    assert kept.access() == "new"


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([Granted(NEW)], ["a"]),
        ([REFUSED, Granted(NEW)], ["a", "b"]),
        ([LOST, Granted(NEW)], ["a", "a"]),
        ([LOST, REFUSED, Granted(NEW)], ["a", "a", "b"]),
        ([REFUSED, LOST, Granted(NEW)], ["a", "b", "b"]),
    ],
)
def test_the_order_of_asking(answers: list[Granted | Exception], asked: list[str]) -> None:
    """A lost answer allows the same token once more, a refusal the next one."""
    vendor = Vendor(*answers)
    assert trade(SHOP, ("a", "b"), vendor).tokens == NEW
    assert vendor.asked == asked


def test_an_answer_that_is_lost_twice_is_not_asked_for_again() -> None:
    """Nor is another token tried: whether the first one is spent is not known."""
    vendor = Vendor(LOST, LOST, Granted(NEW))
    with pytest.raises(Unsettled, match="broke off"):
        trade(SHOP, ("a", "b"), vendor)
    assert vendor.asked == ["a", "a"]


def test_what_somebody_else_saved_meanwhile_is_used() -> None:
    """Before the lock was had, or while this one was being refused: no fault, and no token is spent for nothing."""
    store, vendor = Store(), Vendor()
    store.on_lock = lambda: setattr(store, "tokens", NEW)
    kept = keeper(vendor, store)
    kept.renew("old")
    assert (kept.access(), vendor.asked) == ("new", [])

    late = Store(OLD)

    def refused(token: str) -> Granted:
        late.tokens = NEW
        raise REFUSED

    kept = keeper(refused, late)
    kept.renew("old")
    assert kept.access() == "new"


def test_all_that_is_known_is_tried_each_once() -> None:
    """The stored refresh token, then the configured one, which the owner may have replaced."""
    vendor = Vendor(REFUSED, REFUSED)
    kept = keeper(vendor, Store(Tokens("old", "stored")), Tokens("old", "configured"))
    with pytest.raises(AuthFault):
        kept.renew("old")
    assert vendor.asked == ["stored", "configured"]


def test_a_shop_without_any_token_says_so() -> None:
    """Not authorised yet, or only for as long as its access token lives."""
    for configured, said in ((Tokens("", ""), "the shop is not authorised"), (Tokens("old", ""), "has ended")):
        kept = keeper(Vendor(), configured=configured)
        with pytest.raises(AuthFault, match=f"{said} and there is no refresh token") as caught:
            kept.renew(configured.access)
        assert caught.value.way_on == "authorise the shop again: stockrecon auth shop"


def test_a_pair_with_a_fault_is_saved_and_told() -> None:
    """The old one is spent: another shop's pair is not thrown away, and the fault is raised once it is safe."""
    store = Store()
    kept = keeper(Vendor(Granted(NEW, AuthFault("shop", "another shop's"))), store)
    with pytest.raises(AuthFault, match="another shop's"):
        kept.renew("old")
    assert store.saved == [NEW]


@pytest.mark.parametrize(("left", "renewed"), [(601, False), (599, True), (-1, True), (None, False)])
def test_ready_renews_what_ends_within_the_time(left: int | None, renewed: bool) -> None:
    """Before a run writes: an end that is not known is left to its refusal."""
    ends = None if left is None else NOW + timedelta(seconds=left)
    vendor = Vendor(Granted(NEW))
    kept = keeper(vendor, Store(Tokens("old", "first", ends)))
    kept.ready(timedelta(minutes=10), NOW)
    assert (vendor.asked == ["first"]) is renewed


def test_ready_gets_an_access_token_that_is_missing() -> None:
    """And asks once, also where the new one has no known end."""
    vendor = Vendor(Granted(NEW))
    kept = keeper(vendor, configured=Tokens("", "first"))
    kept.ready(timedelta(minutes=10), NOW)
    kept.ready(timedelta(minutes=10), NOW)
    assert vendor.asked == ["first"]


def test_after_an_authorisation_a_failure_is_forgotten() -> None:
    """The new pair is saved, used, and renewed in its turn."""
    vendor, store = Vendor(REFUSED, Granted(Tokens("newest", "third"))), Store()
    kept = keeper(vendor, store)
    with pytest.raises(AuthFault):
        kept.renew("old")
    with store.locked(SHOP):
        kept.adopt(NEW)
    assert kept.access() == "new"
    kept.renew("new")
    assert (kept.access(), vendor.asked) == ("newest", ["first", "second"])


def test_the_refused_token_is_found_in_query_and_form() -> None:
    """A token that is not the current one was refused before the renewal, and asks for nothing."""
    for sent in (
        Request("GET", "/x", query=(("access_token", "old"),)),
        Request("POST", "/x", form=(("access_token", "old"),)),
    ):
        vendor = Vendor(Granted(NEW))
        kept = keeper(vendor)
        kept.refused(sent)
        kept.refused(sent)
        assert vendor.asked == ["first"]


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (14, 1), (1, 1), (-1, 1)])
def test_a_refresh_token_that_ends_is_told_of(days: int, told: int) -> None:
    """From the first step on, with the time that is left and the way on; an unknown end is nothing to tell."""
    kept = keeper(Vendor(), Store(Tokens("a", "r", None, NOW + timedelta(days=days))))
    found = kept.warnings(NOW)
    assert len(found) == told
    assert all("refresh token end" in text and "stockrecon auth shop" in text for text in found)
    assert len(kept.warnings(NOW, STEPS[2:])) == int(days <= 7)
    assert keeper(Vendor(), Store(OLD)).warnings(NOW) == []


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=13, hours=5), "ends in 13 days (2026-12-07 17:00 UTC)"),
        (timedelta(hours=47), "ends in 47 hours (2026-11-26 11:00 UTC)"),
        (timedelta(minutes=90), "ends in 90 min (2026-11-24 13:30 UTC)"),
        (timedelta(seconds=1), "ends in 1 min (2026-11-24 12:00 UTC)"),
        (timedelta(0), "ended at 2026-11-24 12:00 UTC"),
    ],
)
def test_an_end_in_words(left: timedelta, said: str) -> None:
    """What is left is rounded down, never up."""
    assert ending(NOW + left, NOW) == said


def test_no_token_is_in_any_text_of_a_keeper() -> None:
    """Neither where it is printed nor where what it got is."""
    kept = keeper(Vendor(), configured=Tokens("access-secret", "refresh-secret"))
    assert set(kept.secrets()) == {"access-secret", "refresh-secret"}
    for text in (repr(kept), repr(Granted(Tokens("access-secret", "refresh-secret")))):
        assert "secret" not in text
