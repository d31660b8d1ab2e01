"""`make mutants`: change the licence's rules one place at a time, and see that tests/licence notices each change.

mutmut imports what it mutates from `src/` alone, so it runs in a folder of links: `src` is `core`. A score below
`ENOUGH` fails. The list of survivors stays in out/mutants; `mutmut show NAME` there prints one.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "out" / "mutants"
ENOUGH = 90.0
LINKS = {"src": "core", "core": "core", "docs": "docs", "tests": "tests"}
CONFIG = """
[tool.mutmut]
source_paths = ["src/sosie"]
only_mutate = ["src/sosie/licence/*"]
also_copy = ["core", "docs"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "--hypothesis-profile=brief"]
pytest_add_cli_args_test_selection = ["tests/licence"]
"""


def main() -> int:
    """Run, print the score, and say with the exit status whether it is enough."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name, target in LINKS.items():
        (WORK / name).symlink_to(ROOT / target)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (WORK / "pyproject.toml").write_text(project + CONFIG, encoding="utf-8")
    mutmut = Path(sys.executable).with_name("mutmut")
    done = subprocess.run([mutmut, "run", "--max-children", "1"], cwd=WORK, check=False)
    if done.returncode:
        return done.returncode
    subprocess.run([mutmut, "export-cicd-stats"], cwd=WORK, check=True, stdout=subprocess.DEVNULL)
    stats = json.loads((WORK / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    caught = stats["killed"] + stats["timeout"]
    score = 100 * caught / stats["total"]
    sys.stdout.write(f"{score:.1f} % of {stats['total']} mutants were noticed; {ENOUGH} % are asked for.\n")
    return int(score < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
