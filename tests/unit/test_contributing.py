"""Run the code block of CONTRIBUTING.md."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_code_block_for_adopters_runs() -> None:
    [code] = re.findall(r"```python\n(.*?)```", ROOT.joinpath("CONTRIBUTING.md").read_text("utf-8"), re.DOTALL)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("{'vehicle': {'make': 'Seat'}}\n", "")
