import os
import sys
from functools import cache
from pathlib import Path

# As the command line does, before numpy is loaded: `make test` and a plain pytest measure the same.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner

from glassy_core.editions.catalogue import OWN

# Shared machines are slow by moments; the same examples every time keep a failure repeatable.
settings.register_profile("glassy", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("glassy")

# Every AppTest searches all installed packages for components, and finds the same as the one before it.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


ROOT = Path(__file__).resolve().parent.parent
# What these do, Windows cannot: fork, mount, stop a process with a signal, read /proc, run make or a shell's scripts.
# A single test that cannot either is marked posix.
POSIX = (
    "browser/",
    "faults/",
    "load/",
    "core/jobs/test_cluster.py",
    "pages/test_serving.py",
    "strangers/test_listening.py",
)


def pytest_collection_modifyitems(items):
    if sys.platform != "win32":
        return
    for item in items:
        where = item.path.relative_to(ROOT / "tests").as_posix()
        if where.startswith(POSIX) or item.get_closest_marker("posix"):
            item.add_marker(pytest.mark.skip(reason="needs forks, signals, mounts or scripts that Windows has not"))


@pytest.fixture(autouse=True)
def own_directory(tmp_path, monkeypatch):
    """Own editions of the test only, never the reader's."""
    directory = tmp_path / "own"
    monkeypatch.setenv(OWN.variable, str(directory))
    return directory
