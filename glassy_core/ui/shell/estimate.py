"""How long a run would take: measured on this machine, beside the page rather than in its way."""

from __future__ import annotations

import math
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
from glassy_core.ui.shell.flow_costs import cost_like
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
        """The measurement of a run's speed in steps, of a flow evaluations, per second, under way or done."""
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
    said = _of_flow(config, rate) if config.dynamics == "flow" else _of_steps(config, rate)
    st.markdown(f":material/timer: {said}{_crowd()}.")


def _of_steps(config: RunConfig, rate: float) -> str:
    """The time of so many steps; with an end in proper time, of those until then."""
    steps = min(config.steps, math.ceil(config.until / config.eta)) if config.until else config.steps
    return f"About **{duration(steps / rate)}**: {whole(steps)} steps at {rate:.0f} steps/s, measured on this machine"


def _of_flow(config: RunConfig, rate: float) -> str:
    """What is known of a flow's time: evaluations per second here, and what flows of such networks have taken."""
    here = f"{rate:.0f} evaluations/s, measured on this machine"
    cost = cost_like(config)
    if cost is None:
        return f"How many evaluations this flow needs is not known beforehand; it makes {here}"
    least, most = (float(f"{count:.2g}") for count in (cost.least, cost.most))
    count = whole(round(most)) if least == most else f"{whole(round(least))} to {whole(round(most))}"
    beyond = "It goes further, so at least this: flows" if config.until > cost.tau else "Flows"
    return (
        f"{beyond} of {cost.words()} took {count} evaluations to tau = {cost.tau:g}, "
        f"which is **{_span(least / rate, most / rate)}** at {here}"
    )


def _span(least: float, most: float) -> str:
    """Two durations, or one where they read alike."""
    ends = [duration(max(seconds, 1.0)) for seconds in (least, most)]
    return f"about {ends[0]}" if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _crowd() -> str:
    """What the other runs mean for a new one."""
    busy = sum(row.busy for row in rows(store()))
    workers = sum(worker.threads for worker in dispatcher.dispatcher_status(store()).workers)
    if workers and busy >= workers:
        return f"; {busy} runs are at work or wait already and {workers} run at a time, so it waits first"
    return ""
