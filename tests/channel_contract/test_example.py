"""A channel of another package, found by its entry points, keeps the same promises."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from stockrecon.sandbox.faults import KINDS

ROOT = Path(__file__).parents[2]
PROMISES = ("reading", "pages", "buckets", "writing", "readback")
EXAMPLE = ROOT / "examples" / "channel-plaza"


def installed(folder: Path, package: Path = EXAMPLE) -> None:
    """What an installer leaves of the package's declaration; its code is taken from where it is."""
    project = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n", "utf-8"
    )
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")


def test_every_fault_that_control_can_set_is_part_of_a_promise() -> None:
    """Of requests: named by a promise, and so tried on every channel."""
    files = [Path(__file__).with_name(f"test_{name}.py") for name in PROMISES]
    text = "".join(path.read_text("utf-8") for path in files)
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []


def test_the_example_passes_the_suite_by_entry_point(tmp_path: Path) -> None:
    """Every promise that applies to it is kept, and those that do not are few."""
    installed(tmp_path)
    path = os.pathsep.join([str(tmp_path), str(EXAMPLE / "src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'inside'}"]
    command += [f"tests/channel_contract/test_{name}.py" for name in PROMISES]
    command += ["--channel-profile", "stockrecon_plaza.contract:PROFILE"]
    ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    dots = [line for line in ended.stdout.splitlines() if line.endswith("%]")]
    assert sum(line.count(".") for line in dots) > 60
    assert sum(line.count("s") for line in dots) < 20
