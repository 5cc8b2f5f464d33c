"""Two workers on one run, two tabs, two apps on one store, two clocks."""

import dataclasses
import os
import platform
import signal
import subprocess
import sys
import time

import pytest
from nursery import FAILED
from shared import CONFIG, ROOT, contents, create, end_dispatcher, wait_for

from glassy_core.jobs import dispatcher, queue
from glassy_core.runs import run as run_module
from glassy_core.runs.checkpoints import steps_in
from glassy_core.runs.run import Run, RunError

ENDLESS = dataclasses.replace(CONFIG, steps=10**8, record_every=1000, checkpoint_every=1000, waiting_times=())
AN_HOUR = 3600.0


def test_several_workers_on_one_run(nursery, store, uninterrupted):
    """One trains it, the others leave it alone; when that one is killed another can take it up."""
    run = create(store, steps=8000, record_every=50, checkpoint_every=400)
    workers = [nursery.start("train", run.path) for _ in range(4)]
    wait_for(lambda: run.state().status == "running")
    (at_work,) = (worker for worker in workers if worker.pid == run.state().pid)
    os.kill(at_work.pid, signal.SIGSTOP)  # it holds the run for as long as the others try
    for worker in workers:
        if worker is not at_work:
            assert worker.wait() == FAILED
            assert "is being trained by another process" in worker.said
    assert at_work.kill() == -9
    workers = [nursery.start("train", run.path) for _ in range(3)]
    for worker in workers:
        assert worker.wait() == 0 or "is being trained by another process" in worker.said
    assert contents(run) == uninterrupted(run.config())


def test_a_run_that_ended_while_a_worker_waited_for_it_is_not_taken_up_again(store, monkeypatch):
    """Between a worker's look at the state and its hold of the lock another one may train and stop the run."""
    run = create(store)
    locked = Run.locked

    def stopped_meanwhile(self):
        self.write_state(dataclasses.replace(self.state(), status="stopped"))
        return locked(self)

    monkeypatch.setattr(Run, "locked", stopped_meanwhile)
    assert dispatcher.train_run(str(store.directory), run.id) == "stopped"
    assert run.state().step == 0


# Two tabs: two sessions of the pages.


def said(elements):
    return " ".join(element.value.replace("\\", "") for element in elements)


@pytest.fixture
def stopped(store):
    run = create(store, name="shared")
    run.write_state(dataclasses.replace(run.state(), status="stopped"))
    return run


def tab_on(open_page, store, run):
    return open_page(store, selected=run.id)


def test_what_one_tab_writes_is_not_undone_by_the_other(open_page, store, stopped):
    one, two = (tab_on(open_page, store, stopped) for _ in range(2))
    one.text_area(key=f"note-{stopped.id}").set_value("written in the first tab")
    one.button(key=f"save-{stopped.id}").click().run()
    two.text_input(key=f"name-{stopped.id}").set_value("named in the second")
    two.button(key=f"save-{stopped.id}").click().run()
    assert stopped.about() == {"name": "named in the second", "tags": [], "note": "written in the first tab"}
    assert two.text_area(key=f"note-{stopped.id}").value == "written in the first tab"


def test_two_tabs_that_change_the_same_words(open_page, store, stopped):
    """The second is told what stands there now; it may write over it knowingly."""
    one, two = (tab_on(open_page, store, stopped) for _ in range(2))
    for tab, note in ((one, "first"), (two, "second")):
        tab.text_area(key=f"note-{stopped.id}").set_value(note)
        tab.button(key=f"save-{stopped.id}").click().run()
        assert not tab.exception
    assert stopped.about()["note"] == "first"
    assert "was changed elsewhere meanwhile, to 'first'" in said(two.error)
    assert two.text_area(key=f"note-{stopped.id}").value == "second"  # nothing typed is lost
    two.button(key=f"save-{stopped.id}").click().run()
    assert stopped.about()["note"] == "second"


def test_two_tabs_that_steer_one_run(open_page, store, stopped):
    one, two = (tab_on(open_page, store, stopped) for _ in range(2))
    for tab in (one, two):
        tab.button(key="resume").click().run()
    assert "is queued already" in said(two.error)
    one.run()
    for tab, key in ((one, "stop"), (two, "stop")):
        tab.run()
        if key in [button.key for button in tab.button]:
            tab.button(key=key).click().run()
        assert not tab.exception
    assert stopped.state().status == "stopped"


