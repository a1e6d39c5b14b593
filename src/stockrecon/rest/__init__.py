"""HTTP machinery, once: client, retry, throttle, decoding, redaction. The only place that imports httpx.

A channel makes one `Client` per shop, gives it a `Signer`, a `Judge` and (where tokens expire) an `Authorise` hook,
and calls `client.call(Request(...))`. Retry lives above signing: each attempt is signed anew.
"""

from stockrecon.rest.client import Authorise, Client, Judge, RetryPolicy, Signer
from stockrecon.rest.clock import describe as describe_skew
from stockrecon.rest.decode import BadAnswer, decode
from stockrecon.rest.gather import Stopped, gather, nap
from stockrecon.rest.message import Answer, Request, retry_after
from stockrecon.rest.redact import redact
from stockrecon.rest.throttle import TokenBucket, shared_bucket
from stockrecon.rest.verdict import Unsettled, Verdict, VerdictKind
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
