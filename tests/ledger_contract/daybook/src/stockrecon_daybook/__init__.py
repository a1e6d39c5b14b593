"""A daybook: a file of JSON lines, `daybook.jsonl`, to which every program of the seller's appends what happens.

    {"sku": "MUG", "by": 12, "kind": "receipt", "at": "2026-11-11T08:00:00+07:00"}
    {"sku": "MUG", "by": -1, "kind": "order", "at": "...", "shop": "shopee-vn", "order": "220811AB"}
    {"kit": "SET", "parts": {"MUG": 2, "TRAY": 1}}

Kinds are those of stockrecon. What is available of a SKU is the sum of its lines; one with `by` 0 makes a SKU known. A
line counts when its end is there: what a program that died has left behind it is cut off by who writes next. Whoever
writes locks `.stockrecon.lock` beside it. A line is never changed and has no id: its number in the file is one.
"""
