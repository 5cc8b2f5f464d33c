"""Hundreds of runs, a million records, a class of visitors, a thousand refreshes: measured on the real app.

What is asked of the app is told apart from what else the machine does: by its processor time, or by a ratio of
measurements that take turns.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from dataclasses import replace

import numpy as np
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.presets import PRESETS
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from tests.load.conftest import Served, slowness
from tests.load.visitors import Visitor
from tests.made_runs import BASE, write_run
from tests.strangers.serving import served

RUNS, RECORDS = 200, 10**6
PAGES = ("Learning_curves", "Runs", "", "Learning_curves", "Aging")  # what a class has open, in turns
VISITORS, REFRESHES = 20, 1000
TURNS = 2
SECONDS = 6.0  # of each measurement


@pytest.fixture
def full_store(tmp_path):
    """(store, id of the run with a million records); its step is known from the first record to the last."""
    store = RunStore(tmp_path)
    tau = np.geomspace(0.05, 400, 300)
    for k in range(RUNS - 1):
        write_run(store, replace(BASE, width=2 + k % 40, depth=1 + k % 2, seed=k), tau, 1 / (1 + 0.01 * k + tau))
    config = replace(PRESETS["class-near"].config, name="a million records", steps=20 * RECORDS)
    run = store.create(config, load_edition("corpus").digest)
    noise = np.exp(0.02 * np.random.default_rng(0).normal(size=RECORDS))
    tau = 20 * config.eta * np.arange(RECORDS)
    nll = (0.01 + 0.6 * np.maximum(tau, 1) ** -0.7) * noise
    lines = (
        f'{{"step": {20 * k}, "tau": {t!r}, "eta": {config.eta}, "nll": {y!r}, "nll_minibatch": {y!r}, '
        f'"accuracy": 0.98, "orthogonality_error": 1.1e-15, "nll_valid": {"null" if k % 10 else repr(y)}}}\n'
        for k, (t, y) in enumerate(zip(tau.tolist(), nll.tolist(), strict=True))
    )
    with open(run.metrics_path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    os.sync()  # the disk's work on what was just written is none of the app's
    run.write_state(State("finished", 20 * RECORDS, 20 * RECORDS, tau=float(tau[-1]), nll=float(nll[-1])))
    return store, run.id


def test_runs_and_curves_open_within_two_seconds_among_200_runs_and_a_million_records(full_store, tmp_path):
    store, big = full_store
    assert len(store.runs()) == RUNS
    small = next(run.id for run in store.runs() if run.id != big)
    pages = [("Runs", ""), ("Learning_curves", f"run={big}"), ("Learning_curves", f"run={big}&fit=true")]
    for _ in range(6):  # the quickest of six new starts: other work of the machine must not count
        taken, allowed = [], 2 * slowness()
        with served(tmp_path, for_a_class=False) as (port, process):
            app = Served(port, process.pid)
            app.open("Learning_curves", f"run={small}")  # nothing of the long run is known yet, the page's modules are
            for page, query in [page for page in pages for _ in range(2)]:
                visitor = app.open(page, query)
                assert visitor.received > 10_000
                taken.append(visitor.opened)
        print("Runs, curves, fits, each anew and again: " + ", ".join(f"{seconds:.2f} s" for seconds in taken))
        if max(taken) < allowed:
            return
    pytest.fail(f"A page took {max(taken):.2f} s to open, not {allowed:.2f}.")


@pytest.fixture(scope="module")
def training(directory, app):
    """Two runs at work, served by the app's own dispatcher; all who look at them look at the same."""
    store, digest = RunStore(directory), load_edition("corpus").digest
    app.open("")
    runs = [
        dispatcher.submit(store, replace(PRESETS[name].config, steps=10**9), digest)
        for name in ("class-under", "class-over")
    ]
    deadline = time.monotonic() + 120
    while min(run.state().step for run in runs) < 500:
        assert time.monotonic() < deadline, [run.state() for run in runs]
        time.sleep(0.2)
    yield runs
    for run in runs:
        run.request("stop")


