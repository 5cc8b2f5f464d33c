"""How long a run would take: measured on this machine, beside the page rather than in its way."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import SubprocessError

import streamlit as st

from glassy_core.classroom import NotAllowedError
from glassy_core.errors import EXPECTED, sentence
from glassy_core.jobs import dispatcher, speed
from glassy_core.settings import RunConfig
from glassy_core.ui.results.rows import rows
from glassy_core.ui.shell import presenter
from glassy_core.ui.shell.frame import plain, store
from glassy_core.ui.shell.polling import refreshed
from glassy_core.ui.shell.words import duration, whole

_POLL = 0.5  # seconds


class _Measurements:
    """One measurement at a time, in a thread that waits for it; what nobody waits for any more is not begun."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._futures: dict[RunConfig, Future[float]] = {}

    def of(self, config: RunConfig, directory: Path) -> Future[float]:
        """The measurement of a run's speed in steps per second, under way or done."""
        future = self._futures.get(config)
        if future is None:
            for key, other in list(self._futures.items()):
                if other.cancel() or (other.done() and other.exception()):
                    del self._futures[key]
            future = self._pool.submit(speed.steps_per_second, config, directory)
            self._futures[config] = future
        return future


@st.cache_resource(show_spinner=False)
def _measurements() -> _Measurements:
    return _Measurements()


def measurement(config: RunConfig) -> Future[float]:
    """The measurement of a run's speed, under way or done.

    It takes the machine's time and is kept in the store: for those who only look on it has failed with NotAllowedError.
    """
    if presenter.may_act():
        return _measurements().of(config, store().directory)
    refused: Future[float] = Future()
    refused.set_exception(NotAllowedError("In a class it is measured for the presenter only."))
    return refused


def show_estimate(config: RunConfig) -> None:
    """The time such a run would take, and what it rests on; looks again by itself until it is measured."""
    future = measurement(config)
    waiting = not future.done()
    refreshed("time", lambda: _estimate(config, waiting), _POLL if waiting else None)


def _estimate(config: RunConfig, waiting: bool) -> None:
    future = measurement(config)
    if not future.done():
        st.caption(":material/timer: Measuring on this machine how long it would take. You can start at once.")
        return
    if waiting:
        st.rerun()  # once more, without looking again
    try:
        rate = future.result()
    except (*EXPECTED, SubprocessError) as error:
        st.caption(f":material/timer: How long it would take is not known: {plain(sentence(error))}")
        return
    st.markdown(
        f":material/timer: About **{duration(config.steps / rate)}**: {whole(config.steps)} steps at "
        f"{rate:.0f} steps/s, measured on this machine{_crowd()}."
    )


def _crowd() -> str:
    """What the other runs mean for a new one."""
    busy = sum(row.busy for row in rows(store()))
    workers = sum(worker.threads for worker in dispatcher.dispatcher_status(store()).workers)
    if workers and busy >= workers:
        return f"; {busy} runs are at work or wait already and {workers} run at a time, so it waits first"
    return ""
