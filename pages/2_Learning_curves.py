"""Learning curves: the loss of any number of runs against proper time, live, and the power laws it follows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from glassy_core import ui
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.learning_curves import clock, controls, exponents, front, noise_probe, spikes
from glassy_core.ui.learning_curves import curves as curve_parts
from glassy_core.ui.learning_curves import fits as fit_parts
from glassy_core.ui.results.curves import readable_rows
from glassy_core.ui.results.fits import SEEDS, drawn, groups_of, with_sisters
from glassy_core.ui.results.in_step import walk_together
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell.frame import link_to

if TYPE_CHECKING:
    from glassy_core.figures.power_laws import Fits
    from glassy_core.figures.style import Ensemble

ui.frame(
    "Learning curves",
    "How far a network's predictions are from the music it learns, and how fast that distance shrinks.",
)
ui.notice_starts(always=True)
found = readable_rows()
if not found:
    st.info("There is no run yet. Start one, and its curve appears here within seconds.", icon=":material/info:")
    link_to("Runs")
    st.stop()

front.read(found)
controls.check_address()
chosen = curve_parts.choose_runs(found)
figure_place = st.container(key="figure")
look = controls.choose(chosen)
view = look.view
options = fit_parts.choose()
if options.seeds and not look.grouping:
    chosen = with_sisters(chosen, found)
grouping = look.grouping or (SEEDS if options.seeds else "")


def read(rows: list[Row]) -> tuple[list[Ensemble], Fits]:
    now = {row.id: row for row in rows}
    shown = [now.get(row.id, row) for row in chosen]  # with their states as they are now
    settings = groups_of(shown, grouping, look.by_run, together=view.x == "tau")
    one_setting = grouping in ("", SEEDS)
    return settings, fit_parts.fits_of(settings, options, [r.id for r in rows if r.busy]) if one_setting else []


def draw(rows: list[Row]) -> None:
    fit_parts.renew_controls()
    front.renew()
    settings, fits = read(rows)
    live_figure(
        drawn(settings, view, fits),
        key="learning_curves",
        alt=curve_parts.in_words(settings, view),
        height=540 + 160 * len({"accuracy", "sharpness"}.intersection(view.shown)),
        filename="learning-curves",
        window=fit_parts.shown_window(fits) if view.x == "tau" else None,
        on_window=fit_parts.dragged,
        grows=True,
        names=True,
        in_address=True,
        front=front.groups(settings, front.in_front(settings)),
        on_pick=front.picking(settings),
    )


def describe(rows: list[Row]) -> None:
    front.renew()
    settings, fits = read(rows)
    now = front.in_front(settings)
    front.words(chosen, now)
    curve_parts.key_to_lines(view, settings, options.fit)
    if view.x == "tau" and walk_together(rows, time.time()):
        st.caption("In step of τ: each of the trio as far as the slowest has come. Along seconds each is where it is.")
    spikes.spikes(settings, rows)
    if options.fit and grouping not in ("", SEEDS):
        st.caption("A law is fitted to single runs, or to the seeds of one setting: group by nothing for it.")
    if fits:
        fit_parts.details(fits)
    curve_parts.table_and_download(chosen, now)


if chosen:
    ids = {row.id for row in chosen}
    with figure_place:
        curve_parts.warnings(chosen)
        ui.follow("curves", draw, ids)
    ui.follow("numbers", describe, ids)
    with st.container():  # as many sentences as the runs ask for: the probe below keeps its place
        curve_parts.physics(chosen)
    noise_probe.noise(chosen)
else:
    figure_place.info("Choose at least one run above.", icon=":material/info:")
clock.clock(found)
exponents.exponents(found)
