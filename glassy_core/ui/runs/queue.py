"""The queue and the workers, as the Runs page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from glassy_core.jobs import dispatcher
from glassy_core.jobs import queue as waiting
from glassy_core.jobs.dispatcher import DispatcherStatus
from glassy_core.ui.results.rows import Row
from glassy_core.ui.runs.run_table import table_height
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.actions import Outcome, button, perform, serve_queue
from glassy_core.ui.shell.frame import plain, store
from glassy_core.ui.shell.words import runs_in_words


@dataclass(frozen=True)
class QueueState:
    """The queue, the workers and the limit as they are now. names: all runs by id; waits: those in the queue."""

    status: DispatcherStatus
    limit: int
    names: dict[str, Row]
    waits: Sequence[Row]
    at_work: int


def queue_state(rows: Sequence[Row]) -> QueueState:
    """Queue, workers and limit of the app's store, read now; rows: of all its runs."""
    queue, names = waiting.look(store(), _settled(str(store().directory))), {row.id: row for row in rows}
    waits = [names[run.id] for run in queue.waiting if run.id in names and names[run.id].config]
    status, limit = dispatcher.dispatcher_status(store()), waiting.wishes(store()).limit
    return QueueState(status, limit, names, waits, len(queue.at_work))


@st.cache_resource(show_spinner=False)
def _settled(directory: str) -> dict[str, int]:
    """What looks at that store need not read again; sessions may share it."""
    return {}


def in_short(now: QueueState) -> None:
    """How many runs wait and who trains them; what is wrong where nobody does."""
    _what_is_wrong(now.status, bool(now.waits))
    st.caption(_summary(now.status, len(now.waits), now.at_work, now.limit))


def queue_view(now: QueueState) -> None:
    """The limit, the workers, the order; drawn only while the reader has it open."""
    limit = now.limit
    part = st.expander("Queue and workers", key="queue", bind="query-params", icon=":material/dns:")
    if not part.open:
        return
    with part:
        key = f"limit-{limit}"  # set elsewhere, it is another field
        with presenter.part("limit"):
            st.number_input(
                "Runs at work at once, at most", value=limit, step=1, key=key, on_change=perform, args=(_limit, key),
                width=260, help="0: as many as the workers take. Runs at work already go on.",
                disabled=not presenter.may_act(),
            )  # fmt: skip
        _workers(now.status, now.names)
        _order(now.waits)


def _what_is_wrong(status: DispatcherStatus, waits: bool) -> None:
    """Say so when runs wait and nobody trains them."""
    if status.problem and (status.alive or waits):
        st.warning(plain(status.problem), icon=":material/cloud_off:")
    elif waits and not status.alive and not dispatcher.is_starting(store()):
        st.warning("Runs wait, and the process that serves them is not up yet.", icon=":material/schedule:")
    if waits and not status.alive and not dispatcher.is_starting(store()):
        button("Start it again", key="dispatcher", args=(serve_queue,))
    if status.alive and waits and status.scheduler and not status.workers and not status.problem:
        st.warning(
            f"Runs wait, and the cluster at {plain(status.scheduler)} has no workers: start some.",
            icon=":material/cloud_off:",
        )


def _summary(status: DispatcherStatus, waits: int, at_work: int, limit: int) -> str:
    words = f"{runs_in_words(waits).capitalize()} wait{'s' if waits == 1 else ''}, {at_work} at work"
    if limit:
        words += f" (at most {limit} at once)"
    if not status.alive:
        return f"{words}."
    n = len(status.workers)
    where = "this machine" if status.local else f"the cluster at {plain(status.scheduler or 'an unknown address')}"
    return f"{words}; {'one worker' if n == 1 else f'{n} workers'} on {where}."


def _workers(status: DispatcherStatus, names: dict[str, Row]) -> None:
    if not status.alive or not status.workers:
        st.caption("There are no workers now.")
        return
    lines = [
        {
            "Worker": worker.name,
            "Host": worker.host,
            "Threads": worker.threads,
            "Trains": ", ".join(names[run].name if run in names else run for run in worker.runs) or "–",
        }
        for worker in status.workers
    ]
    st.dataframe(lines, hide_index=True, height=table_height(len(lines)), alt="Workers and what they train")


def _order(waits: Sequence[Row]) -> None:
    if not waits:
        return
    lines = [
        {"Turn": turn, "Run": row.name, "d": row.config.depth, "w": row.config.width, "Seed": row.config.seed}
        for turn, row in enumerate(waits, 1)
        if row.config
    ]
    st.dataframe(lines, hide_index=True, height=table_height(len(lines)), alt="Runs in the order in which they start")
    st.caption("Tick queued runs in the table of all runs to have them run first, or last.")


def _limit(key: str) -> Outcome:
    limit = st.session_state[key]
    waiting.set_limit(store(), limit)
    return Outcome(done=f"At most {runs_in_words(limit)} at once." if limit else "As many runs as the workers take.")