def speeds(runs, seconds=SECONDS):
    """Steps per second of each run over some seconds, by the stamps of its own heartbeats."""
    before = [run.state() for run in runs]
    time.sleep(seconds)
    after = [run.state() for run in runs]
    return [(b.step - a.step) / (b.heartbeat - a.heartbeat) for a, b in zip(before, after, strict=True)]


def test_twenty_visitors_see_fresh_curves_while_two_runs_train_on(app, training):
    alone, beside, waited, worked = [], [], [], []
    for _ in range(TURNS):
        alone.append(speeds(training))
        visitors = [Visitor(app.port, PAGES[k % len(PAGES)]) for k in range(VISITORS)]
        with app.visited(visitors):
            deadline = time.monotonic() + 180
            while not all(visitor.seconds or visitor.page == "Aging" for visitor in visitors):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            for visitor in visitors:
                visitor.seconds.clear()
            before = app.seconds()
            beside.append(speeds(training))
            worked.append((app.seconds() - before) / SECONDS)
            waited += [seconds for visitor in visitors for seconds in visitor.seconds]
    slowed = 1 - np.array(beside) / np.array(alone)  # (turns, runs)
    print(
        f"{len(waited)} refreshes, median {statistics.median(waited):.3f} s; training slowed by "
        + " and ".join(f"{100 * s:.1f} %" for s in slowed.mean(axis=0))
        + f"; the app took {np.mean(worked):.2f} of a core"
    )
    live = sum(PAGES[k % len(PAGES)] != "Aging" for k in range(VISITORS))
    assert len(waited) > 0.5 * live * TURNS * SECONDS  # each about once a second
    assert statistics.median(waited) < slowness()
    # The clock sees whatever else the machine does meanwhile; what the app takes of the two runs' cores is its own.
    assert np.mean(worked) / dispatcher.cluster.LEAST_WORKERS < 0.2


def test_thirty_who_drag_and_listen_cost_the_server_next_to_nothing(app, training):
    """On the Playground the browser draws and sounds by itself: the server is asked by the page's slow timers alone.

    That a drag and a song send nothing is tested in a browser (test_first_open.py).
    """
    pupils, teacher = [Visitor(app.port, "Playground") for _ in range(30)], Visitor(app.port, "Learning_curves")
    with app.visited(pupils):
        deadline = time.monotonic() + 180
        while any(np.isnan(pupil.opened) for pupil in pupils):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        before = app.seconds()
        time.sleep(SECONDS)
        worked = (app.seconds() - before) / SECONDS
        with app.visited([teacher]):
            time.sleep(SECONDS)
    print(
        f"Thirty on the Playground take {100 * worked:.1f} % of a core; {len(teacher.seconds)} refreshes of the "
        f"teacher's, median {statistics.median(teacher.seconds):.2f} s, at most {max(teacher.seconds):.2f} s"
    )
    assert worked < 0.05 * slowness()
    assert max(teacher.seconds) < slowness()


def test_the_apps_memory_is_steady_over_a_thousand_refreshes(app, training):
    visitors = [Visitor(app.port, page) for page in ("Learning_curves", "Runs", "", "Learning_curves")]

    def until(refreshes):
        deadline = time.monotonic() + 300
        while sum(len(visitor.seconds) for visitor in visitors) < refreshes:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        return app.memory()

    with app.visited(visitors, wait=False):
        used = [until(n) for n in range(REFRESHES // 4, REFRESHES + REFRESHES // 4 + 1, REFRESHES // 4)]
    print("MB after every 250 refreshes: " + ", ".join(f"{mb:.0f}" for mb in used))
    assert used[-1] < 1.05 * used[1]
    assert json.loads((training[0].path / "state.json").read_text(encoding="utf-8"))["status"] == "running"
