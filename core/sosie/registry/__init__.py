"""The registry: consent, licences, leases, deliveries, log and ledger behind `/v1`.

Start it with `serve`, or put `app.create_app(settings)` behind a server of your own.
"""

from sosie.registry.serve import serve
from sosie.registry.settings import Settings

__all__ = ["Settings", "serve"]
