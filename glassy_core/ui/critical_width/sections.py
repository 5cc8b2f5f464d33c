"""The parts of the Critical width page: which runs, the figures, the numbers in words, which run to make next."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from glassy_core.figures import tables
from glassy_core.figures.critical_width import (
    add_dragged,
    critical_widths,
    greatest_rate,
    transition,
    widths,
)
from glassy_core.paper.numbers import PAPER_PARAMETERS, PAPER_THRESHOLD, PAPER_W_C, paper_widths
from glassy_core.physics.critical_width.criticality import Criticality, CriticalWidth, compare
from glassy_core.physics.critical_width.learning_times import SMOOTHING, THRESHOLDS
from glassy_core.physics.critical_width.power_of_width import CLEARLY
from glassy_core.physics.estimate import Estimate
from glassy_core.runs.groups import Member, World, distinct, grouped, readable, settings_like
from glassy_core.runs.run import RunError
from glassy_core.settings import RunConfig
from glassy_core.ui.components.live_figure import DraggedSlider, live_figure
from glassy_core.ui.results.critical_widths import at_thresholds, described, layers, with_interval
from glassy_core.ui.shell import actions
from glassy_core.ui.shell.frame import plain, prose, store
from glassy_core.ui.shell.polling import queue_and_tell
from glassy_core.ui.shell.words import typeset, whole

_DRAGGED = "dragged_threshold"
GRID = tuple(round(0.01 + 0.0025 * k, 4) for k in range(37))  # bits


def worlds() -> dict[str, list[Member]]:
    """Runs that may stand in one fit, by a short name of what they learn; those with the most networks first."""
    groups = grouped(readable(store().runs()), lambda member: member.world)
    return {_short(world): members for world, members in groups.items()}


def _short(world: World) -> str:
    return f"{world.words()} [{(world.digest or 'unknown')[:6]}]"


def choose_world(groups: dict[str, list[Member]]) -> str:
    """Which data to look at; asked only where runs of several are there."""
    if len(groups) == 1:
        return next(iter(groups))
    words = {name: members[0].world.words() for name, members in groups.items()}
    count = Counter(words.values())
    st.selectbox(
        "Runs that learn", list(groups), key="data", bind="query-params", width=760, label_visibility="collapsed",
        format_func=lambda name: (
            f"{words[name] if count[words[name]] == 1 else name} · {len(distinct(groups[name]))} networks"
        ),
        help="Runs of different data or methods have different critical widths and are never mixed in one fit.",
    )  # fmt: skip
    return st.session_state["data"]


def has_begun(analysis: Criticality) -> bool:
    """Whether any run has recorded anything yet."""
    return any(width.times for result in analysis.depths.values() for width in result.thresholds.values())


def choose_dragged() -> float:
    """Any threshold between the least and the greatest: what it makes of the runs is seen while it is dragged."""
    return st.slider(
        "Drag a threshold NLL* (bits)", GRID[0], GRID[-1], 0.05, 0.0025, format="%.4g", key=_DRAGGED,
        bind="query-params", width=320, help="In grey: the runs, their parabola and where it meets zero, at this NLL*.",
    )  # fmt: skip


def choose_thresholds() -> list[float]:
    """The thresholds, in bits, whose fits are shown."""
    return st.pills(
        "Thresholds NLL* (bits)", THRESHOLDS, default=THRESHOLDS, selection_mode="multi", key="thresholds",
        bind="query-params", format_func=lambda value: f"{value:g}",
        help="0.01 bits is where the music becomes plausible (accuracy about 99.9 %).",
    )  # fmt: skip


def papers_widths(members: Sequence[Member]) -> dict[int, float]:
    """The paper's w_c by depth, of those depths whose runs may stand beside it."""
    return paper_widths(member.config for member in members)


