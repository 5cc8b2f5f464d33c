"""Runs as flows in a store: records at their proper times, ends, kills, and other dynamics from a checkpoint."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassy_core.commands import training
from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.jobs import execution
from glassy_core.jobs.dispatcher import prepare_to_resume
from glassy_core.jobs.execution import execute
from glassy_core.runs import checkpoints
from glassy_core.runs.checkpoints import CheckpointError
from glassy_core.runs.groups import Member
from glassy_core.runs.measured import series_of
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig, with_dynamics
from glassy_core.training.ending import Ending

ROOT = Path(__file__).resolve().parents[3]
STEPS = RunConfig(width=8, chorales=2, eta=5e-3, batch_size=20, steps=400)
FLOW = replace(with_dynamics(STEPS, "flow"), until=6.0)
HALTS = {0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0}


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A flow with a waiting time, followed without interruption."""
    return trained(RunStore(tmp_path_factory.mktemp("whole")), replace(FLOW, waiting_times=(3,)))


def trained(store: RunStore, config: RunConfig) -> Run:
    run = store.create(config, load_edition(config.edition).digest, "paused")
    assert execute(run)[0].status == "finished"
    return run


def content(run: Run) -> dict[str, bytes]:
    """All that decides and tells of the run: records and checkpoints, not the seconds they took."""
    files = [run.metrics_path, run.aging_path, *sorted(run.checkpoints.iterdir())]
    return {path.name: path.read_bytes() for path in files if path.exists()}


def aging(run: Run) -> list[dict]:
    return [json.loads(line) for line in run.aging_path.read_text().splitlines()]


def times(run: Run) -> list[float]:
    """Proper times of its checkpoints."""
    steps = checkpoints.steps_in(run.checkpoints)
    return [checkpoints.tau_of(checkpoints.path_of(run.checkpoints, step)) for step in steps]


def glassy(store, *arguments):
    return main([*map(str, arguments), "--runs-dir", str(store.directory)])


