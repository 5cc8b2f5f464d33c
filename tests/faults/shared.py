"""What the tests of faults share: a tiny run and its contents, places that fail, processes that end."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from glassy_core.editions.loading import load_edition
from glassy_core.jobs import dispatcher
from glassy_core.runs.run import Run
from glassy_core.runs.store import RunStore
from glassy_core.settings import RunConfig
from tests.processes import has_ended, in_time

ROOT = Path(__file__).resolve().parents[2]
REQUIRED = "GLASSY_REQUIRE_FAULTS"  # set to 1: a fault that cannot be caused here is a failure

# A network that learns in a moment, with a checkpoint, a record or a drift every few steps.
CONFIG = RunConfig(
    depth=2,
    width=4,
    eta=5e-3,
    chorales=2,
    batch_size=30,
    steps=1200,
    record_every=20,
    valid_every=200,
    gamma_every=100,
    checkpoint_every=30,
    waiting_times=(40, 300),
)


def cannot(what: str) -> None:
    """Skip a test whose fault cannot be caused here, or fail it where it must be."""
    message = f"{what}: this fault is not tried here. It needs root on Linux, with the right to mount."
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(message)
    pytest.skip(message)


def create(store: RunStore, config: RunConfig = CONFIG, status: str = "queued", **changes: object) -> Run:
    return store.create(dataclasses.replace(config, **changes), load_edition("corpus").digest, status)


def contents(run: Run) -> dict[str, bytes]:
    """All that has to be equal, byte by byte: records and checkpoints."""
    files = [run.metrics_path, run.aging_path, *sorted(run.checkpoints.glob("*.safetensors"))]
    return {str(path.relative_to(run.path)): path.read_bytes() for path in files if path.exists()}


def wait_for(condition: Callable[[], object], seconds: float = 300.0, pause: float = 0.001) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(pause)


def end_dispatcher(store: RunStore, how: int = signal.SIGTERM) -> None:
    """End the store's dispatcher; with SIGKILL its workers have to notice by themselves."""
    status = dispatcher.dispatcher_status(store)
    if not status.alive:
        return
    process = psutil.Process(status.pid)
    family = [process, *process.children(recursive=True)]
    process.send_signal(how)
    in_time(lambda: all(map(has_ended, family)), 10.0)
    for left in (member for member in family if not has_ended(member)):
        left.kill()


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """Mount something at a place; `cannot` where that is not allowed."""
    if os.getuid() != 0:
        cannot("Only root can mount")
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(place)], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        cannot(f"mount said: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
