"""Where runs are executed: a queue on the disk, and a dispatcher that gives it to Dask workers.

The truth is in runs/: a run whose state says "queued" waits, whoever wrote it. One dispatcher a
store, a process of its own that outlives the app, hands queued and interrupted runs to workers:
its own local ones, or those of the cluster at $GLASSY_SCHEDULER (an address, or a scheduler file).
Pages and the command line only write to the store, so none of them needs to reach the cluster.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glassy_core.config import RunConfig, check_eta
from glassy_core.files import read_json, write_json
from glassy_core.runs import ACTIVE, Run, RunBusyError, RunError, RunStore, State, take_lock

LOOK_EVERY = 0.5  # seconds between looks at the queue
IDLE_EXIT = 1800.0  # seconds without work after which a local dispatcher ends
WAITING = ("queued", "interrupted")  # statuses of runs that want a worker
MOST_TRIES = 4  # of an interrupted run that does not get on
LEAST_WORKERS = 3  # the class trio moves together even on two cores
LOWERED_PRIORITY = 10  # niceness of the workers: the pages stay quick

# An idle cluster should cost next to nothing: it samples neither its workers' code nor the machine.
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.work-stealing": False,
}


# What pages and the command line call.


def submit(store: RunStore, config: RunConfig, edition_digest: str) -> Run:
    """A new run, queued; a dispatcher is started where none is."""
    run = store.create(config, edition_digest)
    ensure_dispatcher(store)
    return run


def resume(store: RunStore, run: Run, steps: int | None = None, eta: float | None = None) -> None:
    """Queue a run again; RunError where it runs already or has nothing left to do."""
    prepare_to_resume(run, steps, eta)
    run.write_state(replace(run.state(), status="queued", heartbeat=time.time(), error=None, speed=None))
    ensure_dispatcher(store)


def prepare_to_resume(run: Run, steps: int | None = None, eta: float | None = None) -> None:
    """Clear earlier requests and take up a new last step or eta; RunError where there is nothing to resume."""
    config, state = run.config(), run.state()
    if run.is_locked() or state.status == "queued":
        raise RunError(f"Run {run.id} is {state.status} already.")
    last = steps if steps is not None else state.steps or config.steps
    if state.step > last or not replace(state, steps=last).has_more_to_do:
        raise RunError(f"Run {run.id} is at step {state.step} of {last}: give it more steps to go on.")
    if eta is not None:
        run.request_eta(check_eta(eta))
    for request in ("stop", "pause"):
        run.clear_request(request)
    run.write_state(replace(state, steps=last))


def stop(run: Run, pause: bool = False) -> None:
    """Ask a run to stop or pause after a checkpoint; a queued one is taken out of the queue at once."""
    status = run.state().status
    if status not in (*ACTIVE, "stalled", "interrupted"):
        raise RunError(f"Run {run.id} is {status}: there is nothing to stop.")
    run.request("pause" if pause else "stop")  # a worker may be about to take it up
    if run.is_locked():
        return
    run.write_state(replace(run.state(), status="paused" if pause else "stopped", speed=None))


@dataclass(frozen=True)
class DispatcherStatus:
    """What the dispatcher says of itself."""

    alive: bool = False
    pid: int = 0
    started: float = 0.0  # seconds since the epoch
    scheduler: str = ""  # address
    workers: int = 0


def dispatcher_status(store: RunStore) -> DispatcherStatus:
    """The dispatcher's last word, and whether it is alive now."""
    values = read_json(store.directory / ".dispatcher" / "status.json") or {}
    try:
        status = DispatcherStatus(**values)
    except TypeError:
        status = DispatcherStatus()
    return replace(status, alive=_is_held(store.directory / ".dispatcher" / "lock"))


def ensure_dispatcher(store: RunStore) -> None:
    """Start the store's dispatcher unless one is alive; returns at once."""
    directory = store.directory / ".dispatcher"
    directory.mkdir(parents=True, exist_ok=True)
    if _is_held(directory / "lock"):
        return
    with open(directory / "log.txt", "ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "glassy_core", "dispatch", "--runs-dir", str(store.directory)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # it outlives the app
        )


# The dispatcher's process.


def dispatch(store: RunStore) -> None:
    """Serve the store's queue until it has been empty for half an hour; returns at once where another does."""
    with _hold(store.directory / ".dispatcher" / "lock") as held:
        if not held:
            return
        from distributed import Client

        store.clear_drafts()
        with _cluster() as address, Client(address, set_as_default=False) as client:
            client.run(warm_up)
            _serve(store, client)
    # What was queued while the cluster closed found a lock that was still held.
    if any(_waiting(store, {})):
        ensure_dispatcher(store)


