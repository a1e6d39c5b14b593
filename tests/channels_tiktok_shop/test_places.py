"""Where orders are sent from, and whose stock lies where: what counts is what one place, or the seller, has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stockrecon.core.sources import Pulled
from stockrecon.errors import ReadFault
from stockrecon.rest import Answer

from .fakes import HOME, FakeTikTok, channel, key, line, order, place, product, refused, said, sku, write
from .test_changes import asked, known, read
from .test_pull import OTHER, THIRD, brief, listed, pull, rows

FBT = "7000000000000000009"


def shop(*skus: dict[str, Any]) -> FakeTikTok:
    """Two warehouses that sell, one for returns, and TikTok's own."""
    tiktok = FakeTikTok()
    tiktok.warehouses = [place(HOME), place(OTHER), place(THIRD, sort="RETURN_WAREHOUSE")]
    tiktok.platform = [{"fbt_warehouse_id": "9", "warehouse_ids": [FBT]}]
    for number, each in enumerate(skus or (sku(11, "A", {HOME: 5, OTHER: 7}),), 1):
        tiktok.add(product(number, each))
    return tiktok


def sent(*places: object) -> list[dict[str, Any]]:
    """Orders 1, 2, ... that name these warehouses; None: none at all."""
    return [
        order(number, "AWAITING_SHIPMENT", line(1, 11), **({} if where is None else {"warehouse_id": where}))
        for number, where in enumerate(places, 1)
    ]


def numbers(pulled: Pulled) -> list[str]:
    return [row["order_id"] for row in rows(pulled, "orders")]


# Orders


def test_an_order_of_another_warehouse_is_left_out_where_one_counts(tmp_path: Path) -> None:
    """Cancelled or open, the seller's or TikTok's; without a choice all of the seller's count."""
    tiktok = shop()
    tiktok.orders = [*sent(HOME, OTHER, FBT), order(4, "CANCELLED", line(1, 11, "CANCELLED"), warehouse_id=OTHER)]
    pulled = pull(tiktok, tmp_path / "one", warehouse_id=HOME)
    assert (numbers(pulled), pulled.complete, pulled.warnings) == (["1"], True, ())
    assert numbers(pull(tiktok, tmp_path / "all")) == ["1", "2", "4"]


@pytest.mark.parametrize("nothing", [None, "", "0", 0])
def test_an_order_without_a_warehouse_counts_and_is_told(tmp_path: Path, nothing: object) -> None:
    """It may be of any; with one warehouse there is nothing to tell."""
    tiktok = shop()
    tiktok.orders = sent(nothing, nothing)
    pulled = pull(tiktok, tmp_path / "two", warehouse_id=HOME)
    assert (numbers(pulled), pulled.complete) == (["1", "2"], True)
    assert pulled.warnings == ("orders 1, 2: each names no warehouse; counted",)
    tiktok.warehouses, tiktok.platform = [place(HOME)], []
    assert pull(tiktok, tmp_path / "one", warehouse_id=HOME).warnings == ()


def test_an_order_of_a_warehouse_that_nobody_knows_counts_and_is_told(tmp_path: Path) -> None:
    """It may be another name of the one that counts."""
    tiktok = shop()
    tiktok.orders = sent("42")
    pulled = pull(tiktok, tmp_path, warehouse_id=HOME)
    assert (numbers(pulled), pulled.complete) == (["1"], True)
    assert "is sent from 42, which is none of the shop's warehouses; counted" in pulled.warnings[0]


def test_where_the_warehouses_are_not_told_an_order_goes_by_what_it_names(tmp_path: Path) -> None:
    """And one that names none leaves the snapshot incomplete: nothing is written from it."""
    tiktok = shop()
    tiktok.always["warehouses"] = lambda request: refused(105005, "no scope")
    tiktok.orders = sent(HOME, OTHER)
    pulled = pull(tiktok, tmp_path / "a", warehouse_id=HOME)
    assert (numbers(pulled), pulled.complete) == (["1"], True)
    assert "does not tell the shop's warehouses" in pulled.warnings[0]
    tiktok.orders = sent(HOME, None)
    pulled = pull(tiktok, tmp_path / "b", warehouse_id=HOME)
    assert (numbers(pulled), pulled.complete) == (["1"], False)
    assert "order 2 names no warehouse" in pulled.reason
    assert numbers(pull(tiktok, tmp_path / "c")) == ["1", "2"]


def test_a_warehouse_that_the_seller_does_not_have_is_a_fault(tmp_path: Path) -> None:
    """Every SKU would show 0 there, and every order be another's. One for returns sells nothing."""
    tiktok = shop()
    for wrong in ("42", THIRD):
        with pytest.raises(ReadFault, match=f"no warehouse {wrong} that sells, there are {HOME}, {OTHER}"):
            pull(tiktok, tmp_path, warehouse_id=wrong)
        with pytest.raises(ReadFault, match="correct warehouse_id"):
            channel(tiktok, warehouse_id=wrong).changed(asked(tmp_path / "a", known(tiktok)))


def test_a_little_pull_leaves_out_the_same_orders(tmp_path: Path) -> None:
    """With the listings as for orders alone."""
    tiktok = shop()
    tiktok.orders = sent(HOME, OTHER, FBT)
    made, first = channel(tiktok, warehouse_id=HOME), asked(tmp_path / "a", known(tiktok), 180)
    found = made.changed(first)
    assert ([row["order_id"] for row in read(found.orders)], found.doubt) == (["1"], "")
    found = made.changed(replace(first, spool=asked(tmp_path / "b", {}).spool, orders_only=True))
    assert ([row["order_id"] for row in read(found.orders)], found.doubt) == (["1"], "")


