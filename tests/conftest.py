"""What every test may use."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester", "tests.no_skip", "tests.databases"]

# A build must not turn red by the luck of a draw: the examples are the same in every run, unless fresh ones are asked
# for (`make fuzz`), and what these find becomes a test of its own.
# Nor by a busy machine: how long an example takes to draw is no defect.
_PATIENT = [HealthCheck.too_slow]
settings.register_profile("repeatable", derandomize=True, suppress_health_check=_PATIENT)
settings.register_profile("fuzz", derandomize=False, print_blob=True, suppress_health_check=_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
