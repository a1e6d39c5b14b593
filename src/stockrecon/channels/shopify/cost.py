"""Shopify's price of a query in points, and the bucket that they come from (reference: Shopify 1.2).

A query's whole price is taken before it runs, what it did not use is given back, and the bucket fills at a steady rate.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping

from stockrecon.channels.shopify.documents import Document
from stockrecon.channels.shopify.fields import Malformed, whole
from stockrecon.rest import nap

CEILING = 1000
"""What one query may ask for, whatever the bucket holds."""
_MARGIN = 0.005
_STEPS = (250, 200, 150, 100, 75, 50, 35, 20, 10, 5, 2, 1)
_RATES = {100: "Standard", 200: "Advanced", 1000: "Plus", 2000: "Enterprise"}


def plan_of(rate: float) -> str:
    """The class of shop that gets so many points a second; "" for a rate that none is known to get."""
    return _RATES.get(round(rate), "")


class Purse:
    """The points of one app in one shop, as far as the last answer told. Before it nothing is known, and nothing waits.

    `monotonic` and `sleep` in seconds. Other programs of the same app spend from the same bucket: who is throttled all
    the same waits as Shopify says.
    """

    def __init__(self, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._available = 0.0
        self._at = 0.0
        self._ratios: dict[str, float] = {}
        self.maximum: int | None = None
        self.rate = 0.0

    def price(self, document: Document, variables: Mapping[str, object]) -> int:
        """Points that a query asks for: by the formula, corrected by what Shopify asked for the same document."""
        return math.ceil(document.cost(variables) * self._ratios.get(document.name, 1.0))

    def size(self, document: Document, variables: Mapping[str, object], most: int, name: str = "first") -> int:
        """The largest page, of at most `most` rows, that one query may ask for and the bucket can hold."""
        ceiling = min(CEILING, self.maximum or CEILING)
        for rows in (most, *(step for step in _STEPS if step < most)):
            if self.price(document, {**variables, name: rows}) <= ceiling:
                return rows
        return 1

    def wait(self, points: float) -> float:
        """Seconds until the bucket holds so many points; as many as it can hold, where it is asked for more."""
        with self._lock:
            return self._wait(points)

    def take(self, points: float) -> float:
        """Waits until the bucket holds so many points, and takes them. Returns the seconds waited."""
        waited = 0.0
        while True:
            with self._lock:
                wait = self._wait(points)
                if wait <= 0:
                    self._available = self._now() - points
                    self._at = self._monotonic()
                    return waited
            nap(wait, self._sleep)
            waited += wait

    def told(self, document: Document, variables: Mapping[str, object], cost: object) -> None:
        """What an answer's `extensions.cost` says. What is not as documented is passed over: it decides nothing."""
        if not isinstance(cost, dict):
            return
        status = cost.get("throttleStatus")
        try:
            if isinstance(status, dict):
                self._filled(status)
            asked = whole(cost.get("requestedQueryCost"), "requestedQueryCost")
        except Malformed:
            return
        priced = document.cost(variables)
        if asked > 0 and priced > 0:
            self._ratios[document.name] = asked / priced

    def _filled(self, status: Mapping[str, object]) -> None:
        maximum = whole(status.get("maximumAvailable"), "maximumAvailable")
        available = whole(status.get("currentlyAvailable"), "currentlyAvailable")
        rate = whole(status.get("restoreRate"), "restoreRate")
        if maximum <= 0 or rate <= 0:
            return
        with self._lock:
            self.maximum, self.rate = maximum, float(rate)
            self._available, self._at = float(available), self._monotonic()

    def _now(self) -> float:
        if self.maximum is None:
            return 0.0
        return min(float(self.maximum), self._available + self.rate * (self._monotonic() - self._at))

    def _wait(self, points: float) -> float:
        if self.maximum is None:
            return 0.0
        lacking = min(points, self.maximum) - self._now()
        # A little longer: a bucket that fills by fractions never holds a round number to the last digit.
        return lacking / self.rate + _MARGIN if lacking > 0 else 0.0
