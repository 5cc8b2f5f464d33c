"""Disks that are full or can only be read, damaged files, a directory that goes away: said, and nothing is lost."""

import dataclasses
import json
import os
import platform
import random
import shutil
import subprocess
import sys

import pytest
from nursery import FAILED
from shared import CONFIG, ROOT, contents, create, mounted, wait_for

from glassy_core.jobs import dispatcher
from glassy_core.runs.checkpoints import path_of, steps_in
from glassy_core.runs.run import Run
from glassy_core.runs.store import RunStore

# Nearly all that it writes is records; or checkpoints, of 130 kB each.
MANY_RECORDS = dataclasses.replace(CONFIG, record_every=2, checkpoint_every=1000, waiting_times=())
LARGE_CHECKPOINTS = dataclasses.replace(CONFIG, width=24, checkpoint_every=100, record_every=300, waiting_times=(200,))
ENSURE_DISPATCHER = dispatcher.ensure_dispatcher
PAGES = ["app.py", *sorted(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))]


def shown(elements):
    """What a page says, as the reader sees it."""
    return " ".join(element.value.replace("\\", "") for element in elements)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one mebibyte."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as place:
        yield place


def fill(disk, leave):
    """Take all the room of a disk but so many bytes."""
    room = os.statvfs(disk)
    with open(disk / "ballast", "wb") as ballast:
        ballast.write(bytes(room.f_bavail * room.f_bsize - leave))


def met_where_wanted(run, config):
    """Whether a record is torn; or whether several checkpoints were written before one found no room."""
    if config is LARGE_CHECKPOINTS:
        return len(steps_in(run.checkpoints)) > 1
    ends = [path.read_bytes().endswith(b"\n") for path in (run.metrics_path, run.timing_path)]
    return ends in ([False, True], [True, False])


@pytest.mark.parametrize(
    ("config", "leave"), [(MANY_RECORDS, 50_000), (LARGE_CHECKPOINTS, 350_000)], ids=["recording", "checkpointing"]
)
def test_a_full_disk(nursery, small_disk, uninterrupted, open_page, config, leave):
    store = RunStore(small_disk / "runs")
    for _ in range(10):
        run = create(store, config)
        fill(small_disk, leave)
        child = nursery.start("train", run.path)
        assert child.wait() == FAILED
        assert "No space left" in child.said
        if met_where_wanted(run, config):
            break
        shutil.rmtree(run.path)  # a heartbeat had found the disk full before, on a busy machine: once more
        (small_disk / "ballast").unlink()
    assert met_where_wanted(run, config)
    assert list(run.checkpoints.glob(".*")) == []  # the half of a checkpoint does not take room
    assert run.state().status == "failed"  # this word, too, had to be written on the full disk
    tab = open_page(store, selected=run.id)
    assert "No space left on device: make room on that disk" in shown(tab.error)
    tab.button(key="start").click().run()
    assert not tab.exception
    assert "make room on that disk" in shown(tab.error)
    tab.button(key="resume").click().run()
    assert not tab.exception
    assert [path.name for path in store.directory.iterdir()] == [run.id]  # nor does a run that could not be made
    (small_disk / "ballast").unlink()
    tab.button(key="resume").click().run()
    assert run.state().status == "queued"
    assert nursery.start("train", run.path).wait() == 0
    assert contents(run) == uninterrupted(config)


def test_a_run_whose_last_checkpoint_found_no_room_can_be_resumed(nursery, store, uninterrupted, open_page):
    """It has made all its steps, but is not finished."""
    run = create(store)
    assert nursery.start("train", run.path).wait() == 0
    path_of(run.checkpoints, CONFIG.steps).unlink()
    run.write_state(dataclasses.replace(run.state(), status="failed"))
    open_page(store, selected=run.id).button(key="resume").click().run()
    assert run.state().status == "queued"
    assert nursery.start("train", run.path).wait() == 0
    assert run.state().status == "finished"
    assert contents(run) == uninterrupted()


@pytest.fixture
def read_only(store, tmp_path):
    """The store again, at a place where it can only be read."""
    store.directory.mkdir()
    with mounted(tmp_path / "read-only", "--bind", str(store.directory)) as place:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        yield RunStore(place)


def test_a_store_that_can_only_be_read(nursery, store, read_only, open_page):
    done, waiting, at_work = (create(store, seed=seed) for seed in range(3))
    assert nursery.start("train", done.path).wait() == 0
    at_work.write_state(dataclasses.replace(at_work.state(), status="running", host=platform.node()))
    with at_work.locked():
        assert read_only.get(at_work.id).state().status == "running"  # the lock can be seen all the same
        for page in PAGES:
            tab = open_page(read_only, page)
        tab = open_page(read_only, selected=done.id)
        for button in ("start", "delete"):
            tab.button(key=button).click().run()
            assert not tab.exception
            assert "Read-only file system: this place can only be read" in shown(tab.error), button
    tab = open_page(read_only, selected=waiting.id)
    tab.button(key="stop").click().run()
    assert "can only be read" in shown(tab.error)
    child = nursery.start("train", read_only.get(waiting.id).path)
    assert child.wait() == FAILED
    assert "Read-only" in child.said
    tries: dict = {}
    given_out = [dispatcher._is_worth_a_try(read_only.get(waiting.id), tries) for _ in range(6)]
    assert given_out == [True] * dispatcher.MOST_TRIES + [
        False,
        False,
    ]  # the queue goes on, and not for ever with this one
    assert waiting.state().status == "queued"


