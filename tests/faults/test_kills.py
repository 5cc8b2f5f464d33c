"""Fifty kills with signal 9, over everything that is at work; each resumed run ends as the uninterrupted one.

The moments are random, from one seed, which a failure names: GLASSY_KILL_SEED tries others.
"""

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest
from shared import CONFIG, ROOT, contents, create, end_dispatcher, wait_for

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.runs.checkpoints import steps_in
from glassy_core.runs.store import RunStore

SEED = int(os.environ.get("GLASSY_KILL_SEED", "3"))

REPLACING = ("replace_file", "move", "_in_time", "_flush_directory")
WRITING_A_CHECKPOINT = ("write", *REPLACING)
PRUNING = ("prune", "_drop_state", "remove", *REPLACING, "remove_temporaries")
RECORDING = ("store", "append", "sync", "to_json", "__init__", "resume_point", "covers", "_covers", "_set_aside")
RECORDING += ("_heed_control", "_state")
QUEUEING = ("submit", "create", "resume", "prepare_to_resume", "write_state", "write_json", *REPLACING)
KILLS = {"training": 12, "checkpoint": 9, "pruning": 4, "recording": 11, "command line": 2}
KILLS |= {"queueing": 4, "resuming": 3, "worker": 3, "scheduler": 2}


class Fate:
    """Random moments of one kind of kill, and how to see them again."""

    def __init__(self, kind: str) -> None:
        self.random, self.kind, self.moments = random.Random(f"{SEED} {kind}"), kind, []

    def choose(self, moment):
        self.moments.append(moment)
        return moment

    def __repr__(self) -> str:
        return f"GLASSY_KILL_SEED={SEED}, kills of {self.kind}: {self.moments}"


@pytest.fixture
def fate(request):
    return Fate(request.node.name)


def test_there_are_fifty():
    assert sum(KILLS.values()) == 50


def test_killed_while_training(nursery, store, uninterrupted, fate):
    """At any instant, seen from outside, from before the first step on."""
    config = dataclasses.replace(CONFIG, steps=8000, record_every=50, checkpoint_every=400)
    whole = uninterrupted(config)
    run = create(store, config)
    size = len(whole["metrics.jsonl"])
    for share in sorted(fate.random.uniform(0, 0.6) for _ in range(KILLS["training"])):
        child = nursery.start("train", run.path)
        wait_for(lambda share=share: run.metrics_path.exists() and run.metrics_path.stat().st_size >= share * size)
        time.sleep(fate.choose(fate.random.uniform(0, 0.01)))
        assert child.kill() == -9, f"it ended before it was killed: {child.said} {fate}"
        assert run.state().status in ("queued", "interrupted"), fate
    assert nursery.start("train", run.path).wait() == 0, fate
    assert contents(run) == whole, fate


@pytest.mark.parametrize(
    ("kind", "functions", "lines"),
    [("checkpoint", WRITING_A_CHECKPOINT, 180), ("pruning", PRUNING, 500), ("recording", RECORDING, 250)],
)
def test_killed_between_two_statements(nursery, store, uninterrupted, fate, kind, functions, lines):
    """Before any of the lines that write a checkpoint, prune the earlier ones, or write a record."""
    run = create(store)
    for _ in range(KILLS[kind]):
        at_line = fate.choose(fate.random.randint(1, lines))
        child = nursery.start("train", run.path, die_in=functions, at_line=at_line)
        assert child.wait() == -9, f"{child.said} {fate}"
    child = nursery.start("train", run.path)
    assert child.wait() == 0, f"{child.said} {fate}"
    assert contents(run) == uninterrupted(), fate
    assert run.state().notice is None, fate  # no checkpoint was half written
    assert [path.name for path in run.checkpoints.iterdir() if path.name.startswith(".")] == []


