"""Aging: how far the weights move after a waiting time, and whether age is their only clock; live."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui.aging import drift_and_noise, growth, landscape, memory, networks, noise, sections
from glassy_core.ui.shell import actions, address, presenter
from glassy_core.ui.shell.address import Choice

PERIOD = 3.0  # seconds between looks while a network shown is at work
SECTIONS = (
    ("After a waiting time", sections.after_waiting),
    ("The collapse", sections.the_collapse),
    ("The noise of the gradient", noise.the_noise),
    ("How Δ grows", growth.the_growth),
    ("Which weights move", growth.the_kinds),
    ("Drift and noise", drift_and_noise.drift_and_noise),
    ("What is remembered", memory.the_memory),
    ("The landscape", landscape.the_landscape),
)

ui.frame("Aging", "The longer a network has learned, the slower its weights move: it ages, as a glass does.")
ui.notice_starts()
found = networks.networks()


def start_part() -> None:
    with (
        presenter.part("aging"),
        st.expander("Start an aging run", icon=":material/hourglass_bottom:", expanded=not found),
    ):
        networks.start_form()
    actions.show_outcome()


if not found:
    start_part()
    st.info(
        "No run has waiting times yet. Start one above: its first curve appears once the first waiting time is over.",
        icon=":material/info:",
    )
    st.stop()

titles = [title for title, _ in SECTIONS]
address.check({"part": Choice(titles[0], titles)})
chosen = networks.choose(found)
if not chosen:
    st.info("Choose at least one network above.", icon=":material/info:")
    st.stop()
figures_place = st.container(key="figure")
how = networks.measure()
ids = [member.run.id for network in chosen for member in network.members]
with figures_place:
    parts = st.tabs(titles, key="part", bind="query-params")
    for part, (_, section) in zip(parts, SECTIONS, strict=True):
        with part:
            ui.follow(section.__name__, lambda rows, section=section: section(chosen, how), ids, PERIOD)
worlds = sorted({network.members[0].world.words() for network in chosen})
st.caption(ui.plain("; ".join(worlds)) + ".")
start_part()
ui.follow("downloads", lambda rows: sections.downloads(chosen, how), ids, PERIOD)
