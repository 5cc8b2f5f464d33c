"""The queue of a store: which runs wait, in which order, and how many may be at work at once.

A run whose state says "queued" waits, whoever wrote it, and so does an interrupted one, which goes first. The others
go as they were queued, but for those that a reader has put in an order: .dispatcher/queue.json holds it, and the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from glassy_core.files import read_json, write_json
from glassy_core.runs.run import Run, RunError
from glassy_core.runs.state import ACTIVE, State
from glassy_core.runs.store import RunStore

_MOST_AT_ONCE = 1000  # what a limit may be
WAITING = ("queued", "interrupted")  # statuses of runs that want a worker


@dataclass(frozen=True)
class Wishes:
    """What the reader asks of the queue.

    limit: runs at work at once, 0: as many as there are workers. order: ids of runs that go before all others that are
    queued.
    """

    limit: int = 0
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A store's queue at one moment.

    waiting: in the order in which they are taken up. at_work: ids of the runs that some process trains.
    """

    waiting: Sequence[Run] = ()
    at_work: frozenset[str] = frozenset()


def wishes(store: RunStore) -> Wishes:
    """The limit and the order as the store's file has them; what cannot be read of them asks for nothing."""
    values = read_json(_path(store)) or {}
    limit, order = values.get("limit"), values.get("order")
    return Wishes(
        limit if type(limit) is int and 0 <= limit <= _MOST_AT_ONCE else 0,
        tuple(name for name in order if isinstance(name, str)) if isinstance(order, list) else (),
    )


def set_limit(store: RunStore, limit: int | None) -> None:
    """Set how many runs may be at work at once, 0: as many as there are workers. Those at work already go on.

    RunError for what cannot be a limit.
    """
    if limit is None or not 0 <= limit <= _MOST_AT_ONCE:
        raise RunError(f"The limit is {limit}: it must be from 0 (no limit) to {_MOST_AT_ONCE}.")
    _keep(store, replace(wishes(store), limit=limit))


def move(store: RunStore, run_ids: Sequence[str], to_front: bool) -> None:
    """Put queued runs before all others, or behind them, in their own order; RunError where none of them is queued."""
    queued = [run.id for run in look(store).waiting if run.state().status == "queued"]
    moved = [run_id for run_id in queued if run_id in run_ids]
    if not moved:
        raise RunError("None of these runs waits in the queue: choose runs that are queued.")
    others = [run_id for run_id in queued if run_id not in run_ids]
    _keep(store, replace(wishes(store), order=tuple(moved + others if to_front else others + moved)))


def look(store: RunStore, settled: dict[str, int] | None = None) -> Queue:
    """The runs that wait, in order, and those at work, as the store has them now.

    settled: what earlier looks found of runs that want no worker, by the time their state was last changed, in
    nanoseconds; such a state is not read again while it has not changed.
    """
    settled = {} if settled is None else settled
    waiting: list[tuple[Run, State]] = []
    at_work = set()
    for run in store.runs():
        if run.shown_in:  # whoever trains it has a queue of their own
            continue
        try:
            changed = (run.path / "state.json").stat().st_mtime_ns
        except OSError:
            continue  # deleted, or broken: nothing to train
        if settled.get(run.id) == changed:
            continue
        state = run.state()
        if state.status in WAITING and not run.is_locked():
            waiting.append((run, state))
        elif state.status in ("running", "stalled"):
            at_work.add(run.id)
        elif state.status not in (*ACTIVE, "interrupted"):
            settled[run.id] = changed
    place = {run_id: k for k, run_id in enumerate(wishes(store).order)}

    def turn(entry: tuple[Run, State]) -> tuple[bool, int, float, str]:
        run, state = entry  # a queued run's heartbeat is when it was queued
        return state.status == "queued", place.get(run.id, len(place)), state.heartbeat, run.id

    return Queue([run for run, _ in sorted(waiting, key=turn)], frozenset(at_work))


def _path(store: RunStore) -> Path:
    return store.directory / ".dispatcher" / "queue.json"


def _keep(store: RunStore, values: Wishes) -> None:
    _path(store).parent.mkdir(parents=True, exist_ok=True)
    write_json(_path(store), asdict(values))