def test_killed_on_the_command_line(store, fate, tmp_path):
    """As a user starts it, with full gradient descent."""
    settings = "--chorales 2 --depth 2 --width 4 --batch-size all --record-every 100 --checkpoint-every 500".split()
    settings += ["--steps", "20000", "--waiting-times", "600,9000"]
    process = command("train", *settings, "--runs-dir", tmp_path / "whole")
    assert process.wait(120) == 0
    (whole,) = RunStore(tmp_path / "whole").runs()
    process = command("train", *settings, "--runs-dir", store.directory)
    for _ in range(KILLS["command line"]):
        wait_for(lambda: store.runs() and store.runs()[0].is_locked())
        time.sleep(fate.choose(fate.random.uniform(0, 0.2)))
        process.kill()
        assert process.wait(30) == -9, f"it ended before it was killed: {fate}"
        (run,) = store.runs()
        process = command("resume", run.id, "--runs-dir", store.directory)
    assert process.wait(120) == 0, fate
    assert contents(run) == contents(whole), fate


def command(*arguments):
    return subprocess.Popen([sys.executable, "-m", "glassy_core", *map(str, arguments)], cwd=ROOT, stdout=-3, stderr=-3)


def test_killed_while_queueing(nursery, store, uninterrupted, fate):
    """A run is queued whole or not at all, and what the kill left behind is cleared away."""
    settings = json.dumps(dataclasses.asdict(CONFIG))
    for _ in range(KILLS["queueing"]):
        at_line = fate.choose(fate.random.randint(1, 47))  # all that there are
        child = nursery.start("submit", store.directory, settings, die_in=QUEUEING, at_line=at_line)
        assert child.wait() == -9, f"{child.said} {fate}"
    assert nursery.start("submit", store.directory, settings).wait() == 0
    for run in store.runs():
        assert (run.config(), run.state().status) == (CONFIG, "queued"), fate
        assert nursery.start("train", run.path).wait() == 0, fate
        assert contents(run) == uninterrupted(), fate
    drafts = list(store.directory.glob(".*.new"))
    assert drafts, fate
    store.clear_drafts()
    assert list(store.directory.glob(".*.new")) == drafts  # somebody may be writing there
    for draft in drafts:
        os.utime(draft, (0, 0))
    store.clear_drafts()
    assert list(store.directory.glob(".*.new")) == []


def test_killed_while_resuming(nursery, store, uninterrupted, fate):
    """The run stays as it was, or waits: it can always be resumed."""
    run = create(store)
    for _ in range(KILLS["resuming"]):
        run.request("stop")
        assert nursery.start("train", run.path).wait() == 0
        assert run.state().status == "stopped"
        child = nursery.start("resume", run.path, die_in=QUEUEING, at_line=fate.choose(fate.random.randint(1, 34)))
        assert child.wait() == -9, f"{child.said} {fate}"
        assert run.state().status in ("stopped", "queued"), fate
        if run.state().status == "stopped":
            assert nursery.start("resume", run.path).wait() == 0, fate
    assert nursery.start("train", run.path).wait() == 0, fate
    assert contents(run) == uninterrupted(), fate


@pytest.fixture
def served(store):
    yield store
    end_dispatcher(store)
    print((store.directory / ".dispatcher" / "log.txt").read_text(encoding="utf-8"))  # shown where the test failed


def test_killed_workers_and_schedulers(served, uninterrupted, fate):
    """The dispatcher starts a new worker for a dead one; the restarted app a new dispatcher, with its scheduler."""
    config = dataclasses.replace(CONFIG, steps=40_000, record_every=500, checkpoint_every=1000, valid_every=2000)
    store = served
    run = dispatcher.submit(store, config, load_edition("corpus").digest)
    victims = ["worker"] * KILLS["worker"] + ["scheduler"] * KILLS["scheduler"]
    fate.random.shuffle(victims)
    for victim in victims:
        before = steps_in(run.checkpoints)[-1:]
        wait_for(lambda before=before: run.is_locked() and steps_in(run.checkpoints)[-1:] > before, pause=0.01)
        wait_for(lambda: run.state().status == "running" and psutil.pid_exists(run.state().pid))
        time.sleep(fate.choose(fate.random.uniform(0, 0.1)))
        assert run.state().status == "running", f"it ended before it was killed: {fate}"
        if victim == "worker":
            os.kill(run.state().pid, signal.SIGKILL)
        else:
            end_dispatcher(store, signal.SIGKILL)  # its workers have to notice by themselves
            assert run.state().status == "interrupted"
            dispatcher.ensure_dispatcher(store)  # as the restarted app does
    wait_for(lambda: run.state().status == "finished", pause=0.05)
    assert contents(run) == uninterrupted(config), fate
