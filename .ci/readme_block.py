"""Prints the N-th ```sh block of a markdown file, exactly as it stands there."""

import re
import sys
from pathlib import Path

text = Path(sys.argv[1]).read_text(encoding="utf-8")
sys.stdout.write(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[int(sys.argv[2]) - 1])
