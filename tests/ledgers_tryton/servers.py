"""Tryton itself on the local PostgreSQL: one database is built and kept, every session works in a copy of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
URI = "postgresql://postgres@127.0.0.1:5432/"
_HOME = f"{URI}postgres"
_PREFIX = "stockrecon_tryton_"
_LOCK = 0x7472797465
MODULES = ("stock", "product_kit")
"""Sales are not among them, whose accounting takes longer to install than all the tests; see `record`."""
_PACKAGES = ("trytond", "trytond-stock", "trytond-product-kit")


def needed() -> None:
    """Skips where Tryton or PostgreSQL is not there; where all has to be there, that is a failure."""
    lacking = ""
    try:
        for name in _PACKAGES:
            version(name)
    except PackageNotFoundError as error:
        lacking = f"{error.name} is not installed: pip install '.[test-tryton]'"
    try:
        psycopg.connect(_HOME, connect_timeout=5).close()
    except psycopg.OperationalError:
        lacking = "no PostgreSQL on 127.0.0.1 that lets postgres in"
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(lacking)
    if lacking:
        pytest.skip(lacking)


@contextmanager
def database(modules: Sequence[str] = MODULES) -> Iterator[str]:
    """The name of a database of one's own."""
    name = f"{_PREFIX}{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_HOME, autocommit=True) as home:
        # Whoever comes second waits until the first has built it.
        home.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        home.execute(f"CREATE DATABASE {name} TEMPLATE {_template(home, modules)}")  # type: ignore[call-overload]
    try:
        yield name
    finally:
        with psycopg.connect(_HOME, autocommit=True) as home:
            home.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[call-overload]


def _template(home: psycopg.Connection, modules: Sequence[str]) -> str:
    """The database that the others are copies of: built anew for every version of Tryton and of what is in it."""
    made_of = "".join([*(version(name) for name in _PACKAGES), *modules])
    made_of += Path(__file__).with_name("build.py").read_text(encoding="utf-8")
    name = f"{_PREFIX}template_{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"
    found = [row[0] for row in home.execute("SELECT datname FROM pg_database").fetchall()]
    if name in found:
        return name
    for old in (each for each in found if each.startswith(f"{_PREFIX}template_")):
        home.execute(f"DROP DATABASE {old} WITH (FORCE)")  # type: ignore[call-overload]
    raw = f"{_PREFIX}raw"
    home.execute(f"DROP DATABASE IF EXISTS {raw} WITH (FORCE)")  # type: ignore[call-overload]
    home.execute(f"CREATE DATABASE {raw}")  # type: ignore[call-overload]
    home.execute(f"ALTER DATABASE {raw} SET synchronous_commit = off")  # type: ignore[call-overload]
    command = [sys.executable, "-m", "tests.ledgers_tryton.build", URI, raw, *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=800)
    assert done.returncode == 0, done.stderr[-2000:]
    home.execute(f"ALTER DATABASE {raw} RENAME TO {name}")  # type: ignore[call-overload]
    return name


@contextmanager
def serving(name: str, log: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server of this database and of more, and its process, which may be killed."""
    command = [sys.executable, "-m", "tests.ledgers_tryton.serve", URI, name, *more]
    with log.open("w", encoding="utf-8") as errors:
        program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert program.stdout is not None
        try:
            port = program.stdout.readline().strip()
            assert port, log.read_text(encoding="utf-8")[-2000:]
            yield f"http://127.0.0.1:{port}", program
        finally:
            program.kill()
            program.wait()
            program.stdout.close()
