"""Configurations that tests begin from."""

from __future__ import annotations

from textwrap import dedent

GOOD = """\
ledger:
  type: file
  path: ledger/
shops:
  - name: shop
    channel: file
    path: shop/
"""


def shop(text: str) -> str:
    """A configuration whose one shop, `s`, has these lines; they begin at line 4, column 5."""
    lines = dedent(text).strip("\n").splitlines()
    return "\n".join(
        ["ledger: {type: file, path: ledger/}", "shops:", "  - name: s", *(f"    {line}" for line in lines), ""]
    )


SHOPEE = """
channel: shopee
partner_id: 2001
partner_key: {env: KEY}
shop_id: 77
"""
LAZADA = """
channel: lazada
region: VN
app_key: "00100"
app_secret: {env: KEY}
"""
