"""The agent as it is, with the folder of `sosie_fast` among its installed packages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from sosie.agent.main import main

sys.exit(main())
