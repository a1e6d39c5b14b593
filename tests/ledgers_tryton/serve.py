"""A Tryton server on a free port of 127.0.0.1: tells the port in one line, and serves until it is ended.

Run as a program: `python -m ... URI DATABASE...`.
"""

from __future__ import annotations

import logging
import sys

from tests.ledgers_tryton.build import hash_cheaply


def main(uri: str, *names: str) -> None:
    from trytond import config

    config.set("database", "uri", uri)
    from trytond.pool import Pool
    from trytond.wsgi import app
    from werkzeug.serving import make_server

    hash_cheaply()
    Pool.start()
    for name in names:
        Pool(name).init()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
