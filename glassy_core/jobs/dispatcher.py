"""Where runs are executed: a queue on the disk, and a dispatcher that gives it to Dask workers.

The truth is in runs/: a run whose state says "queued" waits, whoever wrote it. One dispatcher a
store, a process of its own that outlives the app, hands waiting runs (queue.py) to workers: its own
local ones, or those of the cluster at $GLASSY_SCHEDULER (cluster.py). It starts with the first run that waits
and ends a minute after the last, with its workers: a store with nothing to do has no process.
Pages and the command line only write to the store, so none of them needs to reach the cluster.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from glassy_core import locks, processes
from glassy_core.errors import sentence
from glassy_core.files import read_json, write_json
from glassy_core.jobs import cluster
from glassy_core.jobs import queue as waiting
from glassy_core.jobs.cluster import ClusterError, Worker
from glassy_core.jobs.queue import WAITING
from glassy_core.runs.run import Run, RunBusyError, RunError
from glassy_core.runs.state import BUSY, State
from glassy_core.runs.store import RunStore
from glassy_core.settings import ConfigError, RunConfig, check_end, check_eta

LOOK_EVERY = 0.5  # seconds between looks at the queue
RETRY_EVERY = 2.0  # seconds between tries to reach a cluster
IDLE_EXIT = 60.0  # seconds without work after which a dispatcher ends
STARTS_WITHIN = 20.0  # seconds, on a busy machine
MOST_TRIES = 4  # of an interrupted run that does not get on


def submit(store: RunStore, config: RunConfig, edition_digest: str) -> Run:
    """Put a new run into the queue; a dispatcher is started where none is."""
    run = store.create(config, edition_digest)
    ensure_dispatcher(store)
    return run


def resume(store: RunStore, run: Run, steps: int | None = None, eta: float | None = None, **end: float | None) -> None:
    """Queue a run again; RunError where it runs already or has nothing left to do. end: as of `prepare_to_resume`."""
    prepare_to_resume(run, steps, eta, **end)
    run.write_state(replace(run.state(), status="queued", heartbeat=time.time(), error=None, speed=None))
    ensure_dispatcher(store)


def prepare_to_resume(
    run: Run, steps: int | None = None, eta: float | None = None,
    until: float | None = None, stop_nll: float | None = None,
) -> None:  # fmt: skip
    """Clear earlier requests and take up a new end or eta.

    steps, until, stop_nll: the last step, the proper time and the NLL in bits at which the run ends; None: as before.
    RunError where there is nothing to resume, ConfigError for an unusable end or eta; the run is then as it was.
    """
    run.check_writable()
    config, state = run.config(), run.state()
    if run.is_locked() or state.status == "queued":
        raise RunError(f"Run {run.id} is {state.status} already.")
    if not state.steps:  # state.json was lost: it is as at the start
        state = replace(state, steps=config.steps, until=config.until, stop_nll=config.stop_nll, eta=config.eta)
    changes = {"steps": steps, "until": until, "stop_nll": stop_nll}
    ends = {name: check_end(name, value) for name, value in changes.items() if value is not None}
    longer = replace(state, **ends)  # type: ignore[arg-type]
    if config.dynamics == "flow" and not longer.until:
        raise ConfigError("A flow needs a proper time at which it ends: set until, to 400 for example.")
    if state.step > longer.steps or not longer.has_more_to_do:
        raise RunError(f"Run {run.id} is at {_reached(longer)}: give it {_further(longer)} to go on.")
    if 0 < longer.until < state.tau:
        raise RunError(
            f"Run {run.id} is at tau = {state.tau:g}, beyond {longer.until:g}: give it a later tau to go on."
        )
    if eta is not None and config.dynamics == "flow":
        raise ConfigError(f"Run {run.id} is a flow, which has no eta: resume it without one.")
    if eta is not None:
        run.request_eta(check_eta(eta))
    for request in ("stop", "pause"):
        run.clear_request(request)
    run.write_state(longer)


def _reached(state: State) -> str:
    """The end that a run has reached, or is beyond."""
    if state.step >= state.steps:
        return f"step {state.step} of {state.steps}"
    if 0 < state.until <= state.tau:
        return f"tau = {state.tau:g} of {state.until:g}"
    return f"an NLL of {state.nll:.4g}, and was to end at {state.stop_nll:g}"


def _further(state: State) -> str:
    if state.step >= state.steps:
        return "more steps"
    return "a later tau" if 0 < state.until <= state.tau else "a lower NLL"


def stop(run: Run, pause: bool = False) -> None:
    """Ask a run to stop or pause after a checkpoint; a queued one is taken out of the queue at once."""
    status = run.state().status
    if status not in BUSY:
        raise RunError(f"Run {run.id} is {status}: there is nothing to stop.")
    run.request("pause" if pause else "stop")  # a worker may be about to take it up
    if run.is_locked():
        return
    run.write_state(replace(run.state(), status="paused" if pause else "stopped", speed=None))


@dataclass(frozen=True)
class DispatcherStatus:
    """State of the dispatcher as its file has it. problem: why it has no cluster, or ''."""

    alive: bool = False
    pid: int = 0
    started: float = 0.0  # seconds since the epoch
    scheduler: str = ""  # address
    local: bool = True  # whether the workers are its own
    workers: tuple[Worker, ...] = ()
    problem: str = ""


def dispatcher_status(store: RunStore) -> DispatcherStatus:
    """What the dispatcher last wrote of itself, and whether it is alive now."""
    values = read_json(store.directory / ".dispatcher" / "status.json") or {}
    try:
        workers = tuple(map(Worker.from_json, values.pop("workers", ())))
        hints = get_type_hints(DispatcherStatus)
        fits = all(type(value) is hints.get(key) for key, value in values.items())
        status = DispatcherStatus(**values, workers=workers) if fits else DispatcherStatus()
    except (TypeError, KeyError, AttributeError):
        status = DispatcherStatus()
    return replace(status, alive=locks.is_held(store.directory / ".dispatcher" / "lock"))


def ensure_dispatcher(store: RunStore) -> None:
    """Start the store's dispatcher unless one is alive; returns at once."""
    (directory := store.directory / ".dispatcher").mkdir(parents=True, exist_ok=True)
    if locks.is_held(directory / "lock"):
        return
    with open(directory / "log.txt", "ab") as log:
        os.utime(directory / "log.txt")  # see is_starting
        processes.start(["dispatch", "--runs-dir", str(store.directory.resolve())], log)


