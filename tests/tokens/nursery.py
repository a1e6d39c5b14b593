"""Forks processes that renew tokens, so that a test can kill many without waiting for many interpreters to start.

Started with the vendor's URL, a refresh token, a folder, and perhaps `once` (all renew the configured pair, whatever
is stored). For each line `N` or `N LIMIT` of standard input it forks N processes that renew once, their files held to
LIMIT bytes.
It says `began PID ...`, for each that comes to its end `PID what came of it`; then reads `kill` or `wait`, kills what
still lives or waits for it, and says `ended`. A process that ended keeps its id until then.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path

from stockrecon.errors import StockreconError
from tests.tokens.vendor import channel


def renew(url: str, refresh: str, folder: Path) -> str:
    """`ok` and the access token, or the fault's kind and text."""
    try:
        made = channel(url, refresh, folder)
        made._keeper.renew("access-token-that-is-over" if "once" in sys.argv else made._keeper.current.access)
        return f"ok {made._keeper.current.access}"
    except StockreconError as fault:
        return f"{type(fault).__name__} {fault}".replace("\n", " ")


def main() -> None:
    url, refresh, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    while line := sys.stdin.readline():
        number, _, limit = line.strip().partition(" ")
        pids = []
        for _ in range(int(number)):
            pid = os.fork()
            if pid == 0:
                if limit:
                    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
                os.write(1, f"{os.getpid()} {renew(url, refresh, folder)}\n".encode())
                os._exit(0)
            pids.append(pid)
        os.write(1, ("began " + " ".join(map(str, pids)) + "\n").encode())
        kill = sys.stdin.readline().strip() == "kill"
        for pid in pids:
            if kill:
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
