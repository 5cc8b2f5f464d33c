"""Home: what this is, what is running now, the doors to the pages."""

import streamlit as st

from glassy_core import ui

if not st.runtime.exists():  # the server asks what to serve; later it comes back for the page
    app = st.App(__file__, middleware=ui.MIDDLEWARE, lifespan=ui.opening)
else:
    ui.frame("Home")
    ui.notice_starts(always=True)
    st.markdown(
        "Deep recurrent networks learn to sing Bach's chorales. How they learn depends on one number, the width *w* of "
        "their layers: wide ones learn every chord, narrow ones get stuck, and near the critical width learning slows "
        "down and ages like a glass.",
        width=ui.READING_WIDTH,
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ui.playground_door()
        ui.tour_button()
    ui.class_trio()

    ui.follow("running", ui.running_now)

    st.header("Pages", anchor=False)
    ui.doors()
    st.caption(
        "The paper: J. Hertz and J. Tyrcha, *Glassy dynamics near the learnability transition in deep recurrent "
        "networks* (2024)."
    )
