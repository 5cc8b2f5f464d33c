"""Learning curves: the loss of any number of runs against proper time, live, and the power laws it follows."""

import streamlit as st

from glassy_core import ui
from glassy_core.figures.style import KINDS, X_TITLES, View
from glassy_core.ui.components.live_figure import live_figure
from glassy_core.ui.learning_curves import curves as curve_parts
from glassy_core.ui.learning_curves import exponents, noise_probe, spikes
from glassy_core.ui.learning_curves import fits as fit_parts
from glassy_core.ui.results.curves import readable_rows
from glassy_core.ui.results.fits import drawn, groups_of, with_sisters
from glassy_core.ui.results.rows import Row

ui.frame(
    "Learning curves",
    "How far a network's predictions are from the music it learns, and how fast that distance shrinks.",
)
ui.notice_starts(always=True)
found = readable_rows()
if not found:
    st.info("There is no run yet. Start one, and its curve appears here within seconds.", icon=":material/info:")
    curve_parts.link_to("Runs")
    st.stop()

chosen = curve_parts.choose_runs(found)
with st.container(horizontal=True, gap="medium", key="axes"):
    x = st.segmented_control(
        "Along x", list(X_TITLES), default="tau", key="x", bind="query-params", required=True, help=X_TITLES["tau"]
    )
    logarithmic = st.pills(
        "Logarithmic", ["x", "y"], default=["x", "y"], selection_mode="multi", key="log", bind="query-params",
        help="A power law is a straight line where both axes are logarithmic.",
    )  # fmt: skip
    shown = st.pills(
        "Show", KINDS, default=KINDS[:2], selection_mode="multi", key="show", bind="query-params",
        help="Training: all training transitions. Held-out: as many chorales of the validation set. "
        "Minibatch: the transitions of the step itself. Accuracy: the share of pitches predicted right. "
        "Sharpness: the largest curvature of the loss, of flows; with 2/η of runs by steps, its bound for them.",
    )  # fmt: skip
view = View(x, "x" in logarithmic, "y" in logarithmic, tuple(shown))
options = fit_parts.choose()
if options.seeds:
    chosen = with_sisters(chosen, found)


def draw(rows: list[Row]) -> None:
    fit_parts.renew_controls()
    settings = groups_of(chosen, options.seeds)
    fits = fit_parts.fits_of(settings, options, [row.id for row in rows if row.busy])
    live_figure(
        drawn(settings, view, fits),
        key="learning_curves",
        alt=curve_parts.in_words([curve for setting in settings for curve in setting.curves], view),
        height=560 + 160 * len({"accuracy", "sharpness"}.intersection(view.shown)),
        filename="learning-curves",
        window=fit_parts.shown_window(fits) if view.x == "tau" else None,
        on_window=fit_parts.dragged,
        grows=True,
    )
    curve_parts.key_to_lines(view, chosen, options.fit)
    spikes.spikes(settings, rows)
    if fits:
        fit_parts.details(fits)
    curve_parts.table_and_download(chosen)


if chosen:
    with st.container():  # which is there without warnings, too: what follows keeps its place
        curve_parts.warnings(chosen)
    ui.follow("curves", draw, {row.id for row in chosen})
    curve_parts.physics(chosen)
    noise_probe.noise(chosen)
else:
    st.info("Choose at least one run above.", icon=":material/info:")
exponents.exponents(found)
