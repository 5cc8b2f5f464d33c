"""Critical width: the width below which a network cannot learn, from a sweep over widths, live."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui.critical_width import capacity, sections
from glassy_core.ui.critical_width.sweep_form import sweep_form, sweep_progress
from glassy_core.ui.results.critical_widths import analysed
from glassy_core.ui.results.rows import Row
from glassy_core.ui.shell import actions, presenter

PERIOD = 5.0  # seconds between looks while a sweep runs: a fit takes one of them

ui.frame("Critical width", "Where a curve meets zero, no time is long enough: that is the critical width w_c.")
ui.notice_starts()
groups = sections.worlds()


def sweep() -> None:
    with (
        presenter.part("sweep"),
        st.expander("A sweep over widths", icon=":material/stacked_line_chart:", expanded=not groups),
    ):
        configs = sweep_form()
    actions.show_outcome()
    with st.container():  # which is there without a sweep, too: what follows keeps its place
        sweep_progress(configs)


if not groups:
    sweep()
    st.info("There is no run yet. Start the sweep above: the curve grows here run by run.", icon=":material/info:")
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    with st.container():
        chosen = sections.choose_world(groups)
    dragged = sections.choose_dragged()
members = groups[chosen]
world = members[0].world
ids = [member.run.id for member in members]
figure_place = st.container(key="figure")
shown = sections.choose_thresholds()
papers = sections.papers_widths(members)


def draw(rows: list[Row]) -> None:
    found = analysed(members)
    if sections.has_begun(found):
        sections.figures(found, shown, papers, members, dragged)
    else:
        st.info("Nothing has been recorded yet: the first points appear within seconds.", icon=":material/info:")


def describe(rows: list[Row]) -> None:
    found = analysed(members)
    if not sections.has_begun(found):
        return
    st.caption(f"{len(members)} runs on {ui.plain(world.words())}; a network that was run twice counts once.")
    sections.how_to_read()
    with presenter.part("suggestions"):
        st.subheader("Which run tells most next", anchor=False)
        sections.suggestions(found, chosen)
    st.subheader("The critical width against the threshold", anchor=False)
    sections.line_figure(found, papers)
    sections.depth_against_width(found, world)
    sections.table(found)
    sections.downloads(found, world)


with figure_place:
    ui.follow("critical", draw, ids, PERIOD)
sweep()
ui.follow("numbers", describe, ids, PERIOD)
capacity.section(groups)
