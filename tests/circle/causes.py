"""Worlds in which up to three known causes befall one SKU at once, acted out on books that were in line before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

World = dict[str, Any]
SHOPEE, LAZADA, KIT, OTHER = "shopee-vn/1", "lazada-vn/1", "lazada-vn/7/8", "shopee-vn/2"
PLACES = (SHOPEE, LAZADA)
COUNT = st.integers(1, 4)


@st.composite
def causes(draw: st.DrawFn) -> World:
    """SKU A in both shops and in a kit or a pack, SKU B beside it; policies of any kind; then the causes."""
    world = _in_line(draw)
    names = draw(st.lists(st.sampled_from(sorted(CAUSES)), min_size=1, max_size=3, unique=True))
    # Scenario 3 is about the whole history of a SKU, so what comes on top of it comes later.
    for name in sorted(names, key=lambda one: one not in FIRST):
        CAUSES[name](world, draw)
    for table in ("pushes", "history"):
        if not world[table] and draw(st.booleans()):
            del world[table]
    return world


def _in_line(draw: st.DrawFn) -> World:
    units = {"A": draw(st.integers(8, 40)), "B": draw(st.integers(8, 40))}
    rule = {"buffer": draw(st.sampled_from((0, 0, 2))), "percent": draw(st.sampled_from((100, 100, 50)))}
    cap = draw(st.sampled_from((None, None, 15)))
    parts = draw(st.sampled_from(({"A": 1, "B": 2}, {"A": 3})))
    free = (units["A"] - rule["buffer"]) * rule["percent"] // 100
    other = (units["B"] - rule["buffer"]) * rule["percent"] // 100
    most = 1_000 if cap is None else cap
    return {
        "now": "12:00",
        "as_of": "12:00",
        "ledger": units,
        "shops": {"shopee-vn": {"channel": "shopee", **rule}, "lazada-vn": {"channel": "lazada", "cap": cap}},
        "listings": {
            SHOPEE: {"sku": "A", "sellable": free},
            LAZADA: {"sku": "A", "sellable": min(units["A"], most)},
            KIT: {"components": parts, "sellable": min(*(units[sku] // n for sku, n in parts.items()), most)}
            if len(parts) > 1
            else {"components": parts, "sellable": min(units["A"] // 3, most)},
            OTHER: {"sku": "B", "sellable": other},
        },
        "movements": [[f"in-{sku}", "-4d 08:00", sku, count, "receipt"] for sku, count in units.items()]
        + [["seen-1", "-3d 08:00", "B", -1, "order", "shopee-vn", "S1"]]
        + [["seen-2", "-3d 08:00", "B", -1, "order", "lazada-vn", "S2"], ["seen-3", "-3d 09:00", "B", 2, "receipt"]],
        "orders": [],
        "campaigns": [],
        "pushes": [],
        "history": [],
        "policy": {"correct_unexplained": draw(st.booleans())},
    }


def _name(world: World, letter: str) -> str:
    return f"{letter}{len(world['orders']) + len(world['movements'])}"


def _order(world: World, where: str, quantity: int, at: str, imported: str | None, **more: Any) -> str:
    """A buyer's order; `imported`: when the ledger heard of it."""
    name = _name(world, "O")
    world["orders"].append({"id": name, "where": where, "qty": quantity, "at": at, "status": "paid", **more})
    if imported is not None:
        _move(world, -quantity, imported, "order", where.split("/")[0], name)
    return name


def _move(world: World, quantity: int, at: str, kind: str, shop: str | None = None, order: str | None = None) -> None:
    world["ledger"]["A"] += quantity
    world["movements"].append([_name(world, "m"), at, "A", quantity, kind, shop, order])


def _show(world: World, where: str, by: int) -> None:
    listing = world["listings"][where]
    listing["sellable"] = max(0, listing["sellable"] + by)


def returned(world: World, draw: st.DrawFn) -> None:
    """A campaign gave units back."""
    where, left = draw(st.sampled_from(PLACES)), draw(COUNT)
    sold = draw(st.sampled_from(({"sold": 12 - left}, {})))
    world["campaigns"].append({"id": "C", "where": where, "from": "-1d 01:00", "to": "10:00", "locked": 12, **sold})
    world["campaigns"][-1]["state"] = "ended"
    _show(world, where, left)


def locked(world: World, draw: st.DrawFn) -> None:
    """A campaign runs, and what it has locked is more than the ledger has, or nearly."""
    listing = world["listings"][LAZADA]
    lock = draw(st.integers(1, max(1, listing["sellable"])))
    listing["campaign"], listing["sellable"] = lock, max(0, listing["sellable"] - lock)
    campaign = {"id": "L", "where": LAZADA, "from": "-1d 01:00", "to": "23:00", "locked": lock, "state": "running"}
    world["campaigns"].append(campaign)
    fell = draw(st.integers(1, 20))
    _move(world, -fell, "09:00", "transfer")
    for where in (SHOPEE, KIT):
        if draw(st.booleans()):
            _show(world, where, -fell)
    if draw(st.booleans()):
        world["pushes"].append([LAZADA, "09:01", max(0, world["ledger"]["A"]), "negative sellable"])


