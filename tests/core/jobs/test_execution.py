"""Real runs in real processes: stopped, resumed, given another eta, refused. Kills are in tests/faults."""

import dataclasses
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.files import read_lines
from glassy_core.jobs import execution
from glassy_core.runs.checkpoints import path_of, read, steps_in, write
from glassy_core.runs.run import Run, RunBusyError
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig

ROOT = Path(__file__).resolve().parents[3]
SMALL = "--chorales 6 --depth 2 --width 12 --eta 5e-3 --record-every 50 --checkpoint-every 300".split()


def command(*arguments):
    return [sys.executable, "-m", "glassy_core", *map(str, arguments)]


def start(store, *arguments):
    """A training process; its output is kept for the case that it fails."""
    return subprocess.Popen(
        command(*arguments, "--runs-dir", store.directory),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def finish(process, status=0):
    out, err = process.communicate(timeout=300)
    assert process.returncode == status, err
    return out, err


def train(store, *arguments):
    """Train to the end; the run is named by the last line of the output."""
    out, _ = finish(start(store, "train", *arguments))
    return Run(Path(out.splitlines()[-1]))


def wait_for(condition, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None:
            raise AssertionError(f"the process ended: {process.communicate()[1]}")
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.005)


def the_run(store, process):
    wait_for(lambda: store.runs(), process)
    return store.runs()[0]


def contents(run):
    """All that has to be equal, byte by byte: records and checkpoints."""
    files = [path for path in (run.metrics_path, run.aging_path) if path.exists()]
    files += sorted(run.checkpoints.iterdir())
    return {str(path.relative_to(run.path)): path.read_bytes() for path in files}


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def test_one_seed_gives_identical_files_and_another_does_not(tmp_path):
    settings = "--chorales 6 --depth 2 --width 12 --batch-size all --steps 500".split()
    stores = [RunStore(tmp_path / name) for name in "abc"]
    runs = [train(store, *settings, "--seed", seed) for store, seed in zip(stores, (3, 3, 4), strict=True)]
    assert contents(runs[0]) == contents(runs[1])
    assert contents(runs[0])["metrics.jsonl"] != contents(runs[2])["metrics.jsonl"]
    assert runs[0].state().status == "finished"
    assert runs[0].state().step == 500


def test_stop_resume_and_a_new_eta(store):
    process = start(store, "train", *SMALL, "--steps", 10_000_000)
    run = the_run(store, process)
    wait_for(lambda: run.state().status == "running" and run.state().step > 500, process)
    asked = time.monotonic()
    run.request_eta(1e-3)
    wait_for(lambda: run.state().eta == 1e-3, process)
    finish(
        subprocess.Popen(command("stop", run.id, "--runs-dir", store.directory), cwd=ROOT, stderr=-1, encoding="utf-8")
    )
    _, err = finish(process)
    assert time.monotonic() - asked < 20
    assert f"resume {run.id}" in err
    state = run.state()
    assert state.status == "stopped"
    assert read(path_of(run.checkpoints, state.step), 2, 12).eta == 1e-3
    records = [record for _, record in read_lines(run.metrics_path)]
    changed = next(r for r in records if r["eta"] == 1e-3)
    assert changed["tau"] == pytest.approx(changed["step"] * 5e-3)
    finish(start(store, "resume", run.id, "--steps", state.step + 1000))
    after = [record for _, record in read_lines(run.metrics_path)]
    assert after[: len(records)] == records
    assert after[-1]["step"] == state.step + 1000
    assert after[-1]["tau"] == pytest.approx(changed["tau"] + (after[-1]["step"] - changed["step"]) * 1e-3)
    assert run.state().status == "finished"


@pytest.mark.parametrize("checkpoint_written", [False, True])
def test_killed_while_a_new_eta_is_taken_up(store, checkpoint_written):
    """The record, the checkpoint and the end of the request are three moments; a kill between them doubles nothing."""
    whole = train(store, *SMALL, "--steps", 600)
    run = train(store, *SMALL, "--steps", 600)
    finish(start(store, "resume", whole.id, "--steps", 900, "--eta", "1e-3"))
    lines = whole.metrics_path.read_bytes().splitlines(keepends=True)
    upto_600 = [line for line in lines if json.loads(line)["step"] <= 600]
    run.metrics_path.write_bytes(b"".join(upto_600))  # the record of the new eta is written ...
    if checkpoint_written:
        old = read(path_of(run.checkpoints, 600), 2, 12)
        write(run.checkpoints, dataclasses.replace(old, eta=1e-3, tau_origin=(600, old.tau)))
    run.request_eta(1e-3)  # ... and the request is still there
    finish(start(store, "resume", run.id, "--steps", 900))
    found = [record for _, record in read_lines(run.metrics_path)]
    expected = [record for _, record in read_lines(whole.metrics_path)]
    assert [r for r in found if r["eta"] == 1e-3] == [r for r in expected if r["eta"] == 1e-3]
    assert not run.requested("eta.json")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train --width 0", "width is 0: it must be from 1"),
        ("train --eta -1", "eta is -1.0: it must be above 0"),
        ("train --name ../x", "name '../x' contains"),
        ("train --name <script>", "contains '<'"),
        ("train --preset nothing", "no preset 'nothing'"),
        ("train --width x", "invalid int value"),
        ("train --chorales 9999", "9999"),
        ("train --batch-size some", "neither a whole number nor 'all'"),
        ("resume nothing", "no run 'nothing'"),
        ("resume ../x", "not a run's id"),
        ("stop nothing", "no run 'nothing'"),
        ("nonsense", "invalid choice"),
    ],
)
def test_bad_input_is_one_line_and_status_2(store, arguments, words):
    _, err = finish(start(store, *arguments.split()), status=2)
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert store.runs() == []


