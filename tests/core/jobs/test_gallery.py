"""The runs that come with glassy: how they are copied, and those that are there."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glassy_core.commands.main import main
from glassy_core.editions.loading import load_edition
from glassy_core.files import ROOT, read_lines
from glassy_core.jobs import exhibits, gallery
from glassy_core.jobs.dispatcher import prepare_to_resume
from glassy_core.jobs.execution import execute
from glassy_core.runs import checkpoints, clones, probes
from glassy_core.runs.records import read_series
from glassy_core.runs.run import RunError
from glassy_core.runs.store import GALLERY, GALLERY_VARIABLE, RunStore, open_store
from glassy_core.settings import RunConfig, with_dynamics

CONFIG = RunConfig(
    depth=1, width=4, eta=5e-3, chorales=6, steps=600, record_every=2, gamma_every=10, checkpoint_every=100,
    waiting_times=(100, 200),
)  # fmt: skip
MEGABYTES = 28


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A store with one trained exhibit, and an empty one that shows a gallery to copy it into."""
    exhibit = gallery.Exhibit(CONFIG, "along tau")
    monkeypatch.setattr(gallery, "exhibits", lambda which="all": [exhibit])
    work, reader = RunStore(tmp_path / "work"), RunStore(tmp_path / "runs", tmp_path / "gallery")
    monkeypatch.setenv(GALLERY_VARIABLE, str(reader.gallery))
    run = work.create(CONFIG, load_edition("corpus").digest)
    execute(run)
    return work, reader, run


def test_a_copy_is_small_and_says_the_same(made):
    work, reader, run = made
    (copy,) = gallery.export(work, reader.gallery)
    assert copy.config() == CONFIG
    assert copy.state().status == "finished"
    assert copy.about()["tags"] == [gallery.TAG]
    whole, thin = (read_series(one.metrics_path, one.timing_path) for one in (run, copy))
    assert 50 < len(thin) < len(whole)
    at = np.searchsorted(whole.step, thin.step)
    np.testing.assert_allclose(thin.nll, whole.nll[at], rtol=1e-5)
    np.testing.assert_allclose(thin.seconds, whole.seconds[at], rtol=1e-3, atol=1e-3)
    assert np.isfinite(thin.gamma).sum() > 20
    assert [r["step"] for _, r in read_lines(copy.aging_path)] == [r["step"] for _, r in read_lines(run.aging_path)]
    steps = checkpoints.steps_in(copy.checkpoints)
    assert steps[0] == 0
    assert steps[-1] == 600
    for step in steps:
        kept, own = (checkpoints.read(checkpoints.path_of(one.checkpoints, step), 1, 4) for one in (copy, run))
        assert not kept.state
        assert all(np.array_equal(kept.weights[name], own.weights[name]) for name in own.weights)


def test_a_copy_of_a_flow_has_all_its_records_and_the_weights_at_its_waiting_times(tmp_path, monkeypatch):
    config = replace(with_dynamics(CONFIG, "flow"), until=20.0, waiting_times=(3, 6))
    monkeypatch.setattr(gallery, "exhibits", lambda which="all": [gallery.Exhibit(config, "along tau")])
    work = RunStore(tmp_path / "work")
    run = work.create(config, load_edition("corpus").digest)
    execute(run)
    (copy,) = gallery.export(work, tmp_path / "gallery")
    for name in ("metrics_path", "timing_path", "aging_path"):
        ours, theirs = (list(read_lines(getattr(one, name))) for one in (copy, run))
        assert len(ours) == len(theirs)
    assert read_series(copy.metrics_path, copy.timing_path).tau[-1] == 20
    files = [checkpoints.path_of(copy.checkpoints, step) for step in checkpoints.steps_in(copy.checkpoints)]
    assert {0.0, 2.0, 3.0, 6.0} <= {checkpoints.tau_of(path) for path in files}
    assert all(not checkpoints.read(path, 1, 4).state for path in files)


def test_a_burst_starts_from_its_flow_and_its_copy_says_so(tmp_path, monkeypatch):
    flow = replace(with_dynamics(CONFIG, "flow"), until=5.0, waiting_times=(3,))
    burst = gallery.Exhibit(replace(CONFIG, steps=20, waiting_times=(10,)), source=(flow, 3.0))
    monkeypatch.setattr(gallery, "exhibits", lambda which="all": [gallery.Exhibit(flow, "along tau"), burst])
    work, digest = RunStore(tmp_path / "work"), load_edition("corpus").digest
    with pytest.raises(RunError, match=r"no checkpoint at tau = 3 of .*: make the part 'flows' first"):
        gallery._start(burst, work)
    execute(source := work.create(flow, digest))
    execute(work.create(burst.config, digest, start=gallery._start(burst, work)))
    copies = gallery.export(work, tmp_path / "gallery")
    assert [copy.origin().get("started_from", {}).get("run") for copy in copies] == [None, source.id]
    series = read_series(copies[1].metrics_path, copies[1].timing_path)
    assert series.tau[0] == 3.0


