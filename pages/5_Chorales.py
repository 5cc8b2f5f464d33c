"""Chorales: the network's output fed back as its input, until it sings."""

import streamlit as st

from glassy_core import ui
from glassy_core.ui import address, chorale_settings, sources
from glassy_core.ui.chorale_settings import SETTINGS, VIEWS
from glassy_core.ui.frame import EXPECTED, in_words, plain

ui.frame("Chorales", "The network hears a few chords, predicts the next, hears its own prediction, and so sings on.")
found = sources.singers()
if not found:
    st.info(
        "No network can sing yet. Start the class trio: after its first checkpoint, within seconds, it sings here.",
        icon=":material/info:",
    )
    for page in ui.pages()[:2]:
        ui.link(page)
    st.stop()

address.read(SETTINGS)
complaints = st.container()
try:
    wish = chorale_settings.choose(found)
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=wish.title,
        key=address.key("view"),
        required=True,
        label_visibility="collapsed",
    )
    address.write(SETTINGS)
    with complaints:
        address.show_complaints()
    # Each view is imported when it is shown, so that the page is there before the music is.
    if view == "listen":
        from glassy_core.ui.chorale_views import listen

        listen(wish)
    elif view == "continue":
        from glassy_core.ui.chorale_views import continue_bach

        continue_bach(wish)
    elif view == "transition":
        from glassy_core.ui.transition_view import transition

        transition(wish, found)
    elif view == "recall":
        from glassy_core.ui.recall_view import recall_view

        recall_view(wish, found)
    else:
        from glassy_core.ui.quiz_view import quiz_view

        quiz_view(wish)
except EXPECTED as error:
    st.error(plain(in_words(error)), icon=":material/error:")
