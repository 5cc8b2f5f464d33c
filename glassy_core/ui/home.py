"""What Home shows: the class trio, what is running now, the doors to the pages."""

from __future__ import annotations

import base64
import html
import math
import time

import numpy as np
import streamlit as st

from glassy_core.figures.palette import colours, key
from glassy_core.figures.thinning import thin
from glassy_core.presets import CLASS_FLOWS, CLASS_TRIO, PRESETS
from glassy_core.runs.records import Series
from glassy_core.ui.results.curves import first_choice, latest_series, unique_names
from glassy_core.ui.results.in_step import in_step
from glassy_core.ui.results.progress import progress_words
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions, presenter
from glassy_core.ui.shell.actions import Outcome
from glassy_core.ui.shell.frame import link, pages, plain
from glassy_core.ui.shell.words import STATUS, number

_MOST_CARDS = 9
_NOISE = "noisy_trio"  # whether the trio learns by minibatches
_SHOWN = "shown_curves"  # where the curve of each run ended before and ends now, and since when
_GROWTH = 0.9  # seconds, a little less than the time between two looks at the runs
_STAYS = 30.0  # seconds
_POINTS = 300  # of a card's curve, which is about as many pixels wide


def class_trio() -> None:
    """Draw the button that starts an under-, a near- and an over-parametrised network."""
    widths = ", ".join(str(PRESETS[key].config.width) for key in CLASS_TRIO)
    with presenter.part("trio"), st.container(border=True, key="trio"):
        st.markdown(
            f"**The class trio**: three networks of *w* = {widths} on the first eight chorales. Which one ends lowest?"
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            actions.button(
                "Start the class trio",
                key="start_trio",
                type="primary",
                icon=":material/play_arrow:",
                args=(_start_trio,),
            )
            st.toggle(
                "with the noise of minibatches",
                key=_NOISE,
                help="As the paper's networks learned, step by step, in minutes. Else each learns as a smooth flow, in "
                "seconds.",
            )
        actions.show_outcome()


def _start_trio() -> Outcome:
    keys = CLASS_TRIO if st.session_state.get(_NOISE) else CLASS_FLOWS
    return actions.start([PRESETS[key].config for key in keys])


def playground_door() -> None:
    """Draw the way to the Playground, for who wants to touch before anything else."""
    words = "Drag the width and the age of a network; see and hear at once what it has learned."
    if st.button("Open the Playground", icon=":material/touch_app:", help=words):
        st.switch_page("pages/0_Playground.py")


def running_now(rows: list[Row]) -> None:
    """Draw a card for each run that is queued or at work; else for the latest ones."""
    busy = [row for row in rows if row.busy]
    readable = [row for row in rows if row.config]
    by_id = {row.id: row for row in readable}
    # In the order of their start, as they were asked for; the trio from narrow to wide.
    at_work = [row for row in rows if row.busy or _has_just_finished(row)][::-1] if busy else []
    shown = (at_work or [by_id[run_id] for run_id in first_choice(readable)])[:_MOST_CARDS]
    st.header("Running now" if busy or not shown else "Latest runs", anchor=False)
    if not shown:
        acts = "Start the class trio above, or choose your own network on the Runs page."
        st.markdown(f"Nothing yet. {acts if presenter.may_act() else 'What the presenter starts is seen here.'}")
        return
    names = unique_names(shown)
    inks = colours({row.id: row.config for row in shown if row.config})
    series = in_step(shown, {row.id: latest_series(row) for row in shown})
    with st.grid(3, min_column_width=300, gap="medium"):
        for row in shown:
            _card(row, names.get(row.id, row.name), inks[row.id], series[row.id])
    st.caption(
        "Each curve: the loss NLL from 1 bit at the top to 0.001 at the bottom, over the time τ that the network has "
        f"learned, from 0.01 to 10 000. {key(row.config for row in shown if row.config)}"
    )


def _has_just_finished(row: Row) -> bool:
    """Whether a run ended so lately that it still stands beside those at work: a flow takes seconds."""
    return row.state.status == "finished" and 0 <= time.time() - row.state.heartbeat < _STAYS


def _card(row: Row, name: str, colour: str, series: Series) -> None:
    """One run: name, status, its curve, and where that stands."""
    state = row.state
    badge, icon, meaning = STATUS[state.status]
    with st.container(border=True, gap="small", key=f"card-{row.id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            width = f" w = {row.config.width}" if row.config else ""
            st.markdown(f"**{plain(name)}**{width}", width="content")
            st.badge(state.status, icon=icon, color=badge, help=meaning)  # type: ignore[arg-type]
        nll, tau = _last(row, series)
        in_words = "nothing recorded yet" if nll is None else f"now {number(nll)} at {number(tau)}"
        picture = _sparkline(series, colour, row.id)
        st.html(_picture(picture, f"{name}: NLL against tau, both axes logarithmic; {in_words}"))
        if nll is None:
            st.markdown("Nothing recorded yet.")
        else:
            st.markdown(f"Loss (NLL) **{number(nll)}** bits at proper time τ **{number(tau)}**")
        st.progress(state.progress, progress_words(row))
        if state.error:
            st.error(plain(state.error))
        if state.notice:
            st.warning(plain(state.notice))


def _last(row: Row, series: Series) -> tuple[float | None, float]:
    """NLL and tau where the run stands, or where its curve ends that is not shown to its end."""
    if len(series) < len(latest_series(row)):
        return (float(series.nll[-1]), float(series.tau[-1])) if len(series) else (None, 0.0)
    return row.state.nll, row.state.tau


def _sparkline(series: Series, colour: str, run_id: str) -> str:
    """NLL against tau, both logarithmic, as a small SVG: tau from 0.01 to 10 000, NLL from 1 bit down to 0.001.

    What has come since it was last shown is seen to grow.
    """
    seen = np.flatnonzero((series.tau > 0) & (series.nll > 0))
    seen = seen[thin(series.tau[seen], series.nll[seen], _POINTS)]
    x = np.clip(50 * (np.log10(series.tau[seen]) + 2), 0, 300)
    y = np.clip(-30 * np.log10(series.nll[seen]), 0, 90)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    end = round(float(x[-1]), 1) if len(x) else 0.0
    growth, clip = _growth(_last_end(run_id, end), end)
    lines = "".join(f'<path d="M0 {y}H300" stroke="#888" stroke-opacity=".35"/>' for y in (0, 30, 60, 90))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -3 300 96" width="300" height="96" '
        f'preserveAspectRatio="none">{growth}{lines}<polyline points="{points}" fill="none" stroke="{colour}" '
        f'{clip}stroke-width="2.5" vector-effect="non-scaling-stroke"/></svg>'
    )


def _last_end(run_id: str, end: float) -> float:
    """Where along x the run's curve ended before it came to `end`; `end` at the first sight, and after a while."""
    shown = st.session_state.setdefault(_SHOWN, {})
    before, last, since = shown.get(run_id, (end, end, -math.inf))
    if last != end:
        before, last, since = last, end, time.monotonic()
    elif time.monotonic() - since > 3 * _GROWTH:  # another drawing of it would repeat what has been seen
        before = end
    shown[run_id] = before, last, since
    return before


def _growth(before: float, end: float) -> tuple[str, str]:
    """SVG that uncovers what lies between two places along x, and the attribute of the line that is uncovered."""
    if not before < end:
        return "", ""
    return (
        f"<style>@media (prefers-reduced-motion: no-preference) {{#seen {{animation: grow {_GROWTH}s linear}}}} "
        f"@keyframes grow {{from {{transform: scaleX({before / end:.3f})}}}}</style>"
        f'<clipPath id="seen-part"><rect id="seen" x="0" y="-3" width="{end + 2:.1f}" height="96"/></clipPath>'
    ), 'clip-path="url(#seen-part)" '


def _picture(svg: str, alt: str) -> str:
    """An SVG as an image inside the page: nothing to fetch, so that it does not flicker."""
    source = base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{source}" alt="{html.escape(alt)}" style="width:100%;height:96px">'


def doors() -> None:
    """Draw a card for every other page."""
    with st.grid(3, min_column_width=260, gap="small"):
        for page in pages()[1:]:
            with st.container(border=True, height="stretch"):
                link(page)
                st.caption(page.words)
