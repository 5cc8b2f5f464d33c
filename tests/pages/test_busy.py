"""The pages while a real dispatcher keeps every core busy and forty runs wait."""

import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher, queue
from glassy_core.jobs.sweeps import expand
from glassy_core.presets import PRESETS
from glassy_core.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("app.py", "pages/1_Runs.py", "pages/2_Learning_curves.py", "pages/3_Critical_width.py")
TRIES = 10  # the quickest counts: other tests run beside this one


@pytest.fixture
def busy(tmp_path, monkeypatch):
    """A store with forty queued runs beside those at work."""
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(tmp_path / "runs"))
    st.cache_resource.clear()
    st.cache_data.clear()
    store = RunStore(tmp_path / "runs")
    base = replace(PRESETS["class-near"].config, name="", steps=10**8)
    for config in expand(base, [1, 2], range(10, 33), [0]):
        store.create(config, load_edition("corpus").digest)
    dispatcher.ensure_dispatcher(store)
    deadline = time.monotonic() + 120
    while len(queue.look(store).at_work) < dispatcher.cluster.LEAST_WORKERS:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield store
    family = psutil.Process(dispatcher.dispatcher_status(store).pid)
    for process in [family, *family.children(recursive=True)]:
        process.kill()


def test_pages_answer_within_a_second_while_forty_runs_wait(busy):
    assert len(queue.look(busy).waiting) >= 40
    for page in PAGES:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if page != "app.py":
            app.switch_page(page)
        app.run()
        assert not app.exception
        seconds = []
        for _ in range(TRIES):
            started = time.perf_counter()
            app.run()
            seconds.append(time.perf_counter() - started)
        assert min(seconds) < 1, page
    assert len(queue.look(busy).waiting) >= 40
