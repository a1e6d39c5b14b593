"""Documentation checks: links between pages lead somewhere, every command that pages name exists, no machine paths."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


def links(page: Path) -> list[str]:
    """Relative links that lead nowhere."""
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    return [f"{page.relative_to(ROOT)}: no {target}" for target in targets if not (page.parent / target).exists()]


def commands(page: Path, known: set[str]) -> list[str]:
    """`stockrecon COMMAND` in code that the program does not have."""
    text = page.read_text(encoding="utf-8")
    code = re.findall(r"```(?:sh|console|text)?\n(.*?)```|`([^`\n]+)`", text, re.DOTALL)
    named = {m for block in code for part in block for m in re.findall(r"^\s*\$?\s*stockrecon ([a-z]+)", part, re.MULTILINE)}
    return [f"{page.relative_to(ROOT)}: stockrecon has no command {name}" for name in sorted(named - known)]


def main() -> int:
    said = subprocess.run(["stockrecon", "--help"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^  ([a-z]+) ", said, re.MULTILINE))
    wrong = [fault for page in PAGES for fault in (*links(page), *commands(page, known))]
    paths = re.compile(r"/(?:work|opt|root|home)/\S+")
    for page in PAGES:
        for found in paths.findall(page.read_text(encoding="utf-8")):
            if not found.startswith("/home/seller"):
                wrong.append(f"{page.relative_to(ROOT)}: machine path {found}")
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
