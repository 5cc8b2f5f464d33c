"""Chorales: the network's output fed back as its input, until it sings."""

import streamlit as st

from glassy_core import ui
from glassy_core.errors import EXPECTED, sentence
from glassy_core.ui.chorales import settings, singers
from glassy_core.ui.chorales.settings import VIEWS
from glassy_core.ui.shell import address
from glassy_core.ui.shell.frame import plain

ui.frame("Chorales", "The network hears a few chords, predicts the next, hears its own prediction, and so sings on.")
found = singers.singers()
if not found:
    st.info(
        "No network can sing yet. Start the class trio: after its first checkpoint, within seconds, it sings here.",
        icon=":material/info:",
    )
    for page in ui.pages()[:2]:
        ui.link(page)
    st.stop()

asked = settings.address_settings()
address.read(asked)
complaints = st.container()
try:
    wish = settings.choose(found)
    view = st.segmented_control(
        "View",
        list(VIEWS),
        format_func=wish.title,
        key=address.key("view"),
        required=True,
        label_visibility="collapsed",
    )
    address.write(asked)
    with complaints:
        address.show_complaints()
    # Each view is imported when it is shown, so that the page is there before the music is.
    if view == "listen":
        from glassy_core.ui.chorales.listen import listen

        listen(wish)
    elif view == "continue":
        from glassy_core.ui.chorales.listen import continue_bach

        continue_bach(wish)
    elif view == "transition":
        from glassy_core.ui.chorales.transition import transition

        transition(wish, found)
    elif view == "recall":
        from glassy_core.ui.chorales.recall import recall_view

        recall_view(wish, found)
    else:
        from glassy_core.ui.chorales.quiz import quiz_view

        quiz_view(wish)
except EXPECTED as error:
    st.error(plain(sentence(error)), icon=":material/error:")
