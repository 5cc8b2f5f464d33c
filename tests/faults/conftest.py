"""A nursery of processes, an uninterrupted run to compare with, a store."""

import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).parent))  # nursery.py, shared.py
from nursery import Nursery
from shared import CONFIG, ROOT, contents, create

from glassy_core.jobs import dispatcher, speed
from glassy_core.runs.store import RunStore


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


@pytest.fixture
def open_page(monkeypatch):
    """open_page(store, "pages/1_Runs.py", query=value, ...) -> a tab with that page, on a store that nobody serves."""
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)
    monkeypatch.setattr(speed, "steps_per_second", lambda config, directory: 400.0)
    st.cache_resource.clear()
    st.cache_data.clear()

    def open_page(store, file="pages/1_Runs.py", **query):
        monkeypatch.setenv("GLASSY_RUNS_DIR", str(store.directory))
        tab = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for key, value in query.items():
            tab.query_params[key] = value
        if file != "app.py":
            tab.switch_page(file)
        tab.run()
        assert not tab.exception
        return tab

    return open_page
