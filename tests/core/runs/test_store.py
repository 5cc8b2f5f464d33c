"""The run store: what it holds, what it refuses, what survives."""

import json
import os
import platform
import sys
import time
from dataclasses import replace
from pathlib import PureWindowsPath

import pytest

from glassy_core.jobs import dispatcher
from glassy_core.runs import store as store_module
from glassy_core.runs.checkpoints import CheckpointError, path_of, write
from glassy_core.runs.resuming import latest_snapshot
from glassy_core.runs.run import RunBusyError, RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.records import fresh

CONFIG = RunConfig(depth=2, width=5, name="mine", steps=100)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def run(store):
    return store.create(CONFIG, "digest")


def test_a_new_run_is_whole_from_its_first_instant(store, run):
    assert run.config() == CONFIG
    assert run.origin()["edition_digest"] == "digest"
    assert set(run.origin()["versions"]) >= {"glassy", "torch"}
    assert run.state().status == "queued"
    assert [r.id for r in store.runs()] == [run.id]
    assert store.get(run.id) == store.get(run.id[:20]) == run


@pytest.mark.parametrize("name", ["../x", "a/b", "", "<script>", "nothing", ".trash"])
def test_ids_lead_nowhere_but_into_the_store(store, run, name):
    with pytest.raises(RunError):
        store.get(name)


def test_an_ambiguous_beginning_is_refused(store, run):
    store.create(CONFIG, "digest")
    with pytest.raises(RunError, match="2 runs begin"):
        store.get(run.id[:4])


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"width": 0}', b'{"format": 99}', b'{"colour": 1}'])
def test_a_run_without_a_usable_config_is_named_and_kept(store, run, content):
    path = run.path / "config.json"
    path.unlink() if content is None else path.write_bytes(content)
    if content == b'{"colour": 1}':  # settings of ours are read, others passed over
        assert run.config() == RunConfig()
        return
    with pytest.raises(RunError, match=run.id):
        run.config()
    assert [r.id for r in store.runs()] == [run.id]
    run.write_state(replace(run.state(), status="stopped"))
    store.delete(run)
    assert store.runs() == []


def test_status_follows_the_heartbeat_and_the_lock(run):
    def write(host, seconds_ago):
        run.write_state(replace(run.state(), status="running", host=host))
        os.utime(run.path / "state.json", (time.time() - seconds_ago,) * 2)

    here = platform.node()
    write(here, 0)
    assert run.state().status == "interrupted"  # a fresh heartbeat, but nobody holds the lock
    with run.locked():
        assert run.state().status == "running"
        write(here, 60)
        assert run.state().status == "stalled"
    write("elsewhere", 0)
    assert run.state().status == "running"  # another machine's lock may not be seen here: the heartbeat counts
    write("elsewhere", 60)
    assert run.state().status == "interrupted"


@pytest.mark.parametrize("content", [b"", b"{", b'{"status": "lost"}', b'{"heartbeat": "now"}', b'{"step": null}'])
def test_an_unreadable_state_breaks_nothing(run, content):
    (run.path / "state.json").write_bytes(content)
    assert run.state().status in ("queued", "failed")


def test_two_processes_cannot_train_one_run(run):
    with run.locked(), pytest.raises(RunBusyError, match="another process"), run.locked():
        pass
    with run.locked():
        pass


def test_names_tags_and_notes(run):
    assert run.about() == {"name": "mine", "tags": [], "note": ""}
    run.describe(name=" w=24 (near), seed 0 ", tags=["b", "a", ""], note="<b>as typed</b>")
    assert run.about() == {"name": "w=24 (near), seed 0", "tags": ["a", "b"], "note": "<b>as typed</b>"}
    for name in ("../x", "<script>", "x" * 81):
        with pytest.raises(ConfigError, match="name"):
            run.describe(name=name)
    with pytest.raises(ConfigError, match="2001 characters"):
        run.describe(note="x" * 2001)
    assert run.about()["name"] == "w=24 (near), seed 0"
    assert json.loads((run.path / "config.json").read_text(encoding="utf-8"))["name"] == "mine"  # never changed