def _serve(store: RunStore, client: Any) -> None:
    futures: dict[str, Any] = {}
    tries: dict[str, _Tries] = {}
    settled: dict[str, int] = {}  # runs that want no worker, by the time their state was last changed
    started, last_busy = time.time(), time.monotonic()  # a clock that is set ends nothing
    told: DispatcherStatus | None = None
    while time.monotonic() - last_busy < IDLE_EXIT:
        futures = {run_id: future for run_id, future in futures.items() if not future.done()}
        for run in _waiting(store, settled):
            if run.id not in futures and _is_worth_a_try(run, tries):
                key = f"{run.id}-{time.time_ns()}"
                futures[run.id] = client.submit(train_run, str(store.directory), run.id, key=key, pure=False)
        if futures:
            last_busy = time.monotonic()
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        status = DispatcherStatus(True, os.getpid(), started, str(client.scheduler.address), workers)
        if status != told:
            with contextlib.suppress(OSError):  # nor does a full disk
                write_json(store.directory / ".dispatcher" / "status.json", asdict(status), durable=False)
                told = status
        time.sleep(LOOK_EVERY)


@dataclass(frozen=True)
class _Tries:
    """How often a run was given out at one step since it was queued."""

    step: int = -1
    queued: float = 0.0  # heartbeat of the state that queued it
    count: int = 0

    def again(self, state: State) -> _Tries:
        """One more, unless the run got on, or was queued anew."""
        queued = state.heartbeat if state.status == "queued" else self.queued
        count = self.count + 1 if (state.step, queued) == (self.step, self.queued) else 1
        return _Tries(state.step, queued, count)


def _is_worth_a_try(run: Run, tries: dict[str, _Tries]) -> bool:
    """False, and the run failed, where it has ended its workers again and again without getting on."""
    state = run.state()
    mine = tries[run.id] = tries.get(run.id, _Tries()).again(state)
    if mine.count <= MOST_TRIES:
        return True
    error = f"The run's process ended {MOST_TRIES} times at step {state.step} without a word; is there enough memory?"
    with contextlib.suppress(OSError):  # it was deleted, or cannot be written: the queue goes on
        run.write_failure(replace(state, status="failed", error=error))
    return False


def _waiting(store: RunStore, settled: dict[str, int]) -> Iterator[Run]:
    """Queued and interrupted runs, oldest first; a state that has not changed since it was settled is not read."""
    for run in reversed(store.runs()):
        try:
            changed = (run.path / "state.json").stat().st_mtime_ns
        except OSError:
            continue  # deleted, or broken: nothing to train
        if settled.get(run.id) == changed:
            continue
        status = run.state().status
        if status in WAITING and not run.is_locked():
            yield run
        elif status not in (*ACTIVE, "stalled", "interrupted"):
            settled[run.id] = changed


@contextlib.contextmanager
def _cluster() -> Iterator[Any]:
    """The address of the scheduler named by $GLASSY_SCHEDULER, or of a local cluster made for the purpose."""
    given = os.environ.get("GLASSY_SCHEDULER")
    if given and "://" in given:
        yield given
        return
    if given:
        values = read_json(Path(given))
        if not values or "address" not in values:
            raise RunError(f"$GLASSY_SCHEDULER is {given!r}: it must be an address such as tcp://host:8786, or a file.")
        yield values["address"]
        return
    import dask
    from distributed import LocalCluster

    dask.config.set(QUIET)
    os.nice(LOWERED_PRIORITY)
    # One thread a worker; numerical libraries read these when they are loaded in the workers.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    with LocalCluster(
        n_workers=max(os.cpu_count() or 1, LEAST_WORKERS),
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        memory_limit=None,
    ) as cluster:
        yield cluster.scheduler_address


def warm_up() -> None:
    """What a worker loads before its first run, so that the run starts at once."""
    from glassy_core import compiled, execution  # noqa: F401

    # One worker compiles, the others then find the kernels on the disk.
    with open(Path(tempfile.gettempdir()) / f"glassy-warm-{os.getuid()}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        compiled.warm()


def train_run(directory: str, run_id: str) -> str:
    """The task of one run, in a worker: train it and return its status. A run that another has is left alone."""
    from glassy_core.execution import execute

    try:
        run = RunStore(Path(directory)).get(run_id)
        status = run.state().status
        if status not in WAITING:
            return status  # stopped while it waited for a worker
        return execute(run, only=WAITING)[0].status
    except RunBusyError:
        return "busy"
    except Exception as error:  # it is in the run's state, where the pages read it
        return f"failed: {error}"


@contextlib.contextmanager
def _hold(path: Path) -> Iterator[bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        yield take_lock(file.fileno())


def _is_held(path: Path) -> bool:
    try:
        with open(path) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
