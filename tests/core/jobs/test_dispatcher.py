"""The queue and its dispatcher, with real worker processes. Kills are in tests/faults."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.jobs import queue as waiting
from glassy_core.jobs.cluster import LEAST_WORKERS
from glassy_core.jobs.execution import execute
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from tests.faults.shared import end_dispatcher
from tests.processes import has_ended, in_time

CONFIG = RunConfig(depth=2, width=8, eta=5e-3, chorales=6, steps=4000, record_every=100, checkpoint_every=500)


def wait_for(condition, seconds=90):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store, whose dispatcher starts with the first run and goes on from test to test."""
    store = RunStore(tmp_path_factory.mktemp("dispatched") / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "500ms")  # a user's own; see the test of sleep
        yield store
    end_dispatcher(store)


def digest():
    return load_edition("corpus").digest


def same_result(run, config, tmp_path):
    """The run's records equal those of the same run trained here without interruption."""
    alone = RunStore(tmp_path / "alone").create(config, digest())
    execute(alone)
    return run.metrics_path.read_bytes() == alone.metrics_path.read_bytes()


def test_queued_runs_are_trained_and_stopped(store, tmp_path):
    runs = [dispatcher.submit(store, dataclasses.replace(CONFIG, seed=seed), digest()) for seed in range(2)]
    endless = dispatcher.submit(store, dataclasses.replace(CONFIG, steps=10**8), digest())
    wait_for(lambda: all(run.state().status == "finished" for run in runs))
    wait_for(lambda: endless.state().step > 0)
    status = dispatcher.dispatcher_status(store)
    assert status.alive
    assert len(status.workers) >= 2
    assert status.local
    dispatcher.stop(endless)
    wait_for(lambda: endless.state().status == "stopped", seconds=30)
    assert same_result(runs[1], dataclasses.replace(CONFIG, seed=1), tmp_path)


def test_a_run_stopped_while_it_waits_for_a_worker_is_not_trained(store):
    endless = dataclasses.replace(CONFIG, steps=10**8)
    seeds = range(max(LEAST_WORKERS, os.cpu_count() or 1))
    busy = [dispatcher.submit(store, dataclasses.replace(endless, seed=seed), digest()) for seed in seeds]
    wait_for(lambda: all(run.state().step > 0 for run in busy))
    waits = dispatcher.submit(store, endless, digest())
    time.sleep(2 * dispatcher.LOOK_EVERY)
    dispatcher.stop(waits)
    for run in busy:
        dispatcher.stop(run)
    wait_for(lambda: not any(run.is_locked() for run in busy))
    done = dispatcher.submit(store, dataclasses.replace(CONFIG, steps=20), digest())
    wait_for(lambda: done.state().status == "finished")  # the queue has gone on
    assert waits.state().status == "stopped"
    assert waits.state().step == 0
    assert {run.state().status for run in busy} == {"stopped"}  # none is taken up again


def test_the_limit_and_the_order_of_the_queue_are_kept(store):
    waiting.set_limit(store, 1)
    runs = [dispatcher.submit(store, dataclasses.replace(CONFIG, steps=1500, seed=seed), digest()) for seed in range(4)]
    wait_for(lambda: runs[0].state().status == "running")  # the first that was queued
    waiting.move(store, [runs[3].id], to_front=True)
    begun = [0]

    def all_finished():
        states = [run.state() for run in runs]
        assert sum(state.status == "running" for state in states) <= 1
        begun.extend(k for k, state in enumerate(states) if state.status == "running" and k != begun[-1])
        return all(state.status == "finished" for state in states)

    wait_for(all_finished, 180)
    waiting.set_limit(store, 0)
    order = sorted(range(4), key=lambda k: runs[k].state().heartbeat)
    assert order == [0, 3, 1, 2]
    assert begun == [k for k in order if k in begun]


def test_a_failed_run_says_why_and_the_queue_goes_on(store):
    bad = dispatcher.submit(store, CONFIG, "the digest of another file")
    good = dispatcher.submit(store, dataclasses.replace(CONFIG, steps=500), digest())
    wait_for(lambda: bad.state().status == "failed" and good.state().status == "finished")
    assert "another version of the corpus edition" in bad.state().error


def test_a_worker_that_slept_trains_on(store):
    """As after a machine's suspension: for the scheduler it was silent for long."""
    run = dispatcher.submit(store, dataclasses.replace(CONFIG, steps=10**8), digest())
    wait_for(lambda: run.state().step > 0)
    before = run.state()
    os.kill(before.pid, signal.SIGSTOP)
    time.sleep(7)  # the scheduler asks ten heartbeats later at the earliest
    os.kill(before.pid, signal.SIGCONT)
    wait_for(lambda: run.state().step > before.step + 2000)
    assert run.state().pid == before.pid
    dispatcher.stop(run)
    wait_for(lambda: run.state().status == "stopped")


def test_nothing_waits_nothing_runs(tmp_path):
    """Processes come with the first run, and are gone a while after the last."""
    store = RunStore(tmp_path / "runs")
    dispatcher.dispatch(store)  # returns at once
    assert not dispatcher.dispatcher_status(store).pid
    run = store.create(dataclasses.replace(CONFIG, steps=20), digest())
    soon = (
        "import pathlib; from glassy_core.jobs import dispatcher; from glassy_core.runs.store import RunStore\n "
        f"dispatcher.IDLE_EXIT = 0.5; dispatcher.dispatch(RunStore(pathlib.Path({str(store.directory)!r})))"
    )
    process = subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__':\n {soon}"], start_new_session=True)
    family = set()

    def ended():
        with suppress(psutil.NoSuchProcess):
            family.update(psutil.Process(process.pid).children(recursive=True))
        return process.poll() is not None

    wait_for(ended)
    assert process.returncode == 0
    assert run.state().status == "finished"
    assert len(family) >= 2  # a worker and its keeper
    assert in_time(lambda: all(map(has_ended, family)), 10.0)
    assert not dispatcher.dispatcher_status(store).alive


def test_a_batch_in_lockstep_equals_the_runs_alone(store, tmp_path):
    configs = [
        dataclasses.replace(CONFIG, engine="torch", steps=120, width=w, eta=eta, seed=w, waiting_times=(50,))
        for w, eta in ((5, 4e-3), (8, 2e-3))
    ]
    batch = [store.create(config, digest()) for config in configs]
    assert [state.status for state in execute(batch)] == ["finished", "finished"]
    for run, config in zip(batch, configs, strict=True):
        alone = RunStore(tmp_path / "alone").create(config, digest())
        execute(alone)
        for mine, other in zip(run.metrics(), alone.metrics(), strict=True):
            # Padded sums are added in another order, so rounding may differ a little.
            assert mine[1] == pytest.approx(other[1], rel=1e-3, abs=1e-9)
        assert run.aging_path.read_bytes().count(b"\n") == alone.aging_path.read_bytes().count(b"\n")
