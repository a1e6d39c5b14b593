"""HTTP machinery, once: client, retry, throttle, decoding, redaction. The only place that imports httpx.

A channel makes one `Client` per shop, gives it a `Signer`, a `Judge` and (where tokens expire) an `Authorise` hook,
and calls `client.call(Request(...))`. Retry lives above signing: each attempt is signed anew.

What calls brings httpx with it, 120 modules, so it is loaded when it is first asked for: shops and ledgers in files and
`redact` do without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from stockrecon.rest.clock import describe as describe_skew
from stockrecon.rest.decode import BadAnswer, decode
from stockrecon.rest.gather import Stopped, gather, nap
from stockrecon.rest.message import Answer, Request, retry_after
from stockrecon.rest.redact import redact
from stockrecon.rest.throttle import TokenBucket, shared_bucket
from stockrecon.rest.verdict import Unsettled, Verdict, VerdictKind

if TYPE_CHECKING:
    from stockrecon.rest.client import Authorise, Client, Judge, RetryPolicy, Signer
    from stockrecon.rest.wire import HttpTransport, Limits, Transport, WireFault

__all__ = [
    "Answer",
    "Authorise",
    "BadAnswer",
    "Client",
    "HttpTransport",
    "Judge",
    "Limits",
    "Request",
    "RetryPolicy",
    "Signer",
    "Stopped",
    "TokenBucket",
    "Transport",
    "Unsettled",
    "Verdict",
    "VerdictKind",
    "WireFault",
    "decode",
    "describe_skew",
    "gather",
    "nap",
    "redact",
    "retry_after",
    "shared_bucket",
]

_CALLING = {
    **dict.fromkeys(("Authorise", "Client", "Judge", "RetryPolicy", "Signer"), "stockrecon.rest.client"),
    **dict.fromkeys(("HttpTransport", "Limits", "Transport", "WireFault"), "stockrecon.rest.wire"),
}


def __getattr__(name: str) -> object:
    if name in _CALLING:
        return getattr(import_module(_CALLING[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
