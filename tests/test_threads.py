"""Linear algebra takes one thread in our processes: said before numpy, which reads it once, is loaded."""

from __future__ import annotations

import subprocess
import sys

SAID = """
import os, sys
import sosie.agent.main, sosie.cli
assert "numpy" not in sys.modules, "numpy is loaded before anything could be said"
sys.argv = ["sosie", "--version"]
try:
    sosie.cli.main()
except SystemExit:
    pass
print(os.environ["OPENBLAS_NUM_THREADS"])
"""


def test_a_command_says_so_before_numpy_is_there() -> None:
    said = subprocess.run([sys.executable, "-c", SAID], check=True, capture_output=True, text=True)
    assert said.stdout.split()[-1] == "1"
