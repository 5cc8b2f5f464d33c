"""A store with something to do on every page, and pages driven without a browser as a visitor or the presenter."""

import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from glassy_core.classroom import PASSPHRASE_VARIABLE, Tries
from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.jobs import speed as estimates
from glassy_core.presets import PRESETS
from glassy_core.runs import probes
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from glassy_core.ui.shell import presenter
from tests.made_runs import write_sweep
from tests.singers import add_singer

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "four words of mine"
SPEED = ".speed-was-measured"  # what a measurement leaves here


def snapshot(directory):
    """Every file there with its content."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@dataclass
class World:
    """The runs that the pages are opened on."""

    store: RunStore
    singer: object
    running: object
    paused: object
    deleted: object

    def files(self):
        return snapshot(self.store.directory)


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Class mode on a full store; nothing is trained, and no probe starts a process."""
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("GLASSY_JSB_JSON", str(tmp_path / "not-here.json"))
    monkeypatch.setenv(PASSPHRASE_VARIABLE, PASSPHRASE)
    monkeypatch.setattr(presenter, "_tries", Tries())
    monkeypatch.setattr(presenter, "_address", lambda: "192.0.2.7")
    store = RunStore(tmp_path / "runs")
    # What the real ones change is a process; these leave a file instead, so that a call is seen.
    mark, speed = store.directory / ".process-was-started", store.directory / SPEED
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: mark.write_text("dispatcher", encoding="utf-8"))
    monkeypatch.setattr(probes.processes, "start", lambda *_, **__: mark.write_text("probe", encoding="utf-8"))
    monkeypatch.setattr(
        estimates,
        "steps_per_second",
        lambda config, directory: speed.write_text("measured", encoding="utf-8") and 400.0,
    )
    st.cache_resource.clear()
    st.cache_data.clear()
    write_sweep(store, depths=(1,), widths=(14, 22, 30), seeds=(0,))
    singer = add_singer(store)
    near = PRESETS["class-near"].config
    digest = load_edition("corpus").digest
    made = []
    for status, host in (("running", "elsewhere"), ("paused", None), ("stopped", None)):
        run = store.create(replace(near, name=status, steps=5000), digest)
        nll = [0.1] * 400
        for top in (300, 330, 360):
            nll[top] = 0.6  # spikes: halving eta is offered while it runs
        lines = [
            {"step": 10 * k, "tau": 10 * k * near.eta, "eta": near.eta, "nll": x, "nll_minibatch": x, "accuracy": 0.9}
            for k, x in enumerate(nll)
        ]
        run.metrics_path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        run.write_state(State(status, 3990, 5000, time.time(), eta=near.eta, tau=20.0, nll=0.1, host=host))
        os.utime(run.path / "state.json", (time.time() + 3600,) * 2)  # its heartbeat outlasts the test
        made.append(run)
    store.delete(made[2])
    failed = probes.path_of(singer, 1000, (75,)).with_suffix(".progress")
    failed.parent.mkdir()
    failed.write_text(
        json.dumps({"error": "The probe's process ended before it was done: start it again."}), encoding="utf-8"
    )
    return World(store, singer, made[0], made[1], made[2])


@pytest.fixture
def visit(world):
    """visit("pages/1_Runs.py", query=value, ...) -> the page as a visitor of the class finds it."""

    def visit(file="app.py", **query):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for key, value in query.items():
            app.query_params[key] = value
        if file != "app.py":
            app.switch_page(file)
        app.run()
        assert not app.exception
        (world.store.directory / ".process-was-started").unlink(missing_ok=True)  # the dispatcher, by the app itself
        return app

    return visit


def unlock(app, passphrase=PASSPHRASE):
    """Give a passphrase on the page that is open."""
    app.text_input(key="presenter_passphrase").input(passphrase)
    app.button(key="presenter_unlock").click().run()
    assert not app.exception
    return app


def refused(app):
    """Whether the page says that only the presenter may."""
    return any(presenter.REFUSAL.split(":")[0] in error.value.replace("\\", "") for error in app.error)
