"""The noise probe: it repeats the run at the run's own minibatch size, and finds the noise of a smaller one larger."""

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.files import read_json, write_json
from glassy_core.jobs.execution import execute, load_data
from glassy_core.locks import is_held
from glassy_core.runs import probes
from glassy_core.runs.checkpoints import path_of, read, write
from glassy_core.runs.probes import checkpoint, starting_points
from glassy_core.runs.run import RunBusyError, RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig, with_dynamics
from glassy_core.training.probe import Level, Probe, Trace, check_sizes, parse_sizes, probe

ROOT = Path(__file__).resolve().parents[3]
CONFIG = RunConfig(
    depth=2, width=8, eta=5e-3, batch_size=60, chorales=2, steps=400, record_every=1, checkpoint_every=100
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of 400 steps, each recorded; its checkpoints at 300 and 400 hold the deltas."""
    run = RunStore(tmp_path_factory.mktemp("store") / "runs").create(CONFIG, load_edition("corpus").digest, "paused")
    execute(run)
    return run


@pytest.fixture(scope="module")
def data():
    return load_data(CONFIG, load_edition("corpus"))[0]


def records(run, first, n):
    rows = [record for _, record in run.metrics() if first <= record["step"] < first + n]
    return {name: np.array([row[name] for row in rows]) for name in ("nll", "nll_minibatch")}


def contents(run):
    """Every file of the run but the probes."""
    files = (path for path in run.path.rglob("*") if path.is_file() and "probes" not in path.parts)
    return {path: path.read_bytes() for path in files}


def test_at_the_runs_own_size_the_probe_is_the_run_again(trained, data):
    (trace,) = probe(CONFIG, checkpoint(trained, 300), data, (60,), 100).traces
    recorded = records(trained, 300, 100)
    np.testing.assert_array_equal(trace.nll, recorded["nll"])
    np.testing.assert_array_equal(trace.nll_minibatch, recorded["nll_minibatch"])


def test_every_trace_begins_at_the_checkpoint(trained, data):
    found = probe(CONFIG, checkpoint(trained, 400), data, (10, 60, "all"), 5)
    last = records(trained, 400, 1)["nll"]
    assert [trace.nll[0] for trace in found.traces] == [last[0]] * 3
    assert found.step == 400
    assert found.tau == pytest.approx(400 * CONFIG.eta)
    assert found.history == "kept"
    np.testing.assert_array_equal(found.traces[2].nll, found.traces[2].nll_minibatch)


def test_smaller_minibatches_make_more_noise(trained, data):
    small, large = probe(CONFIG, checkpoint(trained, 400), data, (5, 80), 200).traces
    rough_small, rough_large = (np.std(np.diff(trace.nll, 2)) for trace in (small, large))  # the decay is smooth
    assert rough_small > 3 * rough_large
    assert Level.of(small.nll_minibatch).spread > 2 * Level.of(large.nll_minibatch).spread


def test_without_the_deltas_the_history_begins_at_zero(trained, data):
    whole = checkpoint(trained, 300)
    bare = replace(whole, state={})
    found, reference = (probe(CONFIG, snapshot, data, (60,), 20) for snapshot in (bare, whole))
    assert (found.history, reference.history) == ("zero", "kept")
    assert found.traces[0].nll[0] == reference.traces[0].nll[0]
    assert not np.array_equal(found.traces[0].nll, reference.traces[0].nll)
    exact = replace(CONFIG, gradient="exact")
    assert probe(exact, bare, data, (60,), 2).history == "not needed"


def test_which_checkpoints_hold_the_deltas(trained):
    assert starting_points(trained) == {0: True, 256: False, 300: True, 400: True}


def test_level_is_mean_trend_and_the_spread_around_it():
    rng = np.random.default_rng(0)
    n = np.arange(4000)
    noise = rng.normal(0, 0.02, len(n))
    level = Level.of(0.5 - 1e-4 * n + noise)
    assert level.mean == pytest.approx(0.5 - 1e-4 * 1999.5, abs=1e-3)
    assert level.spread == pytest.approx(0.02, rel=0.05)
    assert level.trend == pytest.approx(-0.4, rel=0.01)
    assert Level.of(np.array([0.3])) == Level(0.3, 0.0, 0.0)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("75, 300", (75, 300)), ("75 75;all", (75, "all")), (" 5 ", (5,)), ("1,2,3,4,5,6", (1, 2, 3, 4, 5, 6))],
)
def test_sizes_as_they_are_typed(text, sizes):
    assert parse_sizes(text) == sizes


@pytest.mark.parametrize("text", ["", "0", "-5", "7.5", "many", "1,2,3,4,5,6,7", "²"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ConfigError, match=r"are allowed|give whole numbers"):
        parse_sizes(text)


@pytest.mark.parametrize("digits", [10, 300, 5000])
def test_a_size_of_too_many_digits_is_refused(digits):
    with pytest.raises(ConfigError, match=f"{digits} digits was given: .* at most 9 digits are allowed"):
        parse_sizes(f"75, {'9' * digits}")
    with pytest.raises(ConfigError, match="digits was given"):
        check_sizes((10 ** (digits - 1),))
    assert parse_sizes("999999999") == (999_999_999,)


def test_more_transitions_than_there_are_is_refused(trained, data):
    with pytest.raises(ConfigError, match=f"only {data.P} transitions"):
        probe(CONFIG, checkpoint(trained), data, (data.P + 1,), 5)
    with pytest.raises(ConfigError, match="steps"):
        probe(CONFIG, checkpoint(trained), data, (5,), 0)
    assert check_sizes(("all", 5), 5) == ("all", 5)


def test_a_checkpoint_that_is_not_there_is_named(trained):
    with pytest.raises(RunError, match="no checkpoint at step 7: its last ones are at 0, 256, 300, 400"):
        checkpoint(trained, 7)


def test_json_round_trip():
    trace = Trace(75, np.array([0.5, 0.25]), np.array([0.1, 1 / 3]))
    there = Probe(10, 0.1, 5e-3, "zero", (trace,))
    back = Probe.from_json(json.loads(json.dumps(there.to_json())))
    np.testing.assert_array_equal(back.traces[0].nll_minibatch, trace.nll_minibatch)
    assert back.to_json() == there.to_json()


@pytest.mark.parametrize(
    "values",
    [{}, {"step": 1}, {"step": 0, "tau": 0, "eta": 1, "history": "kept", "traces": []}]
    + [
        {"step": 0, "tau": 0, "eta": 1, "history": "kept", "traces": [{"batch_size": 5, "nll": a, "nll_minibatch": b}]}
        for a, b in (([], []), ([1], [1, 2]), ("x", [1]), ([[1]], [[1]]))
    ],
)
def test_other_json_is_refused(values):
    with pytest.raises(ValueError, match="no result of a noise probe"):
        Probe.from_json(values)


def test_a_measured_probe_is_kept_and_the_run_is_not_touched(trained):
    before = contents(trained)
    said = []
    path = probes.measure(trained, None, (10, 20), 6, lambda done, total: said.append((done, total)))
    assert contents(trained) == before
    assert probes.kept(trained) == [path]
    assert probes.load(path).steps == 6
    assert said == [(n, 12) for n in range(1, 13)]
    assert probes.attempts(trained) == []
    path.unlink()


def test_a_probe_of_fewer_steps_does_not_overwrite_a_longer_one(trained):
    paths = [probes.measure(trained, 400, (10,), steps) for steps in (8, 3)]
    assert sorted(probes.kept(trained)) == sorted(paths)
    assert [probes.load(path).steps for path in paths] == [8, 3]
    assert [path.stem.endswith(f"p10-in-{steps}-steps") for path, steps in zip(paths, (8, 3), strict=True)] == [
        True
    ] * 2
    for path in paths:
        path.unlink()


def test_a_files_name_says_what_was_measured(trained):
    path = probes.path_of(trained, 400, (10, "all"), 6)
    for stem in (path.stem, path.stem.replace("-in-6-", " in 6 ")):  # now, and as of old
        assert probes.Measured.of(path.with_stem(stem)) == probes.Measured(400, (10, "all"), 6)
    assert probes.Measured.of(path.with_stem("step-400-p10-in-6-steps")) is None


def test_a_lock_that_cannot_be_opened_is_not_taken_for_a_held_one(trained):
    lock = probes.path_of(trained, 400, (4,)).with_suffix(".lock")
    assert not is_held(lock)
    lock.parent.mkdir(exist_ok=True)
    lock.mkdir()
    assert not is_held(lock)
    lock.rmdir()


def test_a_result_that_cannot_be_read_is_an_error(trained):
    path = probes.path_of(trained, 400, (3,))
    path.parent.mkdir(exist_ok=True)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match="measure it anew"):
        probes.load(path)
    path.unlink()


def test_a_failure_is_kept_until_it_is_dismissed(trained):
    with pytest.raises(ConfigError):
        probes.measure(trained, 400, (10**6,), 5)
    (attempt,) = probes.attempts(trained)
    assert "transitions" in attempt.error
    assert attempt.step == 400
    probes.forget(attempt)
    assert probes.attempts(trained) == []


def test_a_process_that_died_is_said_so(trained):
    path = probes.path_of(trained, 400, (7,))
    path.parent.mkdir(exist_ok=True)
    write_json(path.with_suffix(".progress"), {"done": 3, "total": 10, "at": time.time()})
    (attempt,) = probes.attempts(trained)
    assert "ended before it was done" in attempt.error
    probes.forget(attempt)
    write_json(path.with_suffix(".progress"), {"done": 0, "total": 10, "at": time.time() - 3600})
    assert probes.attempts(trained)[0].error
    write_json(path.with_suffix(".progress"), {"done": 0, "total": 10, "at": time.time()})
    assert probes.attempts(trained)[0].error is None  # its process is about to begin
    probes.forget(probes.attempts(trained)[0])


def test_started_in_a_process_of_its_own(trained):
    before = contents(trained)
    probes.start(trained, 256, (10, 20), 40)
    assert probes.attempts(trained)[0].error is None
    deadline = time.monotonic() + 180
    while not probes.kept(trained):
        assert time.monotonic() < deadline, probes.attempts(trained)
        time.sleep(0.1)
    found = probes.load(probes.kept(trained)[0])
    assert (found.step, found.steps, found.history) == (256, 40, "zero")
    assert contents(trained) == before
    with pytest.raises(RunError, match="no checkpoint at step 5"):
        probes.start(trained, 5, (10,))


def test_one_process_a_probe(trained):
    path = probes.path_of(trained, 400, (9,), 2)
    with probes.held(path), pytest.raises(RunBusyError):
        probes.measure(trained, 400, (9,), 2)
    with probes.held(path), pytest.raises(RunBusyError):
        probes.start(trained, 400, (9,), 2)


def test_another_edition_is_refused(trained, tmp_path):
    run = RunStore(tmp_path / "runs").create(CONFIG, "0" * 64, "paused")
    write(run.checkpoints, read(path_of(trained.checkpoints, 400), 2, 8))
    with pytest.raises(RunError, match="another version"):
        probes.measure(run, 400, (5,), 2)


def test_command_lines(trained, capsys):
    def glassy(*arguments, status=0):
        assert main([*map(str, arguments), "--runs-dir", str(trained.path.parent)]) == status
        return capsys.readouterr()

    fit = json.loads(glassy("fit", trained.id, "--json").out)
    assert set(fit) == {"nll_inf", "exponent", "amplitude", "window", "correlation", "reliable", "why"}
    chosen = json.loads(glassy("fit", trained.id, "--json", "--window", 0.5, 2).out)
    assert chosen["window"] == [0.5, 2.0]
    assert "nll_inf" in glassy("fit", trained.id, "--rivals").out
    refused = glassy("fit", trained.id, "--window", 2, 1, status=2)
    assert refused.out == ""
    assert refused.err.count("\n") == 1
    assert "smaller one first" in refused.err

    lines = glassy("probe", trained.id, "--sizes", "5,all", "--steps", 4).out.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["p = 5", "p = all"]
    assert read_json(Path(lines[-1]))["traces"][0]["batch_size"] == 5
    assert "give whole numbers" in glassy("probe", trained.id, "--sizes", "x", status=2).err


def test_from_a_flows_weights_steps_are_made_with_the_eta_that_is_given(tmp_path):
    store = RunStore(tmp_path)
    config = replace(with_dynamics(CONFIG, "flow"), until=2.0)
    run = store.create(config, load_edition(config.edition).digest, "paused")
    execute(run)
    with pytest.raises(ConfigError, match="A flow has no eta for the probe's steps: give one"):
        probes.measure(run, None, (5, 20), steps=10)
    found = probes.load(probes.measure(run, None, (5, 20), steps=200, eta=1e-2))
    assert (found.eta, found.history) == (1e-2, "zero")
    small, large = found.traces
    assert np.std(small.nll_minibatch) > np.std(large.nll_minibatch)
    assert small.nll[0] == large.nll[0]  # that of the flow's weights
