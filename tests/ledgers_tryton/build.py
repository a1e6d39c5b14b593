"""Makes a Tryton database that is worth copying: modules, two companies, users with their rights, parties.

Run as a program in a process of its own, since Tryton keeps its state in its modules:
`python -m tests.ledgers_tryton.build URI DATABASE MODULE...`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ADMIN, OWN, READER, NOBODY, CLOSED = "admin", "stockrecon", "reader", "nobody", "closed"
PASSWORD = "tryton-tests-only"
"""Of every user: a word that stands nowhere else, so that a text that shows it is seen."""
COMPANY, OTHER = "Dunder Mifflin", "Closed Ltd"
READING = [
    "stock.move",
    "stock.inventory",
    "sale.sale",
    "stock.shipment.in",
    "stock.shipment.in.return",
    "stock.shipment.out",
    "stock.shipment.out.return",
    "stock.shipment.internal",
]
"""What the page about Tryton lists for reading; and for corrections, what has to be made and changed."""
CORRECTING = ["stock.move", "stock.inventory"]


def build(uri: str, name: str, *modules: str) -> None:
    from trytond import config

    config.set("database", "uri", uri)
    config.set("password", "length", "4")
    from trytond import admin, commandline

    asked = ["-d", name, "-u", *modules, "--activate-dependencies", "--email", "admin@example.com"]
    options = commandline.get_parser_admin().parse_args(asked)
    options.indexes = False
    hash_cheaply()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "password"
        path.write_text(PASSWORD, encoding="utf-8")
        os.environ["TRYTONPASSFILE"] = str(path)
        admin.run(options)
    _fill(name)


def hash_cheaply() -> None:
    """Tests log in often, and their password is no secret: a tenth of a second for each would be most of their time."""
    import pwdlib
    from pwdlib.hashers.argon2 import Argon2Hasher
    from trytond.res import user

    user.PASSWORD_HASH = pwdlib.PasswordHash([Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)])


def _fill(name: str) -> None:
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    with Transaction().start(name, 1, context={"_check_access": False}):
        get = Pool().get
        currency = get("currency.currency").create([{"name": "US Dollar", "code": "USD", "symbol": "$"}])[0]
        own, other = (_company(get, title, currency) for title in (COMPANY, OTHER))
        users = get("res.user")
        users.write(users.search([("login", "=", ADMIN)]), {"companies": [("add", [own, other])], "company": own})
        parties = [
            {"name": kind, "addresses": [("create", [{"street": "1 Main"}])]} for kind in ("Customer", "Supplier")
        ]
        get("party.party").create(parties)
        there = {row.name for row in get("ir.model").search([])}
        models = [model for model in READING if model in there]
        reading = _group(get, "stockrecon reads", {model: {"read"} for model in models})
        rights = {model: {"read", *({"write", "create"} if model in CORRECTING else ())} for model in models}
        correcting = _group(get, "stockrecon corrects", rights)
        for login, group, company in (
            (OWN, correcting, own),
            (READER, reading, own),
            (NOBODY, None, own),
            (CLOSED, correcting, other),
        ):
            groups = [("add", [group])] if group is not None else []
            mine = {"companies": [("add", [company])], "company": company, "groups": groups}
            users.create([{"name": login, "login": login, "password": PASSWORD, **mine}])


def _company(get: Any, title: str, currency: Any) -> Any:
    party = get("party.party").create([{"name": title}])[0]
    values = {"party": party, "currency": currency, "timezone": "Asia/Ho_Chi_Minh"}
    return get("company.company").create([values])[0].id


def _group(get: Any, title: str, rights: dict[str, set[str]]) -> Any:
    group = get("res.group").create([{"name": title}])[0]
    modes = ("read", "write", "create", "delete")
    get("ir.model.access").create(
        [
            {"model": model, "group": group.id, **{f"perm_{mode}": mode in allowed for mode in modes}}
            for model, allowed in rights.items()
        ]
    )
    return group.id


if __name__ == "__main__":
    build(*sys.argv[1:])
