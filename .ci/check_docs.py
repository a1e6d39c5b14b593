"""Documentation checks: links between pages lead somewhere, every command that pages name exists, no machine paths."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


def links(page: Path) -> list[str]:
    """Relative links that lead nowhere: to no file, or to no heading of one."""
    wrong = []
    for target, heading in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8")):
        file = page.parent / target if target else page
        if not file.exists():
            wrong.append(f"{page.relative_to(ROOT)}: no {target}")
        elif heading and heading not in headings(file):
            wrong.append(f"{page.relative_to(ROOT)}: no heading #{heading} in {target or 'it'}")
    return wrong


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def commands(page: Path, known: set[str]) -> list[str]:
    """`stockrecon COMMAND` in code that the program does not have."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"```(?:sh|console|text)?\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
    named = {
        m for block in code for part in block for m in re.findall(r"^\s*\$?\s*stockrecon ([a-z]+)", part, re.MULTILINE)
    }
    return [f"{page.relative_to(ROOT)}: stockrecon has no command {name}" for name in sorted(named - known)]


def layers() -> list[str]:
    """The picture of the rooms has to be that of the import contracts."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"```layers\n(.*?)```", page, re.DOTALL)[0].split("\n")
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    held = [layer.replace("stockrecon.", "") for layer in contracts[0]["layers"]]
    return [] if drawn[:-1] == held else ["docs/architecture.md: its layers are not those of the import contracts"]


def main() -> int:
    program = [sys.executable, "-m", "stockrecon", "--help"]
    said = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+) ", said, re.MULTILINE))
    wrong = layers() + [fault for page in PAGES for fault in (*links(page), *commands(page, known))]
    paths = re.compile(r"/(?:work|opt|root|home)/\S+")
    for page in PAGES:
        for found in paths.findall(page.read_text(encoding="utf-8")):
            if not found.startswith("/home/seller"):
                wrong.append(f"{page.relative_to(ROOT)}: machine path {found}")
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
