"""Runs written before the gallery had a place of its own: they open, go on and show as they did."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.files import read_lines
from glassy_core.jobs.dispatcher import prepare_to_resume
from glassy_core.jobs.execution import execute
from glassy_core.physics.aging.fluctuations import delta_curves
from glassy_core.runs import checkpoints, probes
from glassy_core.runs.groups import readable
from glassy_core.runs.measured import trajectory
from glassy_core.runs.records import read_series
from glassy_core.runs.run import RunError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

ID = "20261127-133958-d2-w2-s3-a138"
OLD = Path(__file__).parent / "old_run" / ID
CONFIG = RunConfig(
    name="as it was", depth=2, width=2, eta=0.005, batch_size=10, steps=40, seed=3, chorales=1, record_every=5,
    valid_every=20, gamma_every=10, waiting_times=(16,), checkpoint_every=40,
)  # fmt: skip
# At step 80, when it was resumed by what had written it; processors differ in the last digits.
LATER = {"tau": 0.4, "nll": 0.6458361328729902, "nll_minibatch": 0.5898816646587305, "gamma": 0.030046309705042212}


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture
def run(store):
    shutil.copytree(OLD, store.directory / ID)
    return store.get(ID)


def test_it_opens_and_shows_as_before(store, run, capsys):
    assert run.config() == CONFIG
    state = run.state()
    assert (state.status, state.step, state.tau, state.nll) == ("finished", 40, 0.2, 0.7871392214954906)
    assert run.about() == {"name": "as it was", "tags": [], "note": ""}
    series = read_series(run.metrics_path, run.timing_path)
    assert series.step[-1] == 40
    assert series.nll[-1] == state.nll
    assert series.seconds[-1] == pytest.approx(state.seconds, abs=0.1)
    assert np.isfinite(series.gamma).sum() == 11
    assert {curve.tau_w for curve in delta_curves([trajectory(run)])} == {0.08}
    assert main(["runs", "--runs-dir", str(store.directory)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == [ID, "finished", "40", "0.2", "0.7871", "as", "it", "was"]


def test_its_checkpoints_are_what_is_written_today(run, tmp_path):
    assert checkpoints.steps_in(run.checkpoints) == [0, 16, 40]
    for step in (0, 16, 40):
        path = checkpoints.path_of(run.checkpoints, step)
        again = checkpoints.write(tmp_path, checkpoints.read(path, 2, 2))
        assert again.read_bytes() == path.read_bytes()


def test_it_goes_on_from_its_last_step(run):
    before = {path: path.read_bytes() for path in (run.metrics_path, run.aging_path, run.timing_path)}
    prepare_to_resume(run, steps=80)
    (state,) = execute(run)
    assert (state.status, state.step, state.notice) == ("finished", 80, None)
    assert all(path.read_bytes().startswith(content) for path, content in before.items())
    *_, (_, last) = read_lines(run.metrics_path)
    assert {name: last[name] for name in LATER} == pytest.approx(LATER, rel=1e-6)


def test_it_ends_as_a_run_of_today_that_is_not_interrupted(run, tmp_path):
    """Bit for bit, on processors that compute the digits of the one that wrote it."""
    today = RunStore(tmp_path / "today").create(replace(CONFIG, steps=80), run.origin()["edition_digest"])
    execute(today)
    whole = today.metrics_path.read_bytes()
    of_one_arithmetic = whole.startswith(run.metrics_path.read_bytes())
    prepare_to_resume(run, steps=80)
    execute(run)
    paths = [checkpoints.path_of(one.checkpoints, 80) for one in (run, today)]
    if of_one_arithmetic:
        assert run.metrics_path.read_bytes() == whole
        assert run.aging_path.read_bytes() == today.aging_path.read_bytes()
        assert paths[0].read_bytes() == paths[1].read_bytes()
    resumed, uninterrupted = (checkpoints.read(path, 2, 2).weights for path in paths)
    for name, weights in uninterrupted.items():
        np.testing.assert_allclose(resumed[name], weights, rtol=1e-6, atol=1e-9)


def test_its_probe_is_found_by_the_name_with_blanks_and_measured_anew_under_the_present_one(run):
    (kept,) = probes.kept(run)
    old = kept.rename(kept.with_name("step-000000000040-p5-pall in 3 steps.json"))
    assert probes.kept(run) == [old]
    before = probes.load(old)
    assert probes.measure(run, 40, (5, "all"), steps=3) == kept
    assert probes.kept(run) == [kept]
    for again, trace in zip(probes.load(kept).traces, before.traces, strict=True):
        np.testing.assert_allclose(again.nll, trace.nll, rtol=1e-6)


def archive(path):
    """Make a run's directory a copy of the gallery's, as they used to lie in runs/."""
    config = path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text(encoding="utf-8")) | {"archived": True}), encoding="utf-8")
    return path.rename(path.with_name(f"{path.name}-gallery"))


def test_an_old_copy_beside_the_gallery_is_shown_once(tmp_path):
    gallery = tmp_path / "gallery"
    shutil.copytree(OLD, gallery / ID)
    store = RunStore(tmp_path / "runs", gallery)
    shutil.copytree(OLD, store.directory / ID)
    copy = archive(store.directory / ID)
    for _ in ("whole", "what an update left of it"):
        (run,) = store.runs()
        assert run.path == gallery / ID
        assert len(readable(store.runs())) == 1
        assert {store.get(name).path for name in (ID, f"{ID}-gallery", ID[:12])} == {run.path}
        assert {store.named(name).path for name in (ID, f"{ID}-gallery")} == {run.path}
        for name in ("config.json", "state.json", "metrics.jsonl"):
            (copy / name).unlink(missing_ok=True)
    assert (copy / "probes").is_dir()  # nothing of the reader's was touched


def test_an_old_copy_without_a_gallery_can_be_looked_at_only(store, run):
    copy = archive(run.path)
    (run,) = store.runs()
    assert run.path == copy
    assert run.config() == CONFIG
    assert store.get(ID).path == copy
    for action in (lambda: prepare_to_resume(run, steps=80), lambda: execute(run), lambda: store.delete(run)):
        with pytest.raises(RunError, match="belongs to the gallery, which is there to be looked at"):
            action()
