"""The gallery behind a store: a second place of runs, which is only read."""

import time
from dataclasses import replace

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.jobs.queue import Queue, look
from glassy_core.jobs.sweeps import plan
from glassy_core.runs import probes
from glassy_core.runs.checkpoints import write
from glassy_core.runs.groups import readable
from glassy_core.runs.run import RunError
from glassy_core.runs.store import DEFAULT_DIRECTORY, GALLERY, GALLERY_VARIABLE, RunStore, open_store
from glassy_core.settings import RunConfig
from glassy_core.training.probe import Probe
from glassy_core.training.records import fresh
from tests.made_runs import write_run

CONFIG = RunConfig(depth=1, width=4, chorales=1, steps=100, batch_size=5)


@pytest.fixture
def store(tmp_path):
    """A store with one run of its own, and one in its gallery."""
    write_run(RunStore(tmp_path / "gallery"), CONFIG, [0.01, 0.04], [0.9, 0.8])
    store = RunStore(tmp_path / "runs", tmp_path / "gallery")
    write_run(store, replace(CONFIG, width=5), [0.01, 0.04], [0.9, 0.8])
    return store


def both(store):
    """(the reader's own run, that of the gallery)"""
    return sorted(store.runs(), key=lambda run: run.read_only)


def files(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_both_are_listed_newest_first_and_found(store):
    own, shown = both(store)
    assert [run.id for run in store.runs()] == sorted((own.id, shown.id), reverse=True)
    assert (own.path.parent, own.store_directory) == (store.directory, store.directory)
    assert (shown.path.parent, shown.store_directory) == (store.gallery, store.directory)
    assert len(readable(store.runs())) == 2
    for run in (own, shown):
        for name in (run.id, run.id[:-1], str(run.path), f"{run.path}/"):
            assert store.get(name) == run
        assert store.named(run.id) == run
    assert store.get(f"{shown.id}-gallery") == shown
    for name in ("x" * 300, "-gallery", "x-gallery"):
        assert store.named(name).path == store.directory / name
    for name in ("..-gallery", "../x-gallery", ".-gallery"):
        with pytest.raises(RunError, match="is not a run's id"):
            store.named(name)
    assert RunStore(store.directory).runs() == [own]


def test_the_readers_own_run_of_one_id_goes_first(store):
    _, shown = both(store)
    (store.directory / shown.id).mkdir()
    assert len(store.runs()) == 2
    assert {run.path.parent for run in store.runs()} == {store.directory}
    assert store.named(f"{shown.id}-gallery").path == store.directory / shown.id


def test_nothing_is_written_into_the_gallery(store, monkeypatch):
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", lambda store: None)  # nothing is to train it here
    _, shown = both(store)
    before = files(store.gallery)
    for action in (
        lambda: dispatcher.resume(store, shown, steps=200),
        lambda: store.delete(shown),
        lambda: shown.describe(name="mine"),
    ):
        with pytest.raises(RunError, match=r"belongs to the gallery, .* looked at: clone its settings"):
            action()
    assert files(store.gallery) == before


@pytest.mark.parametrize("status", ["queued", "running"])
def test_what_others_train_in_a_shared_gallery_is_left_to_them(store, status):
    _, shown = both(store)
    shown.write_state(replace(shown.state(), status=status, host="another"))
    before = files(store.gallery)
    assert look(store) == Queue([], frozenset())
    for action in (
        lambda: dispatcher.stop(shown),
        lambda: dispatcher.stop(shown, pause=True),
        lambda: shown.request_eta(1e-3),
    ):
        with pytest.raises(RunError, match="belongs to the gallery"):
            action()
    assert files(store.gallery) == before


def test_a_probe_of_a_gallery_run_is_kept_in_the_store(store):
    _, shown = both(store)
    write(shown.checkpoints, fresh(CONFIG))
    path = probes.measure(shown, 0, (5,), steps=3)
    assert path.is_relative_to(store.directory)
    assert not (shown.path / "probes").exists()
    assert probes.kept(shown) == [path]
    assert isinstance(probes.load(path), Probe)
    assert len(store.runs()) == 2  # where it is kept is no run
    probes.start(shown, 0, (4,), 3)  # in a process of its own, which finds the run
    assert [attempt.error for attempt in probes.attempts(shown)] == [None]
    deadline = time.monotonic() + 180
    while len(probes.kept(shown)) < 2:
        assert time.monotonic() < deadline, probes.attempts(shown)
        time.sleep(0.1)
    assert not (shown.path / "probes").exists()


def test_a_sweep_takes_a_gallery_run_that_is_finished_and_no_other(store):
    for status, missing in (("finished", []), ("stopped", [CONFIG])):
        gallery = RunStore(store.gallery)
        (run,) = gallery.runs()
        run.write_state(replace(run.state(), status=status, step=100 if status == "finished" else 40))
        found = plan(store, [CONFIG], load_edition("corpus").digest)
        assert (found.missing, found.unfinished) == (missing, [])


def test_the_default_store_has_the_gallery_and_another_one_that_asks(tmp_path, monkeypatch):
    monkeypatch.delenv(GALLERY_VARIABLE, raising=False)
    monkeypatch.delenv("GLASSY_RUNS_DIR", raising=False)
    monkeypatch.chdir(DEFAULT_DIRECTORY.parent)
    assert open_store() == RunStore(DEFAULT_DIRECTORY, GALLERY)
    assert open_store(DEFAULT_DIRECTORY.relative_to(DEFAULT_DIRECTORY.parent)).gallery == GALLERY
    assert open_store(tmp_path) == RunStore(tmp_path)
    monkeypatch.setenv("GLASSY_RUNS_DIR", str(tmp_path))
    assert open_store() == RunStore(tmp_path)
    monkeypatch.setenv(GALLERY_VARIABLE, "data/gallery")
    assert {run.id for run in open_store().runs()} == {path.name for path in GALLERY.iterdir()}


def test_ids_and_names_of_files_are_plain():
    ids = [path.name for path in GALLERY.iterdir()]
    assert ids
    assert not [name for name in ids if name.endswith("-gallery")]
    assert not [path for path in GALLERY.rglob("*") if " " in path.name]
