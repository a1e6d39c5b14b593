"""Where an order's line is sent from, in a shop of which one place counts: what another place sends takes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from stockrecon.rest.fields import plain

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Origins:
    """`chosen`: the place that counts, "" where all do. `known`: all of the shop's, as far as they are told; `alone`:
    the shop says that it has but one; `refused`: why it does not tell. `vendor`, `word`: its name, and what a place is
    called there. `option`: what `chosen` is set with.

    A line that names places needs no list of them, unless it is to be told whether a stranger's name is a place at all.
    """

    chosen: str = ""
    known: frozenset[str] = frozenset()
    alone: bool = False
    refused: str = ""
    vendor: str = ""
    word: str = "place"
    option: str = ""

    def seeing(self, shown: Iterable[str]) -> Origins:
        """With the places at which listings show stock: they are places too, and one alone shows no other."""
        others = frozenset(shown) - {"", self.chosen}
        if not self.chosen or not others:
            return self
        if self.alone:
            refused = f"it takes the shop for one with a single {self.word}, but its listings show {named(others)}"
            return replace(self, alone=False, refused=refused)
        return replace(self, known=self.known | others) if self.known else self

    def takes(self, places: Collection[str]) -> bool | None:
        """Whether a line that names these places takes of the one that counts; None where nobody can tell.

        A name that is none of the shop's may be another name of the one that counts. Without a name a line may be from
        any: it counts, as it would be promised twice otherwise, but not where it is unknown whether there are others.
        """
        if not self.chosen or self.chosen in places:
            return True
        if places:
            return bool(self.known) and not self.known.issuperset(places)
        return True if self.known or self.alone else None

    def remark(self, places: Collection[str]) -> str:
        """What to say of such a line; "" where nothing was left to be guessed."""
        if not self.chosen or self.chosen in places:
            return ""
        if not places:
            if self.refused:
                return f"names no {self.word}, and {self.vendor} does not tell the shop's: {self.refused}"
            return f"names no {self.word}; counted" if self.known - {self.chosen} else ""
        if self.known and not self.known.issuperset(places):
            return f"is sent from {named(places)}, which is none of the shop's {self.word}s; counted"
        return f"is sent from {named(places)} and left out; the shop has but one {self.word}" if self.alone else ""

    def warnings(self) -> list[str]:
        """What a run has to say where the places are not told."""
        if not self.refused:
            return []
        said = f"{self.vendor} does not tell the shop's {self.word}s ({self.refused}): orders are told apart by the"
        then = f"{self.word} that their lines name, and a line that names none leaves the snapshot incomplete"
        way_on = f"give the app the right, or leave out {self.option} where there is one {self.word}"
        return [f"{said} {then}; {way_on}"]


def named(places: Collection[str]) -> str:
    """Some of them, for a sentence."""
    shown = sorted(plain(place, 40) for place in places)
    more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
    return ", ".join(shown[:MOST_NAMED]) + more
