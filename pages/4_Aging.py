"""Aging: how far the weights move after a waiting time, and whether age is their only clock; live."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui.aging import growth, networks, sections
from glassy_core.ui.shell import actions

PERIOD = 3.0  # seconds between looks while a network shown is at work
SECTIONS = (
    ("After a waiting time", sections.after_waiting),
    ("The collapse", sections.the_collapse),
    ("The noise of the gradient", sections.the_noise),
    ("How Δ grows", growth.the_growth),
    ("Which weights move", growth.the_kinds),
)

ui.frame(
    "Aging",
    "A network that has learned for long moves more slowly than a young one: its weights age, like a glass. "
    "Here is how far they go after a waiting time τ_w.",
)
ui.notice_starts()
found = networks.networks()
with st.expander("Start an aging run", icon=":material/hourglass_bottom:", expanded=not found):
    networks.start_form()
actions.show_outcome()
if not found:
    st.info(
        "No run has waiting times yet. Start one above: its first curve appears once the first waiting time is over.",
        icon=":material/info:",
    )
    st.stop()

chosen = networks.choose(found)
if not chosen:
    st.info("Choose at least one network above.", icon=":material/info:")
    st.stop()
worlds = sorted({network.members[0].world.words() for network in chosen})
st.caption(ui.plain("; ".join(worlds)) + ".")
how = networks.measure()
ids = [member.run.id for network in chosen for member in network.members]
for title, section in SECTIONS:
    st.header(title, anchor=False)
    ui.follow(section.__name__, lambda rows, section=section: section(chosen, how), ids, PERIOD)
ui.follow("downloads", lambda rows: sections.downloads(chosen, how), ids, PERIOD)