def figures(
    analysis: Criticality, shown: Sequence[float], papers: Mapping[int, float], members: Sequence[Member], at: float
) -> None:
    """1/tau* against width, a plot for each depth beside each other, on the same axes.

    at: the threshold that is dragged, of the members' runs.
    """
    along = at_thresholds(members, GRID)
    extent = widths(analysis.depths.values())
    top = greatest_rate(analysis.depths.values(), shown)
    with st.grid(min(len(analysis.depths), 2) or 1, min_column_width=420, gap="medium"):
        for depth, result in analysis.depths.items():
            with st.container():
                st.markdown(f"**d = {depth}: {layers(depth)}**")
                figure = transition(result, shown, depth in papers, extent, top)
                places = add_dragged(figure, along[depth], at, *extent)
                live_figure(
                    figure,
                    key=f"transition-{depth}",
                    alt=described(result),
                    height=440,
                    filename=f"critical-width-d{depth}",
                    title=f"Critical width, d = {depth}",
                    slide=DraggedSlider(_DRAGGED, at, grid=GRID, places=places),
                )


def line_figure(analysis: Criticality, papers: Mapping[int, float]) -> None:
    """Fig. 6, and its slopes in words."""
    alt = "Critical width against threshold. " + " ".join(described(result) for result in analysis.depths.values())
    live_figure(critical_widths(analysis, papers), key="line", alt=alt, height=420, filename="critical-width-line")
    for depth, result in analysis.depths.items():
        line = result.line
        if line.slope and line.intercept:
            per_step = Estimate(*(-0.01 * end for end in (line.slope.value, line.slope.high, line.slope.low)))
            prose(
                f"**d = {depth}**: for every 0.01 bits that NLL* is relaxed, w_c falls by {with_interval(per_step)} "
                f"units; carried on to NLL* = 0 it is {with_interval(line.intercept)}."
            )
        else:
            prose(f"**d = {depth}**: no line yet. {plain(line.why)}")


def table(analysis: Criticality) -> None:
    """w_c and parameters for every depth and threshold; of how many runs, and why not where there is none."""
    with st.expander("All numbers", icon=":material/table_chart:", key="all_numbers"):
        _table(analysis)


def _table(analysis: Criticality) -> None:
    lines = []
    for depth, result in analysis.depths.items():
        for threshold, width in result.thresholds.items():
            lines.append(
                {
                    "d": str(depth),
                    "NLL* (bits)": f"{threshold:g}",
                    "$w_c$ [95 %]": with_interval(width.w_c),
                    "parameters at $w_c$ [95 %]": _parameters(width.parameters),
                    "reached": str(len(width.points)),
                    "not reached": str(len(width.censored)),
                }
            )
    st.table(lines, hide_index=True)
    _laws(analysis)
    for depth, result in analysis.depths.items():
        for threshold, width in result.thresholds.items():
            for words in filter(None, (width.why, width.doubt)):
                st.caption(f"d = {depth}, NLL* = {threshold:g}: {plain(words)}")


def _laws(analysis: Criticality) -> None:
    """w_c by the parabola and by a power of w - w_c, and which of them the runs speak for."""
    lines = [
        {
            "d": str(depth),
            "NLL* (bits)": f"{threshold:g}",
            "$w_c$, parabola": with_interval(width.alone),
            "$w_c$, power": with_interval(width.power.w_c),
            "its $z$": width.power.z.text(2),
            "nearer": _nearer(width),
        }
        for depth, result in analysis.depths.items()
        for threshold, width in result.thresholds.items()
        if width.power
    ]
    if lines:
        prose("**How learning slows down**: by the paper's parabola, or as k (w - w_c)^z.")
        st.table(lines, hide_index=True)


def _nearer(width: CriticalWidth) -> str:
    """The law of slowing down that the runs speak for."""
    if width.power is None:
        return "–"
    share = width.power.share
    return "the power" if width.power.better else "the parabola" if share < 1 - CLEARLY else "cannot be told"


