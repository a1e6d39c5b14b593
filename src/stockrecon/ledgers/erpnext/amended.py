"""Amended documents: one is cancelled and another one made in its place, which is still the same order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from stockrecon.ledgers.erpnext.api import Api
from stockrecon.ledgers.erpnext.fields import Object, named, text
from stockrecon.ledgers.erpnext.paging import some

FROM = "amended_from"
_LONGEST = 50
"""How often one order is amended at most; whatever is behind that is not looked up."""


@dataclass(slots=True)
class Amendments:
    """What is known of documents by kind and name, and which one took whose place."""

    api: Api
    _known: dict[tuple[str, str], Object] = field(default_factory=dict)
    _after: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, doctype: str, documents: Mapping[str, Object], fields: Sequence[str]) -> None:
        """Documents that were read with these fields; those in whose place they are, are looked up."""
        for _ in range(_LONGEST):
            before = set()
            for name, document in documents.items():
                self._known[doctype, name] = document
                if earlier := text(document.get(FROM)):
                    self._after[doctype, earlier] = name
                    before.add(earlier)
            missing = {name for name in before if (doctype, name) not in self._known}
            if not missing:
                return
            rows = some(self.api, doctype, fields, "name", missing)
            documents = {named(row, "name", doctype): row for row in rows}

    def line(self, doctype: str, document: Object) -> Iterator[Object]:
        """The document and all that it is the same as, the newest first."""
        newest = text(document.get("name"))
        seen = {newest}
        while (later := self._after.get((doctype, newest), "")) and later not in seen:
            newest = later
            seen.add(newest)
        one = self._known.get((doctype, newest), document)
        passed: set[str] = set()
        while True:
            yield one
            passed.add(text(one.get("name")))
            earlier = text(one.get(FROM))
            if not earlier or earlier in passed or (doctype, earlier) not in self._known:
                return
            one = self._known[doctype, earlier]
