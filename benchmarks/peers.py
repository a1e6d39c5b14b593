"""What a user would pick instead, given only key and quantity. A process of its own: `python -m benchmarks.peers`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def csv_diff(ledger: Path, shops: Path) -> int:
    """How many rows csv-diff finds changed."""
    from csv_diff import compare, load_csv

    with ledger.open(newline="") as left, shops.open(newline="") as right:
        found = compare(load_csv(left, key="key"), load_csv(right, key="key"))
    return len(found["changed"])


def datacompy(ledger: Path, shops: Path) -> int:
    """How many rows datacompy finds unequal, with pandas."""
    import datacompy as peer
    import pandas

    compare = getattr(peer, "PandasCompare", None) or peer.Compare
    found = compare(pandas.read_csv(ledger), pandas.read_csv(shops), join_columns="key")
    return len(found.all_mismatch())


PEERS: dict[str, Callable[[Path, Path], int]] = {"csv-diff": csv_diff, "datacompy": datacompy}

if __name__ == "__main__":
    print(PEERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])))
