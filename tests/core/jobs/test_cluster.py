"""A cluster as somebody else starts it: a scheduler and two workers on loopback, killed and restarted."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.jobs import cluster, dispatcher
from glassy_core.jobs.cluster import ClusterError
from glassy_core.jobs.execution import execute
from glassy_core.jobs.sweeps import expand
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

ROOT = Path(__file__).resolve().parents[3]
CONFIG = RunConfig(width=8, eta=5e-3, chorales=6, steps=12_000, record_every=200, checkpoint_every=1000)


def wait_for(condition, seconds=600):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.1)


class Cluster:
    """Dask's own commands, as a reader would type them."""

    def __init__(self, directory):
        self.directory, self.file = directory, directory / "scheduler.json"
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.processes = []
        self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def _start(self, *words):
        with open(self.directory / "log.txt", "ab") as log:
            self.processes.append(
                subprocess.Popen([sys.executable, "-m", "dask", *words], cwd=ROOT, stdout=log, stderr=log)
            )
        return self.processes[-1]

    def start_scheduler(self):
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--scheduler-file", str(self.file))
        self.scheduler = self._start("scheduler", *where, "--no-dashboard")

    def start_worker(self):
        return self._start("worker", f"tcp://127.0.0.1:{self.port}", "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait(30)


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    status = dispatcher.dispatcher_status(store)
    if status.alive:
        os.kill(status.pid, signal.SIGKILL)


@pytest.fixture
def real(tmp_path, store, monkeypatch):
    """The cluster, which $GLASSY_SCHEDULER names by its scheduler file."""
    found = Cluster(tmp_path)
    monkeypatch.setenv(cluster.VARIABLE, str(found.file))
    yield found
    found.close()


def sweep(store, steps=CONFIG.steps):
    """Two depths and two widths, queued."""
    digest = load_edition("corpus").digest
    configs = expand(dataclasses.replace(CONFIG, steps=steps), [1, 2], [6, 8], [0])
    return {config: dispatcher.submit(store, config, digest) for config in configs}


def all_finished(runs):
    return all(run.state().status == "finished" for run in runs.values())


def same_as_uninterrupted(run, config, tmp_path):
    alone = RunStore(tmp_path / "alone").create(config, load_edition("corpus").digest)
    execute(alone)
    return run.metrics_path.read_bytes() == alone.metrics_path.read_bytes()


def at_work(runs):
    return [run for run in runs.values() if run.state().status == "running" and run.state().step > 1500]


def test_a_sweep_on_a_cluster_survives_the_kill_of_a_worker_and_of_the_scheduler(store, real, tmp_path):
    runs = sweep(store)
    wait_for(lambda: len(at_work(runs)) == 2)
    status = dispatcher.dispatcher_status(store)
    assert not status.local
    assert len(status.workers) == 2
    assert {run for worker in status.workers for run in worker.runs} == {run.id for run in at_work(runs)}
    hit = at_work(runs)[0]
    assert hit.state().pid in {worker.pid for worker in real.workers}  # it is trained there and nowhere else
    os.kill(hit.state().pid, signal.SIGKILL)
    real.workers.append(real.start_worker())
    wait_for(lambda: hit.state().pid in {worker.pid for worker in real.workers[2:]} or hit.state().status == "finished")
    others = [run for run in at_work(runs) if run.id != hit.id]
    real.scheduler.send_signal(signal.SIGKILL)
    wait_for(lambda: dispatcher.dispatcher_status(store).problem)
    real.start_scheduler()  # its workers ended with it, as Dask's do
    real.workers = [real.start_worker() for _ in range(2)]
    wait_for(lambda: all_finished(runs))
    assert dispatcher.dispatcher_status(store).pid == status.pid
    assert dispatcher.dispatcher_status(store).problem == ""
    for run in (hit, *others[:1]):
        (config,) = [config for config, other in runs.items() if other.id == run.id]
        assert same_as_uninterrupted(run, config, tmp_path)


def test_a_cluster_that_is_not_there_yet_is_waited_for(store, tmp_path, monkeypatch):
    file = tmp_path / "scheduler.json"
    monkeypatch.setenv(cluster.VARIABLE, str(file))
    runs = sweep(store, steps=300)
    wait_for(lambda: "no such scheduler file" in dispatcher.dispatcher_status(store).problem)
    assert dispatcher.dispatcher_status(store).alive
    assert {run.state().status for run in runs.values()} == {"queued"}
    found = Cluster(tmp_path)
    try:
        wait_for(lambda: all_finished(runs))
    finally:
        found.close()


def test_a_run_that_a_lost_cluster_never_began_is_not_given_up(store, tmp_path, monkeypatch):
    """Not even after more losses than an interrupted run has tries: it was given out each time, to no worker."""
    monkeypatch.setattr(dispatcher, "RETRY_EVERY", 0.0)
    monkeypatch.setattr(dispatcher, "LOOK_EVERY", 0.0)
    monkeypatch.setattr(dispatcher, "IDLE_EXIT", 1.0)  # where nothing waits any more
    run = store.create(CONFIG, load_edition("corpus").digest)
    served, given_out = dispatcher._Dispatcher(store, local=False), []

    class Client:
        """Of a scheduler that is lost as soon as it has the task."""

        def submit(self, *_, key, **__):
            given_out.append(key)
            if len(given_out) > 2 * dispatcher.MOST_TRIES:
                monkeypatch.setattr(served, "_is_wanted", lambda: False)

    @contextmanager
    def connected(address):
        yield Client()

    def workers(client, address):
        if served.futures:
            raise ClusterError("gone")
        return []

    monkeypatch.setattr(cluster, "connected", connected)
    monkeypatch.setattr(cluster, "workers", workers)
    served.serve_given("tcp://127.0.0.1:9")
    assert len(given_out) > 2 * dispatcher.MOST_TRIES
    assert run.state().status == "queued"


def test_a_worker_that_ends_while_it_is_spoken_to_is_replaced():
    """Killed in the middle of a word, while the cluster grows: it had ended the dispatcher, and the runs waited."""
    with cluster.local() as own, cluster.connected(own.scheduler_address) as client:
        (pid,) = client.run(os.getpid).values()
        os.kill(pid, signal.SIGSTOP)  # the word reaches it, and no answer comes
        killer = threading.Timer(1.0, os.kill, (pid, signal.SIGKILL))
        killer.start()
        cluster.grow(own, client)
        killer.join()
        size = max(os.cpu_count() or 1, cluster.LEAST_WORKERS)
        wait_for(lambda: pid not in (pids := client.run(os.getpid, on_error="ignore").values()) and len(pids) == size)


def test_a_worker_that_does_not_see_the_store_says_so(tmp_path):
    with pytest.raises(Exception, match=r"has no run some-run: a cluster must share runs/ under one path"):
        dispatcher.train_run(str(tmp_path), "some-run")


def test_where_the_scheduler_is(tmp_path):
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": "tcp://10.0.0.1:8786", "workers": {}}), encoding="utf-8")
    assert cluster.address_of(str(file)) == cluster.address_of("tcp://10.0.0.1:8786") == "tcp://10.0.0.1:8786"
    for text in ("{}", "[", '{"address": 3}'):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ClusterError, match="no such scheduler file"):
            cluster.address_of(str(file))


def test_a_scheduler_that_does_not_answer_is_one_sentence(monkeypatch):
    monkeypatch.setattr(cluster, "ANSWERS_WITHIN", 0.5)
    with pytest.raises(ClusterError, match="does not answer"), cluster.connected("tcp://127.0.0.1:9"):
        pass


def test_where_this_machine_can_have_no_workers_the_queue_says_why(store, monkeypatch, capsys):
    """As with no place for temporary files: the run waited, and no word said for what."""

    def refusing(**_):
        raise RuntimeError("Cluster failed to start") from FileNotFoundError(2, "No usable temporary directory")

    monkeypatch.delenv(cluster.VARIABLE, raising=False)
    monkeypatch.setattr("distributed.LocalCluster", refusing)
    run = store.create(CONFIG, load_edition("corpus").digest)
    with pytest.raises(ClusterError, match=r"cannot be started \(.*No usable temporary directory\).* TMPDIR names"):
        dispatcher.dispatch(store)
    status = dispatcher.dispatcher_status(store)
    assert (status.alive, run.state().status) == (False, "queued")
    assert "No usable temporary directory" in status.problem
    assert main(["queue", "--runs-dir", str(store.directory)]) == 0
    assert status.problem in capsys.readouterr().out
