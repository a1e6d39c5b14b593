"""What `stockrecon init` writes: a commented configuration and, for files, empty tables. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from stockrecon.config.ddl import csv_header
from stockrecon.config.schema import nearest
from stockrecon.core.tables import CAMPAIGNS, HISTORY, ORDERS, SHOP_LISTINGS, Table
from stockrecon.errors import OutputFault, UsageFault

FILE_NAME = "stockrecon.yaml"

_HEAD = """\
# What stockrecon compares, and what it may do. Every key is explained in docs/configuration.md.
# Relative paths count from this file's folder. Durations: 90s, 5m, 2h, 3d.

"""

_FILE_LEDGER = """\
# The ledger: your own book of stock, the source of truth. A folder with stock.csv, and as far as you have them
# movements.csv, listings.csv and pushes.csv. A table that is not there switches off what needs it; an empty one says
# that nothing happened, so pushes.csv is not laid out for you. Its columns:
#   {pushes}
# What another program exports is read as it is with a mapping: bigseller-stock, ginee-stock, or columns of your own
# (docs/ledgers/file.md).
ledger:
  type: file
  path: ledger/
  # mapping: {{columns: {{sku: Item code, available: Free stock}}}}

"""

_SQL_LEDGER = """\
# The ledger: your own book of stock, the source of truth. Its address comes from an environment variable, because it
# may hold a password: postgresql+psycopg://reader:...@host/name, mysql+pymysql://..., sqlite:////path/to/ledger.db.
ledger:
  type: sql
  url: {env: STOCKRECON_LEDGER_URL}
  zone: UTC                       # for times in it that have no offset
  # tables: {stock: my_stock}     # where your tables or views have other names,
  # queries:                      # or a query of yours that gives the columns
  #   stock: SELECT sku, on_hand - reserved AS available FROM inventory

"""

_FILE_SHOPS = """\
shops:
  # A shop without API access: a folder with what its seller center exports. shop.yaml in it says when that was.
  - name: shopee-vn               # as the ledger's tables call this shop
    channel: file
    region: VN
    mode: observe                 # observe: nothing is ever written; apply: corrections may be
    path: shopee-vn/
"""

_HTTP_SHOPS = """\
shops:
  - name: shopee-vn               # as the ledger's tables call this shop
    channel: shopee
    region: VN
    mode: observe                 # observe: nothing is ever written; apply: corrections may be
    partner_id: {env: SHOPEE_PARTNER_ID}
    partner_key: {env: SHOPEE_PARTNER_KEY}
    shop_id: {env: SHOPEE_SHOP_ID}
    # host: global                # cn or br where your server stands in mainland China or the Americas; sandbox
    # requests_per_second: 5
"""

_LAZADA = """\

  - name: lazada-vn
    channel: lazada
    region: VN
    mode: observe
    app_key: {env: LAZADA_APP_KEY}
    app_secret: {env: LAZADA_APP_SECRET}
    # requests_per_second: 1
"""

_STOCK = """\
    stock:
      buffer: 0                   # units held back from this shop
      percent: 100                # share of the free stock that it may show
      cap: null                   # the most that it may show
      divide: false               # several listings of one SKU share the number instead of each showing it
    # overrides:                  # for some SKUs; the first pattern that matches wins
    #   - {sku: "KIT-*", buffer: 3}
    # campaigns:                  # campaign locks that the shop does not show
    #   - {item_id: "1", locked: 50, starts_at: 2026-11-11T00:00+07:00, ends_at: 2026-11-12T00:00+07:00}
"""

_TAIL = """\

# These are the defaults; what is left out has them.
policy:
  sync_latency: 5m                # how long a movement takes to reach the shops
  import_grace: 30m               # how long an order may take to reach the ledger
  campaign_settle: 30m            # how long a campaign's end may take to settle
  confirm_raise: 10m              # a raise needs the same variance twice, this far apart
  lookback: 7d                    # older campaigns, cancellations and edits explain nothing
  audit_window: 30d               # how far back written-off orders are looked for
  max_age: {network: 15m, file: 24h}
  full_pull: 6h
  unexplained: report             # correct: also correct what nothing explains
  protect_campaign_stock: false

