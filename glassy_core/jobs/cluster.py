"""The Dask workers that train runs: those of a cluster that is there already, or a local cluster's."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassy_core import locks, processes
from glassy_core.errors import GlassyError
from glassy_core.files import read_json

VARIABLE = "GLASSY_SCHEDULER"  # an address such as tcp://host:8786, or a scheduler file
ANSWERS_WITHIN = 10.0  # seconds that a scheduler may take
_MOST_THREADS = 100_000  # that a worker may say it has
LEAST_WORKERS = 3  # the class trio moves together even on two cores

# An idle cluster should cost next to nothing: it samples neither its workers' code nor the machine.
_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.work-stealing": False,
    # Of a worker that ended the connection tells. One that was only silent, as after a machine's sleep, trains on.
    "distributed.scheduler.worker-ttl": None,
}


class ClusterError(GlassyError, RuntimeError):
    """The cluster cannot be used now; the message says why and what to do."""


@dataclass(frozen=True)
class Worker:
    """A worker process. threads: runs it takes at once; runs: ids of those that it has now."""

    name: str
    host: str
    threads: int
    runs: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: Any) -> Worker:
        """A worker as a file has it; TypeError or KeyError for what cannot be one."""
        worker = cls(**values | {"runs": tuple(values["runs"])})
        texts = worker.name, worker.host, *worker.runs
        if not all(isinstance(text, str) for text in texts) or type(worker.threads) is not int:
            raise TypeError("A worker has names and a whole number of threads.")
        if not 0 <= worker.threads <= _MOST_THREADS:
            raise TypeError(f"No worker has {worker.threads} threads.")
        return worker


def given() -> str | None:
    """What $GLASSY_SCHEDULER names, where it names anything."""
    return os.environ.get(VARIABLE) or None


def address_of(name: str) -> str:
    """The scheduler's address, which a scheduler file may hold; ClusterError where there is none."""
    if "://" in name:
        return name
    values = read_json(Path(name))
    if not values or not isinstance(values.get("address"), str):
        raise ClusterError(
            f"${VARIABLE} is {name!r}, and no such scheduler file can be read: "
            "it must be an address such as tcp://host:8786, or the file that `dask scheduler --scheduler-file` writes."
        )
    return str(values["address"])


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the scheduler, its workers warm; ClusterError where that does not answer or cannot train."""
    from distributed import Client
    from distributed.comm import CommClosedError

    try:
        client = Client(address, set_as_default=False, timeout=ANSWERS_WITHIN)
    except (OSError, ValueError) as error:  # a time-out, or no address at all
        raise ClusterError(f"The scheduler at {address} does not answer: start it, or set ${VARIABLE} anew.") from error
    with client:
        for worker, problem in client.run(_warm_up, on_error="return").items():
            # One that ended meanwhile says nothing of itself: another takes its place, or none is there.
            if isinstance(problem, BaseException) and not isinstance(problem, CommClosedError):
                raise ClusterError(f"The worker {worker} cannot train ({problem}): {_remedy(problem)}.")
        yield client


def _remedy(problem: BaseException) -> str:
    """What to do about a worker that cannot train."""
    words = str(problem)  # Dask may have wrapped what the worker raised
    if "No module named 'glassy_core'" in words:
        return "start it in glassy's directory by `python -m dask worker`, since `dask worker` does not look there"
    if isinstance(problem, ImportError) or "No module named" in words:
        return "start it by the Python of glassy's environment, which has the libraries of requirements.txt"
    return "look at its log, and start it in glassy's directory and environment"


def workers(client: Any, address: str) -> list[Worker]:
    """The cluster's workers, by name; ClusterError where the scheduler, at that address, is gone."""
    gone = f"The scheduler at {address} is gone: runs go on as soon as it is back with its workers."
    try:
        found = client.scheduler_info(n_workers=-1)["workers"]
        busy = client.processing()
    except (OSError, ValueError, RuntimeError, KeyError) as error:  # in the middle of a word, or without any answer
        raise ClusterError(gone) from error
    if client.status != "running":
        raise ClusterError(gone)
    return sorted(
        (
            Worker(str(value["name"]), value["host"], value["nthreads"], tuple(map(_run_id_of, busy.get(where, ()))))
            for where, value in found.items()
        ),
        key=lambda worker: (worker.host, worker.name),
    )


def key_of(run_id: str, attempt: int) -> str:
    """The name of a run's task; attempt: another number every time, as Dask wants another name."""
    return f"{run_id}+{attempt}"


def _run_id_of(key: str) -> str:
    """The id of the run that a task of this name trains: the inverse of `key_of`."""
    return key.split("+")[0]


@contextlib.contextmanager
def local() -> Iterator[Any]:
    """A LocalCluster of this machine's own, one thread a worker, with the first of them: `grow` starts the others.

    ClusterError where the system lets none be started.
    """
    import dask

    dask.config.set(_QUIET)
    # Numerical libraries read these when they are loaded in the workers.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    with _started() as cluster:
        yield cluster


def _started() -> Any:
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=None,
        )
    except (OSError, RuntimeError) as error:  # no place for temporary files, no free port, no more processes
        raise ClusterError(
            f"This machine's workers cannot be started ({error.__cause__ or error}): they need a place for temporary "
            "files, which TMPDIR names, shared memory and ports of this machine. More is said in .dispatcher/log.txt."
        ) from error


def grow(local_cluster: Any, client: Any) -> None:
    """Start the other workers of a cluster that `local` made, now that its first can train: that one run waits less.

    All give way to the pages from here on; that first worker's start is what somebody waits for.
    """
    client.run(processes.give_way, on_error="ignore")  # one that ends meanwhile is started anew, and inherits it
    processes.give_way()  # as the others do
    local_cluster.scale(max(os.cpu_count() or 1, LEAST_WORKERS))


def _warm_up() -> None:
    """What a worker loads before its first run, so that the run starts at once."""
    from glassy_core.network.compiled import learner

    # One worker compiles, the others then find the kernels on the disk.
    user = os.getuid() if hasattr(os, "getuid") else "user"  # Windows gives each user a folder of their own
    with locks.hold_waiting(Path(tempfile.gettempdir()) / f"glassy-warm-{user}.lock"):
        learner.warm()
