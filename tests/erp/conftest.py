"""The imitated ERPNext as its tests reach it. Tests of another ERP bring their own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.erp.erpnext import KEY, SECRET, Erpnext, running

STORES = "Stores - D"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Erpnext, httpx.Client]]:
    """One server for all tests; each test gets a site of its own behind it."""
    site = Erpnext()
    headers = {"Authorization": f"token {KEY}:{SECRET}"}
    with running(site) as address, httpx.Client(base_url=address, headers=headers, trust_env=False) as client:
        yield site, client


@pytest.fixture
def site(served: tuple[Erpnext, httpx.Client]) -> Erpnext:
    """A site with a warehouse of 40 `00123`, made anew."""
    made = served[0]
    made.__dict__.update(Erpnext().__dict__)
    made.warehouse("Stores")
    made.item("00123", 40, STORES)
    return made


@pytest.fixture
def client(served: tuple[Erpnext, httpx.Client]) -> httpx.Client:
    return served[1]
