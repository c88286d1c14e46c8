"""Settings for every test. Machines differ and are shared: no example is failed for being slow."""

import os
import secrets

from hypothesis import HealthCheck, settings

settings.register_profile(
    "sweeper", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sweeper")

# A process reads how Ray asks for a token once, whichever test loads Ray first.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
