"""Thousands of wrong settings, states, checkpoints, chorales, records: a clear sentence each, and nothing changed."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from safetensors.numpy import save

from glassy_core.editions.catalogue import PAPER
from glassy_core.editions.format import ChoraleError, parse
from glassy_core.editions.install import install_file
from glassy_core.jobs.dispatcher import dispatcher_status
from glassy_core.jobs.speed import EstimateError
from glassy_core.physics.critical_width.learning_times import in_order
from glassy_core.runs import checkpoints, probes
from glassy_core.runs.checkpoints import CheckpointError
from glassy_core.runs.measured import trajectory
from glassy_core.runs.records import read_series
from glassy_core.runs.run import RunError
from glassy_core.runs.state import STATUSES, State
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig
from glassy_core.training.probe import Probe, parse_sizes
from glassy_core.training.records import fresh
from tests.fuzz.garbage import altered, dumped, mangled, value, values
from tests.singers import CONFIG

MANY = settings(max_examples=600)
CHORALES = {name: [[[60, 64], [62]], [[55]]] for name in ("train", "valid", "test")}


def clear(error):
    """Whether a message can be shown: one sentence of text, not too long, with an end."""
    text = str(error)
    text.encode()
    assert text.strip().endswith(".")
    assert "\n" not in text
    assert len(text) < 1000, text[:300]


@pytest.fixture
def run(tmp_path):
    return RunStore(tmp_path / "runs").create(CONFIG, "digest")


@MANY
@given(values)
def test_settings_of_any_kind(found):
    try:
        RunConfig.from_json(found)
    except ConfigError as error:
        clear(error)


def test_altered_settings_are_refused_in_a_sentence_or_come_back_as_they_are():
    rng, base, refused = random.Random(1), RunConfig().to_json(), 0
    for _ in range(5000):
        try:
            config = RunConfig.from_json(altered(base, rng))
        except ConfigError as error:
            clear(error)
            refused += 1
        else:
            assert RunConfig.from_json(json.loads(json.dumps(config.to_json(), allow_nan=False))) == config
    assert 3000 < refused < 5000


def test_config_json_on_the_disk(run):
    rng, path = random.Random(2), run.path / "config.json"
    good = path.read_bytes()
    for n in range(700):
        bad = mangled(good, rng) if n % 2 else dumped(altered(json.loads(good), rng))
        path.write_bytes(bad)
        for read in (run.config, run.origin, run.about):
            try:
                read()
            except RunError as error:
                clear(error)
        assert path.read_bytes() == bad


def test_state_and_about_on_the_disk(run):
    rng = random.Random(3)
    good = json.loads((run.path / "state.json").read_bytes()) | {"status": "running", "speed": 10.0, "nll": 0.5}
    about = {"name": "a name", "tags": ["one", "two"], "note": "a note"}
    for n in range(900):
        bad = mangled(dumped(good), rng) if n % 3 == 0 else dumped(altered(good, rng))
        (run.path / "state.json").write_bytes(bad)
        state = run.state()
        assert state.status in STATUSES
        assert 0 <= state.step < 1e15
        assert state.remaining is None or state.remaining == state.remaining
        json.dumps(vars(state), allow_nan=False)
        bad = mangled(dumped(about), rng) if n % 3 == 0 else dumped(altered(about, rng))
        (run.path / "about.json").write_bytes(bad)
        shown = run.about()
        run.describe(**shown)  # all that is shown could have been written by the app itself
        assert run.about() == shown | {"tags": sorted(set(shown["tags"]))}


def test_a_checkpoint_with_any_byte_altered_is_known_as_damaged(run):
    rng = random.Random(4)
    good = checkpoints.write(run.checkpoints, fresh(CONFIG)).read_bytes()
    whole = checkpoints.read(run.checkpoints / "step-000000000000.safetensors", CONFIG.depth, CONFIG.width)
    path = checkpoints.path_of(run.checkpoints, 7)
    same = 0
    for _ in range(600):
        bad = mangled(good, rng)
        path.write_bytes(bad)
        try:
            read = checkpoints.read(path, CONFIG.depth, CONFIG.width)
        except CheckpointError as error:
            clear(error)
        else:  # a byte of padding, or none
            same += 1
            assert all(np.array_equal(read.weights[name], whole.weights[name]) for name in whole.weights)
        assert path.read_bytes() == bad
    assert same < 60


def test_checkpoints_with_random_headers_and_facts(run):
    rng = random.Random(5)
    good = checkpoints.write(run.checkpoints, fresh(CONFIG)).read_bytes()
    n = int.from_bytes(good[:8], "little")
    head, rest = json.loads(good[8 : 8 + n]), good[8 + n :]
    weights = {name: np.asarray(part, dtype=np.float64) for name, part in fresh(CONFIG).weights.items()}
    path = checkpoints.path_of(run.checkpoints, 7)
    for k in range(600):
        if k % 2:  # a header of another shape, type, place, or of any size
            header = dumped({key: altered(part, rng) if rng.random() < 0.3 else part for key, part in head.items()})
            size = len(header) if rng.random() < 0.9 else rng.getrandbits(rng.choice((4, 20, 40, 63)))
            path.write_bytes(size.to_bytes(8, "little") + header + rest)
        else:  # facts of any kind under a digest that is right
            facts = altered(json.loads(head["__metadata__"]["glassy"]), rng)
            facts["digest"] = checkpoints._digest(weights, {x: y for x, y in facts.items() if x != "digest"})
            path.write_bytes(save(weights, metadata={"glassy": json.dumps(facts)}))
        try:
            checkpoints.read(path, CONFIG.depth, CONFIG.width)
        except CheckpointError as error:
            clear(error)


def test_uploaded_chorales():
    rng, good = random.Random(6), dumped(CHORALES)
    for n in range(1200):
        if n % 3 == 0:
            bad = mangled(good, rng)
        elif n % 3 == 1:
            bad = dumped(altered(CHORALES, rng))
        else:
            bad = dumped(CHORALES | {rng.choice(list(CHORALES)): [[[rng.choice([60, value(rng)])], value(rng)]]})
        try:
            splits = parse(bad, "The file")
        except ChoraleError as error:
            clear(error)
        else:
            assert set(splits) == set(CHORALES)
            assert all(type(p) is int for split in splits.values() for c in split for chord in c for p in chord)


@MANY
@given(values)
def test_chorales_of_any_kind(found):
    with pytest.raises(ChoraleError) as caught:
        parse(dumped({"train": [[found]], "valid": [[[60]]], "test": found}), "The file")
    clear(caught.value)


def test_no_upload_but_the_papers_file_is_installed(tmp_path):
    rng = random.Random(7)
    for _ in range(300):
        with pytest.raises(ChoraleError) as caught:
            install_file(PAPER, mangled(dumped(CHORALES), rng), tmp_path)
        clear(caught.value)
    with pytest.raises(ChoraleError):
        install_file(PAPER, b"[" * 20_000_000, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_metrics_and_timing_lines(run):
    rng = random.Random(8)
    record = {"step": 5, "tau": 0.5, "eta": 0.01, "nll": 0.5, "nll_minibatch": 0.4, "accuracy": 0.9, "gamma": 1e-3}
    for _ in range(150):
        lines = [
            dumped(record | {"step": n}) if rng.random() < 0.3 else
            dumped(altered(record | {"step": n}, rng)) if rng.random() < 0.7 else mangled(dumped(record), rng)
            for n in range(20)
        ]  # fmt: skip
        content = b"\n".join(lines) + rng.choice([b"", b"\n"])
        run.metrics_path.write_bytes(content)
        run.timing_path.write_bytes(b"\n".join(reversed(lines)))
        series = read_series(run.metrics_path, run.timing_path)
        assert np.all(np.diff(series.step) > 0)
        assert np.all(series.step >= 0)
        assert series.nll.dtype == np.float64
        assert run.metrics_path.read_bytes() == content


def test_aging_lines(tmp_path):
    from dataclasses import replace

    rng = random.Random(9)
    run = RunStore(tmp_path).create(replace(CONFIG, waiting_times=(10, 20)), "digest")
    good = {"tau_w_step": 10, "step": 15, "tau_w": 0.1, "tau": 0.05, "D": 0.1, "D_J": 0.1}
    for _ in range(200):
        lines = [dumped(altered(good | {"step": 11 + n}, rng)) if n % 2 else dumped(good) for n in range(12)]
        run.aging_path.write_bytes(b"\n".join(lines) + b"\n")
        run.metrics_path.write_bytes(
            dumped({"step": 9, "tau": 0.09, "eta": 0.01, "nll": 0.5, "gamma": value(rng)}) + b"\n"
        )
        try:
            trajectory(run)
        except RunError as error:
            clear(error)


def test_probes_and_what_is_written_beside_them(run):
    rng = random.Random(10)
    trace = {"batch_size": 3, "nll": [1.0, 2.0], "nll_minibatch": [1.0, 2.0]}
    good = {"step": 1, "tau": 1.0, "eta": 0.1, "history": "kept", "traces": [trace]}
    folder = run.path / "probes"
    folder.mkdir()
    path = probes.path_of(run, 1, (3,))
    for name in ("step-x.json", "step-000000000001-p3.json", "step-.progress", "step-000000000001-p\n in 1 steps.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    assert probes.kept(run) == []
    for n in range(700):
        values = altered(good, rng) if n % 2 else good | {"traces": [altered(trace, rng)]}
        path.write_bytes(dumped(values))
        try:
            probe = probes.load(path)
        except RunError as error:
            str(error).encode()
        else:
            assert isinstance(probe, Probe)
        path.with_suffix(".progress").write_bytes(dumped(altered({"done": 1, "total": 2, "at": 3.0}, rng)))
        (attempt,) = probes.attempts(run)
        assert 0 <= attempt.share <= 1
        assert attempt.error is None or isinstance(attempt.error, str)
        try:
            parse_sizes(str(value(rng)))
        except ConfigError as error:
            clear(error)


def fits(worker):
    """Whether the Runs page can show it."""
    texts = (worker.name, worker.host, *worker.runs)
    return all(type(text) is str for text in texts) and type(worker.threads) is int and 0 <= worker.threads < 2**31


def test_small_files_of_the_store(tmp_path, run):
    from glassy_core.jobs import speed

    rng, store = random.Random(11), RunStore(run.path.parent)
    status = store.directory / ".dispatcher" / "status.json"
    status.parent.mkdir()
    known = []
    for _ in range(400):
        worker = altered({"name": "a", "host": "b", "threads": 1, "runs": ["c", "d"]}, rng)
        says = {"alive": True, "pid": 1, "started": 1.0, "scheduler": "tcp://x:1", "workers": [worker]}
        status.write_bytes(dumped(altered(says, rng) if rng.random() < 0.5 else says))
        known += [fits(worker) for worker in dispatcher_status(store).workers]
        eta = run.path / "control" / "eta.json"
        eta.write_bytes(dumped(altered({"eta": 0.1}, rng)))
        asked = run.requested_eta()
        assert asked is None or 0 < asked <= 1
    assert len(known) > 20
    assert all(known)
    (store.directory / speed.MEMORY).write_bytes(dumped({speed._key(CONFIG): {"when": "x"}}))
    bad = RunConfig(chorales=10_000)
    (store.directory / speed.MEMORY).write_bytes(dumped({speed._key(bad): {"when": "x"}}))
    with pytest.raises(EstimateError, match="chorales cannot be taken"):
        speed.steps_per_second(bad, store.directory)


def test_a_state_that_says_nothing_is_one_that_can_be_mended(run):
    (run.path / "state.json").write_bytes(b"garbage")
    assert run.state() == State(
        status="failed", error="state.json is missing or unreadable: resume the run to write it anew."
    )


def test_records_whose_tau_cannot_be_do_not_hide_the_others():
    rng = random.Random(12)
    for _ in range(300):
        tau = np.arange(200) * 0.1
        nll = 0.9 ** np.arange(200)
        wrong = rng.sample(range(200), 8)
        tau[wrong] = [rng.choice([-1.0, 1e301, np.inf, np.nan, 0.0, 5.0, 1e9]) for _ in wrong]
        kept, values = in_order(tau, nll)
        assert np.all(np.diff(kept) >= 0)
        assert len(kept) == len(values) >= 192
        assert np.all(np.isfinite(kept))
