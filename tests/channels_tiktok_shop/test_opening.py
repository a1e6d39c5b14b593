"""A little pull goes by the shop that an earlier reading was told of, and asks again where that proves nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stockrecon.channels.base import Changed, ChangesRequest
from stockrecon.core.sources import NOTED, Pulled
from stockrecon.core.tokens import Tokens
from stockrecon.errors import AuthFault

from .fakes import ACCESS, CIPHER, SECRET, STAMP, FakeTikTok, Store, channel, product, refused, request, said, sku
from .test_changes import asked, edit, known

IDENTITY = "VN 7494049642642441621"


@pytest.fixture
def shop() -> FakeTikTok:
    tiktok = FakeTikTok()
    old = {"update_time": STAMP - 86400}
    tiktok.add(*(product(number, sku(number * 10, f"S-{number}", 10), **old) for number in range(1, 31)))
    return tiktok


def going_on(shop: FakeTikTok, base: Pulled | Changed, folder: Path) -> ChangesRequest:
    """What a little pull is asked that goes on from this reading."""
    noted = base.tables[NOTED] if isinstance(base, Pulled) else base.noted
    return replace(asked(folder, known(shop)), tables={NOTED: Path(noted.path)} if noted else {})


def whole(shop: FakeTikTok, folder: Path, **options: object) -> Pulled:
    folder.mkdir(exist_ok=True)
    pulled = channel(shop, **options).pull(request(folder))
    shop.calls.clear()
    return pulled


def test_a_little_pull_does_not_ask_which_shop_it_is(shop: FakeTikTok, tmp_path: Path) -> None:
    """Two lists of warehouses, the edits, the number, the orders; the next one goes on from it in the same way."""
    base: Pulled | Changed = whole(shop, tmp_path / "whole")
    edit(shop, 7)
    for name in "ab":
        found = channel(shop).changed(going_on(shop, base, tmp_path / name))
        assert (found.identity, found.zone, found.doubt) == (IDENTITY, "Asia/Ho_Chi_Minh", "")
        assert (found.items, found.count, found.requests) == (frozenset({"7"}), 30, 5)
        assert shop.calls == {"warehouses": 1, "fbt/warehouses": 1, "products/search": 2, "orders/search": 1}
        assert {each.first("shop_cipher") for each in shop.requests} - {None} == {CIPHER}
        shop.calls.clear()
        base = found


def test_what_is_read_next_is_read_of_that_shop(shop: FakeTikTok, tmp_path: Path) -> None:
    """Items, and orders once more: none of it asks which shop it is."""
    made, first = channel(shop), going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    made.changed(first)
    (tmp_path / "items").mkdir()
    assert made.read_items({"3"}, tmp_path / "items").items == frozenset({"3"})
    again = made.changed(replace(first, spool=asked(tmp_path / "b", {}).spool, orders_only=True))
    assert (again.requests, again.noted, shop.calls["shops"]) == (1, None, 0)


def test_a_full_pull_asks_for_itself(shop: FakeTikTok, tmp_path: Path) -> None:
    """Also behind a little pull that came to nothing, in the same run."""
    made = channel(shop)
    made.changed(going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a"))
    (tmp_path / "again").mkdir()
    assert made.pull(request(tmp_path / "again")).identity == IDENTITY
    assert shop.calls["shops"] == 1


@pytest.mark.parametrize("answer", [None, refused(106013, "Missing identifier"), refused(36009004, "Invalid shop"),
                                    refused(101000, "Invalid query or header", 401)])  # fmt: skip
def test_a_cipher_that_is_refused_is_asked_for_anew(shop: FakeTikTok, tmp_path: Path, answer: Any) -> None:
    """TikTok Shop names the shop otherwise by now: the little pull answers all the same, and notes the new one."""
    base = whole(shop, tmp_path / "whole")
    shop.shops[0]["cipher"] = "ROW_another-cipher"
    if answer is not None:
        gate = shop._gate
        shop._gate = lambda name, sent: answer if sent.first("shop_cipher") == CIPHER else gate(name, sent)  # type: ignore[method-assign]
    edit(shop, 7)
    found = channel(shop).changed(going_on(shop, base, tmp_path / "a"))
    assert (found.identity, found.items, found.count, found.doubt) == (IDENTITY, frozenset({"7"}), 30, "")
    assert (found.requests, shop.calls["shops"]) == (shop.calls.total(), 1)
    assert shop.requests[-1].first("shop_cipher") == "ROW_another-cipher"
    shop.calls.clear()
    assert channel(shop).changed(going_on(shop, found, tmp_path / "b")).requests == 5
    assert shop.calls["shops"] == 0


def test_what_is_refused_for_another_reason_is_refused_as_ever(shop: FakeTikTok, tmp_path: Path) -> None:
    """The shop is asked for, and the fault is that of the call."""
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    shop.always["orders/search"] = lambda sent: refused(105005, "no scope")
    with pytest.raises(AuthFault, match="orders/search answered 105005"):
        channel(shop).changed(asking)
    assert shop.calls["shops"] == 1


def test_without_a_note_the_shop_is_asked_for(shop: FakeTikTok, tmp_path: Path) -> None:
    """A reading of an earlier version has none, and one without a cipher makes none."""
    assert channel(shop).changed(asked(tmp_path / "a", known(shop))).requests == 6
    shop.always["shops"] = lambda sent: said({"shops": [{**shop.shops[0], "cipher": ""}]})
    for name in ("warehouses", "fbt/warehouses"):
        shop.always[name] = lambda sent: said({})
    shop.always["orders/search"] = shop.always["products/search"] = lambda sent: said({})
    (tmp_path / "whole").mkdir()
    assert NOTED not in channel(shop).pull(request(tmp_path / "whole")).tables


@pytest.mark.parametrize("text", ["", "id,region\n1,VN\n", "id,region,cipher,seal\n", "\xff\xfe",
                                  'id,region,cipher,seal\n1,"VN', "id,region,cipher,seal\n1,VN,ROW_x,\n"])  # fmt: skip
def test_a_note_that_is_not_understood_is_none(shop: FakeTikTok, tmp_path: Path, text: str) -> None:
    """Damaged, or of another version: the shop is asked for."""
    path = tmp_path / "noted.csv"
    path.write_bytes(text.encode("latin-1"))
    found = channel(shop).changed(replace(asked(tmp_path / "a", known(shop)), tables={NOTED: path}))
    assert (found.identity, found.requests, shop.calls["shops"]) == (IDENTITY, 6, 1)
    gone = replace(asked(tmp_path / "b", known(shop)), tables={NOTED: tmp_path / "nowhere.csv"})
    assert channel(shop).changed(gone).requests == 6


@pytest.mark.parametrize("cell", [0, 1, 2, 3])
def test_a_note_that_was_altered_is_none(shop: FakeTikTok, tmp_path: Path, cell: int) -> None:
    """Its seal covers every cell: no other identity and no other shop's cipher can be put in."""
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    head, row = asking.tables[NOTED].read_text("utf-8").splitlines()
    cells = row.split(",")
    cells[cell] = {1: "TH"}.get(cell, f"{cells[cell][:-1]}0")
    asking.tables[NOTED].write_text(f"{head}\n{','.join(cells)}\n", "utf-8")
    assert cells != row.split(",")
    found = channel(shop).changed(asking)
    assert (found.identity, shop.calls["shops"]) == (IDENTITY, 1)


