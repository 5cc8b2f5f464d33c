"""The view Recall: how much of its chorales a network sings by heart, against width and along tau."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from glassy_core.editions.editions import Edition
from glassy_core.errors import EXPECTED, sentence
from glassy_core.figures import palette, tables
from glassy_core.figures.music import Point, recall_by_tau, recall_by_width
from glassy_core.music.recall import best_mean_share
from glassy_core.ui.chorales import singers
from glassy_core.ui.chorales.settings import Wish
from glassy_core.ui.chorales.singers import Source
from glassy_core.ui.chorales.transition import by_width, same_world
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.results import critical_widths, curves
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import plain, prose

NLL_STAR = 0.01  # bits, the threshold whose w_c is marked: the paper's for plausible music
MOST_RUNS = 40  # drawn against width, the newest


def recall_view(wish: Wish, found: Sequence[Row]) -> None:
    """Both figures, and what they say."""
    k = len(wish.prime)
    prose(
        f"For each learned chorale the network is given the first **k = {k}** chords; counted are the chords that its "
        "threshold loop then sings right before the first wrong one. The mean share of the chorale is an order "
        "parameter of the transition: 0 where nothing is recalled, 1 where everything is. A loss averages over chords "
        "that are each given the true past; recall asks whether small errors stay small when the network hears itself."
    )
    st.caption("The paper does not have this quantity. The run and k are those chosen above.")
    learned = singers.trained(wish.source.config, wish.edition)
    chorales = [c for c in learned if len(c) > k]
    if not chorales:
        st.info(f"No learned chorale goes on after {k} chords: choose a smaller k.", icon=":material/info:")
        return
    if len(chorales) < len(learned):
        st.caption(f"{len(learned) - len(chorales)} of them are no longer than {k} chords, and are left out.")
    best = best_mean_share(chorales, k)
    peers = same_world(found, wish.row)[:MOST_RUNS]
    data = wish.source.config.data_name()

    st.subheader("Against the width", anchor=False)
    by_run = _points([(row, singers.last(row)) for row in peers], wish.edition, k, len(chorales))
    w_c, why = _critical_width(wish.row)
    live_figure(
        recall_by_width(by_run, best, w_c), "recall_by_width",
        "Mean share recalled against width. " + "; ".join(f"w = {p.width}: {p.share:.2f}" for p in by_run),
        height=420, filename="recall-by-width",
    )  # fmt: skip
    line = f"Dashed: the critical width at NLL* = {NLL_STAR}, as on the Critical width page." if w_c else why
    inks = palette.key(row.config for row in peers if row.config)
    prose(
        f"Each point is one run of d = {wish.source.config.depth} on {data}, at its latest checkpoint. {plain(line)} "
        f"{inks}"
    )

    st.subheader("Along proper time", anchor=False)
    shown = list({row.id: row for row in [*by_width(found, wish.row), wish.row]}.values())
    lines = [_points([(row, at) for at in _usable(row)], wish.edition, k, len(chorales)) for row in shown]
    live_figure(
        recall_by_tau(lines, best), "recall_by_tau",
        "Mean share recalled against proper time. " + "; ".join(f"{p[-1].name}: {p[-1].share:.2f}" for p in lines if p),
        height=420, filename="recall-by-tau",
    )  # fmt: skip
    prose(
        "A wide network stays silent about its chorales for a long time and then recalls them one after the other; "
        "a narrow one never does, although its loss has fallen, too."
    )
    st.download_button(
        "Download as CSV", lambda: _csv(wish, by_run, lines, k).encode(), "recall.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _usable(row: Row) -> list[Source]:
    return [singers.source(row, step) for step in singers.steps(row)]


def _points(asked: Sequence[tuple[Row, Source]], edition: Edition, k: int, chorales: int) -> list[Point]:
    """One point a checkpoint; damaged ones are left out, and the page says so."""
    out = []
    with st.spinner("Listening to every chorale", show_time=True):
        for row, at in asked:
            try:
                share, complete = singers.share(at, edition, k)
            except EXPECTED as error:
                st.warning(plain(f"{row.name}: {sentence(error)}"), icon=":material/warning:")
                continue
            name = curves.label(row.name, at.config)
            ink = palette.colour(at.config)
            out.append(Point(name, ink, at.config.width, at.step, at.tau, share, complete, chorales))
    return out


def _critical_width(row: Row) -> tuple[float | None, str]:
    """w_c at NLL_STAR of all runs that learn the same in the same way, or why there is none."""
    like = curves.member(row)
    alike = [member for member in map(curves.member, curves.readable_rows()) if member.world == like.world]
    width = critical_widths.analysed(alike).depths[like.config.depth].thresholds[NLL_STAR]
    return (width.w_c.value, "") if width.w_c else (None, f"No critical width is marked: {width.why}")


def _csv(wish: Wish, by_run: Sequence[Point], lines: Sequence[Sequence[Point]], k: int) -> str:
    config = wish.source.config
    heading = f"recall; primed chords k = {k}; {config.data_name()}; d = {config.depth}"
    return "".join(tables.recall(heading, by_run, lines))
