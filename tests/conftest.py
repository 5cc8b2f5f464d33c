import os

# As the command line does, before numpy is loaded: `make test` and a plain pytest measure the same.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import HealthCheck, settings

# Shared machines are slow by moments; the same examples every time keep a failure repeatable.
settings.register_profile("glassy", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("glassy")