def test_deleting_can_be_undone_and_is_blocked_while_running(store, run):
    with pytest.raises(RunError, match="stop it before"):
        store.delete(run)  # queued
    run.write_state(replace(run.state(), status="finished"))
    with run.locked(), pytest.raises(RunError, match="stop it before"):
        store.delete(run)
    store.delete(run)
    assert store.runs() == []
    assert [r.id for r in store.deleted()] == [run.id]
    assert store.restore(run.id).config() == CONFIG
    store.delete(run)
    store.empty_trash()
    assert store.deleted() == []


def test_the_last_whole_checkpoint_is_taken(run):
    assert latest_snapshot(run) == (None, {})
    for step in (0, 256):
        write(run.checkpoints, replace(fresh(CONFIG), step=step))
    damaged = path_of(run.checkpoints, 512)
    damaged.write_bytes(b"torn")
    snapshot, damaged = latest_snapshot(run)
    assert snapshot.step == 0  # 256 has no deltas: it is a milestone to look at
    assert list(damaged) == ["step-000000000512.safetensors"]
    path_of(run.checkpoints, 0).unlink()
    with pytest.raises(CheckpointError, match="cannot be resumed"):
        latest_snapshot(run)


def test_stopping_and_resuming_a_queued_run(store, run, monkeypatch):
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)  # nothing is to train it here
    dispatcher.stop(run)
    assert run.state().status == "stopped"
    with pytest.raises(RunError, match="nothing to stop"):
        dispatcher.stop(run)
    dispatcher.resume(store, run, steps=500, eta=0.1)
    assert (run.state().status, run.state().steps, run.requested_eta()) == ("queued", 500, 0.1)
    with pytest.raises(RunError, match="already"):
        dispatcher.resume(store, run)
    dispatcher.stop(run)
    with pytest.raises(ConfigError, match="eta"):
        dispatcher.resume(store, run, eta=-3)
    assert run.state().status == "stopped"


def test_a_finished_run_wants_more_steps(store, run, monkeypatch):
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)
    run.write_state(replace(run.state(), status="finished", step=100))
    with pytest.raises(RunError, match="give it more steps"):
        dispatcher.resume(store, run)
    for steps in (-5, 10**10):  # as a new run's
        with pytest.raises(ConfigError, match=f"steps is {steps}: it must be from 1 to 1000000000"):
            dispatcher.resume(store, run, steps=steps)
    assert (run.state().status, run.state().steps) == ("finished", 100)
    dispatcher.resume(store, run, steps=101)
    assert run.state().steps == 101


def test_a_locked_run_is_asked_to_stop(run):
    with run.locked():
        run.write_state(replace(run.state(), status="running", heartbeat=time.time()))
        dispatcher.stop(run, pause=True)
    assert run.requested("pause")
    run.clear_request("pause")
    assert not run.requested("pause")


def test_on_windows_a_run_is_moved_to_the_trash_once_its_lock_is_let_go(store, run, monkeypatch):
    """Windows moves no directory with an open file; and so none of a run that was taken up in that moment."""
    run.write_state(replace(run.state(), status="stopped"))
    moved = []
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(store_module, "move", lambda source, target: moved.append((source, target, run.is_locked())))
    store.delete(run)
    assert moved == [(run.path, store.directory / ".trash" / run.id, False)]

    def refuse(source, target):
        raise PermissionError(13, "Access is denied", str(source))

    monkeypatch.setattr(store_module, "move", refuse)
    with pytest.raises(RunError, match="is running"):
        store.delete(run)


def test_a_run_is_named_by_its_id_or_by_its_directory(store, run):
    for name in (run.id, f"{run.id}/", str(run.path), f"{run.path}/", run.id[:22]):
        assert store.get(name) == run
    for name in (f"elsewhere/{run.id}", f"{store.directory}/x/{run.id}", str(store.directory)):
        with pytest.raises(RunError):
            store.get(name)


def test_on_windows_no_name_leads_out_of_the_store(store, monkeypatch):
    monkeypatch.setattr(store_module, "Path", PureWindowsPath)
    for name in ("a\\b", "..\\x", "C:x", "C:\\x", "\\x", "x\\"):
        with pytest.raises(RunError, match="not a run's id"):
            store.named(name)