def test_faults_of_a_run_are_one_line_and_nothing_is_lost(store):
    run = train(store, *SMALL, "--steps", 300)
    config = (run.path / "config.json").read_bytes()
    other = read(path_of(run.checkpoints, 300), 2, 12)
    (run.path / "config.json").unlink()
    for name in ("resume", "fit", "probe"):
        _, err = finish(start(store, name, run.id), status=2)
        assert "no readable config.json" in err
        assert len(err.strip().splitlines()) == 1
    (run.path / "config.json").write_bytes(config.replace(b'"width": 12', b'"width": 13'))
    _, err = finish(start(store, "resume", run.id, "--steps", 400), status=2)
    assert "does not fit this run" in err
    *_, last_of_the_bar, sentence = err.splitlines()
    assert (last_of_the_bar.strip(), sentence[:8]) == ("", "glassy: ")  # the bar is wiped out
    assert run.state().status == "failed"
    assert "does not fit" in run.state().error
    (run.path / "config.json").write_bytes(config)
    assert path_of(run.checkpoints, 300).exists()
    changed = json.loads(config) | {"edition_digest": "another"}
    (run.path / "config.json").write_text(json.dumps(changed), encoding="utf-8")
    _, err = finish(start(store, "resume", run.id, "--steps", 400), status=2)
    assert "another version of the corpus edition" in err
    (run.path / "config.json").write_bytes(config)
    write(run.checkpoints, other)
    finish(start(store, "resume", run.id, "--steps", 400))
    assert run.state().status == "finished"
    assert run.state().error is None


@pytest.mark.posix
def test_two_processes_on_one_run(store):
    process = start(store, "train", *SMALL, "--steps", 10_000_000)
    run = the_run(store, process)
    wait_for(run.is_locked, process)
    _, err = finish(start(store, "resume", run.id), status=2)
    assert run.id in err
    wait_for(lambda: run.state().step > 0, process)
    process.send_signal(signal.SIGINT)  # as Ctrl-C: stops after a checkpoint
    finish(process)
    assert run.state().status == "stopped"
    assert run.state().step in steps_in(run.checkpoints)


def test_runs_and_data_as_json(store):
    run = train(store, *SMALL, "--steps", 300, "--name", "mine")
    out, _ = finish(start(store, "runs", "--json"))
    row = json.loads(out)["runs"][0]
    assert (row["id"], row["name"], row["status"], row["step"]) == (run.id, "mine", "finished", 300)
    out, _ = finish(start(store, "data", "--json", "--chorales", "6"))
    assert json.loads(out)["chorales"] == 6


@pytest.mark.posix
def test_a_wide_run_stays_small_in_memory(store):
    """d = 2, w = 90 on all 80 chorales: under 600 MB at its peak, libraries included."""
    # Not getrusage's ru_maxrss: a child inherits that from whoever starts it, here a test process that may be larger.
    code = (
        "import re\nfrom glassy_core.commands.main import main\n"
        f"assert main(['train', '--width', '90', '--steps', '300', '--runs-dir', {str(store.directory)!r}]) == 0\n"
        "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert int(result.stdout.splitlines()[-1]) / 1024 < 600


def test_a_run_that_another_machine_took_up_in_a_sleep_is_left_to_it(store, monkeypatch):
    """A shared store's lock does not outlast a suspension; the heartbeat of the other one tells."""
    monkeypatch.setattr(execution, "_SLEPT", -1.0)  # every heartbeat comes after a sleep
    run = store.create(RunConfig(depth=2, width=8, chorales=6, steps=10**8), load_edition("corpus").digest)

    def elsewhere(state):
        run.write_state(dataclasses.replace(state, host="elsewhere", pid=1))

    with pytest.raises(RunBusyError, match="taken up on elsewhere while this machine slept"):
        execution.execute(run, progress=elsewhere)
    assert (run.state().host, run.state().status) == ("elsewhere", "running")  # as the other one left it
    assert not run.is_locked()
