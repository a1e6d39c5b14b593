"""The metrics file: names, types and help are an interface; it is whole, readable, and keeps the last success."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from stockrecon.core.findings import Refusal, RunResult
from stockrecon.core.model import ShopName
from stockrecon.errors import OutputFault
from stockrecon.reports.metrics import write_failed, write_metrics
from tests.reports import samples

GOLDEN = Path(__file__).with_name("metrics.prom")
LATER = samples.NOW + timedelta(hours=6)
LINE = re.compile(r'[a-z_]+\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\} -?\d+(\.\d+)?\Z')


def refused() -> RunResult:
    refusals = (Refusal("lazada-vn", "changed", "6 listings, at most 5"), Refusal("ledger", "age", "20 min old"))
    return replace(samples.applied(), now=LATER, refusals=refusals, exit_code=12)


def write(path: Path, result: RunResult, **more: datetime) -> None:
    write_metrics(path, result, began=result.now - timedelta(seconds=75.5), ended=result.now, **more)


def families(text: str) -> dict[str, Metric]:
    """By a parser that is not ours; beside it every line has to have the form that the format's page gives."""
    found = {family.name: family for family in text_string_to_metric_families(text)}
    for line in text.removesuffix("\n").split("\n"):
        assert LINE.match(line) or re.match(r"# (HELP stockrecon_[a-z_]+ \S.*|TYPE stockrecon_[a-z_]+ gauge)\Z", line)
    return found


def values(text: str, name: str) -> dict[str, float]:
    """A metric's samples by their labels without `file`."""
    samples_of = families(text)[f"stockrecon_{name}"].samples
    return {" ".join(v for k, v in one.labels.items() if k != "file"): one.value for one in samples_of}


def test_the_file_is_byte_for_byte_what_it_was(tmp_path: Path) -> None:
    """The whole file of one run: a change of names, help or labels breaks somebody's alerts."""
    write(tmp_path / "stockrecon-acme.prom", refused(), last_success=samples.NOW)
    assert (tmp_path / "stockrecon-acme.prom").read_text() == GOLDEN.read_text()


def test_another_parser_reads_what_was_meant(tmp_path: Path) -> None:
    """Every family is a gauge with help, no series stands twice, and the numbers are the result's."""
    path = tmp_path / "a.prom"
    write(path, refused())
    text = path.read_text()
    found = families(text)
    assert all(family.type == "gauge" and family.documentation for family in found.values())
    series = [(one.name, *sorted(one.labels.items())) for family in found.values() for one in family.samples]
    assert len(series) == len(set(series))
    assert {one.labels["file"] for family in found.values() for one in family.samples} == {"a"}
    assert values(text, "exit_code") == {"sync": 12}
    assert values(text, "run_duration_seconds") == {"sync": 75.5}
    assert values(text, "last_run_timestamp_seconds") == {"sync": LATER.timestamp()}
    assert values(text, "shop_read")["shopee-th shopee"] == 0
    assert values(text, "shop_age_seconds")["shopee-vn shopee"] == 6 * 3600 + 120
    assert "shopee-th shopee" not in values(text, "shop_age_seconds")
    assert values(text, "oversell_units") == {"": 100}
    assert values(text, "finding_units")["campaign-lock"] == 70
    assert values(text, "actions")["set-stock"] == 3
    assert values(text, "outcomes")["unknown"] == 1
    assert values(text, "refusals") == {"lazada-vn changed": 1, "ledger age": 1}
    assert values(text, "actions_overdue") == {"": 1}


def test_help_and_type_stay_where_there_is_nothing_to_count(tmp_path: Path) -> None:
    """A run that read nothing names the same families, and what is unknown has no sample, never 0."""
    whole, bare = tmp_path / "whole.prom", tmp_path / "bare.prom"
    write(whole, refused())
    write(bare, samples.nothing_read())
    heads = [[line for line in path.read_text().splitlines() if line[0] == "#"] for path in (whole, bare)]
    assert heads[0] == heads[1]
    assert values(bare.read_text(), "ledger_read") == {"": 0}
    assert values(bare.read_text(), "ledger_age_seconds") == values(bare.read_text(), "shop_listings") == {}


def test_the_last_success_outlives_failures(tmp_path: Path) -> None:
    """A good run sets it, a bad one keeps it or takes the state's; without any there is none."""
    path = tmp_path / "s.prom"
    write(path, samples.nothing_read())
    assert values(path.read_text(), "last_success_timestamp_seconds") == {}
    write(path, replace(samples.in_line(), exit_code=10))
    good = samples.NOW.timestamp()
    assert values(path.read_text(), "last_success_timestamp_seconds") == {"": good}
    write(path, refused())
    assert values(path.read_text(), "last_success_timestamp_seconds") == {"": good}
    write_failed(path, "sync", 1, began=LATER, ended=LATER)
    assert values(path.read_text(), "last_success_timestamp_seconds") == {"": good}
    assert values(path.read_text(), "exit_code") == {"sync": 1}
    write(path, refused(), last_success=LATER)
    assert values(path.read_text(), "last_success_timestamp_seconds") == {"": LATER.timestamp()}


def test_strange_names_stay_labels(tmp_path: Path) -> None:
    """Quotes, backslashes, line breaks and lone surrogates in a name end no line and no label."""
    name = 'a"b\\c\nd\re\ud800'
    result = samples.in_line()
    shop = replace(result.shops[0], name=ShopName(name))
    path = tmp_path / "odd.prom"
    write(path, replace(result, shops=(shop,)))
    assert values(path.read_text(), "shop_read") == {'a"b\\c\nd e? shopee': 1}


def test_it_is_readable_by_all_and_replaced_whole(tmp_path: Path) -> None:
    """Mode 0644 whatever the umask is, and nothing else is left in the folder."""
    path = tmp_path / "m.prom"
    before = os.umask(0o077)
    try:
        write(path, samples.in_line())
        write(path, samples.in_line())
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["m.prom"]


@pytest.mark.parametrize(
    ("number", "way_on"), [(errno.ENOSPC, "make room"), (errno.EIO, "name another file with --metrics FILE")]
)
def test_a_disk_that_takes_nothing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, way_on: str
) -> None:
    """An error on the way is an OutputFault, the file stays what it was, and no part is left."""
    path = tmp_path / "m.prom"
    write(path, samples.in_line())
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFault, match=way_on):
        write(path, refused())
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["m.prom"]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    """Named with the file, not with the temporary one."""
    with pytest.raises(OutputFault, match=r"nowhere/m.prom cannot be written: No such file"):
        write(tmp_path / "nowhere" / "m.prom", samples.in_line())
