"""The agent as it is, with the folder of `sosie_broken` among its installed packages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))

from sosie.agent.main import main
from sosie.client import discovery

discovery.record_python = lambda _home: (
    None
)  # the next start is to be this one's too, and not the plain agent's
sys.exit(main())
