"""The README's lines for a cluster, word for word, and what is said where a worker does not find glassy."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import cluster, dispatcher
from glassy_core.jobs.cluster import ClusterError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

ROOT = Path(__file__).resolve().parents[3]
SHARED, PYTHON = "/shared/scheduler.json", ".venv/bin/python"
CONFIG = RunConfig(width=8, eta=5e-3, chorales=6, steps=300)

pytestmark = pytest.mark.posix


def lines():
    """The commands under the README's heading, as they stand there."""
    section = re.search(
        r"## On a cluster\n(.*?)(\n## |\Z)", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    return re.findall(r"^    (\S.*)$", section.group(1), re.MULTILINE)


def wait_for(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.2)


@pytest.fixture
def typed(tmp_path):
    """Starts a line as a shell would, in glassy's directory; only the shared place and the environment are here's."""
    started = []

    def start(line, **options):
        words = shlex.split(line.replace(SHARED, str(tmp_path / "scheduler.json")).replace(PYTHON, sys.executable))
        with open(tmp_path / "log.txt", "ab") as log:
            process = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log, start_new_session=True, **options)
        started.append(process)

    yield start
    for process in reversed(started):
        os.killpg(process.pid, signal.SIGTERM)  # a worker and its nanny
    for process in started:
        process.wait(60)


@pytest.fixture
def scheduled(typed, tmp_path):
    """The README's scheduler; its file, once it is there."""
    typed(lines()[0])
    file = tmp_path / "scheduler.json"
    wait_for(file.exists)
    return file


def test_the_lines_train_a_run(typed, scheduled, tmp_path, monkeypatch):
    _, worker, app = lines()
    typed(worker)
    variable, place = app.split()[0].split("=")
    assert (variable, place, app.split()[1:]) == (cluster.VARIABLE, SHARED, ["make", "run"])
    monkeypatch.setenv(variable, str(scheduled))
    store = RunStore(tmp_path / "runs")
    run = dispatcher.submit(store, CONFIG, load_edition("corpus").digest)
    try:
        wait_for(lambda: run.state().status == "finished")
        status = dispatcher.dispatcher_status(store)
        assert (status.local, len(status.workers), status.workers[0].threads) == (False, 1, 1)
    finally:
        if dispatcher.dispatcher_status(store).alive:
            os.kill(dispatcher.dispatcher_status(store).pid, signal.SIGTERM)


def test_a_worker_that_does_not_find_glassy_is_told_how_to(typed, scheduled):
    script = Path(sys.executable).parent / "dask"
    typed(f"{script} worker --scheduler-file {scheduled} --nthreads 1")
    address = cluster.address_of(str(scheduled))

    def said():
        try:
            with cluster.connected(address):
                return ""
        except ClusterError as error:
            return str(error)

    wait_for(lambda: said(), 120)
    assert "No module named 'glassy_core'" in said()
    assert said().endswith("by `python -m dask worker`, since `dask worker` does not look there.")
