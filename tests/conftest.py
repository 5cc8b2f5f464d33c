import os
from functools import cache

# As the command line does, before numpy is loaded: `make test` and a plain pytest measure the same.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner

from glassy_core.editions.sources import OWN

# Shared machines are slow by moments; the same examples every time keep a failure repeatable.
settings.register_profile("glassy", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("glassy")

# Every AppTest searches all installed packages for components, and finds the same as the one before it.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def own_directory(tmp_path, monkeypatch):
    """Own editions of the test only, never the reader's."""
    directory = tmp_path / "own"
    monkeypatch.setenv(OWN.variable, str(directory))
    return directory
