"""What Tryton's refusals mean (recorded: Tryton 8.2): the status, and the name that stands first in `error`.

Messages are in the user's language: what is decided is decided by names, and by what the documents say afterwards.
"""

from __future__ import annotations

from stockrecon.errors import AuthFault, ReadFault
from stockrecon.ledgers.tryton.fields import plain
from stockrecon.rest import Answer, BadAnswer, Verdict

RIGHTS_WAY = "Give Tryton's user the rights that docs/ledgers/tryton.md lists."
LOGIN_WAY = "Check ledger.user and ledger.password, and that the user is active in Tryton."
PLACE_WAY = "Check ledger.base_url (the server's address, without the database) and ledger.database."
_WARNING_WAY = "Tryton asks a person before it does this; see to what it asks about, or post it by hand."
_REFUSALS = ("UserError", "UserWarning", "ConcurrencyException")


class Refused(ReadFault):
    """Tryton refused this call by its rules, and took back whatever it had begun: a call is one transaction.

    `message` as it wrote it; `asks`: it would do it if a person agreed.
    """

    def __init__(self, call: str, message: str, *, asks: bool = False) -> None:
        way_on = _WARNING_WAY if asks else RIGHTS_WAY
        super().__init__("ledger", f"Tryton refused {call}: {message}", way_on=way_on)
        self.message = message
        self.asks = asks


class Failed(ReadFault):
    """Something went wrong inside of Tryton, which tells no more than the text of a Python exception."""

    def __init__(self, call: str, message: str) -> None:
        super().__init__("ledger", f"Tryton failed at {call}: {message}", way_on="Look at Tryton's own log.")
        self.message = message

    @property
    def absent(self) -> str:
        """The model or field that this Tryton does not have; "" where it failed at something else."""
        quoted = len(self.message) > 2 and self.message[0] == self.message[-1] == "'"
        return self.message[1:-1] if quoted and " " not in self.message else ""


class SessionOver(ReadFault):
    """The session that the call named is not known any more."""


def judge(call: str, answer: Answer) -> Verdict:
    if answer.status == 200:
        return _by_document(call, answer.json())
    words = f"{call}: HTTP {answer.status}"
    if answer.status == 401:
        return Verdict.fail(SessionOver("ledger", words))
    if answer.status == 404:
        return Verdict.fail(ReadFault("ledger", f"{words}: no such database is there", way_on=PLACE_WAY))
    if answer.status == 429:
        return Verdict.throttled(words)
    if answer.status in (408, 425) or answer.status >= 500:
        # 503: the database did not let it through, also when tried again; 504: it took longer than Tryton allows.
        return Verdict.retry(words)
    way_on = RIGHTS_WAY if answer.status == 403 else PLACE_WAY
    return Verdict.fail(ReadFault("ledger", f"{words}: Tryton does not take this call", way_on=way_on))


def _by_document(call: str, document: object) -> Verdict:
    if not isinstance(document, dict) or ("error" not in document and "result" not in document):
        raise BadAnswer("the body is JSON and no answer of Tryton's")
    if "error" not in document:
        return Verdict.ok()
    error = document["error"]
    if not isinstance(error, list) or not error:
        return Verdict.fail(Failed(call, "no reason told"))
    name, more = plain(error[0], 500), error[1] if len(error) > 1 else None
    if name == "LoginException":
        asked = plain(more[1]) if isinstance(more, list) and len(more) > 1 else ""
        words = f"Tryton asks for more than a password: {asked or 'it does not say for what'}"
        return Verdict.fail(AuthFault("ledger", words, way_on="Let this user log in with its password alone."))
    if name not in _REFUSALS:
        return Verdict.fail(Failed(call, name or "no reason told"))
    parts = [plain(each) for each in more] if isinstance(more, list) else [plain(more)]
    asks = name == "UserWarning"
    # A warning's own name, which only programs can use, stands before its words.
    said = ". ".join(part.rstrip(".") for part in (parts[1:3] if asks else parts[:2]) if part)
    return Verdict.fail(Refused(call, said or name, asks=asks))
