"""The noise probe on the Learning curves page: start one, follow it, look at what was measured (Fig. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from glassy_core.errors import EXPECTED, sentence
from glassy_core.figures import tables
from glassy_core.figures.noise_probe import noise_traces
from glassy_core.runs import probes
from glassy_core.runs.checkpoints import steps_in
from glassy_core.runs.groups import Member
from glassy_core.runs.run import Run
from glassy_core.runs.temperatures import lift_of
from glassy_core.training.probe import MEASURES, SIZES, STEPS, Level, Probe
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.frame import plain, prose, store
from glassy_core.ui.shell.polling import PERIOD, refreshed
from glassy_core.ui.shell.words import number, whole

_TROUBLE = "probe_trouble"


def noise(chosen: Sequence[Row]) -> None:
    """The probe's part of the page, closed at first."""
    part = st.expander(
        "The noise of SGD: 1000 steps in a row (Fig. 4)", key="noise", bind="query-params", icon=":material/graphic_eq:"
    )
    if not part.open:
        return
    with part:
        prose(
            "From one checkpoint, learning goes on for 1000 steps at several minibatch sizes p, and the NLL of every "
            "step is kept. Small minibatches make noisier steps, and a noisier path lies higher: the larger spread "
            "comes with a larger mean. The run itself is not changed."
        )
        by_steps = [row for row in chosen if row.config and row.config.dynamics == "steps"]
        if not by_steps:
            st.info("A flow makes no steps of η that could be noisy: choose a run by steps above.")
            return
        names = curves.unique_names(sorted(by_steps, key=lambda row: not steps_in(store().named(row.id).checkpoints)))
        run_id = st.selectbox(
            "Run", list(names), format_func=lambda name: names.get(name, name), key="probe", bind="query-params"
        )
        if run_id is None:
            return
        run = store().named(run_id)
        with st.container():
            _start(run)
        busy = any(attempt.error is None for attempt in probes.attempts(run))
        refreshed("probe", lambda: _follow(run, busy), PERIOD if busy else None)
        _result(run)


def _start(run: Run) -> None:
    known = probes.starting_points(run)
    if not known:
        st.info(
            "No checkpoint of this run is kept here: choose another run, or one that is at work.",
            icon=":material/info:",
        )
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="probe-controls"):
        step = st.selectbox(
            "From step", sorted(known, reverse=True), key="probe_step", width=240,
            format_func=lambda step: f"{whole(step)}" + ("" if known.get(step) else " (weights only)"),
        )  # fmt: skip
        st.text_input(
            "Minibatch sizes p", ", ".join(map(str, SIZES)), key="sizes", bind="query-params", width=200,
            help="Numbers of transitions, or 'all' for full gradient descent, separated by commas.",
        )  # fmt: skip
        actions.button(
            f"Measure {STEPS} steps", type="primary", icon=":material/play_arrow:", key="probe_start",
            args=(_measure,), kwargs={"key": _TROUBLE},
        )  # fmt: skip
    if step is not None and not known[step]:
        st.caption(
            "This checkpoint has the weights only. The delayed gradient needs the errors of the two steps before: "
            "they begin at zero, so the first two steps differ from what the run did."
        )
    actions.show_trouble(_TROUBLE)


def _measure() -> Outcome:
    """A button's callback: the probe that the form asks for now."""
    state = st.session_state
    return actions.start_probe(store().named(state["probe"]), state["probe_step"], state["sizes"])


def _follow(run: Run, was_busy: bool) -> None:
    attempts = probes.attempts(run)
    for attempt in attempts:
        if attempt.error is None:
            words = f"From step {whole(attempt.step)}: {attempt.share:.0%}"
            st.progress(attempt.share, words if attempt.share else "Getting ready: a process of its own is starting …")
            continue
        with st.container(horizontal=True, vertical_alignment="center", key=f"failed-{attempt.path.stem}"):
            st.error(f"From step {whole(attempt.step)}: {plain(attempt.error)}", width=620)
            actions.button(
                "Dismiss",
                key=f"dismiss-{attempt.path.stem}",
                args=(actions.forget_probe, attempt),
                kwargs={"key": _TROUBLE},
            )
    actions.show_trouble(_TROUBLE)
    if was_busy and not any(attempt.error is None for attempt in attempts):
        st.rerun()  # the whole page: without the timer, and with the result