def test_a_copys_noise_probe_can_be_measured_again_from_it(made):
    work, reader, run = made
    probes.measure(run, 512, (30, 60), steps=20)
    (copy,) = gallery.export(work, reader.gallery)
    assert 512 in checkpoints.steps_in(copy.checkpoints)
    (path,) = probes.kept(copy)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    before = path.read_bytes()
    assert probes.load(path).steps == 20
    path.unlink()
    assert probes.measure(copy, 512, (30, 60), steps=20).read_bytes() == before


def test_what_an_exhibit_measures_comes_with_its_copy(made, monkeypatch):
    work, reader, _ = made
    asked = gallery.Exhibit(
        CONFIG,
        "along tau",
        probes=(exhibits.PlannedMeasurement(512, 20),),
        clones=(exhibits.PlannedMeasurement(512, 100),),
    )
    monkeypatch.setattr(gallery, "exhibits", lambda which="all": [asked])
    monkeypatch.setattr(gallery, "SIZES", (30, 60))
    (copy,) = gallery.export(work, reader.gallery)
    assert [probes.load(path).steps for path in probes.kept(copy)] == [20]
    assert [clones.load(path).steps[-1] for path in clones.kept(copy)] == [100]
    assert sorted(path.suffix for path in (copy.path / "probes").iterdir()) == [".json", ".json"]


def test_a_copy_replaces_the_one_before_it(made):
    work, reader, run = made
    (first,) = gallery.export(work, reader.gallery)
    prepare_to_resume(run, steps=800)
    execute(run)
    (second,) = gallery.export(work, reader.gallery)
    assert first == second
    assert second.state().step == 800
    assert len(reader.runs()) == 1


def test_a_copy_can_be_looked_at_only(made, tmp_path, capsys):
    work, reader, run = made
    gallery.export(work, reader.gallery)
    (copy,) = reader.runs()
    assert copy.id == run.id
    before = {path: path.read_bytes() for path in copy.path.rglob("*") if path.is_file()}
    for action in (
        lambda: prepare_to_resume(copy, steps=1000),
        lambda: execute(copy),
        lambda: reader.delete(copy),
        lambda: copy.describe(note="mine"),
    ):
        with pytest.raises(RunError, match="belongs to the gallery"):
            action()
    assert {path: path.read_bytes() for path in copy.path.rglob("*") if path.is_file()} == before
    assert main(["generate", copy.id, "--out", str(tmp_path / "out"), "--runs-dir", str(reader.directory)]) == 0
    assert main(["resume", copy.id, "--steps", "900", "--runs-dir", str(reader.directory)]) == 2
    assert "clone its settings" in capsys.readouterr().err


def test_thinning_keeps_the_ends_and_spaces_evenly_in_log():
    kept = sorted(gallery.thinned(range(1, 100_001)))
    assert (kept[0], kept[-1]) == (1, 100_000)
    assert 300 < len(kept) <= 5 * gallery.PER_DECADE + 2
    assert gallery.thinned([]) == set()
    assert gallery.thinned([7]) == {7}
    assert gallery.thinned([0, 1]) == {0, 1}


def test_the_plan_names_every_exhibit_and_a_wrong_part_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gallery, "steps_per_second", lambda config, directory: 1000.0)
    assert main(["gallery", "plan", "--part", "aging", "--runs-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2 + len(gallery.exhibits("aging"))
    assert out[-1].split()[-1] == f"{len(gallery.exhibits('aging')) * 400 / 3600:.2f}"  # 4e5 steps each
    assert main(["gallery", "plan", "--part", "nonsense", "--runs-dir", str(tmp_path)]) == 2
    assert "choose one of sweep, aging, paper" in capsys.readouterr().err


KEPT = sorted(GALLERY.iterdir())


def test_there_is_a_gallery_and_it_is_small():
    assert KEPT
    files = [path for run in KEPT for path in run.rglob("*") if path.is_file()]
    assert sum(os.stat(path).st_size for path in files) < MEGABYTES * 1e6


@pytest.mark.parametrize("path", KEPT, ids=lambda path: Path(path).name)
def test_what_is_kept_can_be_read(path):
    run = open_store().get(path.name)
    assert run.path == path
    assert run.read_only
    config, state = run.config(), run.state()
    assert state.status in ("finished", "stopped", "paused")
    series = read_series(run.metrics_path, run.timing_path)
    # A run stopped between two recordings is known up to the last one.
    assert state.step - config.record_every < series.step[-1] <= state.step
    assert series.nll[-1] == pytest.approx(state.nll, rel=1e-4)
    for step in checkpoints.steps_in(run.checkpoints):
        checkpoints.read(checkpoints.path_of(run.checkpoints, step), config.depth, config.width)
    if config.edition == "corpus":
        assert run.origin()["edition_digest"] == load_edition("corpus").digest
    assert json.loads((path / "config.json").read_text(encoding="utf-8"))["steps"] == replace(config).steps


def test_what_researchers_are_shown_runs():
    shown = (ROOT / "docs" / "researchers.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", shown, re.DOTALL))
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr
    assert '"exponent"' in ran.stdout or "'exponent'" in ran.stdout
    assert ran.stdout.splitlines()[-1].startswith("1000.0 0.0033")  # of the Playground's network