def test_one_tab_deletes_what_the_other_changes(open_page, store, stopped):
    one, two, three = (tab_on(open_page, store, stopped) for _ in range(3))
    one.button(key="delete").click().run()
    two.text_input(key=f"name-{stopped.id}").set_value("too late")
    two.button(key=f"save-{stopped.id}").click().run()
    assert not two.exception
    assert f"There is no run '{stopped.id}' any more" in said(two.error)
    three.button(key="resume").click().run()
    assert not three.exception
    assert "any more" in said(three.error)
    assert store.deleted()[0].about()["name"] == "shared"
    one.button(key="undo").click().run()
    assert store.get(stopped.id).state().status == "stopped"


def test_a_run_is_not_deleted_under_a_worker_that_takes_it_up(store, stopped, monkeypatch):
    with stopped.locked(), pytest.raises(RunError, match="stop it before deleting"):
        store.delete(stopped)
    assert store.runs() == [stopped]


# Two apps: two dispatchers on one store.


def test_two_apps_on_one_store(store, uninterrupted):
    """Their dispatchers start in one moment: one serves, the other ends, each run is trained once."""
    made = [create(store, seed=seed) for seed in range(3)]
    command = [sys.executable, "-m", "glassy_core", "dispatch", "--runs-dir", str(store.directory)]
    apps = [subprocess.Popen(command, cwd=ROOT, start_new_session=True, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        wait_for(lambda: any(app.poll() is not None for app in apps), pause=0.05)
        (ended,) = (app for app in apps if app.poll() is not None)
        assert ended.returncode == 0
        wait_for(lambda: all(run.state().status == "finished" for run in made), pause=0.05)
        status = dispatcher.dispatcher_status(store)
        assert status.alive
        assert status.pid in {app.pid for app in apps} - {ended.pid}
        dispatcher.ensure_dispatcher(store)  # a third app finds it at work
        dispatcher.dispatch(store)  # returns at once
        assert dispatcher.dispatcher_status(store).pid == status.pid
    finally:
        end_dispatcher(store)
        for app in apps:
            app.kill()
            app.wait()
    for run in made:
        assert contents(run) == uninterrupted(run.config())


# Two clocks: the machine that trains, and the one that reads.


@pytest.mark.parametrize("lock_seen", [True, False], ids=["lock seen", "lock not seen"])
@pytest.mark.parametrize("ahead", [AN_HOUR, -AN_HOUR], ids=["ahead", "behind"])
@pytest.mark.parametrize("whose", ["trains", "reads"])
def test_a_clock_that_is_an_hour_off(nursery, store, monkeypatch, whose, ahead, lock_seen):
    """A living run of another machine is running, a dead one is not, whatever the clocks say."""
    run = create(store, ENDLESS)
    clock = ahead if whose == "trains" else 0.0
    child = nursery.start("train", run.path, host="elsewhere", clock=clock)
    wait_for(lambda: len(steps_in(run.checkpoints)) > 1 and run.state().host == "elsewhere")
    if whose == "reads":
        true_time = time.time
        monkeypatch.setattr(time, "time", lambda: true_time() + ahead)
    else:
        assert abs(run.state().heartbeat - time.time() - ahead) < 60  # its clock is really off
    if not lock_seen:  # as on a file system that keeps locks to each machine
        monkeypatch.setattr(Run, "is_locked", lambda self: False)
    assert run.state().status == "running"
    assert list(queue.look(store).waiting) == []  # it is not given to a second worker
    child.kill()
    monkeypatch.setattr(run_module, "STALE_AFTER", 0.5)
    time.sleep(0.6)
    assert run.state().status == "interrupted"
    assert list(queue.look(store).waiting) == [run]


def test_a_clock_that_is_set_while_it_trains_ends_nothing(nursery, store):
    """A run of this machine is told by its lock."""
    run = create(store, ENDLESS)
    child = nursery.start("train", run.path, clock=-AN_HOUR)
    wait_for(lambda: len(steps_in(run.checkpoints)) > 1)
    assert run.state().status == "running"
    assert run.state().host == platform.node()
    run.request("stop")
    assert child.wait() != FAILED
    assert run.state().status == "stopped"