def complaint(capsys, store, *arguments):
    """The one line on stderr of a command that fails."""
    assert glassy(store, *arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


def test_records_are_log_spaced_in_tau_and_the_last_one_is_at_the_end(whole):
    series = series_of(whole)
    grid = [1e-3 * 10 ** (k / 20) for k in range(200)]
    assert series.tau.tolist() == [0.0, *(tau for tau in grid if tau < 6), 6.0]
    assert np.all(np.diff(series.nll) < 0)  # along the flow the loss never rises
    assert np.all(np.diff(series.step) >= 0)
    assert np.all(np.diff(series.evaluations) >= 0)
    assert np.all(series.eta == 0)
    assert np.all(series.sharpness[1:] > 0)
    assert np.isfinite(series.nll_valid).sum() > 30
    assert np.isfinite(series.gamma).sum() > 15
    assert np.all(series.accuracy[-5:] > 0.8)
    assert series.orthogonality_error.max() < 1e-10
    state = whole.state()
    assert (state.status, state.tau, state.progress) == ("finished", 6.0, 1.0)
    assert state.evaluations == series.evaluations[-1]


def test_the_weights_are_kept_at_powers_of_two_and_at_waiting_times(whole):
    kept = times(whole)
    assert set(kept) >= HALTS
    assert len(set(kept) - HALTS) <= 2  # the latest ones


def test_the_drift_since_a_waiting_time_is_recorded_log_spaced(whole):
    records = aging(whole)
    assert {record["tau_w"] for record in records} == {3.0}
    since, D = (np.array([record[name] for record in records]) for name in ("tau", "D"))
    assert np.allclose(np.diff(np.log10(since)), 1 / 12)
    assert since[0] == pytest.approx(3e-4)
    assert since[-1] > 2
    # So soon after a waiting time the weights move evenly: D goes as the square of the time.
    assert np.polyfit(np.log(since[:12]), np.log(D[:12]), 1)[0] == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("ends", [(0.3, 1.0, 3.0), (3.5,)])
def test_a_flow_that_ends_on_the_way_and_goes_on_has_the_same_bits(store, whole, ends):
    run = store.create(replace(whole.config(), until=ends[0]), whole.origin()["edition_digest"], "paused")
    for tau in (*ends[1:], 6.0):
        assert execute(run)[0].status == "finished"
        prepare_to_resume(run, until=tau)
    (state,) = execute(run)
    assert (state.status, state.notice) == ("finished", None)  # it was resumed, not made anew
    ours, theirs = content(run), content(whole)
    assert ours["aging.jsonl"] == theirs["aging.jsonl"]
    assert all(ours[name] == theirs[name] for name in theirs if name.startswith("step-"))
    # The ends on the way are records, too; all others are the same.
    lines = [line for line in ours["metrics.jsonl"].splitlines() if json.loads(line)["tau"] not in ends]
    assert lines == [line for line in theirs["metrics.jsonl"].splitlines() if json.loads(line)["tau"] not in ends]


def test_of_a_flow_that_ended_within_a_step_nothing_is_missing_or_left_over(store, whole):
    grid = [1e-3 * 10 ** (k / 20) for k in range(40, 75)]
    ends = [tau * (1 - 1e-6) for tau in grid if 0.05 < tau < 5]  # what is due next lies in the same step
    run = store.create(replace(whole.config(), until=ends[0]), whole.origin()["edition_digest"], "paused")
    for tau in (*ends[1:], 6.0):
        state = execute(run)[0]
        series = series_of(run)
        assert (state.status, state.tau) == ("finished", state.until)
        assert series.tau[-1] == state.until
        assert series.nll[-1] == state.nll
        assert times(run)[-1] <= state.until
        assert max([r["tau_w"] + r["tau"] for r in aging(run)], default=0) <= state.until
        prepare_to_resume(run, until=tau)
    assert execute(run)[0].status == "finished"
    assert content(run) == content(whole)


@pytest.mark.parametrize("config", [replace(FLOW, until=500.0), replace(STEPS, steps=100_000)], ids=["flow", "steps"])
def test_a_run_that_was_killed_just_before_it_was_called_finished_makes_no_further_step(store, config):
    run = trained(store, replace(config, stop_nll=0.3))
    before = content(run)
    run.write_state(replace(run.state(), status="paused"))
    assert execute(run)[0].status == "finished"
    assert content(run) == before


def test_a_flow_gives_signs_of_life_within_a_step(store, monkeypatch):
    monkeypatch.setattr(execution, "_STATE_EVERY", 0.0)
    run = store.create(replace(FLOW, until=1.0), load_edition("corpus").digest, "paused")
    beats = Counter()
    execute(run, lambda state: beats.update({(state.step, state.tau): 1}))
    assert min(beats[place] for place in sorted(beats)[1:-1]) >= 4  # a step has four stages at least


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"torn")], ids=["gone", "torn"])
def test_a_flow_does_not_go_on_without_the_weights_of_a_waiting_time(store, damage):
    run = trained(store, replace(FLOW, waiting_times=(2, 3, 9)))
    before = run.aging_path.read_bytes()
    (at,) = [path for path in run.checkpoints.iterdir() if checkpoints.tau_of(path) == 3.0]
    damage(at)
    prepare_to_resume(run, until=8.0)
    with pytest.raises(CheckpointError, match="tau = 3 is missing, or cannot be read"):
        execute(run)
    assert run.aging_path.read_bytes() == before


def test_a_flow_started_beyond_a_waiting_time_goes_on_without_it(store, capsys):
    source = trained(store, replace(FLOW, until=4.0))
    capsys.readouterr()
    assert glassy(store, "train", "--from", source.id, "--waiting-times", "2,5", "--until", 6) == 0
    run = Run(Path(capsys.readouterr().out.strip().splitlines()[-1]))
    prepare_to_resume(run, until=8.0)
    assert execute(run)[0].status == "finished"
    assert {record["tau_w"] for record in aging(run)} == {5.0}


