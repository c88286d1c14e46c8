"""Settings for every test. Machines differ and are shared: no example is failed for being slow."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "sweeper", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sweeper")
