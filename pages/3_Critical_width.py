"""Critical width: the width below which a network cannot learn, from a sweep over widths, live."""

import streamlit as st

from glassy_core import ui
from glassy_core.paper.numbers import paper_widths
from glassy_core.physics.critical_width.learning_times import THRESHOLDS
from glassy_core.ui.critical_width import sections
from glassy_core.ui.critical_width.sweep_form import sweep_form, sweep_progress
from glassy_core.ui.results.critical_widths import analysed
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions

PERIOD = 5.0  # seconds between looks while a sweep runs: a fit takes one of them

ui.frame(
    "Critical width",
    "Below a critical width w_c a network cannot learn its chorales however long it tries; towards w_c from above the "
    "time τ* that it needs grows without bound.",
)
ui.notice_starts()
groups = sections.worlds()
with st.expander("A sweep over widths", icon=":material/stacked_line_chart:", expanded=not groups):
    configs = sweep_form()
actions.show_outcome()
with st.container():  # which is there without a sweep, too: what follows keeps its place
    sweep_progress(configs)
if not groups:
    st.info("There is no run yet. Start the sweep above: the curve grows here run by run.", icon=":material/info:")
    st.stop()

with st.container():
    chosen = sections.choose_world(groups)
members = groups[chosen]
world = members[0].world
st.caption(f"{len(members)} runs on {ui.plain(world.words())}; a network that was run twice counts once.")
shown = st.pills(
    "Thresholds NLL* (bits)", THRESHOLDS, default=THRESHOLDS, selection_mode="multi", key="thresholds",
    bind="query-params", format_func=lambda value: f"{value:g}",
    help="0.01 bits is where the music becomes plausible (accuracy about 99.9 %).",
)  # fmt: skip


def draw(rows: list[Row]) -> None:
    found = analysed(members)
    if not sections.has_begun(found):
        st.info("Nothing has been recorded yet: the first points appear within seconds.", icon=":material/info:")
        return
    papers = paper_widths(member.config for member in members)
    sections.figures(found, shown, papers)
    sections.smoothing_words()
    st.subheader("Which run tells most next", anchor=False)
    sections.suggestions(found)
    st.subheader("The critical width against the threshold", anchor=False)
    sections.line_figure(found, papers)
    sections.depth_against_width(found, world)
    sections.table(found)
    sections.downloads(found, world)


ui.follow("critical", draw, [member.run.id for member in members], PERIOD)
