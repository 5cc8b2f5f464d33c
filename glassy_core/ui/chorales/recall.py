"""The view Recall: how much of its chorales a network sings by heart, against width and along tau."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.errors import EXPECTED, sentence
from glassy_core.figures import palette, tables
from glassy_core.figures.music import Point, recall_by_tau, recall_by_width
from glassy_core.music.recall import best_mean_share
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.settings import Selection
from glassy_core.ui.chorales.singers import Checkpoint
from glassy_core.ui.chorales.transition import by_width, same_world
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import critical_widths, curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain, prose

NLL_STAR = 0.01  # bits, the threshold whose w_c is marked: the paper's for plausible music
MOST_RUNS = 40  # drawn against width, the newest


def recall_view(selection: Selection, rows: Sequence[Row]) -> None:
    """Both figures, and what they say."""
    k, learned = len(selection.prime.chords), selection.learned
    chorales = [c for c in learned if len(c) > k]
    if not chorales:
        st.info(f"No learned chorale goes on after {k} chords: choose a smaller k.", icon=":material/info:")
        return
    if len(chorales) < len(learned):
        st.caption(f"{len(learned) - len(chorales)} of them are no longer than {k} chords, and are left out.")
    best = best_mean_share(chorales, k)
    by_run = _against_width(selection, same_world(rows, selection.row)[:MOST_RUNS], best, len(chorales))
    prose(
        f"For each learned chorale the network is given the first **k = {k}** chords; counted are the chords that its "
        "threshold loop then sings right before the first wrong one. The mean share of the chorale is an order "
        "parameter of the transition: 0 where nothing is recalled, 1 where everything is. A loss averages over chords "
        "that are each given the true past; recall asks whether small errors stay small when the network hears itself. "
        "The paper does not have this quantity. The run and k are those chosen below."
    )
    along_runs = _along_tau(selection, by_width(rows, selection.row), best, len(chorales))
    st.download_button(
        "Download as CSV", lambda: _csv(selection, by_run, along_runs).encode(), "recall.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _against_width(selection: Selection, peers: Sequence[Row], best: float, chorales: int) -> list[Point]:
    """The figure against the width, a point a run; its points."""
    st.subheader("Against the width", anchor=False)
    points = _points([(row, singers.last_checkpoint(row)) for row in peers], selection, chorales)
    w_c, why = _critical_width(selection.row)
    live_figure(
        recall_by_width(points, best, w_c), "recall_by_width",
        "Mean share recalled against width. " + "; ".join(f"w = {p.width}: {p.share:.2f}" for p in points),
        height=420, filename="recall-by-width",
    )  # fmt: skip
    line = f"Dashed: the critical width at NLL* = {NLL_STAR}, as on the Critical width page." if w_c else why
    config, inks = selection.checkpoint.config, palette.key(row.config for row in peers if row.config)
    prose(
        f"Each point is one run of d = {config.depth} on {config.data_name()}, at its latest checkpoint. {plain(line)} "
        f"{inks}"
    )
    return points


def _along_tau(selection: Selection, peers: Sequence[Row], best: float, chorales: int) -> list[list[Point]]:
    """The figure along proper time, a line a run, the chosen one's among them; their points."""
    st.subheader("Along proper time", anchor=False)
    shown = {row.id: row for row in [*peers, selection.row]}.values()
    lines = [
        _points([(row, singers.checkpoint(row, step)) for step in singers.steps(row)], selection, chorales)
        for row in shown
    ]
    live_figure(
        recall_by_tau(lines, best), "recall_by_tau",
        "Mean share recalled against proper time. " + "; ".join(f"{p[-1].name}: {p[-1].share:.2f}" for p in lines if p),
        height=420, filename="recall-by-tau",
    )  # fmt: skip
    prose(
        "A wide network stays silent about its chorales for a long time and then recalls them one after the other; "
        "a narrow one never does, although its loss has fallen, too."
    )
    return lines


def _points(asked: Sequence[tuple[Row, Checkpoint]], selection: Selection, chorales: int) -> list[Point]:
    """One point a checkpoint; damaged ones are left out, and the page says so."""
    out, k = [], len(selection.prime.chords)
    with st.spinner("Listening to every chorale", show_time=True):
        for row, at in asked:
            try:
                share, complete = singers.share(at, selection.edition, k)
            except EXPECTED as error:
                st.warning(plain(f"{row.name}: {sentence(error)}"), icon=":material/warning:")
                continue
            name, ink = curves.label_of(row.name, at.config), palette.colour(at.config)
            out.append(Point(name, ink, at.config.width, at.step, at.tau, share, complete, chorales))
    return out


def _critical_width(row: Row) -> tuple[float | None, str]:
    """w_c at NLL_STAR of all runs that learn the same in the same way, or why there is none."""
    like = curves.member(row)
    alike = [member for member in map(curves.member, curves.readable_rows()) if member.world == like.world]
    width = critical_widths.analysed(alike).depths[like.config.depth].thresholds[NLL_STAR]
    return (width.w_c.value, "") if width.w_c else (None, f"No critical width is marked: {width.why}")


def _csv(selection: Selection, by_run: Sequence[Point], along_runs: Sequence[Sequence[Point]]) -> str:
    config = selection.checkpoint.config
    heading = f"recall; primed chords k = {len(selection.prime.chords)}; {config.data_name()}; d = {config.depth}"
    return "".join(tables.recall(heading, by_run, along_runs))