def is_starting(store: RunStore) -> bool:
    """Whether a dispatcher was started so lately that it may not be there yet."""
    with contextlib.suppress(OSError):
        return time.time() - (store.directory / ".dispatcher" / "log.txt").stat().st_mtime < STARTS_WITHIN
    return False


def dispatch(store: RunStore) -> None:
    """Serve the store's queue until it has been empty for a minute; returns at once where it is, or another serves.

    ClusterError where this machine can have no workers; the status then says so, too.
    """
    (directory := store.directory / ".dispatcher").mkdir(parents=True, exist_ok=True)
    with locks.hold(directory / "lock") as held:
        if not held or not waiting.look(store).waiting:
            return
        store.clear_drafts()
        name = cluster.given()
        dispatcher = _Dispatcher(store, local=name is None)
        if name is None:
            try:
                with cluster.local() as own, cluster.connected(own.scheduler_address) as client:
                    dispatcher.serve(client, own.scheduler_address, lambda: cluster.grow(own, client))
            except ClusterError as error:
                dispatcher._tell(workers=(), problem=sentence(error))
                raise
        else:
            dispatcher.serve_given(name)
    # What was queued while the cluster closed found a lock that was still held.
    left = [dispatcher.tries.get(run.id, _Tries()).again(run.state()) for run in waiting.look(store).waiting]
    if any(tries.count <= MOST_TRIES for tries in left):
        ensure_dispatcher(store)


