"""A nursery of processes, an uninterrupted run to compare with, a store."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # nursery.py, shared.py
from nursery import Nursery
from shared import CONFIG, contents, create

from glassy_core.runs import RunStore


@pytest.fixture(scope="session")
def nursery(tmp_path_factory):
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def uninterrupted(nursery, tmp_path_factory):
    """uninterrupted(config) -> what the run holds that nothing happened to, made once for each config."""
    store, known = RunStore(tmp_path_factory.mktemp("uninterrupted")), {}

    def uninterrupted(config=CONFIG):
        if config not in known:
            run = create(store, config)
            assert nursery.start("train", run.path).wait() == 0
            known[config] = contents(run)
        return known[config]

    return uninterrupted


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")