@pytest.mark.parametrize("config", [FLOW, replace(STEPS, until=0.5, stop_nll=1e-3)], ids=["flow", "steps"])
def test_a_run_whose_state_was_lost_ends_where_its_settings_say(store, config):
    run = store.create(config, load_edition("corpus").digest, "paused")
    (run.path / "state.json").unlink()
    prepare_to_resume(run)
    assert run.state().ending == Ending(config.steps, config.until, config.stop_nll)
    state = execute(run)[0]
    assert (state.status, state.tau, state.eta) == ("finished", pytest.approx(config.until), config.eta)


def test_a_flow_that_is_killed_and_resumed_has_the_same_bits(store, tmp_path):
    config = replace(FLOW, width=20, until=2000.0, stop_nll=0.01, waiting_times=(2, 5))
    run = store.create(config, load_edition("corpus").digest, "paused")
    command = [sys.executable, "-m", "glassy_core", "resume", run.id, "--runs-dir", str(store.directory)]
    for records in (40, 70, 85):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 180
        while len(list(run.metrics())) < records and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert run.state().status == "interrupted"
    prepare_to_resume(run)
    (state,) = execute(run)
    assert (state.status, state.notice) == ("finished", None)
    assert content(run) == content(trained(RunStore(tmp_path / "other"), config))


def test_a_flow_that_is_stopped_says_where_it_is(store):
    run = store.create(FLOW, load_edition("corpus").digest, "paused")
    run.request("stop")
    (state,) = execute(run)
    assert state.status == "stopped"
    assert state.tau < 6
    assert 0 <= state.progress < 1
    assert state.has_more_to_do


@pytest.mark.parametrize("config", [replace(FLOW, until=500.0), replace(STEPS, steps=100_000)], ids=["flow", "steps"])
def test_a_run_ends_at_the_nll_it_was_to_reach(store, config):
    run = trained(store, replace(config, stop_nll=0.3))
    series = series_of(run)
    assert series.nll[-1] <= 0.3 < series.nll[-2]
    assert series.step[-1] == run.state().step
    with pytest.raises(RunError, match=r"and was to end at 0\.3: give it a lower NLL"):
        prepare_to_resume(run)
    prepare_to_resume(run, stop_nll=0.25)
    assert execute(run)[0].nll <= 0.25


def test_steps_end_at_the_proper_time_they_were_to_reach(store):
    run = trained(store, replace(STEPS, until=0.5))
    assert (run.state().step, run.state().tau) == (100, pytest.approx(0.5))
    assert run.state().progress == 1.0
    prepare_to_resume(run, until=0.75)
    assert execute(run)[0].step == 150
    straight = trained(store, replace(STEPS, until=0.75))
    assert content(run)["step-000000000150.safetensors"] == content(straight)["step-000000000150.safetensors"]


def test_a_flow_on_torch_is_the_compiled_one(store, whole):
    at = series_of(trained(store, replace(FLOW, engine="torch", until=1.0)))
    assert at.nll[:-1] == pytest.approx(series_of(whole).nll[: len(at) - 1], rel=2e-3)


def test_two_threads_have_the_same_bits_every_time_and_nearly_those_of_one(store, whole):
    one, two = (trained(store, replace(FLOW, threads=2, waiting_times=(3,))) for _ in range(2))
    assert content(one) == content(two)
    assert series_of(one).nll == pytest.approx(series_of(whole).nll, rel=2e-3)