@pytest.mark.parametrize("options", [{"shop_id": "7494049642642441621"}, {"shop_id": "VNLCTXQHN6"},
                                     {"shop_cipher": CIPHER}, {"region": ""}])  # fmt: skip
def test_a_note_under_another_configuration_is_none(shop: FakeTikTok, tmp_path: Path, options: dict[str, Any]) -> None:
    """Another name for the shop, or none: which one is meant is TikTok Shop's to say."""
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    assert channel(shop, **options).changed(asking).identity == IDENTITY
    assert shop.calls["shops"] == 1


def test_a_note_of_another_shop_of_the_token_is_not_used(shop: FakeTikTok, tmp_path: Path) -> None:
    """One seller, two markets: the note of the one says nothing of the other, whatever its cipher would answer."""
    shop.shops.append({"id": "2", "name": "Ran", "region": "TH", "cipher": "ROW_th", "code": "TH2"})
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    shop.requests.clear()
    found = channel(shop, region="TH").changed(asking)
    assert (found.identity, shop.calls["shops"]) == ("TH 2", 1)
    assert {each.first("shop_cipher") for each in shop.requests} == {None, "ROW_th"}


def test_a_note_under_another_token_is_none(shop: FakeTikTok, tmp_path: Path) -> None:
    """Whose it is nobody told yet. Were it another shop's, and the cipher taken all the same, nobody would notice."""
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    shop.access = "TTP-access-of-another-grant"
    shop.shops[0] |= {"id": "8"}
    store = Store(Tokens(shop.access, "TTP-refresh-2"))
    assert channel(shop, store).changed(asking).identity == "VN 8"
    assert shop.calls["shops"] == 1


def test_a_token_that_ends_in_the_middle_has_the_shop_asked_for_after_all(shop: FakeTikTok, tmp_path: Path) -> None:
    """Its successor may be of another authorisation, whose shop it then is."""
    asking = going_on(shop, whole(shop, tmp_path / "whole"), tmp_path / "a")
    shop.access = "TTP-access-7"
    shop.shops[0] |= {"id": "8"}
    found = channel(shop).changed(asking)
    assert (found.identity, shop.calls["token/refresh"]) == ("VN 8", 1)
    assert [each.path.rsplit("/", 1)[1] for each in shop.requests][-1] == "shops"
    assert found.requests == shop.calls.total()


def test_a_note_holds_no_secret(shop: FakeTikTok, tmp_path: Path) -> None:
    """Neither token nor app secret, and its owner alone can read it."""
    path = Path(whole(shop, tmp_path / "whole").tables[NOTED].path)
    text = path.read_text("utf-8")
    assert IDENTITY.split()[1] in text
    assert not any(secret in text for secret in (SECRET, ACCESS, "TTP-refresh"))
    assert path.stat().st_mode & 0o777 == 0o600
