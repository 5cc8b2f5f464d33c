"""Chorales: the network's output fed back as its input, until it sings."""

import streamlit as st

from glassy_core import ui
from glassy_core.errors import EXPECTED, sentence
from glassy_core.ui.chorales import controls, singers
from glassy_core.ui.chorales.settings import VIEWS, address_settings
from glassy_core.ui.shell import address
from glassy_core.ui.shell.frame import plain

ui.frame("Chorales", "The network hears a few chords, predicts the next, hears its own prediction, and so sings on.")
ui.notice_starts()
rows = singers.runs_with_checkpoint()
if not rows:
    st.info(
        "No network can sing yet. Start the class trio: after its first checkpoint, within seconds, it sings here.",
        icon=":material/info:",
    )
    for page in ui.pages()[:2]:
        ui.link(page)
    st.stop()

asked = address_settings()
address.read(asked)
controls.open_with_telling()
complaints = st.container()
try:
    selection = controls.choose(rows)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = st.segmented_control(
            "View",
            list(VIEWS),
            format_func=selection.title,
            key=address.key("view"),
            required=True,
            label_visibility="collapsed",
            width="content",
        )
        controls.choose_sound()
    # Each view is imported when it is shown, so that the page is there before the music is.
    if view == "transition":
        from glassy_core.ui.chorales.transition import choose_telling, transition_view

        choose_telling(selection, rows)
    address.write(asked, always=["chorale"] if view == "transition" else [])
    with complaints:
        address.show_complaints()
    if view == "listen":
        from glassy_core.ui.chorales.listen import listen_view

        listen_view(selection)
    elif view == "continue":
        from glassy_core.ui.chorales.continuation import continuation_view

        continuation_view(selection)
    elif view == "transition":
        transition_view(selection, rows)
    elif view == "recall":
        from glassy_core.ui.chorales.recall import recall_view

        recall_view(selection, rows)
    else:
        from glassy_core.ui.chorales.quiz import quiz_view

        quiz_view(selection)
except EXPECTED as error:
    st.error(plain(sentence(error)), icon=":material/error:")
