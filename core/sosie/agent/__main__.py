"""`python -m sosie.agent [--home DIR] [--detach] [--idle-minutes N]`: run the agent."""

from __future__ import annotations

import sys

from sosie.agent.main import main

if __name__ == "__main__":
    sys.exit(main())