apply:
  scenarios: [campaign-returned, campaign-lock, cancelled-order-restock, orders-too-near]
  limits:                         # per shop and run: the larger of a count and a share
    changed: {count: 5, percent: 20}
    zeroed: {count: 2, percent: 5}
    added: {count: 50, percent: 25}
    lost: {count: 2, percent: 10}
    corrections: {skus: {count: 5, percent: 1}, units: {count: 20, percent: 1}}

state: .stockrecon/               # what runs remember; a folder of its own, or a database URL
"""

_SHOP_YAML = """\
# When these files were exported, with the offset. Everything in them is judged at that time.
# as_of: 2026-11-11T09:00+07:00
imitates: shopee                  # the channel whose rules hold here
zone: Asia/Ho_Chi_Minh            # for times without an offset
complete: true                    # listings.csv names every listing of the shop
# Beside listings.csv, as far as you have them:
#   orders.csv     {orders}
#   campaigns.csv  {campaigns}
#   history.csv    {history}
"""

VARIABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "file": (),
        "sql": (
            "STOCKRECON_LEDGER_URL",
            "SHOPEE_PARTNER_ID",
            "SHOPEE_PARTNER_KEY",
            "SHOPEE_SHOP_ID",
            "LAZADA_APP_KEY",
            "LAZADA_APP_SECRET",
        ),
    }
)
"""The kinds of starters, each with the environment variables that it asks for."""


def starter(kind: str, ledger: str = "") -> str:
    """A commented configuration: `file` (a ledger and a shop of files) or `sql` (a database, Shopee and Lazada).

    `ledger`: the section of that name in place of the starter's own (`sql`). Raises UsageFault for another kind.
    """
    if kind == "file":
        ledger = _FILE_LEDGER.format(pushes=csv_header("pushes").strip())
        return _HEAD + ledger + _FILE_SHOPS + _STOCK + _TAIL
    if kind == "sql":
        return _HEAD + (ledger or _SQL_LEDGER) + _HTTP_SHOPS + _STOCK + _LAZADA + _TAIL
    guess = nearest(kind, VARIABLES)
    hint = f" (did you mean {guess}?)" if guess else ""
    raise UsageFault(f"no starter {kind!r}{hint}", way_on=f"one of {', '.join(VARIABLES)}")


def starter_files(kind: str, ledger: str = "") -> dict[str, str]:
    """Every file of a starter: its path in the folder, and its text."""
    files = {FILE_NAME: starter(kind, ledger)}
    if kind == "file":
        files |= {f"ledger/{name}.csv": csv_header(name) for name in ("stock", "movements", "listings")}
        files["shopee-vn/shop.yaml"] = _SHOP_YAML.format(
            orders=_columns(ORDERS), campaigns=_columns(CAMPAIGNS), history=_columns(HISTORY)
        )
        files["shopee-vn/listings.csv"] = _columns(SHOP_LISTINGS) + "\n"
    return files


def _columns(table: Table) -> str:
    # The last one is for our own spools only; a seller center does not tell it.
    return ",".join(name for name in table.names if name != "sells_beyond_stock")


def write_starter(folder: Path, kind: str, force: bool = False, ledger: str = "") -> list[Path]:
    """Writes a starter and returns what was written. A file that is there is never overwritten.

    Where one is, nothing at all is written and UsageFault names it; with `force` it is kept and the others are
    written. Raises OutputFault where the folder cannot be written.
    """
    files = {folder / name: text for name, text in starter_files(kind, ledger).items()}
    there = [path for path in files if path.exists() or path.is_symlink()]
    if there and not force:
        names = ", ".join(str(path) for path in there)
        raise UsageFault(
            f"already there: {names}", way_on="nothing was written; choose another folder, or keep them with --force"
        )
    written: list[Path] = []
    for path, text in files.items():
        if path in there:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as error:
            raise OutputFault(f"{path}: cannot be written: {error.strerror}") from None
        written.append(path)
    return written