@pytest.mark.parametrize("dynamics", ["flow", "steps"])
def test_a_new_run_starts_from_a_checkpoint_and_says_so(store, capsys, dynamics):
    source = trained(store, STEPS if dynamics == "flow" else FLOW)
    step, tau = checkpoints.steps_in(source.checkpoints)[-1], times(source)[-1]
    end = ("--until", tau + 2) if dynamics == "flow" else ("--eta", 1e-3, "--steps", 50, "--batch-size", 20)
    capsys.readouterr()
    assert glassy(store, "train", "--from", source.id, "--dynamics", dynamics, *end) == 0
    run = Run(Path(capsys.readouterr().out.strip().splitlines()[-1]))
    series = series_of(run)
    assert series.tau[0] == tau
    assert series.nll[0] == pytest.approx(series_of(source).nll[-1], rel=0.05)
    assert series.tau[-1] == pytest.approx(tau + (2 if dynamics == "flow" else 0.05))
    assert run.origin()["started_from"] == {"run": source.id, "step": step, "tau": tau}
    assert Member.of(run).world != Member.of(source).world
    assert f"from step {step} of {source.id} on" in Member.of(run).world.words()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--until", 40, "--tolerance", 0), "tolerance is 0.0: it must be from 1e-07 to 0.1"),
        (("--until", 40, "--tolerance", "nan"), "tolerance is nan"),
        (("--until", 40, "--batch-size", 300), "A flow takes no batch_size"),
        (("--until", 40, "--eta", 0.001), "A flow takes no eta"),
        ((), "add --until"),
        (("--until", 0), "needs a proper time"),
        (("--until=-4",), "until is -4"),
        (("--until", 40, "--from-step", 3), "give that, too"),
    ],
)
def test_what_no_flow_can_be_is_one_sentence_and_no_run(store, capsys, options, words):
    assert words in complaint(capsys, store, "train", "--dynamics", "flow", *options)
    assert store.runs() == []


@pytest.mark.parametrize(
    ("options", "end"),
    [((), 300.0), (("--eta", 5e-3), 300.0), (("--until", 1000), 1000.0), (("--eta", 1e-3, "--until", 0), 300.0)],
)
def test_steps_in_place_of_a_flow_last_as_long(monkeypatch, store, options, end):
    monkeypatch.setattr(training, "_in_foreground", lambda run: None)
    assert glassy(store, "train", "--preset", "class-flow-over", "--dynamics", "steps", *options) == 0
    (run,) = store.runs()
    config = run.config()
    assert config.steps * config.eta == pytest.approx(end, rel=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("train", "--eta", 0), "eta is 0.0: it must be above 0"),
        (("train", "--until", -3), "until is -3.0: it must be from 0"),
        (("train", "--chorales", 1), "batch_size is 300 but there are 127 transitions in one chorale of the corpus"),
    ],
)
def test_steps_in_place_of_a_flow_that_cannot_be_are_one_sentence(store, capsys, options, words):
    asked = [*options, "--preset", "class-flow-over", "--dynamics", "steps"]
    assert words in complaint(capsys, store, *asked)
    assert store.runs() == []


def test_flows_are_not_made_for_an_accelerator(store, capsys):
    asked = ("sweep", "--like", "class-flow", "--device", "cuda")
    assert "Flows are followed on the processor" in complaint(capsys, store, *asked)
    assert store.runs() == []


def test_a_flow_does_not_go_on_as_it_cannot(store, capsys):
    run = trained(store, replace(FLOW, until=1.0))
    before = content(run)
    assert "give it a later tau" in complaint(capsys, store, "resume", run.id, "--until", 0.5)
    assert "give it a later tau" in complaint(capsys, store, "resume", run.id)
    assert "a flow, which has no eta" in complaint(capsys, store, "resume", run.id, "--until", 2, "--eta", 0.1)
    assert "needs a proper time" in complaint(capsys, store, "resume", run.id, "--until", 0)
    asked = ("train", "--from", run.id, "--dynamics", "flow", "--until")
    assert "beyond 0.5: give a later until" in complaint(capsys, store, *asked, 0.5)
    assert "has width 8, not 9" in complaint(capsys, store, *asked, 5, "--width", 9)
    assert content(run) == before


def test_a_run_of_steps_does_not_go_on_as_a_flow(store):
    run = trained(store, replace(STEPS, steps=30))
    config = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps(config | with_dynamics(run.config(), "flow").to_json()))
    run.write_state(replace(run.state(), status="stopped", steps=10**6, until=9.0, eta=0.0))
    with pytest.raises(CheckpointError, match="--from"):
        execute(run)
