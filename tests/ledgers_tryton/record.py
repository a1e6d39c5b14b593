"""Records what Tryton with its module `sale` answers, for the tests that play it back: `python -m ...record`.

It takes minutes to install what sales need, so it is done by hand when the calls change. The story: two orders of a
shirt, of which one is cancelled and one shipped; a count; a return; an order of two kits of three parts each.
"""

from __future__ import annotations

import json
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stockrecon.core.secret import Secret
from stockrecon.rest import Answer, HttpTransport, Request
from tests.ledgers_tryton.build import NOBODY
from tests.ledgers_tryton.played import FOLDER, STORIES, opened
from tests.ledgers_tryton.servers import database, serving
from tests.ledgers_tryton.world import SHOP, World


class Recording(HttpTransport):
    """Keeps every call and its answer."""

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.log: list[dict[str, Any]] = []

    def send(self, request: Request) -> Answer:
        answer = super().send(request)
        asked = request.json if isinstance(request.json, dict) else {}
        try:
            body = json.loads(answer.body)
        except ValueError:
            body = answer.body.decode()
        if asked["method"] == "common.db.login" and answer.status == 200:
            body["result"][1] = "0" * 64
        kept = {"path": request.path, "method": asked["method"], "params": asked["params"]}
        self.log.append({**kept, "status": answer.status, "date": answer.headers.get("date"), "body": body})
        return answer


def sale(world: World, product: int, quantity: int, order: str) -> int:
    customer = world.parties["Customer"]
    price = {"__class__": "Decimal", "decimal": "9"}
    line = {"type": "line", "product": product, "quantity": quantity, "unit": world.unit, "unit_price": price}
    values = {
        "company": 1,
        "currency": 1,
        "party": customer["id"],
        "invoice_party": customer["id"],
        "invoice_address": customer["addresses"][0],
        "shipment_address": customer["addresses"][0],
        "reference": f"{SHOP}/{order}",
        "invoice_method": "manual",
        "shipment_method": "order",
        "warehouse": world.places["WH"],
        "lines": [["create", [line]]],
    }
    made = world.people("sale.sale.create", [values])
    for step in ("quote", "confirm", "process"):
        world.people(f"sale.sale.{step}", made)
    return int(made[0])


def story(world: World) -> None:
    sold = {"salable": True, "sale_uom": world.unit}
    _, shirt = world.product(on_hand=5, sku="SHIRT-1", **sold)
    first, second = (sale(world, shirt, 2, "A-1"), sale(world, shirt, 1, "A-2"))
    shipments = {
        each: world.people("sale.sale.read", [each], ["shipments"])[0]["shipments"] for each in (first, second)
    }
    world.cancel(shipments[first][0])
    world.ship(shipments[second][0])
    world.count(shirt, 3)
    back = world.people("sale.sale.read", [sale(world, shirt, -1, "A-2")], ["shipment_returns"])[0]["shipment_returns"]
    for step in ("receive", "do"):
        world.people(f"stock.shipment.out.return.{step}", back)
    _, part = world.product(on_hand=9, sku="PART-1", **sold)
    component = {"product": part, "quantity": 3, "unit": world.unit}
    _, kit = world.product(sku="KIT-1", type="kit", components=[["create", [component]]], **sold)
    sale(world, kit, 2, "K-1")


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        database(("sale", "product_kit")) as name,
        serving(name, Path(folder) / "log") as (base_url, _),
    ):
        story(World(base_url, name, Path(folder)))
        special = {"wrong_password": {"password": Secret("nonsense")}, "no_rights": {"user": NOBODY}}
        for title, do in STORIES.items():
            clock = datetime.now(UTC).replace(microsecond=0)
            transport = Recording(base_url)
            with closing(opened(clock, transport, database=name, **special.get(title, {}))) as ledger:
                do(ledger, Path(folder) / title)
            log = [{**each, "path": each["path"].replace(name, "erp")} for each in transport.log]
            lines = ",\n".join(json.dumps(each) for each in log)
            whole = f'{{"clock": "{clock.isoformat()}", "log": [\n{lines}\n]}}\n'
            (FOLDER / f"{title}.json").write_text(whole, encoding="utf-8")
            sys.stdout.write(f"{title}: {len(log)} calls\n")


if __name__ == "__main__":
    main()