def test_the_process_that_serves_the_queue_cannot_start_in_a_store_that_can_only_be_read(
    store, read_only, open_page, monkeypatch
):
    create(store)
    tab = open_page(read_only)
    monkeypatch.setattr(dispatcher, "ensure_dispatcher", ENSURE_DISPATCHER)
    tab.button(key="dispatcher").click().run()
    assert not tab.exception
    assert "Read-only file system" in shown(tab.error)
    command = [sys.executable, "-m", "glassy_core", "train", "--runs-dir", str(read_only.directory)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 2
    assert "can only be read" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.fixture
def half(nursery, store):
    """A run at step 600, and queued to go on to the end."""
    run = create(store, steps=600)
    assert nursery.start("train", run.path).wait() == 0
    run.write_state(dataclasses.replace(run.state(), status="queued", steps=CONFIG.steps))
    return run


@pytest.mark.parametrize("killed_at", [(), (12, 15, 19)], ids=["at once", "killed meanwhile"])
def test_a_checkpoint_with_flipped_bytes(nursery, store, half, uninterrupted, open_page, killed_at):
    """The one before it is taken, the pages say so, and what is dropped is kept aside."""
    last = path_of(half.checkpoints, 600)
    content, where = bytearray(last.read_bytes()), random.Random(8)
    for _ in range(3):
        content[where.randrange(len(content))] ^= 1 << where.randrange(8)
    last.write_bytes(content)
    records = half.metrics_path.read_bytes()
    for at_line in killed_at:
        assert nursery.start("train", half.path, die_in=["_set_aside"], at_line=at_line).wait() == -9
    assert nursery.start("train", half.path).wait() == 0
    assert contents(half) == uninterrupted()
    said = f"Resumed from step 570: {last.name} is damaged" if not killed_at else "Resumed from step 570"
    assert half.state().notice.startswith(said)
    assert half.state().notice.count("Resumed") == 1
    assert last.with_suffix(".damaged").read_bytes() == content
    assert (half.path / "metrics.before-step-570.jsonl").read_bytes() == records
    assert "Resumed from step 570" in shown(open_page(store, selected=half.id).warning)
    assert "Resumed from step 570" in shown(open_page(store, "app.py").warning)


def test_a_waiting_times_checkpoint_with_flipped_bytes(nursery, half, uninterrupted):
    """Without it the drift cannot be measured on: the run says so, keeps all it has, and goes on with a good copy."""
    path = path_of(half.checkpoints, 300)
    good, before = path.read_bytes(), contents(half)
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert nursery.start("train", half.path).wait() == FAILED
    assert "put a good copy back, or start the run anew" in half.state().error
    path.write_bytes(good)
    assert contents(half) == before
    assert nursery.start("train", half.path).wait() == 0
    assert contents(half) == uninterrupted()


def test_torn_and_garbage_lines_among_the_records(nursery, store, half, uninterrupted, open_page):
    lines = half.metrics_path.read_bytes().splitlines(keepends=True)
    lines[9:9] = [b"\x00\xff\xfe not a record\n", b'{"step": "ten"}\n', b"[" * 50_000 + b"\n"]
    spoilt = b"".join(lines) + b'{"step": 620, "tau": 3.'
    half.metrics_path.write_bytes(spoilt)
    for page in PAGES[:3]:
        open_page(store, page, runs=half.about()["name"])
    assert nursery.start("train", half.path).wait() == 0
    assert contents(half) == uninterrupted()
    assert "3 unreadable lines of metrics.jsonl are left out" in half.state().notice
    assert (half.path / "metrics.before-step-600.jsonl").read_bytes() == spoilt


def test_a_config_of_a_newer_version(nursery, store, half, uninterrupted, open_page):
    """It is left as it is, and the newer version goes on with it."""
    path = half.path / "config.json"
    before = path.read_text(encoding="utf-8")
    newer = json.dumps(json.loads(before) | {"format": 2, "dropout": 0.5})
    path.write_text(newer, encoding="utf-8")
    records = contents(half)
    assert nursery.start("train", half.path).wait() == FAILED
    assert "use the newer glassy" in half.state().error
    for page in PAGES:
        open_page(store, page)
    assert "use the newer glassy" in open_page(store).dataframe[0].value["Error"][0]
    assert (path.read_text(encoding="utf-8"), contents(half)) == (newer, records)
    path.write_text(before, encoding="utf-8")
    assert nursery.start("resume", half.path).wait() == 0
    assert nursery.start("train", half.path).wait() == 0
    assert contents(half) == uninterrupted()


ENDLESS = dataclasses.replace(CONFIG, steps=10**8, record_every=1000, checkpoint_every=1000, waiting_times=())


def test_a_run_directory_deleted_while_it_runs(nursery, store, open_page):
    run = create(store, ENDLESS)
    child = nursery.start("train", run.path)
    wait_for(lambda: len(steps_in(run.checkpoints)) > 1)
    while run.path.exists():
        shutil.rmtree(run.path, ignore_errors=True)
    assert child.wait() == FAILED
    assert "was moved or deleted while it was trained" in child.said
    assert list(store.directory.iterdir()) == []  # nothing comes back
    assert "no runs yet" in shown(open_page(store, selected=run.id).info)


def test_a_run_directory_moved_away_while_it_runs_and_put_back(nursery, store, uninterrupted, tmp_path):
    config = dataclasses.replace(CONFIG, steps=8000, record_every=50, checkpoint_every=400)
    run = create(store, config)
    child = nursery.start("train", run.path)
    wait_for(lambda: len(steps_in(run.checkpoints)) > 1)
    run.path.rename(tmp_path / "away")
    assert child.wait() == FAILED
    Run(tmp_path / "away").path.rename(run.path)
    assert run.state().status == "interrupted"
    assert nursery.start("train", run.path).wait() == 0
    assert contents(run) == uninterrupted(config)
