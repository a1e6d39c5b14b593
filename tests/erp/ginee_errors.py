"""What Ginee's gateway says when it does not do what was asked.

PARAMETER_ERROR and the envelope are the vendor's (doc.ginee.com, each page's "Failure"); SERVICE_BUSY is what callers
saw together with 429. The vendor names no other codes: the rest is inferred, one line each.
"""

from __future__ import annotations

from typing import Any

STATUSES = {
    "PARAMETER_ERROR": 200,
    "ERROR": 200,
    "SERVICE_BUSY": 429,
    "UNAUTHORIZED": 401,  # inferred: the status, and the word
    "FORBIDDEN": 403,  # inferred: the status, and the word
    "NOT_FOUND": 404,  # inferred: the word
}


class Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    @property
    def status(self) -> int:
        return STATUSES[self.code]


def envelope(code: str, message: str, data: Any, transaction: str) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "data": data,
        "extra": None,
        "transactionId": transaction,
        "pricingStrategy": "PAY",
    }


def wrong(what: str) -> Refused:
    return Refused("PARAMETER_ERROR", f"Parameter is invalid: {what}")


def empty(name: str) -> Refused:
    return wrong(f"Parameter should not be empty: {name} ")