class _Dispatcher:
    """Hands waiting runs to workers, no more at a time than those can take: the rest can still be put in order."""

    def __init__(self, store: RunStore, local: bool) -> None:
        self.store = store
        self.futures: dict[str, Any] = {}  # by run id
        self.tries: dict[str, _Tries] = {}
        self.settled: dict[str, int] = {}
        self.told = DispatcherStatus(True, os.getpid(), time.time(), local=local)
        self.last_busy = time.monotonic()  # a clock that is set ends nothing
        self._write()

    def serve(self, client: Any, address: str, grow: Callable[[], None] | None = None) -> None:
        """Until nothing was to do for long; ClusterError: the cluster is lost. grow: called when a run is given out."""
        while True:  # at least once, however long it took until there were workers
            workers = cluster.workers(client, address)
            self._take_back()
            if grow and self.futures:
                grow()
                grow = None
            self._give_out(client, workers)
            self._tell(scheduler=address, workers=tuple(workers), problem="")
            if not self._is_wanted():
                return
            time.sleep(LOOK_EVERY)

    def serve_given(self, name: str) -> None:
        """The same with a cluster that comes and goes; where it is looked for is read anew every time."""
        while self._is_wanted():
            try:
                address = cluster.address_of(name)
                with cluster.connected(address) as client:
                    self.serve(client, address)
            except (ClusterError, OSError) as error:  # an OSError: it was lost in the middle of a word
                for run_id in self.futures:  # nor was it their fault
                    self.tries.pop(run_id, None)
                self.futures = {}  # the next scheduler knows nothing of them, the runs' states say all
                self._tell(workers=(), problem=sentence(error))
                time.sleep(RETRY_EVERY)

    def _is_wanted(self) -> bool:
        if self.futures or (self.told.problem and waiting.look(self.store, self.settled).waiting):
            self.last_busy = time.monotonic()
        return time.monotonic() - self.last_busy < IDLE_EXIT

    def _take_back(self) -> None:
        """Forget the tasks that are done; a run that no worker could even begin has failed."""
        done = {run_id: future for run_id, future in self.futures.items() if future.done()}
        for run_id, future in done.items():
            del self.futures[run_id]
            # A task whose worker died again and again is an interrupted run's, and counted among its tries.
            if future.status == "error" and type(error := future.exception()).__name__ != "KilledWorker":
                with contextlib.suppress(RunError, OSError):
                    run = self.store.get(run_id)
                    if run.state().status == "queued":
                        failed = replace(run.state(), status="failed", error=f"No worker could begin: {error}")
                        run.write_failure(failed)

    def _give_out(self, client: Any, workers: Sequence[Worker]) -> None:
        queue, limit = waiting.look(self.store, self.settled), waiting.wishes(self.store).limit
        threads = sum(worker.threads for worker in workers)
        room = max(threads, 1) - len(self.futures)  # one where there is no worker yet: clusters grow when tasks wait
        if limit:
            room = min(room, limit - len({*self.futures, *queue.at_work}))
        for run in queue.waiting:
            if run.id in self.futures:
                continue
            if room <= 0:
                self.last_busy = time.monotonic()  # a run that waits for its turn
                break
            if _is_worth_a_try(run, self.tries):
                key, directory = cluster.key_of(run.id, time.time_ns()), str(self.store.directory.resolve())
                self.futures[run.id] = client.submit(train_run, directory, run.id, key=key, pure=False)
                room -= 1

    def _tell(self, **news: Any) -> None:
        status = replace(self.told, **news)
        if status != self.told:
            self.told = status
            self._write()

    def _write(self) -> None:
        with contextlib.suppress(OSError):  # a full disk ends no runs
            write_json(self.store.directory / ".dispatcher" / "status.json", asdict(self.told), durable=False)


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


def train_run(directory: str, run_id: str) -> str:
    """The task of one run, in a worker: train it and return its status. A run that another has is left alone.

    Raises RunError where the worker does not see the run.
    """
    from glassy_core.jobs.execution import execute

    store = RunStore(Path(directory))
    if not (store.directory / run_id).is_dir():
        host = socket.gethostname()
        raise RunError(f"{store.directory} on {host} has no run {run_id}: a cluster must share runs/ under one path.")
    run = store.get(run_id)
    status = run.state().status
    if status not in WAITING:
        return status  # stopped while it waited for a worker
    try:
        return execute(run, only=WAITING)[0].status
    except RunBusyError:
        return "busy"
    except Exception as error:  # it is in the run's state, where the pages read it
        return f"failed: {error}"