def _result(run: Run) -> None:
    files = probes.kept(run)
    if not files:
        return
    latest = max(files, key=lambda file: file.stat().st_mtime)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom", key="probe-result"):
        path = st.selectbox(
            "Measured", files, index=files.index(latest), format_func=_title, width=320, key=f"result-{latest}"
        )  # fmt: skip
        measure = st.segmented_control(
            "NLL over", list(MEASURES), default="nll", format_func=lambda name: MEASURES[name], required=True,
            key="probe_nll", bind="query-params",
            help="All training transitions: the state of the network. The step's own minibatch: what one step sees.",
        )  # fmt: skip
    try:
        probe = probes.load(path)
    except EXPECTED as error:
        st.error(plain(sentence(error)))
        return
    levels = {trace.label: Level.of(getattr(trace, measure)) for trace in probe.traces}
    means = "; ".join(f"{label}: mean {at.mean:.3g}, spread {at.spread:.2g} bits" for label, at in levels.items())
    live_figure(noise_traces(probe, measure), "noise_traces", f"NLL of consecutive steps. {means}.", 440, "noise")
    st.table([_row(label, at) for label, at in levels.items()], hide_index=True)
    prose(_comparison(probe, measure))
    if lift := lift_of(Member.of(run), probe, curves.series_of):
        prose(
            f"{lift.words()} So much higher N weights would lie at the steps' temperature T = η Γ / 2, once at "
            "rest, far below the edge of stability: see Aging, The noise of the gradient."
        )
    st.download_button(
        "Download the traces as CSV", data=lambda: "".join(tables.noise_traces(run.id, run.config(), probe)).encode(),
        file_name=f"noise-{run.id}-{probe.step}.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _title(path: Path) -> str:
    """Of a result, what it measures; how many steps it has where they are not as many as usual."""
    if not (measured := probes.Measured.of(path)):
        return path.stem
    words = f"step {whole(measured.step)}, p = {', '.join(map(str, measured.sizes))}"
    return words if measured.steps == STEPS else f"{words}, {whole(measured.steps)} steps"


def _row(label: str, level: Level) -> dict[str, str]:
    return {
        "minibatch size": label,
        "mean NLL (bits)": number(level.mean),
        "spread (bits)": number(level.spread, 3),
        "spread / mean": f"{level.spread / level.mean:.1%}" if level.mean else "–",
        "trend over the steps (bits)": number(level.trend, 2),
    }


def _comparison(probe: Probe, measure: str) -> str:
    """The first two sizes against what independent noise would do."""
    words = {
        "kept": "",
        "not needed": "",
        "zero": " The checkpoint had the weights only: the delayed errors began at zero.",
    }[probe.history]
    sized = sorted((t for t in probe.traces if t.batch_size != "all"), key=lambda trace: int(trace.batch_size))
    start = f"η = {probe.eta:.3g}, from τ = {probe.tau:.4g}. The spread is taken around the linear trend."
    if len(sized) < 2:
        return start + words
    small, large = sized[0], sized[-1]
    first, second = (Level.of(getattr(trace, measure)) for trace in (small, large))
    if not second.spread or not second.mean:
        return start + words
    expected = np.sqrt(int(large.batch_size) / int(small.batch_size))
    return (
        f"From {large.label} to {small.label} the spread grows {first.spread / second.spread:.2g} times, the mean "
        f"{first.mean / second.mean:.3g} times; the noise of one step's gradient grows √({large.batch_size}/"
        f"{small.batch_size}) = {expected:.2g} times. {start}{words}"
    )
