"""The helper process that renews one shop's tokens: `python -m stockrecon.channels.rotate`, started by `rotation`.

Reads its job from standard input. Says a line of JSON just before it calls the vendor, and one when the new pair is
saved or cannot be had; neither holds a secret.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress


def main() -> int:
    """Ends with 0 where a pair was saved, else with 1."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # httpx loads its own command line, and with it rich and pygments, where they are installed.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    from stockrecon.channels.rotation import job_from, told
    from stockrecon.errors import StockreconError
    from stockrecon.rest.redact import redact

    rotation, store = job_from(sys.stdin.buffer.read())
    report: dict[str, object]
    try:
        report = {"saved": True, **told(rotation.carry_out(store, began=lambda: _say({"began": True})))}
    except StockreconError as fault:
        report = {"saved": False, **told(fault)}
    except Exception as error:  # noqa: BLE001 - nobody reads a traceback here, and it might show a token
        words = f"its tokens could not be renewed: unexpected {type(error).__name__}"
        report = {"saved": False, "kind": "read", "text": words, "way_on": "this is a bug: report it with this text"}
    hidden = {
        name: redact(value, rotation.secrets()) if isinstance(value, str) else value for name, value in report.items()
    }
    _say(hidden)
    return 0 if report["saved"] else 1


def _say(document: Mapping[str, object]) -> None:
    # Nobody may be there to hear it any more.
    with suppress(OSError):
        os.write(1, json.dumps(document).encode("ascii") + b"\n")


if __name__ == "__main__":
    sys.exit(main())
