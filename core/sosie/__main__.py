"""`python -m sosie` is the `sosie` command."""

from __future__ import annotations

from sosie.cli import main

if __name__ == "__main__":
    main()