def _parameters(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return estimate.written(lambda value: whole(round(value)))


def depth_against_width(analysis: Criticality, world: World) -> None:
    """Which depth needs fewer units, and which fewer parameters, at the strictest threshold they share."""
    prose(
        "**Is it better to be deep or wide?** A deeper network can be narrower; what counts is how many parameters "
        f"it has when it just becomes able to learn. The paper, 80 chorales at NLL* = {PAPER_THRESHOLD}: "
        + ", ".join(f"d = {d}: w_c = {w:g}, {whole(PAPER_PARAMETERS[d])}" for d, w in PAPER_W_C.items())
        + " parameters. So there, depth saves parameters."
    )
    seen = compare(analysis)
    if not seen.shared:
        one_depth = "there are runs of one depth only, so nothing can be compared: run another depth."
        no_threshold = "no threshold has a w_c at all depths yet, so nothing can be compared: run more widths."
        prose(f"Here {one_depth if len(analysis.depths) < 2 else no_threshold}")
        return
    pairs = [(depth, result.thresholds[seen.shared[0]]) for depth, result in analysis.depths.items()]
    parts = [f"d = {d}: w_c = {with_interval(r.w_c)}, {_parameters(r.parameters)} parameters" for d, r in pairs]
    n = len(seen.shared)
    smaller = (
        f"The deeper network has the smaller w_c at {_of(len(seen.narrower), n)}, with intervals that do not overlap "
        f"at {len(seen.apart) or 'none'} of them."
        if seen.narrower
        else "The deeper network does **not** have the smaller w_c at any threshold."
    )
    prose(
        f"**Here**, {plain(world.words())}, at NLL* = {seen.shared[0]:g}: {'; '.join(parts)}. {smaller} It has fewer "
        f"parameters there at {_of(len(seen.fewer), n)}, beyond the intervals at {len(seen.fewer_apart) or 'none'}."
    )


def _of(k: int, n: int) -> str:
    return f"{k} of {n} threshold{'s' if n > 1 else ''}"


def suggestions(analysis: Criticality, world: str) -> None:
    """The run that would help most at each depth, with a button that makes it. world: the name of what is learned."""
    for depth, result in analysis.depths.items():
        hint = result.suggestion
        if hint is None:
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            actions.button(
                f"Run w = {hint.width}, d = {depth}, seed {hint.seed}", key=f"suggested-{depth}",
                icon=":material/play_arrow:", on_click=queue_and_tell,
                args=(_suggested, world, depth, hint.width, hint.seed),
            )  # fmt: skip
            st.markdown(typeset(f"{plain(hint.why)} (for NLL* = {hint.threshold:g})"), width="stretch")


def _suggested(world: str, depth: int, width: int, seed: int) -> list[RunConfig]:
    """The settings of the run that a button names, in the world for which it was drawn.

    RunError where other runs are looked at by the time that it is pressed.
    """
    groups = worlds()
    if world not in groups or st.session_state.get("data", world) != world:
        raise RunError("Other runs are looked at by now: press what is suggested for them.")
    return [settings_like(groups[world], depth, width, seed)]


def how_to_read() -> None:
    """What tau* is, how the NLL is smoothed and what triangles, diamonds and intervals are, for who asks."""
    with st.expander("How to read this", icon=":material/help:", key="how_to_read"):
        prose(
            f"**τ*** is the proper time at which the smoothed NLL first lies below NLL*. Smoothing: {SMOOTHING}, so "
            "that a spike does not count as an arrival."
        )
        prose(
            "**Triangles** are runs that never arrived, one above the other for each NLL*: their 1/τ* lies below the "
            "tip of the lowest, and the regression (quadratic in w) uses just that."
        )
        prose(
            "Diamonds below are **w_c**, where 1/τ* goes to zero. Their 95 % intervals come from artificial sweeps; "
            "neighbouring widths that fit the runs nearly as well as w_c does are in them, too, and so is the choice "
            "of law: beside the paper's parabola stands k (w - w_c)^z, with z fitted, by its share of the plausibility."
        )


def downloads(analysis: Criticality, world: World) -> None:
    """Learning times as CSV, everything as JSON."""
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    settings = json.dumps(world.to_json() | {"smoothing": SMOOTHING})
    with st.container(horizontal=True):
        st.download_button(
            "Learning times as CSV", data=lambda: "".join(tables.learning_times(analysis, settings)).encode(),
            file_name=f"critical-width-{stamp}.csv", mime="text/csv", icon=":material/download:", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Everything as JSON", data=lambda: json.dumps({"data": world.to_json()} | analysis.to_json()).encode(),
            file_name=f"critical-width-{stamp}.json", mime="application/json", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