def restocked(world: World, draw: st.DrawFn) -> None:
    """Scenario 3: oversold, written up by hand, then cancelled. Ledger and shops agree on too many."""
    again, held = draw(st.integers(1, 2)), world["ledger"]["A"]
    world["movements"] = [row for row in world["movements"] if row[2] != "A"]
    steps = (
        ("-2d 08:00", -again, "order", "X", -again),
        ("-2d 09:00", again, "manual", None, 0),
        ("-2d 10:00", again, "cancel", "X", again),
        ("-2d 11:00", held - again, "receipt", None, held),
    )
    for number, (at, quantity, kind, order, balance) in enumerate(steps):
        shop = "lazada-vn" if order else None
        world["movements"].append([f"r{number}", at, "A", quantity, kind, shop, order, balance])
    where = draw(st.sampled_from(PLACES))
    cancelled = {"status": "cancelled", "cancelled": "-2d 10:00", "by": "buyer"}
    world["orders"].append({"id": "X", "where": where, "qty": again, "at": "-2d 07:59", **cancelled})


def in_error(world: World, draw: st.DrawFn) -> None:
    """A listing cannot take a push, and shows what it showed before."""
    where = draw(st.sampled_from(PLACES))
    world["listings"][where] |= {"state": draw(st.sampled_from(("error", "banned", "reviewing"))), "message": "E1"}
    _show(world, where, draw(st.integers(-3, 4)))


def refused(world: World, draw: st.DrawFn) -> None:
    """The last push failed for no lock; the listing is as it was."""
    where = draw(st.sampled_from(PLACES))
    world["pushes"].append([where, "10:30", world["listings"][where]["sellable"], "timeout"])
    _show(world, where, draw(st.integers(-3, 4)))


def released(world: World, draw: st.DrawFn) -> None:
    """Scenario 5: an unpaid order is counted in the ledger, and its units are on sale again."""
    quantity = draw(st.integers(1, 2))
    _order(world, LAZADA, quantity, "08:00", "08:01", status="unpaid")
    _show(world, SHOPEE, -quantity)


def too_near(world: World, draw: st.DrawFn) -> None:
    """Scenario 6: the last units were sold twice, within a minute."""
    held = world["ledger"]["A"]
    _move(world, -max(0, held - 1), "-1d 08:00", "transfer")
    for where in (SHOPEE, LAZADA, KIT):
        world["listings"][where]["sellable"] = draw(st.sampled_from((0, 0, 1)))
    _order(world, LAZADA, 1, "10:00", "10:02")
    _order(world, SHOPEE, 1, "10:01", "10:03")


def underway(world: World, draw: st.DrawFn) -> None:
    """Bought ten minutes ago; the ledger has not heard of it."""
    where, quantity = draw(st.sampled_from(PLACES)), draw(st.integers(1, 2))
    _order(world, where, quantity, "11:50", None)
    _show(world, where, -quantity)


def missing(world: World, draw: st.DrawFn) -> None:
    """Bought two hours ago; the ledger never heard of it."""
    where, quantity = draw(st.sampled_from(PLACES)), draw(st.integers(1, 2))
    _order(world, where, quantity, "10:00", None)
    _show(world, where, -quantity)


def kept(world: World, draw: st.DrawFn) -> None:
    """Cancelled on the shop, whose units are on sale again; never put back in the ledger."""
    _order(world, LAZADA, 1, "07:00", "07:01", status="cancelled", cancelled="08:00", by="buyer")
    _show(world, SHOPEE, -1)


def edited(world: World, draw: st.DrawFn) -> None:
    """Somebody set another number by hand, more or less than is right."""
    where = draw(st.sampled_from((*PLACES, KIT)))
    world["history"].append([where, "11:00", world["listings"][where]["sellable"], 0])
    _show(world, where, draw(st.sampled_from((-5, -2, 2, 5))))


def swallowed(world: World, draw: st.DrawFn) -> None:
    """A push was answered with success and did nothing."""
    where, by = draw(st.sampled_from(PLACES)), draw(st.sampled_from((-4, -1, 1, 4)))
    right = world["listings"][where]["sellable"]
    _show(world, where, by)
    world["history"].append([where, "10:00", world["listings"][where]["sellable"], 0])
    world["pushes"].append([where, "10:30", right, "ok"])


def moved(world: World, draw: st.DrawFn) -> None:
    """The ledger moved by something that no shop heard of, long ago or just now."""
    _move(world, draw(st.sampled_from((-6, -2, 2, 6))), draw(st.sampled_from(("08:00", "11:58"))), "transfer")


FIRST = frozenset({"restocked"})
CAUSES: dict[str, Callable[[World, st.DrawFn], None]] = {
    one.__name__: one
    for one in (
        returned,
        locked,
        restocked,
        in_error,
        refused,
        released,
        too_near,
        underway,
        missing,
        kept,
        edited,
        swallowed,
        moved,
    )
}
