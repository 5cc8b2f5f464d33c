"""The queue on the disk: its order, its limit, and what it makes of nonsense."""

import dataclasses
import json
import os

import pytest

from glassy_core.commands.main import main
from glassy_core.jobs import queue
from glassy_core.jobs.sweeps import expand
from glassy_core.runs.run import RunError
from glassy_core.runs.state import State
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

BASE = RunConfig(eta=5e-3, chorales=8)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def made(store, widths, status="queued"):
    """Runs queued one second after the other, all made within one second of the clock."""
    runs = [store.create(dataclasses.replace(BASE, width=width), "digest") for width in widths]
    for k, run in enumerate(runs):
        run.write_state(State(status, steps=1000, heartbeat=1e9 + k))
    return runs


def order(store):
    return [run.config().width for run in queue.look(store).waiting]


def test_runs_start_as_they_were_queued_not_as_their_ids_sort(store):
    made(store, [84, 9, 60, 8])
    assert order(store) == [84, 9, 60, 8]


def test_a_sweep_starts_with_its_widest_networks(store):
    for config in expand(BASE, [1], [6, 84, 8, 24], [0]):
        store.create(config, "digest")
    assert order(store) == [84, 24, 8, 6]


def test_an_interrupted_run_goes_first_and_a_resumed_one_last(store):
    runs = made(store, [10, 20, 30])
    runs[1].write_state(State("running", steps=1000, heartbeat=1e9 + 500, host="gone"))
    os.utime(runs[1].path / "state.json", (0, 0))  # nothing was written for long
    runs[0].write_state(State("queued", steps=1000, heartbeat=1e9 + 600))
    assert order(store) == [20, 30, 10]


def test_queued_runs_are_put_first_and_last(store):
    runs = made(store, [1, 2, 3, 4, 5])
    queue.move(store, [runs[4].id, runs[2].id], to_front=True)
    assert order(store) == [3, 5, 1, 2, 4]
    queue.move(store, [runs[4].id], to_front=False)
    assert order(store) == [3, 1, 2, 4, 5]
    made(store, [6])  # what comes later goes behind them
    assert order(store) == [3, 1, 2, 4, 5, 6]


def test_what_does_not_wait_is_not_moved(store):
    (run,) = made(store, [1], "finished")
    with pytest.raises(RunError, match="None of these runs waits"):
        queue.move(store, [run.id], to_front=True)


def test_runs_at_work_are_counted_and_settled_states_are_read_once(store):
    (run,) = made(store, [7], "finished")
    settled = {}
    assert queue.look(store, settled) == queue.Queue([], frozenset())
    assert list(settled) == [run.id]
    with run.locked():
        run.write_state(State("running", steps=1000, heartbeat=4e9))
        assert queue.look(store, settled).at_work == {run.id}


@pytest.mark.parametrize("limit", [-1, 1001, None])
def test_an_impossible_limit_is_refused(store, limit):
    with pytest.raises(RunError, match="from 0"):
        queue.set_limit(store, limit)


@pytest.mark.parametrize("text", ["", "[]", '{"limit": "x", "order": 3}', '{"limit": -4, "order": [1]}'])
def test_a_damaged_file_asks_for_nothing(store, text):
    (store.directory / ".dispatcher").mkdir(parents=True)
    (store.directory / ".dispatcher" / "queue.json").write_text(text, encoding="utf-8")
    assert queue.wishes(store) == queue.Wishes()


def test_the_command_shows_and_changes_the_queue(store, capsys):
    runs = made(store, [1, 2, 3])
    ask = ["queue", "--runs-dir", str(store.directory)]
    assert main([*ask, "--limit", "2", "--first", runs[2].id, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["waiting"] == [runs[2].id, runs[0].id, runs[1].id]
    assert (found["limit"], found["workers"], found["at_work"]) == (2, [], [])
    assert main([*ask, "--last", runs[2].id]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith(runs[2].id)
    assert main([*ask, "--limit", "-3"]) == 2
    assert capsys.readouterr().err.startswith("glassy: The limit is -3")
