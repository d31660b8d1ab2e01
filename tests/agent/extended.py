"""`extended.py FOLDER ...`: the agent as it is, with the plugin in FOLDER among its installed packages."""

from __future__ import annotations

import sys

sys.path.append(sys.argv.pop(1))

from sosie.agent.main import main
from sosie.client import discovery

discovery.record_python = lambda _home: (
    None
)  # the next start is to be this one's too, and not the plain agent's
sys.exit(main())