@pytest.mark.parametrize("alone", [False, True])
def test_an_order_whose_warehouse_turns_out_to_be_another_needs_the_whole_shop(tmp_path: Path, alone: bool) -> None:
    """What a little pull leaves out would stay as it was read before."""
    tiktok = shop()
    tiktok.orders = sent(None, OTHER)
    base = {name: Path(table.path) for name, table in pull(tiktok, tmp_path, warehouse_id=HOME).tables.items()}
    made, first = channel(tiktok, warehouse_id=HOME), replace(asked(tmp_path / "a", known(tiktok), 180), tables=base)
    assert made.changed(first).doubt == ""
    tiktok.orders = sent(OTHER, OTHER)
    found = made.changed(replace(first, spool=asked(tmp_path / "b", {}).spool, orders_only=alone))
    assert found.doubt == "order 1 counted before, and is sent from another warehouse now"


# TikTok's own warehouses


@pytest.mark.parametrize("name", ["warehouses", "fbt/warehouses"])
@pytest.mark.parametrize(
    "answer", [Answer(500, {}, b"{}"), Answer(404, {}, b"nothing here"), refused(36009003), said({"warehouses": 5})]
)
def test_a_fault_of_a_list_of_warehouses_is_no_empty_list(tmp_path: Path, name: str, answer: Answer) -> None:
    """The shop cannot be read, in full or in little: stock of theirs would be taken for the seller's."""
    tiktok = shop(sku(11, "A", {FBT: 50}))
    tiktok.always[name] = lambda request: answer
    with pytest.raises(ReadFault):
        pull(tiktok, tmp_path)
    with pytest.raises(ReadFault):
        channel(tiktok).changed(asked(tmp_path / "a", known(tiktok)))


@pytest.mark.parametrize("code", [105005, 36009009, 12052700])
def test_without_tiktoks_list_what_is_not_the_sellers_is_taken_for_theirs(tmp_path: Path, code: int) -> None:
    """Beside the seller's own it does not count, alone it is the platform's; every run says that it is not told."""
    tiktok = shop(sku(11, "A", {FBT: 50}), sku(21, "B", {HOME: 5, FBT: 7}), sku(31, "C", 3))
    tiktok.always["fbt/warehouses"] = lambda request: refused(code, "no")
    strange = f"in warehouse {FBT}, which is none of the seller's, and taken for TikTok's"
    expected = [("50", "platform", f"50 {strange}"), ("5", "seller", f"7 more {strange}"), ("3", "seller", "")]
    pulled = pull(tiktok, tmp_path / "a")
    names = ("sellable", "fulfilment", "message")
    assert [brief(row, *names) for row in rows(pulled, "listings")] == expected
    assert pulled.complete
    assert f"TikTok Shop does not tell its own warehouses (/fbt/202408/warehouses answered {code}" in pulled.warnings[0]
    changed = channel(tiktok).changed(asked(tmp_path / "b", known(tiktok)))
    assert (changed.warnings, changed.terms) == (pulled.warnings, pulled.terms)
    assert listed(tiktok, tmp_path / "c", *names, warehouse_id=HOME)[:2] == expected[:2]


def test_what_is_taken_for_tiktoks_is_never_written() -> None:
    """It stands in no request."""
    tiktok = shop(sku(11, "A", {HOME: 5, FBT: 7}))
    tiktok.platform = None
    channel(tiktok).write([write(1, 11, 3)])
    assert tiktok.bodies("inventory/update") == [
        {"skus": [{"id": "11", "inventory": [{"warehouse_id": HOME, "quantity": 3}]}]}
    ]


def test_a_place_of_neither_list_is_the_sellers_where_both_are_told(tmp_path: Path) -> None:
    """TikTok's own are known: it is none of them."""
    tiktok = shop(sku(11, "A", {"42": 50}))
    assert listed(tiktok, tmp_path, "sellable", "fulfilment", "message") == [("50", "seller", "")]


def test_with_neither_list_nothing_is_told_apart_and_a_run_says_so(tmp_path: Path) -> None:
    """The configured warehouse alone is known to be the seller's."""
    tiktok = shop(sku(11, "A", {HOME: 5, FBT: 50}))
    tiktok.platform = None
    tiktok.always["warehouses"] = lambda request: refused(105005, "no scope")
    pulled = pull(tiktok, tmp_path / "a")
    assert "tells neither its own warehouses" in pulled.warnings[0]
    assert [row["sellable"] for row in rows(pulled, "listings")] == ["55"]
    assert listed(tiktok, tmp_path / "b", "sellable", warehouse_id=HOME) == [("5",)]


def test_a_list_that_is_not_told_any_more_is_another_reading(tmp_path: Path) -> None:
    """And so is one with another warehouse, where that decides what counts: the terms are not those of the base."""
    tiktok = shop()
    made = channel(tiktok, warehouse_id=HOME)
    terms = [made.changed(asked(tmp_path / "a", known(tiktok))).terms]
    tiktok.warehouses.append(place("42"))
    terms.append(made.changed(asked(tmp_path / "b", known(tiktok))).terms)
    tiktok.platform = []
    terms.append(made.changed(asked(tmp_path / "c", known(tiktok))).terms)
    tiktok.platform = None
    terms.append(made.changed(asked(tmp_path / "d", known(tiktok))).terms)
    assert len(set(terms)) == 4
    assert key(1, 11) in made.reread([key(1, 11)])
