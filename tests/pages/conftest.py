"""Pages driven without a browser, on a store of their own; nothing is trained and nothing is measured here."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from glassy_core.jobs import dispatcher, speed
from glassy_core.runs.store import RunStore

ROOT = Path(__file__).resolve().parent.parent.parent
SPEED = 400.0  # steps per second that every measurement finds


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The app's run store: empty, and served by nobody."""
    directory = tmp_path / "runs"
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(directory))
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)
    monkeypatch.setattr(speed, "steps_per_second", lambda config, directory: SPEED)
    st.cache_resource.clear()
    st.cache_data.clear()
    return RunStore(directory)


@pytest.fixture
def open_page(store):
    """open_page("pages/1_Runs.py", query=value, ...) -> the page after its first run."""

    def open_page(file: str = "app.py", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        if file != "app.py":
            app.switch_page(file)
        app.run()
        assert not app.exception
        return app

    return open_page
